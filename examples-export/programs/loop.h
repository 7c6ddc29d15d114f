/*
 * What the C programs here share: a libuv loop with an executor on it, and callbacks that go on when something has settled.
 */
#ifndef LOOP_H
#define LOOP_H

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>

static uv_loop_t loop;
static tenon_executor_t *executor;

/** Ends the program when something has failed that cannot. */
static inline void need(tenon_status_t status, const char *what) {
  if (status == TENON_STATUS_OK)
    return;
  fprintf(stderr, "%s: %s\n", what, tenon_status_string(status));
  exit(1);
}
#define NEED(call) need(call, #call)

/** Goes on with `fn`, on the loop, when the future has settled. Takes the future. */
static inline void then(tenon_future_t *future, tenon_completion_fn fn) {
  NEED(tenon_future_on_complete(future, executor, fn, NULL, NULL));
  NEED(tenon_future_release(future));
}

/** The next item, and TENON_STATUS_OK; or TENON_STATUS_PENDING: `fn` is told when to ask again; or how the stream has ended. */
static inline tenon_status_t next(tenon_stream_t *stream, tenon_value_t *item,
                                  tenon_completion_fn fn) {
  size_t count;
  tenon_future_t *ready;
  tenon_status_t status = tenon_stream_next_batch(stream, item, 1, &count, &ready);
  if (status == TENON_STATUS_PENDING)
    then(ready, fn);
  return status;
}

/** Runs the loop until nothing is left to do. */
static inline int run(void (*start)(void)) {
  if (uv_loop_init(&loop) != 0)
    return 1;
  NEED(tenon_uv_attach(&loop, NULL, &executor));
  start();
  uv_run(&loop, UV_RUN_DEFAULT);
  NEED(tenon_uv_detach(executor, TENON_FOREVER, NULL, NULL));
  uv_run(&loop, UV_RUN_DEFAULT);
  NEED(tenon_executor_release(executor));
  return uv_loop_close(&loop) == 0 ? 0 : 1;
}

#endif
