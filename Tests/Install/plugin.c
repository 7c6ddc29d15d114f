/* A plugin with all of Tenon inside. */
#include <tenon/tenon.h>

static void job(void *context, tenon_status_t status) {
  if (status == TENON_STATUS_OK)
    ++*(int *)context;
}

/* Runs a job and a timer; the number of jobs that ran. */
int plugin_run(void) {
  tenon_executor_t *executor;
  tenon_future_t *nap;
  int jobs = 0;
  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK)
    return -1;
  if (tenon_executor_post(executor, job, &jobs) != TENON_STATUS_OK ||
      tenon_future_sleep(executor, 1000, &nap) != TENON_STATUS_OK ||
      tenon_executor_run_until(executor, nap, TENON_FOREVER) != TENON_STATUS_OK ||
      tenon_future_release(nap) != TENON_STATUS_OK)
    return -2;
  return tenon_executor_release(executor) == TENON_STATUS_OK ? jobs : -3;
}
