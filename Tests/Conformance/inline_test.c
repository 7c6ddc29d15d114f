/*
 * What the headers promise of callbacks without an executor, and of drop functions: they may call anything, also wait.
 */
#include "check.h"

#include <stdio.h>

/* MARK: Places */

/** From where something is done: straight, or from inside one of these. */
typedef enum place {
  PLAINLY,
  IN_COMPLETION,
  IN_CANCEL,
  IN_MAP,
  IN_DROP,
  IN_FORGOTTEN,
  IN_PAYLOAD_DROP,
  PLACES
} place_t;

typedef struct visit {
  void (*body)(void *context);
  void *context;
  int count;
} visit_t;

static void visit_now(visit_t *visit) {
  visit->count++;
  visit->body(visit->context);
}

static void visit_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)status, (void)future;
  visit_now(context);
}

static void visit_cancel(void *context, tenon_status_t status) {
  (void)status;
  visit_now(context);
}

static void visit_map(void *context, tenon_status_t status, tenon_future_t *future,
                      tenon_promise_t *promise) {
  (void)status, (void)future;
  visit_now(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
}

static void visit_drop(void *context, size_t size) {
  (void)size;
  visit_now(context);
}

static void visit_payload(void *context) { visit_now(context); }

/** Calls `body` from that place, once. */
static void go_to(place_t place, void (*body)(void *), void *context) {
  visit_t visit = {body, context, 0};
  tenon_registration_t *registration;
  tenon_future_t *mapped = NULL;
  tenon_error_t *error;
  tenon_value_t value = tenon_value_pointer(&visit, NULL, visit_drop);
  tenon_error_payload_t payload = {sizeof payload, &place, &visit, visit_payload};
  pair_t pair = pair_create();
  switch (place) {
  case PLAINLY:
    visit_now(&visit);
    break;
  case IN_COMPLETION:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, NULL, visit_completion, &visit, NULL));
    break;
  case IN_CANCEL:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pair.promise, NULL, visit_cancel, &visit, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    break;
  case IN_MAP:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(pair.future, NULL, visit_map, &visit, &mapped));
    break;
  case IN_DROP:
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    break;
  case IN_FORGOTTEN:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, visit_completion,
                                                           &visit, &registration));
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
    break;
  case IN_PAYLOAD_DROP:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_error_create_with_payload("test", 1, "one", NULL, &payload, &error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    break;
  default:
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_COUNT(1, visit.count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  if (mapped)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(mapped));
}

/* MARK: Waiting */

typedef enum way { BY_RUN_UNTIL, BY_WAIT, BY_POLLS, BY_CLOSE, WAYS } way_t;

typedef enum source {
  A_CALLBACK_THAT_IS_DUE,
  A_CALLBACK_OF_WHAT_A_JOB_SETTLES,
  A_CALLBACK_OF_A_CANCEL,
  A_DROP,
  ALL_OF_TWO_SLEEPS,
  A_TIMEOUT_OF_A_SLEEP,
  A_MAP_OF_A_SLEEP,
  A_SCOPE_WITH_A_SLEEP,
  SOURCES
} source_t;

typedef struct waiting {
  way_t way;
  source_t source;
  tenon_executor_t *executor;
  pair_t first, second;
  tenon_status_t answer;
} waiting_t;

static void settle_second(void *context, tenon_status_t status, tenon_future_t *future) {
  waiting_t *waiting = context;
  (void)status, (void)future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(waiting->second.promise, NULL));
}

static void settle_first(void *context, tenon_status_t status) {
  waiting_t *waiting = context;
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(waiting->first.promise, NULL));
}

static void drop_settles_first(void *context, size_t size) {
  (void)size;
  settle_first(context, TENON_STATUS_OK);
}

static void resolve_mapped(void *context, tenon_status_t status, tenon_future_t *future,
                           tenon_promise_t *promise) {
  (void)context, (void)status, (void)future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
}

/** A future that ends while somebody waits, and how that comes about. */
static tenon_future_t *source_begin(waiting_t *waiting) {
  tenon_executor_t *executor = waiting->executor;
  tenon_future_t *sleeps[2], *result = NULL;
  tenon_scope_t *scope;
  tenon_value_t value = tenon_value_pointer(waiting, NULL, drop_settles_first);
  if (waiting->source < ALL_OF_TWO_SLEEPS) {
    waiting->first = pair_create_with(0, executor);
    waiting->second = pair_create_with(0, executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(waiting->first.future, NULL,
                                                           settle_second, waiting, NULL));
  }
  switch (waiting->source) {
  case A_CALLBACK_THAT_IS_DUE:
    settle_first(waiting, TENON_STATUS_OK);
    return waiting->second.future;
  case A_CALLBACK_OF_WHAT_A_JOB_SETTLES:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_first, waiting));
    return waiting->second.future;
  case A_CALLBACK_OF_A_CANCEL:
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(waiting->second.promise, NULL,
                                                          settle_first, waiting, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(waiting->second.future));
    return waiting->second.future;
  case A_DROP:
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    return waiting->second.future;
  default:
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, 1000, &sleeps[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, 2000, &sleeps[1]));
  switch (waiting->source) {
  case ALL_OF_TWO_SLEEPS:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(sleeps, 2, 0, &result));
    break;
  case A_TIMEOUT_OF_A_SLEEP:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_timeout(sleeps[0], executor, UINT64_C(60000000000), &result));
    break;
  case A_MAP_OF_A_SLEEP:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_map(sleeps[0], NULL, resolve_mapped, NULL, &result));
    break;
  default:
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, sleeps[0]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sleeps[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(sleeps[1]));
  return result;
}

static void wait_for_source(void *context) {
  waiting_t *waiting = context;
  const uint64_t minute = UINT64_C(60000000000);
  tenon_future_t *future = source_begin(waiting);
  tenon_status_t status = TENON_STATUS_OK;
  switch (waiting->way) {
  case BY_RUN_UNTIL:
    status = tenon_executor_run_until(waiting->executor, future, minute);
    break;
  case BY_WAIT:
    status = tenon_future_wait(future, minute);
    break;
  case BY_POLLS:
    while (tenon_future_poll(future) == TENON_STATUS_PENDING && status == TENON_STATUS_OK)
      status = tenon_executor_poll(waiting->executor, NULL, NULL);
    break;
  default:
    status = tenon_executor_close(waiting->executor, minute);
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, status);
  waiting->answer = tenon_future_poll(future);
  if (waiting->source < ALL_OF_TWO_SLEEPS)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(waiting->first.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

CASE(a_wait_inside_a_callback_ends_by_another_callback) {
  for (place_t place = PLAINLY; place < PLACES; place++)
    for (way_t way = BY_RUN_UNTIL; way < WAYS; way++)
      for (source_t source = A_CALLBACK_THAT_IS_DUE; source < SOURCES; source++) {
        waiting_t waiting = {way, source, executor_create(), {0}, {0}, TENON_STATUS_PENDING};
        go_to(place, wait_for_source, &waiting);
        /* A close cancels what is in flight; it has ended all the same. */
        bool is_cancelled = way == BY_CLOSE && source >= ALL_OF_TWO_SLEEPS;
        if (!CHECK_STATUS(is_cancelled && source < A_MAP_OF_A_SLEEP ? TENON_STATUS_CANCELLED
                                                                    : TENON_STATUS_OK,
                          waiting.answer))
          fprintf(stderr, "place %d, way %d, source %d\n", place, way, source);
        CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(waiting.executor));
      }
}

/* MARK: Siblings */

typedef struct siblings {
  tenon_executor_t *executor;
  pair_t awaited;
  bool waits;
  int told;
} siblings_t;

static void elder(siblings_t *siblings) {
  siblings->told++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(siblings->executor,
                                                         siblings->awaited.future, TENON_FOREVER));
  CHECK_COUNT(2, siblings->told);
}

static void younger(siblings_t *siblings) {
  siblings->told++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(siblings->awaited.promise, NULL));
}

static void elder_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)status, (void)future;
  elder(context);
}

static void younger_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)status, (void)future;
  younger(context);
}

static void elder_cancel(void *context, tenon_status_t status) {
  (void)status;
  elder(context);
}

static void younger_cancel(void *context, tenon_status_t status) {
  (void)status;
  younger(context);
}

CASE(a_callback_may_wait_for_what_the_next_callback_of_its_future_does) {
  for (int cancels = 0; cancels < 2; cancels++) {
    siblings_t siblings = {executor_create(), pair_create(), true, 0};
    pair_t pair = pair_create();
    if (cancels) {
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_promise_on_cancel(pair.promise, NULL, elder_cancel, &siblings, NULL));
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_promise_on_cancel(pair.promise, NULL, younger_cancel, &siblings, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
    } else {
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(pair.future, NULL, elder_completion, &siblings, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, younger_completion,
                                                             &siblings, NULL));
    }
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_COUNT(2, siblings.told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(siblings.awaited.future));
    executor_end(siblings.executor);
  }
}

/* MARK: Other threads */

static void *wait_elsewhere(void *future) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(future, TENON_FOREVER));
  return NULL;
}

static void settle_and_join(void *context) {
  (void)context;
  pair_t pair = pair_create();
  tenon_future_t *all;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(&pair.future, 1, 0, &all));
  pthread_t threads[2] = {thread_start(wait_elsewhere, pair.future),
                          thread_start(wait_elsewhere, all)};
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(all));
  thread_join(threads[0]);
  thread_join(threads[1]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(all));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(what_a_callback_settles_wakes_other_threads_and_combinators_at_once) {
  for (place_t place = PLAINLY; place < PLACES; place++)
    go_to(place, settle_and_join, NULL);
}

/* MARK: Cancelling */

static void cancel_everything(void *context) {
  told_t told[6];
  memset(told, 0, sizeof told);
  pair_t pairs[6];
  tenon_future_t *all, *end;
  tenon_scope_t *scope;
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  (void)context;
  for (int index = 0; index < 6; index++) {
    pairs[index] = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pairs[index].promise, NULL, tell, &told[index], NULL));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pairs[0].future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[1].future));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[1]);
  tenon_future_t *inputs[2] = {pairs[2].future, pairs[3].future};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(inputs, 2, 0, &all));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(all));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[2]);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[3]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, pairs[4].future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, pairs[5].future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scope, NULL));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[4]);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[5]);
  for (int index = 0; index < 6; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pairs[index].promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(all));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(end));
  for (int index = 0; index < 6; index++)
    if (index != 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(all));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  for (int releases = 0; releases < 2; releases++) {
    told_t ended = TOLD_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(sink, NULL, tell, &ended, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 releases ? tenon_stream_release(stream) : tenon_stream_cancel(stream));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &ended);
    CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
    if (!releases)
      CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(stream));
  }
}

CASE(a_cancel_has_told_everybody_when_it_returns_wherever_it_is_called) {
  for (place_t place = PLAINLY; place < PLACES; place++)
    go_to(place, cancel_everything, NULL);
}

/* MARK: Forgetting */

typedef struct forgetting {
  tenon_registration_t *registrations[2];
  told_t told[2];
  tenon_status_t answer;
} forgetting_t;

static void forget_itself(void *context, tenon_status_t status, tenon_future_t *future) {
  forgetting_t *forgetting = context;
  (void)future;
  told_now(&forgetting->told[0], status);
  forgetting->answer = tenon_registration_forget(forgetting->registrations[0]);
}

static void forget_younger(void *context, tenon_status_t status) {
  forgetting_t *forgetting = context;
  told_now(&forgetting->told[0], status);
  forgetting->answer = tenon_registration_forget(forgetting->registrations[1]);
}

static void told_younger(void *context, tenon_status_t status) {
  forgetting_t *forgetting = context;
  told_now(&forgetting->told[1], status);
}

CASE(a_callback_that_is_told_forgotten_may_forget_itself) {
  for (int with_executor = 0; with_executor < 2; with_executor++) {
    forgetting_t forgetting = {{NULL, NULL}, {TOLD_INIT, TOLD_INIT}, TENON_STATUS_OK};
    tenon_executor_t *executor = with_executor ? executor_create() : NULL;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, forget_itself, &forgetting,
                                          &forgetting.registrations[0]));
    if (with_executor) /* queued, too */
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(forgetting.registrations[0]));
    CHECK_STATUS(TENON_STATUS_PENDING, forgetting.answer);
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &forgetting.told[0]);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(forgetting.registrations[0]));
    if (executor)
      executor_end(executor);
    else
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_TOLD(TENON_STATUS_FORGOTTEN, &forgetting.told[0]);
  }
}

CASE(a_cancel_callback_may_forget_the_next_one) {
  forgetting_t forgetting = {{NULL, NULL}, {TOLD_INIT, TOLD_INIT}, TENON_STATUS_PENDING};
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, forget_younger,
                                                        &forgetting, &forgetting.registrations[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, told_younger,
                                                        &forgetting, &forgetting.registrations[1]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, forgetting.answer);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &forgetting.told[0]);
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &forgetting.told[1]);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_registration_forget(forgetting.registrations[1]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}
