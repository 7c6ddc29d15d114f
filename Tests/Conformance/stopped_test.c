/*
 * Calls that another thread comes in between, at each place where that can be: see stopped.h. What only one order of two
 * threads in thousands would show.
 */
#include "executor_parties.h"
#include "stopped.h"

#include <signal.h>

/* MARK: A poll beside whoever sleeps */

typedef struct awaited {
  tenon_executor_t *executor;
  pair_t pair;
  sleeper_t waiter;
  tenon_status_t status;
} awaited_t;

static void *run_until(void *context) {
  awaited_t *awaited = context;
  do
    awaited->status =
        tenon_executor_run_until(awaited->executor, awaited->pair.future, TENON_FOREVER);
  while (awaited->status == TENON_STATUS_BUSY); /* the poll beside him has not ended */
  return NULL;
}

static void awaited_before(void *context) {
  awaited_t *awaited = context;
  memset(awaited, 0, sizeof *awaited);
  awaited->executor = executor_create();
  awaited->pair = pair_create();
}

static void awaited_after(void *context) {
  awaited_t *awaited = context;
  CHECK_STATUS(TENON_STATUS_OK, awaited->status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(awaited->pair.future));
  executor_end(awaited->executor);
}

static void asleep_before(void *context) {
  awaited_t *awaited = context;
  awaited_before(context);
  sleeper_start(&awaited->waiter, run_until, awaited);
  SPIN_UNTIL(sleeper_rests(&awaited->waiter));
}

static void poll_beside_here(void *context) {
  awaited_t *awaited = context;
  tenon_status_t status = tenon_executor_poll(awaited->executor, NULL, NULL);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
}

static void resolve_in_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(context, TENON_STATUS_OK));
}

static void post_there(void *context) {
  awaited_t *awaited = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_post(awaited->executor, resolve_in_job, awaited->pair.promise));
}

static void asleep_after(void *context) {
  awaited_t *awaited = context;
  SPIN_UNTIL(atomic_load(&awaited->waiter.has_ended));
  /* Otherwise this wakes him. */
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(awaited->executor, tell, &told));
  sleeper_join(&awaited->waiter);
  awaited_after(context);
}

CASE(a_poll_that_does_what_somebody_sleeps_for_wakes_him) {
  awaited_t awaited;
  meeting_t meeting = {&awaited, asleep_before, poll_beside_here, post_there, asleep_after, 0};
  meeting_run(&meeting);
}

static void run_here(void *context) { run_until(context); }

CASE(whoever_is_about_to_sleep_sees_what_comes_before_he_does) {
  awaited_t awaited;
  meeting_t meeting = {&awaited, awaited_before, run_here, post_there, awaited_after, 0};
  meeting_run(&meeting);
}

/* MARK: Streams */

typedef struct ends {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_future_t *item;
  tenon_future_t *room;
  tenon_status_t status;
  atomic_int drops;
  int sent;
  int received;
} ends_t;

static void ends_before(void *context) {
  ends_t *ends = context;
  memset(ends, 0, sizeof *ends);
  tenon_stream_config_t config = {.struct_size = sizeof config, .capacity = 1};
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(&config, &ends->sink, &ends->stream));
}

static void send_one(ends_t *ends, tenon_future_t **room) {
  tenon_value_t value = counted_value(&ends->drops);
  tenon_status_t status = tenon_sink_send(ends->sink, &value, room);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_PENDING || status == TENON_STATUS_BUSY);
  if (status == TENON_STATUS_OK)
    ends->sent++;
  else
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
}

static void ends_after(ends_t *ends) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends->sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends->stream));
}

static void reader_before(void *context) {
  ends_t *ends = context;
  ends_before(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(ends->stream, &ends->item));
}

static void send_here(void *context) {
  ends_t *ends = context;
  send_one(ends, NULL);
}

static void send_more_there(void *context) {
  ends_t *ends = context;
  send_one(ends, &ends->room);
}

static void room_after(void *context) {
  ends_t *ends = context;
  /* The reader has got the first item, so there is room again for whoever waits for that. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(ends->item));
  if (ends->room && ends->sent == 1) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(ends->room));
  }
  if (ends->room)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ends->room));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ends->item));
  ends_after(ends);
}

CASE(a_writer_that_waits_while_an_item_is_handed_over_is_told_of_the_room) {
  ends_t ends;
  meeting_t meeting = {&ends, reader_before, send_here, send_more_there, room_after, 0};
  meeting_run(&meeting);
}

static void receive_here(void *context) {
  ends_t *ends = context;
  tenon_value_t value;
  size_t count = 0;
  ends->status = tenon_stream_next_batch(ends->stream, &value, 1, &count, NULL);
  for (; count > 0; count--, ends->received++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
}

static void send_and_close_there(void *context) {
  ends_t *ends = context;
  send_one(ends, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(ends->sink));
}

static void received_after(void *context) {
  ends_t *ends = context;
  CHECK_COUNT(1, ends->sent);
  if (ends->status == TENON_STATUS_PENDING)
    receive_here(ends);
  CHECK_COUNT(1, ends->received);
  ends_after(ends);
}

CASE(the_last_item_comes_before_the_end_whenever_that_is_seen) {
  ends_t ends;
  meeting_t meeting = {&ends, ends_before, receive_here, send_and_close_there, received_after, 4};
  meeting_run(&meeting);
}

/* MARK: Signals */

static atomic_int signals;

static void count_signal(int number) {
  (void)number;
  atomic_fetch_add(&signals, 1);
}

static void *await_future(void *context) {
  awaited_t *awaited = context;
  awaited->status = tenon_future_wait(awaited->pair.future, TENON_FOREVER);
  return NULL;
}

CASE(a_wait_for_no_executor_goes_on_after_a_signal) {
  struct sigaction before, action;
  awaited_t awaited;
  memset(&action, 0, sizeof action);
  memset(&awaited, 0, sizeof awaited);
  action.sa_handler = count_signal; /* and no call of the system is begun again by itself */
  sigaction(SIGUSR1, &action, &before);
  atomic_store(&signals, 0);
  awaited.pair = pair_create();
  sleeper_start(&awaited.waiter, await_future, &awaited);
  SPIN_UNTIL(sleeper_rests(&awaited.waiter));
  CHECK_COUNT(0, pthread_kill(awaited.waiter.thread, SIGUSR1));
  SPIN_UNTIL(atomic_load(&signals) == 1 && sleeper_rests(&awaited.waiter));
  CHECK(!atomic_load(&awaited.waiter.has_ended));
  CHECK_STATUS(TENON_STATUS_OK, settle(awaited.pair.promise, TENON_STATUS_OK));
  sleeper_join(&awaited.waiter);
  CHECK_STATUS(TENON_STATUS_OK, awaited.status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(awaited.pair.future));
  sigaction(SIGUSR1, &before, NULL);
}

/* MARK: Forgetting */

typedef struct forgotten {
  tenon_registration_t *registration;
  sleeper_t second;
  tenon_status_t status;
} forgotten_t;

static void *forget_again(void *context) {
  forgotten_t *forgotten = context;
  forgotten->status = tenon_registration_forget(forgotten->registration);
  return NULL;
}

static void let_another_forget(void *context, tenon_status_t status, tenon_future_t *future) {
  forgotten_t *forgotten = context;
  CHECK_STATUS(TENON_STATUS_FORGOTTEN, status);
  CHECK(future == NULL);
  sleeper_start(&forgotten->second, forget_again, forgotten);
  SPIN_UNTIL(sleeper_rests(&forgotten->second));
}

CASE(whoever_waits_for_a_forget_that_is_told_is_woken_when_that_has_returned) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  forgotten_t forgotten;
  memset(&forgotten, 0, sizeof forgotten);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, let_another_forget,
                                                         &forgotten, &forgotten.registration));
  /* It is in the executor's queue, and stays there until the next poll. */
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(forgotten.registration));
  SPIN_UNTIL(atomic_load(&forgotten.second.has_ended));
  executor_poll(executor);
  sleeper_join(&forgotten.second);
  CHECK_STATUS(TENON_STATUS_SETTLED, forgotten.status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}
