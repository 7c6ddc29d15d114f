// The end of a loop, in each order.
#include "support.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>
#include <unistd.h>

namespace {

/// One of everything, with somebody who waits for it on no executor, so that no executor's end ends him.
struct world {
  pair_of_streams streams;
  uv::listener listener;
  uv::process child;
  uv::signal_source signals;
  std::vector<tenon::future<int>> ends;
};

uv::program cat() {
  uv::program program;
  program.name = "/bin/cat";
  program.input = uv::standard_stream::pipe();
  return program;
}

tenon::task<world> make_world(uv::loop loop) {
  auto streams = co_await connected(loop);
  auto listener = co_await loop.listen({"127.0.0.1", 0});
  auto child = co_await loop.spawn(cat());
  auto signals = co_await loop.signals(SIGUSR2);
  world made{std::move(streams), std::move(listener), std::move(child), std::move(signals), {}};
  made.ends.push_back(end_of(made.streams.client.read()).start());
  made.ends.push_back(end_of(made.streams.client.write(pattern(8 << 20))).start());
  made.ends.push_back(end_of(made.listener.accept()).start());
  made.ends.push_back(end_of(made.child.exit()).start());
  made.ends.push_back(end_of(made.child.output->read()).start());
  made.ends.push_back(end_of(made.signals.next()).start());
  co_return made;
}

bool all_ended(const world &made) {
  return std::all_of(made.ends.begin(), made.ends.end(),
                     [](const auto &end) { return end.is_ready(); });
}

void check_ends(world &made) {
  for (auto &end : made.ends) {
    const int found = end.get();
    INFO(found);
    CHECK((found == TENON_STATUS_CANCELLED || found == loop_closed || found == UV_ECANCELED));
  }
}

/// A world on a host's loop.
world started(host_loop &host, const uv::loop &loop) {
  auto made = make_world(loop).start(loop.executor());
  host.until([&] { return made.is_ready(); });
  return made.get();
}

} // namespace

TEST_CASE("a detach tells everybody, and leaves nothing") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  world made = started(host, loop);
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
  CHECK(all_ended(made));
  check_ends(made);
  // What comes after is refused, and letting go harms nothing.
  CHECK(status_of([&] { return uv::loop(loop.executor()); }) == TENON_STATUS_CLOSED);
  CHECK(status_of([&] { return made.streams.client.read().get(); }) == TENON_STATUS_CLOSED);
  CHECK(status_of([&] { return loop.open("/dev/null").get(); }) == TENON_STATUS_CLOSED);
  made.streams.client.close().get(); // it is closed
}

TEST_CASE("what has not begun when its loop closes says so, cancelled or not") {
  for (const std::uint64_t timeout_ns : {std::uint64_t{0}, TENON_FOREVER})
    for (const bool cancels_first : {true, false}) {
      host_loop host;
      const auto loop = uv::loop::attach(&host.raw);
      auto asked = loop.stat("/"), cancelled = loop.stat("/");
      if (cancels_first)
        cancelled.cancel();
      CHECK(loop.detach(timeout_ns) == TENON_STATUS_OK);
      if (!cancels_first)
        cancelled.cancel();
      host.finish();
      CHECK(status_of([&] { return asked.get(); }) == TENON_STATUS_CLOSED);
      CHECK(status_of([&] { return cancelled.get(); }) == TENON_STATUS_CLOSED);
    }
}

TEST_CASE("a detach inside a job does the same") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  world made = started(host, loop);
  auto detached = tenon::async(loop.executor(), [loop] { return loop.detach(); });
  host.finish();
  CHECK(detached.get() == TENON_STATUS_OK);
  CHECK(all_ended(made));
  check_ends(made);
}

TEST_CASE("a close that is begun on another thread closes what is open") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  world made = started(host, loop);
  std::thread other(
      [&] { CHECK(tenon_executor_begin_close(loop.executor(), 0) == TENON_STATUS_OK); });
  // Another thread does not keep a loop alive: here the host does.
  uv_timer_t tick;
  uv_timer_init(&host.raw, &tick);
  uv_timer_start(
      &tick, [](uv_timer_t *) {}, 1, 1);
  uv_loop_t *raw = nullptr;
  host.until([&] {
    return all_ended(made) && tenon_uv_get_loop(loop.executor(), &raw) == TENON_STATUS_CLOSED;
  });
  other.join();
  uv_close(reinterpret_cast<uv_handle_t *>(&tick), nullptr);
  host.finish();
  check_ends(made);
}

TEST_CASE("a host may close every handle, and then detach") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  world made = started(host, loop);
  host.close_all();
  host.finish();
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
  CHECK(all_ended(made));
  check_ends(made);
}

TEST_CASE("a host may detach, and then close every handle") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  world made = started(host, loop);
  CHECK(loop.detach(TENON_FOREVER) == TENON_STATUS_OK);
  host.close_all();
  host.finish();
  CHECK(all_ended(made));
  check_ends(made);
}

TEST_CASE("objects may outlive their loop, and the other way round") {
  std::optional<world> made;
  {
    host_loop host;
    const auto loop = uv::loop::attach(&host.raw);
    made.emplace(started(host, loop));
    CHECK(loop.detach() == TENON_STATUS_OK);
    host.finish();
  }
  made.reset();

  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  made.emplace(started(host, loop));
  std::vector<tenon::future<int>> ends = std::move(made->ends);
  made.reset(); // outside of a poll
  host.until([&] {
    return std::all_of(ends.begin(), ends.end(), [](const auto &end) { return end.is_ready(); }) ||
           loop.count() <= 1; // the child, which runs on until its input ends
  });
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("a loop that nothing was done with is detached like any other") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("idle streams do not keep a loop alive, and go with it") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  auto made = connected(loop).start(loop.executor());
  host.finish();
  const auto streams = made.get();
  CHECK(uv_loop_alive(&host.raw) == 0);
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("an executor on no libuv loop is refused") {
  const tenon::executor executor;
  CHECK(status_of([&] { return uv::loop(executor); }) == TENON_STATUS_UNSUPPORTED);
  CHECK(status_of([&] { return uv::loop(nullptr); }) != 0);
}

TEST_CASE("loops of one executor are one, and of two are two") {
  host_loop host;
  const auto one = uv::loop::attach(&host.raw), other = uv::loop::attach(&host.raw);
  const uv::loop same(one.executor());
  auto made = make_world(one).start(one.executor());
  host.until([&] { return made.is_ready(); });
  CHECK(same.count() == one.count());
  CHECK(other.count() == 0);
  CHECK(one.detach() == TENON_STATUS_OK);
  auto stat = other.stat("/");
  host.until([&] { return stat.is_ready(); });
  CHECK(other.detach() == TENON_STATUS_OK);
  host.finish();
  world ended = made.get();
  CHECK(all_ended(ended));
}

TEST_CASE("run gives and throws what its body does, and ends what that leaves behind") {
  CHECK(uv::run([](uv::loop) -> tenon::task<int> { co_return 42; }) == 42);
  CHECK(uv::run([](const uv::loop &loop) { return loop.stat("/"); }).st_size >= 0);
  CHECK_THROWS_AS(uv::run([](uv::loop loop) -> tenon::task<> {
                    co_await loop.sleep(1ms);
                    throw std::runtime_error("no");
                  }),
                  std::runtime_error);
  CHECK_THROWS_AS(
      uv::run([](const uv::loop &) -> tenon::future<void> { throw std::logic_error("no"); }),
      std::logic_error);
  std::optional<world> left;
  tenon::future<void> slept;
  uv::run([&](uv::loop loop) -> tenon::task<> {
    left.emplace(co_await make_world(loop));
    slept = loop.sleep(1h);
  });
  CHECK(all_ended(*left));
  check_ends(*left);
  CHECK(status_of([&] {
          slept.get();
          return 0;
        }) == TENON_STATUS_CANCELLED);
  // A body may detach its loop.
  CHECK(status_of([] {
          uv::run([](uv::loop loop) -> tenon::task<> {
            static_cast<void>(loop.detach());
            co_await loop.sleep(1h);
          });
          return 0;
        }) != 0);
}

TEST_CASE("a detach against all sorts of work harms nothing") {
  for (int round = 0; round < 60; round++) {
    host_loop host;
    const auto loop = uv::loop::attach(&host.raw);
    std::vector<tenon::future<int>> ends;
    const auto work = [&](uv::loop on) -> tenon::task<> {
      auto streams = co_await connected(on);
      ends.push_back(end_of(streams.client.write(pattern(4 << 20))).start());
      ends.push_back(end_of(on.stat("/")).start());
      ends.push_back(end_of(on.addresses("127.0.0.1")).start());
      const auto file = co_await on.open("/dev/zero");
      ends.push_back(end_of(file.read()).start());
      while (true)
        static_cast<void>(co_await streams.server.read(1000));
    };
    auto ended = work(loop).start(loop.executor());
    std::thread other([&, round] {
      for (int turn = 0; turn < round; turn++)
        static_cast<void>(loop.stat("/"));
    });
    for (int turn = 0; turn < round; turn++)
      uv_run(&host.raw, UV_RUN_NOWAIT);
    CHECK(loop.detach(round % 2 == 0 ? 0 : TENON_FOREVER) == TENON_STATUS_OK);
    host.finish();
    other.join();
    host.finish();
    CHECK(ended.is_ready());
    for (auto &end : ends)
      CHECK(end.is_ready());
  }
}

namespace {

/// Forks; the child calls ends() and goes. Whether it could.
template <class F> bool ends_in_child(F ends) {
  const pid_t child = ::fork();
  if (child == 0) {
    ends();
    std::_Exit(0);
  }
  int status = 0;
  return ::waitpid(child, &status, 0) == child && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/// All of a world does what it did, of a file, too.
tenon::task<> use(world &made, const uv::file &zeros) {
  co_await made.streams.server.write("x");
  CHECK(co_await std::move(made.ends[0]) == 0);
  co_await made.child.input->write("y");
  CHECK(co_await std::move(made.ends[4]) == 0);
  ::raise(SIGUSR2);
  CHECK(co_await std::move(made.ends[5]) == 0);
  CHECK(co_await zeros.read(4) == std::string(4, 0));
  while (co_await end_of(made.streams.server.read()) == 0 && !made.ends[1].is_ready())
    continue;
  CHECK(co_await std::move(made.ends[1]) == 0);
  made.ends.clear();
}

} // namespace

TEST_CASE("a fork's child may let go of everything, and its parent notices nothing") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  for (const bool is_in_job : {false, true}) {
    std::optional<world> made(started(host, loop));
    auto opened = loop.open("/dev/zero");
    host.until([&] { return opened.is_ready(); });
    std::optional<uv::file> zeros(opened.get());
    const auto ends = [&] {
      made.reset();
      zeros.reset();
    };
    if (is_in_job) {
      auto ended = tenon::async(loop.executor(), [&] { return ends_in_child(ends); });
      host.until([&] { return ended.is_ready(); });
      CHECK(ended.get());
    } else
      CHECK(ends_in_child(ends));
    auto used = use(*made, *zeros).start(loop.executor());
    host.until([&] { return used.is_ready(); });
    used.get();
    made.reset();
    zeros.reset();
  }
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
}

TEST_CASE("a fork's child may go on with the loop, and its parent notices nothing") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  std::string folder = "/tmp/tenon-uv-XXXXXX";
  REQUIRE(::mkdtemp(folder.data()) != nullptr);
  const std::string path = folder + "/socket";
  std::optional<world> made(started(host, loop));
  auto opened = loop.open("/dev/zero");
  auto listening = loop.listen_pipe(path);
  host.until([&] { return opened.is_ready() && listening.is_ready(); });
  const uv::file zeros = opened.get();
  const uv::listener by_path = listening.get();
  // What is on its way: connections that wait, a byte, a question of another thread's.
  auto accepted = by_path.accept();
  auto connected = loop.connect_pipe(path);
  auto read = made->streams.server.read();
  read.cancel();
  const auto goes_on = [&] {
    if (uv_loop_fork(&host.raw) != 0)
      std::_Exit(1);
    host.finish(); // nothing of the parent's keeps it
    if (status_of([&] { return loop.stat("/"); }) != TENON_STATUS_FORKED)
      std::_Exit(2);
    uv_timer_t timer; // what is the child's own runs
    bool has_run = false;
    timer.data = &has_run;
    uv_timer_init(&host.raw, &timer);
    uv_timer_start(
        &timer, [](uv_timer_t *told) { *static_cast<bool *>(told->data) = true; }, 1, 0);
    host.finish();
    made.reset();
    std::_Exit(has_run ? 0 : 3);
  };
  CHECK(ends_in_child(goes_on));
  host.until([&] { return accepted.is_ready() && connected.is_ready() && read.is_ready(); });
  CHECK((accepted.get().close().valid() && connected.get().close().valid()));
  CHECK(status_of([&] { return read.get(); }) == TENON_STATUS_CANCELLED);
  CHECK(ends_in_child(goes_on));
  auto used = use(*made, zeros).start(loop.executor());
  host.until([&] { return used.is_ready(); });
  used.get();
  auto exit = made->child.exit();
  host.until([&] { return loop.count() > 0; });
  CHECK(!exit.is_ready()); // it got no SIGTERM
  made.reset();
  auto closed = by_path.close();
  host.until([&] { return closed.is_ready(); });
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
  CHECK(::rmdir(folder.c_str()) == 0);
}
