/* (a) A promise is made, waited for with a callback, settled, and the callback is told in a poll. */
#include "bench.h"

#include <tenon/tenon.h>

static long sum;

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  BENCH_CHECK(status == TENON_STATUS_OK);
  tenon_value_t value;
  BENCH_CHECK(tenon_future_take(future, &value) == TENON_STATUS_OK);
  sum += value.as.i64;
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("callback", argc, argv);
  if (!bench_is(&bench, "tenon"))
    return bench_unknown(&bench);
  tenon_executor_t *executor;
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < bench.iterations; i++) {
    tenon_promise_t *promise;
    tenon_future_t *future;
    BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_on_complete(future, executor, told, NULL, NULL) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_release(future) == TENON_STATUS_OK);
    tenon_value_t value = tenon_value_i64(1);
    BENCH_CHECK(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK);
  }
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(sum == bench.iterations);
  BENCH_CHECK(tenon_executor_close(executor, TENON_FOREVER) == TENON_STATUS_OK);
  tenon_executor_release(executor);
  return bench_report(&bench, ns);
}
