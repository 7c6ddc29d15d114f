/// @file tenon/value.hpp
///
/// How a C++ object travels in a tenon_value_t.
///
/// Numbers, enumerations, std::string and bytes (std::vector of std::byte or unsigned char) travel
/// as the kinds that C and Swift know, and are read from these whoever made them. A string that is
/// not UTF-8 travels as bytes. A std::optional travels as what is in it, or as nothing. What else
/// fits into a pointer and is trivially copyable is in the value itself, and anything else is moved
/// into memory of its own; both carry the mark of their type, so that reading another type is an
/// error.
#ifndef TENON_VALUE_HPP
#define TENON_VALUE_HPP

#include <tenon/error.hpp>

#include <cstddef>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace tenon::detail {

/// What public types consist of: the same in all units.
namespace layout {

/// What travels for T: nothing, or a reference as a pointer.
struct nothing {};
template <class T> struct stored { using type = T; };
template <class T> struct stored<T &> { using type = T *; };
template <> struct stored<void> { using type = nothing; };
template <class T> using stored_t = typename stored<T>::type;

/// Memory for an object that comes later, from whatever allocator.
template <class S> struct box {
  void (*end)(box *) noexcept;
  bool is_full = false;
  union {
    S value;
  };

  explicit box(void (*ender)(box *) noexcept) noexcept : end(ender) {}
  box(const box &) = delete;
  box &operator=(const box &) = delete;
  ~box() { // NOLINT(bugprone-exception-escape): as any destructor that throws, it terminates.
    if (is_full)
      value.~S();
  }

  template <class... From> TENON_TAG void fill(From &&...from) {
    ::new (static_cast<void *>(std::addressof(value))) S(std::forward<From>(from)...);
    is_full = true;
  }
};

struct box_ender {
  template <class S> void operator()(box<S> *box) const noexcept { box->end(box); }
};
template <class S> using box_ptr = std::unique_ptr<box<S>, box_ender>;

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

template <class S> box_ptr<S> new_box() {
  return box_ptr<S>(new box<S>([](box<S> *box) noexcept { delete box; }));
}

template <class S, class Allocator> struct allocated_box : box<S> {
  using allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<allocated_box>;
  using traits = std::allocator_traits<allocator>;

  explicit allocated_box(const allocator &from) : box<S>(&finish), with(from) {}

  static void finish(box<S> *box) noexcept {
    auto *self = static_cast<allocated_box *>(box);
    allocator from(std::move(self->with));
    self->~allocated_box();
    traits::deallocate(from, std::pointer_traits<typename traits::pointer>::pointer_to(*self), 1);
  }

  [[no_unique_address]] allocator with;
};

template <class S, class Allocator> box_ptr<S> new_box(const Allocator &allocator) {
  using made = allocated_box<S, Allocator>;
  typename made::allocator with(allocator);
  auto memory = made::traits::allocate(with, 1);
  return box_ptr<S>(::new (static_cast<void *>(std::addressof(*memory))) made(with));
}

/// A box as a value, which then owns it.
template <class S> tenon_value_t boxed(box_ptr<S> box) noexcept {
  given();
  return tenon_value_pointer(box.release(), mark<in_box<S>>(), [](void *address, size_t) {
    taken();
    box_ender()(static_cast<detail::box<S> *>(address));
  });
}

template <class S> box<S> *box_in(const tenon_value_t &value) noexcept {
  if (value.kind != TENON_VALUE_POINTER || !is_mark<in_box<S>>(value.as.pointer.type))
    return nullptr;
  taken();
  return static_cast<box<S> *>(value.as.pointer.address);
}

template <class T>
inline constexpr bool is_number = std::is_enum_v<T> ||
                                  (std::is_arithmetic_v<T> && sizeof(T) <= sizeof(std::int64_t));

template <class T> inline constexpr bool is_optional = false;
template <class T> inline constexpr bool is_optional<std::optional<T>> = true;

template <class T>
inline constexpr bool is_word = !is_number<T> && !is_optional<T> && sizeof(T) <= sizeof(void *) &&
                                std::is_trivially_copyable_v<T> &&
                                std::is_trivially_move_constructible_v<T> && !std::is_empty_v<T>;

/// How S travels. make() may throw, and has then done nothing; take() comes after holds().
/// Here: in a box, see box_in().
struct boxes {};
template <class S, class = void> struct traits : boxes {
  template <class... From> static tenon_value_t make(From &&...from) {
    box_ptr<S> box = new_box<S>();
    box->fill(std::forward<From>(from)...);
    return boxed(std::move(box));
  }
};
template <class S> inline constexpr bool is_boxed = std::is_base_of_v<boxes, traits<S>>;

template <> struct traits<nothing> {
  static tenon_value_t make() noexcept { return tenon_value_none(); }
  static bool holds(const tenon_value_t &) noexcept { return true; }
  static nothing take(const tenon_value_t &) noexcept { return {}; }
};

template <class S> struct traits<S, std::enable_if_t<is_number<S>>> {
  static tenon_value_t make(S number) noexcept {
    if constexpr (std::is_enum_v<S>)
      return traits<std::underlying_type_t<S>>::make(
          static_cast<std::underlying_type_t<S>>(number));
    else if constexpr (std::is_same_v<S, bool>)
      return tenon_value_boolean(number);
    else if constexpr (std::is_floating_point_v<S>)
      return tenon_value_f64(number);
    else if constexpr (std::is_signed_v<S>)
      return tenon_value_i64(number);
    else
      return tenon_value_u64(number);
  }

  static bool holds(const tenon_value_t &value) noexcept {
    if constexpr (std::is_enum_v<S>)
      return traits<std::underlying_type_t<S>>::holds(value);
    else if constexpr (std::is_same_v<S, bool>)
      return value.kind == TENON_VALUE_BOOLEAN;
    else if constexpr (std::is_floating_point_v<S>)
      return value.kind == TENON_VALUE_F64;
    else if (value.kind == TENON_VALUE_I64 && value.as.i64 < 0)
      return std::is_signed_v<S> && value.as.i64 >= static_cast<std::int64_t>(least);
    else
      return (value.kind == TENON_VALUE_I64 || value.kind == TENON_VALUE_U64) &&
             value.as.u64 <= static_cast<std::uint64_t>(most);
  }

  static S take(const tenon_value_t &value) noexcept {
    if constexpr (std::is_same_v<S, bool>)
      return value.as.boolean;
    else if constexpr (std::is_floating_point_v<S>)
      return static_cast<S>(value.as.f64);
    else
      return static_cast<S>(value.as.i64);
  }

private:
  using limits = std::numeric_limits<std::conditional_t<std::is_integral_v<S>, S, int>>;
  static constexpr auto least = limits::min(), most = limits::max();
};

template <class S> struct traits<S, std::enable_if_t<is_word<S>>> {
  template <class... From> static tenon_value_t make(From &&...from) {
    const S word(std::forward<From>(from)...);
    tenon_value_t value = tenon_value_pointer(nullptr, mark<S>(), nullptr);
    // NOLINTNEXTLINE(bugprone-sizeof-expression): S may be a pointer.
    std::memcpy(&value.as.pointer.address, std::addressof(word), sizeof word);
    return value;
  }
  static bool holds(const tenon_value_t &value) noexcept {
    return value.kind == TENON_VALUE_POINTER && is_mark<S>(value.as.pointer.type);
  }
  static S take(const tenon_value_t &value) noexcept {
    // NOLINTNEXTLINE(bugprone-sizeof-expression): S may be a pointer.
    alignas(S) unsigned char bytes[sizeof(S)];
    std::memcpy(bytes, &value.as.pointer.address, sizeof bytes);
    return std::move(*std::launder(reinterpret_cast<S *>(bytes)));
  }
};

/// Strings and bytes: copied, as other languages keep them in their own way.
template <class S> struct text_traits {
  static tenon_value_t make(const S &from) {
    tenon_value_t value;
    tenon_status_t status = TENON_STATUS_INVALID;
    if constexpr (std::is_same_v<S, std::string>)
      status = tenon_value_copy_string(from.data(), from.size(), &value);
    if (status == TENON_STATUS_INVALID)
      status = tenon_value_copy_bytes(from.data(), from.size(), &value);
    require(status);
    return value;
  }
  static bool holds(const tenon_value_t &value) noexcept {
    return value.kind == TENON_VALUE_STRING || value.kind == TENON_VALUE_BYTES;
  }
  static S take(const tenon_value_t &value) {
    const void *data = nullptr;
    size_t size = 0;
    require(tenon_value_get_data(&value, &data, &size));
    const auto *first = static_cast<const typename S::value_type *>(data);
    return S(first, first + size);
  }
};
template <> struct traits<std::string> : text_traits<std::string> {};
template <> struct traits<std::vector<unsigned char>> : text_traits<std::vector<unsigned char>> {};
template <> struct traits<std::vector<std::byte>> : text_traits<std::vector<std::byte>> {};

/// The item of a stream, or nothing at its end; elsewhere a value, or nothing.
template <class T> struct traits<std::optional<T>> {
  template <class From> static tenon_value_t make(From &&from) {
    if constexpr (std::is_same_v<std::decay_t<From>, std::optional<T>>)
      return from ? traits<T>::make(*std::forward<From>(from)) : tenon_value_none();
    else
      return make(std::optional<T>(std::forward<From>(from)));
  }
  static bool holds(const tenon_value_t &value) noexcept {
    return value.kind == TENON_VALUE_END || value.kind == TENON_VALUE_NONE || holds_some(value);
  }
  static std::optional<T> take(const tenon_value_t &value) {
    if (value.kind == TENON_VALUE_END || !holds_some(value))
      return std::nullopt;
    if constexpr (!is_boxed<T>)
      if (traits<T>::holds(value))
        return traits<T>::take(value);
    return std::move(box_in<T>(value)->value);
  }

private:
  static bool holds_some(const tenon_value_t &value) noexcept {
    if constexpr (!is_boxed<T>)
      if (traits<T>::holds(value))
        return true;
    return box_in<T>(value) != nullptr;
  }
};

/// Ends a value that was taken, whatever happens.
struct value_guard {
  tenon_value_t &value;
  ~value_guard() {
    if (value.drop)
      tenon_value_drop(&value);
  }
};

/// A value on its way, which ends with this unless somebody takes it.
struct owned_value {
  tenon_value_t value = tenon_value_none();

  owned_value() = default;
  explicit owned_value(const tenon_value_t &owned) noexcept : value(owned) {}
  owned_value(owned_value &&other) noexcept
      : value(std::exchange(other.value, tenon_value_none())) {}
  owned_value &operator=(owned_value &&) = delete;
  ~owned_value() {
    if (value.drop)
      tenon_value_drop(&value);
  }
};

/// Many, of which the first are gone already.
struct owned_values {
  std::vector<tenon_value_t> values;
  std::size_t first = 0;

  owned_values() = default;
  owned_values(owned_values &&) noexcept = default;
  owned_values &operator=(owned_values &&) = delete;
  ~owned_values() {
    for (; count() > 0; first++)
      tenon_value_drop(data());
  }

  [[nodiscard]] std::size_t count() const noexcept {
    return values.size() < first ? 0 : values.size() - first;
  }
  [[nodiscard]] tenon_value_t *data() noexcept { return values.data() + first; }
};

/// Whether a T can be read from it.
template <class T> bool holds(const tenon_value_t &value) noexcept {
  if constexpr (!is_boxed<stored_t<T>>)
    if (traits<stored_t<T>>::holds(value))
      return true;
  return box_in<stored_t<T>>(value) != nullptr;
}

/// Moves what is stored for T out of a value, and ends the value.
template <class T> T load(tenon_value_t &value) {
  using S = stored_t<T>;
  const value_guard guard{value};
  if constexpr (std::is_void_v<T>)
    return;
  else if constexpr (!is_boxed<S>)
    if (traits<S>::holds(value)) {
      if constexpr (std::is_reference_v<T>)
        return *traits<S>::take(value);
      else
        return traits<S>::take(value);
    }
  box<S> *box = box_in<S>(value);
  if (!box)
    raise(TENON_STATUS_INVALID);
  if constexpr (std::is_reference_v<T>)
    return *box->value;
  else if constexpr (!std::is_void_v<T>)
    return std::move(box->value);
}

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_VALUE_HPP
