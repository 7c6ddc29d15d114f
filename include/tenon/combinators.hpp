/// @file tenon/combinators.hpp
///
/// Many futures as one: all, all_settled, any, race, over the functions of the same names in
/// tenon/combinators.h, which say when they settle and what they cancel.
///
///     all(a, b)            a future of a std::tuple of their values; of a vector: of a vector
///     all_settled(a, b)    a future of a std::tuple of the settled futures; of a vector: of a vector
///     any(a, b)            a future of the first value, as a std::variant; of a vector: as a first<T>
///     race(a, b)           the same, of the first that settles: its value or its error
///
/// Futures are taken over; shared futures are copied, and get their cancels all the same. In a
/// tuple, variant or vector void is a std::monostate, and T & a std::reference_wrapper<T>. Of nothing
/// but void all() is a future<void>.
#ifndef TENON_COMBINATORS_HPP
#define TENON_COMBINATORS_HPP

#include <tenon/shared_future.hpp>
#include <tenon/then.hpp>

#include <array>
#include <functional>
#include <iterator>
#include <tuple>
#include <variant>
#include <vector>

namespace tenon {

/// The value that came first, and which input it is from.
template <class T> struct first {
  std::size_t index;
  T value;
};
template <> struct first<void> { std::size_t index; };

namespace detail {
inline namespace TENON_VARIANT {

template <class F> inline constexpr bool is_future = false;
template <class T> inline constexpr bool is_future<future<T>> = true;
template <class T> inline constexpr bool is_future<shared_future<T>> = true;

/// What stands for the value of a future among others.
template <class T> struct element { using type = std::decay_t<T>; };
template <class T> struct element<T &> { using type = std::reference_wrapper<T>; };
template <> struct element<void> { using type = std::monostate; };
template <class F> using element_t = typename element<typename F::value_type>::type;

template <class F> element_t<F> element_of(F &settled) {
  if constexpr (std::is_void_v<typename F::value_type>) {
    settled.get();
    return {};
  } else
    return element_t<F>(settled.get());
}

template <class... F> using are_futures = std::enable_if_t<(is_future<std::decay_t<F>> && ...)>;

/// Whether futures are given away, and not just named; shared ones may be. Tells if not.
template <class... F> constexpr bool are_given() {
  constexpr bool given = (std::is_constructible_v<std::decay_t<F>, F> && ...);
  static_assert(given, "futures are taken over: give them by std::move(), or share() them");
  return given;
}

/// Of what is no future, but could become one.
template <class... F>
using are_with_tasks =
    std::enable_if_t<(is_task<std::decay_t<F>> || ...) &&
                     ((is_task<std::decay_t<F>> || is_future<std::decay_t<F>>)&&...)>;
template <class... F> auto refuse_tasks() {
  static_assert(!sizeof...(F), "a task has to start: give std::move(task).start(executor)");
  return future<void>();
}

/// The elements of a range of futures.
template <class Range>
using future_of_range = std::decay_t<decltype(*std::begin(std::declval<Range &>()))>;
template <class Range> using is_range = std::enable_if_t<is_future<future_of_range<Range>>>;

/// Moves out of a range that its owner gives away, and copies from others.
template <class Range> auto futures_in(Range &&range) {
  using F = future_of_range<Range>;
  if constexpr (std::is_same_v<Range, std::vector<F>>)
    return std::forward<Range>(range);
  else if constexpr (!std::is_lvalue_reference_v<Range>)
    return std::vector<F>(std::make_move_iterator(std::begin(range)),
                          std::make_move_iterator(std::end(range)));
  else if constexpr (detail::are_given<F &>())
    return std::vector<F>(std::begin(range), std::end(range));
  else
    return std::vector<F>();
}

/// The same of the elements between two iterators, which are given away.
template <class Iterator>
using is_future_iterator =
    std::enable_if_t<is_future<std::decay_t<decltype(*std::declval<Iterator &>())>>>;

template <class Iterator> auto futures_between(Iterator from, Iterator to) {
  using F = std::decay_t<decltype(*from)>;
  return std::vector<F>(std::make_move_iterator(from), std::make_move_iterator(to));
}

using combine_fn = tenon_status_t (*)(tenon_future_t *const *, size_t, uint32_t, tenon_future_t **);

/// What C makes of them. T is what its result has for a value.
template <class T>
future<T> combined(combine_fn combine, tenon_future_t *const *handles, std::size_t count,
                   std::uint32_t flags = 0) {
  tenon_future_t *result = nullptr;
  const tenon_status_t status = combine(handles, count, flags, &result);
  if (status != TENON_STATUS_OK) {
    for (std::size_t i = 0; i < count; i++)
      if (!handles[i])
        raise(std::future_errc::no_state);
    raise(status);
  }
  return future<T>::adopt(result);
}

template <class T, class... F>
future<T> combined(combine_fn combine, const std::tuple<F...> &inputs, std::uint32_t flags = 0) {
  return std::apply(
      [&](const F &...input) {
        const std::array<tenon_future_t *, sizeof...(F)> handles{input.handle()...};
        return combined<T>(combine, handles.data(), handles.size(), flags);
      },
      inputs);
}

template <class T, class F>
future<T> combined(combine_fn combine, const std::vector<F> &inputs, std::uint32_t flags = 0) {
  std::vector<tenon_future_t *> handles;
  handles.reserve(inputs.size());
  for (const F &input : inputs)
    handles.push_back(input.handle());
  return combined<T>(combine, handles.data(), handles.size(), flags);
}

template <class... F> auto values_of(std::tuple<F...> &inputs) {
  if constexpr (!(std::is_void_v<typename F::value_type> && ...))
    return std::apply(
        [](F &...input) { return std::tuple<element_t<F>...>{detail::element_of(input)...}; },
        inputs);
}

template <class F> auto values_of(std::vector<F> &inputs) {
  if constexpr (!std::is_void_v<typename F::value_type>) {
    std::vector<element_t<F>> values;
    values.reserve(inputs.size());
    for (F &input : inputs)
      values.push_back(detail::element_of(input));
    return values;
  }
}

template <class... F, std::size_t... Index>
std::variant<element_t<F>...> value_at(std::size_t index, std::tuple<F...> &inputs,
                                       std::index_sequence<Index...>) {
  using Result = std::variant<element_t<F>...>;
  using Read = Result (*)(std::tuple<F...> &);
  constexpr Read read[] = {[](std::tuple<F...> &all) {
    return Result(std::in_place_index<Index>, detail::element_of(std::get<Index>(all)));
  }...};
  return read[index](inputs);
}

template <class... F> auto value_at(std::size_t index, std::tuple<F...> &inputs) {
  return detail::value_at(index, inputs, std::index_sequence_for<F...>());
}

template <class F> auto value_at(std::size_t index, std::vector<F> &inputs) {
  using T = typename F::value_type;
  if constexpr (std::is_void_v<T>) {
    inputs[index].get();
    return first<void>{index};
  } else
    return first<element_t<F>>{index, detail::element_of(inputs[index])};
}

template <class Inputs> auto all_of(Inputs inputs) {
  future<void> done = combined<void>(tenon_future_all, inputs);
  return done.then(nullptr,
                   [inputs = std::move(inputs)]() mutable { return detail::values_of(inputs); });
}

template <class Inputs> auto settled_of(Inputs inputs) {
  future<void> done = combined<void>(tenon_future_all_settled, inputs);
  return done.then(nullptr, [inputs = std::move(inputs)]() mutable { return std::move(inputs); });
}

template <class Inputs> auto one_of(combine_fn combine, Inputs inputs) {
  future<std::size_t> winner = combined<std::size_t>(combine, inputs);
  return winner.then(nullptr, [inputs = std::move(inputs)](std::size_t index) mutable {
    return detail::value_at(index, inputs);
  });
}

} // namespace TENON_VARIANT
} // namespace detail

/// All values. Fails, or is cancelled, as soon as one of them does; the others are then cancelled.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto all(F &&...futures) {
  if constexpr (detail::are_given<F...>())
    return detail::all_of(std::tuple<std::decay_t<F>...>(std::forward<F>(futures)...));
  else
    return future<void>();
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto all(Range &&futures) {
  return detail::all_of(detail::futures_in<Range>(std::forward<Range>(futures)));
}

/// When each has settled, however: the futures, to be read without waiting.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto all_settled(F &&...futures) {
  if constexpr (detail::are_given<F...>())
    return detail::settled_of(std::tuple<std::decay_t<F>...>(std::forward<F>(futures)...));
  else
    return future<void>();
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto all_settled(Range &&futures) {
  return detail::settled_of(detail::futures_in<Range>(std::forward<Range>(futures)));
}

/// The first value; the others are cancelled. Fails when none has one: with a tenon::error of
/// TENON_STATUS_REJECTED whose cause is the first input's error.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto any(F &&...futures) {
  static_assert(sizeof...(F) > 0, "a variant of nothing");
  if constexpr (detail::are_given<F...>())
    return detail::one_of(tenon_future_any,
                          std::tuple<std::decay_t<F>...>(std::forward<F>(futures)...));
  else
    return future<void>();
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto any(Range &&futures) {
  return detail::one_of(tenon_future_any, detail::futures_in<Range>(std::forward<Range>(futures)));
}

/// How the first ends that settles, with a value or without; the others are cancelled. Of an empty
/// range: pending until it is cancelled.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto race(F &&...futures) {
  static_assert(sizeof...(F) > 0, "a variant of nothing");
  if constexpr (detail::are_given<F...>())
    return detail::one_of(tenon_future_race,
                          std::tuple<std::decay_t<F>...>(std::forward<F>(futures)...));
  else
    return future<void>();
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto race(Range &&futures) {
  return detail::one_of(tenon_future_race, detail::futures_in<Range>(std::forward<Range>(futures)));
}

template <class... F, class = detail::are_with_tasks<F...>, class = void> auto all(F &&...) {
  return detail::refuse_tasks<F...>();
}
template <class... F, class = detail::are_with_tasks<F...>, class = void>
auto all_settled(F &&...) {
  return detail::refuse_tasks<F...>();
}
template <class... F, class = detail::are_with_tasks<F...>, class = void> auto any(F &&...) {
  return detail::refuse_tasks<F...>();
}
template <class... F, class = detail::are_with_tasks<F...>, class = void> auto race(F &&...) {
  return detail::refuse_tasks<F...>();
}

} // namespace tenon

#endif // TENON_COMBINATORS_HPP
