/// @file tenon/async.hpp
///
/// tenon::async(executor, f, arguments...): std::async, where "where" is an executor.
#ifndef TENON_ASYNC_HPP
#define TENON_ASYNC_HPP

#include <tenon/promise.hpp>
#include <tenon/stop.hpp>

#include <memory>
#include <tuple>

namespace tenon {
namespace detail {
inline namespace TENON_VARIANT {

/// Whether f wants a stop token before its other arguments, as std::jthread's functions may.
#if TENON_HAS_STOP_TOKEN
template <class F, class... Arguments>
inline constexpr bool takes_stop_token = std::is_invocable_v<F, std::stop_token, Arguments...>;
#else
template <class F, class... Arguments> inline constexpr bool takes_stop_token = false;
#endif

/// void: it cannot be called so, which async() tells.
template <class F, class... Arguments> struct called {
  template <bool can, class = void> struct of { using type = void; };
  template <class Same> struct of<true, Same> : std::invoke_result<F, Arguments...> {};
  using type = typename of<std::is_invocable_v<F, Arguments...>>::type;
};

template <class F, class... Arguments> struct async_result {
#if TENON_HAS_STOP_TOKEN
  template <bool takes, class = void> struct of : called<F, Arguments...> {};
  template <class Same>
  struct of<true, Same> : std::invoke_result<F, std::stop_token, Arguments...> {};
  using type = typename of<takes_stop_token<F, Arguments...>>::type;
#else
  using type = typename called<F, Arguments...>::type;
#endif
};

template <class R> struct value_of { using type = R; };
template <class T> struct value_of<task<T>> { using type = T; };
template <class F, class... Arguments>
using async_value = typename value_of<typename async_result<F, Arguments...>::type>::type;

/// Whether async() can be called so. Tells if not.
template <class F, class... Arguments> constexpr bool is_asynchronous() {
  constexpr bool fits = takes_stop_token<F, Arguments...> || std::is_invocable_v<F, Arguments...>;
  static_assert(fits, "async(executor, f, arguments...): f takes copies of the arguments; by "
                      "reference only what is in a std::ref()");
  constexpr bool starts = !is_task<typename async_result<F, Arguments...>::type>;
  static_assert(starts,
                "async(executor, f, arguments...): nobody would start the task that f gives: "
                "f(arguments...).start(executor) does");
  return fits && starts;
}

/// What is posted: the call, and where its result goes.
template <class R, class F, class... Arguments> struct async_job {
  promise<R> result;
  F f;
  std::tuple<Arguments...> arguments;

  static void run(void *context, tenon_status_t status) noexcept {
    const std::unique_ptr<async_job> self(static_cast<async_job *>(context));
    taken();
    if (status != TENON_STATUS_OK || self->result.is_cancelled())
      self->result.cancel();
    else
      self->call(std::index_sequence_for<Arguments...>());
  }

  template <std::size_t... Index> void call(std::index_sequence<Index...>) {
#if TENON_HAS_STOP_TOKEN
    if constexpr (takes_stop_token<F, Arguments...>)
      return settle_by(result, std::move(f), result.get_stop_token(),
                       std::get<Index>(std::move(arguments))...);
    else
#endif
      settle_by(result, std::move(f), std::get<Index>(std::move(arguments))...);
  }
};

template <class R, class F, class... Arguments>
future<R> async_on(tenon_executor_t *executor, F &&f, Arguments &&...arguments) {
  using job = async_job<R, std::decay_t<F>, std::decay_t<Arguments>...>;
  std::unique_ptr<job> made(
      new job{promise<R>(executor), std::forward<F>(f), {std::forward<Arguments>(arguments)...}});
  future<R> result = made->result.get_future();
  given();
  require(tenon_executor_post(executor, &job::run, made.get()));
  static_cast<void>(made.release());
  return result;
}

} // namespace TENON_VARIANT
} // namespace detail

/// Has f(arguments...) called in the executor's poll, on copies as std::async makes them, and gives
/// its result. If f accepts one, it gets a std::stop_token first that tells of a cancel.
///
/// A future that is cancelled or let go of before its turn never starts, and ends as cancelled; so
/// does one whose executor closes. Unlike std::async's, the future's destructor does not block.
/// Throws tenon::error with TENON_STATUS_CLOSED on a closed executor.
template <class F, class... Arguments>
TENON_TAG [[nodiscard]] auto async(tenon_executor_t *executor, F &&f, Arguments &&...arguments)
    -> future<detail::async_value<std::decay_t<F>, std::decay_t<Arguments>...>> {
  using R = detail::async_value<std::decay_t<F>, std::decay_t<Arguments>...>;
  if constexpr (!detail::is_asynchronous<std::decay_t<F>, std::decay_t<Arguments>...>())
    return future<R>();
  else
    return detail::async_on<R>(executor, std::forward<F>(f), std::forward<Arguments>(arguments)...);
}

template <class F, class... Arguments,
          class = std::enable_if_t<!std::is_convertible_v<F, tenon_executor_t *>>>
future<void> async(F &&, Arguments &&...) {
  static_assert(!sizeof(F *), "async(executor, f, arguments...): where f runs comes first");
  return {};
}

} // namespace tenon

#endif // TENON_ASYNC_HPP
