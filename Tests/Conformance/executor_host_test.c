/*
 * What <tenon/executor.h> promises to a host: when its functions are called, and when they are not.
 */
#include "executor_hosts.h"

CASE(five_posts_wake_the_host_once) {
  for (int is_full = 0; is_full < 2; is_full++) {
    host_t host;
    told_t told = TOLD_INIT;
    host_begin(&host, is_full != 0);
    CHECK_COUNT(0, atomic_load(&host.wakes));
    for (int round = 1; round <= 3; round++) {
      for (int count = 0; count < 5; count++)
        post(host.executor, &told);
      CHECK_COUNT(round, atomic_load(&host.wakes));
      CHECK_COUNT(5, executor_poll(host.executor).jobs);
      CHECK_COUNT(round, atomic_load(&host.wakes));
    }
    CHECK_COUNT(3, executor_statistics(host.executor).wakes);
    host_end(&host);
  }
}

CASE(a_poll_that_leaves_work_wakes_the_host_again) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, true);
  for (int count = 0; count < 5; count++)
    post(host.executor, &told);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(poll_at_most(host.executor, 2).more);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(poll_at_most(host.executor, 2).more);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  post(host.executor, &told);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  CHECK(!poll_at_most(host.executor, 0).more);
  CHECK_COUNT(3, atomic_load(&host.wakes));
  host_end(&host);
}

static void post_more(void *context, tenon_status_t status) {
  repost_t *repost = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (repost->count++ < 10)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(repost->executor, post_more, repost));
}

CASE(what_a_job_posts_needs_no_wake) {
  host_t host;
  host_begin(&host, true);
  repost_t repost = {host.executor, 0, false};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(host.executor, post_more, &repost));
  CHECK_COUNT(11, executor_poll(host.executor).jobs);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  host_end(&host);
}

CASE(a_host_is_woken_for_each_kind_of_work) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  host_begin(&host, true);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, host.executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, host.executor, tell, &told, NULL));
  executor_poll(host.executor);
  int wakes = atomic_load(&host.wakes);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_COUNT(wakes + 2, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, host.executor, tell_completion, &told, NULL));
  CHECK_COUNT(wakes + 3, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_COUNT(3, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, TENON_FOREVER, tell, &told, &timer));
  executor_poll(host.executor);
  wakes = atomic_load(&host.wakes);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK_COUNT(wakes + 1, atomic_load(&host.wakes));
  executor_poll(host.executor);
  CHECK_COUNT(4, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(no_wake_of_a_host_is_lost) {
  host_t host;
  told_t told = TOLD_INIT;
  host_begin(&host, false);
  loop_t loop = {host.executor, &told, conformance_rounds(20000)};
  pthread_t thread = thread_start(post_one_by_one, &loop);
  while ((size_t)atomic_load(&told.count) < loop.count) {
    if (!CHECK(host_wait(&host)))
      break;
    executor_poll(host.executor);
  }
  thread_join(thread);
  CHECK_COUNT(loop.count, atomic_load(&told.count));
  host_end(&host);
}

CASE(a_host_is_kept_alive_while_something_is_pending) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  host_begin(&host, true);
  executor_poll(host.executor);
  CHECK(!host.alive);
  pair_t pair = pair_create();
  CHECK(!host.alive);
  for (int round = 0; round < 3; round++) {
    tenon_registration_t *registration = NULL;
    int wakes = atomic_load(&host.wakes);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, host.executor,
                                                           tell_completion, &told, &registration));
    CHECK(host.alive || atomic_load(&host.wakes) > wakes);
    CHECK(executor_poll(host.executor).alive);
    CHECK(host.alive);
    CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
    CHECK(!host.alive || atomic_load(&host.wakes) > wakes);
    CHECK(!executor_poll(host.executor).alive);
    CHECK(!host.alive);
  }
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, TENON_FOREVER, tell, &told, &timer));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  for (int count = 0; count < 5; count++)
    post(host.executor, &told);
  executor_poll(host.executor);
  CHECK(!host.alive);
  CHECK_COUNT(0, host.alive_repeats);
  CHECK(host.alive_edges % 2 == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

typedef struct waiter {
  tenon_executor_t *executor;
  tenon_future_t *future;
  tenon_registration_t *registration;
  told_t told;
} waiter_t;

static void *register_elsewhere(void *context) {
  waiter_t *waiter = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(waiter->future, waiter->executor, tell_completion,
                                        &waiter->told, &waiter->registration));
  return NULL;
}

static void *forget_elsewhere(void *context) {
  waiter_t *waiter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(waiter->registration));
  return NULL;
}

CASE(a_host_hears_of_what_other_threads_wait_for_in_its_poll) {
  host_t host;
  waiter_t waiter;
  pair_t pair = pair_create();
  host_begin(&host, true);
  executor_poll(host.executor);
  memset(&waiter, 0, sizeof waiter);
  waiter.executor = host.executor;
  waiter.future = pair.future;
  int edges = host.alive_edges;
  on_other_thread(register_elsewhere, &waiter);
  CHECK_COUNT(edges, host.alive_edges); /* not on that thread */
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  edges = host.alive_edges;
  on_other_thread(forget_elsewhere, &waiter);
  CHECK_COUNT(edges, host.alive_edges);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  CHECK_COUNT(0, host.alive_repeats);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  host_end(&host);
}

CASE(a_host_is_told_when_the_next_timer_is_due) {
  host_t host;
  told_t told = TOLD_INIT;
  tenon_timer_t *late = NULL;
  tenon_timer_t *early = NULL;
  uint64_t deadline = tenon_timer_now_ns() + 3600ull * SECOND;
  host_begin(&host, true);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(host.executor, deadline + SECOND, tell, &told, &late));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline + SECOND && host.deadline_ns <= deadline + SECOND + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, deadline, tell, &told, &early));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline && host.deadline_ns <= deadline + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(early));
  executor_poll(host.executor);
  CHECK(host.deadline_ns >= deadline + SECOND && host.deadline_ns <= deadline + SECOND + 65536);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(late));
  executor_poll(host.executor);
  CHECK(host.deadline_ns == TENON_FOREVER);
  CHECK_COUNT(2, atomic_load(&told.count));
  host_end(&host);
}

typedef struct starter {
  tenon_executor_t *executor;
  uint64_t deadline_ns;
  told_t told;
  tenon_timer_t *timer;
} starter_t;

static void *start_elsewhere(void *context) {
  starter_t *starter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(starter->executor, starter->deadline_ns, tell,
                                                  &starter->told, &starter->timer));
  return NULL;
}

static void *cancel_elsewhere(void *context) {
  starter_t *starter = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(starter->timer));
  return NULL;
}

CASE(a_host_hears_of_timers_of_other_threads_in_its_poll) {
  host_t host;
  starter_t starter;
  host_begin(&host, true);
  executor_poll(host.executor);
  memset(&starter, 0, sizeof starter);
  starter.executor = host.executor;
  starter.deadline_ns = tenon_timer_now_ns() + 3600ull * SECOND;
  int timers_set = host.timers_set;
  int edges = host.alive_edges;
  on_other_thread(start_elsewhere, &starter);
  CHECK_COUNT(timers_set, host.timers_set);
  CHECK_COUNT(edges, host.alive_edges);
  CHECK_COUNT(1, atomic_load(&host.wakes));
  CHECK(executor_poll(host.executor).alive);
  CHECK(host.alive);
  CHECK_COUNT(timers_set + 1, host.timers_set);
  CHECK(host.deadline_ns >= starter.deadline_ns && host.deadline_ns <= starter.deadline_ns + 65536);
  on_other_thread(cancel_elsewhere, &starter);
  CHECK_COUNT(timers_set + 1, host.timers_set);
  CHECK_COUNT(2, atomic_load(&host.wakes));
  CHECK(!executor_poll(host.executor).alive);
  CHECK(!host.alive);
  CHECK(host.deadline_ns == TENON_FOREVER);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &starter.told);
  host_end(&host);
}

CASE(a_host_without_timers_reads_the_deadline_from_the_poll) {
  host_t host;
  told_t told = TOLD_INIT;
  uint64_t deadline = tenon_timer_now_ns() + 2 * MILLISECOND;
  host_begin(&host, false);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(host.executor, deadline, tell, &told, NULL));
  for (int polls = 0; polls < 10 && atomic_load(&told.count) == 0; polls++) {
    host.deadline_ns = executor_poll(host.executor).deadline_ns;
    if (atomic_load(&told.count) == 0) {
      CHECK(host.deadline_ns >= deadline && host.deadline_ns <= deadline + 65536);
      CHECK(host_wait(&host));
    }
  }
  CHECK_TOLD(TENON_STATUS_OK, &told);
  host_end(&host);
}

/* A host whose functions let another thread use the executor, which would hang under a lock. */

typedef struct reentrant {
  tenon_executor_t *executor;
  bool is_inside;
  atomic_int calls;
  told_t told;
} reentrant_t;

static void *use_from_the_host(void *context) {
  reentrant_t *reentrant = context;
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_status_t status = tenon_executor_post(reentrant->executor, tell, &reentrant->told);
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&reentrant->calls, 1);
  tenon_executor_get_statistics(reentrant->executor, &statistics);
  pair_t pair = pair_create_settled(TENON_STATUS_OK);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  return NULL;
}

static void reentrant_wake(void *context) {
  reentrant_t *reentrant = context;
  if (reentrant->is_inside) /* the thread's own post may wake again: once is enough */
    return;
  reentrant->is_inside = true;
  on_other_thread(use_from_the_host, reentrant);
  reentrant->is_inside = false;
}

static void reentrant_set_timer(void *context, uint64_t deadline_ns) {
  (void)deadline_ns;
  reentrant_wake(context);
}

static void reentrant_set_alive(void *context, bool alive) {
  (void)alive;
  reentrant_wake(context);
}

static void reentrant_closed(void *context, tenon_status_t status) {
  (void)status;
  reentrant_wake(context);
}

CASE(a_host_is_called_with_no_lock_held) {
  reentrant_t reentrant;
  told_t told = TOLD_INIT;
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  memset(&reentrant, 0, sizeof reentrant);
  functions.wake = reentrant_wake;
  functions.set_timer = reentrant_set_timer;
  functions.set_alive = reentrant_set_alive;
  functions.closed = reentrant_closed;
  config.host = &functions;
  config.host_context = &reentrant;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &reentrant.executor));
  post(reentrant.executor, &told);
  executor_poll(reentrant.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(reentrant.executor, tenon_timer_now_ns() + SECOND,
                                                  tell, &told, NULL));
  for (int polls = 0; polls < 10; polls++)
    executor_poll(reentrant.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(reentrant.executor, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(reentrant.executor));
  CHECK_COUNT(2, atomic_load(&told.count));
  CHECK(atomic_load(&reentrant.calls) > 0);
  CHECK_COUNT(atomic_load(&reentrant.calls), atomic_load(&reentrant.told.count));
}

CASE(an_adapter_gets_its_own_context_back) {
  host_t host;
  void *context;
  host_begin(&host, false);
  pattern_fill(&context, sizeof context);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_get_host_context(host.executor, no_wake, &context));
  CHECK_UNTOUCHED(context);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_get_host_context(host.executor, host_wake, &context));
  CHECK(context == &host);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(host.executor, 0));
  pattern_fill(&context, sizeof context);
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_executor_get_host_context(host.executor, host_wake, &context));
  CHECK_UNTOUCHED(context);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(host.executor));
  tenon_executor_t *executor = executor_create();
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
               tenon_executor_get_host_context(executor, host_wake, &context));
  CHECK_UNTOUCHED(context);
  executor_end(executor);
}
