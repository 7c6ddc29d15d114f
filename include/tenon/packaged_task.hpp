/// @file tenon/packaged_task.hpp
///
/// tenon::packaged_task<R(Arguments...)>: std::packaged_task over tenon::promise.
///
/// The constructor with an allocator, which C++17 took out of std's and C++26 brings back, is there.
#ifndef TENON_PACKAGED_TASK_HPP
#define TENON_PACKAGED_TASK_HPP

#include <tenon/promise.hpp>

#include <functional>

namespace tenon {
namespace detail {

/// Says that nobody gave an allocator.
using no_allocator = std::allocator<nothing>;

/// What public types consist of: the same in all units.
namespace layout {

/// A callable of any type: its calls as pointers, so that no class needs a vtable.
template <class R, class... Arguments> struct task_call {
  R (*call)(task_call *, Arguments...);
  promise<R> (*renew)(const task_call *);
  void (*end)(task_call *) noexcept;
};

struct task_ender {
  template <class R, class... Arguments>
  void operator()(task_call<R, Arguments...> *task) const noexcept {
    task->end(task);
  }
};

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

template <class F, class Allocator, class R, class... Arguments>
struct task_of : task_call<R, Arguments...> {
  using base = task_call<R, Arguments...>;
  using allocator = typename std::allocator_traits<Allocator>::template rebind_alloc<task_of>;
  using allocator_traits = std::allocator_traits<allocator>;

  template <class From>
  task_of(const allocator &memory, From &&from)
      : base{&run, &again, &finish}, with(memory), f(std::forward<From>(from)) {}

  static R run(base *self, Arguments... arguments) {
    F &call = static_cast<task_of *>(self)->f;
    if constexpr (std::is_void_v<R>)
      static_cast<void>(std::invoke(call, std::forward<Arguments>(arguments)...));
    else
      return std::invoke(call, std::forward<Arguments>(arguments)...);
  }

  static promise<R> again(const base *self) {
    if constexpr (std::is_same_v<Allocator, no_allocator>)
      return promise<R>();
    else
      return promise<R>(std::allocator_arg, static_cast<const task_of *>(self)->with);
  }

  static void finish(base *task) noexcept {
    auto *self = static_cast<task_of *>(task);
    allocator memory(std::move(self->with));
    self->~task_of();
    allocator_traits::deallocate(
        memory, std::pointer_traits<typename allocator_traits::pointer>::pointer_to(*self), 1);
  }

  [[no_unique_address]] allocator with;
  F f;
};

/// The signature of a call operator, without its object.
template <class Operator> struct signature;
// NOLINTBEGIN(bugprone-macro-parentheses): qualifiers cannot have them.
#define TENON_SIGNATURE(qualifiers)                                                                \
  template <class F, class R, class... Arguments>                                                  \
  struct signature<R (F::*)(Arguments...) qualifiers> {                                            \
    using type = R(Arguments...);                                                                  \
  };
TENON_SIGNATURE()
TENON_SIGNATURE(&)
TENON_SIGNATURE(const)
TENON_SIGNATURE(const &)
TENON_SIGNATURE(noexcept)
TENON_SIGNATURE(&noexcept)
TENON_SIGNATURE(const noexcept)
TENON_SIGNATURE(const &noexcept)
#undef TENON_SIGNATURE
// NOLINTEND(bugprone-macro-parentheses)
template <class Operator> using signature_of = typename signature<Operator>::type;

} // namespace TENON_VARIANT
} // namespace detail

/// A callable whose result goes to a future.
template <class R, class... Arguments> class packaged_task<R(Arguments...)> {
  template <class F>
  using if_callable = std::enable_if_t<
      !std::is_same_v<std::remove_cv_t<std::remove_reference_t<F>>, packaged_task> &&
      std::is_invocable_r_v<R, std::decay_t<F> &, Arguments...>>;

public:
  packaged_task() noexcept : promise_(detail::without_state()) {}

  template <class F, class = if_callable<F>>
  TENON_TAG explicit packaged_task(F &&f)
      : task_(make(detail::no_allocator(), std::forward<F>(f))), promise_() {}

  template <class F, class Allocator, class = if_callable<F>>
  TENON_TAG explicit packaged_task(std::allocator_arg_t, const Allocator &allocator, F &&f)
      : task_(make(allocator, std::forward<F>(f))), promise_(std::allocator_arg, allocator) {}

  packaged_task(packaged_task &&) noexcept = default;
  packaged_task &operator=(packaged_task &&other) noexcept {
    packaged_task(std::move(other)).swap(*this);
    return *this;
  }

  [[nodiscard]] bool valid() const noexcept { return task_ != nullptr; }

  TENON_TAG [[nodiscard]] future<R> get_future() { return promise_.get_future(); }

  TENON_TAG void operator()(Arguments... arguments) {
    promise_.require_unsatisfied();
    detail::settle_by(promise_, task_->call, task_.get(), std::forward<Arguments>(arguments)...);
  }

  TENON_TAG void make_ready_at_thread_exit(Arguments... arguments) {
    promise_.require_unsatisfied();
    detail::settle_by<detail::settling::at_thread_exit>(promise_, task_->call, task_.get(),
                                                        std::forward<Arguments>(arguments)...);
  }

  /// From the same allocator.
  TENON_TAG void reset() {
    if (!valid())
      detail::raise(std::future_errc::no_state);
    promise_ = task_->renew(task_.get());
  }

  void swap(packaged_task &other) noexcept {
    task_.swap(other.task_);
    promise_.swap(other.promise_);
  }

private:
  using task_ptr = std::unique_ptr<detail::task_call<R, Arguments...>, detail::task_ender>;

  template <class Allocator, class F>
  TENON_TAG static task_ptr make(const Allocator &allocator, F &&f) {
    using task = detail::task_of<std::decay_t<F>, Allocator, R, Arguments...>;
    using traits = typename task::allocator_traits;
    typename task::allocator with(allocator);
    auto memory = traits::allocate(with, 1);
    struct guard {
      typename task::allocator &with;
      typename traits::pointer memory;
      bool is_done = false;
      ~guard() {
        if (!is_done)
          traits::deallocate(with, memory, 1);
      }
    } guard{with, memory};
    task_ptr made(::new (static_cast<void *>(std::addressof(*memory)))
                      task(with, std::forward<F>(f)));
    guard.is_done = true;
    return made;
  }

  task_ptr task_;
  promise<R> promise_;
};

template <class R, class... Arguments>
packaged_task(R (*)(Arguments...)) -> packaged_task<R(Arguments...)>;

template <class F, class Signature = detail::signature_of<decltype(&F::operator())>>
packaged_task(F) -> packaged_task<Signature>;

template <class R, class... Arguments>
void swap(packaged_task<R(Arguments...)> &left, packaged_task<R(Arguments...)> &right) noexcept {
  left.swap(right);
}

} // namespace tenon

template <class R, class... Arguments, class Allocator>
struct std::uses_allocator<tenon::packaged_task<R(Arguments...)>, Allocator> : std::true_type {};

#endif // TENON_PACKAGED_TASK_HPP
