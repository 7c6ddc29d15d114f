// (k) What it costs to call a plain coroutine; and to await, with Boost.Asio, what another thread settles.
#include "await.hpp"
#include "either_asio.hpp"

#include <coroutine>
#include <optional>

// The least that a call of a coroutine with a result can be: its frame, its start, its end.
struct plain {
  struct promise_type {
    long value = 0;
    plain get_return_object() {
      return plain{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_value(long number) { value = number; }
    void unhandled_exception() { abort(); }
  };
  std::coroutine_handle<promise_type> coroutine;
  bool await_ready() const noexcept { return coroutine.done(); }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  long await_resume() const {
    const long value = coroutine.promise().value;
    coroutine.destroy();
    return value;
  }
};

__attribute__((noinline)) static plain one() { co_return 1; }

static plain sum_plain(long iterations) {
  long sum = 0;
  for (long i = 0; i < iterations; i++)
    sum += co_await one();
  co_return sum;
}

static double run_plain(long iterations) {
  const std::uint64_t start_ns = bench_now_ns();
  BENCH_CHECK(sum_plain(iterations).await_resume() == iterations);
  return bench_ns_per_op(start_ns, iterations);
}

using token = asio::use_awaitable_t<>;
using handler = asio::async_result<token, void(long)>::handler_type;

// What the other thread completes next.
static std::optional<handler> waiting;

static asio::awaitable<void> ask(const answering_thread &thread, long iterations) {
  for (long i = 0; i < iterations; i++) {
    const long answer = co_await asio::async_initiate<const token, void(long)>(
        [&](handler handler) {
          waiting.emplace(std::move(handler));
          thread.ask();
        },
        asio::use_awaitable);
    BENCH_CHECK(answer == i);
  }
}

// With I/O to wait for, as a loop has, Asio sleeps in epoll; with nothing but posts on a condition.
static double run_asio(long iterations, bool has_io) {
  asio::io_context context;
  const auto work = asio::make_work_guard(context);
  asio::posix::stream_descriptor io(context, eventfd(0, 0));
  if (has_io)
    io.async_wait(asio::posix::stream_descriptor::wait_read, [](const auto &) {});
  answering_thread thread(iterations, [&](long i) {
    asio::post(context, [i, handler = std::move(*waiting)]() mutable { handler(i); });
  });
  bench_pin(0);
  const std::uint64_t start_ns = bench_now_ns();
  asio::co_spawn(context, ask(thread, iterations), [&](std::exception_ptr) { context.stop(); });
  context.run();
  return bench_ns_per_op(start_ns, iterations);
}

// The byte is sent by a handler that comes after the wait has begun.
static asio::awaitable<void> receive(const connection &both, asio::io_context &context,
                                     long iterations) {
  asio::posix::stream_descriptor here(context, dup(both.here));
  for (long i = 0; i < iterations; i++) {
    asio::post(context, [&both] { both.send(); });
    co_await here.async_wait(asio::posix::stream_descriptor::wait_read, asio::use_awaitable);
    both.receive();
  }
}

static double run_descriptor(long iterations) {
  asio::io_context context(1);
  const connection both;
  bench_pin(0);
  const std::uint64_t start_ns = bench_now_ns();
  asio::co_spawn(context, receive(both, context, iterations),
                 [&](std::exception_ptr) { context.stop(); });
  context.run();
  return bench_ns_per_op(start_ns, iterations);
}

int main(int argc, char **argv) {
  const bench_t bench = bench_arguments("await", argc, argv);
  double ns;
  if (bench_is(&bench, "plain"))
    ns = run_plain(bench.iterations);
  else if (bench_is(&bench, "asio"))
    ns = run_asio(bench.iterations, true);
  else if (bench_is(&bench, "asio-posts"))
    ns = run_asio(bench.iterations, false);
  else if (bench_is(&bench, "descriptor"))
    ns = run_descriptor(bench.iterations);
  else
    return bench_unknown(&bench);
  return bench_report(&bench, ns);
}
