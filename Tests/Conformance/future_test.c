/*
 * What <tenon/future.h> promises.
 */
#include "check.h"

#include <time.h>

#define MILLISECOND 1000000u

static const tenon_status_t ENDS[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                      TENON_STATUS_CANCELLED};
#define ENDS_COUNT (sizeof ENDS / sizeof *ENDS)

/* MARK: Reading */

CASE(a_pending_future_gives_nothing) {
  pair_t pair = pair_create();
  tenon_value_t value;
  tenon_error_t *error;
  pattern_fill(&value, sizeof value);
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_peek(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_copy_error(pair.future, &error));
  CHECK_UNTOUCHED(value);
  CHECK_UNTOUCHED(error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_value_is_lent_many_times_and_taken_once) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  tenon_value_t seen;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  for (int count = 0; count < 3; count++) {
    pattern_fill(&seen, sizeof seen);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(pair.future, &seen));
    CHECK_COUNT(TENON_VALUE_POINTER, seen.kind);
    CHECK(seen.as.pointer.address == &drops);
  }
  pattern_fill(&seen, sizeof seen);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &seen));
  CHECK(seen.as.pointer.address == &drops && seen.drop == count_drop);
  CHECK_COUNT(0, seen.flags & TENON_VALUE_FLAG_BORROWED);
  pattern_fill(&value, sizeof value);
  CHECK_STATUS(TENON_STATUS_TAKEN, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_TAKEN, tenon_future_peek(pair.future, &value));
  CHECK_UNTOUCHED(value);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&seen));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_taken_value_can_be_handed_on) {
  atomic_int drops = 0;
  pair_t first = pair_create();
  pair_t second = pair_create();
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(first.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(first.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(second.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(first.future));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(second.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(consuming_takes_the_value_and_gives_the_reference_back) {
  for (int flags = 0; flags < 2; flags++) {
    atomic_int drops = 0;
    tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
    tenon_promise_t *promise;
    tenon_future_t *future;
    tenon_value_t value = counted_value(&drops);
    config.flags = flags ? TENON_PROMISE_FLAG_DETACHED : 0;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(&config, &promise, &future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, &value));
    pattern_fill(&value, sizeof value);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_consume(future, &value));
    CHECK(value.as.pointer.address == &drops && value.drop == count_drop);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(future));
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_COUNT(1, atomic_load(&drops));
  }
}

CASE(consuming_leaves_the_references_of_others) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_consume(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_TAKEN, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(consuming_what_has_no_value_keeps_the_reference) {
  tenon_value_t value;
  pattern_fill(&value, sizeof value);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_consume(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_consume(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  pair = pair_create_settled(TENON_STATUS_REJECTED);
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_consume(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_UNTOUCHED(value);
  pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  pattern_fill(&value, sizeof value);
  CHECK_STATUS(TENON_STATUS_TAKEN, tenon_future_consume(pair.future, &value));
  CHECK_UNTOUCHED(value);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(an_untaken_value_is_dropped_once_with_the_last_reference) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_future_without_a_value_gives_its_error) {
  for (size_t index = 1; index < ENDS_COUNT; index++) {
    pair_t pair = pair_create_settled(ENDS[index]);
    tenon_value_t value;
    tenon_error_t *error = NULL;
    const char *domain = NULL;
    int64_t code = 0;
    pattern_fill(&value, sizeof value);
    CHECK_STATUS(ENDS[index], tenon_future_poll(pair.future));
    CHECK_STATUS(ENDS[index], tenon_future_peek(pair.future, &value));
    CHECK_STATUS(ENDS[index], tenon_future_take(pair.future, &value));
    CHECK_UNTOUCHED(value);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(pair.future, &error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_domain(error, &domain));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
    CHECK_TEXT(ENDS[index] == TENON_STATUS_CANCELLED ? "tenon" : "test", domain);
    CHECK(code == (ENDS[index] == TENON_STATUS_CANCELLED ? TENON_STATUS_CANCELLED : 7));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(pair.future, &error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(a_future_with_a_value_has_no_error) {
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  tenon_error_t *error;
  tenon_value_t value;
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_copy_error(pair.future, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_copy_error(pair.future, &error));
  CHECK_UNTOUCHED(error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

/* MARK: References */

CASE(a_future_lives_as_long_as_its_references) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    pair_t pair = pair_create_settled(ENDS[index]);
    for (int count = 0; count < 10; count++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
    for (int count = 0; count < 10; count++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(ENDS[index], tenon_future_poll(pair.future));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_retain(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(pair.future));
  }
}

CASE(a_stale_future_stays_stale_however_often_its_slot_is_used) {
  pair_t stale = pair_create_settled(TENON_STATUS_OK);
  size_t rounds = conformance_rounds(400000);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(stale.future));
  for (size_t round = 0; round < rounds; round++) {
    pair_t pair = pair_create();
    if (tenon_future_poll(stale.future) != TENON_STATUS_STALE ||
        tenon_promise_release(stale.promise) != TENON_STATUS_STALE) {
      CHECK(!"a stale handle came back to life");
      break;
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(references_to_a_future_are_bounded) {
  /* Some 67 million: too many for a sanitizer. */
  uint64_t limit = conformance_is_light() ? 100000 : 100000000;
  uint64_t retained = 0;
  tenon_status_t status = TENON_STATUS_OK;
  pair_t pair = pair_create();
  while (retained < limit && (status = tenon_future_retain(pair.future)) == TENON_STATUS_OK)
    retained++;
  if (!conformance_is_light()) {
    CHECK_STATUS(TENON_STATUS_NO_RESOURCES, status);
    CHECK(retained >= 66000000 && retained <= 68000000);
  }
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  uint64_t released = 0;
  while (released < retained && tenon_future_release(pair.future) == TENON_STATUS_OK)
    released++;
  CHECK_COUNT(retained, released);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
}

CASE(a_million_futures_leave_memory_flat) {
  enum { BATCH = 1000 };
  static pair_t pairs[BATCH];
  size_t batches = conformance_rounds(1000);
  tenon_process_statistics_t first = process_statistics();
  for (size_t batch = 0; batch < batches; batch++) {
    for (size_t index = 0; index < BATCH; index++)
      pairs[index] = pair_create();
    for (size_t index = 0; index < BATCH; index++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pairs[index].promise, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
    }
    if (batch == 0)
      first = process_statistics();
  }
  tenon_process_statistics_t last = process_statistics();
  CHECK_COUNT(first.memory_reserved, last.memory_reserved);
  CHECK_COUNT(first.futures_pending, last.futures_pending);
  CHECK_COUNT((batches - 1) * BATCH, last.futures_created - first.futures_created);
}

/* MARK: Cancelling */

typedef struct handover {
  tenon_future_t **futures;
  size_t count;
} handover_t;

static void *release_all(void *context) {
  const handover_t *handover = context;
  for (size_t index = 0; index < handover->count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(handover->futures[index]));
  return NULL;
}

CASE(what_one_thread_creates_and_others_release_leaves_memory_flat) {
  /* But for the free slots that threads keep for themselves: all of them together, no more. */
  enum { BATCH = 2000, KEPT_MAX = 4 << 20 };
  static tenon_future_t *futures[BATCH];
  handover_t handover = {futures, BATCH};
  size_t rounds = conformance_rounds(1000) + 100;
  uint64_t reserved = 0;
  for (size_t round = 0; round < rounds; round++) {
    for (size_t index = 0; index < BATCH; index++)
      futures[index] = pair_create_settled(TENON_STATUS_OK).future;
    on_other_thread(release_all, &handover);
    if (round == 50)
      reserved = process_statistics().memory_reserved;
  }
  CHECK(process_statistics().memory_reserved <= reserved + KEPT_MAX);
}

CASE(a_cancel_after_settling_keeps_the_value) {
  atomic_int drops = 0;
  pair_t pair = pair_create();
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK(value.as.pointer.address == &drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
}

CASE(a_cancel_is_a_request_that_the_producer_answers) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, NULL, tell_completion, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
    CHECK_NOT_TOLD(&told);
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[index]));
    CHECK_TOLD(ENDS[index], &told);
    CHECK_STATUS(ENDS[index], tenon_future_poll(pair.future));
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

/* MARK: Callbacks */

CASE(on_complete_never_tells_from_inside_itself) {
  for (size_t index = 0; index <= ENDS_COUNT; index++) {
    told_t told = TOLD_INIT;
    tenon_registration_t *registration = NULL;
    tenon_executor_t *executor = executor_create();
    pair_t pair = index < ENDS_COUNT ? pair_create_settled(ENDS[index]) : pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                           &told, &registration));
    CHECK_NOT_TOLD(&told);
    CHECK(registration != NULL);
    if (index == ENDS_COUNT)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_NOT_TOLD(&told);
    CHECK_COUNT(1, executor_poll(executor).jobs);
    CHECK_TOLD(index < ENDS_COUNT ? ENDS[index] : TENON_STATUS_OK, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_end(executor);
    CHECK_COUNT(1, atomic_load(&told.count));
  }
}

CASE(on_complete_without_an_executor_registers_nothing_on_a_settled_future) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    pair_t pair = pair_create_settled(ENDS[index]);
    tenon_registration_t *registration;
    uint64_t before = process_statistics().registrations_pending;
    pattern_fill(&registration, sizeof registration);
    CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_on_complete(pair.future, NULL, never_completion,
                                                                NULL, &registration));
    CHECK_UNTOUCHED(registration);
    CHECK_COUNT(before, process_statistics().registrations_pending);
    CHECK_STATUS(ENDS[index], tenon_future_poll(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
  }
}

static void register_again(void *context, tenon_status_t status, tenon_future_t *future) {
  told_now(context, status);
  CHECK_STATUS(TENON_STATUS_SETTLED,
               tenon_future_on_complete(future, NULL, never_completion, NULL, NULL));
}

CASE(a_callback_without_an_executor_finds_its_future_settled) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, register_again, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

typedef struct repeat {
  told_t told;
  tenon_executor_t *executor;
  int left;
} repeat_t;

static void register_on_executor(void *context, tenon_status_t status, tenon_future_t *future) {
  repeat_t *repeat = context;
  told_now(&repeat->told, status);
  if (--repeat->left > 0)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(future, repeat->executor,
                                                           register_on_executor, repeat, NULL));
}

CASE(a_callback_may_register_again) {
  repeat_t repeat = {TOLD_INIT, executor_create(), 1000};
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, repeat.executor,
                                                         register_on_executor, &repeat, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1000, executor_poll(repeat.executor).jobs);
  CHECK_COUNT(1000, atomic_load(&repeat.told.count));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
  executor_end(repeat.executor);
}

CASE(a_callback_without_an_executor_runs_on_the_thread_that_settles) {
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_REJECTED));
  CHECK_TOLD(TENON_STATUS_REJECTED, &told);
  CHECK(told_here(&told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void *settle_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, settle(context, TENON_STATUS_OK));
  return NULL;
}

CASE(a_callback_with_an_executor_runs_in_its_poll) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  on_other_thread(settle_elsewhere, pair.promise);
  CHECK_NOT_TOLD(&told);
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(told_here(&told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(callbacks_are_told_in_order_of_registration) {
  enum { COUNT = 200 };
  static told_t told[COUNT];
  for (int way = 0; way < 3; way++) {
    tenon_executor_t *executor = way > 0 ? executor_create() : NULL;
    pair_t pair = pair_create();
    memset(told, 0, sizeof told);
    for (int index = 0; index < COUNT; index++) {
      if (index == COUNT / 2 && way == 2) /* half of them come late */
        CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                             &told[index], NULL));
    }
    if (way != 2)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (executor)
      executor_poll(executor);
    for (int index = 0; index < COUNT; index++) {
      CHECK_TOLD(TENON_STATUS_OK, &told[index]);
      CHECK(index == 0 || atomic_load(&told[index - 1].turn) < atomic_load(&told[index].turn));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
  }
}

CASE(callbacks_in_different_places_are_each_told_in_order) {
  enum { COUNT = 60 };
  static told_t told[COUNT];
  tenon_executor_t *executors[3] = {NULL, executor_create(), executor_create()};
  pair_t pair = pair_create();
  memset(told, 0, sizeof told);
  for (int index = 0; index < COUNT; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executors[index % 3],
                                                           tell_completion, &told[index], NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  for (int index = 0; index < COUNT; index++)
    CHECK_COUNT(index % 3 == 0 ? 1 : 0, atomic_load(&told[index].count));
  executor_poll(executors[2]);
  executor_poll(executors[1]);
  for (int index = 0; index < COUNT; index++) {
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
    CHECK(index < 3 || atomic_load(&told[index - 3].turn) < atomic_load(&told[index].turn));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executors[1]);
  executor_end(executors[2]);
}

/* MARK: Inside callbacks */

typedef struct step {
  told_t told;
  pair_t next;
  told_t *next_told;
} step_t;

static void settle_next(void *context, tenon_status_t status, tenon_future_t *future) {
  step_t *step = context;
  (void)future;
  told_now(&step->told, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(step->next.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(step->next.future));
  CHECK_NOT_TOLD(step->next_told);
}

CASE(settling_inside_a_callback_tells_right_after_it) {
  told_t last = TOLD_INIT;
  told_t second = TOLD_INIT;
  pair_t pair = pair_create();
  step_t step = {TOLD_INIT, pair_create(), &last};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(step.next.future, NULL, tell_completion, &last, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, settle_next, &step, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, tell_completion, &second, NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_TOLD(TENON_STATUS_OK, &step.told);
  CHECK_TOLD(TENON_STATUS_OK, &second);
  CHECK_TOLD(TENON_STATUS_OK, &last);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(step.next.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void settle_in_job(void *context, tenon_status_t status) {
  step_t *step = context;
  told_now(&step->told, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(step->next.promise, TENON_STATUS_OK));
  CHECK_TOLD(TENON_STATUS_OK, step->next_told);
}

CASE(settling_inside_a_job_tells_before_it_returns) {
  told_t last = TOLD_INIT;
  step_t step = {TOLD_INIT, pair_create(), &last};
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(step.next.future, NULL, tell_completion, &last, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_in_job, &step));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &step.told);
  CHECK_TOLD(TENON_STATUS_OK, &last);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(step.next.future));
  executor_end(executor);
}

typedef struct reader {
  told_t told;
  tenon_future_t *own;
  tenon_future_t *kept;
  tenon_value_t value;
  tenon_status_t answer;
} reader_t;

static void take_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  reader_t *reader = context;
  told_now(&reader->told, status);
  reader->answer = tenon_future_take(future, &reader->value);
}

CASE(a_callback_may_take_the_value) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    atomic_int drops = 0;
    reader_t first;
    reader_t second;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    tenon_value_t value = counted_value(&drops);
    memset(&first, 0, sizeof first);
    memset(&second, 0, sizeof second);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, take_completion, &first, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, take_completion, &second, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &first.told);
    CHECK_TOLD(TENON_STATUS_OK, &second.told);
    CHECK_STATUS(TENON_STATUS_OK, first.answer);
    CHECK_STATUS(TENON_STATUS_TAKEN, second.answer);
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&first.value));
    CHECK_COUNT(1, atomic_load(&drops));
    if (executor)
      executor_end(executor);
  }
}

static void keep_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  reader_t *reader = context;
  told_now(&reader->told, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(future));
  reader->kept = future;
  if (reader->own)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader->own));
}

CASE(a_callback_may_keep_the_future) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    atomic_int drops = 0;
    reader_t reader;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    tenon_value_t value = counted_value(&drops);
    memset(&reader, 0, sizeof reader);
    reader.own = pair.future;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, keep_completion, &reader, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &reader.told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(reader.kept, &value));
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader.kept));
    CHECK_COUNT(1, atomic_load(&drops));
    if (executor)
      executor_end(executor);
  }
}

static void release_own(void *context, tenon_status_t status, tenon_future_t *future) {
  reader_t *reader = context;
  told_now(&reader->told, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader->own));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  reader->answer = tenon_future_peek(future, &reader->value);
}

CASE(a_callback_may_release_its_own_handle) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    atomic_int drops = 0;
    reader_t reader;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    tenon_value_t value = counted_value(&drops);
    memset(&reader, 0, sizeof reader);
    reader.own = pair.future;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, release_own, &reader, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &reader.told);
    CHECK_STATUS(TENON_STATUS_OK, reader.answer);
    CHECK(reader.value.as.pointer.address == &drops);
    CHECK_COUNT(1, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
    if (executor)
      executor_end(executor);
  }
}

static void *use_the_future(void *context) {
  reader_t *reader = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(reader->own));
  CHECK_STATUS(TENON_STATUS_SETTLED,
               tenon_future_on_complete(reader->own, NULL, never_completion, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(reader->own));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(reader->own, &reader->value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader->own));
  return NULL;
}

static void use_elsewhere(void *context, tenon_status_t status, tenon_future_t *future) {
  reader_t *reader = context;
  (void)future;
  told_now(&reader->told, status);
  on_other_thread(use_the_future, reader);
}

CASE(a_callback_is_told_with_no_lock_held) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    reader_t reader;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    memset(&reader, 0, sizeof reader);
    reader.own = pair.future;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, use_elsewhere, &reader, NULL));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &reader.told);
    CHECK(reader.value.as.i64 == 42);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
    if (executor)
      executor_end(executor);
  }
}

/* MARK: If pending */

CASE(if_pending_registers_nothing_on_a_settled_future) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    for (int with_executor = 0; with_executor < 2; with_executor++) {
      tenon_executor_t *executor = with_executor ? executor_create() : NULL;
      pair_t pair = pair_create_settled(ENDS[index]);
      tenon_registration_t *registration;
      uint64_t before = process_statistics().registrations_pending;
      pattern_fill(&registration, sizeof registration);
      CHECK_STATUS(TENON_STATUS_SETTLED,
                   tenon_future_on_complete_if_pending(pair.future, executor, never_completion,
                                                       NULL, &registration));
      CHECK_UNTOUCHED(registration);
      CHECK_COUNT(before, process_statistics().registrations_pending);
      CHECK_STATUS(ENDS[index], tenon_future_poll(pair.future));
      if (executor) {
        CHECK_COUNT(0, executor_poll(executor).jobs);
        CHECK_COUNT(0, executor_statistics(executor).pending);
      }
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pair.future));
      if (executor)
        executor_end(executor);
    }
  }
}

CASE(if_pending_on_a_pending_future_tells_as_on_complete) {
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    for (int with_executor = 0; with_executor < 2; with_executor++) {
      told_t told = TOLD_INIT;
      told_t forgotten = TOLD_INIT;
      tenon_registration_t *registration = NULL;
      tenon_executor_t *executor = with_executor ? executor_create() : NULL;
      pair_t pair = pair_create();
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete_if_pending(
                                        pair.future, executor, tell_completion, &told, NULL));
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete_if_pending(pair.future, executor, tell_completion,
                                                       &forgotten, &registration));
      CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
      CHECK_TOLD(TENON_STATUS_FORGOTTEN, &forgotten);
      CHECK_NOT_TOLD(&told);
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[index]));
      if (executor) {
        CHECK_NOT_TOLD(&told);
        executor_poll(executor);
      }
      CHECK_TOLD(ENDS[index], &told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      if (executor)
        executor_end(executor);
    }
  }
}

/* MARK: Long chains */

typedef struct link {
  tenon_promise_t *promise;
  tenon_future_t *future;
  struct link *next;
} link_t;

static atomic_size_t links_told;

static void settle_link(void *context, tenon_status_t status, tenon_future_t *future) {
  link_t *link = context;
  (void)future;
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&links_told, 1);
  if (link->next)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(link->next->promise, NULL));
}

static void *run_chain(void *context) {
  link_t *first = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(first->promise, NULL));
  return NULL;
}

typedef struct chain {
  size_t left;
  tenon_promise_t *promise;
} chain_t;

static void settle_a_new_one(void *context, tenon_status_t status, tenon_future_t *future) {
  chain_t *chain = context;
  (void)future;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (--chain->left == 0)
    return;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, settle_a_new_one, chain, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, NULL));
}

static void *run_new_chain(void *context) {
  chain_t *chain = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(chain->promise, NULL));
  return NULL;
}

CASE(a_chain_of_a_million_callbacks_does_not_grow_the_stack) {
  pair_t pair = pair_create();
  chain_t chain = {conformance_rounds(1000000), pair.promise};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, settle_a_new_one, &chain, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  on_small_stack(run_new_chain, &chain);
  CHECK_COUNT(0, chain.left);
}

CASE(a_chain_of_waiting_callbacks_does_not_grow_the_stack) {
  size_t count = conformance_rounds(200000);
  link_t *links = calloc(count, sizeof *links);
  atomic_store(&links_told, 0);
  for (size_t index = 0; index < count; index++) {
    pair_t pair = pair_create();
    links[index] =
        (link_t){pair.promise, pair.future, index + 1 < count ? &links[index + 1] : NULL};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, NULL, settle_link, &links[index], NULL));
  }
  on_small_stack(run_chain, &links[0]);
  CHECK_COUNT(count, atomic_load(&links_told));
  for (size_t index = 0; index < count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(links[index].future));
  free(links);
}

static void cancel_link(void *context, tenon_status_t status) {
  link_t *link = context;
  if (status == TENON_STATUS_CANCELLED)
    atomic_fetch_add(&links_told, 1);
  if (link->next)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(link->next->future));
}

static void *run_cancels(void *context) {
  link_t *first = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(first->future));
  return NULL;
}

CASE(a_chain_of_cancels_does_not_grow_the_stack) {
  size_t count = conformance_rounds(200000);
  link_t *links = calloc(count, sizeof *links);
  atomic_store(&links_told, 0);
  for (size_t index = 0; index < count; index++) {
    pair_t pair = pair_create();
    links[index] =
        (link_t){pair.promise, pair.future, index + 1 < count ? &links[index + 1] : NULL};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pair.promise, NULL, cancel_link, &links[index], NULL));
  }
  on_small_stack(run_cancels, &links[0]);
  CHECK_COUNT(count, atomic_load(&links_told));
  for (size_t index = 0; index < count; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(links[index].promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(links[index].future));
  }
  free(links);
}

/* MARK: Waiting */

CASE(wait_answers_as_the_future_ended) {
  static const uint64_t timeouts[] = {0, 1, TENON_FOREVER};
  for (size_t index = 0; index < ENDS_COUNT; index++) {
    pair_t pair = pair_create_settled(ENDS[index]);
    for (size_t timeout = 0; timeout < sizeof timeouts / sizeof *timeouts; timeout++)
      CHECK_STATUS(ENDS[index], tenon_future_wait(pair.future, timeouts[timeout]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(wait_gives_up_after_its_timeout) {
  static const uint64_t timeouts[] = {0, 1, MILLISECOND, 20 * MILLISECOND};
  pair_t pair = pair_create();
  for (size_t index = 0; index < sizeof timeouts / sizeof *timeouts; index++) {
    uint64_t start = conformance_now_ns();
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(pair.future, timeouts[index]));
    CHECK(conformance_now_ns() - start >= timeouts[index]);
  }
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(pair.future, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void *wait_elsewhere(void *context) {
  reader_t *reader = context;
  atomic_fetch_add(&reader->told.count, 1);
  reader->answer = tenon_future_wait(reader->own, TENON_FOREVER);
  return NULL;
}

CASE(wait_sees_what_another_thread_settles) {
  enum { WAITERS = 3 };
  size_t rounds = conformance_rounds(400);
  for (size_t round = 0; round < rounds; round++) {
    reader_t readers[WAITERS];
    pthread_t threads[WAITERS];
    pair_t pair = pair_create();
    memset(readers, 0, sizeof readers);
    for (int index = 0; index < WAITERS; index++) {
      readers[index].own = pair.future;
      threads[index] = thread_start(wait_elsewhere, &readers[index]);
    }
    for (int index = 0; index < WAITERS && round % 2 == 0; index++)
      SPIN_UNTIL(atomic_load(&readers[index].told.count) == 1);
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, ENDS[round % ENDS_COUNT]));
    for (int index = 0; index < WAITERS; index++) {
      thread_join(threads[index]);
      CHECK_STATUS(ENDS[round % ENDS_COUNT], readers[index].answer);
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

static void wait_in_job(void *context, tenon_status_t status) {
  reader_t *reader = context;
  told_now(&reader->told, status);
  reader->answer = tenon_future_wait(reader->own, TENON_FOREVER);
}

CASE(wait_inside_a_poll_is_a_deadlock) {
  for (int with_config = 0; with_config < 2; with_config++) {
    reader_t reader;
    tenon_executor_t *executor = executor_create();
    pair_t pair = pair_create_with(0, with_config ? executor : NULL);
    memset(&reader, 0, sizeof reader);
    reader.own = pair.future;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, wait_in_job, &reader));
    executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &reader.told);
    CHECK_STATUS(TENON_STATUS_DEADLOCK, reader.answer);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_end(executor);
  }
}

CASE(wait_inside_a_poll_answers_at_once_for_a_settled_future) {
  reader_t reader;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create_settled(TENON_STATUS_REJECTED);
  memset(&reader, 0, sizeof reader);
  reader.own = pair.future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, wait_in_job, &reader));
  executor_poll(executor);
  CHECK_STATUS(TENON_STATUS_REJECTED, reader.answer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

static void settle_job(void *context, tenon_status_t status) {
  step_t *step = context;
  told_now(&step->told, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(step->next.promise, TENON_STATUS_OK));
}

static void settle_timer(void *context, tenon_status_t status) { settle_job(context, status); }

CASE(wait_polls_an_executor_without_a_loop) {
  for (int with_timer = 0; with_timer < 2; with_timer++) {
    tenon_executor_t *executor = executor_create();
    step_t step = {TOLD_INIT, pair_create_with(0, executor), NULL};
    if (with_timer)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_timer_start(executor, tenon_timer_now_ns() + 5 * MILLISECOND, settle_timer,
                                     &step, NULL));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, &step));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(step.next.future, TENON_FOREVER));
    CHECK_TOLD(TENON_STATUS_OK, &step.told);
    CHECK(told_here(&step.told));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(step.next.future));
    executor_end(executor);
  }
}

static void *wait_and_poll(void *context) {
  reader_t *reader = context;
  reader->answer = tenon_future_wait(reader->own, TENON_FOREVER);
  return NULL;
}

CASE(wait_polls_an_executor_that_another_thread_made) {
  tenon_executor_t *executor = executor_create();
  step_t step = {TOLD_INIT, pair_create_with(0, executor), NULL};
  reader_t reader;
  memset(&reader, 0, sizeof reader);
  reader.own = step.next.future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, &step));
  on_other_thread(wait_and_poll, &reader);
  CHECK_STATUS(TENON_STATUS_OK, reader.answer);
  CHECK_TOLD(TENON_STATUS_OK, &step.told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(step.next.future));
  executor_end(executor);
}

CASE(several_threads_may_wait_for_work_of_one_executor) {
  enum { WAITERS = 3 };
  size_t rounds = conformance_rounds(200);
  for (size_t round = 0; round < rounds; round++) {
    tenon_executor_t *executor = executor_create();
    step_t steps[WAITERS];
    reader_t readers[WAITERS];
    pthread_t threads[WAITERS];
    memset(readers, 0, sizeof readers);
    for (int index = 0; index < WAITERS; index++) {
      steps[index] = (step_t){TOLD_INIT, pair_create_with(0, executor), NULL};
      readers[index].own = steps[index].next.future;
      threads[index] = thread_start(wait_elsewhere, &readers[index]);
    }
    for (int index = 0; index < WAITERS; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, &steps[index]));
    for (int index = 0; index < WAITERS; index++) {
      thread_join(threads[index]);
      CHECK_STATUS(TENON_STATUS_OK, readers[index].answer);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(steps[index].next.future));
    }
    executor_end(executor);
  }
}

static void ignore_wake(void *context) { (void)context; }

CASE(wait_on_the_loops_own_thread_for_its_work_is_a_deadlock) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *executor = NULL;
  reader_t reader;
  host.wake = ignore_wake;
  config.host = &host;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  pair_t pair = pair_create_with(0, executor);
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_future_wait(pair.future, TENON_FOREVER));
  executor_poll(executor);
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_future_wait(pair.future, TENON_FOREVER));
  /* Another thread may block on it, and work of nobody's may be waited for here. */
  memset(&reader, 0, sizeof reader);
  reader.own = pair.future;
  pthread_t thread = thread_start(wait_elsewhere, &reader);
  SPIN_UNTIL(atomic_load(&reader.told.count) == 1);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  thread_join(thread);
  CHECK_STATUS(TENON_STATUS_OK, reader.answer);
  pair_t other = pair_create();
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(other.future, MILLISECOND));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(other.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(other.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

static void *poll_elsewhere(void *context) {
  executor_poll(context);
  return NULL;
}

CASE(the_loops_own_thread_is_the_one_that_polled_last) {
  for (uint32_t flags = 0; flags <= TENON_EXECUTOR_FLAG_ELSEWHERE; flags++) {
    tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
    tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
    tenon_executor_t *executor = NULL;
    host.wake = ignore_wake;
    config.host = &host;
    config.flags = flags;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
    pair_t pair = pair_create_with(0, executor);
    CHECK_STATUS(flags == 0 ? TENON_STATUS_DEADLOCK : TENON_STATUS_TIMEOUT,
                 tenon_future_wait(pair.future, MILLISECOND));
    on_other_thread(poll_elsewhere, executor);
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(pair.future, MILLISECOND));
    executor_poll(executor);
    CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_future_wait(pair.future, MILLISECOND));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_end(executor);
  }
}

CASE(wait_sleeps_while_there_is_nothing_to_do) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create_with(0, executor);
    struct timespec before;
    struct timespec after;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(pair.future, 100 * MILLISECOND));
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
    CHECK((after.tv_sec - before.tv_sec) * 1000000000 + after.tv_nsec - before.tv_nsec <
          50 * (long)MILLISECOND);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
  }
}

/* MARK: Closed executors */

CASE(a_closed_executor_takes_no_callback) {
  tenon_executor_t *executor = executor_create();
  pair_t pending = pair_create();
  pair_t settled = pair_create_settled(TENON_STATUS_OK);
  tenon_registration_t *registration;
  pattern_fill(&registration, sizeof registration);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(
      TENON_STATUS_CLOSED,
      tenon_future_on_complete(pending.future, executor, never_completion, NULL, &registration));
  CHECK_STATUS(
      TENON_STATUS_CLOSED,
      tenon_future_on_complete(settled.future, executor, never_completion, NULL, &registration));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_future_on_complete_if_pending(pending.future, executor, never_completion, NULL,
                                                   &registration));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_promise_on_cancel(pending.promise, executor, never, NULL, &registration));
  CHECK_UNTOUCHED(registration);
  CHECK_STATUS(TENON_STATUS_OK, settle(pending.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pending.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(pending.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settled.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(settled.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}
