/*
 * How late a loop's timers are beside a pool: each is due half a millisecond after the one before it has rung. The figure is
 * the 99th percentile, in microseconds. `idle`: the pool has nothing to do; `busy`: it computes on all processors, in jobs
 * of about 50 microseconds.
 */
#include "bench.h"

#include <stdatomic.h>
#include <tenon/tenon.h>

#define PERIOD_NS UINT64_C(500000)

static tenon_executor_t *loop, *pool;
static tenon_promise_t *done;
static uint64_t due_ns, *late_ns;
static long count, rung;
static atomic_bool is_over;

static void compute(void *context, tenon_status_t status) {
  (void)context;
  volatile double x = 1;
  for (int i = 0; i < 10000; i++)
    x = x * 1.0000001 + 0.5;
  if (status == TENON_STATUS_OK && !atomic_load_explicit(&is_over, memory_order_relaxed))
    (void)!tenon_executor_post(pool, compute, NULL);
}

static void ring(void *context, tenon_status_t status);

static void arm(void) {
  due_ns = tenon_timer_now_ns() + PERIOD_NS;
  BENCH_CHECK(tenon_timer_start(loop, due_ns, ring, NULL, NULL) == TENON_STATUS_OK);
}

static void ring(void *context, tenon_status_t status) {
  (void)context;
  BENCH_CHECK(status == TENON_STATUS_OK);
  late_ns[rung++] = tenon_timer_now_ns() - due_ns;
  if (rung < count)
    return arm();
  tenon_value_t value = tenon_value_none();
  BENCH_CHECK(tenon_promise_resolve(done, &value) == TENON_STATUS_OK);
}

static int compare(const void *one, const void *other) {
  uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;
  return (a > b) - (a < b);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("latency", argc, argv);
  int is_busy = bench_is(&bench, "busy");
  if (!is_busy && !bench_is(&bench, "idle"))
    return bench_unknown(&bench);
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_future_t *future;
  config.threads_max = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
  BENCH_CHECK(tenon_executor_create(NULL, &loop) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_executor_create(&config, &pool) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_promise_create(NULL, &done, &future) == TENON_STATUS_OK);
  for (uint32_t job = 0; is_busy && job < 2 * config.threads_max; job++)
    BENCH_CHECK(tenon_executor_post(pool, compute, NULL) == TENON_STATUS_OK);
  count = bench.iterations;
  late_ns = (uint64_t *)calloc((size_t)count, sizeof *late_ns);
  arm();
  BENCH_CHECK(tenon_executor_run_until(loop, future, TENON_FOREVER) == TENON_STATUS_OK);
  atomic_store(&is_over, true);
  BENCH_CHECK(tenon_executor_close(pool, TENON_FOREVER) == TENON_STATUS_OK);
  qsort(late_ns, (size_t)count, sizeof *late_ns, compare);
  return bench_report(&bench, (double)late_ns[count * 99 / 100] / 1000);
}
