// Signals that request a stop.
#include "support.hpp"

#include <tenon/stop_on_signal.hpp>

#if TENON_HAS_STOP_TOKEN && TENON_HAS_COROUTINES

#include <csignal>
#include <sys/wait.h>

using namespace std::chrono_literals;

namespace {

std::atomic<int> others{0};
void count_other(int) { others++; }

template <class F> void wait_for(F &&f) {
  while (!f())
    std::this_thread::yield();
}

bool take(int number) {
  const tenon::stop_on_signal source(number);
  return source.stop_requested();
}

tenon::task<> wait_long(tenon_executor_t *executor) { co_await tenon::sleep(executor, 24h); }

} // namespace

TEST_CASE("a signal requests a stop, which cancels") {
  std::signal(SIGUSR2, count_other);
  {
    tenon::executor executor;
    tenon::stop_on_signal stop(SIGUSR2);
    auto waited = wait_long(executor).start(executor).with_stop(stop.get_token());
    CHECK_FALSE(stop.stop_requested());
    executor.post([] { std::raise(SIGUSR2); });
    CHECK_THROWS_AS(executor.run(std::move(waited)), tenon::cancelled);
    CHECK(stop.stop_requested());
    struct sigaction now = {};
    ::sigaction(SIGUSR2, nullptr, &now);
    const bool is_default = now.sa_handler == SIG_DFL;
    CHECK(is_default); // the next one ends the program
  }
  CHECK(others == 0);
  std::raise(SIGUSR2);
  CHECK(others == 1);
  std::signal(SIGUSR2, SIG_DFL);
}

TEST_CASE("a signal has one stop source at a time, and then another one") {
  for (int round = 0; round < 100; round++) {
    tenon::stop_on_signal stop(SIGUSR2);
    CHECK(status_of([] { return take(SIGUSR2); }) == TENON_STATUS_BUSY);
    if (round % 2 == 0) {
      std::raise(SIGUSR2);
      wait_for([&] { return stop.stop_requested(); });
    }
  }
  CHECK_THROWS_AS(take(SIGKILL), std::system_error);
  CHECK_THROWS_AS(take(-1), std::system_error);
  tenon::stop_on_signal again(SIGUSR2);
  CHECK(again.request_stop());
}

TEST_CASE("a stop source that has no memory leaves the signal to the next one") {
  bool has_begun = false;
  for (int given = 0; !has_begun; given++) {
    allocations_left = given;
    try {
      const tenon::stop_on_signal stop(SIGUSR2);
      has_begun = true;
    } catch (const std::bad_alloc &) {
    } catch (const std::system_error &) {
    }
    allocations_left = -1;
    REQUIRE_FALSE(take(SIGUSR2));
  }
}

#ifndef __SANITIZE_THREAD__ // which has signals handled at another time
TEST_CASE("a fork's child is ended by a signal that its parent handles") {
  tenon::stop_on_signal stop(SIGUSR2);
  const pid_t child = ::fork();
  if (child == 0) {
    std::raise(SIGUSR2);
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR2));
  CHECK_FALSE(stop.stop_requested());
}
#endif

#endif
