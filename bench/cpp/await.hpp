// (k) A thread that settles what a coroutine on a loop waits for, each time it is asked to.
#ifndef BENCH_AWAIT_HPP
#define BENCH_AWAIT_HPP

#include "../c/bench.h"

#include <sys/eventfd.h>
#include <sys/socket.h>

#include <thread>

/// The same for all: what differs is `settle`.
class answering_thread {
public:
  template <class Settle>
  answering_thread(long count, Settle settle)
      : thread_([this, count, settle] {
          bench_pin(1);
          std::uint64_t asked;
          for (long i = 0; i < count; i++) {
            BENCH_CHECK(read(descriptor_, &asked, sizeof asked) == sizeof asked);
            settle(i);
          }
        }) {}
  ~answering_thread() {
    thread_.join();
    close(descriptor_);
  }

  void ask() const {
    const std::uint64_t one = 1;
    BENCH_CHECK(write(descriptor_, &one, sizeof one) == sizeof one);
  }

private:
  const int descriptor_ = eventfd(0, 0);
  std::thread thread_;
};

/// Two ends of a connection within one thread.
struct connection {
  int here, there;
  connection() {
    int ends[2];
    BENCH_CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends) == 0);
    here = ends[0], there = ends[1];
  }
  void send() const { BENCH_CHECK(write(there, "x", 1) == 1); }
  void receive() const {
    char byte;
    BENCH_CHECK(read(here, &byte, 1) == 1);
  }
};

#endif
