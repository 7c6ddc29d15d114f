// What the C++ programs here share: a coroutine on a libuv loop.
#ifndef LOOP_HPP
#define LOOP_HPP

#include <tenon/tenon.hpp>
#include <tenon/uv.h>

#include <cstdio>
#include <exception>

/// Runs a task until nothing is left to do on the loop.
template <class Body> int run(Body body) {
  uv_loop_t loop;
  tenon_executor_t *executor = nullptr;
  if (uv_loop_init(&loop) != 0 || tenon_uv_attach(&loop, nullptr, &executor) != TENON_STATUS_OK)
    return 1;
  auto done = body(executor).start(executor);
  uv_run(&loop, UV_RUN_DEFAULT);
  tenon_uv_detach(executor, TENON_FOREVER, nullptr, nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  tenon_executor_release(executor);
  try {
    done.get();
  } catch (const std::exception &error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return uv_loop_close(&loop) == 0 ? 0 : 1;
}

#endif
