/*
 * What the headers promise when threads meet: each round of a race is small, so that the threads
 * are at each other's throats, and everything that was owed is counted afterwards.
 */
#include "race.h"

#define MEMBERS 4

/* MARK: Settling */

typedef struct settling {
  pair_t pair;
  atomic_int drops;
  atomic_int winners;
  atomic_int kept;
  told_t told;
  bool is_read;
} settling_t;

static void settling_before(void *context, size_t round) {
  settling_t *race = context;
  race->pair = pair_create();
  atomic_store(&race->drops, 0);
  atomic_store(&race->winners, 0);
  atomic_store(&race->kept, 0);
  memset(&race->told, 0, sizeof race->told);
  race->is_read = round % 3 != 0;
  if (round % 3 == 1)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(race->pair.future, NULL, tell_completion,
                                                           &race->told, NULL));
  if (!race->is_read)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
}

static void settling_resolve(void *context, size_t member, size_t round) {
  settling_t *race = context;
  tenon_value_t value = counted_value(&race->drops);
  (void)member;
  (void)round;
  tenon_status_t status = tenon_promise_resolve(race->pair.promise, &value);
  if (status == TENON_STATUS_OK) {
    atomic_fetch_add(&race->winners, 1);
  } else if (status == TENON_STATUS_STALE) {
    CHECK(!race->is_read);
    CHECK(value.as.pointer.address == &race->drops);
    atomic_fetch_add(&race->kept, 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  } else {
    CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, status);
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  }
}

static void settling_after(void *context, size_t round) {
  settling_t *race = context;
  CHECK_COUNT(1, atomic_load(&race->winners));
  if (race->is_read) {
    CHECK_COUNT(MEMBERS - 1, atomic_load(&race->drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(race->pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
  }
  CHECK_COUNT(MEMBERS, atomic_load(&race->drops));
  if (round % 3 == 1)
    CHECK_TOLD(TENON_STATUS_OK, &race->told);
}

CASE(of_many_threads_that_resolve_a_promise_one_wins) {
  settling_t context;
  race_t race = {MEMBERS,         conformance_rounds(20000), &context,
                 settling_before, settling_resolve,          settling_after};
  memset(&context, 0, sizeof context);
  race_run(&race);
}

static void settling_any_way(void *context, size_t member, size_t round) {
  settling_t *race = context;
  tenon_status_t status = TENON_STATUS_OK;
  switch ((member + round) % MEMBERS) {
  case 0:
    settling_resolve(context, member, round);
    return;
  case 1:
    status = settle(race->pair.promise, TENON_STATUS_REJECTED);
    break;
  case 2:
    status = tenon_promise_cancel(race->pair.promise);
    break;
  default:
    status = tenon_promise_release(race->pair.promise);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_STALE);
  }
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED ||
        status == TENON_STATUS_STALE);
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&race->winners, 1);
}

static void settling_any_after(void *context, size_t round) {
  settling_t *race = context;
  CHECK_COUNT(1, atomic_load(&race->winners));
  if (round % 3 == 1)
    CHECK_TOLD(tenon_future_poll(race->pair.future), &race->told);
  if (race->is_read)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
  CHECK_COUNT(1, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(race->pair.promise));
}

CASE(of_many_threads_that_end_a_promise_one_wins) {
  settling_t context;
  race_t race = {MEMBERS,         conformance_rounds(20000), &context,
                 settling_before, settling_any_way,          settling_any_after};
  memset(&context, 0, sizeof context);
  race_run(&race);
}

/* MARK: Taking */

typedef struct taking {
  pair_t pair;
  atomic_int drops;
  atomic_int takers;
} taking_t;

static void taking_before(void *context, size_t round) {
  taking_t *race = context;
  tenon_value_t value = counted_value(&race->drops);
  (void)round;
  atomic_store(&race->drops, 0);
  atomic_store(&race->takers, 0);
  race->pair = pair_create();
  for (int member = 1; member < MEMBERS; member++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(race->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(race->pair.promise, &value));
}

static void taking_run(void *context, size_t member, size_t round) {
  taking_t *race = context;
  tenon_value_t value;
  tenon_status_t status = tenon_future_peek(race->pair.future, &value);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TAKEN);
  if ((member + round) % MEMBERS != 0) {
    status = tenon_future_take(race->pair.future, &value);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TAKEN);
    if (status == TENON_STATUS_OK) {
      atomic_fetch_add(&race->takers, 1);
      CHECK_COUNT(0, atomic_load(&race->drops));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    }
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
}

static void taking_after(void *context, size_t round) {
  taking_t *race = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&race->takers));
  CHECK_COUNT(1, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(race->pair.future));
}

CASE(of_many_threads_that_take_a_value_one_gets_it) {
  taking_t context;
  race_t race = {MEMBERS,     conformance_rounds(20000), &context, taking_before, taking_run,
                 taking_after};
  memset(&context, 0, sizeof context);
  race_run(&race);
}

static void releasing_run(void *context, size_t member, size_t round) {
  taking_t *race = context;
  (void)member;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(race->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
  CHECK_COUNT(0, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
}

static void releasing_after(void *context, size_t round) {
  taking_t *race = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(race->pair.future));
}

CASE(many_threads_release_a_future_and_its_value_is_dropped_once) {
  taking_t context;
  race_t race = {MEMBERS,        conformance_rounds(20000), &context, taking_before, releasing_run,
                 releasing_after};
  memset(&context, 0, sizeof context);
  race_run(&race);
}

/* MARK: Everything at once */

typedef struct melee {
  tenon_executor_t *executor;
  pair_t pair;
  atomic_int drops;
  atomic_int values;
  told_t completion[6];
  told_t cancel[3];
  bool owed[6];
  bool cancel_owed;
  tenon_registration_t *registration;
  tenon_registration_t *cancel_registration;
  tenon_status_t forgotten;
  tenon_status_t cancel_forgotten;
} melee_t;

static void melee_before(void *context, size_t round) {
  melee_t *melee = context;
  tenon_executor_t *executor = round % 2 == 0 ? melee->executor : NULL;
  memset(&melee->pair, 0, sizeof *melee - offsetof(melee_t, pair));
  melee->pair = pair_create_with(round % 5 == 0 ? TENON_PROMISE_FLAG_DETACHED : 0, NULL);
  for (int member = 1; member < MEMBERS; member++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(melee->pair.future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(melee->pair.future, executor, tell_completion,
                                        &melee->completion[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(melee->pair.future, executor, tell_completion,
                                        &melee->completion[1], &melee->registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(melee->pair.promise, executor, tell,
                                                        &melee->cancel[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(melee->pair.promise, executor, tell, &melee->cancel[1],
                                       &melee->cancel_registration));
  melee->owed[0] = melee->owed[1] = true;
}

static void melee_settle(melee_t *melee, size_t round) {
  tenon_value_t value = counted_value(&melee->drops);
  switch (round % 7) {
  case 0:
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(melee->pair.promise));
    break;
  case 1:
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(melee->pair.promise));
    break;
  case 2:
    CHECK_STATUS(TENON_STATUS_OK, settle(melee->pair.promise, TENON_STATUS_REJECTED));
    break;
  default:
    atomic_fetch_add(&melee->values, 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(melee->pair.promise, &value));
  }
}

static void melee_register(melee_t *melee, size_t round) {
  tenon_future_t *future = melee->pair.future;
  tenon_executor_t *executor = round % 3 == 0 ? melee->executor : NULL;
  tenon_status_t status =
      tenon_future_on_complete(future, NULL, tell_completion, &melee->completion[2], NULL);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED);
  melee->owed[2] = status == TENON_STATUS_OK;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(future, melee->executor, tell_completion,
                                                         &melee->completion[3], NULL));
  melee->owed[3] = true;
  status = tenon_future_on_complete_if_pending(future, executor, tell_completion,
                                               &melee->completion[4], NULL);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED);
  melee->owed[4] = status == TENON_STATUS_OK;
  status = tenon_promise_on_cancel(melee->pair.promise, executor, tell, &melee->cancel[2], NULL);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
        (status == TENON_STATUS_CANCELLED && !executor));
  melee->cancel_owed = status == TENON_STATUS_OK;
}

static void melee_run(void *context, size_t member, size_t round) {
  melee_t *melee = context;
  tenon_status_t status;
  switch ((member + round / 7) % MEMBERS) {
  case 0:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(melee->pair.future));
    melee_settle(melee, round);
    return;
  case 1:
    status = tenon_future_cancel(melee->pair.future);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED);
    break;
  case 2:
    melee_register(melee, round);
    break;
  default:
    melee->forgotten = tenon_registration_forget(melee->registration);
    melee->cancel_forgotten = tenon_registration_forget(melee->cancel_registration);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(melee->pair.future));
}

static void melee_after(void *context, size_t round) {
  melee_t *melee = context;
  (void)round;
  executor_poll(melee->executor);
  for (int index = 0; index < 6; index++) {
    CHECK_COUNT(melee->owed[index] ? 1 : 0, atomic_load(&melee->completion[index].count));
    CHECK(!atomic_load(&melee->completion[index].wrong));
  }
  tenon_status_t end = atomic_load(&melee->completion[0].status);
  CHECK(end == TENON_STATUS_OK || end == TENON_STATUS_REJECTED || end == TENON_STATUS_CANCELLED);
  for (int index = 2; index < 5; index++)
    if (melee->owed[index])
      CHECK_STATUS(end, atomic_load(&melee->completion[index].status));
  if (melee->forgotten == TENON_STATUS_OK)
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &melee->completion[1]);
  else
    CHECK_TOLD(end, &melee->completion[1]);
  CHECK(melee->forgotten == TENON_STATUS_OK || melee->forgotten == TENON_STATUS_SETTLED ||
        melee->forgotten == TENON_STATUS_STALE);
  CHECK_COUNT(1, atomic_load(&melee->cancel[0].count));
  CHECK_COUNT(1, atomic_load(&melee->cancel[1].count));
  CHECK_COUNT(melee->cancel_owed ? 1 : 0, atomic_load(&melee->cancel[2].count));
  for (int index = 0; index < 3; index++) {
    tenon_status_t status = atomic_load(&melee->cancel[index].status);
    if (index == 1 && melee->cancel_forgotten == TENON_STATUS_OK)
      CHECK_STATUS(TENON_STATUS_FORGOTTEN, status);
    else if (atomic_load(&melee->cancel[index].count) == 1)
      CHECK(status == TENON_STATUS_CANCELLED || status == TENON_STATUS_SETTLED);
  }
  CHECK_COUNT(atomic_load(&melee->values), atomic_load(&melee->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(melee->pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(melee->pair.promise));
}

CASE(settle_cancel_register_forget_and_release_race_and_all_are_told_once) {
  melee_t melee;
  race_t race = {MEMBERS, conformance_rounds(40000), &melee, melee_before, melee_run, melee_after};
  uint64_t before = process_statistics().registrations_pending;
  memset(&melee, 0, sizeof melee);
  melee.executor = executor_create();
  race_run(&race);
  CHECK_COUNT(0, executor_statistics(melee.executor).pending);
  CHECK_COUNT(before, process_statistics().registrations_pending);
  executor_end(melee.executor);
}

/* MARK: Forgetting */

typedef struct forgetting {
  pair_t pair;
  told_t told;
  tenon_registration_t *registration;
  atomic_int answers[4]; /**< OK, SETTLED, STALE, anything else */
} forgetting_t;

static void forgetting_before(void *context, size_t round) {
  forgetting_t *race = context;
  memset(race, 0, sizeof *race);
  (void)round;
  race->pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(race->pair.future, NULL, tell_completion,
                                                         &race->told, &race->registration));
}

static void forgetting_run(void *context, size_t member, size_t round) {
  forgetting_t *race = context;
  if (member == round % MEMBERS) {
    CHECK_STATUS(TENON_STATUS_OK, settle(race->pair.promise, TENON_STATUS_OK));
    return;
  }
  tenon_status_t status = tenon_registration_forget(race->registration);
  /* Whatever it answers, the callback is over. */
  CHECK_COUNT(1, atomic_load(&race->told.count));
  atomic_fetch_add(&race->answers[status == TENON_STATUS_OK        ? 0
                                  : status == TENON_STATUS_SETTLED ? 1
                                  : status == TENON_STATUS_STALE   ? 2
                                                                   : 3],
                   1);
}

static void forgetting_after(void *context, size_t round) {
  forgetting_t *race = context;
  (void)round;
  CHECK_COUNT(0, atomic_load(&race->answers[3]));
  CHECK(atomic_load(&race->answers[0]) <= 1);
  CHECK_TOLD(atomic_load(&race->answers[0]) == 1 ? TENON_STATUS_FORGOTTEN : TENON_STATUS_OK,
             &race->told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
}

CASE(whoever_forgets_knows_that_the_callback_is_over) {
  forgetting_t context;
  race_t race = {MEMBERS,        conformance_rounds(40000), &context, forgetting_before,
                 forgetting_run, forgetting_after};
  race_run(&race);
}

/* MARK: Waiting */

typedef struct waiting {
  tenon_executor_t *executor;
  pair_t pair;
} waiting_t;

static void waiting_before(void *context, size_t round) {
  waiting_t *race = context;
  (void)round;
  race->pair = pair_create();
}

static void waiting_run(void *context, size_t member, size_t round) {
  waiting_t *race = context;
  if (member == (round % (MEMBERS - 1)) + 1)
    CHECK_STATUS(TENON_STATUS_OK, settle(race->pair.promise, TENON_STATUS_OK));
  else if (member == 0)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(race->executor, race->pair.future, TENON_FOREVER));
  else
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(race->pair.future, TENON_FOREVER));
}

static void waiting_after(void *context, size_t round) {
  waiting_t *race = context;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(race->pair.future));
}

CASE(no_waiter_is_left_behind) {
  waiting_t context;
  race_t race = {MEMBERS,      conformance_rounds(10000), &context, waiting_before, waiting_run,
                 waiting_after};
  memset(&context, 0, sizeof context);
  context.executor = executor_create();
  race_run(&race);
  executor_end(context.executor);
}

/* MARK: Closing */

#define CLOSING_EACH 8

typedef struct closing {
  tenon_executor_t *executor;
  pair_t pair;
  told_t jobs[MEMBERS][CLOSING_EACH];
  told_t timers[MEMBERS][CLOSING_EACH];
  told_t completions[MEMBERS][CLOSING_EACH];
  told_t cancels[MEMBERS][CLOSING_EACH];
  atomic_int owed;
} closing_t;

static void closing_before(void *context, size_t round) {
  closing_t *race = context;
  (void)round;
  memset(race, 0, sizeof *race);
  race->executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(race->executor));
  race->pair = pair_create();
}

static void closing_close(closing_t *race, size_t round) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  for (size_t polls = 0; polls < round % 4; polls++)
    executor_poll(race->executor);
  switch (round % 3) {
  case 0:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(race->executor, TENON_FOREVER));
    break;
  case 1:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(race->executor, 0));
    for (int polls = 0; polls < 1000 && !result.closed; polls++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(race->executor, NULL, &result));
    CHECK(result.closed);
    break;
  default:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(race->executor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(race->executor, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(race->executor));
  }
}

static void closing_count(closing_t *race, tenon_status_t status) {
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&race->owed, 1);
}

static void closing_run(void *context, size_t member, size_t round) {
  closing_t *race = context;
  tenon_timer_t *timer = NULL;
  if (member == 0) {
    closing_close(race, round);
    return;
  }
  for (int index = 0; index < CLOSING_EACH; index++) {
    closing_count(race, tenon_executor_post(race->executor, tell, &race->jobs[member][index]));
    tenon_status_t status = tenon_timer_start(race->executor, TENON_FOREVER, tell,
                                              &race->timers[member][index], &timer);
    closing_count(race, status);
    if (status == TENON_STATUS_OK && index % 2 == 0) {
      status = tenon_timer_cancel(timer);
      CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
            status == TENON_STATUS_STALE);
    }
    closing_count(race, tenon_future_on_complete(race->pair.future, race->executor, tell_completion,
                                                 &race->completions[member][index], NULL));
    closing_count(race, tenon_promise_on_cancel(race->pair.promise, race->executor, tell,
                                                &race->cancels[member][index], NULL));
  }
}

static int closing_sum(told_t told[MEMBERS][CLOSING_EACH]) {
  int sum = 0;
  for (int member = 0; member < MEMBERS; member++) {
    for (int index = 0; index < CLOSING_EACH; index++) {
      CHECK(atomic_load(&told[member][index].count) <= 1);
      CHECK(!atomic_load(&told[member][index].wrong));
      sum += atomic_load(&told[member][index].count);
    }
  }
  return sum;
}

static void closing_after(void *context, size_t round) {
  closing_t *race = context;
  (void)round;
  CHECK_COUNT(atomic_load(&race->owed), closing_sum(race->jobs) + closing_sum(race->timers) +
                                            closing_sum(race->completions) +
                                            closing_sum(race->cancels));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(race->executor, NULL, NULL));
  CHECK_COUNT(0, executor_statistics(race->executor).pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(race->executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(race->executor));
  CHECK_STATUS(TENON_STATUS_OK, settle(race->pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race->pair.future));
  CHECK_COUNT(atomic_load(&race->owed), closing_sum(race->jobs) + closing_sum(race->timers) +
                                            closing_sum(race->completions) +
                                            closing_sum(race->cancels));
}

CASE(what_an_executor_accepted_before_it_closed_is_told_once) {
  static closing_t context;
  race_t race = {MEMBERS,      conformance_rounds(4000), &context, closing_before, closing_run,
                 closing_after};
  race_run(&race);
}

/* MARK: Wakes against the close */

typedef struct waker {
  tenon_executor_t *executor;
  atomic_int *alive; /**< freed when the host is told that it is closed */
  told_t told;
  atomic_int owed;
} waker_t;

static void waker_wake(void *context) { atomic_fetch_add((atomic_int *)context, 1); }

static void waker_closed(void *context, tenon_status_t status) {
  (void)status;
  free(context);
}

static void waker_before(void *context, size_t round) {
  waker_t *race = context;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  (void)round;
  memset(race, 0, sizeof *race);
  race->alive = calloc(1, sizeof *race->alive);
  host.wake = waker_wake;
  host.closed = waker_closed;
  config.host = &host;
  config.host_context = race->alive;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &race->executor));
}

static void waker_run(void *context, size_t member, size_t round) {
  waker_t *race = context;
  if (member == 0) {
    if (round % 2 == 0)
      executor_poll(race->executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(race->executor, 0));
    return;
  }
  for (int count = 0; count < 10; count++) {
    tenon_status_t status = tenon_executor_post(race->executor, tell, &race->told);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
    if (status == TENON_STATUS_OK)
      atomic_fetch_add(&race->owed, 1);
  }
}

static void waker_after(void *context, size_t round) {
  waker_t *race = context;
  (void)round;
  CHECK_COUNT(atomic_load(&race->owed), atomic_load(&race->told.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(race->executor));
}

CASE(a_host_that_was_told_that_it_is_closed_is_never_woken_again) {
  waker_t context;
  race_t race = {MEMBERS,    conformance_rounds(10000), &context, waker_before, waker_run,
                 waker_after};
  race_run(&race);
}

/* MARK: Timers */

typedef struct timing {
  tenon_executor_t *executor;
  told_t told[MEMBERS];
  uint64_t deadlines[MEMBERS];
  tenon_timer_t *timers[MEMBERS];
  tenon_status_t answers[MEMBERS];
} timing_t;

static void timing_before(void *context, size_t round) {
  timing_t *race = context;
  uint64_t now = tenon_timer_now_ns();
  memset(race->told, 0, sizeof race->told);
  for (size_t index = 1; index < MEMBERS; index++) {
    race->deadlines[index] = index == 1 ? now : now + (round % 10) * 4096 * index;
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(race->executor, race->deadlines[index], tell,
                                                    &race->told[index], &race->timers[index]));
  }
}

static void timing_run(void *context, size_t member, size_t round) {
  timing_t *race = context;
  (void)round;
  if (member == 0) {
    executor_poll(race->executor);
    executor_poll(race->executor);
  } else {
    race->answers[member] = tenon_timer_cancel(race->timers[member]);
  }
}

static void timing_after(void *context, size_t round) {
  timing_t *race = context;
  (void)round;
  SPIN_UNTIL(!executor_poll(race->executor).alive);
  for (size_t index = 1; index < MEMBERS; index++) {
    tenon_status_t answer = race->answers[index];
    CHECK(answer == TENON_STATUS_OK || answer == TENON_STATUS_SETTLED ||
          answer == TENON_STATUS_STALE);
    CHECK_TOLD(answer == TENON_STATUS_OK ? TENON_STATUS_CANCELLED : TENON_STATUS_OK,
               &race->told[index]);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(race->timers[index]));
  }
}

CASE(a_timer_that_is_cancelled_while_it_is_due_is_told_once) {
  timing_t context;
  race_t race = {MEMBERS,     conformance_rounds(20000), &context, timing_before, timing_run,
                 timing_after};
  memset(&context, 0, sizeof context);
  context.executor = executor_create();
  race_run(&race);
  executor_end(context.executor);
}

/* MARK: Handles that are released under one's feet */

#define SHARED_COUNT 8

typedef struct feet {
  _Atomic(tenon_future_t *) futures[SHARED_COUNT];
  _Atomic(tenon_promise_t *) promises[SHARED_COUNT];
  _Atomic(tenon_registration_t *) registrations[SHARED_COUNT];
  atomic_size_t created;
  atomic_size_t told;
  atomic_size_t dropped;
} feet_t;

static feet_t feet;

static void feet_drop(void *pointer, size_t size) {
  (void)pointer;
  (void)size;
  atomic_fetch_add(&feet.dropped, 1);
}

static void feet_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  (void)status;
  (void)future;
  atomic_fetch_add(&feet.told, 1);
}

static void feet_before(void *context, size_t round) {
  (void)context;
  (void)round;
}

static void feet_create(random_t *random, size_t count) {
  for (; count > 0; count--) {
    size_t index = (size_t)random_below(random, SHARED_COUNT);
    tenon_registration_t *registration = NULL;
    tenon_value_t value = tenon_value_pointer(&feet, NULL, feet_drop);
    pair_t pair = pair_create();
    atomic_fetch_add(&feet.created, 1);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, NULL, feet_completion, NULL, &registration));
    atomic_store(&feet.futures[index], pair.future);
    atomic_store(&feet.promises[index], pair.promise);
    atomic_store(&feet.registrations[index], registration);
    if (random_below(random, 4) == 0)
      sched_yield();
    tenon_status_t status = tenon_promise_resolve(pair.promise, &value);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED ||
          status == TENON_STATUS_STALE);
    if (status == TENON_STATUS_STALE) /* untouched: still ours */
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

static void feet_use(random_t *random, size_t count) {
  for (; count > 0; count--) {
    size_t index = (size_t)random_below(random, SHARED_COUNT);
    tenon_future_t *future = atomic_load(&feet.futures[index]);
    tenon_promise_t *promise = atomic_load(&feet.promises[index]);
    tenon_registration_t *registration = atomic_load(&feet.registrations[index]);
    tenon_value_t value;
    tenon_error_t *error = NULL;
    switch (random_below(random, 8)) {
    case 0:
      tenon_future_poll(future);
      break;
    case 1:
      tenon_future_peek(future, &value);
      break;
    case 2:
      if (tenon_future_take(future, &value) == TENON_STATUS_OK)
        CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      break;
    case 3:
      if (tenon_future_retain(future) == TENON_STATUS_OK) {
        CHECK(tenon_future_poll(future) != TENON_STATUS_STALE);
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
      }
      break;
    case 4:
      tenon_future_cancel(future);
      break;
    case 5:
      tenon_promise_is_cancelled(promise);
      if (random_below(random, 8) == 0)
        tenon_promise_cancel(promise);
      break;
    case 6:
      tenon_registration_forget(registration);
      break;
    default:
      if (tenon_future_copy_error(future, &error) == TENON_STATUS_OK)
        CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    }
  }
}

static void feet_run(void *context, size_t member, size_t round) {
  random_t random = {round * 100 + member};
  (void)context;
  if (member < 2)
    feet_create(&random, 200);
  else
    feet_use(&random, 400);
}

static void feet_after(void *context, size_t round) {
  (void)context;
  (void)round;
  CHECK_COUNT(atomic_load(&feet.created), atomic_load(&feet.told));
  CHECK_COUNT(atomic_load(&feet.created), atomic_load(&feet.dropped));
}

CASE(handles_that_other_threads_release_are_never_followed) {
  race_t race = {MEMBERS, conformance_rounds(1500), NULL, feet_before, feet_run, feet_after};
  memset(&feet, 0, sizeof feet);
  race_run(&race);
}

/* MARK: Errors */

typedef struct sharing {
  tenon_error_t *error;
  atomic_int drops;
} sharing_t;

static void sharing_drop(void *pointer) { atomic_fetch_add((atomic_int *)pointer, 1); }

static void sharing_before(void *context, size_t round) {
  static const int type;
  sharing_t *race = context;
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  (void)round;
  atomic_store(&race->drops, 0);
  payload.type = &type;
  payload.pointer = &race->drops;
  payload.drop = sharing_drop;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, "text", NULL, &payload, &race->error));
  for (int member = 1; member < MEMBERS; member++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_retain(race->error));
}

static void sharing_run(void *context, size_t member, size_t round) {
  sharing_t *race = context;
  const char *text = NULL;
  (void)member;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(race->error, &text));
  CHECK_TEXT("text", text);
  CHECK_COUNT(0, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(race->error));
}

static void sharing_after(void *context, size_t round) {
  sharing_t *race = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&race->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(race->error));
}

CASE(many_threads_release_an_error_and_its_payload_is_dropped_once) {
  sharing_t context;
  race_t race = {MEMBERS,      conformance_rounds(20000), &context, sharing_before, sharing_run,
                 sharing_after};
  memset(&context, 0, sizeof context);
  race_run(&race);
}

/* MARK: Polling */

typedef struct polling {
  tenon_executor_t *executor;
  told_t told;
  atomic_bool is_running;
  atomic_int overlaps;
  atomic_size_t posted;
} polling_t;

static void polling_job(void *context, tenon_status_t status) {
  polling_t *race = context;
  if (atomic_exchange(&race->is_running, true))
    atomic_fetch_add(&race->overlaps, 1);
  told_now(&race->told, status);
  atomic_store(&race->is_running, false);
}

static void polling_before(void *context, size_t round) {
  (void)context;
  (void)round;
}

static void polling_run(void *context, size_t member, size_t round) {
  polling_t *race = context;
  (void)round;
  for (int count = 0; count < 20; count++) {
    if (member % 2 == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(race->executor, polling_job, race));
      atomic_fetch_add(&race->posted, 1);
    }
    tenon_status_t status = tenon_executor_poll(race->executor, NULL, NULL);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
  }
}

static void polling_after(void *context, size_t round) {
  polling_t *race = context;
  (void)round;
  executor_poll(race->executor);
  CHECK_COUNT(atomic_load(&race->posted), (size_t)atomic_load(&race->told.count));
  CHECK_COUNT(0, atomic_load(&race->overlaps));
}

CASE(jobs_of_an_executor_never_run_at_the_same_time) {
  polling_t context;
  race_t race = {MEMBERS,      conformance_rounds(5000), &context, polling_before, polling_run,
                 polling_after};
  memset(&context, 0, sizeof context);
  context.executor = executor_create();
  race_run(&race);
  executor_end(context.executor);
}

/* MARK: Callbacks that settle further futures on other threads */

#define RUNNERS 200

typedef struct relay {
  tenon_executor_t *executors[2];
  pair_t pairs[RUNNERS];
  told_t told[RUNNERS];
} relay_t;

static relay_t relay;
static size_t runners[RUNNERS];

static void relay_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  size_t index = *(size_t *)context;
  (void)future;
  told_now(&relay.told[index], status);
  if (index + 1 < RUNNERS)
    CHECK_STATUS(TENON_STATUS_OK, settle(relay.pairs[index + 1].promise, TENON_STATUS_OK));
}

static void *relay_thread(void *context) {
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_run_until(relay.executors[*(size_t *)context],
                                        relay.pairs[RUNNERS - 1].future, TENON_FOREVER));
  return NULL;
}

CASE(two_executors_on_two_threads_hand_work_to_each_other) {
  size_t rounds = conformance_rounds(60);
  for (size_t round = 0; round < rounds; round++) {
    size_t numbers[2] = {0, 1};
    pthread_t threads[2];
    memset(&relay, 0, sizeof relay);
    for (int index = 0; index < 2; index++)
      relay.executors[index] = executor_create();
    for (size_t index = 0; index < RUNNERS; index++) {
      runners[index] = index;
      relay.pairs[index] = pair_create();
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(relay.pairs[index].future, relay.executors[index % 2],
                                            relay_completion, &runners[index], NULL));
    }
    for (int index = 0; index < 2; index++)
      threads[index] = thread_start(relay_thread, &numbers[index]);
    CHECK_STATUS(TENON_STATUS_OK, settle(relay.pairs[0].promise, TENON_STATUS_OK));
    for (int index = 0; index < 2; index++)
      thread_join(threads[index]);
    executor_end(relay.executors[0]);
    executor_end(relay.executors[1]);
    for (size_t index = 0; index < RUNNERS; index++) {
      CHECK_COUNT(1, atomic_load(&relay.told[index].count));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(relay.pairs[index].future));
    }
  }
}
