/*
 * Handles for ever: what a handle answers when its slot has had other lives, or all that it can have.
 */
#include "check.h"

static void live_once(void) {
  pair_t pair = pair_create();
  tenon_value_t value = tenon_value_i64(1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_slot_that_has_had_all_its_lives_is_stale_and_counted) {
  /* A slot has 2^25 lives at the most. Fewer of them retire none, and must be counted, too. */
  size_t count = conformance_is_light() ? 100000 : ((size_t)1 << 25) + 100000;
  uint64_t created = process_statistics().futures_created;
  pair_t first = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(first.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(first.future));
  for (size_t life = 1; life < count; life++)
    live_once();
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(first.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(first.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_resolve(first.promise, NULL));
  CHECK_COUNT(created + count, process_statistics().futures_created);
  live_once();
  CHECK_COUNT(created + count + 1, process_statistics().futures_created);
}

CASE(a_callbacks_slot_that_has_had_all_its_lives_is_stale) {
  size_t count = conformance_is_light() ? 100000 : ((size_t)1 << 25) + 100000;
  pair_t pair = pair_create();
  told_t told = TOLD_INIT;
  tenon_registration_t *first = NULL;
  for (size_t life = 0; life < count; life++) {
    tenon_registration_t *registration = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, tell_completion,
                                                           &told, &registration));
    if (life == 0)
      first = registration;
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  }
  CHECK_COUNT(count, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(first));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

typedef struct makers {
  atomic_int running;
  size_t count;
} makers_t;

static void *make_many(void *context) {
  makers_t *makers = context;
  pair_t *pairs = calloc(makers->count, sizeof *pairs);
  for (size_t index = 0; index < makers->count; index++)
    pairs[index] = pair_create();
  for (size_t index = 0; index < makers->count; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pairs[index].promise, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  }
  free(pairs);
  atomic_fetch_sub(&makers->running, 1);
  return NULL;
}

CASE(statistics_are_read_while_other_threads_create) {
  enum { THREADS = 3 };
  makers_t makers = {THREADS, conformance_rounds(200000)};
  uint64_t created = process_statistics().futures_created;
  uint64_t seen = created;
  pthread_t threads[THREADS];
  for (int index = 0; index < THREADS; index++)
    threads[index] = thread_start(make_many, &makers);
  while (atomic_load(&makers.running) != 0) {
    tenon_process_statistics_t statistics = process_statistics();
    CHECK(statistics.futures_created >= seen);
    CHECK(statistics.futures_created <= created + THREADS * makers.count);
    CHECK(statistics.futures_pending <= THREADS * makers.count + 1000);
    seen = statistics.futures_created;
  }
  for (int index = 0; index < THREADS; index++)
    thread_join(threads[index]);
  CHECK_COUNT(created + THREADS * makers.count, process_statistics().futures_created);
}

CASE(the_name_of_an_executor_is_never_another_ones) {
  /* A value knows its executor by a name of 32 bits, 18 of which count the executors in one slot. */
  enum { NAMES = 1 << 18 };
  atomic_int drops = 0;
  tenon_executor_t *executor = executor_create();
  tenon_value_t values[4];
  for (int index = 0; index < 4; index++) {
    values[index] = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&values[index], executor));
  }
  executor_end(executor);
  for (int round = 0; round < NAMES + 2; round++) {
    executor = executor_create();
    /* The moments at which a name of 18 bits would come again, and one before. */
    if (round >= NAMES - 2) {
      int before = atomic_load(&drops);
      tenon_value_drop(&values[round - (NAMES - 2)]);
      CHECK_COUNT(before + 1, atomic_load(&drops));
    }
    executor_end(executor);
  }
}
