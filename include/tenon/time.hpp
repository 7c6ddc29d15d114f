/// @file tenon/time.hpp
///
/// std::chrono's durations as the contract has them: nanoseconds, or never.
#ifndef TENON_TIME_HPP
#define TENON_TIME_HPP

#include <tenon/config.hpp>

#include <cstdint>

#include <chrono>

namespace tenon::detail {
inline namespace TENON_VARIANT {

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

/// An instant as one of tenon_timer_now_ns(): the clocks need not start at the same time.
inline std::uint64_t deadline_ns(std::chrono::steady_clock::time_point deadline) {
  if (deadline == deadline.max())
    return TENON_FOREVER;
  const auto now = std::chrono::steady_clock::now();
  return tenon_timer_now_ns() + (deadline > now ? timeout_ns(deadline - now) : 0);
}

/// And back.
inline std::chrono::steady_clock::time_point instant(std::uint64_t deadline_ns) {
  using clock = std::chrono::steady_clock;
  const std::uint64_t now = tenon_timer_now_ns();
  constexpr std::uint64_t longest = std::uint64_t{1} << 62; // 146 years: as good as never
  if (deadline_ns > now && deadline_ns - now > longest)
    return clock::time_point::max();
  return clock::now() + std::chrono::nanoseconds(static_cast<std::int64_t>(deadline_ns - now));
}

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_TIME_HPP
