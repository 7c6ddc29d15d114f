/// @file tenon/latest.hpp
///
/// tenon::latest<T> and tenon::publisher<T>: the newest value of something that changes, over
/// tenon/latest.h.
///
///     auto [publisher, latest] = tenon::make_latest<double>();
///     publisher.set(0.5);                                    never waits: replaces what is unseen
///     while (auto value = co_await latest.next()) { ... }    nothing at the end
#ifndef TENON_LATEST_HPP
#define TENON_LATEST_HPP

#include <tenon/ends.hpp>
#include <tenon/operation.hpp>

namespace tenon {

/// The read end.
template <class T> class latest : public detail::reader_base<tenon_latest_t> {
public:
  using value_type = T;

  constexpr latest() noexcept = default;

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static latest adopt(tenon_latest_t *handle) noexcept { return latest(handle); }

  /// Makes a reference of its own to one that C lends; an empty one if there is none.
  [[nodiscard]] static latest borrow(tenon_latest_t *handle) noexcept {
    return latest(retained(handle));
  }

  /// The newest value that was not seen, or the next one, as stream::next().
  TENON_TAG auto next() const noexcept {
    return detail::operation(detail::next_call<T, tenon_latest_t>{handle()});
  }

  /// The newest value that was not seen, if there is one: answers as stream::try_next().
  TENON_TAG [[nodiscard]] tenon_status_t try_next(std::optional<T> &out) const {
    return detail::try_take<T>(handle(), out);
  }

  /// How many values were replaced before they were seen.
  [[nodiscard]] std::uint64_t missed() const noexcept {
    std::uint64_t missed = 0;
    static_cast<void>(tenon_latest_get_missed(handle(), &missed));
    return missed;
  }

private:
  using reader_base::reader_base;
};

/// The write end, for any thread.
template <class T> class publisher : public detail::writer_base<tenon_publisher_t> {
public:
  using value_type = T;

  constexpr publisher() noexcept = default;

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static publisher adopt(tenon_publisher_t *handle) noexcept {
    return publisher(handle);
  }

  /// Makes a reference of its own to one that C lends; an empty one if there is none.
  [[nodiscard]] static publisher borrow(tenon_publisher_t *handle) noexcept {
    return publisher(retained(handle));
  }

  /// Sets the newest value. False: the reader wants no more, or this has been ended.
  template <class U = T> TENON_TAG bool set(U &&value) const {
    detail::owned_value made(detail::traits<T>::make(std::forward<U>(value)));
    detail::given();
    const tenon_status_t status = tenon_publisher_set(handle(), &made.value);
    if (status != TENON_STATUS_CANCELLED && status != TENON_STATUS_CLOSED)
      detail::require(status);
    return status == TENON_STATUS_OK;
  }

private:
  using writer_base::writer_base;
};

/// Makes both ends, without a value. `executor` is where the publisher works: it lets a wait tell a
/// deadlock, and its close request a cancel.
template <class T>
TENON_TAG [[nodiscard]] std::pair<publisher<T>, latest<T>>
make_latest(tenon_executor_t *executor = nullptr) {
  tenon_latest_config_t config = TENON_LATEST_CONFIG_INIT;
  config.executor = executor;
  tenon_publisher_t *write_end = nullptr;
  tenon_latest_t *read_end = nullptr;
  detail::require(tenon_latest_create(&config, &write_end, &read_end));
  return {publisher<T>::adopt(write_end), latest<T>::adopt(read_end)};
}

} // namespace tenon

#endif // TENON_LATEST_HPP
