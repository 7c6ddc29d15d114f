/// @file tenon/stop_on_signal.hpp
///
/// A stop source that a signal asks, Ctrl-C's for one. C++20.
///
///     tenon::stop_on_signal ctrl_c(SIGINT);
///     executor.run(serve(executor).start(executor).with_stop(ctrl_c.get_token()));
///
/// The first signal requests the stop, on a thread that does nothing else: what the token is given to is cancelled,
/// and may clean up. The next one does what the system does by default, so that a program that cleans up for ever can be
/// ended.
#ifndef TENON_STOP_ON_SIGNAL_HPP
#define TENON_STOP_ON_SIGNAL_HPP

#include <tenon/stop.hpp>

#if TENON_HAS_STOP_TOKEN

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <new>
#include <sys/eventfd.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace tenon {

class [[nodiscard]] stop_on_signal {
public:
  /// Handles the signal for as long as this lives, and then who did before. Throws tenon::error with TENON_STATUS_BUSY
  /// if another one of these has that signal, and std::system_error if it cannot be handled.
  TENON_TAG [[nodiscard]] explicit stop_on_signal(int number) : number_(number) {
    if (number <= 0 || number >= NSIG)
      detail::raise(std::system_error(EINVAL, std::generic_category()));
    line &mine = lines()[static_cast<std::size_t>(number)];
    if (mine.is_taken.exchange(true))
      detail::raise(TENON_STATUS_BUSY);
    fd_ = ::eventfd(0, EFD_CLOEXEC);
    const int error = fd_ < 0 ? errno : begin(mine);
    if (error == 0)
      return;
    if (fd_ >= 0)
      ::close(fd_);
    mine.is_taken = false;
    detail::raise(std::system_error(error, std::generic_category()));
  }
  stop_on_signal(const stop_on_signal &) = delete;
  stop_on_signal &operator=(const stop_on_signal &) = delete;

  ~stop_on_signal() {
    line &mine = lines()[static_cast<std::size_t>(number_)];
    struct sigaction current = {};
    ::sigaction(number_, nullptr, &current);
    if (current.sa_handler == handle || current.sa_handler == SIG_DFL) // not somebody else's by now
      ::sigaction(number_, &before_, nullptr);
    mine.fd = -1;
    while (mine.handlers != 0) // on other threads
      std::this_thread::yield();
    tell(fd_, ended);
    thread_.join();
    ::close(fd_);
    mine.is_taken = false;
  }

  [[nodiscard]] std::stop_token get_token() const noexcept { return source_.get_token(); }
  [[nodiscard]] bool stop_requested() const noexcept { return source_.stop_requested(); }

  /// As the signal does.
  bool request_stop() noexcept { return source_.request_stop(); }

private:
  /// What a handler may look at.
  struct line {
    std::atomic<bool> is_taken{false};
    std::atomic<int> fd{-1};
    std::atomic<int> handlers{0};
    std::atomic<pid_t> process{0};
  };
  static_assert(std::atomic<int>::is_always_lock_free && std::atomic<pid_t>::is_always_lock_free);

  static constexpr std::uint64_t signalled = 1;
  static constexpr std::uint64_t ended = std::uint64_t{1} << 32;

  static std::array<line, NSIG> &lines() noexcept {
    static constinit std::array<line, NSIG> all;
    return all;
  }

  static void tell(int fd, std::uint64_t count) noexcept {
    while (::write(fd, &count, sizeof count) < 0 && errno == EINTR)
      continue;
  }

  static void handle(int number) noexcept {
    const int error = errno;
    line &mine = lines()[static_cast<std::size_t>(number)];
    if (mine.process != ::getpid()) {
      ::raise(
          number); // a fork's child has nobody who would stop: by default, once this has returned
    } else {
      mine.handlers++;
      if (const int fd = mine.fd; fd >= 0)
        tell(fd, signalled);
      mine.handlers--;
    }
    errno = error;
  }

  /// Requests the stop, as a handler must not.
  void serve() {
    thread_ = std::thread([fd = fd_, source = source_]() mutable {
      std::uint64_t count = 0;
      while (count < ended)
        if (::read(fd, &count, sizeof count) == sizeof count && count % ended != 0)
          source.request_stop();
    });
  }

  /// An errno.
  int begin(line &mine) {
#if TENON_HAS_EXCEPTIONS
    try {
      serve();
    } catch (const std::system_error &error) {
      return error.code().value();
    } catch (const std::bad_alloc &) {
      return ENOMEM;
    }
#else
    serve();
#endif
    mine.process = ::getpid();
    mine.fd = fd_;
    struct sigaction action = {};
    action.sa_handler = handle;
    action.sa_flags = static_cast<int>(SA_RESTART | SA_RESETHAND);
    if (::sigaction(number_, &action, &before_) == 0)
      return 0;
    const int error = errno;
    mine.fd = -1;
    tell(fd_, ended);
    thread_.join();
    return error;
  }

  int number_;
  int fd_ = -1;
  struct sigaction before_ = {};
  std::stop_source source_;
  std::thread thread_;
};

} // namespace tenon

#endif // TENON_HAS_STOP_TOKEN

#endif // TENON_STOP_ON_SIGNAL_HPP
