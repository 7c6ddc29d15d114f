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

#if defined(__cpp_impl_coroutine) && __has_include(<coroutine>)
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

#if defined(TENON_THREAD_SANITIZER)
extern "C" void __tsan_acquire(void *address);
extern "C" void __tsan_release(void *address);
#endif

namespace tenon::detail {

// The library orders what one thread gives and another takes, but is no instrumented code: these
// tell the thread sanitizer, and are nothing without it.
#if defined(TENON_THREAD_SANITIZER)
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

} // namespace tenon::detail

#endif // TENON_CONFIG_HPP
