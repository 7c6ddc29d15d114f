// What a compiler can see of the standard's classes it sees of ours.
#include "support.hpp"

#include <memory>
#include <type_traits>

namespace {

/// Everything about how a class is made, moved and ended, as one number.
template <class C> constexpr unsigned shape() {
  unsigned bits = 0;
  for (const bool is :
       {std::is_default_constructible_v<C>, std::is_nothrow_default_constructible_v<C>,
        std::is_copy_constructible_v<C>, std::is_nothrow_copy_constructible_v<C>,
        std::is_copy_assignable_v<C>, std::is_nothrow_copy_assignable_v<C>,
        std::is_move_constructible_v<C>, std::is_nothrow_move_constructible_v<C>,
        std::is_move_assignable_v<C>, std::is_nothrow_move_assignable_v<C>, std::is_swappable_v<C>,
        std::is_nothrow_swappable_v<C>, std::is_nothrow_destructible_v<C>,
        static_cast<bool>(std::uses_allocator_v<C, std::allocator<int>>)})
    bits = bits << 1 | is;
  return bits;
}

template <class T> constexpr bool same_shape() {
  return shape<tenon::future<T>>() == shape<std::future<T>>() &&
         // libstdc++'s for void lacks a noexcept that the standard has.
         shape<tenon::shared_future<T>>() == shape<std::shared_future<int>>() &&
         shape<tenon::promise<T>>() == shape<std::promise<T>>();
}
static_assert(same_shape<int>() && same_shape<int &>() && same_shape<void>() &&
              same_shape<std::unique_ptr<int>>());

template <class T> constexpr bool same_members() {
  using F = tenon::future<T>;
  using S = tenon::shared_future<T>;
  using P = tenon::promise<T>;
  return std::is_same_v<decltype(std::declval<F>().get()),
                        decltype(std::declval<std::future<T>>().get())> &&
         std::is_same_v<decltype(std::declval<S>().get()),
                        decltype(std::declval<std::shared_future<T>>().get())> &&
         std::is_same_v<decltype(std::declval<F>().share()), S> &&
         std::is_same_v<decltype(std::declval<P>().get_future()), F>
             &&noexcept(std::declval<F>().share()) &&noexcept(std::declval<F>().valid()) &&noexcept(
                 std::declval<S>().valid()) &&noexcept(S(std::declval<F>())) &&
         std::is_convertible_v<F, S> && !std::is_constructible_v<F, S>;
}
static_assert(same_members<int>() && same_members<const int>() && same_members<int &>() &&
              same_members<void>() && same_members<std::string>());

using task = tenon::packaged_task<int(long)>;
using std_task = std::packaged_task<int(long)>;
constexpr auto function = [](long) { return 1; };
static_assert((shape<task>() | 1) == (shape<std_task>() | 1)); // but for the allocator, as in C++26
static_assert(std::is_constructible_v<task, decltype(function)> &&
              !std::is_convertible_v<decltype(function), task> &&
              !std::is_constructible_v<task, int> && !std::is_constructible_v<task, task &> &&
              !std::is_constructible_v<task, const task &>);

[[maybe_unused]] int plain(char, double) noexcept { return 0; }
struct changes {
  void operator()(int);
};
struct called {
  int operator()(char &) const &noexcept;
};
static_assert(
    std::is_same_v<decltype(tenon::packaged_task(plain)),
                   tenon::packaged_task<int(char, double)>> &&
    std::is_same_v<decltype(tenon::packaged_task(called())), tenon::packaged_task<int(char &)>> &&
    std::is_same_v<decltype(tenon::packaged_task(changes())), tenon::packaged_task<void(int)>>);

} // namespace

// Before main(), without a constructor that runs.
#if defined(__cpp_constinit)
constinit tenon::future<int> constant_future;
constinit tenon::shared_future<int> constant_shared;
#endif
static_assert(sizeof(tenon::future<int>) == sizeof(void *));
