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
  TENON_TAG explicit executor(const tenon_executor_config_t *config = nullptr) {
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
  TENON_TAG tenon_poll_result_t poll(const tenon_poll_budget_t *budget = nullptr) {
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    detail::require(tenon_executor_poll(handle_, budget, &result));
    return result;
  }

  /// Polls and sleeps until nothing is pending any more; beside a thread that waits for a result by
  /// polling, as future::get() does, this goes on when that one has it. See work_guard, too.
  TENON_TAG void run() {
    detail::require(tenon_executor_run_until(handle_, nullptr, TENON_FOREVER));
  }

  /// Polls and sleeps until there is a result, and returns or throws it.
  template <class T> TENON_TAG T run(future<T> future) {
    if (!future.valid())
      detail::raise(std::future_errc::no_state);
    const tenon_status_t status = tenon_executor_run_until(handle_, future.handle(), TENON_FOREVER);
    if (!detail::is_end(status))
      detail::raise(status);
    return future.get();
  }

  /// Starts a task on it, and does the same.
  template <class T> TENON_TAG T run(task<T> work) { return run(std::move(work).start(handle_)); }

  /// Ends waits, and wakes the loop; allowed in a signal's handler: tenon_executor_interrupt(). Whether it is open.
  bool interrupt() noexcept { return tenon_executor_interrupt(handle_) == TENON_STATUS_OK; }

  /// Whether this thread is inside a poll of it: tenon_executor_is_current().
  [[nodiscard]] bool is_current() const noexcept { return tenon_executor_is_current(handle_); }

  /// Has f() called in a poll, or destroyed if the executor closes first. f may not throw.
  template <class F> TENON_TAG void post(F f) {
    static_assert(std::is_invocable_v<F &>, "post(f): f takes no arguments");
    struct job {
      F f;
      static void run(void *context, tenon_status_t status) noexcept {
        const std::unique_ptr<job> self(static_cast<job *>(context));
        detail::taken();
        if constexpr (std::is_invocable_v<F &>)
          if (status == TENON_STATUS_OK)
            self->f();
      }
    };
    auto made = std::make_unique<job>(job{std::move(f)});
    detail::given();
    detail::require(tenon_executor_post(handle_, &job::run, made.get()));
    static_cast<void>(made.release());
  }

  /// Has concurrent code of Swift calls run on a pool, nullptr: here: tenon_executor_set_pool().
  TENON_TAG void set_pool(tenon_executor_t *pool) {
    detail::require(tenon_executor_set_pool(handle_, pool));
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

/// Keeps an executor's run() from returning for as long as this lives, though nothing is pending:
/// for a thread that serves others. It does not keep the executor open.
class [[nodiscard]] work_guard {
public:
  /// Throws tenon::error with TENON_STATUS_CLOSED on a closed executor.
  TENON_TAG [[nodiscard]] explicit work_guard(tenon_executor_t *executor) {
    tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
    config.executor = executor;
    detail::require(tenon_promise_create(&config, &promise_, &future_));
    const tenon_status_t status = tenon_future_on_complete(
        future_, executor, [](void *, tenon_status_t, tenon_future_t *) {}, nullptr, nullptr);
    if (status != TENON_STATUS_OK) {
      reset();
      detail::raise(status);
    }
  }

  work_guard(work_guard &&other) noexcept { swap(other); }
  work_guard &operator=(work_guard &&other) noexcept {
    work_guard moved(std::move(other));
    swap(moved);
    return *this;
  }
  ~work_guard() { reset(); }

  /// Lets run() return when nothing is pending. Any thread, but one at a time.
  void reset() noexcept {
    if (!promise_)
      return;
    tenon_promise_cancel(std::exchange(promise_, nullptr));
    tenon_future_release(std::exchange(future_, nullptr));
  }

  [[nodiscard]] bool owns_work() const noexcept { return promise_ != nullptr; }

  void swap(work_guard &other) noexcept {
    std::swap(promise_, other.promise_);
    std::swap(future_, other.future_);
  }

private:
  tenon_promise_t *promise_ = nullptr;
  tenon_future_t *future_ = nullptr;
};

} // namespace tenon

#endif // TENON_EXECUTOR_HPP
