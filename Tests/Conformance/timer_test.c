/*
 * What <tenon/timer.h> promises.
 */
#include "check.h"

#define MILLISECOND 1000000u
#define SECOND 1000000000u

/** How late a timer may be: 65 microseconds, by the power of two next to it. */
#define LATE_NS_MAX 65536u

CASE(now_is_the_monotonic_clock) {
  for (int count = 0; count < 1000; count++) {
    uint64_t before = conformance_now_ns();
    uint64_t now = tenon_timer_now_ns();
    uint64_t after = conformance_now_ns();
    CHECK(before <= now && now <= after);
  }
}

typedef struct alarm {
  told_t told;
  uint64_t deadline_ns;
  uint64_t told_ns;
  tenon_executor_t *executor;
  tenon_timer_t *timer;
} alarm_t;

static void ring(void *context, tenon_status_t status) {
  alarm_t *alarm = context;
  alarm->told_ns = tenon_timer_now_ns();
  told_now(&alarm->told, status);
}

static void alarm_start(alarm_t *alarm, tenon_executor_t *executor, uint64_t deadline_ns) {
  memset(alarm, 0, sizeof *alarm);
  alarm->deadline_ns = deadline_ns;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, deadline_ns, ring, alarm, &alarm->timer));
}

CASE(a_timer_tells_at_its_time_and_never_early) {
  tenon_executor_t *executor = executor_create();
  for (uint64_t after = 0; after < 3 * MILLISECOND; after += 177777) {
    static alarm_t alarm;
    alarm_start(&alarm, executor, tenon_timer_now_ns() + after);
    CHECK_NOT_TOLD(&alarm.told);
    SPIN_UNTIL(executor_poll(executor).jobs > 0 && atomic_load(&alarm.told.count) > 0);
    CHECK_TOLD(TENON_STATUS_OK, &alarm.told);
    CHECK(alarm.told_ns >= alarm.deadline_ns);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(alarm.timer));
  }
  executor_end(executor);
}

CASE(a_timer_is_late_by_65_microseconds_at_the_most) {
  tenon_executor_t *executor = executor_create();
  for (uint64_t after = 0; after < 2 * MILLISECOND; after += 54321) {
    static alarm_t alarm;
    alarm_start(&alarm, executor, tenon_timer_now_ns() + after);
    while (tenon_timer_now_ns() < alarm.deadline_ns + LATE_NS_MAX)
      sched_yield();
    executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_OK, &alarm.told);
  }
  executor_end(executor);
}

CASE(a_timer_in_the_past_is_due_at_once) {
  tenon_executor_t *executor = executor_create();
  uint64_t now = tenon_timer_now_ns();
  const uint64_t deadlines[] = {0, 1, now / 2, now - SECOND, now - 1};
  for (size_t index = 0; index < sizeof deadlines / sizeof *deadlines; index++) {
    static alarm_t alarm;
    alarm_start(&alarm, executor, deadlines[index]);
    CHECK_NOT_TOLD(&alarm.told);
    CHECK_COUNT(1, executor_poll(executor).jobs);
    CHECK_TOLD(TENON_STATUS_OK, &alarm.told);
  }
  executor_end(executor);
}

CASE(a_timer_of_the_far_future_waits_to_be_cancelled) {
  static const uint64_t deadlines[] = {TENON_FOREVER, TENON_FOREVER - 1, (uint64_t)INT64_MAX,
                                       (uint64_t)INT64_MAX + 1, (uint64_t)1 << 62};
  enum { COUNT = sizeof deadlines / sizeof *deadlines };
  tenon_executor_t *executor = executor_create();
  static alarm_t alarms[COUNT];
  for (size_t index = 0; index < COUNT; index++)
    alarm_start(&alarms[index], executor, deadlines[index]);
  for (int count = 0; count < 10; count++) {
    tenon_poll_result_t result = executor_poll(executor);
    CHECK_COUNT(0, result.jobs);
    CHECK(result.alive);
    CHECK(!result.more);
  }
  for (size_t index = 0; index < COUNT; index++) {
    CHECK_NOT_TOLD(&alarms[index].told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarms[index].timer));
  }
  tenon_poll_result_t result = executor_poll(executor);
  CHECK_COUNT(COUNT, result.jobs);
  CHECK(!result.alive);
  for (size_t index = 0; index < COUNT; index++)
    CHECK_TOLD(TENON_STATUS_CANCELLED, &alarms[index].told);
  executor_end(executor);
}

CASE(a_poll_tells_when_the_next_timer_is_due) {
  static const uint64_t afters[] = {10 * SECOND, 60ull * SECOND, 3600ull * SECOND,
                                    86400ull * SECOND, 31536000ull * SECOND};
  tenon_executor_t *executor = executor_create();
  CHECK(executor_poll(executor).deadline_ns == TENON_FOREVER);
  for (size_t index = 0; index < sizeof afters / sizeof *afters; index++) {
    static alarm_t late;
    static alarm_t alarm;
    uint64_t deadline = tenon_timer_now_ns() + afters[index];
    alarm_start(&late, executor, deadline + afters[index]);
    alarm_start(&alarm, executor, deadline);
    tenon_poll_result_t result = executor_poll(executor);
    CHECK(result.deadline_ns >= deadline);
    CHECK(result.deadline_ns <= deadline + LATE_NS_MAX);
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarm.timer));
    result = executor_poll(executor);
    CHECK(result.deadline_ns >= late.deadline_ns);
    CHECK(result.deadline_ns <= late.deadline_ns + LATE_NS_MAX);
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(late.timer));
    CHECK(executor_poll(executor).deadline_ns == TENON_FOREVER);
    CHECK_TOLD(TENON_STATUS_CANCELLED, &alarm.told);
    CHECK_TOLD(TENON_STATUS_CANCELLED, &late.told);
  }
  executor_end(executor);
}

CASE(a_timer_that_waits_forever_sets_no_deadline) {
  tenon_executor_t *executor = executor_create();
  static alarm_t alarm;
  alarm_start(&alarm, executor, TENON_FOREVER);
  tenon_poll_result_t result = executor_poll(executor);
  CHECK(result.deadline_ns == TENON_FOREVER);
  CHECK(result.alive);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &alarm.told);
}

CASE(the_next_deadline_is_not_that_of_a_timer_that_was_cancelled) {
  tenon_executor_t *executor = executor_create();
  static alarm_t alarms[3];
  /* Some thousand seconds from now, and next to each other whenever that is. */
  uint64_t begin_ns = ((tenon_timer_now_ns() >> 40) + 4) << 40;
  for (uint64_t index = 0; index < 3; index++)
    alarm_start(&alarms[index], executor, begin_ns + (100 + 100 * index) * SECOND);
  CHECK(executor_poll(executor).deadline_ns < begin_ns + 200ull * SECOND);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarms[0].timer));
  CHECK(executor_poll(executor).deadline_ns >= begin_ns + 200ull * SECOND);
  executor_end(executor);
}

CASE(a_cancelled_timer_is_told_so_once_in_a_poll_soon) {
  tenon_executor_t *executor = executor_create();
  const uint64_t deadlines[] = {0, tenon_timer_now_ns() + SECOND,
                                tenon_timer_now_ns() + 86400ull * SECOND, TENON_FOREVER};
  for (size_t index = 0; index < sizeof deadlines / sizeof *deadlines; index++) {
    for (int was_polled = 0; was_polled < 2; was_polled++) {
      static alarm_t alarm;
      if (was_polled && deadlines[index] == 0)
        continue;
      alarm_start(&alarm, executor, deadlines[index]);
      if (was_polled)
        executor_poll(executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarm.timer));
      CHECK_NOT_TOLD(&alarm.told);
      tenon_timer_cancel(alarm.timer); /* a second request changes nothing */
      CHECK_NOT_TOLD(&alarm.told);
      CHECK_COUNT(1, executor_poll(executor).jobs);
      CHECK_TOLD(TENON_STATUS_CANCELLED, &alarm.told);
      CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(alarm.timer));
      CHECK_COUNT(0, executor_poll(executor).jobs);
    }
  }
  CHECK(!executor_poll(executor).alive);
  executor_end(executor);
}

static void cancel_self(void *context, tenon_status_t status) {
  alarm_t *alarm = context;
  told_now(&alarm->told, status);
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_timer_cancel(alarm->timer));
}

CASE(a_second_cancel_of_a_timer_is_settled_until_it_is_told) {
  tenon_executor_t *executor = executor_create();
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, &timer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_timer_cancel(timer));
  CHECK_STATUS(TENON_STATUS_SETTLED, tenon_timer_cancel(timer));
  CHECK_NOT_TOLD(&told);
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(timer));
  executor_end(executor);
}

CASE(a_timer_that_is_being_told_is_settled) {
  tenon_executor_t *executor = executor_create();
  for (int is_cancelled = 0; is_cancelled < 2; is_cancelled++) {
    static alarm_t alarm;
    memset(&alarm, 0, sizeof alarm);
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, is_cancelled ? TENON_FOREVER : 0,
                                                    cancel_self, &alarm, &alarm.timer));
    if (is_cancelled)
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarm.timer));
    SPIN_UNTIL(executor_poll(executor).jobs > 0 && atomic_load(&alarm.told.count) > 0);
    CHECK_TOLD(is_cancelled ? TENON_STATUS_CANCELLED : TENON_STATUS_OK, &alarm.told);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(alarm.timer));
    CHECK_COUNT(0, executor_poll(executor).jobs);
  }
  executor_end(executor);
}

typedef struct canceller {
  told_t told;
  tenon_timer_t *other;
  tenon_status_t answer;
} canceller_t;

static void cancel_other(void *context, tenon_status_t status) {
  canceller_t *canceller = context;
  told_now(&canceller->told, status);
  canceller->answer = tenon_timer_cancel(canceller->other);
}

CASE(a_callback_may_cancel_a_timer_that_is_due_as_well) {
  tenon_executor_t *executor = executor_create();
  canceller_t canceller = {TOLD_INIT, NULL, TENON_STATUS_OK};
  static alarm_t alarm;
  uint64_t deadline = tenon_timer_now_ns() + MILLISECOND;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, deadline, cancel_other, &canceller, NULL));
  alarm_start(&alarm, executor, deadline + 2 * LATE_NS_MAX);
  canceller.other = alarm.timer;
  while (tenon_timer_now_ns() < deadline + 4 * LATE_NS_MAX)
    sched_yield();
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &canceller.told);
  CHECK(canceller.answer == TENON_STATUS_OK || canceller.answer == TENON_STATUS_SETTLED);
  CHECK_TOLD(canceller.answer == TENON_STATUS_OK ? TENON_STATUS_CANCELLED : TENON_STATUS_OK,
             &alarm.told);
  executor_end(executor);
}

static void *cancel_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(context));
  return NULL;
}

CASE(a_timer_may_be_cancelled_by_another_thread) {
  tenon_executor_t *executor = executor_create();
  for (int was_polled = 0; was_polled < 2; was_polled++) {
    static alarm_t alarm;
    alarm_start(&alarm, executor, TENON_FOREVER);
    if (was_polled)
      executor_poll(executor);
    on_other_thread(cancel_elsewhere, alarm.timer);
    CHECK_NOT_TOLD(&alarm.told);
    executor_poll(executor);
    CHECK_TOLD(TENON_STATUS_CANCELLED, &alarm.told);
    CHECK(told_here(&alarm.told));
  }
  executor_end(executor);
}

static void *start_elsewhere(void *context) {
  alarm_t *alarm = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(alarm->executor, alarm->deadline_ns, ring, alarm, NULL));
  return NULL;
}

CASE(a_timer_may_be_started_by_another_thread) {
  tenon_executor_t *executor = executor_create();
  static alarm_t alarm;
  memset(&alarm, 0, sizeof alarm);
  alarm.executor = executor;
  alarm.deadline_ns = tenon_timer_now_ns() + MILLISECOND;
  on_other_thread(start_elsewhere, &alarm);
  SPIN_UNTIL(executor_poll(executor).jobs > 0 && atomic_load(&alarm.told.count) > 0);
  CHECK_TOLD(TENON_STATUS_OK, &alarm.told);
  CHECK(told_here(&alarm.told));
  CHECK(alarm.told_ns >= alarm.deadline_ns);
  executor_end(executor);
}

CASE(timers_are_told_in_order_of_deadline) {
  enum { COUNT = 100 };
  static alarm_t alarms[COUNT];
  tenon_executor_t *executor = executor_create();
  uint64_t base = tenon_timer_now_ns() + 50 * MILLISECOND; /* armed before the first is due */
  random_t random = {3};
  int order[COUNT];
  for (int index = 0; index < COUNT; index++)
    order[index] = index;
  for (int left = COUNT; left > 1; left--) {
    int other = (int)random_below(&random, (uint64_t)left);
    int swapped = order[other];
    order[other] = order[left - 1];
    order[left - 1] = swapped;
  }
  for (int index = 0; index < COUNT; index++)
    alarm_start(&alarms[order[index]], executor, base + (uint64_t)order[index] * 2 * LATE_NS_MAX);
  SPIN_UNTIL(!executor_poll(executor).alive);
  for (int index = 0; index < COUNT; index++) {
    CHECK_TOLD(TENON_STATUS_OK, &alarms[index].told);
    CHECK(index == 0 ||
          atomic_load(&alarms[index - 1].told.turn) < atomic_load(&alarms[index].told.turn));
  }
  executor_end(executor);
}

/* MARK: Many */

CASE(a_hundred_thousand_timers_are_cancelled_in_any_order) {
  size_t count = conformance_is_light() ? 10000 : 100000;
  tenon_executor_t *executor = executor_create();
  alarm_t *alarms = calloc(count, sizeof *alarms);
  random_t random = {5};
  uint64_t now = tenon_timer_now_ns();
  for (size_t index = 0; index < count; index++)
    alarm_start(&alarms[index], executor,
                now + 3600ull * SECOND + random_below(&random, 86400ull * SECOND));
  executor_poll(executor);
  for (size_t index = 0; index < count; index++)
    if (index % 10 != 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(alarms[count - 1 - index].timer));
  executor_poll(executor);
  executor_end(executor);
  for (size_t index = 0; index < count; index++)
    CHECK_TOLD(index % 10 != 0 ? TENON_STATUS_CANCELLED : TENON_STATUS_CLOSED,
               &alarms[count - 1 - index].told);
  free(alarms);
}

CASE(a_million_timers_one_after_the_other_leave_memory_flat) {
  tenon_executor_t *executor = executor_create();
  size_t rounds = conformance_rounds(500000);
  told_t told = TOLD_INIT;
  uint64_t reserved = 0;
  for (size_t round = 0; round < rounds; round++) {
    tenon_timer_t *timer = NULL;
    if (tenon_timer_start(executor, TENON_FOREVER, tell, &told, &timer) != TENON_STATUS_OK ||
        tenon_timer_cancel(timer) != TENON_STATUS_OK ||
        tenon_executor_poll(executor, NULL, NULL) != TENON_STATUS_OK) {
      CHECK(!"start, cancel or poll failed");
      break;
    }
    if (round == 100)
      reserved = process_statistics().memory_reserved;
  }
  CHECK_COUNT(rounds, atomic_load(&told.count));
  CHECK_COUNT(reserved, process_statistics().memory_reserved);
  executor_end(executor);
}

/* MARK: From callbacks */

typedef struct rearm {
  tenon_executor_t *executor;
  told_t told;
  int left;
} rearm_t;

static void rearm_now(void *context, tenon_status_t status) {
  rearm_t *rearm = context;
  told_now(&rearm->told, status);
  if (--rearm->left > 0)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(rearm->executor, tenon_timer_now_ns(), rearm_now, rearm, NULL));
}

CASE(a_timer_may_be_armed_again_by_its_callback) {
  tenon_executor_t *executor = executor_create();
  rearm_t rearm = {executor, TOLD_INIT, 100};
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 0, rearm_now, &rearm, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, 10ull * SECOND));
  CHECK_COUNT(100, atomic_load(&rearm.told.count));
  CHECK_STATUS(TENON_STATUS_OK, atomic_load(&rearm.told.status));
  executor_end(executor);
}

typedef struct outside {
  tenon_executor_t *executor;
  told_t told;
  alarm_t cancelled;
  alarm_t due;
} outside_t;

static void *use_the_executor(void *context) {
  outside_t *outside = context;
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(outside->executor, NULL, NULL));
  alarm_start(&outside->cancelled, outside->executor, TENON_FOREVER);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(outside->cancelled.timer));
  alarm_start(&outside->due, outside->executor, 0);
  return NULL;
}

static void let_another_thread_in(void *context, tenon_status_t status) {
  outside_t *outside = context;
  told_now(&outside->told, status);
  on_other_thread(use_the_executor, outside);
}

CASE(a_timer_is_told_with_no_lock_held) {
  outside_t outside;
  tenon_executor_t *executor = executor_create();
  memset(&outside, 0, sizeof outside);
  outside.executor = executor;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, 0, let_another_thread_in, &outside, NULL));
  SPIN_UNTIL(!executor_poll(executor).alive);
  CHECK_TOLD(TENON_STATUS_OK, &outside.told);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &outside.cancelled.told);
  CHECK_TOLD(TENON_STATUS_OK, &outside.due.told);
  executor_end(executor);
}

/* MARK: Closed executors */

CASE(a_close_tells_every_timer) {
  tenon_executor_t *executor = executor_create();
  uint64_t now = tenon_timer_now_ns();
  const uint64_t deadlines[] = {now + 60ull * SECOND, now + 86400ull * SECOND, TENON_FOREVER,
                                (uint64_t)INT64_MAX};
  enum { COUNT = sizeof deadlines / sizeof *deadlines };
  static alarm_t alarms[COUNT * 2];
  for (size_t index = 0; index < COUNT * 2; index++) {
    if (index == COUNT)
      executor_poll(executor);
    alarm_start(&alarms[index], executor, deadlines[index % COUNT]);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  for (size_t index = 0; index < COUNT * 2; index++) {
    CHECK_TOLD(TENON_STATUS_CLOSED, &alarms[index].told);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_timer_cancel(alarms[index].timer));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(a_closed_executor_takes_no_timer) {
  tenon_executor_t *executor = executor_create();
  tenon_timer_t *timer;
  pattern_fill(&timer, sizeof timer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(executor, 0, never, NULL, &timer));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_timer_start(executor, TENON_FOREVER, never, NULL, NULL));
  CHECK_UNTOUCHED(timer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

typedef struct arming {
  tenon_executor_t *executor;
  told_t told;
} arming_t;

static void arm_one_that_is_due(void *context, tenon_status_t status) {
  arming_t *arming = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(arming->executor, 0, tell, &arming->told, NULL));
}

CASE(a_timer_that_is_armed_in_a_poll_and_due_is_told_in_it) {
  arming_t arming = {executor_create(), TOLD_INIT};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(arming.executor, arm_one_that_is_due, &arming));
  executor_poll(arming.executor);
  CHECK_TOLD(TENON_STATUS_OK, &arming.told);
  executor_end(arming.executor);
}
