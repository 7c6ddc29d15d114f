/*
 * (f) Timers.
 *
 * Variant 0: the loop's thread, inside a job, arms a timer and cancels it, while 1e5 others are
 * armed; 1000 in one job, which reads the clock once. Callbacks that tell of the cancel are part of
 * the work.
 * Variant 1: timers of 1 to 100 ms are armed, all come due while nobody runs the loop, and then
 * fire; only the firing is timed.
 */
#include "bench.h"

#include <tenon/timer.h>
#include <uv.h>

#define OTHERS 100000
#define BATCH 1000

static uint64_t random_state = 1;
static long iterations;
static long begun, told;

/* Between 10 and 1000 s from now: none of them fires. */
static uint64_t far_ms(void) { return 10000 + bench_random(&random_state) % 990000; }
static uint64_t near_ms(void) { return 1 + bench_random(&random_state) % 100; }

static void sleep_ms(long ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000};
  nanosleep(&time, NULL);
}

/* Tenon */

static tenon_executor_t *executor;

static void tenon_told(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  told++;
}

static void tenon_arm(uint64_t now_ns, uint64_t ms, tenon_timer_t **timer_out) {
  BENCH_CHECK(tenon_timer_start(executor, now_ns + ms * 1000000, tenon_told, NULL, timer_out) ==
              TENON_STATUS_OK);
}

static void tenon_job(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  uint64_t now_ns = tenon_timer_now_ns();
  for (int i = 0; i < BATCH; i++) {
    tenon_timer_t *timer;
    tenon_arm(now_ns, far_ms(), &timer);
    BENCH_CHECK(tenon_timer_cancel(timer) == TENON_STATUS_OK);
  }
  begun += BATCH;
  if (begun < iterations)
    BENCH_CHECK(tenon_executor_post(executor, tenon_job, NULL) == TENON_STATUS_OK);
}

static void tenon_poll(void) {
  BENCH_CHECK(tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK);
}

static double tenon_arm_cancel(void) {
  uint64_t now_ns = tenon_timer_now_ns();
  for (int i = 0; i < OTHERS; i++)
    tenon_arm(now_ns, far_ms(), NULL);
  tenon_poll();
  uint64_t start_ns = bench_now_ns();
  BENCH_CHECK(tenon_executor_post(executor, tenon_job, NULL) == TENON_STATUS_OK);
  while (told < iterations)
    tenon_poll();
  return bench_ns_per_op(start_ns, iterations);
}

static double tenon_fire(void) {
  uint64_t now_ns = tenon_timer_now_ns();
  for (long i = 0; i < iterations; i++)
    tenon_arm(now_ns, near_ms(), NULL);
  tenon_poll();
  sleep_ms(150);
  long early = told;
  uint64_t start_ns = bench_now_ns();
  while (told < iterations)
    tenon_poll();
  return bench_ns_per_op(start_ns, iterations - early);
}

/* libuv */

static uv_loop_t loop;
static uv_timer_t one_timer;
static uv_idle_t idle;

static void uv_told(uv_timer_t *timer) {
  (void)timer;
  told++;
}

static void uv_job(uv_idle_t *handle) {
  for (int i = 0; i < BATCH; i++) {
    uv_timer_start(&one_timer, uv_told, far_ms(), 0);
    uv_timer_stop(&one_timer);
  }
  begun += BATCH;
  if (begun >= iterations)
    uv_idle_stop(handle);
}

static uv_timer_t *uv_arm_all(long count, uint64_t (*ms)(void)) {
  uv_timer_t *timers = (uv_timer_t *)calloc((size_t)count, sizeof *timers);
  for (long i = 0; i < count; i++) {
    uv_timer_init(&loop, &timers[i]);
    uv_timer_start(&timers[i], uv_told, ms(), 0);
  }
  return timers;
}

static double uv_arm_cancel(void) {
  uv_arm_all(OTHERS, far_ms);
  uv_timer_init(&loop, &one_timer);
  uv_idle_init(&loop, &idle);
  uv_idle_start(&idle, uv_job);
  uint64_t start_ns = bench_now_ns();
  while (begun < iterations)
    uv_run(&loop, UV_RUN_NOWAIT);
  return bench_ns_per_op(start_ns, iterations);
}

static double uv_fire(void) {
  uv_arm_all(iterations, near_ms);
  sleep_ms(150);
  uint64_t start_ns = bench_now_ns();
  while (told < iterations)
    uv_run(&loop, UV_RUN_NOWAIT);
  return bench_ns_per_op(start_ns, iterations);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("timers", argc, argv);
  iterations = bench.iterations;
  BENCH_CHECK(uv_loop_init(&loop) == 0);
  if (bench_is(&bench, "tenon")) {
    BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
    return bench_report(&bench, bench.variant ? tenon_fire() : tenon_arm_cancel());
  }
  if (bench_is(&bench, "uv"))
    return bench_report(&bench, bench.variant ? uv_fire() : uv_arm_cancel());
  return bench_unknown(&bench);
}
