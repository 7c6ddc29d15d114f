/*
 * (d) C calls a Swift async function through Tenon: see swift/Sources/BenchCall.
 *
 * Variants: 0: 1024 calls in flight; 1: one at a time; 2: one at a time, and the function suspends
 * once; 3: the caller blocks for the result.
 *
 * Subjects: "tenon-take" polls and then takes the results, "tenon-callback" has them told in the
 * poll. With variant 2, "tenon-job" is resumed by a posted job, and "tenon-future" awaits a future
 * that C resolves. With "-with" behind it the function is exported without a capture, with "-lean"
 * from a package with NonisolatedNonsendingByDefault as well. With "-sole" at the end it is in an
 * owned process that has no other executor.
 */
#include "bench.h"

#include <stdbool.h>

#include <bench_call.h>

#define IN_FLIGHT 1024

static tenon_executor_t *executor;
static int64_t sum;
static tenon_status_t (*add_one)(tenon_executor_t *executor, int64_t value,
                                 tenon_future_t **future_out) = bench_call_add_one;

static void poll_all(void) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  do
    BENCH_CHECK(tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK);
  while (result.more);
}

static tenon_future_t *start(void) {
  tenon_future_t *future;
  BENCH_CHECK(add_one(executor, 0, &future) == TENON_STATUS_OK);
  return future;
}

static void finish(tenon_future_t *future) {
  tenon_value_t value;
  BENCH_CHECK(tenon_future_consume(future, &value) == TENON_STATUS_OK);
  sum += value.as.i64;
}

static void run_take(long iterations, long in_flight) {
  tenon_future_t *futures[IN_FLIGHT];
  for (long begun = 0; begun < iterations; begun += in_flight) {
    long batch = iterations - begun < in_flight ? iterations - begun : in_flight;
    for (long i = 0; i < batch; i++)
      futures[i] = start();
    poll_all();
    for (long i = 0; i < batch; i++)
      finish(futures[i]);
  }
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  tenon_value_t value;
  BENCH_CHECK(status == TENON_STATUS_OK && tenon_future_take(future, &value) == TENON_STATUS_OK);
  sum += value.as.i64;
}

static void run_callback(long iterations, long in_flight) {
  for (long begun = 0; begun < iterations; begun += in_flight) {
    long batch = iterations - begun < in_flight ? iterations - begun : in_flight;
    for (long i = 0; i < batch; i++) {
      tenon_future_t *future = start();
      BENCH_CHECK(tenon_future_on_complete(future, executor, told, NULL, NULL) == TENON_STATUS_OK);
      BENCH_CHECK(tenon_future_release(future) == TENON_STATUS_OK);
    }
    poll_all();
  }
}

static void run_suspended_by_job(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon_future_t *future;
    BENCH_CHECK(bench_call_add_one_later(executor, 0, &future) == TENON_STATUS_OK);
    poll_all();
    finish(future);
  }
}

static void run_suspended_by_future(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon_promise_t *promise;
    tenon_future_t *number, *future;
    BENCH_CHECK(tenon_promise_create(NULL, &promise, &number) == TENON_STATUS_OK);
    BENCH_CHECK(bench_call_add_one_to(executor, number, &future) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_release(number) == TENON_STATUS_OK);
    poll_all();
    tenon_value_t zero = tenon_value_i64(0);
    BENCH_CHECK(tenon_promise_resolve(promise, &zero) == TENON_STATUS_OK);
    poll_all();
    finish(future);
  }
}

static void run_blocking(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon_future_t *future = start();
    BENCH_CHECK(tenon_future_wait(future, TENON_FOREVER) == TENON_STATUS_OK);
    finish(future);
  }
}

/** Says whether there is one executor for ever, and takes that off the subject. */
static bool choose_sole(char *subject) {
  char *last = strrchr(subject, '-');
  if (!last || strcmp(last, "-sole") != 0)
    return false;
  *last = '\0';
  return true;
}

/** Says how the function is exported, and takes that off the subject. */
static void choose_export(char *subject) {
  char *last = strrchr(subject, '-');
  if (last && strcmp(last, "-with") == 0)
    add_one = bench_call_add_one_with;
  else if (last && strcmp(last, "-lean") == 0)
    add_one = bench_call_add_one_nonsending;
  else
    return;
  *last = '\0';
}

int main(int argc, char **argv) {
  bool is_sole = argc > 1 && choose_sole(argv[1]);
  if (argc > 1)
    choose_export(argv[1]);
  bench_t bench = bench_arguments("call", argc, argv);
  long in_flight = bench.variant == 0 ? IN_FLIGHT : 1;
  BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
  if (is_sole)
    BENCH_CHECK(tenon_process_own_solely(executor) == TENON_STATUS_OK);
  uint64_t start_ns = bench_now_ns();
  if (bench_is(&bench, "tenon-take"))
    run_take(bench.iterations, in_flight);
  else if (bench_is(&bench, "tenon-callback"))
    run_callback(bench.iterations, in_flight);
  else if (bench_is(&bench, "tenon-job"))
    run_suspended_by_job(bench.iterations);
  else if (bench_is(&bench, "tenon-future"))
    run_suspended_by_future(bench.iterations);
  else if (bench_is(&bench, "tenon-wait"))
    run_blocking(bench.iterations);
  else
    return bench_unknown(&bench);
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(sum == bench.iterations);
  BENCH_CHECK(tenon_executor_close(executor, TENON_FOREVER) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_executor_release(executor) == TENON_STATUS_OK);
  return bench_report(&bench, ns);
}
