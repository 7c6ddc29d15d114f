/// @file tenon/link.hpp
///
/// What then(), with_stop() and tasks have in common: a result that follows another future,
/// and passes a cancel on to it. No template: it moves values without looking at them.
#ifndef TENON_LINK_HPP
#define TENON_LINK_HPP

#include <tenon/promise.hpp>

#include <atomic>
#include <cstring>

namespace tenon::detail {
inline namespace TENON_VARIANT {

/// Moves how one future ended into a promise.
inline void forward(tenon_future_t *from, tenon_promise_t *to) noexcept {
  tenon_value_t value;
  tenon_error_t *error = nullptr;
  switch (tenon_future_take(from, &value)) {
  case TENON_STATUS_OK:
    if (tenon_promise_resolve(to, &value) != TENON_STATUS_OK)
      tenon_value_drop(&value);
    return;
  case TENON_STATUS_REJECTED:
    static_cast<void>(tenon_future_copy_error(from, &error));
    reject(to, error);
    tenon_error_release(error);
    return;
  case TENON_STATUS_CANCELLED:
    tenon_promise_cancel(to);
    return;
  default:
    tenon_promise_release(to);
  }
}

/// Requests a cancel, for the reason for which another promise is cancelled, if there is one.
inline void cancel_as(tenon_promise_t *cancelled, tenon_future_t *target) noexcept {
  tenon_error_t *reason = nullptr;
  std::int64_t code = 0;
  const char *domain = "";
  if (tenon_promise_copy_reason(cancelled, &reason) == TENON_STATUS_OK) {
    static_cast<void>(tenon_error_get_code(reason, &code));
    static_cast<void>(tenon_error_get_domain(reason, &domain));
  }
  // A plain cancel stays one.
  const bool is_plain = code == TENON_STATUS_CANCELLED && std::strcmp(domain, "tenon") == 0;
  tenon_future_cancel_with(target, is_plain ? nullptr : reason);
  tenon_error_release(reason);
}

} // namespace TENON_VARIANT

/// What public types consist of: the same in all units.
namespace layout {

/// Shared by the callbacks that are registered with it; freed when each has been told.
class link {
public:
  explicit link(void (*end)(link *) noexcept) noexcept : end_(end) {}
  link(const link &) = delete;
  link &operator=(const link &) = delete;

  void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }

  void release() noexcept {
    given();
    if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      taken();
      end_(this);
    }
  }

  /// From now on a cancel of the result goes to `target`.
  void aim(tenon_future_t *target) noexcept { target_.store(target); }
  void cancel_target() const noexcept { tenon_future_cancel(target_.load()); }

  /// Has a cancel of the result passed on, with its reason. The result may be settled already.
  void pass_cancel_of(tenon_promise_t *result) noexcept {
    retain();
    cancelled_ = result;
    given();
    const tenon_status_t status =
        tenon_promise_on_cancel(result, nullptr, &cancel_told, this, nullptr);
    if (status == TENON_STATUS_CANCELLED)
      cancel_as(result, target_.load());
    if (status != TENON_STATUS_OK)
      release();
  }

  /// Has the result follow a future, which is released when it has; consumes a reference to this.
  void follow(tenon_future_t *source, tenon_promise_t *result) noexcept {
    result_ = result;
    source_ = source;
    aim(source);
    if (tenon_promise_is_cancelled(result))
      cancel_as(result, source);
    given();
    const tenon_status_t status =
        tenon_future_on_complete(source, nullptr, &source_told, this, nullptr);
    if (status != TENON_STATUS_OK)
      source_told(this, status, nullptr);
  }

protected:
  ~link() = default;

private:
  static void cancel_told(void *context, tenon_status_t status) noexcept {
    taken();
    auto *self = static_cast<link *>(context);
    if (status == TENON_STATUS_CANCELLED)
      cancel_as(self->cancelled_, self->target_.load());
    self->release();
  }

  static void source_told(void *context, tenon_status_t, tenon_future_t *) noexcept {
    taken();
    auto *self = static_cast<link *>(context);
    forward(self->source_, self->result_);
    tenon_future_release(self->source_);
    self->release();
  }

  void (*const end_)(link *) noexcept;
  std::atomic<unsigned> references_{1};
  std::atomic<tenon_future_t *> target_{nullptr};
  tenon_promise_t *cancelled_ = nullptr;
  tenon_future_t *source_ = nullptr;
  tenon_promise_t *result_ = nullptr;
};

} // namespace layout
using namespace layout;
} // namespace tenon::detail

#endif // TENON_LINK_HPP
