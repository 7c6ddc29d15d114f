/*
 * What `tenon ps` and `tenon why` are tried on: tasks of C++ that await futures, each other, a stream, a descriptor, and what is
 * not Tenon's; one that has not begun; and a deadlock that leads through then() and a second task.
 */
#include <tenon/inspect.hpp>
#include <tenon/tenon.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <unistd.h>

namespace app {

/// Not Tenon's: it never goes on.
struct never {
  bool await_ready() const noexcept { return false; }
  void await_suspend(std::coroutine_handle<>) const noexcept {}
  void await_resume() const noexcept {}
};

/// Somebody else's coroutine.
struct strange {
  struct promise_type {
    strange get_return_object() { return {}; }
    std::suspend_never initial_suspend() const noexcept { return {}; }
    std::suspend_always final_suspend() const noexcept { return {}; }
    void return_void() const noexcept {}
    void unhandled_exception() { std::terminate(); }
  };
};

tenon::task<int> query(tenon::future<int> reply) { co_return co_await std::move(reply); }

tenon::task<std::string> fetch(tenon::future<int> reply, std::string prefix) {
  const int number = co_await query(std::move(reply));
  co_return prefix + std::to_string(number);
}

struct alignas(64) wide {
  char bytes[64];
};
tenon::task<wide> read_wide(tenon::stream<int> items) {
  co_await items.next();
  co_return wide{};
}

tenon::task<> serve(tenon_executor_t *loop, int fd) { co_await tenon::readable(loop, fd); }

tenon::task<> lose() { co_await never(); }
tenon::task<> lose_more() { co_await lose(); }

strange wonder(tenon::future<int> reply) {
  const std::string text = co_await fetch(std::move(reply), "wonder ");
  std::puts(text.c_str());
}

tenon::task<int> first(tenon::future<int> second) { co_return co_await std::move(second); }

} // namespace app

int main() {
  tenon::executor loop;
  tenon::promise<int> unsettled;
  tenon::promise<int> other;
  auto reply = unsettled.get_future();
  reply.set_name("reply");
  const auto fetching = app::fetch(std::move(reply), "fetched ").start(loop);

  auto [sink, stream] = tenon::make_stream<int>();
  const auto reading = app::read_wide(std::move(stream)).start(loop);

  int pipe[2];
  if (::pipe(pipe) != 0)
    return 1;
  const auto serving = app::serve(loop, pipe[0]).start(loop);
  const auto losing = app::lose_more().start(loop);
  app::wonder(other.get_future());

  // `first` waits for what then() makes of `second`, a lambda's task that waits for `first`.
  tenon::promise<int> link;
  auto around = app::first(link.get_future()).start(loop);
  auto second = [](tenon::future<int> from)
      -> tenon::task<int> { co_return co_await std::move(from); }(std::move(around)).start(loop);
  auto mapped = second.then(loop, [](int value) { return value + 1; });
  link.set_wait(mapped, "the second");
  const auto linked =
      mapped.then(nullptr, [link = std::move(link)](int value) mutable { link.set_value(value); });
  loop.poll();

  const auto late = app::lose().start(loop);
  const auto snapshot = tenon::snapshot::take();
  const auto why = snapshot.explain(fetching);
  const auto count = std::count_if(snapshot.nodes().begin(), snapshot.nodes().end(),
                                   [](const auto &node) { return node.kind == "coroutine"; });
  if (!why || why->chain.size() != 4 || count != 12) {
    std::printf("%zd coroutines; %s\n", static_cast<ssize_t>(count), why ? why->text.c_str() : "");
    return 1;
  }
  std::printf("ready %d\n", ::getpid());
  std::fflush(stdout);
  for (;;)
    ::pause();
}
