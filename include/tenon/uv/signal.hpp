/// @file tenon/uv/signal.hpp
///
/// tenon::uv::signal_source: a signal of the process, awaited.
#ifndef TENON_UV_SIGNAL_HPP
#define TENON_UV_SIGNAL_HPP

#include <tenon/uv/awaited.hpp>
#include <tenon/uv/loop.hpp>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// What takes a signal, on the loop's thread. It keeps the loop alive only while somebody waits.
class signal_state final : public awaited_handle<void> {
public:
  using awaited_handle::awaited_handle;

  int begin(int number) {
    if (const int code = uv_signal_init(core_->loop(), &raw_.signal))
      return code;
    begun();
    uv_unref(base());
    return uv_signal_start(
        &raw_.signal, [](uv_signal_t *raw, int) { behind<signal_state>(raw)->came(); }, number);
  }

private:
  bool take(operation<void> &waiter) override {
    if (!std::exchange(has_come_, false))
      return false;
    waiter.succeed([] {});
    return true;
  }

  void came() noexcept {
    const auto waiters = std::exchange(waiters_, {});
    has_come_ = waiters.empty();
    waiters_changed();
    for (const auto &waiter : waiters)
      waiter->succeed([] {});
  }

  void waiters_changed() noexcept override {
    if (!is_open())
      return;
    if (waiters_.empty())
      uv_unref(base());
    else
      uv_ref(base());
  }

  bool has_come_ = false;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// Takes a signal for as long as this lives, in the place of what the system does with it. Any thread may call.
class [[nodiscard]] signal_source {
public:
  explicit signal_source(std::shared_ptr<uv_detail::signal_state> state) noexcept
      : state_(std::move(state)) {}
  signal_source(signal_source &&) noexcept = default;
  signal_source &operator=(signal_source &&) noexcept = default;

  /// The next time that the signal comes; at once if it has, since the last one that was told. As signals do, several that
  /// come meanwhile count as one.
  [[nodiscard]] future<void> next() const { return uv_detail::signal_state::next(*state_); }

  /// Leaves the signal to who had it before, and tells when that is done.
  [[nodiscard]] future<void> close() const { return state_.close(); }

private:
  uv_detail::owner<uv_detail::signal_state> state_;
};

inline future<signal_source> loop::signals(int number) const {
  return uv_detail::on_loop<signal_source>(core_, [where = core_, number](auto &operation) {
    auto made = std::make_shared<uv_detail::signal_state>(where);
    if (const int code = made->begin(number)) {
      made->close(uv_detail::uv_error(code));
      return operation.fail(code);
    }
    operation.succeed([&] { return signal_source(std::move(made)); });
  });
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_SIGNAL_HPP
