// Semaphores and mutexes whose waiters are tasks.
#include "support.hpp"

#if TENON_HAS_COROUTINES

#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

using namespace std::chrono_literals;

namespace {

tenon::task<> work(tenon_executor_t *executor, tenon::async_semaphore &slots, int &inside,
                   int &most) {
  const auto slot = co_await slots.acquire();
  most = std::max(most, ++inside);
  co_await tenon::sleep(executor, 1ms);
  inside--;
}

tenon::task<> add(tenon::async_mutex &mutex, tenon_executor_t *executor, int &sum) {
  for (int round = 0; round < 100; round++) {
    const auto lock = co_await mutex.lock();
    const int before = sum;
    co_await tenon::sleep(executor, 0ms);
    sum = before + 1;
  }
}

tenon::task<> count(tenon::async_semaphore &slots, int &granted) {
  const auto slot = co_await slots.acquire();
  granted++;
}

} // namespace

TEST_CASE("a semaphore lets as many in as it counts") {
  tenon::executor executor;
  tenon::async_semaphore slots(4);
  int inside = 0, most = 0;
  std::vector<tenon::future<void>> all;
  all.reserve(50);
  for (int index = 0; index < 50; index++)
    all.push_back(work(executor, slots, inside, most).start(executor));
  for (auto &one : all)
    executor.run(std::move(one));
  CHECK(most == 4);
  CHECK(inside == 0);
}

TEST_CASE("a mutex is one task's across its co_awaits, on several threads") {
  tenon::thread_pool pool(4);
  tenon::async_mutex mutex;
  int sum = 0;
  std::vector<tenon::future<void>> all;
  all.reserve(8);
  for (int index = 0; index < 8; index++)
    all.push_back(add(mutex, pool, sum).start(pool));
  for (auto &one : all)
    one.get();
  CHECK(sum == 800);
}

TEST_CASE("who waits for a permit gets it in order, and may give up") {
  tenon::async_semaphore slots(1);
  auto held = slots.try_acquire();
  REQUIRE(held);
  auto first = slots.acquire(), second = slots.acquire(), third = slots.acquire();
  CHECK_FALSE(slots.try_acquire());
  first.cancel();
  CHECK(status_of([&] { return first.get(); }) == TENON_STATUS_CANCELLED);
  held.reset();
  CHECK(second.is_ready());
  CHECK_FALSE(third.is_ready());
  second = {}; // granted, and read by nobody
  CHECK(third.is_ready());
  third.get().reset();
  CHECK(slots.try_acquire());
}

TEST_CASE(
    "a hundred thousand permits that nobody reads, or that are let go of at once, come back") {
  tenon::async_semaphore slots(1);
  auto held = slots.try_acquire();
  REQUIRE(held);
  int granted = 0;
  for (int index = 0; index < 100'000; index++) {
    slots.acquire().detach();
    slots.acquire().then(nullptr, [&](tenon::async_semaphore::permit) { granted++; }).detach();
    count(slots, granted).start().detach();
  }
  held.reset();
  CHECK(granted == 200'000);
  CHECK(slots.try_acquire());
}

TEST_CASE("a waiter that is cancelled while it is granted has the permit, or has none") {
  for (int round = 0; round < 1000; round++) {
    tenon::async_semaphore slots(1);
    auto held = slots.try_acquire();
    REQUIRE(held);
    auto first = slots.acquire(), second = slots.acquire();
    std::atomic<int> ready{0};
    const auto meet = [&ready] {
      ready++;
      while (ready != 2)
        std::this_thread::yield();
    };
    std::thread other([&] {
      meet();
      first.cancel();
    });
    meet();
    held.reset();
    other.join();
    std::optional<tenon::async_semaphore::permit> permit;
    const tenon_status_t status = first.try_get(permit);
    CHECK((status == TENON_STATUS_OK ? permit.has_value() : status == TENON_STATUS_CANCELLED));
    CHECK(second.is_ready() == !permit);
    permit.reset();
    second.get().reset();
    CHECK(slots.try_acquire());
  }
}

TEST_CASE("a permit is granted without memory, and waited for with it or not at all") {
  tenon::async_semaphore slots(1);
  auto held = slots.try_acquire();
  REQUIRE(held);
  auto first = slots.acquire(), second = slots.acquire();
  allocations_left = 0;
  bool is_refused = false;
  try {
    slots.acquire().detach();
  } catch (const std::bad_alloc &) {
    is_refused = true;
  }
  held.reset();
  allocations_left = -1;
  CHECK(is_refused);
  first.get().reset();
  second.get().reset();
  CHECK(slots.try_acquire());
}

TEST_CASE("a fork's child may let go of a permit that others wait for") {
  tenon::async_semaphore slots(1);
  auto held = slots.try_acquire();
  REQUIRE(held);
  auto waiting = slots.acquire();
  const pid_t child = ::fork();
  if (child == 0) {
    held.reset();
    std::_Exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFEXITED(status) && WEXITSTATUS(status) == 0));
  held.reset();
  waiting.get().reset();
}

TEST_CASE("a semaphore that goes away breaks what waits for it") {
  std::optional<tenon::async_semaphore> slots(std::in_place, 1);
  auto held = slots->acquire().get();
  auto waiting = slots->acquire();
  slots.reset();
  CHECK(future_error_of([&] { return waiting.get(); }) == broken);
  held.reset();
}

#endif
