/*
 * A pool for which the system has no thread at all, from the first to the last: whoever waits does what it has to do.
 */
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <tenon/tenon.h>
#include <unistd.h>

/** Instead of the C library's. */
int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *context) {
  (void)thread;
  (void)attributes;
  (void)run;
  (void)context;
  return EAGAIN;
}

static const unsigned seconds_max = 60;
static int failures, told;

static void expect(tenon_status_t expected, tenon_status_t status, const char *what) {
  if (status == expected)
    return;
  failures++;
  fprintf(stderr, "threadless: %s: %s\n", what, tenon_status_name(status));
}

static void tell(void *context, tenon_status_t status) {
  (void)context;
  told += status == TENON_STATUS_OK;
}

static void settle(void *promise, tenon_status_t status) {
  tell(NULL, status);
  tenon_promise_resolve(promise, NULL);
}

/** The future of a job. */
static tenon_future_t *post(tenon_executor_t *pool) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  config.executor = pool;
  expect(TENON_STATUS_OK, tenon_promise_create(&config, &promise, &future), "a promise");
  expect(TENON_STATUS_OK, tenon_executor_post(pool, settle, promise), "a job");
  return future;
}

typedef struct nested {
  tenon_executor_t *pool;
  tenon_promise_t *promise;
} nested_t;

/** A job that waits for another one. */
static void wait_in_job(void *context, tenon_status_t status) {
  nested_t *nested = context;
  tenon_future_t *future = post(nested->pool);
  expect(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER), "a wait in a job");
  tenon_future_release(future);
  settle(nested->promise, status);
}

static tenon_status_t range(void *context, size_t begin, size_t end) {
  *(size_t *)context += end - begin;
  return TENON_STATUS_OK;
}

int main(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_promise_config_t of_pool = TENON_PROMISE_CONFIG_INIT;
  nested_t nested = {NULL, NULL};
  tenon_executor_t *pool;
  tenon_future_t *future;
  size_t count = 0;
  alarm(seconds_max); /* one that waits for a thread waits for ever */
  config.threads_max = 2;
  expect(TENON_STATUS_OK, tenon_executor_create(&config, &pool), "a pool");

  future = post(pool);
  expect(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER), "a wait");
  tenon_future_release(future);
  future = post(pool);
  expect(TENON_STATUS_OK, tenon_executor_run_until(pool, future, TENON_FOREVER), "a run");
  tenon_future_release(future);

  nested.pool = of_pool.executor = pool;
  tenon_promise_create(&of_pool, &nested.promise, &future);
  expect(TENON_STATUS_OK, tenon_executor_post(pool, wait_in_job, &nested), "a job that waits");
  expect(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER), "a wait for it");
  tenon_future_release(future);

  expect(TENON_STATUS_OK, tenon_future_sleep(pool, 1000000, &future), "a sleep");
  expect(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER), "a wait for a sleep");
  tenon_future_release(future);
  expect(TENON_STATUS_OK, tenon_future_sleep(pool, 1000000, &future), "another sleep");
  expect(TENON_STATUS_OK, tenon_executor_run_until(pool, future, TENON_FOREVER),
         "a run for a sleep");
  tenon_future_release(future);

  tenon_promise_create(&of_pool, &nested.promise, &future);
  expect(TENON_STATUS_TIMEOUT, tenon_future_wait(future, 1000000), "a wait for nothing");
  tenon_promise_cancel(nested.promise);
  tenon_future_release(future);

  expect(TENON_STATUS_OK, tenon_executor_for(pool, 100, 1, range, &count), "a loop");
  expect(TENON_STATUS_OK, tenon_executor_post(pool, tell, NULL), "a job for nobody");
  expect(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER),
         "a run until nothing is left");
  expect(TENON_STATUS_OK, tenon_executor_post(pool, tell, NULL), "a job for the close");
  expect(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER), "the close");
  expect(TENON_STATUS_OK, tenon_executor_release(pool), "the last release");
  if (told != 6 || count != 100) {
    failures++;
    fprintf(stderr, "threadless: %d jobs ran, and %zu rounds of a loop\n", told, count);
  }
  return failures != 0;
}
