/*
 * What one of many costs: VARIANT of them begin, are all pending at once, and end.
 *
 * Subjects: "calls" are Swift calls that await futures, "callbacks" are told in a poll, "timers" are
 * cancelled; "close-..." has an executor close while they are pending. "close" makes an executor and closes it, after as many
 * futures with callbacks have gone: nothing of them is its own.
 */
#include "bench.h"

#include <bench_call.h>

static long count;
static long told_count;
static tenon_executor_t *executor;
static tenon_promise_t **promises;
static tenon_future_t **futures;
static tenon_future_t **calls;
static tenon_timer_t **timers;

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)status;
  (void)future;
  told_count++;
}

static void rang(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  told_count++;
}

static void poll_all(void) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  do
    BENCH_CHECK(tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK);
  while (result.more);
}

static void end(int closes) {
  if (closes) {
    tenon_status_t status = tenon_executor_close(executor, 0);
    BENCH_CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT);
    tenon_executor_release(executor);
    BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  }
}

static void make_promises(void) {
  for (long i = 0; i < count; i++)
    BENCH_CHECK(tenon_promise_create(NULL, &promises[i], &futures[i]) == TENON_STATUS_OK);
}

static void settle_promises(void) {
  tenon_value_t value = tenon_value_i64(1);
  for (long i = 0; i < count; i++) {
    value = tenon_value_i64(1);
    BENCH_CHECK(tenon_promise_resolve(promises[i], &value) == TENON_STATUS_OK);
  }
}

static void run_calls(int closes) {
  make_promises();
  for (long i = 0; i < count; i++)
    BENCH_CHECK(bench_call_add_one_to(executor, futures[i], &calls[i]) == TENON_STATUS_OK);
  poll_all();
  end(closes);
  settle_promises();
  poll_all();
  for (long i = 0; i < count; i++) {
    tenon_future_release(calls[i]);
    tenon_future_release(futures[i]);
  }
}

static void run_callbacks(int closes) {
  make_promises();
  for (long i = 0; i < count; i++)
    BENCH_CHECK(tenon_future_on_complete(futures[i], executor, told, NULL, NULL) ==
                TENON_STATUS_OK);
  end(closes);
  settle_promises();
  poll_all();
  for (long i = 0; i < count; i++)
    tenon_future_release(futures[i]);
}

static void run_timers(int closes) {
  uint64_t later_ns = tenon_timer_now_ns() + 3600 * UINT64_C(1000000000);
  for (long i = 0; i < count; i++)
    BENCH_CHECK(tenon_timer_start(executor, later_ns + (uint64_t)i * 1000u, rang, NULL,
                                  &timers[i]) == TENON_STATUS_OK);
  poll_all();
  end(closes);
  for (long i = 0; i < count && !closes; i++)
    BENCH_CHECK(tenon_timer_cancel(timers[i]) == TENON_STATUS_OK);
  poll_all();
}

static double run(const bench_t *bench, void (*body)(int closes), int closes) {
  uint64_t start_ns = bench_now_ns();
  long done = 0;
  /* An executor that is closed while its calls are suspended lives as long as they do: not too many of those. */
  for (long round = 0; done < bench->iterations && !(closes && round == 1000); round++) {
    body(closes);
    done += count;
  }
  return bench_ns_per_op(start_ns, done);
}

static double run_close(const bench_t *bench) {
  run_callbacks(0);
  uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < bench->iterations; i++)
    end(1);
  return bench_ns_per_op(start_ns, bench->iterations);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("crowd", argc, argv);
  count = bench.variant > 0 ? bench.variant : 1;
  promises = calloc((size_t)count, sizeof *promises);
  futures = calloc((size_t)count, sizeof *futures);
  calls = calloc((size_t)count, sizeof *calls);
  timers = calloc((size_t)count, sizeof *timers);
  BENCH_CHECK(promises && futures && calls && timers);
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  int closes = strncmp(bench.subject, "close-", 6) == 0;
  const char *what = bench.subject + (closes ? 6 : 0);
  double ns;
  if (strcmp(what, "calls") == 0)
    ns = run(&bench, run_calls, closes);
  else if (strcmp(what, "callbacks") == 0)
    ns = run(&bench, run_callbacks, closes);
  else if (strcmp(what, "timers") == 0)
    ns = run(&bench, run_timers, closes);
  else if (strcmp(what, "close") == 0)
    ns = run_close(&bench);
  else
    return bench_unknown(&bench);
  tenon_executor_close(executor, 0);
  tenon_executor_release(executor);
  return bench_report(&bench, ns);
}
