// Pipes between streams, and looking before one moves.
#include "support.hpp"

#include <memory>
#include <thread>
#include <vector>

TEST_CASE("a pipe is as one longer stream") {
  auto [sink, middle] = tenon::make_stream<std::unique_ptr<int>>(2);
  auto [end, stream] = tenon::make_stream<std::unique_ptr<int>>(1);
  tenon::future<void> piped = middle.pipe_to(end);
  middle = {};
  end = {};
  for (int number = 0; number < 3; number++)
    CHECK(sink.try_send(std::make_unique<int>(number)) == TENON_STATUS_OK);
  CHECK(sink.try_send(std::make_unique<int>(3)) == TENON_STATUS_PENDING);
  for (int number = 0; number < 3; number++)
    CHECK(**stream.next().get() == number);
  sink.close();
  CHECK_FALSE(stream.next().get());
  piped.get();
}

TEST_CASE(
    "a failure goes through a pipe as the same exception, and a cancel back with its reason") {
  auto [sink, middle] = tenon::make_stream<int>();
  auto [end, stream] = tenon::make_stream<int>();
  tenon::future<void> piped = middle.pipe_to(end);
  sink.fail(std::make_exception_ptr(std::runtime_error("failed")));
  CHECK_THROWS_AS(stream.next().get(), std::runtime_error);
  CHECK_THROWS_AS(piped.get(), std::runtime_error);

  auto [writer, between] = tenon::make_stream<int>();
  auto [second, reader] = tenon::make_stream<int>();
  tenon::future<void> other = between.pipe_to(second);
  reader.cancel(tenon::error("mine", 5, "enough"));
  CHECK(writer.is_cancelled());
  CHECK(writer.cancel_reason()->value() == 5);
  writer.cancel();
  CHECK_THROWS_AS(other.get(), tenon::cancelled);
}

TEST_CASE("letting go of a pipe's future stops nothing, and a kept sink stays open") {
  auto [end, stream] = tenon::make_stream<int>();
  for (int number = 0; number < 3; number++) {
    auto [sink, middle] = tenon::make_stream<int>();
    middle.pipe_to(end, true);
    CHECK(status_of([&end = end] { return end.send(0).get(), 0; }) == TENON_STATUS_BUSY);
    sink.send(number).get();
    sink.close();
  }
  end.send(3).get();
  end.close();
  CHECK(std::vector<int>(stream.begin(), stream.end()) == std::vector<int>{0, 1, 2, 3});
}

TEST_CASE("what cannot be piped throws") {
  auto [sink, stream] = tenon::make_stream<int>();
  CHECK(status_of([&stream = stream, &sink = sink] { return stream.pipe_to(sink), 0; }) ==
        TENON_STATUS_INVALID);
  auto [end, rest] = tenon::make_stream<int>();
  end.close();
  CHECK(status_of([&stream = stream, &end = end] { return stream.pipe_to(end), 0; }) ==
        TENON_STATUS_CLOSED);
}

TEST_CASE("a peek shows the next item and leaves it") {
  auto [sink, stream] = tenon::make_stream<std::unique_ptr<int>>();
  const auto shows = [](int number) {
    return [number](const std::unique_ptr<int> &item) { CHECK(*item == number); };
  };
  CHECK(stream.try_peek(shows(0)) == TENON_STATUS_PENDING);
  sink.send(std::make_unique<int>(7)).get();
  CHECK(stream.try_peek(shows(7)) == TENON_STATUS_OK);
  CHECK(stream.try_peek(shows(7)) == TENON_STATUS_OK);
  CHECK(**stream.next().get() == 7);
  sink.close();
  CHECK(stream.try_peek(shows(0)) == TENON_STATUS_ENDED);
  auto [texts, lines] = tenon::make_stream<std::string>();
  texts.send("a line that is longer than sixteen bytes").get();
  CHECK(lines.try_peek([](const std::string &line) { CHECK(line.size() == 40); }) ==
        TENON_STATUS_OK);
  CHECK(lines.next().get()->size() == 40);
  auto [in, numbers] = tenon::make_stream<int>();
  in.send(5).get();
  CHECK(numbers.try_peek([](int number) { CHECK(number == 5); }) == TENON_STATUS_OK);
}

TEST_CASE("many at least, or the last ones") {
  auto [sink, stream] = tenon::make_stream<std::string>(8);
  std::thread writer([&sink = sink] {
    for (int number = 0; number < 20; number++)
      sink.send(std::to_string(number)).get();
    sink.close();
  });
  std::size_t seen = 0;
  for (;;) {
    const std::vector<std::string> items = stream.next_at_least(8, 8).get();
    if (items.empty())
      break;
    CHECK((items.size() == 8 || seen + items.size() == 20));
    for (const std::string &item : items)
      CHECK(item == std::to_string(seen++));
  }
  CHECK(seen == 20);
  writer.join();
  CHECK(status_of([&stream = stream] { return stream.next_at_least(9).get(), 0; }) ==
        TENON_STATUS_INVALID);
}

TEST_CASE("ready waits and moves nothing") {
  auto [sink, stream] = tenon::make_stream<int>(1);
  std::thread writer([&sink = sink] {
    for (int number = 0; number < 100; number++) {
      sink.ready().get();
      CHECK(sink.try_send(int{number}) == TENON_STATUS_OK);
    }
    sink.close();
  });
  std::optional<int> item;
  for (int number = 0; number < 100; number++) {
    CHECK(stream.ready().get());
    CHECK(stream.try_next(item) == TENON_STATUS_OK);
    CHECK(*item == number);
  }
  CHECK_FALSE(stream.ready().get());
  writer.join();
  CHECK(status_of([&sink = sink] { return sink.ready().get(), 0; }) == TENON_STATUS_CLOSED);
}

#if TENON_HAS_COROUTINES
TEST_CASE("a pipe, readiness and a minimum are awaited") {
  auto [sink, middle] = tenon::make_stream<int>(2);
  auto [end, stream] = tenon::make_stream<int>(3);
  auto pipes = [](tenon::stream<int> from, tenon::sink<int> to)
      -> tenon::task<> { co_await from.pipe_to(to); }(std::move(middle), std::move(end)).start();
  auto reads = [](tenon::stream<int> from) -> tenon::task<int> {
    int count = 0;
    while (co_await from.ready())
      count += static_cast<int>((co_await from.next_at_least(2, 2)).size());
    co_return count;
  }(std::move(stream))
                                                  .start();
  auto writes = [](tenon::sink<int> to) -> tenon::task<> {
    for (int number = 0; number < 99; number++) {
      co_await to.ready();
      CHECK(to.try_send(int{number}) == TENON_STATUS_OK);
    }
    to.close();
  }(std::move(sink))
                                               .start();
  writes.get();
  pipes.get();
  CHECK(reads.get() == 99);
}
#endif
