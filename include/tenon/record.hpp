/// @file tenon/record.hpp
///
/// What the C++ headers that tenon-bindgen writes stand on: how values become the fields of C's
/// structs, and back, and handles that release themselves. Nothing here is for users to call.
#ifndef TENON_RECORD_HPP
#define TENON_RECORD_HPP

#include <tenon/link.hpp>
#include <tenon/record.h>
#include <tenon/tenon.hpp>

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

namespace tenon {

/// One reference to an object of Swift's. Copies are the same object.
template <class Handle, tenon_status_t (*retain)(Handle *) noexcept,
          tenon_status_t (*release)(Handle *) noexcept>
class object {
public:
  constexpr object() noexcept = default;
  /// Takes over a reference from C.
  explicit object(Handle *handle) noexcept : handle_(handle) {}
  object(const object &other) noexcept : handle_(other.handle_) {
    if (handle_ && retain(handle_) != TENON_STATUS_OK)
      handle_ = nullptr;
  }
  object(object &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  object &operator=(object other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~object() {
    if (handle_)
      release(handle_);
  }

  [[nodiscard]] Handle *get() const noexcept { return handle_; }
  /// Gives the handle away.
  [[nodiscard]] Handle *release_handle() noexcept { return std::exchange(handle_, nullptr); }

private:
  Handle *handle_ = nullptr;
};

namespace detail::record {

/// Keeps what is lent to C for the time of a call.
class lender {
public:
  template <class T> T *array(std::size_t count) {
    auto memory = std::shared_ptr<T[]>(new T[count > 0 ? count : 1]());
    kept_.push_back(memory);
    return memory.get();
  }

private:
  std::vector<std::shared_ptr<void>> kept_;
};

/// How a T stands in a field: read(c, out) and lend(lender, from, c). Numbers and enumerations here.
template <class T, class = void> struct field {
  static_assert(std::is_arithmetic_v<T> || std::is_enum_v<T>);
  template <class C> static void read(const C &c, T &out) { out = static_cast<T>(c); }
  template <class C> static void lend(lender &, const T &from, C &c) { c = static_cast<C>(from); }
};

template <> struct field<std::chrono::nanoseconds> {
  static void read(std::int64_t c, std::chrono::nanoseconds &out) {
    out = std::chrono::nanoseconds(c);
  }
  static void lend(lender &, const std::chrono::nanoseconds &from, std::int64_t &c) {
    c = from.count();
  }
};

template <> struct field<std::chrono::sys_time<std::chrono::nanoseconds>> {
  using date = std::chrono::sys_time<std::chrono::nanoseconds>;
  static void read(std::int64_t c, date &out) { out = date(std::chrono::nanoseconds(c)); }
  static void lend(lender &, const date &from, std::int64_t &c) {
    c = from.time_since_epoch().count();
  }
};

template <> struct field<std::array<std::byte, 16>> {
  static void read(const tenon_uuid_t &c, std::array<std::byte, 16> &out) {
    std::memcpy(out.data(), c.bytes, sizeof c.bytes);
  }
  static void lend(lender &, const std::array<std::byte, 16> &from, tenon_uuid_t &c) {
    std::memcpy(c.bytes, from.data(), sizeof c.bytes);
  }
};

template <> struct field<std::string> {
  static void read(const tenon_string_t &c, std::string &out) {
    if (c.data)
      out.assign(c.data, c.size);
    else
      out.clear();
  }
  static void lend(lender &, const std::string &from, tenon_string_t &c) {
    c.data = from.c_str();
    c.size = from.size();
  }
};

template <> struct field<std::vector<std::byte>> {
  static void read(const tenon_bytes_t &c, std::vector<std::byte> &out) {
    const auto *first = reinterpret_cast<const std::byte *>(c.data);
    out.assign(first, first + c.size);
  }
  static void lend(lender &lender, const std::vector<std::byte> &from, tenon_bytes_t &c) {
    c.data = from.empty() ? lender.array<std::uint8_t>(1)
                          : reinterpret_cast<const std::uint8_t *>(from.data());
    c.size = from.size();
  }
};

/// Objects: C++ has a reference of its own.
template <class T, class Handle, tenon_status_t (*retain)(Handle *) noexcept> struct object_field {
  static void read(Handle *c, T &out) { out = c && retain(c) == TENON_STATUS_OK ? T(c) : T(); }
  static void lend(lender &, const T &from, Handle *&c) { c = from.handle(); }
};

/// The element of a list of C's.
template <class L>
using element_t = std::remove_const_t<std::remove_pointer_t<decltype(std::declval<L>().data)>>;

template <class E, class Range, class L> void lend_list(lender &lender, const Range &from, L &c) {
  auto *data = lender.template array<element_t<L>>(from.size());
  std::size_t index = 0;
  for (const E &one : from)
    field<E>::lend(lender, one, data[index++]);
  c.data = data;
  c.count = from.size();
}

template <class E> struct field<std::vector<E>> {
  template <class L> static void read(const L &c, std::vector<E> &out) {
    out.clear();
    out.reserve(c.count);
    for (std::size_t index = 0; index < c.count; index++) {
      E one{};
      field<E>::read(c.data[index], one);
      out.push_back(std::move(one));
    }
  }
  template <class L> static void lend(lender &lender, const std::vector<E> &from, L &c) {
    if constexpr (std::is_arithmetic_v<E> && !std::is_same_v<E, bool>) {
      c.data = from.empty() ? lender.template array<E>(1) : from.data();
      c.count = from.size();
    } else {
      lend_list<E>(lender, from, c);
    }
  }
};

template <class E> struct field<std::set<E>> {
  template <class L> static void read(const L &c, std::set<E> &out) {
    out.clear();
    for (std::size_t index = 0; index < c.count; index++) {
      E one{};
      field<E>::read(c.data[index], one);
      out.insert(std::move(one));
    }
  }
  template <class L> static void lend(lender &lender, const std::set<E> &from, L &c) {
    lend_list<E>(lender, from, c);
  }
};

template <class K, class V> struct field<std::map<K, V>> {
  template <class M> static void read(const M &c, std::map<K, V> &out) {
    out.clear();
    for (std::size_t index = 0; index < c.count; index++) {
      K key{};
      V value{};
      field<K>::read(c.data[index].key, key);
      field<V>::read(c.data[index].value, value);
      out.insert_or_assign(std::move(key), std::move(value));
    }
  }
  template <class M> static void lend(lender &lender, const std::map<K, V> &from, M &c) {
    auto *data = lender.template array<element_t<M>>(from.size());
    std::size_t index = 0;
    for (const auto &[key, value] : from) {
      field<K>::lend(lender, key, data[index].key);
      field<V>::lend(lender, value, data[index].value);
      index++;
    }
    c.data = data;
    c.count = from.size();
  }
};

template <class C, class = void> inline constexpr bool has_flag = false;
template <class C>
inline constexpr bool has_flag<C, std::void_t<decltype(std::declval<C>().is_some)>> = true;

template <class T> struct field<std::optional<T>> {
  template <class C> static void read(const C &c, std::optional<T> &out) {
    out.reset();
    if constexpr (has_flag<C>) {
      if (c.is_some)
        field<T>::read(c.value, out.emplace());
    } else if constexpr (std::is_pointer_v<C>) {
      if (c)
        field<T>::read(c, out.emplace());
    } else if (c.data) {
      field<T>::read(c, out.emplace());
    }
  }
  template <class C> static void lend(lender &lender, const std::optional<T> &from, C &c) {
    c = C{};
    if (!from)
      return;
    if constexpr (has_flag<C>) {
      c.is_some = true;
      field<T>::lend(lender, *from, c.value);
    } else {
      field<T>::lend(lender, *from, c);
    }
  }
};

template <class F, class = void> inline constexpr bool has_struct = false;
template <class F> inline constexpr bool has_struct<F, std::void_t<typename F::struct_type>> = true;

/// What structs have: in a field they stand by pointer. Self has read(const C &, T &) and lend(lender &,
/// const T &, C &) for the struct itself.
template <class Self, class T, class C> struct structure {
  using struct_type = C;
  static void read(const C *c, T &out) {
    if (c)
      Self::read_struct(*c, out);
  }
  static void lend(lender &lender, const T &from, const C *&c) {
    C *made = lender.template array<C>(1);
    Self::lend_struct(lender, from, *made);
    c = made;
  }
};

/// A struct for a call.
template <class C, class T> const C *lent(lender &lender, const T &from) {
  const C *c = nullptr;
  field<T>::lend(lender, from, c);
  return c;
}

template <class C, class T> const C *lent(lender &lender, const std::optional<T> &from) {
  return from ? lent<C>(lender, *from) : nullptr;
}

/// A list or a map for a call: data and count.
template <class L, class T> L list(lender &lender, const T &from) {
  L c{};
  field<T>::lend(lender, from, c);
  return c;
}

/// A number by pointer for a call.
template <class C, class T> const C *number(lender &lender, const std::optional<T> &from) {
  if (!from)
    return nullptr;
  C *made = lender.template array<C>(1);
  field<T>::lend(lender, *from, *made);
  return made;
}

/// A T of a block that C has been given, which ends here.
template <class T, class C> T moved(C *block, void (*free)(C *) noexcept) {
  struct ender {
    C *block;
    void (*free)(C *) noexcept;
    ~ender() { free(block); }
  } const ender{block, free};
  T out{};
  if constexpr (has_struct<field<T>>)
    field<T>::read_struct(*block, out);
  else
    field<T>::read(*block, out);
  return out;
}

/// Throws what a call that answers at once has failed with.
inline void require(tenon_status_t status, tenon_error_t *error) {
  if (status == TENON_STATUS_REJECTED && error)
    raise_owned(error);
  detail::require(status);
  if (status != TENON_STATUS_OK)
    raise(status);
}

/// Text for a call, which ends with the first NUL: one inside would be lost.
inline const char *text(const std::string &from) {
  if (from.find('\0') != std::string::npos)
    raise(TENON_STATUS_INVALID);
  return from.c_str();
}
inline const char *text(const std::optional<std::string> &from) {
  return from ? text(*from) : nullptr;
}

/// A T from a field.
template <class T, class C> T read(const C &c) {
  T out{};
  field<T>::read(c, out);
  return out;
}

/// A number that C gives by pointer.
template <class T, class C> std::optional<T> read_number(const C *c) {
  return c ? std::optional<T>(read<T>(*c)) : std::nullopt;
}

/// What C has for a number that is another type in C++.
template <class C, class T> C plain(const T &from) {
  lender none;
  C c{};
  field<T>::lend(none, from, c);
  return c;
}

/// Text that C gives.
inline std::string read_text(const char *c) { return c ? std::string(c) : std::string(); }
inline std::optional<std::string> read_optional_text(const char *c) {
  return c ? std::optional<std::string>(c) : std::nullopt;
}

/// How the blocks of a type that is not a library's own are taken out of values: each library knows
/// its own.
template <class T> struct taker {
  bool (*holds)(const tenon_value_t &) noexcept;
  T (*take)(const tenon_value_t &);
  taker *next;
  static inline taker *first = nullptr;

  taker(bool (*knows)(const tenon_value_t &) noexcept, T (*takes)(const tenon_value_t &)) noexcept
      : holds(knows), take(takes), next(std::exchange(first, this)) {}

  static const taker *find(const tenon_value_t &value) noexcept {
    const taker *one = first;
    while (one && !one->holds(value))
      one = one->next;
    return one;
  }
};

template <class S> struct collection_traits {
  template <class... From> static tenon_value_t make(From &&...from) {
    box_ptr<S> box = new_box<S>();
    box->fill(std::forward<From>(from)...);
    return boxed(std::move(box));
  }
  static bool holds(const tenon_value_t &value) noexcept {
    return taker<S>::find(value) != nullptr;
  }
  static S take(const tenon_value_t &value) { return taker<S>::find(value)->take(value); }
};

/// How a block travels in a value; see tenon/value.hpp.
template <class T, class C, tenon_status_t (*take_item)(tenon_value_t *, C **) noexcept,
          void (*free)(C *) noexcept>
struct block_traits {
  static bool holds(const tenon_value_t &value) noexcept {
    // Only looks: what is moved out of the copy is still in the value.
    tenon_value_t copy = value;
    C *block = nullptr;
    return take_item(&copy, &block) == TENON_STATUS_OK;
  }
  static T take(const tenon_value_t &value) {
    C *block = nullptr;
    detail::require(take_item(const_cast<tenon_value_t *>(&value), &block));
    return moved<T>(block, free);
  }
};

/// The same of a type that can be sent, too.
template <class T, class C, tenon_status_t (*make_value)(const C *, tenon_value_t *) noexcept>
tenon_value_t made(const T &from) {
  lender lender;
  tenon_value_t value;
  detail::require(make_value(lent<C>(lender, from), &value));
  return value;
}

/// How an object travels in a value.
template <class T, class Handle, tenon_status_t (*take_item)(tenon_value_t *, Handle **) noexcept>
struct object_traits {
  static bool holds(const tenon_value_t &value) noexcept {
    tenon_value_t copy = value;
    Handle *handle = nullptr;
    return take_item(&copy, &handle) == TENON_STATUS_OK;
  }
  static T take(const tenon_value_t &value) {
    Handle *handle = nullptr;
    detail::require(take_item(const_cast<tenon_value_t *>(&value), &handle));
    return T(handle);
  }
};

// MARK: What C++ implements

/// Lets a function's end settle C's promise, and a cancel of that reach the function, with its reason.
class forwarding {
public:
  static void start(tenon_future_t *future, tenon_promise_t *promise,
                    tenon_error_t *(*translate)(tenon_error_t *) noexcept) noexcept {
    auto *self = new (std::nothrow) forwarding{future, promise, translate};
    if (!self) {
      tenon_future_release(future);
      tenon_promise_release(promise);
      return;
    }
    const tenon_status_t told =
        tenon_promise_on_cancel(promise, nullptr, pass_cancel, self, nullptr);
    if (told != TENON_STATUS_OK)
      pass_cancel(self, told);
    const tenon_status_t status = tenon_future_on_complete(
        future, nullptr,
        [](void *context, tenon_status_t how, tenon_future_t *) {
          static_cast<forwarding *>(context)->finish(how);
        },
        self, nullptr);
    if (status != TENON_STATUS_OK)
      self->finish(status == TENON_STATUS_SETTLED ? tenon_future_poll(future) : status);
  }

private:
  forwarding(tenon_future_t *future, tenon_promise_t *promise,
             tenon_error_t *(*translate)(tenon_error_t *) noexcept) noexcept
      : future_(future), promise_(promise), translate_(translate) {}

  static void pass_cancel(void *context, tenon_status_t status) noexcept {
    auto *self = static_cast<forwarding *>(context);
    if (status == TENON_STATUS_CANCELLED)
      cancel_as(self->promise_, self->future_);
    self->release();
  }

  void release() noexcept {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) > 1)
      return;
    tenon_future_release(future_);
    delete this;
  }

  void finish(tenon_status_t status) noexcept {
    tenon_value_t value = tenon_value_none();
    tenon_error_t *error = nullptr;
    if (status == TENON_STATUS_OK && tenon_future_take(future_, &value) == TENON_STATUS_OK &&
        tenon_promise_resolve(promise_, &value) == TENON_STATUS_OK) {
    } else if (status == TENON_STATUS_REJECTED &&
               tenon_future_copy_error(future_, &error) == TENON_STATUS_OK) {
      error = translate_(error);
      static_cast<void>(reject(promise_, error));
      tenon_error_release(error);
    } else {
      tenon_value_drop(&value);
      tenon_promise_cancel(promise_);
    }
    release();
  }

  std::atomic<int> references_{2}; // of the end, and of what hears of a cancel
  tenon_future_t *future_;
  tenon_promise_t *promise_;
  tenon_error_t *(*translate_)(tenon_error_t *) noexcept;
};

} // namespace detail::record

namespace detail {

template <> struct traits<std::chrono::nanoseconds> {
  static tenon_value_t make(std::chrono::nanoseconds from) noexcept {
    return tenon_value_i64(from.count());
  }
  static bool holds(const tenon_value_t &value) noexcept { return value.kind == TENON_VALUE_I64; }
  static std::chrono::nanoseconds take(const tenon_value_t &value) noexcept {
    return std::chrono::nanoseconds(value.as.i64);
  }
};
template <> struct traits<std::chrono::sys_time<std::chrono::nanoseconds>> {
  using date = std::chrono::sys_time<std::chrono::nanoseconds>;
  static tenon_value_t make(date from) noexcept {
    return tenon_value_i64(from.time_since_epoch().count());
  }
  static bool holds(const tenon_value_t &value) noexcept { return value.kind == TENON_VALUE_I64; }
  static date take(const tenon_value_t &value) noexcept {
    return date(std::chrono::nanoseconds(value.as.i64));
  }
};
template <> struct traits<std::array<std::byte, 16>> {
  static tenon_value_t make(const std::array<std::byte, 16> &from) {
    tenon_value_t value;
    detail::require(tenon_value_copy_bytes(from.data(), from.size(), &value));
    return value;
  }
  static bool holds(const tenon_value_t &value) noexcept {
    const void *data = nullptr;
    std::size_t size = 0;
    return value.kind == TENON_VALUE_BYTES &&
           tenon_value_get_data(&value, &data, &size) == TENON_STATUS_OK && size == 16;
  }
  static std::array<std::byte, 16> take(const tenon_value_t &value) {
    const auto bytes = traits<std::vector<std::byte>>::take(value);
    std::array<std::byte, 16> out{};
    std::memcpy(out.data(), bytes.data(), out.size());
    return out;
  }
};
template <class E> struct traits<std::vector<E>> : record::collection_traits<std::vector<E>> {};
template <class E> struct traits<std::set<E>> : record::collection_traits<std::set<E>> {};
template <class K, class V>
struct traits<std::map<K, V>> : record::collection_traits<std::map<K, V>> {};

} // namespace detail
} // namespace tenon

#endif // TENON_RECORD_HPP
