/// @file tenon/then.hpp
///
/// future<T>::then(executor, f): what happens with a result when it is there.
///
///     future.then(executor, [](T value) { ... })              a value; an end without one is passed on
///     future.then(executor, f, [](std::exception_ptr) { ... }) the same, and what to do without
///     future.then(executor, [](tenon::future<T> ended) { ... }) either
///
/// f runs in the executor's poll, or with nullptr on the thread that settles (at once, if it has
/// settled). The result is a future for what f returns; if that is a future itself, for its result.
/// A cancel of the result goes to whatever it waits for. If the executor closes first, f is
/// destroyed and the result is cancelled.
#ifndef TENON_THEN_HPP
#define TENON_THEN_HPP

#include <tenon/link.hpp>

#include <functional>
#include <memory>

namespace tenon {
namespace detail {
inline namespace TENON_VARIANT {

/// future<U> stands for U.
template <class R> struct unwrapped {
  using type = R;
  static constexpr bool is_future = false;
};
template <class U> struct unwrapped<future<U>> {
  using type = U;
  static constexpr bool is_future = true;
};

template <class F, class T> struct takes_value : std::is_invocable<F, T> {};
template <class F> struct takes_value<F, void> : std::is_invocable<F> {};

template <class T, class F>
inline constexpr bool takes_first = takes_value<F, T>::value || std::is_invocable_v<F, future<T>>;

/// The one function for a value, or for the ended future.
template <class F, class T, bool = takes_value<F, T>::value> struct then_result {
  using type = std::invoke_result_t<F, T>;
};
template <class F> struct then_result<F, void, true> { using type = std::invoke_result_t<F>; };
template <class F, class T> struct then_result<F, T, false> {
  using type = std::invoke_result_t<F, future<T>>;
};

/// How a future ended, as an exception.
#if TENON_HAS_EXCEPTIONS
template <class T> std::exception_ptr exception_of(future<T> ended) noexcept {
  try {
    static_cast<void>(ended.get());
  } catch (...) {
    return std::current_exception();
  }
  return nullptr;
}
#endif

template <class T, class F, class OnError> struct continuation final : link {
  static constexpr bool wants_value = takes_value<F, T>::value;
  static constexpr bool has_on_error = !std::is_same_v<OnError, nothing>;
  using returned = typename then_result<F, T>::type;
  using R = typename unwrapped<std::remove_cv_t<returned>>::type;

  future<T> source;
  promise<R> result;
  F f;
  OnError on_error;

  template <class FromF, class FromOnError>
  continuation(future<T> &&from, FromF &&value_call, FromOnError &&error_call)
      : link([](link *self) noexcept { delete static_cast<continuation *>(self); }),
        source(std::move(from)), f(std::forward<FromF>(value_call)),
        on_error(std::forward<FromOnError>(error_call)) {
    aim(source.handle());
  }

  static void told(void *context, tenon_status_t status, tenon_future_t *) noexcept {
    taken();
    static_cast<continuation *>(context)->run(status);
  }

  /// Consumes a reference.
  void run(tenon_status_t status) noexcept {
    if (!is_end(status))
      result.cancel();
    else if constexpr (!wants_value)
      return settle(std::move(f), std::move(source));
    else if (status == TENON_STATUS_OK)
      return with_value();
    else if constexpr (!has_on_error)
      forward(source.handle(), result.release());
#if TENON_HAS_EXCEPTIONS
    else if constexpr (std::is_invocable_v<OnError, std::exception_ptr>)
      return settle(std::move(on_error), exception_of(std::move(source)));
#endif
    else
      return settle(std::move(on_error), failure(status));
    release();
  }

  error failure(tenon_status_t status) const noexcept {
    const std::optional<error> found = source.failure();
    return found ? *found : error(status);
  }

  void with_value() noexcept {
#if TENON_HAS_EXCEPTIONS
    try {
#endif
      if constexpr (std::is_void_v<T>) {
        source.get();
        settle(std::move(f));
      } else
        settle(std::move(f), source.get());
#if TENON_HAS_EXCEPTIONS
    } catch (...) { // of another type, or its move threw
      result.set_exception(std::current_exception());
      release();
    }
#endif
  }

  template <class Call, class... Arguments>
  void settle(Call &&call, Arguments &&...arguments) noexcept {
    if constexpr (unwrapped<std::invoke_result_t<Call, Arguments...>>::is_future) {
#if TENON_HAS_EXCEPTIONS
      try {
#endif
        future<R> inner =
            std::invoke(std::forward<Call>(call), std::forward<Arguments>(arguments)...);
        return follow(inner.release(), result.release());
#if TENON_HAS_EXCEPTIONS
      } catch (...) {
        result.set_exception(std::current_exception());
      }
#endif
    } else
      settle_by(result, std::forward<Call>(call), std::forward<Arguments>(arguments)...);
    release();
  }
};

template <class T, class F, class OnError = nothing>
auto then(tenon_executor_t *executor, future<T> &&source, F &&f, OnError &&on_error = {}) {
  using node = continuation<T, std::decay_t<F>, std::decay_t<OnError>>;
  if (!source.valid())
    raise(std::future_errc::no_state);
  tenon_future_t *const handle = source.handle();
  auto *made = new node(std::move(source), std::forward<F>(f), std::forward<OnError>(on_error));
  future<typename node::R> result = made->result.get_future();
  made->retain();
  given();
  const tenon_status_t status =
      tenon_future_on_complete(handle, executor, &node::told, made, nullptr);
  if (status == TENON_STATUS_OK)
    made->pass_cancel_of(made->result.handle());
  else
    made->run(status == TENON_STATUS_SETTLED ? tenon_future_poll(handle) : status);
  made->release();
  return result;
}

/// Whether then() can be called with these functions. Tells if not.
template <class T, class F> constexpr bool are_continuations() {
  constexpr bool fits = takes_first<T, F>;
  static_assert(fits,
                "then(executor, f): f takes the future's value, or the future that has ended");
  if constexpr (fits) {
    constexpr bool starts = !is_task<typename then_result<F, T>::type>;
    static_assert(starts, "then(executor, f): nobody would start the task that f gives: let f "
                          "start(executor) it");
    return starts;
  }
  return fits;
}

template <class T, class F, class G> constexpr bool are_continuations() {
  constexpr bool takes =
      std::is_invocable_v<G, std::exception_ptr> || std::is_invocable_v<G, error>;
  static_assert(takes, "then(executor, f, g): g takes a std::exception_ptr, or a tenon::error");
  if constexpr (takes && are_continuations<T, F>()) {
    using R = typename unwrapped<std::remove_cv_t<typename then_result<F, T>::type>>::type;
    using OfG = typename std::conditional_t<std::is_invocable_v<G, std::exception_ptr>,
                                            std::invoke_result<G, std::exception_ptr>,
                                            std::invoke_result<G, error>>::type;
    using InG = typename unwrapped<std::remove_cv_t<OfG>>::type;
    constexpr bool agrees = std::is_void_v<R> == std::is_void_v<InG> &&
                            (std::is_void_v<R> || std::is_convertible_v<InG, R>);
    static_assert(agrees, "then(executor, f, g): g gives what f gives");
    return agrees;
  }
  return false;
}

template <class T, class F, class G, class H, class... More> constexpr bool are_continuations() {
  static_assert(!sizeof(T *), "then(executor, f) or then(executor, f, g)");
  return false;
}

} // namespace TENON_VARIANT
} // namespace detail

template <class T>
template <class... F>
auto future<T>::then(tenon_executor_t *executor, F &&...f) {
  if constexpr (detail::are_continuations<T, std::decay_t<F>...>())
    return detail::then(executor, std::move(*this), std::forward<F>(f)...);
  else
    return future<void>();
}

} // namespace tenon

#endif // TENON_THEN_HPP
