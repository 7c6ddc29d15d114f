/*
 * Whatever one is told has happened: the facts that one may ask for are true by then, on the thread that is told and
 * on every other one.
 */
#include "race.h"

/* MARK: Cancelled */

/** A producer that is told of a cancel, and asks for what must be so. */
typedef struct producer {
  pair_t pair;
  int64_t code; /**< of the reason, domain "tenon" if it is negative */
  const struct producer *others;
  int other_count; /**< whose cancels are recorded by then, too */
  int told;
} producer_t;

static void ask_producer(void *context, tenon_status_t status) {
  producer_t *producer = context;
  tenon_error_t *reason = NULL;
  producer->told++;
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  CHECK(tenon_promise_is_cancelled(producer->pair.promise));
  if (CHECK_STATUS(TENON_STATUS_OK, tenon_promise_copy_reason(producer->pair.promise, &reason)))
    CHECK_ERROR(producer->code < 0 ? "tenon" : "test", producer->code, reason);
  for (int index = 0; index < producer->other_count; index++)
    CHECK(tenon_promise_is_cancelled(producer->others[index].pair.promise));
}

static void producers_begin(producer_t *producers, int count, tenon_executor_t *bound,
                            tenon_executor_t *teller, int64_t code) {
  for (int index = 0; index < count; index++) {
    producer_t producer = {pair_create_with(0, bound), code, producers, count, 0};
    producers[index] = producer;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(producer.pair.promise, teller,
                                                          ask_producer, &producers[index], NULL));
  }
}

static void producers_end(producer_t *producers, int count) {
  for (int index = 0; index < count; index++) {
    CHECK_COUNT(1, producers[index].told);
    tenon_promise_cancel(producers[index].pair.promise);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(producers[index].pair.future));
  }
}

/** What cancels several futures, and with which reason. */
typedef enum cause {
  FUTURES,
  ALL_CANCELLED,
  ALL_LET_GO,
  ALL_DECIDED,
  RACE_DECIDED,
  TIMEOUTS,
  SCOPE_CANCELLED,
  SCOPE_LET_GO,
  SCOPE_FAILED,
  SCOPE_LATE,
  CLOSE,
  CAUSES
} cause_t;

static const int64_t codes[CAUSES] = {
    [FUTURES] = 5,
    [ALL_CANCELLED] = 5,
    [ALL_LET_GO] = TENON_STATUS_CANCELLED,
    [ALL_DECIDED] = 7,
    [RACE_DECIDED] = TENON_STATUS_CANCELLED,
    [TIMEOUTS] = TENON_STATUS_TIMEOUT,
    [SCOPE_CANCELLED] = 5,
    [SCOPE_LET_GO] = TENON_STATUS_CANCELLED,
    [SCOPE_FAILED] = 7,
    [SCOPE_LATE] = TENON_STATUS_TIMEOUT,
    [CLOSE] = TENON_STATUS_CLOSED,
};

enum { PRODUCERS = 3 };

static void cancel_all_by(cause_t cause, tenon_executor_t *executor, tenon_executor_t *teller) {
  producer_t producers[PRODUCERS];
  producers_begin(producers, PRODUCERS, cause == CLOSE ? executor : NULL, teller, codes[cause]);
  if (cause == FUTURES || cause == TIMEOUTS) /* cancelled one after the other */
    for (int index = 0; index < PRODUCERS; index++)
      producers[index].other_count = index + 1;
  pair_t extra = pair_create();
  tenon_future_t *inputs[PRODUCERS + 1] = {extra.future};
  for (int index = 0; index < PRODUCERS; index++)
    inputs[index + 1] = producers[index].pair.future;
  tenon_future_t *results[PRODUCERS] = {NULL};
  tenon_error_t *reason = error_create(5);
  tenon_scope_t *scope = NULL;
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  config.executor = executor;
  if (cause == SCOPE_LATE)
    config.deadline_ns = tenon_timer_now_ns();
  if (cause >= SCOPE_CANCELLED && cause <= SCOPE_LATE) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(&config, &scope));
    for (int index = 0; index <= PRODUCERS; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, inputs[index]));
  }
  switch (cause) {
  case FUTURES:
    for (int index = 1; index <= PRODUCERS; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(inputs[index], reason));
    break;
  case ALL_CANCELLED:
  case ALL_LET_GO:
  case ALL_DECIDED:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(inputs, PRODUCERS + 1, 0, &results[0]));
    if (cause == ALL_CANCELLED)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(results[0], reason));
    else if (cause == ALL_DECIDED)
      settle(extra.promise, TENON_STATUS_REJECTED);
    break;
  case RACE_DECIDED:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(inputs, PRODUCERS + 1, 0, &results[0]));
    settle(extra.promise, TENON_STATUS_OK);
    break;
  case TIMEOUTS:
    for (int index = 0; index < PRODUCERS; index++)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_timeout(inputs[index + 1], executor, 0, &results[index]));
    break;
  case SCOPE_CANCELLED:
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scope, reason));
    break;
  case SCOPE_FAILED:
    settle(extra.promise, TENON_STATUS_REJECTED);
    break;
  case CLOSE:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, TENON_FOREVER));
    break;
  default:
    break;
  }
  for (int index = 0; index < PRODUCERS; index++)
    if (results[index] && cause != TIMEOUTS)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(results[index]));
  if (scope && cause != SCOPE_LATE)
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  while (tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK &&
         !tenon_promise_is_cancelled(producers[PRODUCERS - 1].pair.promise))
    ;
  tenon_executor_poll(executor, NULL, NULL);
  if (teller)
    tenon_executor_poll(teller, NULL, NULL);
  producers_end(producers, PRODUCERS);
  if (cause == SCOPE_LATE)
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  for (int index = 0; index < PRODUCERS; index++)
    if (results[index] && cause == TIMEOUTS)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(results[index]));
  tenon_promise_release(extra.promise);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(extra.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  tenon_executor_poll(executor, NULL, NULL);
}

CASE(a_cancel_and_its_reason_are_recorded_before_anybody_is_told) {
  for (cause_t cause = FUTURES; cause < CAUSES; cause++)
    for (int where = 0; where < 3; where++) {
      tenon_executor_t *executor = executor_create(), *other = executor_create();
      cancel_all_by(cause, executor, where == 0 ? NULL : where == 1 ? executor : other);
      tenon_executor_close(executor, 0);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
      executor_end(other);
    }
}

/* MARK: Settled */

typedef struct reader {
  pair_t pair;
  tenon_executor_t *executor;
  tenon_registration_t *registration;
  tenon_process_statistics_t before;
  int told;
} reader_t;

static void ask_reader(void *context, tenon_status_t status, tenon_future_t *future) {
  reader_t *reader = context;
  tenon_value_t value;
  tenon_error_t *error = NULL;
  reader->told++;
  CHECK_STATUS(status, tenon_future_poll(future));
  CHECK_STATUS(status, tenon_future_peek(future, &value));
  CHECK_STATUS(status, tenon_future_take(future, &value));
  CHECK_STATUS(status == TENON_STATUS_OK ? TENON_STATUS_SETTLED : TENON_STATUS_OK,
               tenon_future_copy_error(future, &error));
  if (error)
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_future_cancel(future));
  CHECK_STATUS(TENON_STATUS_SETTLED,
               tenon_future_on_complete(future, NULL, never_completion, NULL, NULL));
  CHECK(!tenon_promise_is_cancelled(reader->pair.promise));
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_promise_resolve(reader->pair.promise, NULL));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_registration_forget(reader->registration));
  tenon_process_statistics_t now = process_statistics();
  CHECK_COUNT(reader->before.futures_pending, now.futures_pending);
  CHECK_COUNT(reader->before.registrations_pending, now.registrations_pending);
  CHECK_COUNT(reader->before.futures_settled + 1, now.futures_settled);
  CHECK_COUNT(reader->before.futures_rejected + (status == TENON_STATUS_REJECTED),
              now.futures_rejected);
  CHECK_COUNT(reader->before.futures_cancelled + (status == TENON_STATUS_CANCELLED),
              now.futures_cancelled);
  if (reader->executor)
    CHECK_COUNT(0, executor_statistics(reader->executor).pending);
}

CASE(whoever_is_told_of_an_end_finds_it_everywhere) {
  const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED};
  for (int with_executor = 0; with_executor < 2; with_executor++)
    for (int end = 0; end < 3; end++) {
      reader_t reader = {.before = process_statistics()};
      reader.executor = with_executor ? executor_create() : NULL;
      reader.pair = pair_create();
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(reader.pair.future, reader.executor, ask_reader,
                                            &reader, &reader.registration));
      CHECK_STATUS(TENON_STATUS_OK, settle(reader.pair.promise, ends[end]));
      if (with_executor)
        executor_poll(reader.executor);
      CHECK_COUNT(1, reader.told);
      CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(reader.registration));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(reader.pair.future));
      if (with_executor)
        executor_end(reader.executor);
    }
}

/** The result of many, and what else is so when it is told. */
typedef struct outcome {
  producer_t inputs[2];
  tenon_scope_t *scope;
  tenon_process_statistics_t before;
  int told;
} outcome_t;

static void ask_outcome(void *context, tenon_status_t status, tenon_future_t *future) {
  outcome_t *outcome = context;
  (void)future;
  outcome->told++;
  CHECK(status != TENON_STATUS_CLOSED);
  CHECK(tenon_promise_is_cancelled(outcome->inputs[0].pair.promise));
  CHECK(tenon_promise_is_cancelled(outcome->inputs[1].pair.promise));
}

CASE(whoever_is_told_the_result_of_many_finds_the_rest_cancelled) {
  typedef tenon_status_t (*combine_t)(tenon_future_t *const *, size_t, uint32_t, tenon_future_t **);
  const combine_t combines[] = {tenon_future_all, tenon_future_any, tenon_future_race};
  tenon_executor_t *executor = executor_create();
  for (int with_executor = 0; with_executor < 2; with_executor++)
    for (int kind = 0; kind < 3; kind++) {
      outcome_t outcome = {.told = 0};
      tenon_future_t *result;
      producers_begin(outcome.inputs, 2, NULL, NULL,
                      kind == 0 ? 7 : (int64_t)TENON_STATUS_CANCELLED);
      pair_t winner = pair_create();
      tenon_future_t *inputs[3] = {outcome.inputs[0].pair.future, winner.future,
                                   outcome.inputs[1].pair.future};
      CHECK_STATUS(TENON_STATUS_OK, combines[kind](inputs, 3, 0, &result));
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(result, with_executor ? executor : NULL, ask_outcome,
                                            &outcome, NULL));
      CHECK_STATUS(TENON_STATUS_OK,
                   settle(winner.promise, kind == 0 ? TENON_STATUS_REJECTED : TENON_STATUS_OK));
      executor_poll(executor);
      CHECK_COUNT(1, outcome.told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(winner.future));
      producers_end(outcome.inputs, 2);
    }
  executor_end(executor);
}

static void ask_scope(void *context, tenon_status_t status, tenon_future_t *future) {
  outcome_t *outcome = context;
  tenon_error_t *reason;
  pair_t late = pair_create();
  outcome->told++;
  CHECK_STATUS(status, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_add(outcome->scope, late.future));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_scope_copy_reason(outcome->scope, &reason));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_scope_cancel(outcome->scope, NULL));
  CHECK_COUNT(outcome->before.scopes_live, process_statistics().scopes_live);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(late.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late.future));
}

CASE(whoever_is_told_the_end_of_a_scope_finds_it_ended) {
  const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED};
  for (int end = 0; end < 2; end++) {
    outcome_t outcome = {.before = process_statistics()};
    tenon_future_t *future;
    pair_t work = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &outcome.scope));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(outcome.scope, work.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(outcome.scope, &future));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(future, NULL, ask_scope, &outcome, NULL));
    CHECK_STATUS(TENON_STATUS_OK, settle(work.promise, ends[end]));
    CHECK_COUNT(1, outcome.told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(work.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(outcome.scope));
  }
}

/** The scope's reason is there before the work that failed is told to those who waited for that alone. */
static void ask_failed_scope(void *context, tenon_status_t status, tenon_future_t *future) {
  outcome_t *outcome = context;
  tenon_error_t *reason = NULL;
  (void)future;
  outcome->told++;
  CHECK_STATUS(TENON_STATUS_REJECTED, status);
  if (CHECK_STATUS(TENON_STATUS_OK, tenon_scope_copy_reason(outcome->scope, &reason)))
    CHECK_ERROR("test", 7, reason);
}

CASE(whoever_is_told_of_a_failure_finds_its_scope_cancelled) {
  for (int first = 0; first < 2; first++) {
    outcome_t outcome = {.told = 0};
    pair_t work = pair_create(), other = pair_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &outcome.scope));
    if (first)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(work.future, NULL, ask_failed_scope, &outcome, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(outcome.scope, work.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(outcome.scope, other.future));
    if (!first)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(work.future, NULL, ask_failed_scope, &outcome, NULL));
    CHECK_STATUS(TENON_STATUS_OK, settle(work.promise, TENON_STATUS_REJECTED));
    CHECK_COUNT(1, outcome.told);
    CHECK(tenon_promise_is_cancelled(other.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(other.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(other.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(work.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(outcome.scope));
  }
}

/* MARK: Executors and timers */

typedef struct asker {
  tenon_executor_t *executor;
  tenon_timer_t *timer;
  uint64_t deadline_ns;
  uint64_t pending;
  int told;
} asker_t;

static void ask_timer(void *context, tenon_status_t status) {
  asker_t *asker = context;
  uint64_t now_ns = 0;
  asker->told++;
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_timer_cancel(asker->timer));
  if (status == TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_now_ns(asker->executor, &now_ns));
    CHECK(now_ns >= asker->deadline_ns);
  }
  if (status == TENON_STATUS_CLOSED)
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(asker->executor, never, NULL));
  else
    CHECK_COUNT(asker->pending, executor_statistics(asker->executor).pending);
}

CASE(a_timer_that_is_told_is_pending_no_more_and_others_are) {
  for (int how = 0; how < 3; how++) {
    tenon_executor_t *executor = executor_create();
    uint64_t now_ns = tenon_timer_now_ns();
    asker_t askers[3];
    for (int index = 0; index < 3; index++) {
      asker_t asker = {executor, NULL, how == 0 ? now_ns : TENON_FOREVER, 2 - (uint64_t)index, 0};
      askers[index] = asker;
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, asker.deadline_ns, ask_timer,
                                                      &askers[index], &askers[index].timer));
    }
    CHECK_COUNT(3, executor_statistics(executor).pending);
    for (int index = 0; index < 3 && how == 1; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(askers[index].timer));
    if (how < 2)
      executor_poll(executor);
    executor_end(executor);
    for (int index = 0; index < 3; index++) {
      CHECK_COUNT(1, askers[index].told);
      CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(askers[index].timer));
    }
  }
}

typedef struct countdown {
  tenon_executor_t *executor;
  uint64_t left;
} countdown_t;

static void count_down(void *context, tenon_status_t status, tenon_future_t *future) {
  countdown_t *countdown = context;
  (void)status, (void)future;
  CHECK_COUNT(--countdown->left, executor_statistics(countdown->executor).pending);
}

CASE(a_callback_that_is_told_is_pending_no_more_and_others_are) {
  countdown_t countdown = {executor_create(), 3};
  pair_t pair = pair_create();
  for (int index = 0; index < 3; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, countdown.executor,
                                                           count_down, &countdown, NULL));
  CHECK_COUNT(3, executor_statistics(countdown.executor).pending);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_COUNT(3, executor_statistics(countdown.executor).pending);
  executor_poll(countdown.executor);
  CHECK_COUNT(0, countdown.left);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(countdown.executor);
}

static told_t begun;

static void start_one(void *context, tenon_status_t status) {
  asker_t *asker = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_COUNT(0, executor_statistics(asker->executor).pending);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(asker->executor, TENON_FOREVER, tell, &begun, NULL));
  CHECK_COUNT(1, executor_statistics(asker->executor).pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(asker->executor, tell, &begun));
  CHECK_COUNT(2, executor_statistics(asker->executor).pending);
}

CASE(what_a_job_begins_is_pending_at_once) {
  asker_t asker = {executor_create(), NULL, 0, 0, 0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(asker.executor, start_one, &asker));
  executor_poll(asker.executor);
  CHECK_COUNT(1, executor_statistics(asker.executor).pending);
  executor_end(asker.executor);
}

/* MARK: Across threads */

/** One thread does something; another one sees a part of it, and asks for the rest. */
typedef struct sight {
  tenon_executor_t *executor;
  pair_t first, second, third;
  tenon_future_t *result;
  tenon_scope_t *scope;
  tenon_error_t *reason;
} sight_t;

typedef struct pairing {
  const char *name;
  void (*begin)(sight_t *sight);
  void (*act)(sight_t *sight);
  bool (*sees)(sight_t *sight);
  void (*ask)(sight_t *sight);
} pairing_t;

static void nothing(sight_t *sight) { (void)sight; }

static bool sees_cancel(sight_t *sight) { return tenon_promise_is_cancelled(sight->first.promise); }

static bool sees_second_cancel(sight_t *sight) {
  return tenon_promise_is_cancelled(sight->second.promise);
}

static bool sees_result(sight_t *sight) {
  return tenon_future_poll(sight->result) != TENON_STATUS_PENDING;
}

static bool sees_end(sight_t *sight) {
  return tenon_future_poll(sight->first.future) != TENON_STATUS_PENDING;
}

static bool sees_scope_cancel(sight_t *sight) {
  tenon_error_t *reason;
  if (tenon_scope_copy_reason(sight->scope, &reason) != TENON_STATUS_OK)
    return false;
  CHECK_ERROR("test", 7, reason);
  return true;
}

static void ask_for_reason(pair_t pair, const char *domain, int64_t code) {
  tenon_error_t *reason;
  if (CHECK_STATUS(TENON_STATUS_OK, tenon_promise_copy_reason(pair.promise, &reason)))
    CHECK_ERROR(domain, code, reason);
}

static void cancel_with_reason(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(sight->first.future, sight->reason));
}

static void ask_given_reason(sight_t *sight) { ask_for_reason(sight->first, "test", 7); }

static void let_go(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sight->first.future));
  sight->first.future = NULL;
}

static void ask_plain_reason(sight_t *sight) {
  ask_for_reason(sight->first, "tenon", TENON_STATUS_CANCELLED);
}

static void begin_race(sight_t *sight) {
  tenon_future_t *inputs[2] = {sight->first.future, sight->second.future};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(inputs, 2, 0, &sight->result));
}

static void begin_all(sight_t *sight) {
  tenon_future_t *inputs[2] = {sight->first.future, sight->second.future};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(inputs, 2, 0, &sight->result));
}

static void settle_the_first(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, settle(sight->first.promise, TENON_STATUS_OK));
}

static void fail_the_first(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(sight->first.promise, sight->reason));
}

static void ask_loser(sight_t *sight) { CHECK(tenon_promise_is_cancelled(sight->second.promise)); }

static void ask_value(sight_t *sight) {
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(sight->first.future, &value));
  CHECK_COUNT(42, value.as.i64);
}

static void ask_error(sight_t *sight) { CHECK_ERROR("test", 7, error_of(sight->first.future)); }

static void cancel_result(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(sight->result, sight->reason));
}

static void begin_map(sight_t *sight);

static void begin_timeout(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_timeout(sight->second.future, sight->executor, 0, &sight->result));
}

static void poll_executor(sight_t *sight) { executor_poll(sight->executor); }

static void begin_scope(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &sight->scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(sight->scope, sight->first.future));
}

static void cancel_scope(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(sight->scope, sight->reason));
}

static void ask_new_member(sight_t *sight) {
  tenon_status_t status = tenon_scope_add(sight->scope, sight->third.future);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  if (status == TENON_STATUS_OK)
    ask_for_reason(sight->third, "test", 7);
}

static void begin_scope_end(sight_t *sight) {
  begin_scope(sight);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(sight->scope, &sight->result));
}

static void ask_ended_scope(sight_t *sight) {
  tenon_error_t *reason;
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_add(sight->scope, sight->third.future));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_scope_copy_reason(sight->scope, &reason));
}

static void begin_bound(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, settle(sight->first.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sight->first.future));
  sight->first = pair_create_with(0, sight->executor);
}

static void begin_close(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(sight->executor, 0));
}

static void ask_closing(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(sight->executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_timer_start(sight->executor, TENON_FOREVER, never, NULL, NULL));
  ask_for_reason(sight->first, "tenon", TENON_STATUS_CLOSED);
}

static void keep(void *context, tenon_status_t status, tenon_future_t *future,
                 tenon_promise_t *promise) {
  (void)context, (void)status, (void)future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
}

static void begin_map(sight_t *sight) {
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_map(sight->first.future, NULL, keep, NULL, &sight->result));
}

static const pairing_t pairings[] = {
    {"requested, and why", nothing, cancel_with_reason, sees_cancel, ask_given_reason},
    {"let go of, and why", nothing, let_go, sees_cancel, ask_plain_reason},
    {"settled, and with what", nothing, settle_the_first, sees_end, ask_value},
    {"failed, and why", nothing, fail_the_first, sees_end, ask_error},
    {"won, and the other", begin_race, settle_the_first, sees_result, ask_loser},
    {"failed, and the other", begin_all, fail_the_first, sees_result, ask_loser},
    {"mapped, and why", begin_map, cancel_result, sees_cancel, ask_given_reason},
    {"all, and why", begin_all, cancel_result, sees_second_cancel, ask_given_reason},
    {"late, and the work", begin_timeout, poll_executor, sees_result, ask_loser},
    {"scope cancelled, and newcomers", begin_scope, cancel_scope, sees_scope_cancel,
     ask_new_member},
    {"scope failed, and newcomers", begin_scope, fail_the_first, sees_scope_cancel, ask_new_member},
    {"member cancelled, and why", begin_scope, cancel_scope, sees_cancel, ask_given_reason},
    {"scope ended", begin_scope_end, settle_the_first, sees_result, ask_ended_scope},
    {"closing, and new work", begin_bound, begin_close, sees_cancel, ask_closing},
};
enum { PAIRINGS = sizeof pairings / sizeof *pairings };

static void sight_before(void *context, size_t round) {
  sight_t *sight = context;
  memset(sight, 0, sizeof *sight);
  sight->executor = executor_create();
  sight->first = pair_create();
  sight->second = pair_create();
  sight->third = pair_create();
  sight->reason = error_create(7);
  pairings[round % PAIRINGS].begin(sight);
}

static void sight_run(void *context, size_t member, size_t round) {
  sight_t *sight = context;
  const pairing_t *pairing = &pairings[round % PAIRINGS];
  if (member == 0) {
    for (volatile size_t delay = round / PAIRINGS % 64; delay > 0; delay--)
      ;
    pairing->act(sight);
  } else {
    SPIN_UNTIL(pairing->sees(sight));
    pairing->ask(sight);
  }
}

static void sight_after(void *context, size_t round) {
  sight_t *sight = context;
  pair_t pairs[3] = {sight->first, sight->second, sight->third};
  (void)round;
  for (int index = 0; index < 3; index++) {
    tenon_promise_release(pairs[index].promise);
    if (pairs[index].future)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  }
  if (sight->result)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sight->result));
  if (sight->scope)
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(sight->scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(sight->reason));
  tenon_executor_close(sight->executor, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(sight->executor));
}

CASE(whoever_sees_a_part_sees_what_comes_before_it) {
  sight_t sight;
  race_t race = {2, conformance_rounds(200000), &sight, sight_before, sight_run, sight_after};
  race_run(&race);
}
