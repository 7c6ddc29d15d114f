/*
 * What <tenon/executor.h> promises of tenon_executor_interrupt(), in real handlers of signals.
 */
#include "executor_parties.h"
#include "stopped.h"

#include <errno.h>
#include <signal.h>
#include <sys/time.h>
#include <unistd.h>

/** There under the thread sanitizer, which keeps a signal from a thread that sleeps. */
extern void __tsan_init(void) __attribute__((weak));

static bool keeps_signals(void) { return __tsan_init != NULL; }

static _Atomic(tenon_executor_t *) interrupted;
static atomic_int answered;
static atomic_int handled;

static void interrupt(int number) {
  (void)number;
  errno = ENOTTY;
  tenon_executor_t *executor = atomic_load(&interrupted);
  if (executor)
    atomic_store(&answered, tenon_executor_interrupt(executor));
  if (errno == ENOTTY)
    atomic_fetch_add(&handled, 1);
}

static void handle(int number, tenon_executor_t *executor) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = interrupt;
  action.sa_flags = SA_RESTART;
  CHECK_COUNT(0, sigaction(number, &action, NULL));
  atomic_store(&answered, TENON_STATUS_PENDING);
  atomic_store(&handled, 0);
  atomic_store(&interrupted, executor);
}

/** In a handler on this thread, before this returns. */
static void interrupt_here(tenon_executor_t *executor) {
  handle(SIGUSR1, executor);
  CHECK_COUNT(0, raise(SIGUSR1));
  CHECK_COUNT(1, atomic_load(&handled));
}

/** A thread that waits: for a future or NULL, of an executor or NULL (tenon_future_wait()). */
typedef struct waiter {
  tenon_executor_t *executor;
  tenon_future_t *future;
  sleeper_t sleeper;
  atomic_int status;
} waiter_t;

static void *wait_until(void *context) {
  waiter_t *waiter = context;
  atomic_store(&waiter->status,
               waiter->executor
                   ? tenon_executor_run_until(waiter->executor, waiter->future, TENON_FOREVER)
                   : tenon_future_wait(waiter->future, TENON_FOREVER));
  return NULL;
}

static void waiter_start(waiter_t *waiter, tenon_executor_t *executor, tenon_future_t *future) {
  memset(waiter, 0, sizeof *waiter);
  waiter->executor = executor;
  waiter->future = future;
  atomic_store(&waiter->status, TENON_STATUS_PENDING);
  sleeper_start(&waiter->sleeper, wait_until, waiter);
}

static pair_t pair_of(tenon_executor_t *executor) { return pair_create_with(0, executor); }

static void pair_end(pair_t pair) {
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

enum { RUN, WAIT_ALONE, WAIT_BESIDE, RUN_UNTIL_QUIET, WAYS };

static void interrupt_a_sleeper(int way, bool is_pool) {
  tenon_executor_t *executor = is_pool ? pool_create(1) : executor_create();
  told_t told = TOLD_INIT;
  int fd = -1;
  pair_t pair = pair_of(executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  if (way == WAIT_BESIDE && !is_pool)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  waiter_t waiter;
  waiter_start(&waiter, way == RUN || way == RUN_UNTIL_QUIET ? executor : NULL,
               way == RUN_UNTIL_QUIET ? NULL : pair.future);
  SPIN_UNTIL(thread_sleeps(waiter.sleeper.id));
  if (keeps_signals()) {
    interrupt_here(executor);
  } else {
    handle(SIGUSR1, executor);
    CHECK_COUNT(0, pthread_kill(waiter.sleeper.thread, SIGUSR1));
  }
  sleeper_join(&waiter.sleeper);
  CHECK_STATUS(TENON_STATUS_INTERRUPTED, atomic_load(&waiter.status));
  CHECK_STATUS(TENON_STATUS_OK, atomic_load(&answered));
  CHECK_COUNT(1, atomic_load(&handled));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
  pair_end(pair);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(executor);
}

CASE(an_interrupt_ends_a_wait_that_sleeps) {
  for (int way = RUN; way < WAYS; way++)
    for (int is_pool = 0; is_pool < 2; is_pool++)
      interrupt_a_sleeper(way, is_pool);
}

CASE(an_interrupt_ends_all_waits_of_its_executor_and_no_other) {
  enum { count = 20 };
  waiter_t waiters[count];
  waiter_t other;
  tenon_executor_t *executor = executor_create();
  tenon_executor_t *another = executor_create();
  pair_t pair = pair_of(executor);
  pair_t other_pair = pair_of(another);
  for (int index = 0; index < count; index++)
    waiter_start(&waiters[index], index % 2 ? executor : NULL, pair.future);
  waiter_start(&other, another, other_pair.future);
  SPIN_UNTIL(thread_sleeps(other.sleeper.id));
  for (int index = 0; index < count; index++)
    SPIN_UNTIL(thread_sleeps(waiters[index].sleeper.id));
  interrupt_here(executor);
  for (int index = 0; index < count; index++) {
    sleeper_join(&waiters[index].sleeper);
    CHECK_STATUS(TENON_STATUS_INTERRUPTED, atomic_load(&waiters[index].status));
  }
  CHECK_STATUS(TENON_STATUS_PENDING, atomic_load(&other.status));
  CHECK_STATUS(TENON_STATUS_OK, settle(other_pair.promise, TENON_STATUS_OK));
  sleeper_join(&other.sleeper);
  CHECK_STATUS(TENON_STATUS_OK, atomic_load(&other.status));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(other_pair.future));
  pair_end(pair);
  executor_end(executor);
  executor_end(another);
}

CASE(an_interrupt_that_ends_no_wait_is_kept_for_the_next) {
  for (int is_pool = 0; is_pool < 2; is_pool++) {
    tenon_executor_t *executor = is_pool ? pool_create(1) : executor_create();
    pair_t pair = pair_of(executor);
    for (int way = 0; way < 3; way++) {
      interrupt_here(executor);
      interrupt_here(executor);
      if (!is_pool)
        /* Nobody asks this one for what it has to say. */
        CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
      CHECK_STATUS(TENON_STATUS_INTERRUPTED,
                   way == 0 ? tenon_future_wait(pair.future, TENON_FOREVER)
                            : tenon_executor_run_until(executor, way == 1 ? pair.future : NULL,
                                                       TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
    }
    pair_end(pair);
    executor_end(executor);
  }
}

CASE(an_interrupt_makes_the_descriptor_readable_until_a_poll) {
  tenon_executor_t *executor = executor_create();
  int fd = -1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  for (int round = 0; round < 3; round++) {
    CHECK(!readable(fd, 0));
    interrupt_here(executor);
    CHECK(readable(fd, 0));
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, &result));
    CHECK(result.interrupted && !result.more && !result.alive);
    CHECK(!readable(fd, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, &result));
    CHECK(!result.interrupted);
  }
  executor_end(executor);
}

/** As one that has called the system would. */
static void count_wake(void *context) {
  atomic_fetch_add((atomic_int *)context, 1);
  errno = EAGAIN;
}

CASE(an_interrupt_wakes_a_host) {
  atomic_int wakes = 0;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.wake = count_wake;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &host;
  config.host_context = &wakes;
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  interrupt_here(executor);
  CHECK_COUNT(1, atomic_load(&wakes));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  const int before = atomic_load(&wakes);
  interrupt_here(executor);
  CHECK_COUNT(before, atomic_load(&wakes));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(a_settled_future_comes_before_an_interrupt) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_of(executor);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  interrupt_here(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_INTERRUPTED, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(an_interrupt_of_a_closed_executor_says_so) {
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  interrupt_here(executor);
  CHECK_STATUS(TENON_STATUS_CLOSED, atomic_load(&answered));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  interrupt_here(executor);
  CHECK_STATUS(TENON_STATUS_STALE, atomic_load(&answered));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_interrupt(NULL));
  /* What came for it is none of the next one's. */
  tenon_executor_t *next = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(next, NULL, TENON_FOREVER));
  executor_end(next);
}

/** Everything once, with signals in between; counts what they ended. */
static size_t live_once(void) {
  size_t ended = 0;
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  atomic_store(&interrupted, executor);
  pair_t pair = pair_of(executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  const tenon_status_t status = tenon_executor_run_until(executor, pair.future, TENON_FOREVER);
  CHECK_STATUS(TENON_STATUS_INTERRUPTED, status);
  ended += status == TENON_STATUS_INTERRUPTED;
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  while (tenon_executor_run_until(executor, NULL, TENON_FOREVER) == TENON_STATUS_INTERRUPTED)
    ended++;
  CHECK_COUNT(2, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  /* A handler on another thread may still have it in its hands. */
  atomic_store(&interrupted, NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  return ended;
}

CASE(signals_come_at_any_time) {
  if (keeps_signals())
    return;
  handle(SIGALRM, NULL);
  const struct itimerval often = {{0, 200}, {0, 200}};
  const struct itimerval never = {{0, 0}, {0, 0}};
  CHECK_COUNT(0, setitimer(ITIMER_REAL, &often, NULL));
  size_t ended = 0;
  const size_t rounds = conformance_rounds(1000);
  for (size_t round = 0; round < rounds; round++)
    ended += live_once();
  CHECK_COUNT(0, setitimer(ITIMER_REAL, &never, NULL));
  CHECK(ended >= rounds && atomic_load(&handled) > 0);
}
