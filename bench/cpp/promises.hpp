// The work that is the same for every library whose promises are as the standard's.
#ifndef BENCH_PROMISES_HPP
#define BENCH_PROMISES_HPP

#include "../c/bench.h"

#include <cstdint>
#include <thread>
#include <vector>

/// (a) Made, settled, read and let go of on one thread: as c/promise.c.
template <template <class> class Promise> double run_promise(long iterations) {
  const std::uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < iterations; i++) {
    Promise<std::int64_t> promise;
    auto future = promise.get_future();
    promise.set_value(i);
    BENCH_CHECK(future.get() == i);
  }
  return bench_ns_per_op(start_ns, iterations);
}

/// (b) Two threads that wait for each other in get(), in turn. The promises are made before.
template <template <class> class Promise> double run_block(long iterations) {
  const auto count = static_cast<std::size_t>(iterations);
  std::vector<Promise<std::size_t>> questions(count), answers(count);
  std::thread worker([&] {
    bench_pin(1);
    for (std::size_t i = 0; i < count; i++)
      answers[i].set_value(questions[i].get_future().get() + 1);
  });
  bench_pin(0);
  const std::uint64_t start_ns = bench_now_ns();
  for (std::size_t i = 0; i < count; i++) {
    questions[i].set_value(i);
    BENCH_CHECK(answers[i].get_future().get() == i + 1);
  }
  const double ns = bench_ns_per_op(start_ns, iterations);
  worker.join();
  return ns;
}

#endif
