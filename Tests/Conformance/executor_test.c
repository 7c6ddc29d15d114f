/*
 * What <tenon/executor.h> promises.
 */
#include "check.h"

#include <fcntl.h>
#include <poll.h>
#include <time.h>
#include <unistd.h>

#define MILLISECOND 1000000u
#define SECOND 1000000000u

/** Posts a job that counts, and checks that it was accepted. */
static void post(tenon_executor_t *executor, told_t *told) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, told));
}

static tenon_poll_result_t poll_at_most(tenon_executor_t *executor, uint64_t jobs_max) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = jobs_max;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  return result;
}

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

static void no_wake(void *context) { (void)context; }

CASE(a_wrong_executor_config_is_refused) {
  tenon_executor_t *executor;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  pattern_fill(&executor, sizeof executor);
  for (uint32_t flag = 1; flag != 0; flag <<= 1) {
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

static void *poll_elsewhere(void *context) {
  executor_poll(context);
  return NULL;
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

/* MARK: Quiescence */

typedef struct growth {
  tenon_executor_t *executor;
  random_t random;
  size_t left;  /**< so many may still be started */
  size_t begun; /**< callbacks owed */
  size_t ended; /**< callbacks told */
} growth_t;

static void grow(growth_t *growth);

static void growth_job(void *context, tenon_status_t status) {
  growth_t *growth = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  growth->ended++;
  grow(growth);
}

static void growth_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  CHECK(future != NULL);
  CHECK(status != TENON_STATUS_CLOSED && status != TENON_STATUS_FORGOTTEN);
  growth_job(context, TENON_STATUS_OK);
}

static void growth_cancel(void *context, tenon_status_t status) {
  CHECK(status == TENON_STATUS_CANCELLED || status == TENON_STATUS_SETTLED);
  growth_job(context, TENON_STATUS_OK);
}

static void growth_timer(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  growth_job(context, TENON_STATUS_OK);
}

static void growth_drop(void *pointer, size_t size) {
  CHECK_COUNT(0, size);
  growth_job(pointer, TENON_STATUS_OK);
}

/** Makes up to three things that lead to a callback: all that is due at once. */
static void grow(growth_t *growth) {
  uint64_t count = random_below(&growth->random, 4);
  for (; count > 0 && growth->left > 0; count--) {
    growth->left--;
    growth->begun++;
    switch (random_below(&growth->random, 7)) {
    case 0: { /* a callback on a pending future, which settles at once */
      pair_t pair = pair_create();
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, growth->executor,
                                                             growth_completion, growth, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_REJECTED));
      break;
    }
    case 1: { /* a callback on a settled future */
      pair_t pair = pair_create_settled(TENON_STATUS_OK);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, growth->executor,
                                                             growth_completion, growth, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      break;
    }
    case 2: { /* a cancel callback */
      pair_t pair = pair_create();
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, growth->executor,
                                                            growth_cancel, growth, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
      break;
    }
    case 3: { /* a value whose drop belongs here */
      tenon_value_t value = tenon_value_pointer(growth, NULL, growth_drop);
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, growth->executor));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      break;
    }
    case 4: { /* a timer that is cancelled */
      tenon_timer_t *timer = NULL;
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(growth->executor, TENON_FOREVER, growth_timer,
                                                      growth, &timer));
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
      break;
    }
    default:
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(growth->executor, growth_job, growth));
    }
  }
}

CASE(when_a_poll_says_no_more_another_one_does_nothing) {
  size_t rounds = conformance_rounds(2000);
  random_t random = {6};
  for (size_t round = 0; round < rounds; round++) {
    growth_t growth = {executor_create(), {random_next(&random)}, 200, 0, 0};
    static const uint64_t budgets[] = {0, 1, 2, 3, 7, 50, 4096};
    while (growth.left > 0) {
      tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
      uint64_t jobs_max = budgets[random_below(&random, sizeof budgets / sizeof *budgets)];
      grow(&growth);
      do {
        result = poll_at_most(growth.executor, jobs_max);
        CHECK(jobs_max == 0 || result.jobs <= jobs_max);
        CHECK(!result.more || result.alive);
        CHECK(!result.more || growth.begun > growth.ended);
      } while (result.more && result.jobs > 0);
      CHECK_COUNT(growth.begun, growth.ended);
      CHECK(!result.alive);
      result = poll_at_most(growth.executor, 0);
      CHECK_COUNT(0, result.jobs);
      CHECK(!result.more && !result.alive);
    }
    executor_end(growth.executor);
    CHECK_COUNT(growth.begun, growth.ended);
  }
}

/* MARK: Budgets */

CASE(a_budget_bounds_the_jobs) {
  enum { COUNT = 10 };
  told_t told[COUNT];
  tenon_executor_t *executor = executor_create();
  memset(told, 0, sizeof told);
  for (int index = 0; index < COUNT; index++)
    post(executor, &told[index]);
  for (int done = 0; done < 9; done += 3) {
    tenon_poll_result_t result = poll_at_most(executor, 3);
    CHECK_COUNT(3, result.jobs);
    CHECK(result.more && result.alive);
    for (int index = 0; index < COUNT; index++)
      CHECK_COUNT(index < done + 3 ? 1 : 0, atomic_load(&told[index].count));
  }
  tenon_poll_result_t result = poll_at_most(executor, 3);
  CHECK_COUNT(1, result.jobs);
  CHECK(!result.more && !result.alive);
  executor_end(executor);
}

CASE(a_budget_that_is_just_enough_leaves_no_more) {
  told_t told[5];
  tenon_executor_t *executor = executor_create();
  memset(told, 0, sizeof told);
  for (int index = 0; index < 5; index++)
    post(executor, &told[index]);
  tenon_poll_result_t result = poll_at_most(executor, 5);
  CHECK_COUNT(5, result.jobs);
  CHECK(!result.more && !result.alive);
  CHECK_COUNT(0, poll_at_most(executor, 5).jobs);
  executor_end(executor);
}

CASE(no_bound_is_no_bound) {
  size_t count = conformance_rounds(100000) + 4097;
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  for (size_t index = 0; index < count; index++)
    post(executor, &told);
  tenon_poll_result_t result = poll_at_most(executor, 0);
  CHECK_COUNT(count, result.jobs);
  CHECK(!result.more);
  CHECK_COUNT(count, atomic_load(&told.count));
  executor_end(executor);
}

typedef struct repost {
  tenon_executor_t *executor;
  uint64_t count;
  bool stop;
} repost_t;

static void repost_job(void *context, tenon_status_t status) {
  repost_t *repost = context;
  repost->count++;
  if (status == TENON_STATUS_OK && !repost->stop)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost->executor, repost_job, repost));
}

CASE(a_job_that_posts_itself_for_ever_ends_the_poll_with_more) {
  repost_t repost = {executor_create(), 0, false};
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost.executor, repost_job, &repost));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(repost.executor, NULL, &result));
  CHECK_COUNT(4096, result.jobs);
  CHECK_COUNT(4096, repost.count);
  CHECK(result.more && result.alive);
  result = poll_at_most(repost.executor, 10);
  CHECK_COUNT(10, result.jobs);
  CHECK(result.more);
  repost.stop = true;
  result = poll_at_most(repost.executor, 0);
  CHECK_COUNT(1, result.jobs);
  CHECK(!result.more);
  executor_end(repost.executor);
}

static void rearm_job(void *context, tenon_status_t status) {
  repost_t *repost = context;
  repost->count++;
  if (status == TENON_STATUS_OK && !repost->stop)
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(repost->executor, 0, rearm_job, repost, NULL));
}

CASE(a_timer_that_arms_itself_for_ever_does_not_hold_up_the_poll) {
  repost_t repost = {executor_create(), 0, false};
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(repost.executor, 0, rearm_job, &repost, NULL));
  tenon_poll_result_t result = poll_at_most(repost.executor, 100);
  CHECK(result.jobs <= 100);
  CHECK(result.more || result.deadline_ns <= tenon_timer_now_ns() + 65536);
  post(repost.executor, &told);
  for (int count = 0; count < 100 && atomic_load(&told.count) == 0; count++)
    poll_at_most(repost.executor, 100);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  repost.stop = true;
  SPIN_UNTIL(!executor_poll(repost.executor).alive);
  executor_end(repost.executor);
}

static void burn_job(void *context, tenon_status_t status) {
  uint64_t start = conformance_now_ns();
  told_now(context, status);
  while (conformance_now_ns() - start < MILLISECOND)
    continue;
}

CASE(a_budget_bounds_the_time) {
  enum { COUNT = 20 };
  told_t told[COUNT];
  tenon_executor_t *executor = executor_create();
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  uint64_t jobs = 0;
  memset(told, 0, sizeof told);
  for (int index = 0; index < COUNT; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, burn_job, &told[index]));
  budget.time_ns_max = 2 * MILLISECOND;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK(result.jobs >= 1 && result.jobs <= 3);
  CHECK(result.more);
  for (jobs = result.jobs; result.more; jobs += result.jobs)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK_COUNT(COUNT, jobs);
  executor_end(executor);
}

typedef struct interrupter {
  told_t told;
  volatile unsigned int flag;
} interrupter_t;

static void interrupt_job(void *context, tenon_status_t status) {
  interrupter_t *interrupter = context;
  told_now(&interrupter->told, status);
  interrupter->flag = 1;
}

CASE(an_interrupt_ends_the_poll_after_the_job) {
  interrupter_t interrupter = {TOLD_INIT, 0};
  told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
  tenon_executor_t *executor = executor_create();
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.interrupt = &interrupter.flag;
  post(executor, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, interrupt_job, &interrupter));
  post(executor, &told[1]);
  post(executor, &told[2]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK_COUNT(2, result.jobs);
  CHECK(result.more);
  CHECK_TOLD(TENON_STATUS_OK, &told[0]);
  CHECK_NOT_TOLD(&told[1]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK_COUNT(0, result.jobs);
  CHECK(result.more);
  interrupter.flag = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK_COUNT(2, result.jobs);
  CHECK(!result.more);
  executor_end(executor);
}

CASE(a_poll_with_a_wrong_struct_size_runs_nothing) {
  static const size_t sizes[] = {0, 1, sizeof(tenon_poll_budget_t) - 1};
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  post(executor, &told);
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    tenon_poll_result_t result;
    budget.struct_size = sizes[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_poll(executor, &budget, NULL));
    pattern_fill(&result, sizeof result);
    result.struct_size = sizes[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_poll(executor, NULL, &result));
    CHECK_COUNT(sizes[index], result.struct_size);
    pattern_fill(&result.struct_size, sizeof result.struct_size);
    CHECK_UNTOUCHED(result);
  }
  CHECK_NOT_TOLD(&told);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(executor);
}

/* MARK: Busy */

typedef struct busy {
  told_t told;
  tenon_executor_t *executor;
  tenon_executor_t *other;
  tenon_future_t *future;
  atomic_bool is_inside;
  atomic_bool may_leave;
} busy_t;

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

static void stay_inside(void *context, tenon_status_t status) {
  busy_t *busy = context;
  told_now(&busy->told, status);
  atomic_store(&busy->is_inside, true);
  SPIN_UNTIL(atomic_load(&busy->may_leave));
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

/* MARK: The file descriptor */

static bool readable(int fd, int timeout_ms) {
  struct pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN) != 0;
}

static int executor_fd(tenon_executor_t *executor) {
  int fd = -1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  CHECK(fd >= 0);
  return fd;
}

CASE(the_descriptor_is_readable_while_there_is_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  CHECK_COUNT(fd, executor_fd(executor));
  CHECK(!readable(fd, 0));
  for (int count = 0; count < 5; count++)
    post(executor, &told);
  CHECK(readable(fd, 0));
  CHECK(readable(fd, 0));
  CHECK(poll_at_most(executor, 2).more);
  CHECK(readable(fd, 0));
  CHECK(!poll_at_most(executor, 0).more);
  CHECK(!readable(fd, 0));
  for (int count = 0; count < 100; count++) {
    post(executor, &told);
    CHECK(readable(fd, 0));
    executor_poll(executor);
    CHECK(!readable(fd, 0));
  }
  executor_end(executor);
}

CASE(a_descriptor_that_is_asked_for_late_knows_of_the_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  post(executor, &told);
  int fd = executor_fd(executor);
  CHECK(readable(fd, 0));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  executor_end(executor);
  executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND, tell, &told, NULL));
  executor_poll(executor);
  fd = executor_fd(executor);
  CHECK(readable(fd, 10000));
  SPIN_UNTIL(executor_poll(executor).jobs == 1 || !readable(fd, 0));
  executor_end(executor);
  CHECK_COUNT(2, atomic_load(&told.count));
}

CASE(the_descriptor_is_readable_for_each_kind_of_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  tenon_timer_t *timer = NULL;
  atomic_int drops = 0;
  pair_t pair = pair_create();
  /* Waiting is no work. */
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, executor, tell, &told, NULL));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  /* A callback that comes after the end. */
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  /* Timers: due, cancelled. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 0, tell, &told, NULL));
  CHECK(readable(fd, 0));
  SPIN_UNTIL(!readable(fd, 10000) || executor_poll(executor).jobs == 1);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, &timer));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  CHECK_COUNT(5, atomic_load(&told.count));
  /* A drop. */
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK(readable(fd, 0));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(the_descriptor_is_readable_when_a_timer_is_due_and_not_before) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  for (uint64_t after = MILLISECOND / 2; after < 8 * MILLISECOND; after += 1234567) {
    for (int was_polled = 0; was_polled < 2; was_polled++) {
      static told_t told;
      uint64_t deadline = tenon_timer_now_ns() + after;
      memset(&told, 0, sizeof told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline, tell, &told, NULL));
      if (was_polled || readable(fd, 0)) /* a start may ask for one poll, to set the clock */
        executor_poll(executor);
      if (atomic_load(&told.count) == 0) {
        CHECK(readable(fd, 10000));
        CHECK(tenon_timer_now_ns() >= deadline);
        CHECK_COUNT(1, executor_poll(executor).jobs);
      }
      CHECK_TOLD(TENON_STATUS_OK, &told);
      CHECK(!readable(fd, 0));
    }
  }
  executor_end(executor);
}

CASE(the_descriptor_forgets_a_timer_that_was_cancelled) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  uint64_t deadline = tenon_timer_now_ns() + 5 * MILLISECOND;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline, tell, &told, &timer));
  executor_poll(executor);
  if (tenon_timer_cancel(timer) == TENON_STATUS_OK) {
    executor_poll(executor);
    CHECK(!readable(fd, 10));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  }
  executor_end(executor);
}

CASE(the_descriptor_moves_to_an_earlier_timer) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t late = TOLD_INIT;
  told_t early = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 3600ull * SECOND,
                                                  tell, &late, NULL));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND, tell, &early, NULL));
  uint64_t limit = tenon_timer_now_ns() + 10ull * SECOND;
  while (atomic_load(&early.count) == 0 && tenon_timer_now_ns() < limit)
    if (readable(fd, 10000))
      executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &early);
  CHECK(!readable(fd, 0));
  CHECK(executor_statistics(executor).polls <= 4);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &late);
}

typedef struct loop {
  tenon_executor_t *executor;
  told_t *told;
  size_t count;
} loop_t;

static void *post_one_by_one(void *context) {
  loop_t *loop = context;
  for (size_t index = 0; index < loop->count; index++) {
    post(loop->executor, loop->told);
    SPIN_UNTIL((size_t)atomic_load(&loop->told->count) > index || index % 3 != 0);
  }
  return NULL;
}

CASE(no_wake_of_the_descriptor_is_lost) {
  told_t told = TOLD_INIT;
  loop_t loop = {executor_create(), &told, conformance_rounds(20000)};
  int fd = executor_fd(loop.executor);
  pthread_t thread = thread_start(post_one_by_one, &loop);
  while ((size_t)atomic_load(&told.count) < loop.count)
    if (!CHECK(readable(fd, 30000)))
      break;
    else
      executor_poll(loop.executor);
  thread_join(thread);
  CHECK_COUNT(loop.count, atomic_load(&told.count));
  executor_end(loop.executor);
}

CASE(the_descriptor_is_closed_with_its_executor) {
  const size_t rounds = conformance_rounds(3000);
  told_t told = TOLD_INIT;
  int highest = 0;
  for (size_t round = 0; round < rounds; round++) {
    tenon_executor_t *executor = executor_create();
    int fd = executor_fd(executor);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, NULL));
    if (round % 3 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    if (round == 10)
      highest = fd;
    if (round > 10 && !CHECK(fd < highest + 100))
      break;
  }
}

typedef struct watched {
  tenon_executor_t *executor;
} watched_t;

static void watched_close(watched_t *watched) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(watched->executor, SECOND));
}

static void watched_begin_close(watched_t *watched) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(watched->executor, SECOND));
  while (!executor_poll(watched->executor).closed)
    continue;
}

static void close_in_a_job(void *context, tenon_status_t status) {
  watched_t *watched = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_executor_close(watched->executor, SECOND));
}

static void watched_close_in_a_job(watched_t *watched) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(watched->executor, close_in_a_job, watched));
  while (!executor_poll(watched->executor).closed)
    continue;
}

static void *close_elsewhere(void *context) {
  watched_close(context);
  return NULL;
}

static void watched_close_elsewhere(watched_t *watched) {
  on_other_thread(close_elsewhere, watched);
}

CASE(the_descriptor_stays_open_until_the_last_reference_is_released) {
  static void (*const ways[])(watched_t * watched) = {
      watched_close, watched_begin_close, watched_close_in_a_job, watched_close_elsewhere};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    watched_t watched = {executor_create()};
    told_t told = TOLD_INIT;
    int fd = executor_fd(watched.executor);
    /* A timer that would come due after the close. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(watched.executor, tenon_timer_now_ns() + 500000,
                                                    tell, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(watched.executor));
    ways[way](&watched);
    CHECK(fcntl(fd, F_GETFD) >= 0);
    /* The loop that watches it is told, once, of a close that it had no part in. */
    bool is_elsewhere = ways[way] == watched_close_elsewhere;
    CHECK(readable(fd, is_elsewhere ? 0 : 2) == is_elsewhere);
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(watched.executor, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(watched.executor));
    CHECK(fcntl(fd, F_GETFD) >= 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(watched.executor));
    CHECK(fcntl(fd, F_GETFD) < 0);
  }
}

static void release_in_a_job(void *context, tenon_status_t status) {
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(context));
}

CASE(the_last_release_inside_a_poll_closes_the_descriptor_when_that_has_ended) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, release_in_a_job, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
  CHECK(fcntl(fd, F_GETFD) < 0);
}

CASE(a_closed_executor_has_no_descriptor) {
  tenon_executor_t *executor = executor_create();
  int fd;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  pattern_fill(&fd, sizeof fd);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_fd(executor, &fd));
  CHECK_UNTOUCHED(fd);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

/* MARK: Run until */

CASE(run_until_answers_as_the_future_ended) {
  static const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  tenon_executor_t *executor = executor_create();
  for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
    pair_t pair = pair_create_settled(ends[index]);
    CHECK_STATUS(ends[index], tenon_executor_run_until(executor, pair.future, TENON_FOREVER));
    CHECK_STATUS(ends[index], tenon_executor_run_until(executor, pair.future, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  executor_end(executor);
}

typedef struct settler {
  told_t told;
  pair_t pair;
} settler_t;

static void settle_job(void *context, tenon_status_t status) {
  settler_t *settler = context;
  told_now(&settler->told, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(settler->pair.promise, TENON_STATUS_OK));
}

static void *settle_elsewhere(void *context) {
  settler_t *settler = context;
  CHECK_STATUS(TENON_STATUS_OK, settle(settler->pair.promise, TENON_STATUS_OK));
  return NULL;
}

CASE(run_until_polls_until_the_future_has_settled) {
  tenon_executor_t *executor = executor_create();
  for (int way = 0; way < 3; way++) {
    settler_t settler = {TOLD_INIT, pair_create_with(0, way == 1 ? executor : NULL)};
    pthread_t thread = pthread_self();
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, &settler));
    else if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_timer_start(executor, tenon_timer_now_ns() + 2 * MILLISECOND, settle_job,
                                     &settler, NULL));
    else
      thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(executor, settler.pair.future, TENON_FOREVER));
    if (way < 2)
      CHECK(told_here(&settler.told));
    else
      thread_join(thread);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  }
  executor_end(executor);
}

CASE(run_until_is_woken_by_other_threads) {
  tenon_executor_t *executor = executor_create();
  size_t rounds = conformance_rounds(1000);
  for (size_t round = 0; round < rounds; round++) {
    settler_t settler = {TOLD_INIT, pair_create()};
    pthread_t thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(executor, settler.pair.future, TENON_FOREVER));
    thread_join(thread);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  }
  CHECK_COUNT(0, executor_statistics(executor).pending);
  executor_end(executor);
}

CASE(run_until_gives_up_after_its_timeout) {
  static const uint64_t timeouts[] = {0, 1, MILLISECOND, 20 * MILLISECOND};
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  for (size_t index = 0; index < sizeof timeouts / sizeof *timeouts; index++) {
    uint64_t start = conformance_now_ns();
    CHECK_STATUS(TENON_STATUS_TIMEOUT,
                 tenon_executor_run_until(executor, pair.future, timeouts[index]));
    CHECK(conformance_now_ns() - start >= timeouts[index]);
  }
  CHECK(!executor_poll(executor).alive);
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_sleeps_while_there_is_nothing_to_do) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  struct timespec before;
  struct timespec after;
  uint64_t polls = executor_statistics(executor).polls;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(executor, pair.future, 100 * MILLISECOND));
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
  CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec <
        50 * (long)MILLISECOND);
  CHECK(executor_statistics(executor).polls - polls < 100);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_null_ends_when_nothing_is_pending) {
  told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
  tenon_executor_t *executor = executor_create();
  settler_t settler = {TOLD_INIT, pair_create()};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  post(executor, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND,
                                                  tell, &told[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(settler.pair.future, executor,
                                                         tell_completion, &told[2], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 2 * MILLISECOND,
                                                  settle_job, &settler, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  for (int index = 0; index < 3; index++)
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  executor_end(executor);
}

CASE(run_until_null_waits_for_a_callback_that_is_pending) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, NULL, MILLISECOND));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_and_a_loop_at_the_descriptor_take_turns) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t told = TOLD_INIT;
  told_t timer = TOLD_INIT;
  pair_t pair = pair_create();
  for (int round = 0; round < 100; round++) {
    post(executor, &told);
    CHECK(readable(fd, 0));
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
    else if (round % 3 == 0)
      CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
    else
      executor_poll(executor);
    CHECK_COUNT(round + 1, atomic_load(&told.count));
    if (readable(fd, 0)) /* run_until may leave a look at what is pending */
      CHECK_COUNT(0, executor_poll(executor).jobs);
    CHECK(!readable(fd, 0));
  }
  /* A timer that run_until leaves is the descriptor's. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 5 * MILLISECOND,
                                                  tell, &timer, NULL));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
  while (atomic_load(&timer.count) == 0 && CHECK(readable(fd, 10000)))
    executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

/* MARK: Closing */

/** One of everything that an executor can owe. */
typedef struct debts {
  tenon_executor_t *executor;
  told_t job;
  told_t completion;
  told_t queued;
  told_t cancel;
  told_t timer;
  told_t timer_far;
  pair_t pair;
  pair_t settled;
} debts_t;

static void debts_begin(debts_t *debts, tenon_executor_t *executor) {
  memset(debts, 0, sizeof *debts);
  debts->executor = executor;
  debts->pair = pair_create();
  debts->settled = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(debts->pair.future, executor, tell_completion,
                                        &debts->completion, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(debts->pair.promise, executor, tell, &debts->cancel, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &debts->timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 3600ull * SECOND,
                                                  tell, &debts->timer_far, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(debts->settled.future, executor,
                                                         tell_completion, &debts->queued, NULL));
  post(executor, &debts->job);
}

/** All were told: CLOSED, or what they waited for if that had come already. */
static void debts_end(debts_t *debts) {
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->completion);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->cancel);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->timer);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->timer_far);
  CHECK_TOLD(atomic_load(&debts->queued.status) == TENON_STATUS_OK ? TENON_STATUS_OK
                                                                   : TENON_STATUS_CLOSED,
             &debts->queued);
  CHECK_TOLD(atomic_load(&debts->job.status) == TENON_STATUS_OK ? TENON_STATUS_OK
                                                                : TENON_STATUS_CLOSED,
             &debts->job);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, settle(debts->pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(debts->settled.future));
  CHECK_COUNT(1, atomic_load(&debts->completion.count));
  CHECK_COUNT(1, atomic_load(&debts->cancel.count));
}

/** A closed executor refuses all that it would have to answer for. */
static void check_closed(tenon_executor_t *executor) {
  pair_t pair = pair_create();
  tenon_executor_statistics_t statistics = executor_statistics(executor);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(executor, pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(executor, 0, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_future_on_complete(pair.future, executor, never_completion, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_promise_on_cancel(pair.promise, executor, never, NULL, NULL));
  CHECK_COUNT(0, statistics.pending);
  CHECK_COUNT(statistics.jobs, executor_statistics(executor).jobs);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_close_tells_every_callback_that_is_left) {
  static const uint64_t timeouts[] = {0, MILLISECOND, TENON_FOREVER};
  for (size_t index = 0; index < sizeof timeouts / sizeof *timeouts; index++) {
    for (int was_polled = 0; was_polled < 2; was_polled++) {
      debts_t debts;
      debts_begin(&debts, executor_create());
      if (was_polled)
        executor_poll(debts.executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(debts.executor, timeouts[index]));
      check_closed(debts.executor);
      debts_end(&debts);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_close(debts.executor, 0));
    }
  }
}

CASE(the_last_release_closes) {
  for (int was_polled = 0; was_polled < 2; was_polled++) {
    debts_t debts;
    debts_begin(&debts, executor_create());
    if (was_polled)
      executor_poll(debts.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_post(debts.executor, never, NULL));
  }
}

typedef struct closer {
  told_t told;
  tenon_executor_t *executor;
  tenon_status_t answer;
  bool release;
  bool begin;
} closer_t;

static void close_job(void *context, tenon_status_t status) {
  closer_t *closer = context;
  told_now(&closer->told, status);
  if (closer->release) {
    closer->answer = tenon_executor_release(closer->executor);
    return;
  }
  closer->answer = closer->begin ? tenon_executor_begin_close(closer->executor, 0)
                                 : tenon_executor_close(closer->executor, TENON_FOREVER);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(closer->executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(closer->executor, 0));
}

CASE(a_close_inside_a_job_goes_on_in_that_poll) {
  for (int begin = 0; begin < 2; begin++) {
    debts_t debts;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_OK, false, begin != 0};
    debts_begin(&debts, executor_create());
    closer.executor = debts.executor;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(debts.executor, close_job, &closer));
    tenon_poll_result_t result = executor_poll(debts.executor);
    CHECK_TOLD(TENON_STATUS_OK, &closer.told);
    CHECK_STATUS(begin ? TENON_STATUS_OK : TENON_STATUS_PENDING, closer.answer);
    CHECK(result.closed);
    CHECK(!result.more && !result.alive);
    check_closed(debts.executor);
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
  }
}

CASE(a_release_of_the_last_reference_inside_a_job_closes) {
  /* However little that poll may do: nobody can poll again. */
  for (uint64_t jobs_max = 0; jobs_max < 3; jobs_max++) {
    debts_t debts;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_CLOSED, true, false};
    told_t after[2] = {TOLD_INIT, TOLD_INIT};
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    budget.jobs_max = jobs_max;
    tenon_executor_t *executor = executor_create();
    closer.executor = executor;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, close_job, &closer));
    post(executor, &after[0]);
    post(executor, &after[1]);
    debts_begin(&debts, executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    CHECK_TOLD(TENON_STATUS_OK, &closer.told);
    CHECK_STATUS(TENON_STATUS_OK, closer.answer);
    CHECK(result.closed);
    CHECK_COUNT(1, atomic_load(&after[0].count));
    CHECK_COUNT(1, atomic_load(&after[1].count));
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  }
}

static void *begin_close_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(context, 0));
  return NULL;
}

CASE(a_close_that_has_begun_is_finished_by_polls) {
  for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
    debts_t debts;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    debts_begin(&debts, executor_create());
    int fd = executor_fd(debts.executor);
    executor_poll(debts.executor);
    CHECK(!readable(fd, 0));
    if (elsewhere)
      on_other_thread(begin_close_elsewhere, debts.executor);
    else
      begin_close_elsewhere(debts.executor);
    CHECK_NOT_TOLD(&debts.completion);
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(debts.executor, never, NULL));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(debts.executor, 0, never, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(debts.executor, 0));
    for (int polls = 0; polls < 100 && !result.closed; polls++) {
      CHECK(readable(fd, 10000));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(debts.executor, NULL, &result));
    }
    CHECK(result.closed);
    check_closed(debts.executor);
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
  }
}

CASE(a_close_after_a_close_that_has_begun_is_closed) {
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, 0));
  CHECK(executor_poll(executor).closed);
  check_closed(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

static void *close_when_it_may(void *context) {
  busy_t *busy = context;
  SPIN_UNTIL(atomic_load(&busy->is_inside));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(busy->executor, 0));
  atomic_store(&busy->may_leave, true);
  return NULL;
}

CASE(a_close_may_begin_while_a_poll_runs) {
  busy_t busy;
  told_t after = TOLD_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  memset(&busy, 0, sizeof busy);
  busy.executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy.executor, stay_inside, &busy));
  post(busy.executor, &after);
  pthread_t thread = thread_start(close_when_it_may, &busy);
  for (int polls = 0; polls < 100 && !result.closed; polls++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(busy.executor, NULL, &result));
  CHECK(result.closed);
  thread_join(thread);
  CHECK_TOLD(TENON_STATUS_OK, &busy.told);
  CHECK_COUNT(1, atomic_load(&after.count));
  check_closed(busy.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(busy.executor));
}

/* A close is under way on one thread, another polls, and neither has ended when the last handle goes. */
CASE(a_close_that_nobody_attends_is_ended_by_whoever_began_it) {
  busy_t busy, cancelling;
  told_t waiting = TOLD_INIT;
  memset(&busy, 0, sizeof busy);
  memset(&cancelling, 0, sizeof cancelling);
  tenon_executor_t *executor = busy.executor = cancelling.executor = executor_create();
  pair_t pair = pair_create();
  pair_t bound = pair_create_with(0, executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &waiting, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(bound.promise, NULL, stay_inside, &cancelling, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, stay_inside, &busy));
  pthread_t poller = thread_start(poll_elsewhere, executor);
  SPIN_UNTIL(atomic_load(&busy.is_inside));
  pthread_t closer = thread_start(begin_close_elsewhere, executor);
  SPIN_UNTIL(atomic_load(&cancelling.is_inside));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_NOT_TOLD(&waiting);
  atomic_store(&busy.may_leave, true);
  thread_join(poller);
  CHECK_NOT_TOLD(&waiting);
  atomic_store(&cancelling.may_leave, true);
  thread_join(closer);
  CHECK_TOLD(TENON_STATUS_CLOSED, &waiting);
  CHECK(atomic_load(&waiting.self) == atomic_load(&cancelling.told.self)); /* the closer's thread */
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  settle(pair.promise, TENON_STATUS_OK);
  settle(bound.promise, TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(bound.future));
}

typedef struct stubborn {
  told_t told;
  tenon_executor_t *executor;
  tenon_future_t *future;
} stubborn_t;

static void try_again(stubborn_t *stubborn) {
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(stubborn->executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(stubborn->executor, 0, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_future_on_complete(stubborn->future, stubborn->executor,
                                                             never_completion, NULL, NULL));
}

static void try_again_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  stubborn_t *stubborn = context;
  CHECK(future == NULL);
  told_now(&stubborn->told, status);
  try_again(stubborn);
}

static void try_again_timer(void *context, tenon_status_t status) {
  stubborn_t *stubborn = context;
  told_now(&stubborn->told, status);
  try_again(stubborn);
}

CASE(a_callback_that_is_told_of_the_close_may_use_tenon) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  stubborn_t stubborn[2] = {{TOLD_INIT, executor, pair.future}, {TOLD_INIT, executor, pair.future}};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor,
                                                         try_again_completion, &stubborn[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, try_again_timer, &stubborn[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_TOLD(TENON_STATUS_CLOSED, &stubborn[0].told);
  CHECK_TOLD(TENON_STATUS_CLOSED, &stubborn[1].told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void post_until_closed(void *context, tenon_status_t status) {
  repost_t *repost = context;
  repost->count++;
  tenon_status_t answer = tenon_executor_post(repost->executor, post_until_closed, repost);
  CHECK(answer == TENON_STATUS_OK || answer == TENON_STATUS_CLOSED);
  if (status == TENON_STATUS_CLOSED)
    CHECK_STATUS(TENON_STATUS_CLOSED, answer);
}

CASE(a_close_ends_although_a_job_posts_itself_for_ever) {
  repost_t repost = {executor_create(), 0, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost.executor, post_until_closed, &repost));
  CHECK(poll_at_most(repost.executor, 10).more);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(repost.executor, TENON_FOREVER));
  CHECK_COUNT(11, repost.count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(repost.executor));
}

CASE(ten_thousand_executors_leave_memory_flat) {
  size_t rounds = conformance_rounds(10000);
  uint64_t reserved = 0;
  for (size_t round = 0; round < rounds; round++) {
    told_t told = TOLD_INIT;
    tenon_executor_t *executor = executor_create();
    post(executor, &told);
    if (round % 2 == 0)
      executor_poll(executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_COUNT(1, atomic_load(&told.count));
    if (round == 50)
      reserved = process_statistics().memory_reserved;
  }
  if (rounds > 50)
    CHECK_COUNT(reserved, process_statistics().memory_reserved);
}

/* MARK: Hosts */

/** A loop that can be woken, with a timer, and that counts what it is asked for. */
typedef struct host {
  tenon_executor_t *executor;
  pthread_mutex_t lock;
  pthread_cond_t woken_up;
  bool woken;
  atomic_int wakes;
  atomic_int closes;
  atomic_int calls_after_close;
  atomic_int runs;
  int alive_edges;
  int alive_repeats;
  bool alive;
  int timers_set;
  uint64_t deadline_ns;
  pthread_t closed_on;
} host_t;

static void host_call(host_t *host) {
  if (atomic_load(&host->closes) != 0)
    atomic_fetch_add(&host->calls_after_close, 1);
}

static void host_wake(void *context) {
  host_t *host = context;
  host_call(host);
  atomic_fetch_add(&host->wakes, 1);
  pthread_mutex_lock(&host->lock);
  host->woken = true;
  pthread_cond_signal(&host->woken_up);
  pthread_mutex_unlock(&host->lock);
}

static void host_set_timer(void *context, uint64_t deadline_ns) {
  host_t *host = context;
  host_call(host);
  host->timers_set++;
  host->deadline_ns = deadline_ns;
}

static void host_set_alive(void *context, bool alive) {
  host_t *host = context;
  host_call(host);
  host->alive_edges++;
  host->alive_repeats += alive == host->alive;
  host->alive = alive;
}

/** Waits until it is woken or its timer is due; false after a long time. */
static bool host_wait(host_t *host) {
  struct timespec now;
  uint64_t limit = conformance_now_ns() + 30ull * SECOND;
  bool came = true;
  pthread_mutex_lock(&host->lock);
  while (came && !host->woken && conformance_now_ns() < host->deadline_ns) {
    uint64_t left = host->deadline_ns - conformance_now_ns();
    if (left > SECOND)
      left = SECOND;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t until = (uint64_t)now.tv_nsec + left;
    now.tv_sec += (time_t)(until / SECOND);
    now.tv_nsec = (long)(until % SECOND);
    pthread_cond_timedwait(&host->woken_up, &host->lock, &now);
    came = conformance_now_ns() < limit;
  }
  host->woken = false;
  pthread_mutex_unlock(&host->lock);
  return came;
}

static void host_run_once(void *context) {
  host_t *host = context;
  host_call(host);
  atomic_fetch_add(&host->runs, 1);
  CHECK(host_wait(host));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(host->executor, NULL, NULL));
}

static void host_closed(void *context, tenon_status_t status) {
  host_t *host = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  host->closed_on = pthread_self();
  atomic_fetch_add(&host->closes, 1);
}

static void host_begin(host_t *host, bool is_full) {
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  memset(host, 0, sizeof *host);
  pthread_mutex_init(&host->lock, NULL);
  pthread_cond_init(&host->woken_up, NULL);
  host->deadline_ns = TENON_FOREVER;
  functions.wake = host_wake;
  if (is_full) {
    functions.set_timer = host_set_timer;
    functions.set_alive = host_set_alive;
    functions.run_once = host_run_once;
    functions.closed = host_closed;
  }
  config.host = &functions;
  config.host_context = host;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &host->executor));
  /* Both were copied. */
  memset(&functions, 0, sizeof functions);
  memset(&config, 0, sizeof config);
}

static void host_end(host_t *host) {
  executor_end(host->executor);
  pthread_cond_destroy(&host->woken_up);
  pthread_mutex_destroy(&host->lock);
}

CASE(run_until_is_over_in_time_also_while_a_job_posts_itself_for_ever) {
  repost_t repost = {executor_create(), 0, false};
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost.executor, repost_job, &repost));
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(repost.executor, pair.future, 2000000));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(repost.executor, NULL, 2000000));
  repost.stop = true;
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(repost.executor);
}

CASE(five_posts_wake_the_host_once) {
  for (int is_full = 0; is_full < 2; is_full++) {
    host_t host;
    told_t told = TOLD_INIT;
    host_begin(&host, is_full != 0);
    CHECK_COUNT(0, atomic_load(&host.wakes));
    for (int round = 1; round <= 3; round++) {
      for (int count = 0; count < 5; count++)
        post(host.executor, &told);
      CHECK_COUNT(round, atomic_load(&host.wakes));
      CHECK_COUNT(5, executor_poll(host.executor).jobs);
      CHECK_COUNT(round, atomic_load(&host.wakes));
    }
    CHECK_COUNT(3, executor_statistics(host.executor).wakes);
    host_end(&host);
  }
}

CASE(a_poll_that_leaves_work_wakes_the_host_again) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, true);
  for (int count = 0; count < 5; count++)
    post(host.executor, &told);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(poll_at_most(host.executor, 2).more);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(poll_at_most(host.executor, 2).more);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  post(host.executor, &told);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  CHECK(!poll_at_most(host.executor, 0).more);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  host_end(&host);
}

static void post_more(void *context, tenon_status_t status) {
  repost_t *repost = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (repost->count++ < 10)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost->executor, post_more, repost));
}

CASE(what_a_job_posts_needs_no_wake) {
  host_t host;
  host_begin(&host, true);
  repost_t repost = {host.executor, 0, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, post_more, &repost));
  CHECK_COUNT(11, executor_poll(host.executor).jobs);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  host_end(&host);
}

CASE(a_host_is_woken_for_each_kind_of_work) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  host_begin(&host, true);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, host.executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, host.executor, tell, &told, NULL));
  executor_poll(host.executor);
  int wakes = atomic_load(&host.wakes);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_COUNT(wakes + 2, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, host.executor, tell_completion, &told, NULL));
  CHECK_COUNT(wakes + 3, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_COUNT(3, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, TENON_FOREVER, tell, &told, &timer));
  executor_poll(host.executor);
  wakes = atomic_load(&host.wakes);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_COUNT(4, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(no_wake_of_a_host_is_lost) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, false);
  loop_t loop = {host.executor, &told, conformance_rounds(20000)};
  pthread_t thread = thread_start(post_one_by_one, &loop);
  while ((size_t)atomic_load(&told.count) < loop.count) {
    if (!CHECK(host_wait(&host)))
      break;
    executor_poll(host.executor);
  }
  thread_join(thread);
  CHECK_COUNT(loop.count, atomic_load(&told.count));
  host_end(&host);
}

CASE(a_host_is_kept_alive_while_something_is_pending) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  host_begin(&host, true);
  executor_poll(host.executor);
  CHECK(!host.alive);
  pair_t pair = pair_create();
  CHECK(!host.alive);
  for (int round = 0; round < 3; round++) {
    tenon_registration_t *registration = NULL;
    int wakes = atomic_load(&host.wakes);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, host.executor,
                                                           tell_completion, &told, &registration));
    CHECK(host.alive || atomic_load(&host.wakes) > wakes);
    CHECK(executor_poll(host.executor).alive);
    CHECK(host.alive);
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
    CHECK(!host.alive || atomic_load(&host.wakes) > wakes);
    CHECK(!executor_poll(host.executor).alive);
    CHECK(!host.alive);
  }
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, TENON_FOREVER, tell, &told, &timer));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  for (int count = 0; count < 5; count++)
    post(host.executor, &told);
  executor_poll(host.executor);
  CHECK(!host.alive);
  CHECK_COUNT(0, host.alive_repeats);
  CHECK(host.alive_edges % 2 == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

typedef struct waiter {
  tenon_executor_t *executor;
  tenon_future_t *future;
  tenon_registration_t *registration;
  told_t told;
} waiter_t;

static void *register_elsewhere(void *context) {
  waiter_t *waiter = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(waiter->future, waiter->executor, tell_completion,
                                        &waiter->told, &waiter->registration));
  return NULL;
}

static void *forget_elsewhere(void *context) {
  waiter_t *waiter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(waiter->registration));
  return NULL;
}

CASE(a_host_hears_of_what_other_threads_wait_for_in_its_poll) {
  host_t host;
  waiter_t waiter;
  pair_t pair = pair_create();
  host_begin(&host, true);
  executor_poll(host.executor);
  memset(&waiter, 0, sizeof waiter);
  waiter.executor = host.executor;
  waiter.future = pair.future;
  int edges = host.alive_edges;
  on_other_thread(register_elsewhere, &waiter);
  CHECK_COUNT(edges, host.alive_edges); /* not on that thread */
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  edges = host.alive_edges;
  on_other_thread(forget_elsewhere, &waiter);
  CHECK_COUNT(edges, host.alive_edges);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  CHECK_COUNT(0, host.alive_repeats);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(a_host_is_told_when_the_next_timer_is_due) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *late = NULL;
  tenon_timer_t *early = NULL;
  uint64_t deadline = tenon_timer_now_ns() + 3600ull * SECOND;
  host_begin(&host, true);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, deadline + SECOND, tell, &told, &late));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline + SECOND && host.deadline_ns <= deadline + SECOND + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, deadline, tell, &told, &early));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline && host.deadline_ns <= deadline + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(early));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline + SECOND && host.deadline_ns <= deadline + SECOND + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(late));
  executor_poll(host.executor);
  CHECK(host.deadline_ns == TENON_FOREVER);
  CHECK_COUNT(2, atomic_load(&told.count));
  host_end(&host);
}

typedef struct starter {
  tenon_executor_t *executor;
  uint64_t deadline_ns;
  told_t told;
  tenon_timer_t *timer;
} starter_t;

static void *start_elsewhere(void *context) {
  starter_t *starter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(starter->executor, starter->deadline_ns, tell,
                                                  &starter->told, &starter->timer));
  return NULL;
}

static void *cancel_elsewhere(void *context) {
  starter_t *starter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(starter->timer));
  return NULL;
}

CASE(a_host_hears_of_timers_of_other_threads_in_its_poll) {
  host_t host;
  starter_t starter;
  host_begin(&host, true);
  executor_poll(host.executor);
  memset(&starter, 0, sizeof starter);
  starter.executor = host.executor;
  starter.deadline_ns = tenon_timer_now_ns() + 3600ull * SECOND;
  int timers_set = host.timers_set;
  int edges = host.alive_edges;
  on_other_thread(start_elsewhere, &starter);
  CHECK_COUNT(timers_set, host.timers_set);
  CHECK_COUNT(edges, host.alive_edges);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  CHECK_COUNT(timers_set + 1, host.timers_set);
  CHECK(host.deadline_ns >= starter.deadline_ns && host.deadline_ns <= starter.deadline_ns + 65536);
  on_other_thread(cancel_elsewhere, &starter);
  CHECK_COUNT(timers_set + 1, host.timers_set);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  CHECK(host.deadline_ns == TENON_FOREVER);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &starter.told);
  host_end(&host);
}

CASE(a_host_without_timers_reads_the_deadline_from_the_poll) {
  host_t host;
  told_t told = TOLD_INIT;
  uint64_t deadline = tenon_timer_now_ns() + 2 * MILLISECOND;
  host_begin(&host, false);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, deadline, tell, &told, NULL));
  for (int polls = 0; polls < 10 && atomic_load(&told.count) == 0; polls++) {
    host.deadline_ns = executor_poll(host.executor).deadline_ns;
    if (atomic_load(&told.count) == 0) {
      CHECK(host.deadline_ns >= deadline && host.deadline_ns <= deadline + 65536);
      CHECK(host_wait(&host));
    }
  }
  CHECK_TOLD(TENON_STATUS_OK, &told);
  host_end(&host);
}

CASE(run_until_runs_the_hosts_loop) {
  for (int way = 0; way < 3; way++) {
    host_t host;
    pthread_t thread = pthread_self();
    host_begin(&host, true);
    settler_t settler = {TOLD_INIT, pair_create()};
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, settle_job, &settler));
    else if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_timer_start(host.executor, tenon_timer_now_ns() + MILLISECOND, settle_job,
                                     &settler, NULL));
    else
      thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(host.executor, settler.pair.future, TENON_FOREVER));
    if (way == 2)
      thread_join(thread);
    if (way == 1)
      CHECK(atomic_load(&host.runs) > 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
    host_end(&host);
  }
}

CASE(run_until_needs_a_host_that_runs_once) {
  host_t host;
  host_begin(&host, false);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_run_until(host.executor, pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(an_executor_with_a_host_has_no_descriptor) {
  host_t host;
  int fd;
  host_begin(&host, false);
  pattern_fill(&fd, sizeof fd);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_fd(host.executor, &fd));
  CHECK_UNTOUCHED(fd);
  host_end(&host);
}

CASE(a_host_is_told_once_that_it_is_closed) {
  for (int way = 0; way < 5; way++) {
    host_t host;
    debts_t debts;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_OK, way == 4, false};
    host_begin(&host, true);
    debts_begin(&debts, host.executor);
    if (way % 2 == 0)
      executor_poll(host.executor);
    closer.executor = host.executor;
    if (way == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(host.executor, 0));
    } else if (way == 1) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
    } else if (way == 2) {
      int wakes = atomic_load(&host.wakes);
      on_other_thread(begin_close_elsewhere, host.executor);
      CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
      CHECK_COUNT(0, atomic_load(&host.closes));
      result = executor_poll(host.executor);
      CHECK(result.closed);
    } else {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, close_job, &closer));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(host.executor, NULL, &result));
      CHECK(result.closed);
    }
    CHECK_COUNT(1, atomic_load(&host.closes));
    CHECK(pthread_equal(host.closed_on, pthread_self()));
    debts_end(&debts);
    if (way != 1 && way != 4) {
      check_closed(host.executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
    }
    CHECK_COUNT(1, atomic_load(&host.closes));
    CHECK_COUNT(0, atomic_load(&host.calls_after_close));
    pthread_cond_destroy(&host.woken_up);
    pthread_mutex_destroy(&host.lock);
  }
}

/* A host whose functions let another thread use the executor, which would hang under a lock. */

typedef struct reentrant {
  tenon_executor_t *executor;
  bool is_inside;
  atomic_int calls;
  told_t told;
} reentrant_t;

static void *use_from_the_host(void *context) {
  reentrant_t *reentrant = context;
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_status_t status = tenon_executor_post(reentrant->executor, tell, &reentrant->told);
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&reentrant->calls, 1);
  tenon_executor_get_statistics(reentrant->executor, &statistics);
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  return NULL;
}

static void reentrant_wake(void *context) {
  reentrant_t *reentrant = context;
  if (reentrant->is_inside) /* the thread's own post may wake again: once is enough */
    return;
  reentrant->is_inside = true;
  on_other_thread(use_from_the_host, reentrant);
  reentrant->is_inside = false;
}

static void reentrant_set_timer(void *context, uint64_t deadline_ns) {
  (void)deadline_ns;
  reentrant_wake(context);
}

static void reentrant_set_alive(void *context, bool alive) {
  (void)alive;
  reentrant_wake(context);
}

static void reentrant_closed(void *context, tenon_status_t status) {
  (void)status;
  reentrant_wake(context);
}

CASE(a_host_is_called_with_no_lock_held) {
  reentrant_t reentrant;
  told_t told = TOLD_INIT;
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  memset(&reentrant, 0, sizeof reentrant);
  functions.wake = reentrant_wake;
  functions.set_timer = reentrant_set_timer;
  functions.set_alive = reentrant_set_alive;
  functions.closed = reentrant_closed;
  config.host = &functions;
  config.host_context = &reentrant;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &reentrant.executor));
  post(reentrant.executor, &told);
  executor_poll(reentrant.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(reentrant.executor, tenon_timer_now_ns() + SECOND,
                                                  tell, &told, NULL));
  for (int polls = 0; polls < 10; polls++)
    executor_poll(reentrant.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(reentrant.executor, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(reentrant.executor));
  CHECK_COUNT(2, atomic_load(&told.count));
  CHECK(atomic_load(&reentrant.calls) > 0);
  CHECK_COUNT(atomic_load(&reentrant.calls), atomic_load(&reentrant.told.count));
}

CASE(an_adapter_gets_its_own_context_back) {
  host_t host;
  void *context;
  host_begin(&host, false);
  pattern_fill(&context, sizeof context);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_get_host_context(host.executor, no_wake, &context));
  CHECK_UNTOUCHED(context);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_get_host_context(host.executor, host_wake, &context));
  CHECK(context == &host);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(host.executor, 0));
  pattern_fill(&context, sizeof context);
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_executor_get_host_context(host.executor, host_wake, &context));
  CHECK_UNTOUCHED(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_get_host_context(executor, host_wake, &context));
  CHECK_UNTOUCHED(context);
  executor_end(executor);
}

/* MARK: Idling */

enum { IDLE_FUTURES = 100000, IDLE_MS = 100 };

static uint64_t cpu_time_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

/** Idles in whatever way for IDLE_MS, with all these futures pending: neither a poll nor a wake nor
 * a job more, and next to no time of the processor; a loop that does not sleep uses all of it. */
static void check_idle(tenon_executor_t *executor, void (*idle)(void *context), void *context) {
  tenon_executor_statistics_t before = executor_statistics(executor);
  uint64_t cpu_ns = cpu_time_ns();
  idle(context);
  CHECK(cpu_time_ns() - cpu_ns < (uint64_t)IDLE_MS * MILLISECOND / 2);
  tenon_executor_statistics_t after = executor_statistics(executor);
  CHECK_COUNT(IDLE_FUTURES, after.pending);
  CHECK_COUNT(before.wakes, after.wakes);
  CHECK_COUNT(before.jobs, after.jobs);
  CHECK(after.polls - before.polls <= 3); /* to begin, to be told of the settling, to end */
}

typedef struct idling {
  tenon_executor_t *executor;
  host_t *host;
  int fd;
  pair_t pair;
} idling_t;

static void idle_in_run_until(void *context) {
  idling_t *idling = context;
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(idling->executor, idling->pair.future,
                                                              (uint64_t)IDLE_MS * MILLISECOND));
}

static void idle_at_the_descriptor(void *context) {
  idling_t *idling = context;
  CHECK(!readable(idling->fd, IDLE_MS));
}

static void idle_in_the_host(void *context) {
  idling_t *idling = context;
  CHECK(!idling->host->woken);
  CHECK(idling->host->deadline_ns == TENON_FOREVER);
  idling->host->deadline_ns = conformance_now_ns() + (uint64_t)IDLE_MS * MILLISECOND;
  CHECK(host_wait(idling->host));
  idling->host->deadline_ns = TENON_FOREVER;
}

CASE(a_hundred_thousand_pending_futures_use_no_processor_and_no_wake) {
  static pair_t pairs[IDLE_FUTURES];
  void (*const ways[])(void *) = {idle_in_run_until, idle_at_the_descriptor, idle_in_the_host};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    host_t host;
    told_t told = TOLD_INIT;
    tenon_executor_t *executor;
    bool has_host = ways[way] == idle_in_the_host;
    if (has_host) {
      host_begin(&host, true);
      executor = host.executor;
    } else {
      executor = executor_create();
    }
    idling_t idling = {executor, &host, -1, pair_create()};
    if (ways[way] == idle_at_the_descriptor)
      idling.fd = executor_fd(executor);
    for (int index = 0; index < IDLE_FUTURES; index++) {
      pairs[index] = pair_create_with(0, executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pairs[index].future, executor,
                                                             tell_completion, &told, NULL));
    }
    CHECK(executor_poll(executor).alive);
    if (has_host)
      host.woken = false;
    check_idle(executor, ways[way], &idling);
    CHECK_NOT_TOLD(&told);
    /* One of them settles: one wake, where somebody waits. */
    uint64_t wake = ways[way] == idle_in_run_until ? 0 : 1;
    uint64_t wakes = executor_statistics(executor).wakes;
    CHECK_STATUS(TENON_STATUS_OK, settle(pairs[0].promise, TENON_STATUS_OK));
    CHECK_COUNT(wakes + wake, executor_statistics(executor).wakes);
    CHECK_COUNT(1, executor_poll(executor).jobs);
    CHECK_TOLD(TENON_STATUS_OK, &told);
    for (int index = 1; index < IDLE_FUTURES; index++)
      CHECK_STATUS(TENON_STATUS_OK, settle(pairs[index].promise, TENON_STATUS_CANCELLED));
    CHECK_COUNT(wakes + 2 * wake, executor_statistics(executor).wakes);
    CHECK_COUNT(IDLE_FUTURES - 1, executor_poll(executor).jobs);
    CHECK_COUNT(IDLE_FUTURES, atomic_load(&told.count));
    for (int index = 0; index < IDLE_FUTURES; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(idling.pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(idling.pair.future));
    if (has_host)
      host_end(&host);
    else
      executor_end(executor);
  }
}

/* MARK: Statistics */

CASE(an_executor_counts_what_it_does) {
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
