/*
 * What `crowd` takes without Tenon: VARIANT of them begin, are all pending at once, and end.
 *
 * Subjects: "calls" are tasks of Swift's that wait for a continuation, on an executor that only has a list; "callbacks" are
 * functions in two blocks of 64 bytes each, as a future and its callback have, and in a list; "timers" are libuv's.
 */
#include "bench.h"

#include <uv.h>

void by_hand_suspend(intptr_t count);
int64_t by_hand_resume(void);

static long count;
static long told_count;

/* Callbacks */

typedef struct block {
  void (*fn)(void *context);
  void *context;
  char rest[48];
} block_t;

static block_t **blocks;

static void told(void *context) {
  (void)context;
  told_count++;
}

static void run_callbacks(void) {
  for (long i = 0; i < count; i++) {
    block_t *future = blocks[2 * i] = malloc(sizeof *future);
    BENCH_CHECK(future);
    *future = (block_t){0};
  }
  for (long i = 0; i < count; i++) {
    block_t *callback = blocks[2 * i + 1] = malloc(sizeof *callback);
    BENCH_CHECK(callback);
    *callback = (block_t){.fn = told, .context = blocks[2 * i]};
    blocks[2 * i]->context = callback;
  }
  for (long i = 0; i < count; i++)
    blocks[2 * i]->fn = told;
  for (long i = 0; i < count; i++) {
    block_t *callback = blocks[2 * i]->context;
    callback->fn(callback->context);
    free(callback);
  }
  for (long i = 0; i < count; i++)
    free(blocks[2 * i]);
}

/* Swift's tasks */

static void run_calls(void) {
  by_hand_suspend(count);
  told_count = by_hand_resume();
}

/* libuv's timers */

static uv_loop_t loop;
static uv_timer_t *timers;

static void rang(uv_timer_t *timer) {
  (void)timer;
  told_count++;
}

static void run_timers(void) {
  for (long i = 0; i < count; i++) {
    uv_timer_init(&loop, &timers[i]);
    uv_timer_start(&timers[i], rang, 3600000 + (uint64_t)i / 1000, 0);
  }
  uv_run(&loop, UV_RUN_NOWAIT);
  for (long i = 0; i < count; i++)
    uv_close((uv_handle_t *)&timers[i], NULL);
  uv_run(&loop, UV_RUN_NOWAIT);
}

static double run(const bench_t *bench, void (*body)(void)) {
  uint64_t start_ns = bench_now_ns();
  long done = 0;
  for (; done < bench->iterations; done += count)
    body();
  return bench_ns_per_op(start_ns, done);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("crowd", argc, argv);
  count = bench.variant > 0 ? bench.variant : 1;
  blocks = calloc(2 * (size_t)count, sizeof *blocks);
  timers = calloc((size_t)count, sizeof *timers);
  BENCH_CHECK(blocks && timers && uv_loop_init(&loop) == 0);
  if (bench_is(&bench, "calls"))
    return bench_report(&bench, run(&bench, run_calls));
  if (bench_is(&bench, "callbacks"))
    return bench_report(&bench, run(&bench, run_callbacks));
  if (bench_is(&bench, "timers"))
    return bench_report(&bench, run(&bench, run_timers));
  return bench_unknown(&bench);
}
