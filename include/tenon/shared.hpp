/// @file tenon/shared.hpp
///
/// What the shared objects of a process have in common though each has its own copy of these
/// headers: the marks of types, and what there may be only one of.
#ifndef TENON_SHARED_HPP
#define TENON_SHARED_HPP

#include <tenon/config.hpp>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <typeinfo>

namespace tenon {

/// The name by which T is known in other shared objects, if it shall not be the compiler's: for
/// programs without RTTI, which have no other one, and for C. Specialise it where T is declared:
///
///     template <> inline constexpr const char *tenon::type_name<picture> = "app.picture";
template <class T> inline constexpr const char *type_name = nullptr;

namespace detail {

// What is laid out in its own way by each standard library has a name for each.
#if defined(_LIBCPP_ABI_VERSION)
#define TENON_STANDARD_LIBRARY "libc++ " TENON_STRINGIFY(_LIBCPP_ABI_VERSION)
#elif defined(_GLIBCXX_USE_CXX11_ABI)
#define TENON_STANDARD_LIBRARY "libstdc++ " TENON_STRINGIFY(_GLIBCXX_USE_CXX11_ABI)
#else
#define TENON_STANDARD_LIBRARY "std"
#endif

/// Stands for an S in memory of its own, where S stands for one in place.
template <class S> struct in_box;

template <class T> struct described {
  using type = T;
  static constexpr const char *prefix = "cxx ", *library = "";
};
template <class S> struct described<in_box<S>> {
  using type = S;
  static constexpr const char *prefix = "cxx box of ";
  // The compiler's name does not say with which one it was laid out; whoever gives one knows.
  static constexpr const char *library = type_name<S> ? "" : TENON_STANDARD_LIBRARY " ";
};

/// The mark of T once it is known; its address is the mark as long as it is not. It is one object in
/// a shared object, or, where its visibility and T's let it be, in several.
template <class T>
[[gnu::visibility("default")]] inline std::atomic<const void *> known_mark{nullptr};

inline namespace TENON_VARIANT {

/// tenon_process_share(); nullptr: no memory.
inline void *shared(const char *name, void *object, const void *code) noexcept {
  void *kept = nullptr;
  return tenon_process_share(name, object, code, &kept) == TENON_STATUS_OK ? kept : nullptr;
}

/// Whether a type's name may be another type's, too: that of a type without linkage, or of something
/// inside a function that has none. gcc says so by an asterisk, clang does not.
inline bool is_local(const char *name) noexcept {
  if (name[0] == '*' || std::strstr(name, "_GLOBAL__N_") || std::strchr(name, '$'))
    return true;
  for (const char *at = std::strchr(name, 'Z'); at && *at; at++)
    if (at[0] == 'L' && at[1] >= '0' && at[1] <= '9')
      return true;
  return false;
}

/// The name of T for those who compare names; nullptr: it has none.
template <class T> const char *name_of() noexcept {
#if TENON_HAS_RTTI
  if (!type_name<T>)
    return is_local(typeid(T).name()) ? nullptr : typeid(T).name();
#endif
  return type_name<T>;
}

/// Asks for the mark of a name. The size tells types apart that two plugins have named alike.
template <class T> [[gnu::cold, gnu::noinline]] const void *find_mark() noexcept {
  using S = typename described<T>::type;
  const void *mark = &known_mark<T>;
  if (const char *name = name_of<S>()) {
#if TENON_HAS_EXCEPTIONS
    try {
#endif
      constexpr std::size_t size = sizeof(S); // NOLINT(bugprone-sizeof-expression): a pointer
      const std::string full = std::string(described<T>::prefix) + described<T>::library +
                               std::to_string(size) + " " + std::to_string(alignof(S)) + " " + name;
      if (const void *known = shared(full.c_str(), nullptr, nullptr))
        mark = known;
#if TENON_HAS_EXCEPTIONS
    } catch (const std::bad_alloc &) { // known in this shared object
    }
#endif
  }
  // One of several threads decides.
  const void *first = nullptr;
  known_mark<T>.compare_exchange_strong(first, mark, std::memory_order_relaxed);
  return first ? first : mark;
}

/// What stands for T, in all of the process if it can be.
template <class T> const void *mark() noexcept {
  if constexpr (TENON_HAS_RTTI || type_name<typename described<T>::type> != nullptr) {
    const void *const known = known_mark<T>.load(std::memory_order_relaxed);
    return known ? known : find_mark<T>();
  } else
    return &known_mark<T>;
}

/// Whether this mark stands for T: what mark() is here, or in units of this shared object that know
/// more or less of its name.
template <class T> bool is_mark(const void *type) noexcept {
  return type == mark<T>() || type == &known_mark<T> ||
         (type && type == known_mark<T>.load(std::memory_order_relaxed));
}

} // namespace TENON_VARIANT
} // namespace detail

template <>
inline constexpr const char *type_name<std::exception_ptr> =
    "std::exception_ptr of " TENON_STANDARD_LIBRARY;

} // namespace tenon

#endif // TENON_SHARED_HPP
