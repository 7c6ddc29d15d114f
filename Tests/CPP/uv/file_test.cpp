// Files, and names: what libuv's pool does.
#include "support.hpp"

#include <cstdlib>
#include <mutex>
#include <netdb.h>
#include <sys/stat.h>

namespace {

/// A new folder, which goes with what is in it.
struct folder {
  std::string path = "/tmp/tenon-uv-XXXXXX";
  folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  folder(const folder &) = delete;
  ~folder() {
    uv::run([this](uv::loop loop) -> tenon::task<> {
      for (const auto &entry : co_await loop.scandir(path))
        ::unlink((path + "/" + entry.name).c_str());
    });
    CHECK(::rmdir(path.c_str()) == 0);
  }
  [[nodiscard]] std::string file(const char *name = "file") const { return path + "/" + name; }
};

/// Keeps every thread of libuv's pool busy for as long as it lives.
class busy_pool {
public:
  explicit busy_pool(uv_loop_t *loop) : loop_(loop) {
    gate_.lock();
    for (uv_work_t &work : works_) {
      work.data = this;
      REQUIRE(uv_queue_work(
                  loop, &work,
                  [](uv_work_t *raw) {
                    auto *const self = static_cast<busy_pool *>(raw->data);
                    self->busy_++;
                    const std::lock_guard waits(self->gate_);
                  },
                  [](uv_work_t *raw, int) { static_cast<busy_pool *>(raw->data)->busy_--; }) == 0);
    }
  }
  busy_pool(const busy_pool &) = delete;
  ~busy_pool() { CHECK(busy_ == 0); }
  [[nodiscard]] bool is_busy() const { return busy_ == static_cast<int>(works_.size()); }
  [[nodiscard]] bool is_idle() const { return busy_ == 0; }
  void open() { gate_.unlock(); }

private:
  uv_loop_t *loop_;
  std::array<uv_work_t, 4> works_{}; // libuv's own number of threads
  std::mutex gate_;
  std::atomic<int> busy_{0};
};

} // namespace

TEST_CASE("what is written is read") {
  const folder in;
  uv::run([&](uv::loop loop) -> tenon::task<> {
    const std::string content = pattern(300'000);
    auto file = co_await loop.open(in.file(), O_RDWR | O_CREAT);
    co_await file.write(content);
    co_await file.write("abc", 10);
    std::string expected = content, found;
    expected.replace(10, 3, "abc");
    while (true) {
      const std::string more = co_await file.read(65536, static_cast<std::int64_t>(found.size()));
      if (more.empty())
        break;
      found += more;
    }
    CHECK(found == expected);
    CHECK((co_await file.stat()).st_size == 300'000);
    CHECK((::fcntl(file.descriptor(), F_GETFD) & FD_CLOEXEC) != 0);
    co_await file.close();
    CHECK(file.descriptor() == -1);
    CHECK(co_await end_of(file.read()) == UV_EBADF);
    CHECK(co_await end_of(file.close()) == UV_EBADF);
    CHECK((co_await loop.stat(in.file())).st_size == 300'000);
  });
}

TEST_CASE("scandir gives names as bytes, in order") {
  const folder in;
  uv::run([&](uv::loop loop) -> tenon::task<> {
    for (const char *name : {"b", "a", "\xFF"})
      static_cast<void>(co_await loop.open(in.file(name), O_CREAT | O_WRONLY));
    const auto entries = co_await loop.scandir(in.path);
    REQUIRE(entries.size() == 3);
    CHECK(entries[0].name == "a");
    CHECK(entries[2].name == "\xFF");
    CHECK(entries[1].type == UV_DIRENT_FILE);
    CHECK(::symlink("/nowhere/at/all", in.file("link").c_str()) == 0);
    CHECK(co_await end_of(loop.stat(in.file("link"))) == UV_ENOENT);
    CHECK(S_ISLNK((co_await loop.stat(in.file("link"), false)).st_mode));
  });
}

TEST_CASE("what libuv refuses is an error with its number and text") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    try {
      static_cast<void>(co_await loop.open("/no/such/file"));
      FAIL("it is there");
    } catch (const tenon::error &error) {
      CHECK(error.domain() == std::string("uv"));
      CHECK(error.value() == UV_ENOENT);
      CHECK(error.code() == std::errc::no_such_file_or_directory);
      CHECK(error.what() == std::string("no such file or directory"));
    }
    CHECK(co_await end_of(loop.scandir("/no/such/folder")) == UV_ENOENT);
  });
}

TEST_CASE("a file closes itself, and not before what uses it has ended") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto file = std::make_optional(co_await loop.open("/dev/zero"));
    const int fd = file->descriptor();
    busy_pool pool(loop.raw());
    co_await until(loop, [&] { return pool.is_busy(); });
    auto read = file->read(4);
    auto closed = file->close();
    file.reset();
    CHECK(::fcntl(fd, F_GETFD) >= 0);
    pool.open();
    CHECK(co_await std::move(read) == std::string(4, 0));
    co_await std::move(closed);
    CHECK(::fcntl(fd, F_GETFD) == -1);
    co_await until(loop, [&] { return pool.is_idle(); });

    file.emplace(co_await loop.open("/dev/zero"));
    const int other = file->descriptor();
    read = file->read(4);
    file.reset();
    CHECK(co_await std::move(read) == std::string(4, 0));
    CHECK(::fcntl(other, F_GETFD) == -1);
  });
}

TEST_CASE("a cancel ends what the pool has not begun") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto zeros = co_await loop.open("/dev/zero", O_RDWR);
    busy_pool pool(loop.raw());
    co_await until(loop, [&] { return pool.is_busy(); });
    std::vector<tenon::future<int>> ends;
    const auto cancel = [&](auto future) {
      const auto lent = decltype(future)::borrow(future.handle());
      ends.push_back(end_of(std::move(future)).start(loop.executor()));
      lent.cancel();
    };
    cancel(loop.open("/dev/null"));
    cancel(loop.stat("/"));
    cancel(loop.scandir("/"));
    cancel(zeros.read(1));
    cancel(zeros.write("1"));
    cancel(zeros.stat());
    cancel(loop.addresses("127.0.0.1", 0, AI_NUMERICHOST));
    for (auto &end : ends)
      CHECK(co_await std::move(end) == TENON_STATUS_CANCELLED);
    CHECK(uv_loop_alive(loop.raw()));
    pool.open();
    co_await until(loop, [&] { return pool.is_idle(); });
  });
}

TEST_CASE("a file is closed in a task that is cancelled, too") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    const auto file = co_await loop.open("/dev/zero");
    const int fd = file.descriptor();
    auto closed = file.close();
    const auto lent = tenon::future<void>::borrow(closed.handle());
    lent.cancel();
    co_await std::move(closed);
    CHECK(::fcntl(fd, F_GETFD) == -1);
  });
}

TEST_CASE("any thread may call") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto read = tenon::promise<std::string>();
    auto result = read.get_future();
    std::thread other([loop, &read] {
      const auto file = loop.open("/dev/zero").get();
      std::string zeros = file.read(4).get();
      file.close().get();
      read.set_value(std::move(zeros));
    });
    CHECK(co_await std::move(result) == std::string(4, 0));
    other.join();
  });
}

TEST_CASE("addresses are numbers, or are looked up") {
  const uv::address four("127.0.0.1", 80), six("::1", 65535);
  CHECK(four.text() == "127.0.0.1:80");
  CHECK(six.text() == "[::1]:65535");
  CHECK(six.is_ipv6());
  CHECK(six == uv::address("0:0::1", 65535));
  CHECK(four != six);
  CHECK(uv::address("fe80::1%lo", 1).host() == "fe80::1%lo");
  CHECK(uv::address::from(four.raw()) == four);
  for (const char *wrong : {"", "localhost", "300.1.1.1", "::g"})
    CHECK(status_of([&] { return uv::address(wrong, 1); }) == UV_EINVAL);
  uv::run([&](uv::loop loop) -> tenon::task<> {
    const auto found = co_await loop.addresses("127.0.0.1", 80, AI_NUMERICHOST);
    REQUIRE(found.size() == 1);
    CHECK(found[0] == four);
    CHECK(co_await end_of(loop.addresses("no.such.host", 0, AI_NUMERICHOST)) == UV_EAI_NONAME);
    for (int round = 0; round < 100; round++) {
      auto look_up = loop.addresses("127.0.0.1", 0, AI_NUMERICHOST);
      look_up.cancel();
      const int end = co_await end_of(std::move(look_up));
      CHECK((end == 0 || end == TENON_STATUS_CANCELLED));
    }
  });
}

TEST_CASE("a hundred thousand operations leave nothing") {
  uv::run([](uv::loop loop) -> tenon::task<> {
    auto [client, server] = co_await connected(loop);
    for (int round = 0; round < 100'000; round++) {
      co_await client.write("x");
      static_cast<void>(co_await server.read());
    }
    CHECK(loop.count() == 2);
  });
}
