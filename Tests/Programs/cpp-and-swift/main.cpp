// C++ awaits Swift, which awaits C++: values, exceptions, errors and cancels, both ways.
#include "tree.h"

#include <echo.h>
#include <tenon/tenon.hpp>

#include <cstdio>
#include <memory>
#include <stdexcept>
#include <string>

static int failed = 0;

static void report(const char *name, bool is_right) {
  std::printf(is_right ? "ok %s\n" : "not ok %s\n", name);
  failed += !is_right;
}

/// Through Swift and back.
template <class T>
static tenon::future<T> echoed(tenon_executor_t *executor, tenon::future<T> source) {
  tenon_future_t *handle = nullptr;
  tenon::detail::require(echo(executor, source.handle(), &handle));
  return tenon::future<T>::adopt(handle);
}

/// A coroutine that Swift awaits, awaited by a coroutine.
template <class T> static tenon::task<T> gives(T value) { co_return value; }
template <class T> static tenon::task<T> round_trip(tenon_executor_t *executor, T value) {
  co_return co_await echoed(executor, gives<T>(std::move(value)).start(executor));
}

template <class T> static T trip(tenon::executor &executor, T value) {
  return executor.run(round_trip<T>(executor, std::move(value)).start(executor));
}

/// Sends three objects and then an exception, by way of Swift, with room for one at a time.
static tenon::task<> write_objects(tenon::sink<std::shared_ptr<int>> sink,
                                   std::exception_ptr exception) {
  for (int number = 1; number <= 3; number++)
    co_await sink.send(std::make_shared<int>(number));
  sink.fail(exception);
}
static tenon::task<std::exception_ptr>
read_objects(tenon_executor_t *executor, tenon::stream<std::shared_ptr<int>> source, int &sum) {
  tenon_stream_t *handle = nullptr;
  tenon::detail::require(echo_stream(executor, source.handle(), &handle));
  source = {};
  auto stream = tenon::stream<std::shared_ptr<int>>::adopt(handle);
  try {
    while (auto item = co_await stream.next().on(executor))
      sum = sum * 10 + **item;
  } catch (...) {
    co_return std::current_exception();
  }
  co_return nullptr;
}

int main() {
  tenon::executor executor;
  report("a number goes through Swift", trip(executor, -42) == -42);
  report("a string goes through Swift",
         trip<std::string>(executor, "text in UTF-8") == "text in UTF-8");
  auto object = std::make_shared<int>(5);
  report("an object goes through Swift", trip(executor, object).get() == object.get());
  object.reset();

  tenon::promise<int> promise;
  auto future = echoed(executor, promise.get_future());
  const auto sent = std::make_exception_ptr(std::runtime_error("sent"));
  promise.set_exception(sent);
  std::exception_ptr received;
  try {
    executor.run(std::move(future));
  } catch (...) {
    received = std::current_exception();
  }
  report("an exception comes back as the same object", received == sent);

  auto [sink, stream] = tenon::make_stream<std::shared_ptr<int>>(1);
  int sum = 0;
  auto written = write_objects(std::move(sink), sent).start(executor);
  received = executor.run(read_objects(executor, std::move(stream), sum).start(executor));
  report("a stream goes through Swift, and ends as it ended", sum == 123 && received == sent);

  tenon_future_t *handle = nullptr;
  tenon::detail::require(echo_failure(executor, &handle));
  auto again = tenon::future<void>::adopt(handle).then(
      executor, [] { return false; },
      [](const tenon::error &error) {
        return std::string(error.domain()) == "swift.Echo.EchoError" && error.code().value() == 7 &&
               std::string(error.what()) == "as wanted";
      });
  report("a Swift error is a tenon::error", executor.run(std::move(again)));

  tenon::promise<int> cancelled;
  auto cancels = echoed(executor, cancelled.get_future());
  executor.poll();
  cancels.cancel();
  executor.poll();
  report("a cancel goes through Swift", cancelled.is_cancelled());
  cancelled.cancel();
  bool was_cancelled = false;
  try {
    executor.run(std::move(cancels));
  } catch (const tenon::cancelled &) {
    was_cancelled = true;
  }
  report("and its end comes back", was_cancelled);
  report("one stop at the root ends a tree of C, C++ and Swift", tree_ends_in_order());
  return failed;
}
