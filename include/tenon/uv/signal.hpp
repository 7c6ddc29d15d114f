/// @file tenon/uv/signal.hpp
///
/// tenon::uv::signal_source: a signal of the process, awaited.
#ifndef TENON_UV_SIGNAL_HPP
#define TENON_UV_SIGNAL_HPP

#include <tenon/uv/loop.hpp>
#include <tenon/uv/operation.hpp>

#include <deque>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

class next_signal;

/// What takes a signal, on the loop's thread. It keeps the loop alive only while somebody waits.
class signal_state final : public open_handle {
public:
  using open_handle::open_handle;

  int begin(int number) {
    if (const int code = uv_signal_init(core_->loop(), &raw_.signal))
      return code;
    begun();
    uv_unref(base());
    return uv_signal_start(
        &raw_.signal, [](uv_signal_t *raw, int) { behind<signal_state>(raw)->came(); }, number);
  }

  void wait(std::shared_ptr<next_signal> waiter);
  void give_up(next_signal *waiter) noexcept;

private:
  void came() noexcept;
  void tell(const error &why) noexcept override;
  void update() noexcept {
    if (!is_open())
      return;
    if (waiters_.empty())
      uv_unref(base());
    else
      uv_ref(base());
  }

  bool has_come_ = false;
  std::deque<std::shared_ptr<next_signal>> waiters_;
};

class next_signal final : public operation<void> {
public:
  explicit next_signal(std::shared_ptr<signal_state> source)
      : operation(source->where()), source_(std::move(source)) {}

private:
  void begin() override {
    source_->wait(std::static_pointer_cast<next_signal>(shared_from_this()));
  }
  void cancel() noexcept override {
    source_->give_up(this);
    acknowledge();
  }

  const std::shared_ptr<signal_state> source_;
};

inline void signal_state::wait(std::shared_ptr<next_signal> waiter) {
  if (const int code = refusal())
    return waiter->fail(code);
  if (std::exchange(has_come_, false))
    return waiter->succeed([] {});
  waiters_.push_back(std::move(waiter));
  update();
}

inline void signal_state::give_up(next_signal *waiter) noexcept {
  for (auto place = waiters_.begin(); place != waiters_.end(); ++place)
    if (place->get() == waiter) {
      waiters_.erase(place);
      return update();
    }
}

inline void signal_state::came() noexcept {
  const auto waiters = std::move(waiters_);
  waiters_.clear();
  has_come_ = waiters.empty();
  update();
  for (const auto &waiter : waiters)
    waiter->succeed([] {});
}

inline void signal_state::tell(const error &why) noexcept {
  const auto waiters = std::move(waiters_);
  waiters_.clear();
  for (const auto &waiter : waiters)
    waiter->fail(why);
}

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
  signal_source &operator=(signal_source &&other) noexcept {
    signal_source moved(std::move(other));
    state_.swap(moved.state_);
    return *this;
  }
  ~signal_source() {
    if (state_)
      state_->where()->ask(state_);
  }

  /// The next time that the signal comes; at once if it has, since the last one that was told. As signals do, several that
  /// come meanwhile count as one.
  [[nodiscard]] future<void> next() const {
    using uv_detail::next_signal;
    return next_signal::start(std::make_shared<next_signal>(state()));
  }

  /// Leaves the signal to who had it before, and tells when that is done.
  [[nodiscard]] future<void> close() const {
    using uv_detail::closing;
    return closing::start(std::make_shared<closing>(state()));
  }

private:
  [[nodiscard]] const std::shared_ptr<uv_detail::signal_state> &state() const {
    if (!state_)
      detail::raise(std::future_errc::no_state); // it was moved from
    return state_;
  }

  std::shared_ptr<uv_detail::signal_state> state_;
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
