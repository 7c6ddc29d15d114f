/*
 * What <tenon/combinators.h> promises of tenon_future_map().
 */
#include "check.h"

/** Adds one to a number; passes on that there is none. */
static void add_one(void *context, tenon_status_t status, tenon_future_t *future,
                    tenon_promise_t *promise) {
  tenon_value_t value = tenon_value_none();
  told_now(context, status);
  if (status == TENON_STATUS_OK && tenon_future_take(future, &value) == TENON_STATUS_OK) {
    value.as.i64++;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, &value));
  } else if (status == TENON_STATUS_CANCELLED) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  } else {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  }
}

CASE(map_hands_the_result_to_its_function) {
  tenon_executor_t *executor = executor_create();
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    tenon_future_t *result = NULL;
    tenon_value_t value;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, with_executor ? executor : NULL,
                                                   add_one, &told, &result));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (with_executor) {
      CHECK_NOT_TOLD(&told);
      executor_poll(executor);
    }
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(result, &value));
    CHECK_COUNT(43, value.as.i64);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  executor_end(executor);
}

CASE(map_of_a_settled_future_needs_an_executor) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  tenon_future_t *result;
  pattern_fill(&result, sizeof result);
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_map(pair.future, NULL, add_one, &told, &result));
  CHECK_UNTOUCHED(result);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, executor, add_one, &told, &result));
  CHECK_NOT_TOLD(&told);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(a_cancel_of_a_mapped_future_goes_to_the_input) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  tenon_future_t *result = NULL;
  tenon_error_t *why = error_create(3);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, NULL, add_one, &told, &result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(result, why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  CHECK_ERROR("test", 3, reason_of(pair.promise));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_ERROR("test", 3, cause_of(error_of(result)));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(map_is_told_that_its_executor_closed) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  tenon_future_t *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, executor, add_one, &told, &result));
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &told);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(maps_one_after_the_other_leave_memory_flat) {
  told_t told = TOLD_INIT;
  size_t before = 0;
  for (int round = 0; round < 20000; round++) {
    pair_t pair = pair_create();
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, NULL, add_one, &told, &result));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (round == 100)
      before = memory_used();
  }
  CHECK(memory_used() <= before + 20000 * 16);
}
