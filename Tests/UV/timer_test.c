/*
 * Timers of an executor on a libuv loop: never early, and no business of the host's.
 */
#include "check.h"

typedef struct deadline {
  uint64_t deadline_ns;
  int *left;
} deadline_t;

static void check_deadline(void *context, tenon_status_t status) {
  const deadline_t *deadline = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK(tenon_timer_now_ns() >= deadline->deadline_ns);
  --*deadline->left;
}

enum { TIMERS = 500 };

TEST(timers_are_never_early) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  int left = TIMERS;
  deadline_t deadlines[TIMERS];
  uint64_t random = 88172645463325252u;
  for (int index = 0; index < TIMERS; index++) {
    random ^= random << 13;
    random ^= random >> 7;
    random ^= random << 17;
    deadlines[index] = (deadline_t){tenon_timer_now_ns() + random % (200 * NS_PER_MS), &left};
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadlines[index].deadline_ns,
                                                    check_deadline, &deadlines[index], NULL));
  }
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, left);
  detach_and_end(executor, loop);
}

typedef struct chain {
  deadline_t deadline;
  tenon_executor_t *executor;
  int left;
} chain_t;

static void restart_timer(void *context, tenon_status_t status) {
  chain_t *chain = context;
  check_deadline(&chain->deadline, status);
  if (chain->left == 0)
    return;
  chain->deadline.deadline_ns = tenon_timer_now_ns() + (uint64_t)chain->left * 7919;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(chain->executor, chain->deadline.deadline_ns,
                                                  restart_timer, chain, NULL));
}

TEST(timers_started_in_timers_are_never_early_and_all_come) {
  uv_loop_t *loop = loop_create();
  chain_t chain = {{0, &chain.left}, attach(loop), 200};
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(chain.executor, 0, restart_timer, &chain, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, chain.left);
  detach_and_end(chain.executor, loop);
}

TEST(a_timer_comes_without_anything_else_happening) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  uint64_t deadline_ns = tenon_timer_now_ns() + 30 * NS_PER_MS;
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline_ns, tell, &told, NULL));
  turns_t turns;
  turns_start(&turns, loop);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(atomic_load(&told.time_ns) >= deadline_ns);
  // It slept: one turn to learn of the timer, one to wait for it, one to see that all is done.
  CHECK(atomic_load(&turns.count) <= 4);
  turns_close(&turns);
  detach_and_end(executor, loop);
}

TEST(a_nearer_timer_comes_first_and_a_farther_one_still_comes) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t far = {0};
  told_t near = {0};
  uint64_t now_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, now_ns + 300 * NS_PER_MS, tell, &far, NULL));
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, now_ns + 10 * NS_PER_MS, tell, &near, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &near);
  CHECK_TOLD(TENON_STATUS_OK, &far);
  CHECK(atomic_load(&near.time_ns) <= atomic_load(&far.time_ns));
  detach_and_end(executor, loop);
}

TEST(a_timer_in_the_past_is_due_at_once) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 0, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 1, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns(), tell, &told, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(3, atomic_load(&told.count));
  detach_and_end(executor, loop);
}

TEST(a_far_deadline_does_not_overflow) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  tenon_timer_t *timers[4];
  const uint64_t deadlines_ns[4] = {TENON_FOREVER, TENON_FOREVER - 1, INT64_MAX,
                                    tenon_timer_now_ns() + 365 * 86400 * NS_PER_S};
  for (int index = 0; index < 4; index++)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(executor, deadlines_ns[index], tell, &told, &timers[index]));
  host_timer_t timer;
  host_timer_start(&timer, loop, 20, 20);
  while (timer.count == 0)
    uv_run(loop, UV_RUN_ONCE);
  CHECK_NOT_TOLD(&told);
  host_timer_close(&timer);
  for (int index = 0; index < 4; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timers[index]));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(4, atomic_load(&told.count));
  detach_and_end(executor, loop);
}

typedef struct elsewhere {
  tenon_executor_t *executor;
  hold_t hold;
} elsewhere_t;

static void end_hold(void *context, tenon_status_t status) {
  elsewhere_t *elsewhere = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  hold_end(&elsewhere->hold);
}

static void *start_timer_elsewhere(void *context) {
  elsewhere_t *elsewhere = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(elsewhere->executor, tenon_timer_now_ns() + 5 * NS_PER_MS,
                                 end_hold, elsewhere, NULL));
  return NULL;
}

TEST(a_timer_started_on_another_thread_comes) {
  uv_loop_t *loop = loop_create();
  elsewhere_t elsewhere = {.executor = attach(loop)};
  hold_begin(&elsewhere.hold, elsewhere.executor);
  pthread_t thread = thread_start(start_timer_elsewhere, &elsewhere);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  thread_join(thread);
  CHECK_TOLD(TENON_STATUS_OK, &elsewhere.hold.told);
  detach_and_end(elsewhere.executor, loop);
}

typedef struct in_poll {
  elsewhere_t elsewhere;
  atomic_bool is_inside;
  atomic_bool may_start;
} in_poll_t;

/** In a poll of another thread: whoever polls need not be woken for what it starts. */
static void start_timer_in_poll(void *context, tenon_status_t status) {
  in_poll_t *in_poll = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&in_poll->is_inside, true);
  SPIN_UNTIL(atomic_load(&in_poll->may_start));
  start_timer_elsewhere(&in_poll->elsewhere);
}

static void *poll_elsewhere(void *context) {
  const in_poll_t *in_poll = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(in_poll->elsewhere.executor, NULL, NULL));
  return NULL;
}

TEST(a_timer_that_is_started_in_another_threads_poll_comes) {
  uv_loop_t *loop = loop_create();
  in_poll_t in_poll = {.elsewhere.executor = attach(loop)};
  tenon_executor_t *executor = in_poll.elsewhere.executor;
  hold_begin(&in_poll.elsewhere.hold, executor);
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, start_timer_in_poll, &in_poll));
  pthread_t thread = thread_start(poll_elsewhere, &in_poll);
  SPIN_UNTIL(atomic_load(&in_poll.is_inside));
  uv_run(loop, UV_RUN_NOWAIT); // The post's wake is gone.
  atomic_store(&in_poll.may_start, true);
  thread_join(thread);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &in_poll.elsewhere.hold.told);
  detach_and_end(executor, loop);
}

/** libuv's timers are of whole milliseconds: one that came too soon would be asked for again, and again. */
TEST(a_timer_costs_one_turn) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  for (int round = 0; round < 10; round++) {
    told_t told = {0};
    uint64_t deadline_ns = (tenon_timer_now_ns() / NS_PER_MS + 4) * NS_PER_MS - 1;
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline_ns, tell, &told, NULL));
    uv_run(loop, UV_RUN_NOWAIT);
    uint64_t before = statistics(executor).polls;
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    CHECK(statistics(executor).polls - before <= 2);
  }
  detach_and_end(executor, loop);
}

/** A host that has kept its loop waiting: libuv's clock shows a time long past. */
TEST(timers_are_right_on_a_loop_whose_clock_is_old) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  uint64_t busy_until_ns = tenon_timer_now_ns() + 50 * NS_PER_MS;
  while (tenon_timer_now_ns() < busy_until_ns)
    continue;
  uint64_t deadline_ns = tenon_timer_now_ns() + 20 * NS_PER_MS;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline_ns, tell, &told, NULL));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(atomic_load(&told.time_ns) >= deadline_ns);
  detach_and_end(executor, loop);
}
