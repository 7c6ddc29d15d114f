// A program of units that are compiled in different ways, and what each gives the others.
#include "units.hpp"

#include <cstdio>

int main() {
  const unit *const units[] = {&unit_17, &unit_20, &unit_17_without, &unit_20_without,
                               &unit_20_without_rtti};
  int wrong = 0;
  const auto check = [&](const unit &one, const unit &other, const char *what, int line) {
    if (line == 0)
      return;
    std::fprintf(stderr, "%s of %s's: unit.cpp:%d: %s\n", one.name, other.name, line, what);
    wrong++;
  };
  for (const unit *one : units) {
    check(*one, *one, "fail", one->fail());
    for (const unit *other : units) {
      tenon::executor executor;
      tenon::promise<item> promise;
      auto future = promise.get_future();
      check(*one, *other, "settle", one->settle(std::move(promise)));
      check(*other, *one, "read", other->read(std::move(future), executor));
      check(*one, *other, "read", one->read(other->make(executor), executor));
      auto shared = other->make(executor).share();
      executor.run();
      check(*one, *other, "read_shared", one->read_shared(shared));
      auto ends = other->make_stream();
      check(*one, *other, "read_stream",
            one->read_stream(std::move(ends.first), std::move(ends.second)));
      check(*one, *other, "run", one->run(other->make_task()));
    }
  }
  return wrong == 0 ? 0 : 1;
}
