/*
 * A loop on all processors, in chunks that do next to nothing. With VARIANT chunks in each loop it is measured per loop;
 * with 0 it is one loop of ITERATIONS chunks, measured per chunk. The body is the same for all: one chunk's sum.
 */
#include "bench.h"

#include <stdatomic.h>
#include <tenon/tenon.h>

static atomic_long sum; /* of what the chunks that failed would leave: never written otherwise */
static volatile long zero;

static inline void chunk(size_t index) {
  if (zero)
    atomic_fetch_add(&sum, (long)index);
}

static tenon_status_t run(void *context, size_t begin, size_t end) {
  (void)context;
  for (size_t index = begin; index < end; index++)
    chunk(index);
  return TENON_STATUS_OK;
}

static tenon_executor_t *pool;

static void tenon_prepare(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = (uint32_t)sysconf(_SC_NPROCESSORS_ONLN);
  BENCH_CHECK(tenon_executor_create(&config, &pool) == TENON_STATUS_OK);
}

static void tenon_loop(long chunks) {
  BENCH_CHECK(tenon_executor_for(pool, (size_t)chunks, 1, run, NULL) == TENON_STATUS_OK);
}

static void openmp_prepare(void) {}

static void openmp_loop(long chunks) {
#pragma omp parallel for schedule(dynamic, 1)
  for (long index = 0; index < chunks; index++)
    chunk((size_t)index);
}

static void alone_loop(long chunks) {
  for (long index = 0; index < chunks; index++)
    chunk((size_t)index);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("loop", argc, argv);
  void (*prepare)(void) = openmp_prepare;
  void (*loop)(long chunks);
  if (bench_is(&bench, "tenon"))
    prepare = tenon_prepare, loop = tenon_loop;
  else if (bench_is(&bench, "openmp"))
    loop = openmp_loop;
  else if (bench_is(&bench, "alone"))
    loop = alone_loop;
  else
    return bench_unknown(&bench);
  prepare();
  long loops = bench.variant != 0 ? bench.iterations : 1;
  long chunks = bench.variant != 0 ? bench.variant : bench.iterations;
  for (long done = 0; done < 100; done++)
    loop(chunks < 1000 ? chunks : 1000);
  uint64_t start_ns = bench_now_ns();
  for (long done = 0; done < loops; done++)
    loop(chunks);
  double value = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(atomic_load(&sum) == 0);
  if (pool)
    BENCH_CHECK(tenon_executor_close(pool, TENON_FOREVER) == TENON_STATUS_OK);
  return bench_report(&bench, value);
}
