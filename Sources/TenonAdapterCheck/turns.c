/*
 * Jobs, wakes, fairness, timers, and what keeps a loop alive.
 */
#include "checks.h"

#include <sched.h>

static void *post_one(void *context) {
  void **pair = context;
  expect_status(TENON_STATUS_OK, tenon_executor_post(pair[0], tell, pair[1]), "a post");
  return NULL;
}

void check_jobs_run_on_the_loops_thread(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  told_t here = {.stops = &world};
  expect_status(TENON_STATUS_OK, tenon_executor_post(world.executor, tell, &here), "a post");
  expect(here.count == 0, "a job does not run inside the post");
  world_run(&world);
  told_t there = {.stops = &world};
  void *pair[] = {world.executor, &there};
  pthread_t thread = start(post_one, pair);
  world_run(&world);
  pthread_join(thread, NULL);
  expect(here.count == 1 && there.count == 1, "each job runs once");
  expect(pthread_equal(here.thread, pthread_self()) && pthread_equal(there.thread, pthread_self()),
         "jobs run on the thread that runs the loop");
  world_end(&world);
}

enum { EDGES = 200 };

typedef struct edges {
  world_t *world;
  atomic_int ran;
} edges_t;

static void pass_edge(void *context, tenon_status_t status) {
  edges_t *edges = context;
  (void)status;
  if (atomic_fetch_add(&edges->ran, 1) + 1 == EDGES)
    world_stop(edges->world);
}

static void *post_edges(void *context) {
  edges_t *edges = context;
  for (int edge = 0; edge < EDGES; edge++) {
    tenon_executor_post(edges->world->executor, pass_edge, edges);
    while (atomic_load(&edges->ran) <= edge)
      sched_yield();
  }
  return NULL;
}

void check_a_wake_for_each_edge(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  edges_t edges = {&world, 0};
  uint64_t before = polls(&world);
  pthread_t thread = start(post_edges, &edges);
  world_run(&world);
  pthread_join(thread, NULL);
  uint64_t taken = polls(&world) - before;
  expect(taken <= 2 * EDGES + 8, "%d jobs that come one by one take as many polls, and it is %llu",
         EDGES, (unsigned long long)taken);
  world_end(&world);
}

enum { POSTERS = 2, POSTS = 50000 };

typedef struct poster {
  world_t *world;
  atomic_int *left;
  int next;
  bool is_wrong;
} poster_t;

typedef struct numbered {
  poster_t *poster;
  int number;
} numbered_t;

static numbered_t numbered[POSTERS][POSTS];

static void take_number(void *context, tenon_status_t status) {
  const numbered_t *job = context;
  if (status != TENON_STATUS_OK || job->number != job->poster->next++)
    job->poster->is_wrong = true;
  if (atomic_fetch_sub(job->poster->left, 1) == 1)
    world_stop(job->poster->world);
}

static void *post_numbers(void *context) {
  numbered_t *jobs = context;
  for (int number = 0; number < POSTS; number++)
    tenon_executor_post(jobs[number].poster->world->executor, take_number, &jobs[number]);
  return NULL;
}

void check_posts_of_other_threads_run_in_order(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  atomic_int left = POSTERS * POSTS;
  poster_t posters[POSTERS];
  pthread_t threads[POSTERS];
  for (int index = 0; index < POSTERS; index++) {
    posters[index] = (poster_t){&world, &left, 0, false};
    for (int number = 0; number < POSTS; number++)
      numbered[index][number] = (numbered_t){&posters[index], number};
    threads[index] = start(post_numbers, numbered[index]);
  }
  world_run(&world);
  for (int index = 0; index < POSTERS; index++) {
    pthread_join(threads[index], NULL);
    expect(!posters[index].is_wrong && posters[index].next == POSTS,
           "what a thread posts runs once and in its order");
  }
  world_end(&world);
}

typedef struct endless {
  world_t *world;
  bool is_over;
  atomic_int jobs;
} endless_t;

static void go_on(void *context, tenon_status_t status) {
  endless_t *endless = context;
  endless->jobs++;
  if (!endless->is_over && status == TENON_STATUS_OK)
    tenon_executor_post(endless->world->executor, go_on, endless);
}

static void end_endless(void *context) {
  endless_t *endless = context;
  endless->is_over = true;
  world_stop(endless->world);
}

void check_a_job_without_end_lets_the_loop_go_on(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  endless_t endless = {&world, false, 0};
  tenon_executor_post(world.executor, go_on, &endless);
  subject->after(world.loop, 20, end_endless, &endless);
  world_run(&world);
  expect(endless.is_over, "the loop's own timer runs beside a job that posts itself for ever");
  expect(endless.jobs > 100, "such a job runs on between the loop's own callbacks");
  world_end(&world);
}

void check_idle_takes_no_processor(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  // Once used, and with a timer that is far away.
  told_t told = {.stops = &world}, never = {0};
  tenon_timer_t *timer;
  world_hold(&world);
  tenon_executor_post(world.executor, tell, &told);
  world_run(&world);
  tenon_timer_start(world.executor, tenon_timer_now_ns() + 3600 * NS_PER_S, tell, &never, &timer);
  subject->after(world.loop, 1, world_stop, &world);
  world_run(&world);
  uint64_t before = polls(&world), ran_ns = processor_ns();
  subject->after(world.loop, 300, world_stop, &world);
  world_run(&world);
  ran_ns = processor_ns() - ran_ns;
  uint64_t taken = polls(&world) - before;
  expect(taken <= 4, "an idle executor is not polled, and it is %llu times in 300 ms",
         (unsigned long long)taken);
  expect(ran_ns < 100 * NS_PER_MS, "an idle loop sleeps, and it runs %llu of 300 ms",
         (unsigned long long)(ran_ns / NS_PER_MS));
  tenon_timer_cancel(timer);
  world_end(&world);
}

enum { TIMERS = 64 };

typedef struct deadlines {
  world_t *world;
  uint64_t last_ns;
  uint64_t late_ns_min;
  int told;
  bool is_early;
  bool is_disordered;
} deadlines_t;

typedef struct deadline {
  deadlines_t *all;
  uint64_t ns;
} deadline_t;

static void reach_deadline(void *context, tenon_status_t status) {
  deadline_t *deadline = context;
  deadlines_t *all = deadline->all;
  uint64_t now_ns = tenon_timer_now_ns();
  all->is_early |= now_ns < deadline->ns || status != TENON_STATUS_OK;
  all->is_disordered |= deadline->ns < all->last_ns;
  all->last_ns = deadline->ns;
  if (now_ns >= deadline->ns && now_ns - deadline->ns < all->late_ns_min)
    all->late_ns_min = now_ns - deadline->ns;
  if (++all->told == TIMERS)
    world_stop(all->world);
}

void check_timers_are_in_order_and_never_early(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  deadlines_t all = {.world = &world, .late_ns_min = UINT64_MAX};
  deadline_t timers[TIMERS];
  uint64_t now_ns = tenon_timer_now_ns();
  for (unsigned int index = 0; index < TIMERS; index++) {
    // In no order, microseconds and milliseconds apart.
    timers[index] = (deadline_t){&all, now_ns + (index * 37 % TIMERS) * 300 * 1000};
    tenon_timer_start(world.executor, timers[index].ns, reach_deadline, &timers[index], NULL);
  }
  world_run(&world);
  expect(all.told == TIMERS, "each timer is told once");
  expect(!all.is_early, "no timer is early");
  expect(!all.is_disordered, "timers are told by their deadlines");
  world_end(&world);
}

void check_timers_are_as_precise_as_the_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  deadlines_t all = {.world = &world, .late_ns_min = UINT64_MAX};
  deadline_t timers[TIMERS];
  // The best of many, one at a time: a machine with other work is late at times, and not always.
  for (unsigned int index = 0; index < TIMERS; index++) {
    all.told = TIMERS - 1;
    timers[index] = (deadline_t){&all, tenon_timer_now_ns() + 1700 * 1000};
    tenon_timer_start(world.executor, timers[index].ns, reach_deadline, &timers[index], NULL);
    world_run(&world);
  }
  expect(all.late_ns_min <= subject->precision_ns + NS_PER_MS,
         "a timer is late by %llu us at the most, and the best is by %llu us",
         (unsigned long long)subject->precision_ns / 1000,
         (unsigned long long)all.late_ns_min / 1000);
  expect(!all.is_early, "no timer is early");
  world_end(&world);
}

void check_a_cancelled_timer_is_told_at_once(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  told_t told = {.stops = &world};
  tenon_timer_t *timer;
  tenon_timer_start(world.executor, tenon_timer_now_ns() + 3600 * NS_PER_S, tell, &told, &timer);
  tenon_timer_cancel(timer);
  if (told.count == 0)
    world_run(&world);
  expect(told.count == 1 && told.status == TENON_STATUS_CANCELLED,
         "a cancelled timer is told TENON_STATUS_CANCELLED");
  world_end(&world);
}

void check_a_loop_without_work_ends(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_ENDS) || !world_begin(&world, subject))
    return;
  world_run(&world); // Nothing was ever pending.
  told_t told = {0};
  tenon_executor_post(world.executor, tell, &told);
  world_run(&world);
  expect(told.count == 1, "a job that was posted on the loop's thread runs before the loop ends");
  world_run(&world);
  world_end(&world);
}

void check_pending_work_keeps_the_loop_alive(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_ENDS) || !world_begin(&world, subject))
    return;
  told_t timer = {0}, completion = {0};
  tenon_timer_start(world.executor, tenon_timer_now_ns() + 10 * NS_PER_MS, tell, &timer, NULL);
  world_run(&world);
  expect(timer.count == 1, "a timer keeps the loop alive until it is told");
  tenon_future_t *future;
  tenon_future_sleep(world.executor, 10 * NS_PER_MS, &future);
  tenon_future_on_complete(future, world.executor, tell_completion, &completion, NULL);
  tenon_future_release(future);
  world_run(&world);
  expect(completion.count == 1, "a callback keeps the loop alive until it is told");
  world_end(&world);
}

void check_a_cancelled_timer_does_not_keep_the_loop_alive(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_ENDS) || !world_begin(&world, subject))
    return;
  told_t told = {0};
  tenon_timer_t *timer;
  tenon_timer_start(world.executor, tenon_timer_now_ns() + 3600 * NS_PER_S, tell, &told, &timer);
  tenon_timer_cancel(timer);
  world_run(&world);
  expect(told.count == 1, "a cancelled timer is told before the loop ends");
  world_end(&world);
}
