/*
 * What <tenon/combinators.h> promises of futures that are made of several.
 */
#include "race.h"

typedef tenon_status_t (*combine_t)(tenon_future_t *const *, size_t, uint32_t, tenon_future_t **);

static const combine_t COMBINATORS[] = {tenon_future_all, tenon_future_all_settled,
                                        tenon_future_any, tenon_future_race};

enum { ALL, ALL_SETTLED, ANY, RACE, COMBINATOR_COUNT, WIDTH = 3 };

/** Some pairs, and what is made of their futures. */
typedef struct group {
  pair_t pairs[WIDTH];
  tenon_future_t *result;
} group_t;

static group_t group_create(combine_t combine, uint32_t flags) {
  group_t group;
  tenon_future_t *futures[WIDTH];
  for (int index = 0; index < WIDTH; index++) {
    group.pairs[index] = pair_create();
    futures[index] = group.pairs[index].future;
  }
  group.result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, combine(futures, WIDTH, flags, &group.result));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
  return group;
}

static bool is_asked(const group_t *group, int index) {
  return tenon_promise_is_cancelled(group->pairs[index].promise);
}

/** Settles what is pending, and checks that nothing is left of the group. */
static void group_end(group_t *group, tenon_process_statistics_t before) {
  for (int index = 0; index < WIDTH; index++) {
    tenon_promise_release(group->pairs[index].promise);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(group->pairs[index].future));
  }
  if (group->result)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(group->result));
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}

static void check_index(uint64_t expected, tenon_future_t *result) {
  tenon_value_t value = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(result, &value));
  CHECK_COUNT(TENON_VALUE_U64, value.kind);
  CHECK_COUNT(expected, value.as.u64);
}

CASE(all_is_fulfilled_when_each_is) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_all, 0);
  tenon_value_t value;
  for (int index = WIDTH - 1; index >= 0; index--) {
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
    CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[index].promise, TENON_STATUS_OK));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(group.result, &value));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  for (int index = 0; index < WIDTH; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(group.pairs[index].future, &value));
  group_end(&group, before);
}

CASE(all_is_rejected_at_once_with_the_very_same_error) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_all, 0);
  tenon_error_t *error = error_create(5);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(group.pairs[1].promise, error));
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(group.result));
  tenon_error_t *passed = error_of(group.result);
  CHECK(passed == error);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(passed));
  /* The others are asked to end, and told why. */
  for (int index = 0; index < WIDTH; index += 2) {
    CHECK(is_asked(&group, index));
    tenon_error_t *reason = reason_of(group.pairs[index].promise);
    CHECK(reason == error);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  group_end(&group, before);
}

CASE(all_is_cancelled_with_an_input_that_is) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_all, 0);
  tenon_error_t *why = error_create(6);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(group.pairs[2].future, why));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(group.pairs[2].promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(group.result));
  tenon_error_t *cause = cause_of(error_of(group.result));
  CHECK(cause == why);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(cause));
  CHECK(is_asked(&group, 0) && is_asked(&group, 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
  group_end(&group, before);
}

CASE(all_settled_waits_for_each_however_it_ends) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_all_settled, 0);
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[0].promise, TENON_STATUS_REJECTED));
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[2].promise, TENON_STATUS_CANCELLED));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
  CHECK(!is_asked(&group, 1));
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[1].promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(group.result));
  group_end(&group, before);
}

CASE(any_is_fulfilled_by_the_first_that_is) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_any, 0);
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[0].promise, TENON_STATUS_REJECTED));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[2].promise, TENON_STATUS_OK));
  check_index(2, group.result);
  CHECK(is_asked(&group, 1));
  CHECK_ERROR("tenon", TENON_STATUS_CANCELLED, reason_of(group.pairs[1].promise));
  group_end(&group, before);
}

CASE(any_of_none_that_is_fulfilled_is_rejected_for_the_first_input) {
  tenon_process_statistics_t before = process_statistics();
  group_t group = group_create(tenon_future_any, 0);
  tenon_error_t *first = error_create(8);
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[1].promise, TENON_STATUS_REJECTED));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(group.pairs[0].promise, first));
  CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[2].promise, TENON_STATUS_CANCELLED));
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(group.result));
  CHECK_ERROR("tenon", TENON_STATUS_REJECTED, error_of(group.result));
  tenon_error_t *cause = cause_of(error_of(group.result));
  CHECK(cause == first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(cause));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(first));
  group_end(&group, before);
}

CASE(a_race_ends_as_its_first_input_does) {
  static const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  for (int end = 0; end < 3; end++) {
    tenon_process_statistics_t before = process_statistics();
    group_t group = group_create(tenon_future_race, 0);
    CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[1].promise, ends[end]));
    CHECK_STATUS(ends[end], tenon_future_poll(group.result));
    if (ends[end] == TENON_STATUS_OK)
      check_index(1, group.result);
    if (ends[end] == TENON_STATUS_REJECTED)
      CHECK_ERROR("test", 7, error_of(group.result));
    CHECK(is_asked(&group, 0) && is_asked(&group, 2));
    group_end(&group, before);
  }
}

CASE(no_inputs_end_as_in_ecmascript) {
  tenon_future_t *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(NULL, 0, 0, &result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all_settled(NULL, 0, 0, &result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_any(NULL, 0, 0, &result));
  CHECK_ERROR("tenon", TENON_STATUS_REJECTED, error_of(result));
  CHECK(cause_of(error_of(result)) == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(NULL, 0, 0, &result));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(result));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
}

CASE(inputs_that_have_settled_are_seen_at_once) {
  tenon_process_statistics_t before = process_statistics();
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    pair_t pending = pair_create();
    pair_t settled = pair_create_settled(TENON_STATUS_OK);
    tenon_future_t *both[] = {pending.future, settled.future};
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK, COMBINATORS[which](both + 1, 1, 0, &result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, COMBINATORS[which](both, 2, 0, &result));
    bool is_first = which == ANY || which == RACE;
    CHECK_STATUS(is_first ? TENON_STATUS_OK : TENON_STATUS_PENDING, tenon_future_poll(result));
    CHECK(tenon_promise_is_cancelled(pending.promise) == is_first);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pending.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pending.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settled.future));
  }
  CHECK_COUNT(before.errors_alive, process_statistics().errors_alive);
}

CASE(an_input_may_be_given_twice) {
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    pair_t pair = pair_create();
    tenon_future_t *twice[] = {pair.future, pair.future};
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK, COMBINATORS[which](twice, 2, 0, &result));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(a_wrong_handle_among_the_inputs_leaves_all_alone) {
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    pair_t pair = pair_create();
    pair_t gone = pair_create_settled(TENON_STATUS_REJECTED);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(gone.future));
    tenon_future_t *stale[] = {pair.future, gone.future};
    tenon_future_t *none[] = {pair.future, NULL};
    tenon_future_t *promise[] = {pair.future, (tenon_future_t *)pair.promise};
    tenon_future_t *result;
    pattern_fill(&result, sizeof result);
    CHECK_STATUS(TENON_STATUS_STALE, COMBINATORS[which](stale, 2, 0, &result));
    CHECK_STATUS(TENON_STATUS_INVALID, COMBINATORS[which](none, 2, 0, &result));
    CHECK_STATUS(TENON_STATUS_INVALID, COMBINATORS[which](promise, 2, 0, &result));
    CHECK_STATUS(TENON_STATUS_INVALID, COMBINATORS[which](stale, SIZE_MAX, 0, &result));
    CHECK_UNTOUCHED(result);
    CHECK(!tenon_promise_is_cancelled(pair.promise));
    CHECK_COUNT(before.registrations_pending, process_statistics().registrations_pending);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(a_wrong_handle_is_refused_also_after_an_input_that_decides) {
  static const tenon_status_t decides[] = {TENON_STATUS_REJECTED, TENON_STATUS_OK, TENON_STATUS_OK,
                                           TENON_STATUS_OK};
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    pair_t pair = pair_create_settled(decides[which]), gone = pair_create_settled(TENON_STATUS_OK);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(gone.future));
    tenon_future_t *futures[] = {pair.future, gone.future};
    tenon_future_t *result;
    pattern_fill(&result, sizeof result);
    CHECK_STATUS(TENON_STATUS_STALE, COMBINATORS[which](futures, 2, 0, &result));
    CHECK_UNTOUCHED(result);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_COUNT(before.futures_pending, process_statistics().futures_pending);
  }
}

/* MARK: Where a wait for the result polls */

static void settle_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(context, TENON_STATUS_OK));
}

CASE(a_wait_for_the_result_polls_the_executor_of_its_first_input_that_has_one) {
  tenon_executor_t *executor = executor_create(), *other = executor_create();
  pair_t none = pair_create(), first = pair_create_with(0, executor),
         second = pair_create_with(0, other);
  tenon_future_t *futures[] = {none.future, first.future, second.future};
  tenon_future_t *result = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(futures, 3, TENON_COMBINE_FLAG_KEEP, &result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, first.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(result, UINT64_C(5000000000)));
  check_index(1, result);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(none.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(second.promise));
  for (int index = 0; index < 3; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(futures[index]));
  executor_end(other);
  executor_end(executor);
}

CASE(a_wait_for_all_is_a_deadlock_where_the_loop_of_one_would_have_to_turn) {
  tenon_executor_t *executor = executor_create();
  int fd = -1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(executor, &fd));
  pair_t pair = pair_create_with(0, executor), other = pair_create();
  tenon_future_t *futures[] = {pair.future, other.future};
  tenon_future_t *all = NULL, *race = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(futures, 2, TENON_COMBINE_FLAG_KEEP, &all));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(futures, 2, TENON_COMBINE_FLAG_KEEP, &race));
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_future_wait(all, 1000000));
  /* The other one may settle. */
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(race, 1000000));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(other.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(all));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(race));
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(futures[index]));
  executor_end(executor);
}

CASE(a_cancel_of_the_result_is_answered_when_the_last_input_has_ended) {
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    group_t group = group_create(COMBINATORS[which], 0);
    tenon_error_t *why = error_create(9);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(group.result, why));
    for (int index = 0; index < WIDTH; index++) {
      tenon_error_t *reason = reason_of(group.pairs[index].promise);
      CHECK(reason == why);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
    }
    CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[1].promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[0].promise, TENON_STATUS_REJECTED));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(group.result));
    CHECK_STATUS(TENON_STATUS_OK, settle(group.pairs[2].promise, TENON_STATUS_CANCELLED));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(group.result));
    tenon_error_t *cause = cause_of(error_of(group.result));
    CHECK(cause == why);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(cause));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
    group_end(&group, before);
  }
}

CASE(releasing_the_result_cancels_the_inputs) {
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    group_t group = group_create(COMBINATORS[which], 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(group.result));
    group.result = NULL;
    for (int index = 0; index < WIDTH; index++)
      CHECK(is_asked(&group, index));
    group_end(&group, before);
  }
}

CASE(kept_inputs_are_never_cancelled) {
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    for (int way = 0; way < 3; way++) {
      group_t group = group_create(COMBINATORS[which], TENON_COMBINE_FLAG_KEEP);
      if (way == 0) {
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(group.result));
        CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(group.result));
      } else if (way == 1) {
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(group.result));
        group.result = NULL;
      } else {
        settle(group.pairs[0].promise, which == ANY ? TENON_STATUS_OK : TENON_STATUS_REJECTED);
      }
      for (int index = 0; index < WIDTH; index++)
        CHECK(!is_asked(&group, index));
      group_end(&group, before);
    }
  }
}

CASE(a_million_races_against_one_future_leave_memory_flat) {
  size_t rounds = conformance_rounds(1000000);
  tenon_process_statistics_t first = process_statistics();
  pair_t steady = pair_create();
  for (size_t round = 0; round < rounds; round++) {
    pair_t quick = pair_create();
    tenon_future_t *futures[] = {steady.future, quick.future};
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_race(futures, 2, TENON_COMBINE_FLAG_KEEP, &result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(quick.promise, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(quick.future));
    if (round == 1000)
      first = process_statistics();
  }
  tenon_process_statistics_t last = process_statistics();
  CHECK_COUNT(first.memory_reserved, last.memory_reserved);
  CHECK_COUNT(first.registrations_pending, last.registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(steady.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(steady.future));
}

CASE(a_hundred_thousand_inputs_are_fine) {
  size_t count = conformance_rounds(100000);
  pair_t *pairs = calloc(count, sizeof *pairs);
  tenon_future_t **futures = calloc(count, sizeof *futures);
  for (int which = 0; which < COMBINATOR_COUNT; which++) {
    tenon_process_statistics_t before = process_statistics();
    tenon_future_t *result = NULL;
    for (size_t index = 0; index < count; index++) {
      pairs[index] = pair_create();
      futures[index] = pairs[index].future;
    }
    CHECK_STATUS(TENON_STATUS_OK, COMBINATORS[which](futures, count, 0, &result));
    CHECK_COUNT(before.registrations_pending + count + 1,
                process_statistics().registrations_pending);
    for (size_t index = count; index > 0; index--)
      tenon_promise_resolve(pairs[index - 1].promise, NULL);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(result));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(result));
    for (size_t index = 0; index < count; index++)
      tenon_future_release(pairs[index].future);
    CHECK_COUNT(before.futures_pending, process_statistics().futures_pending);
  }
  free(pairs);
  free(futures);
}

static void *nest_deeply(void *context) {
  size_t depth = conformance_rounds(200000);
  pair_t leaf = pair_create();
  tenon_future_t *root = leaf.future;
  for (size_t level = 0; level < depth; level++) {
    tenon_future_t *result = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(&root, 1, 0, &result));
    /* The one above is its only reader now. */
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(root));
    root = result;
  }
  if (context) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(root));
    CHECK(tenon_promise_is_cancelled(leaf.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(leaf.promise));
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(root));
  } else {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(leaf.promise, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(root));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(root));
  return NULL;
}

CASE(nesting_does_not_grow_the_stack) {
  int cancels = 1;
  on_small_stack(nest_deeply, NULL);
  on_small_stack(nest_deeply, &cancels);
}

/* MARK: Races */

typedef struct contest {
  pair_t pairs[WIDTH];
  tenon_future_t *result;
} contest_t;

static void contest_before(void *context, size_t round) {
  contest_t *contest = context;
  (void)round;
  for (int index = 0; index < WIDTH; index++)
    contest->pairs[index] = pair_create();
}

/** One combines, and may cancel; each of the others settles an input. */
static void contest_run(void *context, size_t member, size_t round) {
  static const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  contest_t *contest = context;
  if (member > 0) {
    settle(contest->pairs[member - 1].promise, ends[(round / 4 + member * (round & 1)) % 3]);
    return;
  }
  tenon_future_t *futures[WIDTH];
  for (int index = 0; index < WIDTH; index++)
    futures[index] = contest->pairs[index].future;
  CHECK_STATUS(TENON_STATUS_OK, COMBINATORS[round % COMBINATOR_COUNT](
                                    futures, WIDTH, (uint32_t)(round / 8 % 2), &contest->result));
  if (round % 5 == 0)
    tenon_future_cancel(contest->result);
}

static void contest_after(void *context, size_t round) {
  contest_t *contest = context;
  (void)round;
  CHECK(tenon_future_poll(contest->result) != TENON_STATUS_PENDING);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(contest->result));
  for (int index = 0; index < WIDTH; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(contest->pairs[index].future));
}

CASE(inputs_that_settle_during_the_setup_are_each_counted_once) {
  contest_t contest;
  race_t race = {WIDTH + 1,    conformance_rounds(8000), &contest, contest_before, contest_run,
                 contest_after};
  tenon_process_statistics_t before = process_statistics();
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}
