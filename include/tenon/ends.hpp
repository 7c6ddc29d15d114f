/// @file tenon/ends.hpp
///
/// What the ends of streams and of latest values have in common: one reference each, which moves and
/// is not copied, and how an end comes about.
#ifndef TENON_ENDS_HPP
#define TENON_ENDS_HPP

#include <tenon/future.hpp>
#include <tenon/promise.hpp>

namespace tenon::detail {

/// What public types consist of: the same in all units.
namespace layout {

/// The C functions of each kind of end.
template <class Handle> struct functions_of;
template <> struct functions_of<tenon_stream_t> {
  static constexpr auto retain = tenon_stream_retain, release = tenon_stream_release,
                        cancel = tenon_stream_cancel;
  static constexpr auto cancel_with = tenon_stream_cancel_with;
  static constexpr auto copy_end = tenon_stream_copy_end;
  static constexpr auto copy_error = tenon_stream_copy_error;
  static constexpr auto next = tenon_stream_next;
  static constexpr auto set_name = tenon_stream_set_name;
  static tenon_status_t take(tenon_stream_t *stream, tenon_value_t *value,
                             tenon_future_t **ready_out) noexcept {
    size_t count;
    return tenon_stream_next_batch(stream, value, 1, &count, ready_out);
  }
};
template <> struct functions_of<tenon_latest_t> {
  static constexpr auto retain = tenon_latest_retain, release = tenon_latest_release,
                        cancel = tenon_latest_cancel;
  static constexpr auto cancel_with = tenon_latest_cancel_with;
  static constexpr auto copy_end = tenon_latest_copy_end;
  static constexpr auto copy_error = tenon_latest_copy_error;
  static constexpr auto next = tenon_latest_next;
  static constexpr auto set_name = tenon_latest_set_name;
  static constexpr auto take = tenon_latest_take;
};
template <> struct functions_of<tenon_sink_t> {
  static constexpr auto retain = tenon_sink_retain, release = tenon_sink_release,
                        close = tenon_sink_close, cancel = tenon_sink_cancel;
  static constexpr auto fail = tenon_sink_fail;
  static constexpr auto is_cancelled = tenon_sink_is_cancelled;
  static constexpr auto copy_reason = tenon_sink_copy_reason;
  static constexpr auto on_cancel = tenon_sink_on_cancel;
};
template <> struct functions_of<tenon_publisher_t> {
  static constexpr auto retain = tenon_publisher_retain, release = tenon_publisher_release,
                        close = tenon_publisher_close, cancel = tenon_publisher_cancel;
  static constexpr auto fail = tenon_publisher_fail;
  static constexpr auto is_cancelled = tenon_publisher_is_cancelled;
  static constexpr auto copy_reason = tenon_publisher_copy_reason;
  static constexpr auto on_cancel = tenon_publisher_on_cancel;
};

/// One reference.
template <class Handle> class end_base {
public:
  constexpr end_base() noexcept = default;
  end_base(end_base &&other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  end_base &operator=(end_base &&other) noexcept {
    end_base moved(std::move(other));
    std::swap(handle_, moved.handle_);
    return *this;
  }
  ~end_base() {
    if (handle_)
      functions_of<Handle>::release(handle_);
  }

  [[nodiscard]] bool valid() const noexcept { return handle_ != nullptr; }

  /// The handle, lent.
  [[nodiscard]] Handle *handle() const noexcept { return handle_; }

  /// Gives the handle away: whoever has it releases it.
  [[nodiscard]] Handle *release() noexcept { return std::exchange(handle_, nullptr); }

protected:
  explicit end_base(Handle *handle) noexcept : handle_(handle) {}

  static Handle *retained(Handle *handle) noexcept {
    return functions_of<Handle>::retain(handle) == TENON_STATUS_OK ? handle : nullptr;
  }

private:
  Handle *handle_ = nullptr;
};

/// The end that reads. Letting go of it cancels, and drops what nobody has read.
template <class Handle> class reader_base : public end_base<Handle> {
  using functions = functions_of<Handle>;

public:
  constexpr reader_base() noexcept = default;

  /// Requests that the writer ends. What is there can still be read.
  void cancel() const noexcept {
    given();
    functions::cancel(this->handle());
  }

  /// The same, and says why: the writer's cancel_reason() gives it, in every language.
  TENON_TAG void cancel(const error &reason) const noexcept {
    functions::cancel_with(this->handle(), reason.handle());
  }

  /// Names both ends for people who look into the process, with the place of the call.
  void set_name(const char *name, const tenon_source_t &place = here()) const noexcept {
    static_cast<void>(functions::set_name(this->handle(), name, &place));
  }

  /// When the writer ends it, whether or not all has been read: with nothing, with the error, or as
  /// cancelled. A cancel of this is one of the stream; letting go of it is none.
  TENON_TAG [[nodiscard]] future<void> ended() const {
    tenon_future_t *end = nullptr;
    require(functions::copy_end(this->handle(), &end));
    return future<void>::adopt(end);
  }

  /// The error that it ended with, also before all has been read; nothing if there is none.
  TENON_TAG [[nodiscard]] std::optional<error> failure() const {
    return error_from<Handle>(functions::copy_error, this->handle());
  }

protected:
  using end_base<Handle>::end_base;
};

/// The end that writes. One that is let go of without close(), fail() or cancel() is a broken
/// promise.
template <class Handle> class writer_base : public end_base<Handle> {
  using functions = functions_of<Handle>;

public:
  constexpr writer_base() noexcept = default;

  /// Says that no more will come. False, as of fail() and cancel(): it was ended before.
  bool close() const noexcept {
    given();
    return functions::close(this->handle()) == TENON_STATUS_OK;
  }

  /// Ends with an error, which arrives after what has been sent. One that cannot be (no memory)
  /// ends it as cancelled.
  TENON_TAG bool fail(const error &error) const noexcept {
    given();
    const tenon_status_t status = fail_with(error.handle(), [this](tenon_error_t *why) {
      return functions::fail(this->handle(), why);
    });
    return status == TENON_STATUS_INVALID ? cancel() : status == TENON_STATUS_OK;
  }

#if TENON_HAS_EXCEPTIONS
  /// The same with an exception, which is thrown again where it is read. tenon::cancelled cancels.
  TENON_TAG bool fail(const std::exception_ptr &exception) const {
    const error error = error::adopt(error_of(exception));
    return means(error, TENON_STATUS_CANCELLED) ? cancel() : fail(error);
  }
#endif

  /// Ends as cancelled: acknowledges the reader's request, but needs none.
  bool cancel() const noexcept {
    given();
    return functions::cancel(this->handle()) == TENON_STATUS_OK;
  }

  /// Whether the reader wants no more.
  [[nodiscard]] bool is_cancelled() const noexcept {
    return seen(functions::is_cancelled(this->handle()));
  }

  /// Why: what the cancel said, or a plain error. Nothing while the reader wants more.
  TENON_TAG [[nodiscard]] std::optional<error> cancel_reason() const {
    return error_from<Handle>(functions::copy_reason, this->handle());
  }

  /// As promise::on_cancel().
  template <class F> TENON_TAG void on_cancel(tenon_executor_t *executor, F f) {
    register_cancel(functions::on_cancel, this->handle(), executor, std::move(f));
  }

protected:
  using end_base<Handle>::end_base;
};

} // namespace layout
using namespace layout;

inline namespace TENON_VARIANT {

/// Throws what a reader that has no item answers.
template <class Handle>
[[noreturn, gnu::cold, gnu::noinline]] void raise_end_of_reader(Handle *reader,
                                                                tenon_status_t status) {
  if (status != TENON_STATUS_REJECTED)
    raise(status);
  tenon_error_t *handle = nullptr;
  require(functions_of<Handle>::copy_error(reader, &handle));
  raise_owned(handle);
}

/// Takes what comes next, or the end.
template <class T, class Handle> struct next_call {
  Handle *reader;
  owned_value item{};

  tenon_status_t attempt(tenon_future_t **again_out) noexcept {
    const tenon_status_t status = functions_of<Handle>::take(reader, &item.value, again_out);
    static_cast<void>(seen(status != TENON_STATUS_PENDING));
    return status;
  }

  std::optional<T> result(tenon_status_t status) {
    if (status == TENON_STATUS_ENDED)
      return std::nullopt;
    if (status != TENON_STATUS_OK)
      raise_end_of_reader(reader, status);
    return load<T>(item.value);
  }

  future<std::optional<T>> start() {
    tenon_future_t *next = nullptr;
    require(functions_of<Handle>::next(reader, &next));
    return future<std::optional<T>>::adopt(next);
  }
};

/// The same without waiting.
template <class T, class Handle> tenon_status_t try_take(Handle *reader, std::optional<T> &out) {
  owned_value item;
  const tenon_status_t status = functions_of<Handle>::take(reader, &item.value, nullptr);
  static_cast<void>(seen(status != TENON_STATUS_PENDING));
  if (status != TENON_STATUS_OK)
    return status;
  if (!holds<T>(item.value))
    return TENON_STATUS_INVALID;
  out.emplace(load<T>(item.value));
  return TENON_STATUS_OK;
}

} // namespace TENON_VARIANT
} // namespace tenon::detail

#endif // TENON_ENDS_HPP
