// The adapter for Asio, checked; and futures as operations, operations as futures. With ASIO_STANDALONE once more.
#include <tenon/asio.hpp>

#include "alone.h"
#include "child.h"

#include <cstdio>

#if !defined(ASIO_STANDALONE)
namespace asio = boost::asio;
#endif

using namespace std::chrono_literals;

namespace {

struct world {
  asio::io_context context;
  unsigned runs = 0;
};

world &of(void *loop) { return *static_cast<world *>(loop); }

void run(void *loop) {
  world &here = of(loop);
  here.context.restart();
  here.runs++;
  here.context.run();
  // A stop is for all that run: only the innermost was meant.
  if (--here.runs != 0)
    here.context.restart();
}

void after(void *loop, std::uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context) {
  auto timer =
      std::make_shared<asio::steady_timer>(of(loop).context, std::chrono::milliseconds(delay_ms));
  timer->async_wait([timer, fn, context](const auto &error) {
    if (!error)
      fn(context);
  });
}

tenon_status_t attach(void *loop, tenon_executor_t **executor_out) {
  try {
    *executor_out = tenon::attach(of(loop).context).release();
    return TENON_STATUS_OK;
  } catch (const tenon::error &error) {
    return static_cast<tenon_status_t>(error.value());
  }
}

int failures = 0;
void expect(bool held, const char *what) {
  if (held)
    return;
  failures++;
  std::fprintf(stderr, "asio: not so: %s\n", what);
}

void check_tokens() {
  asio::io_context context;
  tenon::executor executor = tenon::attach(context);
  // Asio's timer as a future, that as an operation, and its handler where Asio says.
  asio::steady_timer timer(context, 1ms);
  tenon::future<void> elapsed = timer.async_wait(tenon::as_future);
  bool has_run = false;
  tenon::async_get(
      std::move(elapsed),
      asio::bind_executor(context, [&](const std::exception_ptr &failure) { has_run = !failure; }));
  context.run();
  expect(has_run, "a timer's wait is a future, and that an operation");

  asio::steady_timer never(context, 24h);
  tenon::future<void> cancelled = never.async_wait(tenon::as_future);
  never.cancel();
  context.restart();
  context.run();
  expect(cancelled.try_wait(0) == TENON_STATUS_CANCELLED, "operation_aborted is a cancel");

#if TENON_ASIO_HAS_SLOTS
  asio::steady_timer late(context, 24h);
  tenon::future<void> ended = late.async_wait(tenon::as_future);
  ended.cancel();
  context.restart();
  context.run();
  expect(ended.try_wait(0) == TENON_STATUS_CANCELLED,
         "a cancel of a future is one of its operation");
#endif

  asio::posix::stream_descriptor none(context);
  char byte;
  tenon::future<std::size_t> read = none.async_read_some(asio::buffer(&byte, 1), tenon::as_future);
  context.restart();
  context.run();
  try {
    read.get();
    expect(false, "an operation's error is its future's");
  } catch (const std::system_error &error) {
    expect(error.code().value() == EBADF, "an operation's error keeps its code");
  }

  auto answer = tenon::async_get(tenon::async(executor, [] { return 42; }), asio::use_future);
  context.restart();
  context.run();
  expect(answer.get() == 42, "a job's result is an operation's");
  expect(tenon::detach_asio(executor, TENON_FOREVER) == TENON_STATUS_OK, "a detach");
  context.restart();
  context.run();
}

/// A future is let go of, and what its operation is of after it.
void check_what_goes_with_its_future() {
  asio::io_context context;
  const auto lets_go = [&context] {
    asio::steady_timer timer(context, std::chrono::hours(1));
    auto first = timer.async_wait(tenon::as_future);
    const auto second = timer.async_wait(tenon::as_future);
    first.cancel();
  };
  lets_go(); // before the context runs
  asio::post(context, lets_go);
  asio::post(asio::make_strand(context), lets_go);
  context.run();
#if TENON_ASIO_HAS_SLOTS
  // It lives on: then its operation is cancelled, here at once and from elsewhere soon.
  asio::steady_timer timer(context, std::chrono::hours(1));
  static_cast<void>(timer.async_wait(tenon::as_future));
  asio::post(context, [&] { static_cast<void>(timer.async_wait(tenon::as_future)); });
  context.restart();
  context.run();
#endif
}

/// executor::run() and the context's own run() take turns.
void check_stops() {
  asio::io_context context;
  tenon::executor executor = tenon::attach(context);
  executor.run(tenon::sleep(executor, 1ms));
  bool has_run = false;
  asio::post(context, [&] { has_run = true; });
  context.run();
  expect(has_run, "a run() after that of the executor is not over already");

  context.restart();
  asio::steady_timer stop(context, 1ms), never(context, 24h);
  never.async_wait([](const auto &) {});
  asio::post(context, [&] {
    stop.async_wait([&](const auto &) { context.stop(); });
    executor.run(tenon::sleep(executor, 20ms));
  });
  context.run(); // for ever, if the stop were lost
  expect(context.stopped(), "a stop() inside of the executor's run() ends the context's");

  tenon::detach_asio(executor, TENON_FOREVER);
  never.cancel();
  context.restart();
  context.run();
}

/// Of a context that a thread runs, and of one that none does.
void check_deadlock() {
  asio::io_context context;
  bool is_told = false;
  asio::post(context, [&] {
    tenon::executor executor = tenon::attach(context);
    try {
      tenon::async(executor, [] {}).get();
    } catch (const std::system_error &error) {
      is_told = error.code() == std::errc::resource_deadlock_would_occur;
    }
    tenon::detach_asio(executor, TENON_FOREVER);
  });
  context.run();
  expect(is_told, "a wait where the context would have to run is refused");
}

void check_refusal() {
  asio::io_context context;
  const auto loop = std::make_shared<tenon::asio_detail::asio_loop>(context, nullptr);
  expect(loop->watch(-1) == TENON_STATUS_NO_RESOURCES,
         "a descriptor that Asio refuses is a status");
  loop->leave();
}

} // namespace

int main() {
  tenon_adapter_subject_t subject = TENON_ADAPTER_SUBJECT_INIT;
  subject.name = TENON_STRINGIFY(TENON_ASIO_NAME);
  subject.traits = TENON_ADAPTER_TRAIT_ENDS | TENON_ADAPTER_TRAIT_NESTS |
                   TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_MOVES |
                   TENON_ADAPTER_TRAIT_OUTLIVES;
  subject.precision_ns = 1000000;
  subject.create = []() -> void * { return new world; };
  subject.run = run;
  subject.stop = [](void *loop) { of(loop).context.stop(); };
  subject.after = after;
  subject.destroy = [](void *loop) { delete static_cast<world *>(loop); };
  subject.attach = attach;
  subject.detach = [](tenon_executor_t *executor, std::uint64_t timeout_ns,
                      tenon_adapter_detached_fn fn, void *context) {
    return tenon::detach_asio(executor, timeout_ns, fn, context);
  };
  const int failed = tenon_adapter_check(&subject, stderr);
  failures += check_alone(&subject) != 0;
  failures += check_child(&subject, [](void *loop) {
                of(loop).context.notify_fork(asio::io_context::fork_child);
              }) != 0;
  check_tokens();
  check_what_goes_with_its_future();
  check_stops();
  check_deadlock();
  check_refusal();
  return failed != 0 || failures != 0;
}
