/*
 * (h) Items through two streams, one after the other, on one thread: sent and read as many at a time
 * as the variant says. Between the two there is a pipe, or what it takes by hand: callbacks; "stream" is
 * one stream alone.
 */
#include "bench.h"

#include <tenon/tenon.h>

#define BATCH_MAX 64

static tenon_stream_t *relayed;
static tenon_sink_t *relay_sink;
static tenon_value_t relay_value;

static void relay(void *context, tenon_status_t told, tenon_future_t *future) {
  (void)context, (void)told, (void)future;
  while (1) {
    tenon_future_t *wait = NULL;
    size_t count;
    tenon_status_t status;
    if (relay_value.kind != TENON_VALUE_NONE)
      status = tenon_sink_send(relay_sink, &relay_value, &wait);
    else
      status = tenon_stream_next_batch(relayed, &relay_value, 1, &count, &wait);
    if (status == TENON_STATUS_PENDING) {
      status = tenon_future_on_complete(wait, NULL, relay, NULL, NULL);
      BENCH_CHECK(tenon_future_release(wait) == TENON_STATUS_OK);
      if (status == TENON_STATUS_OK)
        return;
    } else if (status == TENON_STATUS_ENDED) {
      BENCH_CHECK(tenon_sink_close(relay_sink) == TENON_STATUS_OK);
      return;
    } else {
      BENCH_CHECK(status == TENON_STATUS_OK);
    }
  }
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("pipe", argc, argv);
  size_t batch = (size_t)bench.variant;
  tenon_value_t values[BATCH_MAX];
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  int is_pipe = bench_is(&bench, "pipe"), is_alone = bench_is(&bench, "stream");
  if (!is_pipe && !is_alone && !bench_is(&bench, "by-hand"))
    return bench_unknown(&bench);
  BENCH_CHECK(batch > 0 && batch <= BATCH_MAX);
  BENCH_CHECK(tenon_stream_create(NULL, &sink, &stream) == TENON_STATUS_OK);
  if (!is_alone) {
    relayed = stream;
    BENCH_CHECK(tenon_stream_create(NULL, &relay_sink, &stream) == TENON_STATUS_OK);
    if (is_pipe)
      BENCH_CHECK(tenon_stream_pipe(relayed, relay_sink, 0, NULL) == TENON_STATUS_OK);
    else
      relay(NULL, TENON_STATUS_OK, NULL);
  }
  uint64_t start_ns = bench_now_ns();
  for (long sent = 0; sent < bench.iterations; sent += (long)batch) {
    size_t count = 1;
    for (size_t i = 0; i < batch; i++)
      values[i] = tenon_value_i64(sent + (long)i);
    if (batch == 1)
      BENCH_CHECK(tenon_sink_send(sink, values, NULL) == TENON_STATUS_OK);
    else
      BENCH_CHECK(tenon_sink_send_batch(sink, values, batch, &count, NULL) == TENON_STATUS_OK);
    BENCH_CHECK(count == batch);
    BENCH_CHECK(tenon_stream_next_batch(stream, values, batch, &count, NULL) == TENON_STATUS_OK);
    BENCH_CHECK(count == batch && values[0].as.i64 == sent);
  }
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(tenon_sink_close(sink) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_stream_next_batch(stream, values, 1, &batch, NULL) == TENON_STATUS_ENDED);
  BENCH_CHECK(tenon_sink_release(sink) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_stream_release(stream) == TENON_STATUS_OK);
  if (!is_alone) {
    BENCH_CHECK(tenon_stream_release(relayed) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_sink_release(relay_sink) == TENON_STATUS_OK);
  }
  return bench_report(&bench, ns);
}
