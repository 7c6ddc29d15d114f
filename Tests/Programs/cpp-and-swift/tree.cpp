// One stop at the root ends a tree of C, C++ and Swift:
//
//     root               a scope of C++, which a std::stop_source ends
//     ├─ c1              work of C's
//     ├─ task2           a coroutine; awaits cpp2
//     │  └─ cpp2         a promise with on_cancel()
//     ├─ swift3          a Swift function, with a scope of its own
//     │  └─ swift4       started in that; awaits cpp4
//     │     └─ cpp4
//     └─ child           a scope of C++
//        ├─ sink5        a stream that C++ writes
//        └─ task6        a coroutine; reads that stream
#include "tree.h"

#include <echo.h>
#include <tenon/tenon.hpp>

#include <cstdio>
#include <string>
#include <vector>

namespace {

const std::vector<std::string> expected{
    "task6 has received 1",
    // Down the tree at once, inside the one request.
    "c1 is asked to end", "cpp2 is asked to end", "cpp4 is asked to end", "sink5 is asked to end",
    "the stop has been requested",
    // Up again, each when it can: what was asked to end ends in a job of the executor's, and so does a task that waited.
    "c1 has ended", "cpp2 has ended", "cpp4 has ended", "sink5 has ended", "task6 has ended",
    "child has ended", "task2 has ended", "swift4 has ended", "swift3 has ended",
    "root has ended: cancelled"};

struct tree {
  tenon::executor executor;
  std::vector<std::string> lines;

  void say(std::string line) { lines.push_back(std::move(line)); }

  /// Asked to end, it does so in a job.
  template <class Work> void ends_in_a_job(const char *name, std::shared_ptr<Work> work) {
    work->on_cancel(nullptr, [this, name, work]() mutable {
      say(std::string(name) + " is asked to end");
      executor.post([this, name, work = std::move(work)] {
        say(std::string(name) + " has ended");
        work->cancel();
      });
    });
  }

  tenon::future<int> work(const char *name) {
    auto promise = std::make_shared<tenon::promise<int>>();
    auto future = promise->get_future();
    ends_in_a_job(name, std::move(promise));
    return future;
  }

  tenon::task<> waits(std::string name, tenon::future<int> future) {
    struct says {
      tree &self;
      std::string name;
      ~says() { self.say(name + " has ended"); }
    } const ends{*this, std::move(name)};
    co_await future;
  }

  tenon::task<> reads(tenon::stream<int> stream) {
    struct says {
      tree &self;
      ~says() { self.say("task6 has ended"); }
    } const ends{*this};
    while (auto item = co_await stream.next())
      say("task6 has received " + std::to_string(*item));
  }

  void run() {
    std::stop_source stop;
    tenon::scope root;
    root.cancel_on(stop.get_token());

    tenon_future_t *handle = nullptr;
    tenon::detail::require(tree_start_c(executor, this, &handle));
    root.add(tenon::future<void>::adopt(handle));
    root.start(executor, waits("task2", work("cpp2")));
    const auto inner = work("cpp4");
    tenon::detail::require(echo_tree(executor, inner.handle(), tree_say, this, &handle));
    root.add(tenon::future<void>::adopt(handle));

    tenon::scope_options options;
    options.parent = root;
    tenon::scope child(options);
    auto [sink, stream] = tenon::make_stream<int>();
    sink.send(1).get();
    child.add(stream);
    ends_in_a_job("sink5", std::make_shared<tenon::sink<int>>(std::move(sink)));
    child.start(executor, reads(std::move(stream)));
    auto child_end =
        child.close().then(nullptr, [this](tenon::future<void>) { say("child has ended"); });
    auto end = root.close();
    executor.poll();

    // As a handler of Ctrl-C would, on the loop.
    executor.post([&] {
      stop.request_stop();
      say("the stop has been requested");
    });
    try {
      executor.run(std::move(end));
    } catch (const tenon::cancelled &) {
      say("root has ended: cancelled");
    }
  }
};

} // namespace

void tree_say(void *log, const char *line) { static_cast<tree *>(log)->say(line); }

bool tree_ends_in_order() {
  tree tree;
  tree.run();
  if (tree.lines == expected)
    return true;
  for (const std::string &line : tree.lines)
    std::printf("# %s\n", line.c_str());
  return false;
}
