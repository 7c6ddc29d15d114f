/// @file tenon/coroutine.hpp
///
/// co_await for a future, from any coroutine. C++20.
///
///     T value = co_await std::move(future);              goes on where the task was started
///     T value = co_await future.on(executor);            goes on in that executor's poll
///     T value = co_await future.anywhere();              goes on where it settles
///
/// A task that was started on an executor comes back to it from each co_await; other coroutines, which have
/// none, go on where the future settles.
///
/// A settled future does not suspend. A coroutine that is destroyed while it waits is forgotten by
/// the future: tenon_registration_forget(). An awaited future is used up, as by get().
#ifndef TENON_COROUTINE_HPP
#define TENON_COROUTINE_HPP

#include <tenon/link.hpp>
#include <tenon/shared_future.hpp>
#include <tenon/source.hpp>

#if TENON_HAS_COROUTINES

#include <coroutine>

namespace tenon {
namespace detail {
/// What public types consist of: the same in all units.
namespace layout {

/// What the tasks of one chain share: they run one at a time, so it needs no lock.
struct chain {
  /// Where a task that gives way leaves the one to run next; see task.hpp.
  std::coroutine_handle<> *next = nullptr;
  /// Passes a cancel on to what is awaited; nullptr if nobody can cancel.
  link *cancels = nullptr;
  tenon_promise_t *result = nullptr;
  /// Where they were started, and come back to; nullptr: nowhere.
  tenon_executor_t *home = nullptr;

  /// The leaf waits for this future: a cancel, before or later, goes there.
  void waits_for(tenon_future_t *future) const noexcept {
    if (!cancels)
      return;
    cancels->aim(future);
    if (tenon_promise_is_cancelled(result))
      cancel_as(result, future);
  }
};

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

/// Runs a coroutine, and those that its tasks give way to, one after the other on this stack.
inline void run_chain(chain *chain, std::coroutine_handle<> first) {
  std::coroutine_handle<> next = first;
  while (next) {
    const std::coroutine_handle<> current = std::exchange(next, nullptr);
    if (chain)
      chain->next = &next;
    current.resume();
  }
}

/// The chain of a coroutine that has one.
template <class Promise> chain *chain_of(std::coroutine_handle<Promise> coroutine) noexcept {
  if constexpr (requires { coroutine.promise().tenon_chain(); })
    return coroutine.promise().tenon_chain();
  else
    return nullptr;
}

/// Where a coroutine goes on, and what it tells.
enum class await_as : unsigned char {
  usual,
  anywhere, ///< where the future settles
  shielded, ///< a cancel of the task is not one of the future
};

/// Waits for a future that somebody else keeps. Who looks into the process knows it by its registration, which is
/// told with it, and goes on from there to the coroutine and its chain: see Sources/TenonInspector.
class awaiter_base {
public:
  explicit awaiter_base(tenon_executor_t *executor, await_as as = await_as::usual) noexcept
      : executor_(executor), as_(as) {}
  awaiter_base(const awaiter_base &) = delete;
  awaiter_base &operator=(const awaiter_base &) = delete;
  ~awaiter_base() { forget(); }

protected:
  /// False: it has settled, or there is no waiting for it. After true the coroutine may be running
  /// on another thread, or be gone.
  template <class Promise>
  bool suspend(tenon_future_t *future, std::coroutine_handle<Promise> coroutine,
               const await_place &place) {
    prepare(coroutine, place);
    return wait(future, &told);
  }

  template <class Promise>
  void prepare(std::coroutine_handle<Promise> coroutine, const await_place &place) noexcept {
    coroutine_ = coroutine;
    place_ = address_of(place);
    chain_ = chain_of(coroutine);
    if (!executor_ && chain_ && as_ != await_as::anywhere)
      executor_ = chain_->home;
  }

  /// The same as suspend(), where `fn` is told, with this object, instead of the coroutine.
  bool wait(tenon_future_t *future, tenon_completion_fn fn) noexcept {
    if (chain_ && as_ != await_as::shielded)
      chain_->waits_for(future);
    tenon_executor_t *const executor = executor_; // read before all of this is given
    given();
    const tenon_status_t status =
        tenon_future_on_complete_if_pending(future, executor, fn, this, &registration_);
    if (status == TENON_STATUS_OK)
      return true;
    if (status != TENON_STATUS_SETTLED)
      status_ = status;
    return false;
  }

  /// Goes on after a wait that ended with this status. The object may be gone after that.
  void resume(tenon_status_t status) {
    if (status == TENON_STATUS_CLOSED)
      status_ = status;
    registration_ = nullptr;
    run_chain(chain_, coroutine_);
  }

  [[nodiscard]] bool has_failed() const noexcept { return status_ != TENON_STATUS_OK; }

  void forget() noexcept {
    if (registration_)
      tenon_registration_forget(std::exchange(registration_, nullptr));
  }

  /// Throws if the wait ended without the future.
  void resumed() {
    registration_ = nullptr;
    if (status_ != TENON_STATUS_OK)
      raise(status_);
  }

private:
  static void told(void *context, tenon_status_t status, tenon_future_t *) noexcept {
    if (status == TENON_STATUS_FORGOTTEN)
      return;
    taken();
    static_cast<awaiter_base *>(context)->resume(status);
  }

  tenon_executor_t *executor_;
  tenon_registration_t *registration_ = nullptr;
  chain *chain_ = nullptr;
  std::coroutine_handle<> coroutine_;
  tenon_status_t status_ = TENON_STATUS_OK;
  await_as as_;
  const void *place_ = nullptr;
};

/// Takes the value before it suspends, if it is there: a ready future costs what get() does.
template <class T> class [[nodiscard]] awaiter : awaiter_base {
public:
  awaiter(future<T> &&future, tenon_executor_t *executor, await_as as = await_as::usual)
      : awaiter_base(executor, as), future_(std::move(future)) {
    if (!future_.valid())
      raise(std::future_errc::no_state);
  }

  bool await_ready() const noexcept { return future_.is_ready(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine,
                     const await_place &place = await_place::current()) {
    return suspend(future_.handle(), coroutine, place);
  }

  T await_resume() {
    resumed();
    return future_.get();
  }

private:
  future<T> future_;
};

/// The same for one of many readers.
template <class T> class [[nodiscard]] shared_awaiter : awaiter_base {
public:
  shared_awaiter(const shared_future<T> &future, tenon_executor_t *executor,
                 await_as as = await_as::usual)
      : awaiter_base(executor, as), future_(future) {
    if (!future_.valid())
      raise(std::future_errc::no_state);
  }

  bool await_ready() const noexcept { return future_.is_ready(); }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine,
                     const await_place &place = await_place::current()) {
    return suspend(future_.handle(), coroutine, place);
  }

  decltype(auto) await_resume() {
    resumed();
    return future_.get();
  }

private:
  shared_future<T> future_;
};

} // namespace TENON_VARIANT
} // namespace detail

template <class T> TENON_TAG auto operator co_await(future<T> &&future) {
  return detail::awaiter<T>(std::move(future), nullptr);
}
template <class T> TENON_TAG auto operator co_await(future<T> &future) {
  return detail::awaiter<T>(std::move(future), nullptr);
}
template <class T> detail::awaiter<T> operator co_await(const future<T> &) {
  static_assert(!sizeof(T *), "an await uses its future up: it may not be const; or share() it");
  std::terminate();
}
template <class T> TENON_TAG auto operator co_await(const shared_future<T> &future) {
  return detail::shared_awaiter<T>(future, nullptr);
}

template <class T> auto future<T>::on(tenon_executor_t *executor) {
  return detail::awaiter<T>(std::move(*this), executor);
}
template <class T> auto shared_future<T>::on(tenon_executor_t *executor) const {
  return detail::shared_awaiter<T>(*this, executor);
}
template <class T> auto future<T>::anywhere() {
  return detail::awaiter<T>(std::move(*this), nullptr, detail::await_as::anywhere);
}
template <class T> auto shared_future<T>::anywhere() const {
  return detail::shared_awaiter<T>(*this, nullptr, detail::await_as::anywhere);
}

/// What to co_await so that a cancel of the task is not one of this future: for what a cancelled task still
/// has to do.
template <class T> TENON_TAG [[nodiscard]] auto shield(future<T> future) {
  return detail::awaiter<T>(std::move(future), nullptr, detail::await_as::shielded);
}

} // namespace tenon

#endif // TENON_HAS_COROUTINES

#endif // TENON_COROUTINE_HPP
