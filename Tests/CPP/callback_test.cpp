// What leaves a callback otherwise than by returning, and what interrupts those who wait.
#include "support.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int terminated = 7;
constexpr int left_busy = 8;

/// How a process ends in which f() is called.
template <class F> int ending_of(F &&f) {
  const pid_t child = ::fork();
  if (child == 0) {
    std::set_terminate([] { std::_Exit(terminated); });
    ::alarm(60);
    f();
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void throw_out(void *, tenon_status_t status) {
  if (status == TENON_STATUS_OK)
    throw std::runtime_error("out");
}

void throw_in_here(void *context, tenon_status_t status) noexcept { throw_out(context, status); }

} // namespace

TEST_CASE("an exception out of a job ends the program") {
  CHECK(ending_of([] {
          tenon::executor executor;
          executor.post([] { throw std::runtime_error("out"); });
          executor.poll();
        }) == terminated);
  CHECK(ending_of([] {
          tenon::executor executor;
          tenon_executor_post(executor, throw_in_here, nullptr);
          executor.poll();
        }) == terminated);
}

TEST_CASE("an exception out of a function for C ends the program, or leaves its executor busy") {
  const int ending = ending_of([] {
    tenon::executor executor;
    tenon_executor_post(executor, throw_out, nullptr);
    try {
      executor.poll();
    } catch (const std::runtime_error &) {
      if (tenon_executor_poll(executor, nullptr, nullptr) == TENON_STATUS_BUSY)
        std::_Exit(left_busy);
    }
  });
  CHECK((ending == terminated || ending == left_busy));
}

TEST_CASE("an interrupt ends a wait, and not the work") {
  tenon::executor executor;
  tenon::promise<int> promise;
  auto shared = promise.get_future().share();
  const auto waited = [&] { return executor.run(tenon::async(executor, [] {})), 0; };
  CHECK(executor.interrupt());
  CHECK(status_of(waited) == TENON_STATUS_INTERRUPTED); // it came before
  CHECK(status_of(waited) == 0);
  executor.post([&] { executor.interrupt(); });
  CHECK(status_of([&] { return executor.run(tenon::sleep(executor, std::chrono::hours(1))), 0; }) ==
        TENON_STATUS_INTERRUPTED);
  promise.set_value(1);
  CHECK(shared.get() == 1);
  CHECK(executor.close());
  CHECK_FALSE(executor.interrupt());
}
