/// @file tenon/time.hpp
///
/// std::chrono's durations as the contract has them: nanoseconds, or never.
#ifndef TENON_TIME_HPP
#define TENON_TIME_HPP

#include <tenon/config.hpp>

#include <cstdint>

#include <chrono>

namespace tenon::detail {

/// A duration in nanoseconds, rounded up: 0 if it is over, TENON_FOREVER beyond 292 years.
template <class Rep, class Period>
constexpr std::uint64_t timeout_ns(const std::chrono::duration<Rep, Period> &timeout) {
  using std::chrono::nanoseconds;
  if (!(timeout > timeout.zero()))
    return 0;
  if (std::chrono::duration<long double>(timeout) >=
      std::chrono::duration<long double>(nanoseconds::max()))
    return TENON_FOREVER;
  return static_cast<std::uint64_t>(std::chrono::ceil<nanoseconds>(timeout).count());
}

} // namespace tenon::detail

#endif // TENON_TIME_HPP
