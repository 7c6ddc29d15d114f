// What comes after a result: continuations, executors, time. Cancels: cancel_test.cpp.
#include "support.hpp"

#include <memory>
#include <vector>

using namespace std::chrono_literals;

TEST_CASE("async runs on its executor, with copies of its arguments") {
  tenon::executor executor;
  const auto here = std::this_thread::get_id();
  auto future = tenon::async(
      executor,
      [](std::unique_ptr<int> number, const std::string &text, std::thread::id) {
        return *number + static_cast<int>(text.size());
      },
      std::make_unique<int>(2), "abc", here);
  CHECK_FALSE(future.is_ready());
  CHECK(future.get() == 5); // nobody polls, so this thread does the work
  auto where = tenon::async(executor, [] { return std::this_thread::get_id(); });
  CHECK(executor.run(std::move(where)) == here);
  CHECK_THROWS_AS(executor.run(tenon::async(executor, []() -> int { throw 3; })), int);
  int object = 0;
  CHECK(&executor.run(tenon::async(executor, [&]() -> int & { return object; })) == &object);
}

TEST_CASE("async is found beside std::async, from inside and by its arguments") {
  tenon::executor executor;
  std::string text = "abc";
  auto future = async(
      executor, [](const std::string &given) { return given.size(); }, text);
  CHECK(executor.run(std::move(future)) == 3);
  auto standard = async(
      std::launch::deferred, [](const std::string &given) { return given; }, text);
  CHECK(standard.get() == "abc");
}

TEST_CASE("a continuation gets the value, the error or the future") {
  tenon::executor executor;
  const auto run = [&](auto future) { return executor.run(std::move(future)); };
  CHECK(run(tenon::async(executor, [] { return 2; }).then(executor, [](int n) { return n + 1; })) ==
        3);
  int seen = 0;
  run(tenon::async(executor, [] {}).then(executor, [&] { seen = 1; }));
  CHECK(seen == 1);
  const auto fail = []() -> int { throw std::runtime_error("failed"); };
  CHECK_THROWS_AS(run(tenon::async(executor, fail).then(executor, [](int) { return 0; })),
                  std::runtime_error);
  CHECK(run(tenon::async(executor, fail)
                .then(
                    executor, [](int) { return 0; },
                    [](std::exception_ptr exception) { return exception ? 7 : 8; })) == 7);
  CHECK(run(tenon::async(executor, fail)
                .then(
                    executor, [](int) { return 0; },
                    [](const tenon::error &error) { return static_cast<int>(error.what()[0]); })) ==
        'f');
  CHECK(run(tenon::async(executor, fail).then(executor, [](tenon::future<int> ended) {
    return ended.is_ready() && status_of([&] { return ended.failure()->value(); }) == 0;
  })));
  CHECK_THROWS_AS(
      run(tenon::async(executor, [] { return 1; }).then(executor, [](int) -> int { throw 1; })),
      int);
}

TEST_CASE("a future that a continuation returns is unwrapped") {
  tenon::executor executor;
  auto future = tenon::async(executor, [] { return 2; }).then(executor, [&](int number) {
    return tenon::async(executor, [number] { return std::to_string(number); });
  });
  static_assert(std::is_same_v<decltype(future), tenon::future<std::string>>);
  CHECK(executor.run(std::move(future)) == "2");
  auto empty = tenon::async(executor, [] {}).then(executor, [] { return tenon::future<int>(); });
  CHECK(future_error_of([&] { return executor.run(std::move(empty)); }) == broken);
}

TEST_CASE("a continuation of a settled future without an executor runs at once") {
  tenon::promise<counted> promise;
  auto future = promise.get_future();
  promise.set_value(counted(1));
  bool ran = false;
  auto after = future.then(nullptr, [&](counted value) { ran = value.number == 1; });
  CHECK(ran);
  CHECK(after.is_ready());
  CHECK_FALSE(future.valid());
  CHECK(counted::alive == 0);
  CHECK(future_error_of([&] { return future.then(nullptr, [](counted) {}).valid(); }) == no_state);
}

TEST_CASE("a chain of a hundred thousand continuations needs little stack") {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  for (int i = 0; i < 100000; i++)
    future = future.then(nullptr, [](int number) { return number + 1; });
  promise.set_value(0);
  CHECK(future.get() == 100000);
}

TEST_CASE("a closed executor destroys the continuation and cancels its result") {
  tenon::promise<int> promise;
  tenon::future<int> after, job;
  {
    tenon::executor executor;
    job = tenon::async(executor, [kept = counted(1)] { return kept.number; });
    after = promise.get_future().then(executor, [kept = counted(1)](int) { return kept.number; });
    executor.close();
    CHECK(status_of([&] { return tenon::async(executor, [] {}).valid(); }) == TENON_STATUS_CLOSED);
  }
  CHECK_THROWS_AS(job.get(), tenon::cancelled);
  CHECK_THROWS_AS(after.get(), tenon::cancelled);
  CHECK(counted::alive == 0);
}

TEST_CASE("a future that was followed is let go of, and its value where nobody takes it") {
  tenon::promise<int> first;
  tenon::promise<counted> inner;
  tenon_future_t *followed = nullptr;
  auto outer = first.get_future().then(nullptr, [&](int) {
    auto future = inner.get_future();
    followed = future.handle();
    return future;
  });
  first.set_value(1);
  inner.set_value(counted(2));
  CHECK(outer.get().number == 2);
  CHECK(tenon_future_poll(followed) == TENON_STATUS_STALE);

  tenon::promise<counted> from, to;
  from.set_value(counted(3));
  const auto source = from.get_future();
  REQUIRE(tenon_promise_cancel(to.handle()) == TENON_STATUS_OK); // by somebody in C
  static_cast<void>(to.get_future());
  tenon::detail::forward(source.handle(), to.handle());
  CHECK(counted::alive == 0);
}

TEST_CASE("a wait that could not end throws, and leaves the future as it was") {
  tenon::executor executor;
  tenon::promise<int> promise;
  auto future = promise.get_future();
  auto result = tenon::async(executor, [&] {
    try {
      future.wait();
    } catch (const std::system_error &error) {
      return error.code() == std::errc::resource_deadlock_would_occur &&
             status_of([&] { return future.get(); }) == TENON_STATUS_DEADLOCK && future.valid() &&
             future.wait_for(0s) == std::future_status::timeout;
    }
    return false;
  });
  CHECK(executor.run(std::move(result)));
  promise.set_value(1);
  CHECK(future.get() == 1);
}

TEST_CASE("a timeout cancels the work, and a result in time stops the timer") {
  tenon::executor executor;
  tenon::promise<int> slow;
  auto late = tenon::timeout(executor, slow.get_future(), 1ms);
  CHECK(status_of([&] { return executor.run(std::move(late)); }) == TENON_STATUS_TIMEOUT);
  CHECK(slow.is_cancelled());
  tenon::promise<int> fast;
  auto timely = tenon::timeout(executor, fast.get_future(), std::chrono::hours::max());
  fast.set_value(3);
  CHECK(executor.run(std::move(timely)) == 3);
  executor.run(); // nothing is pending any more
  tenon::promise<int> cancelled;
  auto asked = tenon::timeout(executor, cancelled.get_future(), 1h);
  asked.cancel();
  CHECK(cancelled.is_cancelled());
  cancelled.cancel();
  CHECK_THROWS_AS(asked.get(), tenon::cancelled);
  executor.run();
}

TEST_CASE("a std::future can be followed, and followed by one") {
  tenon::executor executor;
  std::promise<int> promise;
  auto future =
      tenon::from_std(promise.get_future()).then(executor, [](int number) { return number + 1; });
  std::thread producer([&] { promise.set_value(4); });
  CHECK(executor.run(std::move(future)) == 5);
  producer.join();
  std::promise<void> failed;
  failed.set_exception(std::make_exception_ptr(6));
  CHECK_THROWS_AS(tenon::from_std(failed.get_future()).get(), int);
  int object = 0;
  std::promise<int &> reference;
  reference.set_value(object);
  CHECK(&tenon::from_std(reference.get_future()).get() == &object);
  CHECK(tenon::from_std(std::async(std::launch::deferred, [] { return 9; })).get() == 9);

  tenon::promise<std::string> ours;
  std::future<std::string> theirs = tenon::to_std(ours.get_future());
  CHECK_FALSE(ours.is_cancelled());
  ours.set_value("text");
  CHECK(theirs.get() == "text");
}

#if TENON_HAS_STOP_TOKEN
TEST_CASE("stop tokens go in and out") {
  tenon::executor executor;
  tenon::promise<int> promise;
  std::stop_token out = promise.get_stop_token();
  std::stop_source source;
  auto future = promise.get_future().with_stop(source.get_token());
  CHECK_FALSE(out.stop_requested());
  source.request_stop();
  CHECK(out.stop_requested());
  promise.cancel();
  CHECK_THROWS_AS(future.get(), tenon::cancelled);

  // Requested before: the producer hears it at once, and may settle while it is told.
  tenon::promise<int> late;
  late.on_cancel(nullptr, [&] { late.cancel(); });
  auto stopped = late.get_future().with_stop(source.get_token());
  CHECK_THROWS_AS(stopped.get(), tenon::cancelled);

  auto work = tenon::async(
      executor,
      [&](std::stop_token token, int number) { return token.stop_possible() ? number : 0; }, 5);
  CHECK(executor.run(std::move(work)) == 5);

  // Let go of before the source: nothing is left behind.
  tenon::promise<int> settled;
  auto value = settled.get_future().with_stop(std::stop_source().get_token());
  settled.set_value(1);
  CHECK(value.get() == 1);
}
#endif

TEST_CASE("run() in a worker beside get()") {
  for (int round = 0; round < 300; round++) {
    tenon::executor executor;
    auto future = tenon::async(executor, [round] { return round; });
    std::int64_t status = 0;
    std::thread worker([&] { status = status_of([&] { return executor.run(), 0; }); });
    CHECK(future.get() == round);
    worker.join();
    CHECK(status == 0);
  }
}

TEST_CASE("a work guard keeps run() from returning") {
  tenon::executor executor;
  tenon::work_guard guard(executor);
  std::thread worker([&] { executor.run(); });
  for (int round = 0; round < 50; round++)
    CHECK(tenon::async(executor, [round] { return round; }).get() == round);
  tenon::work_guard moved(std::move(guard));
  CHECK_FALSE(guard.owns_work());
  CHECK(moved.owns_work());
  guard.reset();
  guard = std::move(moved);
  guard.reset();
  worker.join(); // and not before
  executor.run();
  executor.close();
  CHECK(status_of([&] { return tenon::work_guard(executor).owns_work(); }) == TENON_STATUS_CLOSED);
  tenon::executor left;
  tenon::work_guard outlives(left);
  left.close();
}

// What is written here is no atomic, and the thread sanitizer looks on.
TEST_CASE("what was done before is there after") {
  tenon::executor executor;
  const auto on_thread = [](auto &&give, auto &&take) {
    std::string told;
    std::thread writer([&] {
      told = "told";
      give();
    });
    take();
    CHECK(told == "told");
    told = "read";
    writer.join();
  };
  const auto settled = [&](auto &&give, auto &&take) {
    tenon::promise<void> promise;
    auto future = promise.get_future();
    on_thread([&] { give(promise); }, [&] { take(future); });
  };
  const auto set = [](auto &promise) { promise.set_value(); };
  settled(set, [](auto &future) { future.get(); });
  settled(set, [](auto &future) { future.wait(); });
  settled(set, [](auto &future) { future.share().get(); });
  settled(set, [](auto &future) {
    while (!future.is_ready())
      std::this_thread::yield();
  });
  settled(set, [](auto &future) {
    while (future.try_get() != TENON_STATUS_OK)
      std::this_thread::yield();
  });
  settled(set, [&](auto &future) { executor.run(std::move(future)); });
  settled(set, [&](auto &future) { executor.run(future.then(executor, [] {})); });
  settled([](auto &promise) { promise.cancel(); },
          [](auto &future) { CHECK_THROWS_AS(future.get(), tenon::cancelled); });
  settled([](auto &promise) { promise.set_error(tenon::error("mine", 1, "text")); },
          [](auto &future) { CHECK_THROWS_AS(future.get(), tenon::error); });
  settled([](auto &promise) { auto gone = std::move(promise); },
          [](auto &future) { CHECK_THROWS_AS(future.get(), std::future_error); });
  settled([](auto &promise) { promise.set_value_at_thread_exit(); },
          [](auto &future) { future.get(); });

  tenon::promise<int> wanted;
  auto wanted_future = wanted.get_future();
  on_thread([&] { wanted_future.cancel(); },
            [&] {
              while (!wanted.is_cancelled())
                std::this_thread::yield();
            });
  auto made_stream = tenon::make_stream<int>(4);
  auto &[sink, stream] = made_stream;
  on_thread([&write = sink] { write.send(1).get(); }, [&read = stream] { read.next().get(); });
  on_thread([&write = sink] { write.close(); },
            [&read = stream] { CHECK_FALSE(read.next().get()); });
  auto made_latest = tenon::make_latest<int>();
  auto &[publisher, latest] = made_latest;
  on_thread([&write = publisher] { write.set(1); }, [&read = latest] { read.next().get(); });
  on_thread([&read = latest] { read.cancel(); },
            [&write = publisher] {
              while (!write.is_cancelled())
                std::this_thread::yield();
            });
  bool posted = false;
  on_thread([&] { executor.post([&] { posted = true; }); },
            [&] {
              while (!posted)
                executor.poll();
            });
  on_thread([&] { tenon::async(executor, [] {}).detach(); },
            [&] {
              while (executor.poll().jobs == 0)
                std::this_thread::yield();
            });
}
