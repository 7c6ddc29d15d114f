// (k) Tenon's C++ headers: promises, continuations, coroutines.
#include "await.hpp"
#include "promises.hpp"

#include <tenon/tenon.hpp>

#include <algorithm>
#include <optional>

// One operation is one link of a chain of a thousand.
static double run_then(long iterations) {
  const std::uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < iterations; i += 1000) {
    tenon::promise<long> promise;
    tenon::future<long> future = promise.get_future();
    for (int link = 0; link < 1000; link++)
      future = future.then(nullptr, [](long number) { return number + 1; });
    promise.set_value(0);
    BENCH_CHECK(future.get() == 1000);
  }
  return bench_ns_per_op(start_ns, iterations);
}

static tenon::task<long> one() { co_return 1; }

// A task is awaited.
static double run_task(long iterations) {
  const auto sum = [](long iterations) -> tenon::task<long> {
    long sum = 0;
    for (long i = 0; i < iterations; i++)
      sum += co_await one();
    co_return sum;
  };
  const std::uint64_t start_ns = bench_now_ns();
  BENCH_CHECK(sum(iterations).start().get() == iterations);
  return bench_ns_per_op(start_ns, iterations);
}

// A ready future is awaited, and let go of. Making them is not counted.
static double run_ready(long iterations) {
  const auto sum = [](std::vector<tenon::future<long>> &futures) -> tenon::task<long> {
    long sum = 0;
    for (auto &future : futures)
      sum += co_await future;
    co_return sum;
  };
  constexpr long batch = 1000;
  std::uint64_t ns = 0;
  for (long done = 0; done < iterations; done += batch) {
    std::vector<tenon::future<long>> futures;
    for (long i = 0; i < batch; i++) {
      tenon::promise<long> promise;
      futures.push_back(promise.get_future());
      promise.set_value(1);
    }
    const std::uint64_t start_ns = bench_now_ns();
    BENCH_CHECK(sum(futures).start().get() == batch);
    ns += bench_now_ns() - start_ns;
  }
  return static_cast<double>(ns) / static_cast<double>(iterations);
}

// What the other thread settles next.
static std::optional<tenon::promise<long>> waiting;

static tenon::task<> ask(const answering_thread &thread, tenon_executor_t *executor,
                         long iterations) {
  for (long i = 0; i < iterations; i++) {
    waiting.emplace();
    auto future = waiting->get_future();
    thread.ask();
    BENCH_CHECK(co_await future.on(executor) == i);
  }
}

static double run_await(long iterations) {
  tenon::executor executor;
  answering_thread thread(iterations, [](long i) { waiting->set_value(i); });
  bench_pin(0);
  const std::uint64_t start_ns = bench_now_ns();
  executor.run(ask(thread, executor, iterations).start(executor));
  return bench_ns_per_op(start_ns, iterations);
}

// Nothing is there yet when it is awaited, as of a connection that somebody answers later in the loop.
static tenon::task<> receive(const connection &both, tenon::executor &executor, long iterations) {
  for (long i = 0; i < iterations; i++) {
    executor.post([&both] { both.send(); });
    co_await tenon::readable(executor, both.here);
    both.receive();
  }
}

static double run_descriptor(long iterations) {
  tenon::executor executor;
  const connection both;
  bench_pin(0);
  const std::uint64_t start_ns = bench_now_ns();
  executor.run(receive(both, executor, iterations).start(executor));
  return bench_ns_per_op(start_ns, iterations);
}

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("futures", argc, argv);
  double ns;
  if (bench_is(&bench, "promise"))
    ns = run_promise<tenon::promise>(bench.iterations);
  else if (bench_is(&bench, "block"))
    ns = run_block<tenon::promise>(bench.iterations);
  else if (bench_is(&bench, "then"))
    ns = run_then(bench.iterations);
  else if (bench_is(&bench, "task"))
    ns = run_task(bench.iterations);
  else if (bench_is(&bench, "ready"))
    ns = run_ready(bench.iterations);
  else if (bench_is(&bench, "await"))
    ns = run_await(bench.iterations);
  else if (bench_is(&bench, "descriptor"))
    ns = run_descriptor(bench.iterations);
  else
    return bench_unknown(&bench);
  return bench_report(&bench, ns);
}
