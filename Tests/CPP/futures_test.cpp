// [futures]: each case runs against the standard library's futures and against ours.
#include "support.hpp"

#include <memory>

using namespace std::chrono_literals;

TEST_CASE_TEMPLATE("a value, a reference and nothing come out as they went in", L, standard, ours) {
  typename L::template promise<int> number;
  auto number_future = number.get_future();
  number.set_value(-7);
  CHECK(number_future.get() == -7);
  CHECK_FALSE(number_future.valid());

  int object = 1;
  typename L::template promise<int &> reference;
  auto reference_future = reference.get_future();
  reference.set_value(object);
  CHECK(&reference_future.get() == &object);

  typename L::template promise<void> none;
  auto none_future = none.get_future();
  none.set_value();
  none_future.get();
  CHECK_FALSE(none_future.valid());
}

TEST_CASE_TEMPLATE("a value that only moves is moved, and destroyed once", L, standard, ours) {
  REQUIRE(counted::alive == 0);
  {
    typename L::template promise<counted> promise;
    auto future = promise.get_future();
    promise.set_value(counted(5));
    CHECK(future.get().number == 5);
    typename L::template promise<counted> unread;
    auto unread_future = unread.get_future();
    unread.set_value(counted(6));
  }
  CHECK(counted::alive == 0);
}

TEST_CASE_TEMPLATE("misuse throws what the standard says", L, standard, ours) {
  typename L::template promise<int> promise;
  auto future = promise.get_future();
  CHECK(future_error_of([&] { return promise.get_future(); }) == retrieved);
  promise.set_value(1);
  CHECK(future_error_of([&] { return promise.set_value(2), 0; }) == satisfied);
  CHECK(future_error_of([&] { return promise.set_exception(std::make_exception_ptr(1)), 0; }) ==
        satisfied);
  CHECK(future_error_of([&] { return promise.set_value_at_thread_exit(2), 0; }) == satisfied);
  CHECK(future.get() == 1);

  auto moved = std::move(promise);
  CHECK(future_error_of([&] { return promise.get_future(); }) == no_state);
  CHECK(future_error_of([&] { return promise.set_value(2), 0; }) == no_state);
  CHECK(future_error_of([&] { return future.get(); }) == no_state);
  CHECK(future_error_of([&] { return future.wait(), 0; }) == no_state);
  CHECK(future_error_of([&] { return future.wait_for(0s), 0; }) == no_state);
  CHECK(future_error_of([&] { return future.wait_until(std::chrono::steady_clock::now()), 0; }) ==
        no_state);
}

TEST_CASE_TEMPLATE("a promise that is let go of unset breaks", L, standard, ours) {
  typename L::template future<int> future;
  CHECK_FALSE(future.valid());
  {
    typename L::template promise<int> promise;
    future = promise.get_future();
  }
  CHECK(future.wait_for(0s) == std::future_status::ready);
  CHECK(future_error_of([&] { return future.get(); }) == broken);
  CHECK_FALSE(future.valid());

  typename L::template promise<int> first, second;
  future = first.get_future();
  first = std::move(second);
  CHECK(future_error_of([&] { return future.get(); }) == broken);
}

TEST_CASE_TEMPLATE("an exception comes out as the same object", L, standard, ours) {
  typename L::template promise<int> promise;
  auto future = promise.get_future();
  const auto sent = std::make_exception_ptr(std::runtime_error("sent"));
  promise.set_exception(sent);
  std::exception_ptr received;
  try {
    static_cast<void>(future.get());
  } catch (...) {
    received = std::current_exception();
  }
  CHECK(received == sent);
  CHECK_FALSE(future.valid());
}

TEST_CASE_TEMPLATE("a copy or move that throws leaves the promise usable", L, standard, ours) {
  typename L::template promise<brittle> promise;
  auto future = promise.get_future();
  const brittle value(3);
  brittle::throws_after = 0;
  CHECK_THROWS_AS(promise.set_value(value), std::runtime_error);
  brittle::throws_after = 0;
  CHECK_THROWS_AS(promise.set_value(brittle(4)), std::runtime_error);
  brittle::throws_after = -1;
  CHECK(future.wait_for(0s) == std::future_status::timeout);
  promise.set_value(value);
  brittle::throws_after = 0;
  CHECK_THROWS_AS(future.get(), std::runtime_error); // get() moves, too
  brittle::throws_after = -1;
}

TEST_CASE_TEMPLATE("waiting takes any clock and any duration", L, standard, ours) {
  typename L::template promise<void> promise;
  auto future = promise.get_future();
  CHECK(future.wait_for(0s) == std::future_status::timeout);
  CHECK(future.wait_for(-1h) == std::future_status::timeout);
  CHECK(future.wait_for(std::chrono::duration<double, std::micro>(0.5)) ==
        std::future_status::timeout);
  CHECK(future.wait_until(std::chrono::steady_clock::now() + 1ms) == std::future_status::timeout);
  CHECK(future.wait_until(std::chrono::system_clock::now() + 1ms) == std::future_status::timeout);
  CHECK(future.wait_until(std::chrono::system_clock::time_point::min()) ==
        std::future_status::timeout);
  promise.set_value();
  CHECK(future.wait_for(std::chrono::hours(1)) == std::future_status::ready);
  CHECK(future.wait_until(std::chrono::steady_clock::time_point()) == std::future_status::ready);
}

namespace {
/// Time that passes at a quarter of its speed.
struct slow_clock {
  using duration = std::chrono::nanoseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<slow_clock>;
  [[maybe_unused]] static constexpr bool is_steady = true;
  static time_point now() {
    return time_point(std::chrono::steady_clock::now().time_since_epoch() / 4);
  }
};
} // namespace

TEST_CASE_TEMPLATE("a wait ends by the clock that it was given", L, standard, ours) {
  typename L::template promise<int> promise;
  auto future = promise.get_future();
  const auto deadline = slow_clock::now() + 2ms;
  CHECK(future.wait_until(deadline) == std::future_status::timeout);
  CHECK(slow_clock::now() >= deadline);
}

TEST_CASE_TEMPLATE("shared futures refer to one object", L, standard, ours) {
  typename L::template promise<std::string> promise;
  auto future = promise.get_future();
  auto first = future.share();
  CHECK_FALSE(future.valid());
  auto second = first;
  typename L::template shared_future<std::string> third(second);
  promise.set_value("text");
  CHECK(first.get() == "text");
  CHECK(&first.get() == &second.get());
  CHECK(&third.get() == &second.get());
  auto fourth = std::move(first);
  CHECK_FALSE(first.valid());
  CHECK(fourth.valid());
  CHECK(future_error_of([&] { return first.wait(), 0; }) == no_state);

  typename L::template promise<counted> only_moves;
  typename L::template shared_future<counted> shared = only_moves.get_future();
  only_moves.set_value(counted(8));
  CHECK(shared.get().number == 8);
  CHECK(&shared.get() == &shared.get());

  typename L::template promise<int> failed;
  auto failure = failed.get_future().share();
  failed.set_exception(std::make_exception_ptr(4));
  CHECK_THROWS_AS(failure.get(), int);
  CHECK_THROWS_AS(failure.get(), int);
  CHECK(failure.valid());
}

TEST_CASE_TEMPLATE("swap exchanges both ends", L, standard, ours) {
  typename L::template promise<int> first, second;
  auto first_future = first.get_future(), second_future = second.get_future();
  first.set_value(1);
  swap(first, second);
  CHECK(future_error_of([&] { return second.set_value(3), 0; }) == satisfied);
  first.set_value(2);
  CHECK(first_future.get() == 1);
  CHECK(second_future.get() == 2);
}

TEST_CASE_TEMPLATE("a packaged task calls once", L, standard, ours) {
  using task_type = typename L::template packaged_task<int(int, const std::string &)>;
  task_type none;
  CHECK_FALSE(none.valid());
  CHECK(future_error_of([&] { return none(1, ""), 0; }) == no_state);
  CHECK(future_error_of([&] { return none.reset(), 0; }) == no_state);
  CHECK(future_error_of([&] { return none.get_future(); }) == no_state);

  task_type task([kept = std::make_unique<int>(1)](int number, const std::string &text) {
    return number + *kept + static_cast<int>(text.size());
  });
  auto future = task.get_future();
  task(2, "abc");
  CHECK(future.get() == 6);
  CHECK(future_error_of([&] { return task(2, ""), 0; }) == satisfied);
  task.reset();
  auto again = task.get_future();
  auto moved = std::move(task);
  CHECK_FALSE(task.valid());
  moved(0, "");
  CHECK(again.get() == 1);

  moved.reset();
  auto abandoned = moved.get_future();
  moved = task_type();
  CHECK(future_error_of([&] { return abandoned.get(); }) == broken);

  typename L::template packaged_task<void()> throws([] { throw 5; });
  auto thrown = throws.get_future();
  throws();
  CHECK_THROWS_AS(thrown.get(), int);

  int object = 0;
  typename L::template packaged_task<int &()> reference([&]() -> int & { return object; });
  auto referred = reference.get_future();
  reference();
  CHECK(&referred.get() == &object);
}

namespace {
struct at_exit {
  std::atomic<bool> *is_destroyed;
  ~at_exit() { *is_destroyed = true; }
};
} // namespace

TEST_CASE_TEMPLATE("at_thread_exit waits for the thread's own objects to go", L, standard, ours) {
  typename L::template promise<int> promise;
  auto future = promise.get_future();
  std::atomic<bool> is_destroyed{false}, is_pending{false};
  typename L::template promise<void> failed;
  auto failure = failed.get_future();
  typename L::template packaged_task<int()> task([] { return 3; });
  auto task_future = task.get_future();
  std::thread thread([&] {
    static thread_local at_exit object{&is_destroyed};
    static_cast<void>(object);
    promise.set_value_at_thread_exit(2);
    failed.set_exception_at_thread_exit(std::make_exception_ptr(1));
    task.make_ready_at_thread_exit();
    is_pending = future.wait_for(0s) == std::future_status::timeout &&
                 task_future.wait_for(0s) == std::future_status::timeout &&
                 future_error_of([&] { return promise.set_value(1), 0; }) == satisfied;
  });
  CHECK(future.get() == 2);
  CHECK(is_destroyed);
  CHECK_THROWS_AS(failure.get(), int);
  CHECK(task_future.get() == 3);
  thread.join();
  CHECK(is_pending);
}

namespace {
struct account {
  int alive = 0, allocations = 0;
};
template <class T> struct accounting {
  using value_type = T;
  account *book;
  explicit accounting(account &entries) : book(&entries) {}
  template <class U> accounting(const accounting<U> &other) : book(other.book) {}
  T *allocate(std::size_t count) {
    book->alive++, book->allocations++;
    return std::allocator<T>().allocate(count);
  }
  void deallocate(T *pointer, std::size_t count) {
    book->alive--;
    std::allocator<T>().deallocate(pointer, count);
  }
  template <class U> bool operator==(const accounting<U> &other) const {
    return book == other.book;
  }
  template <class U> bool operator!=(const accounting<U> &other) const { return !(*this == other); }
};

template <class T, class Set> void check_allocator(Set &&set) {
  account book;
  {
    T promise(std::allocator_arg, accounting<char>(book));
    CHECK(book.alive >= 1);
    auto future = promise.get_future();
    set(promise);
    { T moved(std::move(promise)); }
    CHECK(book.alive >= 1);
    static_cast<void>(future.get());
  }
  CHECK(book.alive == 0);
  CHECK(book.allocations >= 1);
  account unset;
  {
    T promise(std::allocator_arg, accounting<char>(unset));
    auto future = promise.get_future();
  }
  CHECK(unset.alive == 0);
}
} // namespace

TEST_CASE_TEMPLATE("an allocator provides the memory, and gets it back", L, standard, ours) {
  check_allocator<typename L::template promise<int>>([](auto &promise) { promise.set_value(1); });
  check_allocator<typename L::template promise<counted>>(
      [](auto &promise) { promise.set_value(counted(1)); });
  check_allocator<typename L::template promise<void>>([](auto &promise) { promise.set_value(); });
  int object = 0;
  check_allocator<typename L::template promise<int &>>(
      [&](auto &promise) { promise.set_value(object); });
}

TEST_CASE("a packaged task takes all of its memory from its allocator, also again") {
  account book;
  {
    tenon::packaged_task<std::unique_ptr<int>()> task(std::allocator_arg, accounting<char>(book),
                                                      [] { return std::make_unique<int>(1); });
    const int once = book.allocations;
    CHECK(once >= 2);
    task();
    task.reset();
    CHECK(book.allocations > once);
    auto future = task.get_future();
    task();
    CHECK(*future.get() == 1);
  }
  CHECK(book.alive == 0);
  static_assert(std::uses_allocator_v<tenon::promise<int>, std::allocator<int>>);
  static_assert(std::uses_allocator_v<tenon::packaged_task<int()>, std::allocator<int>>);
  tenon::promise<int> plain(std::allocator_arg, std::allocator<void>());
  tenon::packaged_task<void()> nothing(std::allocator_arg, std::allocator<void>(), [] {});
}

TEST_CASE_TEMPLATE("values cross threads", L, standard, ours) {
  for (int round = 0; round < 200; round++) {
    typename L::template promise<std::unique_ptr<int>> promise;
    auto future = promise.get_future();
    std::thread producer([promise = std::move(promise), round]() mutable {
      promise.set_value(std::make_unique<int>(round));
    });
    CHECK(*future.get() == round);
    producer.join();
  }
}

TEST_CASE_TEMPLATE("of several that set at once one succeeds", L, standard, ours) {
  for (int round = 0; round < 100; round++) {
    typename L::template promise<int> promise;
    auto future = promise.get_future();
    std::atomic<int> winner{0}, losers{0};
    auto race = [&](int number) {
      if (future_error_of([&] { return promise.set_value(number), 0; }) == satisfied)
        losers++;
      else
        winner = number;
    };
    std::thread first(race, 1), second(race, 2);
    first.join();
    second.join();
    CHECK(losers == 1);
    CHECK(future.get() == winner);
  }
}

TEST_CASE("names go with the place of the call") {
  const tenon_source_t here = tenon::here();
  CHECK(here.line == __LINE__ - 1);
  CHECK(std::string(here.file).find("futures_test.cpp") != std::string::npos);
  tenon::promise<int> promise, other;
  tenon::future<int> future = promise.get_future(), next = other.get_future();
  future.set_name("reply");
  promise.set_wait("a place in the pool");
  promise.set_wait(next);
  auto [sink, stream] = tenon::make_stream<int>();
  stream.set_name("lines");
  CHECK(tenon_future_set_name(future.handle(), "reply", TENON_HERE) == TENON_STATUS_OK);
  promise.set_value(7);
  other.set_value(8);
  CHECK(future.get() == 7);
}
