/* Says that it is there, and waits for ever: for what a function makes of a promise that it never settles. */
#include <tenon/tenon.h>

#include <stdio.h>
#include <unistd.h>

static void give_on(void *context, tenon_status_t status, tenon_future_t *reply,
                    tenon_promise_t *page) {
  (void)context, (void)status, (void)reply;
  tenon_promise_release(page);
}

static void tell(void *context, tenon_status_t status) {
  (void)context, (void)status;
  printf("stuck %d\n", (int)getpid());
  fflush(stdout);
}

int main(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  tenon_future_t *reply, *page;
  config.name = "stuck loop";
  if (tenon_executor_create(&config, &executor) != TENON_STATUS_OK ||
      tenon_promise_create(NULL, &promise, &reply) != TENON_STATUS_OK ||
      tenon_future_map(reply, executor, give_on, NULL, &page) != TENON_STATUS_OK ||
      tenon_executor_post(executor, tell, NULL) != TENON_STATUS_OK)
    return 1;
  return tenon_executor_run_until(executor, page, TENON_FOREVER) == TENON_STATUS_OK ? 0 : 2;
}
