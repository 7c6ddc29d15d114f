/*
 * What <tenon/executor.h> promises about tenon_executor_run_until().
 */
#include "executor_hosts.h"
#include "stopped.h"

CASE(run_until_answers_as_the_future_ended) {
  static const tenon_status_t ends[] = {TENON_STATUS_OK, TENON_STATUS_REJECTED,
                                        TENON_STATUS_CANCELLED};
  tenon_executor_t *executor = executor_create();
  for (size_t index = 0; index < sizeof ends / sizeof *ends; index++) {
    pair_t pair = pair_create_settled(ends[index]);
    CHECK_STATUS(ends[index], tenon_executor_run_until(executor, pair.future, TENON_FOREVER));
    CHECK_STATUS(ends[index], tenon_executor_run_until(executor, pair.future, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  executor_end(executor);
}

CASE(run_until_polls_until_the_future_has_settled) {
  tenon_executor_t *executor = executor_create();
  for (int way = 0; way < 3; way++) {
    settler_t settler = {TOLD_INIT, pair_create_with(0, way == 1 ? executor : NULL)};
    pthread_t thread = pthread_self();
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, settle_job, &settler));
    else if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_timer_start(executor, tenon_timer_now_ns() + 2 * MILLISECOND, settle_job,
                                     &settler, NULL));
    else
      thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(executor, settler.pair.future, TENON_FOREVER));
    if (way < 2)
      CHECK(told_here(&settler.told));
    else
      thread_join(thread);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  }
  executor_end(executor);
}

CASE(run_until_is_woken_by_other_threads) {
  tenon_executor_t *executor = executor_create();
  size_t rounds = conformance_rounds(1000);
  for (size_t round = 0; round < rounds; round++) {
    settler_t settler = {TOLD_INIT, pair_create()};
    pthread_t thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(executor, settler.pair.future, TENON_FOREVER));
    thread_join(thread);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  }
  CHECK_COUNT(0, executor_statistics(executor).pending);
  executor_end(executor);
}

CASE(run_until_gives_up_after_its_timeout) {
  static const uint64_t timeouts[] = {0, 1, MILLISECOND, 20 * MILLISECOND};
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  for (size_t index = 0; index < sizeof timeouts / sizeof *timeouts; index++) {
    uint64_t start = conformance_now_ns();
    CHECK_STATUS(TENON_STATUS_TIMEOUT,
                 tenon_executor_run_until(executor, pair.future, timeouts[index]));
    CHECK(conformance_now_ns() - start >= timeouts[index]);
  }
  CHECK(!executor_poll(executor).alive);
  CHECK(!tenon_promise_is_cancelled(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_null_ends_when_nothing_is_pending) {
  told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
  tenon_executor_t *executor = executor_create();
  settler_t settler = {TOLD_INIT, pair_create()};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  post(executor, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND,
                                                  tell, &told[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(settler.pair.future, executor,
                                                         tell_completion, &told[2], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 2 * MILLISECOND,
                                                  settle_job, &settler, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  for (int index = 0; index < 3; index++)
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
  executor_end(executor);
}

CASE(run_until_null_waits_for_a_callback_that_is_pending) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, NULL, MILLISECOND));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_and_a_loop_at_the_descriptor_take_turns) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t told = TOLD_INIT;
  told_t timer = TOLD_INIT;
  pair_t pair = pair_create();
  for (int round = 0; round < 100; round++) {
    post(executor, &told);
    CHECK(readable(fd, 0));
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
    else if (round % 3 == 0)
      CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
    else
      executor_poll(executor);
    CHECK_COUNT(round + 1, atomic_load(&told.count));
    if (readable(fd, 0)) /* run_until may leave a look at what is pending */
      CHECK_COUNT(0, executor_poll(executor).jobs);
    CHECK(!readable(fd, 0));
  }
  /* A timer that run_until leaves is the descriptor's. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 5 * MILLISECOND,
                                                  tell, &timer, NULL));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, pair.future, 0));
  while (atomic_load(&timer.count) == 0 && CHECK(readable(fd, 10000)))
    executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(run_until_is_over_in_time_also_while_a_job_posts_itself_for_ever) {
  repost_t repost = {executor_create(), 0, false};
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost.executor, repost_job, &repost));
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(repost.executor, pair.future, 2000000));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(repost.executor, NULL, 2000000));
  repost.stop = true;
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(repost.executor);
}

CASE(run_until_runs_the_hosts_loop) {
  for (int way = 0; way < 3; way++) {
    host_t host;
    pthread_t thread = pthread_self();
    host_begin(&host, true);
    settler_t settler = {TOLD_INIT, pair_create()};
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, settle_job, &settler));
    else if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_timer_start(host.executor, tenon_timer_now_ns() + MILLISECOND, settle_job,
                                     &settler, NULL));
    else
      thread = thread_start(settle_elsewhere, &settler);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(host.executor, settler.pair.future, TENON_FOREVER));
    if (way == 2)
      thread_join(thread);
    if (way == 1)
      CHECK(atomic_load(&host.runs) > 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settler.pair.future));
    host_end(&host);
  }
}

CASE(run_until_needs_a_host_that_runs_once) {
  host_t host;
  host_begin(&host, false);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_run_until(host.executor, pair.future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

typedef struct lasting {
  tenon_executor_t *executor;
  tenon_status_t status;
  sleeper_t thread;
} lasting_t;

static void *run_until_nothing_is_pending(void *context) {
  lasting_t *lasting = context;
  lasting->status = tenon_executor_run_until(lasting->executor, NULL, TENON_FOREVER);
  return NULL;
}

/** One of them polls; the others wait for its place, as long as something is pending. */
CASE(whoever_runs_beside_another_until_nothing_is_pending_ends_as_he_does) {
  for (int way = 0; way < 2; way++) {
    tenon_executor_t *executor = executor_create();
    pair_t pair = pair_create();
    told_t told = TOLD_INIT;
    lasting_t lasting[2];
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
    for (int index = 0; index < 2; index++) {
      lasting[index].executor = executor;
      sleeper_start(&lasting[index].thread, run_until_nothing_is_pending, &lasting[index]);
    }
    for (int index = 0; index < 2; index++)
      SPIN_UNTIL(sleeper_rests(&lasting[index].thread));
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, NULL, MILLISECOND));
    if (way == 0)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    else
      SPIN_UNTIL(tenon_executor_interrupt(executor) == TENON_STATUS_OK &&
                 atomic_load(&lasting[0].thread.has_ended) &&
                 atomic_load(&lasting[1].thread.has_ended));
    for (int index = 0; index < 2; index++) {
      sleeper_join(&lasting[index].thread);
      CHECK_STATUS(way == 0 ? TENON_STATUS_OK : TENON_STATUS_INTERRUPTED, lasting[index].status);
    }
    if (way == 1)
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    executor_end(executor);
  }
}
