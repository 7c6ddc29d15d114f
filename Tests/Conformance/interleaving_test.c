/*
 * Every two and three of the things that can be done with one future, done at the same time by as
 * many threads, in many variants; then everything that was owed is counted.
 *
 * The same parties are enumerated step by step, without threads, in Tests/TenonTests. This is for
 * the memory behind the steps, and made for the thread sanitizer.
 */
#include "race.h"

#define MEMBERS 3

/** What one thread does. */
typedef enum party {
  NOBODY,
  RESOLVE,
  REJECT,
  CANCEL_PROMISE,
  RELEASE_PROMISE,
  CANCEL,
  RELEASE,
  ON_COMPLETE,
  ON_COMPLETE_THERE, /**< on the executor */
  ON_CANCEL,
  ON_CANCEL_THERE,
  FORGET,       /**< the callback that waits without an executor */
  FORGET_THERE, /**< the one that waits on it */
  FORGET_CANCEL,
  TAKE,
  CONSUME,
  PEEK,
  WAIT,
  POLL, /**< the executor */
  PARTY_COUNT
} party_t;

/** How a round differs from others with the same parties: bits of its number. */
enum {
  VARIANT_AWAITED = 1,  /**< callbacks wait from the beginning */
  VARIANT_DETACHED = 2, /**< nobody reading is no reason to cancel */
  /** There is one reference, and only a party that releases has it: for the others it may go away
   *  under their feet. Otherwise each party has its own. */
  VARIANT_LENT = 4,
  VARIANTS = 8
};

/** Callbacks that wait from the beginning; each party has one more of its own. */
enum { WAITING, WAITING_THERE, WAITING_CANCEL, WAITING_CANCEL_THERE, WAITING_COUNT };
#define CALLBACKS (WAITING_COUNT + MEMBERS)

typedef struct callback {
  told_t told;
  tenon_registration_t *registration;
  bool is_owed;
  bool is_cancel;
  bool is_forgotten; /**< and told so */
} callback_t;

typedef struct stage {
  tenon_executor_t *executor;
  party_t parties[MEMBERS];
  unsigned variant;
  pair_t pair;
  atomic_int drops;
  atomic_int values;
  atomic_int winners;
  atomic_int end; /**< how the one who won has settled; PENDING: nobody, or it is not sure how */
  atomic_int takers;
  bool is_consumed[MEMBERS]; /**< that thread's reference is gone */
  tenon_status_t waited[MEMBERS];
  callback_t callbacks[CALLBACKS];
} stage_t;

static bool stage_has(const stage_t *stage, party_t party) {
  for (int member = 0; member < MEMBERS; member++)
    if (stage->parties[member] == party)
      return true;
  return false;
}

static bool stage_settles(const stage_t *stage) {
  return stage_has(stage, RESOLVE) || stage_has(stage, REJECT) ||
         stage_has(stage, CANCEL_PROMISE) || stage_has(stage, RELEASE_PROMISE);
}

static bool is_lent(const stage_t *stage) { return stage->variant & VARIANT_LENT; }

/** The parties of a round: one combination after the other, in order, with repetitions. */
static void choose(party_t parties[MEMBERS], size_t number) {
  size_t left = number;
  for (int first = 0; first < PARTY_COUNT; first++)
    for (int second = first; second < PARTY_COUNT; second++)
      for (int third = second; third < PARTY_COUNT; third++)
        if (left-- == 0) {
          parties[0] = (party_t)first;
          parties[1] = (party_t)second;
          parties[2] = (party_t)third;
          return;
        }
}

#define COMBINATIONS ((size_t)PARTY_COUNT * (PARTY_COUNT + 1) * (PARTY_COUNT + 2) / 6)

static void add_waiting(stage_t *stage, int index, tenon_executor_t *executor, bool is_cancel) {
  callback_t *callback = &stage->callbacks[index];
  callback->is_cancel = is_cancel;
  callback->is_owed = CHECK_STATUS(
      TENON_STATUS_OK, is_cancel
                           ? tenon_promise_on_cancel(stage->pair.promise, executor, tell,
                                                     &callback->told, &callback->registration)
                           : tenon_future_on_complete(stage->pair.future, executor, tell_completion,
                                                      &callback->told, &callback->registration));
}

static void stage_before(void *context, size_t round) {
  stage_t *stage = context;
  memset(&stage->parties, 0, sizeof *stage - offsetof(stage_t, parties));
  choose(stage->parties, round % COMBINATIONS);
  stage->variant = (unsigned)(round / COMBINATIONS % VARIANTS);
  bool is_detached = stage->variant & VARIANT_DETACHED;
  bool is_awaited = stage->variant & VARIANT_AWAITED;
  stage->pair = pair_create_with(is_detached ? TENON_PROMISE_FLAG_DETACHED : 0, NULL);
  atomic_store(&stage->end, TENON_STATUS_PENDING);
  for (int member = 1; member < MEMBERS && !is_lent(stage); member++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(stage->pair.future));
  if (is_awaited || stage_has(stage, FORGET))
    add_waiting(stage, WAITING, NULL, false);
  if (is_awaited || stage_has(stage, FORGET_THERE))
    add_waiting(stage, WAITING_THERE, stage->executor, false);
  if (is_awaited || stage_has(stage, FORGET_CANCEL))
    add_waiting(stage, WAITING_CANCEL, NULL, true);
  if (is_awaited)
    add_waiting(stage, WAITING_CANCEL_THERE, stage->executor, true);
}

/** A status is as expected, or the future was gone already. */
static bool check_lent(const stage_t *stage, tenon_status_t status, bool is_expected) {
  return CHECK(is_expected || (is_lent(stage) && status == TENON_STATUS_STALE));
}

static void note_settling(stage_t *stage, tenon_status_t status, tenon_status_t end) {
  if (status == TENON_STATUS_OK) {
    atomic_fetch_add(&stage->winners, 1);
    atomic_store(&stage->end, end);
  } else {
    CHECK(status == TENON_STATUS_ALREADY_SETTLED || status == TENON_STATUS_STALE);
  }
}

static void run_resolve(stage_t *stage) {
  tenon_value_t value = counted_value(&stage->drops);
  atomic_fetch_add(&stage->values, 1);
  tenon_status_t status = tenon_promise_resolve(stage->pair.promise, &value);
  note_settling(stage, status, TENON_STATUS_OK);
  if (status == TENON_STATUS_STALE)
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
}

static void run_register(stage_t *stage, size_t member, tenon_executor_t *executor) {
  callback_t *callback = &stage->callbacks[WAITING_COUNT + member];
  tenon_status_t status = tenon_future_on_complete(stage->pair.future, executor, tell_completion,
                                                   &callback->told, &callback->registration);
  callback->is_owed = status == TENON_STATUS_OK;
  check_lent(stage, status,
             status == TENON_STATUS_OK || (status == TENON_STATUS_SETTLED && !executor));
}

static void run_register_cancel(stage_t *stage, size_t member, tenon_executor_t *executor) {
  callback_t *callback = &stage->callbacks[WAITING_COUNT + member];
  tenon_status_t status = tenon_promise_on_cancel(stage->pair.promise, executor, tell,
                                                  &callback->told, &callback->registration);
  callback->is_cancel = true;
  callback->is_owed = status == TENON_STATUS_OK;
  check_lent(stage, status,
             status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
                 (status == TENON_STATUS_CANCELLED && !executor));
}

static void run_forget(stage_t *stage, int index) {
  callback_t *callback = &stage->callbacks[index];
  tenon_status_t status = tenon_registration_forget(callback->registration);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
        status == TENON_STATUS_STALE);
  /* Whatever it answers, the callback is over. */
  CHECK_COUNT(1, atomic_load(&callback->told.count));
  if (status == TENON_STATUS_OK)
    callback->is_forgotten = true;
}

static bool is_end(tenon_status_t status) {
  return status == TENON_STATUS_OK || status == TENON_STATUS_REJECTED ||
         status == TENON_STATUS_CANCELLED;
}

typedef tenon_status_t (*take_fn)(tenon_future_t *future, tenon_value_t *value_out);

/** Says whether it got the value. */
static bool run_take(stage_t *stage, take_fn take) {
  tenon_value_t value;
  tenon_status_t status = take(stage->pair.future, &value);
  check_lent(stage, status,
             is_end(status) || status == TENON_STATUS_PENDING || status == TENON_STATUS_TAKEN);
  if (status == TENON_STATUS_OK) {
    atomic_fetch_add(&stage->takers, 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  }
  return status == TENON_STATUS_OK;
}

static void run_peek(stage_t *stage) {
  tenon_value_t value;
  tenon_error_t *error = NULL;
  tenon_status_t status = tenon_future_peek(stage->pair.future, &value);
  check_lent(stage, status,
             is_end(status) || status == TENON_STATUS_PENDING || status == TENON_STATUS_TAKEN);
  if (status == TENON_STATUS_OK)
    CHECK(value.as.pointer.address == &stage->drops);
  if (tenon_future_copy_error(stage->pair.future, &error) == TENON_STATUS_OK)
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

static void run_party(stage_t *stage, size_t member) {
  tenon_status_t status;
  switch (stage->parties[member]) {
  case RESOLVE:
    run_resolve(stage);
    break;
  case REJECT:
    note_settling(stage, settle(stage->pair.promise, TENON_STATUS_REJECTED), TENON_STATUS_REJECTED);
    break;
  case CANCEL_PROMISE:
    note_settling(stage, tenon_promise_cancel(stage->pair.promise), TENON_STATUS_CANCELLED);
    break;
  case RELEASE_PROMISE: /* cancelled, if that was requested in time */
    note_settling(stage, tenon_promise_release(stage->pair.promise), TENON_STATUS_PENDING);
    break;
  case CANCEL:
    status = tenon_future_cancel(stage->pair.future);
    check_lent(stage, status, status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED);
    break;
  case ON_COMPLETE:
    run_register(stage, member, NULL);
    break;
  case ON_COMPLETE_THERE:
    run_register(stage, member, stage->executor);
    break;
  case ON_CANCEL:
    run_register_cancel(stage, member, NULL);
    break;
  case ON_CANCEL_THERE:
    run_register_cancel(stage, member, stage->executor);
    break;
  case FORGET:
    run_forget(stage, WAITING);
    break;
  case FORGET_THERE:
    run_forget(stage, WAITING_THERE);
    break;
  case FORGET_CANCEL:
    run_forget(stage, WAITING_CANCEL);
    break;
  case TAKE:
    run_take(stage, tenon_future_take);
    break;
  case CONSUME:
    stage->is_consumed[member] = run_take(stage, tenon_future_consume);
    break;
  case PEEK:
    run_peek(stage);
    break;
  case WAIT:
    status = tenon_future_wait(stage->pair.future, stage_settles(stage) ? TENON_FOREVER : 0);
    check_lent(stage, status,
               is_end(status) || (status == TENON_STATUS_TIMEOUT && !stage_settles(stage)));
    stage->waited[member] = status;
    break;
  case POLL:
    status = tenon_executor_poll(stage->executor, NULL, NULL);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
    break;
  default: /* those who release do so below */
    break;
  }
}

static void stage_run(void *context, size_t member, size_t round) {
  stage_t *stage = context;
  random_t random = {round * MEMBERS + member};
  /* Each thread may be the first and the last. */
  size_t place = (member + round) % MEMBERS;
  for (volatile uint64_t delay = random_below(&random, 64); delay > 0; delay--)
    ;
  run_party(stage, place);
  if (stage->is_consumed[place])
    return;
  if (!is_lent(stage)) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(stage->pair.future));
  } else if (stage->parties[place] == RELEASE) {
    tenon_status_t status = tenon_future_release(stage->pair.future);
    /* While a callback waits, a second release takes its reference away: that is the caller's
     * fault, and not done here. */
    CHECK(status == TENON_STATUS_OK);
  }
}

static void check_callback(const callback_t *callback, tenon_status_t end) {
  tenon_status_t status = atomic_load(&callback->told.status);
  if (!callback->is_owed) {
    CHECK_NOT_TOLD(&callback->told);
    return;
  }
  CHECK_COUNT(1, atomic_load(&callback->told.count));
  CHECK(!atomic_load(&callback->told.wrong));
  if (callback->is_forgotten)
    CHECK_STATUS(TENON_STATUS_FORGOTTEN, status);
  else if (!callback->is_cancel)
    CHECK_STATUS(end, status);
  else
    CHECK(status == TENON_STATUS_SETTLED || status == TENON_STATUS_CANCELLED);
}

static void stage_after(void *context, size_t round) {
  stage_t *stage = context;
  (void)round;
  if (stage_settles(stage))
    CHECK_COUNT(1, atomic_load(&stage->winners));
  else
    run_resolve(stage);
  CHECK_COUNT(1, atomic_load(&stage->winners));
  executor_poll(stage->executor);
  tenon_status_t end = atomic_load(&stage->end);
  bool is_consumed = false;
  for (int member = 0; member < MEMBERS; member++)
    is_consumed |= stage->is_consumed[member];
  if (is_lent(stage) && !stage_has(stage, RELEASE) && !is_consumed) {
    if (end == TENON_STATUS_PENDING)
      end = tenon_future_poll(stage->pair.future);
    CHECK_STATUS(end, tenon_future_poll(stage->pair.future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(stage->pair.future));
  }
  for (int index = 0; index < CALLBACKS && end == TENON_STATUS_PENDING; index++)
    if (stage->callbacks[index].is_owed && !stage->callbacks[index].is_cancel &&
        !stage->callbacks[index].is_forgotten)
      end = atomic_load(&stage->callbacks[index].told.status);
  if (end != TENON_STATUS_PENDING)
    CHECK(is_end(end));
  for (int index = 0; index < CALLBACKS; index++)
    check_callback(&stage->callbacks[index], end);
  for (int member = 0; member < MEMBERS; member++)
    if (stage->parties[member] == WAIT && is_end(stage->waited[member]) &&
        end != TENON_STATUS_PENDING)
      CHECK_STATUS(end, stage->waited[member]);
  CHECK(atomic_load(&stage->takers) <= (end == TENON_STATUS_OK));
  CHECK_COUNT(atomic_load(&stage->values), atomic_load(&stage->drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(stage->pair.future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_promise_release(stage->pair.promise));
}

/** No combination has two that release a reference of which there is one. */
static bool is_possible(size_t round) {
  party_t parties[MEMBERS];
  choose(parties, round % COMBINATIONS);
  int releases = 0;
  for (int member = 0; member < MEMBERS; member++)
    releases += parties[member] == RELEASE || parties[member] == CONSUME;
  return releases <= 1 || !(round / COMBINATIONS % VARIANTS & VARIANT_LENT);
}

/** The rounds that are possible, in the place of those that are asked for. */
static size_t *possible;
static size_t possible_count;

static void possible_before(void *context, size_t round) {
  stage_before(context, possible[round % possible_count]);
}

static void possible_run(void *context, size_t member, size_t round) {
  /* The chosen round repeats with other delays, and other threads in other places. */
  stage_run(context, member, round + round / possible_count);
}

CASE(every_two_and_three_operations_on_a_future_may_meet) {
  stage_t stage;
  size_t repetitions = conformance_is_light() ? 2 : 10;
  tenon_process_statistics_t before = process_statistics();
  memset(&stage, 0, sizeof stage);
  stage.executor = executor_create();
  possible = calloc(COMBINATIONS * VARIANTS, sizeof *possible);
  possible_count = 0;
  for (size_t round = 0; round < COMBINATIONS * VARIANTS; round++)
    if (is_possible(round))
      possible[possible_count++] = round;
  race_t race = {MEMBERS,    possible_count * repetitions, &stage, possible_before, possible_run,
                 stage_after};
  race_run(&race);
  free(possible);
  CHECK_COUNT(0, executor_statistics(stage.executor).pending);
  executor_end(stage.executor);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}
