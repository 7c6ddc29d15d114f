// Functions that C++ implements: closures of every kind, and protocols.
#include "../support.hpp"

#include <callbacks.hpp>

namespace {

class store : public callbacks::store {
public:
  explicit store(std::string name) : name_(std::move(name)) {}
  ~store() override { gone++; }

  tenon::future<std::optional<callbacks::item>> load(const std::string &key) override {
    return find(*this, key).start(loop);
  }
  tenon::future<void> save(const callbacks::item &item, const std::string &key) override {
    name_ = key;
    CHECK(item.name == key);
    saved++;
    return done().start(loop);
  }
  std::int64_t count() override {
    if (saved == 0)
      throw callbacks::error(callbacks::error::missing{"all"});
    return saved;
  }
  void log(const std::string &text, std::int32_t level) override {
    CHECK(text == "copying" && level == 2);
  }
  bool is_open() override { return true; }

  static inline tenon_executor_t *loop = nullptr;
  static inline int gone = 0;
  int saved = 0;

private:
  static tenon::task<std::optional<callbacks::item>> find(store &self, std::string key) {
    if (self.name_.empty())
      throw callbacks::error(callbacks::error::missing{"it"});
    if (key != self.name_)
      co_return std::nullopt;
    co_return callbacks::item{key, 1.5};
  }
  static tenon::task<void> done() { co_return; }

  std::string name_;
};

class shelf : public callbacks::shelf {
public:
  std::string get_title() override {
    if (level_ < 0)
      throw callbacks::error(callbacks::error::broken{});
    return "books";
  }
  std::optional<callbacks::item> get_first() override { return std::nullopt; }
  std::int32_t get_level() override { return level_; }
  void set_level(std::int32_t level) override { level_ = level; }
  bool is_open() override { return is_open_; }
  tenon::future<double> get_weight() override { return weigh(level_).start(store::loop); }
  void close() override { is_open_ = false; }

private:
  static tenon::task<double> weigh(double level) { co_return level / 2; }

  std::int32_t level_ = 0;
  bool is_open_ = true;
};

tenon::task<callbacks::item> weigh(std::string name, std::optional<std::int64_t> size) {
  if (name == "bad")
    throw callbacks::error(callbacks::error::broken{});
  co_return callbacks::item{std::move(name), double(size.value_or(1))};
}

tenon::task<int> use(tenon_executor_t *loop) {
  int calls = 0;
  store::loop = loop;
  callbacks::each(3, [&](std::int64_t index, const callbacks::item &item) {
    CHECK(item.name == "item " + std::to_string(index) && !item.weight);
    calls++;
  });
  CHECK(calls == 3);
  CHECK(callbacks::mapped({1, 2}, [](std::int64_t number) { return number * 2; }).at(1) == 4);
  CHECK(callbacks::filtered({"a", "bc"}, [](const std::string &name) {
          return name.size() > 1;
        }).size() == 1);
  try {
    static_cast<void>(callbacks::filtered({"a"}, [](const std::string &name) -> bool {
      throw callbacks::error(callbacks::error::missing{name});
    }));
    CHECK(false);
  } catch (const callbacks::error &error) {
    CHECK(std::get<callbacks::error::missing>(error.details).value == "a");
  }
  CHECK_THROWS(std::out_of_range, callbacks::named(1, [](std::int64_t) -> std::string {
                 return std::string("x").substr(5);
               }));
  CHECK(callbacks::named(1, [](std::int64_t) { return std::string("name"); }) == "NAME");
  const std::vector<std::string> names{"a", "bcd"};
  const std::vector<std::string> bad{"bad"};
  auto visitor = [loop](const std::string &name, std::optional<std::int64_t> size) {
    return weigh(name, size).start(loop);
  };
  CHECK(co_await callbacks::visit(loop, names, visitor) == 4);
  try {
    static_cast<void>(co_await callbacks::visit(loop, bad, visitor));
    CHECK(false);
  } catch (const callbacks::error &error) {
    CHECK(std::holds_alternative<callbacks::error::broken>(error.details));
  }
  // What has settled already when Swift gets it.
  const auto settled = [](const std::string &name, auto) {
    tenon::promise<callbacks::item> promise;
    if (name == "bad")
      promise.set_exception(std::make_exception_ptr(callbacks::error(callbacks::error::broken{})));
    else
      promise.set_value({name, 2});
    return promise.get_future();
  };
  CHECK(co_await callbacks::visit(loop, names, settled) == 4);
  CHECK_THROWS(callbacks::error, co_await callbacks::visit(loop, bad, settled));
  // A cancel reaches what C++ does, also what begins afterwards, and the call ends when that has.
  tenon::promise<callbacks::item> first, second;
  bool is_called = false, is_told = false;
  first.on_cancel(loop, [&first] { first.set_value({}); });
  second.on_cancel(loop, [&second, &is_told] {
    is_told = true;
    second.cancel();
  });
  auto visiting = callbacks::visit(loop, names, [&](const std::string &, auto) {
    return (std::exchange(is_called, true) ? second : first).get_future();
  });
  while (!is_called)
    co_await tenon::async(loop, [] {});
  visiting.cancel();
  CHECK_THROWS(tenon::cancelled, co_await std::move(visiting));
  CHECK(is_told);
  // The reason reaches it, too.
  tenon::promise<callbacks::item> third;
  is_called = false;
  std::string because;
  third.on_cancel(loop, [&third, &because] {
    if (const auto reason = third.cancel_reason())
      because = reason->what();
    third.cancel();
  });
  auto reasoned = callbacks::visit(loop, names, [&](const std::string &, auto) {
    is_called = true;
    return third.get_future();
  });
  while (!is_called)
    co_await tenon::async(loop, [] {});
  reasoned.cancel(tenon::error("app", 7, "enough"));
  CHECK_THROWS(tenon::cancelled, co_await std::move(reasoned));
  CHECK(because == "enough");
  auto waiting = callbacks::until_cancelled(loop);
  while (callbacks::last_reason() != "waiting")
    co_await tenon::async(loop, [] {});
  waiting.cancel(tenon::error("app", 7, "of the call"));
  co_await std::move(waiting);
  CHECK(callbacks::last_reason() == "of the call");
  int told = 0;
  co_await callbacks::notify(loop, [&told](std::optional<callbacks::item> item,
                                           const std::vector<double> &numbers,
                                           const std::vector<std::byte> &bytes, bool flag) {
    CHECK(item ? item->name == "late" && numbers.size() == 2 && bytes.size() == 1 && flag : !flag);
    told++;
  });
  CHECK(told >= 1);
  auto alive = std::make_shared<int>(1);
  CHECK_THROWS(callbacks::error, callbacks::keeper::create([alive](const std::string &) {}, true));
  CHECK(alive.use_count() == 1);
  std::string heard;
  {
    auto keeper = callbacks::keeper::create(
        [&heard, alive](const std::string &text) { heard = text; }, false);
    keeper.tell("hello");
    CHECK(heard == "hello" && alive.use_count() == 2);
  }
  CHECK(heard == "bye" && alive.use_count() == 1);
  const std::vector<std::string> keys{"a", "b"};
  auto source = std::make_shared<store>("b");
  auto target = std::make_shared<store>("x");
  CHECK(co_await callbacks::copy(loop, keys, source, target) == 1);
  CHECK(target->saved == 1 && callbacks::sizes(target) == 1);
  try {
    static_cast<void>(callbacks::sizes(source));
    CHECK(false);
  } catch (const callbacks::error &error) {
    CHECK(std::get<callbacks::error::missing>(error.details).value == "all");
  }
  CHECK(co_await callbacks::missing(loop, std::make_shared<store>("")) == "missing it");
  tenon::context context{{"traceparent", "of the host"}};
  context.set_priority(tenon::priority::high);
  auto [seen, urgency] = context.run([loop] {
    return std::make_pair(callbacks::context_value(loop, "traceparent"),
                          callbacks::context_priority(loop));
  });
  CHECK(co_await std::move(seen) == "of the host");
  CHECK(co_await std::move(urgency) == TENON_PRIORITY_HIGH);
  CHECK(!co_await callbacks::context_value(loop, "traceparent"));
  auto inner = [loop] {
    return tenon::async(
        loop, [seen = tenon::context::value("traceparent").value_or("none")] { return seen; });
  };
  CHECK(co_await callbacks::context_inside(loop, inner) == "of swift");
  auto shelves = std::make_shared<shelf>();
  CHECK(co_await callbacks::fill(loop, shelves, 100) == "books, nothing: 0 to 100, 50.0, false");
  CHECK(callbacks::title(shelves) == "books");
  shelves->set_level(-1);
  CHECK_THROWS(callbacks::error, static_cast<void>(callbacks::title(shelves)));
  co_return 1;
}

} // namespace

int main() { return run(use); }
