/*
 * What one operation costs must not grow with what does not belong to it, and what a burst has taken is given back.
 *
 * Costs are compared with each other: what grew with the amounts that are used here would do so
 * some thousand times.
 */
#include "race.h"

#include <time.h>

/** How much more an operation may cost among many others, at the very most. */
#define GROWTH_MAX 40

static uint64_t processor_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

/** The processor time that `fn` takes at best. */
static uint64_t cost_of(void (*fn)(void *context), void *context) {
  uint64_t best = UINT64_MAX;
  for (int attempt = 0; attempt < 5; attempt++) {
    uint64_t begin = processor_ns();
    fn(context);
    uint64_t cost = processor_ns() - begin;
    best = cost < best ? cost : best;
  }
  return best;
}

static void open_and_close(void *context) {
  (void)context;
  for (int round = 0; round < 50; round++)
    executor_end(executor_create());
}

CASE(a_close_costs_what_belongs_to_its_executor) {
  size_t count = conformance_rounds(400000);
  pair_t *pairs = calloc(count, sizeof *pairs);
  told_t told = TOLD_INIT;
  tenon_executor_t *other = executor_create();
  open_and_close(NULL);
  uint64_t alone = cost_of(open_and_close, NULL);
  for (size_t index = 0; index < count; index++) {
    pairs[index] = pair_create_with(0, other);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pairs[index].future, other,
                                                           tell_completion, &told, NULL));
  }
  CHECK(cost_of(open_and_close, NULL) < GROWTH_MAX * alone);
  for (size_t index = 0; index < count; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pairs[index].promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(other, NULL, TENON_FOREVER));
  CHECK_COUNT(count, atomic_load(&told.count));
  CHECK(cost_of(open_and_close, NULL) < GROWTH_MAX * alone);
  executor_end(other);
  free(pairs);
}

/** Something that is bound to an executor, and whether it was in a poll. */
typedef struct bound {
  pair_t pair;
  told_t completed;
  told_t cancelled;
  told_t timer;
} bound_t;

typedef struct crowd {
  tenon_executor_t *executor;
  bound_t *bound;
  size_t count;
} crowd_t;

static void crowd_bind(crowd_t *crowd, size_t begin, size_t end) {
  for (size_t index = begin; index < end; index++) {
    bound_t *bound = &crowd->bound[index];
    bound->pair = pair_create_with(0, crowd->executor);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(bound->pair.future, crowd->executor, tell_completion,
                                          &bound->completed, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(bound->pair.promise, NULL, tell, &bound->cancelled, NULL));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(crowd->executor, TENON_FOREVER / 2, tell, &bound->timer, NULL));
  }
}

static void crowd_bind_rest(void *context, tenon_status_t status) {
  crowd_t *crowd = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  crowd_bind(crowd, crowd->count / 2, crowd->count);
}

CASE(a_close_reaches_each_of_very_many) {
  /* Those in between have ended, in several orders, before the close looks for what is left. */
  crowd_t crowd = {executor_create(), NULL, conformance_rounds(200000)};
  crowd.bound = calloc(crowd.count, sizeof *crowd.bound);
  crowd_bind(&crowd, 0, crowd.count / 2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(crowd.executor, crowd_bind_rest, &crowd));
  executor_poll(crowd.executor);
  for (size_t index = 0; index < crowd.count; index++)
    if (index % 3 == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(crowd.bound[index].pair.promise, NULL));
  for (size_t index = crowd.count; index-- > 0;)
    if (index % 3 == 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(crowd.bound[index].pair.promise, NULL));
  while (executor_poll(crowd.executor).more) {
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(crowd.executor, 0));
  for (size_t index = 0; index < crowd.count; index++) {
    bound_t *bound = &crowd.bound[index];
    bool was_left = index % 3 == 0;
    CHECK_TOLD(was_left ? TENON_STATUS_CLOSED : TENON_STATUS_OK, &bound->completed);
    CHECK_TOLD(was_left ? TENON_STATUS_CANCELLED : TENON_STATUS_SETTLED, &bound->cancelled);
    CHECK_TOLD(TENON_STATUS_CLOSED, &bound->timer);
    if (was_left) {
      CHECK(tenon_promise_is_cancelled(bound->pair.promise));
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(bound->pair.promise));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(bound->pair.future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(crowd.executor));
  free(crowd.bound);
}

#define LATE_COUNT 200

/** A job that binds while another thread begins to close. */
typedef struct late {
  tenon_executor_t *executor;
  pair_t pairs[LATE_COUNT];
  told_t told[LATE_COUNT];
  size_t count;
  atomic_bool is_closing;
} late_t;

static void late_bind(void *context, tenon_status_t status) {
  late_t *late = context;
  if (status != TENON_STATUS_OK)
    return;
  /* Until it is refused. */
  while (late->count < LATE_COUNT) {
    size_t index = late->count;
    pair_t pair = pair_create_with(0, late->executor);
    tenon_status_t bound = tenon_future_on_complete(pair.future, late->executor, tell_completion,
                                                    &late->told[index], NULL);
    if (bound != TENON_STATUS_OK) {
      CHECK_STATUS(TENON_STATUS_CLOSED, bound);
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      return;
    }
    late->pairs[index] = pair;
    late->count++;
  }
}

static void late_before(void *context, size_t round) {
  late_t *late = context;
  (void)round;
  memset(late, 0, sizeof *late);
  late->executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(late->executor, late_bind, late));
}

static void late_run(void *context, size_t member, size_t round) {
  late_t *late = context;
  if (member == 0) {
    executor_poll(late->executor);
  } else {
    for (volatile size_t turn = 0; turn < round % 64 * 8; turn++) {
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(late->executor, 0));
  }
}

static void late_after(void *context, size_t round) {
  late_t *late = context;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  (void)round;
  while (tenon_executor_poll(late->executor, NULL, &result) == TENON_STATUS_OK && !result.closed) {
  }
  for (size_t index = 0; index < late->count; index++) {
    /* It was bound while the executor was open: so the close has cancelled it, and told of itself. */
    CHECK(tenon_promise_is_cancelled(late->pairs[index].promise));
    CHECK_TOLD(TENON_STATUS_CLOSED, &late->told[index]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(late->pairs[index].promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(late->pairs[index].future));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(late->executor));
}

CASE(a_close_reaches_what_a_poll_binds_at_that_moment) {
  late_t *late = calloc(1, sizeof *late);
  race_run(&(race_t){.members = 2,
                     .rounds = conformance_rounds(100000),
                     .context = late,
                     .before = late_before,
                     .run = late_run,
                     .after = late_after});
  free(late);
}

/** Jobs that are numbered in the order of their posting. */
typedef struct line {
  tenon_executor_t *executor;
  random_t random;
  uint64_t posted;
  uint64_t run;
} line_t;

static line_t line;

static void line_run(void *context, tenon_status_t status);

static void line_post(uint64_t count) {
  while (count-- > 0)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(line.executor, line_run, (void *)(uintptr_t)line.posted++));
}

static void line_run(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_COUNT(line.run++, (uintptr_t)context);
}

CASE(jobs_keep_their_order_while_their_queue_grows_and_shrinks) {
  line = (line_t){executor_create(), {7}, 0, 0};
  uint64_t rounds = conformance_rounds(400);
  for (uint64_t round = 0; round < rounds; round++) {
    line_post(random_below(&line.random, round % 8 == 0 ? 20000 : 200));
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    budget.jobs_max = 1 + random_below(&line.random, round % 16 < 8 ? 1000 : 8000);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(line.executor, &budget, NULL));
  }
  while (executor_poll(line.executor).more) {
  }
  CHECK_COUNT(line.posted, line.run);
  executor_end(line.executor);
}
