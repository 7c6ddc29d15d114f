/// @file tenon/stop.hpp
///
/// Cancellation as std::stop_token has it, in both directions. C++20.
#ifndef TENON_STOP_HPP
#define TENON_STOP_HPP

#include <tenon/link.hpp>

#if TENON_HAS_STOP_TOKEN

#include <memory>
#include <optional>
#include <stop_token>

namespace tenon {
namespace detail {

template <class T> std::stop_token promise_base<T>::get_stop_token() {
  using holder = attached<std::stop_source>;
  if (!stop_) {
    auto made = std::make_unique<holder>();
    on_cancel(nullptr, [source = made->object]() mutable noexcept { source.request_stop(); });
    stop_.reset(made.release());
  }
  return static_cast<holder *>(stop_.get())->object.get_token();
}

inline namespace TENON_VARIANT {

/// Asks a future to be cancelled when a stop is requested, until it has settled.
class stop_link final : public link {
public:
  stop_link() noexcept : link([](link *self) noexcept { delete static_cast<stop_link *>(self); }) {}

  /// If a stop was requested, it is passed on before this returns.
  void listen(std::stop_token token) { callback_.emplace(std::move(token), request{this}); }

private:
  struct request {
    const link *self;
    void operator()() const noexcept { self->cancel_target(); }
  };
  std::optional<std::stop_callback<request>> callback_;
};

} // namespace TENON_VARIANT
} // namespace detail

template <class T> future<T> future<T>::with_stop(std::stop_token token) {
  require_state();
  promise<T> promise;
  future result = promise.get_future();
  auto *made = new detail::stop_link;
  made->retain();
  made->pass_cancel_of(promise.handle());
  made->follow(release(), promise.release());
  made->listen(std::move(token));
  made->release();
  return result;
}

} // namespace tenon

#endif // TENON_HAS_STOP_TOKEN

#endif // TENON_STOP_HPP
