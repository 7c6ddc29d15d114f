/*
 * Calls that another thread comes in between with a close, at each place where that can be: see stopped.h.
 */
#include "executor_parties.h"
#include "stopped.h"

#include <semaphore.h>

#define LONG_NS UINT64_C(20000000000)

/* MARK: Beside a close */

typedef struct closing {
  tenon_executor_t *executor;
  pair_t pair;
  tenon_timer_t *timer;
  told_t told;
  tenon_status_t status;
} closing_t;

static void closing_before(void *context) {
  closing_t *closing = context;
  memset(closing, 0, sizeof *closing);
  closing->executor = executor_create();
  closing->pair = pair_create();
}

static void close_there(void *context) {
  closing_t *closing = context;
  tenon_executor_close(closing->executor, 0);
}

/** Whoever was accepted is told once, by the time that the close has ended; whoever was not, never. */
static void closing_after(void *context) {
  closing_t *closing = context;
  if (closing->status == TENON_STATUS_OK)
    CHECK_COUNT(1, atomic_load(&closing->told.count));
  else
    CHECK_NOT_TOLD(&closing->told);
  CHECK(closing->status == TENON_STATUS_OK || closing->status == TENON_STATUS_CLOSED);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(closing->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(closing->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(closing->executor));
}

static void register_here(void *context) {
  closing_t *closing = context;
  closing->status = tenon_future_on_complete(closing->pair.future, closing->executor,
                                             tell_completion, &closing->told, NULL);
}

static void register_cancel_here(void *context) {
  closing_t *closing = context;
  closing->status =
      tenon_promise_on_cancel(closing->pair.promise, closing->executor, tell, &closing->told, NULL);
}

static void start_timer_here(void *context) {
  closing_t *closing = context;
  closing->status = tenon_timer_start(closing->executor, LONG_NS, tell, &closing->told, NULL);
}

static void post_here(void *context) {
  closing_t *closing = context;
  closing->status = tenon_executor_post(closing->executor, tell, &closing->told);
}

CASE(what_comes_in_the_midst_of_a_close_is_told_once_or_refused) {
  void (*const calls[])(void *) = {register_here, register_cancel_here, start_timer_here,
                                   post_here};
  closing_t closing;
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
    meeting_t meeting = {&closing, closing_before, calls[index], close_there, closing_after, 0};
    meeting_run(&meeting);
  }
}

static void timer_before(void *context) {
  closing_t *closing = context;
  closing_before(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(closing->executor, LONG_NS, tell, &closing->told,
                                                  &closing->timer));
}

static void cancel_timer_here(void *context) {
  closing_t *closing = context;
  tenon_status_t status = tenon_timer_cancel(closing->timer);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_STALE ||
        status == TENON_STATUS_SETTLED);
}

CASE(a_timer_that_is_cancelled_in_the_midst_of_a_close_is_told_once) {
  closing_t closing;
  meeting_t meeting = {&closing, timer_before, cancel_timer_here, close_there, closing_after, 0};
  meeting_run(&meeting);
}

/* MARK: A poll in the midst of a close */

typedef struct attended {
  tenon_executor_t *executor;
  pair_t pair;
  int fd;
  sleeper_t closer;
  atomic_bool is_told;
  atomic_bool may_return;
  bool is_closed;
} attended_t;

/** A callback of the close, which has not cancelled all before it returns. */
static void stay(void *context, tenon_status_t status) {
  attended_t *attended = context;
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  atomic_store(&attended->is_told, true);
  SPIN_UNTIL(atomic_load(&attended->may_return));
}

static void *begin_close(void *context) {
  attended_t *attended = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(attended->executor, TENON_FOREVER));
  return NULL;
}

static void attended_before(void *context) {
  attended_t *attended = context;
  memset(attended, 0, sizeof *attended);
  attended->executor = executor_create();
  attended->fd = executor_fd(attended->executor);
  attended->pair = pair_create_with(0, attended->executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(attended->pair.promise, NULL, stay, attended, NULL));
  sleeper_start(&attended->closer, begin_close, attended);
  SPIN_UNTIL(atomic_load(&attended->is_told));
}

static void poll_here(void *context) {
  attended_t *attended = context;
  tenon_poll_result_t result = executor_poll(attended->executor);
  attended->is_closed = result.closed;
  CHECK(result.closed || result.alive);
}

static void end_begin_there(void *context) {
  attended_t *attended = context;
  atomic_store(&attended->may_return, true);
  sleeper_join(&attended->closer);
}

static void attended_after(void *context) {
  attended_t *attended = context;
  /* Who goes by the descriptor attends the close to its end. */
  while (!attended->is_closed && CHECK(readable(attended->fd, 0)))
    poll_here(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(attended->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(attended->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(attended->executor));
}

CASE(a_poll_in_the_midst_of_a_close_ends_it_or_is_followed_by_another) {
  attended_t attended;
  meeting_t meeting = {&attended, attended_before, poll_here, end_begin_there, attended_after, 0};
  meeting_run(&meeting);
}

/* MARK: Work that is bound in a poll */

typedef struct binding {
  tenon_executor_t *executor;
  pair_t pair;
  tenon_status_t status;
  atomic_bool has_begun; /**< the close, or it is about to */
  bool is_bound;         /**< before that */
  uint64_t jobs_max;     /**< of the poll, with another job behind */
  told_t other;
} binding_t;

static void bind_in_job(void *context, tenon_status_t status) {
  binding_t *binding = context;
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = binding->executor;
  if (status == TENON_STATUS_OK)
    binding->status = tenon_promise_create(&config, &binding->pair.promise, &binding->pair.future);
  binding->is_bound = !atomic_load(&binding->has_begun);
}

static void binding_before(void *context) {
  binding_t *binding = context;
  uint64_t jobs_max = binding->jobs_max;
  memset(binding, 0, sizeof *binding);
  binding->jobs_max = jobs_max;
  binding->executor = executor_create();
  binding->status = TENON_STATUS_CLOSED;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(binding->executor, bind_in_job, binding));
  post(binding->executor, &binding->other);
}

static void poll_job_here(void *context) {
  binding_t *binding = context;
  poll_at_most(binding->executor, binding->jobs_max);
}

static void begin_close_there(void *context) {
  binding_t *binding = context;
  atomic_store(&binding->has_begun, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(binding->executor, TENON_FOREVER));
}

static void binding_after(void *context) {
  binding_t *binding = context;
  while (tenon_executor_poll(binding->executor, NULL, NULL) == TENON_STATUS_OK)
    continue;
  CHECK_TOLD(TENON_STATUS_OK, &binding->other);
  if (binding->status == TENON_STATUS_OK) {
    CHECK(tenon_promise_is_cancelled(binding->pair.promise) || !binding->is_bound);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(binding->pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(binding->pair.future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(binding->executor));
}

CASE(what_a_poll_binds_while_another_thread_closes_is_cancelled) {
  binding_t binding;
  meeting_t meeting = {&binding,          binding_before, poll_job_here,
                       begin_close_there, binding_after,  0};
  /* Also by a poll that leaves the other job. */
  for (binding.jobs_max = 1; binding.jobs_max <= 2; binding.jobs_max++)
    meeting_run(&meeting);
}

/* MARK: A close that finds somebody polling */

typedef struct polled {
  tenon_executor_t *executor;
  pthread_t closer;
  sem_t has_closed;
  told_t told;
  tenon_status_t status; /**< of the close */
  bool is_closed;        /**< by the poll */
} polled_t;

/** A job that returns when the close has, unless that runs it. */
static void await_close(void *context, tenon_status_t status) {
  polled_t *polled = context;
  tell(&polled->told, status);
  while (!pthread_equal(pthread_self(), polled->closer) && sem_wait(&polled->has_closed) != 0)
    ;
}

static void polled_before(void *context) {
  polled_t *polled = context;
  memset(polled, 0, sizeof *polled);
  polled->executor = executor_create();
  polled->closer = pthread_self();
  sem_init(&polled->has_closed, 0, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(polled->executor, await_close, polled));
}

static void close_here(void *context) {
  polled_t *polled = context;
  polled->status = tenon_executor_close(polled->executor, TENON_FOREVER);
  sem_post(&polled->has_closed);
}

static void poll_there(void *context) {
  polled_t *polled = context;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_status_t status = tenon_executor_poll(polled->executor, NULL, &result);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY || status == TENON_STATUS_CLOSED);
  polled->is_closed = result.closed;
}

static void polled_after(void *context) {
  polled_t *polled = context;
  CHECK_TOLD(TENON_STATUS_OK, &polled->told);
  /* The poll ends what the close has begun. */
  if (polled->status == TENON_STATUS_PENDING)
    CHECK(polled->is_closed);
  else if (polled->status == TENON_STATUS_BUSY)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(polled->executor, 0));
  else
    CHECK_STATUS(TENON_STATUS_OK, polled->status);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(polled->executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(polled->executor));
  sem_destroy(&polled->has_closed);
}

CASE(a_close_that_finds_somebody_polling_leaves_its_end_to_him) {
  polled_t polled;
  meeting_t meeting = {&polled, polled_before, close_here, poll_there, polled_after, 0};
  meeting_run(&meeting);
}

/* MARK: A poll that comes too late */

typedef struct unattended {
  tenon_executor_t *executor;
  pair_t pair;
  sem_t has_polled;
  tenon_status_t status; /**< of the poll */
  bool is_late;          /**< nobody had polled or did when the last reference was released */
} unattended_t;

/** The last release cancels, and is not done before the other thread's poll. */
static void await_poll(void *context, tenon_status_t status) {
  unattended_t *unattended = context;
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  while (sem_wait(&unattended->has_polled) != 0)
    ;
}

static void unattended_before(void *context) {
  unattended_t *unattended = context;
  memset(unattended, 0, sizeof *unattended);
  sem_init(&unattended->has_polled, 0, 0);
  unattended->executor = executor_create();
  unattended->pair = pair_create_with(0, unattended->executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(unattended->pair.promise, NULL, await_poll,
                                                        unattended, NULL));
}

static void poll_late_here(void *context) {
  unattended_t *unattended = context;
  unattended->status = tenon_executor_poll(unattended->executor, NULL, NULL);
  sem_post(&unattended->has_polled);
}

static void release_last_there(void *context) {
  unattended_t *unattended = context;
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_status_t status = tenon_executor_poll(unattended->executor, NULL, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(unattended->executor, &statistics));
  unattended->is_late = status == TENON_STATUS_OK && statistics.polls == 1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(unattended->executor));
}

static void unattended_after(void *context) {
  unattended_t *unattended = context;
  CHECK(!unattended->is_late || unattended->status == TENON_STATUS_CLOSED ||
        unattended->status == TENON_STATUS_STALE);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(unattended->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(unattended->pair.future));
  sem_destroy(&unattended->has_polled);
}

CASE(a_poll_that_comes_in_the_midst_of_the_last_release_is_refused) {
  unattended_t unattended;
  meeting_t meeting = {&unattended,        unattended_before, poll_late_here,
                       release_last_there, unattended_after,  0};
  meeting_run(&meeting);
}
