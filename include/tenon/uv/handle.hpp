/// @file tenon/uv/handle.hpp
///
/// One of libuv's handles as the operations of tenon/uv.hpp have it, and how other threads ask for its end. For
/// their own use.
#ifndef TENON_UV_HANDLE_HPP
#define TENON_UV_HANDLE_HPP

#include <tenon/tenon.hpp>
#include <tenon/uv.h>

#include <array>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

class core;

/// A result of libuv's as an error: domain "uv".
inline error uv_error(int code, const std::string &what = {}) {
  std::array<char, 128> text{};
  uv_strerror_r(code, text.data(), text.size());
  return {"uv", code, what.empty() ? text.data() : (what + ": " + text.data()).c_str()};
}

/// What any thread may ask the loop's thread for: to close, or to cancel. Asking takes no memory.
class asked {
protected:
  asked() = default;
  asked(const asked &) = delete;
  asked &operator=(const asked &) = delete;
  virtual ~asked() = default;
  virtual void do_asked() noexcept = 0;

private:
  friend core;
  // Guarded by the core's mutex.
  std::shared_ptr<asked> next_;
  bool is_waiting_ = false;
};

/// Who waits until a handle is closed.
class close_waiter {
public:
  virtual void closed() noexcept = 0;

protected:
  ~close_waiter() = default;
};

/// One of libuv's handles, from its beginning to its close callback. All of it belongs to the loop's thread.
///
/// libuv has `raw_`, and this keeps itself, until it is closed; uv_close() is called at most once, and not if the
/// host was first.
class open_handle : public asked, public std::enable_shared_from_this<open_handle> {
public:
  explicit open_handle(std::shared_ptr<core> where) noexcept : core_(std::move(where)) {}

  [[nodiscard]] uv_handle_t *base() noexcept { return &raw_.handle; }
  [[nodiscard]] const std::shared_ptr<core> &where() const noexcept { return core_; }

  [[nodiscard]] bool is_open() noexcept { return phase_ == phase::open && !uv_is_closing(base()); }

  /// Why nothing can be done with it, by libuv's numbers; 0: it is open.
  int refusal() {
    if (phase_ == phase::open && uv_is_closing(base()))
      close(uv_error(UV_ECANCELED)); // the host has
    return phase_ == phase::open ? 0 : UV_EBADF;
  }

  /// Closes it, if it is not; who waits for it is told at once.
  void close(const error &why);

  /// The same, and tells when libuv has let go of it.
  void close(std::shared_ptr<close_waiter> waiter) {
    const auto self = shared_from_this();
    if (phase_ == phase::closed)
      return waiter->closed();
    waiters_.push_back(std::move(waiter));
    close(uv_error(UV_ECANCELED));
  }

protected:
  /// libuv has begun with `raw_`: from now on it is on the loop.
  void begun();

  /// Tells whoever waits for something of this handle that it is closed.
  virtual void tell(const error &why) noexcept = 0;

  void do_asked() noexcept override { close(uv_error(UV_ECANCELED)); }

  /// In a fork's child whose loop goes on: lets go of it such that the parent notices nothing.
  virtual void leave(const error &why) noexcept { close(why); }

  /// This, in one of libuv's callbacks.
  template <class State, class Raw> static State *behind(Raw *raw) noexcept {
    return static_cast<State *>(static_cast<open_handle *>(raw->data));
  }

  uv_any_handle raw_{};
  std::shared_ptr<core> core_;

private:
  friend core;
  enum class phase : unsigned char { fresh, open, closing, closed };

  void finish() noexcept;

  /// What the host has closed libuv may still use, and nobody says until when. So it stays, where leak checkers
  /// find it.
  void keep() {
    static std::mutex mutex;
    static open_handle *kept = nullptr;
    const std::lock_guard lock(mutex);
    next_kept_ = std::exchange(kept, this);
    is_kept_ = true;
  }

  phase phase_ = phase::fresh;
  bool is_kept_ = false;
  std::vector<std::shared_ptr<close_waiter>> waiters_;
  std::shared_ptr<open_handle> self_;
  open_handle *next_kept_ = nullptr;
  // Of the core's list.
  open_handle *next_ = nullptr;
  open_handle *previous_ = nullptr;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

#endif // TENON_UV_HANDLE_HPP
