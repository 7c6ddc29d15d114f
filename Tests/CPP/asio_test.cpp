// Together with Boost.Asio, as it is: its handlers settle promises, its operations wait for futures, and
// its loop drives an executor. Not under the thread sanitizer, which does not know Asio's fences, and not
// with libc++, which has dropped what Debian's Asio needs.
#include "support.hpp"

#if !defined(__SANITIZE_THREAD__) && !defined(_LIBCPP_VERSION)

#include <boost/asio.hpp>

#include <chrono>
#include <memory>
#include <vector>

namespace asio = boost::asio;
using namespace std::chrono_literals;

namespace {

/// Waits for a future with any completion token. The handler gets the future when it has settled, where
/// Asio's handlers run.
template <class T, class Token> auto async_end(tenon::future<T> future, Token &&token) {
  return asio::async_initiate<Token, void(tenon::future<T>)>(
      [](auto handler, tenon::future<T> waited) {
        auto executor = asio::get_associated_executor(handler);
        waited
            .then(nullptr,
                  [handler = std::move(handler),
                   work = asio::make_work_guard(executor)](tenon::future<T> ended) mutable {
                    asio::post(work.get_executor(),
                               [handler = std::move(handler), ended = std::move(ended)]() mutable {
                                 handler(std::move(ended));
                               });
                  })
            .detach();
      },
      token, std::move(future));
}

/// Polls an executor whenever its descriptor says so.
class driver {
public:
  driver(asio::io_context &context, tenon::executor &executor)
      : executor_(executor), descriptor_(context, descriptor_of(executor)) {
    wait();
  }
  ~driver() { descriptor_.release(); } // the executor's

private:
  static int descriptor_of(tenon::executor &executor) {
    int descriptor = -1;
    REQUIRE(tenon_executor_fd(executor, &descriptor) == TENON_STATUS_OK);
    return descriptor;
  }

  void wait() {
    descriptor_.async_wait(asio::posix::stream_descriptor::wait_read,
                           [this](const boost::system::error_code &error) {
                             if (error)
                               return;
                             executor_.poll();
                             wait();
                           });
  }

  tenon::executor &executor_;
  asio::posix::stream_descriptor descriptor_;
};

/// A timer's expiry as a future. A cancel ends the wait, from any thread.
tenon::future<int> expiry(asio::io_context &context, std::chrono::nanoseconds after, int value) {
  auto timer = std::make_shared<asio::steady_timer>(context, after);
  tenon::promise<int> promise;
  auto future = promise.get_future();
  promise.on_cancel(nullptr,
                    [timer, &context] { asio::post(context, [timer] { timer->cancel(); }); });
  timer->async_wait(
      [timer, value, promise = std::move(promise)](const boost::system::error_code &error) mutable {
        if (error)
          promise.cancel();
        else
          promise.set_value(value);
      });
  return future;
}

} // namespace

TEST_CASE("Asio's handlers settle promises, on whichever thread they run") {
  asio::io_context context;
  tenon::promise<int> posted;
  auto job = posted.get_future();
  asio::post(context, [promise = std::move(posted)]() mutable { promise.set_value(1); });
  auto timer = expiry(context, 1ms, 2);
  auto sum = job.then(nullptr, [&timer](int first) {
    return timer.then(nullptr, [first](int second) { return first + second; });
  });
  std::vector<std::thread> threads;
  threads.reserve(2);
  for (int i = 0; i < 2; i++)
    threads.emplace_back([&] { context.run(); });
  CHECK(sum.get() == 3);
  for (auto &thread : threads)
    thread.join();
}

TEST_CASE("a cancel reaches Asio's operation, which acknowledges") {
  asio::io_context context;
  auto never = expiry(context, 24h, 1);
  std::thread loop([&] { context.run(); });
  CHECK_FALSE(never.is_ready());
  never.cancel();
  CHECK_THROWS_AS(never.get(), tenon::cancelled);
  loop.join(); // nothing is left to wait for
}

TEST_CASE("a loop of Asio's that goes away breaks the promises of its handlers") {
  tenon::future<int> queued, timed;
  {
    asio::io_context context;
    tenon::promise<int> promise;
    queued = promise.get_future();
    asio::post(context, [promise = std::move(promise)]() mutable { promise.set_value(1); });
    tenon::promise<int> late;
    timed = late.get_future();
    auto timer = std::make_shared<asio::steady_timer>(context, 24h);
    timer->async_wait(
        [timer, promise = std::move(late)](const auto &) mutable { promise.set_value(1); });
  }
  CHECK(future_error_of([&] { return queued.get(); }) == broken);
  CHECK(future_error_of([&] { return timed.get(); }) == broken);
}

TEST_CASE("a future is an operation of Asio's, with any completion token") {
  asio::io_context context;
  tenon::promise<int> promise;
  int seen = 0;
  std::thread::id where;
  async_end(promise.get_future(), asio::bind_executor(context, [&](tenon::future<int> ended) {
              seen = ended.get();
              where = std::this_thread::get_id();
            }));
  std::thread producer([&] { promise.set_value(4); });
  context.run(); // goes on until the handler has run
  producer.join();
  CHECK(seen == 4);
  CHECK(where == std::this_thread::get_id());

  auto ready = async_end(tenon::promise<int>().get_future(), asio::use_future);
  CHECK(future_error_of([&] { return ready.get().get(); }) == broken);
}

TEST_CASE("Asio's loop drives an executor") {
  asio::io_context context;
  tenon::executor executor;
  const driver driver(context, executor);
  auto work = tenon::async(executor, [] {
                return std::this_thread::get_id();
              }).then(executor, [&](std::thread::id where) {
    context.stop();
    return where;
  });
  context.run();
  CHECK(work.get() == std::this_thread::get_id());
}

#if TENON_HAS_COROUTINES && defined(BOOST_ASIO_HAS_CO_AWAIT)
namespace {
asio::awaitable<int> asios(tenon::future<int> future) {
  co_return (co_await async_end(std::move(future), asio::use_awaitable)).get();
}
tenon::task<int> ours_of(asio::io_context &context) {
  const int first = co_await expiry(context, 1ms, 1);
  co_return first + co_await expiry(context, 1ms, 2);
}
} // namespace

TEST_CASE("coroutines of Asio's await futures, and ours await Asio") {
  asio::io_context context;
  tenon::promise<int> promise;
  auto result = asio::co_spawn(context, asios(promise.get_future()), asio::use_future);
  auto sum = ours_of(context).start();
  asio::post(context, [&] { promise.set_value(5); });
  context.run();
  CHECK(result.get() == 5);
  CHECK(sum.get() == 3);
}
#endif

#endif // __SANITIZE_THREAD__, _LIBCPP_VERSION
