/// @file tenon/uv/stream.hpp
///
/// tenon::uv::stream: a connection, or a pipe: bytes both ways, in order.
#ifndef TENON_UV_STREAM_HPP
#define TENON_UV_STREAM_HPP

#include <tenon/uv/loop.hpp>
#include <tenon/uv/operation.hpp>

#include <algorithm>
#include <cstddef>
#include <deque>
#include <optional>
#include <sys/un.h>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

class stream_read;

/// What a stream is on the loop's thread. libuv reads exactly while there is a reader, so nothing is there that nobody
/// has asked for.
class stream_state final : public open_handle {
public:
  using open_handle::open_handle;

  static std::shared_ptr<stream_state> tcp(const std::shared_ptr<core> &on, int &code) {
    auto made = std::make_shared<stream_state>(on);
    code = uv_tcp_init(on->loop(), &made->raw_.tcp);
    if (code == 0)
      made->begun();
    return made;
  }

  /// Why a path cannot be a socket's, by libuv's numbers; 0: it can. libuv cuts long ones.
  static int refusal_of(const std::string &path) noexcept {
    if (path.empty() || path.find('\0') != std::string::npos)
      return UV_EINVAL;
    return path.size() < sizeof sockaddr_un{}.sun_path ? 0 : UV_ENAMETOOLONG;
  }

  static std::shared_ptr<stream_state> pipe(const std::shared_ptr<core> &on, int &code) {
    auto made = std::make_shared<stream_state>(on);
    code = uv_pipe_init(on->loop(), &made->raw_.pipe, 0);
    if (code == 0)
      made->begun();
    return made;
  }

  [[nodiscard]] uv_stream_t *raw() noexcept { return &raw_.stream; }
  [[nodiscard]] uv_tcp_t *as_tcp() noexcept { return &raw_.tcp; }
  [[nodiscard]] uv_pipe_t *as_pipe() noexcept { return &raw_.pipe; }

  int read(std::shared_ptr<stream_read> reader);
  void stop_reading() noexcept {
    reader_ = nullptr;
    if (!uv_is_closing(base()))
      uv_read_stop(raw());
  }

  /// Writes what the system takes now, and says how much that was.
  int write_at_once(const char *data, std::size_t size) {
    if (const int code = refusal())
      return code;
    if (size == 0)
      return 0;
    const uv_buf_t buffer =
        uv_buf_init(const_cast<char *>(data), // NOLINT(*-const-cast): it is only read
                    static_cast<unsigned>(std::min(size, std::size_t{1} << 30)));
    const int written = uv_try_write(raw(), &buffer, 1);
    return written == UV_EAGAIN ? 0 : written;
  }

  /// libuv has a write or a shutdown; it is told if this is closed before it has ended.
  void add_writer(std::weak_ptr<operation<void>> writer) { writers_.push_back(std::move(writer)); }

  /// One has ended: libuv ends them in their order.
  void forget_ended_writers() noexcept {
    while (!writers_.empty()) {
      const auto first = writers_.front().lock();
      if (first && !first->has_ended())
        return;
      writers_.pop_front();
    }
  }

private:
  void did_read(ssize_t count, const char *data) noexcept;
  void tell(const error &why) noexcept override;

  std::shared_ptr<stream_read> reader_;
  bool is_at_end_ = false;
  std::deque<std::weak_ptr<operation<void>>> writers_;
};

class stream_read final : public operation<std::optional<std::string>> {
public:
  stream_read(std::shared_ptr<stream_state> stream, std::size_t count)
      : operation(stream->where()), stream_(std::move(stream)), count_(count > 0 ? count : 1) {}

  [[nodiscard]] std::size_t count() const noexcept { return count_; }

private:
  void begin() override {
    if (const int code = stream_->read(std::static_pointer_cast<stream_read>(shared_from_this())))
      fail(code);
  }
  void cancel() noexcept override {
    stream_->stop_reading();
    acknowledge();
  }

  const std::shared_ptr<stream_state> stream_;
  const std::size_t count_;
};

/// A request of a stream's, which libuv cannot take back: only the end of the stream ends it.
template <class Raw> class stream_request : public request<Raw, void> {
protected:
  explicit stream_request(std::shared_ptr<stream_state> on)
      : request<Raw, void>(on->where()), stream_(std::move(on)) {}

  void given_to_stream(int code) {
    if (code >= 0)
      stream_->add_writer(this->shared_from_this());
    this->given_to_uv(code);
  }

  void cancel() noexcept override {
    this->acknowledge();
    stream_->close(uv_error(UV_ECANCELED));
  }

  template <class Request> static void done_in_stream(Raw *raw, int code) noexcept {
    auto *const self = stream_request::template behind<Request>(raw);
    const auto keeps = self->done();
    if (code < 0)
      self->fail(code);
    else
      self->succeed([] {});
    self->stream_->forget_ended_writers();
  }

  const std::shared_ptr<stream_state> stream_;
};

class stream_write final : public stream_request<uv_write_t> {
public:
  stream_write(std::shared_ptr<stream_state> on, std::string bytes)
      : stream_request(std::move(on)), bytes_(std::move(bytes)) {}

private:
  void begin() override {
    const int written = stream_->write_at_once(bytes_.data(), bytes_.size());
    if (written < 0)
      return fail(written);
    const std::size_t rest = bytes_.size() - static_cast<std::size_t>(written);
    if (rest == 0)
      return succeed([] {});
    // libuv writes as many buffers as there are; one has at most 4 GiB.
    const std::size_t part = std::size_t{1} << 30;
    std::vector<uv_buf_t> buffers;
    for (std::size_t at = static_cast<std::size_t>(written); at < bytes_.size(); at += part)
      buffers.push_back(uv_buf_init(bytes_.data() + at,
                                    static_cast<unsigned>(std::min(bytes_.size() - at, part))));
    given_to_stream(uv_write(raw(), stream_->raw(), buffers.data(),
                             static_cast<unsigned>(buffers.size()), &done_in_stream<stream_write>));
  }

  std::string bytes_;
};

class stream_shutdown final : public stream_request<uv_shutdown_t> {
public:
  explicit stream_shutdown(std::shared_ptr<stream_state> on) : stream_request(std::move(on)) {}

private:
  void begin() override {
    if (const int code = stream_->refusal())
      return fail(code);
    given_to_stream(uv_shutdown(raw(), stream_->raw(), &done_in_stream<stream_shutdown>));
  }
};

inline int stream_state::read(std::shared_ptr<stream_read> reader) {
  if (const int code = refusal())
    return code;
  if (reader_)
    return UV_EBUSY;
  if (is_at_end_) {
    reader->succeed([]() -> std::optional<std::string> { return std::nullopt; });
    return 0;
  }
  const int code = uv_read_start(
      raw(),
      [](uv_handle_t *handle, size_t, uv_buf_t *buffer) {
        auto *const self = behind<stream_state>(handle);
        auto &block = self->core_->read_block();
        const std::size_t count = self->reader_ ? self->reader_->count() : 1;
        *buffer = uv_buf_init(block.data(), static_cast<unsigned>(std::min(count, block.size())));
      },
      [](uv_stream_t *handle, ssize_t count, const uv_buf_t *buffer) {
        behind<stream_state>(handle)->did_read(count, buffer->base);
      });
  if (code == 0)
    reader_ = std::move(reader);
  return code;
}

inline void stream_state::did_read(ssize_t count, const char *data) noexcept {
  if (count == 0 || !reader_) // there was nothing after all
    return;
  const auto keeps = shared_from_this();
  const auto reader = std::move(reader_);
  stop_reading();
  if (count > 0)
    reader->succeed_with(data, static_cast<std::size_t>(count));
  else if (count == UV_EOF) {
    is_at_end_ = true;
    reader->succeed([]() -> std::optional<std::string> { return std::nullopt; });
  } else
    reader->fail(static_cast<int>(count));
}

inline void stream_state::tell(const error &why) noexcept {
  if (const auto reader = std::move(reader_))
    reader->fail(why);
  const auto writers = std::exchange(writers_, {});
  for (const auto &writer : writers)
    if (const auto known = writer.lock())
      known->fail(why);
}

/// Calls a question of libuv's with room for an address.
template <class Ask> int ask_address(Ask &&ask, std::optional<uv::address> &found) {
  sockaddr_storage storage{};
  int size = sizeof storage;
  const int code = ask(reinterpret_cast<sockaddr *>(&storage), &size);
  if (code == 0)
    found = uv::address::from(reinterpret_cast<sockaddr *>(&storage));
  return code == 0 && !found ? static_cast<int>(UV_EAFNOSUPPORT) : code;
}

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// A connection, or a pipe to a child process.
///
/// Nothing is read ahead: libuv reads only while somebody waits for read(), and what comes meanwhile stays in the system,
/// which holds the other side up. Any thread may call. Letting go closes it, whatever has gone before; close() also tells
/// when that is done. What a close interrupts fails with ECANCELED, what comes later with EBADF. A stream that nobody reads
/// or writes does not keep its loop alive.
///
/// A write to a connection that is gone raises SIGPIPE, unless the host has said otherwise, as libuv advises; run() does.
class [[nodiscard]] stream {
public:
  explicit stream(std::shared_ptr<uv_detail::stream_state> state) noexcept
      : state_(std::move(state)) {}
  stream(stream &&) noexcept = default;
  stream &operator=(stream &&) noexcept = default;

  /// What is there, or what comes, at least one byte; nothing at the end. A cancel ends it at once, and nothing is lost.
  /// EBUSY if somebody else is reading.
  [[nodiscard]] future<std::optional<std::string>> read(std::size_t count = 65536) const {
    using uv_detail::stream_read;
    return stream_read::start(std::make_shared<stream_read>(*state_, count));
  }

  /// Writes all bytes: it is done when the system has them. Several writes come out whole, one after the other. A cancel of
  /// one that waits closes the stream, because half a message may be out.
  [[nodiscard]] future<void> write(std::string bytes) const {
    using uv_detail::stream_write;
    return stream_write::start(std::make_shared<stream_write>(*state_, std::move(bytes)));
  }

  /// Ends the writing: when everything is written the other side sees the end. Reading goes on. A cancel closes the stream.
  [[nodiscard]] future<void> shutdown() const {
    using uv_detail::stream_shutdown;
    return stream_shutdown::start(std::make_shared<stream_shutdown>(*state_));
  }

  /// Closes it, whether or not the task is cancelled, and tells when the loop has let go of it. Any number of times.
  [[nodiscard]] future<void> close() const { return state_.close(); }

  [[nodiscard]] future<address> local_address() const { return address_by(uv_tcp_getsockname); }
  [[nodiscard]] future<address> remote_address() const { return address_by(uv_tcp_getpeername); }

private:
  template <class Ask> [[nodiscard]] future<address> address_by(Ask ask) const {
    return uv_detail::on_loop<address>((*state_)->where(), [stream = *state_,
                                                            ask](auto &operation) {
      std::optional<address> found;
      int code = stream->refusal();
      if (code == 0 && stream->base()->type != UV_TCP)
        code = UV_ENOTSUP;
      if (code == 0)
        code = uv_detail::ask_address(
            [&](sockaddr *room, int *size) { return ask(stream->as_tcp(), room, size); }, found);
      if (code < 0)
        operation.fail(code);
      else
        operation.succeed([&] { return *found; });
    });
  }

  uv_detail::owner<uv_detail::stream_state> state_;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_STREAM_HPP
