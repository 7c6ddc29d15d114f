/// @file tenon/promise.hpp
///
/// tenon::promise<T>: std::promise<T> over a tenon_promise_t, and what comes beyond it.
///
/// What std::promise does not have: cancellation, errors of other languages, settling without
/// exceptions, the handle, and a stop token (stop.hpp). A set_value() whose copy or move throws has
/// done nothing: the promise can be used again.
#ifndef TENON_PROMISE_HPP
#define TENON_PROMISE_HPP

#include <tenon/attachment.hpp>
#include <tenon/future.hpp>
#include <tenon/thread_exit.hpp>

#include <atomic>
#include <functional>
#include <memory>

namespace tenon {

template <class Signature> class packaged_task; // not defined

namespace detail {

/// What public types consist of: the same in all units.
namespace layout {

/// For a promise that is none yet.
struct without_state {};

/// Both ends, until the read end is given away, and all that does not depend on how T is set.
template <class T> class promise_base {
public:
  TENON_TAG promise_base() { create(nullptr); }

  /// `executor` is where the producer works: it lets a wait tell a deadlock.
  TENON_TAG explicit promise_base(tenon_executor_t *executor) { create(executor); }

  template <class Allocator>
  TENON_TAG promise_base(std::allocator_arg_t, const Allocator &allocator)
      : memory_(new_box<stored_t<T>>(allocator)) {
    create(nullptr);
  }

  explicit promise_base(without_state) noexcept {}

  promise_base(promise_base &&other) noexcept { swap(other); }
  promise_base &operator=(promise_base &&other) noexcept {
    promise_base moved(std::move(other));
    swap(moved);
    return *this;
  }

  ~promise_base() {
    if (handle_ && !is_satisfied())
      tenon_promise_release(claim());
    if (future_)
      tenon_future_release(future_);
  }

  TENON_TAG [[nodiscard]] future<T> get_future() {
    require_state();
    if (!future_)
      raise(std::future_errc::future_already_retrieved);
    return future<T>::adopt(std::exchange(future_, nullptr));
  }

#if TENON_HAS_EXCEPTIONS
  TENON_TAG void set_exception(const std::exception_ptr &exception) {
    require_unsatisfied();
    reject_owned(error_of(exception));
  }

  TENON_TAG void set_exception_at_thread_exit(const std::exception_ptr &exception) {
    require_unsatisfied();
    auto later = late_settlement::reserve();
    later->fails = true;
    later->error = error_of(exception);
    late_settlement::commit(std::move(later), claim());
  }
#endif

  /// Says what is waited for before this settles, for people who look into the process: tenon_promise_set_wait().
  void set_wait(const char *what, const tenon_source_t &place = here()) const noexcept {
    static_cast<void>(tenon_promise_set_wait(handle_, nullptr, what, &place));
  }

  /// The same, if that is a future.
  void set_wait(const future_base &on, const char *what = nullptr,
                const tenon_source_t &place = here()) const noexcept {
    static_cast<void>(tenon_promise_set_wait(handle_, on.handle(), what, &place));
  }

  /// Fails with an error: tenon_promise_reject().
  TENON_TAG void set_error(const error &error) {
    require_unsatisfied();
    settle(reject(claim(), error.handle()));
  }

  /// Says that the work has ended without a result: tenon_promise_cancel().
  TENON_TAG void cancel() {
    require_unsatisfied();
    settle(tenon_promise_cancel(claim()));
  }

  /// Whether the reader wants the work to end early.
  [[nodiscard]] bool is_cancelled() const noexcept {
    return seen(tenon_promise_is_cancelled(handle_));
  }

  /// Why: what the cancel said, or a plain error. Nothing if nobody wants an end.
  TENON_TAG [[nodiscard]] std::optional<error> cancel_reason() const {
    return error_from(tenon_promise_copy_reason, handle_);
  }

  /// Has f() called when a cancel is requested: in the executor's poll, or with nullptr on the
  /// thread that requests it, which may be this one, at once. f may not throw. Not called, only
  /// destroyed, if the future ends without.
  template <class F> TENON_TAG void on_cancel(tenon_executor_t *executor, F f);

#if TENON_HAS_STOP_TOKEN
  /// A token whose stop is requested when a cancel is, the same at each call: see stop.hpp.
  TENON_TAG [[nodiscard]] std::stop_token get_stop_token();
#endif

  /// The same as set_error() for whoever has no exceptions: answers as tenon_promise_reject().
  TENON_TAG tenon_status_t try_set_error(const error &error) noexcept {
    return is_satisfied() ? TENON_STATUS_ALREADY_SETTLED : reject(claim(), error.handle());
  }

  /// The handle, lent; nullptr without one.
  [[nodiscard]] tenon_promise_t *handle() const noexcept { return handle_; }

  /// Gives the write end away, to be settled or released by whoever has it.
  [[nodiscard]] tenon_promise_t *release() noexcept { return is_satisfied() ? nullptr : claim(); }

  void swap(promise_base &other) noexcept {
    std::swap(handle_, other.handle_);
    std::swap(future_, other.future_);
    memory_.swap(other.memory_);
    stop_.swap(other.stop_);
    const bool was_satisfied = is_satisfied();
    is_satisfied_.store(other.is_satisfied(), std::memory_order_relaxed);
    other.is_satisfied_.store(was_satisfied, std::memory_order_relaxed);
  }

protected:
  template <class... From> TENON_TAG void set(From &&...from) {
    require_unsatisfied();
    tenon_value_t value = make(std::forward<From>(from)...);
    const tenon_status_t status = tenon_promise_resolve(claim(), &value);
    if (status != TENON_STATUS_OK)
      refused(status, value);
  }

  template <class... From> TENON_TAG void set_later(From &&...from) {
    require_unsatisfied();
    auto later = late_settlement::reserve();
    later->value = make(std::forward<From>(from)...);
    late_settlement::commit(std::move(later), claim());
  }

  template <class... From> TENON_TAG [[nodiscard]] tenon_status_t try_set(From &&...from) {
    if (is_satisfied())
      return TENON_STATUS_ALREADY_SETTLED;
    tenon_value_t value = make(std::forward<From>(from)...);
    const tenon_status_t status = tenon_promise_resolve(claim(), &value);
    if (status != TENON_STATUS_OK)
      tenon_value_drop(&value);
    return status;
  }

private:
  template <class> friend class tenon::packaged_task;

  TENON_TAG void require_state() const {
    if (!handle_)
      raise(std::future_errc::no_state);
  }

  TENON_TAG void require_unsatisfied() const {
    require_state();
    if (is_satisfied())
      raise(std::future_errc::promise_already_satisfied);
  }

  TENON_TAG void create(tenon_executor_t *executor) {
    tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
    config.executor = executor;
    require(tenon_promise_create(executor ? &config : nullptr, &handle_, &future_));
  }

  bool is_satisfied() const noexcept { return is_satisfied_.load(std::memory_order_relaxed); }

  /// The handle, about to be consumed. What comes next may free this object on another thread, so
  /// nothing of it is touched after that; of two that come here at once the library refuses one.
  tenon_promise_t *claim() noexcept {
    is_satisfied_.store(true, std::memory_order_relaxed);
    given();
    return handle_;
  }

  template <class... From> TENON_TAG tenon_value_t make(From &&...from) {
    if (!memory_)
      return traits<stored_t<T>>::make(std::forward<From>(from)...);
    memory_->fill(std::forward<From>(from)...);
    return boxed(std::move(memory_));
  }

  TENON_TAG static void settle(tenon_status_t status) {
    if (status == TENON_STATUS_ALREADY_SETTLED || status == TENON_STATUS_STALE)
      raise(std::future_errc::promise_already_satisfied);
    require(status);
  }

  TENON_TAG [[gnu::cold, gnu::noinline]] static void refused(tenon_status_t status,
                                                             tenon_value_t &value) {
    tenon_value_drop(&value);
    settle(status);
  }

  TENON_TAG void reject_owned(tenon_error_t *handle) {
    const error error = error::adopt(handle);
    settle(means(error, TENON_STATUS_CANCELLED) ? tenon_promise_cancel(claim())
                                                : reject(claim(), handle));
  }

  tenon_promise_t *handle_ = nullptr;
  tenon_future_t *future_ = nullptr;
  box_ptr<stored_t<T>> memory_;
  attachment_ptr stop_; // a std::stop_source, once somebody has asked for its token
  std::atomic<bool> is_satisfied_{false};
};

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

/// What an on_cancel() registers.
template <class F> struct cancel_call {
  F f;
  static void tell(void *context, tenon_status_t status) noexcept {
    const std::unique_ptr<cancel_call> self(static_cast<cancel_call *>(context));
    taken();
    if (status == TENON_STATUS_CANCELLED)
      self->f();
  }
};

/// Registers with whatever can be asked to end, by its C function.
template <class Handle, class OnCancel, class F>
void register_cancel(OnCancel on_cancel, Handle *handle, tenon_executor_t *executor, F f) {
  auto call = std::make_unique<cancel_call<F>>(cancel_call<F>{std::move(f)});
  given();
  const tenon_status_t status =
      on_cancel(handle, executor, &cancel_call<F>::tell, call.get(), nullptr);
  if (status == TENON_STATUS_OK)
    static_cast<void>(call.release());
  else if (status == TENON_STATUS_CANCELLED)
    call->f();
  else if (status != TENON_STATUS_STALE && status != TENON_STATUS_ALREADY_SETTLED)
    require(status);
}

} // namespace TENON_VARIANT

template <class T>
template <class F>
void promise_base<T>::on_cancel(tenon_executor_t *executor, F f) {
  constexpr bool fits = std::is_invocable_v<F &>;
  static_assert(fits, "on_cancel(executor, f): f takes no arguments");
  require_state();
  if constexpr (fits)
    register_cancel(tenon_promise_on_cancel, handle_, executor, std::move(f));
}

} // namespace detail

/// The producer's end.
template <class T> class promise : public detail::promise_base<T> {
  using base = detail::promise_base<T>;

public:
  using base::base;
  promise() = default;

  TENON_TAG void set_value(const T &value) { this->set(value); }
  TENON_TAG void set_value(T &&value) { this->set(std::move(value)); }
  TENON_TAG void set_value_at_thread_exit(const T &value) { this->set_later(value); }
  TENON_TAG void set_value_at_thread_exit(T &&value) { this->set_later(std::move(value)); }

  /// Settles without exceptions: OK, or TENON_STATUS_ALREADY_SETTLED. Not in std::promise.
  template <class U = T> TENON_TAG [[nodiscard]] tenon_status_t try_set_value(U &&value) {
    return this->try_set(std::forward<U>(value));
  }

  void swap(promise &other) noexcept { base::swap(other); }
};

template <class T> class promise<T &> : public detail::promise_base<T &> {
  using base = detail::promise_base<T &>;

public:
  using base::base;
  promise() = default;

  TENON_TAG void set_value(T &value) { this->set(std::addressof(value)); }
  TENON_TAG void set_value_at_thread_exit(T &value) { this->set_later(std::addressof(value)); }
  TENON_TAG [[nodiscard]] tenon_status_t try_set_value(T &value) {
    return this->try_set(std::addressof(value));
  }

  void swap(promise &other) noexcept { base::swap(other); }
};

template <> class promise<void> : public detail::promise_base<void> {
public:
  using promise_base::promise_base;
  promise() = default;

  TENON_TAG void set_value() { set(); }
  TENON_TAG void set_value_at_thread_exit() { set_later(); }
  TENON_TAG [[nodiscard]] tenon_status_t try_set_value() { return try_set(); }

  void swap(promise &other) noexcept { promise_base::swap(other); }
};

template <class T> void swap(promise<T> &left, promise<T> &right) noexcept { left.swap(right); }

namespace detail {
inline namespace TENON_VARIANT {

/// When a promise is settled: at once, or when this thread ends.
enum class settling { now, at_thread_exit };

/// Settles with what f(arguments...) returns or throws.
template <settling when = settling::now, class T, class F, class... Arguments>
void settle_by(promise<T> &promise, F &&f, Arguments &&...arguments) {
  const auto set = [&](auto &&...value) {
    if constexpr (when == settling::now)
      promise.set_value(std::forward<decltype(value)>(value)...);
    else
      promise.set_value_at_thread_exit(std::forward<decltype(value)>(value)...);
  };
  const auto run = [&] {
    if constexpr (std::is_void_v<T>) {
      std::invoke(std::forward<F>(f), std::forward<Arguments>(arguments)...);
      set();
    } else
      set(std::invoke(std::forward<F>(f), std::forward<Arguments>(arguments)...));
  };
#if TENON_HAS_EXCEPTIONS
  try {
    run();
  } catch (...) {
    if constexpr (when == settling::now)
      promise.set_exception(std::current_exception());
    else
      promise.set_exception_at_thread_exit(std::current_exception());
  }
#else
  run();
#endif
}

} // namespace TENON_VARIANT
} // namespace detail
} // namespace tenon

template <class T, class Allocator>
struct std::uses_allocator<tenon::promise<T>, Allocator> : std::true_type {};

#endif // TENON_PROMISE_HPP
