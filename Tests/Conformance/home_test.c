/*
 * What the loop's own thread adds between two polls, from the second job on, it adds without a lock. None of that
 * is lost, late or out of order when another thread polls, closes, asks or lets go meanwhile.
 */
#include "race.h"

#define BURST 12

typedef struct crowd crowd_t;

typedef struct job {
  crowd_t *crowd;
  int number;
} job_t;

/** Jobs of one thread, which run one at a time, and in order. */
struct crowd {
  tenon_executor_t *executor;
  job_t *jobs;
  int posted;
  atomic_int next; /**< the number of the one that comes next */
  atomic_int refused;
  atomic_int closed; /**< told that the executor was closed */
  atomic_bool is_over;
};

static void crowd_run(void *context, tenon_status_t status) {
  const job_t *job = context;
  if (status == TENON_STATUS_OK)
    CHECK_COUNT(job->number, atomic_load(&job->crowd->next));
  else if (CHECK_STATUS(TENON_STATUS_CLOSED, status))
    atomic_fetch_add(&job->crowd->closed, 1);
  atomic_fetch_add(&job->crowd->next, 1);
}

/** Posts some; what is refused is not posted. */
static void crowd_post(crowd_t *crowd, int count) {
  for (int index = 0; index < count; index++) {
    job_t *job = &crowd->jobs[crowd->posted];
    *job = (job_t){crowd, crowd->posted};
    tenon_status_t status = tenon_executor_post(crowd->executor, crowd_run, job);
    if (status == TENON_STATUS_OK)
      crowd->posted++;
    else
      atomic_fetch_add(&crowd->refused, 1);
  }
}

/** Ends one that is closing, or was closed by a poll that came later. */
static void crowd_end(const crowd_t *crowd) {
  tenon_executor_poll(crowd->executor, NULL, NULL);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(crowd->executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(crowd->executor));
}

/* MARK: Another thread polls */

static void *poll_until_over(void *context) {
  crowd_t *crowd = context;
  while (!atomic_load(&crowd->is_over)) {
    tenon_status_t status = tenon_executor_poll(crowd->executor, NULL, NULL);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
    sched_yield();
  }
  return NULL;
}

CASE(two_threads_that_poll_in_turn_run_the_jobs_of_one_in_order) {
  enum { TURNS = 50 };
  job_t jobs[TURNS * BURST];
  random_t random = {7};
  for (size_t round = 0; round < conformance_rounds(400); round++) {
    crowd_t crowd = {.executor = executor_create(), .jobs = jobs};
    pthread_t other = thread_start(poll_until_over, &crowd);
    for (int turn = 0; turn < TURNS; turn++) {
      tenon_status_t status = tenon_executor_poll(crowd.executor, NULL, NULL);
      CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
      crowd_post(&crowd, (int)random_below(&random, BURST + 1));
    }
    SPIN_UNTIL(atomic_load(&crowd.next) == crowd.posted);
    atomic_store(&crowd.is_over, true);
    thread_join(other);
    CHECK_COUNT(0, atomic_load(&crowd.refused));
    executor_end(crowd.executor);
  }
}

/* MARK: Another thread does something else */

typedef enum deed { DEED_POLL, DEED_CLOSE, DEED_ASK, DEED_RELEASE, DEED_COUNT } deed_t;

typedef struct gathering {
  crowd_t crowd;
  job_t jobs[4 * BURST];
  tenon_poll_result_t result;
} gathering_t;

static void gathering_before(void *context, size_t round) {
  gathering_t *gathering = context;
  (void)round;
  memset(&gathering->crowd, 0, sizeof gathering->crowd);
  gathering->crowd.jobs = gathering->jobs;
  gathering->crowd.executor = executor_create();
}

static void gathering_run(void *context, size_t member, size_t round) {
  gathering_t *gathering = context;
  tenon_executor_t *executor = gathering->crowd.executor;
  if (member == 0) {
    // From here on this is the loop's thread.
    tenon_executor_poll(executor, NULL, NULL);
    crowd_post(&gathering->crowd, 4 * BURST);
    return;
  }
  for (size_t turn = 0; turn < round / DEED_COUNT % 16; turn++)
    sched_yield();
  switch ((deed_t)(round % DEED_COUNT)) {
  case DEED_POLL:
    tenon_executor_poll(executor, NULL, NULL);
    break;
  case DEED_CLOSE:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, TENON_FOREVER));
    break;
  case DEED_ASK: {
    int least = atomic_load(&gathering->crowd.next);
    tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(executor, &statistics));
    CHECK(statistics.pending + (uint64_t)least <= 4 * BURST);
    break;
  }
  default:
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  }
}

static void gathering_after(void *context, size_t round) {
  gathering_t *gathering = context;
  deed_t deed = (deed_t)(round % DEED_COUNT);
  if (deed == DEED_CLOSE)
    crowd_end(&gathering->crowd);
  else if (deed != DEED_RELEASE)
    executor_end(gathering->crowd.executor);
  // Each has been told, whatever came of it.
  CHECK_COUNT(gathering->crowd.posted, atomic_load(&gathering->crowd.next));
  if (deed == DEED_POLL || deed == DEED_ASK)
    CHECK_COUNT(0, atomic_load(&gathering->crowd.refused));
}

CASE(what_the_loops_thread_adds_meets_a_poll_a_close_a_look_and_a_last_release) {
  static gathering_t gathering;
  race_t race = {.members = 2,
                 .rounds = conformance_rounds(12000),
                 .context = &gathering,
                 .before = gathering_before,
                 .run = gathering_run,
                 .after = gathering_after};
  race_run(&race);
}

/* MARK: One thread after the other */

static void *check_pending(void *context) {
  crowd_t *crowd = context;
  CHECK_COUNT(crowd->posted - atomic_load(&crowd->next),
              executor_statistics(crowd->executor).pending);
  return NULL;
}

static void *poll_some(void *context) {
  const crowd_t *crowd = context;
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = 5;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(crowd->executor, &budget, &result));
  CHECK_COUNT(5, result.jobs);
  CHECK(result.more);
  return NULL;
}

CASE(each_thread_knows_how_many_jobs_are_pending) {
  job_t jobs[4 * BURST];
  crowd_t crowd = {.executor = executor_create(), .jobs = jobs};
  for (int turn = 0; turn < 2; turn++) {
    crowd_post(&crowd, BURST);
    check_pending(&crowd);
    on_other_thread(check_pending, &crowd);
    crowd_post(&crowd, BURST);
    check_pending(&crowd);
    // Of a poll that leaves some, too, on whichever thread it was.
    if (turn == 0)
      poll_some(&crowd);
    else
      on_other_thread(poll_some, &crowd);
    check_pending(&crowd);
    on_other_thread(check_pending, &crowd);
  }
  CHECK_COUNT(4 * BURST - 10, executor_poll(crowd.executor).jobs);
  check_pending(&crowd);
  executor_end(crowd.executor);
}

static void count_wake(void *context) { atomic_fetch_add((atomic_int *)context, 1); }

CASE(the_loop_is_woken_once_for_what_its_thread_adds) {
  atomic_int wakes = 0;
  job_t jobs[3 * BURST];
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.wake = count_wake;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &host;
  config.host_context = &wakes;
  crowd_t crowd = {.jobs = jobs};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &crowd.executor));
  for (int turn = 1; turn <= 3; turn++) {
    crowd_post(&crowd, BURST);
    CHECK_COUNT(turn, atomic_load(&wakes));
    if (turn < 3)
      CHECK_COUNT(BURST, executor_poll(crowd.executor).jobs);
  }
  // And what is there when it closes is told.
  executor_end(crowd.executor);
  CHECK_COUNT(3 * BURST, atomic_load(&crowd.next));
}

static void *post_a_few(void *context) {
  crowd_post((crowd_t *)context, 3);
  return NULL;
}

CASE(what_was_added_before_runs_before_whoever_added_it) {
  job_t jobs[4 * BURST];
  crowd_t crowd = {.executor = executor_create(), .jobs = jobs};
  crowd_post(&crowd, 3);
  on_other_thread(post_a_few, &crowd);
  crowd_post(&crowd, 3);
  on_other_thread(poll_some, &crowd);
  on_other_thread(post_a_few, &crowd);
  crowd_post(&crowd, 3);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(crowd.executor, TENON_FOREVER));
  crowd_post(&crowd, 3);
  CHECK_COUNT(3, atomic_load(&crowd.refused));
  crowd_end(&crowd);
  CHECK_COUNT(15, atomic_load(&crowd.next));
}
