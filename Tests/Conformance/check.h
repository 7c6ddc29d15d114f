/**
 * @file check.h
 *
 * What the cases share: checks that record and go on, contexts that count what they were told,
 * values that count their drops, threads, and random numbers that are the same every time.
 */
#ifndef CONFORMANCE_CHECK_H
#define CONFORMANCE_CHECK_H

#include "cases.h"

#include <tenon/tenon.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/** Defined if a sanitizer looks at each access. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

/* MARK: Checks */

/** Records a failure unless the expression holds; is the expression's truth. Any thread. */
#define CHECK(...) conformance_check((__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** Records a failure unless the call answers `expected`, and prints the names of both. */
#define CHECK_STATUS(expected, ...)                                                                \
  conformance_check_status((expected), (__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** Records a failure unless the two integers are equal, and prints both. */
#define CHECK_COUNT(expected, ...)                                                                 \
  conformance_check_count((unsigned long long)(expected), (unsigned long long)(__VA_ARGS__),       \
                          __FILE__, __LINE__, #__VA_ARGS__)

/** Records a failure unless the two texts are equal, and prints both. */
#define CHECK_TEXT(expected, ...)                                                                  \
  conformance_check_text((expected), (__VA_ARGS__), __FILE__, __LINE__, #__VA_ARGS__)

/** Records a failure unless this context was told once, with this status. */
#define CHECK_TOLD(expected, told)                                                                 \
  conformance_check_told((expected), (told), __FILE__, __LINE__, #told)

/** Records a failure if this context was told anything. */
#define CHECK_NOT_TOLD(told) CHECK_COUNT(0, atomic_load(&(told)->count))

/** Yields until the expression holds; records a failure if that takes longer than any machine is
 * slow. */
#define SPIN_UNTIL(...)                                                                            \
  do {                                                                                             \
    uint64_t spin_limit_ns = conformance_now_ns() + 30000000000u;                                  \
    while (!(__VA_ARGS__)) {                                                                       \
      if (conformance_now_ns() > spin_limit_ns) {                                                  \
        conformance_check(false, __FILE__, __LINE__, "never came: " #__VA_ARGS__);                 \
        break;                                                                                     \
      }                                                                                            \
      sched_yield();                                                                               \
    }                                                                                              \
  } while (0)

bool conformance_check(bool held, const char *file, int line, const char *text);
bool conformance_check_status(tenon_status_t expected, tenon_status_t actual, const char *file,
                              int line, const char *text);
bool conformance_check_count(unsigned long long expected, unsigned long long actual,
                             const char *file, int line, const char *text);
bool conformance_check_text(const char *expected, const char *actual, const char *file, int line,
                            const char *text);

/** Forgets what was recorded. */
void conformance_begin(void);

/** What was recorded, or NULL. */
const char *conformance_end(void);

/** Defines a case. It does not compile unless cases.h lists it. */
#define CASE(name)                                                                                 \
  _Static_assert(CONFORMANCE_CASE_##name >= 0, "cases.h lists each case");                         \
  void conformance_case_##name(void)

enum {
#define CONFORMANCE_ENUM(name) CONFORMANCE_CASE_##name,
  CONFORMANCE_CASES(CONFORMANCE_ENUM)
#undef CONFORMANCE_ENUM
      CONFORMANCE_CASE_COUNT
};

#define CONFORMANCE_DECLARE(name) void conformance_case_##name(void);
CONFORMANCE_CASES(CONFORMANCE_DECLARE)
#undef CONFORMANCE_DECLARE

/* MARK: Amounts and chance */

/** True if the cases should do less. */
bool conformance_is_light(void);

/** `full`, or a twentieth of it if the cases should do less. */
size_t conformance_rounds(size_t full);

/** The monotonic clock, without Tenon. */
uint64_t conformance_now_ns(void);

/** A generator of random numbers: the seed, then whatever random_next() makes of it. */
typedef struct random {
  uint64_t state;
} random_t;

uint64_t random_next(random_t *random);

/** A number from 0 to `bound` - 1. */
uint64_t random_below(random_t *random, uint64_t bound);

/* MARK: Contexts */

/** A context that counts what it is told. Set it up with TOLD_INIT, or from zero. */
typedef struct told {
  atomic_int count;     /**< how often */
  atomic_int status;    /**< the last time, with this */
  atomic_int turn;      /**< the last time, as the so-manieth of all */
  atomic_bool wrong;    /**< the future that came along did not fit the status */
  _Atomic(void *) self; /**< pthread_self() of the last time, as a number */
} told_t;

#define TOLD_INIT                                                                                  \
  { 0, 0, 0, false, NULL }

/** Counts, for callbacks of the caller's own. */
void told_now(told_t *told, tenon_status_t status);

/** A tenon_job_fn, tenon_cancel_fn and tenon_timer_fn whose context is a told_t. */
void tell(void *context, tenon_status_t status);

/** A tenon_completion_fn whose context is a told_t. */
void tell_completion(void *context, tenon_status_t status, tenon_future_t *future);

/** True if it was told on the calling thread. */
bool told_here(const told_t *told);

bool conformance_check_told(tenon_status_t expected, const told_t *told, const char *file, int line,
                            const char *text);

/** A tenon_completion_fn that must never be told. */
void never_completion(void *context, tenon_status_t status, tenon_future_t *future);

/** The same for jobs, cancels and timers. */
void never(void *context, tenon_status_t status);

/* MARK: Values */

/** A tenon_drop_fn that counts in the atomic_int that `pointer` is. */
void count_drop(void *pointer, size_t size);

/** A value of kind pointer that counts its drop. */
tenon_value_t counted_value(atomic_int *drops);

/** Fills memory with a pattern, and tells whether it is still there. */
void pattern_fill(void *memory, size_t size);
bool pattern_holds(const void *memory, size_t size);

/** An output that was filled with the pattern, and not written since. */
#define CHECK_UNTOUCHED(output) CHECK(pattern_holds(&(output), sizeof(output)))

/* MARK: Handles */

typedef struct pair {
  tenon_promise_t *promise;
  tenon_future_t *future;
} pair_t;

/** Both ends, pending. */
pair_t pair_create(void);

/** Both ends with a flag, an executor for the producer, or neither. */
pair_t pair_create_with(uint32_t flags, tenon_executor_t *executor);

/** Both ends, settled: with a number, an error of domain "test", or as cancelled. */
pair_t pair_create_settled(tenon_status_t status);

/** Settles with a number, an error of domain "test", or as cancelled. */
tenon_status_t settle(tenon_promise_t *promise, tenon_status_t status);

/** An error of domain "test" and this code. */
tenon_error_t *error_create(int64_t code);

/** Checks the domain and the code of an error, and gives its reference back. */
#define CHECK_ERROR(domain, code, error)                                                           \
  conformance_check_error((domain), (code), (error), __FILE__, __LINE__, #error)

/** The error of a settled future, with a reference. */
tenon_error_t *error_of(tenon_future_t *future);

/** The cause of an error, whose reference is given back. NULL: there is none. */
tenon_error_t *cause_of(tenon_error_t *error);

/** Why a cancel is requested of a promise, with a reference. */
tenon_error_t *reason_of(tenon_promise_t *promise);

bool conformance_check_error(const char *domain, int64_t code, tenon_error_t *error,
                             const char *file, int line, const char *text);

/** An executor for tenon_executor_fd(), or to poll by hand. */
tenon_executor_t *executor_create(void);

/** Polls once, without a bound. */
tenon_poll_result_t executor_poll(tenon_executor_t *executor);

/** Closes, and gives the reference back. */
void executor_end(tenon_executor_t *executor);

/** An executor with at most so many threads, called "pool", which do not go while they are idle. */
tenon_executor_t *pool_create(uint32_t threads_max);

/** Closes when everything has run, and gives the reference back. */
void pool_end(tenon_executor_t *pool);

tenon_executor_statistics_t executor_statistics(tenon_executor_t *executor);
tenon_process_statistics_t process_statistics(void);

/** How much memory the program has from the C library; 0 under a sanitizer, which has its own. */
size_t memory_used(void);

/** How many bytes of this process's addresses are in use. */
size_t memory_mapped(void);

/* MARK: Threads */

/** Starts a thread; join it with thread_join(). */
pthread_t thread_start(void *(*fn)(void *), void *context);
void thread_join(pthread_t thread);

/** Runs `fn` on another thread, and returns when it has ended. */
void on_other_thread(void *(*fn)(void *), void *context);

/** Does the same on a thread with a stack of 64 KiB; under a sanitizer, which needs more, of 512. */
void on_small_stack(void *(*fn)(void *), void *context);

/* MARK: Functions */

/** How many handle parameters, and how many required pointers, a function has at the most. */
#define FUNCTION_HANDLES_MAX 2
#define FUNCTION_POINTERS_MAX 3
#define FUNCTION_OUT_SIZE 128

/** The types of handle, and none. */
typedef enum handle_type {
  HANDLE_NONE,
  HANDLE_ERROR,
  HANDLE_FUTURE,
  HANDLE_PROMISE,
  HANDLE_REGISTRATION,
  HANDLE_EXECUTOR,
  HANDLE_TIMER,
  HANDLE_SINK,
  HANDLE_STREAM,
  HANDLE_PUBLISHER,
  HANDLE_LATEST,
  HANDLE_SCOPE,
  HANDLE_OBJECT,
  HANDLE_TYPE_COUNT
} handle_type_t;

/** What an argument can be wrong in, beside handles and NULL. */
typedef enum wrong {
  WRONG_NOTHING,
  WRONG_STRUCT_SIZE,
  WRONG_FLAGS,
  WRONG_TEXT,
  WRONG_SIZE,
  WRONG_VALUE,
  WRONG_STATUS
} wrong_t;

/** What a function of the table is called with. */
typedef struct arguments {
  void *handles[FUNCTION_HANDLES_MAX];
  bool null[FUNCTION_POINTERS_MAX]; /**< give NULL for this required pointer */
  wrong_t wrong;                    /**< which kind of argument is wrong */
  size_t at;                        /**< the so-manieth of its kind */
  size_t size;                      /**< the wrong struct_size, or size */
  uint32_t flags;
  const char *text;
  const tenon_value_t *value;
  tenon_status_t status;
  size_t size_right; /**< set by the call: what the wrong struct_size should be */
  told_t *told;      /**< for callbacks that must not come */
  atomic_int *drops; /**< for values that must not be dropped */
  /** Where outputs go: filled with the pattern before the call. */
  union {
    unsigned char bytes[FUNCTION_OUT_SIZE];
    uint64_t align;
  } out[2];
  bool took; /**< set by the call if it took something that it was given */
} arguments_t;

/** One exported function: how to call it with whatever arguments. */
typedef struct function {
  const char *name;
  /** NULL: there is nothing that could be wrong. Otherwise what the function answers. */
  tenon_status_t (*call)(arguments_t *arguments);
  handle_type_t handles[FUNCTION_HANDLES_MAX];
  bool optional[FUNCTION_HANDLES_MAX]; /**< this handle may be NULL */
  size_t pointers;                     /**< how many required pointers it has */
  size_t structs;                      /**< how many structs with a struct_size it reads */
  size_t structs_out;                  /**< and, after those, how many it fills */
  size_t flags;                        /**< how many flags and reserved fields */
  uint32_t flags_known;                /**< those of the first one that are right */
  size_t texts;                        /**< how many texts */
  size_t sizes;                        /**< how many sizes of data */
  bool value;                          /**< it takes a tenon_value_t */
  bool status;                         /**< it takes a tenon_status_t */
  /** It answers something else than a status, or checks other things before its handle: any
   *  failure will do. */
  bool inexact;
} function_t;

/** What objects and errors are of that the functions are called with. */
extern const int payload_type;

/** All exported functions; the last one has no name. See functions.c. */
extern const function_t conformance_functions[];

/** Calls a function of the table with outputs filled with the pattern. */
tenon_status_t function_call(const function_t *function, arguments_t *arguments);

/** True if the last call has written and taken nothing. */
bool function_left_all(const arguments_t *arguments);

/** One live handle of each type, by type. */
typedef struct fixture {
  void *live[HANDLE_TYPE_COUNT];
  void *stale[HANDLE_TYPE_COUNT];
  told_t registration_told;
  told_t timer_told;
  told_t stale_told;
} fixture_t;

void fixture_begin(fixture_t *fixture);
void fixture_end(fixture_t *fixture);

#endif /* CONFORMANCE_CHECK_H */
