/// @file tenon/sink.hpp
///
/// tenon::sink<T>: the write end of a stream. See stream.hpp.
#ifndef TENON_SINK_HPP
#define TENON_SINK_HPP

#include <tenon/ends.hpp>
#include <tenon/operation.hpp>

#include <vector>

namespace tenon {
namespace detail {
inline namespace TENON_VARIANT {

/// What was not sent ends with it.
struct send_call {
  tenon_sink_t *sink;
  owned_value item;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    given();
    return tenon_sink_send(sink, &item.value, again_out);
  }
  void result(tenon_status_t status) const { require(status); }
};

/// The same for many.
struct send_batch_call {
  tenon_sink_t *sink;
  owned_values items;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    tenon_status_t status = TENON_STATUS_OK;
    given();
    while (status == TENON_STATUS_OK && items.count() > 0) {
      std::size_t sent = 0;
      status = tenon_sink_send_batch(sink, items.data(), items.count(), &sent, again_out);
      items.first += sent;
    }
    return status;
  }
  void result(tenon_status_t status) const { require(status); }
};

/// Waits for room, without an item.
struct room_call {
  tenon_sink_t *sink;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    return tenon_sink_ready(sink, again_out);
  }
  void result(tenon_status_t status) const { require(status); }
};

} // namespace TENON_VARIANT
} // namespace detail

/// The write end: one writer at a time. close(), fail() and cancel() are for any thread.
template <class T> class sink : public detail::writer_base<tenon_sink_t> {
  static_assert(std::is_object_v<T> && !std::is_array_v<T>, "the items of a stream are objects");

public:
  using value_type = T;

  constexpr sink() noexcept = default;

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static sink adopt(tenon_sink_t *handle) noexcept { return sink(handle); }

  /// Makes a reference of its own to a sink that C lends; an empty one if there is none.
  [[nodiscard]] static sink borrow(tenon_sink_t *handle) noexcept { return sink(retained(handle)); }

  /// Sends when there is room: an operation. Throws tenon::cancelled if the reader wants no more, and
  /// tenon::error, TENON_STATUS_CLOSED, if this has been ended. What is not sent is destroyed.
  template <class U = T> TENON_TAG auto send(U &&item) const {
    return detail::operation(detail::send_call{
        handle(), detail::owned_value(detail::traits<T>::make(std::forward<U>(item)))});
  }

  /// Sends all of them, with one wake of the reader for as many as there is room for: an operation,
  /// which throws as send(). If making one of them ready throws, none is sent.
  TENON_TAG auto send_batch(std::vector<T> items) const {
    detail::owned_values values;
    values.values.reserve(items.size());
    for (auto &&item : items)
      values.values.push_back(detail::traits<T>::make(static_cast<T &&>(item)));
    return detail::operation(detail::send_batch_call{handle(), std::move(values)});
  }

  /// Waits until there is room, without an item: an operation, which throws as send().
  auto ready() const noexcept { return detail::operation(detail::room_call{handle()}); }

  /// Sends if there is room, without exceptions and without waiting: OK; PENDING; CANCELLED: the
  /// reader wants no more; CLOSED; BUSY. Unless it is OK, `item` is as it was, and with PENDING and a
  /// `room` that settles when to try again.
  TENON_TAG [[nodiscard]] tenon_status_t try_send(T &&item, future<void> *room = nullptr) const {
    detail::owned_value value(detail::traits<T>::make(std::move(item)));
    detail::given();
    tenon_future_t *handle_of_room = nullptr;
    const tenon_status_t status =
        tenon_sink_send(handle(), &value.value, room ? &handle_of_room : nullptr);
    if (handle_of_room)
      *room = future<void>::adopt(handle_of_room);
    if constexpr (detail::is_boxed<T>) {
      static_assert(std::is_move_assignable_v<T>, "an item that is not sent is assigned back");
      if (status != TENON_STATUS_OK)
        item = detail::load<T>(value.value);
    }
    return status;
  }

private:
  using writer_base::writer_base;
};

} // namespace tenon

#endif // TENON_SINK_HPP
