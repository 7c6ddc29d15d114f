/*
 * (g) A program idles for a second on a libuv loop with futures pending that somebody waits for:
 * how many microseconds of processor time that second costs. `pool`: with a pool besides, whose
 * threads have all had work and wait for more.
 */
#include "bench.h"

#include <stdatomic.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>
#include <uv.h>

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)status;
  (void)future;
}

/* Each thread of a pool is in such a job at the same time. */
static void meet(void *context, tenon_status_t status) {
  (void)status;
  atomic_fetch_sub((atomic_int *)context, 1);
  while (atomic_load((atomic_int *)context) > 0)
    sched_yield();
}

static void start_threads(void) {
  static atomic_int missing;
  tenon_executor_t *pool;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
  atomic_store(&missing, (int)config.threads_max);
  BENCH_CHECK(tenon_executor_create(&config, &pool) == TENON_STATUS_OK);
  for (uint32_t thread = 0; thread < config.threads_max; thread++)
    BENCH_CHECK(tenon_executor_post(pool, meet, &missing) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_executor_run_until(pool, NULL, TENON_FOREVER) == TENON_STATUS_OK);
}

static void second_over(uv_timer_t *timer) { uv_stop(timer->loop); }

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("idle", argc, argv);
  uv_loop_t loop;
  uv_timer_t timer;
  BENCH_CHECK(uv_loop_init(&loop) == 0 && uv_timer_init(&loop, &timer) == 0);
  int has_pool = bench_is(&bench, "pool");
  if (has_pool)
    start_threads();
  if (has_pool || bench_is(&bench, "tenon")) {
    tenon_executor_t *executor;
    BENCH_CHECK(tenon_uv_attach(&loop, NULL, &executor) == TENON_STATUS_OK);
    for (long i = 0; i < bench.iterations; i++) {
      tenon_promise_t *promise;
      tenon_future_t *future;
      BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
      BENCH_CHECK(tenon_future_on_complete(future, executor, told, NULL, NULL) == TENON_STATUS_OK);
    }
  } else if (!bench_is(&bench, "uv")) {
    return bench_unknown(&bench);
  }
  uv_run(&loop, UV_RUN_NOWAIT);
  uv_update_time(&loop);
  uv_timer_start(&timer, second_over, 1000, 0);
  uint64_t start_ns = bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  uv_run(&loop, UV_RUN_DEFAULT);
  double us = (double)(bench_clock_ns(CLOCK_PROCESS_CPUTIME_ID) - start_ns) / 1e3;
  return bench_report(&bench, us);
}
