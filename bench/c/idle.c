/*
 * (g) A program idles for a second on a libuv loop with futures pending that somebody waits for:
 * how many microseconds of processor time that second costs.
 */
#include "bench.h"

#include <tenon/tenon.h>
#include <tenon/uv.h>
#include <uv.h>

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)status;
  (void)future;
}

static void second_over(uv_timer_t *timer) { uv_stop(timer->loop); }

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("idle", argc, argv);
  uv_loop_t loop;
  uv_timer_t timer;
  BENCH_CHECK(uv_loop_init(&loop) == 0 && uv_timer_init(&loop, &timer) == 0);
  if (bench_is(&bench, "tenon")) {
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
