// (a) The same work as c/promise.c, with the standard library.
#include "../c/bench.h"

#include <future>

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("promise", argc, argv);
  if (!bench_is(&bench, "std"))
    return bench_unknown(&bench);
  const std::uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < bench.iterations; i++) {
    std::promise<std::int64_t> promise;
    std::future<std::int64_t> future = promise.get_future();
    promise.set_value(i);
    BENCH_CHECK(future.get() == i);
  }
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
