/// @file tenon/from_std.hpp
///
/// Between std::future and tenon::future.
#ifndef TENON_FROM_STD_HPP
#define TENON_FROM_STD_HPP

#include <tenon/then.hpp>

#include <future>
#include <thread>

namespace tenon {

/// The result of a std::future, to be awaited, continued or given to C.
///
/// A std::future can only be waited for: unless it is ready, this starts a thread that does so, and
/// that ends with the result. It is the one thread that Tenon ever starts. A cancel is not passed
/// on, since there is no way to.
template <class T> TENON_TAG [[nodiscard]] future<T> from_std(std::future<T> source) {
  if (!source.valid())
    detail::raise(std::future_errc::no_state);
  promise<T> promise;
  future<T> result = promise.get_future();
  const bool is_ready =
      source.wait_for(std::chrono::seconds(0)) != std::future_status::timeout; // or deferred
  auto settle = [promise = std::move(promise), source = std::move(source)]() mutable {
    detail::settle_by(promise, [&source]() -> T { return source.get(); });
  };
  if (is_ready)
    settle();
  else
    std::thread(std::move(settle)).detach();
  return result;
}

/// A std::future for the same result.
template <class T> TENON_TAG [[nodiscard]] std::future<T> to_std(future<T> source) {
  std::promise<T> promise;
  std::future<T> result = promise.get_future();
  source
      .then(nullptr,
            [promise = std::move(promise)](future<T> ended) mutable {
#if TENON_HAS_EXCEPTIONS
              try {
#endif
                if constexpr (std::is_void_v<T>) {
                  ended.get();
                  promise.set_value();
                } else
                  promise.set_value(ended.get());
#if TENON_HAS_EXCEPTIONS
              } catch (...) {
                promise.set_exception(std::current_exception());
              }
#endif
            })
      .detach();
  return result;
}

} // namespace tenon

#endif // TENON_FROM_STD_HPP
