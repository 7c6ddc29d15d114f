// Several threads run one context of Asio's: for the thread sanitizer.
#include <tenon/asio.hpp>

#include <atomic>
#include <cstdio>
#include <memory>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

constexpr int threads = 4;

int failures = 0;
void expect(bool held, const char *what) {
  if (held)
    return;
  failures++;
  std::fprintf(stderr, "asio threads: not so: %s\n", what);
}

class runners {
public:
  explicit runners(asio::io_context &context) : work_(asio::make_work_guard(context)) {
    for (int i = 0; i < threads; i++)
      threads_.emplace_back([&context] { context.run(); });
  }
  /// Waits until nothing is pending.
  void join() {
    work_.reset();
    for (std::thread &thread : threads_)
      thread.join();
    threads_.clear();
  }

private:
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::vector<std::thread> threads_;
};

/// Who attaches waits before any of them has polled, and detaches where none of them runs.
void check_main_waits() {
  for (int round = 0; round < 100; round++) {
    std::atomic<int> ends = 0;
    asio::io_context context;
    tenon::executor executor = tenon::attach(context);
    runners all(context);
    try {
      expect(tenon::async(executor, [] { return 42; }).get() == 42, "a job has its result");
    } catch (const std::system_error &) {
      expect(false, "a thread that attaches waits for those that run the context");
    }
    tenon::sleep(executor, 24h).then(executor, [] {}).detach();
    const tenon_status_t status = tenon::detach_asio(
        executor, TENON_FOREVER,
        [](void *count, tenon_status_t) { ++*static_cast<std::atomic<int> *>(count); }, &ends);
    expect(status == TENON_STATUS_OK, "any thread detaches");
    expect(tenon_executor_post(executor, nullptr, nullptr) != TENON_STATUS_OK,
           "what comes after a detach is refused");
    expect(tenon::detach_asio(executor, 0) == TENON_STATUS_CLOSED, "a second detach is refused");
    all.join();
    expect(ends == 1, "the end of a detach is told");
  }
}

/// One closes what another one detaches: the detach is told, or refused.
void check_close_beside_detach() {
  for (int round = 0; round < 100; round++) {
    std::atomic<int> ends = 0;
    asio::io_context context;
    tenon::executor executor = tenon::attach(context);
    runners all(context);
    asio::post(context, [&] { executor.close(); });
    const tenon_status_t status = tenon::detach_asio(
        executor, 0, [](void *count, tenon_status_t) { ++*static_cast<std::atomic<int> *>(count); },
        &ends);
    all.join();
    expect(ends == (status == TENON_STATUS_OK ? 1 : 0), "who was not refused is told");
  }
}

/// Handlers outside of the executor's turns begin what it has to do, attach others, and detach them.
void check_handlers() {
  constexpr int rounds = 500;
  std::atomic<int> jobs = 0, timers = 0, ends = 0;
  asio::io_context context;
  tenon::executor executor = tenon::attach(context);
  runners all(context);
  for (int round = 0; round < rounds; round++)
    asio::post(context, [&] {
      executor.post([&] { jobs++; });
      tenon::sleep(executor, 1ms).then(executor, [&] { timers++; }).detach();
      const auto own = std::make_shared<tenon::executor>(tenon::attach(context));
      own->post([&, own] {
        tenon::detach_asio(
            *own, TENON_FOREVER,
            [](void *count, tenon_status_t) { ++*static_cast<std::atomic<int> *>(count); }, &ends);
      });
    });
  all.join();
  expect(jobs == rounds, "each job runs");
  expect(timers == rounds, "each timer is told");
  expect(ends == rounds, "each detach is told");
  tenon::detach_asio(executor, TENON_FOREVER);
  context.restart();
  context.run();
}

} // namespace

int main() {
  check_main_waits();
  check_close_beside_detach();
  check_handlers();
  return failures != 0;
}
