/*
 * Combinators that are made, or cancelled, while what they are made of ends: at each place where another thread can come in
 * between. See stopped.h.
 */
#include "executor_parties.h"
#include "stopped.h"

#include <unistd.h>

/* MARK: While the executor closes */

typedef struct made {
  tenon_executor_t *executor;
  pair_t pair;
  int ends[2];
  tenon_future_t *future;
  tenon_status_t status;
  bool is_timeout;
} made_t;

static void made_before(void *context) {
  made_t *made = context;
  memset(made, 0, sizeof *made);
  made->executor = executor_create();
  made->pair = pair_create();
  CHECK_COUNT(0, pipe(made->ends));
}

static void sleep_here(void *context) {
  made_t *made = context;
  made->status = tenon_future_sleep(made->executor, 20 * (uint64_t)SECOND, &made->future);
}

static void timeout_here(void *context) {
  made_t *made = context;
  made->is_timeout = true;
  made->status =
      tenon_future_timeout(made->pair.future, made->executor, 20 * (uint64_t)SECOND, &made->future);
}

static void readable_here(void *context) {
  made_t *made = context;
  made->status = tenon_future_readable(made->executor, made->ends[0], &made->future);
}

static void pass_on(void *context, tenon_status_t status, tenon_future_t *future,
                    tenon_promise_t *promise) {
  (void)context;
  /* How its input ended, or that it is too late for that. */
  CHECK_STATUS(future ? TENON_STATUS_CANCELLED : TENON_STATUS_CLOSED, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
}

static void map_here(void *context) {
  made_t *made = context;
  made->status = tenon_future_map(made->pair.future, made->executor, pass_on, NULL, &made->future);
}

static void close_there(void *context) {
  made_t *made = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(made->executor, TENON_FOREVER));
}

/** A timeout is rejected if its time cannot come any more; its input, which is none of the executor's, is cancelled. */
static void made_after(void *context) {
  made_t *made = context;
  if (made->status != TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_CLOSED, made->status);
    CHECK(made->future == NULL);
  } else if (made->is_timeout) {
    CHECK(tenon_promise_is_cancelled(made->pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(made->pair.promise));
    tenon_status_t status = tenon_future_poll(made->future);
    if (status == TENON_STATUS_REJECTED)
      CHECK_ERROR("tenon", TENON_STATUS_CLOSED, error_of(made->future));
    else
      CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  } else {
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(made->future));
  }
  if (made->future)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(made->future));
  if (tenon_future_poll(made->pair.future) == TENON_STATUS_PENDING)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(made->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(made->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(made->executor));
  close(made->ends[0]);
  close(made->ends[1]);
}

CASE(a_future_that_is_made_while_its_executor_closes_is_cancelled_or_refused) {
  void (*const makers[])(void *) = {sleep_here, timeout_here, readable_here, map_here};
  made_t made;
  for (size_t index = 0; index < sizeof makers / sizeof *makers; index++) {
    meeting_t meeting = {&made, made_before, makers[index], close_there, made_after, 0};
    meeting_run(&meeting);
  }
}

/* MARK: While the inputs end */

typedef tenon_status_t (*combine_fn)(tenon_future_t *const *futures, size_t count, uint32_t flags,
                                     tenon_future_t **future_out);

static tenon_status_t map_first(tenon_future_t *const *futures, size_t count, uint32_t flags,
                                tenon_future_t **future_out);

typedef struct combined {
  combine_fn combine;
  uint32_t flags;
  tenon_status_t ends[2]; /**< how the inputs end, the first one first */
  tenon_status_t expected;
  pair_t inputs[2];
  tenon_future_t *result;
} combined_t;

static void combined_before(void *context) {
  combined_t *combined = context;
  combined->result = NULL;
  for (int index = 0; index < 2; index++)
    combined->inputs[index] = pair_create();
}

static void combine_here(void *context) {
  combined_t *combined = context;
  tenon_future_t *futures[] = {combined->inputs[0].future, combined->inputs[1].future};
  tenon_status_t status = combined->combine(futures, 2, combined->flags, &combined->result);
  /* What has settled is not mapped on no executor. */
  CHECK_STATUS(combined->result ? TENON_STATUS_OK : TENON_STATUS_SETTLED, status);
  CHECK(combined->result || combined->combine == map_first);
}

static void end_inputs_there(void *context) {
  combined_t *combined = context;
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, settle(combined->inputs[index].promise, combined->ends[index]));
}

static void end_combined(combined_t *combined) {
  if (combined->result)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(combined->result));
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(combined->inputs[index].future));
}

static void combined_after(void *context) {
  combined_t *combined = context;
  if (combined->result)
    CHECK_STATUS(combined->expected, tenon_future_poll(combined->result));
  end_combined(combined);
}

static void pass_status(void *context, tenon_status_t status, tenon_future_t *future,
                        tenon_promise_t *promise) {
  (void)context;
  CHECK_STATUS(status, tenon_future_poll(future));
  CHECK_STATUS(TENON_STATUS_OK, settle(promise, status));
}

static tenon_status_t map_first(tenon_future_t *const *futures, size_t count, uint32_t flags,
                                tenon_future_t **future_out) {
  (void)count;
  (void)flags;
  return tenon_future_map(futures[0], NULL, pass_status, NULL, future_out);
}

#define ENDED TENON_STATUS_OK
#define FAILED TENON_STATUS_REJECTED

static const combined_t combinations[] = {
    {tenon_future_all, 0, {ENDED, ENDED}, ENDED, {{0}}, NULL},
    {tenon_future_all, 0, {ENDED, FAILED}, FAILED, {{0}}, NULL},
    {tenon_future_all_settled, 0, {FAILED, ENDED}, ENDED, {{0}}, NULL},
    {tenon_future_any, 0, {FAILED, ENDED}, ENDED, {{0}}, NULL},
    {tenon_future_any, 0, {FAILED, FAILED}, FAILED, {{0}}, NULL},
    {tenon_future_race, 0, {ENDED, FAILED}, ENDED, {{0}}, NULL},
    {tenon_future_race, 0, {FAILED, ENDED}, FAILED, {{0}}, NULL},
    {tenon_future_all, TENON_COMBINE_FLAG_KEEP, {ENDED, ENDED}, ENDED, {{0}}, NULL},
    {tenon_future_race, TENON_COMBINE_FLAG_KEEP, {ENDED, FAILED}, ENDED, {{0}}, NULL},
    {map_first, 0, {FAILED, ENDED}, FAILED, {{0}}, NULL},
};

CASE(futures_that_end_while_they_are_combined_end_the_result_as_they_would_else) {
  for (size_t index = 0; index < sizeof combinations / sizeof *combinations; index++) {
    combined_t combined = combinations[index];
    meeting_t meeting = {&combined,        combined_before, combine_here,
                         end_inputs_there, combined_after,  0};
    meeting_run(&meeting);
  }
}

static void cancel_before(void *context) {
  combined_before(context);
  combine_here(context);
}

static void cancel_here(void *context) {
  combined_t *combined = context;
  tenon_status_t status = tenon_future_cancel(combined->result);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED);
}

/** Whoever comes first: the inputs end as they would, so the result is that of theirs, or cancelled. */
static void cancelled_after(void *context) {
  combined_t *combined = context;
  tenon_status_t status = tenon_future_poll(combined->result);
  CHECK(status == combined->expected || status == TENON_STATUS_CANCELLED);
  end_combined(combined);
}

CASE(a_result_that_is_cancelled_while_its_inputs_end_ends_as_they_do_or_cancelled) {
  for (size_t index = 0; index < sizeof combinations / sizeof *combinations; index++) {
    combined_t combined = combinations[index];
    meeting_t meeting = {&combined,        cancel_before,   cancel_here,
                         end_inputs_there, cancelled_after, 0};
    meeting_run(&meeting);
  }
}
