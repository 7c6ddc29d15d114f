// Fetches files from a web server on this machine, 16 at a time and with some seconds for each; Ctrl-C ends it.
//
//   fetch PORT COUNT SECONDS     the files are /0, /1, ...
#include <csignal>
#include <iostream>
#include <string>
#include <tenon/uv.hpp>

namespace uv = tenon::uv;

static tenon::task<std::size_t> get(uv::loop loop, uv::address server, std::size_t number) {
  const auto socket = co_await loop.connect(server);
  co_await socket.write("GET /" + std::to_string(number) + " HTTP/1.0\r\n\r\n");
  std::string answer;
  while (const auto part = co_await socket.read())
    answer += *part;
  if (answer.find(" 200 ") > answer.find('\n'))
    throw std::runtime_error(answer.substr(0, answer.find('\r')));
  co_return answer.size() - answer.find("\r\n\r\n") - 4;
}

struct totals {
  std::size_t count;
  std::chrono::seconds limit;
  std::size_t next = 0, done = 0, failed = 0, bytes = 0;
};

static tenon::task<> work(uv::loop loop, uv::address server, totals &all) {
  while (all.next < all.count) {
    try {
      all.bytes +=
          co_await tenon::timeout(loop.executor(), get(loop, server, all.next++), all.limit);
      all.done++;
    } catch (const tenon::cancelled &) {
      throw; // Ctrl-C
    } catch (const std::exception &error) {
      std::cerr << error.what() << '\n';
      all.failed++;
    }
  }
}

int main(int argc, char **argv) {
  if (argc != 4)
    return 2;
  const uv::address server("127.0.0.1", std::uint16_t(std::stoi(argv[1])));
  totals all{std::stoul(argv[2]), std::chrono::seconds(std::stoi(argv[3]))};
  const tenon::stop_on_signal ctrl_c(SIGINT);
  try {
    uv::run([&](const uv::loop &loop) {
      std::vector<tenon::future<void>> workers;
      for (int i = 0; i < 16; i++)
        workers.push_back(work(loop, server, all).start(loop.executor()));
      return tenon::all(std::move(workers)).with_stop(ctrl_c.get_token());
    });
  } catch (const tenon::cancelled &) { // what is done is told
  }
  std::cout << all.done << " files, " << all.bytes << " bytes, " << all.failed << " failed\n";
}
