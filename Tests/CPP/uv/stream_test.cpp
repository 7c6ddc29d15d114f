// Connections and pipes, on the loopback and in the file system.
#include "support.hpp"

#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>

TEST_CASE("a client and a server talk") {
  for (const char *host : {"127.0.0.1", "::1"})
    uv::run([host](uv::loop loop) -> tenon::task<> {
      auto listening = loop.listen({host, 0});
      auto [ended] = co_await tenon::all_settled(std::move(listening));
      if (const auto failure = ended.failure(); failure && failure->value() == UV_EADDRNOTAVAIL)
        co_return; // a machine without IPv6
      const uv::listener listener = ended.get();
      CHECK(listener.local_address()->port() != 0);
      auto server = tenon::co_invoke([&]() -> tenon::task<> {
                      auto connection = co_await listener.accept();
                      while (auto bytes = co_await connection.read())
                        co_await connection.write(std::move(*bytes));
                      co_await connection.shutdown();
                      CHECK(co_await connection.local_address() == *listener.local_address());
                    }).start(loop.executor());
      auto client = co_await loop.connect(*listener.local_address());
      CHECK(co_await client.remote_address() == *listener.local_address());
      co_await client.write("hello");
      CHECK(*co_await client.read() == "hello");
      co_await client.write("world");
      co_await client.shutdown();
      CHECK(co_await read_all(client) == "world");
      CHECK(!co_await client.read());
      CHECK(co_await end_of(client.shutdown()) == UV_ENOTCONN);
      co_await std::move(server);
    });
}

TEST_CASE("a host is looked up and connected to") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto listener = co_await loop.listen({"127.0.0.1", 0});
    const auto port = listener.local_address()->port();
    auto client = co_await loop.connect("127.0.0.1", port);
    auto server = co_await listener.accept();
    co_await server.write("x");
    CHECK(*co_await client.read() == "x");
    co_await listener.close();
    CHECK(co_await end_of(loop.connect("127.0.0.1", port)) == UV_ECONNREFUSED);
    CHECK(co_await end_of(loop.connect(uv::address("127.0.0.1", port))) == UV_ECONNREFUSED);
    auto gone = loop.connect("127.0.0.1", port);
    gone.cancel();
    CHECK(co_await end_of(std::move(gone)) == TENON_STATUS_CANCELLED);
  });
}

TEST_CASE("a socket of the file system, and a descriptor that is there already") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    std::string folder = "/tmp/tenon-uv-XXXXXX";
    REQUIRE(::mkdtemp(folder.data()) != nullptr);
    const std::string path = folder + "/socket";
    {
      const auto listener = co_await loop.listen_pipe(path);
      CHECK(!listener.local_address());
      auto client = co_await loop.connect_pipe(path);
      auto server = co_await listener.accept();
      co_await client.write("hello");
      CHECK(*co_await server.read() == "hello");
      CHECK(co_await end_of(client.local_address()) == UV_ENOTSUP);
      CHECK(co_await end_of(loop.listen_pipe(path)) == UV_EADDRINUSE);
      co_await listener.close();
    }
    CHECK(co_await end_of(loop.connect_pipe(path)) == UV_ENOENT);
    for (const std::string &wrong :
         {std::string(), std::string(200, 'x'), std::string("a\0b", 3)}) {
      const int expected = wrong.size() == 200 ? UV_ENAMETOOLONG : UV_EINVAL;
      CHECK(co_await end_of(loop.connect_pipe(wrong)) == expected);
      CHECK(co_await end_of(loop.listen_pipe(wrong)) == expected);
    }
    CHECK(::rmdir(folder.c_str()) == 0);

    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
    auto one = co_await loop.open_pipe(ends[0]), other = co_await loop.open_pipe(ends[1]);
    co_await one.write("there");
    CHECK(*co_await other.read() == "there");
    CHECK(co_await end_of(loop.open_pipe(-1)) == UV_EBADF);
  });
}

TEST_CASE("a descriptor is the caller's until there is a stream of it") {
  const auto is_open = [](int fd) { return ::fcntl(fd, F_GETFD) >= 0; };
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  uv::run([&](uv::loop loop) -> tenon::task<> {
    // What cannot be watched would end the process in libuv.
    for (const char *path : {"/dev/null", "/proc/self/exe", "/"}) {
      const int fd = ::open(path, O_RDONLY | O_CLOEXEC);
      CHECK(co_await end_of(loop.open_pipe(fd)) == UV_EINVAL);
      CHECK(is_open(fd));
      ::close(fd);
    }
    CHECK(co_await end_of(loop.open_pipe(1 << 20)) == UV_EBADF);
    {
      const auto stream = co_await loop.open_pipe(ends[0]);
      CHECK(is_open(ends[0]));
      co_await stream.close();
    }
    CHECK_FALSE(is_open(ends[0]));
    static_cast<void>(loop.detach());
    CHECK(co_await end_of(loop.open_pipe(ends[1])) == loop_closed);
    CHECK(is_open(ends[1]));
  });
  ::close(ends[1]);
}

TEST_CASE("an address is IPv4 or IPv6, and nothing else") {
  const uv::address four("127.0.0.1", 80), six("fe80::1", 65535);
  CHECK(four.text() == "127.0.0.1:80");
  CHECK(six.text() == "[fe80::1]:65535");
  CHECK(*uv::address::from(four.raw()) == four);
  CHECK(*uv::address::from(six.raw()) == six);
  CHECK((four != six && *uv::address::from(six.raw()) != four));
  for (const int family : {AF_UNIX, AF_UNSPEC, AF_NETLINK, AF_PACKET}) {
    sockaddr_storage other{};
    other.ss_family = static_cast<sa_family_t>(family);
    CHECK_FALSE(uv::address::from(reinterpret_cast<const sockaddr *>(&other)));
  }
  CHECK_FALSE(uv::address::from(nullptr)); // as getifaddrs() gives
  for (const char *none : {"", "localhost", "1.2.3", "1.2.3.4.5", "::1::", "[::1]", "127.0.0.1 "})
    CHECK_THROWS_AS(uv::address(none, 1), tenon::error);
}

TEST_CASE("nothing is read ahead, and all arrives") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    const std::string bytes = pattern(8 << 20);
    auto written = client.write(bytes);
    for (int round = 0; round < 10; round++)
      co_await loop.sleep(1ms);
    CHECK(!written.is_ready()); // the system's buffers hold it up
    std::string found;
    while (found.size() < bytes.size())
      found += *co_await server.read(100'000);
    CHECK(found == bytes);
    co_await std::move(written);
    co_await client.write("three");
    CHECK(*co_await server.read(1) == "t");
    CHECK(*co_await server.read(2) == "hr");
    CHECK(*co_await server.read(0) == "e"); // at least one
  });
}

TEST_CASE("writes of several tasks come out whole") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    std::vector<tenon::future<void>> written;
    for (char letter = 'a'; letter <= 'd'; letter++)
      written.push_back(client.write(std::string(1 << 20, letter)));
    const auto end =
        tenon::all(std::move(written)).then(loop.executor(), [&] { return client.shutdown(); });
    const std::string all = co_await read_all(server);
    CHECK(all.size() == 4 << 20);
    for (std::size_t index = 1; index < all.size(); index++)
      if (all[index] != all[index - 1])
        CHECK(index % (1 << 20) == 0);
  });
}

TEST_CASE("a hundred thousand writes may wait, and end in their order") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    auto first = client.write(pattern(8 << 20));
    std::vector<tenon::future<void>> written;
    for (int index = 0; index < 100'000; index++)
      written.push_back(client.write(std::string(1, static_cast<char>(index))));
    std::size_t size = 0;
    char last = 0;
    while (size < (8 << 20) + written.size()) {
      const std::string part = *co_await server.read();
      size += part.size();
      last = part.back();
    }
    CHECK(last == static_cast<char>(99'999));
    co_await tenon::all(std::move(written));
    co_await std::move(first);
    CHECK(loop.count() == 2);
  });
}

TEST_CASE("a peer that is gone is an error, and no signal") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    co_await server.close();
    int end = 0;
    while (end == 0)
      end = co_await end_of(client.write("x"));
    CHECK((end == UV_EPIPE || end == UV_ECONNRESET));
  });
}

TEST_CASE("a second reader is refused") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    auto first = server.read();
    CHECK(co_await end_of(server.read()) == UV_EBUSY);
    co_await client.write("x");
    CHECK(*co_await std::move(first) == "x");
  });
}

TEST_CASE("what was moved from is told so") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    auto moved = std::move(client);
    CHECK(future_error_of([&] { return client.read(); }) == no_state);
    CHECK(future_error_of([&] { return client.close(); }) == no_state);
    client = std::move(moved);
    co_await client.write("x");
    CHECK(*co_await server.read() == "x");
  });
}

namespace {

tenon::task<> echo(uv::stream connection) {
  while (auto bytes = co_await connection.read())
    co_await connection.write(std::move(*bytes));
}

tenon::task<> serve(uv::loop loop, const uv::listener &listener, int count) {
  tenon::scope connections;
  for (int index = 0; index < count; index++) {
    auto connection = co_await listener.accept();
    connections.start(loop.executor(), echo(std::move(connection)));
  }
  co_await connections.close();
}

tenon::task<std::string> ask(uv::loop loop, uv::address server, std::string text) {
  auto client = co_await loop.connect(server);
  co_await client.write(text);
  co_await client.shutdown();
  co_return co_await read_all(client);
}

} // namespace

TEST_CASE("a hundred connections at once") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto listener = co_await loop.listen({"127.0.0.1", 0});
    auto served = serve(loop, listener, 100).start(loop.executor());
    std::vector<tenon::future<std::string>> answers;
    for (int index = 0; index < 100; index++)
      answers.push_back(
          ask(loop, *listener.local_address(), std::to_string(index)).start(loop.executor()));
    const auto all = co_await tenon::all(std::move(answers));
    for (int index = 0; index < 100; index++)
      CHECK(all[static_cast<std::size_t>(index)] == std::to_string(index));
    co_await std::move(served);
  });
}

TEST_CASE("a cancelled read loses nothing, whenever the cancel comes") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    for (int round = 0; round < 300; round++) {
      const std::string sent(1, static_cast<char>(round));
      auto read = server.read();
      std::thread other;
      if (round % 3 == 0)
        read.cancel();
      else if (round % 3 == 1)
        other =
            std::thread([lent = tenon::future<std::optional<std::string>>::borrow(read.handle())] {
              lent.cancel();
            });
      co_await client.write(sent);
      auto [ended] = co_await tenon::all_settled(std::move(read));
      if (ended.try_wait(0) == TENON_STATUS_OK)
        CHECK(*ended.get() == sent);
      else
        CHECK(*co_await server.read() == sent);
      if (other.joinable())
        other.join();
    }
    // Letting go is a cancel.
    static_cast<void>(server.read());
    co_await client.write("x");
    CHECK(*co_await server.read() == "x");
  });
}

TEST_CASE("a cancelled accept loses nothing") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto listener = co_await loop.listen({"127.0.0.1", 0});
    auto first = listener.accept(), second = listener.accept(), third = listener.accept();
    first.cancel();
    CHECK(co_await end_of(std::move(first)) == TENON_STATUS_CANCELLED);
    auto client = co_await loop.connect(*listener.local_address());
    co_await client.write("x");
    CHECK(*co_await (co_await std::move(second)).read() == "x");
    third.cancel();
    CHECK(co_await end_of(std::move(third)) == TENON_STATUS_CANCELLED);
    // Connections wait in the system until they are accepted.
    const auto other = co_await loop.connect(*listener.local_address());
    const auto accepted = co_await listener.accept();
    co_await other.write("y");
    CHECK(*co_await accepted.read() == "y");
  });
}

TEST_CASE("a cancelled connect ends, and leaves nothing") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    // One that is full answers no more.
    const auto listener = co_await loop.listen({"127.0.0.1", 0}, 0);
    std::vector<tenon::future<uv::stream>> connects;
    for (int index = 0; index < 8; index++)
      connects.push_back(loop.connect(*listener.local_address()));
    for (auto &future : connects)
      future.cancel();
    for (auto &future : connects) {
      const int end = co_await end_of(std::move(future));
      CHECK((end == 0 || end == TENON_STATUS_CANCELLED));
    }
    co_await until(loop, [&] { return loop.count() == 1; });
  });
}

TEST_CASE("a cancelled write closes the stream") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    auto write = client.write(pattern(8 << 20));
    auto read = client.read(), other = server.read();
    auto shutdown = client.shutdown();
    static_cast<void>(co_await std::move(other)); // it has begun
    write.cancel();
    CHECK(co_await end_of(std::move(write)) == TENON_STATUS_CANCELLED);
    CHECK(co_await end_of(std::move(read)) == UV_ECANCELED);
    CHECK(co_await end_of(std::move(shutdown)) == UV_ECANCELED);
    CHECK(co_await end_of(client.read()) == UV_EBADF);
    CHECK(co_await end_of(client.write("x")) == UV_EBADF);
    // What the system had taken arrives, and then the end.
    while (co_await end_of(server.read()) == 0 && loop.count() > 1)
      continue;
    co_await until(loop, [&] { return loop.count() == 1; });
  });
}

TEST_CASE("a cancelled shutdown closes the stream") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    auto write = client.write(pattern(8 << 20));
    auto shutdown = client.shutdown(), read = server.read().then(nullptr, [](const auto &) {});
    co_await std::move(read); // both have begun
    CHECK(!shutdown.is_ready());
    shutdown.cancel();
    CHECK(co_await end_of(std::move(shutdown)) == TENON_STATUS_CANCELLED);
    CHECK(co_await end_of(std::move(write)) == UV_ECANCELED);
    CHECK(co_await end_of(client.write("x")) == UV_EBADF);
    while (co_await end_of(server.read()) == 0 && loop.count() > 1)
      continue;
    co_await until(loop, [&] { return loop.count() == 1; });
  });
}

TEST_CASE("a close ends whoever waits, any number of times") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    const auto listener = co_await loop.listen({"127.0.0.1", 0});
    auto read = server.read();
    auto write = client.write(pattern(8 << 20));
    auto accept = listener.accept();
    std::vector<tenon::future<void>> closes;
    for (int round = 0; round < 3; round++) {
      closes.push_back(client.close());
      closes.push_back(server.close());
      closes.push_back(listener.close());
    }
    closes[0].cancel(); // which changes nothing
    co_await tenon::all(std::move(closes));
    CHECK(loop.count() == 0);
    co_await server.close();
    CHECK(co_await end_of(std::move(read)) == UV_ECANCELED);
    CHECK(co_await end_of(std::move(write)) == UV_ECANCELED);
    CHECK(co_await end_of(std::move(accept)) == UV_ECANCELED);
    CHECK(co_await end_of(server.remote_address()) == UV_EBADF);
  });
}

TEST_CASE("letting go closes, on any thread") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    std::thread([gone = std::move(server)] {}).join();
    CHECK(!co_await client.read());
    { const auto gone = std::move(client); }
    co_await until(loop, [&] { return loop.count() == 0; });
  });
}
