/*
 * What the tests share.
 */
#include "check.h"

#include <dirent.h>
#include <stdio.h>

/* MARK: Checks */

static atomic_int failures;

int check_failures(void) { return atomic_load(&failures); }

bool check_that(bool held, const char *file, int line, const char *text) {
  if (!held) {
    atomic_fetch_add(&failures, 1);
    fprintf(stderr, "%s:%d: %s\n", file, line, text);
  }
  return held;
}

bool check_status(tenon_status_t expected, tenon_status_t actual, const char *file, int line,
                  const char *text) {
  if (expected == actual)
    return true;
  atomic_fetch_add(&failures, 1);
  fprintf(stderr, "%s:%d: %s is %s, not %s\n", file, line, text, tenon_status_name(actual),
          tenon_status_name(expected));
  return false;
}

bool check_count(long long expected, long long actual, const char *file, int line,
                 const char *text) {
  if (expected == actual)
    return true;
  atomic_fetch_add(&failures, 1);
  fprintf(stderr, "%s:%d: %s is %lld, not %lld\n", file, line, text, actual, expected);
  return false;
}

size_t rounds(size_t full) {
  if (!getenv("TENON_TEST_LIGHT"))
    return full;
  return full < 20 ? 1 : full / 20;
}

/* MARK: Contexts */

void tell(void *context, tenon_status_t status) {
  told_t *told = context;
  told->thread = pthread_self();
  atomic_store(&told->time_ns, tenon_timer_now_ns());
  atomic_store(&told->status, status);
  atomic_fetch_add(&told->count, 1);
}

void tell_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  tell(context, status);
}

bool is_told(told_t *told) { return atomic_load(&told->count) != 0; }

bool check_told(tenon_status_t expected, told_t *told, const char *file, int line,
                const char *text) {
  return check_count(1, atomic_load(&told->count), file, line, text) &&
         check_status(expected, atomic_load(&told->status), file, line, text);
}

void tell_never(void *context, tenon_status_t status) {
  (void)context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK(false && "told what was never registered");
}

/* MARK: Loops */

uv_loop_t *loop_create(void) {
  uv_loop_t *loop = malloc(sizeof *loop);
  if (!CHECK(loop != NULL) || !CHECK_COUNT(0, uv_loop_init(loop)))
    abort();
  return loop;
}

void loop_end(uv_loop_t *loop) {
  if (!CHECK_COUNT(0, uv_loop_close(loop)))
    return; // Its memory is still in use.
  memset(loop, 0xa5, sizeof *loop);
  free(loop);
}

static void count_handle(uv_handle_t *handle, void *context) {
  int *count = context;
  (void)handle;
  ++*count;
}

int loop_handles(uv_loop_t *loop) {
  int count = 0;
  uv_walk(loop, count_handle, &count);
  return count;
}

static void close_walked(uv_handle_t *handle, void *context) {
  (void)context;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

void loop_close_handles(uv_loop_t *loop) { uv_walk(loop, close_walked, NULL); }

tenon_executor_t *attach(uv_loop_t *loop) {
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, NULL, &executor));
  return executor;
}

void detach(tenon_executor_t *executor, uv_loop_t *loop) {
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  while (!is_told(&detached) && uv_run(loop, UV_RUN_ONCE))
    continue;
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

void detach_and_end(tenon_executor_t *executor, uv_loop_t *loop) {
  detach(executor, loop);
  loop_end(loop);
}

tenon_executor_statistics_t statistics(tenon_executor_t *executor) {
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(executor, &statistics));
  return statistics;
}

static void host_timer_fired(uv_timer_t *handle) {
  host_timer_t *timer = handle->data;
  timer->count++;
}

void host_timer_start(host_timer_t *timer, uv_loop_t *loop, uint64_t timeout_ms,
                      uint64_t repeat_ms) {
  timer->count = 0;
  CHECK_COUNT(0, uv_timer_init(loop, &timer->timer));
  timer->timer.data = timer;
  CHECK_COUNT(0, uv_timer_start(&timer->timer, host_timer_fired, timeout_ms, repeat_ms));
}

void host_timer_close(host_timer_t *timer) { uv_close((uv_handle_t *)&timer->timer, NULL); }

static void count_turn(uv_prepare_t *prepare) {
  turns_t *turns = prepare->data;
  atomic_fetch_add(&turns->count, 1);
}

void turns_start(turns_t *turns, uv_loop_t *loop) {
  atomic_store(&turns->count, 0);
  CHECK_COUNT(0, uv_prepare_init(loop, &turns->prepare));
  turns->prepare.data = turns;
  CHECK_COUNT(0, uv_prepare_start(&turns->prepare, count_turn));
  uv_unref((uv_handle_t *)&turns->prepare);
}

void turns_close(turns_t *turns) { uv_close((uv_handle_t *)&turns->prepare, NULL); }

void hold_begin(hold_t *hold, tenon_executor_t *executor) {
  memset(hold, 0, sizeof *hold);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &hold->promise, &hold->future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(hold->future, executor, tell_completion,
                                                         &hold->told, NULL));
}

void hold_end(hold_t *hold) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(hold->promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(hold->future));
}

/* MARK: Threads and descriptors */

pthread_t thread_start(void *(*fn)(void *), void *context) {
  pthread_t thread;
  if (!CHECK_COUNT(0, pthread_create(&thread, NULL, fn, context)))
    abort();
  return thread;
}

void thread_join(pthread_t thread) { CHECK_COUNT(0, pthread_join(thread, NULL)); }

void on_other_thread(void *(*fn)(void *), void *context) { thread_join(thread_start(fn, context)); }

int descriptors_open(void) {
  DIR *directory = opendir("/proc/self/fd");
  if (!CHECK(directory != NULL))
    return -1;
  int count = 0;
  for (const struct dirent *entry; (entry = readdir(directory));)
    if (entry->d_name[0] != '.')
      count++;
  closedir(directory);
  return count - 1;
}
