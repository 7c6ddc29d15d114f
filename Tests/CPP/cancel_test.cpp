// Cancels: whom they reach, with which reason, and what they are too late for.
#include "support.hpp"

#include <memory>

TEST_CASE("a cancel reaches the producer, which acknowledges") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  int told = 0;
  promise.on_cancel(nullptr, [&] { told++; });
  auto last = future.then(nullptr, [](int) {}).then(nullptr, [] { return 1; });
  CHECK_FALSE(promise.is_cancelled());
  last.cancel();
  CHECK(promise.is_cancelled());
  CHECK(told == 1);
  promise.on_cancel(nullptr, [&] { told++; }); // too late to be told later
  CHECK(told == 2);
  CHECK_FALSE(last.is_ready());
  promise.cancel();
  CHECK_THROWS_AS(last.get(), tenon::cancelled);
}

TEST_CASE("a reason goes with the cancel, and a plain one stays plain") {
  tenon::promise<int> promise, plain;
  auto last = promise.get_future().then(nullptr, [](int) {}).then(nullptr, [] {});
  CHECK_FALSE(promise.cancel_reason());
  last.cancel(tenon::error("mine", 8, "enough"));
  last.cancel(tenon::error("mine", 9, "too late"));
  CHECK(promise.cancel_reason()->value() == 8);
  promise.cancel();
  CHECK(last.failure()->cause()->value() == 8);
  auto shared = plain.get_future().then(nullptr, [](int) {}).share();
  shared.cancel();
  CHECK(plain.cancel_reason()->value() == TENON_STATUS_CANCELLED);
  auto ended = tenon::future<void>::borrow(shared.handle());
  plain.cancel();
  CHECK_FALSE(ended.failure()->cause());
}

TEST_CASE("what is made for a closed executor is cancelled from the beginning") {
  tenon::executor executor;
  executor.close();
  tenon::promise<int> promise(executor);
  auto future = promise.get_future();
  CHECK(promise.cancel_reason()->value() == TENON_STATUS_CLOSED);
  promise.cancel();
  CHECK_THROWS_AS(future.get(), tenon::cancelled);
  auto ends = tenon::make_stream<int>(1, executor);
  CHECK(ends.first.cancel_reason()->value() == TENON_STATUS_CLOSED);
  auto newest = tenon::make_latest<int>(executor);
  CHECK(newest.first.cancel_reason()->value() == TENON_STATUS_CLOSED);
}

TEST_CASE("a plain cancel says no more to the producer than that") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  const auto same = tenon::future<int>::borrow(future.handle());
  auto last = future.then(nullptr, [](int) {});
  last.cancel();
  promise.cancel();
  CHECK(same.failure()->value() == TENON_STATUS_CANCELLED);
  CHECK_FALSE(same.failure()->cause());
}

TEST_CASE("a cancel inside of a continuation goes to the future that it returns") {
  tenon::promise<int> first, inner;
  tenon::future<int> outer;
  outer = first.get_future().then(nullptr, [&](int) {
    outer.cancel();
    CHECK_FALSE(inner.is_cancelled());
    return inner.get_future();
  });
  first.set_value(1);
  CHECK(inner.is_cancelled());
  inner.set_value(2);
  CHECK(outer.get() == 2);
}

TEST_CASE("a cancel before the start, during the work and after the end") {
  tenon::executor executor;
  bool ran = false;
  auto before = tenon::async(executor, [&, kept = counted(1)] { ran = kept.number > 0; });
  before.cancel();
  CHECK_THROWS_AS(executor.run(std::move(before)), tenon::cancelled);
  CHECK_FALSE(ran);
  CHECK(counted::alive == 0);

  {
    auto dropped = tenon::async(executor, [&] { ran = true; });
  }
  executor.poll();
  CHECK_FALSE(ran);

  tenon::promise<int> inner;
  auto outer = tenon::async(executor, [] {}).then(executor, [&] { return inner.get_future(); });
  executor.poll();
  CHECK_FALSE(inner.is_cancelled());
  outer.cancel(); // goes to what it waits for by now
  CHECK(inner.is_cancelled());
  inner.set_value(4); // the producer may say otherwise
  CHECK(outer.get() == 4);

  tenon::promise<int> done;
  auto future = done.get_future();
  int destroyed = 0;
  done.on_cancel(nullptr, [kept = std::shared_ptr<int>(&destroyed, [](int *n) { ++*n; })] {});
  done.set_value(1);
  CHECK(destroyed == 1);
  future.cancel();
  CHECK(future.get() == 1);
}

TEST_CASE("of a cancel handler and a cancel at the same time the handler runs once") {
  for (int round = 0; round < 300; round++) {
    tenon::promise<void> promise;
    auto future = promise.get_future();
    std::atomic<int> told{0};
    std::thread canceller([&] { future.cancel(); });
    promise.on_cancel(nullptr, [&] { told++; });
    canceller.join();
    CHECK(told == 1);
  }
}
