/// @file tenon/attachment.hpp
///
/// An object of any type that goes with another one, in the room of a pointer whatever the dialect.
#ifndef TENON_ATTACHMENT_HPP
#define TENON_ATTACHMENT_HPP

#include <memory>
#include <utility>

namespace tenon::detail {

struct attachment {
  void (*end)(attachment *) noexcept;
};

template <class T> struct attached final : attachment {
  T object;
  template <class... From>
  explicit attached(From &&...from)
      : attachment{[](attachment *self) noexcept { delete static_cast<attached *>(self); }},
        object(std::forward<From>(from)...) {}
};

struct attachment_ender {
  void operator()(attachment *one) const noexcept { one->end(one); }
};
using attachment_ptr = std::unique_ptr<attachment, attachment_ender>;

} // namespace tenon::detail

#endif // TENON_ATTACHMENT_HPP
