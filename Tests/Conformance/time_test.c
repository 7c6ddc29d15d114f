/*
 * What <tenon/executor.h> promises of a host that has a time of its own.
 */
#include "check.h"

#define HOUR (3600u * UINT64_C(1000000000))
#define SECOND UINT64_C(1000000000)
#define MILLISECOND UINT64_C(1000000)

/** How late a timer may be: 65 microseconds, by the power of two next to it. */
#define LATE_NS_MAX 65536u

/** A host in whose loop nothing takes time but sleeping. */
typedef struct simulation {
  tenon_executor_t *executor;
  atomic_uint_least64_t now_ns;
  uint64_t deadline_ns;
  atomic_bool is_woken;
  atomic_int asked;
  atomic_int closes;
  atomic_int asked_after_close;
} simulation_t;

static void simulation_wake(void *context) {
  simulation_t *simulation = context;
  atomic_store(&simulation->is_woken, true);
}

static void simulation_set_timer(void *context, uint64_t deadline_ns) {
  simulation_t *simulation = context;
  simulation->deadline_ns = deadline_ns;
}

static uint64_t simulation_now(void *context) {
  simulation_t *simulation = context;
  atomic_fetch_add(&simulation->asked, 1);
  if (atomic_load(&simulation->closes) != 0)
    atomic_fetch_add(&simulation->asked_after_close, 1);
  return atomic_load(&simulation->now_ns);
}

/** One turn: what there is to do, or else the time until the next timer. */
static void simulation_run_once(void *context) {
  simulation_t *simulation = context;
  if (!atomic_exchange(&simulation->is_woken, false)) {
    if (!CHECK(simulation->deadline_ns != TENON_FOREVER))
      abort(); /* it would sleep for ever */
    if (simulation->deadline_ns > atomic_load(&simulation->now_ns))
      atomic_store(&simulation->now_ns, simulation->deadline_ns);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(simulation->executor, NULL, NULL));
}

static void simulation_closed(void *context, tenon_status_t status) {
  simulation_t *simulation = context;
  uint64_t now_ns = 77;
  (void)status;
  atomic_fetch_add(&simulation->closes, 1);
  /* From here on the host is asked no more. */
  status = tenon_executor_get_now_ns(simulation->executor, &now_ns);
  CHECK(status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE);
  CHECK_COUNT(77, now_ns);
}

static void simulation_begin_with(simulation_t *simulation, uint64_t now_ns,
                                  void (*run_once)(void *context)) {
  memset(simulation, 0, sizeof *simulation);
  atomic_store(&simulation->now_ns, now_ns);
  simulation->deadline_ns = TENON_FOREVER;
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  functions.wake = simulation_wake;
  functions.set_timer = simulation_set_timer;
  functions.run_once = run_once;
  functions.closed = simulation_closed;
  functions.now_ns = simulation_now;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &functions;
  config.host_context = simulation;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &simulation->executor));
}

static void simulation_begin(simulation_t *simulation, uint64_t now_ns) {
  simulation_begin_with(simulation, now_ns, simulation_run_once);
}

static void simulation_end(simulation_t *simulation) {
  executor_end(simulation->executor);
  CHECK_COUNT(1, atomic_load(&simulation->closes));
  CHECK_COUNT(0, atomic_load(&simulation->asked_after_close));
}

static uint64_t now_of(tenon_executor_t *executor) {
  uint64_t now_ns = 77;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_now_ns(executor, &now_ns));
  return now_ns;
}

static tenon_future_t *sleep_for(tenon_executor_t *executor, uint64_t duration_ns) {
  tenon_future_t *future = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, duration_ns, &future));
  return future;
}

static void release(tenon_future_t *future) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

CASE(an_executor_tells_the_time_that_its_deadlines_are_in) {
  tenon_executor_t *executor = executor_create();
  uint64_t before = tenon_timer_now_ns();
  uint64_t now = now_of(executor);
  CHECK(before <= now && now <= tenon_timer_now_ns());
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_get_now_ns(executor, &now));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  simulation_t simulation;
  simulation_begin(&simulation, 5);
  CHECK_COUNT(5, now_of(simulation.executor));
  atomic_store(&simulation.now_ns, HOUR);
  CHECK_COUNT(HOUR, now_of(simulation.executor));
  simulation_end(&simulation);
}

CASE(a_hosts_time_alone_makes_its_timers_due) {
  /* The beginning of time, some moment, and one later than any clock's; after a life in real time. */
  static const uint64_t beginnings[] = {0, 3 * HOUR, UINT64_C(1) << 62};
  for (size_t index = 0; index < sizeof beginnings / sizeof *beginnings; index++) {
    tenon_executor_t *real = executor_create();
    told_t late = TOLD_INIT;
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(real, 0, tell, &late, NULL));
    executor_poll(real);
    CHECK_TOLD(TENON_STATUS_OK, &late);
    executor_end(real);

    simulation_t simulation;
    told_t first = TOLD_INIT;
    told_t second = TOLD_INIT;
    simulation_begin(&simulation, beginnings[index]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(simulation.executor, beginnings[index] + HOUR,
                                                    tell, &second, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(simulation.executor, beginnings[index] + MILLISECOND, tell,
                                   &first, NULL));
    executor_poll(simulation.executor);
    CHECK_NOT_TOLD(&first);
    atomic_fetch_add(&simulation.now_ns, 2 * MILLISECOND);
    executor_poll(simulation.executor);
    CHECK_TOLD(TENON_STATUS_OK, &first);
    CHECK_NOT_TOLD(&second);
    CHECK(simulation.deadline_ns >= beginnings[index] + HOUR &&
          simulation.deadline_ns <= beginnings[index] + HOUR + 65536);
    atomic_store(&simulation.now_ns, simulation.deadline_ns);
    executor_poll(simulation.executor);
    CHECK_TOLD(TENON_STATUS_OK, &second);
    CHECK_COUNT(TENON_FOREVER, simulation.deadline_ns);
    simulation_end(&simulation);
  }
}

typedef struct crowd_timer {
  struct crowd *crowd;
  uint64_t deadline_ns;
  size_t armed; /**< as the so-manieth */
  int count;
} crowd_timer_t;

typedef struct crowd {
  simulation_t simulation;
  random_t random;
  crowd_timer_t *timers;
  size_t size;
  size_t armed;
  uint64_t span_ns; /**< how far away deadlines are */
  uint64_t step_ns; /**< which they are multiples of */
  uint64_t last_ns; /**< what was told last */
  size_t last_armed;
  size_t told;
  size_t early;
  size_t late;
  size_t unordered;
  size_t wrong;
} crowd_t;

static void crowd_begin(crowd_t *crowd, size_t size, uint64_t span_ns, uint64_t step_ns) {
  memset(crowd, 0, sizeof *crowd);
  crowd->timers = calloc(size, sizeof *crowd->timers);
  crowd->size = size;
  crowd->random.state = span_ns + step_ns;
  crowd->span_ns = span_ns;
  crowd->step_ns = step_ns;
  simulation_begin(&crowd->simulation, HOUR);
}

static void crowd_end(crowd_t *crowd) {
  CHECK_COUNT(crowd->size, crowd->told);
  CHECK_COUNT(0, crowd->early);
  CHECK_COUNT(0, crowd->late);
  CHECK_COUNT(0, crowd->unordered);
  CHECK_COUNT(0, crowd->wrong);
  for (size_t index = 0; index < crowd->size; index++)
    CHECK_COUNT(1, crowd->timers[index].count);
  CHECK_COUNT(crowd->size, executor_statistics(crowd->simulation.executor).timers);
  simulation_end(&crowd->simulation);
  free(crowd->timers);
}

static void crowd_ring(void *context, tenon_status_t status) {
  crowd_timer_t *timer = context;
  crowd_t *crowd = timer->crowd;
  uint64_t now_ns = atomic_load(&crowd->simulation.now_ns);
  crowd->told++;
  crowd->early += now_ns < timer->deadline_ns;
  crowd->late += now_ns > timer->deadline_ns + LATE_NS_MAX;
  crowd->unordered += timer->deadline_ns < crowd->last_ns ||
                      (timer->deadline_ns == crowd->last_ns && timer->armed < crowd->last_armed);
  crowd->wrong += status != TENON_STATUS_OK;
  timer->count++;
  crowd->last_ns = timer->deadline_ns;
  crowd->last_armed = timer->armed;
}

static void crowd_arm(crowd_t *crowd, uint64_t deadline_ns) {
  crowd_timer_t *timer = &crowd->timers[crowd->armed];
  timer->crowd = crowd;
  timer->deadline_ns = deadline_ns;
  timer->armed = crowd->armed++;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(crowd->simulation.executor, deadline_ns, crowd_ring, timer, NULL));
}

CASE(a_hundred_thousand_timers_are_each_told_once_in_order_of_deadline) {
  size_t count = conformance_is_light() ? 10000 : 100000;
  crowd_t crowd;
  crowd_begin(&crowd, count, 500 * MILLISECOND, 1);
  tenon_executor_t *executor = crowd.simulation.executor;
  for (size_t index = 0; index < count; index++)
    crowd_arm(&crowd, HOUR + 1 + random_below(&crowd.random, crowd.span_ns));
  CHECK_COUNT(0, executor_poll(executor).jobs);
  CHECK_COUNT(count, executor_statistics(executor).pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, SECOND));
  crowd_end(&crowd);
}

/** Arms some, for now or later. */
static void *crowd_arm_some(void *context) {
  crowd_t *crowd = context;
  uint64_t now_ns = atomic_load(&crowd->simulation.now_ns);
  size_t count = random_below(&crowd->random, 4);
  for (size_t index = 0; index < count && crowd->armed < crowd->size; index++) {
    uint64_t distance_ns = random_below(&crowd->random, crowd->span_ns + 1);
    crowd_arm(crowd, (now_ns + distance_ns) / crowd->step_ns * crowd->step_ns + crowd->step_ns);
  }
  return NULL;
}

static void crowd_arm_in_a_poll(void *context, tenon_status_t status) {
  crowd_t *crowd = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  crowd_arm_some(crowd);
  if (random_below(&crowd->random, 4) == 0)
    on_other_thread(crowd_arm_some, crowd);
  crowd_arm_some(crowd);
}

CASE(timers_are_told_by_deadline_and_equal_ones_in_order_of_arming) {
  static const uint64_t spans[] = {0, 5, 1000, 100000, 10 * MILLISECOND, HOUR};
  static const uint64_t steps[] = {1, 1000, 65536, MILLISECOND};
  for (size_t span = 0; span < sizeof spans / sizeof *spans; span++) {
    for (size_t step = 0; step < sizeof steps / sizeof *steps; step++) {
      crowd_t crowd;
      crowd_begin(&crowd, conformance_rounds(2000), spans[span], steps[step]);
      tenon_executor_t *executor = crowd.simulation.executor;
      while (crowd.told != crowd.size) {
        crowd_arm_some(&crowd);
        if (random_below(&crowd.random, 4) == 0)
          on_other_thread(crowd_arm_some, &crowd);
        CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, crowd_arm_in_a_poll, &crowd));
        crowd_arm_some(&crowd);
        executor_poll(executor);
        /* On to the next one, or part of the way: late, if the loop has other things to do. */
        uint64_t now_ns = atomic_load(&crowd.simulation.now_ns);
        uint64_t deadline_ns = crowd.simulation.deadline_ns;
        if (deadline_ns != TENON_FOREVER && deadline_ns > now_ns)
          atomic_store(&crowd.simulation.now_ns,
                       random_below(&crowd.random, 2) == 0
                           ? deadline_ns
                           : now_ns + random_below(&crowd.random, deadline_ns - now_ns));
        CHECK_COUNT(0, crowd.unordered + crowd.early + crowd.late);
        if (crowd.unordered + crowd.early + crowd.late != 0)
          break;
      }
      crowd_end(&crowd);
    }
  }
}

CASE(timers_whose_time_has_passed_are_told_by_deadline) {
  static const uint64_t backs[] = {5, HOUR, 0, 70000, 1, 70000, HOUR, 0, 65536, 2 * MILLISECOND};
  enum { COUNT = sizeof backs / sizeof *backs };
  for (int has_others = 0; has_others < 2; has_others++) {
    crowd_t crowd;
    crowd_begin(&crowd, COUNT + (size_t)has_others, 0, 1);
    /* One that is told in the same poll, and was not told at once when its time came. */
    if (has_others) {
      crowd_arm(&crowd, HOUR + 3);
      executor_poll(crowd.simulation.executor);
    }
    atomic_fetch_add(&crowd.simulation.now_ns, 8);
    for (size_t index = 0; index < COUNT; index++)
      crowd_arm(&crowd, HOUR + 8 - backs[index]);
    executor_poll(crowd.simulation.executor);
    crowd.late = 0; /* from the beginning */
    crowd_end(&crowd);
  }
}

typedef struct again {
  tenon_executor_t *executor;
  told_t *other;
  int count;
} again_t;

/** Is due again at once, until the other one was told. */
static void ring_again(void *context, tenon_status_t status) {
  again_t *again = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (atomic_load(&again->other->count) == 0 && ++again->count < 1000)
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(again->executor, 0, ring_again, again, NULL));
}

CASE(a_timer_that_is_armed_again_for_the_past_leaves_the_others_their_turn) {
  simulation_t simulation;
  simulation_begin(&simulation, HOUR);
  told_t other = TOLD_INIT;
  again_t again = {simulation.executor, &other, 0};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(simulation.executor, 0, ring_again, &again, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(simulation.executor, HOUR, tell, &other, NULL));
  executor_poll(simulation.executor);
  CHECK_TOLD(TENON_STATUS_OK, &other);
  CHECK(again.count < 10);
  simulation_end(&simulation);
}

CASE(hours_of_a_hosts_time_take_none) {
  simulation_t simulation;
  simulation_begin(&simulation, 1);
  tenon_future_t *day = sleep_for(simulation.executor, 24 * HOUR);
  tenon_future_t *week = sleep_for(simulation.executor, 7 * 24 * HOUR);
  tenon_future_t *limited = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_timeout(week, simulation.executor, 48 * HOUR, &limited));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(simulation.executor, day, HOUR));
  CHECK(now_of(simulation.executor) >= HOUR && now_of(simulation.executor) < 2 * HOUR);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(simulation.executor, day, 24 * HOUR));
  CHECK_STATUS(TENON_STATUS_REJECTED,
               tenon_executor_run_until(simulation.executor, limited, TENON_FOREVER));
  CHECK(now_of(simulation.executor) >= 48 * HOUR && now_of(simulation.executor) < 49 * HOUR);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(week));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(simulation.executor, NULL, TENON_FOREVER));
  release(day);
  release(week);
  release(limited);
  simulation_end(&simulation);
}

CASE(durations_begin_when_they_are_asked_for_also_between_polls) {
  simulation_t simulation;
  simulation_begin(&simulation, 0);
  executor_poll(simulation.executor);
  atomic_store(&simulation.now_ns, HOUR);
  tenon_future_t *sleep = sleep_for(simulation.executor, HOUR);
  executor_poll(simulation.executor);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(sleep));
  CHECK(simulation.deadline_ns >= 2 * HOUR);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(simulation.executor, sleep, HOUR + 65536));
  release(sleep);
  simulation_end(&simulation);
}

CASE(a_scopes_deadline_is_in_its_hosts_time) {
  simulation_t simulation;
  simulation_begin(&simulation, HOUR);
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  config.executor = simulation.executor;
  config.deadline_ns = 2 * HOUR;
  tenon_scope_t *scope = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(&config, &scope));
  tenon_future_t *sleep = sleep_for(simulation.executor, 10 * HOUR);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scope, sleep));
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_executor_run_until(simulation.executor, end, TENON_FOREVER));
  CHECK(now_of(simulation.executor) >= 2 * HOUR && now_of(simulation.executor) < 3 * HOUR);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(sleep));
  release(sleep);
  release(end);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  simulation_end(&simulation);
}

/** A loop that is busy with something else until it is let go. */
typedef struct busy_loop {
  simulation_t simulation; /* first: the host's functions are its */
  tenon_future_t *future;
  atomic_bool is_in;
  atomic_bool is_let_go;
} busy_loop_t;

static void busy_run_once(void *context) {
  busy_loop_t *loop = context;
  atomic_store(&loop->is_in, true);
  SPIN_UNTIL(atomic_load(&loop->is_let_go));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(loop->simulation.executor, NULL, NULL));
}

static void *run_busy_loop(void *context) {
  busy_loop_t *loop = context;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_executor_run_until(loop->simulation.executor, loop->future, TENON_FOREVER));
  return NULL;
}

CASE(who_waits_beside_a_loop_with_its_own_time_waits_in_real_time) {
  busy_loop_t loop;
  memset(&loop, 0, sizeof loop);
  simulation_begin_with(&loop.simulation, HOUR, busy_run_once);
  pair_t pair = pair_create();
  loop.future = pair.future;
  pthread_t thread = thread_start(run_busy_loop, &loop);
  SPIN_UNTIL(atomic_load(&loop.is_in));
  uint64_t before = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(loop.simulation.executor, pair.future, 2 * MILLISECOND));
  CHECK(tenon_timer_now_ns() - before >= 2 * MILLISECOND);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  atomic_store(&loop.is_let_go, true);
  thread_join(thread);
  release(pair.future);
  simulation_end(&loop.simulation);
}

static void *ask_the_time(void *context) {
  simulation_t *simulation = context;
  uint64_t last = 0;
  uint64_t now_ns;
  tenon_status_t status;
  while ((status = tenon_executor_get_now_ns(simulation->executor, &now_ns)) == TENON_STATUS_OK) {
    if (!CHECK(now_ns >= last))
      break;
    last = now_ns;
  }
  CHECK_STATUS(TENON_STATUS_CLOSED, status);
  return NULL;
}

static void *wait_for_a_while(void *context) {
  tenon_future_t *future = context;
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(future, 0));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_future_wait(future, MILLISECOND));
  return NULL;
}

CASE(a_wait_for_a_future_is_in_real_time_whatever_its_hosts_time_is) {
  /* Before the system's time, and after it. */
  const uint64_t times[] = {1000, conformance_now_ns() + 1000 * HOUR};
  for (size_t index = 0; index < 2; index++) {
    simulation_t simulation;
    simulation_begin(&simulation, times[index]);
    pair_t pair = pair_create_with(0, simulation.executor);
    on_other_thread(wait_for_a_while, pair.future);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    simulation_end(&simulation);
  }
}

CASE(a_host_is_not_asked_for_the_time_after_it_was_told_of_the_close) {
  int rounds = conformance_is_light() ? 50 : 200;
  for (int round = 0; round < rounds; round++) {
    simulation_t simulation;
    simulation_begin(&simulation, 1);
    pthread_t thread = thread_start(ask_the_time, &simulation);
    int asked = atomic_load(&simulation.asked);
    SPIN_UNTIL(atomic_load(&simulation.asked) > asked + round % 16);
    for (int count = 0; count < round % 8; count++)
      atomic_fetch_add(&simulation.now_ns, 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(simulation.executor, 0));
    thread_join(thread);
    CHECK_COUNT(1, atomic_load(&simulation.closes));
    CHECK_COUNT(0, atomic_load(&simulation.asked_after_close));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(simulation.executor));
  }
}
