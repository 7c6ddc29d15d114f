// The C++ headers as they are installed, with exceptions that pass through the library.
#include <tenon/tenon.hpp>

#include <stdexcept>
#include <string>

#if TENON_HAS_COROUTINES
static tenon::task<std::string> twice(tenon_executor_t *executor) {
  const std::string text = co_await tenon::async(executor, [] { return std::string("text"); });
  co_return text + text;
}
#endif

int main() {
  tenon::executor executor;
#if TENON_HAS_COROUTINES
  if (executor.run(twice(executor).start(executor)) != "texttext")
    return 1;
#endif
  auto fails = tenon::async(executor, []() -> int { throw std::runtime_error("failed"); });
  try {
    executor.run(fails.then(executor, [](int number) { return number; }));
  } catch (const std::runtime_error &error) {
    return error.what() == std::string("failed") ? 0 : 2;
  }
  return 3;
}
