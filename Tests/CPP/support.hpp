/// @file support.hpp
///
/// What the cases share: the two libraries as one parameter, objects that count, threads.
#ifndef TENON_CPP_SUPPORT_HPP
#define TENON_CPP_SUPPORT_HPP

#include <tenon/tenon.hpp>

#include <ostream>

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>

/// The standard's futures, and ours: what a case says of one it says of the other.
struct standard {
  template <class T> using promise = std::promise<T>;
  template <class T> using future = std::future<T>;
  template <class T> using shared_future = std::shared_future<T>;
  template <class S> using packaged_task = std::packaged_task<S>;
};
struct ours {
  template <class T> using promise = tenon::promise<T>;
  template <class T> using future = tenon::future<T>;
  template <class T> using shared_future = tenon::shared_future<T>;
  template <class S> using packaged_task = tenon::packaged_task<S>;
};

/// The std::future_errc that f() throws; 0 if it throws none.
template <class F> int future_error_of(F &&f) {
  try {
    static_cast<void>(f());
  } catch (const std::future_error &error) {
    return error.code().value();
  }
  return 0;
}
constexpr int no_state = static_cast<int>(std::future_errc::no_state);
constexpr int broken = static_cast<int>(std::future_errc::broken_promise);
constexpr int satisfied = static_cast<int>(std::future_errc::promise_already_satisfied);
constexpr int retrieved = static_cast<int>(std::future_errc::future_already_retrieved);

/// The tenon_status_t of the tenon::error that f() throws; 0 if it throws none.
template <class F> std::int64_t status_of(F &&f) {
  try {
    static_cast<void>(f());
  } catch (const tenon::error &error) {
    return error.value();
  }
  return 0;
}

#if TENON_HAS_COROUTINES
/// Somebody else's coroutine: starts at once, and is destroyed by its owner.
struct foreign {
  struct promise_type {
    foreign get_return_object() {
      return {std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
  std::coroutine_handle<promise_type> coroutine;
  ~foreign() { coroutine.destroy(); }
};
#endif

/// How often this thread's `new` still gives memory; -1: always. See memory.cpp.
inline thread_local int allocations_left = -1;

/// Moves only; counts the living.
struct counted {
  static inline std::atomic<int> alive{0};
  int number;
  explicit counted(int value) : number(value) { alive++; }
  counted(counted &&other) noexcept : number(std::exchange(other.number, -1)) { alive++; }
  counted &operator=(counted &&) = delete;
  ~counted() { alive--; }
};

/// Its copy and move throw when they are told to.
struct brittle {
  static inline thread_local int throws_after = -1;
  int number = 0;
  explicit brittle(int value) : number(value) {}
  brittle(const brittle &other) : number(other.number) { may_throw(); }
  brittle(brittle &&other) : number(other.number) { may_throw(); }
  static void may_throw() {
    if (throws_after >= 0 && throws_after-- == 0)
      throw std::runtime_error("brittle");
  }
};

#endif // TENON_CPP_SUPPORT_HPP
