// A layer in C++: how many requests there may be at once.
#include "limit.h"

#include <atomic>
#include <middleware.hpp>

namespace {

class limit : public middleware::service {
public:
  limit(middleware::chain next, int most) : next_(std::move(next)), most_(most) {}

  tenon::future<middleware::response> call(const middleware::request &request) override {
    // Here it is in the span that has called; the task is not.
    const auto span = tenon::trace_context::start();
    request.trace.add("c++: limit", span.traceparent());
    return pass(request, tenon::context(span)).start(pool());
  }

private:
  tenon::task<middleware::response> pass(middleware::request request, tenon::context span) {
    const running one(count_);
    if (one.number > most_)
      throw middleware::error(middleware::error::limited{most_});
    co_return co_await span.run([&] { return next_.call(pool(), request); });
  }

  /// Where this layer runs. It outlives everything that does.
  static tenon::thread_pool &pool() {
    static auto *const made = new tenon::thread_pool(1, "limit");
    return *made;
  }

  struct running {
    explicit running(std::atomic<int> &count) : number(++count), count(count) {}
    ~running() { count--; }
    const int number;
    std::atomic<int> &count;
  };

  middleware::chain next_;
  const int most_;
  std::atomic<int> count_{0};
};

} // namespace

void middleware_limit(const char *next, const char *name, int most) {
  middleware::publish(
      middleware::chain::create(std::make_shared<limit>(*middleware::find(next), most)), name);
}
