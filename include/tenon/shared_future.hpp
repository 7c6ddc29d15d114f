/// @file tenon/shared_future.hpp
///
/// tenon::shared_future<T>: std::shared_future<T>, many readers of one result.
#ifndef TENON_SHARED_FUTURE_HPP
#define TENON_SHARED_FUTURE_HPP

#include <tenon/future.hpp>

#include <memory>
#include <mutex>

namespace tenon {
namespace detail {
/// What public types consist of: the same in all units.
namespace layout {

/// What the copies of a shared_future share: the future, and the T that get() refers to where the
/// value itself has none (a number in the kind of another language, a string).
template <class T> class shared_state {
public:
  explicit shared_state(future<T> &&source) noexcept : source_(std::move(source)) {}

  const future<T> &source() const noexcept { return source_; }

  /// The object for T, once the future has settled.
  TENON_TAG stored_t<T> &object() {
    using S = stored_t<T>;
    tenon_value_t value;
    const tenon_status_t status = tenon_future_peek(source_.handle(), &value);
    taken();
    if (status != TENON_STATUS_OK)
      raise_end_of(source_.handle(), status);
    if (box<S> *box = box_in<S>(value))
      return box->value;
    if constexpr (is_boxed<S>)
      raise(TENON_STATUS_INVALID);
    else {
      const std::lock_guard guard(mutex_);
      if (!object_) {
        if (!traits<S>::holds(value))
          raise(TENON_STATUS_INVALID);
        object_.emplace(traits<S>::take(value));
      }
      return *object_;
    }
  }

private:
  const future<T> source_;
  std::mutex mutex_;
  std::conditional_t<is_boxed<stored_t<T>>, nothing, std::optional<stored_t<T>>> object_;
};

} // namespace layout
using namespace layout;
} // namespace detail

/// A reader beside others. Each get() refers to the same object.
template <class T> class shared_future {
public:
  using value_type = T;

  constexpr shared_future() noexcept = default;
  shared_future(const shared_future &) noexcept = default;
  shared_future(shared_future &&) noexcept = default;
  shared_future &operator=(const shared_future &) noexcept = default;
  shared_future &operator=(shared_future &&) noexcept = default;

  /// Allocates what the copies share; terminates if there is no memory, as std's may not throw.
  shared_future(future<T> &&source) noexcept {
    if (source.valid())
      state_ = std::make_shared<detail::shared_state<T>>(std::move(source));
  }

  [[nodiscard]] bool valid() const noexcept { return state_ != nullptr; }

  TENON_TAG std::conditional_t<std::is_object_v<T>, std::add_lvalue_reference_t<const T>, T>
  get() const {
    wait();
    if constexpr (std::is_void_v<T>)
      static_cast<void>(state_->object());
    else if constexpr (std::is_reference_v<T>)
      return *state_->object();
    else
      return state_->object();
  }

  TENON_TAG void wait() const { source().wait(); }

  template <class Rep, class Period>
  TENON_TAG std::future_status wait_for(const std::chrono::duration<Rep, Period> &timeout) const {
    return source().wait_for(timeout);
  }

  template <class Clock, class Duration>
  TENON_TAG std::future_status
  wait_until(const std::chrono::time_point<Clock, Duration> &deadline) const {
    return source().wait_until(deadline);
  }

  /// As future's of the same names.
  [[nodiscard]] bool is_ready() const noexcept { return state_ && source().is_ready(); }
  void cancel() const noexcept {
    detail::given();
    tenon_future_cancel(handle());
  }
  void cancel(const error &reason) const noexcept {
    detail::given();
    tenon_future_cancel_with(handle(), reason.handle());
  }
  [[nodiscard]] tenon_future_t *handle() const noexcept {
    return state_ ? state_->source().handle() : nullptr;
  }

#if TENON_HAS_COROUTINES
  TENON_TAG [[nodiscard]] auto on(tenon_executor_t *executor) const;

  /// What to co_await so as to go on where it settles, at once, on whichever thread.
  TENON_TAG [[nodiscard]] auto anywhere() const;
#endif

  void swap(shared_future &other) noexcept { state_.swap(other.state_); }

private:
  TENON_TAG const future<T> &source() const {
    if (!state_)
      detail::raise(std::future_errc::no_state);
    return state_->source();
  }

  std::shared_ptr<detail::shared_state<T>> state_;
};

template <class T> void swap(shared_future<T> &left, shared_future<T> &right) noexcept {
  left.swap(right);
}

template <class T> shared_future<T> future<T>::share() noexcept {
  return shared_future<T>(std::move(*this));
}

} // namespace tenon

#endif // TENON_SHARED_FUTURE_HPP
