/*
 * An executor's memory is the next one's: what comes late by an old handle is refused for what it is, and the new
 * executor knows nothing of it.
 */
#include "race.h"
#include "stopped.h"

#include <unistd.h>

#define THREADS 3

/* MARK: In the midst of a call, which comes when the old one has closed */

typedef struct heritage {
  tenon_executor_t *old;
  tenon_executor_t *next;
  pair_t pair;
  int pipe[2];
  told_t told;
  tenon_status_t status;
  bool is_job;
} heritage_t;

static void heritage_begin(void *context) {
  heritage_t *heritage = context;
  memset(heritage, 0, sizeof *heritage);
  heritage->old = executor_create();
  heritage->pair = pair_create();
  CHECK(pipe(heritage->pipe) == 0);
}

static void heritage_before(void *context) {
  heritage_t *heritage = context;
  heritage_begin(heritage);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(heritage->old, 0));
}

/** The last reference: one that is open closes. */
static void replace_there(void *context) {
  heritage_t *heritage = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(heritage->old));
  heritage->next = executor_create();
}

/** The next one has nothing of the old one's. */
static void heritage_end(heritage_t *heritage) {
  tenon_poll_result_t result = executor_poll(heritage->next);
  CHECK_COUNT(0, result.jobs);
  CHECK(!result.interrupted);
  executor_end(heritage->next);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(heritage->pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(heritage->pair.future));
  close(heritage->pipe[0]);
  close(heritage->pipe[1]);
}

static void heritage_after(void *context) {
  heritage_t *heritage = context;
  CHECK(heritage->status == TENON_STATUS_CLOSED || heritage->status == TENON_STATUS_STALE);
  CHECK_NOT_TOLD(&heritage->told);
  heritage_end(heritage);
}

static void post_here(void *context) {
  heritage_t *heritage = context;
  heritage->is_job = true;
  heritage->status = tenon_executor_post(heritage->old, tell, &heritage->told);
}

static void register_here(void *context) {
  heritage_t *heritage = context;
  heritage->status = tenon_future_on_complete(heritage->pair.future, heritage->old, tell_completion,
                                              &heritage->told, NULL);
}

static void register_cancel_here(void *context) {
  heritage_t *heritage = context;
  heritage->status =
      tenon_promise_on_cancel(heritage->pair.promise, heritage->old, tell, &heritage->told, NULL);
}

static void start_timer_here(void *context) {
  heritage_t *heritage = context;
  heritage->status = tenon_timer_start(heritage->old, TENON_FOREVER, tell, &heritage->told, NULL);
}

static void wait_for_descriptor_here(void *context) {
  heritage_t *heritage = context;
  tenon_future_t *future = NULL;
  heritage->status = tenon_future_readable(heritage->old, heritage->pipe[0], &future);
}

static void interrupt_here(void *context) {
  heritage_t *heritage = context;
  heritage->status = tenon_executor_interrupt(heritage->old);
}

CASE(what_comes_late_is_refused_as_closed_and_the_next_executor_knows_nothing_of_it) {
  void (*const calls[])(void *) = {post_here,
                                   register_here,
                                   register_cancel_here,
                                   start_timer_here,
                                   wait_for_descriptor_here,
                                   interrupt_here};
  heritage_t heritage;
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
    meeting_t meeting = {&heritage,     heritage_before, calls[index],
                         replace_there, heritage_after,  1};
    meeting_run(&meeting);
  }
}

/* MARK: In the midst of a call that begins before */

static void accepted_after(void *context) {
  heritage_t *heritage = context;
  if (heritage->status != TENON_STATUS_OK)
    return heritage_after(context);
  /* A job that is there in time still runs. */
  CHECK_COUNT(1, atomic_load(&heritage->told.count));
  CHECK(atomic_load(&heritage->told.status) == TENON_STATUS_CLOSED || heritage->is_job);
  heritage_end(heritage);
}

CASE(what_comes_while_an_executor_is_replaced_is_refused_or_told_of_the_close) {
  void (*const calls[])(void *) = {post_here, register_here, register_cancel_here,
                                   start_timer_here};
  heritage_t heritage;
  for (size_t index = 0; index < sizeof calls / sizeof *calls; index++) {
    meeting_t meeting = {&heritage, heritage_begin, calls[index], replace_there, accepted_after, 0};
    meeting_run(&meeting);
  }
}

/* MARK: In a wait that begins before */

static void awaited_begin(void *context, bool is_watched) {
  heritage_t *heritage = context;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_promise_config_t promise = TENON_PROMISE_CONFIG_INIT;
  int fd;
  memset(heritage, 0, sizeof *heritage);
  config.flags = TENON_EXECUTOR_FLAG_ELSEWHERE;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &heritage->old));
  if (is_watched)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(heritage->old, &fd));
  promise.executor = heritage->old;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_create(&promise, &heritage->pair.promise, &heritage->pair.future));
}

static void awaited_before(void *context) { awaited_begin(context, false); }

static void watched_before(void *context) { awaited_begin(context, true); }

static void wait_here(void *context) {
  heritage_t *heritage = context;
  heritage->status = tenon_future_wait(heritage->pair.future, TENON_FOREVER);
}

static void interrupt_next_there(void *context) {
  heritage_t *heritage = context;
  replace_there(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_interrupt(heritage->next));
  CHECK_STATUS(TENON_STATUS_OK, settle(heritage->pair.promise, TENON_STATUS_OK));
}

static void awaited_after(void *context) {
  heritage_t *heritage = context;
  CHECK_STATUS(TENON_STATUS_OK, heritage->status);
  CHECK(executor_poll(heritage->next).interrupted);
  executor_end(heritage->next);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(heritage->pair.future));
}

CASE(who_waits_while_an_executor_is_replaced_takes_no_interruption_of_the_next) {
  heritage_t heritage;
  meeting_t meeting = {&heritage, awaited_before, wait_here, interrupt_next_there, awaited_after,
                       40};
  meeting_run(&meeting);
  meeting.before = watched_before;
  meeting_run(&meeting);
}

/* MARK: In a poll */

/* A poll by an old handle is none of the executor that is in its place by now. */

typedef struct succession {
  tenon_executor_t *old;
  tenon_executor_t *next;
} succession_t;

static void succeed_before(void *context, size_t round) {
  succession_t *succession = context;
  (void)round;
  succession->old = executor_create();
  succession->next = NULL;
}

static void succeed_run(void *context, size_t member, size_t round) {
  succession_t *succession = context;
  random_t random = {round * THREADS + member};
  for (volatile uint64_t delay = random_below(&random, 256); delay > 0; delay--)
    ;
  if (member != 0) {
    tenon_status_t status;
    do {
      status = tenon_executor_poll(succession->old, NULL, NULL);
      if (status == TENON_STATUS_BUSY)
        sched_yield(); /* whoever ends it may wait for this processor */
      CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY ||
            status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE);
    } while (status != TENON_STATUS_STALE);
    return;
  }
  bool has_threads = round % 2 == 1;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = has_threads;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(succession->old));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &succession->next));
  for (int time = 0; time < 8; time++)
    CHECK_STATUS(has_threads ? TENON_STATUS_UNSUPPORTED : TENON_STATUS_OK,
                 tenon_executor_poll(succession->next, NULL, NULL));
}

static void succeed_after(void *context, size_t round) {
  succession_t *succession = context;
  (void)round;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(succession->next, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(succession->next));
}

CASE(a_poll_by_an_old_handle_keeps_nobody_from_a_new_executor) {
  succession_t succession;
  race_t race = {
      THREADS, conformance_rounds(100000), &succession, succeed_before, succeed_run, succeed_after,
  };
  race_run(&race);
}
