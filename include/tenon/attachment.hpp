/// @file tenon/attachment.hpp
///
/// An object of any type that goes with another one, in the room of a pointer whatever the dialect.
#ifndef TENON_ATTACHMENT_HPP
#define TENON_ATTACHMENT_HPP

#include <tenon/config.hpp>

#include <memory>
#include <utility>

namespace tenon::detail {
namespace layout {

struct attachment {
  void (*end)(attachment *) noexcept;
};

template <class T> struct attached final : attachment {
  T object;
  template <class... From>
  TENON_TAG explicit attached(From &&...from)
      : attachment{[](attachment *self) noexcept { delete static_cast<attached *>(self); }},
        object(std::forward<From>(from)...) {}
};

struct attachment_ender {
  void operator()(attachment *one) const noexcept { one->end(one); }
};
using attachment_ptr = std::unique_ptr<attachment, attachment_ender>;

} // namespace layout
using namespace layout;
} // namespace tenon::detail

#endif // TENON_ATTACHMENT_HPP
