/*
 * What <tenon/executor.h> and <tenon/scope.h> promise of loops that run on several threads.
 */
#include "stopped.h"

/** A loop that marks each index, and can be told to fail. */
typedef struct marks {
  tenon_executor_t *pool;
  tenon_scope_t *scope;
  unsigned char *marks;
  size_t count, chunk_max;
  size_t fail_at[2]; /**< the chunks with these indices fail, with their number as the status */
  atomic_bool is_wrong;
  atomic_int running;
  atomic_size_t calls;
} marks_t;

static marks_t marks_create(tenon_executor_t *pool, size_t count) {
  marks_t marks = {.pool = pool, .count = count, .chunk_max = SIZE_MAX};
  marks.marks = calloc(count + 1, 1);
  marks.fail_at[0] = marks.fail_at[1] = SIZE_MAX;
  return marks;
}

static tenon_status_t mark(void *context, size_t begin, size_t end) {
  marks_t *marks = context;
  atomic_fetch_add(&marks->calls, 1);
  if (begin >= end || end > marks->count || end - begin > marks->chunk_max)
    atomic_store(&marks->is_wrong, true);
  for (size_t index = begin; index < end; index++)
    marks->marks[index]++;
  for (int which = 0; which < 2; which++)
    if (marks->fail_at[which] >= begin && marks->fail_at[which] < end)
      return (tenon_status_t)(-1000 - which);
  return TENON_STATUS_OK;
}

/** Checks that each index up to `count` was met once, and none from there on. */
static void marks_end(marks_t *marks, size_t count) {
  size_t wrong = 0;
  for (size_t index = 0; index < marks->count; index++)
    wrong += marks->marks[index] != (index < count);
  CHECK_COUNT(0, wrong);
  CHECK(!atomic_load(&marks->is_wrong));
  free(marks->marks);
}

CASE(a_parallel_loop_meets_each_index_once_whatever_its_chunks) {
  static const size_t counts[] = {0, 1, 2, 3, 7, 64, 1000, 100003};
  static const size_t chunks[] = {0, 1, 2, 3, 63, 64, 1000, 100003, SIZE_MAX / 2, SIZE_MAX};
  tenon_executor_t *pool = pool_create(3);
  for (size_t at = 0; at < sizeof counts / sizeof *counts; at++) {
    for (size_t index = 0; index < sizeof chunks / sizeof *chunks; index++) {
      marks_t marks = marks_create(pool, counts[at]);
      if (chunks[index] != 0)
        marks.chunk_max = chunks[index];
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_executor_for(pool, counts[at], chunks[index], mark, &marks));
      marks_end(&marks, counts[at]);
    }
  }
  pool_end(pool);
}

static tenon_status_t count_range(void *context, size_t begin, size_t end) {
  atomic_fetch_add((atomic_size_t *)context, end - begin);
  return TENON_STATUS_OK;
}

CASE(a_parallel_loop_may_have_as_many_indices_as_there_are) {
  tenon_executor_t *pool = pool_create(2);
  static const size_t chunks[] = {0, SIZE_MAX, SIZE_MAX - 1, SIZE_MAX / 2, SIZE_MAX / 3 + 1};
  for (size_t index = 0; index < sizeof chunks / sizeof *chunks; index++) {
    atomic_size_t sum = 0;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_for(pool, SIZE_MAX, chunks[index], count_range, &sum));
    CHECK_COUNT(SIZE_MAX, sum);
  }
  pool_end(pool);
}

/** Two chunks that need two threads and both fail, with a status that says which one it is. */
static tenon_status_t fail_together(void *context, size_t begin, size_t end) {
  atomic_int *running = context;
  (void)end;
  atomic_fetch_add(running, 1);
  SPIN_UNTIL(atomic_load(running) >= 2);
  return begin == 0 ? TENON_STATUS_REJECTED : TENON_STATUS_CANCELLED;
}

typedef struct first_only {
  atomic_int firsts;
} first_only_t;

static tenon_status_t fail_at_once(void *context, size_t begin, size_t end) {
  first_only_t *first_only = context;
  (void)end;
  if (begin == 0)
    atomic_fetch_add(&first_only->firsts, 1);
  return TENON_STATUS_REJECTED;
}

CASE(no_chunk_of_as_many_as_there_are_begins_twice_when_several_threads_find_it_failed) {
  tenon_executor_t *pool = pool_create(8);
  for (size_t round = 0; round < conformance_rounds(2000); round++) {
    first_only_t first_only = {0};
    CHECK_STATUS(TENON_STATUS_REJECTED,
                 tenon_executor_for(pool, SIZE_MAX, 1, fail_at_once, &first_only));
    CHECK_COUNT(1, first_only.firsts);
  }
  pool_end(pool);
}

CASE(the_first_of_as_many_indices_as_there_are_fails_a_parallel_loop) {
  tenon_executor_t *pool = pool_create(1);
  for (int round = 0; round < 20; round++) {
    atomic_int running = 0;
    CHECK_STATUS(TENON_STATUS_REJECTED,
                 tenon_executor_for(pool, SIZE_MAX, SIZE_MAX / 2 + 1, fail_together, &running));
  }
  pool_end(pool);
}

/** The first index fails once another thread is at the others. */
static tenon_status_t fail_first(void *context, size_t begin, size_t end) {
  atomic_bool *has_second = context;
  (void)end;
  if (begin != 0)
    atomic_store(has_second, true);
  SPIN_UNTIL(atomic_load(has_second));
  return begin == 0 ? TENON_STATUS_REJECTED : TENON_STATUS_OK;
}

CASE(a_failure_ends_a_parallel_loop_that_would_go_on_for_ever) {
  tenon_executor_t *pool = pool_create(1);
  atomic_bool has_second = false;
  CHECK_STATUS(TENON_STATUS_REJECTED,
               tenon_executor_for(pool, SIZE_MAX, 1, fail_first, &has_second));
  pool_end(pool);
}

typedef struct failures {
  atomic_int first; /**< the thread of the first index */
  atomic_bool has_second;
} failures_t;

/** The first index fails when the second one has begun, and that when the first one's thread has nothing more to do. */
static tenon_status_t fail_in_order(void *context, size_t begin, size_t end) {
  failures_t *failures = context;
  (void)end;
  if (begin == 0) {
    atomic_store(&failures->first, thread_id());
    SPIN_UNTIL(atomic_load(&failures->has_second));
    return -1000;
  }
  atomic_store(&failures->has_second, true);
  SPIN_UNTIL(atomic_load(&failures->first) != 0 && thread_sleeps(atomic_load(&failures->first)));
  return -1001;
}

CASE(a_parallel_loop_tells_the_failure_with_the_lowest_index_when_a_higher_one_comes_later) {
  tenon_executor_t *pool = pool_create(2);
  failures_t failures;
  atomic_init(&failures.first, 0);
  atomic_init(&failures.has_second, false);
  CHECK_STATUS(-1000, tenon_executor_for(pool, 2, 1, fail_in_order, &failures));
  pool_end(pool);
}

CASE(a_parallel_loop_needs_threads_of_an_open_pool) {
  tenon_executor_t *executor = executor_create(), *pool = pool_create(1);
  marks_t marks = marks_create(pool, 8);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_for(executor, 8, 1, mark, &marks));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_for(pool, 8, 1, NULL, &marks));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_for(pool, 8, 1, mark, &marks));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_for(pool, 8, 1, mark, &marks));
  CHECK_COUNT(0, marks.calls);
  marks_end(&marks, 0);
  executor_end(executor);
}

/** Two chunks that need two threads. */
static tenon_status_t meet(void *context, size_t begin, size_t end) {
  marks_t *marks = context;
  (void)begin, (void)end;
  atomic_fetch_add(&marks->running, 1);
  SPIN_UNTIL(atomic_load(&marks->running) >= 2);
  return TENON_STATUS_OK;
}

CASE(the_chunks_of_a_parallel_loop_run_at_the_same_time) {
  tenon_executor_t *pool = pool_create(1);
  marks_t marks = marks_create(pool, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(pool, 2, 1, meet, &marks));
  marks_end(&marks, 0);
  pool_end(pool);
}

static tenon_status_t inner(void *context, size_t begin, size_t end) {
  marks_t *outer = context;
  for (size_t index = begin; index < end; index++) {
    marks_t marks = marks_create(outer->pool, 100);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(outer->pool, 100, 3, mark, &marks));
    marks_end(&marks, 100);
  }
  return mark(context, begin, end);
}

static void loop_in_job(void *context, tenon_status_t status) {
  marks_t *marks = context;
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(marks->pool, marks->count, 1, inner, marks));
}

CASE(parallel_loops_nest_in_each_other_and_in_jobs_on_any_number_of_threads) {
  for (uint32_t threads = 1; threads <= 4; threads++) {
    tenon_executor_t *pool = pool_create(threads);
    marks_t marks = marks_create(pool, 200), jobs[3];
    for (int job = 0; job < 3; job++) {
      jobs[job] = marks_create(pool, 50);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, loop_in_job, &jobs[job]));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(pool, 200, 2, inner, &marks));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
    marks_end(&marks, 200);
    for (int job = 0; job < 3; job++)
      marks_end(&jobs[job], 50);
    pool_end(pool);
  }
}

static void occupy(void *context, tenon_status_t status) {
  marks_t *marks = context;
  (void)status;
  atomic_fetch_add(&marks->running, 1);
  SPIN_UNTIL(atomic_load(&marks->is_wrong));
  atomic_fetch_sub(&marks->running, 1);
}

CASE(a_parallel_loop_does_without_threads_that_have_other_things_to_do) {
  tenon_executor_t *pool = pool_create(2);
  marks_t busy = marks_create(pool, 0), marks = marks_create(pool, 1000);
  for (int job = 0; job < 2; job++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, occupy, &busy));
  SPIN_UNTIL(atomic_load(&busy.running) == 2);
  for (int round = 0; round < 1000; round++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(pool, 0, 1, mark, &marks));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(pool, 1000, 1, mark, &marks));
  marks_end(&marks, 1000);
  atomic_store(&busy.is_wrong, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  free(busy.marks);
  pool_end(pool);
}

CASE(a_parallel_loop_tells_the_failure_with_the_lowest_index_and_all_before_it_has_run) {
  tenon_executor_t *pool = pool_create(4);
  random_t random = {7};
  for (size_t round = 0; round < conformance_rounds(3000); round++) {
    /* In long loops of short chunks a thread takes several at once. */
    size_t count = 1 + random_below(&random, round % 4 == 0 ? 5000 : 300);
    size_t chunk = 1 + random_below(&random, 5);
    marks_t marks = marks_create(pool, count);
    marks.fail_at[0] = random_below(&random, count);
    marks.fail_at[1] = random_below(&random, count);
    size_t first[2] = {marks.fail_at[0] / chunk, marks.fail_at[1] / chunk};
    CHECK_STATUS(first[0] <= first[1] ? -1000 : -1001,
                 tenon_executor_for(pool, count, chunk, mark, &marks));
    size_t before = (first[0] <= first[1] ? first[0] : first[1]) * chunk;
    for (size_t index = 0; index < before; index++)
      CHECK_COUNT(1, marks.marks[index]);
    CHECK(!atomic_load(&marks.is_wrong));
    free(marks.marks);
  }
  pool_end(pool);
}

typedef struct numbers {
  int numbers[64];
  atomic_int sum;
} numbers_t;

static tenon_status_t sum(void *context, size_t begin, size_t end) {
  numbers_t *numbers = context;
  for (size_t index = begin; index < end; index++)
    atomic_fetch_add(&numbers->sum, numbers->numbers[index]);
  return TENON_STATUS_OK;
}

static void *loop_often(void *context) {
  tenon_executor_t *pool = context;
  for (size_t round = 0; round < conformance_rounds(20000); round++) {
    numbers_t numbers = {.sum = 0}; /* borrowed: on this stack */
    for (int index = 0; index < 64; index++)
      numbers.numbers[index] = index;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_for(pool, 64, 4, sum, &numbers));
    CHECK_COUNT(64 * 63 / 2, numbers.sum);
  }
  return NULL;
}

CASE(parallel_loops_from_many_threads_borrow_their_stacks) {
  tenon_executor_t *pool = pool_create(2);
  pthread_t threads[4];
  for (int index = 0; index < 4; index++)
    threads[index] = thread_start(loop_often, pool);
  for (int index = 0; index < 4; index++)
    thread_join(threads[index]);
  pool_end(pool);
}

/* MARK: In a scope */

static tenon_status_t cancel_the_scope(void *context, size_t begin, size_t end) {
  marks_t *marks = context;
  if (begin == 10)
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(marks->scope, NULL));
  return mark(context, begin, end);
}

CASE(a_parallel_loop_is_cancelled_with_its_scope) {
  tenon_executor_t *pool = pool_create(2);
  tenon_scope_t *scope = NULL;
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  marks_t marks = marks_create(pool, 100000);
  marks.scope = scope;
  CHECK_STATUS(TENON_STATUS_CANCELLED,
               tenon_scope_for(scope, pool, 100000, 1, cancel_the_scope, &marks));
  CHECK(atomic_load(&marks.calls) < 100000 && atomic_load(&marks.calls) >= 11);
  /* Cancelled from the beginning: nothing begins. */
  size_t calls = atomic_load(&marks.calls);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_scope_for(scope, pool, 8, 1, mark, &marks));
  CHECK_COUNT(calls, marks.calls);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_wait(end, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_scope_for(scope, pool, 8, 1, mark, &marks));
  tenon_future_release(end);
  tenon_scope_release(scope);
  free(marks.marks);
  pool_end(pool);
}

CASE(a_parallel_loop_fails_its_scope_and_ends_before_it) {
  tenon_executor_t *pool = pool_create(2), *executor = executor_create();
  tenon_scope_t *scope = NULL;
  tenon_future_t *end = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  marks_t marks = marks_create(pool, 100), failing = marks_create(pool, 100);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_scope_for(scope, executor, 100, 1, mark, &marks));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_for(scope, pool, 100, 1, mark, &marks));
  marks_end(&marks, 100);
  failing.fail_at[0] = 50;
  CHECK_STATUS(-1000, tenon_scope_for(scope, pool, 100, 1, mark, &failing));
  free(failing.marks);
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scope, &end));
  CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_wait(end, TENON_FOREVER));
  CHECK_ERROR("tenon", -1000, error_of(end));
  tenon_future_release(end);
  tenon_scope_release(scope);
  pool_end(pool);
  executor_end(executor);
}
