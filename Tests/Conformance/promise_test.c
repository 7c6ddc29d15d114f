/*
 * What <tenon/promise.h> promises.
 */
#include "check.h"

static const tenon_status_t ENDS[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                      TENON_STATUS_CANCELLED};
#define ENDS_COUNT (sizeof ENDS / sizeof *ENDS)

/** Checks the error of a future against a code of domain "tenon", and a message unless NULL. */
static void check_own_error(tenon_future_t *future, tenon_status_t code, const char *message) {
  tenon_error_t *error = NULL;
  const char *text = NULL;
  int64_t actual = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(future, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_domain(error, &text));
  CHECK_TEXT("tenon", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &actual));
  CHECK_STATUS(code, (tenon_status_t)actual);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &text));
  if (message)
    CHECK_TEXT(message, text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(a_promise_is_created_with_both_ends) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  CHECK(promise && future && (void *)promise != (void *)future);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
  CHECK(!tenon_promise_is_cancelled(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(&config, &promise, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
}

CASE(a_wrong_promise_config_is_refused) {
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_executor_t *executor = executor_create();
  executor_end(executor);
  pattern_fill(&promise, sizeof promise);
  pattern_fill(&future, sizeof future);
  for (uint32_t flag = 2; flag != 0; flag <<= 1) {
    config.flags = flag;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&config, &promise, &future));
  }
  config = (tenon_promise_config_t)TENON_PROMISE_CONFIG_INIT;
  config.struct_size = 0;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&config, &promise, &future));
  config.struct_size = sizeof config - 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&config, &promise, &future));
  config = (tenon_promise_config_t)TENON_PROMISE_CONFIG_INIT;
  config.executor = executor;
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_create(&config, &promise, &future));
  CHECK_UNTOUCHED(promise);
  CHECK_UNTOUCHED(future);
}

CASE(a_resolved_value_has_moved) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  CHECK(value.drop == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(resolving_with_null_gives_a_value_that_holds_nothing) {
  pair_t pair = pair_create();
  tenon_value_t value = tenon_value_i64(1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_borrowed_value_is_delivered_as_the_loan_that_it_is) {
  atomic_int drops = 0;
  pair_t owner = pair_create();
  pair_t reader = pair_create();
  tenon_value_t value = counted_value(&drops);
  tenon_value_t loan = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(owner.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(owner.future, &loan));
  CHECK(loan.flags & TENON_VALUE_FLAG_BORROWED);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(reader.promise, &loan));
  CHECK_COUNT(TENON_VALUE_NONE, loan.kind);
  CHECK_COUNT(0, loan.flags);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(reader.future, &value));
  CHECK(value.as.pointer.address == &drops);
  CHECK(value.flags & TENON_VALUE_FLAG_BORROWED);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader.future));
  CHECK_COUNT(0, atomic_load(&drops)); /* the owner's to drop */
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(owner.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_promise_settles_once) {
  for (size_t first = 0; first < ENDS_COUNT; first++) {
    for (size_t second = 0; second < ENDS_COUNT; second++) {
      pair_t pair = pair_create_settled(ENDS[first]);
      CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, settle(pair.promise, ENDS[second]));
      CHECK_STATUS(ENDS[first], tenon_future_poll(pair.future));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(pair.promise));
      CHECK_STATUS(ENDS[first], tenon_future_poll(pair.future));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_STALE, settle(pair.promise, ENDS[second]));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(pair.promise));
    }
  }
}

CASE(a_promise_waits_for_nothing_when_it_has_settled) {
  for (size_t end = 0; end < ENDS_COUNT; end++) {
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_set_wait(pair.promise, NULL, "a reply", NULL));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[end]));
    CHECK_STATUS(TENON_STATUS_SETTLED,
                 tenon_promise_set_wait(pair.promise, NULL, "another reply", NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE,
                 tenon_promise_set_wait(pair.promise, NULL, "another reply", NULL));
  }
}

CASE(a_value_that_comes_too_late_is_dropped) {
  for (size_t first = 0; first < ENDS_COUNT; first++) {
    atomic_int drops = 0;
    pair_t pair = pair_create_settled(ENDS[first]);
    tenon_value_t value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_promise_resolve(pair.promise, &value));
    CHECK_COUNT(1, atomic_load(&drops));
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_COUNT(1, atomic_load(&drops));
  }
}

CASE(a_stale_promise_leaves_the_value_with_the_caller) {
  atomic_int drops = 0;
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  tenon_value_t value = counted_value(&drops);
  tenon_value_t before = value;
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_resolve(NULL, &value));
  CHECK(memcmp(&before, &value, sizeof value) == 0);
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(what_is_no_value_leaves_the_promise_pending) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  value.kind = 200;
  tenon_value_t before = value;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_resolve(pair.promise, &value));
  CHECK(memcmp(&before, &value, sizeof value) == 0);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_reject(pair.promise, NULL));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_COUNT(0, atomic_load(&drops));
  value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_rejected_error_stays_the_callers) {
  tenon_error_t *error = error_create(9);
  tenon_error_t *seen = NULL;
  int64_t code = 0;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(pair.promise, error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(pair.future, &seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(seen, &code));
  CHECK(code == 9);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_get_code(error, &code));
}

CASE(a_rejection_that_comes_too_late_leaves_the_error_with_the_caller) {
  tenon_error_t *error = error_create(9);
  int64_t code = 0;
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_promise_reject(pair.promise, error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_stale_error_leaves_the_promise_pending) {
  tenon_error_t *error = error_create(9);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_reject(pair.promise, error));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_promise_that_is_released_unsettled_breaks) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_TOLD(TENON_STATUS_REJECTED, &told);
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(pair.future));
  check_own_error(pair.future, TENON_STATUS_STALE, "broken promise");
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_promise_that_is_released_after_a_cancel_request_is_cancelled) {
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(pair.future));
  check_own_error(pair.future, TENON_STATUS_CANCELLED, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_promise_cancels_without_a_request) {
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(pair.future));
  check_own_error(pair.future, TENON_STATUS_CANCELLED, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(settling_consumes_the_promise_only) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[index]));
    CHECK_STATUS(TENON_STATUS_STALE, settle(pair.promise, ENDS[index]));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(pair.promise));
  }
}

CASE(a_value_that_nobody_can_read_is_dropped) {
  for (int is_detached = 0; is_detached < 2; is_detached++) {
    atomic_int drops = 0;
    pair_t pair = pair_create_with(is_detached ? TENON_PROMISE_FLAG_DETACHED : 0, NULL);
    tenon_value_t value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
    CHECK_COUNT(1, atomic_load(&drops));
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  }
}

/* MARK: Requests to cancel */

CASE(is_cancelled_tells_of_a_request) {
  pair_t pair = pair_create();
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK(tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK(!tenon_promise_is_cancelled(NULL));
}

CASE(on_cancel_is_told_before_cancel_returns) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  tenon_registration_t *registration = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, NULL, tell, &told, &registration));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK(told_here(&told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
}

CASE(on_cancel_with_an_executor_is_told_in_its_poll) {
  for (int is_cancelled = 0; is_cancelled < 2; is_cancelled++) {
    told_t told = TOLD_INIT;
    tenon_executor_t *executor = executor_create();
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pair.promise, executor, tell, &told, NULL));
    executor_poll(executor);
    CHECK_NOT_TOLD(&told);
    if (is_cancelled)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    else
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_NOT_TOLD(&told);
    executor_poll(executor);
    CHECK_TOLD(is_cancelled ? TENON_STATUS_CANCELLED : TENON_STATUS_SETTLED, &told);
    if (is_cancelled)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_CANCELLED));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_end(executor);
    CHECK_COUNT(1, atomic_load(&told.count));
  }
}

CASE(on_cancel_is_told_that_nobody_cancelled) {
  for (size_t index = 0; index <= ENDS_COUNT; index++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
    if (index < ENDS_COUNT)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[index]));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
    CHECK_TOLD(TENON_STATUS_SETTLED, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_TOLD(TENON_STATUS_SETTLED, &told);
  }
}

CASE(on_cancel_after_the_request_is_told_of_it_on_its_executor) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, executor, tell, &told, NULL));
  CHECK_NOT_TOLD(&told);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
  CHECK_COUNT(1, atomic_load(&told.count));
}

CASE(on_cancel_after_the_request_answers_so_without_an_executor) {
  tenon_registration_t *registration;
  pair_t pair = pair_create();
  uint64_t before = process_statistics().registrations_pending;
  pattern_fill(&registration, sizeof registration);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_promise_on_cancel(pair.promise, NULL, never, NULL, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_promise_on_cancel(pair.promise, NULL, never, NULL, &registration));
  CHECK_UNTOUCHED(registration);
  CHECK_COUNT(before, process_statistics().registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
}

CASE(on_cancel_of_a_settled_future_registers_nothing) {
  tenon_registration_t *registration;
  pattern_fill(&registration, sizeof registration);
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    for (size_t index = 0; index < ENDS_COUNT; index++) {
      pair_t pair = pair_create_settled(ENDS[index]);
      CHECK_STATUS(TENON_STATUS_SETTLED,
                   tenon_promise_on_cancel(pair.promise, executor, never, NULL, &registration));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_STALE,
                   tenon_promise_on_cancel(pair.promise, executor, never, NULL, &registration));
    }
    if (executor) {
      CHECK_COUNT(0, executor_poll(executor).jobs);
      executor_end(executor);
    }
  }
  CHECK_UNTOUCHED(registration);
}

CASE(on_cancel_callbacks_are_told_in_order_of_registration) {
  enum { COUNT = 50 };
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t told[COUNT];
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    memset(told, 0, sizeof told);
    for (int index = 0; index < COUNT; index++)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_promise_on_cancel(pair.promise, executor, tell, &told[index], NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    if (executor)
      executor_poll(executor);
    for (int index = 0; index < COUNT; index++) {
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told[index]);
      CHECK(index == 0 || atomic_load(&told[index - 1].turn) < atomic_load(&told[index].turn));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
  }
}

typedef struct producer {
  told_t told;
  pair_t pair;
  tenon_status_t end;
} producer_t;

static void end_when_cancelled(void *context, tenon_status_t status) {
  producer_t *producer = context;
  told_now(&producer->told, status);
  CHECK(tenon_promise_is_cancelled(producer->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, settle(producer->pair.promise, producer->end));
}

CASE(a_producer_may_settle_inside_on_cancel) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    producer_t producer = {TOLD_INIT, pair_create(), ENDS[index]};
    told_t told = TOLD_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(producer.pair.promise, NULL,
                                                          end_when_cancelled, &producer, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(producer.pair.future, NULL,
                                                           tell_completion, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(producer.pair.future));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &producer.told);
    CHECK_TOLD(ENDS[index], &told);
    CHECK_STATUS(ENDS[index], tenon_future_poll(producer.pair.future));
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(producer.pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(producer.pair.future));
  }
}

static void *use_the_promise(void *context) {
  producer_t *producer = context;
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  CHECK(tenon_promise_is_cancelled(producer->pair.promise));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(producer->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(producer->pair.future, NULL,
                                                         tell_completion, &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(producer->pair.promise));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  return NULL;
}

static void use_elsewhere(void *context, tenon_status_t status) {
  producer_t *producer = context;
  told_now(&producer->told, status);
  on_other_thread(use_the_promise, producer);
}

CASE(on_cancel_is_told_with_no_lock_held) {
  producer_t producer = {TOLD_INIT, pair_create(), TENON_STATUS_OK};
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(producer.pair.promise, NULL, use_elsewhere,
                                                        &producer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(producer.pair.future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &producer.told);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(producer.pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(producer.pair.future));
}

CASE(the_last_read_end_requests_a_cancel) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK(tenon_promise_is_cancelled(pair.promise));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
}

CASE(the_last_read_end_of_detached_work_requests_nothing) {
  for (int by_flag = 0; by_flag < 2; by_flag++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create_with(by_flag ? TENON_PROMISE_FLAG_DETACHED : 0, NULL);
    if (!by_flag)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_detach(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK(!tenon_promise_is_cancelled(pair.promise));
    CHECK_NOT_TOLD(&told);
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_TOLD(TENON_STATUS_SETTLED, &told);
  }
}

CASE(detached_work_can_still_be_cancelled) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create_with(TENON_PROMISE_FLAG_DETACHED, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
}

CASE(a_waiting_callback_counts_as_a_reference) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t cancel = TOLD_INIT;
    told_t told = TOLD_INIT;
    atomic_int drops = 0;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    tenon_value_t value = counted_value(&drops);
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &cancel, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK(!tenon_promise_is_cancelled(pair.promise));
    CHECK_NOT_TOLD(&cancel);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
    CHECK_TOLD(TENON_STATUS_SETTLED, &cancel);
    if (executor) {
      CHECK_NOT_TOLD(&told);
      CHECK_COUNT(0, atomic_load(&drops));
      executor_poll(executor);
    }
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_COUNT(1, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
    if (executor)
      executor_end(executor);
  }
}

CASE(forgetting_the_last_waiting_callback_requests_a_cancel) {
  told_t cancel = TOLD_INIT;
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &cancel, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, tell_completion, &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_NOT_TOLD(&cancel);
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &cancel);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
}

CASE(closing_the_executor_of_the_last_waiting_callback_requests_a_cancel) {
  told_t cancel = TOLD_INIT;
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &cancel, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &told);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &cancel);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
}

/* MARK: Reasons */

CASE(a_cancel_carries_its_reason_to_the_producer) {
  pair_t pair = pair_create();
  tenon_error_t *why = error_create(1);
  tenon_error_t *later = error_create(2);
  tenon_error_t *none;
  pattern_fill(&none, sizeof none);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_promise_copy_reason(pair.promise, &none));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(pair.future, why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(pair.future, later));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  tenon_error_t *reason = reason_of(pair.promise);
  CHECK(reason == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_promise_copy_reason(pair.promise, &none));
  CHECK_UNTOUCHED(none);
  CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, error_of(pair.future));
  reason = cause_of(error_of(pair.future));
  CHECK(reason == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(later));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_cancel_without_a_reason_has_a_plain_one) {
  for (int way = 0; way < 3; way++) {
    pair_t pair = pair_create();
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    else if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(pair.future, NULL));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, reason_of(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    if (way < 2) {
      CHECK(cause_of(error_of(pair.future)) == NULL);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    }
  }
}

CASE(a_reason_ends_with_the_future_however_that_ends) {
  for (size_t end = 0; end < ENDS_COUNT; end++) {
    for (int readers = 0; readers < 2; readers++) {
      tenon_process_statistics_t before = process_statistics();
      atomic_int drops = 0;
      pair_t pair = pair_create();
      tenon_error_t *why = error_create(1);
      tenon_value_t value = counted_value(&drops);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(pair.future, why));
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
      if (readers == 0)
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      if (ENDS[end] == TENON_STATUS_OK)
        CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
      else
        CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[end]));
      if (readers == 1) {
        CHECK_STATUS(ENDS[end], tenon_future_poll(pair.future));
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      }
      CHECK_COUNT(ENDS[end] == TENON_STATUS_OK, atomic_load(&drops));
      CHECK_COUNT(before.errors_alive, process_statistics().errors_alive);
    }
  }
}

CASE(a_cancel_that_comes_too_late_leaves_no_reason) {
  tenon_process_statistics_t before = process_statistics();
  for (size_t end = 0; end < ENDS_COUNT; end++) {
    pair_t pair = pair_create_settled(ENDS[end]);
    tenon_error_t *why = error_create(1);
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel_with(pair.future, why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  CHECK_COUNT(before.errors_alive, process_statistics().errors_alive);
}
