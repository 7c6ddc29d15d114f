/*
 * (e) What a pending future costs in memory, and whether settling gives it back.
 *
 * Variant 0: bytes per pending future. Variant n: n times, all are made, settled, read and let go
 * of; then how many megabytes the process has grown since the first time. The arrays that hold the
 * handles are not counted.
 */
#include "bench.h"

#include <tenon/tenon.h>

static tenon_promise_t **promises;
static tenon_future_t **futures;

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)status;
  (void)future;
}

static void create_all(long count) {
  for (long i = 0; i < count; i++)
    BENCH_CHECK(tenon_promise_create(NULL, &promises[i], &futures[i]) == TENON_STATUS_OK);
}

static void settle_all(long count) {
  for (long i = 0; i < count; i++) {
    tenon_value_t value = tenon_value_i64(i);
    BENCH_CHECK(tenon_promise_resolve(promises[i], &value) == TENON_STATUS_OK);
  }
  for (long i = 0; i < count; i++) {
    tenon_value_t value;
    BENCH_CHECK(tenon_future_take(futures[i], &value) == TENON_STATUS_OK && value.as.i64 == i);
    BENCH_CHECK(tenon_future_release(futures[i]) == TENON_STATUS_OK);
  }
}

static void *touched(size_t size) {
  void *memory = malloc(size);
  BENCH_CHECK(memory);
  return memset(memory, 1, size);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("memory", argc, argv);
  int with_callback = bench_is(&bench, "tenon-callback");
  if (!with_callback && !bench_is(&bench, "tenon"))
    return bench_unknown(&bench);
  long count = bench.iterations;
  promises = (tenon_promise_t **)touched((size_t)count * sizeof *promises);
  futures = (tenon_future_t **)touched((size_t)count * sizeof *futures);
  tenon_executor_t *executor;
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  create_all(1); /* what comes once, with the first */
  settle_all(1);

  uint64_t before = bench_resident_bytes();
  if (bench.variant == 0) {
    create_all(count);
    for (long i = 0; with_callback && i < count; i++)
      BENCH_CHECK(tenon_future_on_complete(futures[i], executor, told, NULL, NULL) ==
                  TENON_STATUS_OK);
    double grown = (double)(bench_resident_bytes() - before);
    return bench_report(&bench, grown / (double)count);
  }
  for (int round = 0; round < bench.variant; round++) {
    create_all(count);
    settle_all(count);
    if (round == 0)
      before = bench_resident_bytes();
  }
  return bench_report(&bench, ((double)bench_resident_bytes() - (double)before) / 1e6);
}
