/*
 * Forks: the child is told so by every call, hangs nowhere, and disturbs nobody.
 */
#include "check.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

/** How long a child may take before it counts as hanging. */
#define CHILD_SECONDS_MAX 30

/** Runs `fn` in a fork of this process; it ends there. */
static pid_t child_start(void (*fn)(void *context), void *context) {
  pid_t child = fork();
  if (child != 0)
    return child;
  signal(SIGALRM, SIG_DFL);
  alarm(CHILD_SECONDS_MAX);
  int before = check_failures();
  fn(context);
  _exit(check_failures() != before);
}

static void child_join(pid_t child) {
  int status = 0;
  CHECK_COUNT(child, waitpid(child, &status, 0));
  CHECK(WIFEXITED(status));
  CHECK_COUNT(0, WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

typedef struct forked {
  uv_loop_t *loop;
  tenon_executor_t *executor;
} forked_t;

static void use_in_child(void *context) {
  const forked_t *forked = context;
  uv_loop_t *loop = NULL;
  CHECK_STATUS(TENON_STATUS_FORKED, tenon_uv_get_loop(forked->executor, &loop));
  CHECK_STATUS(TENON_STATUS_FORKED, tenon_uv_detach(forked->executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_FORKED, tenon_executor_post(forked->executor, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_FORKED, tenon_executor_poll(forked->executor, NULL, NULL));
  uv_loop_t fresh;
  CHECK_COUNT(0, uv_loop_init(&fresh));
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_FORKED, tenon_uv_attach(&fresh, NULL, &executor));
  CHECK(executor == NULL && loop == NULL);
  CHECK_COUNT(0, loop_handles(&fresh));
  CHECK_COUNT(0, uv_loop_close(&fresh));
}

// Host hazard 29: a fork without exec.
TEST(every_call_in_a_forks_child_is_forked) {
  uv_loop_t *loop = loop_create();
  forked_t forked = {loop, attach(loop)};
  child_join(child_start(use_in_child, &forked));
  hold_t hold;
  hold_begin(&hold, forked.executor);
  child_join(child_start(use_in_child, &forked));
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &hold.told);
  detach_and_end(forked.executor, loop);
}

static void run_loop_in_child(void *context) {
  const forked_t *forked = context;
  CHECK_COUNT(0, uv_loop_fork(forked->loop));
  host_timer_t timer;
  host_timer_start(&timer, forked->loop, 5, 0);
  CHECK_COUNT(0, uv_run(forked->loop, UV_RUN_DEFAULT));
  CHECK_COUNT(1, timer.count);
  host_timer_close(&timer);
  loop_close_handles(forked->loop);
  CHECK_COUNT(0, uv_run(forked->loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, uv_loop_close(forked->loop));
}

// Host hazard 29: the child goes on with its copy of the loop.
TEST(a_child_that_goes_on_with_the_loop_does_not_wait_for_the_parents_work) {
  uv_loop_t *loop = loop_create();
  forked_t forked = {loop, attach(loop)};
  hold_t hold;
  hold_begin(&hold, forked.executor);
  told_t timer = {0};
  told_t job = {0};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(forked.executor, tenon_timer_now_ns() + 20 * NS_PER_MS, tell,
                                 &timer, NULL));
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(forked.executor, tell, &job));
  child_join(child_start(run_loop_in_child, &forked));
  CHECK_NOT_TOLD(&job);
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &hold.told);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  CHECK_TOLD(TENON_STATUS_OK, &job);
  detach_and_end(forked.executor, loop);
}

static void run_loop_in_child_of_detach(void *context) {
  const forked_t *forked = context;
  CHECK_COUNT(0, uv_loop_fork(forked->loop));
  CHECK_COUNT(0, uv_run(forked->loop, UV_RUN_DEFAULT));
}

TEST(a_fork_during_a_detach_leaves_both_loops_working) {
  uv_loop_t *loop = loop_create();
  forked_t forked = {loop, attach(loop)};
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(forked.executor, NS_PER_S, tell, &detached));
  child_join(child_start(run_loop_in_child_of_detach, &forked));
  CHECK_NOT_TOLD(&detached);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(forked.executor));
  loop_end(loop);
}

typedef struct rival {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  int ready[2];
  int done[2];
} rival_t;

static void stop_reading(uv_poll_t *handle, int status, int events) {
  (void)status;
  (void)events;
  uv_close((uv_handle_t *)handle, NULL);
}

/** Runs its copy of the loop until the parent says that it is done. */
static void run_beside_the_parent(void *context) {
  rival_t *rival = context;
  close(rival->done[1]);
  CHECK_COUNT(0, uv_loop_fork(rival->loop));
  uv_poll_t reader;
  CHECK_COUNT(0, uv_poll_init(rival->loop, &reader, rival->done[0]));
  CHECK_COUNT(0, uv_poll_start(&reader, UV_READABLE, stop_reading));
  uv_run(rival->loop, UV_RUN_NOWAIT);
  CHECK_COUNT(1, write(rival->ready[1], "x", 1));
  CHECK_COUNT(0, uv_run(rival->loop, UV_RUN_DEFAULT));
}

static void *post_one_by_one(void *context) {
  void **pair = context;
  told_t *told = pair[1];
  for (int number = 0; number < 1000; number++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pair[0], tell, told));
    SPIN_UNTIL(atomic_load(&told->count) > number);
  }
  hold_end(pair[2]);
  return NULL;
}

TEST(a_child_that_goes_on_with_the_loop_takes_none_of_the_parents_wakes) {
  uv_loop_t *loop = loop_create();
  rival_t rival = {loop, attach(loop), {-1, -1}, {-1, -1}};
  CHECK_COUNT(0, pipe(rival.ready));
  CHECK_COUNT(0, pipe(rival.done));
  hold_t hold;
  hold_begin(&hold, rival.executor);
  uv_run(loop, UV_RUN_NOWAIT);
  pid_t child = child_start(run_beside_the_parent, &rival);
  char byte;
  CHECK_COUNT(1, read(rival.ready[0], &byte, 1));
  told_t told = {0};
  void *context[3] = {rival.executor, &told, &hold};
  pthread_t thread = thread_start(post_one_by_one, context);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  thread_join(thread);
  CHECK_COUNT(1000, atomic_load(&told.count));
  CHECK_COUNT(1, write(rival.done[1], "x", 1));
  child_join(child);
  for (int end = 0; end < 2; end++) {
    close(rival.ready[end]);
    close(rival.done[end]);
  }
  detach_and_end(rival.executor, loop);
}

typedef struct busy {
  _Atomic(tenon_executor_t *) executor;
  atomic_bool stop;
  atomic_int told;
} busy_t;

static void count_busy(void *context, tenon_status_t status) {
  busy_t *busy = context;
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  atomic_fetch_add(&busy->told, 1);
}

/** Attaches, posts and detaches on a loop of its own, for ever. */
static void *keep_busy(void *context) {
  busy_t *busy = context;
  uv_loop_t *loop = loop_create();
  while (!atomic_load(&busy->stop)) {
    tenon_executor_t *executor = attach(loop);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, count_busy, busy));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(atomic_load(&busy->executor), count_busy, busy));
    detach(executor, loop);
  }
  loop_end(loop);
  return NULL;
}

// Host hazard 29: locks that other threads hold at the fork.
TEST(a_fork_while_other_threads_are_in_every_call_hangs_nowhere) {
  uv_loop_t *loop = loop_create();
  forked_t forked = {loop, attach(loop)};
  hold_t hold;
  hold_begin(&hold, forked.executor);
  busy_t busy = {0};
  atomic_store(&busy.executor, forked.executor);
  pthread_t threads[2];
  for (int index = 0; index < 2; index++)
    threads[index] = thread_start(keep_busy, &busy);
  for (size_t round = 0; round < rounds(100); round++) {
    int seen = atomic_load(&busy.told);
    while (atomic_load(&busy.told) == seen)
      uv_run(loop, UV_RUN_NOWAIT);
    child_join(child_start(use_in_child, &forked));
  }
  atomic_store(&busy.stop, true);
  for (int index = 0; index < 2; index++)
    thread_join(threads[index]);
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  detach_and_end(forked.executor, loop);
}

static void fork_in_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  child_join(child_start(use_in_child, context));
}

TEST(a_job_may_fork) {
  uv_loop_t *loop = loop_create();
  forked_t forked = {loop, attach(loop)};
  told_t after = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(forked.executor, fork_in_job, &forked));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(forked.executor, tell, &after));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &after);
  detach_and_end(forked.executor, loop);
}
