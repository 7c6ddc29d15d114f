/*
 * Liveness: what is pending keeps a loop alive, and nothing else does.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // RUSAGE_THREAD
#endif

#include "check.h"

#include <sys/resource.h>

// Host hazard 23: uv_run() must return, and uv_loop_alive() be right, while nothing is pending.
TEST(an_idle_executor_does_not_keep_the_loop_alive) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  CHECK_COUNT(0, uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_ONCE));
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  CHECK(uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_COUNT(0, uv_loop_alive(loop));
  detach_and_end(executor, loop);
}

TEST(an_idle_executor_lets_the_hosts_own_handles_decide) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  host_timer_t timer;
  host_timer_start(&timer, loop, 5, 0);
  CHECK(uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(1, timer.count);
  host_timer_close(&timer);
  detach_and_end(executor, loop);
}

typedef struct waiting {
  hold_t *hold;
  turns_t *turns;
} waiting_t;

static void *end_hold_when_the_loop_waits(void *context) {
  waiting_t *waiting = context;
  SPIN_UNTIL(atomic_load(&waiting->turns->count) != 0);
  hold_end(waiting->hold);
  return NULL;
}

TEST(a_pending_callback_keeps_the_loop_alive_until_it_is_told) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  turns_t turns;
  turns_start(&turns, loop);
  for (size_t round = 0; round < rounds(200); round++) {
    hold_t hold;
    hold_begin(&hold, executor);
    CHECK(uv_loop_alive(loop));
    atomic_store(&turns.count, 0);
    waiting_t waiting = {&hold, &turns};
    pthread_t thread = thread_start(end_hold_when_the_loop_waits, &waiting);
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &hold.told);
    CHECK_COUNT(0, uv_loop_alive(loop));
    thread_join(thread);
  }
  turns_close(&turns);
  detach_and_end(executor, loop);
}

TEST(a_forgotten_callback_keeps_nothing_alive) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_registration_t *registration = NULL;
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(future, executor, tell_completion, &told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(registration));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &told);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, uv_loop_alive(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  detach_and_end(executor, loop);
}

TEST(a_pending_timer_keeps_the_loop_alive_until_it_is_told) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 10 * NS_PER_MS,
                                                  tell, &told, NULL));
  CHECK(uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK_COUNT(0, uv_loop_alive(loop));
  detach_and_end(executor, loop);
}

TEST(a_cancelled_timer_keeps_nothing_alive) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  tenon_timer_t *timer = NULL;
  uint64_t begin_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, begin_ns + 3600 * NS_PER_S, tell, &told, &timer));
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_alive(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_COUNT(0, uv_loop_alive(loop));
  CHECK(tenon_timer_now_ns() - begin_ns < 600 * NS_PER_S);
  detach_and_end(executor, loop);
}

static void *post_elsewhere(void *context) {
  told_t **pair = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_post((tenon_executor_t *)(void *)pair[0], tell, pair[1]));
  return NULL;
}

TEST(the_loops_own_post_keeps_it_alive_also_after_a_post_from_elsewhere) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t elsewhere = {0};
  told_t own = {0};
  told_t *pair[2] = {(told_t *)(void *)executor, &elsewhere};
  on_other_thread(post_elsewhere, pair);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &own));
  CHECK(uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &elsewhere);
  CHECK_TOLD(TENON_STATUS_OK, &own);
  detach_and_end(executor, loop);
}

TEST(the_loops_own_timer_keeps_it_alive_also_after_a_post_from_elsewhere) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t elsewhere = {0};
  told_t timer = {0};
  told_t *pair[2] = {(told_t *)(void *)executor, &elsewhere};
  on_other_thread(post_elsewhere, pair);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 5 * NS_PER_MS,
                                                  tell, &timer, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &elsewhere);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  detach_and_end(executor, loop);
}

TEST(a_post_from_another_thread_keeps_no_idle_loop_alive) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t elsewhere = {0};
  told_t *pair[2] = {(told_t *)(void *)executor, &elsewhere};
  on_other_thread(post_elsewhere, pair);
  CHECK_COUNT(0, uv_loop_alive(loop));
  detach_and_end(executor, loop);
  CHECK_TOLD(TENON_STATUS_OK, &elsewhere); // At the latest in the detach.
}

TEST(a_loop_that_is_not_alive_never_polls) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t elsewhere = {0};
  told_t *pair[2] = {(told_t *)(void *)executor, &elsewhere};
  on_other_thread(post_elsewhere, pair);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_NOWAIT));
  CHECK_NOT_TOLD(&elsewhere);
  CHECK_COUNT(0, statistics(executor).polls);
  // As soon as anything keeps it alive, the job comes.
  hold_t hold;
  hold_begin(&hold, executor);
  uv_run(loop, UV_RUN_ONCE);
  CHECK_TOLD(TENON_STATUS_OK, &elsewhere);
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  detach_and_end(executor, loop);
}

TEST(liveness_comes_and_goes_any_number_of_times) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  for (size_t round = 0; round < rounds(10000); round++) {
    hold_t first;
    hold_t second;
    hold_begin(&first, executor);
    hold_begin(&second, executor);
    hold_end(&first);
    uv_run(loop, UV_RUN_NOWAIT);
    CHECK_TOLD(TENON_STATUS_OK, &first.told);
    CHECK(uv_loop_alive(loop));
    hold_end(&second);
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &second.told);
    if (!CHECK_COUNT(0, uv_loop_alive(loop)))
      break;
  }
  detach_and_end(executor, loop);
}

enum { MANY = 100000, IDLE_MS = 100 };

typedef struct many {
  turns_t turns;
  hold_t *holds;
  host_timer_t timer;
} many_t;

static void *end_many_holds(void *context) {
  many_t *many = context;
  SPIN_UNTIL(atomic_load(&many->turns.count) != 0);
  for (int index = 0; index < MANY; index++)
    hold_end(&many->holds[index]);
  return NULL;
}

static long long microseconds(const struct rusage *usage) {
  return (usage->ru_utime.tv_sec + usage->ru_stime.tv_sec) * 1000000ll + usage->ru_utime.tv_usec +
         usage->ru_stime.tv_usec;
}

TEST(a_hundred_thousand_pending_futures_let_the_loop_sleep) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  many_t many;
  many.holds = calloc(MANY, sizeof *many.holds);
  for (int index = 0; index < MANY; index++)
    hold_begin(&many.holds[index], executor);
  turns_start(&many.turns, loop);
  uv_run(loop, UV_RUN_NOWAIT);
  // One turn until the host's own timer: nothing of ours has made the loop come round.
  atomic_store(&many.turns.count, 0);
  host_timer_start(&many.timer, loop, IDLE_MS, IDLE_MS);
  tenon_executor_statistics_t before = statistics(executor);
  struct rusage usage_before;
  struct rusage usage_after;
  getrusage(RUSAGE_THREAD, &usage_before);
  CHECK(uv_run(loop, UV_RUN_ONCE));
  getrusage(RUSAGE_THREAD, &usage_after);
  tenon_executor_statistics_t after = statistics(executor);
  CHECK(many.timer.count > 0);
  CHECK_COUNT(1, atomic_load(&many.turns.count));
  CHECK_COUNT(before.polls, after.polls);
  CHECK_COUNT(before.wakes, after.wakes);
  CHECK_COUNT(MANY, after.pending);
  // A loop that does not sleep uses all of the time that it waits; this one, next to none of it.
  CHECK(microseconds(&usage_after) - microseconds(&usage_before) < IDLE_MS * 1000 / 2);
  host_timer_close(&many.timer);
  uv_run(loop, UV_RUN_NOWAIT);
  atomic_store(&many.turns.count, 0);
  pthread_t thread = thread_start(end_many_holds, &many);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  thread_join(thread);
  for (int index = 0; index < MANY; index++)
    if (!CHECK_TOLD(TENON_STATUS_OK, &many.holds[index].told))
      break;
  free(many.holds);
  turns_close(&many.turns);
  detach_and_end(executor, loop);
}

static void *set_referenced_elsewhere(void *executor) {
  CHECK_STATUS(TENON_STATUS_WRONG_THREAD, tenon_uv_set_referenced(executor, false));
  return NULL;
}

TEST(an_unreferenced_executor_keeps_nothing_alive_but_its_detach) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  for (int round = 0; round < 3; round++) {
    CHECK(uv_loop_alive(loop));
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, false));
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, false));
    CHECK_COUNT(0, uv_loop_alive(loop));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, true));
  }
  CHECK_COUNT(0, pthread_join(thread_start(set_referenced_elsewhere, executor), NULL));
  CHECK(uv_loop_alive(loop));
  hold_end(&hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  // Its end is owed to somebody.
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, false));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
  CHECK(uv_loop_alive(loop));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_set_referenced(executor, true));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

TEST(a_detach_of_many_turns_keeps_the_loop_alive_for_all_of_them) {
  uv_loop_t *loop = loop_create();
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  config.jobs_max = 1;
  tenon_executor_t *executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, &config, &executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, false));
  told_t told = {0};
  for (int count = 0; count < 20; count++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, TENON_FOREVER, tell, &detached));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(20, atomic_load(&told.count));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

typedef struct begun {
  tenon_executor_t *executor;
  hold_t hold;
  atomic_bool is_inside;
  atomic_bool may_begin;
} begun_t;

/** In a poll of another thread: whoever polls need not be woken for what it begins. */
static void begin_hold(void *context, tenon_status_t status) {
  begun_t *begun = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&begun->is_inside, true);
  SPIN_UNTIL(atomic_load(&begun->may_begin));
  hold_begin(&begun->hold, begun->executor);
}

static void *post_and_poll(void *context) {
  begun_t *begun = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(begun->executor, begin_hold, begun));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(begun->executor, NULL, NULL));
  return NULL;
}

TEST(a_loop_lives_for_what_another_threads_poll_has_begun) {
  uv_loop_t *loop = loop_create();
  begun_t begun = {.executor = attach(loop)};
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(begun.executor, tell, &told));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT)); // It knows that there is no timer.
  host_timer_t timer;                           // The loop turns for it.
  host_timer_start(&timer, loop, UINT32_MAX, 0);
  pthread_t thread = thread_start(post_and_poll, &begun);
  SPIN_UNTIL(atomic_load(&begun.is_inside));
  uv_run(loop, UV_RUN_NOWAIT); // The post's wake is gone.
  atomic_store(&begun.may_begin, true);
  thread_join(thread);
  uv_run(loop, UV_RUN_NOWAIT);
  host_timer_close(&timer);
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK(uv_loop_alive(loop));
  hold_end(&begun.hold);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &begun.hold.told);
  detach_and_end(begun.executor, loop);
}
