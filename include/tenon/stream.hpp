/// @file tenon/stream.hpp
///
/// tenon::stream<T> and tenon::sink<T>: many values, one after the other, over tenon/stream.h.
///
///     auto [sink, stream] = tenon::make_stream<int>();
///     co_await sink.send(1);                               waits while there is no room
///     while (auto item = co_await stream.next()) { ... }   nothing at the end
///     for (int &item : stream) { ... }                     blocks; for a thread without a loop
///
/// Values move from end to end. What a call waits with is an operation: see operation.hpp. An error
/// of the writer is thrown after what was sent before it.
#ifndef TENON_STREAM_HPP
#define TENON_STREAM_HPP

#include <tenon/sink.hpp>

#include <algorithm>
#include <iterator>
#include <vector>

namespace tenon {

template <class T> class stream;

namespace detail {
inline namespace TENON_VARIANT {

/// Items that cannot fail to be taken out are moved this many at a time; others one by one, so that
/// one that throws takes no other with it.
template <class T>
inline constexpr std::size_t items_at_once = (is_boxed<T> ? std::is_nothrow_move_constructible_v<T>
                                                          : is_number<T> || is_word<T>)
                                                 ? 32
                                                 : 1;

/// Appends what is there, at most `count`; answers as tenon_stream_next_batch() for the first.
template <class T>
tenon_status_t take_batch(tenon_stream_t *stream, std::vector<T> &out, std::size_t count) {
  tenon_value_t values[items_at_once<T>];
  tenon_status_t answer = TENON_STATUS_PENDING;
  for (std::size_t taken_now = 0, wanted; count > 0; count -= taken_now) {
    wanted = std::min(count, items_at_once<T>);
    if (out.capacity() - out.size() < wanted)
      out.reserve(std::max(out.size() + wanted, 2 * out.capacity()));
    const tenon_status_t status =
        tenon_stream_next_batch(stream, values, wanted, &taken_now, nullptr);
    if (status != TENON_STATUS_OK)
      return answer == TENON_STATUS_PENDING ? status : answer;
    taken();
    if (answer == TENON_STATUS_PENDING)
      answer = status;
    for (std::size_t i = 0; i < taken_now; i++)
      if (holds<T>(values[i]))
        out.push_back(load<T>(values[i]));
      else {
        tenon_value_drop(&values[i]);
        answer = TENON_STATUS_INVALID;
      }
    if (taken_now < wanted)
      break;
  }
  return answer;
}

template <class T> struct next_batch_call {
  next_call<T, tenon_stream_t> first;
  std::size_t count;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept { return first.attempt(again_out); }

  std::vector<T> result(tenon_status_t status) {
    std::vector<T> items;
    if (std::optional<T> item = first.result(status)) {
      items.push_back(*std::move(item));
      if (count > 1 && take_batch(first.reader, items, count - 1) == TENON_STATUS_INVALID)
        raise(TENON_STATUS_INVALID);
    }
    return items;
  }
};

/// The same, but for no fewer than `minimum`, unless they are the last.
template <class T> struct next_at_least_call {
  tenon_stream_t *reader;
  std::size_t minimum;
  owned_values items;
  std::size_t taken_now = 0;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    return tenon_stream_next_at_least(reader, items.data(), minimum, items.values.size(),
                                      &taken_now, again_out);
  }

  std::vector<T> result(tenon_status_t status) {
    std::vector<T> out;
    if (status == TENON_STATUS_ENDED)
      return out;
    if (status != TENON_STATUS_OK)
      raise_end_of_reader(reader, status);
    taken();
    items.values.resize(taken_now);
    out.reserve(taken_now);
    for (; items.count() > 0; items.first++)
      out.push_back(load<T>(*items.data()));
    return out;
  }
};

/// Waits for an item, and leaves it there.
struct ready_call {
  tenon_stream_t *reader;

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    return tenon_stream_ready(reader, again_out);
  }
  bool result(tenon_status_t status) const {
    if (status != TENON_STATUS_OK && status != TENON_STATUS_ENDED)
      raise_end_of_reader(reader, status);
    return status == TENON_STATUS_OK;
  }
};

} // namespace TENON_VARIANT
} // namespace detail

/// The read end: one reader at a time.
template <class T> class stream : public detail::reader_base<tenon_stream_t> {
  static_assert(std::is_object_v<T> && !std::is_array_v<T>, "the items of a stream are objects");

public:
  using value_type = T;
  class iterator;

  constexpr stream() noexcept = default;

  /// As for containers, a loop over the one that was moved from is over.
  stream(stream &&other) noexcept : reader_base(std::move(other)) {}
  stream &operator=(stream &&other) noexcept {
    reader_base::operator=(std::move(other));
    current_.reset();
    return *this;
  }

  /// Takes over a reference from C or Swift.
  [[nodiscard]] static stream adopt(tenon_stream_t *handle) noexcept { return stream(handle); }

  /// Makes a reference of its own to a stream that C lends; an empty one if there is none.
  [[nodiscard]] static stream borrow(tenon_stream_t *handle) noexcept {
    return stream(retained(handle));
  }

  /// The next item as a std::optional<T>: nothing at the end. An operation; start() makes it a
  /// future, whose item is lost if nobody takes it out.
  TENON_TAG auto next() const noexcept {
    return detail::operation(detail::next_call<T, tenon_stream_t>{handle()});
  }

  /// The next items, at most `count` and as many as are there, as a std::vector<T>: waits for one,
  /// and is empty at the end. If it throws because of one, those before it in the batch are lost;
  /// try_next_batch() keeps them.
  TENON_TAG auto next_batch(std::size_t count = 64) const noexcept {
    return detail::operation(detail::next_batch_call<T>{{handle()}, count});
  }

  /// The next items, when there are at least `minimum`, or the last ones: an operation. Until then they
  /// stay in the stream, which must be able to hold so many, or this throws. Else as next_batch().
  auto next_at_least(std::size_t minimum, std::size_t count = 64) const {
    detail::owned_values items;
    items.values.resize(std::max(minimum, count), tenon_value_none());
    return detail::operation(detail::next_at_least_call<T>{handle(), minimum, std::move(items)});
  }

  /// Waits until there is an item, and leaves it there: an operation. False: nothing is left, and
  /// nothing will come.
  auto ready() const noexcept { return detail::operation(detail::ready_call{handle()}); }

  /// Calls `look` with the next item, a const T &, if it is there; it stays. Answers as try_next().
  template <class F> [[nodiscard]] tenon_status_t try_peek(F &&look) const {
    tenon_value_t value;
    const tenon_status_t status = tenon_stream_peek(handle(), &value);
    if (status != TENON_STATUS_OK)
      return status;
    if constexpr (!detail::is_boxed<T>)
      if (detail::traits<T>::holds(value)) {
        const T item = detail::traits<T>::take(value);
        std::forward<F>(look)(item);
        return status;
      }
    const auto *box = detail::box_in<T>(value);
    if (!box)
      return TENON_STATUS_INVALID;
    std::forward<F>(look)(static_cast<const T &>(box->value));
    return status;
  }

  /// Has all that comes moved into `sink`, and that ended as this ends: the two are then as one longer
  /// stream, and no code visits the items. Both may be let go of. The future settles when that is over;
  /// a cancel of it is one of this stream, and letting go of it is none. `keep_open`: the sink is left
  /// open, for what is to come after this.
  future<void> pipe_to(const sink<T> &sink, bool keep_open = false) const {
    tenon_future_t *end = nullptr;
    detail::require(
        tenon_stream_pipe(handle(), sink.handle(), keep_open ? TENON_PIPE_FLAG_KEEP : 0, &end));
    return future<void>::adopt(end);
  }

  /// The next item if it is there, without exceptions and without waiting. OK; PENDING; ENDED: none
  /// will come; REJECTED: see failure(); CANCELLED; INVALID if the item was no T, and is gone.
  TENON_TAG [[nodiscard]] tenon_status_t try_next(std::optional<T> &out) const {
    return detail::try_take<T>(handle(), out);
  }

  /// The same for many: appends at most `count`. INVALID if one was no T: the others are there.
  TENON_TAG [[nodiscard]] tenon_status_t try_next_batch(std::vector<T> &out,
                                                        std::size_t count) const {
    return detail::take_batch(handle(), out, count);
  }

  /// Blocks for the first item. One loop at a time; what it leaves stays for the next one.
  TENON_TAG [[nodiscard]] iterator begin() { return iterator(*this); }
  [[nodiscard]] iterator end() noexcept { return iterator(); }

private:
  using reader_base::reader_base;

  std::optional<T> current_; // what an iterator is at
};

/// Reads on, and blocks: throws as operation::get().
template <class T> class stream<T>::iterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = T;
  using difference_type = std::ptrdiff_t;
  using pointer = T *;
  using reference = T &;

  iterator() noexcept = default;
  TENON_TAG explicit iterator(stream &stream) : stream_(&stream) { ++*this; }

  T &operator*() const noexcept { return *stream_->current_; }
  T *operator->() const noexcept { return &*stream_->current_; }

  TENON_TAG iterator &operator++() {
    stream_->current_.reset();
    if (std::optional<T> item = stream_->next().get())
      stream_->current_.emplace(*std::move(item));
    else
      stream_ = nullptr;
    return *this;
  }
  TENON_TAG void operator++(int) { ++*this; }

  friend bool operator==(const iterator &left, const iterator &right) noexcept {
    return left.stream_ == right.stream_;
  }
  friend bool operator!=(const iterator &left, const iterator &right) noexcept {
    return !(left == right);
  }

private:
  stream *stream_ = nullptr;
};

/// Makes both ends. `capacity` is how many items are buffered at most; 0: the writer waits for the
/// reader to wait. `executor` is where the writer works: it lets a wait tell a deadlock, and its
/// close request a cancel.
template <class T>
TENON_TAG [[nodiscard]] std::pair<sink<T>, stream<T>>
make_stream(std::size_t capacity = 64, tenon_executor_t *executor = nullptr) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = capacity;
  config.executor = executor;
  tenon_sink_t *write_end = nullptr;
  tenon_stream_t *read_end = nullptr;
  detail::require(tenon_stream_create(&config, &write_end, &read_end));
  return {sink<T>::adopt(write_end), stream<T>::adopt(read_end)};
}

} // namespace tenon

#endif // TENON_STREAM_HPP
