/* A promise that another thread resolves, and the main thread waits for; in the owned mode, so that
 * the runtime inside has to have all of itself. */
#include <tenon/tenon.h>

#include <pthread.h>
#include <stdio.h>

static void *produce(void *context) {
  tenon_value_t value = tenon_value_i64(42);
  return tenon_promise_resolve(context, &value) == TENON_STATUS_OK ? NULL : context;
}

int main(void) {
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_value_t value;
  pthread_t thread;
  if (tenon_abi_version() != TENON_ABI_VERSION)
    return 1;
  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK ||
      tenon_process_own(executor) != TENON_STATUS_OK ||
      tenon_process_get_mode() != TENON_PROCESS_OWNED)
    return 6;
  if (tenon_promise_create(NULL, &promise, &future) != TENON_STATUS_OK)
    return 2;
  if (pthread_create(&thread, NULL, produce, promise) != 0)
    return 3;
  if (tenon_future_wait(future, TENON_FOREVER) != TENON_STATUS_OK)
    return 4;
  pthread_join(thread, NULL);
  if (tenon_future_take(future, &value) != TENON_STATUS_OK || value.as.i64 != 42)
    return 5;
  tenon_future_release(future);
  if (tenon_executor_close(executor, TENON_FOREVER) != TENON_STATUS_OK)
    return 7;
  tenon_executor_release(executor);
  printf("promise %s\n", tenon_version_string());
  return 0;
}
