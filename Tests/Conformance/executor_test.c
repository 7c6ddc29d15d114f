/*
 * What <tenon/executor.h> promises about an executor by itself: how it is made, runs jobs, lets one in at a time, and counts.
 */
#include "executor_hosts.h"

/* MARK: Creating */

CASE(an_executor_is_created_with_defaults) {
  tenon_executor_t *executor = NULL;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(NULL, &executor));
  executor_end(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  executor_end(executor);
  char name[] = "a name \xf0\x9f\xaa\xb5";
  config.name = name;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  memset(name, 'x', sizeof name);
  executor_end(executor);
}

CASE(a_wrong_executor_config_is_refused) {
  tenon_executor_t *executor;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  pattern_fill(&executor, sizeof executor);
  for (uint32_t flag = 1; flag != 0; flag <<= 1) {
    /* That one is not for a pool. */
    config.threads_max = flag == TENON_EXECUTOR_FLAG_ELSEWHERE;
    config.flags = flag;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  }
  config.flags = 0;
  static const size_t sizes[] = {0, 1, sizeof(tenon_executor_config_t) - 1, SIZE_MAX / 2, SIZE_MAX};
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    config.struct_size = sizes[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  }
  config.struct_size = sizeof config;
  config.host = &host;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor)); /* no wake */
  host.wake = no_wake;
  static const size_t host_sizes[] = {0, 1, sizeof(tenon_executor_host_t) - 1, SIZE_MAX / 2,
                                      SIZE_MAX};
  for (size_t index = 0; index < sizeof host_sizes / sizeof *host_sizes; index++) {
    host.struct_size = host_sizes[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  }
  CHECK_UNTOUCHED(executor);
}

CASE(an_executor_lives_as_long_as_its_references) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  post(executor, &told);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_post(executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_retain(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_close(executor, 0));
}

/* MARK: Jobs */

CASE(a_post_runs_in_the_next_poll) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  post(executor, &told);
  CHECK_NOT_TOLD(&told);
  tenon_poll_result_t result = executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(told_here(&told));
  CHECK_COUNT(1, result.jobs);
  CHECK(!result.more && !result.alive && !result.closed);
  CHECK(result.deadline_ns == TENON_FOREVER);
  result = executor_poll(executor);
  CHECK_COUNT(0, result.jobs);
  CHECK(!result.more && !result.alive && !result.closed);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
}

CASE(a_poll_needs_neither_budget_nor_result) {
  told_t told[2] = {TOLD_INIT, TOLD_INIT};
  tenon_executor_t *executor = executor_create();
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  post(executor, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
  CHECK_TOLD(TENON_STATUS_OK, &told[0]);
  post(executor, &told[1]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, NULL));
  CHECK_TOLD(TENON_STATUS_OK, &told[1]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, &result));
  CHECK_COUNT(0, result.jobs);
  executor_end(executor);
}

CASE(posts_of_one_thread_run_in_order) {
  enum { COUNT = 1000 };
  static told_t told[COUNT];
  tenon_executor_t *executor = executor_create();
  memset(told, 0, sizeof told);
  for (int index = 0; index < COUNT; index++)
    post(executor, &told[index]);
  CHECK_COUNT(COUNT, executor_poll(executor).jobs);
  for (int index = 0; index < COUNT; index++) {
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
    CHECK(index == 0 || atomic_load(&told[index - 1].turn) < atomic_load(&told[index].turn));
  }
  executor_end(executor);
}

typedef struct poster {
  tenon_executor_t *executor;
  size_t count;
  told_t *told;
} poster_t;

static void *post_all(void *context) {
  poster_t *poster = context;
  for (size_t index = 0; index < poster->count; index++)
    post(poster->executor, &poster->told[index]);
  return NULL;
}

CASE(posts_of_each_of_several_threads_run_in_its_order) {
  enum { THREADS = 3 };
  size_t count = conformance_rounds(40000);
  tenon_executor_t *executor = executor_create();
  poster_t posters[THREADS];
  pthread_t threads[THREADS];
  uint64_t jobs = 0;
  for (int index = 0; index < THREADS; index++) {
    posters[index] = (poster_t){executor, count, calloc(count, sizeof(told_t))};
    threads[index] = thread_start(post_all, &posters[index]);
  }
  SPIN_UNTIL((jobs += executor_poll(executor).jobs) == THREADS * count);
  for (int index = 0; index < THREADS; index++) {
    thread_join(threads[index]);
    for (size_t job = 0; job < count; job++) {
      CHECK_TOLD(TENON_STATUS_OK, &posters[index].told[job]);
      CHECK(job == 0 || atomic_load(&posters[index].told[job - 1].turn) <
                            atomic_load(&posters[index].told[job].turn));
    }
    free(posters[index].told);
  }
  CHECK_COUNT(0, executor_poll(executor).jobs);
  executor_end(executor);
}

CASE(an_executor_may_be_polled_by_one_thread_after_the_other) {
  told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
  tenon_executor_t *executor = executor_create();
  post(executor, &told[0]);
  executor_poll(executor);
  post(executor, &told[1]);
  on_other_thread(poll_elsewhere, executor);
  CHECK_TOLD(TENON_STATUS_OK, &told[1]);
  CHECK(!told_here(&told[1]));
  post(executor, &told[2]);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told[2]);
  CHECK(told_here(&told[2]));
  executor_end(executor);
}

/* MARK: Busy */

static void enter_again(void *context, tenon_status_t status) {
  busy_t *busy = context;
  tenon_poll_result_t result;
  told_now(&busy->told, status);
  pattern_fill(&result, sizeof result);
  result.struct_size = sizeof result;
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(busy->executor, NULL, &result));
  pattern_fill(&result.struct_size, sizeof result.struct_size);
  CHECK_UNTOUCHED(result);
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_run_until(busy->executor, NULL, 0));
  CHECK_STATUS(TENON_STATUS_BUSY,
               tenon_executor_run_until(busy->executor, busy->future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(busy->other, NULL, NULL));
}

CASE(polling_inside_a_job_is_busy) {
  busy_t busy;
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  memset(&busy, 0, sizeof busy);
  busy.executor = executor_create();
  busy.other = executor_create();
  busy.future = pair.future;
  post(busy.other, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy.executor, enter_again, &busy));
  executor_poll(busy.executor);
  CHECK_TOLD(TENON_STATUS_OK, &busy.told);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(busy.other);
  executor_end(busy.executor);
}

CASE(polling_from_two_threads_is_busy) {
  busy_t busy;
  told_t told = TOLD_INIT;
  memset(&busy, 0, sizeof busy);
  busy.executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy.executor, stay_inside, &busy));
  pthread_t thread = thread_start(poll_elsewhere, busy.executor);
  SPIN_UNTIL(atomic_load(&busy.is_inside));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(busy.executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_run_until(busy.executor, NULL, 0));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_close(busy.executor, 0));
  post(busy.executor, &told);
  atomic_store(&busy.may_leave, true);
  thread_join(thread);
  executor_poll(busy.executor);
  CHECK_TOLD(TENON_STATUS_OK, &busy.told);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(busy.executor);
}

static void *use_the_executor(void *context) {
  busy_t *busy = context;
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(busy->executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy->executor, tell, &busy->told));
  executor_statistics(busy->executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(busy->executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(busy->executor));
  return NULL;
}

static void use_elsewhere(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  on_other_thread(use_the_executor, context);
}

CASE(a_job_runs_with_no_lock_held) {
  busy_t busy;
  memset(&busy, 0, sizeof busy);
  busy.executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy.executor, use_elsewhere, &busy));
  CHECK_COUNT(2, executor_poll(busy.executor).jobs);
  CHECK_TOLD(TENON_STATUS_OK, &busy.told);
  executor_end(busy.executor);
}

typedef struct sight {
  tenon_executor_t *executor;
  tenon_executor_t *other;
  bool sees_own;
  bool sees_other;
} sight_t;

static void see(void *context, tenon_status_t status) {
  sight_t *sight = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  sight->sees_own = tenon_executor_is_current(sight->executor);
  sight->sees_other = tenon_executor_is_current(sight->other);
}

static void *see_on_this_thread(void *context) {
  see(context, TENON_STATUS_OK);
  return NULL;
}

static void see_from_a_nested_poll(void *context, tenon_status_t status) {
  sight_t *sight = context;
  sight_t nested = {sight->other, sight->executor, false, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(sight->other, see, &nested));
  executor_poll(sight->other);
  CHECK(nested.sees_own && nested.sees_other);
  see(sight, status);
}

CASE(an_executor_is_current_inside_its_own_poll_alone) {
  sight_t sight = {executor_create(), executor_create(), true, true};
  see(&sight, TENON_STATUS_OK);
  CHECK(!sight.sees_own && !sight.sees_other);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_post(sight.executor, see_from_a_nested_poll, &sight));
  executor_poll(sight.executor);
  CHECK(sight.sees_own && !sight.sees_other);
  /* Neither on a thread that only could poll it. */
  on_other_thread(see_on_this_thread, &sight);
  CHECK(!sight.sees_own && !sight.sees_other);
  CHECK(!tenon_executor_is_current(NULL));
  tenon_executor_t *stale = sight.executor;
  executor_end(sight.executor);
  executor_end(sight.other);
  CHECK(!tenon_executor_is_current(stale));
  /* A pool's threads are its own. */
  sight_t pool = {pool_create(1), NULL, false, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool.executor, see, &pool));
  pool_end(pool.executor);
  CHECK(pool.sees_own && !pool.sees_other);
}

/* MARK: Statistics */

static void count_all(void) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  host_begin(&host, false);
  pair_t pair = pair_create();
  tenon_executor_statistics_t statistics = executor_statistics(host.executor);
  CHECK_COUNT(0, statistics.polls);
  CHECK_COUNT(0, statistics.jobs);
  CHECK_COUNT(0, statistics.pending);
  for (int count = 0; count < 5; count++)
    post(host.executor, &told);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, host.executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, TENON_FOREVER, tell, &told, &timer));
  statistics = executor_statistics(host.executor);
  CHECK_COUNT(7, statistics.pending);
  CHECK_COUNT(1, statistics.wakes);
  executor_poll(host.executor);
  statistics = executor_statistics(host.executor);
  CHECK_COUNT(1, statistics.polls);
  CHECK_COUNT(5, statistics.jobs);
  CHECK_COUNT(1, statistics.timers);
  CHECK_COUNT(2, statistics.pending);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  executor_poll(host.executor);
  statistics = executor_statistics(host.executor);
  CHECK_COUNT(2, statistics.polls);
  CHECK_COUNT(7, statistics.jobs);
  CHECK_COUNT(2, statistics.wakes);
  CHECK_COUNT(0, statistics.wakes_late);
  CHECK_COUNT(0, statistics.calls);
  CHECK_COUNT(0, statistics.drivers);
  CHECK_COUNT(0, statistics.jobs_abandoned);
  CHECK_COUNT(0, statistics.pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(an_executor_counts_what_it_does) {
  /* The second one has the first one's memory. */
  for (int life = 0; life < 2; life++)
    count_all();
}

CASE(an_executor_counts_what_comes_after_its_close) {
  tenon_executor_t *executor = executor_create();
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  for (int count = 0; count < 3; count++)
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(executor, tell, &told));
  CHECK_COUNT(3, executor_statistics(executor).wakes_late);
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(executor_statistics_leave_fields_they_do_not_know) {
  static const size_t sizes[] = {0, 1, 7};
  tenon_executor_t *executor = executor_create();
  struct {
    tenon_executor_statistics_t known;
    unsigned char unknown[64];
  } statistics;
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    pattern_fill(&statistics, sizeof statistics);
    statistics.known.struct_size = sizes[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_get_statistics(executor, &statistics.known));
    CHECK_UNTOUCHED(statistics.known.polls);
    CHECK_UNTOUCHED(statistics.known.pending);
  }
  static const size_t larger[] = {sizeof statistics, 4096};
  for (size_t index = 0; index < sizeof larger / sizeof *larger; index++) {
    pattern_fill(&statistics, sizeof statistics);
    statistics.known.struct_size = larger[index];
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(executor, &statistics.known));
    CHECK_COUNT(larger[index], statistics.known.struct_size);
    CHECK_COUNT(0, statistics.known.pending);
    CHECK_UNTOUCHED(statistics.unknown);
  }
  statistics.known.struct_size = 4097;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_get_statistics(executor, &statistics.known));
  executor_end(executor);
}
