/*
 * What <tenon/registration.h> promises.
 */
#include "check.h"

CASE(a_forgotten_callback_is_told_so_before_forget_returns) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t told = TOLD_INIT;
    tenon_registration_t *registration = NULL;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                           &told, &registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
    CHECK(told_here(&told));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor) {
      executor_poll(executor);
      executor_end(executor);
    }
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  }
}

CASE(a_registration_that_was_told_is_stale) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t told = TOLD_INIT;
    tenon_registration_t *registration = NULL;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                           &told, &registration));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
    CHECK_TOLD(TENON_STATUS_OK, &told);
  }
}

CASE(a_callback_that_is_queued_can_still_be_forgotten) {
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                         &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  executor_poll(executor);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_late_callback_can_still_be_forgotten) {
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                         &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  executor_poll(executor);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_forgotten_cancel_callback_is_told_so) {
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, NULL, tell, &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
}

CASE(every_registration_is_told_once_however_it_ends) {
  /* Settled, forgotten, its executor closed, its promise broken: by turns, and none twice. */
  enum { COUNT = 200 };
  told_t told[COUNT];
  tenon_registration_t *registrations[COUNT];
  tenon_executor_t *executors[2] = {executor_create(), executor_create()};
  pair_t pairs[3] = {pair_create(), pair_create(), pair_create()};
  random_t random = {1};
  memset(told, 0, sizeof told);
  for (int index = 0; index < COUNT; index++) {
    tenon_executor_t *executor = index % 4 == 0 ? NULL : executors[index % 4 == 1];
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pairs[index % 3].future, executor, tell_completion,
                                          &told[index], &registrations[index]));
  }
  for (int index = 0; index < COUNT; index++)
    if (random_below(&random, 3) == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registrations[index]));
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[0].promise, TENON_STATUS_OK));
  executor_poll(executors[0]);
  executor_end(executors[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pairs[1].promise));
  executor_end(executors[1]);
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[2].promise, TENON_STATUS_CANCELLED));
  for (int index = 0; index < COUNT; index++) {
    CHECK_COUNT(1, atomic_load(&told[index].count));
    CHECK(!atomic_load(&told[index].wrong));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registrations[index]));
  }
  for (int index = 0; index < 3; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
}

/* MARK: From callbacks */

typedef struct forgetter {
  told_t told;
  tenon_registration_t *registration;
  tenon_status_t expected;
} forgetter_t;

static void forget_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  forgetter_t *forgetter = context;
  (void)future;
  told_now(&forgetter->told, status);
  if (forgetter->registration)
    CHECK_STATUS(forgetter->expected, tenon_registration_forget(forgetter->registration));
}

static void forget_cancel(void *context, tenon_status_t status) {
  forget_completion(context, status, NULL);
}

CASE(a_callback_that_forgets_itself_is_not_told_again) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    forgetter_t forgetter = {TOLD_INIT, NULL, TENON_STATUS_PENDING};
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, forget_completion,
                                                           &forgetter, &forgetter.registration));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &forgetter.told);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(forgetter.registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
    CHECK_TOLD(TENON_STATUS_OK, &forgetter.told);
  }
}

CASE(a_cancel_callback_that_forgets_itself_is_not_told_again) {
  forgetter_t forgetter = {TOLD_INIT, NULL, TENON_STATUS_PENDING};
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, forget_cancel,
                                                        &forgetter, &forgetter.registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &forgetter.told);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(forgetter.registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_callback_may_forget_the_next_one) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    forgetter_t forgetter = {TOLD_INIT, NULL, TENON_STATUS_OK};
    told_t next = TOLD_INIT;
    told_t last = TOLD_INIT;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, forget_completion,
                                                           &forgetter, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                           &next, &forgetter.registration));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, tell_completion, &last, NULL));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    if (executor)
      executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &forgetter.told);
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &next);
    CHECK_TOLD(TENON_STATUS_OK, &last);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (executor)
      executor_end(executor);
  }
}

CASE(a_callback_that_is_told_it_was_forgotten_may_use_tenon) {
  forgetter_t first = {TOLD_INIT, NULL, TENON_STATUS_OK};
  told_t second = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, forget_completion,
                                                         &first, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, tell_completion,
                                                         &second, &first.registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &first.told);
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &second);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&first.told.count));
}

/* MARK: Running elsewhere */

typedef struct slow {
  told_t told;
  atomic_bool is_running;
  atomic_bool is_forgetting;
  atomic_bool is_over;
  tenon_promise_t *promise;
  tenon_executor_t *executor;
} slow_t;

static void slow_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  slow_t *slow = context;
  (void)future;
  told_now(&slow->told, status);
  atomic_store(&slow->is_running, true);
  SPIN_UNTIL(atomic_load(&slow->is_forgetting));
  for (int count = 0; count < 2000; count++)
    sched_yield();
  atomic_store(&slow->is_over, true);
}

static void *run_slowly(void *context) {
  slow_t *slow = context;
  if (slow->executor)
    executor_poll(slow->executor);
  else
    CHECK_STATUS(TENON_STATUS_OK, settle(slow->promise, TENON_STATUS_OK));
  return NULL;
}

CASE(forget_waits_for_a_callback_that_runs_elsewhere) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    slow_t slow;
    tenon_registration_t *registration = NULL;
    pair_t pair = pair_create();
    memset(&slow, 0, sizeof slow);
    slow.promise = pair.promise;
    slow.executor = with_executor ? executor_create() : NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, slow.executor,
                                                           slow_completion, &slow, &registration));
    if (with_executor)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    pthread_t thread = thread_start(run_slowly, &slow);
    SPIN_UNTIL(atomic_load(&slow.is_running));
    atomic_store(&slow.is_forgetting, true);
    tenon_status_t status = tenon_registration_forget(registration);
    CHECK(atomic_load(&slow.is_over));
    CHECK(status == TENON_STATUS_SETTLED || status == TENON_STATUS_STALE);
    thread_join(thread);
    CHECK_TOLD(TENON_STATUS_OK, &slow.told);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (slow.executor)
      executor_end(slow.executor);
  }
}

/* MARK: Memory */

CASE(callbacks_that_are_forgotten_in_their_queue_leave_memory_flat) {
  tenon_executor_t *executor = executor_create();
  told_t told = TOLD_INIT;
  uint64_t reserved = 0;
  for (int round = 0; round < 20000; round++) {
    tenon_registration_t *registration = NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor, tell_completion,
                                                           &told, &registration));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_poll(executor);
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(20000, atomic_load(&told.count));
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  executor_end(executor);
}

CASE(callbacks_that_a_closed_executor_refuses_leave_memory_flat) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  told_t told = TOLD_INIT;
  uint64_t reserved = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  for (int round = 0; round < 20000; round++) {
    CHECK_STATUS(TENON_STATUS_CLOSED,
                 tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  CHECK_NOT_TOLD(&told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(a_million_registrations_on_one_future_leave_memory_flat) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    told_t told = TOLD_INIT;
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    tenon_registration_t *registration = NULL;
    pair_t pair = pair_create();
    tenon_process_statistics_t before = process_statistics();
    size_t rounds = conformance_rounds(500000);
    uint64_t reserved = 0;
    for (size_t round = 0; round < rounds; round++) {
      if (tenon_future_on_complete(pair.future, executor, tell_completion, &told, &registration) !=
              TENON_STATUS_OK ||
          tenon_registration_forget(registration) != TENON_STATUS_OK) {
        CHECK(!"register or forget failed");
        break;
      }
      if (round == 100)
        reserved = process_statistics().memory_reserved;
    }
    tenon_process_statistics_t after = process_statistics();
    CHECK_COUNT(rounds, atomic_load(&told.count));
    CHECK_COUNT(before.registrations_pending, after.registrations_pending);
    CHECK_COUNT(reserved, after.memory_reserved);
    if (executor) {
      CHECK_COUNT(0, executor_statistics(executor).pending);
      executor_end(executor);
    }
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_COUNT(rounds, atomic_load(&told.count));
  }
}

CASE(a_million_cancel_registrations_on_one_promise_leave_memory_flat) {
  told_t told = TOLD_INIT;
  tenon_registration_t *registration = NULL;
  pair_t pair = pair_create();
  size_t rounds = conformance_rounds(1000000);
  uint64_t reserved = 0;
  for (size_t round = 0; round < rounds; round++) {
    if (tenon_promise_on_cancel(pair.promise, NULL, tell, &told, &registration) !=
            TENON_STATUS_OK ||
        tenon_registration_forget(registration) != TENON_STATUS_OK) {
      CHECK(!"register or forget failed");
      break;
    }
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(rounds, atomic_load(&told.count));
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(many_registrations_are_forgotten_in_any_order) {
  /* Removing one from the middle of many must not cost a walk over all of them. */
  size_t count = conformance_rounds(100000);
  told_t *told = calloc(count, sizeof *told);
  tenon_registration_t **registrations = calloc(count, sizeof *registrations);
  random_t random = {2};
  pair_t pair = pair_create();
  for (size_t index = 0; index < count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, tell_completion,
                                                           &told[index], &registrations[index]));
  for (size_t left = count; left > 1; left--) {
    size_t other = (size_t)random_below(&random, left);
    tenon_registration_t *registration = registrations[other];
    registrations[other] = registrations[left - 1];
    registrations[left - 1] = registration;
  }
  for (size_t index = 0; index < count / 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registrations[index]));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  size_t forgotten = 0;
  int turn = 0;
  for (size_t index = 0; index < count; index++) {
    CHECK_COUNT(1, atomic_load(&told[index].count));
    if (atomic_load(&told[index].status) == TENON_STATUS_FORGOTTEN) {
      forgotten++;
    } else {
      CHECK(turn < atomic_load(&told[index].turn));
      turn = atomic_load(&told[index].turn);
    }
  }
  CHECK_COUNT(count / 2, forgotten);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  free(registrations);
  free(told);
}
