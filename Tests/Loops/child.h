/*
 * A fork's child that goes on with a loop does not wait for what is the parent's, and takes nothing of it.
 */
#ifndef TESTS_LOOPS_CHILD_H
#define TESTS_LOOPS_CHILD_H

#include <stdio.h>
#include <sys/wait.h>
#include <tenon/adapter_check.h>
#include <tenon/tenon.h>
#include <time.h>
#include <unistd.h>

typedef struct forked {
  const tenon_adapter_subject_t *subject;
  void *loop;
  int jobs;
} forked_t;

static void stop_forked(void *context) {
  const forked_t *forked = (const forked_t *)context;
  forked->subject->stop(forked->loop);
}

static void run_forked(void *context, tenon_status_t status) {
  forked_t *forked = (forked_t *)context;
  if (status != TENON_STATUS_OK)
    return;
  forked->jobs++;
  stop_forked(forked);
}

/** For 20 ms, or until it ends by itself. */
static void run_a_while(forked_t *forked) {
  if (!(forked->subject->traits & TENON_ADAPTER_TRAIT_ENDS))
    forked->subject->after(forked->loop, 20, stop_forked, forked);
  forked->subject->run(forked->loop);
}

static int go_on_in_child(forked_t *forked, tenon_executor_t *executor, void (*go_on)(void *loop)) {
  struct timespec used;
  alarm(60);
  if (go_on)
    go_on(forked->loop);
  run_a_while(forked);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  /* It has slept: a turn for each of what the parent has would take all of a minute. */
  return tenon_executor_post(executor, NULL, NULL) == TENON_STATUS_OK || forked->jobs != 0 ||
         used.tv_sec > 10;
}

/** `go_on` is what the loop wants to be called in a child; NULL: nothing. */
static int check_child(const tenon_adapter_subject_t *subject, void (*go_on)(void *loop)) {
  forked_t forked = {subject, subject->create(), 0};
  tenon_executor_t *executor;
  tenon_future_t *sleep;
  int status = -1;
  if (subject->attach(forked.loop, &executor) != TENON_STATUS_OK ||
      tenon_future_sleep(executor, UINT64_C(3600000000000), &sleep) != TENON_STATUS_OK ||
      tenon_executor_run_until(executor, sleep, 1000000) != TENON_STATUS_TIMEOUT ||
      tenon_executor_post(executor, run_forked, &forked) != TENON_STATUS_OK)
    return 1;
  const pid_t child = fork();
  if (child == 0)
    _exit(go_on_in_child(&forked, executor, go_on));
  waitpid(child, &status, 0);
  if (status != 0)
    fprintf(stderr, "%s: not so: a fork's child does not wait for the parent's work\n",
            subject->name);
  subject->run(forked.loop); /* until the job stops it, which the child has not run */
  tenon_future_cancel(sleep);
  tenon_future_release(sleep);
  if (forked.jobs != 1) {
    fprintf(stderr, "%s: not so: it takes nothing of the parent's\n", subject->name);
    status = 1;
  }
  tenon_executor_close(executor, 0);
  tenon_executor_release(executor);
  run_a_while(&forked);
  subject->destroy(forked.loop);
  return status;
}

#endif /* TESTS_LOOPS_CHILD_H */
