/* The part of the tree that is C's. */
#include "tree.h"

#include <stdlib.h>

struct work {
  tenon_promise_t *promise;
  tenon_executor_t *executor;
  void *log;
};

static void end(void *context, tenon_status_t status) {
  struct work *work = context;
  (void)status;
  tree_say(work->log, "c1 has ended");
  tenon_promise_cancel(work->promise);
  free(work);
}

static void asked(void *context, tenon_status_t status) {
  struct work *work = context;
  if (status != TENON_STATUS_CANCELLED) {
    free(work);
    return;
  }
  tree_say(work->log, "c1 is asked to end");
  tenon_executor_post(work->executor, end, work);
}

tenon_status_t tree_start_c(tenon_executor_t *executor, void *log, tenon_future_t **future_out) {
  struct work *work = malloc(sizeof *work);
  if (!work)
    return TENON_STATUS_NO_RESOURCES;
  work->executor = executor;
  work->log = log;
  tenon_status_t status = tenon_promise_create(NULL, &work->promise, future_out);
  if (status != TENON_STATUS_OK) {
    free(work);
    return status;
  }
  return tenon_promise_on_cancel(work->promise, NULL, asked, work, NULL);
}
