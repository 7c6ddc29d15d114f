/*
 * What <tenon/executor.h> promises about a poll: what it leaves, and what its budget bounds.
 */
#include "executor_parties.h"

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
