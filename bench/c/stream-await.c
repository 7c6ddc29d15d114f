/*
 * (h) Numbers from a C thread to a Swift `for await` on a loop of another one.
 *
 * The variant is the capacity, times 10000, plus how many are sent at once. With "-ready" all is done on one
 * thread, one by one: as many as there is room for are sent, then the loop is polled.
 */
#include "bench.h"

#include <bench_call.h>
#include <pthread.h>
#include <stdbool.h>

#define BATCH_MAX 1024

static long items;
static size_t batch;
static tenon_sink_t *sink;
static pthread_barrier_t start_line;

static void *write_stream(void *context) {
  static tenon_value_t values[BATCH_MAX];
  (void)context;
  bench_pin(1);
  pthread_barrier_wait(&start_line);
  for (long sent = 0; sent < items;) {
    size_t count = batch < (size_t)(items - sent) ? batch : (size_t)(items - sent);
    for (size_t i = 0; i < count; i++)
      values[i] = tenon_value_i64(sent + (long)i);
    for (size_t done = 0; done < count;) {
      tenon_future_t *room = NULL;
      size_t some = 1;
      tenon_status_t status =
          batch == 1 ? tenon_sink_send(sink, values, &room)
                     : tenon_sink_send_batch(sink, values + done, count - done, &some, &room);
      if (status == TENON_STATUS_OK) {
        done += some;
        continue;
      }
      BENCH_CHECK(status == TENON_STATUS_PENDING);
      BENCH_CHECK(tenon_future_wait(room, TENON_FOREVER) == TENON_STATUS_OK);
      tenon_future_release(room);
    }
    sent += (long)count;
  }
  BENCH_CHECK(tenon_sink_close(sink) == TENON_STATUS_OK);
  return NULL;
}

/** An AsyncStream cannot make its writer wait: without room this tries again. */
static void *write_async_stream(void *context) {
  (void)context;
  bench_pin(1);
  pthread_barrier_wait(&start_line);
  for (long sent = 0; sent < items; sent++)
    while (!bench_async_stream_yield(sent))
      sched_yield();
  bench_async_stream_yield(-1);
  return NULL;
}

static bool send_one(int64_t number) {
  tenon_value_t value = tenon_value_i64(number);
  tenon_status_t status = tenon_sink_send(sink, &value, NULL);
  BENCH_CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_PENDING);
  return status == TENON_STATUS_OK;
}

/** Sends as long as there is room, has that read, and so on. */
static void send_in_turns(tenon_executor_t *executor, bool (*send)(int64_t number)) {
  for (long sent = 0; sent < items;) {
    while (sent < items && send(sent))
      sent++;
    BENCH_CHECK(tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK);
  }
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("stream-await", argc, argv);
  tenon_executor_t *executor;
  tenon_future_t *sum;
  pthread_t writer;
  bool is_ready = strstr(bench.subject, "-ready");
  items = bench.iterations;
  batch = (size_t)bench.variant % 10000;
  BENCH_CHECK(batch > 0 && batch <= BATCH_MAX);
  bench_pin(0);
  pthread_barrier_init(&start_line, NULL, 2);
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  if (bench_is(&bench, "tenon") || bench_is(&bench, "tenon-ready")) {
    tenon_stream_t *stream;
    tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
    config.capacity = (size_t)bench.variant / 10000;
    BENCH_CHECK(tenon_stream_create(&config, &sink, &stream) == TENON_STATUS_OK);
    BENCH_CHECK(bench_stream_sum(executor, stream, &sum) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_stream_release(stream) == TENON_STATUS_OK);
  } else if (bench_is(&bench, "async-stream") || bench_is(&bench, "async-stream-ready")) {
    BENCH_CHECK(bench_async_stream_sum(executor, bench.variant / 10000, &sum) == TENON_STATUS_OK);
  } else if (bench_is(&bench, "sequence-ready")) {
    BENCH_CHECK(bench_sequence_sum(executor, items, &sum) == TENON_STATUS_OK);
  } else {
    return bench_unknown(&bench);
  }
  if (!is_ready) {
    BENCH_CHECK(pthread_create(&writer, NULL, sink ? write_stream : write_async_stream, NULL) == 0);
    pthread_barrier_wait(&start_line);
  }
  uint64_t start_ns = bench_now_ns();
  if (is_ready && sink) {
    send_in_turns(executor, send_one);
    BENCH_CHECK(tenon_sink_close(sink) == TENON_STATUS_OK);
  } else if (bench_is(&bench, "async-stream-ready")) {
    send_in_turns(executor, bench_async_stream_yield);
    bench_async_stream_yield(-1);
  }
  BENCH_CHECK(tenon_executor_run_until(executor, sum, TENON_FOREVER) == TENON_STATUS_OK);
  double ns = bench_ns_per_op(start_ns, items);
  if (!is_ready)
    pthread_join(writer, NULL);
  tenon_value_t value;
  BENCH_CHECK(tenon_future_take(sum, &value) == TENON_STATUS_OK);
  BENCH_CHECK(value.as.i64 == items * (items - 1) / 2);
  BENCH_CHECK(tenon_future_release(sum) == TENON_STATUS_OK);
  if (sink)
    BENCH_CHECK(tenon_sink_release(sink) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_executor_close(executor, TENON_FOREVER) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_executor_release(executor) == TENON_STATUS_OK);
  return bench_report(&bench, ns);
}
