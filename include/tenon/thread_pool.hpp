/// @file tenon/thread_pool.hpp
///
/// tenon::thread_pool: an executor with threads of its own, and loops that run on them.
#ifndef TENON_THREAD_POOL_HPP
#define TENON_THREAD_POOL_HPP

#include <tenon/exception.hpp>
#include <tenon/executor.hpp>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <iterator>
#include <mutex>
#include <thread>
#include <type_traits>

namespace tenon {

namespace detail {
inline namespace TENON_VARIANT {

/// One loop, for all threads that run it.
template <class F> struct parallel_loop {
  F *f;
  std::mutex mutex;
  std::size_t failed; // where the first part begins that has failed
  std::exception_ptr failure;

  static tenon_status_t run(void *context, std::size_t begin, std::size_t end) noexcept {
    parallel_loop &self = *static_cast<parallel_loop *>(context);
    taken();
    const tenon_status_t status = self.call(begin, end);
    given();
    return status;
  }

private:
  tenon_status_t call(std::size_t begin, std::size_t end) {
#if TENON_HAS_EXCEPTIONS
    try {
      (*f)(begin, end);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(mutex);
      if (begin < failed || !failure) {
        failed = begin;
        failure = std::current_exception();
      }
      return TENON_STATUS_REJECTED;
    }
#else
    (*f)(begin, end);
#endif
    return TENON_STATUS_OK;
  }
};

} // namespace TENON_VARIANT
} // namespace detail

/// An executor whose jobs run on threads of its own. Whatever takes an executor takes it.
///
/// Where the threads end that it makes, what they use still has to be there: so, unlike an executor, it
/// waits for its work when it goes.
class thread_pool : public executor {
public:
  /// With at most so many threads, 0: as many as there are processors. They have the name.
  TENON_TAG explicit thread_pool(std::uint32_t threads_max = 0, const char *name = nullptr)
      : executor(&static_cast<const tenon_executor_config_t &>(shape(threads_max, name))) {}

  thread_pool(thread_pool &&) noexcept = default;
  thread_pool &operator=(thread_pool &&other) noexcept {
    wait();
    executor::operator=(std::move(other));
    return *this;
  }

  ~thread_pool() { wait(); }

  /// Calls f(begin, end) for parts of 0 ... count - 1, on this thread and on those of the pool that have
  /// nothing better to do; returns when all has run: tenon_executor_for().
  ///
  /// Throws what f throws, for the first part that fails. In a scope it is the scope's work, and
  /// ends early with it, as a cancelled future does.
  template <class F>
  TENON_TAG void for_range(std::size_t count, F &&f, std::size_t chunk = 0,
                           tenon_scope_t *scope = nullptr) {
    detail::parallel_loop<std::remove_reference_t<F>> loop{&f, {}, SIZE_MAX, nullptr};
    detail::given();
    const tenon_status_t status =
        scope ? tenon_scope_for(scope, handle(), count, chunk, &loop.run, &loop)
              : tenon_executor_for(handle(), count, chunk, &loop.run, &loop);
    detail::taken();
#if TENON_HAS_EXCEPTIONS
    if (loop.failure)
      std::rethrow_exception(loop.failure);
#endif
    if (status != TENON_STATUS_OK)
      detail::raise(status);
  }

  /// Calls f(element) for each element of a range with random access, as for_range() does.
  template <class Range, class F>
  TENON_TAG void for_each(Range &&range, F &&f, std::size_t chunk = 0,
                          tenon_scope_t *scope = nullptr) {
    const auto first = std::begin(range);
    using difference =
        typename std::iterator_traits<std::decay_t<decltype(first)>>::difference_type;
    const auto count = static_cast<std::size_t>(std::distance(first, std::end(range)));
    for_range(
        count,
        [&](std::size_t begin, std::size_t end) {
          for (std::size_t index = begin; index < end; index++)
            f(first[static_cast<difference>(index)]);
        },
        chunk, scope);
  }

private:
  static tenon_executor_config_t shape(std::uint32_t threads_max, const char *name) noexcept {
    tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
    const unsigned processors = std::thread::hardware_concurrency();
    config.threads_max = threads_max != 0 ? threads_max : processors != 0 ? processors : 1;
    config.name = name;
    return config;
  }

  void wait() noexcept {
    if (handle())
      static_cast<void>(tenon_executor_close(handle(), TENON_FOREVER));
  }
};

} // namespace tenon

#endif // TENON_THREAD_POOL_HPP
