/*
 * (d) C calls a Swift async function in the hand-written way: see swift/ByHand/ByHand.swift.
 *
 * Variants: 0: 1024 calls in flight; 1: one at a time; 2: one at a time, and the function suspends
 * once; 3: the caller blocks for the result.
 */
#include "bench.h"

#include <semaphore.h>
#include <stdatomic.h>

#define IN_FLIGHT 1024

typedef void (*callback_t)(void *context, int64_t result);
typedef void (*start_t)(int64_t value, callback_t callback, void *context);

void by_hand_start(int64_t value, callback_t callback, void *context);
void by_hand_start_later(int64_t value, callback_t callback, void *context);
int64_t by_hand_call(int64_t value);

static _Atomic int64_t missing; /* results of this batch */
static sem_t all_told;

static void told(void *context, int64_t result) {
  (void)context;
  if (atomic_fetch_sub(&missing, result) == result)
    sem_post(&all_told);
}

static void run(start_t start, long iterations, long in_flight) {
  for (long begun = 0; begun < iterations; begun += in_flight) {
    long batch = iterations - begun < in_flight ? iterations - begun : in_flight;
    atomic_store(&missing, batch);
    for (long i = 0; i < batch; i++)
      start(0, told, NULL);
    while (sem_wait(&all_told) != 0)
      ;
  }
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("call", argc, argv);
  if (!bench_is(&bench, "by-hand"))
    return bench_unknown(&bench);
  sem_init(&all_told, 0, 0);
  uint64_t start_ns = bench_now_ns();
  if (bench.variant == 3)
    for (long i = 0; i < bench.iterations; i++)
      BENCH_CHECK(by_hand_call(i) == i + 1);
  else
    run(bench.variant == 2 ? by_hand_start_later : by_hand_start, bench.iterations,
        bench.variant == 0 ? IN_FLIGHT : 1);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
