/// @file tenon/asio.hpp
///
/// Runs an executor on an io_context of Asio's: Boost's, or with ASIO_STANDALONE the one without.
///
///     tenon::executor executor = tenon::attach(context);      its jobs run in context.run()
///     tenon::future<size_t> read = socket.async_read_some(buffer, tenon::as_future);
///     int value = co_await tenon::async_get(std::move(future), asio::use_awaitable);
///
/// pkg-config: tenon-asio; CMake: Tenon::asio. Asio itself is the program's to find.
///
/// A fork's child may go on with its loop, after notify_fork(): there executors answer
/// TENON_STATUS_FORKED, and keep it alive for nothing.
#ifndef TENON_ASIO_HPP
#define TENON_ASIO_HPP

#include <tenon/adapter.h>
#include <tenon/asio/as_future.hpp>
#include <tenon/asio/async_get.hpp>
#include <tenon/asio/which.hpp>
#include <tenon/tenon.hpp>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace tenon {
inline namespace TENON_ASIO_NAME {

namespace asio_detail {

/// An executor on a context. Handlers and wakes share it; it is on neither once they say so.
class asio_loop : public std::enable_shared_from_this<asio_loop> {
public:
  asio_loop(TENON_ASIO::io_context &context, tenon_adapter_t *adapter)
      : strand_(TENON_ASIO::make_strand(context)), timer_(std::in_place, *strand_),
        adapter_(adapter), context_(&context) {}

  /// Any thread.
  void wake() {
    if (is_woken_.exchange(true))
      return;
    const std::lock_guard lock(mutex_);
    if (context_)
      TENON_ASIO::post(*strand_, [self = shared_from_this()] {
        self->is_woken_.exchange(false); // before the poll, which finds what came before
        if (self->adapter_)
          tenon_adapter_ready(self->adapter_);
      });
  }

  void set_timer(std::uint64_t deadline_ns) {
    if (deadline_ns == TENON_FOREVER) {
      timer_->cancel();
      return;
    }
    // Asio's clock is CLOCK_MONOTONIC as well.
    using clock = std::chrono::steady_clock;
    const auto since = std::chrono::nanoseconds(static_cast<std::int64_t>(
        deadline_ns < std::uint64_t{INT64_MAX} ? deadline_ns : std::uint64_t{INT64_MAX}));
    timer_->expires_at(clock::time_point(std::chrono::duration_cast<clock::duration>(since)));
    timer_->async_wait([self = shared_from_this(), armed = ++armed_](const auto &error) {
      if (!error && self->adapter_ && armed == self->armed_)
        tenon_adapter_due(self->adapter_);
    });
  }

  void set_alive(bool alive) {
    if (alive) {
      work_.emplace(context_->get_executor());
      arm();
    } else {
      work_.reset();
      if (watched_ && is_armed_)
        watched_->cancel();
    }
  }

  /// Tells the adapter of what futures wait for.
  tenon_status_t watch(int fd) {
    try {
      watched_.emplace(*strand_, fd);
    } catch (const std::exception &) { // which must not reach the poll that asks
      return TENON_STATUS_NO_RESOURCES;
    }
    arm();
    return TENON_STATUS_OK;
  }

  /// An exception out of a handler ends the program: there is C between this and whoever waits.
  void run_once() noexcept {
    TENON_ASIO::io_context &context = *context_;
    const bool was_stopped = context.stopped();
    bool is_stopped;
    if (was_stopped)
      context.restart();
    {
      const auto work = TENON_ASIO::make_work_guard(context);
      context.run_one();
      is_stopped = context.stopped(); // by somebody, and not for want of work
    }
    if (context.get_executor().running_in_this_thread()) {
      if (was_stopped || is_stopped)
        context.stop(); // which was meant for the run() that this is in
    } else if (!is_stopped && context.stopped()) {
      context.restart(); // so that the next run() finds what comes until then
    }
  }

  /// Off the context: what is on its way there finds nobody.
  tenon_adapter_t *leave() {
    if (watched_)
      static_cast<void>(watched_->release()); // the adapter's
    watched_.reset();
    timer_.reset();
    work_.reset();
    const std::lock_guard lock(mutex_);
    context_ = nullptr;
    strand_.reset();
    return std::exchange(adapter_, nullptr);
  }

private:
  /// Asio counts a wait as work: so only while something is pending.
  void arm() {
    if (!watched_ || std::exchange(is_armed_, true))
      return;
    watched_->async_wait(TENON_ASIO::posix::descriptor_base::wait_read,
                         [self = shared_from_this()](const auto &error) {
                           self->is_armed_ = false;
                           if (!error && self->adapter_)
                             tenon_adapter_watched(self->adapter_);
                           if (self->work_)
                             self->arm();
                         });
  }

  using executor_type = TENON_ASIO::io_context::executor_type;

  // Several threads may run the context.
  std::optional<TENON_ASIO::strand<executor_type>> strand_;
  std::optional<TENON_ASIO::steady_timer> timer_;
  std::optional<TENON_ASIO::executor_work_guard<executor_type>> work_;
  std::optional<TENON_ASIO::posix::stream_descriptor> watched_;
  bool is_armed_ = false;
  tenon_adapter_t *adapter_;
  std::uint64_t armed_ = 0;
  std::atomic<bool> is_woken_ = false; // a turn is on its way
  std::mutex mutex_;                   // guards the context, and the strand's being there
  TENON_ASIO::io_context *context_;

public:
  asio_loop *next = nullptr; ///< of the context's
};

/// Knows which executors are on a context, and tells them when that goes.
class asio_loops final : public TENON_ASIO::execution_context::service {
public:
  static inline TENON_ASIO::execution_context::id id;

  explicit asio_loops(TENON_ASIO::execution_context &context) : service(context) {}

  void add(asio_loop *loop) {
    const std::lock_guard lock(mutex_);
    loop->next = std::exchange(first_, loop);
  }

  void remove(asio_loop *loop) {
    const std::lock_guard lock(mutex_);
    asio_loop **place = &first_;
    while (*place && *place != loop)
      place = &(*place)->next;
    if (*place)
      *place = loop->next;
  }

private:
  void shutdown() noexcept override {
    while (first_)
      if (tenon_adapter_t *adapter = std::exchange(first_, first_->next)->leave())
        tenon_adapter_gone(adapter);
  }

  std::mutex mutex_; // several threads may attach and detach
  asio_loop *first_ = nullptr;
};

struct asio_adapter {
  tenon_adapter_t adapter;
  std::shared_ptr<asio_loop> *loop;

  static asio_loop &of(tenon_adapter_t *adapter) noexcept {
    return **reinterpret_cast<asio_adapter *>(adapter)->loop;
  }
};

inline const tenon_adapter_operations_t &asio_operations() {
  static const tenon_adapter_operations_t operations = [] {
    tenon_adapter_operations_t made{};
    made.name = TENON_STRINGIFY(TENON_ASIO_NAME);
    made.size = sizeof(asio_adapter);
    made.attach = [](tenon_adapter_t *adapter) -> tenon_status_t {
      auto &context = *static_cast<TENON_ASIO::io_context *>(adapter->loop);
      auto *const self = reinterpret_cast<asio_adapter *>(adapter);
      try { // what is thrown must not reach the C that calls
        // The timers' service before ours, which goes first then.
        auto loop = std::make_unique<std::shared_ptr<asio_loop>>(
            std::make_shared<asio_loop>(context, adapter));
        TENON_ASIO::use_service<asio_loops>(context).add(loop->get());
        self->loop = loop.release();
        return TENON_STATUS_OK;
      } catch (const std::exception &) {
        return TENON_STATUS_NO_RESOURCES;
      }
    };
    made.set_timer = [](tenon_adapter_t *adapter, std::uint64_t deadline_ns) {
      asio_adapter::of(adapter).set_timer(deadline_ns);
    };
    made.set_alive = [](tenon_adapter_t *adapter, bool alive) {
      asio_adapter::of(adapter).set_alive(alive);
    };
    made.run_once = [](tenon_adapter_t *adapter) {
      asio_adapter::of(adapter).run_once();
      return true;
    };
    made.detach = [](tenon_adapter_t *adapter) {
      asio_loop &loop = asio_adapter::of(adapter);
      TENON_ASIO::use_service<asio_loops>(*static_cast<TENON_ASIO::io_context *>(adapter->loop))
          .remove(&loop);
      loop.leave();
      tenon_adapter_detached(adapter);
    };
    made.wake = [](tenon_adapter_t *adapter) { asio_adapter::of(adapter).wake(); };
    made.free = [](tenon_adapter_t *adapter) {
      delete reinterpret_cast<asio_adapter *>(adapter)->loop;
    };
    made.watch = [](tenon_adapter_t *adapter, int fd) -> tenon_status_t {
      return asio_adapter::of(adapter).watch(fd);
    };
    return made;
  }();
  return operations;
}

} // namespace asio_detail

/// An executor whose jobs run on a context. What is pending keeps run() from returning. Any number of
/// threads may run the context: they poll one at a time. It may go before or after the detach.
///
/// A wake is a post: not for signal handlers, whose job is Asio's signal_set. Any thread may attach; in a handler it
/// counts as the context's until another one has run it, and elsewhere none does. Errors: as tenon_uv_attach().
///
/// executor::run() turns the context on this thread: not while others run it. It passes over a stop(), which it leaves to
/// the run() that it is in. An exception out of a handler ends the program there.
[[nodiscard]] inline executor attach(TENON_ASIO::io_context &context,
                                     const tenon_adapter_config_t *config = nullptr) {
  tenon_executor_t *handle = nullptr;
  const bool is_elsewhere = !context.get_executor().running_in_this_thread();
  detail::require(tenon__adapter_attach(&asio_detail::asio_operations(), &context, config,
                                        is_elsewhere, &handle));
  return executor::adopt(handle);
}

/// Closes the executor and takes it off its context: tenon_uv_detach(), which this is for Asio, on any thread.
inline tenon_status_t detach_asio(tenon_executor_t *executor, std::uint64_t timeout_ns,
                                  tenon_adapter_detached_fn fn = nullptr,
                                  void *context = nullptr) noexcept {
  return tenon_adapter_detach_anywhere(executor, &asio_detail::asio_operations(), timeout_ns, fn,
                                       context);
}

} // namespace TENON_ASIO_NAME
} // namespace tenon

#endif // TENON_ASIO_HPP
