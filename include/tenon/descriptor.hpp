/// @file tenon/descriptor.hpp
///
/// readable(executor, fd) and writable(executor, fd): futures that are there when a descriptor is ready, over
/// tenon_future_readable().
///
///     while ((size = ::read(fd, data, sizeof data)) < 0 && errno == EAGAIN)
///       co_await tenon::readable(executor, fd);
#ifndef TENON_DESCRIPTOR_HPP
#define TENON_DESCRIPTOR_HPP

#include <tenon/future.hpp>

namespace tenon {

/// Settles in the executor's poll, when `fd` can be read from, is at its end, or has failed. Cancel it before
/// you close `fd`.
TENON_TAG [[nodiscard]] inline future<void> readable(tenon_executor_t *executor, int fd) {
  tenon_future_t *result = nullptr;
  detail::require(tenon_future_readable(executor, fd, &result));
  return future<void>::adopt(result);
}

/// The same for writing: a connect that ends is one, too.
TENON_TAG [[nodiscard]] inline future<void> writable(tenon_executor_t *executor, int fd) {
  tenon_future_t *result = nullptr;
  detail::require(tenon_future_writable(executor, fd, &result));
  return future<void>::adopt(result);
}

} // namespace tenon

#endif // TENON_DESCRIPTOR_HPP
