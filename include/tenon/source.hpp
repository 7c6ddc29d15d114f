/// @file tenon/source.hpp
///
/// tenon::here(): a place in the source, over tenon/source.h.
#ifndef TENON_SOURCE_HPP
#define TENON_SOURCE_HPP

#include <tenon/source.h>

#include <cstdint>
#include <cstring>

#if __has_include(<version>)
#include <version>
#endif
#ifdef __cpp_lib_source_location
#include <source_location>
#endif

namespace tenon {

/// Where it is called; as a default argument, where the function is called that has it.
[[nodiscard]] inline tenon_source_t here(const char *file = __builtin_FILE(),
                                         const char *function = __builtin_FUNCTION(),
                                         std::uint32_t line = __builtin_LINE()) noexcept {
  return {file, function, line, 0};
}

#ifdef __cpp_lib_source_location
/// The same of a place that the standard library has.
[[nodiscard]] inline tenon_source_t here(const std::source_location &place) noexcept {
  return {place.file_name(), place.function_name(), place.line(), 0};
}
#endif

namespace detail {
/// Where a co_await stands: nothing follows that but who looks into the process, so it is one address.
#ifdef __cpp_lib_source_location
using await_place = std::source_location;
#else
struct await_place {
  static constexpr await_place current() noexcept { return {}; }
};
#endif

/// nullptr: it is not known.
inline const void *address_of(const await_place &place) noexcept {
  const void *address = nullptr;
  if constexpr (sizeof place == sizeof address)
    std::memcpy(&address, &place, sizeof address);
  return address;
}
} // namespace detail

} // namespace tenon

#endif // TENON_SOURCE_HPP
