// Scopes: nothing is left behind, whoever ends them, and a cancel says why.
#include "support.hpp"

#include <memory>
#include <vector>

using namespace std::chrono_literals;

namespace {

std::uint64_t abandoned() {
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  tenon::detail::require(tenon_process_get_statistics(&statistics));
  return statistics.scopes_abandoned;
}

} // namespace

TEST_CASE("a closed scope ends when all of it has") {
  tenon::executor executor;
  tenon::scope scope;
  int ran = 0;
  scope.add(tenon::async(executor, [&] { ran++; })); // nobody keeps the future
  tenon::promise<int> promise;
  auto future = promise.get_future();
  scope.add(future);
  auto shared = tenon::async(executor, [&] { return ++ran; }).share();
  scope.add(shared);
  auto end = scope.close();
  executor.run();
  CHECK(ran == 2);
  CHECK_FALSE(end.is_ready());
  tenon::promise<void> late;
  scope.add(late.get_future()); // until it has ended
  promise.set_value(1);
  CHECK_FALSE(end.is_ready());
  late.set_value();
  end.get();
  CHECK(future.get() == 1);
  CHECK(status_of([&] { return scope.add(tenon::promise<int>().get_future()), 0; }) ==
        TENON_STATUS_CLOSED);
  scope.close().get(); // the same end
}

TEST_CASE("a scope that is let go of cancels, and ends in the background") {
  tenon::promise<counted> promise;
  int told = 0;
  promise.on_cancel(nullptr, [&] { told++; });
  const auto before = abandoned();
  {
    tenon::scope scope;
    scope.add(promise.get_future());
    CHECK(told == 0);
  } // does not block
  CHECK(told == 1);
  CHECK(promise.cancel_reason());
  promise.set_value(counted(1)); // nobody reads it
  CHECK(counted::alive == 0);
  CHECK(abandoned() == before + 1);

  tenon::promise<int> thrown;
  try {
    tenon::scope scope;
    scope.add(thrown.get_future());
    throw 1;
  } catch (int) {
  }
  CHECK(thrown.is_cancelled());
  thrown.cancel();
}

TEST_CASE("a failure cancels the siblings because of it, and comes out as itself") {
  tenon::scope scope;
  tenon::promise<int> fails, sibling;
  scope.add(fails.get_future());
  scope.add(sibling.get_future());
  auto end = scope.close();
  fails.set_exception(std::make_exception_ptr(std::runtime_error("failed")));
  CHECK(std::string(sibling.cancel_reason()->what()) == "failed");
  CHECK(std::string(scope.cancel_reason()->what()) == "failed");
  CHECK_FALSE(end.is_ready());
  sibling.cancel();
  CHECK_THROWS_AS(end.get(), std::runtime_error);

  tenon::scope collects({nullptr, nullptr, tenon::failure_policy::collect});
  tenon::promise<int> first, second;
  collects.add(first.get_future());
  collects.add(second.get_future());
  auto both = collects.close();
  first.set_error(tenon::error("mine", 1, "first"));
  CHECK_FALSE(second.is_cancelled());
  second.set_error(tenon::error("mine", 2, "second"));
  try {
    both.get();
    CHECK(false);
  } catch (const tenon::error &error) {
    CHECK(error.value() == TENON_STATUS_REJECTED);
    CHECK(error.cause()->value() == 1);
  }
}

TEST_CASE("a cancel goes down the tree with its reason") {
  tenon::scope_options options;
  options.name = "root";
  tenon::scope root(options);
  options.parent = root;
  options.name = "child";
  tenon::scope child(options);
  tenon::promise<int> leaf;
  child.add(leaf.get_future());
  auto [sink, stream] = tenon::make_stream<int>();
  child.add(stream);
  auto [publisher, latest] = tenon::make_latest<int>();
  child.add(latest);
  auto end = root.close();
  auto child_end = child.close();
  CHECK_FALSE(root.cancel_reason());
  root.cancel(tenon::error("mine", 4, "interrupted"));
  root.cancel(tenon::error("mine", 5, "too late"));
  CHECK(leaf.cancel_reason()->value() == 4);
  CHECK(sink.cancel_reason()->value() == 4);
  CHECK(publisher.cancel_reason()->value() == 4);
  CHECK(child.cancel_reason()->value() == 4);
  sink.close();
  publisher.cancel();
  CHECK_FALSE(child_end.is_ready());
  leaf.cancel();
  CHECK(end.is_ready());
  CHECK(end.failure()->cause()->value() == 4);
  CHECK_THROWS_AS(child_end.get(), tenon::cancelled);
}

TEST_CASE("a deadline is a cancel, and the nearest one holds") {
  tenon::executor executor;
  tenon::scope_options options;
  options.executor = executor;
  CHECK(tenon::scope(options).deadline() == std::chrono::steady_clock::time_point::max());
  const auto far = std::chrono::steady_clock::now() + 1h;
  options.deadline = far;
  tenon::scope root(options);
  options.parent = root;
  options.deadline = std::chrono::steady_clock::time_point::max();
  tenon::scope heir(options);
  CHECK(heir.deadline() - far < 1min);
  CHECK(far - heir.deadline() < 1min);
  options.deadline = std::chrono::steady_clock::now() - 1h;
  tenon::scope late(options);
  tenon::promise<int> promise;
  promise.on_cancel(nullptr, [&] { promise.cancel(); });
  late.add(promise.get_future());
  auto end = late.close();
  CHECK_THROWS_AS(executor.run(std::move(end)), tenon::cancelled);
  CHECK_FALSE(root.cancel_reason());
  tenon::scope_options nobody_watches;
  nobody_watches.deadline = far;
  CHECK(status_of([&] { return tenon::scope(nobody_watches).valid(); }) == TENON_STATUS_INVALID);
}

TEST_CASE("scopes move, and go to C and back") {
  tenon::scope scope;
  tenon::promise<int> promise;
  scope.add(promise.get_future());
  tenon::scope moved(std::move(scope));
  CHECK_FALSE(scope.valid());
  CHECK_FALSE(promise.is_cancelled());
  auto borrowed = tenon::scope::borrow(moved.handle());
  moved = tenon::scope();
  CHECK_FALSE(promise.is_cancelled()); // one reference is left
  auto adopted = tenon::scope::adopt(borrowed.release());
  adopted = tenon::scope();
  CHECK(promise.is_cancelled());
  promise.cancel();
  CHECK(status_of([&] { return scope.close().valid(); }) == TENON_STATUS_INVALID);
}

TEST_CASE("work is added while the scope is cancelled on another thread") {
  for (int round = 0; round < 200; round++) {
    tenon::scope scope;
    std::vector<tenon::promise<int>> promises(8);
    std::thread canceller([&] { scope.cancel(); });
    for (auto &promise : promises)
      scope.add(promise.get_future());
    auto end = scope.close();
    canceller.join();
    for (auto &promise : promises) {
      CHECK(promise.is_cancelled()); // before it was added, or after
      promise.cancel();
    }
    CHECK_THROWS_AS(end.get(), tenon::cancelled);
  }
}

#if TENON_HAS_COROUTINES
TEST_CASE("tasks in a scope, and a scope in a task") {
  tenon::executor executor;
  std::vector<int> order;
  auto nap = [&](tenon::future<void> wakes, int number) -> tenon::task<int> {
    try {
      co_await wakes;
    } catch (const tenon::cancelled &) {
      order.push_back(number);
      throw;
    }
    co_return number;
  };
  tenon::promise<void> first, second;
  first.on_cancel(nullptr, [&] { first.cancel(); });
  second.on_cancel(nullptr, [&] { second.cancel(); });
  auto work = [&]() -> tenon::task<int> {
    tenon::scope scope;
    scope.start(executor, nap(first.get_future(), 1)); // nobody keeps the future
    auto result = scope.start(nullptr, nap(second.get_future(), 2));
    co_await scope.close();
    co_return co_await result;
  };
  auto result = work().start(executor);
  executor.poll();
  second.set_value();
  CHECK_FALSE(result.is_ready());
  first.set_value();
  CHECK(executor.run(std::move(result)) == 2);
  CHECK(order.empty());

  tenon::promise<void> never;
  never.on_cancel(nullptr, [&] { never.cancel(); });
  auto cancelled = [&]() -> tenon::task<> {
    tenon::scope scope;
    scope.start(nullptr, nap(never.get_future(), 3));
    co_await scope.close();
  }()
                                .start();
  cancelled.cancel(tenon::error("mine", 6, "enough"));
  CHECK(cancelled.failure());
  CHECK(order == std::vector<int>{3});

  // A scope that has ended starts nothing.
  tenon::scope over;
  over.close().get();
  bool ran = false;
  auto runs = [](bool &did_run) -> tenon::task<> {
    did_run = true;
    co_return;
  };
  CHECK(status_of([&] { return over.start(nullptr, runs(ran)).valid(); }) == TENON_STATUS_CLOSED);
  tenon::scope open;
  executor.close();
  CHECK(status_of([&] { return open.start(executor, runs(ran)).valid(); }) == TENON_STATUS_CLOSED);
  CHECK_FALSE(ran);
  open.close().get(); // and that is no failure of the scope
}
#endif

#if TENON_HAS_STOP_TOKEN
TEST_CASE("a stop ends a scope, as long as there is one") {
  std::stop_source source;
  tenon::promise<int> promise, other;
  {
    tenon::scope scope;
    scope.add(promise.get_future());
    scope.cancel_on(source.get_token());
    tenon::scope moved(std::move(scope));
    CHECK_FALSE(promise.is_cancelled());
    source.request_stop();
    CHECK(promise.is_cancelled());
    tenon::scope late;
    late.add(other.get_future());
    late.cancel_on(source.get_token());
    CHECK(other.is_cancelled());
    std::stop_source outlives;
    late.cancel_on(outlives.get_token());
    late = tenon::scope();
    outlives.request_stop();
  }
  promise.cancel();
  other.cancel();
}

TEST_CASE("a promise has one stop source") {
  tenon::promise<int> promise;
  const auto first = promise.get_stop_token();
  CHECK(first == promise.get_stop_token());
  auto moved = std::move(promise);
  CHECK(first == moved.get_stop_token());
  auto future = moved.get_future();
  CHECK_FALSE(first.stop_requested());
  future.cancel();
  CHECK(first.stop_requested());
  CHECK(moved.get_stop_token().stop_requested());
  moved.cancel();
}
#endif
