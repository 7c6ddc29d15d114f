/*
 * What the threads of a pool do between its jobs: who is there, who sleeps, and who is told.
 */
#include "stopped.h"

#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)
#define HOUR (UINT64_C(3600000) * MILLISECOND)

/** A job that says that it runs, and goes on when it may. */
typedef struct door {
  atomic_int inside;
  atomic_bool is_open;
} door_t;

static void stay_inside(void *context, tenon_status_t status) {
  door_t *door = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&door->inside, 1);
  SPIN_UNTIL(atomic_load(&door->is_open));
}

static void occupy(tenon_executor_t *pool, door_t *door) {
  int inside = atomic_load(&door->inside);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, stay_inside, door));
  SPIN_UNTIL(atomic_load(&door->inside) == inside + 1);
}

CASE(a_pool_whose_threads_are_busy_gets_none_for_a_timer) {
  tenon_executor_t *pool = pool_create(1);
  door_t door = {0};
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  occupy(pool, &door);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, tenon_timer_now_ns() + HOUR, tell, &told, &timer));
  CHECK_COUNT(1, executor_statistics(pool).threads);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK_COUNT(1, executor_statistics(pool).threads);
  atomic_store(&door.is_open, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  pool_end(pool);
}

static void look_at_signals(void *context, tenon_status_t status) {
  sigset_t mask;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_COUNT(0, pthread_sigmask(SIG_BLOCK, NULL, &mask));
  *(bool *)context = sigismember(&mask, SIGTERM) == 1 && sigismember(&mask, SIGUSR1) == 1;
}

CASE(the_threads_of_a_pool_leave_signals_to_the_hosts) {
  tenon_executor_t *pool = pool_create(1);
  sigset_t set, before, after;
  bool are_blocked = false;
  sigemptyset(&set);
  sigaddset(&set, SIGUSR2);
  CHECK_COUNT(0, pthread_sigmask(SIG_BLOCK, &set, &before));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, look_at_signals, &are_blocked));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK(are_blocked);
  CHECK_COUNT(0, pthread_sigmask(SIG_SETMASK, &before, &after));
  CHECK(sigismember(&after, SIGUSR2) == 1 && sigismember(&after, SIGUSR1) == 0);
  pool_end(pool);
}

CASE(a_pool_that_sleeps_until_a_timer_is_woken_for_an_earlier_one) {
  tenon_executor_t *pool = pool_create(1);
  told_t later = TOLD_INIT, sooner = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, tenon_timer_now_ns() + HOUR, tell, &later, &timer));
  SPIN_UNTIL(executor_statistics(pool).threads_idle == 1);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, tenon_timer_now_ns() + MILLISECOND, tell, &sooner, NULL));
  SPIN_UNTIL(atomic_load(&sooner.count) != 0);
  CHECK_TOLD(TENON_STATUS_OK, &sooner);
  CHECK_NOT_TOLD(&later);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  pool_end(pool);
}

static void count_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add((atomic_int *)context, 1);
}

CASE(a_thread_that_is_about_to_sleep_sees_the_job_that_comes) {
  tenon_executor_t *pool = pool_create(1);
  atomic_int count = 0;
  for (int round = 0; round < 20000; round++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, count_job, &count));
    SPIN_UNTIL(atomic_load(&count) == round + 1);
    if (atomic_load(&count) != round + 1)
      break;
    /* For so long that it looks for more, sleeps, or is about to. */
    for (volatile int pause = round * 7 % 20000; pause > 0; pause--)
      continue;
  }
  pool_end(pool);
}

CASE(threads_that_come_and_go_leave_no_stacks) {
  enum { ROUNDS = 60 };
  size_t before = 0, stack = 0;
  tenon_executor_t *pool = NULL;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = 3;
  config.thread_idle_ms = 1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &pool));
  for (int round = 0; round < ROUNDS; round++) {
    door_t door = {0};
    for (int thread = 0; thread < 3; thread++)
      occupy(pool, &door);
    atomic_store(&door.is_open, true);
    SPIN_UNTIL(executor_statistics(pool).threads == 0);
    if (round == 10)
      before = memory_mapped();
  }
  pthread_attr_t attributes;
  CHECK_COUNT(0, pthread_attr_init(&attributes));
  CHECK_COUNT(0, pthread_attr_getstacksize(&attributes, &stack));
  pthread_attr_destroy(&attributes);
  CHECK(memory_mapped() < before + ROUNDS / 2 * stack);
  pool_end(pool);
}

/* MARK: Who waits for a pool */

static void *run_until_quiet(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(context, NULL, TENON_FOREVER));
  return NULL;
}

CASE(whoever_waits_until_nothing_is_pending_hears_of_the_last_callback_that_is_forgotten) {
  tenon_executor_t *pool = pool_create(1);
  pair_t pair = pair_create();
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, pool, tell_completion, &told, &registration));
  sleeper_t waiter;
  sleeper_start(&waiter, run_until_quiet, pool);
  SPIN_UNTIL(sleeper_rests(&waiter));
  CHECK(!atomic_load(&waiter.has_ended));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  SPIN_UNTIL(atomic_load(&waiter.has_ended));
  tenon_executor_interrupt(pool); /* Otherwise this wakes him. */
  sleeper_join(&waiter);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  pool_end(pool);
}

typedef struct ring {
  tenon_executor_t *pool;
  door_t door;
  told_t told;
  atomic_int id;
} ring_t;

static bool thread_lives(int id) {
  char path[64];
  snprintf(path, sizeof path, "/proc/self/task/%d", id);
  return access(path, F_OK) == 0;
}

static void post_and_stay(void *context, tenon_status_t status) {
  ring_t *ring = context;
  atomic_store(&ring->id, thread_id());
  for (int job = 0; job < 3; job++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ring->pool, tell, &ring->told));
  stay_inside(&ring->door, status);
}

CASE(a_close_tells_what_a_busy_thread_would_have_run_next) {
  ring_t ring = {.pool = pool_create(1)};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ring.pool, post_and_stay, &ring));
  SPIN_UNTIL(atomic_load(&ring.door.inside) == 1);
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_close(ring.pool, 0));
  CHECK_COUNT(3, atomic_load(&ring.told.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(ring.pool));
  atomic_store(&ring.door.is_open, true);
  SPIN_UNTIL(!thread_lives(atomic_load(&ring.id)));
}

/* MARK: Pools that wait for each other */

enum { CIRCLE = 3 };

typedef struct circle {
  tenon_executor_t *pools[CIRCLE];
  size_t count;
  bool closes; /**< or waits until the next one has nothing to do */
  atomic_size_t inside;
  atomic_int ended;
  atomic_int refused;
} circle_t;

typedef struct circler {
  circle_t *circle;
  size_t index;
} circler_t;

/** A job of each pool, which waits for the next one when all are there. */
static void await_next(void *context, tenon_status_t status) {
  circler_t *circler = context;
  circle_t *circle = circler->circle;
  tenon_executor_t *next = circle->pools[(circler->index + 1) % circle->count];
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&circle->inside, 1);
  SPIN_UNTIL(atomic_load(&circle->inside) == circle->count);
  status = circle->closes ? tenon_executor_close(next, TENON_FOREVER)
                          : tenon_executor_run_until(next, NULL, TENON_FOREVER);
  if (status == (circle->closes ? TENON_STATUS_PENDING : TENON_STATUS_DEADLOCK))
    atomic_fetch_add(&circle->refused, 1);
  else
    CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&circle->ended, 1);
}

static void go_round_pools(size_t count, bool closes) {
  circle_t circle = {.count = count, .closes = closes};
  circler_t circlers[CIRCLE];
  for (size_t index = 0; index < count; index++)
    circle.pools[index] = pool_create(2);
  for (size_t index = 0; index < count; index++) {
    circlers[index] = (circler_t){&circle, index};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(circle.pools[index], await_next, &circlers[index]));
  }
  SPIN_UNTIL(atomic_load(&circle.ended) == (int)count);
  CHECK_COUNT(1, atomic_load(&circle.refused));
  for (size_t index = 0; index < count; index++) {
    if (!closes)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(circle.pools[index], TENON_FOREVER));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(circle.pools[index]));
  }
}

CASE(pools_whose_jobs_close_each_other_all_end) {
  for (int round = 0; round < 20; round++) {
    go_round_pools(2, true);
    go_round_pools(3, true);
  }
}

CASE(of_pools_whose_jobs_wait_for_each_other_one_is_told_of_the_deadlock) {
  for (int round = 0; round < 20; round++) {
    go_round_pools(2, false);
    go_round_pools(3, false);
  }
}

/* MARK: Jobs beside parallel loops */

typedef struct endless {
  tenon_executor_t *pool;
  pthread_t caller;
  atomic_bool has_begun;
  atomic_bool has_helper;
  atomic_bool may_end;
} endless_t;

static tenon_status_t go_round(void *context, size_t begin, size_t end) {
  endless_t *endless = context;
  (void)begin;
  (void)end;
  if (pthread_equal(endless->caller, pthread_self()))
    atomic_store(&endless->has_begun, true);
  else
    atomic_store(&endless->has_helper, true);
  sched_yield();
  return atomic_load(&endless->may_end) ? TENON_STATUS_CANCELLED : TENON_STATUS_OK;
}

static void *run_endless(void *context) {
  endless_t *endless = context;
  endless->caller = pthread_self();
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_executor_for(endless->pool, SIZE_MAX, 1, go_round, endless));
  return NULL;
}

CASE(a_thread_that_has_helped_a_loop_runs_jobs_before_it_helps_the_next) {
  tenon_executor_t *pool = pool_create(1);
  endless_t first = {.pool = pool}, second = {.pool = pool};
  told_t told = TOLD_INIT;
  pthread_t threads[2];
  threads[0] = thread_start(run_endless, &first);
  SPIN_UNTIL(atomic_load(&first.has_helper));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, tell, &told));
  threads[1] = thread_start(run_endless, &second);
  SPIN_UNTIL(atomic_load(&second.has_begun));
  atomic_store(&first.may_end, true);
  SPIN_UNTIL(atomic_load(&told.count) != 0);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  atomic_store(&second.may_end, true);
  thread_join(threads[0]);
  thread_join(threads[1]);
  pool_end(pool);
}
