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

  tenon::packaged_task task([](int number) { return number * 2; });
  auto doubled = task.get_future();
  task(4);
  REQUIRE(doubled.try_get(code) == TENON_STATUS_OK && *code == 8);
  std::puts("ok");
}
