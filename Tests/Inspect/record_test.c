/*
 * The recorder of <tenon/inspect.h>: what it keeps of jobs, what it counts as lost, and what it refuses. With the argument "write" the
 * program writes what it has recorded to its output, with "much" it records more than there is memory to write, and with "measure" it says
 * what a recorded job takes.
 */
#define _GNU_SOURCE
#include "snapshot_test.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Global, so that it has a name in the program's table of symbols. */
void count_down(void *context, tenon_status_t status);
void count_down(void *context, tenon_status_t status) {
  OK(status);
  --*(int *)context;
}

static void run(tenon_executor_t *executor, int jobs) {
  int left = jobs;
  for (int index = 0; index < jobs; index++)
    OK(tenon_executor_post(executor, count_down, &left));
  while (left > 0)
    OK(tenon_executor_poll(executor, NULL, NULL));
}

/* How often something is in what was recorded. The text is kept for the next question. */
static char *text;
static size_t occurrences(const char *part) {
  int file = memfd_create("trace", 0);
  OK(tenon_record_write(file, TENON_RECORD_CHROME));
  size_t size = (size_t)lseek(file, 0, SEEK_END), found = 0;
  free(text);
  text = calloc(1, size + 1);
  CHECK(pread(file, text, size, 0) == (ssize_t)size);
  close(file);
  for (const char *at = text; (at = strstr(at, part)); at++)
    found++;
  return found;
}

static size_t lost(void) {
  CHECK(occurrences("\"lost\":") == 1);
  const char *at = strstr(text, "\"lost\":");
  return at ? strtoul(at + 7, NULL, 10) : SIZE_MAX;
}

static void keeps_what_happens(tenon_executor_t *executor) {
  CHECK(tenon_record_write(1, TENON_RECORD_CHROME) == TENON_STATUS_ENDED);
  run(executor, 10);
  CHECK(tenon_record_write(1, TENON_RECORD_CHROME) == TENON_STATUS_ENDED);
  OK(tenon_record(TENON_RECORD_JOBS, 2048));
  run(executor, 10);
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"job\",\"name\":\"count_down\"") == 10);
  CHECK(occurrences("\"ph\":\"E\",\"cat\":\"job\",\"name\":\"count_down\"") == 10);
  CHECK(occurrences("\"ph\":\"E\"") == 10 && lost() == 0);
  OK(tenon_record(0, 0));
  run(executor, 10);
  CHECK(occurrences("\"ph\":\"B\"") == 10);
  /* The next one forgets it, and has nothing of calls. */
  OK(tenon_record(TENON_RECORD_CALLS, 0));
  run(executor, 10);
  CHECK(occurrences("\"ph\":\"B\"") == 0 && lost() == 0);
}

void be_told(void *context, tenon_status_t status, tenon_future_t *future);
void be_told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  OK(status);
  ++*(int *)context;
}

static void settle_one(tenon_executor_t *executor, int *told) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_i64(1);
  OK(tenon_promise_create(NULL, &promise, &future));
  if (told)
    OK(tenon_future_on_complete(future, executor, be_told, told, NULL));
  OK(tenon_promise_resolve(promise, &value));
  OK(tenon_future_release(future));
}

/* Each future that settles, also by the shortest way, and one that is as old as the process; who is told of it, and that the one
 * led to the other. */
static void keeps_futures(tenon_executor_t *executor) {
  tenon_promise_t *old_promise = NULL;
  tenon_future_t *old = NULL;
  int told = 0;
  OK(tenon_promise_create(NULL, &old_promise, &old));
  OK(tenon_record(TENON_RECORD_FUTURES | TENON_RECORD_JOBS, 0));
  settle_one(executor, NULL);
  OK(tenon_promise_cancel(old_promise));
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"future\",\"name\":\"settles future ") == 2);
  CHECK(occurrences("\"outcome\":\"cancelled\"") == 2 &&
        occurrences("\"outcome\":\"fulfilled\"") == 2);
  CHECK(occurrences("\"ph\":\"s\"") == 0);
  settle_one(executor, &told);
  settle_one(NULL, &told);
  while (told < 2)
    OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"callback\",\"name\":\"be_told\"") == 2);
  CHECK(occurrences("\"ph\":\"s\"") == 2 && occurrences("\"ph\":\"f\"") == 2 && lost() == 0);
  OK(tenon_record(0, 0));
  settle_one(executor, NULL);
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"future\"") == 4);
  OK(tenon_future_release(old));
}

/* What goes through a stream, who waits at its ends, and its end. */
static void keeps_streams(void) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  tenon_future_t *room = NULL, *item = NULL;
  tenon_value_t values[3] = {tenon_value_i64(1), tenon_value_i64(2), tenon_value_i64(3)};
  size_t count = 0;
  config.capacity = 2;
  OK(tenon_stream_create(&config, &sink, &stream));
  OK(tenon_record(TENON_RECORD_STREAMS, 0));
  OK(tenon_sink_send_batch(sink, values, 2, &count, NULL));
  CHECK(count == 2 && occurrences("\"count\":2") == 2);
  CHECK(tenon_sink_send(sink, &values[2], &room) == TENON_STATUS_PENDING);
  CHECK(occurrences("\"ph\":\"b\",\"cat\":\"writer\",\"name\":\"waits for room\"") == 1);
  CHECK(occurrences("\"ph\":\"e\",\"cat\":\"writer\"") == 0);
  OK(tenon_stream_next_batch(stream, values, 2, &count, NULL));
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"stream\",\"name\":\"receives stream ") == 1);
  CHECK(occurrences("\"ph\":\"e\",\"cat\":\"writer\"") == 1);
  CHECK(tenon_future_poll(room) == TENON_STATUS_OK);
  OK(tenon_stream_next(stream, &item));
  CHECK(occurrences("\"ph\":\"b\",\"cat\":\"reader\",\"name\":\"waits for an item\"") == 1);
  OK(tenon_sink_send(sink, &values[2], NULL));
  CHECK(occurrences("\"ph\":\"e\",\"cat\":\"reader\"") == 1);
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"stream\",\"name\":\"receives stream ") == 2);
  OK(tenon_sink_close(sink));
  CHECK(occurrences("\"ph\":\"B\",\"cat\":\"stream\",\"name\":\"closes stream ") == 1);
  OK(tenon_record(0, 0));
  OK(tenon_future_release(room));
  OK(tenon_future_release(item));
  OK(tenon_sink_release(sink));
  OK(tenon_stream_release(stream));
}

/* Of 1000 jobs the last 64 things are there; one of them may be in the making. */
static void counts_what_is_lost(tenon_executor_t *executor) {
  OK(tenon_record(TENON_RECORD_JOBS, 2048));
  run(executor, 1000);
  CHECK(occurrences("\"ph\":\"B\"") + occurrences("\"ph\":\"E\"") <= 64);
  CHECK(lost() == 2000 - 63);
  OK(tenon_record(0, 0));
}

static void *poll_alone(void *context) {
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  run(executor, 5);
  OK(tenon_executor_release(executor));
  return context;
}

/* Threads that come one after the other use one ring, and each is told by its number. */
static void keeps_each_threads(void) {
  OK(tenon_record(TENON_RECORD_JOBS, 4096));
  for (int index = 0; index < 3; index++) {
    pthread_t thread;
    pthread_create(&thread, NULL, poll_alone, NULL);
    pthread_join(thread, NULL);
  }
  CHECK(occurrences("\"ph\":\"B\"") == 15 && occurrences("\"ph\":\"E\"") == 15 && lost() == 0);
  OK(tenon_record(0, 0));
}

static atomic_bool is_over;

static void *work(void *context) {
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  while (!atomic_load(&is_over))
    run(executor, 100);
  OK(tenon_executor_release(executor));
  return context;
}

/* It may be written, ended and begun while threads have things to say. */
static void goes_on_while_it_is_read(void) {
  pthread_t threads[2];
  for (int index = 0; index < 2; index++)
    pthread_create(&threads[index], NULL, work, NULL);
  for (int round = 0; round < 20; round++) {
    OK(tenon_record(TENON_RECORD_JOBS, 65536));
    CHECK(occurrences("\"name\":\"count_down\"") <= 8192);
    OK(tenon_record(0, 0));
  }
  atomic_store(&is_over, true);
  for (int index = 0; index < 2; index++)
    pthread_join(threads[index], NULL);
}

static void refuses_what_is_wrong(void) {
  int ends[2];
  CHECK(tenon_record(1u << 31, 0) == TENON_STATUS_INVALID);
  CHECK(tenon_record(16, 0) == TENON_STATUS_INVALID);
  CHECK(tenon_record_write(1, (tenon_record_format)99) == TENON_STATUS_INVALID);
  CHECK(tenon_record_write(-1, TENON_RECORD_CHROME) == TENON_STATUS_INVALID && errno == EBADF);
  CHECK(pipe(ends) == 0);
  close(ends[0]);
  CHECK(tenon_record_write(ends[1], TENON_RECORD_CHROME) == TENON_STATUS_INVALID && errno == EPIPE);
  close(ends[1]);
  pid_t child = fork();
  if (child == 0)
    _exit(tenon_record(TENON_RECORD_JOBS, 0) != TENON_STATUS_FORKED ||
          tenon_record_write(1, TENON_RECORD_CHROME) != TENON_STATUS_FORKED);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* What was kept may be much: where there is no memory to write it, it stays for later. In a process of its own, whose first ring
 * this is. */
static void refuses_to_write_without_memory(tenon_executor_t *executor) {
  OK(tenon_record(TENON_RECORD_JOBS, 16 << 20));
  run(executor, 300000);
  OK(tenon_record(0, 0));
  struct rlimit limit = leave_memory(90 << 20);
  CHECK(tenon_record_write(1, TENON_RECORD_CHROME) == TENON_STATUS_NO_RESOURCES);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  CHECK(occurrences("\"ph\":\"B\"") > 200000);
  free(text);
}

/* A thread that gets no ring counts what it had to say; in a process whose first one this would be. */
static void counts_what_no_ring_is_made_for(tenon_executor_t *executor) {
  OK(tenon_record(TENON_RECORD_JOBS, 64 << 20));
  struct rlimit limit = leave_memory(16 << 20);
  run(executor, 10);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  CHECK(occurrences("\"ph\":\"B\"") == 0 && lost() == 20);
  run(executor, 1);
  CHECK(occurrences("\"ph\":\"B\"") == 1 && lost() == 20);
}

static double between(struct timespec start, struct timespec end) {
  return (double)(end.tv_sec - start.tv_sec) * 1e9 + (double)(end.tv_nsec - start.tv_nsec);
}

static double nanoseconds(tenon_executor_t *executor, int jobs) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int round = 0; round < jobs / 1000; round++)
    run(executor, 1000);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return between(start, end) / jobs;
}

static double nanoseconds_of_futures(int futures) {
  struct timespec start, end;
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int index = 0; index < futures; index++)
    settle_one(NULL, NULL);
  clock_gettime(CLOCK_MONOTONIC, &end);
  return between(start, end) / futures;
}

static double nanoseconds_of_items(int items) {
  struct timespec start, end;
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  size_t moved = 0;
  config.capacity = 1;
  OK(tenon_stream_create(&config, &sink, &stream));
  clock_gettime(CLOCK_MONOTONIC, &start);
  for (int index = 0; index < items; index++) {
    tenon_value_t value = tenon_value_i64(index);
    OK(tenon_sink_send(sink, &value, NULL));
    OK(tenon_stream_next_batch(stream, &value, 1, &moved, NULL));
  }
  clock_gettime(CLOCK_MONOTONIC, &end);
  OK(tenon_sink_release(sink));
  OK(tenon_stream_release(stream));
  return between(start, end) / items;
}

int main(int count, char **arguments) {
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  if (count > 1 && is(arguments[1], "write")) {
    int told = 0;
    OK(tenon_record(TENON_RECORD_ALL, 0));
    run(executor, 100);
    settle_one(executor, &told);
    while (told == 0)
      OK(tenon_executor_poll(executor, NULL, NULL));
    OK(tenon_record_write(1, TENON_RECORD_CHROME));
  } else if (count > 1 && is(arguments[1], "much")) {
    counts_what_no_ring_is_made_for(executor);
    refuses_to_write_without_memory(executor);
  } else if (count > 1 && is(arguments[1], "measure")) {
    double off = nanoseconds(executor, 1000000);
    OK(tenon_record(TENON_RECORD_JOBS, 0));
    double on = nanoseconds(executor, 1000000);
    printf("a job: %.1f ns, recorded: %.1f ns, each event: %.1f ns\n", off, on, (on - off) / 2);
    OK(tenon_record(0, 0));
    off = nanoseconds_of_futures(1000000);
    OK(tenon_record(TENON_RECORD_FUTURES, 0));
    on = nanoseconds_of_futures(1000000);
    printf("a future: %.1f ns, recorded: %.1f ns, each event: %.1f ns\n", off, on, on - off);
    OK(tenon_record(0, 0));
    off = nanoseconds_of_items(1000000);
    OK(tenon_record(TENON_RECORD_STREAMS, 0));
    on = nanoseconds_of_items(1000000);
    printf("an item: %.1f ns, recorded: %.1f ns, each event: %.1f ns\n", off, on, (on - off) / 2);
  } else {
    keeps_what_happens(executor);
    keeps_futures(executor);
    keeps_streams();
    counts_what_is_lost(executor);
    keeps_each_threads();
    goes_on_while_it_is_read();
    refuses_what_is_wrong();
    free(text);
    printf("# record: %s\n", failures ? "failed" : "all kept");
  }
  OK(tenon_executor_release(executor));
  return failures != 0;
}
