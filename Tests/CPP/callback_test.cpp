// What leaves a callback otherwise than by returning, and what interrupts those who wait.
#include "support.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace {

constexpr int terminated = 7;
constexpr int left_busy = 8;

/// How a process ends that runs a test case which is skipped in here: a fork's child may not use what its parent has.
int ending_of(const char *test_case) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(60);
    ::execl("/proc/self/exe", "suite", "--no-skip", "--test-case", test_case, nullptr);
    std::_Exit(127);
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

TEST_CASE("child: an exception out of a job" * doctest::skip()) {
  std::set_terminate([] { std::_Exit(terminated); });
  tenon::executor executor;
  executor.post([] { throw std::runtime_error("out"); });
  executor.poll();
  std::_Exit(0);
}

TEST_CASE("child: an exception out of a job for C" * doctest::skip()) {
  std::set_terminate([] { std::_Exit(terminated); });
  tenon::executor executor;
  tenon_executor_post(executor, throw_in_here, nullptr);
  executor.poll();
  std::_Exit(0);
}

TEST_CASE("an exception out of a job ends the program") {
  CHECK(ending_of("child: an exception out of a job") == terminated);
  CHECK(ending_of("child: an exception out of a job for C") == terminated);
}

TEST_CASE("child: an exception out of a function for C" * doctest::skip()) {
  std::set_terminate([] { std::_Exit(terminated); });
  tenon::executor executor;
  tenon_executor_post(executor, throw_out, nullptr);
  try {
    executor.poll();
  } catch (const std::runtime_error &) {
    if (tenon_executor_poll(executor, nullptr, nullptr) == TENON_STATUS_BUSY)
      std::_Exit(left_busy);
  }
  std::_Exit(0);
}

TEST_CASE("an exception out of a function for C ends the program, or leaves its executor busy") {
  const int ending = ending_of("child: an exception out of a function for C");
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
