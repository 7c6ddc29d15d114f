/// @file tenon/inspect/watch.hpp
///
/// watch: being told of what lasts too long.
#ifndef TENON_INSPECT_WATCH_HPP
#define TENON_INSPECT_WATCH_HPP

#include <tenon/error.hpp>
#include <tenon/inspect.h>
#include <tenon/inspect/snapshot.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace tenon {

/// Something that lasts longer than it may.
enum class watch_kind : std::int32_t {
  job = TENON_WATCH_JOB,   ///< an executor, or a thread of a pool, is in one job
  call = TENON_WATCH_CALL, ///< a Swift call has not ended
  wait = TENON_WATCH_WAIT, ///< a callback, a task or a thread waits for a future
};

/// What has lasted too long.
struct watch_event {
  watch_kind kind;
  std::uint64_t id; ///< a node's: the executor, the call's future, what is waited for
  std::optional<std::int32_t> thread; ///< the system's number of the thread in it, if it is known
  std::chrono::nanoseconds duration;  ///< how long at least
  /// What there was then, until the function returns; nullptr: it could not be taken.
  const tenon::snapshot *snapshot;
};

/// How long each may last. Zero: that is not watched.
struct watch_config {
  std::chrono::nanoseconds job{0};  ///< a job, during which its loop does nothing else
  std::chrono::nanoseconds call{0}; ///< a Swift call, while it is suspended too
  std::chrono::nanoseconds wait{0}; ///< a wait for a future
};

/// Has a function told of each job, call and wait that lasts longer than it may, for as long as this lives:
/// tenon_watch_start().
class [[nodiscard]] watch {
public:
  /// Has f(event) called, a const watch_event &, for each thing once, on the watch's own thread, one call after the
  /// other. f may end the watch, too; it may not throw. Throws as tenon_watch_start() answers: TENON_STATUS_INVALID, if
  /// nothing is to be watched, or for less than no time.
  template <class F> TENON_TAG [[nodiscard]] static watch start(const watch_config &config, F f) {
    static_assert(std::is_invocable_v<F &, const watch_event &>,
                  "f is told by f(const tenon::watch_event &)");
    struct telling final : told {
      F f;
      explicit telling(F &&moved)
          : told([](told *self) noexcept { delete static_cast<telling *>(self); }),
            f(std::move(moved)) {}
      static void tell(void *context, const tenon_watch_event_t *event) noexcept {
        detail::taken();
        auto *self = static_cast<telling *>(context);
        self->retain(); // f may end the watch
        snapshot lent = snapshot::adopt(event->snapshot);
        self->f(event_of(*event, lent));
        static_cast<void>(lent.release());
        detail::given();
        self->release();
      }
    };
    tenon_watch_config_t limits = TENON_WATCH_CONFIG_INIT;
    limits.job_ns_max = nanoseconds(config.job);
    limits.call_ns_max = nanoseconds(config.call);
    limits.wait_ns_max = nanoseconds(config.wait);
    auto made = std::make_unique<telling>(std::move(f));
    tenon_watch_t *handle = nullptr;
    detail::given();
    detail::require(tenon_watch_start(&limits, &telling::tell, made.get(), &handle));
    return watch(handle, made.release());
  }

  watch(watch &&other) noexcept
      : handle_(std::exchange(other.handle_, nullptr)), told_(std::exchange(other.told_, nullptr)) {
  }
  watch &operator=(watch &&other) noexcept {
    watch moved(std::move(other));
    std::swap(handle_, moved.handle_);
    std::swap(told_, moved.told_);
    return *this;
  }
  ~watch() { end(); }

  /// Nothing is told when this has returned, and f is gone; inside of f, which goes on, nothing after it. Does nothing if
  /// it was ended or moved from, and in a fork's child, which has no such thread.
  void end() noexcept {
    if (!handle_)
      return;
    told *const ended = std::exchange(told_, nullptr);
    // In a fork's child f may be halfway through something for ever: it is left as it is.
    if (tenon_watch_end(std::exchange(handle_, nullptr)) != TENON_STATUS_OK)
      return;
    detail::taken();
    ended->release();
  }

  /// Lent for as long as it is watched; nullptr after that.
  [[nodiscard]] tenon_watch_t *handle() const noexcept { return handle_; }

private:
  /// The function, which is the watch's, and while it is called its own.
  class told {
  public:
    explicit told(void (*end)(told *) noexcept) noexcept : end_(end) {}
    void retain() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void release() noexcept {
      if (references_.fetch_sub(1, std::memory_order_acq_rel) == 1)
        end_(this);
    }

  protected:
    ~told() = default;

  private:
    void (*const end_)(told *) noexcept;
    std::atomic<unsigned> references_{1};
  };

  watch(tenon_watch_t *handle, told *owned) noexcept : handle_(handle), told_(owned) {}

  TENON_TAG static std::uint64_t nanoseconds(std::chrono::nanoseconds limit) {
    if (limit.count() < 0)
      detail::raise(TENON_STATUS_INVALID);
    return static_cast<std::uint64_t>(limit.count());
  }

  static watch_event event_of(const tenon_watch_event_t &c, const snapshot &lent) noexcept {
    return {static_cast<watch_kind>(c.kind), c.id,
            c.thread != 0 ? std::optional<std::int32_t>(c.thread) : std::nullopt,
            std::chrono::nanoseconds(static_cast<std::int64_t>(c.duration_ns)),
            lent.handle() ? &lent : nullptr};
  }

  tenon_watch_t *handle_;
  told *told_;
};

} // namespace tenon

#endif // TENON_INSPECT_WATCH_HPP
