/* Executors and timers. */
#include "exhaust.h"

#include <pthread.h>
#include <unistd.h>

CASE(executor_create) {
  begin();
  need_executor();
}

CASE_2(executor_create, with_threads) {
  begin();
  need_pool();
}

static void wake(void *context) { (void)context; }

static tenon_executor_t *create_hosted(void) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *executor = NULL;
  host.wake = wake;
  config.host = &host;
  config.name = "a host's executor";
  if (MAY(TENON_STATUS_OK, tenon_executor_create(&config, &executor)))
    keep_executor(executor);
  return executor;
}

CASE_2(executor_create, with_a_host) {
  begin();
  create_hosted();
}

CASE(executor_retain) {
  tenon_executor_t *executor = need_executor();
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_retain(executor));
  MUST(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(executor_release) {
  tenon_executor_t *executor = NULL;
  pair_t pair = need_pair();
  if (!MAY(TENON_STATUS_OK, tenon_executor_create(NULL, &executor)))
    return;
  REGISTERS(tenon_executor_post(executor, tell, NULL));
  REGISTERS(tenon_timer_start(executor, TENON_FOREVER, tell, NULL, NULL));
  REGISTERS(tenon_future_on_complete(pair.future, executor, tell_completion, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(executor_fd) {
  int fd = -1;
  tenon_executor_t *executor = need_executor();
  begin();
  MAY(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  REGISTERS(tenon_executor_post(executor, tell, NULL));
}

CASE(executor_poll) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  need_registration(pair.future, executor);
  need_timer(executor, 0);
  need_timer(executor, tenon_timer_now_ns() + 1000);
  need_timer(executor, tenon_timer_now_ns() + 1000000000000);
  REGISTERS(tenon_executor_post(executor, tell, NULL));
  tenon_value_t value = counted();
  MUST(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  begin();
  poll_all(executor);
}

CASE(executor_run_until) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  REGISTERS(tenon_executor_post(executor, tell, NULL));
  begin();
  MAY(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 1000));
  MAY(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, 1000));
}

CASE(executor_post) {
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_executor_post(executor, tell, NULL));
}

static void post_more(void *executor, tenon_status_t status) {
  tell(NULL, status);
  if (status == TENON_STATUS_OK)
    REGISTERS(tenon_executor_post(executor, tell, NULL));
}

CASE_2(executor_post, in_a_job) {
  tenon_executor_t *executor = need_executor();
  if (!REGISTERS(tenon_executor_post(executor, post_more, executor)))
    return;
  begin();
  poll_all(executor);
}

/* The loop's thread adds to what a poll runs, which is full. */
CASE_2(executor_post, again) {
  tenon_executor_t *executor = need_executor();
  for (int index = 0; index < 64; index++)
    REGISTERS(tenon_executor_post(executor, tell, NULL));
  begin();
  REGISTERS(tenon_executor_post(executor, tell, NULL));
}

CASE_2(executor_post, to_threads) {
  tenon_executor_t *pool = need_pool();
  begin();
  REGISTERS(tenon_executor_post(pool, tell, NULL));
  MUST(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
}

static void *post_elsewhere(void *executor) {
  REGISTERS(tenon_executor_post(executor, tell, NULL));
  return NULL;
}

CASE_2(executor_post, from_another_thread) {
  tenon_executor_t *executor = need_executor();
  pthread_t thread;
  begin();
  if (pthread_create(&thread, NULL, post_elsewhere, executor) == 0)
    pthread_join(thread, NULL);
}

CASE(executor_get_now_ns) {
  uint64_t time = 0;
  tenon_executor_t *executor = need_executor();
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_get_now_ns(executor, &time));
}

CASE(executor_is_current) {
  tenon_executor_t *executor = need_executor();
  begin();
  MUST(TENON_STATUS_UNSUPPORTED,
       tenon_executor_is_current(executor) ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED);
}

CASE(executor_interrupt) {
  tenon_executor_t *executor = need_executor();
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_interrupt(executor));
  MUST(TENON_STATUS_INTERRUPTED, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
}

CASE(executor_set_pool) {
  tenon_executor_t *executor = need_executor();
  tenon_executor_t *pool = need_pool();
  begin();
  MAY(TENON_STATUS_OK, tenon_executor_set_pool(executor, pool));
}

static void fill(tenon_executor_t *executor, pair_t pair) {
  need_registration(pair.future, executor);
  need_timer(executor, TENON_FOREVER);
  need_timer(executor, tenon_timer_now_ns() + 1000000000000);
  REGISTERS(tenon_executor_post(executor, tell, NULL));
  REGISTERS(tenon_promise_on_cancel(pair.promise, executor, tell, NULL, NULL));
}

CASE(executor_close) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  fill(executor, pair);
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_close(executor, 0));
}

CASE_2(executor_close, of_what_waits_for_a_descriptor) {
  tenon_executor_t *executor = need_executor();
  tenon_future_t *future = NULL;
  int fds[2];
  if (pipe(fds) != 0)
    return;
  if (MAY(TENON_STATUS_OK, tenon_future_readable(executor, fds[0], &future)))
    keep_future(future);
  poll_all(executor);
  /* Otherwise it could not be watched. */
  bool waits = future && tenon_future_poll(future) == TENON_STATUS_PENDING;
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  /* Also where there is no memory for the error that says why. */
  CHECK(!waits || tenon_future_poll(future) == TENON_STATUS_CANCELLED);
  close(fds[0]);
  close(fds[1]);
}

CASE_2(executor_close, of_threads) {
  pair_t pair = need_pair();
  tenon_executor_t *pool = need_pool();
  fill(pool, pair);
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
}

CASE_2(executor_close, that_cancels) {
  tenon_executor_t *executor = need_executor();
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  config.executor = executor;
  if (!MAY(TENON_STATUS_OK, tenon_promise_create(&config, &promise, &future)))
    return;
  keep_future(future);
  bool is_told = REGISTERS(tenon_promise_on_cancel(promise, NULL, tell, NULL, NULL));
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK(!is_told || tenon_promise_is_cancelled(promise));
  MUST(TENON_STATUS_OK, tenon_promise_release(promise));
}

CASE(executor_begin_close) {
  pair_t pair = need_pair();
  tenon_executor_t *executor = need_executor();
  fill(executor, pair);
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_begin_close(executor, 0));
}

CASE(executor_get_host_context) {
  void *context = NULL;
  tenon_executor_t *executor = create_hosted();
  if (!executor)
    return;
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_get_host_context(executor, wake, &context));
}

CASE(executor_copy_unfinished) {
  tenon_value_t names = tenon_value_none();
  tenon_executor_t *executor = need_executor();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_executor_copy_unfinished(executor, &names)))
    drop(&names);
}

CASE(executor_get_statistics) {
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_executor_t *executor = need_executor();
  begin();
  MUST(TENON_STATUS_OK, tenon_executor_get_statistics(executor, &statistics));
}

/* MARK: Timers */

CASE(timer_now_ns) {
  begin();
  CHECK(tenon_timer_now_ns() != 0);
}

CASE(timer_start) {
  tenon_executor_t *executor = need_executor();
  begin();
  REGISTERS(tenon_timer_start(executor, 0, tell, NULL, NULL));
  REGISTERS(tenon_timer_start(executor, tenon_timer_now_ns() + 1000000000000, tell, NULL, NULL));
}

static void arm(void *executor, tenon_status_t status) {
  tell(NULL, status);
  if (status == TENON_STATUS_OK)
    REGISTERS(tenon_timer_start(executor, 0, tell, NULL, NULL));
}

CASE_2(timer_start, in_a_job) {
  tenon_executor_t *executor = need_executor();
  if (!REGISTERS(tenon_executor_post(executor, arm, executor)))
    return;
  begin();
  poll_all(executor);
}

CASE_2(timer_start, on_threads) {
  tenon_executor_t *pool = need_pool();
  begin();
  REGISTERS(tenon_timer_start(pool, 0, tell, NULL, NULL));
}

CASE(timer_cancel) {
  tenon_executor_t *executor = need_executor();
  tenon_timer_t *timer = need_timer(executor, TENON_FOREVER);
  begin();
  MUST(TENON_STATUS_OK, tenon_timer_cancel(timer));
}
