/// @file tenon/uv/loop.hpp
///
/// tenon::uv::loop: what libuv does, on a loop that an executor is attached to. See tenon/uv.hpp.
#ifndef TENON_UV_LOOP_HPP
#define TENON_UV_LOOP_HPP

#include <tenon/uv/address.hpp>
#include <tenon/uv/core.hpp>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <fcntl.h>

namespace tenon::uv {
inline namespace TENON_VARIANT {

class file;
class listener;
class process;
class signal_source;
class stream;
struct entry;
struct program;

/// A libuv loop, through an executor that is attached to it. Copies are of the same loop.
///
/// Any thread may call. What touches libuv runs on the loop's thread: at once in a job of the executor, in a poll soon
/// otherwise.
class loop {
public:
  /// The loop that an executor was attached to. Throws tenon::error, domain "tenon", if it is on no libuv loop, or closed.
  explicit loop(tenon_executor_t *executor) : core_(uv_detail::core::of(executor)) {}

  /// Attaches an executor to a loop that somebody else runs, until detach(): tenon_uv_attach(). The loop's thread.
  [[nodiscard]] static loop attach(uv_loop_t *raw, const tenon_uv_config_t *config = nullptr) {
    tenon_executor_t *attached = nullptr;
    detail::require(tenon_uv_attach(raw, config, &attached));
    const auto keeps = tenon::executor::adopt(attached);
    return loop(attached);
  }

  /// Closes the executor, and all that was opened here, and takes it off its loop: tenon_uv_detach(). The loop's thread.
  tenon_status_t detach(std::uint64_t timeout_ns = 0, tenon_uv_detached_fn fn = nullptr,
                        void *context = nullptr) const noexcept {
    return tenon_uv_detach(executor(), timeout_ns, fn, context);
  }

  /// The executor, lent.
  [[nodiscard]] tenon_executor_t *executor() const noexcept { return core_->executor(); }

  /// libuv's.
  [[nodiscard]] uv_loop_t *raw() const noexcept { return core_->loop(); }

  /// How many of libuv's handles the objects of this loop have open. The loop's thread.
  [[nodiscard]] std::size_t count() const noexcept { return core_->count(); }

  /// Waits, on a timer of this loop.
  template <class Rep, class Period>
  [[nodiscard]] future<void> sleep(const std::chrono::duration<Rep, Period> &duration) const {
    return tenon::sleep(executor(), duration);
  }

  // Files: file.hpp.

  [[nodiscard]] future<file> open(std::string path, int flags = O_RDONLY, int mode = 0644) const;
  /// What the system knows of a file.
  [[nodiscard]] future<uv_stat_t> stat(std::string path, bool follow_links = true) const;
  /// The entries of a directory, in the order of their names.
  [[nodiscard]] future<std::vector<entry>> scandir(std::string path) const;

  // Names: names.hpp.

  /// The addresses of a host, best first: getaddrinfo(), for TCP. A cancel returns at once; a look-up that is being
  /// worked on ends unheard.
  [[nodiscard]] future<std::vector<address>> addresses(std::string host, std::uint16_t port = 0,
                                                       int flags = 0) const;

  // Connections: connect.hpp, listener.hpp.

  /// Connects to a TCP server. Small writes are sent as they come.
  [[nodiscard]] future<stream> connect(address to) const;
#if TENON_HAS_COROUTINES
  /// Looks a host up, and connects to the first of its addresses that answers.
  [[nodiscard]] future<stream> connect(std::string host, std::uint16_t port) const;
#endif
  /// Takes TCP connections at an address. Port 0: the system chooses one, which the listener tells.
  [[nodiscard]] future<listener> listen(address on, int backlog = 128) const;
  /// The same by a socket of the file system.
  [[nodiscard]] future<stream> connect_pipe(std::string path) const;
  [[nodiscard]] future<listener> listen_pipe(std::string path, int backlog = 128) const;
  /// A pipe, a socket or a terminal that this process has already. The stream owns the descriptor, and closes it, from
  /// when the future has a value; without one it is the caller's still. EINVAL: one that cannot be watched, as a file.
  [[nodiscard]] future<stream> open_pipe(int fd) const;

  // Processes and signals: process.hpp, signal.hpp.

  [[nodiscard]] future<process> spawn(program what) const;
  /// Takes a signal for as long as what this gives lives.
  [[nodiscard]] future<signal_source> signals(int number) const;

private:
  std::shared_ptr<uv_detail::core> core_;
};

} // namespace TENON_VARIANT
} // namespace tenon::uv

#endif // TENON_UV_LOOP_HPP
