/*
 * What <tenon/executor.h> promises about a close.
 */
#include "executor_hosts.h"

CASE(a_close_tells_every_callback_that_is_left) {
  static const uint64_t timeouts[] = {0, MILLISECOND, TENON_FOREVER};
  for (size_t index = 0; index < sizeof timeouts / sizeof *timeouts; index++) {
    for (int was_polled = 0; was_polled < 2; was_polled++) {
      debts_t debts;
      debts_begin(&debts, executor_create());
      if (was_polled)
        executor_poll(debts.executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(debts.executor, timeouts[index]));
      check_closed(debts.executor);
      debts_end(&debts);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_close(debts.executor, 0));
    }
  }
}

CASE(the_last_release_closes) {
  for (int was_polled = 0; was_polled < 2; was_polled++) {
    debts_t debts;
    debts_begin(&debts, executor_create());
    if (was_polled)
      executor_poll(debts.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_post(debts.executor, never, NULL));
  }
}

CASE(a_close_inside_a_job_goes_on_in_that_poll) {
  for (int begin = 0; begin < 2; begin++) {
    debts_t debts;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_OK, false, begin != 0};
    debts_begin(&debts, executor_create());
    closer.executor = debts.executor;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(debts.executor, close_job, &closer));
    tenon_poll_result_t result = executor_poll(debts.executor);
    CHECK_TOLD(TENON_STATUS_OK, &closer.told);
    CHECK_STATUS(begin ? TENON_STATUS_OK : TENON_STATUS_PENDING, closer.answer);
    CHECK(result.closed);
    CHECK(!result.more && !result.alive);
    check_closed(debts.executor);
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
  }
}

CASE(a_release_of_the_last_reference_inside_a_job_closes) {
  /* However little that poll may do: nobody can poll again. */
  for (uint64_t jobs_max = 0; jobs_max < 3; jobs_max++) {
    debts_t debts;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_CLOSED, true, false};
    told_t after[2] = {TOLD_INIT, TOLD_INIT};
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    budget.jobs_max = jobs_max;
    tenon_executor_t *executor = executor_create();
    closer.executor = executor;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, close_job, &closer));
    post(executor, &after[0]);
    post(executor, &after[1]);
    debts_begin(&debts, executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    CHECK_TOLD(TENON_STATUS_OK, &closer.told);
    CHECK_STATUS(TENON_STATUS_OK, closer.answer);
    CHECK(result.closed);
    CHECK_COUNT(1, atomic_load(&after[0].count));
    CHECK_COUNT(1, atomic_load(&after[1].count));
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  }
}

CASE(a_close_that_has_begun_is_finished_by_polls) {
  for (int elsewhere = 0; elsewhere < 2; elsewhere++) {
    debts_t debts;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    debts_begin(&debts, executor_create());
    int fd = executor_fd(debts.executor);
    executor_poll(debts.executor);
    CHECK(!readable(fd, 0));
    if (elsewhere)
      on_other_thread(begin_close_elsewhere, debts.executor);
    else
      begin_close_elsewhere(debts.executor);
    CHECK_NOT_TOLD(&debts.completion);
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(debts.executor, never, NULL));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(debts.executor, 0, never, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(debts.executor, 0));
    for (int polls = 0; polls < 100 && !result.closed; polls++) {
      CHECK(readable(fd, 10000));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(debts.executor, NULL, &result));
    }
    CHECK(result.closed);
    check_closed(debts.executor);
    debts_end(&debts);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(debts.executor));
  }
}

CASE(a_close_after_a_close_that_has_begun_is_closed) {
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(executor, 0));
  CHECK(executor_poll(executor).closed);
  check_closed(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

static void *close_when_it_may(void *context) {
  busy_t *busy = context;
  SPIN_UNTIL(atomic_load(&busy->is_inside));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(busy->executor, 0));
  atomic_store(&busy->may_leave, true);
  return NULL;
}

CASE(a_close_may_begin_while_a_poll_runs) {
  busy_t busy;
  told_t after = TOLD_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  memset(&busy, 0, sizeof busy);
  busy.executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(busy.executor, stay_inside, &busy));
  post(busy.executor, &after);
  pthread_t thread = thread_start(close_when_it_may, &busy);
  for (int polls = 0; polls < 100 && !result.closed; polls++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(busy.executor, NULL, &result));
  CHECK(result.closed);
  thread_join(thread);
  CHECK_TOLD(TENON_STATUS_OK, &busy.told);
  CHECK_COUNT(1, atomic_load(&after.count));
  check_closed(busy.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(busy.executor));
}

/* A close is under way on one thread, another polls, and neither has ended when the last handle goes. */
CASE(a_close_that_nobody_attends_is_ended_by_whoever_began_it) {
  busy_t busy, cancelling;
  told_t waiting = TOLD_INIT;
  memset(&busy, 0, sizeof busy);
  memset(&cancelling, 0, sizeof cancelling);
  tenon_executor_t *executor = busy.executor = cancelling.executor = executor_create();
  pair_t pair = pair_create();
  pair_t bound = pair_create_with(0, executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &waiting, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(bound.promise, NULL, stay_inside, &cancelling, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, stay_inside, &busy));
  pthread_t poller = thread_start(poll_elsewhere, executor);
  SPIN_UNTIL(atomic_load(&busy.is_inside));
  pthread_t closer = thread_start(begin_close_elsewhere, executor);
  SPIN_UNTIL(atomic_load(&cancelling.is_inside));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_NOT_TOLD(&waiting);
  atomic_store(&busy.may_leave, true);
  thread_join(poller);
  CHECK_NOT_TOLD(&waiting);
  atomic_store(&cancelling.may_leave, true);
  thread_join(closer);
  CHECK_TOLD(TENON_STATUS_CLOSED, &waiting);
  CHECK(atomic_load(&waiting.self) == atomic_load(&cancelling.told.self)); /* the closer's thread */
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  settle(pair.promise, TENON_STATUS_OK);
  settle(bound.promise, TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(bound.future));
}

typedef struct stubborn {
  told_t told;
  tenon_executor_t *executor;
  tenon_future_t *future;
} stubborn_t;

static void try_again(stubborn_t *stubborn) {
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(stubborn->executor, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(stubborn->executor, 0, never, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_future_on_complete(stubborn->future, stubborn->executor,
                                                             never_completion, NULL, NULL));
}

static void try_again_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  stubborn_t *stubborn = context;
  CHECK(future == NULL);
  told_now(&stubborn->told, status);
  try_again(stubborn);
}

static void try_again_timer(void *context, tenon_status_t status) {
  stubborn_t *stubborn = context;
  told_now(&stubborn->told, status);
  try_again(stubborn);
}

CASE(a_callback_that_is_told_of_the_close_may_use_tenon) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  stubborn_t stubborn[2] = {{TOLD_INIT, executor, pair.future}, {TOLD_INIT, executor, pair.future}};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, executor,
                                                         try_again_completion, &stubborn[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, try_again_timer, &stubborn[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_TOLD(TENON_STATUS_CLOSED, &stubborn[0].told);
  CHECK_TOLD(TENON_STATUS_CLOSED, &stubborn[1].told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

static void post_until_closed(void *context, tenon_status_t status) {
  repost_t *repost = context;
  repost->count++;
  tenon_status_t answer = tenon_executor_post(repost->executor, post_until_closed, repost);
  CHECK(answer == TENON_STATUS_OK || answer == TENON_STATUS_CLOSED);
  if (status == TENON_STATUS_CLOSED)
    CHECK_STATUS(TENON_STATUS_CLOSED, answer);
}

CASE(a_close_ends_although_a_job_posts_itself_for_ever) {
  repost_t repost = {executor_create(), 0, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost.executor, post_until_closed, &repost));
  CHECK(poll_at_most(repost.executor, 10).more);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(repost.executor, TENON_FOREVER));
  CHECK_COUNT(11, repost.count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(repost.executor));
}

CASE(ten_thousand_executors_leave_memory_flat) {
  size_t rounds = conformance_rounds(10000);
  uint64_t reserved = 0;
  for (size_t round = 0; round < rounds; round++) {
    told_t told = TOLD_INIT;
    tenon_executor_t *executor = executor_create();
    post(executor, &told);
    if (round % 2 == 0)
      executor_poll(executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_COUNT(1, atomic_load(&told.count));
    if (round == 50)
      reserved = process_statistics().memory_reserved;
  }
  if (rounds > 50)
    CHECK_COUNT(reserved, process_statistics().memory_reserved);
}

CASE(a_host_is_told_once_that_it_is_closed) {
  for (int way = 0; way < 5; way++) {
    host_t host;
    debts_t debts;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    closer_t closer = {TOLD_INIT, NULL, TENON_STATUS_OK, way == 4, false};
    host_begin(&host, true);
    debts_begin(&debts, host.executor);
    if (way % 2 == 0)
      executor_poll(host.executor);
    closer.executor = host.executor;
    if (way == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(host.executor, 0));
    } else if (way == 1) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
    } else if (way == 2) {
      int wakes = atomic_load(&host.wakes);
      on_other_thread(begin_close_elsewhere, host.executor);
      CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
      CHECK_COUNT(0, atomic_load(&host.closes));
      result = executor_poll(host.executor);
      CHECK(result.closed);
    } else {
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, close_job, &closer));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(host.executor, NULL, &result));
      CHECK(result.closed);
    }
    CHECK_COUNT(1, atomic_load(&host.closes));
    CHECK(pthread_equal(host.closed_on, pthread_self()));
    debts_end(&debts);
    if (way != 1 && way != 4) {
      check_closed(host.executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
    }
    CHECK_COUNT(1, atomic_load(&host.closes));
    CHECK_COUNT(0, atomic_load(&host.calls_after_close));
    pthread_cond_destroy(&host.woken_up);
    pthread_mutex_destroy(&host.lock);
  }
}

typedef struct inside {
  tenon_executor_t *executor;
  atomic_bool is_inside;
  atomic_bool may_return;
} inside_t;

static void stay_in_poll(void *context, tenon_status_t status) {
  inside_t *inside = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&inside->is_inside, true);
  SPIN_UNTIL(atomic_load(&inside->may_return));
}

static void *poll_inside(void *context) {
  inside_t *inside = context;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_status_t status = tenon_executor_poll(inside->executor, NULL, &result);
  CHECK(status == TENON_STATUS_OK && result.closed);
  return NULL;
}

CASE(executors_whose_last_handle_goes_during_a_poll_elsewhere_leave_no_memory) {
  enum { ROUNDS = 300 };
  size_t before = 0;
  for (int round = 0; round < ROUNDS; round++) {
    inside_t inside = {.executor = executor_create()};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inside.executor, stay_in_poll, &inside));
    pthread_t thread = thread_start(poll_inside, &inside);
    SPIN_UNTIL(atomic_load(&inside.is_inside));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(inside.executor));
    atomic_store(&inside.may_return, true);
    thread_join(thread);
    if (round == 50)
      before = memory_used();
  }
  CHECK(memory_used() <= before + ROUNDS * 1000);
}
