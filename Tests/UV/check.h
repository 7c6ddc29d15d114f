/**
 * @file check.h
 *
 * What the tests share: checks that print and go on, contexts that count what they were told,
 * loops that must close, threads, and a promise that keeps a loop alive.
 */
#ifndef UV_CHECK_H
#define UV_CHECK_H

#include "tests.h"

#include <tenon/tenon.h>
#include <tenon/uv.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/* MARK: Checks */

/** Prints file, line and expression unless it holds; is the expression's truth. Any thread. */
#define CHECK(...) check_that((__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** The same for a call that answers `expected`; prints the names of both. */
#define CHECK_STATUS(expected, ...)                                                                \
  check_status((expected), (__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** The same for an integer; prints both. */
#define CHECK_COUNT(expected, ...)                                                                 \
  check_count((long long)(expected), (long long)(__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** The same for a context that was told once, with this status. */
#define CHECK_TOLD(expected, told) check_told((expected), (told), __FILE__, __LINE__, #told)

/** The same for a context that was told nothing. */
#define CHECK_NOT_TOLD(told) CHECK_COUNT(0, atomic_load(&(told)->count))

/** Yields until the expression holds. */
#define SPIN_UNTIL(...)                                                                            \
  do {                                                                                             \
    while (!(__VA_ARGS__))                                                                         \
      sched_yield();                                                                               \
  } while (0)

bool check_that(bool held, const char *file, int line, const char *text);
bool check_status(tenon_status_t expected, tenon_status_t actual, const char *file, int line,
                  const char *text);
bool check_count(long long expected, long long actual, const char *file, int line,
                 const char *text);

/** Defines a test. It does not compile unless tests.h lists it. */
#define TEST(name)                                                                                 \
  static void name(void);                                                                          \
  _Static_assert(UV_TEST_INDEX_##name >= 0, "tests.h lists each test");                            \
  int uv_test_##name(void) {                                                                       \
    int before = check_failures();                                                                 \
    name();                                                                                        \
    return check_failures() - before;                                                              \
  }                                                                                                \
  static void name(void)

enum {
#define UV_TEST_INDEX(name) UV_TEST_INDEX_##name,
  UV_TESTS(UV_TEST_INDEX)
#undef UV_TEST_INDEX
      UV_TEST_COUNT
};

#define UV_TEST_DECLARE(name) int uv_test_##name(void);
UV_TESTS(UV_TEST_DECLARE)
#undef UV_TEST_DECLARE

/** How many checks have failed in this process. */
int check_failures(void);

/** `full`, or a twentieth of it if the tests should do less. */
size_t rounds(size_t full);

/* MARK: Contexts */

/** A context that counts what it is told. Set it up from zero. */
typedef struct told {
  atomic_int count;
  atomic_int status;     /**< of the last time */
  atomic_ullong time_ns; /**< of the last time */
  pthread_t thread;      /**< of the last time */
} told_t;

/** A job, a timer's callback or a detach's, with a told_t. */
void tell(void *context, tenon_status_t status);

/** A tenon_completion_fn with a told_t. */
void tell_completion(void *context, tenon_status_t status, tenon_future_t *future);

bool is_told(told_t *told);
bool check_told(tenon_status_t expected, told_t *told, const char *file, int line,
                const char *text);

/** A detached_fn that must never be told. */
void tell_never(void *context, tenon_status_t status);

/* MARK: Loops */

/** A loop in memory of its own. */
uv_loop_t *loop_create(void);

/** Closes the loop, which must be possible, and overwrites and frees its memory. */
void loop_end(uv_loop_t *loop);

/** How many handles uv_walk() shows. */
int loop_handles(uv_loop_t *loop);

/** Closes every handle that is not closing yet: what hosts do before they exit. */
void loop_close_handles(uv_loop_t *loop);

/** Attaches with the default configuration. */
tenon_executor_t *attach(uv_loop_t *loop);

/** Detaches, runs the loop until that is complete, and releases. */
void detach(tenon_executor_t *executor, uv_loop_t *loop);

/** Detaches, and ends the loop too. */
void detach_and_end(tenon_executor_t *executor, uv_loop_t *loop);

tenon_executor_statistics_t statistics(tenon_executor_t *executor);

/** A host's timer, which knows when it fired and stops nothing. */
typedef struct host_timer {
  uv_timer_t timer;
  int count;
} host_timer_t;

/** Starts it; 0 for `repeat_ms`: once. */
void host_timer_start(host_timer_t *timer, uv_loop_t *loop, uint64_t timeout_ms,
                      uint64_t repeat_ms);
void host_timer_close(host_timer_t *timer);

/** Counts the turns of a loop, without keeping it alive. */
typedef struct turns {
  uv_prepare_t prepare;
  atomic_int count;
} turns_t;

void turns_start(turns_t *turns, uv_loop_t *loop);
void turns_close(turns_t *turns);

/** A callback that is pending until somebody says so: keeps the executor's loop alive. */
typedef struct hold {
  tenon_promise_t *promise;
  tenon_future_t *future;
  told_t told;
} hold_t;

/** On the loop's thread. */
void hold_begin(hold_t *hold, tenon_executor_t *executor);

/** On any thread, once. */
void hold_end(hold_t *hold);

/* MARK: Threads and descriptors */

/** Starts a thread; join it with thread_join(). */
pthread_t thread_start(void *(*fn)(void *), void *context);
void thread_join(pthread_t thread);

/** Runs `fn` on another thread, and returns when it has ended. */
void on_other_thread(void *(*fn)(void *), void *context);

/** How many file descriptors this process has open. */
int descriptors_open(void);

#endif /* UV_CHECK_H */
