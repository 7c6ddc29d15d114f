/// @file tenon/uv/run.hpp
///
/// tenon::uv::run(): a whole loop for a function.
#ifndef TENON_UV_RUN_HPP
#define TENON_UV_RUN_HPP

#include <tenon/uv/loop.hpp>

#include <csignal>
#include <functional>

namespace tenon::uv_detail {
inline namespace TENON_VARIANT {

/// libuv writes without MSG_NOSIGNAL, so a peer that goes away could end the process. Not if it has said what it wants.
inline void let_broken_pipes_be_errors() noexcept {
  struct sigaction action {};
  if (::sigaction(SIGPIPE, nullptr, &action) == 0 && (action.sa_flags & SA_SIGINFO) == 0 &&
      action.sa_handler == SIG_DFL)
    ::signal(SIGPIPE, SIG_IGN);
}

/// A loop, with an executor, from beginning to end.
class whole_loop {
public:
  whole_loop(const tenon_uv_config_t *config, std::uint64_t closing_ns)
      : raw_(begun()), loop_(attached(raw_.get(), config)), closing_ns_(closing_ns) {}
  whole_loop(const whole_loop &) = delete;
  whole_loop &operator=(const whole_loop &) = delete;
  ~whole_loop() {
    static_cast<void>(loop_.detach(closing_ns_)); // `body` may have done so
  }

  [[nodiscard]] const uv::loop &operator*() const noexcept { return loop_; }

  template <class T> T run(future<T> work) const {
    if (!work.valid())
      detail::raise(std::future_errc::no_state);
    const tenon_status_t status =
        tenon_executor_run_until(loop_.executor(), work.handle(), TENON_FOREVER);
    if (!detail::is_end(status))
      detail::raise(status);
    return work.get();
  }

private:
  /// The detach is complete when the loop has nothing to do any more. One on which somebody else has left something is
  /// never freed.
  struct ender {
    void operator()(uv_loop_t *raw) const noexcept {
      while (uv_run(raw, UV_RUN_DEFAULT) != 0)
        continue;
      if (uv_loop_close(raw) == 0)
        delete raw;
    }
  };
  using owned = std::unique_ptr<uv_loop_t, ender>;

  static owned begun() {
    auto raw = std::make_unique<uv_loop_t>();
    if (const int code = uv_loop_init(raw.get()))
      detail::raise(uv_error(code));
    return owned(raw.release());
  }

  static uv::loop attached(uv_loop_t *raw, const tenon_uv_config_t *config) {
    return uv::loop::attach(raw, config);
  }

  const owned raw_;
  const uv::loop loop_;
  const std::uint64_t closing_ns_;
};

template <class T> future<T> started(tenon_executor_t *, future<T> work) { return work; }
#if TENON_HAS_COROUTINES
template <class T> future<T> started(tenon_executor_t *executor, task<T> work) {
  return std::move(work).start(executor);
}
#endif

} // namespace TENON_VARIANT
} // namespace tenon::uv_detail

namespace tenon::uv {
inline namespace TENON_VARIANT {

/// Makes a loop, runs it on this thread until what body(loop) gives, a task or a future, has ended, closes it, and returns
/// or throws the result. What `body` leaves behind is ended: handles are closed, work that was started on the executor is
/// cancelled, and has `closing_time` to end.
///
/// The process ignores SIGPIPE from then on, unless it has said what to do with it.
///
///     tenon::uv::run([](tenon::uv::loop loop) -> tenon::task<> { co_await serve(loop); });
template <class Body>
auto run(Body body, const tenon_uv_config_t *config = nullptr,
         std::chrono::nanoseconds closing_time = std::chrono::seconds(5)) {
  uv_detail::let_broken_pipes_be_errors();
  const uv_detail::whole_loop whole(config, detail::timeout_ns(closing_time));
  return whole.run(uv_detail::started((*whole).executor(), std::invoke(body, *whole)));
}

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_RUN_HPP
