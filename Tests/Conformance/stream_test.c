/*
 * What <tenon/stream.h> promises.
 */
#include "race.h"
#include "stream_ends.h"

/** The next number that is there, or INT64_MIN less the status. */
static int64_t next(tenon_stream_t *stream) {
  tenon_value_t value;
  size_t count = 0;
  tenon_status_t status = tenon_stream_next_batch(stream, &value, 1, &count, NULL);
  if (status != TENON_STATUS_OK)
    return INT64_MIN + 100 + status;
  CHECK_COUNT(1, count);
  CHECK_COUNT(TENON_VALUE_I64, value.kind);
  return value.as.i64;
}

/** What next() is when there is nothing. */
#define NOTHING(status) (INT64_MIN + 100 + (status))

/** Checks how a future of an item has ended, and its number; releases it. */
static void check_item(tenon_future_t *future, int64_t number) {
  tenon_value_t value = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
  CHECK_COUNT(TENON_VALUE_I64, value.kind);
  CHECK_COUNT(number, value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

static void check_end(tenon_future_t *future) {
  tenon_value_t value = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
  CHECK_COUNT(TENON_VALUE_END, value.kind);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

static int64_t code_of(tenon_error_t *error) {
  int64_t code = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  return code;
}

CASE(a_stream_is_created_with_both_ends) {
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  uint64_t alive = process_statistics().streams_alive;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
  CHECK(sink && stream && (void *)sink != (void *)stream);
  CHECK_COUNT(alive + 1, process_statistics().streams_alive);
  for (int64_t number = 0; number < 64; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(sink, number));
  CHECK_STATUS(TENON_STATUS_PENDING, send(sink, 64));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
  CHECK_COUNT(alive + 1, process_statistics().streams_alive);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(stream));
  CHECK_COUNT(alive, process_statistics().streams_alive);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_sink_release(sink));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_stream_release(stream));
}

CASE(a_wrong_stream_config_is_refused) {
  static const size_t absurd[] = {TENON_STREAM_CAPACITY_MAX + (size_t)1, SIZE_MAX / 2, SIZE_MAX};
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_executor_t *executor = executor_create();
  executor_end(executor);
  pattern_fill(&sink, sizeof sink);
  pattern_fill(&stream, sizeof stream);
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  for (config.flags = 1; config.flags != 0; config.flags <<= 1)
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_create(&config, &sink, &stream));
  config.reserved = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_create(&config, &sink, &stream));
  config.reserved = 0;
  for (size_t index = 0; index < sizeof absurd / sizeof *absurd; index++) {
    config.capacity = absurd[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_create(&config, &sink, &stream));
  }
  config.capacity = 1;
  config.struct_size--;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_create(&config, &sink, &stream));
  config.struct_size = SIZE_MAX;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_create(&config, &sink, &stream));
  config = (tenon_stream_config_t)TENON_STREAM_CONFIG_INIT;
  config.executor = executor;
  CHECK_STATUS(TENON_STATUS_STALE, tenon_stream_create(&config, &sink, &stream));
  CHECK_UNTOUCHED(sink);
  CHECK_UNTOUCHED(stream);
}

CASE(a_large_buffer_costs_what_is_used_of_it) {
  ends_t ends = stream_create((size_t)1 << 24);
  for (int64_t number = 0; number < 1000; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, number));
  for (int64_t number = 0; number < 1000; number++)
    CHECK_COUNT(number, next(ends.stream));
  stream_end(ends);
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = TENON_STREAM_CAPACITY_MAX;
  tenon_status_t status = tenon_stream_create(&config, &ends.sink, &ends.stream);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_NO_RESOURCES);
  if (status == TENON_STATUS_OK)
    stream_end(ends);
}

CASE(items_come_in_order_however_often_the_ring_wraps) {
  static const size_t capacities[] = {1, 2, 3, 63, 64, 65, 1024};
  for (size_t index = 0; index < sizeof capacities / sizeof *capacities; index++) {
    size_t capacity = capacities[index];
    ends_t ends = stream_create(capacity);
    random_t random = {capacity};
    int64_t sent = 0;
    int64_t received = 0;
    while (received < 20000) {
      for (uint64_t many = random_below(&random, capacity + 2); many > 0; many--) {
        bool is_full = (size_t)(sent - received) == capacity;
        CHECK_STATUS(is_full ? TENON_STATUS_PENDING : TENON_STATUS_OK, send(ends.sink, sent));
        sent += !is_full;
      }
      for (uint64_t many = random_below(&random, capacity + 2); many > 0; many--) {
        if (!CHECK_COUNT(sent == received ? NOTHING(TENON_STATUS_PENDING) : received,
                         next(ends.stream)))
          return;
        received += sent != received;
      }
    }
    stream_end(ends);
  }
}

CASE(batches_move_as_many_as_fit_and_as_are_there) {
  ends_t ends = stream_create(5);
  tenon_value_t values[8];
  size_t count = 77;
  for (int64_t number = 0; number < 8; number++)
    values[number] = tenon_value_i64(number);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, values, 0, &count, NULL));
  CHECK_COUNT(0, count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, values, 8, &count, NULL));
  CHECK_COUNT(5, count);
  CHECK(values[4].kind == TENON_VALUE_NONE && values[5].kind == TENON_VALUE_I64);
  count = 77;
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send_batch(ends.sink, values + 5, 3, &count, NULL));
  CHECK_COUNT(77, count);
  tenon_value_t out[8];
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, out, 2, &count, NULL));
  CHECK_COUNT(2, count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, values + 5, 3, &count, NULL));
  CHECK_COUNT(2, count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, out + 2, 6, &count, NULL));
  CHECK_COUNT(5, count);
  for (int64_t number = 0; number < 7; number++)
    CHECK_COUNT(number, out[number].as.i64);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_next_batch(ends.stream, out, 8, &count, NULL));
  stream_end(ends);
}

CASE(a_batch_of_none_needs_no_values) {
  ends_t ends = stream_create(1);
  tenon_future_t *none;
  size_t count = 7;
  pattern_fill(&none, sizeof none);
  for (int has_item = 0; has_item < 2; has_item++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, NULL, 0, &count, &none));
    CHECK_COUNT(0, count);
    count = 7;
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, NULL, 0, &count, &none));
    CHECK_COUNT(0, count);
    count = 7;
    if (!has_item)
      CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  }
  CHECK_UNTOUCHED(none);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_next_batch(ends.stream, NULL, 1, &count, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_sink_send_batch(ends.sink, NULL, 1, &count, NULL));
  CHECK_COUNT(7, count);
  CHECK_COUNT(1, next(ends.stream));
  stream_end(ends);
}

CASE(a_sent_value_has_moved_and_one_without_room_has_not) {
  atomic_int drops = 0;
  ends_t ends = stream_create(1);
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
  CHECK(value.kind == TENON_VALUE_NONE && value.drop == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  value = counted_value(&drops);
  tenon_value_t before = value;
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, NULL));
  CHECK(memcmp(&before, &value, sizeof value) == 0);
  CHECK_COUNT(0, atomic_load(&drops));
  stream_end(ends);
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_large_buffer_is_lent_and_not_copied) {
  static unsigned char buffer[4096];
  ends_t ends = stream_create(4);
  tenon_value_t value;
  const void *data = NULL;
  size_t size = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_bytes(buffer, sizeof buffer, NULL, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, &value, 1, &size, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
  CHECK(data == buffer && size == sizeof buffer);
  stream_end(ends);
}

CASE(what_is_no_item_is_not_sent) {
  ends_t ends = stream_create(4);
  tenon_value_t values[2] = {tenon_value_i64(1), tenon_value_none()};
  size_t count = 77;
  values[1].kind = TENON_VALUE_END;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_sink_send(ends.sink, &values[1], NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_sink_send_batch(ends.sink, values, 2, &count, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_sink_send_batch(ends.sink, values, SIZE_MAX, &count, NULL));
  CHECK_COUNT(77, count);
  CHECK_COUNT(TENON_VALUE_I64, values[0].kind);
  CHECK_COUNT(NOTHING(TENON_STATUS_PENDING), next(ends.stream));
  stream_end(ends);
}

CASE(a_writer_is_told_once_when_there_is_room) {
  ends_t ends = stream_create(2);
  tenon_future_t *room = NULL;
  told_t told = TOLD_INIT;
  tenon_value_t value = tenon_value_i64(2);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(room, NULL, tell_completion, &told, NULL));
  tenon_future_t *second;
  pattern_fill(&second, sizeof second);
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_sink_send(ends.sink, &value, &second));
  CHECK_UNTOUCHED(second);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, NULL));
  CHECK_NOT_TOLD(&told);
  CHECK_COUNT(0, next(ends.stream));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_COUNT(1, next(ends.stream));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  CHECK_COUNT(2, next(ends.stream));
  stream_end(ends);
}

CASE(a_writer_may_give_up_its_wait) {
  for (int cancels = 0; cancels < 2; cancels++) {
    ends_t ends = stream_create(1);
    tenon_future_t *room = NULL;
    tenon_value_t value = tenon_value_i64(1);
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
    for (int round = 0; round < 3; round++) {
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
      if (cancels) {
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(room));
        CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
      }
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    }
    CHECK_COUNT(0, next(ends.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, &room));
    CHECK_COUNT(1, next(ends.stream));
    stream_end(ends);
  }
}

CASE(a_future_of_an_item_is_the_item) {
  ends_t ends = stream_create(4);
  tenon_future_t *item = NULL;
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  check_item(item, 1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(item));
  tenon_future_t *second;
  pattern_fill(&second, sizeof second);
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_next(ends.stream, &second));
  CHECK_UNTOUCHED(second);
  CHECK_COUNT(NOTHING(TENON_STATUS_PENDING), next(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 3));
  check_item(item, 2);
  CHECK_COUNT(3, next(ends.stream));
  stream_end(ends);
}

CASE(a_reader_that_gives_up_its_wait_loses_no_item) {
  for (int cancels = 0; cancels < 2; cancels++) {
    ends_t ends = stream_create(4);
    tenon_future_t *item = NULL;
    for (int round = 0; round < 3; round++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
      if (cancels) {
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(item));
        CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(item));
      }
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    }
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 5));
    CHECK_COUNT(5, next(ends.stream));
    stream_end(ends);
  }
}

CASE(a_settled_item_that_nobody_takes_is_dropped_with_its_future) {
  atomic_int drops = 0;
  ends_t ends = stream_create(4);
  tenon_future_t *item = NULL;
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  CHECK_COUNT(1, atomic_load(&drops));
  stream_end(ends);
}

CASE(a_batch_wakes_the_reader_once) {
  ends_t ends = stream_create(8);
  tenon_future_t *ready = NULL;
  tenon_value_t values[8];
  size_t count = 0;
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_PENDING,
               tenon_stream_next_batch(ends.stream, values, 8, &count, &ready));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(ready, NULL, tell_completion, &told, NULL));
  for (int64_t number = 0; number < 8; number++)
    values[number] = tenon_value_i64(number);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send_batch(ends.sink, values, 8, &count, NULL));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, values, 8, &count, &ready));
  CHECK_COUNT(8, count);
  stream_end(ends);
}

CASE(a_rendezvous_has_room_while_a_reader_waits) {
  ends_t ends = stream_create(0);
  tenon_future_t *item = NULL;
  tenon_future_t *room = NULL;
  tenon_value_t value = tenon_value_i64(1);
  CHECK_STATUS(TENON_STATUS_PENDING, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, &room));
  check_item(item, 1);
  CHECK_STATUS(TENON_STATUS_PENDING, send(ends.sink, 2));
  /* The same with a wait for many. */
  size_t count = 0;
  tenon_value_t out[2];
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_next_batch(ends.stream, out, 2, &count, &item));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 3));
  CHECK_STATUS(TENON_STATUS_PENDING, send(ends.sink, 4));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  CHECK_COUNT(3, next(ends.stream));
  /* A wait that was given up is no room. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  CHECK_STATUS(TENON_STATUS_PENDING, send(ends.sink, 5));
  stream_end(ends);
}

CASE(the_end_comes_after_what_is_buffered) {
  for (int how = 0; how < 4; how++) {
    ends_t ends = stream_create(4);
    tenon_error_t *error = error_create(9);
    tenon_error_t *seen = NULL;
    tenon_future_t *item = NULL;
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_copy_error(ends.stream, &seen));
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    if (how == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
    if (how == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(ends.sink, error));
    if (how == 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(ends.sink));
    if (how < 3) {
      CHECK_STATUS(TENON_STATUS_CLOSED, send(ends.sink, 2));
      CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_sink_close(ends.sink));
      CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_sink_fail(ends.sink, error));
      CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_sink_cancel(ends.sink));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_stream_cancel(ends.stream));
    CHECK_COUNT(1, next(ends.stream));
    for (int again = 0; again < 2; again++) {
      CHECK_COUNT(NOTHING(how == 0   ? TENON_STATUS_ENDED
                          : how == 2 ? TENON_STATUS_CANCELLED
                                     : TENON_STATUS_REJECTED),
                  next(ends.stream));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
      if (how == 0) {
        check_end(item);
        CHECK_STATUS(TENON_STATUS_SETTLED, tenon_stream_copy_error(ends.stream, &seen));
        continue;
      }
      CHECK_STATUS(how == 2 ? TENON_STATUS_CANCELLED : TENON_STATUS_REJECTED,
                   tenon_future_poll(item));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(item, &seen));
      if (how == 1)
        CHECK(seen == error);
      int64_t code = code_of(seen);
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_error(ends.stream, &seen));
      CHECK_COUNT(code, code_of(seen));
      CHECK_COUNT(how == 1 ? 9 : how == 2 ? TENON_STATUS_CANCELLED : TENON_STATUS_STALE, code);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  }
}

CASE(the_end_tells_a_reader_that_waits) {
  for (int how = 0; how < 4; how++) {
    for (int many = 0; many < 2; many++) {
      ends_t ends = stream_create(4);
      tenon_error_t *error = error_create(9);
      tenon_future_t *item = NULL;
      tenon_value_t value;
      size_t count = 0;
      if (many)
        CHECK_STATUS(TENON_STATUS_PENDING,
                     tenon_stream_next_batch(ends.stream, &value, 1, &count, &item));
      else
        CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
      if (how == 0)
        CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
      if (how == 1)
        CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(ends.sink, error));
      if (how == 2)
        CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(ends.sink));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
      if (many || how == 0)
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(item));
      else
        CHECK_STATUS(how == 2 ? TENON_STATUS_CANCELLED : TENON_STATUS_REJECTED,
                     tenon_future_poll(item));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    }
  }
}

CASE(the_end_tells_a_writer_that_waits_for_room) {
  ends_t ends = stream_create(1);
  tenon_future_t *room = NULL;
  tenon_value_t value = tenon_value_i64(1);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  stream_end(ends);
}

CASE(a_cancelled_stream_takes_nothing_and_gives_what_it_has) {
  atomic_int drops = 0;
  ends_t ends = stream_create(2);
  tenon_future_t *room = NULL;
  told_t told = TOLD_INIT;
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, tell, &told, NULL));
  CHECK(!tenon_sink_is_cancelled(ends.sink));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK(tenon_sink_is_cancelled(ends.sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_sink_send(ends.sink, &value, &room));
  CHECK_COUNT(TENON_VALUE_POINTER, value.kind);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_sink_on_cancel(ends.sink, NULL, never, NULL, NULL));
  CHECK_COUNT(1, next(ends.stream));
  CHECK_COUNT(2, next(ends.stream));
  CHECK_COUNT(NOTHING(TENON_STATUS_PENDING), next(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_COUNT(NOTHING(TENON_STATUS_CANCELLED), next(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  CHECK_COUNT(0, atomic_load(&drops));
}

CASE(a_writer_may_still_close_a_cancelled_stream) {
  ends_t ends = stream_create(2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(ends.stream));
  stream_end(ends);
}

CASE(on_cancel_of_a_sink_is_told_that_nobody_cancelled) {
  ends_t ends = stream_create(2);
  told_t told = TOLD_INIT;
  told_t forgotten = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_sink_on_cancel(ends.sink, NULL, tell, &forgotten, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &forgotten);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  CHECK_TOLD(TENON_STATUS_SETTLED, &told);
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_on_cancel(ends.sink, NULL, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_on_cancel(ends.sink, NULL, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
}

CASE(a_released_stream_drops_what_it_has_and_tells_the_writer) {
  atomic_int drops = 0;
  ends_t ends = stream_create(3);
  tenon_future_t *room = NULL;
  told_t told = TOLD_INIT;
  uint64_t dropped = process_statistics().items_dropped;
  tenon_value_t value;
  for (int count = 0; count < 3; count++) {
    value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
  }
  value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_retain(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_COUNT(3, atomic_load(&drops));
  CHECK_COUNT(dropped + 3, process_statistics().items_dropped);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_COUNT(3, atomic_load(&drops));
}

CASE(a_released_stream_cancels_the_future_of_its_item) {
  ends_t ends = stream_create(3);
  tenon_future_t *item = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
}

CASE(what_was_sent_is_received_or_dropped) {
  tenon_process_statistics_t before = process_statistics();
  ends_t ends = stream_create(10);
  for (int64_t number = 0; number < 10; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, number));
  for (int64_t number = 0; number < 6; number++)
    CHECK_COUNT(number, next(ends.stream));
  tenon_process_statistics_t during = process_statistics();
  CHECK_COUNT(before.items_sent + 10, during.items_sent);
  CHECK_COUNT(before.items_received + 6, during.items_received);
  stream_end(ends);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.items_sent + 10, after.items_sent);
  CHECK_COUNT(before.items_received + 6, after.items_received);
  CHECK_COUNT(before.items_dropped + 4, after.items_dropped);
  CHECK_COUNT(before.streams_alive, after.streams_alive);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
}

static tenon_future_t *end_of(tenon_stream_t *stream) {
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(stream, &end));
  return end;
}

/** Ends a stream in one of four ways, the last one by the release alone; the sink is released. */
static void sink_end(tenon_sink_t *sink, int how, tenon_error_t *error) {
  if (how == 0)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(sink));
  if (how == 1)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(sink, error));
  if (how == 2)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
}

/** Checks what the future of an end tells of that, and releases it. */
static void check_end_of_stream(tenon_future_t *end, int how, tenon_error_t *error) {
  static const tenon_status_t statuses[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                            TENON_STATUS_CANCELLED, TENON_STATUS_REJECTED};
  tenon_value_t value;
  CHECK_STATUS(statuses[how], tenon_future_poll(end));
  if (how == 0) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(end, &value));
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  } else {
    tenon_error_t *seen = error_of(end);
    CHECK((seen == error) == (how == 1));
    CHECK_COUNT(how == 1   ? 9
                : how == 2 ? TENON_STATUS_CANCELLED
                           : TENON_STATUS_STALE,
                code_of(seen));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

CASE(the_end_of_a_stream_is_a_future) {
  for (int how = 0; how < 4; how++) {
    tenon_process_statistics_t before = process_statistics();
    ends_t ends = stream_create(2);
    tenon_error_t *error = error_create(9);
    tenon_future_t *end = end_of(ends.stream);
    tenon_future_t *again = end_of(ends.stream);
    told_t told = TOLD_INIT;
    CHECK(again == end);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(again));
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(end, NULL, tell_completion, &told, NULL));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
    sink_end(ends.sink, how, error);
    /* What is buffered does not hold it up, and is there to be read. */
    CHECK_COUNT(1, atomic_load(&told.count));
    check_end_of_stream(end, how, error);
    check_end_of_stream(end_of(ends.stream), how, error);
    CHECK_COUNT(1, next(ends.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    tenon_process_statistics_t after = process_statistics();
    CHECK_COUNT(before.futures_pending, after.futures_pending);
    CHECK_COUNT(before.registrations_pending, after.registrations_pending);
    CHECK_COUNT(before.errors_alive, after.errors_alive);
  }
}

static void drain_in_callback(void *context, tenon_status_t status, tenon_future_t *future) {
  ends_t *ends = context;
  CHECK(status == TENON_STATUS_OK && future);
  CHECK_COUNT(1, next(ends->stream));
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(ends->stream));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_stream_cancel(ends->stream));
  CHECK_STATUS(TENON_STATUS_CLOSED, send(ends->sink, 2));
}

CASE(who_is_told_of_the_end_finds_the_stream_ended) {
  ends_t ends = stream_create(2);
  tenon_future_t *end = end_of(ends.stream);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(end, NULL, drain_in_callback, &ends, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  check_end_of_stream(end, 0, NULL);
  stream_end(ends);
}

/** The writer's answer to a cancel, which finds that nothing can be sent any more. */
static void end_when_cancelled(void *context, tenon_status_t status) {
  tenon_sink_t *sink = context;
  tenon_error_t *reason = NULL;
  if (!CHECK_STATUS(TENON_STATUS_CANCELLED, status))
    return;
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(sink, 7));
  CHECK(tenon_sink_is_cancelled(sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(sink, &reason));
  CHECK_COUNT(4, code_of(reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(sink));
}

CASE(a_cancel_of_the_end_is_one_of_the_stream) {
  for (int answers = 0; answers < 2; answers++) {
    ends_t ends = stream_create(1);
    tenon_error_t *why = error_create(4);
    tenon_error_t *reason;
    tenon_future_t *room = NULL;
    tenon_value_t value = tenon_value_i64(1);
    pattern_fill(&reason, sizeof reason);
    if (answers)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_sink_on_cancel(ends.sink, NULL, end_when_cancelled, ends.sink, NULL));
    tenon_future_t *end = end_of(ends.stream);
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_copy_reason(ends.sink, &reason));
    CHECK_UNTOUCHED(reason);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(end, why));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    if (!answers) {
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
      CHECK_STATUS(TENON_STATUS_CANCELLED, send(ends.sink, 1));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(ends.sink, &reason));
      CHECK(reason == why);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
      /* A broken promise answers a cancel, too. */
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_retain(ends.sink));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    }
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
    CHECK_ERROR("test", 4, cause_of(error_of(end)));
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(end));
    pattern_fill(&reason, sizeof reason);
    if (answers) {
      CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_copy_reason(ends.sink, &reason));
      CHECK_UNTOUCHED(reason);
    }
    /* What was buffered can still be read. */
    CHECK_COUNT(0, next(ends.stream));
    CHECK_COUNT(NOTHING(TENON_STATUS_CANCELLED), next(ends.stream));
    /* The future of an item that never comes ends for the same reason. */
    tenon_future_t *item;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(item));
    CHECK_ERROR("test", 4, cause_of(error_of(item)));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    if (answers)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  }
}

CASE(letting_go_of_the_end_cancels_nothing) {
  ends_t ends = stream_create(1);
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, tell, &told, NULL));
  for (int again = 0; again < 3; again++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end_of(ends.stream)));
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_COUNT(1, next(ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  CHECK_TOLD(TENON_STATUS_SETTLED, &told);
  stream_end(ends);
}

CASE(the_end_keeps_no_reader_and_outlives_it) {
  for (int how = 0; how < 4; how++) {
    for (int detaches = 0; detaches < 2; detaches++) {
      ends_t ends = stream_create(4);
      tenon_error_t *error = error_create(9);
      tenon_error_t *reason = NULL;
      tenon_future_t *end = end_of(ends.stream);
      atomic_int drops = 0;
      told_t told = TOLD_INIT;
      tenon_value_t value = counted_value(&drops);
      if (detaches)
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_detach(end));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, tell, &told, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
      CHECK_COUNT(1, atomic_load(&drops));
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
      CHECK_STATUS(TENON_STATUS_CANCELLED, send(ends.sink, 1));
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(ends.sink, &reason));
      CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, reason);
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
      sink_end(ends.sink, how, error);
      check_end_of_stream(end, how == 3 ? 2 : how, error);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    }
  }
}

CASE(the_end_of_a_cancelled_stream_is_asked_for_late) {
  ends_t ends = stream_create(4);
  tenon_error_t *reason = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
  tenon_future_t *end = end_of(ends.stream);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(ends.sink, &reason));
  CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, reason);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  check_end_of_stream(end, 0, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  /* Ended, and without a reader. */
  pattern_fill(&reason, sizeof reason);
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_copy_reason(ends.sink, &reason));
  CHECK_UNTOUCHED(reason);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
}

/** The end of a stream against all that concerns it. */
typedef struct finale {
  ends_t ends;
  tenon_error_t *error;
  tenon_future_t *found[2];
  told_t told;
} finale_t;

static void finale_before(void *context, size_t round) {
  finale_t *finale = context;
  memset(finale, 0, sizeof *finale);
  finale->ends = stream_create(round % 3);
  finale->error = error_create(9);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_sink_on_cancel(finale->ends.sink, NULL, tell, &finale->told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_retain(finale->ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_retain(finale->ends.stream));
}

static void finale_run(void *context, size_t member, size_t round) {
  finale_t *finale = context;
  random_t random = {round * 4 + member};
  for (uint64_t turns = random_below(&random, 4); turns > 0; turns--)
    sched_yield();
  if (member == 0) {
    send(finale->ends.sink, 1);
    sink_end(finale->ends.sink, (int)(round % 4), finale->error);
    return;
  }
  if (member == 3) {
    if (round & 1)
      tenon_stream_cancel(finale->ends.stream);
  } else {
    tenon_future_t *end = end_of(finale->ends.stream);
    if (round % 3 == member)
      tenon_future_cancel_with(end, finale->error);
    if (round % 5 == member)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    else
      finale->found[member - 1] = end;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(finale->ends.stream));
}

static void finale_after(void *context, size_t round) {
  finale_t *finale = context;
  CHECK_COUNT(1, atomic_load(&finale->told.count));
  for (int index = 0; index < 2; index++) {
    tenon_future_t *end = finale->found[index];
    if (!end)
      continue;
    tenon_status_t status = tenon_future_poll(end);
    if (round % 4 == 3)
      CHECK(status == TENON_STATUS_REJECTED || status == TENON_STATUS_CANCELLED);
    else
      CHECK_STATUS(round % 4 == 0   ? TENON_STATUS_OK
                   : round % 4 == 1 ? TENON_STATUS_REJECTED
                                    : TENON_STATUS_CANCELLED,
                   status);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(finale->error));
}

CASE(the_end_races_with_cancel_and_release_and_nothing_is_left) {
  static finale_t finale;
  tenon_process_statistics_t before = process_statistics();
  race_t race = {4, conformance_rounds(20000), &finale, finale_before, finale_run, finale_after};
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.streams_alive, after.streams_alive);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}

/** A writer and a reader that live in callbacks of one executor. */
typedef struct relay {
  ends_t ends;
  tenon_executor_t *executor;
  int64_t sent;
  int64_t received;
  int64_t count;
  bool ended;
} relay_t;

static void relay_send(void *context, tenon_status_t status, tenon_future_t *future);

static void relay_write(relay_t *relay) {
  tenon_future_t *room = NULL;
  while (relay->sent < relay->count) {
    tenon_value_t value = tenon_value_i64(relay->sent);
    tenon_status_t status = tenon_sink_send(relay->ends.sink, &value, &room);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(room, relay->executor, relay_send, relay, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
      return;
    }
    if (!CHECK_STATUS(TENON_STATUS_OK, status))
      return;
    relay->sent++;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(relay->ends.sink));
}

static void relay_send(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  CHECK_STATUS(TENON_STATUS_OK, status);
  relay_write(context);
}

static void relay_read(relay_t *relay);

static void relay_receive(void *context, tenon_status_t status, tenon_future_t *future) {
  relay_t *relay = context;
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
  if (value.kind == TENON_VALUE_END) {
    relay->ended = true;
    return;
  }
  CHECK_COUNT(relay->received, value.as.i64);
  relay->received++;
  relay_read(relay);
}

static void relay_read(relay_t *relay) {
  tenon_future_t *item = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(relay->ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(item, relay->executor, relay_receive, relay, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
}

CASE(callbacks_write_and_read_a_whole_stream) {
  static const size_t capacities[] = {0, 1, 3, 64};
  for (size_t index = 0; index < sizeof capacities / sizeof *capacities; index++) {
    relay_t relay = {stream_create(capacities[index]), executor_create(), 0, 0, 5000, false};
    relay_read(&relay);
    relay_write(&relay);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(relay.executor, NULL, TENON_FOREVER));
    CHECK_COUNT(relay.count, relay.received);
    CHECK(relay.ended);
    stream_end(relay.ends);
    executor_end(relay.executor);
  }
}

/** Two threads, and values that count their drops. */
typedef struct traffic {
  ends_t ends;
  size_t batch;
  int64_t count;
  int64_t taken;
} traffic_t;

enum { TRAFFIC_BATCH_MAX = 64 };

static void *traffic_write(void *context) {
  traffic_t *traffic = context;
  tenon_value_t values[TRAFFIC_BATCH_MAX];
  int64_t number = 0;
  while (number < traffic->count) {
    tenon_future_t *room = NULL;
    size_t many = traffic->batch;
    size_t sent = 0;
    if ((int64_t)many > traffic->count - number)
      many = (size_t)(traffic->count - number);
    for (size_t index = 0; index < many; index++)
      values[index] = tenon_value_i64(number + (int64_t)index);
    tenon_status_t status = tenon_sink_send_batch(traffic->ends.sink, values, many, &sent, &room);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(room, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    } else if (!CHECK_STATUS(TENON_STATUS_OK, status)) {
      break;
    }
    number += (int64_t)sent;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(traffic->ends.sink));
  return NULL;
}

static void traffic_read(traffic_t *traffic) {
  tenon_value_t values[TRAFFIC_BATCH_MAX];
  while (true) {
    tenon_future_t *ready = NULL;
    size_t count = 0;
    tenon_status_t status =
        tenon_stream_next_batch(traffic->ends.stream, values, traffic->batch, &count, &ready);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(ready, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
      continue;
    }
    if (status == TENON_STATUS_ENDED || !CHECK_STATUS(TENON_STATUS_OK, status))
      return;
    for (size_t index = 0; index < count; index++)
      if (values[index].as.i64 != traffic->taken++)
        CHECK(!"an item is out of order");
  }
}

CASE(a_million_items_cross_threads_in_order) {
  static const size_t capacities[] = {0, 1, 3, 64, 1024};
  for (size_t index = 0; index < sizeof capacities / sizeof *capacities; index++) {
    for (size_t batch = 1; batch <= TRAFFIC_BATCH_MAX; batch *= 64) {
      size_t capacity = capacities[index];
      size_t full = capacity < 64 ? 20000 : 1000000;
      traffic_t traffic = {stream_create(capacity), batch, (int64_t)conformance_rounds(full), 0};
      pthread_t writer = thread_start(traffic_write, &traffic);
      traffic_read(&traffic);
      thread_join(writer);
      CHECK_COUNT(traffic.count, traffic.taken);
      stream_end(traffic.ends);
    }
  }
}

/** Everything at once: two writers by mistake, a reader, and one who ends it. */
typedef struct melee {
  ends_t ends;
  atomic_int drops;
  atomic_int accepted;
  atomic_int taken;
  atomic_int busy;
  told_t told;
  bool is_registered;
} melee_t;

static void melee_before(void *context, size_t round) {
  melee_t *melee = context;
  memset(melee, 0, sizeof *melee);
  melee->ends = stream_create(round % 5);
  melee->is_registered =
      tenon_sink_on_cancel(melee->ends.sink, NULL, tell, &melee->told, NULL) == TENON_STATUS_OK;
  CHECK(melee->is_registered);
  for (int member = 0; member < 3; member++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_retain(melee->ends.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_retain(melee->ends.stream));
  }
}

static void melee_write(melee_t *melee, random_t *random) {
  for (int count = 0; count < 20; count++) {
    tenon_value_t value = counted_value(&melee->drops);
    tenon_future_t *room = NULL;
    tenon_status_t status = tenon_sink_send(melee->ends.sink, &value, &room);
    if (status == TENON_STATUS_OK)
      atomic_fetch_add(&melee->accepted, 1);
    else if (status == TENON_STATUS_BUSY)
      atomic_fetch_add(&melee->busy, 1);
    else if (status == TENON_STATUS_PENDING) {
      for (uint64_t turns = random_below(random, 8); turns > 0; turns--)
        sched_yield();
      if (random_below(random, 2))
        tenon_future_cancel(room);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    } else {
      CHECK(status == TENON_STATUS_CANCELLED || status == TENON_STATUS_CLOSED);
    }
  }
}

static void melee_read(melee_t *melee, random_t *random) {
  for (int count = 0; count < 20; count++) {
    tenon_value_t values[3];
    size_t got = 0;
    tenon_future_t *item = NULL;
    if (random_below(random, 2)) {
      if (tenon_stream_next(melee->ends.stream, &item) != TENON_STATUS_OK)
        continue;
      for (uint64_t turns = random_below(random, 8); turns > 0; turns--)
        sched_yield();
      if (random_below(random, 2))
        tenon_future_cancel(item);
      if (tenon_future_take(item, &values[0]) == TENON_STATUS_OK &&
          values[0].kind == TENON_VALUE_POINTER)
        got = 1;
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    } else {
      tenon_stream_next_batch(melee->ends.stream, values, 3, &got, NULL);
    }
    for (size_t index = 0; index < got; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&values[index]));
    atomic_fetch_add(&melee->taken, (int)got);
  }
}

static void melee_run(void *context, size_t member, size_t round) {
  melee_t *melee = context;
  random_t random = {round * 4 + member};
  if (member < 2)
    melee_write(melee, &random);
  else if (member == 2)
    melee_read(melee, &random);
  else {
    for (uint64_t turns = random_below(&random, 30); turns > 0; turns--)
      sched_yield();
    if (round % 4 == 0)
      tenon_sink_close(melee->ends.sink);
    else if (round % 4 == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(melee->ends.stream));
  }
  if (member != 3)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(melee->ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(melee->ends.stream));
}

static void melee_after(void *context, size_t round) {
  melee_t *melee = context;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(melee->ends.sink));
  CHECK_COUNT(1, atomic_load(&melee->told.count));
  CHECK_COUNT(atomic_load(&melee->accepted), atomic_load(&melee->drops));
  CHECK(atomic_load(&melee->taken) <= atomic_load(&melee->accepted));
}

CASE(ends_that_are_misused_from_many_threads_lose_no_value) {
  static melee_t melee;
  tenon_process_statistics_t before = process_statistics();
  race_t race = {4, conformance_rounds(20000), &melee, melee_before, melee_run, melee_after};
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.streams_alive, after.streams_alive);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(after.items_sent - before.items_sent, after.items_received - before.items_received +
                                                        after.items_dropped - before.items_dropped);
}

/* MARK: Who is refused */

CASE(waits_that_are_refused_leave_memory_flat) {
  ends_t ends = stream_create(1);
  tenon_future_t *item = NULL, *room = NULL, *refused = NULL;
  uint64_t reserved = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
  for (int round = 0; round < 20000; round++) {
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_next(ends.stream, &refused));
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  tenon_value_t value = tenon_value_i64(3);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  for (int round = 0; round < 20000; round++) {
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_sink_send(ends.sink, &value, &refused));
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  stream_end(ends);
}

static void send_when_cancelled(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(context, 1));
}

CASE(a_writer_that_hears_of_a_cancel_of_the_end_can_send_no_more) {
  ends_t ends = stream_create(1);
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_sink_on_cancel(ends.sink, NULL, send_when_cancelled, ends.sink, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(ends.stream, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
  CHECK(tenon_sink_is_cancelled(ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  stream_end(ends);
}
