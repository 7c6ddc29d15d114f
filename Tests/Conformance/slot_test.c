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

/** Handles of a burst, all gone by now. */
typedef struct burst {
  size_t count;
  pair_t *pairs;
  tenon_registration_t **registrations;
  tenon_timer_t **timers;
  tenon_error_t **errors;
  size_t *order;
} burst_t;

static void burst_begin(burst_t *burst, size_t count, uint64_t seed) {
  random_t random = {seed};
  *burst = (burst_t){count,
                     calloc(count, sizeof *burst->pairs),
                     calloc(count, sizeof *burst->registrations),
                     calloc(count, sizeof *burst->timers),
                     calloc(count, sizeof *burst->errors),
                     calloc(count, sizeof *burst->order)};
  for (size_t index = 0; index < count; index++) {
    size_t other = (size_t)random_below(&random, index + 1);
    burst->order[index] = burst->order[other];
    burst->order[other] = index;
  }
}

static void burst_end(burst_t *burst) {
  free(burst->pairs);
  free(burst->registrations);
  free(burst->timers);
  free(burst->errors);
  free(burst->order);
}

static void burst_run(burst_t *burst) {
  tenon_executor_t *executor = executor_create();
  told_t told = TOLD_INIT;
  for (size_t index = 0; index < burst->count; index++) {
    burst->pairs[index] = pair_create();
    burst->errors[index] = error_create((int64_t)index);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(burst->pairs[index].future, executor, tell_completion,
                                          &told, &burst->registrations[index]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER / 2, tell, &told,
                                                    &burst->timers[index]));
  }
  for (size_t index = 0; index < burst->count; index++) {
    size_t at = burst->order[index];
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_reject(burst->pairs[at].promise, burst->errors[at]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(burst->errors[at]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(burst->pairs[at].future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(burst->timers[at]));
  }
  while (executor_poll(executor).more) {
  }
  CHECK_COUNT(2 * burst->count, atomic_load(&told.count));
  executor_end(executor);
}

static void burst_check_stale(const burst_t *burst) {
  for (size_t index = 0; index < burst->count; index++) {
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(burst->pairs[index].future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(burst->pairs[index].future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_resolve(burst->pairs[index].promise, NULL));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(burst->registrations[index]));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(burst->timers[index]));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(burst->errors[index]));
  }
}

CASE(the_memory_of_a_burst_is_given_back_and_its_handles_stay_stale) {
  enum { BURSTS = 3, LEFT_MAX = 24 << 20 };
  size_t count = conformance_is_light() ? 100000 : 300000; /* Fewer are kept. */
  burst_t bursts[BURSTS];
  tenon_process_statistics_t before = process_statistics();
  for (int number = 0; number < BURSTS; number++) {
    burst_begin(&bursts[number], count, (uint64_t)number + 1);
    burst_run(&bursts[number]);
    tenon_process_statistics_t after = process_statistics();
    /* Four slots of 64 bytes for each were in use. */
    CHECK(after.memory_reserved < before.memory_reserved + LEFT_MAX);
    CHECK_COUNT(before.futures_created + (size_t)(number + 1) * count, after.futures_created);
    CHECK_COUNT(before.futures_rejected + (size_t)(number + 1) * count, after.futures_rejected);
    CHECK_COUNT(before.errors_alive, after.errors_alive);
    /* Those of this burst, and those that had the same slots before. */
    for (int past = 0; past <= number; past++)
      burst_check_stale(&bursts[past]);
  }
  for (int number = 0; number < BURSTS; number++)
    burst_end(&bursts[number]);
}

/** Threads with bursts of their own, and others that use their stale handles meanwhile. */
typedef struct bursts {
  size_t count;
  _Atomic(tenon_future_t *) last;
  atomic_int running;
} bursts_t;

static void *burst_again_and_again(void *context) {
  bursts_t *bursts = context;
  pair_t *pairs = calloc(bursts->count, sizeof *pairs);
  for (int round = 0; round < 5; round++) {
    for (size_t index = 0; index < bursts->count; index++)
      pairs[index] = pair_create();
    for (size_t index = 0; index < bursts->count; index++) {
      tenon_value_t value = tenon_value_i64((int64_t)index);
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pairs[index].promise, &value));
    }
    for (size_t index = 0; index < bursts->count; index++) {
      tenon_value_t value;
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pairs[index].future, &value));
      CHECK_COUNT(index, value.as.i64);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
      if (index % 64 == 0)
        atomic_store(&bursts->last, pairs[index].future);
    }
    for (size_t index = 0; index < bursts->count; index++)
      CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pairs[index].future));
  }
  free(pairs);
  atomic_fetch_sub(&bursts->running, 1);
  return NULL;
}

CASE(bursts_of_several_threads_share_the_memory_that_is_given_back) {
  enum { THREADS = 4 };
  bursts_t bursts = {conformance_rounds(400000), NULL, THREADS};
  uint64_t created = process_statistics().futures_created;
  pthread_t threads[THREADS];
  for (int index = 0; index < THREADS; index++)
    threads[index] = thread_start(burst_again_and_again, &bursts);
  while (atomic_load(&bursts.running) != 0) {
    tenon_future_t *last = atomic_load(&bursts.last);
    if (last) {
      tenon_value_t value;
      CHECK_STATUS(TENON_STATUS_STALE, tenon_future_take(last, &value));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(last));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_future_cancel(last));
    }
  }
  for (int index = 0; index < THREADS; index++)
    thread_join(threads[index]);
  CHECK_COUNT(created + THREADS * 5 * bursts.count, process_statistics().futures_created);
}

static void *live_for_a_moment(void *context) {
  (void)context;
  for (int life = 0; life < 3000; life++)
    live_once();
  pair_t pairs[100];
  for (int index = 0; index < 100; index++)
    pairs[index] = pair_create();
  for (int index = 0; index < 100; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pairs[index].promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  }
  return NULL;
}

CASE(a_thread_leaves_its_free_slots_to_others) {
  /* Whatever a thread kept for itself would show in the memory. */
  on_other_thread(live_for_a_moment, NULL);
  uint64_t reserved = process_statistics().memory_reserved;
  for (size_t thread = 0; thread < conformance_rounds(500); thread++)
    on_other_thread(live_for_a_moment, NULL);
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
}
