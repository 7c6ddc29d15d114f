/*
 * What the cases share.
 */
#include "check.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* MARK: Checks */

#define FAILURES_MAX 8

static pthread_mutex_t failures_lock = PTHREAD_MUTEX_INITIALIZER;
static char failures[4096];
static size_t failures_size;
static size_t failures_count;

static atomic_int turns;

void conformance_begin(void) {
  pthread_mutex_lock(&failures_lock);
  failures_size = 0;
  failures_count = 0;
  failures[0] = 0;
  pthread_mutex_unlock(&failures_lock);
}

const char *conformance_end(void) {
  pthread_mutex_lock(&failures_lock);
  const char *text = failures_count == 0 ? NULL : failures;
  pthread_mutex_unlock(&failures_lock);
  return text;
}

__attribute__((format(printf, 3, 4))) static void record(const char *file, int line,
                                                         const char *format, ...) {
  const char *name = strrchr(file, '/');
  char text[1024];
  va_list list;
  va_start(list, format);
  vsnprintf(text, sizeof text, format, list);
  va_end(list);
  pthread_mutex_lock(&failures_lock);
  if (failures_count++ < FAILURES_MAX) {
    size_t left = sizeof failures - failures_size;
    int size = snprintf(failures + failures_size, left, "%s%s:%d: %s",
                        failures_size == 0 ? "" : "\n", name ? name + 1 : file, line, text);
    failures_size += size < 0 ? 0 : (size_t)size < left ? (size_t)size : left - 1;
  }
  pthread_mutex_unlock(&failures_lock);
}

bool conformance_check(bool held, const char *file, int line, const char *text) {
  if (!held)
    record(file, line, "%s", text);
  return held;
}

bool conformance_check_status(tenon_status_t expected, tenon_status_t actual, const char *file,
                              int line, const char *text) {
  if (expected != actual)
    record(file, line, "%s: expected %s (%d), got %s (%d)", text, tenon_status_name(expected),
           (int)expected, tenon_status_name(actual), (int)actual);
  return expected == actual;
}

bool conformance_check_count(unsigned long long expected, unsigned long long actual,
                             const char *file, int line, const char *text) {
  if (expected != actual)
    record(file, line, "%s: expected %llu, got %llu", text, expected, actual);
  return expected == actual;
}

bool conformance_check_text(const char *expected, const char *actual, const char *file, int line,
                            const char *text) {
  bool held = actual && strcmp(expected, actual) == 0;
  if (!held)
    record(file, line, "%s: expected \"%s\", got \"%s\"", text, expected,
           actual ? actual : "(null)");
  return held;
}

/* MARK: Amounts and chance */

bool conformance_is_light(void) { return getenv("TENON_TEST_LIGHT") != NULL; }

size_t conformance_rounds(size_t full) {
  return conformance_is_light() ? (full < 20 ? 1 : full / 20) : full;
}

uint64_t conformance_now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t random_next(random_t *random) {
  uint64_t mixed = random->state += 0x9e3779b97f4a7c15u;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

uint64_t random_below(random_t *random, uint64_t bound) { return random_next(random) % bound; }

/* MARK: Contexts */

static void *self_as_pointer(void) {
  pthread_t self = pthread_self();
  void *pointer = NULL;
  memcpy(&pointer, &self, sizeof self < sizeof pointer ? sizeof self : sizeof pointer);
  return pointer;
}

void told_now(told_t *told, tenon_status_t status) {
  atomic_store(&told->status, status);
  atomic_store(&told->turn, atomic_fetch_add(&turns, 1) + 1);
  atomic_store(&told->self, self_as_pointer());
  atomic_fetch_add(&told->count, 1);
}

void tell(void *context, tenon_status_t status) { told_now(context, status); }

void tell_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  told_t *told = context;
  bool ended = status == TENON_STATUS_OK || status == TENON_STATUS_REJECTED ||
               status == TENON_STATUS_CANCELLED;
  if (ended != (future != NULL) || (ended && tenon_future_poll(future) != status))
    atomic_store(&told->wrong, true);
  told_now(told, status);
}

bool told_here(const told_t *told) { return atomic_load(&told->self) == self_as_pointer(); }

bool conformance_check_told(tenon_status_t expected, const told_t *told, const char *file, int line,
                            const char *text) {
  int count = atomic_load(&told->count);
  tenon_status_t actual = atomic_load(&told->status);
  bool held = count == 1 && actual == expected && !atomic_load(&told->wrong);
  if (!held)
    record(file, line, "%s: expected to be told %s once, was told %d times, last %s%s", text,
           tenon_status_name(expected), count, count == 0 ? "nothing" : tenon_status_name(actual),
           atomic_load(&told->wrong) ? ", with a future that does not fit" : "");
  return held;
}

void never_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)future;
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED /* never told */, status);
}

void never(void *context, tenon_status_t status) {
  (void)context;
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED /* never told */, status);
}

/* MARK: Values */

void count_drop(void *pointer, size_t size) {
  CHECK_COUNT(0, size);
  atomic_fetch_add((atomic_int *)pointer, 1);
}

tenon_value_t counted_value(atomic_int *drops) {
  return tenon_value_pointer(drops, NULL, count_drop);
}

void pattern_fill(void *memory, size_t size) { memset(memory, 0xa5, size); }

bool pattern_holds(const void *memory, size_t size) {
  const unsigned char *bytes = memory;
  for (size_t index = 0; index < size; index++)
    if (bytes[index] != 0xa5)
      return false;
  return true;
}

/* MARK: Handles */

pair_t pair_create(void) { return pair_create_with(0, NULL); }

pair_t pair_create_with(uint32_t flags, tenon_executor_t *executor) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.flags = flags;
  config.executor = executor;
  pair_t pair = {NULL, NULL};
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(flags == 0 && !executor ? NULL : &config,
                                                     &pair.promise, &pair.future));
  return pair;
}

tenon_error_t *error_create(int64_t code) {
  tenon_error_t *error = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", code, "for a test", NULL, &error));
  return error;
}

tenon_error_t *error_of(tenon_future_t *future) {
  tenon_error_t *error = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(future, &error));
  return error;
}

tenon_error_t *cause_of(tenon_error_t *error) {
  tenon_error_t *cause = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_copy_cause(error, &cause));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  return cause;
}

tenon_error_t *reason_of(tenon_promise_t *promise) {
  tenon_error_t *error = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_copy_reason(promise, &error));
  return error;
}

bool conformance_check_error(const char *domain, int64_t code, tenon_error_t *error,
                             const char *file, int line, const char *text) {
  const char *actual_domain = "";
  int64_t actual_code = 0;
  bool held = tenon_error_get_domain(error, &actual_domain) == TENON_STATUS_OK &&
              tenon_error_get_code(error, &actual_code) == TENON_STATUS_OK &&
              strcmp(domain, actual_domain) == 0 && code == actual_code;
  if (!held)
    record(file, line, "%s: expected error %s %lld, was %s %lld", text, domain, (long long)code,
           actual_domain, (long long)actual_code);
  tenon_error_release(error);
  return held;
}

tenon_status_t settle(tenon_promise_t *promise, tenon_status_t status) {
  if (status == TENON_STATUS_OK) {
    tenon_value_t value = tenon_value_i64(42);
    return tenon_promise_resolve(promise, &value);
  }
  if (status == TENON_STATUS_CANCELLED)
    return tenon_promise_cancel(promise);
  tenon_error_t *error = error_create(7);
  tenon_status_t answer = tenon_promise_reject(promise, error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  return answer;
}

pair_t pair_create_settled(tenon_status_t status) {
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, status));
  return pair;
}

tenon_executor_t *executor_create(void) {
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(NULL, &executor));
  return executor;
}

tenon_poll_result_t executor_poll(tenon_executor_t *executor) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  return result;
}

void executor_end(tenon_executor_t *executor) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

tenon_executor_t *pool_create(uint32_t threads_max) {
  tenon_executor_t *pool = NULL;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "pool";
  config.threads_max = threads_max;
  config.thread_idle_ms = 60000;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &pool));
  return pool;
}

void pool_end(tenon_executor_t *pool) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
}

size_t memory_used(void) {
#ifdef IS_SANITIZED
  return 0;
#else
  struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
#endif
}

size_t memory_mapped(void) {
  size_t pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%zu", &pages) == 1);
  if (file)
    fclose(file);
  return pages * (size_t)sysconf(_SC_PAGESIZE);
}

tenon_executor_statistics_t executor_statistics(tenon_executor_t *executor) {
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(executor, &statistics));
  return statistics;
}

tenon_process_statistics_t process_statistics(void) {
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_get_statistics(&statistics));
  return statistics;
}

/* MARK: Threads */

pthread_t thread_start(void *(*fn)(void *), void *context) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, fn, context) != 0)
    abort();
  return thread;
}

void thread_join(pthread_t thread) { CHECK(pthread_join(thread, NULL) == 0); }

void on_other_thread(void *(*fn)(void *), void *context) { thread_join(thread_start(fn, context)); }

#ifdef IS_SANITIZED
enum { SMALL_STACK = 512 * 1024 };
#else
enum { SMALL_STACK = 64 * 1024 };
#endif

void on_small_stack(void *(*fn)(void *), void *context) {
  pthread_attr_t attributes;
  pthread_t thread;
  pthread_attr_init(&attributes);
  CHECK(pthread_attr_setstacksize(&attributes, SMALL_STACK) == 0);
  if (pthread_create(&thread, &attributes, fn, context) != 0)
    abort();
  pthread_attr_destroy(&attributes);
  thread_join(thread);
}
