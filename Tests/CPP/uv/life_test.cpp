// What a loop goes on for, and what a run leaves in the process.
#include "support.hpp"

#include <csignal>

namespace {

/// Whether the loop goes on, when all that is to be done at once has been done.
bool goes_on(host_loop &host, const uv::loop &loop) {
  auto done = tenon::async(loop.executor(), [] {});
  host.until([&] { return done.is_ready(); });
  uv_run(&host.raw, UV_RUN_NOWAIT); // the executor has nothing
  return uv_loop_alive(&host.raw) != 0;
}

template <class T> T ended(host_loop &host, tenon::future<T> future) {
  host.until([&] { return future.is_ready(); });
  return future.get();
}

void *handler_of(int number) {
  struct sigaction action {};
  REQUIRE(::sigaction(number, nullptr, &action) == 0);
  return reinterpret_cast<void *>(action.sa_handler);
}

} // namespace

TEST_CASE("a listener keeps its loop alive until it is closed") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  std::optional<uv::listener> listener(ended(host, loop.listen({"127.0.0.1", 0})));
  CHECK(goes_on(host, loop)); // with nobody who accepts
  auto accept = listener->accept();
  CHECK(goes_on(host, loop));
  accept.cancel();
  CHECK(goes_on(host, loop));
  listener.reset();
  host.finish();
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("a signal keeps its loop alive while somebody waits for it") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  const auto signals = ended(host, loop.signals(SIGUSR1));
  CHECK_FALSE(goes_on(host, loop));
  auto first = signals.next(), second = signals.next();
  CHECK(goes_on(host, loop));
  first.cancel();
  CHECK(goes_on(host, loop));
  ::raise(SIGUSR1);
  host.finish();
  CHECK(second.is_ready());
  CHECK_FALSE(goes_on(host, loop));
  auto third = signals.next();
  CHECK(goes_on(host, loop));
  third.cancel();
  host.finish();
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("a child keeps its loop alive while it is held") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  uv::program cat;
  cat.name = "/bin/cat";
  cat.input = uv::standard_stream::pipe();
  std::optional<uv::process> child(ended(host, loop.spawn(cat)));
  CHECK(goes_on(host, loop));
  std::optional<uv::stream> input = std::move(child->input);
  child.reset();
  CHECK_FALSE(goes_on(host, loop));
  auto sleep = loop.sleep(1h); // for which the loop goes on
  input.reset();               // and cat ends
  host.until([&] { return loop.count() == 0; });
  sleep.cancel();
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("run ignores SIGPIPE, unless the process has said what it wants") {
  const auto nothing = [](uv::loop) -> tenon::task<> { co_return; };
  ::signal(SIGPIPE, SIG_DFL);
  uv::run(nothing);
  CHECK(handler_of(SIGPIPE) == reinterpret_cast<void *>(SIG_IGN));
  ::signal(SIGPIPE, [](int) {});
  void *const own = handler_of(SIGPIPE);
  uv::run(nothing);
  CHECK(handler_of(SIGPIPE) == own);
  struct sigaction action {};
  action.sa_flags = SA_SIGINFO;
  action.sa_sigaction = [](int, siginfo_t *, void *) {};
  REQUIRE(::sigaction(SIGPIPE, &action, nullptr) == 0);
  uv::run(nothing);
  CHECK(handler_of(SIGPIPE) == reinterpret_cast<void *>(action.sa_sigaction));
  ::signal(SIGPIPE, SIG_IGN);
}
