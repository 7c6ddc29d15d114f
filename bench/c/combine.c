/* Many futures as one: VARIANT promises are made, combined, settled and let go of. Per future. */
#include "bench.h"

#include <tenon/tenon.h>

enum { COUNT_MAX = 4096 };

static tenon_promise_t *promises[COUNT_MAX];
static tenon_future_t *futures[COUNT_MAX];

static void run(int count, int is_race) {
  tenon_future_t *result;
  for (int i = 0; i < count; i++)
    BENCH_CHECK(tenon_promise_create(NULL, &promises[i], &futures[i]) == TENON_STATUS_OK);
  if (is_race)
    BENCH_CHECK(tenon_future_race(futures, (size_t)count, 0, &result) == TENON_STATUS_OK);
  else
    BENCH_CHECK(tenon_future_all(futures, (size_t)count, 0, &result) == TENON_STATUS_OK);
  /* The last one wins, so that nothing is decided while it is set up. */
  for (int i = count - 1; i >= 0; i--) {
    tenon_value_t value = tenon_value_i64(i);
    BENCH_CHECK(tenon_promise_resolve(promises[i], &value) == TENON_STATUS_OK);
  }
  BENCH_CHECK(tenon_future_poll(result) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_future_release(result) == TENON_STATUS_OK);
  for (int i = 0; i < count; i++)
    BENCH_CHECK(tenon_future_release(futures[i]) == TENON_STATUS_OK);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("combine", argc, argv);
  int is_race = bench_is(&bench, "tenon-race");
  if (!is_race && !bench_is(&bench, "tenon-all"))
    return bench_unknown(&bench);
  BENCH_CHECK(bench.variant > 0 && bench.variant <= COUNT_MAX);
  uint64_t start_ns = bench_now_ns();
  for (long done = 0; done < bench.iterations; done += bench.variant)
    run(bench.variant, is_race);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
