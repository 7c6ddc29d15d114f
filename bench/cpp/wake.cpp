// (b) The same work as c/wake.c, with Asio: the worker posts, the handler answers by an eventfd.
#include "../c/bench.h"
#include "either_asio.hpp"

#include <sys/eventfd.h>
#include <thread>

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("wake", argc, argv);
  if (!bench_is(&bench, "asio"))
    return bench_unknown(&bench);
  bench_pin(0);
  const int answer_fd = eventfd(0, EFD_CLOEXEC);
  asio::io_context context;
  auto guard = asio::make_work_guard(context);
  long heard = 0;
  const auto answer = [&] {
    const std::uint64_t one = 1;
    heard++;
    BENCH_CHECK(write(answer_fd, &one, sizeof one) == sizeof one);
  };

  const std::uint64_t start_ns = bench_now_ns();
  std::thread worker([&] {
    bench_pin(1);
    for (long i = 0; i < bench.iterations; i++) {
      std::uint64_t count;
      asio::post(context, answer);
      BENCH_CHECK(read(answer_fd, &count, sizeof count) == sizeof count);
    }
    guard.reset();
  });
  context.run();
  worker.join();
  BENCH_CHECK(heard == bench.iterations);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
