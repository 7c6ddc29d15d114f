// A program without exceptions and without RTTI: statuses instead.
#include <tenon/tenon.hpp>

#include <cstdio>

#define REQUIRE(...)                                                                               \
  do                                                                                               \
    if (!(__VA_ARGS__)) {                                                                          \
      std::fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #__VA_ARGS__);                       \
      return 1;                                                                                    \
    }                                                                                              \
  while (0)

int main() {
  tenon::executor executor;
  auto future = tenon::async(
                    executor, [](int number) { return std::to_string(number); }, 7)
                    .then(executor, [](std::string text) { return text + "!"; });
  std::optional<std::string> out;
  REQUIRE(future.try_get(out) == TENON_STATUS_PENDING);
  executor.run();
  REQUIRE(future.try_get(out) == TENON_STATUS_OK && *out == "7!");

  tenon::promise<int> promise;
  auto failed = promise.get_future().then(
      nullptr, [](int) { return 0; },
      [](const tenon::error &error) { return error.code().value(); });
  REQUIRE(promise.try_set_error(tenon::error("mine", 9, "text")) == TENON_STATUS_OK);
  REQUIRE(promise.try_set_value(1) == TENON_STATUS_ALREADY_SETTLED);
  std::optional<int> code;
  REQUIRE(failed.try_get(code) == TENON_STATUS_OK && *code == 9);

  tenon::context context{{"name", "text"}};
  REQUIRE(context.run([] { return tenon::context::value("name"); }) == "text");

  tenon::packaged_task task([](int number) { return number * 2; });
  auto doubled = task.get_future();
  task(4);
  REQUIRE(doubled.try_get(code) == TENON_STATUS_OK && *code == 8);

  auto [sink, stream] = tenon::make_stream<std::string>(1);
  tenon::future<void> room;
  std::string text = "second";
  REQUIRE(sink.try_send("first") == TENON_STATUS_OK);
  REQUIRE(sink.try_send(std::move(text), &room) == TENON_STATUS_PENDING && text == "second");
  std::vector<std::string> items;
  REQUIRE(stream.try_next_batch(items, 8) == TENON_STATUS_OK && items[0] == "first");
  REQUIRE(room.try_get() == TENON_STATUS_OK);
  REQUIRE(sink.fail(tenon::error("mine", 4, "text")));
  REQUIRE(stream.try_next(out) == TENON_STATUS_REJECTED && stream.failure()->value() == 4);

  tenon::scope scope;
  tenon::promise<int> left, right;
  auto both = tenon::all(left.get_future(), right.get_future());
  scope.add(both);
  auto end = scope.close();
  scope.cancel(tenon::error("mine", 5, "text"));
  REQUIRE(left.cancel_reason()->value() == 5);
  left.cancel();
  right.cancel();
  REQUIRE(end.try_get() == TENON_STATUS_CANCELLED && both.failure());
  tenon::promise<int> failing;
  std::optional<tenon::when_any_result<std::tuple<tenon::future<int>>>> any;
  auto first = tenon::when_any(failing.get_future());
  REQUIRE(failing.try_set_error(tenon::error("mine", 6, "text")) == TENON_STATUS_OK);
  REQUIRE(first.try_get(any) == TENON_STATUS_OK && any->index == 0);
  std::puts("ok");
}
