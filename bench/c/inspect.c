/*
 * What it takes to look at so many pending futures, in milliseconds, in this very process: "snapshot" takes one; "why" takes one of a chain
 * in which each future is mapped from the one before, and says what all of them wait for.
 */
#include "bench.h"

#include <tenon/inspect.h>
#include <tenon/tenon.h>

static void pass(void *context, tenon_status_t status, tenon_future_t *future,
                 tenon_promise_t *promise) {
  (void)context;
  (void)status;
  (void)future;
  tenon_promise_release(promise);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("inspect", argc, argv);
  int is_chain = bench_is(&bench, "why");
  if (!is_chain && !bench_is(&bench, "snapshot"))
    return bench_unknown(&bench);
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL, *next = NULL;
  for (long i = 0; i < bench.iterations; i++) {
    if (is_chain && i > 0) {
      BENCH_CHECK(tenon_future_map(future, NULL, pass, NULL, &next) == TENON_STATUS_OK);
      future = next;
    } else {
      BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
    }
  }
  double best = 0;
  for (int round = 0; round < 5; round++) {
    tenon_snapshot_t *snapshot = NULL;
    const char *text = NULL;
    uint64_t start = bench_now_ns();
    BENCH_CHECK(tenon_snapshot_take(NULL, &snapshot) == TENON_STATUS_OK);
    if (is_chain)
      BENCH_CHECK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_WHY, &text, NULL) ==
                      TENON_STATUS_OK &&
                  strstr(text, "wait for future"));
    double taken = bench_ns_per_op(start, 1000000);
    BENCH_CHECK(tenon_snapshot_release(snapshot) == TENON_STATUS_OK);
    if (round == 0 || taken < best)
      best = taken;
  }
  return bench_report(&bench, best);
}
