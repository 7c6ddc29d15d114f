/*
 * Has as many futures, registrations or errors as a process may have, and then asks for more: a call that needs one says that there is
 * none, and has done nothing; one that can do without does what it does. When one is given back, all is as before.
 *
 * Each kind in a process of its own. How many there may be depends on the addresses that the process may have.
 */
#include "../children.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tenon/tenon.h>
#include <unistd.h>

enum { addresses = 512 << 20, made_max = 1 << 20, second = 1000000000 };

static void *made[made_max];
static size_t count;
static int failures;
static long told, chunks;

static void expect(tenon_status_t expected, tenon_status_t status, int line, const char *text) {
  if (status == expected)
    return;
  failures++;
  fprintf(stderr, "tables: line %d: %s: %s, not %s\n", line, text, tenon_status_name(status),
          tenon_status_name(expected));
}

#define EXPECT(status, ...) expect((status), (__VA_ARGS__), __LINE__, #__VA_ARGS__)
#define OK(...) EXPECT(TENON_STATUS_OK, __VA_ARGS__)
/** There is none left. */
#define REFUSED(...) EXPECT(TENON_STATUS_NO_RESOURCES, __VA_ARGS__)
#define CHECK(...) (!(__VA_ARGS__) ? expect(0, -1, __LINE__, #__VA_ARGS__) : (void)0)

static void tell(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  told++;
}

static void tell_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  tell(context, status);
}

static tenon_status_t run_chunk(void *context, size_t begin, size_t end) {
  (void)context;
  (void)begin;
  (void)end;
  chunks++;
  return TENON_STATUS_OK;
}

static void map(void *context, tenon_status_t status, tenon_future_t *future,
                tenon_promise_t *promise) {
  (void)future;
  tell(context, status);
  tenon_promise_resolve(promise, NULL);
}

/* MARK: What there is beside them */

typedef struct pair {
  tenon_promise_t *promise;
  tenon_future_t *future;
} pair_t;

typedef struct ends {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
} ends_t;

static tenon_executor_t *executor, *pool;
static tenon_scope_t *scope;
static tenon_publisher_t *publisher;
static tenon_latest_t *latest;
static pair_t pairs[2];
static ends_t streams[2];

static void begin(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = 1;
  OK(tenon_executor_create(NULL, &executor));
  OK(tenon_executor_create(&config, &pool));
  OK(tenon_scope_open(NULL, &scope));
  OK(tenon_latest_create(NULL, &publisher, &latest));
  for (int index = 0; index < 2; index++) {
    OK(tenon_promise_create(NULL, &pairs[index].promise, &pairs[index].future));
    OK(tenon_stream_create(NULL, &streams[index].sink, &streams[index].stream));
  }
}

static void end(void) {
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  OK(tenon_scope_release(scope));
  OK(tenon_publisher_release(publisher));
  OK(tenon_latest_release(latest));
  for (int index = 0; index < 2; index++) {
    OK(tenon_promise_release(pairs[index].promise));
    OK(tenon_future_release(pairs[index].future));
    OK(tenon_sink_release(streams[index].sink));
    OK(tenon_stream_release(streams[index].stream));
  }
  OK(tenon_executor_close(pool, TENON_FOREVER));
  OK(tenon_executor_close(executor, 0));
  OK(tenon_executor_release(pool));
  OK(tenon_executor_release(executor));
  OK(tenon_process_get_statistics(&statistics));
  CHECK(statistics.futures_pending == 0 && statistics.registrations_pending == 0);
}

static bool is_none(const void *out) { return out == NULL; }

/* MARK: Each kind */

static void all_futures(void) {
  static tenon_promise_t *promises[made_max];
  tenon_status_t status = TENON_STATUS_OK;
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_none();
  size_t moved = 0;
  int fds[2];
  ends_t more = {NULL, NULL};
  tenon_scope_t *other = NULL;
  begin();
  CHECK(pipe(fds) == 0);
  while (count < made_max && (status = tenon_promise_create(NULL, &promises[count],
                                                            (tenon_future_t **)&made[count])) == 0)
    count++;
  REFUSED(status);
  REFUSED(tenon_future_all(&pairs[0].future, 1, 0, &future));
  REFUSED(tenon_future_all_settled(&pairs[0].future, 1, 0, &future));
  REFUSED(tenon_future_any(&pairs[0].future, 1, 0, &future));
  REFUSED(tenon_future_race(&pairs[0].future, 1, 0, &future));
  REFUSED(tenon_future_timeout(pairs[0].future, executor, 0, &future));
  REFUSED(tenon_future_sleep(executor, 0, &future));
  REFUSED(tenon_future_readable(executor, fds[0], &future));
  REFUSED(tenon_future_map(pairs[0].future, NULL, map, NULL, &future));
  REFUSED(tenon_stream_next(streams[0].stream, &future));
  REFUSED(tenon_stream_next_batch(streams[0].stream, &value, 1, &moved, &future));
  REFUSED(tenon_stream_ready(streams[0].stream, &future));
  REFUSED(tenon_stream_pipe(streams[0].stream, streams[1].sink, 0, &future));
  REFUSED(tenon_latest_next(latest, &future));
  REFUSED(tenon_latest_take(latest, &value, &future));
  REFUSED(tenon_stream_create(NULL, &more.sink, &more.stream));
  REFUSED(tenon_scope_open(NULL, &other));
  REFUSED(tenon_scope_for(scope, pool, 10, 1, run_chunk, NULL));
  CHECK(is_none(future) && is_none(more.sink) && is_none(more.stream) && is_none(other));
  CHECK(chunks == 0 && moved == 0);
  while (count--) {
    OK(tenon_promise_release(promises[count]));
    OK(tenon_future_release(made[count]));
    if (count % 1000 == 0) {
      OK(tenon_future_all(&pairs[0].future, 1, TENON_COMBINE_FLAG_KEEP, &future));
      OK(tenon_future_release(future));
      future = NULL;
    }
  }
  OK(tenon_scope_for(scope, pool, 10, 1, run_chunk, NULL));
  CHECK(chunks == 10);
  close(fds[0]);
  close(fds[1]);
  end();
}

static void all_registrations(void) {
  tenon_status_t status = TENON_STATUS_OK;
  tenon_future_t *future = NULL, *both[2];
  tenon_timer_t *timer = NULL;
  tenon_scope_t *other = NULL;
  ends_t more = {NULL, NULL};
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  int fds[2];
  size_t all;
  begin();
  CHECK(pipe(fds) == 0);
  both[0] = pairs[0].future;
  both[1] = pairs[1].future;
  config.executor = executor;
  while (count < made_max &&
         (status = tenon_future_on_complete(pairs[0].future, NULL, tell_completion, NULL,
                                            (tenon_registration_t **)&made[count])) == 0)
    count++;
  REFUSED(status);
  all = count;
  /* Each of these needs three: with none left, with one, and with two. */
  for (int left = 0; left < 3; left++) {
    if (left != 0)
      OK(tenon_registration_forget(made[--count]));
    REFUSED(tenon_future_all(both, 2, 0, &future));
    REFUSED(tenon_future_timeout(pairs[1].future, executor, TENON_FOREVER, &future));
    /* A timer has its one until it is told that it is cancelled. */
    OK(tenon_executor_poll(executor, NULL, NULL));
    if (left < 2)
      REFUSED(tenon_future_sleep(executor, TENON_FOREVER, &future));
    OK(tenon_executor_poll(executor, NULL, NULL));
  }
  while (count < all) {
    OK(tenon_future_on_complete(pairs[0].future, NULL, tell_completion, NULL,
                                (tenon_registration_t **)&made[count]));
    count++;
  }
  REFUSED(tenon_timer_start(executor, 0, tell, NULL, &timer));
  REFUSED(tenon_promise_on_cancel(pairs[1].promise, NULL, tell, NULL, NULL));
  REFUSED(tenon_future_map(pairs[1].future, NULL, map, NULL, &future));
  REFUSED(tenon_future_readable(executor, fds[0], &future));
  REFUSED(tenon_future_wait(pairs[1].future, second));
  REFUSED(tenon_executor_run_until(executor, pairs[1].future, second));
  REFUSED(tenon_scope_add(scope, pairs[1].future));
  REFUSED(tenon_stream_pipe(streams[0].stream, streams[1].sink, 0, &future));
  REFUSED(tenon_scope_open(NULL, &other));
  REFUSED(tenon_stream_create(&config, &more.sink, &more.stream));
  REFUSED(tenon_stream_copy_end(streams[0].stream, &future));
  CHECK(is_none(future) && is_none(timer) && is_none(more.sink) && is_none(other));
  while (count > all / 2)
    OK(tenon_registration_forget(made[--count]));
  OK(tenon_future_all(both, 2, TENON_COMBINE_FLAG_KEEP, &future));
  OK(tenon_future_release(future));
  CHECK(told == (long)(all - count) + 2);
  while (count--)
    OK(tenon_registration_forget(made[count]));
  close(fds[0]);
  close(fds[1]);
  end();
}

static void all_errors(void) {
  tenon_status_t status = TENON_STATUS_OK;
  tenon_error_t *error = NULL;
  tenon_future_t *any = NULL, *piped = NULL;
  tenon_value_t value = tenon_value_none();
  int64_t code = 0;
  begin();
  while (count < made_max && (status = tenon_error_create("a domain", 1, "a message", NULL,
                                                          (tenon_error_t **)&made[count])) == 0)
    count++;
  REFUSED(status);
  /* Of futures none of which was fulfilled, and of a pipe whose sink was ended: how it ended is told, and an error when there is one. */
  OK(tenon_future_any(&pairs[0].future, 1, 0, &any));
  OK(tenon_promise_reject(pairs[0].promise, made[0]));
  OK(tenon_stream_pipe(streams[0].stream, streams[1].sink, 0, &piped));
  OK(tenon_sink_close(streams[1].sink));
  EXPECT(TENON_STATUS_CANCELLED, tenon_sink_send(streams[0].sink, &value, NULL));
  OK(tenon_sink_close(streams[0].sink));
  EXPECT(TENON_STATUS_REJECTED, tenon_future_poll(any));
  EXPECT(TENON_STATUS_REJECTED, tenon_future_poll(piped));
  REFUSED(tenon_future_copy_error(any, &error));
  REFUSED(tenon_future_copy_error(piped, &error));
  OK(tenon_error_release(made[--count]));
  for (int index = 0; index < 2; index++) {
    OK(tenon_future_copy_error(index == 0 ? any : piped, &error));
    OK(tenon_error_get_code(error, &code));
    CHECK(code == (index == 0 ? TENON_STATUS_REJECTED : TENON_STATUS_CLOSED));
    OK(tenon_error_release(error));
  }
  OK(tenon_future_release(any));
  OK(tenon_future_release(piped));
  while (count--)
    OK(tenon_error_release(made[count]));
  OK(tenon_promise_create(NULL, &pairs[0].promise, &any));
  OK(tenon_future_release(any));
  end();
}

static const struct kind {
  const char *name;
  void (*run)(void);
} kinds[] = {
    {"futures", all_futures}, {"registrations", all_registrations}, {"errors", all_errors}};

static int run(size_t index) {
  const struct kind *kind = &kinds[index];
  struct rlimit limit;
  if (getrlimit(RLIMIT_AS, &limit) != 0)
    abort();
  limit.rlim_cur = addresses;
  if (setrlimit(RLIMIT_AS, &limit) != 0)
    abort();
  kind->run();
  printf("%s: all that there may be\n", kind->name);
  return fflush(stdout) != 0 || failures != 0;
}

static const char *name_of(size_t index) { return kinds[index].name; }

int main(void) { return !run_in_children(sizeof kinds / sizeof *kinds, run, name_of); }
