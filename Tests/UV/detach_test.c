/*
 * Detaching: in any order with everything else, with work pending, with work arriving.
 */
#include "check.h"

TEST(detach_works_before_the_loop_ever_ran) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  CHECK_NOT_TOLD(&detached);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

// Host hazard 28: close callbacks come in a later phase, and before the loop ends.
TEST(detach_is_told_in_uv_run_and_keeps_the_loop_alive_until_then) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  CHECK_COUNT(0, uv_loop_alive(loop));
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, TENON_FOREVER, tell, &detached));
  CHECK_NOT_TOLD(&detached);
  CHECK(uv_loop_alive(loop));
  while (!is_told(&detached) && CHECK(uv_loop_alive(loop)))
    uv_run(loop, UV_RUN_ONCE);
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK(pthread_equal(detached.thread, pthread_self()));
  CHECK_COUNT(0, uv_loop_alive(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

// Host hazard 21: the loop must run once more before it can be closed.
TEST(uv_loop_close_is_busy_until_the_detach_is_complete) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  CHECK_COUNT(UV_EBUSY, uv_loop_close(loop));
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
  CHECK_COUNT(UV_EBUSY, uv_loop_close(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

TEST(release_comes_before_or_after_or_during_the_detach) {
  for (int order = 0; order < 3; order++) {
    uv_loop_t *loop = loop_create();
    tenon_executor_t *executor = attach(loop);
    told_t detached = {0};
    told_t told = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    if (order == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
    if (order == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    if (order == 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_post(executor, tell_never, NULL));
    loop_end(loop);
  }
}

TEST(a_second_detach_is_closed) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_detach(NULL, 0, tell_never, NULL));
  loop_end(loop);
}

TEST(detach_needs_nobody_to_be_told) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, NULL, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

static void *detach_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_WRONG_THREAD, tenon_uv_detach(context, 0, tell_never, NULL));
  return NULL;
}

TEST(detach_on_another_thread_is_refused_and_changes_nothing) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  on_other_thread(detach_elsewhere, executor);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  detach_and_end(executor, loop);
}

typedef struct inside {
  tenon_executor_t *executor;
  told_t detached;
  told_t before;
  told_t after;
} inside_t;

static void detach_in_job(void *context, tenon_status_t status) {
  inside_t *inside = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(inside->executor, 0, tell, &inside->detached));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(inside->executor, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(inside->executor, 0, tell_never, NULL));
  CHECK_NOT_TOLD(&inside->detached);
}

TEST(detach_works_inside_a_job) {
  uv_loop_t *loop = loop_create();
  inside_t inside = {0};
  inside.executor = attach(loop);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inside.executor, tell, &inside.before));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inside.executor, detach_in_job, &inside));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inside.executor, tell, &inside.after));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &inside.detached);
  CHECK_TOLD(TENON_STATUS_OK, &inside.before);
  CHECK_COUNT(1, atomic_load(&inside.after.count));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(inside.executor));
  loop_end(loop);
}

static void detach_in_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  inside_t *inside = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK(future != NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(inside->executor, 0, tell, &inside->detached));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(inside->executor));
}

TEST(detach_and_release_work_inside_a_futures_callback) {
  uv_loop_t *loop = loop_create();
  inside_t inside = {0};
  inside.executor = attach(loop);
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(future, inside.executor,
                                                         detach_in_completion, &inside, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &inside.detached);
  loop_end(loop);
}

static void detach_in_uv_callback(uv_timer_t *timer) {
  inside_t *inside = timer->data;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(inside->executor, 0, tell, &inside->detached));
  uv_close((uv_handle_t *)timer, NULL);
}

TEST(detach_works_inside_a_callback_of_the_host) {
  uv_loop_t *loop = loop_create();
  inside_t inside = {0};
  inside.executor = attach(loop);
  uv_timer_t timer;
  uv_timer_init(loop, &timer);
  timer.data = &inside;
  uv_timer_start(&timer, detach_in_uv_callback, 1, 0);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &inside.detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(inside.executor));
  loop_end(loop);
}

typedef struct again {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  tenon_executor_t *next;
  told_t told;
} again_t;

static void attach_when_detached(void *context, tenon_status_t status) {
  again_t *again = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(again->executor));
  again->next = attach(again->loop);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(again->next, tell, &again->told));
}

TEST(who_is_told_of_a_detach_may_attach_again) {
  uv_loop_t *loop = loop_create();
  again_t again = {loop, attach(loop), NULL, {0}};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(again.executor, 0, attach_when_detached, &again));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &again.told);
  detach_and_end(again.next, loop);
}

typedef struct order {
  atomic_int left;
  atomic_int statuses_ok;
  atomic_int statuses_closed;
  atomic_bool detached;
} order_t;

static void count_ending(void *context, tenon_status_t status) {
  order_t *order = context;
  CHECK(!atomic_load(&order->detached));
  atomic_fetch_sub(&order->left, 1);
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&order->statuses_ok, 1);
  else if (CHECK_STATUS(TENON_STATUS_CLOSED, status))
    atomic_fetch_add(&order->statuses_closed, 1);
}

static void count_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  if (status == TENON_STATUS_CLOSED)
    CHECK(future == NULL);
  count_ending(context, status);
}

static void end_order(void *context, tenon_status_t status) {
  order_t *order = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_COUNT(0, atomic_load(&order->left));
  atomic_store(&order->detached, true);
}

// Host hazard 27: the loop goes down with work queued.
TEST(everything_pending_is_told_before_the_detach_is) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  enum { EACH = 100 };
  order_t order = {0};
  atomic_store(&order.left, 3 * EACH);
  tenon_promise_t *promises[EACH];
  tenon_future_t *futures[EACH];
  for (int index = 0; index < EACH; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promises[index], &futures[index]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(futures[index], executor,
                                                           count_completion, &order, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(executor, tenon_timer_now_ns() + 3600 * NS_PER_S, count_ending,
                                   &order, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, count_ending, &order));
  }
  uint64_t begin_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, end_order, &order));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK(atomic_load(&order.detached));
  CHECK(tenon_timer_now_ns() - begin_ns < 60 * NS_PER_S);
  CHECK_COUNT(2 * EACH, atomic_load(&order.statuses_closed));
  CHECK_COUNT(EACH, atomic_load(&order.statuses_ok));
  for (int index = 0; index < EACH; index++) {
    // What they waited for may still come: it finds nobody.
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promises[index], NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(futures[index]));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

typedef struct request {
  uv_work_t work;
  tenon_promise_t *promise;
  tenon_future_t *future;
  told_t cancel;
  int result; /**< what libuv said, or 1 */
} request_t;

static atomic_bool may_end;

static void occupy(uv_work_t *work) {
  (void)work;
  SPIN_UNTIL(atomic_load(&may_end));
}

static void run_never(uv_work_t *work) {
  (void)work;
  CHECK(false && "this work was cancelled");
}

static void end_request(uv_work_t *work, int status) {
  request_t *request = work->data;
  request->result = status;
  if (!request->promise)
    return;
  CHECK_COUNT(UV_ECANCELED, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(request->promise));
}

static void cancel_request(void *context, tenon_status_t status) {
  request_t *request = context;
  tell(&request->cancel, status);
  if (status == TENON_STATUS_CANCELLED)
    CHECK_COUNT(0, uv_cancel((uv_req_t *)&request->work));
}

// Host hazard 27: the loop goes down with work queued. Requests of libuv's that the detach cancels
// end as UV_ECANCELED, and are owed their callback.
TEST(requests_that_a_detach_cancels_are_still_owed_their_callback) {
  enum { REQUESTS = 10 };
  CHECK_COUNT(0, setenv("UV_THREADPOOL_SIZE", "1", 1));
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = executor;
  request_t first = {.result = 1};
  request_t requests[REQUESTS];
  memset(requests, 0, sizeof requests);
  first.work.data = &first;
  CHECK_COUNT(0, uv_queue_work(loop, &first.work, occupy, end_request));
  for (int index = 0; index < REQUESTS; index++) {
    request_t *request = &requests[index];
    request->result = 1;
    request->work.data = request;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_create(&config, &request->promise, &request->future));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(request->promise, NULL, cancel_request, request, NULL));
    CHECK_COUNT(0, uv_queue_work(loop, &request->work, run_never, end_request));
  }
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  atomic_store(&may_end, true);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_COUNT(0, first.result);
  for (int index = 0; index < REQUESTS; index++) {
    CHECK_COUNT(UV_ECANCELED, requests[index].result);
    CHECK_TOLD(TENON_STATUS_CANCELLED, &requests[index].cancel);
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(requests[index].future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(requests[index].future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

TEST(an_executor_that_is_closed_directly_leaves_its_loop) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, NS_PER_S));
  CHECK_COUNT(1, atomic_load(&told.count));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, loop_handles(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_retain(executor));
  loop_end(loop);
}

static void close_in_job(void *context, tenon_status_t status) {
  inside_t *inside = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_executor_close(inside->executor, 0));
}

TEST(an_executor_that_is_closed_inside_a_job_leaves_its_loop) {
  uv_loop_t *loop = loop_create();
  inside_t inside = {0};
  inside.executor = attach(loop);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(inside.executor, close_in_job, &inside));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, loop_handles(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(inside.executor));
  loop_end(loop);
}

static void *begin_close_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(context, 0));
  return NULL;
}

TEST(a_close_begun_on_another_thread_takes_it_off_the_loop) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  pthread_t thread = thread_start(begin_close_elsewhere, executor);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  thread_join(thread);
  CHECK_TOLD(TENON_STATUS_CLOSED, &hold.told);
  hold_end(&hold);
  CHECK_COUNT(0, loop_handles(loop));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

static void *close_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(context, NS_PER_S));
  return NULL;
}

TEST(a_close_that_ends_on_another_thread_takes_it_off_the_loop) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  uv_run(loop, UV_RUN_NOWAIT);
  on_other_thread(close_elsewhere, executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &hold.told);
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_NOWAIT));
  CHECK_COUNT(0, loop_handles(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

typedef struct row {
  hold_t pairs[10];
  int told;
  int closed;
} row_t;

/** Each future's callback settles the next one. */
static void settle_next(void *context, tenon_status_t status, tenon_future_t *future) {
  row_t *row = context;
  (void)future;
  row->told++;
  if (status == TENON_STATUS_CLOSED)
    row->closed++;
  else if (row->told < 10)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(row->pairs[row->told].promise, NULL));
}

TEST(a_detach_that_is_cut_short_says_so) {
  uv_loop_t *loop = loop_create();
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  config.jobs_max = 1;
  tenon_executor_t *executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, &config, &executor));
  row_t row = {0};
  for (int index = 0; index < 10; index++) {
    hold_t *pair = &row.pairs[index];
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &pair->promise, &pair->future));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair->future, executor, settle_next, &row, NULL));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(row.pairs[0].promise, NULL));
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_TIMEOUT, &detached);
  CHECK_COUNT(10, row.told);
  CHECK(row.closed > 0 && row.closed < 10);
  for (int index = 0; index < 10; index++) {
    tenon_promise_release(row.pairs[index].promise); // Stale if it was settled.
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(row.pairs[index].future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

/* MARK: Races */

#define SENDERS 2

typedef struct arena {
  _Atomic(tenon_executor_t *) executor;
  atomic_bool stop;
  atomic_ullong accepted;
  atomic_ullong refused;
  atomic_ullong told;
  void (*send)(struct arena *arena, tenon_executor_t *executor);
} arena_t;

static void count_job(void *context, tenon_status_t status) {
  arena_t *arena = context;
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  atomic_fetch_add(&arena->told, 1);
}

static void count_sent(arena_t *arena, tenon_status_t status) {
  if (status == TENON_STATUS_OK)
    atomic_fetch_add(&arena->accepted, 1);
  else if (CHECK(status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE))
    atomic_fetch_add(&arena->refused, 1);
}

static void *send_until_stopped(void *context) {
  arena_t *arena = context;
  tenon_executor_t *executor = NULL;
  int sent = 0;
  while (!atomic_load(&arena->stop)) {
    tenon_executor_t *current = atomic_load(&arena->executor);
    if (current != executor) {
      executor = current;
      sent = 0;
    }
    arena->send(arena, executor);
    // Who has sent that much has met the detach, or leaves the processor to who is to detach.
    if (++sent > 1000)
      sched_yield();
  }
  return NULL;
}

/** Thousands of loops, each with an executor that is detached while others use it. */
static void race_detach(void (*send)(arena_t *arena, tenon_executor_t *executor), size_t count) {
  arena_t arena = {0};
  arena.send = send;
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  atomic_store(&arena.executor, executor);
  pthread_t threads[SENDERS];
  for (int index = 0; index < SENDERS; index++)
    threads[index] = thread_start(send_until_stopped, &arena);
  for (size_t round = 0; round < count; round++) {
    unsigned long long seen = atomic_load(&arena.accepted);
    SPIN_UNTIL(atomic_load(&arena.accepted) != seen);
    if (round % 3 == 0)
      uv_run(loop, UV_RUN_NOWAIT);
    told_t detached = {0};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_uv_detach(executor, round % 2 ? NS_PER_S : 0, tell, &detached));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    // What comes in between the last look and the end of a close without time is cut short.
    CHECK_COUNT(1, atomic_load(&detached.count));
    CHECK(atomic_load(&detached.status) == TENON_STATUS_OK ||
          (round % 2 == 0 && atomic_load(&detached.status) == TENON_STATUS_TIMEOUT));
    loop_end(loop);
    // What they do from now on finds no loop.
    unsigned long long refused = atomic_load(&arena.refused);
    SPIN_UNTIL(atomic_load(&arena.refused) != refused);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    loop = loop_create();
    executor = attach(loop);
    atomic_store(&arena.executor, executor);
  }
  atomic_store(&arena.stop, true);
  for (int index = 0; index < SENDERS; index++)
    thread_join(threads[index]);
  detach_and_end(executor, loop);
  CHECK_COUNT(atomic_load(&arena.accepted), atomic_load(&arena.told));
}

static void send_job(arena_t *arena, tenon_executor_t *executor) {
  count_sent(arena, tenon_executor_post(executor, count_job, arena));
}

TEST(jobs_sent_against_a_detach_are_each_told_once) { race_detach(send_job, rounds(10000)); }

static void count_completed(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  count_job(context, status);
}

static void send_future(arena_t *arena, tenon_executor_t *executor) {
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  count_sent(arena, tenon_future_on_complete(future, executor, count_completed, arena, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

TEST(futures_settled_against_a_detach_are_each_told_once) {
  race_detach(send_future, rounds(10000));
}

static void count_timer(void *context, tenon_status_t status) {
  arena_t *arena = context;
  CHECK(status == TENON_STATUS_CANCELLED || status == TENON_STATUS_CLOSED);
  atomic_fetch_add(&arena->told, 1);
}

static void send_cancelled_timer(arena_t *arena, tenon_executor_t *executor) {
  tenon_timer_t *timer = NULL;
  tenon_status_t status = tenon_timer_start(executor, TENON_FOREVER, count_timer, arena, &timer);
  if (status == TENON_STATUS_OK) {
    tenon_status_t cancelled = tenon_timer_cancel(timer);
    CHECK(cancelled == TENON_STATUS_OK || cancelled == TENON_STATUS_STALE ||
          cancelled == TENON_STATUS_SETTLED);
  }
  count_sent(arena, status);
}

TEST(timers_cancelled_against_a_detach_are_each_told_once) {
  race_detach(send_cancelled_timer, rounds(10000));
}

/** Asks, with what may be gone the next moment. */
static void send_questions(arena_t *arena, tenon_executor_t *executor) {
  uv_loop_t *loop = NULL;
  tenon_status_t status = tenon_uv_get_loop(executor, &loop);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE);
  status = tenon_uv_detach(executor, 0, tell_never, NULL);
  CHECK(status == TENON_STATUS_WRONG_THREAD || status == TENON_STATUS_CLOSED ||
        status == TENON_STATUS_STALE);
  send_job(arena, executor);
}

TEST(get_loop_and_detach_on_other_threads_are_harmless_at_any_time) {
  race_detach(send_questions, rounds(5000));
}
