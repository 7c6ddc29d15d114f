/*
 * A fork's child that goes on with a loop does not wait for what is the parent's.
 */
#ifndef TESTS_LOOPS_CHILD_H
#define TESTS_LOOPS_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <tenon/adapter_check.h>
#include <tenon/tenon.h>
#include <unistd.h>

/** `go_on` is what the loop wants to be called in a child. */
static int check_child(const tenon_adapter_subject_t *subject, void (*go_on)(void *loop)) {
  void *loop = subject->create();
  tenon_executor_t *executor;
  tenon_future_t *sleep;
  int status = -1;
  if (subject->attach(loop, &executor) != TENON_STATUS_OK ||
      tenon_future_sleep(executor, UINT64_C(3600000000000), &sleep) != TENON_STATUS_OK ||
      tenon_executor_run_until(executor, sleep, 1000000) != TENON_STATUS_TIMEOUT)
    return 1;
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    go_on(loop);
    subject->run(loop);
    _exit(tenon_executor_post(executor, NULL, NULL) == TENON_STATUS_OK);
  }
  waitpid(child, &status, 0);
  if (status != 0)
    fprintf(stderr, "%s: not so: a fork's child does not wait for the parent's work\n",
            subject->name);
  tenon_future_cancel(sleep);
  tenon_future_release(sleep);
  subject->detach(executor, TENON_FOREVER, NULL, NULL);
  subject->run(loop);
  tenon_executor_release(executor);
  subject->destroy(loop);
  return status;
}

#endif /* TESTS_LOOPS_CHILD_H */
