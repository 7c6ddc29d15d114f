/*
 * What is made for an executor that closes, or has closed: it is refused, or ends as what was there when the close
 * began. Nothing is taken and then forgotten.
 */
#include "stopped.h"
#include "stream_ends.h"

#include <unistd.h>

static const uint64_t hour_ns = 3600 * UINT64_C(1000000000);

typedef struct late {
  const struct kind *kind;
  tenon_executor_t *executor;
  tenon_status_t status;
  pair_t other; /**< what it may be about: pending, and of no executor */
  int pipe[2];
  pair_t made;
  ends_t ends;
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
  tenon_scope_t *scope;
  told_t told;
} late_t;

typedef struct kind {
  const char *name;
  tenon_status_t (*make)(late_t *late);
  /** It was made: it has ended, or knows that it is to end. Lets go of it. */
  void (*check)(late_t *late);
  bool
      is_made; /**< also after the close, and not to be told apart from one that was made before it */
} kind_t;

/* MARK: Kinds */

static tenon_status_t make_promise(late_t *late) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = late->executor;
  return tenon_promise_create(&config, &late->made.promise, &late->made.future);
}

static void check_promise(late_t *late) {
  CHECK(tenon_promise_is_cancelled(late->made.promise));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason_of(late->made.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_promise_on_cancel(late->made.promise, NULL, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(late->made.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(late->made.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(late->made.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late->made.future));
}

static tenon_status_t make_stream(late_t *late) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.executor = late->executor;
  return tenon_stream_create(&config, &late->ends.sink, &late->ends.stream);
}

static void check_stream(late_t *late) {
  tenon_error_t *reason = NULL;
  tenon_future_t *item = NULL;
  tenon_value_t value = tenon_value_none();
  CHECK(tenon_sink_is_cancelled(late->ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_copy_reason(late->ends.sink, &reason));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason);
  CHECK_STATUS(TENON_STATUS_CANCELLED, send(late->ends.sink, 1));
  /* The writer ends it, and the reader waits for that. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(late->ends.stream, &item));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(item));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(late->ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(item, &value));
  CHECK_COUNT(TENON_VALUE_END, value.kind);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(item));
  stream_end(late->ends);
}

static tenon_status_t make_latest(late_t *late) {
  tenon_latest_config_t config = TENON_LATEST_CONFIG_INIT;
  config.executor = late->executor;
  return tenon_latest_create(&config, &late->publisher, &late->latest);
}

static void check_latest(late_t *late) {
  tenon_error_t *reason = NULL;
  tenon_value_t value = tenon_value_i64(1);
  CHECK(tenon_publisher_is_cancelled(late->publisher));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_copy_reason(late->publisher, &reason));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_publisher_set(late->publisher, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(late->publisher));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(late->latest));
}

static tenon_status_t open_scope(late_t *late, uint64_t deadline) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  config.executor = late->executor;
  config.deadline_ns = deadline;
  return tenon_scope_open(&config, &late->scope);
}

static tenon_status_t make_scope(late_t *late) { return open_scope(late, TENON_FOREVER); }

static tenon_status_t make_scope_with_deadline(late_t *late) {
  return open_scope(late, tenon_timer_now_ns() + hour_ns);
}

/* A scope of it, by its parent's executor, is cancelled for the parent's reason. */
static void check_scope(late_t *late) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  tenon_scope_t *child = NULL;
  tenon_future_t *end = NULL, *child_end = NULL;
  config.parent = late->scope;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(&config, &child));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(child, late->other.future));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, reason_of(late->other.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(child, &child_end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(late->scope, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(late->other.promise));
  late->other.promise = NULL;
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(child_end));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(child_end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(child));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(late->scope));
}

static tenon_status_t make_completion(late_t *late) {
  return tenon_future_on_complete(late->other.future, late->executor, tell_completion, &late->told,
                                  NULL);
}

static tenon_status_t make_cancel(late_t *late) {
  return tenon_promise_on_cancel(late->other.promise, late->executor, tell, &late->told, NULL);
}

static tenon_status_t make_timer(late_t *late) {
  return tenon_timer_start(late->executor, TENON_FOREVER, tell, &late->told, NULL);
}

static void check_told(late_t *late) { CHECK_TOLD(TENON_STATUS_CLOSED, &late->told); }

static tenon_status_t make_job(late_t *late) {
  return tenon_executor_post(late->executor, tell, &late->told);
}

/* It may have run before the close. */
static void check_job(late_t *late) { CHECK_COUNT(1, atomic_load(&late->told.count)); }

static void tell_map(void *context, tenon_status_t status, tenon_future_t *future,
                     tenon_promise_t *promise) {
  tell_completion(context, status, future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
}

static tenon_status_t make_map(late_t *late) {
  return tenon_future_map(late->other.future, late->executor, tell_map, &late->told,
                          &late->made.future);
}

static tenon_status_t make_sleep(late_t *late) {
  return tenon_future_sleep(late->executor, hour_ns, &late->made.future);
}

static tenon_status_t make_timeout(late_t *late) {
  return tenon_future_timeout(late->other.future, late->executor, hour_ns, &late->made.future);
}

static tenon_status_t make_readable(late_t *late) {
  return tenon_future_readable(late->executor, late->pipe[0], &late->made.future);
}

static void check_cancelled(late_t *late) {
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(late->made.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late->made.future));
}

static void check_map(late_t *late) {
  check_told(late);
  check_cancelled(late);
}

/* Rejected, if its time cannot come any more. Its input, which is none of the executor's, is cancelled. */
static void check_timeout(late_t *late) {
  CHECK(tenon_promise_is_cancelled(late->other.promise));
  if (tenon_future_poll(late->made.future) == TENON_STATUS_REJECTED)
    CHECK_ERROR("tenon", TENON_STATUS_CLOSED, error_of(late->made.future));
  else
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(late->made.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late->made.future));
}

static const kind_t kinds[] = {
    {"promise", make_promise, check_promise, true},
    {"stream", make_stream, check_stream, true},
    {"latest value", make_latest, check_latest, true},
    {"scope", make_scope, check_scope, true},
    {"callback", make_completion, check_told, false},
    {"cancel callback", make_cancel, check_told, false},
    {"map", make_map, check_map, false},
    {"descriptor", make_readable, check_cancelled, false},
    {"scope with a deadline", make_scope_with_deadline, check_scope, false},
    {"timer", make_timer, check_told, false},
    {"job", make_job, check_job, false},
    {"sleep", make_sleep, check_cancelled, false},
    {"timeout", make_timeout, check_timeout, false},
};

/* MARK: One of them */

static void late_begin(late_t *late, tenon_executor_t *executor) {
  const kind_t *kind = late->kind;
  memset(late, 0, sizeof *late);
  late->kind = kind;
  late->executor = executor;
  late->status = TENON_STATUS_CLOSED;
  late->other = pair_create();
  CHECK(pipe(late->pipe) == 0);
}

static void make(void *context) {
  late_t *late = context;
  late->status = late->kind->make(late);
}

/** The executor closes, or has closed. */
static void late_end(late_t *late) {
  while (tenon_executor_poll(late->executor, NULL, NULL) == TENON_STATUS_OK)
    ;
  if (late->status == TENON_STATUS_OK) {
    late->kind->check(late);
  } else {
    CHECK_STATUS(TENON_STATUS_CLOSED, late->status);
    CHECK_NOT_TOLD(&late->told);
    CHECK(late->made.future == NULL);
  }
  if (late->other.promise)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(late->other.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late->other.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(late->executor));
  close(late->pipe[0]);
  close(late->pipe[1]);
}

#define EACH_KIND(late)                                                                            \
  for ((late)->kind = kinds; (late)->kind < kinds + sizeof kinds / sizeof *kinds; (late)->kind++)

CASE(what_is_made_for_an_executor_that_closes_or_has_closed_ends_at_once) {
  late_t late;
  for (int has_threads = 0; has_threads <= 1; has_threads++)
    for (int has_closed = has_threads; has_closed <= 1; has_closed++) {
      EACH_KIND(&late) {
        tenon_process_statistics_t before = process_statistics();
        tenon_executor_t *executor = has_threads ? pool_create(1) : executor_create();
        late_begin(&late, executor);
        CHECK_STATUS(TENON_STATUS_OK, has_closed
                                          ? tenon_executor_close(executor, TENON_FOREVER)
                                          : tenon_executor_begin_close(executor, TENON_FOREVER));
        make(&late);
        CHECK_STATUS(late.kind->is_made ? TENON_STATUS_OK : TENON_STATUS_CLOSED, late.status);
        late_end(&late);
        tenon_process_statistics_t after = process_statistics();
        CHECK_COUNT(before.errors_alive, after.errors_alive);
        CHECK_COUNT(before.futures_pending, after.futures_pending);
        CHECK_COUNT(before.registrations_pending, after.registrations_pending);
      }
    }
}

/* MARK: Both at once */

static void make_before(void *context) { late_begin(context, executor_create()); }

static void make_for_pool_before(void *context) { late_begin(context, pool_create(1)); }

static void close_there(void *context) {
  late_t *late = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(late->executor, TENON_FOREVER));
}

static void make_after(void *context) { late_end(context); }

CASE(what_is_made_while_another_thread_closes_is_refused_or_ended) {
  late_t late;
  EACH_KIND(&late) {
    meeting_t meeting = {&late, make_before, make, close_there, make_after, 0};
    meeting_run(&meeting);
    meeting.before = make_for_pool_before;
    if (late.kind->is_made)
      meeting_run(&meeting);
  }
}

static void make_in_job(void *context, tenon_status_t status) {
  if (status == TENON_STATUS_OK)
    make(context);
}

static void make_in_job_before(void *context) {
  late_t *late = context;
  make_before(late);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(late->executor, make_in_job, late));
}

static void poll_here(void *context) {
  late_t *late = context;
  executor_poll(late->executor);
}

static void begin_close_there(void *context) {
  late_t *late = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(late->executor, TENON_FOREVER));
}

CASE(what_a_poll_makes_while_another_thread_closes_is_refused_or_ended) {
  late_t late;
  EACH_KIND(&late) {
    meeting_t meeting = {&late, make_in_job_before, poll_here, begin_close_there, make_after, 0};
    meeting_run(&meeting);
  }
}

/* The other way round: the one that closes is stopped. */

static void begin_close_here(void *context) { begin_close_there(context); }

static void make_there(void *context) { make(context); }

CASE(what_is_made_in_the_midst_of_a_close_is_refused_or_ended) {
  late_t late;
  EACH_KIND(&late) {
    if (!late.kind->is_made)
      continue;
    meeting_t meeting = {&late, make_before, begin_close_here, make_there, make_after, 0};
    meeting_run(&meeting);
  }
}
