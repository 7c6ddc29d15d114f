/// @file tenon/sleep.hpp
///
/// sleep(executor, duration): a future that is there after a while, over tenon_future_sleep().
#ifndef TENON_SLEEP_HPP
#define TENON_SLEEP_HPP

#include <tenon/future.hpp>

namespace tenon {

/// Settles in the executor's poll, when its time has come.
template <class Rep, class Period>
TENON_TAG [[nodiscard]] future<void> sleep(tenon_executor_t *executor,
                                           const std::chrono::duration<Rep, Period> &duration) {
  tenon_future_t *result = nullptr;
  detail::require(tenon_future_sleep(executor, detail::timeout_ns(duration), &result));
  return future<void>::adopt(result);
}

} // namespace tenon

#endif // TENON_SLEEP_HPP
