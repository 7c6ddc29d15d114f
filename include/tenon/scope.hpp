/// @file tenon/scope.hpp
///
/// tenon::scope: work that ends before the scope does, over tenon/scope.h.
///
///     tenon::scope scope;
///     scope.add(tenon::async(executor, f));
///     co_await scope.close();                 all of it has ended; throws what failed
///
/// A scope that is let go of before it is closed is cancelled, and what is in it ends in the
/// background: nothing blocks, and nothing is left running for ever.
#ifndef TENON_SCOPE_HPP
#define TENON_SCOPE_HPP

#include <tenon/attachment.hpp>
#include <tenon/ends.hpp>
#include <tenon/shared_future.hpp>
#include <tenon/stop.hpp>
#include <tenon/task.hpp>

namespace tenon {

/// What a failure in a scope does to the others.
enum class failure_policy : std::uint32_t {
  cancel_siblings = 0,                /**< they are cancelled, with the error as the reason */
  collect = TENON_SCOPE_FLAG_COLLECT, /**< they run to their ends, and the failures are counted */
};

/// How to open a scope: as tenon_scope_config_t.
struct scope_options {
  tenon_scope_t *parent = nullptr;      ///< whose work this scope is; a tenon::scope converts
  tenon_executor_t *executor = nullptr; ///< whose timer watches the deadline; or the parent's
  failure_policy policy = failure_policy::cancel_siblings;
  std::chrono::steady_clock::time_point deadline = std::chrono::steady_clock::time_point::max();
  const char *name = nullptr; ///< for people, UTF-8; copied
};

class scope {
public:
  /// Throws tenon::error as tenon_scope_open() answers.
  TENON_TAG explicit scope(const scope_options &options = {}) {
    tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
    config.flags = static_cast<std::uint32_t>(options.policy);
    config.parent = options.parent;
    config.executor = options.executor;
    config.deadline_ns = detail::deadline_ns(options.deadline);
    config.name = options.name;
    detail::require(tenon_scope_open(&config, &handle_));
  }

  scope(scope &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {
    stop_.swap(other.stop_);
  }
  scope &operator=(scope &&other) noexcept {
    scope moved(std::move(other));
    std::swap(handle_, moved.handle_);
    stop_.swap(moved.stop_);
    return *this;
  }

  ~scope() {
    stop_.reset();
    if (handle_)
      tenon_scope_release(handle_);
  }

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static scope adopt(tenon_scope_t *handle) noexcept {
    return scope(adopted{handle});
  }

  /// Makes a reference of its own to a scope that C lends; an empty one if there is none.
  [[nodiscard]] static scope borrow(tenon_scope_t *handle) noexcept {
    return adopt(tenon_scope_retain(handle) == TENON_STATUS_OK ? handle : nullptr);
  }

  [[nodiscard]] bool valid() const noexcept { return handle_ != nullptr; }

  /// The handle, lent.
  [[nodiscard]] tenon_scope_t *handle() const noexcept { return handle_; }
  operator tenon_scope_t *() const noexcept { return handle_; }

  /// Gives the reference away.
  [[nodiscard]] tenon_scope_t *release() noexcept {
    stop_.reset();
    return std::exchange(handle_, nullptr);
  }

  /// Makes the work behind a future part of the scope. The future may go away: the scope keeps the
  /// work wanted. Throws tenon::error, TENON_STATUS_CLOSED, if the scope has ended.
  TENON_TAG void add(const detail::future_base &future) const { add(future.handle()); }
  template <class T> TENON_TAG void add(const shared_future<T> &future) const {
    add(future.handle());
  }

  /// The same for a stream or a latest value, until its writer ends it. Somebody has to read it.
  template <class Handle> TENON_TAG void add(const detail::reader_base<Handle> &reader) const {
    add(reader.ended());
  }

  /// The same for any future of C's.
  TENON_TAG void add(tenon_future_t *future) const {
    detail::require(tenon_scope_add(handle_, future));
  }

#if TENON_HAS_COROUTINES
  /// Starts a task in the scope, as task::start() does. Nobody needs to keep the future. If the scope
  /// has ended, the task never starts, and this throws as add().
  template <class T> TENON_TAG future<T> start(tenon_executor_t *executor, task<T> task) const {
    if (!handle_)
      detail::raise(TENON_STATUS_INVALID); // or the task would start outside of it
    return task.start_in(handle_, executor);
  }
#endif

  /// Requests that all in the scope ends early, and says why: the first request decides.
  void cancel() const noexcept {
    detail::given();
    tenon_scope_cancel(handle_, nullptr);
  }
  void cancel(const error &reason) const noexcept {
    detail::given();
    tenon_scope_cancel(handle_, reason.handle());
  }

#if TENON_HAS_STOP_TOKEN
  /// Cancels when a stop is requested, also if it was before, for as long as this object lives. After
  /// that close().with_stop(token) does.
  TENON_TAG void cancel_on(std::stop_token token);
#endif

  /// Whether a cancel is requested, and why.
  TENON_TAG [[nodiscard]] std::optional<error> cancel_reason() const {
    return detail::error_from(tenon_scope_copy_reason, handle_);
  }

  /// The scope's own deadline or an ancestor's, whichever comes first.
  TENON_TAG [[nodiscard]] std::chrono::steady_clock::time_point deadline() const {
    std::uint64_t deadline = TENON_FOREVER;
    detail::require(tenon_scope_get_deadline_ns(handle_, &deadline));
    return detail::instant(deadline);
  }

  /// Says that the scope may end, and gives that end, when all that was added has ended: throws what
  /// failed first, tenon::cancelled if a cancel was requested. Work may be added until then.
  TENON_TAG [[nodiscard]] future<void> close() const {
    tenon_future_t *end = nullptr;
    detail::require(tenon_scope_close(handle_, &end));
    return future<void>::adopt(end);
  }

private:
  struct adopted {
    tenon_scope_t *handle;
  };
  explicit scope(adopted one) noexcept : handle_(one.handle) {}

  tenon_scope_t *handle_ = nullptr;
  detail::attachment_ptr stop_;
};

#if TENON_HAS_STOP_TOKEN
inline void scope::cancel_on(std::stop_token token) {
  struct request {
    tenon_scope_t *scope;
    void operator()() const noexcept { tenon_scope_cancel(scope, nullptr); }
  };
  if (!handle_)
    detail::raise(TENON_STATUS_INVALID);
  using callback = detail::attached<std::stop_callback<request>>;
  stop_.reset(new callback(std::move(token), request{handle_}));
}
#endif

} // namespace tenon

#endif // TENON_SCOPE_HPP
