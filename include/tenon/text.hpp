/// @file tenon/text.hpp
///
/// Text of any encoding as the contract wants it: UTF-8.
#ifndef TENON_TEXT_HPP
#define TENON_TEXT_HPP

#include <tenon/config.hpp>

#include <string>

namespace tenon::detail {
inline namespace TENON_VARIANT {

/// How many bytes at `text`, which a NUL ends, are one character; 0: they are none.
inline std::size_t length_of_character(const unsigned char *text) noexcept {
  const unsigned first = text[0];
  if (first < 0x80)
    return 1;
  const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4)
    return 0;
  // Neither longer than it has to be, nor a surrogate, nor beyond U+10FFFF.
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (text[1] < low || text[1] > high)
    return 0;
  for (std::size_t i = 2; i < length; i++)
    if (text[i] < 0x80 || text[i] > 0xbf)
      return 0;
  return length;
}

/// The text with U+FFFD for each byte that is no part of a character, as Swift reads it.
inline std::string utf8(const char *text) {
  std::string result;
  for (const auto *at = reinterpret_cast<const unsigned char *>(text); *at;) {
    const std::size_t length = length_of_character(at);
    if (length == 0) {
      result += "\xef\xbf\xbd";
      at++;
    } else {
      result.append(reinterpret_cast<const char *>(at), length);
      at += length;
    }
  }
  return result;
}

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_TEXT_HPP
