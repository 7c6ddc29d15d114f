/// @file tenon/config.hpp
///
/// What the C++ headers ask of the compiler: C++17, and more where it is there. Nothing here is a
/// concept of Tenon.
#ifndef TENON_CONFIG_HPP
#define TENON_CONFIG_HPP

#if __cplusplus < 201703L
#error "Tenon's C++ headers need C++17"
#endif

#include <tenon/tenon.h>

#include <new>

#if __has_include(<version>)
#include <version>
#endif

#if defined(__cpp_exceptions)
#define TENON_HAS_EXCEPTIONS 1
#else
#define TENON_HAS_EXCEPTIONS 0
#endif

#if defined(__cpp_rtti)
#define TENON_HAS_RTTI 1
#else
#define TENON_HAS_RTTI 0
#endif

#if defined(__cpp_impl_coroutine) && defined(__cpp_concepts) && __has_include(<coroutine>)
#define TENON_HAS_COROUTINES 1
#else
#define TENON_HAS_COROUTINES 0
#endif

#if defined(__cpp_lib_jthread)
#define TENON_HAS_STOP_TOKEN 1
#include <stop_token>
#else
#define TENON_HAS_STOP_TOKEN 0
#endif

#if defined(__SANITIZE_THREAD__)
#define TENON_THREAD_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define TENON_THREAD_SANITIZER 1
#endif
#endif
#if !defined(TENON_THREAD_SANITIZER)
#define TENON_THREAD_SANITIZER 0
#endif

// A program may have units with and without exceptions or RTTI, and of several dialects; of what is
// inline in all of them the linker keeps one. So what depends on such an option, or what an
// exception may leave, is another function in each: all of detail by its namespace, and the members
// of what units pass to each other, whose types have one name, by a tag (see docs/decisions/0018).
#define TENON_JOIN_(a, b, c, d, e, f, g, h, i, j) a##b##c##d##e##f##g##h##i##j
#define TENON_JOIN(a, b, c, d, e, f, g, h, i, j) TENON_JOIN_(a, b, c, d, e, f, g, h, i, j)
#define TENON_STRINGIFY_(text) #text
#define TENON_STRINGIFY(text) TENON_STRINGIFY_(text)
#define TENON_VARIANT                                                                              \
  TENON_JOIN(v, TENON_VERSION_MAJOR, _, TENON_VERSION_MINOR, _, TENON_HAS_EXCEPTIONS,              \
             TENON_HAS_RTTI, TENON_HAS_COROUTINES, TENON_HAS_STOP_TOKEN, TENON_THREAD_SANITIZER)
#define TENON_TAG [[gnu::abi_tag(TENON_STRINGIFY(TENON_VARIANT))]]

#if TENON_THREAD_SANITIZER
extern "C" void __tsan_acquire(void *address);
extern "C" void __tsan_release(void *address);
#endif

namespace tenon::detail {
inline namespace TENON_VARIANT {

// The library orders what one thread gives and another takes, but is no instrumented code: these
// tell the thread sanitizer, and are nothing without it.
#if TENON_THREAD_SANITIZER
// At an address that is one in all shared objects.
inline void *handover() noexcept {
  return const_cast<char *>(tenon_status_string(TENON_STATUS_OK)); // NOLINT(*-const-cast)
}
inline void given() noexcept { __tsan_release(handover()); }
inline void taken() noexcept { __tsan_acquire(handover()); }
#else
inline void given() noexcept {}
inline void taken() noexcept {}
#endif

/// What says that something of another thread's was taken, if it is true or no failure.
inline bool seen(bool answer) noexcept {
  if (answer)
    taken();
  return answer;
}

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_CONFIG_HPP
