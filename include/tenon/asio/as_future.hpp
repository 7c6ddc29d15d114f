/// @file tenon/asio/as_future.hpp
///
/// Asio's operations as futures.
#ifndef TENON_ASIO_AS_FUTURE_HPP
#define TENON_ASIO_AS_FUTURE_HPP

#include <tenon/asio/which.hpp>
#include <tenon/tenon.hpp>

#include <atomic>
#include <exception>
#include <memory>
#include <system_error>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility>

namespace tenon {
inline namespace TENON_ASIO_NAME {

/// A completion token: an operation gives a future. An error is its error, operation_aborted a cancel. Where
/// Asio can cancel single operations (1.19), a cancel of the future does, or letting go of it: where the operation's
/// executor runs. A cancel from elsewhere is on its way there for a while, in which the socket or timer has to live.
struct as_future_t {};
inline constexpr as_future_t as_future{};

namespace asio_detail {

/// What an operation's arguments are as one value.
template <class... Values> struct asio_value { using type = std::tuple<Values...>; };
template <> struct asio_value<> { using type = void; };
template <class Value> struct asio_value<Value> { using type = Value; };

template <class First> inline constexpr bool is_asio_error = false;
template <> inline constexpr bool is_asio_error<std::exception_ptr> = true;
#if defined(ASIO_STANDALONE)
template <> inline constexpr bool is_asio_error<std::error_code> = true;
#else
template <> inline constexpr bool is_asio_error<boost::system::error_code> = true;
#endif

template <class... Arguments> struct asio_result : asio_value<std::decay_t<Arguments>...> {};
template <class First, class... Rest>
struct asio_result<First, Rest...>
    : std::conditional_t<is_asio_error<std::decay_t<First>>, asio_value<std::decay_t<Rest>...>,
                         asio_value<std::decay_t<First>, std::decay_t<Rest>...>> {};

#if TENON_ASIO_HAS_SLOTS
/// Cancels an operation. Not after it has ended, when what it was of may be gone.
class asio_cancel : public std::enable_shared_from_this<asio_cancel> {
public:
  TENON_ASIO::cancellation_slot slot() noexcept { return signal_.slot(); }
  void ended() noexcept { has_ended_ = true; }

  /// Any thread. A signal is for the one where the operation runs: if that is here, at once, for what it is of may go
  /// next. If it is not, what has aborted the operation meanwhile tells that first.
  template <class Executor> void cancel(const Executor &where) {
    is_asking_ = true;
    TENON_ASIO::dispatch(where,
                         [self = shared_from_this(), asker = std::this_thread::get_id(), where] {
                           if (self->is_asking_ && asker == std::this_thread::get_id())
                             self->emit();
                           else
                             TENON_ASIO::post(where, [self] { self->emit(); });
                         });
    is_asking_ = false;
  }

private:
  void emit() {
    if (!has_ended_)
      signal_.emit(TENON_ASIO::cancellation_type::terminal);
  }

  TENON_ASIO::cancellation_signal signal_;
  std::atomic<bool> has_ended_{false}, is_asking_{false};
};
#endif

/// The handler of such an operation.
template <class T> struct asio_promise {
  promise<T> result;
#if TENON_ASIO_HAS_SLOTS
  using cancellation_slot_type = TENON_ASIO::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept { return cancel->slot(); }
  std::shared_ptr<asio_cancel> cancel = std::make_shared<asio_cancel>();
#endif

  void ended() const noexcept {
#if TENON_ASIO_HAS_SLOTS
    cancel->ended();
#endif
  }

  template <class... Values> void settle(Values &&...values) {
    ended();
    if constexpr (std::is_void_v<T>)
      result.set_value();
    else
      result.set_value(T(std::forward<Values>(values)...));
  }

  template <class... Arguments> void operator()(Arguments &&...arguments) {
    settle(std::forward<Arguments>(arguments)...);
  }
  void operator()() { settle(); }
  template <class First, class... Rest,
            class = std::enable_if_t<is_asio_error<std::decay_t<First>>>>
  void operator()(First &&failure, Rest &&...values) {
    if (!failure)
      return settle(std::forward<Rest>(values)...);
    ended();
    if constexpr (std::is_same_v<std::decay_t<First>, std::exception_ptr>)
      result.set_exception(failure);
    else if (failure == TENON_ASIO::error::operation_aborted)
      result.cancel();
    else
      result.set_exception(std::make_exception_ptr(std::system_error(std::error_code(failure))));
  }
};

} // namespace asio_detail
} // namespace TENON_ASIO_NAME
} // namespace tenon

#if defined(ASIO_STANDALONE)
namespace asio {
#else
namespace boost::asio {
#endif

template <class R, class... Arguments>
class async_result<::tenon::TENON_ASIO_NAME::as_future_t, R(Arguments...)> {
public:
  using value_type =
      typename ::tenon::TENON_ASIO_NAME::asio_detail::asio_result<Arguments...>::type;
  using return_type = ::tenon::future<value_type>;

  template <class Initiation, class... Initial>
  static return_type initiate(Initiation &&initiation, ::tenon::TENON_ASIO_NAME::as_future_t,
                              Initial &&...initial) {
    ::tenon::TENON_ASIO_NAME::asio_detail::asio_promise<value_type> handler;
    return_type result = handler.result.get_future();
#if TENON_ASIO_HAS_SLOTS
    // Where the operation runs, if it says so.
    if constexpr (std::is_same_v<decltype(has_executor<Initiation>(0)), std::true_type>)
      handler.result.on_cancel(
          nullptr,
          [cancel = handler.cancel, where = initiation.get_executor()] { cancel->cancel(where); });
#endif
    std::forward<Initiation>(initiation)(std::move(handler), std::forward<Initial>(initial)...);
    return result;
  }

private:
  template <class Initiation>
  static auto has_executor(int)
      -> decltype(std::declval<std::decay_t<Initiation> &>().get_executor(), std::true_type());
  template <class Initiation> static std::false_type has_executor(...);
};
}

#endif // TENON_ASIO_AS_FUTURE_HPP
