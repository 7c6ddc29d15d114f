/* A scope is opened, ten futures are added and settled, and it is closed. VARIANT 1: so many scopes
 * are left open with their futures pending, and counted in bytes. */
#include "bench.h"

#include <malloc.h>
#include <tenon/tenon.h>

enum { CHILDREN = 10 };

static tenon_scope_t *open_with_children(tenon_promise_t **promises) {
  tenon_scope_t *scope;
  BENCH_CHECK(tenon_scope_open(NULL, &scope) == TENON_STATUS_OK);
  for (int i = 0; i < CHILDREN; i++) {
    tenon_future_t *future;
    BENCH_CHECK(tenon_promise_create(NULL, &promises[i], &future) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_scope_add(scope, future) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_release(future) == TENON_STATUS_OK);
  }
  return scope;
}

static void run(long iterations) {
  for (long done = 0; done < iterations; done++) {
    tenon_promise_t *promises[CHILDREN];
    tenon_future_t *end;
    tenon_scope_t *scope = open_with_children(promises);
    BENCH_CHECK(tenon_scope_close(scope, &end) == TENON_STATUS_OK);
    for (int i = 0; i < CHILDREN; i++)
      BENCH_CHECK(tenon_promise_resolve(promises[i], NULL) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_poll(end) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_release(end) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_scope_release(scope) == TENON_STATUS_OK);
  }
}

/** What malloc has given out; the slots of handles come from there, too. */
static double bytes_in_use(void) {
  struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

static double measure_bytes(long iterations) {
  tenon_promise_t *promises[CHILDREN];
  run(1);
  double before = bytes_in_use();
  for (long done = 0; done < iterations; done++)
    open_with_children(promises);
  return (bytes_in_use() - before) / (double)iterations;
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("scope", argc, argv);
  if (!bench_is(&bench, "tenon"))
    return bench_unknown(&bench);
  if (bench.variant == 1)
    return bench_report(&bench, measure_bytes(bench.iterations));
  uint64_t start_ns = bench_now_ns();
  run(bench.iterations);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
