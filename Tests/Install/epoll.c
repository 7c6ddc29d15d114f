/* An adapter that is a header, and the kit that checks adapters, as they are installed. */
#define _GNU_SOURCE
#include <stdio.h>
#include <tenon/adapter_check.h>
#include <tenon/epoll.h>

static void job(void *context, tenon_status_t status) {
  *(int *)context += status == TENON_STATUS_OK;
}

int main(void) {
  const tenon_adapter_subject_t nothing = TENON_ADAPTER_SUBJECT_INIT;
  tenon_epoll_t *loop;
  tenon_executor_t *executor;
  int ran = 0;
  if (tenon_adapter_check(&nothing, NULL) != -1 || tenon_epoll_create(&loop) != TENON_STATUS_OK ||
      tenon_epoll_attach(loop, NULL, &executor) != TENON_STATUS_OK ||
      tenon_executor_post(executor, job, &ran) != TENON_STATUS_OK)
    return 1;
  tenon_epoll_run(loop); /* ends by itself */
  tenon_epoll_destroy(loop);
  if (tenon_epoll_detach(executor, 0, NULL, NULL) != TENON_STATUS_OK ||
      tenon_executor_release(executor) != TENON_STATUS_OK)
    return 1;
  printf("%d job\n", ran);
  return ran != 1;
}
