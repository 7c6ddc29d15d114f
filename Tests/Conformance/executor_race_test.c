/*
 * Every two and three of the things that can be done with one executor, done at the same time by as
 * many threads; then it is closed, and everything that was owed is counted.
 *
 * What belongs to the loop's thread (polling, closing) is done by one thread of a round at the most; its
 * descriptor is asked for by the others, too, and they are told.
 */
#include "race.h"

#define MEMBERS 3

/** What one thread does. */
typedef enum party {
  NOBODY,
  POST,
  START_TIMER,
  START_AND_CANCEL_TIMER,
  CANCEL_TIMER, /**< one that is due */
  ON_COMPLETE,  /**< of a future that it settles */
  SETTLE,       /**< the futures that somebody waits for */
  FORGET,       /**< that callback */
  DROP,         /**< a value that is to end on the executor */
  WAIT,         /**< for a future whose producer works on the executor */
  BEGIN_CLOSE,
  RELEASE,
  ASK,
  GET_FD,
  LOOP, /**< from here on: what the loop's thread does */
  POLL = LOOP,
  RUN,
  CLOSE,
  PARTY_COUNT
} party_t;

typedef struct stage {
  party_t parties[MEMBERS];
  tenon_executor_t *executor;
  pair_t pair;  /**< a callback waits for it on the executor */
  pair_t bound; /**< its producer works on the executor */
  tenon_registration_t *registration;
  tenon_timer_t *timer;
  told_t told[MEMBERS][2];
  int owed[MEMBERS][2];
  told_t waiting;
  told_t due;
  bool is_due;
  atomic_int drops;
} stage_t;

static bool stage_has(const stage_t *stage, party_t party) {
  for (int member = 0; member < MEMBERS; member++)
    if (stage->parties[member] == party)
      return true;
  return false;
}

/** The loop's thread is one. */
static bool is_possible(const party_t parties[MEMBERS]) {
  int loops = 0;
  int waits = 0;
  int releases = 0;
  bool is_watched = false;
  for (int member = 0; member < MEMBERS; member++) {
    loops += parties[member] >= LOOP;
    waits += parties[member] == WAIT;
    releases += parties[member] == RELEASE;
    is_watched |= parties[member] == GET_FD;
  }
  /* Who waits for what a loop looks after leaves the work to that. */
  return loops <= 1 && releases <= 1 && waits <= (is_watched ? 0 : 2);
}

typedef struct combination {
  party_t parties[MEMBERS];
} combination_t;

static combination_t combinations[PARTY_COUNT * PARTY_COUNT * PARTY_COUNT];
static size_t combinations_count;

static void list_combinations(void) {
  combinations_count = 0;
  for (int first = 0; first < PARTY_COUNT; first++)
    for (int second = first; second < PARTY_COUNT; second++)
      for (int third = second; third < PARTY_COUNT; third++) {
        combination_t next = {{(party_t)first, (party_t)second, (party_t)third}};
        if (is_possible(next.parties))
          combinations[combinations_count++] = next;
      }
}

static void stage_before(void *context, size_t round) {
  stage_t *stage = context;
  memset(stage, 0, sizeof *stage);
  memcpy(stage->parties, combinations[round % combinations_count].parties, sizeof stage->parties);
  stage->executor = executor_create();
  stage->pair = pair_create();
  stage->bound = pair_create_with(0, stage->executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(stage->pair.future, stage->executor, tell_completion,
                                        &stage->waiting, &stage->registration));
  stage->is_due = stage_has(stage, CANCEL_TIMER) || round / combinations_count % 2 == 0;
  if (stage->is_due)
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(stage->executor, tenon_timer_now_ns(), tell,
                                                    &stage->due, &stage->timer));
}

/** Accepted or not: what was accepted is owed. */
static void owe(stage_t *stage, size_t place, int index, tenon_status_t status) {
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
        (status == TENON_STATUS_STALE && stage_has(stage, RELEASE)));
  stage->owed[place][index] = status == TENON_STATUS_OK;
}

static void run_timer(stage_t *stage, size_t place, bool is_cancelled) {
  tenon_timer_t *timer = NULL;
  uint64_t deadline_ns = is_cancelled ? TENON_FOREVER : tenon_timer_now_ns();
  tenon_status_t status =
      tenon_timer_start(stage->executor, deadline_ns, tell, &stage->told[place][0], &timer);
  owe(stage, place, 0, status);
  if (status == TENON_STATUS_OK && is_cancelled) {
    status = tenon_timer_cancel(timer);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
          status == TENON_STATUS_STALE);
  }
}

static void run_complete(stage_t *stage, size_t place) {
  pair_t pair = pair_create();
  owe(stage, place, 0,
      tenon_future_on_complete(pair.future, stage->executor, tell_completion,
                               &stage->told[place][0], NULL));
  owe(stage, place, 1,
      tenon_promise_on_cancel(pair.promise, stage->executor, tell, &stage->told[place][1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void run_drop(stage_t *stage) {
  tenon_value_t value = counted_value(&stage->drops);
  if (tenon_value_set_drop_executor(&value, stage->executor) != TENON_STATUS_OK)
    CHECK(stage_has(stage, RELEASE));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
}

static void run_wait(stage_t *stage) {
  tenon_status_t status =
      tenon_future_wait(stage->bound.future, stage_has(stage, SETTLE) ? TENON_FOREVER : 200000);
  CHECK(status == TENON_STATUS_TIMEOUT || status == TENON_STATUS_CANCELLED ||
        status == TENON_STATUS_OK);
}

static void run_loop(stage_t *stage, party_t party) {
  tenon_status_t status;
  if (party == POLL) {
    for (int polls = 0; polls < 3; polls++) {
      status = tenon_executor_poll(stage->executor, NULL, NULL);
      CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
            status == TENON_STATUS_BUSY || status == TENON_STATUS_STALE);
    }
  } else if (party == RUN) {
    status = tenon_executor_run_until(stage->executor, stage->bound.future,
                                      stage_has(stage, SETTLE) ? TENON_FOREVER : 100000);
    CHECK(status == TENON_STATUS_TIMEOUT || status == TENON_STATUS_OK ||
          status == TENON_STATUS_CANCELLED || status == TENON_STATUS_CLOSED ||
          status == TENON_STATUS_BUSY || status == TENON_STATUS_STALE);
  } else {
    status = tenon_executor_close(stage->executor, TENON_FOREVER);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
          status == TENON_STATUS_BUSY || status == TENON_STATUS_PENDING ||
          status == TENON_STATUS_TIMEOUT || status == TENON_STATUS_STALE);
  }
}

static void run_party(stage_t *stage, size_t place) {
  tenon_status_t status;
  switch (stage->parties[place]) {
  case POST:
    for (int index = 0; index < 2; index++)
      owe(stage, place, index,
          tenon_executor_post(stage->executor, tell, &stage->told[place][index]));
    break;
  case START_TIMER:
    run_timer(stage, place, false);
    break;
  case START_AND_CANCEL_TIMER:
    run_timer(stage, place, true);
    break;
  case CANCEL_TIMER:
    status = tenon_timer_cancel(stage->timer);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
          status == TENON_STATUS_STALE);
    break;
  case ON_COMPLETE:
    run_complete(stage, place);
    break;
  case SETTLE:
    status = settle(stage->pair.promise, TENON_STATUS_OK);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED);
    status = settle(stage->bound.promise, TENON_STATUS_OK);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_ALREADY_SETTLED);
    break;
  case FORGET:
    status = tenon_registration_forget(stage->registration);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_SETTLED ||
          status == TENON_STATUS_STALE);
    CHECK_COUNT(1, atomic_load(&stage->waiting.count));
    break;
  case DROP:
    run_drop(stage);
    break;
  case WAIT:
    run_wait(stage);
    break;
  case BEGIN_CLOSE:
    status = tenon_executor_begin_close(stage->executor, 0);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
          status == TENON_STATUS_STALE);
    break;
  case RELEASE:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(stage->executor));
    break;
  case ASK: {
    tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
    status = tenon_executor_get_statistics(stage->executor, &statistics);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_STALE);
    break;
  }
  case GET_FD: {
    int fd = -1;
    status = tenon_executor_fd(stage->executor, &fd);
    CHECK(status == TENON_STATUS_OK
              ? fd >= 0
              : status == TENON_STATUS_BUSY || status == TENON_STATUS_CLOSED ||
                    status == TENON_STATUS_STALE);
    break;
  }
  case NOBODY:
    break;
  default:
    run_loop(stage, stage->parties[place]);
  }
}

static void stage_run(void *context, size_t member, size_t round) {
  stage_t *stage = context;
  random_t random = {round * MEMBERS + member};
  for (volatile uint64_t delay = random_below(&random, 64); delay > 0; delay--)
    ;
  /* Each thread may be the first and the last. */
  run_party(stage, (member + round / combinations_count) % MEMBERS);
}

static void stage_after(void *context, size_t round) {
  stage_t *stage = context;
  (void)round;
  if (!stage_has(stage, RELEASE)) {
    tenon_status_t status = tenon_executor_close(stage->executor, 0);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED ||
          status == TENON_STATUS_TIMEOUT);
    if (status == TENON_STATUS_CLOSED) /* a close that was begun is finished by a poll */
      tenon_executor_poll(stage->executor, NULL, NULL);
    CHECK_COUNT(0, executor_statistics(stage->executor).pending);
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(stage->executor, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(stage->executor));
  }
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_release(stage->executor));
  for (int place = 0; place < MEMBERS; place++)
    for (int index = 0; index < 2; index++)
      CHECK_COUNT(stage->owed[place][index], atomic_load(&stage->told[place][index].count));
  CHECK_COUNT(1, atomic_load(&stage->waiting.count));
  CHECK(!atomic_load(&stage->waiting.wrong));
  CHECK_COUNT(stage->is_due, atomic_load(&stage->due.count));
  int values = 0;
  for (int place = 0; place < MEMBERS; place++)
    values += stage->parties[place] == DROP;
  CHECK_COUNT(values, atomic_load(&stage->drops));
  settle(stage->pair.promise, TENON_STATUS_OK);
  settle(stage->bound.promise, TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(stage->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(stage->bound.future));
}

CASE(every_two_and_three_operations_on_an_executor_may_meet) {
  stage_t stage;
  tenon_process_statistics_t before = process_statistics();
  list_combinations();
  race_t race = {MEMBERS,   combinations_count * (conformance_is_light() ? 3 : 30),
                 &stage,    stage_before,
                 stage_run, stage_after};
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
}

/* The descriptor is the loop's thread's to ask for. Another one that does is told so, or given it. */

#define DEADLINES 3

typedef struct watch {
  tenon_executor_t *executor;
  told_t told[DEADLINES];
} watch_t;

static void watch_before(void *context, size_t round) {
  watch_t *watch = context;
  (void)round;
  memset(watch, 0, sizeof *watch);
  watch->executor = executor_create();
}

/** Each poll has another deadline, until it closes. */
static void poll_and_close(watch_t *watch) {
  uint64_t deadline = tenon_timer_now_ns() + 3600000000000u;
  for (int index = 0; index < DEADLINES; index++) {
    tenon_timer_t *timer = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(watch->executor, deadline - (uint64_t)index,
                                                    tell, &watch->told[index], &timer));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(watch->executor, NULL, NULL));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(watch->executor, TENON_FOREVER));
}

static void watch_run(void *context, size_t member, size_t round) {
  watch_t *watch = context;
  if (member == 0)
    return poll_and_close(watch);
  tenon_status_t status;
  do {
    int fd = -1;
    status = tenon_executor_fd(watch->executor, &fd);
    if (status == TENON_STATUS_OK)
      CHECK(fd >= 0);
    else
      CHECK(status == TENON_STATUS_BUSY || status == TENON_STATUS_CLOSED);
  } while (status == TENON_STATUS_BUSY || (status == TENON_STATUS_OK && round % 2 == 0));
}

static void watch_after(void *context, size_t round) {
  watch_t *watch = context;
  (void)round;
  for (int index = 0; index < DEADLINES; index++)
    CHECK_COUNT(1, atomic_load(&watch->told[index].count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(watch->executor));
}

CASE(a_descriptor_that_another_thread_asks_for_is_there_or_a_status_says_why) {
  watch_t watch;
  race_t race = {2, conformance_rounds(20000), &watch, watch_before, watch_run, watch_after};
  race_run(&race);
}

/* A poll takes no reference of its own: the last handle may go at any of its steps. */

typedef struct parting {
  tenon_executor_t *executor;
  told_t jobs[2];
  told_t waiting;
  pair_t pair;
  bool is_released_by_job;
} parting_t;

static void release_in_job(void *context, tenon_status_t status) {
  parting_t *parting = context;
  tell(&parting->jobs[1], status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(parting->executor));
}

static void part_before(void *context, size_t round) {
  parting_t *parting = context;
  memset(parting, 0, sizeof *parting);
  parting->executor = executor_create();
  parting->is_released_by_job = round % 4 == 3;
  parting->pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(parting->pair.future, parting->executor,
                                                         tell_completion, &parting->waiting, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(parting->executor, tell, &parting->jobs[0]));
}

static void part_run(void *context, size_t member, size_t round) {
  parting_t *parting = context;
  random_t random = {round * MEMBERS + member};
  for (volatile uint64_t delay = random_below(&random, 256); delay > 0; delay--)
    ;
  if (member != 0) {
    tenon_status_t status;
    do {
      status = tenon_executor_poll(parting->executor, NULL, NULL);
      if (status == TENON_STATUS_BUSY)
        sched_yield(); /* whoever ends it may wait for this processor */
      CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY ||
            status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE);
    } while (status != TENON_STATUS_STALE);
  } else if (parting->is_released_by_job) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(parting->executor, release_in_job, parting));
  } else {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(parting->executor));
  }
}

static void part_after(void *context, size_t round) {
  parting_t *parting = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&parting->jobs[0].count));
  CHECK_COUNT(parting->is_released_by_job, atomic_load(&parting->jobs[1].count));
  CHECK_COUNT(1, atomic_load(&parting->waiting.count));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(parting->executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(parting->pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(parting->pair.future));
}

CASE(the_last_handle_may_go_while_others_poll) {
  parting_t parting;
  tenon_process_statistics_t before = process_statistics();
  race_t race = {
      MEMBERS, conformance_rounds(100000), &parting, part_before, part_run, part_after,
  };
  race_run(&race);
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
}

/* MARK: Who goes on */

typedef struct endless {
  tenon_executor_t *executor;
  atomic_bool is_running;
  atomic_bool is_stopped;
  uint64_t limit_ns;
} endless_t;

/** A job that makes itself again until another one stops it. */
static void go_round(void *context, tenon_status_t status) {
  endless_t *endless = context;
  atomic_store(&endless->is_running, true);
  if (status != TENON_STATUS_OK || atomic_load(&endless->is_stopped))
    return;
  if (CHECK(conformance_now_ns() < endless->limit_ns))
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(endless->executor, go_round, endless));
}

static void stop_it(void *context, tenon_status_t status) {
  endless_t *endless = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&endless->is_stopped, true);
}

static void *post_the_stop(void *context) {
  endless_t *endless = context;
  SPIN_UNTIL(atomic_load(&endless->is_running));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(endless->executor, stop_it, endless));
  return NULL;
}

CASE(jobs_that_make_jobs_for_ever_keep_no_others_waiting) {
  endless_t endless = {executor_create(), false, false,
                       conformance_now_ns() + UINT64_C(30000000000)};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(endless.executor, go_round, &endless));
  pthread_t thread = thread_start(post_the_stop, &endless);
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  budget.jobs_max = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(endless.executor, &budget, NULL));
  CHECK(atomic_load(&endless.is_stopped));
  thread_join(thread);
  executor_end(endless.executor);
}

typedef struct turn {
  tenon_executor_t *executor;
  pair_t pair;
  atomic_bool is_there;
} turn_t;

static void *run_until_settled(void *context) {
  turn_t *turn = context;
  atomic_store(&turn->is_there, true);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_run_until(turn->executor, turn->pair.future, UINT64_C(30000000000)));
  return NULL;
}

static void settle_turn(void *context, tenon_status_t status) {
  turn_t *turn = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(turn->pair.promise, TENON_STATUS_OK));
}

CASE(of_two_threads_that_run_a_loop_the_second_goes_on_when_the_first_has_ended) {
  tenon_executor_t *executor = executor_create();
  for (int round = 0; round < 20; round++) {
    turn_t turns[2];
    pthread_t threads[2];
    for (int index = 0; index < 2; index++) {
      turns[index] = (turn_t){executor, pair_create(), false};
      threads[index] = thread_start(run_until_settled, &turns[index]);
      SPIN_UNTIL(atomic_load(&turns[index].is_there));
      for (int yields = 0; yields < 50; yields++)
        sched_yield();
    }
    for (int index = 0; index < 2; index++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_turn, &turns[index]));
      thread_join(threads[index]);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(turns[index].pair.future));
    }
  }
  executor_end(executor);
}
