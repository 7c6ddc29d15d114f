// (e) The same work as c/memory.c, with the standard library.
#include "../c/bench.h"

#include <cstdlib>
#include <cstring>
#include <future>
#include <new>

namespace {

using promise = std::promise<std::int64_t>;
using future = std::future<std::int64_t>;

promise *promises;
future *futures;

template <typename T> T *touched(long count) {
  const std::size_t size = static_cast<std::size_t>(count) * sizeof(T);
  return static_cast<T *>(std::memset(std::malloc(size), 1, size));
}

void create_all(long count) {
  for (long i = 0; i < count; i++)
    new (&futures[i]) future((new (&promises[i]) promise)->get_future());
}

void settle_all(long count) {
  for (long i = 0; i < count; i++) {
    promises[i].set_value(i);
    promises[i].~promise();
  }
  for (long i = 0; i < count; i++) {
    BENCH_CHECK(futures[i].get() == i);
    futures[i].~future();
  }
}

} // namespace

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("memory", argc, argv);
  if (!bench_is(&bench, "std"))
    return bench_unknown(&bench);
  const long count = bench.iterations;
  promises = touched<promise>(count);
  futures = touched<future>(count);
  create_all(1);
  settle_all(1);

  std::uint64_t before = bench_resident_bytes();
  if (bench.variant == 0) {
    create_all(count);
    const double grown = static_cast<double>(bench_resident_bytes() - before);
    return bench_report(&bench, grown / static_cast<double>(count));
  }
  for (int round = 0; round < bench.variant; round++) {
    create_all(count);
    settle_all(count);
    if (round == 0)
      before = bench_resident_bytes();
  }
  const double grown = static_cast<double>(bench_resident_bytes()) - static_cast<double>(before);
  return bench_report(&bench, grown / 1e6);
}
