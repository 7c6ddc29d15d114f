/* A program that does one thing with Tenon: its callback hears of a promise. */
#include <tenon/tenon.h>

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  *(tenon_status_t *)context = status;
}

int main(void) {
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_status_t status = TENON_STATUS_PENDING;
  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK ||
      tenon_promise_create(NULL, &promise, &future) != TENON_STATUS_OK ||
      tenon_future_on_complete(future, executor, told, &status, NULL) != TENON_STATUS_OK ||
      tenon_promise_resolve(promise, NULL) != TENON_STATUS_OK ||
      tenon_executor_poll(executor, NULL, NULL) != TENON_STATUS_OK)
    return 1;
  tenon_future_release(future);
  tenon_executor_release(executor);
  return status == TENON_STATUS_OK ? 0 : 1;
}
