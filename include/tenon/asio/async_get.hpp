/// @file tenon/asio/async_get.hpp
///
/// Futures as Asio's operations.
#ifndef TENON_ASIO_ASYNC_GET_HPP
#define TENON_ASIO_ASYNC_GET_HPP

#include <tenon/asio/which.hpp>
#include <tenon/tenon.hpp>

#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

namespace tenon {
inline namespace TENON_ASIO_NAME {

namespace asio_detail {

template <class T> struct asio_signature { using type = void(std::exception_ptr, T); };
template <> struct asio_signature<void> { using type = void(std::exception_ptr); };

/// Tells a handler, where it runs, how a future has ended.
template <class T, class Handler> void tell_asio(Handler &&handler, future<T> ended) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    try {
      ended.get();
    } catch (...) {
      failure = std::current_exception();
    }
    std::forward<Handler>(handler)(failure);
  } else {
    std::optional<T> value;
    try {
      value.emplace(ended.get());
    } catch (...) {
      failure = std::current_exception();
    }
    if constexpr (std::is_default_constructible_v<T>)
      std::forward<Handler>(handler)(failure, value ? std::move(*value) : T());
    else
      static_assert(std::is_default_constructible_v<T>,
                    "Asio gives a handler a value beside an error, too: wrap it in std::optional");
  }
}

} // namespace asio_detail

/// Waits for a future with any completion token: void(std::exception_ptr, T). The handler runs where its
/// associated executor says. A cancellation of the operation is one of the future.
template <class T, class Token> auto async_get(future<T> source, Token &&token) {
  return TENON_ASIO::async_initiate<Token, typename asio_detail::asio_signature<T>::type>(
      [](auto handler, future<T> waited) {
        auto work = TENON_ASIO::make_work_guard(TENON_ASIO::get_associated_executor(handler));
#if TENON_ASIO_HAS_SLOTS
        if (auto slot = TENON_ASIO::get_associated_cancellation_slot(handler); slot.is_connected())
          slot.assign([lent = future<T>::borrow(waited.handle())](auto) { lent.cancel(); });
#endif
        waited
            .then(nullptr,
                  [handler = std::move(handler), work = std::move(work)](future<T> done) mutable {
                    auto where = work.get_executor();
                    TENON_ASIO::post(where, [handler = std::move(handler), work = std::move(work),
                                             done = std::move(done)]() mutable {
#if TENON_ASIO_HAS_SLOTS
                      TENON_ASIO::get_associated_cancellation_slot(handler).clear();
#endif
                      asio_detail::tell_asio<T>(std::move(handler), std::move(done));
                    });
                  })
            .detach();
      },
      token, std::move(source));
}

} // namespace TENON_ASIO_NAME
} // namespace tenon

#endif // TENON_ASIO_ASYNC_GET_HPP
