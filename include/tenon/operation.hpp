/// @file tenon/operation.hpp
///
/// What stream::next() and sink::send() give: a call that waits until it can be made.
///
///     co_await stream.next()                 goes on where the task was started
///     co_await stream.next().on(executor)    goes on in that executor's poll
///     co_await stream.next().anywhere()      goes on where the other end lets it
///     stream.next().get()                    blocks
///
/// As a task, it does nothing before that. What can be done at once does not suspend, and makes no
/// future. A coroutine that is destroyed while it waits gives up the wait, and nothing is lost.
#ifndef TENON_OPERATION_HPP
#define TENON_OPERATION_HPP

#include <tenon/coroutine.hpp>
#include <tenon/future.hpp>

namespace tenon::detail {
inline namespace TENON_VARIANT {

/// The next attempt after a wait: the wait may have been cancelled, and not what it was for.
template <class Call>
tenon_status_t attempt(Call &call, tenon_status_t waited, future<void> &again) noexcept {
  tenon_future_t *handle = nullptr;
  const tenon_status_t status = call.attempt(&handle);
  if (status != TENON_STATUS_PENDING)
    return status;
  again = future<void>::adopt(handle);
  return waited == TENON_STATUS_CANCELLED ? waited : status;
}

#if TENON_HAS_COROUTINES
template <class Call> class [[nodiscard]] operation_awaiter : awaiter_base {
public:
  operation_awaiter(Call &&call, tenon_executor_t *executor, await_as as = await_as::usual)
      : awaiter_base(executor, as), call_(std::move(call)) {}
  ~operation_awaiter() { forget(); } // before what it waits for goes

  bool await_ready() noexcept {
    status_ = call_.attempt(nullptr);
    return status_ != TENON_STATUS_PENDING;
  }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> coroutine,
                     const await_place &place = await_place::current()) noexcept {
    prepare(coroutine, place);
    return waits(TENON_STATUS_OK);
  }

  auto await_resume() {
    resumed();
    again_ = {};
    return call_.result(status_);
  }

private:
  /// Makes attempts until one waits, which is true, or has an answer.
  bool waits(tenon_status_t waited) noexcept {
    while ((status_ = attempt(call_, waited, again_)) == TENON_STATUS_PENDING) {
      if (wait(again_.handle(), &told))
        return true;
      if (has_failed())
        return false;
      waited = again_.try_wait(0);
    }
    return false;
  }

  static void told(void *context, tenon_status_t status, tenon_future_t *) noexcept {
    if (status == TENON_STATUS_FORGOTTEN)
      return;
    taken();
    auto *self = static_cast<operation_awaiter *>(static_cast<awaiter_base *>(context));
    if (status == TENON_STATUS_CLOSED || !self->waits(status))
      self->resume(status);
  }

  Call call_;
  future<void> again_;
  tenon_status_t status_ = TENON_STATUS_OK;
};
#endif

/// Call::attempt() throws nothing; with TENON_STATUS_PENDING it gives a future, if asked, of when to
/// try again. Call::result() returns what that came to, or throws.
template <class Call> class [[nodiscard]] operation {
public:
  explicit operation(Call &&call) noexcept : call_(std::move(call)) {}

  /// Blocks until it is done. Throws what co_await would, and std::system_error where waiting would
  /// be a deadlock: the operation has not happened then.
  auto get() {
    future<void> again;
    tenon_status_t status = TENON_STATUS_OK;
    while ((status = attempt(call_, status, again)) == TENON_STATUS_PENDING) {
      status = again.try_wait();
      if (!is_end(status))
        raise(status);
    }
    return call_.result(status);
  }

  /// Starts, and gives the result as a future: to combine it, or to wait for it for some time. Not
  /// every operation can.
  [[nodiscard]] auto start() { return call_.start(); }

#if TENON_HAS_COROUTINES
  auto operator co_await() && { return on(nullptr); }

  /// What to co_await so as to go on in the executor's poll.
  [[nodiscard]] auto on(tenon_executor_t *executor) {
    return operation_awaiter<Call>(std::move(call_), executor);
  }

  /// What to co_await so as to go on where it can be done, at once, on whichever thread.
  [[nodiscard]] auto anywhere() {
    return operation_awaiter<Call>(std::move(call_), nullptr, await_as::anywhere);
  }
#endif

private:
  Call call_;
};

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_OPERATION_HPP
