/// @file tenon/asio.hpp
///
/// Runs an executor on an io_context of Asio's: Boost's, or with ASIO_STANDALONE the one without.
///
///     tenon::executor executor = tenon::attach(context);      its jobs run in context.run()
///     tenon::future<size_t> read = socket.async_read_some(buffer, tenon::as_future);
///     int value = co_await tenon::async_get(std::move(future), asio::use_awaitable);
///
/// pkg-config: tenon-asio; CMake: Tenon::asio. Asio itself is the program's to find.
#ifndef TENON_ASIO_HPP
#define TENON_ASIO_HPP

#include <tenon/adapter.h>
#include <tenon/tenon.hpp>

#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <tuple>
#include <type_traits>
#include <utility> // which Boost's own headers forget

#if defined(ASIO_STANDALONE)
#include <asio.hpp>
#define TENON_ASIO ::asio
#define TENON_ASIO_NAME standalone_asio
#define TENON_ASIO_VERSION ASIO_VERSION
#else
#include <boost/asio.hpp>
#define TENON_ASIO ::boost::asio
#define TENON_ASIO_NAME boost_asio
#define TENON_ASIO_VERSION BOOST_ASIO_VERSION
#endif

/// Whether Asio's operations can be cancelled one by one.
#define TENON_ASIO_HAS_SLOTS (TENON_ASIO_VERSION >= 101900)

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
    const std::lock_guard lock(mutex_);
    if (context_)
      TENON_ASIO::post(*strand_, [self = shared_from_this()] {
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

  void run_once() {
    TENON_ASIO::io_context &context = *context_;
    if (context.stopped())
      context.restart();
    context.run_one();
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
  std::mutex mutex_; // guards the context, and the strand's being there
  TENON_ASIO::io_context *context_;

public:
  asio_loop *next = nullptr; ///< of the context's
};

/// Knows which executors are on a context, and tells them when that goes.
class asio_loops final : public TENON_ASIO::execution_context::service {
public:
  static inline TENON_ASIO::execution_context::id id;

  explicit asio_loops(TENON_ASIO::execution_context &context) : service(context) {}

  void add(asio_loop *loop) { loop->next = std::exchange(first_, loop); }

  void remove(asio_loop *loop) {
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
      // The timers' service before ours, which goes first then.
      self->loop = new std::shared_ptr<asio_loop>(std::make_shared<asio_loop>(context, adapter));
      TENON_ASIO::use_service<asio_loops>(context).add(self->loop->get());
      return TENON_STATUS_OK;
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
/// A wake is a post: not for signal handlers, whose job is Asio's signal_set. Threads, errors: as
/// tenon_uv_attach(): this thread counts as the context's until another one has run it, and does not wait for it before.
[[nodiscard]] inline executor attach(TENON_ASIO::io_context &context,
                                     const tenon_adapter_config_t *config = nullptr) {
  tenon_executor_t *handle = nullptr;
  detail::require(tenon_adapter_attach(&asio_detail::asio_operations(), &context, config, &handle));
  return executor::adopt(handle);
}

/// Closes the executor and takes it off its context: tenon_uv_detach(), which this is for Asio.
inline tenon_status_t detach_asio(tenon_executor_t *executor, std::uint64_t timeout_ns,
                                  tenon_adapter_detached_fn fn = nullptr,
                                  void *context = nullptr) noexcept {
  return tenon_adapter_detach(executor, &asio_detail::asio_operations(), timeout_ns, fn, context);
}

// MARK: Futures as Asio's operations

namespace asio_detail {

template <class T> struct asio_signature { using type = void(std::exception_ptr, T); };
template <> struct asio_signature<void> { using type = void(std::exception_ptr); };

/// Tells a handler, where it runs, how a future has ended.
template <class T, class Handler> void tell_asio(Handler &&handler, future<T> ended) {
  std::exception_ptr failure;
  if constexpr (std::is_void_v<T>) {
    try {
      ended.get();
    } catch (...) {
      failure = std::current_exception();
    }
    std::forward<Handler>(handler)(failure);
  } else {
    std::optional<T> value;
    try {
      value.emplace(ended.get());
    } catch (...) {
      failure = std::current_exception();
    }
    if constexpr (std::is_default_constructible_v<T>)
      std::forward<Handler>(handler)(failure, value ? std::move(*value) : T());
    else
      static_assert(std::is_default_constructible_v<T>,
                    "Asio gives a handler a value beside an error, too: wrap it in std::optional");
  }
}

} // namespace asio_detail

/// Waits for a future with any completion token: void(std::exception_ptr, T). The handler runs where its
/// associated executor says. A cancellation of the operation is one of the future.
template <class T, class Token> auto async_get(future<T> source, Token &&token) {
  return TENON_ASIO::async_initiate<Token, typename asio_detail::asio_signature<T>::type>(
      [](auto handler, future<T> waited) {
        auto work = TENON_ASIO::make_work_guard(TENON_ASIO::get_associated_executor(handler));
#if TENON_ASIO_HAS_SLOTS
        if (auto slot = TENON_ASIO::get_associated_cancellation_slot(handler); slot.is_connected())
          slot.assign([lent = future<T>::borrow(waited.handle())](auto) { lent.cancel(); });
#endif
        waited
            .then(nullptr,
                  [handler = std::move(handler), work = std::move(work)](future<T> done) mutable {
                    auto where = work.get_executor();
                    TENON_ASIO::post(where, [handler = std::move(handler), work = std::move(work),
                                             done = std::move(done)]() mutable {
#if TENON_ASIO_HAS_SLOTS
                      TENON_ASIO::get_associated_cancellation_slot(handler).clear();
#endif
                      asio_detail::tell_asio<T>(std::move(handler), std::move(done));
                    });
                  })
            .detach();
      },
      token, std::move(source));
}

// MARK: Asio's operations as futures

/// A completion token: an operation gives a future. An error is its error, operation_aborted a cancel. Where
/// Asio can cancel single operations (1.19), a cancel of the future does, or letting go of it: where the operation's
/// executor runs. A cancel from elsewhere is on its way there for a while, in which the socket or timer has to live.
struct as_future_t {};
inline constexpr as_future_t as_future{};

namespace asio_detail {

/// What an operation's arguments are as one value.
template <class... Values> struct asio_value { using type = std::tuple<Values...>; };
template <> struct asio_value<> { using type = void; };
template <class Value> struct asio_value<Value> { using type = Value; };

template <class First> inline constexpr bool is_asio_error = false;
template <> inline constexpr bool is_asio_error<std::exception_ptr> = true;
#if defined(ASIO_STANDALONE)
template <> inline constexpr bool is_asio_error<std::error_code> = true;
#else
template <> inline constexpr bool is_asio_error<boost::system::error_code> = true;
#endif

template <class... Arguments> struct asio_result : asio_value<std::decay_t<Arguments>...> {};
template <class First, class... Rest>
struct asio_result<First, Rest...>
    : std::conditional_t<is_asio_error<std::decay_t<First>>, asio_value<std::decay_t<Rest>...>,
                         asio_value<std::decay_t<First>, std::decay_t<Rest>...>> {};

#if TENON_ASIO_HAS_SLOTS
/// Cancels an operation. Not after it has ended, when what it was of may be gone.
class asio_cancel : public std::enable_shared_from_this<asio_cancel> {
public:
  TENON_ASIO::cancellation_slot slot() noexcept { return signal_.slot(); }
  void ended() noexcept { has_ended_ = true; }

  /// Any thread. A signal is for the one where the operation runs: if that is here, at once, for what it is of may go
  /// next. If it is not, what has aborted the operation meanwhile tells that first.
  template <class Executor> void cancel(const Executor &where) {
    is_asking_ = true;
    TENON_ASIO::dispatch(where,
                         [self = shared_from_this(), asker = std::this_thread::get_id(), where] {
                           if (self->is_asking_ && asker == std::this_thread::get_id())
                             self->emit();
                           else
                             TENON_ASIO::post(where, [self] { self->emit(); });
                         });
    is_asking_ = false;
  }

private:
  void emit() {
    if (!has_ended_)
      signal_.emit(TENON_ASIO::cancellation_type::terminal);
  }

  TENON_ASIO::cancellation_signal signal_;
  std::atomic<bool> has_ended_{false}, is_asking_{false};
};
#endif

/// The handler of such an operation.
template <class T> struct asio_promise {
  promise<T> result;
#if TENON_ASIO_HAS_SLOTS
  using cancellation_slot_type = TENON_ASIO::cancellation_slot;
  cancellation_slot_type get_cancellation_slot() const noexcept { return cancel->slot(); }
  std::shared_ptr<asio_cancel> cancel = std::make_shared<asio_cancel>();
#endif

  void ended() const noexcept {
#if TENON_ASIO_HAS_SLOTS
    cancel->ended();
#endif
  }

  template <class... Values> void settle(Values &&...values) {
    ended();
    if constexpr (std::is_void_v<T>)
      result.set_value();
    else
      result.set_value(T(std::forward<Values>(values)...));
  }

  template <class... Arguments> void operator()(Arguments &&...arguments) {
    settle(std::forward<Arguments>(arguments)...);
  }
  void operator()() { settle(); }
  template <class First, class... Rest,
            class = std::enable_if_t<is_asio_error<std::decay_t<First>>>>
  void operator()(First &&failure, Rest &&...values) {
    if (!failure)
      return settle(std::forward<Rest>(values)...);
    ended();
    if constexpr (std::is_same_v<std::decay_t<First>, std::exception_ptr>)
      result.set_exception(failure);
    else if (failure == TENON_ASIO::error::operation_aborted)
      result.cancel();
    else
      result.set_exception(std::make_exception_ptr(std::system_error(std::error_code(failure))));
  }
};

} // namespace asio_detail
} // namespace TENON_ASIO_NAME
} // namespace tenon

#if defined(ASIO_STANDALONE)
namespace asio {
#else
namespace boost::asio {
#endif

template <class R, class... Arguments>
class async_result<::tenon::TENON_ASIO_NAME::as_future_t, R(Arguments...)> {
public:
  using value_type =
      typename ::tenon::TENON_ASIO_NAME::asio_detail::asio_result<Arguments...>::type;
  using return_type = ::tenon::future<value_type>;

  template <class Initiation, class... Initial>
  static return_type initiate(Initiation &&initiation, ::tenon::TENON_ASIO_NAME::as_future_t,
                              Initial &&...initial) {
    ::tenon::TENON_ASIO_NAME::asio_detail::asio_promise<value_type> handler;
    return_type result = handler.result.get_future();
#if TENON_ASIO_HAS_SLOTS
    // Where the operation runs, if it says so.
    if constexpr (std::is_same_v<decltype(has_executor<Initiation>(0)), std::true_type>)
      handler.result.on_cancel(
          nullptr,
          [cancel = handler.cancel, where = initiation.get_executor()] { cancel->cancel(where); });
#endif
    std::forward<Initiation>(initiation)(std::move(handler), std::forward<Initial>(initial)...);
    return result;
  }

private:
  template <class Initiation>
  static auto has_executor(int)
      -> decltype(std::declval<std::decay_t<Initiation> &>().get_executor(), std::true_type());
  template <class Initiation> static std::false_type has_executor(...);
};
}

#endif // TENON_ASIO_HPP
