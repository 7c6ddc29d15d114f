/// @file support.hpp
///
/// What the cases of tenon/uv.hpp share: loops of theirs and of others, and how something ended.
#ifndef TENON_CPP_UV_SUPPORT_HPP
#define TENON_CPP_UV_SUPPORT_HPP

#include "../support.hpp"

#include <tenon/uv.hpp>

#include <algorithm>
#include <sched.h>

namespace uv = tenon::uv;
using namespace std::chrono_literals;

/// The number that a future fails with in libuv's domain; TENON_STATUS_CANCELLED for a cancel; 0: it has a value.
template <class T> tenon::task<int> end_of(tenon::future<T> future) {
  auto [ended] = co_await tenon::all_settled(std::move(future));
  const auto failure = ended.failure();
  if (!failure)
    co_return 0;
  const int value = static_cast<int>(failure->value());
  const bool is_loops =
      failure->domain() == std::string("tenon") && value != TENON_STATUS_CANCELLED;
  co_return is_loops ? value - 10'000 : value;
}

/// What end_of() gives for a loop that is closed.
constexpr int loop_closed = TENON_STATUS_CLOSED - 10'000;

/// Waits until something is so, on the loop's thread.
template <class F> tenon::task<> until(uv::loop loop, F holds) {
  while (!holds())
    co_await loop.sleep(1ms);
}

/// Both ends of a connection through the loopback.
struct pair_of_streams {
  uv::stream client, server;
};
inline tenon::task<pair_of_streams> connected(uv::loop loop) {
  const auto listener = co_await loop.listen({"127.0.0.1", 0});
  auto client = co_await loop.connect(*listener.local_address());
  auto server = co_await listener.accept();
  co_return pair_of_streams{std::move(client), std::move(server)};
}

/// Everything up to the end.
inline tenon::task<std::string> read_all(uv::stream &from) {
  std::string all;
  while (const auto bytes = co_await from.read())
    all += *bytes;
  co_return all;
}

/// Some bytes, which come again at no distance that a buffer has.
inline std::string pattern(std::size_t size) {
  std::string bytes(size, 0);
  for (std::size_t index = 0; index < size; index++) {
    const std::size_t place = index % 65'521;
    bytes[index] = static_cast<char>((place * 31) ^ (place >> 8));
  }
  return bytes;
}

/// A loop of somebody else's, which is run by hand.
struct host_loop {
  uv_loop_t raw{};
  host_loop() {
    ::signal(SIGPIPE, SIG_IGN); // as a host of libuv's does
    REQUIRE(uv_loop_init(&raw) == 0);
  }
  host_loop(const host_loop &) = delete;
  ~host_loop() {
    const int end = uv_loop_close(&raw);
    CHECK(end == 0);
    if (end != 0)
      uv_print_all_handles(&raw, stderr);
  }

  template <class F> void until(F holds) {
    while (!holds()) {
      uv_run(&raw, UV_RUN_NOWAIT);
      ::sched_yield();
    }
  }
  void finish() {
    while (uv_run(&raw, UV_RUN_DEFAULT) != 0)
      continue;
  }
  /// Closes every handle, as hosts do.
  void close_all() {
    uv_walk(
        &raw,
        [](uv_handle_t *handle, void *) {
          if (!uv_is_closing(handle))
            uv_close(handle, nullptr);
        },
        nullptr);
  }
};

#endif // TENON_CPP_UV_SUPPORT_HPP
