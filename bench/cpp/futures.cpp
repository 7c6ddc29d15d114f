// (a) The same work as c/promise.c with the C++ headers; and what a continuation and an await cost.
#include "../c/bench.h"

#include <tenon/tenon.hpp>

static void run_promise(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon::promise<std::int64_t> promise;
    tenon::future<std::int64_t> future = promise.get_future();
    promise.set_value(i);
    BENCH_CHECK(future.get() == i);
  }
}

// One operation is one link of a chain of a thousand.
static void run_then(long iterations) {
  for (long i = 0; i < iterations; i += 1000) {
    tenon::promise<long> promise;
    tenon::future<long> future = promise.get_future();
    for (int link = 0; link < 1000; link++)
      future = future.then(nullptr, [](long number) { return number + 1; });
    promise.set_value(0);
    BENCH_CHECK(future.get() == 1000);
  }
}

static tenon::task<long> plain(long number) { co_return number; }

static void run_task(long iterations) {
  auto sum = [](long iterations) -> tenon::task<long> {
    long sum = 0;
    for (long i = 0; i < iterations; i++)
      sum += co_await plain(1);
    co_return sum;
  };
  BENCH_CHECK(sum(iterations).start().get() == iterations);
}

// The future is made and set, too: what run_promise() takes is part of it.
static void run_await(long iterations) {
  auto sum = [](long iterations) -> tenon::task<long> {
    long sum = 0;
    for (long i = 0; i < iterations; i++) {
      tenon::promise<long> promise;
      promise.set_value(1);
      sum += co_await promise.get_future();
    }
    co_return sum;
  };
  BENCH_CHECK(sum(iterations).start().get() == iterations);
}

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("futures", argc, argv);
  const std::uint64_t start_ns = bench_now_ns();
  if (bench_is(&bench, "promise"))
    run_promise(bench.iterations);
  else if (bench_is(&bench, "then"))
    run_then(bench.iterations);
  else if (bench_is(&bench, "task"))
    run_task(bench.iterations);
  else if (bench_is(&bench, "await"))
    run_await(bench.iterations);
  else
    return bench_unknown(&bench);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
