/*
 * What the programs of one function each, in *_cases.c, are made of. Each runs again and again, and
 * every time another one of the points fails where the system could refuse memory, a descriptor, a
 * mapping or a thread.
 */
#ifndef EXHAUST_H
#define EXHAUST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <tenon/tenon.h>

/* MARK: The system, in system.c */

/** From now on each point counts, and that with this number fails; with `all`, those after it, too. */
void system_begin(long number, bool all);
void system_end(void);

/** How many points there were since system_begin(); how many of them failed. */
long system_points(void);
long system_failures(void);

/* MARK: Cases */

typedef struct exhaust_case {
  const char *name; /**< of the function, without tenon_ */
  void (*run)(void);
  struct exhaust_case *next;
} case_t;

void case_add(case_t *added);

/** Defines the case of a function: CASE(future_map) { ... }. A second one of it: CASE_2(future_map, executor). */
#define CASE_2(function, more)                                                                     \
  static void run_##function##more(void);                                                          \
  __attribute__((constructor)) static void add_##function##more(void) {                            \
    static case_t here = {#function, run_##function##more, NULL};                                  \
    case_add(&here);                                                                               \
  }                                                                                                \
  static void run_##function##more(void)
#define CASE(function) CASE_2(function, )

/** What the case is about comes now. */
void begin(void);

/** The answer is this one; or, where there was nothing to be had, TENON_STATUS_NO_RESOURCES. True: it is the first. */
#define MAY(expected, ...) exhaust_answer((expected), true, (__VA_ARGS__), __LINE__, #__VA_ARGS__)

/** The answer is this one, whatever there is to be had. */
#define MUST(expected, ...) exhaust_answer((expected), false, (__VA_ARGS__), __LINE__, #__VA_ARGS__)

bool exhaust_answer(tenon_status_t expected, bool may_fail, tenon_status_t status, int line,
                    const char *text);

/** Something else is so. */
#define CHECK(...) exhaust_check((__VA_ARGS__), __LINE__, #__VA_ARGS__)
void exhaust_check(bool holds, int line, const char *text);

/* MARK: What a case needs. If that is not to be had, the case ends there. Ended with it, in the reverse order. */

/** Something could not be had. */
void need(bool is_there);
/** The same one each time; polled until nothing is ready, and closed, at the end. */
tenon_executor_t *need_executor(void);
/** One with two threads. */
tenon_executor_t *need_pool(void);
/** Both ends; settled at the end. */
typedef struct pair {
  tenon_promise_t *promise;
  tenon_future_t *future;
} pair_t;
pair_t need_pair(void);
/** A future that has settled so. */
tenon_future_t *need_settled(tenon_status_t status);
typedef struct ends {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
} ends_t;
ends_t need_stream(size_t capacity);
typedef struct latest_ends {
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
} latest_ends_t;
latest_ends_t need_latest(void);
tenon_scope_t *need_scope(void);
tenon_error_t *need_error(void);
tenon_object_t *need_object(void);

/* What a call gave, to be ended with the case. */
void keep(void (*end)(void *one), void *one);
void keep_future(tenon_future_t *future);
void keep_error(tenon_error_t *error);
void keep_executor(tenon_executor_t *executor);
/** A value that is dropped once. */
tenon_value_t counted(void);
/** What a call took the value; it was not given else. */
void drop(tenon_value_t *value);
/** A mark of a type. */
extern const char mark;
void count_drop(void *pointer, size_t size);

/* MARK: Callbacks: each that a call accepted is told once. */

/** MAY(OK, ...), and then a callback comes. */
#define REGISTERS(...) exhaust_accepted(MAY(TENON_STATUS_OK, __VA_ARGS__))
bool exhaust_accepted(bool accepted);
void tell(void *context, tenon_status_t status);
void tell_completion(void *context, tenon_status_t status, tenon_future_t *future);

/** Registered with its future, on that executor or on none. */
tenon_registration_t *need_registration(tenon_future_t *future, tenon_executor_t *executor);
tenon_timer_t *need_timer(tenon_executor_t *executor, uint64_t deadline);

/** Polls until nothing is ready. */
void poll_all(tenon_executor_t *executor);

#endif
