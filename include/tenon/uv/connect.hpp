/// @file tenon/uv/connect.hpp
///
/// tenon::uv::loop::connect() and its like: how streams begin on this side.
#ifndef TENON_UV_CONNECT_HPP
#define TENON_UV_CONNECT_HPP

#include <tenon/uv/names.hpp>
#include <tenon/uv/stream.hpp>

#include <sys/epoll.h>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// How a stream is made: stream_state::tcp() or stream_state::pipe().
using make_stream = std::shared_ptr<stream_state>(const std::shared_ptr<core> &, int &);

/// Makes a stream, and has it connect by begin(state, request, callback).
template <class Begin> class connect final : public request<uv_connect_t, uv::stream> {
public:
  connect(std::shared_ptr<core> where, make_stream *make, Begin begin)
      : request(std::move(where)), make_(make), begin_(std::move(begin)) {}

private:
  void begin() override {
    int code = 0;
    stream_ = make_(this->core_, code);
    if (code < 0)
      return this->fail(code);
    code = begin_(*stream_, this->raw(), [](uv_connect_t *done, int status) {
      auto *const self = connect::template behind<connect>(done);
      const auto keeps = self->done();
      if (status == 0)
        return self->succeed([self] { return uv::stream(std::move(self->stream_)); });
      self->stream_->close(uv_error(status));
      self->end(status);
    });
    this->given_to_uv(code);
    if (code < 0)
      stream_->close(uv_error(code));
  }

  void cancel() noexcept override {
    this->acknowledge();
    stream_->close(uv_error(UV_ECANCELED));
  }

  make_stream *const make_;
  Begin begin_;
  std::shared_ptr<stream_state> stream_;
};

/// Why a descriptor cannot be a stream, by libuv's numbers, which would end the process for one that cannot be watched,
/// such as a file; 0: it can.
inline int refusal_to_watch(int fd) noexcept {
  const int set = ::epoll_create1(EPOLL_CLOEXEC);
  if (set < 0)
    return -errno;
  epoll_event event{};
  const int code = ::epoll_ctl(set, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : -errno;
  ::close(set);
  return code == -EPERM ? static_cast<int>(UV_EINVAL) : code;
}

template <class Begin>
future<uv::stream> connect_by(std::shared_ptr<core> where, make_stream *make, Begin begin) {
  using made = connect<Begin>;
  return made::start(std::make_shared<made>(std::move(where), make, std::move(begin)));
}

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

inline future<stream> loop::connect(address to) const {
  return uv_detail::connect_by(
      core_, &uv_detail::stream_state::tcp,
      [to](uv_detail::stream_state &made, uv_connect_t *raw, uv_connect_cb end) {
        uv_tcp_nodelay(made.as_tcp(), 1); // who writes small messages one by one wants so
        return uv_tcp_connect(raw, made.as_tcp(), to.raw(), end);
      });
}

inline future<stream> loop::connect_pipe(std::string path) const {
  return uv_detail::connect_by(core_, &uv_detail::stream_state::pipe,
                               [path = std::move(path)](uv_detail::stream_state &made,
                                                        uv_connect_t *raw, uv_connect_cb end) {
                                 if (const int code = uv_detail::stream_state::refusal_of(path))
                                   return code;
                                 uv_pipe_connect(raw, made.as_pipe(), path.c_str(), end);
                                 return 0;
                               });
}

inline future<stream> loop::open_pipe(int fd) const {
  return uv_detail::on_loop<stream>(core_, [where = core_, fd](auto &operation) {
    int code = uv_detail::refusal_to_watch(fd);
    if (code < 0)
      return operation.fail(code);
    auto made = uv_detail::stream_state::pipe(where, code);
    if (code == 0 && (code = uv_pipe_open(made->as_pipe(), fd)) < 0)
      made->close(uv_detail::uv_error(code));
    if (code < 0)
      return operation.fail(code);
    operation.succeed([&] { return stream(std::move(made)); });
  });
}

#if TENON_HAS_COROUTINES
inline future<stream> loop::connect(std::string host, std::uint16_t port) const {
  constexpr auto first_that_answers = [](loop on, std::string name,
                                         std::uint16_t number) -> task<stream> {
    const auto found = co_await on.addresses(std::move(name), number);
    std::optional<error> refusal;
    for (const address &one : found) {
      auto [connected] = co_await all_settled(on.connect(one));
      refusal = connected.failure();
      if (!refusal || connected.try_wait(0) == TENON_STATUS_CANCELLED)
        co_return connected.get();
    }
    detail::raise(refusal ? *refusal : uv_detail::uv_error(UV_EAI_NONAME));
  };
  return first_that_answers(*this, std::move(host), port).start(executor());
}
#endif

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_CONNECT_HPP
