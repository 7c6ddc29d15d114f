// Coroutines, and what can go wrong with them.
#include "support.hpp"

#if TENON_HAS_COROUTINES

#include <memory>
#include <vector>

namespace {

template <class T> foreign await_into(tenon::future<T> future, std::optional<T> &out) {
  out = co_await future;
}

tenon::task<int> ready(int number) { co_return number; }
tenon::task<int> depth(int levels) {
  if (levels == 0)
    co_return 0;
  co_return 1 + co_await depth(levels - 1);
}

} // namespace

TEST_CASE("a coroutine goes on where the future settles") {
  std::optional<int> out;
  tenon::promise<int> promise;
  const foreign waits = await_into(promise.get_future(), out);
  CHECK_FALSE(out);
  promise.set_value(1);
  CHECK(out == 1);
  CHECK(waits.coroutine.done());
}

TEST_CASE("a coroutine that is destroyed while it waits is forgotten") {
  std::optional<int> out;
  tenon::promise<int> promise;
  { const foreign waits = await_into(promise.get_future(), out); }
  CHECK(promise.is_cancelled()); // its reader has gone
  promise.set_value(1);
  CHECK_FALSE(out);

  tenon::promise<int> kept;
  auto shared = kept.get_future().share();
  {
    const foreign waits = [](auto waited, auto &found) -> foreign {
      found = co_await waited;
    }(shared, out);
  }
  kept.set_value(2);
  CHECK_FALSE(out);
  CHECK(shared.get() == 2);
}

TEST_CASE("set_value races with the suspension") {
  for (int round = 0; round < 500; round++) {
    tenon::promise<int> promise;
    auto future = promise.get_future();
    std::thread producer([&] { promise.set_value(round); });
    auto result = [](tenon::future<int> waited)
        -> tenon::task<int> { co_return co_await waited; }(std::move(future)).start();
    CHECK(result.get() == round);
    producer.join();
  }
}

TEST_CASE("a broken promise is told to a coroutine that waits") {
  auto promise = std::make_unique<tenon::promise<int>>();
  auto result = [](tenon::future<int> future)
      -> tenon::task<int> { co_return co_await future; }(promise->get_future()).start();
  promise.reset();
  CHECK(future_error_of([&] { return result.get(); }) == broken);
}

TEST_CASE("set_value holds no lock while it resumes") {
  tenon::promise<int> promise;
  auto shared = promise.get_future().share();
  int again = 0;
  auto waits = [](auto kept, int &more) -> tenon::task<> {
    static_cast<void>(co_await kept);
    more = co_await kept; // from inside of set_value
    kept.cancel();
  }(shared, again)
                                               .start();
  promise.set_value(3);
  CHECK(again == 3);
  waits.get();
}

TEST_CASE("a hundred thousand ready awaits grow no stack") {
  auto futures = []() -> tenon::task<int> {
    int sum = 0;
    for (int i = 0; i < 100000; i++) {
      tenon::promise<int> promise;
      promise.set_value(1);
      sum += co_await promise.get_future();
    }
    co_return sum;
  };
  CHECK(futures().start().get() == 100000);
  auto tasks = []() -> tenon::task<int> {
    int sum = 0;
    for (int i = 0; i < 100000; i++)
      sum += co_await ready(1);
    co_return sum;
  };
  CHECK(tasks().start().get() == 100000);
  int sum = 0;
  const foreign theirs = [](int &total) -> foreign {
    for (int i = 0; i < 100000; i++)
      total += co_await ready(1);
  }(sum);
  CHECK(sum == 100000);
  CHECK(depth(100000).start().get() == 100000);
}

TEST_CASE("a task starts late, and not at all when it is dropped") {
  bool ran = false;
  auto sets = [](bool &did_run, counted kept) -> tenon::task<int> {
    did_run = true;
    co_return kept.number;
  };
  { auto dropped = sets(ran, counted(1)); }
  CHECK_FALSE(ran);
  tenon::executor executor;
  auto future = sets(ran, counted(2)).start(executor);
  CHECK_FALSE(ran);
  CHECK(executor.run(std::move(future)) == 2);
  ran = false;
  auto cancelled = sets(ran, counted(3)).start(executor);
  cancelled.cancel();
  CHECK_THROWS_AS(executor.run(std::move(cancelled)), tenon::cancelled);
  auto closed = sets(ran, counted(4)).start(executor);
  executor.close();
  CHECK_THROWS_AS(closed.get(), tenon::cancelled);
  CHECK_FALSE(ran);
  CHECK(counted::alive == 0);
}

TEST_CASE("a task gives values, references, nothing and exceptions") {
  tenon::executor executor;
  static int object;
  auto refers = []() -> tenon::task<int &> { co_return object; };
  auto moves = []() -> tenon::task<std::unique_ptr<int>> { co_return std::make_unique<int>(4); };
  auto throws = []() -> tenon::task<> {
    throw 5;
    co_return;
  };
  auto all = [&]() -> tenon::task<bool> {
    bool is_right = &co_await refers() == &object;
    is_right = is_right && *co_await moves() == 4;
    try {
      co_await throws();
    } catch (int number) {
      co_return is_right &&number == 5;
    }
    co_return false;
  };
  CHECK(executor.run(all().start(executor)));
  CHECK_THROWS_AS(executor.run(throws().start(executor)), int);
}

TEST_CASE("a coroutine goes on in an executor's poll, or hears that it closed") {
  tenon::executor executor;
  tenon::promise<int> promise;
  auto waits = [](tenon::future<int> future, tenon_executor_t *there) -> tenon::task<int> {
    co_return co_await future.on(there);
  };
  auto result = waits(promise.get_future(), executor).start();
  promise.set_value(1);
  CHECK_FALSE(result.is_ready());
  CHECK(executor.poll().jobs > 0);
  CHECK(result.get() == 1);
  tenon::promise<int> never;
  auto closed = waits(never.get_future(), executor).start();
  executor.close();
  CHECK(status_of([&] { return closed.get(); }) == TENON_STATUS_CLOSED);
  auto settled = tenon::promise<int>().get_future();
  auto late = waits(std::move(settled), executor).start();
  CHECK(future_error_of([&] { return late.get(); }) == broken); // settled: needs no executor
}

TEST_CASE("a cancel goes to the innermost await, now or later") {
  tenon::promise<int> first, second;
  auto inner = [](tenon::future<int> one, tenon::future<int> two) -> tenon::task<int> {
    int sum = 0;
    try {
      sum += co_await one;
    } catch (const tenon::cancelled &) {
      sum += 100;
    }
    co_return sum + co_await two;
  };
  auto outer = [&]() -> tenon::task<int> {
    co_return co_await inner(first.get_future(), second.get_future());
  };
  auto result = outer().start();
  CHECK_FALSE(first.is_cancelled());
  result.cancel();
  CHECK(first.is_cancelled());
  CHECK_FALSE(second.is_cancelled());
  first.cancel();
  CHECK(second.is_cancelled()); // awaited after the request
  CHECK_FALSE(result.is_ready());
  second.cancel();
  CHECK_THROWS_AS(result.get(), tenon::cancelled);
}

TEST_CASE("a sleep wakes on a cancel, before its start, during it and after its end") {
  tenon::executor executor;
  constexpr std::uint64_t day_ns = 86'400'000'000'000;
  const auto sleeps = [&executor](std::uint64_t duration_ns, int &woken) -> tenon::task<> {
    tenon_future_t *handle = nullptr;
    REQUIRE(tenon_future_sleep(executor, duration_ns, &handle) == TENON_STATUS_OK);
    try {
      co_await tenon::future<void>::adopt(handle).on(executor);
    } catch (const tenon::cancelled &) {
      woken++;
      throw;
    }
  };
  int woken = 0;
  auto before = sleeps(day_ns, woken).start(executor);
  before.cancel();
  CHECK_THROWS_AS(executor.run(std::move(before)), tenon::cancelled);
  CHECK(woken == 0); // never started

  auto during = sleeps(day_ns, woken).start(executor);
  executor.poll();
  CHECK_FALSE(during.is_ready());
  std::thread canceller([&] { during.cancel(); });
  canceller.join();
  CHECK_THROWS_AS(executor.run(std::move(during)), tenon::cancelled);
  CHECK(woken == 1);

  auto after = sleeps(1, woken).start(executor);
  while (!after.is_ready())
    executor.poll();
  after.cancel();
  after.get();
  CHECK(woken == 1);
}

TEST_CASE("tasks cross threads while they are awaited") {
  for (int round = 0; round < 200; round++) {
    tenon::promise<int> promise;
    std::thread producer;
    auto inner = [&]() -> tenon::task<int> { co_return co_await promise.get_future(); };
    std::atomic<int> sum{0};
    {
      auto theirs = [&]() -> foreign { sum = co_await inner(); };
      const foreign waits = theirs();
      producer = std::thread([&] { promise.set_value(round + 1); });
      producer.join();
      CHECK(sum == round + 1);
    }
  }
}

namespace {
struct base {};
struct derived : base {};
struct makes_lvalues {
  operator base &() const;
};

template <class T, class From>
concept can_return = requires(tenon::detail::task_promise<T> promise, From from) {
  promise.return_value(static_cast<From>(from));
};
using tenon::detail::refers_on;
static_assert(can_return<long, int> && can_return<std::string, const char (&)[3]>);
static_assert(can_return<std::unique_ptr<base>, std::unique_ptr<base> &&>);
static_assert(!can_return<std::unique_ptr<int>, int *> && !can_return<std::vector<int>, int>);
static_assert(refers_on<int &, int &> && refers_on<int &, const int &>);
static_assert(refers_on<derived &, base &> && refers_on<derived &, const base &>);
static_assert(refers_on<std::reference_wrapper<int>, const int &>);
static_assert(refers_on<makes_lvalues, base &> && refers_on<makes_lvalues, const base &>);
static_assert(!refers_on<int, int &> && !refers_on<int, const int &>);
static_assert(!refers_on<base &, derived &> && !refers_on<const int &, int &>);
static_assert(!refers_on<std::string, const std::string &> && !refers_on<int &, const long &>);
static_assert(!refers_on<const char (&)[3], const std::string &>);
static_assert(!refers_on<derived, const base &>);

/// Has one constructor for each way of making it.
struct made {
  char how;
  made(int) : how('i') {}
  explicit made(short) : how('e') {}
};
tenon::task<made> makes() { co_return short{1}; }
tenon::task<std::vector<int>> braces() { co_return {1, 2}; }
tenon::task<const std::string &> refers(const std::string &text) { co_return text; }
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wreturn-type"
tenon::task<int> runs_off(const bool &ends) {
  if (ends)
    co_return 1;
}
#pragma GCC diagnostic pop
} // namespace

TEST_CASE("co_return converts as return does") {
  tenon::executor executor;
  CHECK(executor.run(makes().start(executor)).how == 'i');
  CHECK(executor.run(braces().start(executor)).size() == 2);
  const std::string text = "text";
  CHECK(&executor.run(refers(text).start(executor)) == &text);
}

TEST_CASE("a task that runs off its end is a broken promise") {
  bool ends = true;
  CHECK(runs_off(ends).start().get() == 1);
  ends = false;
  CHECK(future_error_of([&] { return runs_off(ends).start().get(); }) == broken);
  auto awaits = [](bool &told) -> tenon::task<int> { co_return co_await runs_off(told); };
  CHECK(future_error_of([&] { return awaits(ends).start().get(); }) == broken);
}

TEST_CASE("what was moved from throws") {
  auto body = []() -> tenon::task<int> {
    auto task = ready(1);
    auto moved = std::move(task);
    int thrown = 0;
    try {
      co_await std::move(task);
    } catch (const std::future_error &) {
      thrown++;
    }
    auto future = std::move(moved).start();
    auto last = std::move(future);
    try {
      co_await future;
    } catch (const std::future_error &) {
      thrown++;
    }
    try {
      co_await tenon::shared_future<int>();
    } catch (const std::future_error &) {
      thrown++;
    }
    co_return thrown + co_await last;
  };
  CHECK(body().start().get() == 4);

  auto task = ready(1);
  { auto moved = std::move(task); }
  CHECK(future_error_of([&] { return std::move(task).start().get(); }) == no_state);
  tenon::scope scope;
  { auto moved = std::move(scope); }
  CHECK(status_of([&] { return scope.start(nullptr, ready(1)).get(); }) == TENON_STATUS_INVALID);
  CHECK(status_of([&] { return scope.close().valid(); }) == TENON_STATUS_INVALID);
  auto [sink, stream] = tenon::make_stream<int>();
  { auto end = std::move(sink); }
  { auto end = std::move(stream); }
  CHECK(status_of([&end = sink] { return end.send(1).get(), 0; }) == TENON_STATUS_INVALID);
  CHECK(status_of([&end = stream] { return end.next().get().has_value(); }) ==
        TENON_STATUS_INVALID);
  tenon::executor executor;
  { auto moved = std::move(executor); }
  CHECK(status_of([&] { return executor.run(), 0; }) == TENON_STATUS_INVALID);
  CHECK(status_of([&] { return tenon::async(executor, [] {}).valid(); }) == TENON_STATUS_INVALID);
  tenon::executor other;
  CHECK(future_error_of([&] { return other.run(tenon::future<int>()); }) == no_state);
}

TEST_CASE("a task goes on with what another thread did") {
  tenon::executor executor;
  std::string told;
  auto later = [&] {
    tenon::promise<std::unique_ptr<int>> promise;
    auto future = promise.get_future();
    std::thread([&told, promise = std::move(promise)]() mutable {
      told += "told";
      promise.set_value(std::make_unique<int>(1));
    }).detach();
    return future;
  };
  auto hops = [&](auto after) -> tenon::task<int> {
    int sum = 0;
    for (int i = 0; i < 20; i++) {
      sum += *co_await after();
      sum += *co_await after().on(executor);
    }
    co_return sum;
  };
  CHECK(executor.run(hops(later).start(executor)) == 40);
  CHECK(told.size() == 160);
}

#endif // TENON_HAS_COROUTINES
