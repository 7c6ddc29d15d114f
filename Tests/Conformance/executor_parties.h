/*
 * What tests of executors share: those who post, poll, settle, stay inside and close, and one of everything that an executor owes.
 */
#ifndef EXECUTOR_PARTIES_H
#define EXECUTOR_PARTIES_H

#include "check.h"

#include <poll.h>

#define MILLISECOND 1000000u
#define SECOND 1000000000u

/** Posts a job that counts, and checks that it was accepted. */
static inline void post(tenon_executor_t *executor, told_t *told) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, told));
}

static inline tenon_poll_result_t poll_at_most(tenon_executor_t *executor, uint64_t jobs_max) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = jobs_max;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  return result;
}

static inline void *poll_elsewhere(void *context) {
  executor_poll(context);
  return NULL;
}

static inline bool readable(int fd, int timeout_ms) {
  struct pollfd entry = {fd, POLLIN, 0};
  return poll(&entry, 1, timeout_ms) == 1 && (entry.revents & POLLIN) != 0;
}

static inline int executor_fd(tenon_executor_t *executor) {
  int fd = -1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  CHECK(fd >= 0);
  return fd;
}

typedef struct repost {
  tenon_executor_t *executor;
  uint64_t count;
  bool stop;
} repost_t;

static inline void repost_job(void *context, tenon_status_t status) {
  repost_t *repost = context;
  repost->count++;
  if (status == TENON_STATUS_OK && !repost->stop)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost->executor, repost_job, repost));
}

typedef struct loop {
  tenon_executor_t *executor;
  told_t *told;
  size_t count;
} loop_t;

static inline void *post_one_by_one(void *context) {
  loop_t *loop = context;
  for (size_t index = 0; index < loop->count; index++) {
    post(loop->executor, loop->told);
    SPIN_UNTIL((size_t)atomic_load(&loop->told->count) > index || index % 3 != 0);
  }
  return NULL;
}

typedef struct settler {
  told_t told;
  pair_t pair;
} settler_t;

static inline void settle_job(void *context, tenon_status_t status) {
  settler_t *settler = context;
  told_now(&settler->told, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(settler->pair.promise, TENON_STATUS_OK));
}

static inline void *settle_elsewhere(void *context) {
  settler_t *settler = context;
  CHECK_STATUS(TENON_STATUS_OK, settle(settler->pair.promise, TENON_STATUS_OK));
  return NULL;
}

typedef struct busy {
  told_t told;
  tenon_executor_t *executor;
  tenon_executor_t *other;
  tenon_future_t *future;
  atomic_bool is_inside;
  atomic_bool may_leave;
} busy_t;

static inline void stay_inside(void *context, tenon_status_t status) {
  busy_t *busy = context;
  told_now(&busy->told, status);
  atomic_store(&busy->is_inside, true);
  SPIN_UNTIL(atomic_load(&busy->may_leave));
}

/** One of everything that an executor can owe. */
typedef struct debts {
  tenon_executor_t *executor;
  told_t job;
  told_t completion;
  told_t queued;
  told_t cancel;
  told_t timer;
  told_t timer_far;
  pair_t pair;
  pair_t settled;
} debts_t;

static inline void debts_begin(debts_t *debts, tenon_executor_t *executor) {
  memset(debts, 0, sizeof *debts);
  debts->executor = executor;
  debts->pair = pair_create();
  debts->settled = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(debts->pair.future, executor, tell_completion,
                                        &debts->completion, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(debts->pair.promise, executor, tell, &debts->cancel, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &debts->timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 3600ull * SECOND,
                                                  tell, &debts->timer_far, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(debts->settled.future, executor,
                                                         tell_completion, &debts->queued, NULL));
  post(executor, &debts->job);
}

/** All were told: CLOSED, or what they waited for if that had come already. */
static inline void debts_end(debts_t *debts) {
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->completion);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->cancel);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->timer);
  CHECK_TOLD(TENON_STATUS_CLOSED, &debts->timer_far);
  CHECK_TOLD(atomic_load(&debts->queued.status) == TENON_STATUS_OK ? TENON_STATUS_OK
                                                                   : TENON_STATUS_CLOSED,
             &debts->queued);
  CHECK_TOLD(atomic_load(&debts->job.status) == TENON_STATUS_OK ? TENON_STATUS_OK
                                                                : TENON_STATUS_CLOSED,
             &debts->job);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, settle(debts->pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(debts->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(debts->settled.future));
  CHECK_COUNT(1, atomic_load(&debts->completion.count));
  CHECK_COUNT(1, atomic_load(&debts->cancel.count));
}

/** A closed executor refuses all that it would have to answer for. */
static inline void check_closed(tenon_executor_t *executor) {
  pair_t pair = pair_create();
  tenon_executor_statistics_t statistics = executor_statistics(executor);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(executor, pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(executor, 0, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_future_on_complete(pair.future, executor, never_completion, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_promise_on_cancel(pair.promise, executor, never, NULL, NULL));
  CHECK_COUNT(0, statistics.pending);
  CHECK_COUNT(statistics.jobs, executor_statistics(executor).jobs);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

typedef struct closer {
  told_t told;
  tenon_executor_t *executor;
  tenon_status_t answer;
  bool release;
  bool begin;
} closer_t;

static inline void close_job(void *context, tenon_status_t status) {
  closer_t *closer = context;
  told_now(&closer->told, status);
  if (closer->release) {
    closer->answer = tenon_executor_release(closer->executor);
    return;
  }
  closer->answer = closer->begin ? tenon_executor_begin_close(closer->executor, 0)
                                 : tenon_executor_close(closer->executor, TENON_FOREVER);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(closer->executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(closer->executor, 0));
}

static inline void *begin_close_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(context, 0));
  return NULL;
}

#endif
