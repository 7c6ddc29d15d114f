/*
 * What <tenon/combinators.h> promises of timeouts and sleeps.
 */
#include "check.h"

CASE(a_timeout_moves_the_value_that_came_in_time) {
  atomic_int drops = 0;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  tenon_future_t *result = NULL;
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_timeout(pair.future, executor, TENON_FOREVER, &result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_TAKEN, tenon_future_peek(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(result, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  /* Its timer does not keep the loop alive. */
  CHECK(!executor_poll(executor).alive);
  executor_end(executor);
}

CASE(a_timeout_passes_failures_on) {
  static const tenon_status_t ends[] = {TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED};
  tenon_executor_t *executor = executor_create();
  for (int end = 0; end < 2; end++) {
    pair_t pair = pair_create();
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_timeout(pair.future, executor, TENON_FOREVER, &result));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ends[end]));
    CHECK_STATUS(ends[end], tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  executor_end(executor);
}

CASE(a_timeout_rejects_and_cancels_when_the_time_is_over) {
  tenon_process_statistics_t before = process_statistics();
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  tenon_future_t *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_timeout(pair.future, executor, 0, &result));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_executor_run_until(executor, result, TENON_FOREVER));
  CHECK_ERROR("tenon", TENON_STATUS_TIMEOUT, error_of(result));
  CHECK_ERROR("tenon", TENON_STATUS_TIMEOUT, reason_of(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, error_of(pair.future));
  CHECK_ERROR("tenon", TENON_STATUS_TIMEOUT, cause_of(error_of(pair.future)));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
  CHECK_COUNT(before.errors_alive, process_statistics().errors_alive);
  CHECK_COUNT(before.registrations_pending, process_statistics().registrations_pending);
}

CASE(a_cancelled_timeout_ends_as_its_input_does) {
  tenon_executor_t *executor = executor_create();
  for (int end = 0; end < 2; end++) {
    pair_t pair = pair_create();
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_timeout(pair.future, executor, TENON_FOREVER, &result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(result));
    CHECK(tenon_promise_is_cancelled(pair.promise));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(result));
    tenon_status_t status = end == 0 ? TENON_STATUS_CANCELLED : TENON_STATUS_OK;
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, status));
    CHECK_STATUS(status, tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  executor_end(executor);
}

CASE(a_sleep_ends_at_its_time_and_never_early) {
  tenon_executor_t *executor = executor_create();
  tenon_future_t *future = NULL;
  uint64_t start = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, 2000000, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
  CHECK(tenon_timer_now_ns() >= start + 2000000);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  executor_end(executor);
}

CASE(a_cancelled_sleep_ends_in_the_next_poll) {
  tenon_process_statistics_t before = process_statistics();
  tenon_executor_t *executor = executor_create();
  tenon_future_t *future = NULL;
  for (int way = 0; way < 2; way++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, TENON_FOREVER, &future));
    if (way == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
      executor_poll(executor);
      CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(future));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    } else {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
      CHECK(!executor_poll(executor).alive);
    }
  }
  executor_end(executor);
  CHECK_COUNT(before.futures_pending, process_statistics().futures_pending);
}

CASE(a_close_ends_sleeps_and_timeouts) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  tenon_future_t *nap = NULL;
  tenon_future_t *limited = NULL;
  tenon_future_t *late;
  pattern_fill(&late, sizeof late);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, TENON_FOREVER, &nap));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_timeout(pair.future, executor, TENON_FOREVER, &limited));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(nap));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, cause_of(error_of(nap)));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason_of(pair.promise));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, error_of(limited));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_future_sleep(executor, 0, &late));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_future_timeout(pair.future, executor, 0, &late));
  CHECK_UNTOUCHED(late);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(nap));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(limited));
}

CASE(a_timeout_of_a_value_that_somebody_has_taken_says_so) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  tenon_value_t value;
  tenon_future_t *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  tenon_status_t status = tenon_future_timeout(pair.future, executor, 1000000000, &result);
  if (status == TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(result));
    CHECK_ERROR("tenon", TENON_STATUS_TAKEN, error_of(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  } else {
    CHECK_STATUS(TENON_STATUS_TAKEN, status);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(a_time_beyond_the_end_of_time_never_comes) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  tenon_future_t *sleep = NULL, *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, TENON_FOREVER - 1, &sleep));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_timeout(pair.future, executor, TENON_FOREVER - 1, &result));
  CHECK(executor_poll(executor).deadline_ns > tenon_timer_now_ns() + UINT64_C(1000000000000));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(sleep));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sleep));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  executor_end(executor);
}
