/* Promises, futures, what is made of them, and scopes. */
#include "exhaust.h"

#include <pthread.h>
#include <unistd.h>

CASE(promise_create) {
  begin();
  need_pair();
}

static void resolve(pair_t pair) {
  tenon_value_t value = counted();
  MUST(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
}

CASE(promise_resolve) {
  pair_t pair = need_pair();
  need_registration(pair.future, NULL);
  need_registration(pair.future, need_executor());
  begin();
  resolve(pair);
}

static void *resolve_elsewhere(void *pair) {
  resolve(*(pair_t *)pair);
  return NULL;
}

CASE_2(promise_resolve, on_another_thread) {
  pair_t pair = need_pair();
  pthread_t thread;
  need_registration(pair.future, NULL);
  need_registration(pair.future, need_executor());
  begin();
  if (pthread_create(&thread, NULL, resolve_elsewhere, &pair) == 0)
    pthread_join(thread, NULL);
}

CASE(promise_reject) {
  pair_t pair = need_pair();
  tenon_error_t *error = need_error();
  need_registration(pair.future, need_executor());
  begin();
  MUST(TENON_STATUS_OK, tenon_promise_reject(pair.promise, error));
}

CASE(promise_cancel) {
  pair_t pair = need_pair();
  need_registration(pair.future, need_executor());
  begin();
  MUST(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
}

CASE(promise_release) {
  pair_t pair = need_pair();
  need_registration(pair.future, need_executor());
  need_registration(pair.future, NULL);
  begin();
  MUST(TENON_STATUS_OK, tenon_promise_release(pair.promise));
}

CASE(promise_is_cancelled) {
  pair_t pair = need_pair();
  begin();
  CHECK(!tenon_promise_is_cancelled(pair.promise));
}

CASE(promise_copy_reason) {
  pair_t pair = need_pair();
  tenon_error_t *reason = NULL;
  MUST(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_promise_copy_reason(pair.promise, &reason)))
    keep_error(reason);
}

CASE(promise_on_cancel) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_promise_on_cancel(pair.promise, executor, tell, NULL, NULL));
  REGISTERS(tenon_promise_on_cancel(pair.promise, NULL, tell, NULL, NULL));
  MUST(TENON_STATUS_OK, tenon_future_cancel(pair.future));
}

CASE(registration_forget) {
  pair_t pair = need_pair();
  tenon_registration_t *registration = need_registration(pair.future, need_executor());
  begin();
  MUST(TENON_STATUS_OK, tenon_registration_forget(registration));
}

/* MARK: Futures */

CASE(future_retain) {
  pair_t pair = need_pair();
  begin();
  MUST(TENON_STATUS_OK, tenon_future_retain(pair.future));
  MUST(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(future_release) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  if (!MAY(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future)))
    return;
  bool is_told = REGISTERS(tenon_promise_on_cancel(promise, NULL, tell, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_future_release(future));
  CHECK(!is_told || tenon_promise_is_cancelled(promise));
  MUST(TENON_STATUS_OK, tenon_promise_release(promise));
}

CASE_2(future_release, with_a_value) {
  pair_t pair = need_pair();
  resolve(pair);
  MUST(TENON_STATUS_OK, tenon_future_retain(pair.future));
  begin();
  MUST(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(future_poll) {
  pair_t pair = need_pair();
  begin();
  MUST(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
}

CASE(future_peek) {
  tenon_future_t *future = need_settled(TENON_STATUS_OK);
  tenon_value_t value = tenon_value_none();
  begin();
  MUST(TENON_STATUS_OK, tenon_future_peek(future, &value));
}

CASE(future_take) {
  tenon_future_t *future = need_settled(TENON_STATUS_OK);
  tenon_value_t value = tenon_value_none();
  begin();
  MUST(TENON_STATUS_OK, tenon_future_take(future, &value));
  drop(&value);
}

CASE(future_consume) {
  tenon_future_t *future = need_settled(TENON_STATUS_OK);
  tenon_value_t value = tenon_value_none();
  MUST(TENON_STATUS_OK, tenon_future_retain(future));
  begin();
  MUST(TENON_STATUS_OK, tenon_future_consume(future, &value));
  drop(&value);
}

CASE(future_copy_error) {
  tenon_future_t *future = need_settled(TENON_STATUS_REJECTED);
  tenon_error_t *error = NULL;
  begin();
  MUST(TENON_STATUS_OK, tenon_future_copy_error(future, &error));
  keep_error(error);
}

CASE_2(future_copy_error, of_a_broken_promise) {
  pair_t pair = need_pair();
  tenon_error_t *error = NULL;
  MUST(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_future_copy_error(pair.future, &error)))
    keep_error(error);
}

CASE(future_cancel) {
  pair_t pair = need_pair();
  REGISTERS(tenon_promise_on_cancel(pair.promise, need_executor(), tell, NULL, NULL));
  REGISTERS(tenon_promise_on_cancel(pair.promise, NULL, tell, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_future_cancel(pair.future));
}

CASE(future_cancel_with) {
  pair_t pair = need_pair();
  tenon_error_t *reason = need_error();
  REGISTERS(tenon_promise_on_cancel(pair.promise, NULL, tell, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_future_cancel_with(pair.future, reason));
}

CASE(future_detach) {
  pair_t pair = need_pair();
  begin();
  MUST(TENON_STATUS_OK, tenon_future_detach(pair.future));
}

CASE(future_on_complete) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_future_on_complete(pair.future, executor, tell_completion, NULL, NULL));
  REGISTERS(tenon_future_on_complete(pair.future, NULL, tell_completion, NULL, NULL));
  resolve(pair);
  REGISTERS(tenon_future_on_complete(pair.future, executor, tell_completion, NULL, NULL));
}

CASE(future_on_complete_if_pending) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(
      tenon_future_on_complete_if_pending(pair.future, executor, tell_completion, NULL, NULL));
}

CASE(future_wait) {
  pair_t pair = need_pair();
  begin();
  MAY(TENON_STATUS_TIMEOUT, tenon_future_wait(pair.future, 1000));
}

static tenon_future_t *need_sleep(tenon_executor_t *executor) {
  tenon_future_t *sleep = NULL;
  if (MAY(TENON_STATUS_OK, tenon_future_sleep(executor, 1000, &sleep)))
    keep_future(sleep);
  return sleep;
}

static void settle_in_job(void *promise, tenon_status_t status) {
  (void)status;
  MUST(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
}

/** The future of a job, or NULL. */
static tenon_future_t *start_job(tenon_executor_t *executor) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  config.executor = executor;
  if (!MAY(TENON_STATUS_OK, tenon_promise_create(&config, &promise, &future)))
    return NULL;
  keep_future(future);
  if (MAY(TENON_STATUS_OK, tenon_executor_post(executor, settle_in_job, promise)))
    return future;
  MUST(TENON_STATUS_OK, tenon_promise_release(promise));
  return NULL;
}

/** Waits for what is readable, in each way that may be refused. */
static void wait_for_descriptor(tenon_status_t (*function)(tenon_executor_t *, int,
                                                           tenon_future_t **)) {
  tenon_executor_t *executor = need_executor();
  tenon_future_t *future = NULL;
  int fds[2];
  if (pipe(fds) != 0)
    return;
  begin();
  if (MAY(TENON_STATUS_OK, function(executor, fds[1], &future))) {
    keep_future(future);
    tenon_executor_poll(executor, NULL, NULL);
    /* There is room in the pipe: it has been told that, or why nobody can tell. */
    CHECK(function != tenon_future_writable || tenon_future_poll(future) != TENON_STATUS_PENDING);
  }
}

CASE(future_readable) { wait_for_descriptor(tenon_future_readable); }

CASE(future_writable) { wait_for_descriptor(tenon_future_writable); }

static void do_nothing(void *context, tenon_status_t status) { (void)context, (void)status; }

CASE_2(future_writable, behind_as_many_jobs_as_a_queue_has_room_for) {
  tenon_executor_t *executor = need_executor();
  for (int count = 0; count < 64; count++)
    MAY(TENON_STATUS_OK, tenon_executor_post(executor, do_nothing, NULL));
  wait_for_descriptor(tenon_future_writable);
}

CASE_2(future_wait, for_an_executors_work) {
  tenon_future_t *sleep = need_sleep(need_executor());
  begin();
  if (sleep)
    MAY(TENON_STATUS_OK, tenon_future_wait(sleep, TENON_FOREVER));
}

/* A pool for which the system has no thread: whoever waits does what it has to do. */

static void wait_for_pool(tenon_future_t *(*start)(tenon_executor_t *)) {
  tenon_executor_t *pool = need_pool();
  begin();
  tenon_future_t *future = start(pool);
  if (future)
    MAY(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER));
  MUST(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
}

CASE_2(future_wait, for_a_pools_work) { wait_for_pool(start_job); }

CASE_2(future_wait, for_a_pools_timer) { wait_for_pool(need_sleep); }

CASE_2(executor_run_until, until_a_pools_timer) {
  tenon_executor_t *pool = need_pool();
  begin();
  tenon_future_t *sleep = need_sleep(pool);
  MAY(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK(!sleep || tenon_future_poll(sleep) == TENON_STATUS_OK);
  MUST(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
}

CASE_2(executor_run_until, of_threads) {
  tenon_executor_t *pool = need_pool();
  begin();
  tenon_future_t *future = start_job(pool);
  if (future)
    MAY(TENON_STATUS_OK, tenon_executor_run_until(pool, future, TENON_FOREVER));
  REGISTERS(tenon_executor_post(pool, tell, NULL));
  MAY(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  MUST(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
}

/* MARK: Combinators */

static void combine(tenon_status_t (*function)(tenon_future_t *const *, size_t, uint32_t,
                                               tenon_future_t **)) {
  tenon_future_t *combined = NULL;
  pair_t pairs[] = {need_pair(), need_pair()};
  tenon_future_t *futures[] = {pairs[0].future, pairs[1].future};
  begin();
  if (!MAY(TENON_STATUS_OK, function(futures, 2, TENON_COMBINE_FLAG_KEEP, &combined)))
    return;
  keep_future(combined);
  REGISTERS(tenon_future_on_complete(combined, NULL, tell_completion, NULL, NULL));
  resolve(pairs[0]);
  resolve(pairs[1]);
  CHECK(tenon_future_poll(combined) != TENON_STATUS_PENDING);
}

CASE(future_all) { combine(tenon_future_all); }
CASE(future_all_settled) { combine(tenon_future_all_settled); }
CASE(future_any) { combine(tenon_future_any); }
CASE(future_race) { combine(tenon_future_race); }

CASE(future_timeout) {
  tenon_future_t *combined = NULL;
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_future_timeout(pair.future, executor, 1000, &combined))) {
    keep_future(combined);
    MAY(TENON_STATUS_REJECTED, tenon_executor_run_until(executor, combined, TENON_FOREVER));
  }
}

CASE(future_sleep) {
  tenon_executor_t *executor = need_executor();
  begin();
  tenon_future_t *sleep = need_sleep(executor);
  if (sleep)
    MAY(TENON_STATUS_OK, tenon_executor_run_until(executor, sleep, TENON_FOREVER));
}

static void map(void *context, tenon_status_t status, tenon_future_t *future,
                tenon_promise_t *promise) {
  tenon_value_t value = tenon_value_i64(1);
  tell_completion(context, status, future);
  MUST(TENON_STATUS_OK, tenon_promise_resolve(promise, &value));
}

CASE(future_map) {
  tenon_future_t *mapped = NULL;
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  begin();
  /* It takes the future's reference. */
  MUST(TENON_STATUS_OK, tenon_future_retain(pair.future));
  if (REGISTERS(tenon_future_map(pair.future, executor, map, NULL, &mapped)))
    keep_future(mapped);
  else
    MUST(TENON_STATUS_OK, tenon_future_release(pair.future));
}

/* MARK: Scopes */

CASE(scope_open) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  tenon_scope_t *scope = NULL;
  config.parent = need_scope();
  config.executor = need_executor();
  config.deadline_ns = tenon_timer_now_ns() + 1000;
  config.name = "a scope with a name of some length";
  begin();
  if (MAY(TENON_STATUS_OK, tenon_scope_open(&config, &scope)))
    MUST(TENON_STATUS_OK, tenon_scope_release(scope));
}

CASE(scope_retain) {
  tenon_scope_t *scope = need_scope();
  begin();
  MUST(TENON_STATUS_OK, tenon_scope_retain(scope));
  MUST(TENON_STATUS_OK, tenon_scope_release(scope));
}

CASE(scope_release) {
  tenon_scope_t *scope = NULL;
  pair_t pair = need_pair();
  if (!MAY(TENON_STATUS_OK, tenon_scope_open(NULL, &scope)))
    return;
  MAY(TENON_STATUS_OK, tenon_scope_add(scope, pair.future));
  begin();
  MUST(TENON_STATUS_OK, tenon_scope_release(scope));
}

CASE(scope_add) {
  tenon_scope_t *scope = need_scope();
  pair_t pair = need_pair();
  begin();
  MAY(TENON_STATUS_OK, tenon_scope_add(scope, pair.future));
}

static tenon_status_t range(void *context, size_t first, size_t end) {
  (void)context;
  (void)first;
  (void)end;
  return TENON_STATUS_OK;
}

CASE(scope_for) {
  tenon_scope_t *scope = need_scope();
  tenon_executor_t *pool = need_pool();
  begin();
  MAY(TENON_STATUS_OK, tenon_scope_for(scope, pool, 100, 1, range, NULL));
}

CASE(executor_for) {
  tenon_executor_t *pool = need_pool();
  begin();
  MAY(TENON_STATUS_OK, tenon_executor_for(pool, 100, 1, range, NULL));
}

CASE(scope_cancel) {
  tenon_scope_t *scope = need_scope();
  pair_t pair = need_pair();
  tenon_error_t *reason = need_error();
  bool is_in = MAY(TENON_STATUS_OK, tenon_scope_add(scope, pair.future));
  begin();
  MUST(TENON_STATUS_OK, tenon_scope_cancel(scope, reason));
  CHECK(!is_in || tenon_promise_is_cancelled(pair.promise));
}

CASE(scope_close) {
  tenon_scope_t *scope = need_scope();
  pair_t pair = need_pair();
  tenon_future_t *end = NULL;
  MAY(TENON_STATUS_OK, tenon_scope_add(scope, pair.future));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_scope_close(scope, &end)))
    keep_future(end);
  resolve(pair);
}

CASE(scope_get_deadline_ns) {
  uint64_t deadline = 0;
  tenon_scope_t *scope = need_scope();
  begin();
  MUST(TENON_STATUS_OK, tenon_scope_get_deadline_ns(scope, &deadline));
}

CASE(scope_copy_reason) {
  tenon_scope_t *scope = need_scope();
  tenon_error_t *reason = need_error();
  MUST(TENON_STATUS_OK, tenon_scope_cancel(scope, reason));
  begin();
  if (MAY(TENON_STATUS_OK, tenon_scope_copy_reason(scope, &reason)))
    keep_error(reason);
}

CASE(future_set_name) {
  pair_t pair = need_pair();
  begin();
  MAY(TENON_STATUS_OK, tenon_future_set_name(pair.future, "reply", TENON_HERE));
}

CASE(promise_set_wait) {
  pair_t pair = need_pair(), other = need_pair();
  begin();
  MUST(TENON_STATUS_OK, tenon_promise_set_wait(pair.promise, NULL, NULL, NULL));
  MAY(TENON_STATUS_OK, tenon_promise_set_wait(pair.promise, other.future, "a reply", TENON_HERE));
  MUST(TENON_STATUS_OK, tenon_promise_set_wait(pair.promise, NULL, NULL, NULL));
}
