// Where a task goes on, and what a cancel of it does not reach.
#include "support.hpp"

#if TENON_HAS_COROUTINES

#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// A result that another thread settles, once it is awaited.
struct elsewhere {
  tenon::promise<int> promise;
  std::thread thread;

  tenon::future<int> start() {
    auto future = promise.get_future();
    thread = std::thread([this] { promise.set_value(1); });
    return future;
  }
  ~elsewhere() { thread.join(); }
};

tenon::task<int> inner(tenon::future<int> future) { co_return co_await std::move(future); }

/// Waits as told, and notes after each wait where it is.
tenon::task<> wander(elsewhere (&others)[3], std::vector<std::thread::id> &where) {
  co_await others[0].start();
  where.push_back(std::this_thread::get_id());
  co_await inner(others[1].start());
  where.push_back(std::this_thread::get_id());
  auto shared = others[2].start().share();
  co_await shared;
  where.push_back(std::this_thread::get_id());
}

tenon::task<int> of_stream(tenon::stream<int> &stream, std::vector<std::thread::id> &where) {
  int sum = 0;
  while (auto item = co_await stream.next()) {
    sum += *item;
    where.push_back(std::this_thread::get_id());
  }
  co_return sum;
}

} // namespace

TEST_CASE("a task comes back to the executor that it was started on") {
  for (int round = 0; round < 50; round++) {
    tenon::executor executor;
    elsewhere others[3];
    std::vector<std::thread::id> where;
    executor.run(wander(others, where).start(executor));
    CHECK(where.size() == 3);
    for (const auto &one : where)
      CHECK(one == std::this_thread::get_id());
  }
}

TEST_CASE("a task that waits for a stream comes back, too") {
  tenon::executor executor;
  auto [sink, stream] = tenon::make_stream<int>(1);
  std::vector<std::thread::id> where;
  auto sum = of_stream(stream, where).start(executor);
  std::thread producer([sink = std::move(sink)]() mutable {
    for (int i = 1; i <= 100; i++)
      sink.send(i).get();
    sink.close();
  });
  CHECK(executor.run(std::move(sum)) == 5050);
  producer.join();
  for (const auto &one : where)
    CHECK(one == std::this_thread::get_id());
}

TEST_CASE("a task that waits keeps its executor's run() from returning") {
  tenon::executor executor;
  tenon::promise<int> promise;
  auto result = inner(promise.get_future()).start(executor);
  executor.poll();
  std::thread producer([&] { promise.set_value(7); });
  executor.run();
  producer.join();
  CHECK(result.is_ready());
  CHECK(result.get() == 7);
}

TEST_CASE("anywhere() goes on where the future settles, and on() where it says") {
  tenon::executor executor;
  tenon::executor other;
  std::thread::id settled, resumed, back;
  tenon::promise<int> promise;
  auto result = [](tenon::future<int> future, tenon_executor_t *home, tenon_executor_t *away,
                   std::thread::id &went_on, std::thread::id &returned) -> tenon::task<> {
    co_await future.anywhere();
    went_on = std::this_thread::get_id();
    co_await tenon::async(home, [] {});
    returned = std::this_thread::get_id();
    co_await tenon::async(home, [] {}).on(away);
    co_await tenon::async(away, [] {});
  }(promise.get_future(), executor, other, resumed, back)
                                                                               .start(executor);
  executor.poll();
  std::thread producer([&] {
    settled = std::this_thread::get_id();
    promise.set_value(1);
  });
  producer.join();
  CHECK(resumed == settled);
  while (!result.is_ready()) {
    executor.poll();
    other.poll();
  }
  CHECK(back == std::this_thread::get_id());
  result.get();
}

TEST_CASE("a task without an executor goes on where the future settles") {
  tenon::promise<int> promise;
  auto result = inner(promise.get_future()).start();
  promise.set_value(2);
  CHECK(result.is_ready());
  CHECK(result.get() == 2);
}

TEST_CASE("a task whose executor has closed is told so") {
  tenon::promise<int> promise;
  tenon::future<int> result;
  {
    tenon::executor executor;
    result = inner(promise.get_future()).start(executor);
    executor.poll();
  }
  promise.set_value(1);
  CHECK(result.is_ready());
  CHECK_THROWS(result.get());
}

TEST_CASE("a shielded wait is not cancelled with its task") {
  tenon::executor executor;
  std::vector<std::string> said;
  auto goodbye = [](tenon_executor_t *on, std::vector<std::string> &told) -> tenon::task<> {
    co_await tenon::sleep(on, 1ms);
    told.emplace_back("goodbye");
  };
  auto session = [](tenon_executor_t *on, auto farewell, auto &told) -> tenon::task<> {
    try {
      co_await tenon::sleep(on, 1h);
    } catch (const tenon::cancelled &) {
      told.emplace_back("cancelled");
    }
    co_await tenon::shield(on, farewell(on, told));
    told.emplace_back("done");
  };
  auto result = session(executor, goodbye, said).start(executor);
  executor.poll();
  result.cancel();
  executor.run(std::move(result));
  CHECK(said == std::vector<std::string>{"cancelled", "goodbye", "done"});
}

TEST_CASE("co_invoke keeps a lambda's captures") {
  tenon::executor executor;
  auto begin = [&] {
    std::string text(100, 'x');
    return tenon::co_invoke(
               [text, handle = executor.handle()](int more) -> tenon::task<std::size_t> {
                 co_await tenon::sleep(handle, 1ms);
                 co_return text.size() + static_cast<std::size_t>(more);
               },
               5)
        .start(executor);
  };
  CHECK(executor.run(begin()) == 105);
}

#endif
