/// @file tenon/uv/listener.hpp
///
/// tenon::uv::listener: a server's end, of TCP or of a socket of the file system.
#ifndef TENON_UV_LISTENER_HPP
#define TENON_UV_LISTENER_HPP

#include <tenon/uv/awaited.hpp>
#include <tenon/uv/stream.hpp>

#include <sys/epoll.h>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// What a listener is on the loop's thread. When there is a connection nobody waits: libuv then holds it, and accepts no
/// more until it is taken.
class listener_state final : public awaited_handle<uv::stream> {
public:
  using awaited_handle::awaited_handle;

  int listen_tcp(const uv::address &on, int backlog) {
    is_tcp_ = true;
    if (const int code = uv_tcp_init(core_->loop(), &raw_.tcp))
      return code;
    begun();
    if (const int code = uv_tcp_bind(&raw_.tcp, on.raw(), 0))
      return code;
    return listen(backlog);
  }

  int listen_pipe(const std::string &path, int backlog) {
    if (const int code = stream_state::refusal_of(path))
      return code;
    if (const int code = uv_pipe_init(core_->loop(), &raw_.pipe, 0))
      return code;
    begun();
    if (const int code = uv_pipe_bind(&raw_.pipe, path.c_str()))
      return code;
    return listen(backlog);
  }

  int local_address(std::optional<uv::address> &found) {
    return ask_address(
        [&](sockaddr *room, int *size) { return uv_tcp_getsockname(&raw_.tcp, room, size); },
        found);
  }

private:
  int listen(int backlog) {
    return uv_listen(&raw_.stream, backlog, [](uv_stream_t *raw, int code) {
      behind<listener_state>(raw)->connection_came(code);
    });
  }

  /// A close would take the path away, which is the parent's: from now on nothing comes by it.
  void leave(const error &why) noexcept override {
    int fd = -1;
    if (is_tcp_ || uv_fileno(base(), &fd) != 0)
      return close(why);
    tenon__replace_fd(fd, ::epoll_create1(EPOLL_CLOEXEC));
    uv_unref(base());
  }

  bool take(operation<uv::stream> &waiter) override {
    if (failure_ != 0)
      waiter.fail(std::exchange(failure_, 0));
    else if (std::exchange(has_connection_, false))
      give_connection(waiter);
    else
      return false;
    return true;
  }

  void connection_came(int code) noexcept {
    if (waiters_.empty()) {
      if (code < 0)
        failure_ = code;
      else
        has_connection_ = true;
      return;
    }
    const auto waiter = std::move(waiters_.front());
    waiters_.pop_front();
    if (code < 0)
      waiter->fail(code);
    else
      give_connection(*waiter);
  }

  void give_connection(operation<uv::stream> &waiter) {
    int code = 0;
    auto made = is_tcp_ ? stream_state::tcp(core_, code) : stream_state::pipe(core_, code);
    if (code == 0 && (code = uv_accept(&raw_.stream, made->raw())) < 0)
      made->close(uv_error(code));
    if (code < 0)
      return waiter.fail(code);
    if (is_tcp_)
      uv_tcp_nodelay(made->as_tcp(), 1);
    waiter.succeed([&] { return uv::stream(std::move(made)); });
  }

  bool is_tcp_ = false;
  bool has_connection_ = false;
  int failure_ = 0; ///< what went wrong while nobody waited
};

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// A server's end. While nobody accepts, connections wait in the system, and the listener still keeps the loop alive. Any
/// thread may call. Letting go closes it, whatever has gone before.
class [[nodiscard]] listener {
public:
  listener(std::shared_ptr<uv_detail::listener_state> state, std::optional<address> where)
      : state_(std::move(state)), address_(std::move(where)) {}
  listener(listener &&) noexcept = default;
  listener &operator=(listener &&) noexcept = default;

  /// Where it listens, with the port that it got; nothing of one in the file system.
  [[nodiscard]] const std::optional<uv::address> &local_address() const noexcept {
    return address_;
  }

  /// The next connection. Several may wait; they are served in order. A cancel ends it at once, and no connection is lost.
  [[nodiscard]] future<stream> accept() const { return uv_detail::listener_state::next(*state_); }

  /// Closes it, whether or not the task is cancelled, and tells when the loop has let go of it. Any number of times.
  [[nodiscard]] future<void> close() const { return state_.close(); }

private:
  uv_detail::owner<uv_detail::listener_state> state_;
  std::optional<uv::address> address_;
};

inline future<listener> loop::listen(address on, int backlog) const {
  return uv_detail::on_loop<listener>(core_, [where = core_, on, backlog](auto &operation) {
    auto made = std::make_shared<uv_detail::listener_state>(where);
    std::optional<address> found;
    int code = made->listen_tcp(on, backlog);
    if (code == 0)
      code = made->local_address(found);
    if (code < 0) {
      made->close(uv_detail::uv_error(code));
      return operation.fail(uv_detail::uv_error(code, on.text()));
    }
    operation.succeed([&] { return listener(std::move(made), found); });
  });
}

inline future<listener> loop::listen_pipe(std::string path, int backlog) const {
  return uv_detail::on_loop<listener>(
      core_, [where = core_, path = std::move(path), backlog](auto &operation) {
        auto made = std::make_shared<uv_detail::listener_state>(where);
        if (const int code = made->listen_pipe(path, backlog)) {
          made->close(uv_detail::uv_error(code));
          return operation.fail(uv_detail::uv_error(code, path));
        }
        operation.succeed([&] { return listener(std::move(made), std::nullopt); });
      });
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_LISTENER_HPP
