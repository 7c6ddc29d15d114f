/// @file tenon/source.hpp
///
/// tenon::here(): a place in the source, over tenon/source.h.
#ifndef TENON_SOURCE_HPP
#define TENON_SOURCE_HPP

#include <tenon/source.h>

#include <cstdint>

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

} // namespace tenon

#endif // TENON_SOURCE_HPP
