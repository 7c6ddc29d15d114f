/* A libuv program: a job posted from another thread, and a future that completes on the loop. */
#include <tenon/tenon.h>
#include <tenon/uv.h>

#include <pthread.h>
#include <stdio.h>

static uv_loop_t loop;
static tenon_executor_t *executor;
static tenon_promise_t *promise;
static pthread_t loop_thread;
static int failed, told;

static void detached(void *context, tenon_status_t status) {
  (void)context;
  told++;
  if (status != TENON_STATUS_OK)
    failed = 1;
}

static void completed(void *context, tenon_status_t status, tenon_future_t *future) {
  tenon_value_t value;
  told++;
  if (context != &loop || status != TENON_STATUS_OK || !pthread_equal(pthread_self(), loop_thread))
    failed = 2;
  else if (tenon_future_take(future, &value) != TENON_STATUS_OK || value.as.i64 != 7)
    failed = 3;
  if (tenon_uv_detach(executor, TENON_FOREVER, detached, NULL) != TENON_STATUS_OK)
    failed = 4;
}

static void posted(void *context, tenon_status_t status) {
  tenon_value_t value = tenon_value_i64(7);
  told++;
  if (context != NULL || status != TENON_STATUS_OK || !pthread_equal(pthread_self(), loop_thread))
    failed = 5;
  if (tenon_promise_resolve(promise, &value) != TENON_STATUS_OK)
    failed = 6;
}

static void *post(void *context) {
  if (tenon_executor_post(executor, posted, context) != TENON_STATUS_OK)
    failed = 7;
  return NULL;
}

int main(void) {
  tenon_future_t *future;
  pthread_t thread;
  loop_thread = pthread_self();
  uv_loop_init(&loop);
  if (tenon_uv_attach(&loop, NULL, &executor) != TENON_STATUS_OK ||
      tenon_promise_create(NULL, &promise, &future) != TENON_STATUS_OK ||
      tenon_future_on_complete(future, executor, completed, &loop, NULL) != TENON_STATUS_OK)
    return 10;
  if (pthread_create(&thread, NULL, post, NULL) != 0)
    return 11;
  uv_run(&loop, UV_RUN_DEFAULT);
  pthread_join(thread, NULL);
  tenon_future_release(future);
  tenon_executor_release(executor);
  if (uv_loop_close(&loop) != 0)
    return 12;
  if (failed || told != 3)
    return failed ? failed : 13;
  puts("uv done");
  return 0;
}
