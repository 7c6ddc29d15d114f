/// @file tenon/when.hpp
///
/// when_all() and when_any() as std::experimental and Boost have them: they give the futures back.
///
/// when_all() is all_settled() by that name. when_any() is a race that leaves the losers to whoever
/// gets them: they go on for as long as somebody keeps them.
#ifndef TENON_WHEN_HPP
#define TENON_WHEN_HPP

#include <tenon/combinators.hpp>

#include <algorithm>

namespace tenon {

/// Which future is ready; its value is in futures[index], or std::get<index>(futures). For an empty
/// sequence static_cast<std::size_t>(-1).
template <class Sequence> struct when_any_result {
  std::size_t index = static_cast<std::size_t>(-1);
  Sequence futures;
};

namespace detail {
inline namespace TENON_VARIANT {

template <class... F> std::size_t ready_index(const std::tuple<F...> &inputs) {
  return std::apply(
      [](const F &...input) {
        const std::array<bool, sizeof...(F)> ready{input.is_ready()...};
        return static_cast<std::size_t>(std::find(ready.begin(), ready.end(), true) -
                                        ready.begin());
      },
      inputs);
}

template <class F> std::size_t ready_index(const std::vector<F> &inputs) {
  return static_cast<std::size_t>(
      std::find_if(inputs.begin(), inputs.end(), [](const F &input) { return input.is_ready(); }) -
      inputs.begin());
}

template <class... F> constexpr std::size_t count_of(const std::tuple<F...> &) {
  return sizeof...(F);
}
template <class F> std::size_t count_of(const std::vector<F> &inputs) { return inputs.size(); }

template <class Inputs> future<when_any_result<Inputs>> any_of(Inputs inputs) {
  using Result = when_any_result<Inputs>;
  promise<Result> made;
  future<Result> result = made.get_future();
  if (detail::count_of(inputs) == 0) {
    made.set_value(Result{});
    return result;
  }
  future<std::size_t> race =
      combined<std::size_t>(tenon_future_race, inputs, TENON_COMBINE_FLAG_KEEP);
  return race.then(nullptr, [inputs = std::move(inputs), made = std::move(made),
                             result = std::move(result)](future<std::size_t> ended) mutable {
    std::optional<std::size_t> winner;
    // A race that an error has decided does not say whose.
    const std::size_t index =
        ended.try_get(winner) == TENON_STATUS_OK ? *winner : detail::ready_index(inputs);
    if (index < detail::count_of(inputs))
      made.set_value(Result{index, std::move(inputs)});
    else
      made.cancel();
    return std::move(result);
  });
}

} // namespace TENON_VARIANT
} // namespace detail

/// When each has settled: a future of a std::tuple, or std::vector, of them.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto when_all(F &&...futures) {
  return tenon::all_settled(std::forward<F>(futures)...);
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto when_all(Range &&futures) {
  return tenon::all_settled(std::forward<Range>(futures));
}
template <class Iterator, class = detail::is_future_iterator<Iterator>>
TENON_TAG [[nodiscard]] auto when_all(Iterator from, Iterator to) {
  return detail::settled_of(detail::futures_between(from, to));
}

/// When one has settled: which, and all of them. Cancelling the result, or letting go of it, lets go
/// of them.
template <class... F, class = detail::are_futures<F...>>
TENON_TAG [[nodiscard]] auto when_any(F &&...futures) {
  if constexpr (detail::are_given<F...>())
    return detail::any_of(std::tuple<std::decay_t<F>...>(std::forward<F>(futures)...));
  else
    return future<void>();
}
template <class Range, class = detail::is_range<Range>>
TENON_TAG [[nodiscard]] auto when_any(Range &&futures) {
  return detail::any_of(detail::futures_in<Range>(std::forward<Range>(futures)));
}
template <class Iterator, class = detail::is_future_iterator<Iterator>>
TENON_TAG [[nodiscard]] auto when_any(Iterator from, Iterator to) {
  return detail::any_of(detail::futures_between(from, to));
}

template <class... F, class = detail::are_with_tasks<F...>, class = void> auto when_all(F &&...) {
  return detail::refuse_tasks<F...>();
}
template <class... F, class = detail::are_with_tasks<F...>, class = void> auto when_any(F &&...) {
  return detail::refuse_tasks<F...>();
}

} // namespace tenon

#endif // TENON_WHEN_HPP
