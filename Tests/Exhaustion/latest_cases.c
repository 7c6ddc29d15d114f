/* Latest values. */
#include "exhaust.h"

CASE(latest_create) {
  begin();
  need_latest();
}

static bool set(latest_ends_t ends) {
  tenon_value_t value = counted();
  if (MAY(TENON_STATUS_OK, tenon_publisher_set(ends.publisher, &value)))
    return true;
  drop(&value);
  return false;
}

static void need_latest_next(latest_ends_t ends) {
  tenon_future_t *value = NULL;
  if (MAY(TENON_STATUS_OK, tenon_latest_next(ends.latest, &value))) {
    keep_future(value);
    REGISTERS(tenon_future_on_complete(value, NULL, tell_completion, NULL, NULL));
  }
}

CASE(publisher_set) {
  latest_ends_t ends = need_latest();
  need_latest_next(ends);
  begin();
  set(ends);
  set(ends);
}

CASE(publisher_close) {
  latest_ends_t ends = need_latest();
  need_latest_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_publisher_close(ends.publisher));
}

CASE(publisher_fail) {
  latest_ends_t ends = need_latest();
  tenon_error_t *error = need_error();
  need_latest_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_publisher_fail(ends.publisher, error));
}

CASE(publisher_cancel) {
  latest_ends_t ends = need_latest();
  need_latest_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_publisher_cancel(ends.publisher));
}

CASE(publisher_retain) {
  latest_ends_t ends = need_latest();
  begin();
  MUST(TENON_STATUS_OK, tenon_publisher_retain(ends.publisher));
  MUST(TENON_STATUS_OK, tenon_publisher_release(ends.publisher));
}

CASE(publisher_release) {
  latest_ends_t ends = need_latest();
  need_latest_next(ends);
  MUST(TENON_STATUS_OK, tenon_publisher_retain(ends.publisher));
  begin();
  MUST(TENON_STATUS_OK, tenon_publisher_release(ends.publisher));
}

CASE(publisher_is_cancelled) {
  latest_ends_t ends = need_latest();
  begin();
  CHECK(!tenon_publisher_is_cancelled(ends.publisher));
}

CASE(publisher_copy_reason) {
  latest_ends_t ends = need_latest();
  tenon_error_t *reason = NULL;
  MUST(TENON_STATUS_OK, tenon_latest_cancel(ends.latest));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_publisher_copy_reason(ends.publisher, &reason)))
    keep_error(reason);
}

CASE(publisher_on_cancel) {
  latest_ends_t ends = need_latest();
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_publisher_on_cancel(ends.publisher, executor, tell, NULL, NULL));
  MUST(TENON_STATUS_OK, tenon_latest_cancel(ends.latest));
}

CASE(latest_next) {
  latest_ends_t ends = need_latest();
  begin();
  need_latest_next(ends);
  set(ends);
}

CASE(latest_take) {
  latest_ends_t ends = need_latest();
  tenon_value_t value = tenon_value_none();
  tenon_future_t *ready = NULL;
  bool is_set = set(ends);
  begin();
  tenon_status_t status = tenon_latest_take(ends.latest, &value, &ready);
  if (is_set && MUST(TENON_STATUS_OK, status))
    drop(&value);
  else
    keep_future(ready);
}

CASE(latest_get_missed) {
  latest_ends_t ends = need_latest();
  uint64_t missed = 0;
  begin();
  MUST(TENON_STATUS_OK, tenon_latest_get_missed(ends.latest, &missed));
}

CASE(latest_copy_error) {
  latest_ends_t ends = need_latest();
  tenon_error_t *error = need_error();
  MUST(TENON_STATUS_OK, tenon_publisher_fail(ends.publisher, error));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_latest_copy_error(ends.latest, &error)))
    keep_error(error);
}

CASE(latest_copy_end) {
  latest_ends_t ends = need_latest();
  tenon_future_t *end = NULL;
  begin();
  if (MAY(TENON_STATUS_OK, tenon_latest_copy_end(ends.latest, &end)))
    keep_future(end);
}

CASE(latest_cancel) {
  latest_ends_t ends = need_latest();
  need_latest_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_latest_cancel(ends.latest));
}

CASE(latest_cancel_with) {
  latest_ends_t ends = need_latest();
  tenon_error_t *reason = need_error();
  begin();
  MUST(TENON_STATUS_OK, tenon_latest_cancel_with(ends.latest, reason));
}

CASE(latest_retain) {
  latest_ends_t ends = need_latest();
  begin();
  MUST(TENON_STATUS_OK, tenon_latest_retain(ends.latest));
  MUST(TENON_STATUS_OK, tenon_latest_release(ends.latest));
}

CASE(latest_release) {
  latest_ends_t ends = need_latest();
  set(ends);
  MUST(TENON_STATUS_OK, tenon_latest_retain(ends.latest));
  begin();
  MUST(TENON_STATUS_OK, tenon_latest_release(ends.latest));
}

CASE(latest_set_name) {
  latest_ends_t ends = need_latest();
  begin();
  MAY(TENON_STATUS_OK, tenon_latest_set_name(ends.latest, "progress", TENON_HERE));
}
