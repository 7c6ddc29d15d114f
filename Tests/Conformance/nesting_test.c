/*
 * What <tenon/executor.h> promises where a loop is turned inside itself: by a run_until in a callback
 * of the loop that another one runs, and by a job that turns the loop which polls it.
 */
#include "check.h"

#include <poll.h>

#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

/* MARK: run_until in a callback of the loop */

enum { DEPTH_MAX = 4 };

/** A host whose turns call a function of the host's own, and then poll; time is its own. */
typedef struct host {
  tenon_executor_t *executor;
  void (*callback)(struct host *host);
  uint64_t deadline_ns;
  atomic_uint_least64_t now_ns;
  pair_t pairs[DEPTH_MAX];
  int depth;
  int returned;
} host_t;

static void host_wake(void *context) { (void)context; }

static void host_set_timer(void *context, uint64_t deadline_ns) {
  host_t *host = context;
  host->deadline_ns = deadline_ns;
}

static uint64_t host_now(void *context) {
  host_t *host = context;
  return atomic_load(&host->now_ns);
}

static void host_run_once(void *context) {
  host_t *host = context;
  host->callback(host);
  tenon_poll_result_t result = executor_poll(host->executor);
  if (result.jobs == 0 && host->deadline_ns != TENON_FOREVER &&
      host->deadline_ns > atomic_load(&host->now_ns))
    atomic_store(&host->now_ns, host->deadline_ns);
}

static void host_begin(host_t *host, void (*callback)(host_t *host)) {
  memset(host, 0, sizeof *host);
  host->callback = callback;
  host->deadline_ns = TENON_FOREVER;
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  functions.wake = host_wake;
  functions.set_timer = host_set_timer;
  functions.run_once = host_run_once;
  functions.now_ns = host_now;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &functions;
  config.host_context = host;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &host->executor));
  for (int depth = 0; depth < DEPTH_MAX; depth++)
    host->pairs[depth] = pair_create();
}

static void host_end(host_t *host) {
  for (int depth = 0; depth < DEPTH_MAX; depth++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(host->pairs[depth].future));
  executor_end(host->executor);
}

/** Waits for the next future, as deep as there is one; then settles them from within, one a turn. */
static void wait_deeper(host_t *host) {
  if (host->depth < DEPTH_MAX - 1) {
    int depth = ++host->depth;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(
                                      host->executor, host->pairs[depth].future, TENON_FOREVER));
    CHECK_COUNT(DEPTH_MAX - depth, ++host->returned);
  } else {
    int depth = DEPTH_MAX - 1 - host->returned;
    if (tenon_future_poll(host->pairs[depth].future) == TENON_STATUS_PENDING)
      CHECK_STATUS(TENON_STATUS_OK, settle(host->pairs[depth].promise, TENON_STATUS_OK));
  }
}

CASE(run_until_nests_in_callbacks_of_the_loop_that_it_turns) {
  host_t host;
  host_begin(&host, wait_deeper);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_run_until(host.executor, host.pairs[0].future, TENON_FOREVER));
  CHECK_COUNT(DEPTH_MAX - 1, host.returned);
  host_end(&host);
}

/** Waits in vain for less and less time; then settles what the first waits for. */
static void wait_in_vain(host_t *host) {
  if (host->depth == DEPTH_MAX - 1) {
    if (host->returned == DEPTH_MAX - 1 &&
        tenon_future_poll(host->pairs[0].future) == TENON_STATUS_PENDING)
      for (int depth = 0; depth < DEPTH_MAX; depth++)
        CHECK_STATUS(TENON_STATUS_OK, settle(host->pairs[depth].promise, TENON_STATUS_OK));
    return;
  }
  int depth = ++host->depth;
  uint64_t timeout_ns = (uint64_t)(DEPTH_MAX - depth) * SECOND;
  uint64_t begin_ns = atomic_load(&host->now_ns);
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(host->executor, host->pairs[depth].future, timeout_ns));
  CHECK(atomic_load(&host->now_ns) - begin_ns >= timeout_ns);
  CHECK(atomic_load(&host->now_ns) - begin_ns < timeout_ns + SECOND);
  host->returned++;
}

CASE(a_nested_run_until_keeps_its_own_time_and_the_executors_timers) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, wait_in_vain);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, SECOND / 2, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_run_until(host.executor, host.pairs[0].future, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_COUNT(DEPTH_MAX - 1, host.returned);
  host_end(&host);
}

static void wait_for_all(host_t *host) {
  if (host->depth++ == 0) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(host->executor, NULL, 100 * SECOND));
    host->returned++;
    for (int depth = 0; depth < DEPTH_MAX; depth++)
      CHECK_STATUS(TENON_STATUS_OK, settle(host->pairs[depth].promise, TENON_STATUS_OK));
  }
}

CASE(a_nested_run_until_without_a_future_ends_when_nothing_is_pending) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, wait_for_all);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, SECOND, tell, &told, NULL));
  tenon_future_t *future = host.pairs[0].future;
  /* Without the outer one, whose callback is pending as well. */
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(host.executor, future, 0));
  wait_for_all(&host);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_COUNT(1, host.returned);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(host.executor, future, TENON_FOREVER));
  host_end(&host);
}

/* MARK: A loop that is turned in a job */

typedef struct dialog {
  tenon_executor_t *executor;
  int fd; /**< or -1 */
  told_t posted;
  told_t timer;
  bool is_told_within;
  int turns;
} dialog_t;

static void *post_elsewhere(void *context) {
  dialog_t *dialog = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(dialog->executor, tell, &dialog->posted));
  return NULL;
}

/** A job with a loop of its own, which has the executor's descriptor among others. */
static void turn_the_loop(void *context, tenon_status_t status) {
  dialog_t *dialog = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(dialog->executor, tenon_timer_now_ns(), tell,
                                                  &dialog->timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(dialog->executor, tell, &dialog->posted));
  on_other_thread(post_elsewhere, dialog);
  uint64_t end_ns = tenon_timer_now_ns() + 5 * MILLISECOND;
  do {
    if (dialog->fd >= 0) {
      struct pollfd entry = {dialog->fd, POLLIN, 0};
      if (poll(&entry, 1, 1) == 1)
        dialog->turns++;
    }
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(dialog->executor, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_run_until(dialog->executor, NULL, SECOND));
  } while (tenon_timer_now_ns() < end_ns);
  dialog->is_told_within = atomic_load(&dialog->posted.count) + atomic_load(&dialog->timer.count);
}

CASE(a_job_that_turns_its_loop_is_told_busy_and_loses_nothing) {
  for (int has_descriptor = 0; has_descriptor < 2; has_descriptor++) {
    dialog_t dialog;
    told_t armed = TOLD_INIT;
    told_t late = TOLD_INIT;
    memset(&dialog, 0, sizeof dialog);
    dialog.fd = -1;
    dialog.executor = executor_create();
    if (has_descriptor)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(dialog.executor, &dialog.fd));
    /* One comes due meanwhile, and must not have the inner loop turn in a circle. */
    uint64_t now_ns = tenon_timer_now_ns();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(dialog.executor, now_ns + MILLISECOND, tell, &armed, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(dialog.executor, now_ns + 20 * MILLISECOND, tell, &late, NULL));
    executor_poll(dialog.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(dialog.executor, turn_the_loop, &dialog));
    executor_poll(dialog.executor);
    CHECK(!dialog.is_told_within);
    CHECK(dialog.turns <= 2);
    CHECK_TOLD(TENON_STATUS_OK, &dialog.timer);
    CHECK_COUNT(2, atomic_load(&dialog.posted.count));
    CHECK_TOLD(TENON_STATUS_OK, &armed);
    /* And the descriptor knows of the next timer again. */
    while (has_descriptor && atomic_load(&late.count) == 0) {
      struct pollfd entry = {dialog.fd, POLLIN, 0};
      if (!CHECK(poll(&entry, 1, 10000) == 1))
        break;
      executor_poll(dialog.executor);
    }
    executor_end(dialog.executor);
  }
}

static void run_another(void *context, tenon_status_t status) {
  told_t *told = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  tenon_executor_t *inner = executor_create();
  tenon_future_t *nap = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inner, tell, told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(inner, MILLISECOND, &nap));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(inner, nap, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(nap));
  executor_end(inner);
}

CASE(a_loop_inside_a_job_may_have_an_executor_of_its_own) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, run_another, &told));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(executor);
}
