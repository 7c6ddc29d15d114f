/*
 * What a host may expect of an executor beyond its functions: when it is called, how edges come, what an executor takes, and
 * what becomes of one whose job does not return.
 */
#include "check.h"

#include <dirent.h>
#include <sched.h>
#include <setjmp.h>
#include <sys/epoll.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

/* MARK: When its functions are called */

typedef struct host {
  tenon_executor_t *executor; /* NULL until create has returned */
  bool is_polling;
  int early;
  int wakes;
  int timers;
  int timers_elsewhere; /* outside of a poll */
} host_t;

static void host_wake(void *context) {
  host_t *host = context;
  host->early += !host->executor;
  host->wakes++;
}

static void host_set_timer(void *context, uint64_t deadline_ns) {
  host_t *host = context;
  host->early += !host->executor;
  host->timers += deadline_ns != TENON_FOREVER;
  host->timers_elsewhere += !host->is_polling;
}

static void host_set_alive(void *context, bool alive) {
  host_t *host = context;
  (void)alive;
  host->early += !host->executor;
}

static void host_poll(host_t *host) {
  host->is_polling = true;
  executor_poll(host->executor);
  host->is_polling = false;
}

static void host_begin(host_t *host) {
  memset(host, 0, sizeof *host);
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  functions.wake = host_wake;
  functions.set_timer = host_set_timer;
  functions.set_alive = host_set_alive;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &functions;
  config.host_context = host;
  tenon_executor_t *executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  host->executor = executor;
}

CASE(a_host_is_not_called_before_create_has_returned) {
  host_t host;
  host_begin(&host);
  CHECK_COUNT(0, host.early);
  CHECK_COUNT(0, host.wakes);
  tenon_executor_close(host.executor, 0);
  tenon_executor_release(host.executor);
}

CASE(a_timer_that_is_armed_outside_of_a_poll_wakes_the_host_and_is_set_in_the_poll) {
  host_t host;
  host_begin(&host);
  told_t told = {0};
  tenon_timer_t *timer;
  host_poll(&host);
  CHECK_STATUS(
      TENON_STATUS_OK,
      tenon_timer_start(host.executor, conformance_now_ns() + 3600 * SECOND, tell, &told, &timer));
  CHECK_COUNT(0, host.timers);
  CHECK_COUNT(1, host.wakes);
  host_poll(&host);
  CHECK_COUNT(1, host.timers);
  CHECK_COUNT(0, host.timers_elsewhere);
  tenon_timer_cancel(timer);
  host_poll(&host);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_COUNT(0, host.timers_elsewhere);
  tenon_executor_close(host.executor, 0);
  tenon_executor_release(host.executor);
}

/* MARK: Edges */

typedef struct edges {
  tenon_executor_t *executor;
  size_t count;
  atomic_size_t ran;
} edges_t;

static void count_edge(void *context, tenon_status_t status) {
  edges_t *edges = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&edges->ran, 1);
}

static void *post_edges(void *context) {
  edges_t *edges = context;
  for (size_t index = 0; index < edges->count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(edges->executor, count_edge, edges));
  return NULL;
}

CASE(an_edge_triggered_descriptor_loses_nothing) {
  tenon_executor_t *executor = executor_create();
  edges_t edges = {executor, conformance_rounds(20000), 0};
  int fd = -1, loop = epoll_create1(EPOLL_CLOEXEC);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  struct epoll_event event = {.events = EPOLLIN | EPOLLET};
  CHECK_COUNT(0, epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event));
  pthread_t thread = thread_start(post_edges, &edges);
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  budget.jobs_max = 3; /* what it leaves is an edge, too */
  while (atomic_load(&edges.ran) < edges.count) {
    CHECK_COUNT(1, epoll_wait(loop, &event, 1, 20000));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, NULL));
  }
  thread_join(thread);
  told_t timers[3] = {0};
  uint64_t now_ns = conformance_now_ns();
  for (int index = 0; index < 3; index++)
    tenon_timer_start(executor, now_ns + (uint64_t)index * 2000000, tell, &timers[index], NULL);
  while (atomic_load(&timers[2].count) == 0) {
    CHECK_COUNT(1, epoll_wait(loop, &event, 1, 20000));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, NULL));
  }
  executor_end(executor);
  close(loop);
}

/* MARK: What an executor takes */

static int descriptors_open(void) {
  DIR *folder = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(folder))
    count++;
  closedir(folder);
  return count;
}

CASE(an_executor_takes_three_descriptors_once_its_own_is_asked_for) {
  executor_end(executor_create()); /* what is made once is there */
  int before = descriptors_open(), fd;
  tenon_executor_t *executor = executor_create();
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  executor_poll(executor);
  CHECK_COUNT(before, descriptors_open());
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  CHECK_COUNT(before + 3, descriptors_open());
  executor_end(executor);
  CHECK_COUNT(before, descriptors_open());
}

CASE(sixteen_thousand_executors_live_at_a_time) {
  enum { MANY = 16000 };
  static tenon_executor_t *executors[MANY];
  size_t count = conformance_rounds(MANY);
  for (size_t index = 0; index < count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(NULL, &executors[index]));
  for (size_t index = 0; index < count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executors[index]));
}

/* MARK: A callback that does not return */

static jmp_buf out_of_the_poll;

static void jump(void *context, tenon_status_t status) {
  (void)context;
  if (status == TENON_STATUS_OK)
    longjmp(out_of_the_poll, 1);
}

static void *poll_and_jump(void *executor) {
  if (setjmp(out_of_the_poll) == 0)
    tenon_executor_poll(executor, NULL, NULL);
  return NULL;
}

CASE(a_callback_that_jumps_out_leaves_its_executor_busy_and_others_alone) {
  tenon_executor_t *lost = executor_create(), *other = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(lost, jump, NULL));
  on_other_thread(poll_and_jump, lost);
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(lost, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_close(lost, 0));
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(other, tell, &told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(other, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(other);
}

static atomic_bool is_in_job;

static void end_thread(void *context, tenon_status_t status) {
  (void)context;
  if (status == TENON_STATUS_OK)
    pthread_exit(NULL);
}

static void await_cancel(void *context, tenon_status_t status) {
  (void)context;
  atomic_store(&is_in_job, status == TENON_STATUS_OK);
  while (status == TENON_STATUS_OK) {
    sched_yield();
    pthread_testcancel();
  }
}

static void *poll_once(void *executor) {
  tenon_executor_poll(executor, NULL, NULL);
  return NULL;
}

CASE(a_thread_that_ends_in_a_job_leaves_its_executor_busy_and_others_alone) {
  for (int is_cancel = 0; is_cancel < 2; is_cancel++) {
    tenon_executor_t *lost = executor_create(), *other = executor_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(lost, is_cancel ? await_cancel : end_thread, NULL));
    atomic_store(&is_in_job, false);
    pthread_t thread = thread_start(poll_once, lost);
    if (is_cancel) {
      SPIN_UNTIL(atomic_load(&is_in_job));
      CHECK_COUNT(0, pthread_cancel(thread));
    }
    CHECK_COUNT(0, pthread_join(thread, NULL));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(lost, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_run_until(lost, NULL, 0));
    CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_close(lost, 0));
    told_t told = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(other, tell, &told));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(other, NULL, TENON_FOREVER));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    executor_end(other);
  }
}

/** There under the thread sanitizer, which wants each thread joined. */
extern void __tsan_init(void) __attribute__((weak));

CASE(a_pools_thread_that_ends_in_a_job_counts_as_in_it) {
  if (__tsan_init)
    return;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *pool;
  told_t told = {0};
  config.threads_max = 2;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &pool));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, end_thread, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, tell, &told));
  SPIN_UNTIL(told.count == 1);
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_close(pool, 1000000));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
}

static void jump_inline(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  jump(context, status);
}

static void *tell_after_a_jump(void *context) {
  pair_t first = pair_create(), second = pair_create();
  told_t told = {0};
  tenon_executor_t *executor = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(first.future, NULL, jump_inline, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(second.future, NULL, tell_completion, &told, NULL));
  if (setjmp(out_of_the_poll) == 0)
    settle(first.promise, TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, settle(second.promise, TENON_STATUS_OK));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  tenon_future_release(first.future);
  tenon_future_release(second.future);
  return NULL;
}

CASE(after_a_jump_out_of_a_callback_without_executor_a_poll_tells_what_is_left) {
  tenon_executor_t *executor = executor_create();
  on_other_thread(tell_after_a_jump, executor);
  executor_end(executor);
}
