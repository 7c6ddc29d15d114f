// (f) The same work as c/timers.c, with Asio.
#include "../c/bench.h"
#include "either_asio.hpp"

#include <chrono>
#include <thread>
#include <vector>

namespace {

using std::chrono::milliseconds;
using timer = asio::steady_timer;

constexpr long others = 100000;
constexpr long batch = 1000;

std::uint64_t random_state = 1;
long told;

milliseconds far() { return milliseconds(10000 + bench_random(&random_state) % 990000); }
milliseconds near() { return milliseconds(1 + bench_random(&random_state) % 100); }

void arm(timer &timer, timer::time_point now, milliseconds delay) {
  timer.expires_at(now + delay);
  timer.async_wait([](const error_code &) { told++; });
}

double arm_cancel(asio::io_context &context, long iterations) {
  const auto start = timer::clock_type::now();
  std::vector<timer> live;
  live.reserve(others);
  for (long i = 0; i < others; i++)
    arm(live.emplace_back(context), start, far());
  timer one(context);
  const std::uint64_t start_ns = bench_now_ns();
  for (long begun = 0; begun < iterations; begun += batch) {
    asio::post(context, [&] {
      const auto now = timer::clock_type::now();
      for (long i = 0; i < batch; i++) {
        arm(one, now, far());
        one.cancel();
      }
    });
    context.poll();
  }
  BENCH_CHECK(told == iterations);
  return bench_ns_per_op(start_ns, iterations);
}

double fire(asio::io_context &context, long iterations) {
  const auto now = timer::clock_type::now();
  std::vector<timer> timers;
  timers.reserve(static_cast<std::size_t>(iterations));
  for (long i = 0; i < iterations; i++)
    arm(timers.emplace_back(context), now, near());
  std::this_thread::sleep_for(milliseconds(150));
  const std::uint64_t start_ns = bench_now_ns();
  while (told < iterations)
    context.poll();
  return bench_ns_per_op(start_ns, iterations);
}

} // namespace

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("timers", argc, argv);
  if (!bench_is(&bench, "asio"))
    return bench_unknown(&bench);
  asio::io_context context;
  const double ns =
      bench.variant ? fire(context, bench.iterations) : arm_cancel(context, bench.iterations);
  return bench_report(&bench, ns);
}
