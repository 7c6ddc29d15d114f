/* (a) A promise is made, settled, read and let go of, on one thread. */
#include "bench.h"

#include <stdatomic.h>
#include <tenon/tenon.h>

#define NOINLINE __attribute__((noinline))

/* The limit: a slab of slots that checks nothing, but could be settled from another thread. */

typedef struct slot {
  _Atomic uint32_t state; /* bit 0: settled; the rest: references */
  struct slot *next_free;
  int64_t value;
} slot_t;

static slot_t slots[1024];
static slot_t *first_free;

static void slab_fill(void) {
  for (int i = 0; i < 1024; i++) {
    slots[i].next_free = first_free;
    first_free = &slots[i];
  }
}

static NOINLINE slot_t *slab_create(void) {
  slot_t *slot = first_free;
  first_free = slot->next_free;
  atomic_store_explicit(&slot->state, 2 * 2, memory_order_relaxed);
  return slot;
}

static NOINLINE void slab_release(slot_t *slot) {
  if (atomic_fetch_sub_explicit(&slot->state, 2, memory_order_acq_rel) >= 2 * 2)
    return;
  slot->next_free = first_free;
  first_free = slot;
}

static NOINLINE int slab_resolve(slot_t *slot, int64_t value) {
  slot->value = value;
  int first = !(atomic_fetch_or_explicit(&slot->state, 1, memory_order_acq_rel) & 1);
  slab_release(slot);
  return first;
}

static NOINLINE int slab_take(slot_t *slot, int64_t *value_out) {
  if (!(atomic_load_explicit(&slot->state, memory_order_acquire) & 1))
    return 0;
  *value_out = slot->value;
  return 1;
}

static void run_slab(long iterations) {
  slab_fill();
  for (long i = 0; i < iterations; i++) {
    slot_t *slot = slab_create();
    BENCH_CHECK(slab_resolve(slot, i));
    int64_t value;
    BENCH_CHECK(slab_take(slot, &value) && value == i);
    slab_release(slot);
  }
}

static void run_tenon(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon_promise_t *promise;
    tenon_future_t *future;
    BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
    tenon_value_t value = tenon_value_i64(i);
    BENCH_CHECK(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_take(future, &value) == TENON_STATUS_OK && value.as.i64 == i);
    BENCH_CHECK(tenon_future_release(future) == TENON_STATUS_OK);
  }
}

static void run_consume(long iterations) {
  for (long i = 0; i < iterations; i++) {
    tenon_promise_t *promise;
    tenon_future_t *future;
    BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
    tenon_value_t value = tenon_value_i64(i);
    BENCH_CHECK(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_future_consume(future, &value) == TENON_STATUS_OK && value.as.i64 == i);
  }
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("promise", argc, argv);
  uint64_t start_ns = bench_now_ns();
  if (bench_is(&bench, "slab"))
    run_slab(bench.iterations);
  else if (bench_is(&bench, "tenon"))
    run_tenon(bench.iterations);
  else if (bench_is(&bench, "consume"))
    run_consume(bench.iterations);
  else
    return bench_unknown(&bench);
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations));
}
