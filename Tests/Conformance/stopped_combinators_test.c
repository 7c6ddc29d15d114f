/*
 * Combinators that are made, or cancelled, while what they are made of ends: at each place where another thread can come in
 * between. See stopped.h; and late_test.c, for those whose executor closes meanwhile.
 */
#include "stopped.h"

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

/** Each of them meets the end of its inputs. */
static void meet_ends(void (*before)(void *), void (*here)(void *), void (*after)(void *)) {
  for (size_t index = 0; index < sizeof combinations / sizeof *combinations; index++) {
    combined_t combined = combinations[index];
    meeting_t meeting = {&combined, before, here, end_inputs_there, after, 0};
    meeting_run(&meeting);
  }
}

CASE(futures_that_end_while_they_are_combined_end_the_result_as_they_would_else) {
  meet_ends(combined_before, combine_here, combined_after);
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

static void end_first_here(void *context) {
  combined_t *combined = context;
  CHECK_STATUS(TENON_STATUS_OK, settle(combined->inputs[0].promise, combined->ends[0]));
}

/** The result is not seen before what is not needed any more has been cancelled. */
static void look_there(void *context) {
  combined_t *combined = context;
  if (tenon_future_poll(combined->result) != TENON_STATUS_PENDING)
    CHECK(tenon_promise_is_cancelled(combined->inputs[1].promise));
}

static void decided_after(void *context) {
  combined_t *combined = context;
  CHECK_STATUS(combined->expected, tenon_future_poll(combined->result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(combined->inputs[1].promise));
  end_combined(combined);
}

CASE(a_result_that_the_first_input_decides_is_there_when_the_others_are_cancelled) {
  const combined_t decided[] = {
      {tenon_future_all, 0, {FAILED, ENDED}, FAILED, {{0}}, NULL},
      {tenon_future_any, 0, {ENDED, ENDED}, ENDED, {{0}}, NULL},
      {tenon_future_race, 0, {ENDED, ENDED}, ENDED, {{0}}, NULL},
  };
  for (size_t index = 0; index < sizeof decided / sizeof *decided; index++) {
    combined_t combined = decided[index];
    meeting_t meeting = {&combined, cancel_before, end_first_here, look_there, decided_after, 0};
    meeting_run(&meeting);
  }
}

CASE(a_result_that_is_cancelled_while_its_inputs_end_ends_as_they_do_or_cancelled) {
  meet_ends(cancel_before, cancel_here, cancelled_after);
}
