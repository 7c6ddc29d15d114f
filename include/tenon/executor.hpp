/// @file tenon/executor.hpp
///
/// tenon::executor: one reference to a tenon_executor_t, and what C++ adds to it.
///
/// Functions that want an executor take a tenon_executor_t *, which a tenon::executor converts to.
#ifndef TENON_EXECUTOR_HPP
#define TENON_EXECUTOR_HPP

#include <tenon/future.hpp>

#include <memory>

namespace tenon {

class executor {
public:
  /// An executor of one's own: tenon_executor_create().
  explicit executor(const tenon_executor_config_t *config = nullptr) {
    detail::require(tenon_executor_create(config, &handle_));
  }

  executor(executor &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  executor &operator=(executor &&other) noexcept {
    executor moved(std::move(other));
    std::swap(handle_, moved.handle_);
    return *this;
  }

  /// The last reference closes it, without waiting.
  ~executor() {
    if (handle_)
      tenon_executor_release(handle_);
  }

  /// Takes over a reference, as tenon_uv_attach() gives it.
  [[nodiscard]] static executor adopt(tenon_executor_t *handle) noexcept {
    return executor(adopted{handle});
  }

  [[nodiscard]] tenon_executor_t *handle() const noexcept { return handle_; }
  operator tenon_executor_t *() const noexcept { return handle_; }

  /// Gives the reference away.
  [[nodiscard]] tenon_executor_t *release() noexcept { return std::exchange(handle_, nullptr); }

  /// Runs what is ready: tenon_executor_poll().
  tenon_poll_result_t poll(const tenon_poll_budget_t *budget = nullptr) {
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    detail::require(tenon_executor_poll(handle_, budget, &result));
    return result;
  }

  /// Polls and sleeps until nothing is pending any more.
  void run() { detail::require(tenon_executor_run_until(handle_, nullptr, TENON_FOREVER)); }

  /// Polls and sleeps until there is a result, and returns or throws it.
  template <class T> T run(future<T> future) {
    const tenon_status_t status = tenon_executor_run_until(handle_, future.handle(), TENON_FOREVER);
    if (!detail::is_end(status))
      detail::raise(status);
    return future.get();
  }

  /// Has f() called in a poll, or destroyed if the executor closes first. f may not throw.
  template <class F> void post(F f) {
    struct job {
      F f;
      static void run(void *context, tenon_status_t status) noexcept {
        const std::unique_ptr<job> self(static_cast<job *>(context));
        detail::taken();
        if (status == TENON_STATUS_OK)
          self->f();
      }
    };
    auto made = std::make_unique<job>(job{std::move(f)});
    detail::given();
    detail::require(tenon_executor_post(handle_, &job::run, made.get()));
    static_cast<void>(made.release());
  }

  /// Closes: tenon_executor_close(); whether all work had ended in time.
  bool close(std::uint64_t timeout_ns = 0) noexcept {
    return tenon_executor_close(handle_, timeout_ns) == TENON_STATUS_OK;
  }

private:
  struct adopted {
    tenon_executor_t *handle;
  };
  explicit executor(adopted one) noexcept : handle_(one.handle) {}

  tenon_executor_t *handle_ = nullptr;
};

} // namespace tenon

#endif // TENON_EXECUTOR_HPP
