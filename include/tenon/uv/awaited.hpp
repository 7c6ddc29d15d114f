/// @file tenon/uv/awaited.hpp
///
/// A handle that brings one thing after the other, such as a listener its connections, for whoever waits for the next.
/// For the own use of tenon/uv.hpp.
#ifndef TENON_UV_AWAITED_HPP
#define TENON_UV_AWAITED_HPP

#include <tenon/uv/operation.hpp>

#include <deque>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// Who waits is in a queue, on the loop's thread. When it is closed all are told.
template <class T> class awaited_handle : public open_handle {
public:
  using open_handle::open_handle;

  /// Ends with what comes next. A cancel ends it at once, and takes nothing.
  static future<T> next(std::shared_ptr<awaited_handle> of) {
    return waits::start(std::make_shared<waits>(std::move(of)));
  }

protected:
  /// Ends `waiter` with what came while nobody waited; false: nothing did.
  virtual bool take(operation<T> &waiter) = 0;

  /// There is one more in the queue, or one has given up.
  virtual void waiters_changed() noexcept {}

  std::deque<std::shared_ptr<operation<T>>> waiters_;

private:
  class waits final : public operation<T> {
  public:
    explicit waits(std::shared_ptr<awaited_handle> of)
        : operation<T>(of->where()), handle_(std::move(of)) {}

  private:
    void begin() override { handle_->wait(this->shared_from_this()); }
    void cancel() noexcept override {
      handle_->give_up(this);
      this->acknowledge();
    }

    const std::shared_ptr<awaited_handle> handle_;
  };

  void wait(std::shared_ptr<operation<T>> waiter) {
    if (const int code = refusal())
      return waiter->fail(code);
    if (take(*waiter))
      return;
    waiters_.push_back(std::move(waiter));
    waiters_changed();
  }

  void give_up(const operation<T> *waiter) noexcept {
    for (auto place = waiters_.begin(); place != waiters_.end(); ++place)
      if (place->get() == waiter) {
        waiters_.erase(place);
        return waiters_changed();
      }
  }

  void tell(const error &why) noexcept final {
    for (const auto &waiter : std::exchange(waiters_, {}))
      waiter->fail(why);
  }
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

#endif // TENON_UV_AWAITED_HPP
