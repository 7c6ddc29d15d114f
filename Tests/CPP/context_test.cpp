// Contexts: what is called inside has them, and nothing else does.
#include "support.hpp"

#include <stdexcept>

namespace {

std::string text(const char *name) { return tenon::context::value(name).value_or("none"); }

} // namespace

TEST_CASE("what is called in a context has its texts") {
  tenon::context context{{"one", "1"}, {"two", "2"}};
  context.set("three", "3").set_priority(tenon::priority::high);
  CHECK(text("one") == "none");
  CHECK(context.run([] { return text("one") + text("two") + text("three") + text("four"); }) ==
        "123none");
  CHECK(text("one") == "none");
  const std::string outside = "kept";
  CHECK(context.run([&]() -> const std::string & { return outside; }) == "kept"); // a copy
  int calls = 0;
  auto count = [&calls] { calls++; };
  context.run(count);
  tenon::context().run(count);
  CHECK(calls == 2);
  std::unique_ptr<int> moved = context.run([] { return std::make_unique<int>(7); });
  CHECK(*moved == 7);
}

TEST_CASE("an inner context adds to the outer one") {
  tenon::context outer{{"one", "1"}, {"two", "2"}};
  tenon::context inner{{"two", "II"}};
  inner.set("three", "3").remove("one");
  const auto all = [] { return text("one") + " " + text("two") + " " + text("three"); };
  outer.run([&] {
    CHECK(inner.run(all) == "none II 3");
    CHECK(all() == "1 2 none");
  });
}

TEST_CASE("an exception comes out of a context, and the context ends") {
  tenon::context context{{"one", "1"}};
  CHECK_THROWS_WITH_AS(context.run([] { throw std::runtime_error("inside"); }), "inside",
                       std::runtime_error);
  CHECK_THROWS_AS(context.run([]() -> int { throw 5; }), int);
  CHECK(text("one") == "none");
}

TEST_CASE("what no context can carry is refused, and nothing is called") {
  int calls = 0;
  const auto count = [&calls] { return ++calls; };
  using namespace std::string_literals;
  for (const auto &bad : {"a\0b"s, "\xff"s}) {
    CHECK(status_of([&] {
            return tenon::context{{"name", bad}}.run(count);
          }) == TENON_STATUS_INVALID);
    CHECK(status_of([&] {
            return tenon::context{{bad, "text"}}.run(count);
          }) == TENON_STATUS_INVALID);
  }
  tenon::context odd;
  odd.set_priority(static_cast<tenon::priority>(-7));
  CHECK(status_of([&] { return odd.run(count); }) == TENON_STATUS_INVALID);
  CHECK(calls == 0);
  CHECK(status_of([] { return static_cast<void>(tenon::context::value(nullptr)), 0; }) ==
        TENON_STATUS_INVALID);
}

TEST_CASE("what is posted in a context is called without it: it is for calls of Swift") {
  tenon::executor executor;
  tenon::context context{{"one", "1"}};
  auto future = context.run([&] { return tenon::async(executor, [] { return text("one"); }); });
  CHECK(executor.run(std::move(future)) == "none");
}
