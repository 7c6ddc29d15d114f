/*
 * What <tenon/stream.h> promises of looking before one moves: readiness, peek, a batch with a minimum.
 */
#include "stream_ends.h"

static int64_t next(tenon_stream_t *stream) {
  tenon_value_t value = tenon_value_none();
  size_t count = 0;
  tenon_status_t status = tenon_stream_next_batch(stream, &value, 1, &count, NULL);
  return status == TENON_STATUS_OK ? value.as.i64 : INT64_MIN + 100 + status;
}

/** Checks that a future has settled with a value that holds nothing, and releases it. */
static void check_ready(tenon_future_t *future) {
  tenon_value_t value = tenon_value_i64(1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

CASE(a_reader_is_told_that_an_item_is_there_without_it) {
  for (size_t capacity = 0; capacity < 3; capacity++) {
    ends_t ends = stream_create(capacity);
    tenon_future_t *ready, *again;
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_ready(ends.stream, NULL));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_ready(ends.stream, &ready));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_ready(ends.stream, &again));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(ready));
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    check_ready(ready);
    pattern_fill(&again, sizeof again);
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_ready(ends.stream, &again));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_ready(ends.stream, NULL));
    CHECK_UNTOUCHED(again);
    CHECK_COUNT(1, next(ends.stream));
    /* A wait that is given up. */
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_ready(ends.stream, &ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(ready));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_ready(ends.stream, &ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
    check_ready(ready);
    CHECK_STATUS(TENON_STATUS_ENDED, tenon_stream_ready(ends.stream, &again));
    CHECK_UNTOUCHED(again);
    stream_end(ends);
  }
}

CASE(a_writer_is_told_that_there_is_room_without_a_value) {
  for (size_t capacity = 0; capacity < 3; capacity++) {
    ends_t ends = stream_create(capacity);
    tenon_future_t *room, *again, *item;
    tenon_value_t value;
    pattern_fill(&again, sizeof again);
    for (size_t sent = 0; sent < capacity; sent++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_ready(ends.sink, &again));
      CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    }
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_ready(ends.sink, NULL));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_ready(ends.sink, &room));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_sink_ready(ends.sink, &again));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(room));
    /* Of a rendezvous it is the reader's wait. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
    check_ready(room);
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_ready(ends.sink, &again));
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(item, &value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_ready(ends.sink, &room));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(room));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_sink_ready(ends.sink, &again));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_sink_ready(ends.sink, &again));
    CHECK_UNTOUCHED(again);
    stream_end(ends);
  }
}

CASE(peek_lends_the_next_item_and_leaves_it) {
  ends_t ends = stream_create(2);
  atomic_int drops = 0;
  tenon_value_t value = counted_value(&drops), lent;
  size_t count;
  pattern_fill(&lent, sizeof lent);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_stream_peek(ends.stream, &lent));
  CHECK_UNTOUCHED(lent);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  for (int times = 0; times < 3; times++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_peek(ends.stream, &lent));
    CHECK(lent.as.pointer.address == &drops);
    CHECK(lent.flags & TENON_VALUE_FLAG_BORROWED);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&lent));
  }
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, &value, 1, &count, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_peek(ends.stream, &lent));
  CHECK_COUNT(2, lent.as.i64);
  CHECK_COUNT(2, next(ends.stream));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_stream_peek(ends.stream, &lent));
  stream_end(ends);
}

CASE(a_batch_with_a_minimum_leaves_fewer_where_they_are) {
  ends_t ends = stream_create(4);
  tenon_value_t values[8];
  tenon_future_t *ready;
  size_t count = 7;
  for (int64_t number = 0; number < 2; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, number));
  CHECK_STATUS(TENON_STATUS_PENDING,
               tenon_stream_next_at_least(ends.stream, values, 3, 8, &count, NULL));
  CHECK_STATUS(TENON_STATUS_PENDING,
               tenon_stream_next_at_least(ends.stream, values, 4, 8, &count, &ready));
  CHECK_COUNT(7, count);
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(ready));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 3));
  check_ready(ready);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_stream_next_at_least(ends.stream, values, 3, 8, &count, &ready));
  CHECK_COUNT(4, count);
  for (int64_t number = 0; number < 4; number++)
    CHECK_COUNT(number, values[number].as.i64);
  /* At the end, what is left. */
  for (int64_t number = 4; number < 6; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, number));
  CHECK_STATUS(TENON_STATUS_PENDING,
               tenon_stream_next_at_least(ends.stream, values, 3, 3, &count, &ready));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends.sink));
  check_ready(ready);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_stream_next_at_least(ends.stream, values, 3, 3, &count, &ready));
  CHECK_COUNT(2, count);
  CHECK_COUNT(5, values[1].as.i64);
  CHECK_STATUS(TENON_STATUS_ENDED,
               tenon_stream_next_at_least(ends.stream, values, 3, 3, &count, &ready));
  stream_end(ends);
}

CASE(a_minimum_that_can_never_be_reached_is_refused) {
  for (size_t capacity = 0; capacity < 4; capacity++) {
    ends_t ends = stream_create(capacity);
    size_t most = capacity ? capacity : 1, count = 7;
    tenon_value_t values[8];
    tenon_future_t *ready;
    CHECK_STATUS(TENON_STATUS_PENDING,
                 tenon_stream_next_at_least(ends.stream, values, most, 8, &count, NULL));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_stream_next_at_least(ends.stream, values, most + 1, 8, &count, &ready));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_stream_next_at_least(ends.stream, values, 2, 1, &count, &ready));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_stream_next_at_least(ends.stream, values, 0, 1, &count, &ready));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_stream_next_at_least(ends.stream, values, SIZE_MAX, 1, &count, &ready));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_next_at_least(ends.stream, values, SIZE_MAX,
                                                                  SIZE_MAX, &count, &ready));
    CHECK_COUNT(7, count);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_stream_next_at_least(ends.stream, NULL, 0, 0, &count, &ready));
    CHECK_COUNT(0, count);
    stream_end(ends);
  }
}

typedef struct blocks {
  ends_t ends;
  int64_t count;
} blocks_t;

static void *blocks_write(void *context) {
  blocks_t *blocks = context;
  random_t random = {7};
  for (int64_t sent = 0; sent < blocks->count;) {
    tenon_future_t *room;
    tenon_status_t status = tenon_sink_ready(blocks->ends.sink, &room);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(room, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
      continue;
    }
    if (random_below(&random, 16) == 0)
      sched_yield();
    CHECK_STATUS(TENON_STATUS_OK, status);
    CHECK_STATUS(TENON_STATUS_OK, send(blocks->ends.sink, sent++));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(blocks->ends.sink));
  return NULL;
}

CASE(blocks_of_a_size_cross_threads) {
  for (size_t size = 1; size <= 16; size += 5) {
    blocks_t blocks = {stream_create(16), (int64_t)conformance_rounds(100000)};
    pthread_t writer = thread_start(blocks_write, &blocks);
    int64_t received = 0;
    while (true) {
      tenon_value_t values[16];
      tenon_future_t *ready;
      size_t count;
      tenon_status_t status =
          tenon_stream_next_at_least(blocks.ends.stream, values, size, size, &count, &ready);
      if (status == TENON_STATUS_PENDING) {
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(ready, TENON_FOREVER));
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
        continue;
      }
      if (status != TENON_STATUS_OK) {
        CHECK_STATUS(TENON_STATUS_ENDED, status);
        break;
      }
      CHECK(count == size || received + (int64_t)count == blocks.count);
      for (size_t index = 0; index < count; index++)
        CHECK_COUNT(received++, values[index].as.i64);
    }
    CHECK_COUNT(blocks.count, received);
    thread_join(writer);
    stream_end(blocks.ends);
  }
}
