/*
 * Registrations, futures and ends of streams that another thread comes in between, at each place where that can be: see
 * stopped.h.
 */
#include "stopped.h"
#include "stream_ends.h"

/* MARK: Callbacks that are forgotten while their event happens */

enum { CALLBACKS = 3 };

typedef struct listed {
  pair_t pair;
  pair_t other;
  tenon_registration_t *registrations[CALLBACKS];
  told_t told[CALLBACKS];
  told_t other_told;
} listed_t;

static void listed_before(void *context) {
  listed_t *listed = context;
  memset(listed, 0, sizeof *listed);
  listed->pair = pair_create();
  listed->other = pair_create();
}

static void completions_before(void *context) {
  listed_t *listed = context;
  listed_before(context);
  for (int index = 0; index < CALLBACKS; index++)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(listed->pair.future, NULL, tell_completion,
                                          &listed->told[index], &listed->registrations[index]));
}

static void cancels_before(void *context) {
  listed_t *listed = context;
  listed_before(context);
  for (int index = 0; index < CALLBACKS; index++)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(listed->pair.promise, NULL, tell, &listed->told[index],
                                         &listed->registrations[index]));
}

static void settle_here(void *context) {
  listed_t *listed = context;
  CHECK_STATUS(TENON_STATUS_OK, settle(listed->pair.promise, TENON_STATUS_OK));
}

static void cancel_here(void *context) {
  listed_t *listed = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(listed->pair.future));
}

/** Forgets the one in the middle, and uses its memory for another future's. */
static void forget_there(void *context) {
  listed_t *listed = context;
  tenon_registration_forget(listed->registrations[1]);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(listed->other.future, NULL, tell_completion,
                                        &listed->other_told, NULL));
}

static void listed_after(void *context) {
  listed_t *listed = context;
  for (int index = 0; index < CALLBACKS; index++)
    CHECK_COUNT(1, atomic_load(&listed->told[index].count));
  CHECK_NOT_TOLD(&listed->other_told);
  CHECK_STATUS(TENON_STATUS_OK, settle(listed->other.promise, TENON_STATUS_OK));
  CHECK_TOLD(TENON_STATUS_OK, &listed->other_told);
  tenon_promise_release(listed->pair.promise); /* settled, of the completions */
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(listed->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(listed->other.future));
}

CASE(a_callback_that_is_forgotten_while_its_future_settles_takes_no_other_with_it) {
  listed_t listed;
  meeting_t meeting = {&listed, completions_before, settle_here, forget_there, listed_after, 0};
  meeting_run(&meeting);
}

CASE(a_cancel_callback_that_is_forgotten_while_it_is_due_takes_no_other_with_it) {
  listed_t listed;
  meeting_t meeting = {&listed, cancels_before, cancel_here, forget_there, listed_after, 0};
  meeting_run(&meeting);
}

/* MARK: Items, room and the end */

typedef struct midst {
  ends_t ends;
  tenon_executor_t *executor;
  tenon_future_t *future; /**< of an item, or of room */
  tenon_status_t status;
  tenon_status_t other;
  uint64_t pending; /**< futures, before */
  told_t told;
} midst_t;

static void midst_before(void *context) {
  midst_t *midst = context;
  memset(midst, 0, sizeof *midst);
  midst->ends = stream_create(1);
}

static void midst_after(midst_t *midst) {
  if (midst->future)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(midst->future));
  stream_end(midst->ends);
}

static void item_before(void *context) {
  midst_t *midst = context;
  midst_before(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(midst->ends.stream, &midst->future));
}

static void cancel_item_here(void *context) {
  midst_t *midst = context;
  midst->status = tenon_future_cancel(midst->future);
}

static void send_there(void *context) {
  midst_t *midst = context;
  CHECK_STATUS(TENON_STATUS_OK, send(midst->ends.sink, 7));
}

/** The next number, if there is one. */
static tenon_status_t take(tenon_stream_t *stream, int64_t *number) {
  tenon_value_t value = tenon_value_none();
  size_t count = 0;
  tenon_status_t status = tenon_stream_next_batch(stream, &value, 1, &count, NULL);
  *number = value.as.i64;
  return status;
}

static void item_after(void *context) {
  midst_t *midst = context;
  int64_t number = 0;
  /* A cancel that was not too late has no item, and the stream still has it. */
  if (midst->status == TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(midst->future));
    CHECK_STATUS(TENON_STATUS_OK, take(midst->ends.stream, &number));
    CHECK_COUNT(7, number);
  } else {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(midst->future));
    CHECK_STATUS(TENON_STATUS_PENDING, take(midst->ends.stream, &number));
  }
  midst_after(midst);
}

CASE(an_item_that_comes_while_its_future_is_cancelled_stays_in_the_stream) {
  midst_t midst;
  meeting_t meeting = {&midst, item_before, cancel_item_here, send_there, item_after, 0};
  meeting_run(&meeting);
}

static void full_before(void *context) {
  midst_before(context);
  send_there(context);
}

static void await_room_here(void *context) {
  midst_t *midst = context;
  midst->status = tenon_sink_ready(midst->ends.sink, &midst->future);
}

static void take_there(void *context) {
  midst_t *midst = context;
  int64_t number;
  CHECK_STATUS(TENON_STATUS_OK, take(midst->ends.stream, &number));
}

static void room_after(void *context) {
  midst_t *midst = context;
  if (midst->status == TENON_STATUS_PENDING)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(midst->future));
  else
    CHECK_STATUS(TENON_STATUS_OK, midst->status);
  midst_after(midst);
}

CASE(room_that_comes_while_the_writer_begins_to_wait_is_told) {
  midst_t midst;
  meeting_t meeting = {&midst, full_before, await_room_here, take_there, room_after, 0};
  meeting_run(&meeting);
}

static void send_more_here(void *context) {
  midst_t *midst = context;
  tenon_value_t value = tenon_value_i64(8);
  midst->status = tenon_sink_send(midst->ends.sink, &value, &midst->future);
}

static void sent_before(void *context) {
  full_before(context);
  ((midst_t *)context)->pending = process_statistics().futures_pending;
}

static void sent_after(void *context) {
  midst_t *midst = context;
  int64_t number = 0;
  CHECK_COUNT(midst->pending, process_statistics().futures_pending);
  CHECK_STATUS(midst->status, take(midst->ends.stream, &number));
  if (midst->status == TENON_STATUS_OK)
    CHECK_COUNT(8, number);
  else
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(midst->future));
  midst_after(midst);
}

CASE(an_item_that_is_sent_when_room_comes_leaves_no_wait_behind) {
  midst_t midst;
  meeting_t meeting = {&midst, sent_before, send_more_here, take_there, sent_after, 0};
  meeting_run(&meeting);
}

static void close_here(void *context) {
  midst_t *midst = context;
  midst->status = tenon_sink_close(midst->ends.sink);
}

/** Whoever comes second finds that it has ended, and so do all who hear of that. */
static void close_and_read_there(void *context) {
  midst_t *midst = context;
  int64_t number;
  midst->other = tenon_sink_close(midst->ends.sink);
  CHECK_STATUS(TENON_STATUS_ENDED, take(midst->ends.stream, &number));
}

static void closed_after(void *context) {
  midst_t *midst = context;
  CHECK(midst->status == TENON_STATUS_OK || midst->other == TENON_STATUS_OK);
  CHECK(midst->status == TENON_STATUS_ALREADY_SETTLED ||
        midst->other == TENON_STATUS_ALREADY_SETTLED);
  midst_after(midst);
}

CASE(the_second_to_end_a_stream_returns_when_it_has_ended) {
  midst_t midst;
  meeting_t meeting = {&midst, midst_before, close_here, close_and_read_there, closed_after, 0};
  meeting_run(&meeting);
}

/* MARK: The newest value */

typedef struct newest {
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
  tenon_future_t *ready;
  tenon_value_t value;
  tenon_status_t status;
} newest_t;

static void newest_before(void *context) {
  newest_t *newest = context;
  memset(newest, 0, sizeof *newest);
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &newest->publisher, &newest->latest));
}

static void take_newest_here(void *context) {
  newest_t *newest = context;
  newest->status = tenon_latest_take(newest->latest, &newest->value, &newest->ready);
}

static void publish_there(void *context) {
  newest_t *newest = context;
  tenon_value_t value = tenon_value_i64(7);
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_set(newest->publisher, &value));
}

static void newest_after(void *context) {
  newest_t *newest = context;
  if (newest->status == TENON_STATUS_PENDING) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(newest->ready));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(newest->ready));
    newest->status = tenon_latest_take(newest->latest, &newest->value, NULL);
  }
  CHECK_STATUS(TENON_STATUS_OK, newest->status);
  CHECK_COUNT(7, newest->value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(newest->publisher));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(newest->latest));
}

CASE(a_value_that_comes_while_its_reader_begins_to_wait_is_taken_or_told) {
  newest_t newest;
  meeting_t meeting = {&newest, newest_before, take_newest_here, publish_there, newest_after, 0};
  meeting_run(&meeting);
}

/* MARK: With an executor */

static void bound_before(void *context) {
  midst_t *midst = context;
  memset(midst, 0, sizeof *midst);
  midst->executor = executor_create();
}

static void create_here(void *context) {
  midst_t *midst = context;
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = 1;
  config.executor = midst->executor;
  midst->status = tenon_stream_create(&config, &midst->ends.sink, &midst->ends.stream);
}

static void close_executor_there(void *context) {
  midst_t *midst = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(midst->executor, 0));
}

static void bound_after(void *context) {
  midst_t *midst = context;
  if (midst->status == TENON_STATUS_OK) {
    /* Whoever is told that a cancel was requested has been refused. */
    bool is_cancelled = send(midst->ends.sink, 1) == TENON_STATUS_CANCELLED;
    tenon_status_t status = tenon_sink_on_cancel(midst->ends.sink, NULL, tell, &midst->told, NULL);
    CHECK_STATUS(is_cancelled ? TENON_STATUS_CANCELLED : TENON_STATUS_OK, status);
    midst_after(midst);
  } else {
    CHECK_STATUS(TENON_STATUS_CLOSED, midst->status);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(midst->executor));
}

CASE(a_stream_that_is_made_while_its_executor_closes_is_cancelled_or_refused) {
  midst_t midst;
  meeting_t meeting = {&midst, bound_before, create_here, close_executor_there, bound_after, 0};
  meeting_run(&meeting);
}
