// Child processes, signals, and time.
#include "support.hpp"

#include <csignal>
#include <cstdlib>
#include <sys/wait.h>

namespace {

uv::program cat() {
  uv::program program;
  program.name = "/bin/cat";
  program.input = uv::standard_stream::pipe();
  return program;
}

uv::program shell(const char *script) {
  uv::program program;
  program.name = "sh";
  program.arguments = {"-c", script};
  return program;
}

} // namespace

TEST_CASE("a child's output and status are read") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto program = shell("echo out; echo err >&2; pwd; echo $NAME; exit 3");
    program.error = uv::standard_stream::pipe();
    program.directory = "/";
    program.environment = {"NAME=value", "PATH=/bin:/usr/bin"};
    const auto child = co_await loop.spawn(program);
    CHECK(child.identifier() > 0);
    CHECK(!child.input);
    std::string output, error;
    while (const auto bytes = co_await child.output->read())
      output += *bytes;
    while (const auto bytes = co_await child.error->read())
      error += *bytes;
    CHECK(output == "out\n/\nvalue\n");
    CHECK(error == "err\n");
    for (int round = 0; round < 2; round++) {
      const uv::exit_status exit = co_await child.exit();
      CHECK(exit.status == 3);
      CHECK(exit.signal == 0);
    }
    CHECK(co_await end_of(child.kill()) == UV_ESRCH);
  });
}

TEST_CASE("bytes go through cat, which ends when its input does") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto child = co_await loop.spawn(cat());
    const std::string bytes = pattern(1 << 20);
    auto written = child.input->write(bytes);
    std::string found;
    while (found.size() < bytes.size())
      found += *co_await child.output->read();
    CHECK(found == bytes);
    co_await std::move(written);
    child.input.reset();
    CHECK(!co_await child.output->read());
    CHECK((co_await child.exit()).status == 0);
  });
}

TEST_CASE("a descriptor is handed down") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    auto reader = co_await loop.open_pipe(ends[0]);
    auto program = shell("echo hello");
    program.output = uv::standard_stream::descriptor(ends[1]);
    const auto child = co_await loop.spawn(program);
    ::close(ends[1]);
    CHECK(*co_await reader.read() == "hello\n");
    CHECK(!co_await reader.read());
    CHECK(!child.output);
    CHECK((co_await child.exit()).status == 0);
  });
}

namespace {

/// One of this process's descriptors is the end of a pipe while this lives.
class redirected {
public:
  explicit redirected(int number) : number_(number), before_(::dup(number)) {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::dup2(ends[number == 0 ? 0 : 1], number);
    ::close(ends[number == 0 ? 0 : 1]);
    other = ends[number == 0 ? 1 : 0];
  }
  redirected(const redirected &) = delete;
  ~redirected() {
    ::dup2(before_, number_);
    ::close(before_);
  }
  int other; ///< the other end, which the user closes

private:
  const int number_, before_;
};

} // namespace

TEST_CASE("a child's streams are nothing, or this process's own") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    // All three are /dev/null.
    auto silent = shell(
        "read line && exit 1; echo lost; echo lost >&2; [ -c /dev/fd/0 ] && [ -c /dev/fd/2 ]");
    silent.output = silent.error = uv::standard_stream::null();
    const auto none = co_await loop.spawn(silent);
    CHECK((!none.input && !none.output && !none.error));
    CHECK((co_await none.exit()).status == 0);
    // All three are this process's.
    std::optional<uv::stream> input, output, error;
    {
      std::optional<redirected> in(0), out(1), err(2);
      const int ends[] = {in->other, out->other, err->other};
      auto talks = shell("read line; echo $line; echo err >&2");
      talks.input = talks.output = uv::standard_stream::inherited(); // as the error is
      auto spawned = loop.spawn(talks);                              // at once
      in.reset(), out.reset(), err.reset();
      const auto child = co_await std::move(spawned);
      CHECK((!child.input && !child.output && !child.error));
      input = co_await loop.open_pipe(ends[0]);
      output = co_await loop.open_pipe(ends[1]);
      error = co_await loop.open_pipe(ends[2]);
      co_await input->write("line\n");
      CHECK(co_await read_all(*output) == "line\n");
      CHECK(co_await read_all(*error) == "err\n");
      CHECK((co_await child.exit()).status == 0);
    }
    auto wrong = shell("true");
    wrong.output = uv::standard_stream::descriptor(-1);
    CHECK(co_await end_of(loop.spawn(wrong)) == UV_EINVAL);
  });
}

TEST_CASE("a child that is held when the executor closes is sent SIGTERM, and another one is not") {
  host_loop host;
  const auto loop = uv::loop::attach(&host.raw);
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  // They say how they end: by SIGTERM, or when their input does.
  auto program = shell("trap 'echo $0 terminated; exit' TERM; echo $0 ready; while [ -e /proc/$$ "
                       "]; do read x && break || "
                       "sleep 0.01; done; echo $0 ended");
  program.output = uv::standard_stream::descriptor(ends[1]);
  int input[2];
  REQUIRE(::pipe2(input, O_CLOEXEC | O_NONBLOCK) == 0);
  program.input = uv::standard_stream::descriptor(input[0]);
  const auto spawn = [&](const char *name) {
    auto named = program;
    named.arguments.push_back(name);
    auto spawned = loop.spawn(named);
    host.until([&] { return spawned.is_ready(); });
    return spawned.get();
  };
  std::optional<uv::process> held(spawn("held")), gone(spawn("gone"));
  ::close(ends[1]);
  std::string told;
  const auto until_told = [&](const char *line) {
    char bytes[256];
    while (told.find(line) == std::string::npos) {
      const ssize_t size = ::read(ends[0], bytes, sizeof bytes);
      REQUIRE(size > 0);
      told.append(bytes, static_cast<std::size_t>(size));
    }
  };
  until_told("held ready");
  until_told("gone ready");
  gone.reset();
  auto let_go = tenon::async(loop.executor(), [] {});
  host.until([&] { return let_go.is_ready(); });
  CHECK(loop.detach() == TENON_STATUS_OK);
  host.finish();
  until_told("held terminated");
  CHECK(::write(input[1], "x\n", 2) == 2);
  until_told("gone ended");
  CHECK(told.find("gone terminated") == std::string::npos);
  CHECK(told.find("held ended") == std::string::npos);
  for (const int fd : {ends[0], input[0], input[1]})
    ::close(fd);
  while (::waitpid(-1, nullptr, 0) > 0) // nobody else does any more
    continue;
}

TEST_CASE("a program that is not there is an error, and leaves nothing") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    uv::program program;
    program.name = "/no/such/program";
    program.input = uv::standard_stream::pipe();
    CHECK(co_await end_of(loop.spawn(program)) == UV_ENOENT);
    co_await until(loop, [&] { return loop.count() == 0; });
  });
}

TEST_CASE("a signal ends a child") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto child = co_await loop.spawn(cat());
    auto exit = child.exit();
    co_await child.kill(SIGKILL);
    CHECK((co_await std::move(exit)).signal == SIGKILL);
  });
}

TEST_CASE("a cancel of the wait terminates the child, and waits for its end") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto child = co_await loop.spawn(shell(
        "trap 'echo caught; exit 5' TERM; echo ready; while :; do read x || sleep 0.01; done"));
    CHECK(*co_await child.output->read() == "ready\n");
    auto exit = child.exit();
    exit.cancel();
    CHECK(co_await end_of(std::move(exit)) == TENON_STATUS_CANCELLED);
    CHECK(*co_await child.output->read() == "caught\n");
    CHECK((co_await child.exit()).status == 5); // it is known

    // The same on another thread, and before the wait has begun.
    const auto other = co_await loop.spawn(cat());
    auto second = other.exit();
    std::thread([lent = tenon::future<uv::exit_status>::borrow(second.handle())] {
      lent.cancel();
    }).join();
    CHECK(co_await end_of(std::move(second)) == TENON_STATUS_CANCELLED);
    CHECK((co_await other.exit()).signal == SIGTERM);
  });
}

TEST_CASE("a child that is let go of runs on, and leaves no zombie") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto program = shell("read line; echo $line");
    program.input = uv::standard_stream::pipe();
    std::optional<uv::stream> input, output;
    int identifier = 0;
    {
      auto child = co_await loop.spawn(program);
      identifier = child.identifier();
      input = std::move(child.input);
      output = std::move(child.output);
    }
    co_await input->write("on\n");
    CHECK(*co_await output->read() == "on\n");
    CHECK(!co_await output->read());
    co_await until(loop, [&] { return ::kill(identifier, 0) != 0; });
  });
}

namespace {

tenon::task<std::string> through_cat(uv::loop loop, std::string text) {
  auto child = co_await loop.spawn(cat());
  co_await child.input->write(text);
  child.input.reset();
  std::string output = *co_await child.output->read();
  CHECK((co_await child.exit()).status == 0);
  co_return output;
}

} // namespace

TEST_CASE("twenty children at once") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    std::vector<tenon::future<std::string>> children;
    for (int index = 0; index < 20; index++)
      children.push_back(through_cat(loop, std::to_string(index)).start(loop.executor()));
    const auto all = co_await tenon::all(std::move(children));
    for (int index = 0; index < 20; index++)
      CHECK(all[static_cast<std::size_t>(index)] == std::to_string(index));
    co_await until(loop, [&] { return loop.count() == 0; });
  });
}

TEST_CASE("a signal of the process is awaited, and given back") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    {
      const auto signals = co_await loop.signals(SIGUSR1);
      auto first = signals.next(), cancelled = signals.next();
      cancelled.cancel();
      CHECK(co_await end_of(std::move(cancelled)) == TENON_STATUS_CANCELLED);
      ::raise(SIGUSR1);
      co_await std::move(first);
      // What comes while nobody waits is not lost.
      ::raise(SIGUSR1);
      co_await loop.sleep(1ms);
      co_await signals.next();
      auto open = signals.next();
      co_await signals.close();
      CHECK(co_await end_of(std::move(open)) == UV_ECANCELED);
      CHECK(co_await end_of(signals.next()) == UV_EBADF);
    }
    struct sigaction now {};
    REQUIRE(::sigaction(SIGUSR1, nullptr, &now) == 0);
    const bool is_default = now.sa_handler == SIG_DFL;
    CHECK(is_default);
    CHECK(co_await end_of(loop.signals(-1)) == UV_EINVAL);
    CHECK(co_await end_of(loop.signals(SIGKILL)) == UV_EINVAL);
    co_await until(loop, [&] { return loop.count() == 0; });
  });
}

TEST_CASE("a sleep is never short, and ends when it is cancelled") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto begin = std::chrono::steady_clock::now();
    co_await loop.sleep(5ms);
    CHECK(std::chrono::steady_clock::now() - begin >= 5ms);
    auto sleep = loop.sleep(1h);
    sleep.cancel();
    CHECK(co_await end_of(std::move(sleep)) == TENON_STATUS_CANCELLED);
    CHECK(co_await end_of(tenon::timeout(loop.executor(), loop.open_pipe(-1), 1h)) == UV_EBADF);
  });
}
