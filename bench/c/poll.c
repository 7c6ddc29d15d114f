/* (a) A poll that finds nothing to do. */
#include "bench.h"

#include <tenon/tenon.h>

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("poll", argc, argv);
  if (!bench_is(&bench, "tenon"))
    return bench_unknown(&bench);
  tenon_executor_t *executor;
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < bench.iterations; i++)
    BENCH_CHECK(tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK);
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(tenon_executor_close(executor, TENON_FOREVER) == TENON_STATUS_OK);
  tenon_executor_release(executor);
  return bench_report(&bench, ns);
}
