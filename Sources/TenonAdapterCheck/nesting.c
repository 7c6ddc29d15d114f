/*
 * Loops inside jobs and callbacks, run_until, and more than one executor on a loop.
 */
#include "checks.h"

#include <sched.h>

typedef struct nested {
  world_t *world;
  tenon_executor_t *other;
  told_t inside; /**< of the same executor */
  told_t beside; /**< of another one on the same loop */
  int ticks;
  int inside_then;
  int beside_then;
  int ticks_then;
} nested_t;

static void tick_and_stop(void *context) {
  nested_t *nested = context;
  nested->ticks++;
  world_stop(nested->world);
}

static void run_in_job(void *context, tenon_status_t status) {
  nested_t *nested = context;
  (void)status;
  tenon_executor_post(nested->world->executor, tell, &nested->inside);
  tenon_executor_post(nested->other, tell, &nested->beside);
  nested->world->subject->after(nested->world->loop, 20, tick_and_stop, nested);
  world_run(nested->world);
  nested->inside_then = nested->inside.count;
  nested->beside_then = nested->beside.count;
  nested->ticks_then = nested->ticks;
}

void check_a_loop_in_a_job_runs_all_others(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_NESTS) || !world_begin(&world, subject))
    return;
  nested_t nested = {.world = &world};
  world_t second = {.subject = subject, .loop = world.loop};
  expect_status(TENON_STATUS_OK, subject->attach(world.loop, &nested.other), "a second attach");
  second.executor = nested.other;
  nested.inside.stops = &world;
  world_hold(&world);
  tenon_executor_post(world.executor, run_in_job, &nested);
  uint64_t ran_ns = processor_ns();
  world_run(&world);
  ran_ns = processor_ns() - ran_ns;
  expect(nested.ticks_then == 1, "a loop in a job runs the loop's own timers");
  expect(nested.beside_then == 1, "a loop in a job runs other executors");
  expect(nested.inside_then == 0 && nested.inside.count == 1,
         "what the job's own executor has runs once, when the job has returned");
  expect(ran_ns < 15 * NS_PER_MS, "a loop in a job sleeps, and it runs %llu of 20 ms",
         (unsigned long long)(ran_ns / NS_PER_MS));
  world_detach(&second, NS_PER_S);
  second.runs = 1; // To be stopped.
  if (!second.is_detached)
    world_run(&world);
  expect(second.is_detached, "the second executor's detach is told");
  tenon_executor_release(nested.other);
  world_end(&world);
}

static void run_in_callback(void *context) {
  nested_t *nested = context;
  nested->inside.stops = nested->world;
  tenon_executor_post(nested->world->executor, tell, &nested->inside);
  world_run(nested->world);
  nested->inside_then = nested->inside.count;
  nested->inside.stops = NULL;
  world_stop(nested->world);
}

void check_a_loop_in_a_callback_runs_jobs(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_NESTS) || !world_begin(&world, subject))
    return;
  nested_t nested = {.world = &world};
  world_hold(&world);
  subject->after(world.loop, 1, run_in_callback, &nested);
  world_run(&world);
  expect(nested.inside_then == 1, "a loop in a callback of the loop runs jobs");
  world_end(&world);
}

static void count_tick(void *context) { ++*(int *)context; }

void check_run_until_turns_the_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_TURNS) || !world_begin(&world, subject))
    return;
  int ticks = 0;
  subject->after(world.loop, 5, count_tick, &ticks);
  tenon_future_t *future;
  tenon_future_sleep(world.executor, 40 * NS_PER_MS, &future);
  expect_status(TENON_STATUS_OK, tenon_executor_run_until(world.executor, future, TENON_FOREVER),
                "run_until");
  expect(ticks == 1, "run_until runs the loop's own timers");
  tenon_future_release(future);
  expect_status(TENON_STATUS_OK, tenon_executor_run_until(world.executor, NULL, TENON_FOREVER),
                "run_until without work");
  world_end(&world);
}

enum { ROUNDS = 50 };

typedef struct handover {
  tenon_promise_t *_Atomic promise;
} handover_t;

static void *settle_each(void *context) {
  handover_t *handover = context;
  for (int round = 0; round < ROUNDS; round++) {
    tenon_promise_t *promise;
    while (!(promise = atomic_exchange(&handover->promise, NULL)))
      sched_yield();
    tenon_promise_resolve(promise, NULL);
  }
  return NULL;
}

void check_run_until_hears_of_other_threads(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_TURNS) || !world_begin(&world, subject))
    return;
  handover_t handover = {NULL};
  pthread_t thread = start(settle_each, &handover);
  for (int round = 0; round < ROUNDS; round++) {
    tenon_promise_t *promise;
    tenon_future_t *future;
    tenon_promise_create(NULL, &promise, &future);
    atomic_store(&handover.promise, promise);
    expect_status(TENON_STATUS_OK, tenon_executor_run_until(world.executor, future, TENON_FOREVER),
                  "run_until for what another thread settles");
    tenon_future_release(future);
  }
  pthread_join(thread, NULL);
  world_end(&world);
}

void check_run_until_keeps_its_time(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!(subject->traits & TENON_ADAPTER_TRAIT_TURNS) || !world_begin(&world, subject))
    return;
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_promise_create(NULL, &promise, &future);
  uint64_t before_ns = tenon_timer_now_ns();
  expect_status(TENON_STATUS_TIMEOUT,
                tenon_executor_run_until(world.executor, future, 20 * NS_PER_MS),
                "run_until when its time is over");
  expect(tenon_timer_now_ns() - before_ns >= 20 * NS_PER_MS, "run_until waits as long as it may");
  tenon_promise_release(promise);
  tenon_future_release(future);
  world_end(&world);
}

typedef struct waiting {
  world_t *world;
  tenon_status_t status;
} waiting_t;

static void wait_in_callback(void *context) {
  waiting_t *waiting = context;
  tenon_future_t *future;
  tenon_future_sleep(waiting->world->executor, 5 * NS_PER_MS, &future);
  waiting->status = tenon_executor_run_until(waiting->world->executor, future, TENON_FOREVER);
  tenon_future_release(future);
}

void check_run_until_nests(const tenon_adapter_subject_t *subject) {
  const uint32_t needed = TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_NESTS;
  world_t world;
  if ((subject->traits & needed) != needed || !world_begin(&world, subject))
    return;
  waiting_t waiting = {&world, TENON_STATUS_PENDING};
  subject->after(world.loop, 1, wait_in_callback, &waiting);
  tenon_future_t *future;
  tenon_future_sleep(world.executor, 40 * NS_PER_MS, &future);
  expect_status(TENON_STATUS_OK, tenon_executor_run_until(world.executor, future, TENON_FOREVER),
                "the outer run_until");
  expect_status(TENON_STATUS_OK, waiting.status,
                "run_until in a callback of the loop that it turns");
  tenon_future_release(future);
  world_end(&world);
}

static void wait_in_callback_and_stop(void *context) {
  waiting_t *waiting = context;
  wait_in_callback(context);
  world_stop(waiting->world);
}

static void *wait_in_callback_elsewhere(void *context) {
  waiting_t *waiting = context;
  world_hold(waiting->world);
  waiting->world->subject->after(waiting->world->loop, 1, wait_in_callback_and_stop, waiting);
  world_run(waiting->world);
  expect_status(TENON_STATUS_OK, waiting->status, "run_until in a callback on another thread");
  world_end(waiting->world);
  return NULL;
}

void check_run_until_on_a_thread_that_the_loop_has_moved_to(
    const tenon_adapter_subject_t *subject) {
  const uint32_t needed = TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_MOVES;
  world_t world;
  if ((subject->traits & needed) != needed || !world_begin(&world, subject))
    return;
  waiting_t waiting = {&world, TENON_STATUS_PENDING};
  pthread_join(start(wait_in_callback_elsewhere, &waiting), NULL);
}

static void run_past_a_timer(void *context, tenon_status_t status) {
  world_t *world = context;
  (void)status;
  world->subject->after(world->loop, 20, world_stop, world);
  world_run(world);
}

static void have_it_run_past_a_timer(void *context) {
  tenon_executor_post(((world_t *)context)->executor, run_past_a_timer, context);
}

void check_run_until_knows_of_a_timer_that_a_loop_in_its_job_has_met(
    const tenon_adapter_subject_t *subject) {
  const uint32_t needed = TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_NESTS;
  world_t world;
  if ((subject->traits & needed) != needed || !world_begin(&world, subject))
    return;
  tenon_future_t *future;
  tenon_future_sleep(world.executor, 10 * NS_PER_MS, &future);
  subject->after(world.loop, 1, have_it_run_past_a_timer, &world);
  expect_status(TENON_STATUS_OK, tenon_executor_run_until(world.executor, future, TENON_FOREVER),
                "run_until");
  tenon_future_release(future);
  world_end(&world);
}

enum { SHARERS = 50 };

typedef struct sharers {
  world_t *world;
  int left;
} sharers_t;

static void share_job(void *context, tenon_status_t status) {
  sharers_t *sharers = context;
  (void)status;
  if (--sharers->left == 0)
    world_stop(sharers->world);
}

void check_executors_share_a_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  world_hold(&world);
  tenon_executor_t *executors[SHARERS];
  sharers_t jobs = {&world, SHARERS}, ends = {&world, SHARERS};
  for (int index = 0; index < SHARERS; index++) {
    if (!expect_status(TENON_STATUS_OK, subject->attach(world.loop, &executors[index]), "attach"))
      return;
    tenon_executor_post(executors[index], share_job, &jobs);
  }
  world_run(&world);
  expect(jobs.left == 0, "each of %d executors runs its job", SHARERS);
  // Some in the order of their attaches, the others in the opposite one.
  for (int index = 0; index < SHARERS; index++) {
    tenon_executor_t *executor = executors[index % 2 ? SHARERS - index : index];
    expect_status(TENON_STATUS_OK, subject->detach(executor, NS_PER_S, share_job, &ends),
                  "a detach");
    tenon_executor_release(executor);
  }
  if (ends.left != 0)
    world_run(&world);
  expect(ends.left == 0, "each of %d detaches is told", SHARERS);
  world_end(&world);
}
