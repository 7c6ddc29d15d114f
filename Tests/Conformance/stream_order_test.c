/*
 * What an end of a stream is told, and what it finds when it asks: one never runs ahead of the
 * other, on one thread and across threads.
 */
#include "race.h"
#include "stream_ends.h"

static tenon_status_t next(tenon_stream_t *stream, int64_t *number) {
  tenon_value_t value = tenon_value_none();
  size_t count = 0;
  tenon_status_t status = tenon_stream_next_batch(stream, &value, 1, &count, NULL);
  *number = value.as.i64;
  return status;
}

static int64_t reason_code(tenon_status_t status, tenon_error_t *reason) {
  int64_t code = 0;
  if (status != TENON_STATUS_OK)
    return 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(reason, &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  return code;
}

/* MARK: A cancel */

/** How a reader says that it wants no more, with the code of the reason that the writer finds. */
typedef enum cancel {
  BY_CANCEL,
  BY_END,
  BY_END_WITH,
  BY_CANCEL_WITH,
  BY_RELEASE,
  CANCEL_COUNT
} cancel_t;

/** What the writer does when it hears. */
typedef enum answer { WAITS, CANCELS, RELEASES, ANSWER_COUNT } answer_t;

typedef struct told_cancel {
  tenon_sink_t *sink;
  tenon_publisher_t *publisher;
  int64_t code;
  answer_t answer;
  int asked;
} told_cancel_t;

/** Asks all that a writer can ask; the first one who does answers. */
static void ask_of_cancel(told_cancel_t *told) {
  tenon_error_t *reason = NULL;
  if (told->asked++ > 0 && told->answer != WAITS)
    return;
  if (told->sink) {
    CHECK(tenon_sink_is_cancelled(told->sink));
    tenon_status_t status = tenon_sink_copy_reason(told->sink, &reason);
    CHECK_COUNT(told->code, reason_code(status, reason));
    CHECK_STATUS(TENON_STATUS_CANCELLED, send(told->sink, 9));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_sink_on_cancel(told->sink, NULL, never, NULL, NULL));
    if (told->answer == CANCELS)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(told->sink));
    if (told->answer == RELEASES)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(told->sink));
  } else {
    tenon_value_t value = tenon_value_i64(9);
    CHECK(tenon_publisher_is_cancelled(told->publisher));
    tenon_status_t status = tenon_publisher_copy_reason(told->publisher, &reason);
    CHECK_COUNT(told->code, reason_code(status, reason));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_publisher_set(told->publisher, &value));
    CHECK_STATUS(TENON_STATUS_CANCELLED,
                 tenon_publisher_on_cancel(told->publisher, NULL, never, NULL, NULL));
    if (told->answer == CANCELS)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_cancel(told->publisher));
    if (told->answer == RELEASES)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(told->publisher));
  }
}

static void room_told(void *context, tenon_status_t status, tenon_future_t *room) {
  CHECK(status == TENON_STATUS_CANCELLED && room);
  ask_of_cancel(context);
}

static void cancel_told(void *context, tenon_status_t status) {
  told_cancel_t *told = context;
  CHECK(status == TENON_STATUS_CANCELLED || (status == TENON_STATUS_SETTLED && told->asked > 0));
  if (status == TENON_STATUS_CANCELLED)
    ask_of_cancel(told);
}

/** Checks that a cancel was answered as one, with its reason; releases `end`. */
static void check_answer(tenon_future_t *end, answer_t answer, cancel_t how) {
  if (answer == WAITS) {
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
  } else {
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
    if (how == BY_END_WITH || how == BY_CANCEL_WITH)
      CHECK_ERROR("test", 4, cause_of(error_of(end)));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
}

CASE(a_writer_that_is_told_of_a_cancel_finds_it_recorded) {
  tenon_error_t *why = error_create(4);
  for (int round = 0; round < CANCEL_COUNT * ANSWER_COUNT * 4; round++) {
    cancel_t how = (cancel_t)(round % CANCEL_COUNT);
    answer_t answer = (answer_t)(round / CANCEL_COUNT % ANSWER_COUNT);
    bool has_room_wait = round / CANCEL_COUNT / ANSWER_COUNT % 2 == 0;
    size_t capacity = round / CANCEL_COUNT / ANSWER_COUNT / 2 % 2;
    tenon_process_statistics_t before = process_statistics();
    ends_t ends = stream_create(capacity);
    bool has_reason = how == BY_END_WITH || how == BY_CANCEL_WITH;
    told_cancel_t told = {ends.sink, NULL, has_reason ? 4 : TENON_STATUS_CANCELLED, answer, 0};
    tenon_value_t value = tenon_value_i64(1);
    tenon_future_t *room, *end;
    if (capacity > 0)
      CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
    if (has_room_wait) {
      CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(room, NULL, room_told, &told, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, cancel_told, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(ends.stream, &end));
    if (how == BY_CANCEL)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(ends.stream));
    if (how == BY_END)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
    if (how == BY_END_WITH)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(end, why));
    if (how == BY_CANCEL_WITH)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel_with(ends.stream, why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
    CHECK_COUNT(has_room_wait ? 2 : 1, told.asked + (has_room_wait && told.asked == 1));
    check_answer(end, answer, how);
    if (answer != RELEASES)
      CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    tenon_process_statistics_t after = process_statistics();
    CHECK_COUNT(before.streams_alive, after.streams_alive);
    CHECK_COUNT(before.futures_pending, after.futures_pending);
    CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
}

CASE(a_publisher_that_is_told_of_a_cancel_finds_it_recorded) {
  tenon_error_t *why = error_create(4);
  for (int round = 0; round < CANCEL_COUNT * ANSWER_COUNT; round++) {
    cancel_t how = (cancel_t)(round % CANCEL_COUNT);
    answer_t answer = (answer_t)(round / CANCEL_COUNT);
    tenon_publisher_t *publisher;
    tenon_latest_t *latest;
    tenon_future_t *end;
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &publisher, &latest));
    told_cancel_t told = {NULL, publisher,
                          how == BY_END_WITH || how == BY_CANCEL_WITH ? 4 : TENON_STATUS_CANCELLED,
                          answer, 0};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_publisher_on_cancel(publisher, NULL, cancel_told, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_copy_end(latest, &end));
    if (how == BY_CANCEL)
      CHECK_STATUS(TENON_STATUS_OK, tenon_latest_cancel(latest));
    if (how == BY_CANCEL_WITH)
      CHECK_STATUS(TENON_STATUS_OK, tenon_latest_cancel_with(latest, why));
    if (how == BY_END)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(end));
    if (how == BY_END_WITH)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(end, why));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(latest));
    CHECK_COUNT(1, told.asked);
    check_answer(end, answer, how);
    if (answer != RELEASES)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(publisher));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
}

CASE(a_close_of_the_writers_executor_is_a_cancel_of_the_stream) {
  tenon_executor_t *executor = executor_create();
  ends_t ends = stream_create_on(1, executor);
  tenon_value_t value = tenon_value_i64(1);
  tenon_future_t *room;
  int64_t number;
  told_cancel_t told = {ends.sink, NULL, TENON_STATUS_CLOSED, WAITS, 0};
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 0));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(room, NULL, room_told, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(ends.sink, NULL, cancel_told, &told, NULL));
  executor_end(executor);
  CHECK_COUNT(2, told.asked);
  CHECK_STATUS(TENON_STATUS_OK, next(ends.stream, &number));
  CHECK_STATUS(TENON_STATUS_PENDING, next(ends.stream, &number));
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, next(ends.stream, &number));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
}

/* MARK: The end */

typedef struct told_end {
  ends_t ends;
  tenon_status_t status; /* of the future that tells */
  int64_t left;          /* items that are still buffered */
  int count;
} told_end_t;

static void end_told(void *context, tenon_status_t status, tenon_future_t *future) {
  told_end_t *told = context;
  tenon_status_t ended = TENON_STATUS_ENDED;
  tenon_error_t *error = NULL;
  tenon_future_t *end;
  int64_t number;
  CHECK(future);
  CHECK_STATUS(told->status, status);
  if (status != TENON_STATUS_OK)
    ended = status;
  told->count++;
  CHECK_STATUS(status == TENON_STATUS_OK ? TENON_STATUS_SETTLED : TENON_STATUS_OK,
               tenon_stream_copy_error(told->ends.stream, &error));
  if (error)
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(told->ends.stream, &end));
  CHECK_STATUS(status, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_stream_cancel(told->ends.stream));
  CHECK_STATUS(TENON_STATUS_CLOSED, send(told->ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_sink_close(told->ends.sink));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_copy_reason(told->ends.sink, &error));
  CHECK(!tenon_sink_is_cancelled(told->ends.sink));
  for (; told->left > 0; told->left--)
    CHECK_STATUS(TENON_STATUS_OK, next(told->ends.stream, &number));
  CHECK_STATUS(ended, next(told->ends.stream, &number));
}

static void sink_end(tenon_sink_t *sink, tenon_status_t how, tenon_error_t *error) {
  if (how == TENON_STATUS_OK)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(sink));
  if (how == TENON_STATUS_REJECTED)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_fail(sink, error));
  if (how == TENON_STATUS_CANCELLED)
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_cancel(sink));
}

CASE(a_reader_that_is_told_of_the_end_finds_it_recorded) {
  static const tenon_status_t ways[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  tenon_error_t *error = error_create(3);
  for (int round = 0; round < 3 * 3 * 2; round++) {
    tenon_status_t how = ways[round % 3];
    int by = round / 3 % 3; /* the end's future, an item's, one of "worth looking again" */
    bool is_cancelled = round / 9 == 1;
    told_end_t told = {stream_create(2), how, by == 0 ? 2 : 0, 0};
    tenon_future_t *future;
    tenon_value_t value;
    size_t count;
    if (by == 0) {
      CHECK_STATUS(TENON_STATUS_OK, send(told.ends.sink, 1));
      CHECK_STATUS(TENON_STATUS_OK, send(told.ends.sink, 2));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(told.ends.stream, &future));
    } else if (by == 1) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(told.ends.stream, &future));
    } else {
      CHECK_STATUS(TENON_STATUS_PENDING,
                   tenon_stream_next_batch(told.ends.stream, &value, 1, &count, &future));
    }
    /* The last one says only that it is worth looking. */
    if (by == 2 && how != TENON_STATUS_OK) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(told.ends.stream, &future));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(future, NULL, end_told, &told, NULL));
    if (is_cancelled)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(told.ends.stream));
    sink_end(told.ends.sink, how, error);
    CHECK_COUNT(1, told.count);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(told.ends.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(told.ends.stream));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

/* MARK: Room and items */

static void room_has_come(void *context, tenon_status_t status, tenon_future_t *room) {
  ends_t *ends = context;
  CHECK(status == TENON_STATUS_OK && room);
  CHECK_STATUS(TENON_STATUS_OK, send(ends->sink, 2));
}

static void item_has_come(void *context, tenon_status_t status, tenon_future_t *ready) {
  ends_t *ends = context;
  int64_t number;
  CHECK(status == TENON_STATUS_OK && ready);
  CHECK_STATUS(TENON_STATUS_OK, next(ends->stream, &number));
  CHECK_COUNT(1, number);
}

CASE(who_is_told_of_room_or_of_an_item_has_it) {
  for (size_t capacity = 0; capacity < 3; capacity++) {
    ends_t ends = stream_create(capacity);
    tenon_future_t *room, *ready;
    tenon_value_t value = tenon_value_i64(2);
    size_t count;
    int64_t number;
    CHECK_STATUS(TENON_STATUS_PENDING,
                 tenon_stream_next_batch(ends.stream, &value, 1, &count, &ready));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(ready, NULL, item_has_come, &ends, NULL));
    CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
    for (size_t sent = 0; sent < capacity; sent++)
      CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
    value = tenon_value_i64(2);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &room));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(room, NULL, room_has_come, &ends, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    for (size_t received = 0; received < capacity; received++) {
      CHECK_STATUS(TENON_STATUS_OK, next(ends.stream, &number));
      CHECK_COUNT(1, number);
    }
    /* For a rendezvous this wait is the room. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(ready, &value));
    CHECK_COUNT(2, value.as.i64);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  }
}

static void wait_is_over(void *context, tenon_status_t status, tenon_future_t *future) {
  ends_t *ends = context;
  tenon_value_t value = tenon_value_i64(2);
  tenon_future_t *again;
  CHECK(status == TENON_STATUS_CANCELLED && future);
  if (ends->sink)
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends->sink, &value, &again));
  else
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends->stream, &again));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(again));
}

CASE(a_wait_that_is_told_of_its_end_is_over) {
  ends_t ends = stream_create(1);
  ends_t reader = {NULL, ends.stream}, writer = {ends.sink, NULL};
  tenon_future_t *future;
  tenon_value_t value = tenon_value_i64(2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(future, NULL, wait_is_over, &reader, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(future, NULL, wait_is_over, &writer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
}

/* MARK: Two threads */

typedef struct knowing {
  ends_t ends;
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
  tenon_error_t *why;
  tenon_future_t *end;
  told_t told;
} knowing_t;

static void knowing_before(void *context, size_t round) {
  knowing_t *knowing = context;
  atomic_store(&knowing->told.count, 0);
  knowing->ends = stream_create(round % 2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_copy_end(knowing->ends.stream, &knowing->end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &knowing->publisher, &knowing->latest));
}

/** Whatever tells the writer first, the rest is there. */
static void learn_of_cancel(knowing_t *knowing, size_t round) {
  tenon_sink_t *sink = knowing->ends.sink;
  tenon_value_t value = tenon_value_i64(1);
  tenon_error_t *reason = NULL;
  tenon_status_t status = TENON_STATUS_PENDING;
  switch (round % 5) {
  case 0:
    SPIN_UNTIL(send(sink, 1) == TENON_STATUS_CANCELLED);
    break;
  case 1:
    SPIN_UNTIL(tenon_sink_is_cancelled(sink));
    break;
  case 2:
    SPIN_UNTIL((status = tenon_sink_copy_reason(sink, &reason)) == TENON_STATUS_OK);
    reason_code(status, reason);
    break;
  case 3:
    /* Told in time, or not: then it says so. */
    status = tenon_sink_on_cancel(sink, NULL, tell, &knowing->told, NULL);
    if (status == TENON_STATUS_OK)
      SPIN_UNTIL(atomic_load(&knowing->told.count) > 0);
    break;
  default: {
    tenon_future_t *room = NULL;
    while ((status = tenon_sink_send(sink, &value, &room)) == TENON_STATUS_OK)
      value = tenon_value_i64(1);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_wait(room, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(room));
    }
  }
  }
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(sink, 1));
  CHECK(tenon_sink_is_cancelled(sink));
  status = tenon_sink_copy_reason(sink, &reason);
  CHECK_COUNT(round % 3 == 0 ? 4 : TENON_STATUS_CANCELLED, reason_code(status, reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(knowing->end));

  if (round % 2 == 0)
    SPIN_UNTIL(tenon_publisher_set(knowing->publisher, &value) == TENON_STATUS_CANCELLED);
  else
    SPIN_UNTIL(tenon_publisher_is_cancelled(knowing->publisher));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_publisher_set(knowing->publisher, &value));
  CHECK(tenon_publisher_is_cancelled(knowing->publisher));
  status = tenon_publisher_copy_reason(knowing->publisher, &reason);
  CHECK_COUNT(TENON_STATUS_CANCELLED, reason_code(status, reason));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(knowing->publisher));
}

static void knowing_run(void *context, size_t member, size_t round) {
  knowing_t *knowing = context;
  if (member == 0) {
    learn_of_cancel(knowing, round);
    return;
  }
  if (round % 3 == 0)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(knowing->end, knowing->why));
  if (round % 3 == 1)
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(knowing->ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(knowing->ends.stream));
  if (round & 1)
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_cancel(knowing->latest));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(knowing->latest));
}

static void knowing_after(void *context, size_t round) {
  knowing_t *knowing = context;
  (void)round;
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(knowing->end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(knowing->end));
}

CASE(what_two_threads_know_of_a_cancel_agrees) {
  static knowing_t knowing;
  knowing.why = error_create(4);
  tenon_process_statistics_t before = process_statistics();
  race_t race = {
      2, conformance_rounds(200000), &knowing, knowing_before, knowing_run, knowing_after};
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.streams_alive, after.streams_alive);
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(knowing.why));
}

/** Whatever tells of the end first, the rest is there: at the reader, and at a second writer. */
static void learn_of_end(knowing_t *knowing, size_t round) {
  tenon_stream_t *stream = knowing->ends.stream;
  tenon_status_t status, ended = round & 1 ? TENON_STATUS_REJECTED : TENON_STATUS_ENDED;
  tenon_error_t *error = NULL;
  int64_t number;
  switch (round % 4) {
  case 0:
    SPIN_UNTIL((status = next(stream, &number)) != TENON_STATUS_PENDING);
    CHECK_STATUS(ended, status);
    break;
  case 1:
    SPIN_UNTIL((status = tenon_stream_copy_error(stream, &error)) != TENON_STATUS_PENDING);
    reason_code(status, error);
    break;
  case 2:
    SPIN_UNTIL(tenon_future_poll(knowing->end) != TENON_STATUS_PENDING);
    break;
  default:
    /* It has no value for this. */
    SPIN_UNTIL((status = send(knowing->ends.sink, 1)) == TENON_STATUS_CLOSED);
    CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_sink_cancel(knowing->ends.sink));
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_sink_copy_reason(knowing->ends.sink, &error));
    while (next(stream, &number) == TENON_STATUS_OK)
      continue;
  }
  CHECK_STATUS(ended, next(stream, &number));
  CHECK_STATUS(round & 1 ? TENON_STATUS_OK : TENON_STATUS_SETTLED,
               tenon_stream_copy_error(stream, &error));
  if (round & 1)
    CHECK_COUNT(4, reason_code(TENON_STATUS_OK, error));
  CHECK_STATUS(round & 1 ? TENON_STATUS_REJECTED : TENON_STATUS_OK,
               tenon_future_poll(knowing->end));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_stream_cancel(stream));
}

static void ending_run(void *context, size_t member, size_t round) {
  knowing_t *knowing = context;
  if (member == 0)
    learn_of_end(knowing, round);
  else
    sink_end(knowing->ends.sink, round & 1 ? TENON_STATUS_REJECTED : TENON_STATUS_OK, knowing->why);
}

static void ending_after(void *context, size_t round) {
  knowing_t *knowing = context;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(knowing->end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(knowing->ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(knowing->ends.stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(knowing->publisher));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(knowing->latest));
}

CASE(what_two_threads_know_of_an_end_agrees) {
  static knowing_t knowing;
  knowing.why = error_create(4);
  race_t race = {2, conformance_rounds(100000), &knowing, knowing_before, ending_run, ending_after};
  race_run(&race);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(knowing.why));
}

/* MARK: Futures that nobody holds */

/** Lets go of a future so that nobody can read it; `by_close`: by a callback whose executor closes. */
static void let_go(tenon_future_t *future, told_t *told, bool by_close) {
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_detach(future));
  if (by_close)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(future, executor, tell_completion, told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  executor_end(executor);
}

CASE(an_item_for_a_future_that_nobody_holds_stays) {
  for (int round = 0; round < 6; round++) {
    tenon_process_statistics_t before = process_statistics();
    ends_t ends = stream_create_on((size_t)round / 2, NULL);
    atomic_int drops = 0;
    tenon_value_t value = counted_value(&drops);
    tenon_future_t *item;
    told_t told = TOLD_INIT;
    size_t count = 0;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &item));
    let_go(item, &told, round & 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(ends.sink, &value, NULL));
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, &value, 1, &count, NULL));
    CHECK(value.as.pointer.address == &drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
    CHECK_COUNT(1, atomic_load(&drops));
    tenon_process_statistics_t after = process_statistics();
    CHECK_COUNT(before.streams_alive, after.streams_alive);
    CHECK_COUNT(before.futures_pending, after.futures_pending);
    CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  }
}

CASE(a_latest_value_for_a_future_that_nobody_holds_stays) {
  for (int by_close = 0; by_close < 2; by_close++) {
    tenon_process_statistics_t before = process_statistics();
    tenon_publisher_t *publisher;
    tenon_latest_t *latest;
    atomic_int drops = 0;
    tenon_value_t value = counted_value(&drops);
    tenon_future_t *item;
    told_t told = TOLD_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &publisher, &latest));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(latest, &item));
    let_go(item, &told, by_close);
    CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_set(publisher, &value));
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(latest, &value, NULL));
    CHECK(value.as.pointer.address == &drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(publisher));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(latest));
    CHECK_COUNT(1, atomic_load(&drops));
    tenon_process_statistics_t after = process_statistics();
    CHECK_COUNT(before.streams_alive, after.streams_alive);
    CHECK_COUNT(before.futures_pending, after.futures_pending);
  }
}

CASE(a_wait_that_nobody_holds_makes_room_for_the_next_one) {
  tenon_process_statistics_t before = process_statistics();
  ends_t ends = stream_create(1);
  tenon_future_t *future;
  tenon_value_t value;
  told_t told = TOLD_INIT;
  size_t count;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &future));
  let_go(future, &told, false);
  CHECK_STATUS(TENON_STATUS_PENDING,
               tenon_stream_next_batch(ends.stream, &value, 1, &count, &future));
  let_go(future, &told, false);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends.stream, &future));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, send(ends.sink, 2));
  value = tenon_value_i64(3);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &future));
  let_go(future, &told, false);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(ends.sink, &value, &future));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next_batch(ends.stream, &value, 1, &count, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
}
