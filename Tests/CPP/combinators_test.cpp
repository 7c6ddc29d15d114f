// Many futures as one: values, errors, cancels, and what is cancelled when it is not needed any more.
#include "support.hpp"

#include <list>
#include <memory>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// Some promises, and their futures in a container.
struct inputs {
  std::vector<tenon::promise<int>> promises;
  explicit inputs(std::size_t count) : promises(count) {}
  auto futures() {
    std::vector<tenon::future<int>> futures;
    for (auto &promise : promises)
      futures.push_back(promise.get_future());
    return futures;
  }
};

} // namespace

TEST_CASE("all gives the values, of one type and of several") {
  tenon::promise<counted> first;
  tenon::promise<void> second;
  tenon::promise<int &> third;
  auto all = tenon::all(first.get_future(), second.get_future(), third.get_future());
  static_assert(std::is_same_v<
                decltype(all),
                tenon::future<std::tuple<counted, std::monostate, std::reference_wrapper<int>>>>);
  int object = 0;
  third.set_value(object);
  first.set_value(counted(4));
  CHECK_FALSE(all.is_ready());
  second.set_value();
  {
    auto values = all.get();
    CHECK(std::get<0>(values).number == 4);
    CHECK(&std::get<2>(values).get() == &object);
  }
  CHECK(counted::alive == 0);

  inputs some(3);
  auto numbers = tenon::all(some.futures());
  for (int i = 2; i >= 0; i--)
    some.promises[static_cast<std::size_t>(i)].set_value(i);
  CHECK(numbers.get() == std::vector<int>{0, 1, 2});

  std::list<tenon::shared_future<int>> shared;
  tenon::promise<int> once;
  shared.push_back(once.get_future().share());
  shared.push_back(shared.front());
  auto twice = tenon::all(shared); // an lvalue is copied
  once.set_value(5);
  CHECK(twice.get() == std::vector<int>{5, 5});
  CHECK(shared.front().get() == 5);
}

TEST_CASE("all of nothing, and of nothing but void") {
  tenon::all().get();
  CHECK(tenon::all(std::vector<tenon::future<int>>()).get().empty());
  tenon::promise<void> promise;
  auto all = tenon::all(promise.get_future());
  static_assert(std::is_same_v<decltype(all), tenon::future<void>>);
  promise.set_value();
  all.get();
  CHECK(tenon::all_settled().get() == std::tuple<>());
  CHECK(status_of([] { return tenon::any(std::vector<tenon::future<int>>()).get(); }) ==
        TENON_STATUS_REJECTED);
  auto race = tenon::race(std::vector<tenon::future<int>>());
  CHECK_FALSE(race.is_ready());
  race.cancel();
  CHECK_THROWS_AS(race.get(), tenon::cancelled);
  CHECK(tenon::when_any(std::vector<tenon::future<int>>()).get().index ==
        static_cast<std::size_t>(-1));
  CHECK(future_error_of([] { return tenon::all(tenon::future<int>()).get(); }) == no_state);
}

TEST_CASE("the first failure decides, and cancels the others because of it") {
  inputs some(3);
  auto all = tenon::all(some.futures());
  some.promises[1].set_exception(std::make_exception_ptr(std::runtime_error("failed")));
  CHECK(some.promises[0].is_cancelled());
  CHECK(std::string(some.promises[2].cancel_reason()->what()) == "failed");
  CHECK_THROWS_AS(all.get(), std::runtime_error);

  inputs others(2);
  auto cancelled = tenon::all(others.futures());
  others.promises[1].cancel();
  CHECK(others.promises[0].is_cancelled());
  CHECK_THROWS_AS(cancelled.get(), tenon::cancelled);
}

TEST_CASE("a cancel goes to all inputs with its reason, and ends when they have") {
  inputs some(2);
  auto all = tenon::all(some.futures());
  all.cancel(tenon::error("mine", 3, "enough"));
  for (auto &promise : some.promises)
    CHECK(promise.cancel_reason()->value() == 3);
  some.promises[0].cancel();
  CHECK_FALSE(all.is_ready());
  some.promises[1].set_value(1);
  CHECK_THROWS_AS(all.get(), tenon::cancelled);

  inputs dropped(2);
  { auto nobody = tenon::race(dropped.futures()); }
  CHECK(dropped.promises[0].is_cancelled());
  CHECK(dropped.promises[1].is_cancelled());
}

TEST_CASE("any gives the first value, and why there is none") {
  tenon::promise<std::string> text;
  tenon::promise<int> number;
  tenon::promise<void> nothing;
  auto any = tenon::any(text.get_future(), number.get_future(), nothing.get_future());
  text.set_exception(std::make_exception_ptr(1));
  CHECK_FALSE(any.is_ready());
  number.set_value(7);
  CHECK(nothing.is_cancelled());
  auto value = any.get();
  CHECK(value.index() == 1);
  CHECK(std::get<1>(value) == 7);

  inputs failing(2);
  auto none = tenon::any(failing.futures());
  failing.promises[1].set_error(tenon::error("mine", 2, "second"));
  failing.promises[0].set_error(tenon::error("mine", 1, "first"));
  try {
    none.get();
    CHECK(false);
  } catch (const tenon::error &error) {
    CHECK(error.value() == TENON_STATUS_REJECTED);
    CHECK(error.cause()->value() == 1);
  }
}

TEST_CASE("race ends as the first one that settles") {
  inputs some(3);
  auto race = tenon::race(some.futures());
  some.promises[2].set_value(9);
  CHECK(some.promises[0].is_cancelled());
  auto first = race.get();
  CHECK(first.index == 2);
  CHECK(first.value == 9);

  tenon::promise<void> fails, other;
  auto failed = tenon::race(fails.get_future(), other.get_future());
  fails.set_exception(std::make_exception_ptr(2));
  CHECK_THROWS_AS(failed.get(), int);
  CHECK(other.is_cancelled());
}

TEST_CASE("when_all and all_settled give the settled futures") {
  tenon::promise<counted> value;
  tenon::promise<int> fails, cancelled;
  auto when = tenon::when_all(value.get_future(), fails.get_future(), cancelled.get_future());
  value.set_value(counted(1));
  fails.set_exception(std::make_exception_ptr(2));
  CHECK_FALSE(when.is_ready());
  CHECK_FALSE(cancelled.is_cancelled());
  cancelled.cancel();
  {
    auto [first, second, third] = when.get();
    CHECK(first.get().number == 1);
    CHECK_THROWS_AS(second.get(), int);
    CHECK_THROWS_AS(third.get(), tenon::cancelled);
  }
  CHECK(counted::alive == 0);

  inputs some(2);
  auto futures = some.futures();
  auto range = tenon::when_all(futures.begin(), futures.end());
  CHECK_FALSE(futures[0].valid());
  some.promises[0].set_value(0);
  some.promises[1].cancel();
  CHECK(range.get()[1].failure());
}

TEST_CASE("when_any gives all back, and the losers go on") {
  inputs some(3);
  auto when = tenon::when_any(some.futures());
  some.promises[1].set_value(5);
  auto result = when.get();
  CHECK(result.index == 1);
  CHECK(result.futures[1].get() == 5);
  CHECK_FALSE(some.promises[0].is_cancelled());
  some.promises[0].set_value(6);
  CHECK(result.futures[0].get() == 6);
  result.futures.clear();
  CHECK(some.promises[2].is_cancelled()); // nobody reads it any more

  inputs failing(2);
  auto futures = failing.futures();
  auto failed = tenon::when_any(std::move(futures[0]), std::move(futures[1]));
  failing.promises[1].set_exception(std::make_exception_ptr(3));
  auto failure = failed.get();
  CHECK(failure.index == 1);
  CHECK_THROWS_AS(std::get<1>(failure.futures).get(), int);

  inputs unwanted(2);
  auto cancelled = tenon::when_any(unwanted.futures());
  cancelled.cancel();
  CHECK_THROWS_AS(cancelled.get(), tenon::cancelled);
  CHECK(unwanted.promises[0].is_cancelled());
  CHECK(unwanted.promises[1].is_cancelled());
}

TEST_CASE("a value whose move throws fails the result, and none is left behind") {
  tenon::promise<brittle> first;
  tenon::promise<counted> second;
  auto all = tenon::all(first.get_future(), second.get_future());
  first.set_value(brittle(1));
  brittle::throws_after = 0;
  second.set_value(counted(1));
  brittle::throws_after = -1;
  CHECK_THROWS_AS(all.get(), std::runtime_error);
  CHECK(counted::alive == 0);
  tenon::promise<std::string> wrong;
  auto typed = tenon::all(tenon::future<int>::adopt(wrong.get_future().release()));
  wrong.set_value("no number");
  CHECK(status_of([&] { return typed.get(); }) == TENON_STATUS_INVALID);
}

TEST_CASE("inputs that settle on many threads decide once") {
  for (int round = 0; round < 100; round++) {
    inputs some(4);
    auto race = tenon::race(some.futures());
    inputs others(4);
    auto all = tenon::all(others.futures());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < 4; i++)
      threads.emplace_back([&, i] {
        some.promises[i].set_value(static_cast<int>(i));
        others.promises[i].set_value(static_cast<int>(i));
      });
    auto first = race.get();
    CHECK(first.value == static_cast<int>(first.index));
    CHECK(all.get() == std::vector<int>{0, 1, 2, 3});
    for (auto &thread : threads)
      thread.join();
  }
}

TEST_CASE("sleep and timeout are futures like any other") {
  tenon::executor executor;
  tenon::promise<int> never;
  auto either = tenon::race(tenon::sleep(executor, 1ms), never.get_future());
  CHECK(executor.run(std::move(either)).index() == 0);
  CHECK(never.is_cancelled());
  tenon::promise<int> slow;
  auto late = tenon::timeout(executor, slow.get_future(), 1ms);
  CHECK(status_of([&] { return executor.run(std::move(late)); }) == TENON_STATUS_TIMEOUT);
  CHECK(slow.cancel_reason()->code() == std::errc::timed_out);
}

namespace mine {
struct item {
  int number;
};
// What tenon calls inside is no business of these.
template <class... T> int values_of(T &&...) = delete;
template <class... T> int element_of(T &&...) = delete;
template <class... T> int value_at(T &&...) = delete;
template <class... T> int count_of(T &&...) = delete;
template <class... T> int ready_index(T &&...) = delete;
} // namespace mine

TEST_CASE("each takes a range, one future and none, also without its namespace's name") {
  const auto ready = [] {
    tenon::promise<mine::item> promise;
    auto future = promise.get_future();
    promise.set_value({7});
    return future;
  };
  const auto many = [&] {
    std::vector<tenon::future<mine::item>> futures;
    futures.reserve(2);
    for (int i = 0; i < 2; i++)
      futures.push_back(ready());
    return futures;
  };
  CHECK(tenon::when_all(many()).get()[1].get().number == 7);
  CHECK(tenon::all_settled(many()).get()[1].get().number == 7);
  CHECK(tenon::all(many()).get()[1].number == 7);
  CHECK(tenon::any(many()).get().value.number == 7);
  CHECK(tenon::race(many()).get().value.number == 7);
  CHECK(tenon::when_any(many()).get().futures.size() == 2);
  auto inputs = many();
  CHECK(tenon::when_all(inputs.begin(), inputs.end()).get().size() == 2);
  std::array<tenon::future<mine::item>, 1> array{ready()};
  CHECK(tenon::when_all(std::move(array)).get()[0].get().number == 7);

  CHECK(std::get<0>(when_all(ready()).get()).get().number == 7);
  CHECK(std::get<0>(all_settled(ready()).get()).get().number == 7);
  CHECK(std::get<0>(all(ready()).get()).number == 7);
  CHECK(std::get<0>(any(ready()).get()).number == 7);
  CHECK(std::get<0>(race(ready()).get()).number == 7);
  CHECK(std::get<0>(when_any(ready()).get().futures).get().number == 7);
  CHECK(std::get<1>(when_any(tenon::promise<int>().get_future(), ready()).get().futures).valid());

  CHECK(tenon::when_all().get() == std::tuple<>());
  CHECK(tenon::when_all(std::vector<tenon::future<int>>()).get().empty());
  CHECK(future_error_of([] { return tenon::when_all(tenon::future<int>()).valid(); }) == no_state);
}
