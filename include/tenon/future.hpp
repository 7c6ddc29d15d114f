/// @file tenon/future.hpp
///
/// tenon::future<T>: std::future<T> over a tenon_future_t, and what comes beyond it.
///
/// T is any movable type, T & or void, whoever produced it; see value.hpp. What std::future does not
/// have: cancel(), then() (then.hpp), co_await (coroutine.hpp), a stop token (stop.hpp), the handle.
/// A wait that could never end throws instead, with the condition
/// std::errc::resource_deadlock_would_occur. Letting go of a pending future cancels the work.
#ifndef TENON_FUTURE_HPP
#define TENON_FUTURE_HPP

#include <tenon/source.hpp>
#include <tenon/time.hpp>
#include <tenon/value.hpp>

#include <future>
#include <optional>
#include <utility>

namespace tenon {

template <class T> class shared_future;
template <class T> class task; // task.hpp

namespace detail {

inline namespace TENON_VARIANT {

/// A function that gives a task, where nobody would start it.
template <class T> inline constexpr bool is_task = false;
template <class T> inline constexpr bool is_task<task<T>> = true;

/// Whether a status says how a future ended.
constexpr bool is_end(tenon_status_t status) noexcept {
  return status == TENON_STATUS_OK || status == TENON_STATUS_REJECTED ||
         status == TENON_STATUS_CANCELLED;
}

} // namespace TENON_VARIANT

/// What public types consist of: the same in all units.
namespace layout {

/// One reference to a future, and what does not depend on the type of its value.
class future_base {
public:
  constexpr future_base() noexcept = default;
  future_base(future_base &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  future_base &operator=(future_base &&other) noexcept {
    future_base moved(std::move(other));
    std::swap(handle_, moved.handle_);
    return *this;
  }
  ~future_base() {
    if (handle_)
      tenon_future_release(handle_);
  }

  [[nodiscard]] bool valid() const noexcept { return handle_ != nullptr; }

  /// Throws std::system_error where waiting would be a deadlock, as inside an executor's poll.
  TENON_TAG void wait() const { static_cast<void>(wait_ns(TENON_FOREVER)); }

  template <class Rep, class Period>
  TENON_TAG std::future_status wait_for(const std::chrono::duration<Rep, Period> &timeout) const {
    return wait_ns(timeout_ns(timeout));
  }

  template <class Clock, class Duration>
  TENON_TAG std::future_status
  wait_until(const std::chrono::time_point<Clock, Duration> &deadline) const {
    for (auto now = Clock::now(); now < deadline; now = Clock::now())
      if (wait_ns(timeout_ns(deadline - now)) == std::future_status::ready)
        return std::future_status::ready;
    return wait_ns(0);
  }

  /// Waits; answers as tenon_future_wait(), and throws nothing.
  [[nodiscard]] tenon_status_t try_wait(std::uint64_t timeout_ns = TENON_FOREVER) const noexcept {
    tenon_status_t status = tenon_future_poll(handle_);
    if (status == TENON_STATUS_PENDING)
      status = timeout_ns == 0 ? TENON_STATUS_TIMEOUT : tenon_future_wait(handle_, timeout_ns);
    static_cast<void>(seen(is_end(status)));
    return status;
  }

  /// Whether get() would return at once. Not in std::future.
  [[nodiscard]] bool is_ready() const noexcept {
    return handle_ && seen(tenon_future_poll(handle_) != TENON_STATUS_PENDING);
  }

  /// Requests that the work ends early: tenon_future_cancel().
  void cancel() const noexcept {
    given();
    tenon_future_cancel(handle_);
  }

  /// The same, and says why: promise::cancel_reason() gives it, in every language.
  void cancel(const error &reason) const noexcept {
    given();
    tenon_future_cancel_with(handle_, reason.handle());
  }

  /// Lets the work go on when this is let go of: tenon_future_detach().
  void detach() const noexcept { tenon_future_detach(handle_); }

  /// Names it for people who look into the process, with the place of the call: tenon_future_set_name().
  void set_name(const char *name, const tenon_source_t &place = here()) const noexcept {
    static_cast<void>(tenon_future_set_name(handle_, name, &place));
  }

  /// The handle, lent.
  [[nodiscard]] tenon_future_t *handle() const noexcept { return handle_; }

  /// Gives the handle away: whoever has it releases it.
  [[nodiscard]] tenon_future_t *release() noexcept { return std::exchange(handle_, nullptr); }

  /// Why it ended without a value; nothing if it has one, or is pending.
  TENON_TAG [[nodiscard]] std::optional<error> failure() const {
    return detail::error_from(tenon_future_copy_error, handle_);
  }

protected:
  explicit future_base(tenon_future_t *handle) noexcept : handle_(handle) {}

  TENON_TAG std::future_status wait_ns(std::uint64_t timeout_ns) const {
    require_state();
    const tenon_status_t status = try_wait(timeout_ns);
    if (status == TENON_STATUS_TIMEOUT)
      return std::future_status::timeout;
    if (!is_end(status))
      raise(status);
    return std::future_status::ready;
  }

  TENON_TAG void require_state() const {
    if (!handle_)
      raise(std::future_errc::no_state);
  }

  tenon_future_t *handle_ = nullptr;
};

} // namespace layout
using namespace layout;

} // namespace detail

/// The one reader of a result.
template <class T> class future : public detail::future_base {
  static_assert(!std::is_array_v<T> && !std::is_rvalue_reference_v<T> &&
                    (std::is_void_v<T> || std::is_reference_v<T> ||
                     (std::is_object_v<T> && std::is_destructible_v<T>)),
                "a future's value is an object, a reference or void");

public:
  using value_type = T;

  constexpr future() noexcept = default;
  future(future &&) noexcept = default;
  future &operator=(future &&) noexcept = default;

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static future adopt(tenon_future_t *handle) noexcept { return future(handle); }

  /// Makes a reference of its own to a future that C lends; an empty one if there is none.
  [[nodiscard]] static future borrow(tenon_future_t *handle) noexcept {
    return future(tenon_future_retain(handle) == TENON_STATUS_OK ? handle : nullptr);
  }

  [[nodiscard]] shared_future<T> share() noexcept;

  /// As std::future's. Throws tenon::cancelled if the work was cancelled, and tenon::error for what
  /// another language failed with; after any of these, valid() is false. A wait that would be a
  /// deadlock throws, and leaves it as it was.
  TENON_TAG T get() {
    require_state();
    tenon_value_t value;
    const tenon_status_t status = take(value);
    if (status != TENON_STATUS_OK)
      get_slowly(status, value);
    if constexpr (!std::is_void_v<T>)
      return detail::load<T>(value);
  }

  /// Moves the value out if it is there, without exceptions and without waiting: `out` is a
  /// std::optional<T>; of a std::reference_wrapper for T &, and nothing for void.
  ///
  /// Answers as tenon_future_take(): PENDING, REJECTED and CANCELLED leave the future as it is, so
  /// that failure() can be asked; OK leaves it empty. INVALID, too, if the value is no T.
  template <class... Out> TENON_TAG [[nodiscard]] tenon_status_t try_get(Out &...out);

  /// What comes after: see then.hpp. Letting go of what it gives cancels the work; detach() it.
  template <class... F> TENON_TAG [[nodiscard]] auto then(tenon_executor_t *executor, F &&...f);
  template <class F, class = std::enable_if_t<!std::is_convertible_v<F, tenon_executor_t *>>,
            class... G>
  future<void> then(F &&, G &&...) {
    static_assert(!sizeof(F *),
                  "then(executor, f): where f runs comes first; nullptr: where the future settles");
    return {};
  }

#if TENON_HAS_STOP_TOKEN
  /// The same result, whose work is asked to end when a stop is requested. See stop.hpp.
  TENON_TAG [[nodiscard]] future with_stop(std::stop_token token);
#endif

#if TENON_HAS_COROUTINES
  /// What to co_await so as to go on in the executor's poll. See coroutine.hpp.
  TENON_TAG [[nodiscard]] auto on(tenon_executor_t *executor);

  /// What to co_await so as to go on where it settles, at once, on whichever thread.
  TENON_TAG [[nodiscard]] auto anywhere();
#endif

  void swap(future &other) noexcept { std::swap(handle_, other.handle_); }

private:
  explicit future(tenon_future_t *handle) noexcept : future_base(handle) {}

  /// With a value, also gives the reference back. Of void there is nothing to take: any number of
  /// readers, as of a stream's end, may have it.
  tenon_status_t take([[maybe_unused]] tenon_value_t &value) noexcept {
    tenon_status_t status;
    if constexpr (std::is_void_v<T>) {
      status = tenon_future_poll(handle_);
      if (status == TENON_STATUS_OK)
        tenon_future_release(handle_);
    } else
      status = tenon_future_consume(handle_, &value);
    // First what the thread that settled it has done, which may have looked at this object.
    static_cast<void>(detail::seen(detail::is_end(status)));
    if (status == TENON_STATUS_OK)
      handle_ = nullptr;
    return status;
  }

  TENON_TAG [[gnu::cold, gnu::noinline]] void get_slowly(tenon_status_t status,
                                                         tenon_value_t &value) {
    if (status == TENON_STATUS_PENDING) {
      wait();
      status = take(value);
    }
    if (status == TENON_STATUS_OK)
      return;
    const future ended = std::move(*this);
    detail::raise_end_of(ended.handle_, status);
  }
};

template <class T> void swap(future<T> &left, future<T> &right) noexcept { left.swap(right); }

template <class T> template <class... Out> tenon_status_t future<T>::try_get(Out &...out) {
  static_assert(sizeof...(Out) == (std::is_void_v<T> ? 0 : 1),
                "try_get(std::optional<T> &), and try_get() for void");
  tenon_value_t value;
  const tenon_status_t status = take(value);
  if (status != TENON_STATUS_OK)
    return status;
  if constexpr (!std::is_void_v<T>) {
    if (!detail::holds<T>(value)) {
      tenon_value_drop(&value);
      return TENON_STATUS_INVALID;
    }
    (out.emplace(detail::load<T>(value)), ...);
  }
  return TENON_STATUS_OK;
}

} // namespace tenon

#endif // TENON_FUTURE_HPP
