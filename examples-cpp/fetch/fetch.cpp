// Fetches files from a web server on this machine, 16 at a time and with some seconds for each; Ctrl-C ends it.
//
//   fetch PORT COUNT SECONDS     the files are /0, /1, ...
#define ASIO_STANDALONE // which can cancel single operations
#include <array>
#include <csignal>
#include <iostream>
#include <string>
#include <tenon/asio.hpp>

using asio::ip::tcp;

static tenon::task<std::size_t> get(asio::io_context &context, tcp::endpoint server,
                                    std::size_t number) {
  tcp::socket socket(context);
  co_await socket.async_connect(server, tenon::as_future);
  const std::string request = "GET /" + std::to_string(number) + " HTTP/1.0\r\n\r\n";
  co_await asio::async_write(socket, asio::buffer(request), tenon::as_future);
  std::string answer;
  try {
    co_await asio::async_read(socket, asio::dynamic_buffer(answer), tenon::as_future);
  } catch (const std::system_error &error) {
    if (error.code() != asio::error::eof) // the answer's end
      throw;
  }
  if (answer.find(" 200 ") > answer.find('\n'))
    throw std::runtime_error(answer.substr(0, answer.find('\r')));
  co_return answer.size() - answer.find("\r\n\r\n") - 4;
}

struct totals {
  std::size_t count;
  std::chrono::seconds limit;
  std::size_t next = 0, done = 0, failed = 0, bytes = 0;
};

static tenon::task<> work(tenon_executor_t *executor, asio::io_context &context,
                          tcp::endpoint server, totals &all) {
  while (all.next < all.count) {
    try {
      all.bytes += co_await tenon::timeout(executor, get(context, server, all.next++), all.limit);
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
  const tcp::endpoint server(asio::ip::address_v4::loopback(), std::uint16_t(std::stoi(argv[1])));
  asio::io_context context;
  tenon::executor executor = tenon::attach(context);
  asio::signal_set signals(context, SIGINT);
  totals all{std::stoul(argv[2]), std::chrono::seconds(std::stoi(argv[3]))};
  std::vector<tenon::future<void>> workers;
  for (int i = 0; i < 16; i++)
    workers.push_back(work(executor, context, server, all).start(executor));
  tenon::future<void> end =
      tenon::all(std::move(workers)).then(executor, [&](tenon::future<void>) { signals.cancel(); });
  signals.async_wait(tenon::as_future).then(executor, [&](int) { end.cancel(); }).detach();
  context.run();
  std::cout << all.done << " files, " << all.bytes << " bytes, " << all.failed << " failed\n";
}
