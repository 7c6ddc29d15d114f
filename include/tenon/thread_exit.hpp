/// @file tenon/thread_exit.hpp
///
/// What the *_at_thread_exit() members leave for the end of their thread: after its objects of
/// thread storage duration are gone, as the standard wants it. One POSIX key for the process, so that
/// what several shared objects leave comes in its order.
#ifndef TENON_THREAD_EXIT_HPP
#define TENON_THREAD_EXIT_HPP

#include <tenon/error.hpp>

#include <cstdlib>
#include <memory>
#include <pthread.h>

namespace tenon::detail {
inline namespace TENON_VARIANT {

/// A promise that will be settled, with the value or the error.
struct late_settlement {
  tenon_promise_t *promise = nullptr;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error = nullptr;
  bool fails = false;
  late_settlement *next = nullptr;

  late_settlement() = default;
  late_settlement(const late_settlement &) = delete;
  late_settlement &operator=(const late_settlement &) = delete;
  ~late_settlement() {
    tenon_value_drop(&value);
    tenon_error_release(error);
  }

  /// All that can fail, before anything is changed.
  static std::unique_ptr<late_settlement> reserve() {
    auto made = std::make_unique<late_settlement>();
    if (pthread_setspecific(key(), pthread_getspecific(key())) != 0)
      raise(TENON_STATUS_NO_RESOURCES);
    return made;
  }

  static void commit(std::unique_ptr<late_settlement> one, tenon_promise_t *promise) noexcept {
    one->promise = promise;
    one->next = static_cast<late_settlement *>(pthread_getspecific(key()));
    pthread_setspecific(key(), one.release());
  }

private:
  /// Settles the list, the oldest one first.
  static void settle_all(void *newest) noexcept {
    late_settlement *oldest = nullptr;
    for (auto *one = static_cast<late_settlement *>(newest); one;) {
      late_settlement *const next = std::exchange(one->next, oldest);
      oldest = std::exchange(one, next);
    }
    while (oldest) {
      const std::unique_ptr<late_settlement> one(std::exchange(oldest, oldest->next));
      given();
      if (one->fails)
        reject(one->promise, one->error);
      else
        tenon_promise_resolve(one->promise, &one->value);
    }
  }

  static pthread_key_t key() {
    static const pthread_key_t *const key = shared_key();
    return *key;
  }

  static const pthread_key_t *shared_key() {
    auto made = std::make_unique<pthread_key_t>();
    if (pthread_key_create(made.get(), settle_all) != 0)
      raise(TENON_STATUS_NO_RESOURCES);
    // The number is that of this class's layout.
    const auto code = &settle_all;
    void *const kept = shared("cxx tenon::detail::late_settlement 2", made.get(),
                              reinterpret_cast<const void *>(code));
    if (kept == made.get())
      return made.release();
    pthread_key_delete(*made);
    if (!kept)
      raise(TENON_STATUS_NO_RESOURCES);
    return static_cast<const pthread_key_t *>(kept);
  }

public:
  // Whichever shared object settles it, it is freed as it was allocated.
  static void *operator new(std::size_t size) {
    void *const memory = std::malloc(size);
    if (!memory)
      raise(TENON_STATUS_NO_RESOURCES);
    return memory;
  }
  static void operator delete(void *memory) noexcept { std::free(memory); }
};

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_THREAD_EXIT_HPP
