/* Streams. */
#include "exhaust.h"

CASE(stream_create) {
  begin();
  need_stream(64);
}

static bool send(ends_t ends) {
  tenon_value_t value = counted();
  if (MAY(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL)))
    return true;
  drop(&value);
  return false;
}

CASE(sink_send) {
  ends_t ends = need_stream(64);
  begin();
  send(ends);
}

CASE_2(sink_send, that_waits) {
  ends_t ends = need_stream(1);
  tenon_future_t *room = NULL;
  tenon_value_t value = counted();
  if (!send(ends))
    return drop(&value);
  begin();
  tenon_status_t status = tenon_sink_send(ends.sink, &value, &room);
  CHECK(status == TENON_STATUS_PENDING || status == TENON_STATUS_NO_RESOURCES);
  keep_future(room);
  drop(&value);
}

CASE_2(sink_send, to_one_that_waits) {
  ends_t ends = need_stream(0);
  tenon_future_t *item = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item)))
    return;
  keep_future(item);
  bool is_told = REGISTERS(tenon_future_on_complete(item, NULL, tell_completion, NULL, NULL));
  begin();
  (void)is_told;
  send(ends);
}

CASE(sink_send_batch) {
  ends_t ends = need_stream(64);
  tenon_value_t values[2] = {counted(), counted()};
  size_t sent = 0;
  begin();
  if (!MAY(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, values, 2, &sent, NULL)))
    sent = 0;
  while (sent < 2)
    drop(&values[sent++]);
}

CASE(sink_ready) {
  ends_t ends = need_stream(1);
  tenon_future_t *room = NULL;
  if (!send(ends))
    return;
  begin();
  tenon_status_t status = tenon_sink_ready(ends.sink, &room);
  CHECK(status == TENON_STATUS_PENDING || status == TENON_STATUS_NO_RESOURCES);
  keep_future(room);
}

static tenon_future_t *need_next(ends_t ends) {
  tenon_future_t *item = NULL;
  if (MAY(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item))) {
    keep_future(item);
    if (tenon_future_poll(item) == TENON_STATUS_PENDING)
      REGISTERS(tenon_future_on_complete(item, NULL, tell_completion, NULL, NULL));
  }
  return item;
}

CASE(sink_close) {
  ends_t ends = need_stream(64);
  need_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_sink_close(ends.sink));
}

CASE(sink_fail) {
  ends_t ends = need_stream(64);
  tenon_error_t *error = need_error();
  need_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_sink_fail(ends.sink, error));
}

CASE(sink_cancel) {
  ends_t ends = need_stream(64);
  need_next(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_sink_cancel(ends.sink));
}

CASE(sink_retain) {
  ends_t ends = need_stream(64);
  begin();
  MUST(TENON_STATUS_OK, tenon_sink_retain(ends.sink));
  MUST(TENON_STATUS_OK, tenon_sink_release(ends.sink));
}

CASE(sink_release) {
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream)))
    return;
  tenon_value_t value = counted();
  if (!MAY(TENON_STATUS_OK, tenon_sink_send(sink, &value, NULL)))
    drop(&value);
  begin();
  MUST(TENON_STATUS_OK, tenon_sink_release(sink));
  MUST(TENON_STATUS_OK, tenon_stream_release(stream));
}

CASE(sink_is_cancelled) {
  ends_t ends = need_stream(64);
  begin();
  CHECK(!tenon_sink_is_cancelled(ends.sink));
}

CASE(sink_copy_reason) {
  ends_t ends = need_stream(64);
  tenon_error_t *reason = NULL;
  MUST(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_sink_copy_reason(ends.sink, &reason)))
    keep_error(reason);
}

CASE(sink_on_cancel) {
  ends_t ends = need_stream(64);
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_sink_on_cancel(ends.sink, executor, tell, NULL, NULL));
  REGISTERS(tenon_sink_on_cancel(ends.sink, NULL, tell, NULL, NULL));
  MUST(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
}

/* MARK: Reading */

CASE(stream_next) {
  ends_t ends = need_stream(64);
  begin();
  if (need_next(ends)) {
    send(ends);
    need_next(ends);
  }
}

CASE(stream_next_batch) {
  ends_t ends = need_stream(64);
  tenon_value_t values[2];
  size_t count = 0;
  tenon_future_t *ready = NULL;
  bool is_sent = send(ends);
  begin();
  tenon_status_t status = tenon_stream_next_batch(ends.stream, values, 2, &count, NULL);
  CHECK(status == (is_sent ? TENON_STATUS_OK : TENON_STATUS_PENDING));
  if (is_sent)
    drop(&values[0]);
  status = tenon_stream_next_batch(ends.stream, values, 2, &count, &ready);
  CHECK(status == TENON_STATUS_PENDING || status == TENON_STATUS_NO_RESOURCES);
  keep_future(ready);
}

CASE(stream_next_at_least) {
  ends_t ends = need_stream(64);
  tenon_value_t values[2];
  size_t count = 0;
  tenon_future_t *ready = NULL;
  begin();
  tenon_status_t status = tenon_stream_next_at_least(ends.stream, values, 2, 2, &count, &ready);
  CHECK(status == TENON_STATUS_PENDING || status == TENON_STATUS_NO_RESOURCES);
  keep_future(ready);
  send(ends);
  send(ends);
}

CASE(stream_ready) {
  ends_t ends = need_stream(64);
  tenon_future_t *ready = NULL;
  begin();
  tenon_status_t status = tenon_stream_ready(ends.stream, &ready);
  CHECK(status == TENON_STATUS_PENDING || status == TENON_STATUS_NO_RESOURCES);
  keep_future(ready);
  send(ends);
}

CASE(stream_peek) {
  ends_t ends = need_stream(64);
  tenon_value_t value = tenon_value_none();
  if (!send(ends))
    return;
  begin();
  MUST(TENON_STATUS_OK, tenon_stream_peek(ends.stream, &value));
}

CASE(stream_pipe) {
  ends_t from = need_stream(64);
  ends_t to = need_stream(64);
  tenon_future_t *end = NULL;
  send(from);
  begin();
  if (MAY(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end))) {
    keep_future(end);
    send(from);
    MUST(TENON_STATUS_OK, tenon_sink_close(from.sink));
  }
}

CASE(stream_copy_error) {
  ends_t ends = need_stream(64);
  tenon_error_t *error = need_error();
  MUST(TENON_STATUS_OK, tenon_sink_fail(ends.sink, error));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_stream_copy_error(ends.stream, &error)))
    keep_error(error);
}

CASE(stream_copy_end) {
  ends_t ends = need_stream(64);
  tenon_future_t *end = NULL;
  begin();
  if (MAY(TENON_STATUS_OK, tenon_stream_copy_end(ends.stream, &end)))
    keep_future(end);
}

CASE(stream_cancel) {
  ends_t ends = need_stream(64);
  need_next(ends);
  REGISTERS(tenon_sink_on_cancel(ends.sink, need_executor(), tell, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
}

CASE(stream_cancel_with) {
  ends_t ends = need_stream(64);
  tenon_error_t *reason = need_error();
  send(ends);
  begin();
  MUST(TENON_STATUS_OK, tenon_stream_cancel_with(ends.stream, reason));
}

CASE(stream_retain) {
  ends_t ends = need_stream(64);
  begin();
  MUST(TENON_STATUS_OK, tenon_stream_retain(ends.stream));
  MUST(TENON_STATUS_OK, tenon_stream_release(ends.stream));
}

CASE(stream_release) {
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream)))
    return;
  tenon_value_t value = counted();
  if (!MAY(TENON_STATUS_OK, tenon_sink_send(sink, &value, NULL)))
    drop(&value);
  begin();
  MUST(TENON_STATUS_OK, tenon_stream_release(stream));
  MUST(TENON_STATUS_OK, tenon_sink_release(sink));
}

CASE(stream_set_name) {
  ends_t ends = need_stream(64);
  begin();
  MAY(TENON_STATUS_OK, tenon_stream_set_name(ends.stream, "lines", TENON_HERE));
}
