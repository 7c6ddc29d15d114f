/*
 * What the headers promise of a callback that forks, and whose child returns from it, into the middle of what has called it.
 */
#include "check.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/** How long a child may take before it counts as hanging. */
#define CHILD_SECONDS_MAX 30

typedef struct returning {
  pid_t pid;              /**< 0 in the child */
  tenon_status_t *answer; /**< what the child was answered */
  tenon_executor_t *executor;
  pthread_t caller;
  told_t later;
  atomic_int inside;
  atomic_bool has_forked;
} returning_t;

static returning_t returning_create(tenon_executor_t *executor) {
  returning_t returning = {.pid = -1, .executor = executor, .later = TOLD_INIT};
  returning.answer = mmap(NULL, sizeof *returning.answer, PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (returning.answer == MAP_FAILED)
    abort();
  returning.caller = pthread_self();
  return returning;
}

static void fork_and_return(returning_t *returning) {
  returning->pid = fork();
  if (returning->pid == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(CHILD_SECONDS_MAX);
  }
  atomic_store(&returning->has_forked, true);
}

/** Ends the child, if this is it; and checks what it was answered. */
static void returning_check(returning_t *returning, tenon_status_t answer) {
  int state = 0;
  if (returning->pid == 0) {
    *returning->answer = answer;
    _exit(atomic_load(&returning->later.count));
  }
  CHECK(waitpid(returning->pid, &state, 0) == returning->pid);
  CHECK(WIFEXITED(state) && WEXITSTATUS(state) == 0); /* and no other job has run in it */
  CHECK_STATUS(TENON_STATUS_FORKED, *returning->answer);
}

static void returning_end(returning_t *returning) {
  munmap(returning->answer, sizeof *returning->answer);
}

static void job_that_forks(void *context, tenon_status_t status) {
  (void)status;
  fork_and_return(context);
}

CASE(a_child_that_returns_from_a_job_runs_no_other_and_is_told) {
  for (int way = 0; way < 4; way++) {
    tenon_executor_t *executor = executor_create();
    pair_t pair = pair_create_with(0, executor);
    tenon_status_t answer = TENON_STATUS_OK;
    returning_t returning = returning_create(executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, job_that_forks, &returning));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &returning.later));
    if (way == 0)
      answer = tenon_executor_poll(executor, NULL, NULL);
    else if (way == 1)
      answer = tenon_executor_run_until(executor, NULL, TENON_FOREVER);
    else if (way == 2)
      answer = tenon_executor_close(executor, TENON_FOREVER);
    else /* no more than the jobs: the future never settles */
      answer = tenon_future_wait(pair.future, 1);
    returning_check(&returning, answer);
    if (way == 3)
      CHECK_STATUS(TENON_STATUS_TIMEOUT, answer);
    else
      CHECK_STATUS(TENON_STATUS_OK, answer);
    CHECK_TOLD(TENON_STATUS_OK, &returning.later);
    tenon_promise_release(pair.promise);
    tenon_future_release(pair.future);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    returning_end(&returning);
  }
}

/* Threads that hold the executor's locks, most of the time. */
typedef struct crowd {
  tenon_executor_t *executor;
  atomic_bool is_over;
  atomic_int busy;
  atomic_int waiting; /**< jobs that they have added, and that have not run */
} crowd_t;

static void job_of_crowd(void *context, tenon_status_t status) {
  crowd_t *crowd = context;
  (void)status;
  atomic_fetch_sub(&crowd->waiting, 1);
}

static void *keep_posting(void *context) {
  enum { WAITING_MAX = 1000 };
  crowd_t *crowd = context;
  atomic_fetch_add(&crowd->busy, 1);
  while (!atomic_load(&crowd->is_over)) {
    if (atomic_fetch_add(&crowd->waiting, 1) >= WAITING_MAX)
      atomic_fetch_sub(&crowd->waiting, 1);
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(crowd->executor, job_of_crowd, crowd));
    /* This takes a lock and leaves nothing. */
    tenon_value_t names;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_copy_unfinished(crowd->executor, &names));
    tenon_value_drop(&names);
  }
  return NULL;
}

CASE(a_child_that_returns_from_a_job_does_not_hang_on_what_others_had) {
  enum { THREADS = 2 };
  int rounds = conformance_is_light() ? 5 : 50;
  crowd_t crowd = {executor_create(), false, 0, 0};
  pthread_t threads[THREADS];
  for (int index = 0; index < THREADS; index++)
    threads[index] = thread_start(keep_posting, &crowd);
  SPIN_UNTIL(atomic_load(&crowd.busy) == THREADS);
  for (int round = 0; round < rounds; round++) {
    returning_t returning = returning_create(crowd.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(crowd.executor, job_that_forks, &returning));
    tenon_status_t answer = TENON_STATUS_OK;
    while (!atomic_load(&returning.has_forked))
      answer = tenon_executor_poll(crowd.executor, NULL, NULL);
    returning_check(&returning, answer);
    returning_end(&returning);
  }
  atomic_store(&crowd.is_over, true);
  for (int index = 0; index < THREADS; index++)
    thread_join(threads[index]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(crowd.executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(crowd.executor));
}

/** The caller forks while the pool's thread is in a chunk, which goes on when he has. */
static tenon_status_t chunk_that_forks(void *context, size_t begin, size_t end) {
  returning_t *returning = context;
  (void)begin;
  (void)end;
  if (returning->pid == 0) {
    told_now(&returning->later, TENON_STATUS_OK);
  } else if (pthread_equal(pthread_self(), returning->caller) == 0) {
    atomic_fetch_add(&returning->inside, 1);
    SPIN_UNTIL(atomic_load(&returning->has_forked));
  } else if (!atomic_load(&returning->has_forked)) {
    SPIN_UNTIL(atomic_load(&returning->inside) != 0);
    fork_and_return(returning);
  }
  return TENON_STATUS_OK;
}

CASE(a_child_that_returns_from_a_chunk_begins_no_other_and_is_told) {
  tenon_executor_t *pool = pool_create(1);
  returning_t returning = returning_create(pool);
  tenon_status_t answer = tenon_executor_for(pool, 8, 1, chunk_that_forks, &returning);
  returning_check(&returning, answer);
  CHECK_STATUS(TENON_STATUS_OK, answer);
  pool_end(pool);
  returning_end(&returning);
}

static void job_until_forked(void *context, tenon_status_t status) {
  returning_t *returning = context;
  (void)status;
  atomic_fetch_add(&returning->inside, 1);
  SPIN_UNTIL(atomic_load(&returning->has_forked));
}

CASE(a_child_that_returns_from_a_callback_of_a_pools_close_is_told) {
  tenon_executor_t *pool = pool_create(1);
  pair_t pair = pair_create_with(0, pool);
  returning_t returning = returning_create(pool);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, NULL, job_that_forks, &returning, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, job_until_forked, &returning));
  SPIN_UNTIL(atomic_load(&returning.inside) != 0);
  tenon_status_t answer = tenon_executor_close(pool, TENON_FOREVER);
  returning_check(&returning, answer);
  CHECK_STATUS(TENON_STATUS_OK, answer);
  tenon_promise_cancel(pair.promise);
  tenon_future_release(pair.future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  returning_end(&returning);
}
