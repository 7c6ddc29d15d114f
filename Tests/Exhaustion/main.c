/*
 * Runs each case for every point at which the system may refuse something: once with that one refused,
 * once with it and all that follow. And both in a process that has used nothing of Tenon yet, where
 * the case begins with what it needs; and in one that has run the case before, where it begins with
 * the call that it is about.
 *
 *   exhaust [--functions | --some] [NAME...]
 *
 * With --some only the first points, and of those after them one in each eighth of the way so far.
 *
 * Each run is a process of its own. It fails if it ends by a signal, hangs, gives another answer than
 * it may, or if a callback or a value is lost.
 */
#define _GNU_SOURCE
#include "exhaust.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const int seconds_max = 20;
static const long points_max = 100000;

static case_t *cases;

void case_add(case_t *added) {
  case_t **place = &cases;
  while (*place && strcmp((*place)->name, added->name) <= 0)
    place = &(*place)->next;
  added->next = *place;
  *place = added;
}

/* MARK: One run */

static struct {
  bool is_cold;
  bool begun;
  long number;
  bool all;
} now;

static const case_t *running;
static jmp_buf too_little;
static char failure[300]; /* what was wrong first */
static int given, accepted;
static atomic_int dropped, told;

static void fail(int line, const char *text, const char *found) {
  if (!*failure)
    snprintf(failure, sizeof failure, "line %d: %s: %s", line, text, found);
}

bool exhaust_answer(tenon_status_t expected, bool may_fail, tenon_status_t status, int line,
                    const char *text) {
  if (status != expected &&
      !(may_fail && status == TENON_STATUS_NO_RESOURCES && system_failures() != 0))
    fail(line, text, tenon_status_name(status));
  return status == expected;
}

void exhaust_check(bool holds, int line, const char *text) {
  if (!holds)
    fail(line, text, "is not so");
}

bool exhaust_accepted(bool has_accepted) {
  accepted += has_accepted;
  return has_accepted;
}

void begin(void) {
  now.begun = true;
  if (!now.is_cold)
    system_begin(now.number, now.all);
}

void tell(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  atomic_fetch_add(&told, 1);
}

void tell_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  tell(context, status);
}

const char mark = 0;

void count_drop(void *pointer, size_t size) {
  (void)pointer;
  (void)size;
  atomic_fetch_add(&dropped, 1);
}

tenon_value_t counted(void) {
  given++;
  return tenon_value_pointer(&given, &mark, count_drop);
}

void drop(tenon_value_t *value) { MUST(TENON_STATUS_OK, tenon_value_drop(value)); }

/* MARK: What is ended with a case */

typedef struct ending {
  void (*end)(void *one, void *other);
  void *one, *other;
} ending_t;

static ending_t endings[64];
static size_t endings_count;
static tenon_executor_t *executor, *pool;

static void at_end(void (*end)(void *, void *), void *one, void *other) {
  endings[endings_count++] = (ending_t){end, one, other};
}

static void end_other(void *end, void *one) { ((void (*)(void *))end)(one); }

void keep(void (*end)(void *), void *one) { at_end(end_other, (void *)end, one); }

/** Something that a case needs could not be had: that may be, and is the end of it. */
void need(bool is_there) {
  if (!is_there)
    longjmp(too_little, 1);
}

void poll_all(tenon_executor_t *polled) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_status_t status = TENON_STATUS_OK;
  do
    status = tenon_executor_poll(polled, NULL, &result);
  while (status == TENON_STATUS_OK && result.more && !result.closed);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
}

static void end_executor(void *one, void *other) {
  (void)other;
  tenon_status_t status = tenon_executor_close(one, 0);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
        status == TENON_STATUS_TIMEOUT);
  MUST(TENON_STATUS_OK, tenon_executor_release(one));
}

tenon_executor_t *need_executor(void) {
  if (!executor) {
    need(MAY(TENON_STATUS_OK, tenon_executor_create(NULL, &executor)));
    at_end(end_executor, executor, NULL);
  }
  return executor;
}

void keep_executor(tenon_executor_t *kept) { at_end(end_executor, kept, NULL); }

tenon_executor_t *need_pool(void) {
  if (!pool) {
    tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
    config.threads_max = 2;
    need(MAY(TENON_STATUS_OK, tenon_executor_create(&config, &pool)));
    at_end(end_executor, pool, NULL);
  }
  return pool;
}

static void end_pair(void *promise, void *future) {
  tenon_value_t value = tenon_value_i64(1);
  if (tenon_future_poll(future) == TENON_STATUS_PENDING)
    MUST(TENON_STATUS_OK, tenon_promise_resolve(promise, &value));
  MUST(TENON_STATUS_OK, tenon_future_release(future));
}

pair_t need_pair(void) {
  pair_t pair;
  need(MAY(TENON_STATUS_OK, tenon_promise_create(NULL, &pair.promise, &pair.future)));
  at_end(end_pair, pair.promise, pair.future);
  return pair;
}

tenon_future_t *need_settled(tenon_status_t status) {
  pair_t pair = need_pair();
  if (status == TENON_STATUS_OK) {
    tenon_value_t value = counted();
    MUST(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  } else if (status == TENON_STATUS_CANCELLED) {
    MUST(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  } else {
    tenon_error_t *error = need_error();
    MUST(TENON_STATUS_OK, tenon_promise_reject(pair.promise, error));
  }
  return pair.future;
}

static void end_future(void *one, void *other) {
  (void)other;
  MUST(TENON_STATUS_OK, tenon_future_release(one));
}

void keep_future(tenon_future_t *future) {
  if (future)
    at_end(end_future, future, NULL);
}

static void end_error(void *one, void *other) {
  (void)other;
  MUST(TENON_STATUS_OK, tenon_error_release(one));
}

void keep_error(tenon_error_t *error) { at_end(end_error, error, NULL); }

tenon_error_t *need_error(void) {
  tenon_error_t *error = NULL;
  need(MAY(TENON_STATUS_OK, tenon_error_create("test", 1, "text", NULL, &error)));
  keep_error(error);
  return error;
}

static void end_object(void *one, void *other) {
  (void)other;
  MUST(TENON_STATUS_OK, tenon_object_release(one));
}

tenon_object_t *need_object(void) {
  tenon_object_t *object = NULL;
  need(MAY(TENON_STATUS_OK, tenon_object_create(&given, &mark, count_drop, &object)));
  given++;
  at_end(end_object, object, NULL);
  return object;
}

static void end_stream(void *sink, void *stream) {
  MUST(TENON_STATUS_OK, tenon_sink_release(sink));
  MUST(TENON_STATUS_OK, tenon_stream_release(stream));
}

ends_t need_stream(size_t capacity) {
  ends_t ends;
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = capacity;
  need(MAY(TENON_STATUS_OK, tenon_stream_create(&config, &ends.sink, &ends.stream)));
  at_end(end_stream, ends.sink, ends.stream);
  return ends;
}

static void end_latest(void *publisher, void *latest) {
  MUST(TENON_STATUS_OK, tenon_publisher_release(publisher));
  MUST(TENON_STATUS_OK, tenon_latest_release(latest));
}

latest_ends_t need_latest(void) {
  latest_ends_t ends;
  need(MAY(TENON_STATUS_OK, tenon_latest_create(NULL, &ends.publisher, &ends.latest)));
  at_end(end_latest, ends.publisher, ends.latest);
  return ends;
}

static void end_scope(void *one, void *other) {
  (void)other;
  MUST(TENON_STATUS_OK, tenon_scope_release(one));
}

tenon_scope_t *need_scope(void) {
  tenon_scope_t *scope = NULL;
  need(MAY(TENON_STATUS_OK, tenon_scope_open(NULL, &scope)));
  at_end(end_scope, scope, NULL);
  return scope;
}

tenon_registration_t *need_registration(tenon_future_t *future, tenon_executor_t *on) {
  tenon_registration_t *registration = NULL;
  need(REGISTERS(tenon_future_on_complete(future, on, tell_completion, NULL, &registration)));
  return registration;
}

tenon_timer_t *need_timer(tenon_executor_t *on, uint64_t deadline) {
  tenon_timer_t *timer = NULL;
  need(REGISTERS(tenon_timer_start(on, deadline, tell, NULL, &timer)));
  return timer;
}

/** Those that wait may be told by executors that end later. */
static void run_case(void) {
  endings_count = 0;
  executor = pool = NULL;
  if (setjmp(too_little) == 0)
    running->run();
  if (executor && !*failure)
    poll_all(executor);
  while (endings_count != 0) {
    ending_t *ending = &endings[--endings_count];
    ending->end(ending->one, ending->other);
  }
}

/* MARK: Afterwards */

static void check_nothing_is_left(void) {
  tenon_process_statistics_t left = TENON_PROCESS_STATISTICS_INIT;
  MUST(TENON_STATUS_OK, tenon_process_get_statistics(&left));
  CHECK(atomic_load(&told) == accepted);
  CHECK(atomic_load(&dropped) == given);
  CHECK(left.futures_pending == 0);
  CHECK(left.registrations_pending == 0);
  CHECK(left.errors_alive == 0);
  CHECK(left.streams_alive == 0);
  CHECK(left.scopes_live == 0);
}

/** What was refused is forgotten: the same works. */
static void check_all_works_again(void) {
  now.is_cold = true;
  run_case();
  if (!now.begun)
    fail(__LINE__, "the case", "never comes to what it is about");
}

/** The exit status: 0; 1: something was wrong; 2: there are not so many points. */
static int run_once(int report) {
  alarm((unsigned)seconds_max);
  if (now.is_cold) {
    system_begin(now.number, now.all);
  } else {
    now.is_cold = true;
    run_case();
    now.is_cold = false;
  }
  run_case();
  system_end();
  check_nothing_is_left();
  bool was_reached = system_failures() != 0;
  check_all_works_again();
  check_nothing_is_left();
  if (*failure && write(report, failure, strlen(failure)) < 0)
    return 1;
  return *failure ? 1 : was_reached ? 0 : 2;
}

/** True: there was such a point. */
static bool run_in_child(long *failed) {
  int ends[2];
  char text[sizeof failure] = "";
  if (pipe(ends) != 0)
    abort();
  fflush(stdout);
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    _exit(run_once(ends[1]));
  }
  close(ends[1]);
  ssize_t size = read(ends[0], text, sizeof text - 1);
  close(ends[0]);
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    abort();
  if (WIFEXITED(status) && WEXITSTATUS(status) != 1)
    return WEXITSTATUS(status) == 0;
  if (WIFSIGNALED(status))
    size = snprintf(text, sizeof text, "%s", strsignal(WTERMSIG(status)));
  ++*failed;
  printf("FAIL %s, %s, point %ld%s: %.*s\n", running->name, now.is_cold ? "cold" : "warm",
         now.number, now.all ? " and all after it" : "", (int)size, text);
  return true;
}

static bool is_wanted(const char *name, int count, char **names) {
  for (int index = 0; index < count; index++)
    if (strcmp(name, names[index]) == 0)
      return true;
  return count == 0;
}

int main(int argc, char **argv) {
  long runs = 0, failed = 0;
  bool is_some = argc > 1 && strcmp(argv[1], "--some") == 0;
  if (argc == 2 && strcmp(argv[1], "--functions") == 0) {
    for (case_t *one = cases; one; one = one->next)
      printf("tenon_%s\n", one->name);
    return 0;
  }
  for (running = cases; running; running = running->next) {
    if (!is_wanted(running->name, argc - 1 - is_some, argv + 1 + is_some))
      continue;
    for (int kind = 0; kind < 4; kind++) {
      now.is_cold = kind & 1;
      now.all = kind & 2;
      now.number = 0;
      while (now.number < points_max && run_in_child(&failed)) {
        now.number += is_some && now.number >= 16 ? now.number / 8 : 1;
        runs++;
      }
    }
  }
  printf("exhaust: %ld points refused, %ld failed\n", runs, failed);
  return failed != 0 || runs == 0;
}
