// Streams and coroutines: items and room that are waited for, cancels, teardown.
#include "support.hpp"

#if TENON_HAS_COROUTINES

#include <numeric>
#include <vector>

namespace {

tenon::task<> write(tenon::sink<int> sink, int count) {
  for (int number = 0; number < count; number++)
    co_await sink.send(number);
  sink.close();
}

tenon::task<std::int64_t> sum(tenon::stream<int> stream) {
  std::int64_t sum = 0;
  while (auto item = co_await stream.next())
    sum += *item;
  co_return sum;
}

tenon::task<std::int64_t> sum_in(tenon_executor_t *executor, tenon::stream<int> stream) {
  std::int64_t sum = 0;
  while (auto item = co_await stream.next().on(executor))
    sum += *item;
  co_return sum;
}

} // namespace

TEST_CASE("coroutines write and read, in any order of starting") {
  for (const std::size_t capacity : {0u, 1u, 7u}) {
    auto [sink, stream] = tenon::make_stream<int>(capacity);
    auto reads = sum(std::move(stream)).start();
    CHECK_FALSE(reads.is_ready());
    write(std::move(sink), 100).start().get();
    CHECK(reads.get() == 4950);

    auto [second, other] = tenon::make_stream<int>(capacity);
    auto writes = write(std::move(second), 100).start();
    CHECK(sum(std::move(other)).start().get() == 4950);
    writes.get();
  }
}

TEST_CASE("batches, awaited") {
  auto [sink, stream] = tenon::make_stream<int>(3);
  auto writes = [](tenon::sink<int> to) -> tenon::task<> {
    co_await to.send_batch(std::vector<int>(8, 4));
    to.close();
  }(std::move(sink))
                                               .start();
  auto reads = [](tenon::stream<int> from) -> tenon::task<int> {
    int sum = 0;
    for (;;) {
      const auto items = co_await from.next_batch(2);
      if (items.empty())
        co_return sum;
      CHECK(items.size() <= 2);
      sum += std::accumulate(items.begin(), items.end(), 0);
    }
  }(std::move(stream))
                                                  .start();
  CHECK(reads.get() == 32);
  writes.get();
}

TEST_CASE("a hundred thousand ready items, and as many that are waited for, grow no stack") {
  auto [sink, stream] = tenon::make_stream<int>(100000);
  sink.send_batch(std::vector<int>(100000, 1)).get();
  sink.close();
  CHECK(sum(std::move(stream)).start().get() == 100000);
  auto [writer, reader] = tenon::make_stream<int>(0);
  auto reads = sum(std::move(reader)).start();
  write(std::move(writer), 100000).start().get();
  CHECK(reads.is_ready());
}

TEST_CASE("a coroutine that is destroyed while it waits gives up, and loses no item") {
  auto [sink, stream] = tenon::make_stream<counted>(1);
  tenon::executor executor;
  auto reads = [](auto &from, tenon_executor_t *there) -> foreign {
    static_cast<void>(co_await from.next().on(there));
  };
  { const auto waits = reads(stream, nullptr); }
  {
    const auto waits = reads(stream, executor);
    sink.send(counted(1)).get(); // on its way to the executor
  }
  executor.poll();
  CHECK(stream.next().get()->number == 1);
  sink.send(counted(2)).get();
  {
    const auto waits = [](auto &to) -> foreign { co_await to.send(counted(3)); }(sink);
    CHECK(counted::alive == 3); // what is buffered, what waits, and what that was made of
  }
  CHECK(counted::alive == 1);
  CHECK(stream.next().get()->number == 2);
  CHECK(counted::alive == 0);
  sink.send(counted(4)).get();
  stream = {};
  CHECK(counted::alive == 0);
}

TEST_CASE("items go on in the executor's poll, or the wait hears that it closed") {
  tenon::executor executor;
  auto [sink, stream] = tenon::make_stream<int>(2);
  auto reads = sum_in(executor, std::move(stream)).start();
  sink.send(1).get();
  sink.close();
  CHECK_FALSE(reads.is_ready());
  CHECK(executor.run(std::move(reads)) == 1);
  auto [other, waits] = tenon::make_stream<int>(2);
  auto closed = sum_in(executor, std::move(waits)).start();
  executor.close();
  CHECK(status_of([&] { return closed.get(); }) == TENON_STATUS_CLOSED);
  CHECK(other.is_cancelled()); // its reader ended with the task
}

TEST_CASE("a cancel of a task ends its wait for an item, or for room") {
  auto [sink, stream] = tenon::make_stream<int>(0);
  auto waits =
      [](auto &from) -> tenon::task<> { static_cast<void>(co_await from.next()); }(stream).start();
  waits.cancel();
  CHECK_THROWS_AS(waits.get(), tenon::cancelled);
  auto sends = [](auto &to) -> tenon::task<> { co_await to.send(1); }(sink).start();
  CHECK_FALSE(sends.is_ready());
  sends.cancel();
  CHECK_THROWS_AS(sends.get(), tenon::cancelled);
  auto next = stream.next().start();
  sink.send(2).get();
  CHECK(next.get() == 2); // both ends are as they were
}

TEST_CASE("the latest value, awaited") {
  auto [publisher, latest] = tenon::make_latest<int>();
  auto reads = [](tenon::latest<int> source) -> tenon::task<int> {
    int digits = 0;
    while (auto value = co_await source.next())
      digits = digits * 10 + *value;
    co_return digits;
  }(std::move(latest))
                                                    .start();
  for (int number = 1; number <= 3; number++)
    CHECK(publisher.set(number));
  publisher.close();
  CHECK(reads.get() == 123);
  CHECK_FALSE(publisher.set(4));
}

TEST_CASE("of an item and a cancel at the same time nothing is lost") {
  for (int round = 0; round < 300; round++) {
    auto [sink, stream] = tenon::make_stream<counted>(1);
    auto reads = [](auto &from) -> tenon::task<bool> {
      const auto item = co_await from.next();
      co_return item->number == 7;
    }(stream)
                                       .start();
    std::thread writer([&sink = sink] { sink.send(counted(7)).get(); });
    reads.cancel();
    writer.join();
    std::optional<counted> left;
    const bool is_left = stream.try_next(left) == TENON_STATUS_OK;
    CHECK(is_left == reads.failure().has_value());
  }
  CHECK(counted::alive == 0);
}

TEST_CASE("coroutines on threads of their own") {
  for (int round = 0; round < 50; round++) {
    auto [sink, stream] = tenon::make_stream<int>(static_cast<std::size_t>(round % 3));
    std::thread writer(
        [sink = std::move(sink)]() mutable { write(std::move(sink), 100).start().get(); });
    CHECK(sum(std::move(stream)).start().get() == 4950);
    writer.join();
  }
}

#endif // TENON_HAS_COROUTINES
