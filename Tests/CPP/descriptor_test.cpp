// Tasks that wait for descriptors.
#include "support.hpp"

#if TENON_HAS_COROUTINES

#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct socket_pair {
  int fds[2];
  socket_pair() { REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fds) == 0); }
  ~socket_pair() {
    ::close(fds[0]);
    ::close(fds[1]);
  }
};

tenon::task<std::size_t> count_all(tenon_executor_t *executor, int fd) {
  char bytes[256];
  std::size_t all = 0;
  while (true) {
    const ssize_t size = ::read(fd, bytes, sizeof bytes);
    if (size == 0)
      co_return all;
    if (size > 0)
      all += static_cast<std::size_t>(size);
    else if (errno == EAGAIN)
      co_await tenon::readable(executor, fd);
  }
}

tenon::task<> send_all(tenon_executor_t *executor, int fd, std::size_t count) {
  char bytes[256] = {};
  while (count > 0) {
    const ssize_t size = ::write(fd, bytes, std::min(count, sizeof bytes));
    if (size > 0)
      count -= static_cast<std::size_t>(size);
    else if (errno == EAGAIN)
      co_await tenon::writable(executor, fd);
  }
  ::shutdown(fd, SHUT_WR);
}

} // namespace

TEST_CASE("tasks read and write a million bytes without a thread") {
  tenon::executor executor;
  socket_pair pair;
  auto sent = send_all(executor, pair.fds[1], 1'000'000).start(executor);
  CHECK(executor.run(count_all(executor, pair.fds[0]).start(executor)) == 1'000'000);
  executor.run(std::move(sent));
}

TEST_CASE("a cancelled task gives its wait for a descriptor up") {
  tenon::executor executor;
  socket_pair pair;
  auto counted = count_all(executor, pair.fds[0]).start(executor);
  executor.poll();
  counted.cancel();
  CHECK(status_of([&] { return executor.run(std::move(counted)); }) == TENON_STATUS_CANCELLED);
  executor.run();
}

#endif
