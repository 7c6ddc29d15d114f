/// @file tenon/timeout.hpp
///
/// timeout(executor, future, duration): a result that is there in time, or an error.
#ifndef TENON_TIMEOUT_HPP
#define TENON_TIMEOUT_HPP

#include <tenon/link.hpp>

namespace tenon {
namespace detail {

/// A timer beside a future: whichever comes first settles the result.
class timeout_link final : public link {
public:
  timeout_link() : link([](link *self) noexcept { delete static_cast<timeout_link *>(self); }) {}

  void start_timer(tenon_executor_t *executor, std::uint64_t timeout_ns) {
    std::uint64_t now = 0;
    tenon_status_t status = tenon_executor_get_now_ns(executor, &now);
    if (status != TENON_STATUS_OK)
      raise(status);
    const std::uint64_t deadline =
        timeout_ns > TENON_FOREVER - now ? TENON_FOREVER : now + timeout_ns;
    retain();
    status = tenon_timer_start(executor, deadline, &due, this, &timer_);
    if (status != TENON_STATUS_OK) {
      release();
      raise(status);
    }
  }

  /// Consumes the handles. The timer may have been due by now.
  void start(tenon_future_t *source, tenon_promise_t *result) noexcept {
    source_ = source;
    aim(source);
    pass_cancel_of(result);
    result_.store(result);
    if (is_due_.load())
      too_late();
    retain();
    const tenon_status_t status =
        tenon_future_on_complete(source, nullptr, &source_told, this, nullptr);
    if (status != TENON_STATUS_OK)
      source_told(this, status, nullptr);
  }

private:
  static void due(void *context, tenon_status_t status) noexcept {
    auto *self = static_cast<timeout_link *>(context);
    taken();
    if (status == TENON_STATUS_OK) {
      self->is_due_.store(true);
      self->too_late();
    }
    self->release();
  }

  /// The result, if it is there already, fails; the work need not go on.
  void too_late() noexcept {
    tenon_promise_reject(result_.load(), late_.handle());
    cancel_target();
  }

  static void source_told(void *context, tenon_status_t, tenon_future_t *) noexcept {
    auto *self = static_cast<timeout_link *>(context);
    taken();
    forward(self->source_, self->result_.load());
    tenon_future_release(self->source_);
    tenon_timer_cancel(self->timer_);
    self->release();
  }

  const error late_{TENON_STATUS_TIMEOUT};
  tenon_timer_t *timer_ = nullptr;
  tenon_future_t *source_ = nullptr;
  std::atomic<tenon_promise_t *> result_{nullptr};
  std::atomic<bool> is_due_{false};
};

} // namespace detail

/// The result of `source` if it settles within `duration`. Otherwise its work is cancelled, and the
/// result fails with a tenon::error of TENON_STATUS_TIMEOUT (std::errc::timed_out). The time is that
/// of the executor's timers.
template <class T, class Rep, class Period>
[[nodiscard]] future<T> timeout(tenon_executor_t *executor, future<T> source,
                                const std::chrono::duration<Rep, Period> &duration) {
  if (!source.valid())
    detail::raise(std::future_errc::no_state);
  promise<T> promise;
  future<T> result = promise.get_future();
  struct keeper {
    detail::timeout_link *link = new detail::timeout_link;
    ~keeper() { link->release(); }
  } const keeper;
  keeper.link->start_timer(executor, detail::timeout_ns(duration));
  keeper.link->start(source.release(), promise.release());
  return result;
}

} // namespace tenon

#endif // TENON_TIMEOUT_HPP
