// Streams and latest values: order, backpressure, ends, misuse, threads.
#include "support.hpp"

#include <memory>
#include <numeric>
#include <vector>

using namespace std::chrono_literals;

TEST_CASE("items come in order, and then the end") {
  auto [sink, stream] = tenon::make_stream<std::string>(4);
  sink.send("a").get();
  sink.send_batch({"b", "c"}).get();
  CHECK(sink.close());
  CHECK_FALSE(sink.close()); // it was ended before
  std::optional<std::string> item;
  CHECK(stream.try_next(item) == TENON_STATUS_OK);
  CHECK(item == "a");
  CHECK(stream.next().get() == "b");
  CHECK(std::vector<std::string>(stream.begin(), stream.end()) == std::vector<std::string>{"c"});
  CHECK_FALSE(stream.next().get());
  CHECK(stream.next_batch().get().empty());
  CHECK(stream.try_next(item) == TENON_STATUS_ENDED);
  stream.ended().get();
  CHECK_FALSE(stream.failure());
}

TEST_CASE("a full stream takes nothing, and says when to try again") {
  auto [sink, stream] = tenon::make_stream<std::unique_ptr<int>>(1);
  CHECK(sink.try_send(std::make_unique<int>(1)) == TENON_STATUS_OK);
  auto second = std::make_unique<int>(2);
  tenon::future<void> room;
  CHECK(sink.try_send(std::move(second), &room) == TENON_STATUS_PENDING);
  CHECK(*second == 2);
  CHECK_FALSE(room.is_ready());
  CHECK(sink.try_send(std::move(second)) == TENON_STATUS_PENDING); // only asks
  tenon::future<void> another;
  CHECK(sink.try_send(std::move(second), &another) == TENON_STATUS_BUSY);
  CHECK(*second == 2);
  CHECK(**stream.next().get() == 1);
  CHECK(room.is_ready());
  CHECK(sink.try_send(std::move(second)) == TENON_STATUS_OK);
  CHECK(second == nullptr);
  stream.cancel(tenon::error("mine", 5, "enough"));
  auto third = std::make_unique<int>(3);
  CHECK(sink.try_send(std::move(third)) == TENON_STATUS_CANCELLED);
  CHECK(*third == 3);
  CHECK(sink.is_cancelled());
  CHECK(sink.cancel_reason()->value() == 5);
  CHECK_THROWS_AS(sink.send(std::move(third)).get(), tenon::cancelled);
  CHECK(**stream.next().get() == 2); // what is buffered can still be read
  sink.cancel();
  CHECK_THROWS_AS(stream.next().get(), tenon::cancelled);
  CHECK(status_of([&sink = sink] { return sink.send(nullptr).get(), 0; }) == TENON_STATUS_CLOSED);
}

TEST_CASE("a failure arrives after the items, as the same exception") {
  auto [sink, stream] = tenon::make_stream<int>();
  const auto thrown = std::make_exception_ptr(std::runtime_error("failed"));
  sink.send(1).get();
  CHECK(sink.fail(thrown));
  CHECK(std::string(stream.failure()->what()) == "failed");
  CHECK(stream.next().get() == 1);
  std::exception_ptr received;
  try {
    stream.next().get();
  } catch (...) {
    received = std::current_exception();
  }
  CHECK(received == thrown);
  CHECK_THROWS_AS(stream.next_batch().get(), std::runtime_error);
  CHECK_THROWS_AS(stream.ended().get(), std::runtime_error);

  auto [cancels, cancelled] = tenon::make_stream<int>();
  cancels.fail(std::make_exception_ptr(tenon::cancelled()));
  CHECK_THROWS_AS(cancelled.next().get(), tenon::cancelled);

  auto [dropped, broken_stream] = tenon::make_stream<int>();
  dropped = {};
  CHECK(future_error_of(
            [&, &broken_stream = broken_stream] { return broken_stream.next().get(); }) == broken);
}

TEST_CASE("a reader that goes away drops what is there, and tells the writer") {
  auto [sink, stream] = tenon::make_stream<counted>(8);
  int told = 0;
  sink.on_cancel(nullptr, [&] { told++; });
  sink.send(counted(1)).get();
  sink.send(counted(2)).get();
  CHECK(counted::alive == 2);
  stream = {};
  CHECK(counted::alive == 0);
  CHECK(told == 1);
  CHECK_THROWS_AS(sink.send(counted(3)).get(), tenon::cancelled);
  CHECK(counted::alive == 0);

  auto [gone, left] = tenon::make_stream<counted>(8);
  gone.send(counted(4)).get();
  gone = {}; // with an item in flight
  CHECK(left.next().get()->number == 4);
  CHECK(future_error_of([&, &left = left] { return left.next().get(), 0; }) == broken);
  CHECK(counted::alive == 0);
}

TEST_CASE("an item whose move throws is the only one that is lost") {
  auto [sink, stream] = tenon::make_stream<brittle>(8);
  brittle item(1);
  brittle::throws_after = 0;
  CHECK_THROWS_AS(sink.send(item).get(), std::runtime_error);
  brittle::throws_after = -1;
  for (int number = 1; number <= 4; number++)
    sink.send(brittle(number)).get();
  std::vector<brittle> out;
  out.reserve(8);
  brittle::throws_after = 1; // one move for each
  CHECK_THROWS_AS(static_cast<void>(stream.try_next_batch(out, 4)), std::runtime_error);
  brittle::throws_after = -1;
  CHECK(out.size() + 1 < 4);
  const auto first_lost = static_cast<int>(out.size()) + 1;
  CHECK(stream.next().get()->number == first_lost + 1);
  std::vector<brittle> many{brittle(1), brittle(2)};
  brittle::throws_after = 1;
  CHECK_THROWS_AS(sink.send_batch(std::move(many)).get(), std::runtime_error);
  brittle::throws_after = -1;
}

TEST_CASE("items of another type are errors, and the others come through") {
  auto [strings, unread] = tenon::make_stream<std::string>();
  strings.send("text").get();
  auto numbers = tenon::stream<int>::adopt(unread.release());
  CHECK(status_of([&] { return numbers.next().get(); }) == TENON_STATUS_INVALID);
  auto more = tenon::sink<int>::borrow(strings.handle());
  more.send(1).get();
  strings.send("text").get();
  more.send(2).get();
  std::vector<int> out;
  CHECK(numbers.try_next_batch(out, 64) == TENON_STATUS_INVALID);
  CHECK(out == std::vector<int>{1, 2});
  std::optional<int> item;
  strings.send("text").get();
  CHECK(numbers.try_next(item) == TENON_STATUS_INVALID);
  CHECK(numbers.try_next(item) == TENON_STATUS_PENDING);
}

TEST_CASE("batches take what is there") {
  auto [sink, stream] = tenon::make_stream<int>(200);
  std::vector<int> numbers(150);
  std::iota(numbers.begin(), numbers.end(), 0);
  sink.send_batch(numbers).get();
  CHECK(stream.next_batch(100).get().size() == 100);
  std::vector<int> rest;
  CHECK(stream.try_next_batch(rest, static_cast<std::size_t>(-1)) == TENON_STATUS_OK);
  CHECK(rest.size() == 50);
  CHECK(rest.front() == 100);
  CHECK(stream.try_next_batch(rest, 5) == TENON_STATUS_PENDING);
}

TEST_CASE("a wait that could not end throws, and loses nothing") {
  tenon::executor executor;
  auto [sink, stream] = tenon::make_stream<int>(1);
  const auto is_deadlock = [](auto &&wait) {
    try {
      wait();
    } catch (const std::system_error &error) {
      return error.code() == std::errc::resource_deadlock_would_occur;
    }
    return false;
  };
  auto job = tenon::async(executor, [&, &sink = sink, &stream = stream] {
    const bool first = is_deadlock([&] { stream.next().get(); }) &&
                       is_deadlock([&] { static_cast<void>(stream.begin()); });
    sink.send(1).get();
    return first && is_deadlock([&] { sink.send(2).get(); });
  });
  CHECK(executor.run(std::move(job)));
  CHECK(stream.next().get() == 1);
  sink.send(3).get();
  CHECK(stream.next().get() == 3);
}

TEST_CASE("handles that are none give a clear answer") {
  tenon::stream<int> none;
  CHECK_FALSE(none.valid());
  CHECK(status_of([&] { return none.next().get(); }) == TENON_STATUS_INVALID);
  CHECK_FALSE(tenon::sink<int>().close());
  CHECK_FALSE(tenon::stream<int>::borrow(nullptr).valid());
  auto [sink, stream] = tenon::make_stream<int>();
  auto waits = stream.next().start();
  CHECK(status_of([&, &stream = stream] { return stream.next().get(); }) == TENON_STATUS_BUSY);
  auto again = tenon::sink<int>::borrow(sink.handle());
  sink = {};
  CHECK_FALSE(waits.is_ready()); // one writer is left
  again.send(1).get();
  CHECK(waits.get() == 1);
}

TEST_CASE("next as a future, to combine and to wait for a while") {
  tenon::executor executor;
  auto [sink, stream] = tenon::make_stream<int>();
  CHECK(status_of([&, &stream = stream] {
          return executor.run(tenon::timeout(executor, stream.next().start(), 1ms));
        }) == TENON_STATUS_TIMEOUT);
  sink.send(1).get(); // the wait was given up: nothing is lost
  auto [other, others] = tenon::make_stream<std::string>();
  auto first = tenon::race(others.next().start(), stream.next().start()).get();
  CHECK(std::get<1>(first) == 1);
  auto next = stream.next().start().then(nullptr, [](std::optional<int> item) { return !item; });
  sink.close();
  CHECK(next.get());
}

TEST_CASE("optionals travel as what is in them") {
  tenon::promise<std::optional<int>> some, none;
  auto number = tenon::future<int>::adopt(some.get_future().release());
  some.set_value(4);
  CHECK(number.get() == 4);
  auto nothing = tenon::future<void>::adopt(none.get_future().release());
  none.set_value(std::nullopt);
  nothing.get();
  tenon::promise<std::optional<counted>> boxed;
  boxed.set_value(counted(2));
  CHECK(boxed.get_future().get()->number == 2);
  tenon::promise<std::optional<std::string>> shared;
  auto both = shared.get_future().share();
  shared.set_value("text");
  CHECK(both.get() == "text");
  CHECK(counted::alive == 0);
}

TEST_CASE("a writer and a reader on threads of their own") {
  for (const std::size_t capacity : {0u, 1u, 64u}) {
    auto [sink, stream] = tenon::make_stream<counted>(capacity);
    std::thread writer([sink = std::move(sink)] {
      for (int number = 0; number < 2000; number++)
        sink.send(counted(number)).get();
      sink.close();
    });
    int expected = 0;
    for (counted &item : stream)
      if (item.number != expected++)
        break;
    CHECK(expected == 2000);
    writer.join();
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("a reader that leaves ends a writer that waits") {
  for (int round = 0; round < 200; round++) {
    auto [sink, stream] = tenon::make_stream<counted>(1);
    std::thread writer([sink = std::move(sink)] {
      try {
        for (;;)
          sink.send_batch([] {
                std::vector<counted> three;
                three.reserve(3);
                for (int i = 0; i < 3; i++)
                  three.emplace_back(i);
                return three;
              }())
              .get();
      } catch (const tenon::cancelled &) {
      }
    });
    for (int i = 0; i < round % 5; i++)
      CHECK(stream.next().get());
    stream = {};
    writer.join();
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("the latest value replaces what nobody has seen") {
  auto [publisher, latest] = tenon::make_latest<std::string>();
  std::optional<std::string> value;
  CHECK(latest.try_next(value) == TENON_STATUS_PENDING);
  CHECK(publisher.set("one"));
  CHECK(publisher.set("two"));
  CHECK(latest.next().get() == "two");
  CHECK(latest.missed() == 1);
  auto next = latest.next().start();
  publisher.set("three");
  CHECK(next.get() == "three");
  latest.cancel(tenon::error("mine", 1, "enough"));
  CHECK_FALSE(publisher.set("four"));
  CHECK(publisher.cancel_reason()->value() == 1);
  publisher.close();
  CHECK_FALSE(latest.next().get());
}
