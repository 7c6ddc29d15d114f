// What the C++ programs of these tests share.
#ifndef BINDGEN_SUPPORT_HPP
#define BINDGEN_SUPPORT_HPP

#include <tenon/tenon.hpp>

#include <cstdio>

inline int failures = 0;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      std::fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                 \
      failures++;                                                                                  \
    }                                                                                              \
  } while (0)

#define CHECK_THROWS(type, expression)                                                             \
  do {                                                                                             \
    bool has_thrown = false;                                                                       \
    try {                                                                                          \
      static_cast<void>(expression);                                                               \
    } catch (const type &) {                                                                       \
      has_thrown = true;                                                                           \
    }                                                                                              \
    CHECK(has_thrown);                                                                             \
  } while (0)

/// Runs a coroutine on a loop of its own.
inline int run(tenon::task<int> (*body)(tenon_executor_t *)) {
  tenon::executor loop;
  tenon::future<int> done = body(loop.handle()).start(loop.handle());
  tenon_executor_run_until(loop.handle(), done.handle(), TENON_FOREVER);
  CHECK(done.get() == 1);
  tenon_executor_close(loop.handle(), 0);
  if (failures == 0)
    std::puts("ok");
  return failures != 0;
}

#endif
