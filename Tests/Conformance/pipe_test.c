/*
 * What <tenon/stream.h> promises of tenon_stream_pipe().
 */
#include "race.h"
#include "stopped.h"
#include "stream_ends.h"

#include <stdlib.h>

/** The next number that is there, or INT64_MIN less the status. */
static int64_t next(tenon_stream_t *stream) {
  tenon_value_t value = tenon_value_none();
  size_t count = 0;
  tenon_status_t status = tenon_stream_next_batch(stream, &value, 1, &count, NULL);
  return status == TENON_STATUS_OK ? value.as.i64 : INT64_MIN + 100 + status;
}

#define NOTHING(status) (INT64_MIN + 100 + (status))

/** Two streams and a pipe from the first to the second, whose middle only the pipe has. */
typedef struct piped {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_future_t *end;
} piped_t;

static piped_t pipe_create(size_t capacity, size_t second) {
  ends_t from = stream_create(capacity), to = stream_create(second);
  piped_t piped = {from.sink, to.stream, NULL};
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &piped.end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
  return piped;
}

static void pipe_end(piped_t piped) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(piped.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(piped.stream));
  CHECK(tenon_future_poll(piped.end) != TENON_STATUS_PENDING);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(piped.end));
}

static void check_nothing_left(tenon_process_statistics_t before) {
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.streams_alive, after.streams_alive);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}

/* MARK: Items and room */

CASE(a_pipe_moves_items_in_order_and_as_many_as_fit) {
  static const size_t capacities[] = {0, 1, 3, 64};
  tenon_process_statistics_t before = process_statistics();
  for (int round = 0; round < 16; round++) {
    size_t first = capacities[round % 4], second = capacities[round / 4];
    piped_t piped = pipe_create(first, second);
    int64_t sent = 0, received = 0;
    for (int turn = 0; turn < 50; turn++) {
      tenon_future_t *ready = NULL;
      tenon_value_t value;
      size_t count;
      while (send(piped.sink, sent) == TENON_STATUS_OK)
        sent++;
      /* As one stream: of a rendezvous at the end, only while the reader waits. */
      CHECK_COUNT(second == 0 && first == 0 ? 0 : first + second, sent - received);
      for (int64_t left = sent - received, some = turn % (left + 1); some > 0; some--) {
        if (second == 0) {
          CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(piped.stream, &ready));
          CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(ready, &value));
          CHECK_COUNT(received, value.as.i64);
          CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
        } else {
          CHECK_COUNT(received, next(piped.stream));
        }
        received++;
      }
      /* A reader that waits gets the next one. */
      if (sent == received) {
        CHECK_STATUS(TENON_STATUS_PENDING,
                     tenon_stream_next_batch(piped.stream, &value, 1, &count, &ready));
        CHECK_STATUS(TENON_STATUS_OK, send(piped.sink, sent++));
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(ready));
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
        CHECK_COUNT(received++, next(piped.stream));
      }
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(piped.sink));
    pipe_end(piped);
  }
  check_nothing_left(before);
}

CASE(a_pipe_moves_what_is_there_when_it_begins) {
  ends_t from = stream_create(8), to = stream_create(3);
  tenon_future_t *end;
  for (int64_t number = 0; number < 8; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, number));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(from.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  for (int64_t number = 0; number < 8; number++) {
    CHECK_STATUS(number < 5 ? TENON_STATUS_PENDING : TENON_STATUS_OK, tenon_future_poll(end));
    CHECK_COUNT(number, next(to.stream));
  }
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(to.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(from.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
}

static void count_room(void *context, tenon_status_t status, tenon_future_t *room) {
  tell_completion(context, status, room);
}

CASE(a_pipe_moves_in_one_go_whatever_number_fits) {
  enum { MANY = 1000 };
  ends_t from = stream_create(MANY), to = stream_create(MANY);
  tenon_future_t *end;
  for (int64_t number = 0; number < MANY; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, number));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
  for (int64_t number = 0; number < MANY; number++)
    CHECK_COUNT(number, next(to.stream));
  CHECK_COUNT(NOTHING(TENON_STATUS_PENDING), next(to.stream));
  stream_end(from);
  stream_end(to);
  CHECK(tenon_future_poll(end) != TENON_STATUS_PENDING);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

typedef struct circle {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  int64_t count;
} circle_t;

enum { ROUNDS = 10000 };

/** Each item that comes out has the next one go in. */
static void go_round(void *context, tenon_status_t status, tenon_future_t *item) {
  circle_t *circle = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  tenon_value_t value = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(item, &value));
  CHECK_COUNT(circle->count, value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  if (++circle->count == ROUNDS)
    return;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(circle->stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(item, NULL, go_round, circle, NULL));
  CHECK_STATUS(TENON_STATUS_OK, send(circle->sink, circle->count));
}

CASE(a_pipe_goes_on_with_what_its_reader_sends) {
  piped_t piped = pipe_create(4, 4);
  circle_t circle = {piped.sink, piped.stream, 0};
  tenon_future_t *item;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(piped.stream, &item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(item, NULL, go_round, &circle, NULL));
  CHECK_STATUS(TENON_STATUS_OK, send(piped.sink, 0));
  CHECK_COUNT(ROUNDS, circle.count);
  pipe_end(piped);
}

CASE(a_pipe_tells_a_writer_that_waits_for_room) {
  for (size_t capacity = 0; capacity < 3; capacity++) {
    piped_t piped = pipe_create(capacity, 1);
    tenon_value_t value = tenon_value_i64(9);
    tenon_future_t *room;
    told_t told = TOLD_INIT;
    while (send(piped.sink, 1) == TENON_STATUS_OK)
      continue;
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(piped.sink, &value, &room));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(room, NULL, count_room, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    CHECK_COUNT(1, next(piped.stream));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_STATUS(TENON_STATUS_OK, send(piped.sink, 2));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(piped.sink));
    pipe_end(piped);
  }
}

/* MARK: Ends */

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

static const tenon_status_t ends[] = {TENON_STATUS_ENDED, TENON_STATUS_REJECTED,
                                      TENON_STATUS_CANCELLED, TENON_STATUS_REJECTED};

static void check_end(tenon_future_t *end, int how, tenon_error_t *error) {
  CHECK_STATUS(how == 0 ? TENON_STATUS_OK : ends[how], tenon_future_poll(end));
  if (how == 1) {
    tenon_error_t *seen = error_of(end);
    CHECK(seen == error);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(seen));
  }
  if (how == 3)
    CHECK_ERROR("tenon", TENON_STATUS_STALE, error_of(end));
}

CASE(a_pipe_ends_the_sink_as_the_stream_ends) {
  tenon_process_statistics_t before = process_statistics();
  tenon_error_t *error = error_create(3);
  for (int round = 0; round < 8; round++) {
    int how = round % 4;
    piped_t piped = pipe_create(2, 2);
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(piped.stream, &end));
    for (int64_t number = 0; number < (round < 4 ? 2 : 4); number++)
      CHECK_STATUS(TENON_STATUS_OK, send(piped.sink, number));
    sink_end(piped.sink, how, error);
    /* After what came before, and not before the sink has it. */
    CHECK((tenon_future_poll(piped.end) == TENON_STATUS_PENDING) == (round >= 4));
    CHECK((tenon_future_poll(end) == TENON_STATUS_PENDING) == (round >= 4));
    for (int64_t number = 0; number < (round < 4 ? 2 : 4); number++)
      CHECK_COUNT(number, next(piped.stream));
    CHECK_COUNT(NOTHING(ends[how]), next(piped.stream));
    check_end(piped.end, how, error);
    check_end(end, how, error);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(piped.end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(piped.stream));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  check_nothing_left(before);
}

typedef struct writer {
  tenon_sink_t *sink;
  tenon_error_t *error;
  int how; /* as sink_end(), or 4: does not end inside the callback */
  int64_t code;
  int told;
} writer_t;

static void hear_of_cancel(void *context, tenon_status_t status) {
  writer_t *writer = context;
  tenon_error_t *reason = NULL;
  int64_t code = 0;
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  writer->told++;
  CHECK(tenon_sink_is_cancelled(writer->sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(writer->sink, &reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(reason, &code));
  CHECK_COUNT(writer->code, code);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(writer->sink, 1));
  if (writer->how < 4)
    sink_end(writer->sink, writer->how, writer->error);
}

CASE(a_cancel_behind_a_pipe_reaches_the_writer_with_its_reason) {
  tenon_process_statistics_t before = process_statistics();
  tenon_error_t *error = error_create(3), *why = error_create(4);
  for (int round = 0; round < 40; round++) {
    int how = round % 5, by = round / 5 % 4;
    bool is_full = round / 20 == 1;
    atomic_int drops = 0;
    piped_t piped = pipe_create(2, 2);
    writer_t writer = {piped.sink, error, how, by == 1 || by == 3 ? 4 : TENON_STATUS_CANCELLED, 0};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_sink_on_cancel(piped.sink, NULL, hear_of_cancel, &writer, NULL));
    for (int count = 0; count < (is_full ? 4 : 1); count++) {
      tenon_value_t value = counted_value(&drops);
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(piped.sink, &value, NULL));
    }
    if (by == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(piped.stream));
    if (by == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel_with(piped.stream, why));
    if (by == 3)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(piped.end, why));
    if (by == 2) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(piped.stream));
      CHECK_COUNT(is_full ? 4 : 1, atomic_load(&drops));
    }
    CHECK_COUNT(1, writer.told);
    if (how == 4) {
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(piped.end));
      if (by < 2)
        CHECK_COUNT(is_full ? 2 : 0, atomic_load(&drops));
      sink_end(piped.sink, 0, NULL);
    }
    /* A cancel of the pipe is one of the stream, and nothing that was sent is lost by it. */
    if (by == 2 || by == 3) {
      for (int count = by == 2 ? 4 : 0; count < (is_full ? 4 : 1); count++) {
        tenon_value_t value = tenon_value_none();
        size_t some;
        CHECK_STATUS(TENON_STATUS_OK,
                     tenon_stream_next_batch(piped.stream, &value, 1, &some, NULL));
        CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      }
      if (by == 3)
        CHECK_COUNT(NOTHING(how == 4   ? TENON_STATUS_ENDED
                            : how == 3 ? TENON_STATUS_CANCELLED
                                       : ends[how]),
                    next(piped.stream));
    }
    tenon_status_t expected = how == 1                            ? TENON_STATUS_REJECTED
                              : by == 3 && (how == 0 || how == 4) ? TENON_STATUS_OK
                                                                  : TENON_STATUS_CANCELLED;
    CHECK_STATUS(expected, tenon_future_poll(piped.end));
    if (expected == TENON_STATUS_CANCELLED && by % 2 == 1)
      CHECK_ERROR("test", 4, cause_of(error_of(piped.end)));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(piped.end));
    if (by != 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(piped.stream));
    CHECK_COUNT(is_full ? 4 : 1, atomic_load(&drops));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  check_nothing_left(before);
}

CASE(what_a_cancelled_pipe_has_not_moved_is_for_who_has_the_stream) {
  ends_t from = stream_create(2), to = stream_create(1), other = stream_create(4);
  tenon_future_t *end;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
  for (int64_t number = 0; number < 3; number++)
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, number));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  CHECK_COUNT(1, next(from.stream));
  /* The pipe waits for the end of the stream. */
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_pipe(from.stream, other.sink, 0, NULL));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(from.sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, other.sink, 0, NULL));
  CHECK_COUNT(2, next(other.stream));
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(other.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(from.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(other.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(other.stream));
}

CASE(a_sink_that_is_ended_under_a_pipe_cancels_the_stream) {
  tenon_process_statistics_t before = process_statistics();
  for (int how = 0; how < 2; how++) {
    ends_t from = stream_create(2), to = stream_create(2);
    writer_t writer = {from.sink, NULL, 4, TENON_STATUS_CLOSED, 0};
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_sink_on_cancel(from.sink, NULL, hear_of_cancel, &writer, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
    for (int64_t number = 0; how == 1 && number < 4; number++)
      CHECK_STATUS(TENON_STATUS_OK, send(from.sink, number));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(to.sink));
    CHECK_COUNT(1, writer.told);
    sink_end(from.sink, 2, NULL);
    CHECK_ERROR("tenon", TENON_STATUS_CLOSED, error_of(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  }
  check_nothing_left(before);
}

CASE(letting_go_of_the_end_of_a_pipe_cancels_nothing) {
  tenon_process_statistics_t before = process_statistics();
  for (int asks = 0; asks < 2; asks++) {
    ends_t from = stream_create(1), to = stream_create(1);
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, asks ? &end : NULL));
    if (asks)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, 1));
    CHECK(!tenon_sink_is_cancelled(from.sink));
    CHECK_COUNT(1, next(to.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(from.sink));
    CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(to.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(from.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  }
  check_nothing_left(before);
}

CASE(a_kept_sink_takes_one_stream_after_another) {
  tenon_process_statistics_t before = process_statistics();
  tenon_error_t *error = error_create(3);
  ends_t to = stream_create(2);
  for (int how = 0; how < 4; how++) {
    ends_t from = stream_create(2);
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, how));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_stream_pipe(from.stream, to.sink, TENON_PIPE_FLAG_KEEP, &end));
    CHECK_STATUS(TENON_STATUS_BUSY, send(to.sink, 7));
    sink_end(from.sink, how, error);
    check_end(end, how, error);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
    CHECK_STATUS(TENON_STATUS_OK, send(to.sink, 100 + how));
    CHECK_COUNT(how, next(to.stream));
    CHECK_COUNT(100 + how, next(to.stream));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(to.sink));
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(to.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  check_nothing_left(before);
}

/* MARK: Refusals */

CASE(what_is_piped_is_busy_for_others) {
  ends_t from = stream_create(1), to = stream_create(1), other = stream_create(1);
  tenon_future_t *future;
  tenon_value_t value = tenon_value_i64(1);
  size_t count;
  pattern_fill(&future, sizeof future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, NULL));
  for (int items = 0; items < 3; items++) {
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_next(from.stream, &future));
    CHECK_STATUS(TENON_STATUS_BUSY,
                 tenon_stream_next_batch(from.stream, &value, 1, &count, &future));
    CHECK_STATUS(TENON_STATUS_BUSY,
                 tenon_stream_next_at_least(from.stream, &value, 1, 1, &count, &future));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_ready(from.stream, &future));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_ready(from.stream, NULL));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_peek(from.stream, &value));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_pipe(from.stream, other.sink, 0, &future));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_sink_send(to.sink, &value, &future));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_sink_ready(to.sink, &future));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_pipe(other.stream, to.sink, 0, &future));
    if (items < 2)
      CHECK_STATUS(TENON_STATUS_OK, send(from.sink, items));
  }
  CHECK_UNTOUCHED(future);
  CHECK_COUNT(0, next(to.stream));
  CHECK_COUNT(1, next(to.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(from.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(other.stream, NULL, 0, &count, NULL));
  CHECK_STATUS(TENON_STATUS_OK, send(other.sink, 5));
  CHECK_COUNT(5, next(other.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(from.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(other.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(other.stream));
}

CASE(a_pipe_that_has_ended_leads_nowhere) {
  ends_t from = stream_create(1), first = stream_create(1), second = stream_create(1),
         other = stream_create(1);
  tenon_future_t *ends[4];
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, first.sink, 0, &ends[0]));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_stream_pipe(first.stream, second.sink, TENON_PIPE_FLAG_KEEP, &ends[1]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(first.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(ends[1]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(other.stream, second.sink, 0, &ends[2]));
  /* The way round was through the pipe that has ended. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(second.stream, from.sink, 0, &ends[3]));
  stream_end(from);
  stream_end(first);
  stream_end(second);
  stream_end(other);
  for (int index = 0; index < 4; index++) {
    CHECK(tenon_future_poll(ends[index]) != TENON_STATUS_PENDING);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ends[index]));
  }
}

CASE(a_pipe_that_is_refused_leaves_both_ends_as_they_were) {
  tenon_process_statistics_t before = process_statistics();
  ends_t a = stream_create(1), b = stream_create(1), c = stream_create(0);
  tenon_future_t *wait, *end;
  tenon_value_t value = tenon_value_i64(1);
  pattern_fill(&end, sizeof end);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_pipe(a.stream, a.sink, 0, &end));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_pipe(a.stream, b.sink, 2, &end));
  /* A wait at either end. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(a.stream, &wait));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_pipe(a.stream, b.sink, 0, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(wait));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(c.sink, &value, &wait));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_stream_pipe(a.stream, c.sink, 0, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(wait));
  CHECK_STATUS(TENON_STATUS_OK, send(a.sink, 1));
  CHECK_COUNT(1, next(a.stream));
  /* A circle. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(a.stream, b.sink, 0, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(b.stream, c.sink, 0, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_stream_pipe(c.stream, a.sink, 0, &end));
  CHECK_STATUS(TENON_STATUS_OK, send(a.sink, 2));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(c.stream, &wait));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(wait, &value));
  CHECK_COUNT(2, value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(wait));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(a.sink));
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(c.stream));
  /* An ended sink. */
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_stream_pipe(a.stream, c.sink, 0, &end));
  CHECK_UNTOUCHED(end);
  CHECK_COUNT(NOTHING(TENON_STATUS_ENDED), next(a.stream));
  ends_t all[] = {a, b, c};
  for (int index = 0; index < 3; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(all[index].sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(all[index].stream));
  }
  check_nothing_left(before);
}

/* MARK: Many of them */

enum { CHAIN_LENGTH = 100000 };

/** Builds a chain from one of its ends, and has an item, and then an end or a cancel, go through. */
static void *chain_run(void *context) {
  int round = *(int *)context;
  size_t length = conformance_rounds(CHAIN_LENGTH);
  ends_t *chain = calloc(length, sizeof *chain);
  tenon_error_t *why = error_create(4), *reason = NULL;
  for (size_t index = 0; index < length; index++)
    chain[index] = stream_create(round % 2);
  for (size_t index = 0; index + 1 < length; index++) {
    size_t at = round / 2 % 2 == 0 ? index : length - 2 - index;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(chain[at].stream, chain[at + 1].sink, 0, NULL));
  }
  for (size_t index = 0; index + 1 < length; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(chain[index].stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(chain[index + 1].sink));
  }
  tenon_sink_t *sink = chain[0].sink;
  tenon_stream_t *stream = chain[length - 1].stream;
  for (int64_t number = 0; number < 3; number++) {
    tenon_future_t *item;
    tenon_value_t value;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(stream, &item));
    CHECK_STATUS(TENON_STATUS_OK, send(sink, number));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(item, &value));
    CHECK_COUNT(number, value.as.i64);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  }
  if (round / 4 == 0) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(sink, why));
    CHECK_COUNT(NOTHING(TENON_STATUS_REJECTED), next(stream));
  } else {
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel_with(stream, why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(sink, &reason));
    CHECK(reason == why);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  free(chain);
  return NULL;
}

CASE(a_chain_of_pipes_does_not_grow_the_stack) {
  tenon_process_statistics_t before = process_statistics();
  for (int round = 0; round < 8; round++)
    on_small_stack(chain_run, &round);
  check_nothing_left(before);
}

/** A writer and a reader that live in callbacks without an executor, with a pipe between them. */
typedef struct flow {
  piped_t piped;
  int64_t sent, received, count;
  bool ended;
} flow_t;

static void flow_write(void *context, tenon_status_t status, tenon_future_t *room) {
  flow_t *flow = context;
  while (status == TENON_STATUS_OK && flow->sent < flow->count) {
    tenon_value_t value = tenon_value_i64(flow->sent);
    status = tenon_sink_send(flow->piped.sink, &value, &room);
    if (status == TENON_STATUS_OK) {
      flow->sent++;
    } else if (status == TENON_STATUS_PENDING) {
      tenon_status_t registered = tenon_future_on_complete(room, NULL, flow_write, flow, NULL);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
      if (registered == TENON_STATUS_OK)
        return;
      status = TENON_STATUS_OK;
    }
  }
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(flow->piped.sink));
}

static void flow_read(void *context, tenon_status_t status, tenon_future_t *item) {
  flow_t *flow = context;
  while (true) {
    tenon_value_t value = tenon_value_none();
    if (item) {
      CHECK_STATUS(TENON_STATUS_OK, status);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(item, &value));
      if (value.kind == TENON_VALUE_END) {
        flow->ended = true;
        return;
      }
      CHECK_COUNT(flow->received, value.as.i64);
      flow->received++;
    }
    tenon_future_t *following;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(flow->piped.stream, &following));
    status = tenon_future_on_complete(following, NULL, flow_read, flow, NULL);
    if (status == TENON_STATUS_OK) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(following));
      return;
    }
    status = tenon_future_poll(following);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(following, &value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(following));
    if (value.kind == TENON_VALUE_END) {
      flow->ended = true;
      return;
    }
    CHECK_COUNT(flow->received, value.as.i64);
    flow->received++;
    item = NULL;
  }
}

static void *flow_run(void *context) {
  flow_t *flow = context;
  flow_read(flow, TENON_STATUS_OK, NULL);
  flow_write(flow, TENON_STATUS_OK, NULL);
  CHECK(flow->ended);
  CHECK_COUNT(flow->count, flow->received);
  return NULL;
}

CASE(a_million_items_go_through_a_pipe_on_a_small_stack) {
  tenon_process_statistics_t before = process_statistics();
  for (size_t capacity = 0; capacity < 3; capacity++) {
    flow_t flow = {pipe_create(capacity, 2 - capacity), 0, 0, (int64_t)conformance_rounds(1000000),
                   false};
    on_small_stack(flow_run, &flow);
    pipe_end(flow.piped);
  }
  check_nothing_left(before);
}

/* MARK: Threads and executors */

typedef struct traffic {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  int64_t count;
  size_t batch;
} traffic_t;

static void *traffic_write(void *context) {
  traffic_t *traffic = context;
  tenon_value_t values[32];
  for (int64_t sent = 0; sent < traffic->count;) {
    size_t count = traffic->batch, some = 0;
    if ((int64_t)count > traffic->count - sent)
      count = (size_t)(traffic->count - sent);
    for (size_t index = 0; index < count; index++)
      values[index] = tenon_value_i64(sent + (int64_t)index);
    tenon_future_t *room;
    tenon_status_t status = tenon_sink_send_batch(traffic->sink, values, count, &some, &room);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(room, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    } else if (!CHECK_STATUS(TENON_STATUS_OK, status)) {
      break;
    }
    sent += (int64_t)some;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(traffic->sink));
  return NULL;
}

static void traffic_read(traffic_t *traffic) {
  tenon_value_t values[32];
  int64_t received = 0;
  while (true) {
    tenon_future_t *ready;
    size_t count;
    tenon_status_t status =
        tenon_stream_next_batch(traffic->stream, values, traffic->batch, &count, &ready);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(ready, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
      continue;
    }
    if (status != TENON_STATUS_OK) {
      CHECK_STATUS(TENON_STATUS_ENDED, status);
      break;
    }
    for (size_t index = 0; index < count; index++)
      if (values[index].as.i64 != received++) {
        CHECK_COUNT(received - 1, values[index].as.i64);
        return;
      }
  }
  CHECK_COUNT(traffic->count, received);
}

CASE(a_million_items_cross_threads_through_pipes_in_order) {
  static const size_t shapes[][3] = {{64, 64, 1}, {64, 64, 32}, {1, 1, 1}, {0, 3, 1}, {3, 0, 1}};
  tenon_process_statistics_t before = process_statistics();
  for (size_t shape = 0; shape < 5; shape++)
    for (int pipes = 1; pipes <= 3; pipes += 2) {
      size_t first = shapes[shape][0], second = shapes[shape][1];
      bool is_narrow = first + second < 64;
      ends_t from = stream_create(first);
      traffic_t traffic = {from.sink, from.stream,
                           (int64_t)conformance_rounds(is_narrow ? 50000 : 1000000),
                           shapes[shape][2]};
      for (int pipe = 0; pipe < pipes; pipe++) {
        ends_t to = stream_create(second);
        CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(traffic.stream, to.sink, 0, NULL));
        CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(traffic.stream));
        CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
        traffic.stream = to.stream;
      }
      pthread_t writer = thread_start(traffic_write, &traffic);
      traffic_read(&traffic);
      thread_join(writer);
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(traffic.sink));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(traffic.stream));
    }
  check_nothing_left(before);
}

CASE(a_thread_that_pipes_busy_ends_comes_back) {
  size_t rounds = conformance_rounds(200);
  for (size_t round = 0; round < rounds; round++) {
    ends_t from = stream_create(64), to = stream_create(64);
    traffic_t traffic = {from.sink, to.stream, 20000, 1 + round % 32};
    pthread_t writer = thread_start(traffic_write, &traffic);
    tenon_future_t *end;
    /* While the writer is at it. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
    traffic_read(&traffic);
    thread_join(writer);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(end, TENON_FOREVER));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(from.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  }
}

CASE(a_close_of_either_executor_ends_a_pipe) {
  tenon_process_statistics_t before = process_statistics();
  for (int second = 0; second < 2; second++) {
    tenon_executor_t *executors[] = {executor_create(), executor_create()};
    ends_t from = stream_create_on(2, executors[0]), to = stream_create_on(2, executors[1]);
    writer_t writer = {from.sink, NULL, 2, TENON_STATUS_CLOSED, 0};
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_pipe(from.stream, to.sink, 0, &end));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_sink_on_cancel(from.sink, NULL, hear_of_cancel, &writer, NULL));
    CHECK_STATUS(TENON_STATUS_OK, send(from.sink, 1));
    executor_end(executors[second]);
    /* The writer has answered. */
    CHECK_COUNT(1, writer.told);
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
    CHECK_COUNT(1, next(to.stream));
    CHECK_COUNT(NOTHING(TENON_STATUS_CANCELLED), next(to.stream));
    executor_end(executors[1 - second]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(from.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(to.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(to.stream));
  }
  check_nothing_left(before);
}

/** A pipe against all that can happen to it at the same time. */
typedef struct fray {
  ends_t from, to;
  tenon_error_t *why;
  tenon_future_t *end;
  atomic_int sent, drops;
  told_t told, ended;
} fray_t;

static void fray_before(void *context, size_t round) {
  fray_t *fray = context;
  memset(fray, 0, sizeof *fray);
  fray->from = stream_create(round % 3);
  fray->to = stream_create(round / 3 % 3);
  fray->why = error_create(4);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_sink_on_cancel(fray->from.sink, NULL, tell, &fray->told, NULL));
}

static void fray_run(void *context, size_t member, size_t round) {
  fray_t *fray = context;
  random_t random = {round * 4 + member};
  for (uint64_t turns = random_below(&random, 4); turns > 0; turns--)
    sched_yield();
  if (member == 0) {
    for (int turn = 0; turn < 20; turn++) {
      tenon_value_t value = counted_value(&fray->drops);
      tenon_status_t status = tenon_sink_send(fray->from.sink, &value, NULL);
      if (status == TENON_STATUS_OK)
        atomic_fetch_add(&fray->sent, 1);
      else if (status == TENON_STATUS_PENDING)
        sched_yield();
    }
    sink_end(fray->from.sink, (int)(round % 4), fray->why);
  } else if (member == 1) {
    for (uint64_t turns = random_below(&random, 12); turns > 0; turns--) {
      tenon_value_t value = tenon_value_none();
      tenon_future_t *item;
      if (tenon_stream_next(fray->to.stream, &item) != TENON_STATUS_OK)
        continue;
      if (round & 1)
        sched_yield();
      if (tenon_future_take(item, &value) == TENON_STATUS_OK)
        CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
    }
    if (round % 5 == 0)
      CHECK(tenon_stream_cancel_with(fray->to.stream, fray->why) >= 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(fray->to.stream));
  } else if (member == 2) {
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_stream_pipe(fray->from.stream, fray->to.sink,
                                   round % 7 == 0 ? TENON_PIPE_FLAG_KEEP : 0, &fray->end));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete_if_pending(fray->end, NULL, tell_completion, &fray->ended,
                                                     NULL) == TENON_STATUS_SETTLED
                     ? (told_now(&fray->ended, tenon_future_poll(fray->end)), TENON_STATUS_OK)
                     : TENON_STATUS_OK);
    if (round % 11 == 0)
      tenon_future_cancel_with(fray->end, fray->why);
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(fray->from.stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(fray->to.sink));
  } else if (round % 3 == 0) {
    CHECK(tenon_stream_cancel(fray->from.stream) != TENON_STATUS_INVALID);
  }
}

static void fray_after(void *context, size_t round) {
  fray_t *fray = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&fray->told.count));
  CHECK_COUNT(1, atomic_load(&fray->ended.count));
  CHECK(tenon_future_poll(fray->end) != TENON_STATUS_PENDING);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(fray->end));
  CHECK_COUNT(atomic_load(&fray->sent), atomic_load(&fray->drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(fray->why));
}

CASE(a_pipe_races_with_its_ends_and_each_value_is_dropped_once) {
  static fray_t fray;
  tenon_process_statistics_t before = process_statistics();
  race_t race = {4, conformance_rounds(20000), &fray, fray_before, fray_run, fray_after};
  race_run(&race);
  check_nothing_left(before);
}

/* MARK: One after another */

typedef struct heirs {
  ends_t source, first, second;
  tenon_future_t *first_end, *second_end;
  tenon_status_t status;
  tenon_process_statistics_t before;
} heirs_t;

static void heirs_before(void *context) {
  heirs_t *heirs = context;
  heirs->before = process_statistics();
  heirs->source = stream_create(2);
  heirs->first = stream_create(2);
  heirs->second = stream_create(2);
  heirs->second_end = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_stream_pipe(heirs->source.stream, heirs->first.sink, 0, &heirs->first_end));
}

static void want_no_more(void *context) {
  heirs_t *heirs = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(heirs->first.stream));
}

static void pipe_again(void *context) {
  heirs_t *heirs = context;
  heirs->status =
      tenon_stream_pipe(heirs->source.stream, heirs->second.sink, 0, &heirs->second_end);
}

static void heirs_after(void *context) {
  heirs_t *heirs = context;
  /* Until the source has ended, the first one waits for that. */
  CHECK_STATUS(TENON_STATUS_BUSY, heirs->status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(heirs->source.sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(heirs->first_end));
  stream_end(heirs->source);
  stream_end(heirs->first);
  stream_end(heirs->second);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(heirs->first_end));
  if (heirs->second_end)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(heirs->second_end));
  check_nothing_left(heirs->before);
}

CASE(a_pipe_does_not_take_the_place_of_one_that_waits_for_the_end) {
  heirs_t heirs;
  meeting_t meeting = {&heirs, heirs_before, want_no_more, pipe_again, heirs_after, 0};
  meeting_run(&meeting);
}
