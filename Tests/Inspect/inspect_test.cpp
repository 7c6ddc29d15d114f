/*
 * <tenon/inspect.hpp>: each class on real futures and loops, moved, misused, and without exceptions. With the argument "throw" the
 * function of a watch throws, which ends the program.
 */
#include <tenon/inspect.hpp>
#include <tenon/tenon.hpp>

#include <algorithm>
#include <array>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace {

using namespace std::chrono_literals;

std::atomic<int> failures{0};

void check(bool holds, const char *what, int line) {
  if (holds)
    return;
  std::fprintf(stderr, "inspect_test.cpp:%d: not so: %s\n", line, what);
  failures++;
}

#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, __LINE__)

std::uint64_t bits(const void *handle) { return reinterpret_cast<std::uintptr_t>(handle); }

bool has(std::string_view text, std::string_view part) { return text.find(part) != text.npos; }

/// What is written to a file.
template <class Write> std::string written(Write write) {
  const int file = ::memfd_create("written", 0);
  write(file);
  std::string text(static_cast<std::size_t>(::lseek(file, 0, SEEK_END)), '\0');
  CHECK(::pread(file, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()));
  ::close(file);
  return text;
}

std::size_t occurrences(const std::string &text, std::string_view part) {
  std::size_t found = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != text.npos; at++)
    found++;
  return found;
}

/// Waits until it was told.
class bell {
public:
  void ring() {
    const std::lock_guard lock(mutex_);
    rings_++;
    rung_.notify_all();
  }
  void await() {
    std::unique_lock lock(mutex_);
    rung_.wait(lock, [this] { return rings_ > 0; });
    rings_--;
  }

private:
  std::mutex mutex_;
  std::condition_variable rung_;
  int rings_ = 0;
};

void sees_what_there_is() {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "worker";
  tenon::executor executor(&config);
  tenon::promise<int> promise;
  auto future = promise.get_future();
  const tenon_future_t *const source = future.handle();
  CHECK(tenon_future_set_name(future.handle(), "reply", nullptr) == TENON_STATUS_OK);
  auto mapped = std::move(future).then(executor, [](int number) { return number + 1; });
  auto [sink, stream] = tenon::make_stream<int>(1);

  const tenon::snapshot snapshot = tenon::snapshot::take();
  std::size_t nodes = 0, named = 0;
  for (const tenon::snapshot_node &node : snapshot.nodes()) {
    nodes++;
    if (node.id != bits(source))
      continue;
    named++;
    CHECK(node.kind == "future" && node.state == "pending" && node.name == "reply");
    CHECK(has(node.title, "future ") && node.age && node.age > 0ns && !node.is_call);
    CHECK(node.frames.empty() && !node.source);
  }
  const auto range = snapshot.nodes();
  CHECK(nodes >= 5 && named == 1 && std::distance(range.begin(), range.end()) > 0);
  CHECK(std::distance(range.begin(), range.end()) == static_cast<std::ptrdiff_t>(nodes));
  CHECK(std::any_of(range.begin(), range.end(), [&](const tenon::snapshot_node &node) {
    return node.kind == "executor" && node.name == "worker";
  }));
  const auto edges = snapshot.edges();
  CHECK(std::any_of(edges.begin(), edges.end(), [&](const tenon::snapshot_edge &edge) {
    return edge.to == bits(source) && edge.is_wait && !edge.relation.empty();
  }));
  // By what has a handle, by the handle, by its bits.
  CHECK(snapshot.find_node(executor)->name == "worker");
  CHECK(snapshot.find_node(static_cast<const void *>(source))->id == bits(source));
  CHECK(snapshot.find_node(bits(source))->name == "reply");
  CHECK(snapshot.find_node(stream)->kind == "stream" && snapshot.find_node(sink)->kind == "sink");
  CHECK(snapshot.find_node(promise)->id == bits(source));

  const auto why = snapshot.explain(promise);
  CHECK(why && why->chain.size() == 1 && why->chain[0] == bits(source) && !why->is_deadlock());
  CHECK(has(why->text, "nobody has settled its promise"));
  CHECK(snapshot.explain(source)->text == why->text);
  CHECK(snapshot.explain(bits(source))->chain == why->chain);
  CHECK(has(snapshot.text(tenon::snapshot_format::tree), "executor \"worker\""));
  CHECK(has(snapshot.text(tenon::snapshot_format::why), "reply"));
  CHECK(has(snapshot.text(tenon::snapshot_format::json), "{\"schema\":\"tenon-inspect\","));

  // What was done is in the next one no more.
  promise.set_value(1);
  CHECK(executor.run(std::move(mapped)) == 2);
  CHECK(!tenon::snapshot::take().explain(source) && snapshot.explain(source));
}

void finds_a_deadlock() {
  tenon::promise<void> one, other;
  const auto first = one.get_future(), second = other.get_future();
  one.set_wait(second, "the other one");
  other.set_wait(first, "the one");
  // What it says stays when the snapshot is gone.
  const auto why = tenon::snapshot::take().explain(first);
  CHECK(why && why->is_deadlock() && why->cycle_start == 0u && why->chain.size() == 2);
  CHECK(why->chain[0] == bits(first.handle()) && why->chain[1] == bits(second.handle()));
  CHECK(has(why->text, "this is a deadlock"));
}

void moves_snapshots() {
  tenon::promise<void> promise;
  const auto future = promise.get_future();
  auto first = tenon::snapshot::take();
  const auto *const handle = first.handle();
  auto second = std::move(first);
  CHECK(second.handle() == handle && second.find_node(future));
  auto third = tenon::snapshot::take();
  third = std::move(second);
  CHECK(third.handle() == handle && third.find_node(future));
  auto &itself = third;
  third = std::move(itself);
  CHECK(third.handle() == handle);
  auto given = tenon::snapshot::adopt(third.release());
  CHECK(given.handle() == handle && !third.handle());
  std::optional<tenon::snapshot> tried;
  CHECK(tenon::snapshot::try_take(tried) == TENON_STATUS_OK && tried && tried->find_node(future));
  tenon_snapshot_config_t config = TENON_SNAPSHOT_CONFIG_INIT;
  config.flags = 1;
  const auto *const before = tried->handle();
  CHECK(tenon::snapshot::try_take(tried, &config) == TENON_STATUS_INVALID);
  CHECK(tried && tried->handle() == before);
  static_assert(!std::is_copy_constructible_v<tenon::snapshot> &&
                !std::is_copy_assignable_v<tenon::snapshot> &&
                !std::is_copy_constructible_v<tenon::watch> &&
                std::is_nothrow_move_constructible_v<tenon::snapshot> &&
                std::is_nothrow_move_assignable_v<tenon::watch>);
}

/// Counts the functions that there are.
struct telling {
  static inline std::atomic<int> alive{0};
  telling() { alive++; }
  telling(telling &&) noexcept { alive++; }
  telling &operator=(telling &&) = delete;
  ~telling() { alive--; }
};

tenon::watch_config jobs_of(std::chrono::nanoseconds time) {
  tenon::watch_config config;
  config.job = time;
  return config;
}

void tells_of_a_job() {
  tenon::executor executor;
  bell told;
  std::optional<tenon::watch_event> seen;
  std::string state;
  auto watch =
      tenon::watch::start(jobs_of(1ms), [&, telling = telling()](const tenon::watch_event &event) {
        if (event.kind != tenon::watch_kind::job || event.id != bits(executor.handle()) || seen)
          return;
        seen = event;
        CHECK(event.snapshot != nullptr);
        state = event.snapshot->find_node(event.id)->state;
        CHECK(event.snapshot->explain(event.id).has_value());
        told.ring();
      });
  executor.post([&] { told.await(); }); // lasts until it was told of
  executor.run();
  CHECK(telling::alive == 1 && watch.handle());
  watch.end();
  CHECK(telling::alive == 0 && !watch.handle());
  watch.end();
  CHECK(seen && seen->duration >= 1ms && seen->thread == ::getpid() && state == "polling");
}

void tells_of_a_wait() {
  tenon::promise<int> promise;
  auto future = promise.get_future();
  const auto id = bits(future.handle());
  tenon::watch_config config;
  config.wait = 1ms;
  std::atomic<int> times{0};
  std::optional<std::int32_t> thread;
  {
    const auto watch = tenon::watch::start(config, [&](const tenon::watch_event &event) {
      if (event.kind != tenon::watch_kind::wait || event.id != id || !event.thread || times++ != 0)
        return;
      thread = event.thread;
      promise.set_value(7);
    });
    CHECK(future.get() == 7); // sleeps until it was told of
  }
  CHECK(times == 1 && thread == ::getpid());
}

void ends_a_watch_from_inside() {
  tenon::executor executor;
  bell told;
  std::atomic<int> times{0};
  std::mutex mutex;
  std::optional<tenon::watch> watch;
  {
    const std::lock_guard lock(mutex);
    watch = tenon::watch::start(jobs_of(1ms), [&, telling = telling()](const auto &event) {
      if (event.id != bits(executor.handle()))
        return;
      const std::lock_guard lock_inside(mutex);
      watch.reset();
      CHECK(telling::alive == 1); // it goes on
      times++;
      told.ring();
    });
  }
  executor.post([&] { told.await(); });
  executor.run();
  // It is gone when it has returned.
  while (telling::alive != 0)
    std::this_thread::yield();
  CHECK(times == 1 && !watch);
}

void moves_watches() {
  tenon::executor executor;
  bell told;
  const auto ring = [&, telling = std::make_shared<telling>()](const tenon::watch_event &event) {
    if (event.id == bits(executor.handle()))
      told.ring();
  };
  auto first = tenon::watch::start(jobs_of(1ms), ring);
  auto second = std::move(first);
  first.end(); // ends nothing
  executor.post([&] { told.await(); });
  executor.run();
  auto third = tenon::watch::start(jobs_of(1h), ring);
  const auto *const handle = second.handle();
  third = std::move(second);
  CHECK(third.handle() == handle && !first.handle() && !second.handle());
  auto &itself = third;
  third = std::move(itself);
  executor.post([&] { told.await(); });
  executor.run();
}

std::uint64_t value_of(std::string_view name, std::string_view executor = {}) {
  for (const auto &metric : tenon::metrics::read()) {
    const bool is_it =
        std::any_of(metric.attributes.begin(), metric.attributes.end(), [&](const auto &attribute) {
          return attribute.first == "tenon.executor.name" && attribute.second == executor;
        });
    if (metric.name == name && (executor.empty() || is_it))
      return metric.value;
  }
  CHECK(name.empty()); // there is no such metric
  return 0;
}

void counts() {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "counted";
  tenon::executor executor(&config);
  const auto pending = value_of("tenon.future.pending");
  {
    tenon::promise<void> promise;
    const auto future = promise.get_future();
    CHECK(value_of("tenon.future.pending") == pending + 1);
  }
  CHECK(value_of("tenon.future.pending") == pending);
  executor.post([] {});
  executor.run();
  CHECK(value_of("tenon.executor.jobs", "counted") == 1);
  for (const auto &metric : tenon::metrics::read())
    if (metric.name == "tenon.future.created")
      CHECK(metric.kind == tenon::metric_kind::counter && metric.unit == "{future}" &&
            !metric.description.empty() && metric.attributes.empty());
  const std::string text = written([](int file) { tenon::metrics::write_prometheus(file); });
  CHECK(has(text, "tenon_executor_jobs_total{") && has(text, "counted"));
}

void records() {
  tenon::executor executor;
  bool is_recorded = true;
  CHECK(written([&](int file) { is_recorded = tenon::record::write(file); }).empty());
  CHECK(!is_recorded);
  tenon::record::start(tenon::record::calls | tenon::record::jobs, 4096);
  for (int index = 0; index < 10; index++)
    executor.post([] {});
  executor.run();
  tenon::record::end();
  executor.post([] {});
  executor.run();
  const auto write = [](int file) { CHECK(tenon::record::write(file)); };
  CHECK(occurrences(written(write), "\"ph\":\"B\"") == 10);
  tenon::record::start(tenon::record::calls);
  CHECK(occurrences(written(write), "\"ph\":\"B\"") == 0);
  tenon::record::start(tenon::record::all);
  tenon::promise<int> promise;
  promise.set_value(1);
  CHECK(occurrences(written(write), "\"name\":\"settles future ") == 2);
  tenon::record::end();
}

#if TENON_HAS_EXCEPTIONS

/// The code of the tenon::error that f() throws, if its domain is that; 0: it throws none.
template <class F> std::int64_t code_of(F f, std::string_view domain = "tenon") {
  try {
    f();
  } catch (const tenon::error &error) {
    CHECK(error.domain() == domain);
    return error.value();
  }
  return 0;
}

template <class F> bool is_invalid(F f) { return code_of(f) == TENON_STATUS_INVALID; }

void refuses_what_is_wrong() {
  tenon_snapshot_config_t config = TENON_SNAPSHOT_CONFIG_INIT;
  config.flags = 1;
  CHECK(is_invalid([&] { static_cast<void>(tenon::snapshot::take(&config)); }));
  auto snapshot = tenon::snapshot::take();
  tenon::future<int> nothing;
  CHECK(is_invalid([&] { static_cast<void>(snapshot.explain(nothing)); }));
  CHECK(is_invalid([&] { static_cast<void>(snapshot.find_node(std::uint64_t{0})); }));
  CHECK(!snapshot.find_node(&config) && !snapshot.explain(&config));
  CHECK(is_invalid(
      [&] { static_cast<void>(snapshot.text(static_cast<tenon::snapshot_format>(99))); }));

  // Nothing is where one was moved from, and no harm to go on with it.
  const auto nodes = snapshot.nodes();
  auto at = nodes.begin();
  std::optional<tenon::snapshot> other(std::move(snapshot));
  ++at;
  CHECK(is_invalid([&] { static_cast<void>(snapshot.explain(&config)); }));
  CHECK(is_invalid([&] { static_cast<void>(snapshot.find_node(&config)); }));
  CHECK(is_invalid([&] { static_cast<void>(snapshot.nodes().begin()); }));
  CHECK(is_invalid([&] { static_cast<void>(snapshot.edges().begin()); }));
  CHECK(is_invalid([&] { static_cast<void>(snapshot.text(tenon::snapshot_format::tree)); }));
  other.reset();
  CHECK(code_of([&] { ++at; }) == TENON_STATUS_STALE);

  const auto start = [](std::chrono::nanoseconds job) {
    static_cast<void>(
        tenon::watch::start(jobs_of(job), [telling = telling()](const tenon::watch_event &) {}));
  };
  CHECK(is_invalid([&] { start(0ns); }));
  CHECK(is_invalid([&] { start(-1ns); }));
  CHECK(code_of([&] { start(std::chrono::nanoseconds::max()); }) == 0 && telling::alive == 0);

  CHECK(is_invalid([] { tenon::record::start(1u << 31); }));
  tenon::record::start(tenon::record::jobs);
  tenon::record::end();
  CHECK(is_invalid([] { tenon::record::write(1, static_cast<tenon::record_format>(99)); }));
  CHECK(code_of([] { tenon::record::write(-1); }, "errno") == EBADF);
  CHECK(code_of([] { tenon::metrics::write_prometheus(-1); }, "errno") == EBADF);
  std::array<int, 2> ends{};
  CHECK(::pipe(ends.data()) == 0);
  ::close(ends[0]);
  try {
    tenon::metrics::write_prometheus(ends[1]);
    failures++; // nobody reads it
  } catch (const std::system_error &error) {
    CHECK(error.code() == std::errc::broken_pipe);
  }
  ::close(ends[1]);
}

/// In a fork's child there is nothing to look at, and nothing to end.
void refuses_in_a_forks_child() {
  auto watch =
      tenon::watch::start(jobs_of(1h), [telling = telling()](const tenon::watch_event &) {});
  const pid_t child = ::fork();
  if (child == 0) {
    watch.end();
    watch.end();
    // Errors have no room for why in there, statuses do.
    std::optional<tenon::snapshot> snapshot;
    const bool is_right = tenon::snapshot::try_take(snapshot) == TENON_STATUS_FORKED && !snapshot &&
                          code_of([] { static_cast<void>(tenon::snapshot::take()); }) != 0 &&
                          code_of([] { static_cast<void>(tenon::metrics::read()); }) != 0 &&
                          code_of([] { tenon::record::start(tenon::record::jobs); }) != 0 &&
                          telling::alive == 1; // it may be halfway through something
    ::_exit(is_right ? 0 : 1);
  }
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  watch.end();
  CHECK(telling::alive == 0);
}

/// An exception does not get into the library: the program ends where it is thrown, as any function's that may not throw.
[[noreturn]] void throw_in_a_watch() {
  std::set_terminate([] {
    try {
      std::rethrow_exception(std::current_exception());
    } catch (const std::runtime_error &error) {
      std::_Exit(std::string_view(error.what()) == "out of a watch" ? 42 : 1);
    }
  });
  tenon::executor executor;
  bell never;
  const auto watch = tenon::watch::start(
      jobs_of(1ms), [](const tenon::watch_event &) { throw std::runtime_error("out of a watch"); });
  executor.post([&] { never.await(); });
  executor.run();
  std::_Exit(1);
}

void ends_where_a_watch_throws() {
  std::string program = "/proc/self/exe", argument = "throw";
  std::array<char *, 3> arguments{program.data(), argument.data(), nullptr};
  pid_t child = 0;
  CHECK(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments.data(), environ) == 0);
  int status = -1;
  ::waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 42);
}

#endif

} // namespace

int main(int count, char **arguments) {
#if TENON_HAS_EXCEPTIONS
  if (count > 1 && std::string_view(arguments[1]) == "throw")
    throw_in_a_watch();
#else
  static_cast<void>(count);
  static_cast<void>(arguments);
#endif
  sees_what_there_is();
  finds_a_deadlock();
  moves_snapshots();
  tells_of_a_job();
  tells_of_a_wait();
  ends_a_watch_from_inside();
  moves_watches();
  counts();
  records();
#if TENON_HAS_EXCEPTIONS
  refuses_what_is_wrong();
  refuses_in_a_forks_child();
  ends_where_a_watch_throws();
#endif
  std::printf("# inspect.hpp: %s\n", failures != 0 ? "failed" : "all seen");
  return failures != 0;
}
