// A loop in chunks, with oneTBB: see ../c/loop.c.
#include "../c/bench.h"

#include <atomic>
#include <tbb/blocked_range.h>
#include <tbb/parallel_for.h>

namespace {

std::atomic<long> sum;
volatile long zero;

void chunk(long index) {
  if (zero)
    sum += index;
}

void loop(long chunks) {
  tbb::parallel_for(
      tbb::blocked_range<long>(0, chunks, 1),
      [](const tbb::blocked_range<long> &range) {
        for (long index = range.begin(); index < range.end(); index++)
          chunk(index);
      },
      tbb::simple_partitioner());
}

} // namespace

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("loop", argc, argv);
  if (!bench_is(&bench, "tbb"))
    return bench_unknown(&bench);
  const long loops = bench.variant != 0 ? bench.iterations : 1;
  const long chunks = bench.variant != 0 ? bench.variant : bench.iterations;
  for (int done = 0; done < 100; done++)
    loop(chunks < 1000 ? chunks : 1000);
  const uint64_t start_ns = bench_now_ns();
  for (long done = 0; done < loops; done++)
    loop(chunks);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
