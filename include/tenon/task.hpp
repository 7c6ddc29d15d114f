/// @file tenon/task.hpp
///
/// tenon::task<T>: a coroutine that starts when it is awaited, or by start(). C++20.
///
/// Tasks that await each other run one after the other in one loop on one stack, which grows neither
/// with the depth nor with the number of awaits, on any compiler and without optimisation: control
/// goes from task to task as by symmetric transfer, without a need for tail calls. A cancel of a
/// started task goes to the future that its innermost task waits for, now or next.
#ifndef TENON_TASK_HPP
#define TENON_TASK_HPP

#include <tenon/coroutine.hpp>

#if TENON_HAS_COROUTINES

#include <functional>
#include <optional>

namespace tenon {

template <class T = void> class task;

namespace detail {
/// What public types consist of: the same in all units.
namespace layout {

/// Who wants to know that the outermost task of a chain has ended.
struct task_root : chain {
  void (*ended)(task_root *) noexcept;
  explicit task_root(void (*end)(task_root *) noexcept) noexcept : ended(end) {}
};

/// What does not depend on the result's type.
class task_promise_base {
public:
  std::suspend_always initial_suspend() const noexcept { return {}; }

  auto final_suspend() const noexcept {
    struct final_awaiter {
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept {
        if (promise.awaiting_)
          *promise.chain_->next = promise.awaiting_;
        else
          promise.chain_->ended(promise.chain_); // may destroy this
      }
      void await_resume() const noexcept {}
      const task_promise_base &promise;
    };
    return final_awaiter{*this};
  }

  chain *tenon_chain() const noexcept { return chain_; }

  /// To be run by a chain, for a coroutine of the same chain, or for its root.
  void run_in(task_root *chain, std::coroutine_handle<> awaiting,
              const void *place = nullptr) noexcept {
    chain_ = chain;
    awaiting_ = awaiting;
    place_ = place;
  }

#if TENON_HAS_EXCEPTIONS
  TENON_TAG void unhandled_exception() noexcept { exception_ = std::current_exception(); }
#else
  TENON_TAG void unhandled_exception() noexcept { std::terminate(); }
#endif

protected:
  TENON_TAG void rethrow() const {
#if TENON_HAS_EXCEPTIONS
    if (exception_)
      std::rethrow_exception(exception_);
#else
    if (exception_) // of a task that was compiled with them
      std::terminate();
#endif
  }

private:
  // Who looks into the process reads these, right behind the frame's two functions.
  task_root *chain_ = nullptr;
  std::coroutine_handle<> awaiting_;
  const void *place_ = nullptr; // of its co_await
  std::exception_ptr exception_;
};

/// Whether a reference T can be returned from an expression without referring to a temporary:
/// what it refers to is an lvalue, or known to a conversion function.
template <class From, class T>
concept refers_on = std::is_convertible_v < From,
        std::remove_cvref_t<T>
& > || (std::is_convertible_v<From, T> && std::is_lvalue_reference_v<From> &&
        std::is_convertible_v<std::remove_reference_t<From> *, std::remove_reference_t<T> *>);

template <class T> class task_promise : public task_promise_base {
public:
  task<T> get_return_object() noexcept;

  /// Converts as `return` does, and so makes no use of explicit constructors.
  template <class From = T>
  requires std::is_convertible_v<From, T> TENON_TAG void return_value(From &&from) {
    value_.emplace(std::in_place, std::forward<From>(from));
  }

  TENON_TAG T result() {
    rethrow();
    if (!value_)
      raise(std::future_errc::broken_promise); // it ran off its end
    return std::move(value_->object);
  }

private:
  struct returned {
    T object;
    // Copy-initialised, in place.
    template <class From>
    TENON_TAG returned(std::in_place_t, From &&from)
        : object([&]() -> T { return std::forward<From>(from); }()) {}
  };
  std::optional<returned> value_;
};

template <class T> class task_promise<T &> : public task_promise_base {
public:
  task<T &> get_return_object() noexcept;

  template <class From> TENON_TAG void return_value(From &&from) {
    static_assert(refers_on<From, T &>,
                  "a task returns a reference to an object that outlives it, which co_return names "
                  "without a cast");
    if constexpr (refers_on<From, T &>) {
      T &object = std::forward<From>(from);
      value_ = std::addressof(object);
    }
  }

  TENON_TAG T &result() {
    rethrow();
    if (!value_)
      raise(std::future_errc::broken_promise);
    return *value_;
  }

private:
  T *value_ = nullptr;
};

template <> class task_promise<void> : public task_promise_base {
public:
  task<void> get_return_object() noexcept;
  void return_void() const noexcept {}
  TENON_TAG void result() const { rethrow(); }
};

template <class T> struct coroutine_ender {
  using pointer = std::coroutine_handle<task_promise<T>>;
  void operator()(pointer coroutine) const noexcept { coroutine.destroy(); }
};
template <class T> using coroutine_ptr = std::unique_ptr<task_promise<T>, coroutine_ender<T>>;

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

/// A task that is awaited: by another one, or by a coroutine of somebody else's.
template <class T> class [[nodiscard]] task_awaiter : task_root {
public:
  explicit task_awaiter(coroutine_ptr<T> work) noexcept
      : task_root(&work_ended), work_(std::move(work)) {}

  bool await_ready() const noexcept { return false; }

  template <class Promise>
  bool await_suspend(std::coroutine_handle<Promise> awaiting,
                     const await_place &place = await_place::current()) noexcept {
    if constexpr (std::is_base_of_v<task_promise_base, Promise>) {
      chain *const same = awaiting.promise().tenon_chain();
      work_.get().promise().run_in(static_cast<task_root *>(same), awaiting, address_of(place));
      *same->next = work_.get();
      return true;
    } else {
      awaiting_ = awaiting;
      work_.get().promise().run_in(this, nullptr);
      run_chain(this, work_.get());
      return !has_met_.exchange(true, std::memory_order_acq_rel);
    }
  }

  T await_resume() { return work_.get().promise().result(); }

private:
  /// It ends in await_suspend(), which then goes on at once, or later.
  static void work_ended(task_root *root) noexcept {
    auto *self = static_cast<task_awaiter *>(root);
    if (self->has_met_.exchange(true, std::memory_order_acq_rel))
      *self->next = self->awaiting_;
  }

  coroutine_ptr<T> work_;
  std::coroutine_handle<> awaiting_;
  std::atomic<bool> has_met_{false};
};

/// A task with a future for its result.
template <class T> class started_task final : link, task_root {
public:
  explicit started_task(coroutine_ptr<T> work, tenon_executor_t *executor)
      : link([](link *self) noexcept { delete static_cast<started_task *>(self); }),
        task_root(&work_ended), work_(std::move(work)), result_(executor) {
    cancels = this;
    result = result_.handle();
    home = executor;
    work_.get().promise().run_in(this, nullptr);
  }

  /// Nothing has started if this throws: the scope, if there is one, has ended, or the executor is
  /// closed.
  static future<T> start(std::unique_ptr<started_task> self, tenon_executor_t *executor,
                         tenon_scope_t *scope) {
    future<T> future = self->result_.get_future();
    if (scope)
      require(tenon_scope_add(scope, future.handle()));
    self->retain();
    started_task *const started = self.get();
    given();
    if (executor)
      if (const tenon_status_t status = tenon_executor_post(executor, &run, started)) {
        self->result_.cancel();
        raise(status);
      }
    static_cast<void>(self.release());
    started->pass_cancel_of(started->result);
    if (!executor)
      run(started, TENON_STATUS_OK);
    started->release();
    return future;
  }

private:
  friend std::default_delete<started_task>;
  ~started_task() = default;

  static void run(void *context, tenon_status_t status) noexcept {
    taken();
    auto *self = static_cast<started_task *>(context);
    if (status == TENON_STATUS_OK && !self->result_.is_cancelled())
      return run_chain(self, self->work_.get());
    self->work_.reset();
    self->result_.cancel();
    self->release();
  }

  static void work_ended(task_root *root) noexcept {
    auto *self = static_cast<started_task *>(root);
    settle_by(self->result_, [self]() -> T { return self->work_.get().promise().result(); });
    self->work_.reset();
    self->release();
  }

  coroutine_ptr<T> work_;
  promise<T> result_;
};

} // namespace TENON_VARIANT
} // namespace detail

/// A coroutine that has not started. Destroyed unstarted, it never runs.
template <class T> class [[nodiscard]] task {
public:
  using value_type = T;
  using promise_type = detail::task_promise<T>;

  explicit task(std::coroutine_handle<promise_type> coroutine) noexcept : work_(coroutine) {}

  [[nodiscard]] bool valid() const noexcept { return work_ != nullptr; }

  /// Starts, and goes on where the task ends.
  TENON_TAG auto operator co_await() && {
    if (!work_)
      detail::raise(std::future_errc::no_state);
    return detail::task_awaiter<T>(std::move(work_));
  }

  /// A task runs once.
  template <class Self = task> detail::task_awaiter<T> operator co_await() const & {
    static_assert(!sizeof(Self *), "a task runs once: co_await std::move(task)");
    return detail::task_awaiter<T>(nullptr);
  }

  /// Starts in the executor's poll, or here and now with nullptr, and gives its result: C, Swift and
  /// others await its handle. From each co_await the task, and those that it awaits, come back to the
  /// executor; one without goes on where the future settles. A task that is cancelled before its turn never starts.
  TENON_TAG [[nodiscard]] future<T> start(tenon_executor_t *executor = nullptr) && {
    return start_in(nullptr, executor);
  }
  template <class Self = task> future<T> start(tenon_executor_t * = nullptr) const & {
    static_assert(!sizeof(Self *), "a task runs once: std::move(task).start(executor)");
    return {};
  }

private:
  friend class scope;

  TENON_TAG future<T> start_in(tenon_scope_t *scope, tenon_executor_t *executor) {
    if (!work_)
      detail::raise(std::future_errc::no_state);
    return detail::started_task<T>::start(
        std::make_unique<detail::started_task<T>>(std::move(work_), executor), executor, scope);
  }

  detail::coroutine_ptr<T> work_;
};

template <class T> task<T> detail::task_promise<T>::get_return_object() noexcept {
  return task<T>(std::coroutine_handle<task_promise>::from_promise(*this));
}
template <class T> task<T &> detail::task_promise<T &>::get_return_object() noexcept {
  return task<T &>(std::coroutine_handle<task_promise>::from_promise(*this));
}
inline task<void> detail::task_promise<void>::get_return_object() noexcept {
  return task<void>(std::coroutine_handle<task_promise>::from_promise(*this));
}

/// Calls what gives a task, and keeps it, and its arguments, for as long as the task runs: a lambda's captures are
/// the lambda's, not the coroutine's.
template <class F, class... Arguments>
auto co_invoke(F f, Arguments... arguments) -> std::invoke_result_t<F &, Arguments...> {
  co_return co_await std::invoke(f, std::move(arguments)...);
}

/// The same for a task, which starts on the executor.
template <class T> TENON_TAG [[nodiscard]] auto shield(tenon_executor_t *executor, task<T> task) {
  return shield(std::move(task).start(executor));
}

} // namespace tenon

#endif // TENON_HAS_COROUTINES

#endif // TENON_TASK_HPP
