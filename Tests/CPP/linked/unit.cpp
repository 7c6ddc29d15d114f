// One unit of a program, UNIT, compiled in one way of several.
#include "units.hpp"

#define REQUIRE(...)                                                                               \
  do                                                                                               \
    if (!(__VA_ARGS__))                                                                            \
      return __LINE__;                                                                             \
  while (0)

static tenon::future<item> make(tenon_executor_t *executor) {
  return tenon::async(executor, twice, 21).then(executor, [](int number) {
    return item{number, "text"};
  });
}

static std::pair<tenon::sink<item>, tenon::stream<item>> make_stream() {
  return tenon::make_stream<item>(2);
}

static tenon::packaged_task<item(int)> make_task() {
  return tenon::packaged_task<item(int)>([](int number) { return item{number, "text"}; });
}

static int settle(tenon::promise<item> promise) {
  REQUIRE(promise.try_set_value(item{42, "text"}) == TENON_STATUS_OK);
  REQUIRE(promise.try_set_value(item{42, "text"}) == TENON_STATUS_ALREADY_SETTLED);
  return 0;
}

static int read(tenon::future<item> future, tenon::executor &executor) {
  std::vector<tenon::future<item>> futures;
  futures.push_back(std::move(future));
  auto all = executor.run(tenon::all(std::move(futures)));
  REQUIRE(all.size() == 1 && all[0].number == 42 && all[0].text == "text");
  return 0;
}

static int read_shared(tenon::shared_future<item> future) {
  future.wait();
  REQUIRE(future.get().number == 42);
#if TENON_HAS_COROUTINES
  auto task = [](tenon::shared_future<item> awaited) -> tenon::task<int> {
    co_return (co_await awaited).number;
  };
  REQUIRE(task(future).start().get() == 42);
#endif
  return 0;
}

static int read_stream(tenon::sink<item> sink, tenon::stream<item> stream) {
  REQUIRE(sink.try_send(item{1, "one"}) == TENON_STATUS_OK);
  sink.send(item{2, "two"}).get();
  sink.close();
  REQUIRE(stream.next().get()->text == "one");
  std::optional<item> next;
  REQUIRE(stream.try_next(next) == TENON_STATUS_OK && next->number == 2);
  REQUIRE(!stream.next().get());
  return 0;
}

static int run(tenon::packaged_task<item(int)> task) {
  auto future = task.get_future();
  task(42);
  REQUIRE(future.get().number == 42);
  task.reset();
  return 0;
}

#if TENON_HAS_EXCEPTIONS

static int throws(int number) {
  if (number > 0)
    throw std::runtime_error("thrown");
  return number;
}

template <class Exception, class F> static bool throws_as(F &&f) {
  try {
    f();
  } catch (const Exception &) {
    return true;
  }
  return false;
}

static int fail() {
  REQUIRE(throws_as<std::future_error>([] { tenon::future<int>().get(); }));
  REQUIRE(throws_as<std::future_error>([] { tenon::future<int>().wait(); }));
  REQUIRE(throws_as<std::future_error>([] { tenon::shared_future<int>().wait(); }));
  REQUIRE(throws_as<std::future_error>([] { tenon::packaged_task<item(int)>()(1); }));
  REQUIRE(throws_as<std::future_error>([] {
    tenon::promise<int> promise;
    promise.set_value(1);
    promise.set_value(2);
  }));
  REQUIRE(throws_as<std::future_error>([] {
    auto broken = tenon::promise<int>().get_future();
    broken.get();
  }));
  tenon::executor executor;
  REQUIRE(throws_as<std::runtime_error>([&] { executor.run(tenon::async(executor, throws, 1)); }));
  REQUIRE(throws_as<std::runtime_error>(
      [&] { executor.run(tenon::async(executor, twice, 1).then(executor, throws)); }));
  REQUIRE(throws_as<std::runtime_error>([&] {
    executor.run(tenon::all(tenon::async(executor, throws, 1), tenon::async(executor, twice, 1)));
  }));
  tenon::packaged_task<int(int)> task(throws);
  auto failed = task.get_future();
  task(1);
  REQUIRE(throws_as<std::runtime_error>([&] { failed.get(); }));
  REQUIRE(throws_as<tenon::cancelled>([] {
    tenon::promise<int> promise;
    promise.cancel();
    promise.get_future().get();
  }));
  REQUIRE(throws_as<tenon::error>([] {
    tenon::promise<int> promise;
    promise.set_error(tenon::error("app", 1, "text"));
    promise.get_future().get();
  }));
  tenon::promise<int> passed_on;
  passed_on.set_exception(std::make_exception_ptr(tenon::error("app", 1, "text")));
  REQUIRE(passed_on.get_future().failure()->domain() == std::string("app"));
  auto [sink, stream] = tenon::make_stream<int>(2);
  sink.fail(std::make_exception_ptr(std::runtime_error("text")));
  REQUIRE(throws_as<std::runtime_error>([&reader = stream] { reader.next().get(); }));
  REQUIRE(throws_as<tenon::error>([&writer = sink] { writer.send(1).get(); }));
  executor.close();
  REQUIRE(throws_as<tenon::error>([&] { tenon::async(executor, twice, 1).detach(); }));
  REQUIRE(throws_as<tenon::error>([&] { tenon::scope().add(nullptr); }));
#if TENON_HAS_RTTI
  try {
    tenon::detail::require(TENON_STATUS_INVALID);
  } catch (const std::exception &caught) {
    REQUIRE(dynamic_cast<const tenon::error *>(&caught));
  }
#endif
#if TENON_HAS_COROUTINES
  auto body = [](int number) -> tenon::task<int> { co_return throws(number); };
  auto awaits = [&]() -> tenon::task<int> { co_return co_await body(1); };
  REQUIRE(throws_as<std::runtime_error>([&] { awaits().start().get(); }));
  REQUIRE(throws_as<std::future_error>([&] {
    auto moved = body(1);
    { auto away = std::move(moved); }
    std::move(moved).start().get();
  }));
#endif
  return 0;
}

#else

/// The same functions, in their other form: a linker may take them for both.
static int fail() {
  tenon::promise<int> failing, broken;
  auto failed = failing.get_future();
  REQUIRE(failing.try_set_error(tenon::error("app", 1, "text")) == TENON_STATUS_OK);
  std::optional<int> none;
  REQUIRE(failed.try_get(none) == TENON_STATUS_REJECTED && failed.failure()->value() == 1);
  auto pending = broken.get_future();
  { auto gone = std::move(broken); }
  REQUIRE(pending.try_get(none) == TENON_STATUS_REJECTED);
  tenon::executor executor;
  REQUIRE(executor.run(tenon::async(executor, twice, 1).then(executor, twice)) == 4);
  REQUIRE(std::get<1>(executor.run(tenon::all(tenon::async(executor, twice, 1),
                                              tenon::async(executor, twice, 2)))) == 4);
  tenon::packaged_task<int(int)> task(twice);
  auto done = task.get_future();
  task(1);
  done.wait();
  REQUIRE(done.get() == 2);
  tenon::promise<int> set;
  auto shared = set.get_future().share();
  set.set_value(1);
  REQUIRE(shared.get() == 1);
  auto [sink, stream] = tenon::make_stream<int>(2);
  sink.send(1).get();
  REQUIRE(stream.next().get() == 1);
  tenon::scope scope;
  scope.close().wait();
#if TENON_HAS_COROUTINES
  auto body = [](int number) -> tenon::task<int> { co_return number; };
  REQUIRE(body(1).start().get() == 1);
#endif
  return 0;
}

#endif

#define TEXT_(text) #text
#define TEXT(text) TEXT_(text)
const unit UNIT{TEXT(UNIT), make,        make_stream, make_task, settle,
                read,       read_shared, read_stream, run,       fail};
