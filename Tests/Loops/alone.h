/*
 * tenon_executor_run_until() of an executor whose loop is gone keeps its time, on whichever thread.
 */
#ifndef TESTS_LOOPS_ALONE_H
#define TESTS_LOOPS_ALONE_H

#include <pthread.h>
#include <stdio.h>
#include <sys/wait.h>
#include <tenon/adapter_check.h>
#include <tenon/tenon.h>
#include <unistd.h>

/** NULL: it has. */
static void *sleep_alone(void *context) {
  tenon_executor_t *executor = (tenon_executor_t *)context;
  tenon_future_t *sleep;
  tenon_status_t status;
  if (tenon_future_sleep(executor, 5000000, &sleep) != TENON_STATUS_OK)
    return context;
  status = tenon_executor_run_until(executor, sleep, TENON_FOREVER);
  tenon_future_release(sleep);
  return status == TENON_STATUS_OK ? NULL : context;
}

static int run_alone(const tenon_adapter_subject_t *subject) {
  tenon_executor_t *executor;
  pthread_t thread;
  void *failed = NULL;
  void *loop = subject->create();
  alarm(60);
  if (subject->attach(loop, &executor) != TENON_STATUS_OK)
    return 1;
  subject->destroy(loop);
  if (sleep_alone(executor) || pthread_create(&thread, NULL, sleep_alone, executor) != 0 ||
      pthread_join(thread, &failed) != 0 || failed)
    return 1;
  tenon_executor_close(executor, 0);
  return tenon_executor_release(executor) != TENON_STATUS_OK;
}

static int check_alone(const tenon_adapter_subject_t *subject) {
  int status = -1;
  const pid_t child = fork();
  if (child == 0)
    _exit(run_alone(subject));
  waitpid(child, &status, 0);
  if (status != 0)
    fprintf(stderr, "%s: not so: run_until() without a loop keeps its time\n", subject->name);
  return status;
}

#endif /* TESTS_LOOPS_ALONE_H */
