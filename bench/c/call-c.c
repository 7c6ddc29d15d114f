/* (d) The limit: C calls a C function that tells its result to a callback (3: returns it). */
#include "bench.h"

typedef void (*callback_t)(void *context, int64_t result);

__attribute__((noinline)) static void start(int64_t value, callback_t callback, void *context) {
  callback(context, value + 1);
}

__attribute__((noinline)) static int64_t call(int64_t value) {
  __asm__ volatile("");
  return value + 1;
}

static void told(void *context, int64_t result) { *(int64_t *)context += result; }

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("call", argc, argv);
  if (!bench_is(&bench, "c"))
    return bench_unknown(&bench);
  void (*volatile start_now)(int64_t, callback_t, void *) = start;
  int64_t (*volatile call_now)(int64_t) = call;
  int64_t sum = 0;
  uint64_t start_ns = bench_now_ns();
  if (bench.variant == 3)
    for (long i = 0; i < bench.iterations; i++)
      sum += call_now(0);
  else
    for (long i = 0; i < bench.iterations; i++)
      start_now(0, told, &sum);
  double ns = bench_ns_per_op(start_ns, bench.iterations);
  BENCH_CHECK(sum == bench.iterations);
  return bench_report(&bench, ns);
}
