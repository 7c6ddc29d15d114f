// Executors with threads of their own, and loops that run on them.
#include "support.hpp"

#include <atomic>
#include <numeric>
#include <stdexcept>
#include <thread>
#include <vector>

TEST_CASE("a pool runs what an executor runs, on its own threads") {
  tenon::thread_pool pool(2, "pool");
  const auto here = std::this_thread::get_id();
  auto answer = tenon::async(pool, [&] { return std::this_thread::get_id() != here ? 42 : 0; });
  CHECK(pool.run(std::move(answer)) == 42);
  std::atomic<int> count = 0;
  for (int job = 0; job < 1000; job++)
    pool.post([&] { count++; });
  pool.run();
  CHECK(count == 1000);
  CHECK(status_of([&] { return pool.poll(), 0; }) == TENON_STATUS_UNSUPPORTED);
}

TEST_CASE("a loop takes a pool, and no other executor for one") {
  tenon::executor loop, other;
  tenon::thread_pool pool(2);
  loop.set_pool(pool);
  loop.set_pool(nullptr);
  loop.set_pool(pool);
  CHECK(status_of([&] { return loop.set_pool(other), 0; }) == TENON_STATUS_UNSUPPORTED);
  CHECK(status_of([&] { return pool.set_pool(pool), 0; }) == TENON_STATUS_UNSUPPORTED);
}

TEST_CASE("a pool waits for its work when it goes") {
  std::atomic<int> count = 0;
  {
    tenon::thread_pool pool(3);
    for (int job = 0; job < 100; job++)
      pool.post([&] { count++; });
    tenon::thread_pool moved(std::move(pool));
    moved = tenon::thread_pool(1);
    CHECK(count == 100);
    moved.post([&] { count++; });
  }
  CHECK(count == 101);
}

TEST_CASE("a loop meets each element once, and may nest") {
  tenon::thread_pool pool(3);
  std::vector<int> numbers(10000);
  std::iota(numbers.begin(), numbers.end(), 0);
  pool.for_each(
      numbers, [](int &number) { number *= 2; }, 7);
  for (int index = 0; index < 10000; index++)
    REQUIRE(numbers[static_cast<std::size_t>(index)] == 2 * index);
  std::atomic<std::size_t> sum = 0;
  pool.for_range(100, [&](std::size_t begin, std::size_t end) {
    for (std::size_t index = begin; index < end; index++)
      pool.for_range(
          10, [&](std::size_t first, std::size_t last) { sum += last - first; }, 1);
  });
  CHECK(sum == 1000);
  const int fixed[] = {1, 2, 3};
  std::atomic<int> total = 0;
  pool.for_each(fixed, [&](int number) { total += number; });
  CHECK(total == 6);
}

TEST_CASE("a loop throws what its first part that fails throws") {
  tenon::thread_pool pool(4);
  for (int round = 0; round < 100; round++) {
    try {
      pool.for_range(
          1000,
          [](std::size_t begin, std::size_t) {
            if (begin >= 500)
              throw std::runtime_error(std::to_string(begin));
          },
          1);
      FAIL("it throws");
    } catch (const std::runtime_error &error) {
      CHECK(std::string(error.what()) == "500");
    }
  }
}

TEST_CASE("a loop in a scope ends with it") {
  tenon::thread_pool pool(2);
  tenon::scope scope;
  scope.cancel();
  CHECK(status_of([&] {
          pool.for_range(
              10, [](std::size_t, std::size_t) { FAIL("it begins"); }, 1, scope.handle());
          return 0;
        }) == TENON_STATUS_CANCELLED);
  CHECK(pool.close());
  CHECK(status_of([&] {
          pool.for_range(10, [](std::size_t, std::size_t) {});
          return 0;
        }) == TENON_STATUS_CLOSED);
}
