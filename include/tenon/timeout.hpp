/// @file tenon/timeout.hpp
///
/// timeout(executor, future, duration): a result that is there in time, or an error, over
/// tenon_future_timeout().
#ifndef TENON_TIMEOUT_HPP
#define TENON_TIMEOUT_HPP

#include <tenon/future.hpp>
#include <tenon/task.hpp>

namespace tenon {

/// The result of `source` if it settles within `duration`. Otherwise its work is cancelled, and the
/// result fails with a tenon::error of TENON_STATUS_TIMEOUT (std::errc::timed_out), which is also the
/// reason of that cancel. The time is that of the executor's timers.
template <class T, class Rep, class Period>
TENON_TAG [[nodiscard]] future<T> timeout(tenon_executor_t *executor, future<T> source,
                                          const std::chrono::duration<Rep, Period> &duration) {
  if (!source.valid())
    detail::raise(std::future_errc::no_state);
  tenon_future_t *result = nullptr;
  detail::require(
      tenon_future_timeout(source.handle(), executor, detail::timeout_ns(duration), &result));
  return future<T>::adopt(result);
}

#if TENON_HAS_COROUTINES
/// The same for a task, which starts on the executor.
template <class T, class Rep, class Period>
TENON_TAG [[nodiscard]] future<T> timeout(tenon_executor_t *executor, task<T> source,
                                          const std::chrono::duration<Rep, Period> &duration) {
  return timeout(executor, std::move(source).start(executor), duration);
}
#endif

} // namespace tenon

#endif // TENON_TIMEOUT_HPP
