/*
 * The metrics of <tenon/inspect.h>: what they say of what is there, of a busy process, and of one with names that have to be quoted.
 * With the argument "write" the program writes them to its output, for a reader of Prometheus'.
 */
#include "snapshot_test.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct wanted {
  const char *name;
  const char *executor; /* NULL: any, or none */
  uint64_t value;
  size_t found;
} wanted_t;

static void look(void *context, const tenon_metric_t *metric) {
  wanted_t *wanted = context;
  const char *executor = NULL;
  CHECK(metric->struct_size == sizeof *metric && metric->unit && metric->description);
  CHECK(metric->kind == TENON_METRIC_GAUGE || metric->kind == TENON_METRIC_COUNTER);
  for (size_t index = 0; index < metric->attribute_count; index++)
    if (is(metric->attributes[index].key, "tenon.executor.name"))
      executor = metric->attributes[index].value;
  if (!is(metric->name, wanted->name) || (wanted->executor && !is(executor, wanted->executor)))
    return;
  wanted->value = metric->value;
  wanted->found++;
}

static uint64_t value_of(const char *name, const char *executor) {
  wanted_t wanted = {name, executor, 0, 0};
  OK(tenon_metrics_read(look, &wanted));
  check(wanted.found == 1, name, __FILE__, __LINE__);
  return wanted.value;
}

static void count(void *context, tenon_status_t status) {
  OK(status);
  ++*(int *)context;
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

static void counts_what_there_is(tenon_executor_t *executor) {
  tenon_promise_t *promises[3];
  tenon_future_t *futures[3];
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  int runs = 0;
  uint64_t pending = value_of("tenon.future.pending", NULL);
  uint64_t created = value_of("tenon.future.created", NULL);
  uint64_t rejected = value_of("tenon.future.rejected", NULL);
  uint64_t callbacks = value_of("tenon.callback.pending", NULL);
  uint64_t jobs = value_of("tenon.executor.jobs", "worker \"1\"");
  for (int index = 0; index < 3; index++)
    OK(tenon_promise_create(NULL, &promises[index], &futures[index]));
  OK(tenon_future_on_complete(futures[0], executor, told, NULL, NULL));
  CHECK(value_of("tenon.future.pending", NULL) == pending + 3);
  CHECK(value_of("tenon.future.created", NULL) == created + 3);
  CHECK(value_of("tenon.callback.pending", NULL) == callbacks + 1);
  CHECK(value_of("tenon.executor.pending", "worker \"1\"") >= 1);
  OK(tenon_promise_resolve(promises[0], NULL));
  tenon_error_t *error = NULL;
  OK(tenon_error_create("test", 1, "no", NULL, &error));
  CHECK(value_of("tenon.error.live", NULL) == 1);
  OK(tenon_promise_reject(promises[1], error));
  OK(tenon_error_release(error));
  OK(tenon_promise_release(promises[2]));
  OK(tenon_executor_post(executor, count, &runs));
  OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(runs == 1 && value_of("tenon.executor.jobs", "worker \"1\"") == jobs + 2);
  CHECK(value_of("tenon.future.pending", NULL) == pending);
  CHECK(value_of("tenon.future.rejected", NULL) > rejected);
  for (int index = 0; index < 3; index++)
    OK(tenon_future_release(futures[index]));
  CHECK(value_of("tenon.error.live", NULL) == 0);

  uint64_t readers = value_of("tenon.stream.readers", NULL);
  uint64_t sent = value_of("tenon.stream.sent", NULL);
  OK(tenon_stream_create(NULL, &sink, &stream));
  tenon_value_t item = tenon_value_none();
  OK(tenon_sink_send(sink, &item, NULL));
  CHECK(value_of("tenon.stream.readers", NULL) == readers + 1);
  CHECK(value_of("tenon.stream.sent", NULL) == sent + 1);
  OK(tenon_stream_release(stream));
  OK(tenon_sink_release(sink));
  CHECK(value_of("tenon.stream.readers", NULL) == readers);
  CHECK(value_of("tenon.memory.reserved", NULL) > 0);
}

typedef struct order {
  char names[64][64];
  size_t count;
  bool is_nested;
} order_t;

/* A name that comes again has come last. In between all may be read once more. */
static void look_at_order(void *context, const tenon_metric_t *metric) {
  order_t *order = context;
  if (order->count > 0 && is(order->names[order->count - 1], metric->name))
    return;
  for (size_t index = 0; index < order->count; index++)
    CHECK(!is(order->names[index], metric->name));
  CHECK(order->count < 64);
  snprintf(order->names[order->count++], 64, "%s", metric->name);
  if (order->is_nested || order->count != 2)
    return;
  order_t nested = {.count = 0, .is_nested = true};
  OK(tenon_metrics_read(look_at_order, &nested));
  CHECK(nested.count > 10);
}

static void has_values_of_one_name_together(void) {
  tenon_executor_t *others[3];
  order_t order = {.count = 0};
  for (int index = 0; index < 3; index++)
    OK(tenon_executor_create(NULL, &others[index]));
  OK(tenon_metrics_read(look_at_order, &order));
  CHECK(order.count > 10);
  for (int index = 0; index < 3; index++)
    OK(tenon_executor_release(others[index]));
}

static void ring(void *context, tenon_status_t status) { (void)context, (void)status; }

/* Also what was posted and not looked at, and timers that no poll has seen. */
static void counts_what_is_pending_as_the_executor_does(tenon_executor_t *executor) {
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_timer_t *timer = NULL;
  int runs = 0;
  OK(tenon_executor_get_statistics(executor, &statistics));
  uint64_t before = statistics.pending;
  for (int index = 0; index < 5; index++)
    OK(tenon_executor_post(executor, count, &runs));
  OK(tenon_timer_start(executor, UINT64_MAX, ring, NULL, &timer));
  OK(tenon_executor_get_statistics(executor, &statistics));
  CHECK(statistics.pending == before + 6);
  CHECK(value_of("tenon.executor.pending", "worker \"1\"") == statistics.pending);
  OK(tenon_timer_cancel(timer));
  OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(runs == 5);
}

/* As the process itself counts: also when slots have lost their memory. */
static void counts_as_the_process_does(void) {
  enum { MANY = 200000 };
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  tenon_promise_t **promises = calloc(MANY, sizeof *promises);
  tenon_future_t **futures = calloc(MANY, sizeof *futures);
  for (int index = 0; index < MANY; index++)
    OK(tenon_promise_create(NULL, &promises[index], &futures[index]));
  CHECK(value_of("tenon.future.pending", NULL) >= MANY);
  for (int index = 0; index < MANY; index++) {
    OK(tenon_promise_release(promises[index]));
    OK(tenon_future_release(futures[index]));
  }
  OK(tenon_process_get_statistics(&statistics));
  CHECK(value_of("tenon.future.created", NULL) == statistics.futures_created);
  CHECK(value_of("tenon.future.cancelled", NULL) == statistics.futures_cancelled);
  CHECK(value_of("tenon.future.rejected", NULL) == statistics.futures_rejected);
  CHECK(value_of("tenon.future.pending", NULL) == statistics.futures_pending);
  CHECK(value_of("tenon.memory.reserved", NULL) == statistics.memory_reserved);
  free(promises);
  free(futures);
}

static atomic_int jobs_run;

static void run(void *context, tenon_status_t status) {
  (void)context;
  OK(status);
  atomic_fetch_add(&jobs_run, 1);
}

static void counts_a_pools_threads(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *pool = NULL;
  config.name = "pool";
  config.threads_max = 2;
  OK(tenon_executor_create(&config, &pool));
  for (int index = 0; index < 100; index++)
    OK(tenon_executor_post(pool, run, NULL));
  OK(tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK(atomic_load(&jobs_run) == 100);
  CHECK(value_of("tenon.executor.jobs", "pool") == 100);
  uint64_t threads = value_of("tenon.executor.threads", "pool");
  CHECK(threads <= 2 && value_of("tenon.executor.threads_idle", "pool") <= 2);
  OK(tenon_executor_close(pool, TENON_FOREVER));
  OK(tenon_executor_release(pool));
}

static atomic_bool is_over;

static void *churn(void *context) {
  while (!atomic_load(&is_over)) {
    tenon_promise_t *promise = NULL;
    tenon_future_t *future = NULL;
    OK(tenon_promise_create(NULL, &promise, &future));
    OK(tenon_promise_release(promise));
    OK(tenon_future_release(future));
  }
  return context;
}

/* Counters never fall, whatever others do meanwhile. */
static void counters_only_grow(void) {
  pthread_t thread;
  uint64_t created = 0, cancelled = 0;
  pthread_create(&thread, NULL, churn, NULL);
  for (int round = 0; round < 20; round++) {
    uint64_t now = value_of("tenon.future.created", NULL);
    CHECK(now >= created);
    created = now;
    now = value_of("tenon.future.cancelled", NULL);
    CHECK(now >= cancelled);
    cancelled = now;
  }
  atomic_store(&is_over, true);
  pthread_join(thread, NULL);
}

static void refuses_what_is_wrong(void) {
  int ends[2];
  CHECK(tenon_metrics_read(NULL, NULL) == TENON_STATUS_INVALID);
  CHECK(tenon_metrics_write_prometheus(-1) == TENON_STATUS_INVALID && errno == EBADF);
  /* Nobody reads: no signal, which would end this. */
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  CHECK(tenon_metrics_write_prometheus(ends[1]) == TENON_STATUS_INVALID && errno == EPIPE);
  sigset_t pending;
  sigpending(&pending);
  CHECK(!sigismember(&pending, SIGPIPE));
  close(ends[1]);
  pid_t child = fork();
  if (child == 0)
    _exit(tenon_metrics_write_prometheus(1) != TENON_STATUS_FORKED);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void *drain(void *end) {
  char bytes[100];
  size_t *size = end;
  int file = (int)*size;
  ssize_t count;
  *size = 0;
  while ((count = read(file, bytes, sizeof bytes)) > 0)
    *size += (size_t)count;
  return NULL;
}

/* A pipe that is full, and says so, gets the rest when there is room. */
static void waits_for_room(void) {
  int ends[2];
  pthread_t reader;
  CHECK(pipe(ends) == 0);
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  char bytes[512] = {0};
  while (write(ends[1], bytes, sizeof bytes) > 0)
    ;
  size_t size = (size_t)ends[0];
  pthread_create(&reader, NULL, drain, &size);
  OK(tenon_metrics_write_prometheus(ends[1]));
  close(ends[1]);
  pthread_join(reader, NULL);
  close(ends[0]);
  CHECK(size > 65536);
}

int main(int count, char **arguments) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *executor = NULL;
  config.name = "worker \"1\"";
  OK(tenon_executor_create(&config, &executor));
  if (count > 1 && is(arguments[1], "write")) {
    tenon_executor_t *other = NULL;
    config.name = "back\\slash\nline";
    OK(tenon_executor_create(&config, &other));
    OK(tenon_metrics_write_prometheus(1));
    OK(tenon_executor_release(other));
  } else {
    counts_what_there_is(executor);
    counts_what_is_pending_as_the_executor_does(executor);
    has_values_of_one_name_together();
    counts_as_the_process_does();
    counts_a_pools_threads();
    counters_only_grow();
    refuses_what_is_wrong();
    waits_for_room();
    printf("# metrics: %s\n", failures ? "failed" : "all told");
  }
  OK(tenon_executor_release(executor));
  return failures != 0;
}
