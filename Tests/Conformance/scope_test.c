/*
 * What <tenon/scope.h> promises.
 */
#include "race.h"

static tenon_scope_t *scope_open(tenon_scope_t *parent, tenon_executor_t *executor, uint32_t flags,
                                 uint64_t deadline_ns) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  tenon_scope_t *scope = NULL;
  config.parent = parent;
  config.executor = executor;
  config.flags = flags;
  config.deadline_ns = deadline_ns;
  config.name = "test";
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(&config, &scope));
  return scope;
}

static tenon_scope_t *scope_simple(void) { return scope_open(NULL, NULL, 0, TENON_FOREVER); }

/** A pair whose future the scope has added, and nobody else reads. */
static tenon_promise_t *scope_promise(tenon_scope_t *scope) {
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  return pair.promise;
}

/** Closes, and gives the scope's reference back. */
static tenon_future_t *scope_end(tenon_scope_t *scope) {
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  return end;
}

static void check_nothing_left(tenon_process_statistics_t before) {
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.scopes_live, after.scopes_live);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}

CASE(an_empty_scope_ends_when_it_is_closed) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = NULL;
  tenon_future_t *end = NULL;
  tenon_future_t *again = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  CHECK_COUNT(before.scopes_live + 1, process_statistics().scopes_live);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(end));
  CHECK_COUNT(before.scopes_live, process_statistics().scopes_live);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &again));
  CHECK(again == end);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(again));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  check_nothing_left(before);
}

CASE(a_scope_ends_after_all_that_was_added) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *first = scope_promise(scope);
  tenon_promise_t *second = scope_promise(scope);
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, settle(first, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  /* What runs may still bring more. */
  tenon_promise_t *third = scope_promise(scope);
  CHECK_STATUS(TENON_STATUS_OK, settle(second, TENON_STATUS_CANCELLED));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, settle(third, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  check_nothing_left(before);
}

CASE(an_ended_scope_takes_nothing) {
  tenon_scope_t *scope = scope_simple();
  tenon_scope_t *child;
  tenon_future_t *end = NULL;
  tenon_error_t *error;
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  pair_t pair = pair_create();
  pattern_fill(&child, sizeof child);
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_add(scope, pair.future));
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  config.parent = scope;
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_open(&config, &child));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_scope_cancel(scope, NULL));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_scope_copy_reason(scope, &error));
  CHECK_UNTOUCHED(child);
  CHECK_UNTOUCHED(error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

CASE(a_scope_does_not_wait_for_itself) {
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *promise = scope_promise(scope);
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_scope_add(scope, end));
  CHECK_STATUS(TENON_STATUS_OK, settle(promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

CASE(a_cancel_reaches_all_with_its_reason_and_waits_for_them) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *early = scope_promise(scope);
  tenon_error_t *why = error_create(4);
  tenon_error_t *later = error_create(5);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scope, why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scope, later));
  tenon_promise_t *late = scope_promise(scope);
  CHECK_ERROR("test", 4, reason_of(early));
  CHECK_ERROR("test", 4, reason_of(late));
  tenon_error_t *reason = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_copy_reason(scope, &reason));
  CHECK(reason == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  tenon_future_t *end = scope_end(scope);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(early));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  /* One that fails now does not change how the scope ends. */
  CHECK_STATUS(TENON_STATUS_OK, settle(late, TENON_STATUS_REJECTED));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_ERROR("test", 4, cause_of(error_of(end)));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(later));
  check_nothing_left(before);
}

CASE(the_first_failure_cancels_the_siblings) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *failing = scope_promise(scope);
  tenon_promise_t *other = scope_promise(scope);
  tenon_error_t *error = error_create(11);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(failing, error));
  tenon_error_t *reason = reason_of(other);
  CHECK(reason == error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  tenon_future_t *end = scope_end(scope);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, settle(other, TENON_STATUS_REJECTED));
  tenon_error_t *passed = error_of(end);
  CHECK(passed == error);
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(passed));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  check_nothing_left(before);
}

CASE(collected_failures_are_counted) {
  tenon_process_statistics_t before = process_statistics();
  for (int failures = 0; failures <= 3; failures++) {
    tenon_scope_t *scope = scope_open(NULL, NULL, TENON_SCOPE_FLAG_COLLECT, TENON_FOREVER);
    tenon_promise_t *promises[3];
    const char *message = NULL;
    for (int index = 0; index < 3; index++)
      promises[index] = scope_promise(scope);
    for (int index = 0; index < 3; index++) {
      CHECK(!tenon_promise_is_cancelled(promises[index]));
      settle(promises[index], index < failures ? TENON_STATUS_REJECTED : TENON_STATUS_OK);
    }
    tenon_future_t *end = scope_end(scope);
    CHECK_STATUS(failures ? TENON_STATUS_REJECTED : TENON_STATUS_OK, tenon_future_poll(end));
    if (failures == 1)
      CHECK_ERROR("test", 7, error_of(end));
    if (failures > 1) {
      tenon_error_t *error = error_of(end);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &message));
      CHECK_TEXT(failures == 2 ? "2 failures, the first: for a test"
                               : "3 failures, the first: for a test",
                 message);
      CHECK_ERROR("tenon", TENON_STATUS_REJECTED, error);
      CHECK_ERROR("test", 7, cause_of(error_of(end)));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  }
  check_nothing_left(before);
}

CASE(what_has_settled_already_counts_when_it_is_added) {
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *promise = scope_promise(scope);
  pair_t done = pair_create_settled(TENON_STATUS_OK);
  pair_t failed = pair_create_settled(TENON_STATUS_REJECTED);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, done.future));
  CHECK(!tenon_promise_is_cancelled(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, failed.future));
  CHECK(tenon_promise_is_cancelled(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  tenon_future_t *end = scope_end(scope);
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(done.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(failed.future));
}

CASE(a_parent_ends_after_its_children) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *parent = scope_simple();
  tenon_scope_t *child = scope_open(parent, NULL, 0, TENON_FOREVER);
  tenon_promise_t *promise = scope_promise(child);
  tenon_future_t *end = scope_end(parent);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, settle(promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  tenon_future_t *child_end = scope_end(child);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(child_end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(child_end));
  check_nothing_left(before);
}

CASE(a_cancel_goes_down_the_tree_and_a_failure_up) {
  tenon_process_statistics_t before = process_statistics();
  for (int fails = 0; fails < 2; fails++) {
    tenon_scope_t *root = scope_simple();
    tenon_scope_t *left = scope_open(root, NULL, 0, TENON_FOREVER);
    tenon_scope_t *right = scope_open(root, NULL, 0, TENON_FOREVER);
    tenon_promise_t *leaves[] = {scope_promise(left), scope_promise(right)};
    tenon_future_t *end = scope_end(root);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(left)));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(right)));
    /* A closed child is its parent's, whoever else has let go of it. */
    CHECK(!tenon_promise_is_cancelled(leaves[0]) && !tenon_promise_is_cancelled(leaves[1]));
    tenon_error_t *why = error_create(21);
    if (fails)
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(leaves[0], why));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(end, why));
    CHECK_ERROR("test", 21, reason_of(leaves[1]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(leaves[1]));
    if (!fails) {
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(leaves[0]));
    }
    CHECK_STATUS(fails ? TENON_STATUS_REJECTED : TENON_STATUS_CANCELLED, tenon_future_poll(end));
    tenon_error_t *error = error_of(end);
    CHECK_ERROR("test", 21, fails ? error : cause_of(error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  }
  check_nothing_left(before);
}

CASE(a_cancelled_child_is_no_failure_of_its_parent) {
  tenon_scope_t *parent = scope_simple();
  tenon_scope_t *child = scope_open(parent, NULL, 0, TENON_FOREVER);
  tenon_promise_t *other = scope_promise(parent);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(child, NULL));
  tenon_future_t *child_end = scope_end(child);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(child_end));
  CHECK(!tenon_promise_is_cancelled(other));
  CHECK_STATUS(TENON_STATUS_OK, settle(other, TENON_STATUS_OK));
  tenon_future_t *end = scope_end(parent);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(child_end));
}

CASE(a_child_of_a_cancelled_parent_is_cancelled_from_the_beginning) {
  tenon_scope_t *parent = scope_simple();
  tenon_error_t *why = error_create(2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(parent, why));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  tenon_scope_t *child = scope_open(parent, NULL, 0, TENON_FOREVER);
  tenon_promise_t *promise = scope_promise(child);
  CHECK_ERROR("test", 2, reason_of(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(child)));
  tenon_future_t *end = scope_end(parent);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

/** Makes a stream part of a scope by its end, which nobody else holds. */
static void scope_add_stream(tenon_scope_t *scope, tenon_stream_t *stream) {
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(stream, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

CASE(a_scope_ends_after_its_streams_and_a_cancel_ends_them) {
  for (int cancels = 0; cancels < 2; cancels++) {
    tenon_process_statistics_t before = process_statistics();
    tenon_scope_t *scope = scope_simple();
    tenon_sink_t *sink = NULL;
    tenon_stream_t *stream = NULL;
    tenon_error_t *why = error_create(4);
    tenon_error_t *reason = NULL;
    tenon_value_t value = tenon_value_i64(1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
    scope_add_stream(scope, stream);
    if (cancels)
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scope, why));
    tenon_future_t *end = scope_end(scope);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
    CHECK_STATUS(cancels ? TENON_STATUS_CANCELLED : TENON_STATUS_OK,
                 tenon_sink_send(sink, &value, NULL));
    if (cancels) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(sink, &reason));
      CHECK(reason == why);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
    }
    /* The reader is not waited for, and may go. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(stream));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(sink));
    CHECK_STATUS(cancels ? TENON_STATUS_CANCELLED : TENON_STATUS_OK, tenon_future_poll(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
    check_nothing_left(before);
  }
}

CASE(a_stream_that_fails_fails_its_scope_and_is_a_sibling_of_others) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_sink_t *sinks[2] = {NULL, NULL};
  tenon_stream_t *streams[2] = {NULL, NULL};
  tenon_error_t *why = error_create(4);
  tenon_error_t *reason = NULL;
  tenon_promise_t *promise = scope_promise(scope);
  for (int index = 0; index < 2; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sinks[index], &streams[index]));
    scope_add_stream(scope, streams[index]);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(sinks[0], why));
  CHECK_ERROR("test", 4, reason_of(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(sinks[1], &reason));
  CHECK(reason == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  tenon_future_t *end = scope_end(scope);
  CHECK_STATUS(TENON_STATUS_OK, settle(promise, TENON_STATUS_CANCELLED));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  for (int index = 0; index < 2; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sinks[index]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(streams[index]));
  }
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(end));
  tenon_error_t *error = error_of(end);
  CHECK(error == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  check_nothing_left(before);
}

CASE(an_open_scope_that_is_released_is_cancelled_and_ends_by_itself) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *promise = scope_promise(scope);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_retain(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  CHECK(!tenon_promise_is_cancelled(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  tenon_error_t *reason = reason_of(promise);
  const char *text = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(reason, &text));
  CHECK_TEXT("the scope was released while it was open", text);
  CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, reason);
  CHECK_COUNT(before.scopes_live + 1, process_statistics().scopes_live);
  CHECK_COUNT(before.scopes_abandoned + 1, process_statistics().scopes_abandoned);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_scope_retain(scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  check_nothing_left(before);
}

CASE(a_closed_scope_that_nobody_reads_is_cancelled) {
  tenon_process_statistics_t before = process_statistics();
  tenon_scope_t *scope = scope_simple();
  tenon_promise_t *promise = scope_promise(scope);
  tenon_future_t *end = scope_end(scope);
  CHECK(!tenon_promise_is_cancelled(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK(tenon_promise_is_cancelled(promise));
  CHECK_COUNT(before.scopes_abandoned, process_statistics().scopes_abandoned);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  check_nothing_left(before);
}

/* MARK: Deadlines and executors */

CASE(a_deadline_needs_an_executor) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  tenon_scope_t *scope;
  pattern_fill(&scope, sizeof scope);
  config.deadline_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_scope_open(&config, &scope));
  config.executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(config.executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_open(&config, &scope));
  CHECK_UNTOUCHED(scope);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(config.executor));
}

CASE(a_deadline_cancels_with_a_reason) {
  tenon_process_statistics_t before = process_statistics();
  tenon_executor_t *executor = executor_create();
  tenon_scope_t *scope = scope_open(NULL, executor, 0, tenon_timer_now_ns());
  tenon_promise_t *promise = scope_promise(scope);
  tenon_future_t *end = scope_end(scope);
  CHECK(!tenon_promise_is_cancelled(promise));
  executor_poll(executor);
  CHECK_ERROR("tenon", TENON_STATUS_TIMEOUT, reason_of(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_ERROR("tenon", TENON_STATUS_TIMEOUT, cause_of(error_of(end)));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  executor_end(executor);
  check_nothing_left(before);
}

CASE(deadlines_are_inherited) {
  tenon_executor_t *executor = executor_create();
  uint64_t soon = tenon_timer_now_ns() + 3600u * 1000000000u;
  tenon_scope_t *root = scope_open(NULL, executor, 0, soon);
  static const uint64_t later[] = {1000, 0};
  uint64_t deadline = 0;
  for (int index = 0; index < 2; index++) {
    tenon_scope_t *child = scope_open(root, NULL, 0, index ? TENON_FOREVER : soon + later[index]);
    tenon_scope_t *grandchild = scope_open(child, NULL, 0, soon - 1000);
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_get_deadline_ns(child, &deadline));
    CHECK_COUNT(soon, deadline);
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_get_deadline_ns(grandchild, &deadline));
    CHECK_COUNT(soon - 1000, deadline);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(grandchild)));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(child)));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(root)));
  /* No timer is left that keeps the loop alive. */
  CHECK(!executor_poll(executor).alive);
  executor_end(executor);
}

CASE(a_close_of_the_executor_cancels_its_scopes) {
  tenon_process_statistics_t before = process_statistics();
  tenon_executor_t *executor = executor_create();
  tenon_scope_t *root = scope_open(NULL, executor, 0, TENON_FOREVER - 1);
  tenon_scope_t *child = scope_open(root, NULL, 0, TENON_FOREVER);
  tenon_promise_t *promise = scope_promise(child);
  executor_end(executor);
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason_of(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(child)));
  tenon_future_t *end = scope_end(root);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, cause_of(error_of(end)));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  check_nothing_left(before);
}

/* MARK: Size */

CASE(a_hundred_thousand_children_are_fine) {
  tenon_process_statistics_t before = process_statistics();
  size_t count = conformance_rounds(100000);
  tenon_scope_t **children = calloc(count, sizeof *children);
  tenon_scope_t *root = scope_simple();
  random_t random = {3};
  for (size_t index = 0; index < count; index++)
    children[index] = scope_open(root, NULL, 0, TENON_FOREVER);
  for (size_t index = count; index > 1; index--) {
    size_t other = random_below(&random, index);
    tenon_scope_t *child = children[other];
    children[other] = children[index - 1];
    children[index - 1] = child;
    if (index % 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(child)));
  }
  tenon_future_t *end = scope_end(root);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
  for (size_t index = 0; index < count; index++) {
    if (index > 0 && (index + 1) % 2)
      continue;
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scope_end(children[index])));
  }
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  free(children);
  check_nothing_left(before);
}

static void *nest_deeply(void *context) {
  size_t depth = conformance_rounds(100000);
  tenon_scope_t **scopes = calloc(depth, sizeof *scopes);
  for (size_t level = 0; level < depth; level++)
    scopes[level] = scope_open(level ? scopes[level - 1] : NULL, NULL, 0, TENON_FOREVER);
  tenon_promise_t *leaf = scope_promise(scopes[depth - 1]);
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scopes[0], &end));
  for (size_t level = 0; level < depth; level++) {
    tenon_future_t *each = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scopes[level], &each));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scopes[level]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(each));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
  CHECK(tenon_promise_is_cancelled(leaf));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(leaf));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  free(scopes);
  return context;
}

CASE(a_deep_tree_does_not_grow_the_stack) { on_small_stack(nest_deeply, NULL); }

CASE(a_million_scopes_leave_memory_flat) {
  size_t rounds = conformance_rounds(1000000);
  tenon_process_statistics_t first = process_statistics();
  for (size_t round = 0; round < rounds; round++) {
    tenon_scope_t *scope = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
    if (round == 1000)
      first = process_statistics();
  }
  CHECK_COUNT(first.memory_reserved, process_statistics().memory_reserved);
}

/* MARK: Races */

enum { MEMBERS = 3 };

typedef struct contest {
  tenon_scope_t *scope;
  pair_t pairs[MEMBERS];
  tenon_future_t *end;
} contest_t;

static void contest_before(void *context, size_t round) {
  contest_t *contest = context;
  contest->scope = scope_open(NULL, NULL, round & 1 ? TENON_SCOPE_FLAG_COLLECT : 0, TENON_FOREVER);
  contest->end = NULL;
  for (int index = 0; index < MEMBERS; index++)
    contest->pairs[index] = pair_create();
}

/** One closes or abandons, and may cancel; each of the others adds, and settles. */
static void contest_run(void *context, size_t member, size_t round) {
  static const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  contest_t *contest = context;
  if (member > 0) {
    pair_t pair = contest->pairs[member - 1];
    tenon_status_t status = tenon_scope_add(contest->scope, pair.future);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
          status == TENON_STATUS_STALE || status == TENON_STATUS_INVALID);
    settle(pair.promise, ends[(round / 4 + member * (round & 1)) % 3]);
    return;
  }
  if (round % 3 == 0)
    tenon_scope_cancel(contest->scope, NULL);
  if (round % 4 != 0)
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(contest->scope, &contest->end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(contest->scope));
}

static void contest_after(void *context, size_t round) {
  contest_t *contest = context;
  (void)round;
  if (contest->end) {
    CHECK(tenon_future_poll(contest->end) != TENON_STATUS_PENDING);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(contest->end));
  }
  for (int index = 0; index < MEMBERS; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(contest->pairs[index].future));
}

CASE(adds_settles_cancels_and_the_end_of_a_scope_race_and_nothing_is_left) {
  contest_t contest;
  race_t race = {MEMBERS + 1,  conformance_rounds(20000), &contest, contest_before, contest_run,
                 contest_after};
  tenon_process_statistics_t before = process_statistics();
  race_run(&race);
  check_nothing_left(before);
}
