/*
 * What <tenon/executor.h> promises of an executor with threads of its own.
 */
#include "race.h"

#include <dirent.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#define MILLISECOND UINT64_C(1000000)

/** How many threads of pools this process has: by their names. */
static int threads_alive(void) {
  int count = 0;
  DIR *tasks = opendir("/proc/self/task");
  struct dirent *task;
  while (tasks && (task = readdir(tasks))) {
    char path[300], name[16] = "";
    snprintf(path, sizeof path, "/proc/self/task/%s/comm", task->d_name);
    FILE *file = fopen(path, "r");
    if (!file)
      continue;
    if (fgets(name, sizeof name, file) && strcmp(name, "pool\n") == 0)
      count++;
    fclose(file);
  }
  if (tasks)
    closedir(tasks);
  return count;
}

static void post(tenon_executor_t *pool, tenon_job_fn fn, void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pool, fn, context));
}

/** A job that says that it runs, and goes on when it may. */
typedef struct gate {
  tenon_executor_t *pool;
  tenon_future_t *future;
  atomic_int inside;
  atomic_int inside_max;
  atomic_int through;
  atomic_bool is_open;
  atomic_int status;
} gate_t;

static void enter(gate_t *gate) {
  int inside = atomic_fetch_add(&gate->inside, 1) + 1;
  int most = atomic_load(&gate->inside_max);
  while (inside > most && !atomic_compare_exchange_weak(&gate->inside_max, &most, inside)) {
  }
}

static void leave(gate_t *gate) {
  atomic_fetch_sub(&gate->inside, 1);
  atomic_fetch_add(&gate->through, 1);
}

static void pass_gate(void *context, tenon_status_t status) {
  gate_t *gate = context;
  if (status == TENON_STATUS_OK) {
    enter(gate);
    SPIN_UNTIL(atomic_load(&gate->is_open));
  }
  leave(gate);
}

/* MARK: Creating */

CASE(a_config_of_the_first_release_makes_an_executor_without_threads) {
  tenon_executor_t *executor = NULL;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.struct_size = offsetof(tenon_executor_config_t, threads_max);
  config.threads_max = 4;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
  executor_end(executor);
}

static void no_wake(void *context) { (void)context; }

CASE(a_wrong_pool_config_is_refused) {
  tenon_executor_t *executor;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  pattern_fill(&executor, sizeof executor);
  static const uint32_t too_many[] = {1025, UINT32_MAX / 2, UINT32_MAX};
  for (size_t index = 0; index < sizeof too_many / sizeof *too_many; index++) {
    config.threads_max = too_many[index];
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  }
  config.threads_max = 1;
  config.host = &host;
  host.wake = no_wake;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  CHECK_UNTOUCHED(executor);
}

CASE(nobody_polls_a_pool) {
  tenon_executor_t *pool = pool_create(1);
  told_t told = TOLD_INIT;
  int fd = -1;
  void *context = NULL;
  for (int round = 0; round < 2; round++) {
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_poll(pool, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_fd(pool, &fd));
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED,
                 tenon_executor_get_host_context(pool, no_wake, &context));
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_process_own(pool));
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_set_pool(pool, pool));
    CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_set_pool(pool, NULL));
    post(pool, tell, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  }
  pool_end(pool);
  CHECK_COUNT(2, told.count);
  CHECK(fd == -1);
}

/* MARK: Threads */

CASE(a_pool_has_no_thread_before_there_is_work_and_none_long_after) {
  tenon_executor_t *pool = NULL;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "pool";
  config.threads_max = 3;
  config.thread_idle_ms = 1;
  SPIN_UNTIL(threads_alive() == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &pool));
  CHECK_COUNT(0, threads_alive());
  for (int round = 0; round < 3; round++) {
    gate_t gate = {.pool = pool};
    for (int job = 0; job < 3; job++)
      post(pool, pass_gate, &gate);
    SPIN_UNTIL(atomic_load(&gate.inside) == 3);
    CHECK_COUNT(3, threads_alive());
    atomic_store(&gate.is_open, true);
    SPIN_UNTIL(threads_alive() == 0);
    CHECK_COUNT(3, gate.through);
  }
  pool_end(pool);
}

CASE(a_close_of_a_pool_joins_its_threads) {
  SPIN_UNTIL(threads_alive() == 0);
  for (int round = 0; round < 100; round++) {
    tenon_executor_t *pool = pool_create(3);
    atomic_int count = 0;
    told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
    for (int job = 0; job < 3; job++)
      post(pool, tell, &told[job]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
    /* The system may still count one that has been joined, for a moment. */
    SPIN_UNTIL(threads_alive() == 0);
    for (int job = 0; job < 3; job++)
      count += atomic_load(&told[job].count);
    CHECK_COUNT(3, count);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  }
}

CASE(jobs_of_a_pool_run_at_the_same_time_and_on_no_more_threads_than_it_may_have) {
  tenon_executor_t *pool = pool_create(3);
  gate_t gate = {.pool = pool};
  for (int job = 0; job < 20; job++)
    post(pool, pass_gate, &gate);
  SPIN_UNTIL(atomic_load(&gate.inside) == 3);
  atomic_store(&gate.is_open, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(20, gate.through);
  CHECK_COUNT(3, gate.inside_max);
  pool_end(pool);
}

typedef struct series {
  tenon_executor_t *pool;
  int left;
  atomic_int asked;
  atomic_int answered;
  atomic_bool is_over;
} series_t;

static void answer_series(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add(&((series_t *)context)->answered, 1);
}

/** Small jobs that one thread takes itself, for each of which another one is woken in vain; and now and then one that only the
 *  other one can run. */
static void run_series(void *context, tenon_status_t status) {
  series_t *series = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (series->left-- == 0) {
    atomic_store(&series->is_over, true);
    return;
  }
  if (series->left % 64 == 0) {
    int asked = atomic_fetch_add(&series->asked, 1) + 1;
    post(series->pool, answer_series, series);
    SPIN_UNTIL(atomic_load(&series->answered) == asked);
  }
  post(series->pool, run_series, series);
}

CASE(what_a_pools_thread_adds_is_not_left_to_it_although_it_takes_most_itself) {
  series_t series = {.pool = pool_create(2), .left = 64 * 100};
  post(series.pool, run_series, &series);
  SPIN_UNTIL(atomic_load(&series.is_over));
  CHECK(atomic_load(&series.answered) == 100);
  pool_end(series.pool);
}

CASE(a_job_of_a_pool_does_not_run_on_the_thread_that_posts) {
  tenon_executor_t *pool = pool_create(2);
  told_t told = TOLD_INIT;
  post(pool, tell, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(!told_here(&told));
  pool_end(pool);
}

/* MARK: Many jobs */

typedef struct producer {
  tenon_executor_t *pool;
  size_t jobs;
  atomic_size_t *count;
} producer_t;

static void count_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_fetch_add((atomic_size_t *)context, 1);
}

static void *produce(void *context) {
  producer_t *producer = context;
  for (size_t job = 0; job < producer->jobs; job++)
    post(producer->pool, count_job, producer->count);
  return NULL;
}

CASE(a_million_posts_from_eight_threads_run_once_each) {
  tenon_executor_t *pool = pool_create(4);
  atomic_size_t count = 0;
  producer_t producer = {pool, conformance_rounds(1000000) / 8, &count};
  pthread_t threads[8];
  for (int index = 0; index < 8; index++)
    threads[index] = thread_start(produce, &producer);
  for (int index = 0; index < 8; index++)
    thread_join(threads[index]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(producer.jobs * 8, count);
  tenon_executor_statistics_t statistics = executor_statistics(pool);
  CHECK_COUNT(producer.jobs * 8, statistics.jobs);
  CHECK_COUNT(0, statistics.pending);
  pool_end(pool);
}

typedef struct fork_join {
  tenon_executor_t *pool;
  atomic_size_t count;
} fork_join_t;

typedef struct branch {
  fork_join_t *tree;
  size_t leaves;
} branch_t;

static void grow(void *context, tenon_status_t status) {
  branch_t *branch = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  while (branch->leaves > 1) {
    branch_t *half = malloc(sizeof *half);
    half->tree = branch->tree;
    half->leaves = branch->leaves / 2;
    branch->leaves -= half->leaves;
    post(branch->tree->pool, grow, half);
  }
  atomic_fetch_add(&branch->tree->count, 1);
  free(branch);
}

CASE(jobs_that_make_jobs_are_all_run_and_spread) {
  fork_join_t tree = {pool_create(4), 0};
  branch_t *root = malloc(sizeof *root);
  root->tree = &tree;
  root->leaves = conformance_rounds(400000);
  size_t leaves = root->leaves;
  post(tree.pool, grow, root);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(tree.pool, NULL, TENON_FOREVER));
  CHECK_COUNT(leaves, tree.count);
  pool_end(tree.pool);
}

/** Posts more than a ring holds from a job, before any of them can run. */
static void post_many(void *context, tenon_status_t status) {
  producer_t *producer = context;
  (void)status;
  for (size_t job = 0; job < producer->jobs; job++)
    post(producer->pool, count_job, producer->count);
}

CASE(a_job_may_post_more_than_its_thread_has_room_for) {
  tenon_executor_t *pool = pool_create(1);
  atomic_size_t count = 0;
  producer_t producer = {pool, 10000, &count};
  post(pool, post_many, &producer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(10000, count);
  pool_end(pool);
}

/** Posts itself for ever. */
static void go_on(void *context, tenon_status_t status) {
  gate_t *gate = context;
  atomic_fetch_add(&gate->through, 1);
  if (status == TENON_STATUS_OK && !atomic_load(&gate->is_open))
    atomic_store(&gate->status, tenon_executor_post(gate->pool, go_on, gate));
}

CASE(jobs_that_go_on_for_ever_keep_nobody_waiting) {
  tenon_executor_t *pool = pool_create(1);
  gate_t gate = {.pool = pool};
  told_t told[2] = {TOLD_INIT, TOLD_INIT};
  post(pool, go_on, &gate);
  SPIN_UNTIL(atomic_load(&gate.through) > 1000);
  post(pool, tell, &told[0]);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, tenon_timer_now_ns() + MILLISECOND, tell, &told[1], NULL));
  SPIN_UNTIL(atomic_load(&told[0].count) == 1 && atomic_load(&told[1].count) == 1);
  atomic_store(&gate.is_open, true);
  pool_end(pool);
  CHECK_TOLD(TENON_STATUS_OK, &told[1]);
}

/* MARK: Callbacks */

CASE(callbacks_and_drops_of_a_pool_run_on_its_threads) {
  tenon_executor_t *pool = pool_create(2);
  told_t told[3] = {TOLD_INIT, TOLD_INIT, TOLD_INIT};
  atomic_int drops = 0;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, pool, tell_completion, &told[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, pool, tell, &told[1], NULL));
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, pool));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told[0]);
  CHECK_COUNT(1, told[1].count);
  CHECK(!told_here(&told[0]) && !told_here(&told[1]));
  CHECK_COUNT(1, drops);
  pool_end(pool);
}

CASE(a_stream_tells_its_ends_on_a_pool) {
  tenon_executor_t *pool = pool_create(2);
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_future_t *next;
  told_t told[2] = {TOLD_INIT, TOLD_INIT};
  config.executor = pool;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(&config, &sink, &stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_on_cancel(sink, pool, tell, &told[0], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_next(stream, &next));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(next, pool, tell_completion, &told[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_cancel(stream));
  SPIN_UNTIL(atomic_load(&told[0].count) == 1);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told[0]);
  CHECK(!told_here(&told[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_close(sink));
  SPIN_UNTIL(atomic_load(&told[1].count) == 1);
  CHECK(!told_here(&told[1]));
  tenon_future_release(next);
  tenon_sink_release(sink);
  tenon_stream_release(stream);
  pool_end(pool);
}

/* MARK: Timers */

typedef struct alarm_clock {
  uint64_t deadline_ns;
  atomic_bool was_early;
  atomic_int count;
} alarm_clock_t;

static void ring(void *context, tenon_status_t status) {
  alarm_clock_t *clock = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (tenon_timer_now_ns() < clock->deadline_ns)
    atomic_store(&clock->was_early, true);
  atomic_fetch_add(&clock->count, 1);
}

CASE(a_pools_timers_are_never_early_and_need_no_loop) {
  enum { COUNT = 300 };
  tenon_executor_t *pool = pool_create(2);
  static alarm_clock_t clocks[COUNT];
  memset(clocks, 0, sizeof clocks);
  uint64_t now_ns = tenon_timer_now_ns();
  for (int index = 0; index < COUNT; index++) {
    clocks[index].deadline_ns = now_ns + (uint64_t)(index * 7 % COUNT) * MILLISECOND / 10;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(pool, clocks[index].deadline_ns, ring, &clocks[index], NULL));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  for (int index = 0; index < COUNT; index++)
    CHECK(atomic_load(&clocks[index].count) == 1 && !atomic_load(&clocks[index].was_early));
  pool_end(pool);
}

CASE(a_timer_of_a_pool_does_not_wait_for_a_job_that_takes_long) {
  tenon_executor_t *pool = pool_create(2);
  gate_t gate = {.pool = pool};
  told_t told = TOLD_INIT;
  tenon_timer_t *timer;
  /* Idle, with a timer that keeps it so; then the only thread that there is has a job. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(pool, TENON_FOREVER, tell, &told, &timer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  SPIN_UNTIL(atomic_load(&told.count) == 1);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  told_t later = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(pool, tenon_timer_now_ns() + 20 * MILLISECOND,
                                                  tell, &later, NULL));
  post(pool, pass_gate, &gate);
  SPIN_UNTIL(atomic_load(&later.count) == 1);
  CHECK_COUNT(0, gate.through);
  atomic_store(&gate.is_open, true);
  pool_end(pool);
}

CASE(an_earlier_timer_of_a_pool_comes_before_one_that_is_waited_for) {
  tenon_executor_t *pool = pool_create(1);
  told_t late = TOLD_INIT, soon = TOLD_INIT;
  uint64_t now_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, now_ns + 3600 * 1000 * MILLISECOND, tell, &late, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(pool, now_ns + 5 * MILLISECOND, tell, &soon, NULL));
  SPIN_UNTIL(atomic_load(&soon.count) == 1);
  CHECK_NOT_TOLD(&late);
  pool_end(pool);
  CHECK_TOLD(TENON_STATUS_CLOSED, &late);
}

/* MARK: Waiting */

CASE(run_until_sleeps_until_a_pool_has_settled_a_future_or_the_time_is_over) {
  tenon_executor_t *pool = pool_create(2);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(pool, pair.future, 0));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(pool, pair.future, MILLISECOND));
  tenon_future_t *sleep = NULL;
  tenon_timer_t *never_due = NULL;
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(pool, TENON_FOREVER, tell, &told, &never_due));
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(pool, NULL, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(never_due));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(pool, 5 * MILLISECOND, &sleep));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, sleep, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, pair.future, TENON_FOREVER));
  tenon_future_release(sleep);
  tenon_future_release(pair.future);
  pool_end(pool);
}

static void *close_pool(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(context, TENON_FOREVER));
  return NULL;
}

CASE(who_waits_for_a_pool_that_closes_is_told_so) {
  for (int round = 0; round < 50; round++) {
    tenon_executor_t *pool = pool_create(1);
    pair_t pair = pair_create();
    pthread_t closer = thread_start(close_pool, pool);
    tenon_status_t status = tenon_executor_run_until(pool, pair.future, TENON_FOREVER);
    CHECK_STATUS(TENON_STATUS_CLOSED, status);
    thread_join(closer);
    tenon_future_release(pair.future);
    tenon_promise_release(pair.promise);
    tenon_executor_release(pool);
  }
}

static void wait_in_job(void *context, tenon_status_t status) {
  gate_t *gate = context;
  (void)status;
  enter(gate);
  status = tenon_future_wait(gate->future, TENON_FOREVER);
  if (status == TENON_STATUS_DEADLOCK)
    atomic_store(&gate->status, status);
  leave(gate);
}

CASE(a_wait_in_a_job_lends_its_thread_and_the_last_one_may_not) {
  tenon_executor_t *pool = pool_create(3);
  pair_t pair = pair_create();
  gate_t waiting = {.pool = pool, .future = pair.future}, refused = waiting;
  told_t told = TOLD_INIT;
  post(pool, wait_in_job, &waiting);
  post(pool, wait_in_job, &waiting);
  SPIN_UNTIL(atomic_load(&waiting.inside) == 2);
  /* Both may still be on their way into the wait; a third one gets an answer when they are there. */
  while (atomic_load(&refused.status) != TENON_STATUS_DEADLOCK && atomic_load(&refused.inside) < 1)
    post(pool, wait_in_job, &refused);
  post(pool, tell, &told);
  if (atomic_load(&refused.inside) == 0)
    SPIN_UNTIL(atomic_load(&told.count) == 1);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(2, waiting.through);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  tenon_future_release(pair.future);
  pool_end(pool);
}

typedef struct chain {
  tenon_executor_t *pool;
  tenon_future_t *future;
  tenon_promise_t *promise;
  atomic_int status;
} chain_t;

/** Waits for a job that it posts itself, as code that blocks does. */
static void resolve_chain(void *context, tenon_status_t status) {
  chain_t *chain = context;
  (void)status;
  tenon_value_t value = tenon_value_i64(1);
  tenon_promise_resolve(chain->promise, &value);
}

static void wait_for_own(void *context, tenon_status_t status) {
  chain_t *chain = context;
  (void)status;
  post(chain->pool, resolve_chain, chain);
  atomic_store(&chain->status, tenon_future_wait(chain->future, TENON_FOREVER) + 1000);
}

CASE(a_job_may_wait_for_one_that_it_has_made_if_there_is_a_spare_thread) {
  for (uint32_t threads = 1; threads <= 2; threads++) {
    tenon_executor_t *pool = pool_create(threads);
    /* One that has waited keeps no other from it. */
    for (int round = 0; round < 2; round++) {
      pair_t pair = pair_create();
      chain_t chain = {pool, pair.future, pair.promise, 0};
      post(pool, wait_for_own, &chain);
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
      CHECK_STATUS(threads == 1 ? TENON_STATUS_DEADLOCK : TENON_STATUS_OK,
                   atomic_load(&chain.status) - 1000);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(pair.future));
      tenon_future_release(pair.future);
    }
    pool_end(pool);
  }
}

static void run_until_in_job(void *context, tenon_status_t status) {
  gate_t *gate = context;
  (void)status;
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_executor_run_until(gate->pool, NULL, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_DEADLOCK, tenon_executor_run_until(gate->pool, gate->future, 0));
  leave(gate);
}

CASE(a_job_of_a_pool_cannot_wait_for_its_own_end) {
  tenon_executor_t *pool = pool_create(1);
  pair_t pair = pair_create();
  gate_t gate = {.pool = pool, .future = pair.future};
  post(pool, run_until_in_job, &gate);
  SPIN_UNTIL(atomic_load(&gate.through) == 1);
  pool_end(pool);
  tenon_promise_release(pair.promise);
  tenon_future_release(pair.future);
}

CASE(a_job_of_a_loop_cannot_wait_for_a_pool) {
  tenon_executor_t *pool = pool_create(1), *loop = executor_create();
  pair_t pair = pair_create();
  gate_t gate = {.pool = pool, .future = pair.future};
  post(loop, run_until_in_job, &gate);
  executor_poll(loop);
  CHECK_COUNT(1, atomic_load(&gate.through));
  pool_end(pool);
  executor_end(loop);
  tenon_promise_release(pair.promise);
  tenon_future_release(pair.future);
}

/* MARK: Closing */

CASE(a_close_of_a_pool_runs_what_was_accepted_and_refuses_the_rest) {
  tenon_executor_t *pool = pool_create(2);
  atomic_size_t count = 0;
  for (int job = 0; job < 1000; job++)
    post(pool, count_job, &count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
  CHECK_COUNT(1000, count);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(pool, never, NULL));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_close(pool, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_begin_close(pool, 0));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(pool, NULL, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_post(pool, never, NULL));
}

CASE(a_close_of_a_pool_cancels_and_tells_what_is_left) {
  tenon_executor_t *pool = pool_create(2);
  told_t cancelled = TOLD_INIT, completed = TOLD_INIT, timer = TOLD_INIT;
  pair_t bound = pair_create_with(0, pool), other = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(bound.promise, pool, tell, &cancelled, NULL));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(other.future, pool, tell_completion, &completed, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(pool, TENON_FOREVER, tell, &timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, 0));
  CHECK_TOLD(TENON_STATUS_CANCELLED, &cancelled);
  CHECK_TOLD(TENON_STATUS_CLOSED, &completed);
  CHECK_TOLD(TENON_STATUS_CLOSED, &timer);
  tenon_promise_release(bound.promise);
  tenon_promise_release(other.promise);
  tenon_future_release(bound.future);
  tenon_future_release(other.future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
}

static void close_in_job(void *context, tenon_status_t status) {
  gate_t *gate = context;
  (void)status;
  atomic_store(&gate->status, tenon_executor_close(gate->pool, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(gate->pool, never, NULL));
  leave(gate);
}

CASE(a_close_from_a_thread_of_the_pool_goes_on_without_it) {
  tenon_executor_t *pool = pool_create(2);
  gate_t gate = {.pool = pool};
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, pool, tell_completion, &told, NULL));
  post(pool, close_in_job, &gate);
  SPIN_UNTIL(atomic_load(&told.count) == 1);
  CHECK_TOLD(TENON_STATUS_CLOSED, &told);
  CHECK_STATUS(TENON_STATUS_PENDING, atomic_load(&gate.status));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  tenon_promise_release(pair.promise);
  tenon_future_release(pair.future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
}

static void post_when_open(void *context, tenon_status_t status) {
  gate_t *gate = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  enter(gate);
  SPIN_UNTIL(atomic_load(&gate->is_open));
  atomic_store(&gate->status, tenon_executor_post(gate->pool, never, NULL));
  leave(gate);
}

CASE(a_close_does_not_wait_for_a_job_for_longer_than_it_may) {
  tenon_executor_t *pool = pool_create(1);
  gate_t gate = {.pool = pool};
  told_t ready = TOLD_INIT;
  post(pool, post_when_open, &gate);
  SPIN_UNTIL(atomic_load(&gate.inside) == 1);
  post(pool, tell, &ready);
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_close(pool, MILLISECOND));
  CHECK_TOLD(TENON_STATUS_OK, &ready);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  atomic_store(&gate.is_open, true);
  SPIN_UNTIL(atomic_load(&gate.through) == 1);
  /* Stale by now: the pool is only there for its own thread. */
  CHECK(atomic_load(&gate.status) < 0);
  SPIN_UNTIL(threads_alive() == 0);
}

typedef struct last_turn {
  gate_t gate;
  told_t other;
} last_turn_t;

/** Lets the pool's thread go on, and returns when that has run the other job. */
static void await_other(void *context, tenon_status_t status) {
  last_turn_t *turn = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&turn->gate.is_open, true);
  SPIN_UNTIL(atomic_load(&turn->other.count) == 1);
}

CASE(a_thread_that_comes_back_helps_a_close_whose_time_is_over) {
  tenon_executor_t *pool = pool_create(1);
  last_turn_t turn = {.gate = {.pool = pool}, .other = TOLD_INIT};
  post(pool, pass_gate, &turn.gate);
  SPIN_UNTIL(atomic_load(&turn.gate.inside) == 1);
  post(pool, await_other, &turn);
  post(pool, tell, &turn.other);
  /* The one that closes runs the first of the two, which waits for the second. */
  tenon_status_t status = tenon_executor_close(pool, 0);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT);
  CHECK_TOLD(TENON_STATUS_OK, &turn.other);
  CHECK_COUNT(1, atomic_load(&turn.gate.through));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  SPIN_UNTIL(threads_alive() == 0);
}

CASE(a_thread_that_outlives_the_close_of_a_pool_that_is_kept_leaves_no_stack) {
  enum { POOLS = 100 };
  tenon_executor_t *pools[POOLS];
  size_t before = 0, stack = 0;
  for (int index = 0; index < POOLS; index++) {
    pools[index] = pool_create(1);
    gate_t gate = {.pool = pools[index]};
    post(pools[index], pass_gate, &gate);
    SPIN_UNTIL(atomic_load(&gate.inside) == 1);
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_close(pools[index], 0));
    atomic_store(&gate.is_open, true);
    SPIN_UNTIL(atomic_load(&gate.through) == 1);
    SPIN_UNTIL(threads_alive() == 0);
    if (index == 0)
      before = memory_mapped();
  }
  pthread_attr_t attributes;
  CHECK_COUNT(0, pthread_attr_init(&attributes));
  CHECK_COUNT(0, pthread_attr_getstacksize(&attributes, &stack));
  pthread_attr_destroy(&attributes);
  /* The C library keeps a few stacks for the next threads. */
  CHECK(memory_mapped() < before + POOLS / 2 * stack);
  for (int index = 0; index < POOLS; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pools[index]));
}

CASE(jobs_that_go_on_for_ever_do_not_hold_up_a_close) {
  tenon_executor_t *pool = pool_create(2);
  gate_t gate = {.pool = pool};
  post(pool, go_on, &gate);
  SPIN_UNTIL(atomic_load(&gate.through) > 10);
  tenon_status_t status = tenon_executor_close(pool, MILLISECOND);
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_TIMEOUT);
  int through = atomic_load(&gate.through);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  SPIN_UNTIL(threads_alive() == 0);
  CHECK(atomic_load(&gate.through) <= through + 1);
}

CASE(a_pool_that_begins_to_close_ends_by_itself) {
  static const uint64_t timeouts_ns[] = {0, MILLISECOND, TENON_FOREVER};
  for (int round = 0; round < 6; round++) {
    tenon_executor_t *pool = pool_create(2);
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, pool, tell_completion, &told, NULL));
    gate_t gate = {.pool = pool};
    if (round % 2 == 1)
      post(pool, pass_gate, &gate);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(pool, timeouts_ns[round / 2]));
    atomic_store(&gate.is_open, true);
    SPIN_UNTIL(atomic_load(&told.count) == 1);
    CHECK_TOLD(TENON_STATUS_CLOSED, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
    if (round % 2 == 1)
      SPIN_UNTIL(atomic_load(&gate.through) == 1);
    tenon_promise_release(pair.promise);
    tenon_future_release(pair.future);
  }
  SPIN_UNTIL(threads_alive() == 0);
}

static void close_in_time_and_pass_gate(void *context, tenon_status_t status) {
  gate_t *gate = context;
  atomic_store(&gate->status, tenon_executor_close(gate->pool, MILLISECOND));
  pass_gate(gate, status);
}

CASE(a_close_from_a_thread_of_the_pool_ends_when_its_time_is_over) {
  tenon_executor_t *pool = pool_create(2);
  gate_t gate = {.pool = pool};
  told_t told = TOLD_INIT;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, pool, tell_completion, &told, NULL));
  post(pool, close_in_time_and_pass_gate, &gate);
  SPIN_UNTIL(atomic_load(&told.count) == 1);
  CHECK_TOLD(TENON_STATUS_CLOSED, &told);
  CHECK_STATUS(TENON_STATUS_PENDING, atomic_load(&gate.status));
  CHECK_COUNT(0, atomic_load(&gate.through));
  atomic_store(&gate.is_open, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  SPIN_UNTIL(atomic_load(&gate.through) == 1);
  tenon_promise_release(pair.promise);
  tenon_future_release(pair.future);
  SPIN_UNTIL(threads_alive() == 0);
}

CASE(a_pool_that_begins_to_close_ends_when_its_time_is_over) {
  for (uint32_t threads = 1; threads <= 2; threads++) {
    tenon_executor_t *pool = pool_create(threads);
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    gate_t gate = {.pool = pool};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, pool, tell_completion, &told, NULL));
    for (uint32_t job = 1; job < threads; job++)
      post(pool, pass_gate, &gate);
    SPIN_UNTIL(atomic_load(&gate.inside) == (int)threads - 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(pool, MILLISECOND));
    /* While there is a thread that has nothing to do, also if another one never ends. */
    SPIN_UNTIL(atomic_load(&told.count) == 1);
    CHECK_TOLD(TENON_STATUS_CLOSED, &told);
    CHECK_COUNT(0, atomic_load(&gate.through));
    atomic_store(&gate.is_open, true);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
    SPIN_UNTIL(atomic_load(&gate.through) == (int)threads - 1);
    tenon_promise_release(pair.promise);
    tenon_future_release(pair.future);
  }
  SPIN_UNTIL(threads_alive() == 0);
}

static void release_in_job(void *context, tenon_status_t status) {
  gate_t *gate = context;
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(gate->pool));
  leave(gate);
}

CASE(the_last_release_of_a_pool_closes_it_without_waiting) {
  for (int round = 0; round < 20; round++) {
    tenon_executor_t *pool = pool_create(2);
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    gate_t gate = {.pool = pool};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, pool, tell_completion, &told, NULL));
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
    else
      post(pool, release_in_job, &gate);
    SPIN_UNTIL(atomic_load(&told.count) == 1);
    CHECK_TOLD(TENON_STATUS_CLOSED, &told);
    if (round % 2 == 1)
      SPIN_UNTIL(atomic_load(&gate.through) == 1);
    tenon_promise_release(pair.promise);
    tenon_future_release(pair.future);
  }
  SPIN_UNTIL(threads_alive() == 0);
}

typedef struct close_race {
  tenon_executor_t *pool;
  atomic_int accepted, told, cleaned;
} close_race_t;

static void count_told(void *context, tenon_status_t status) {
  close_race_t *race = context;
  atomic_fetch_add(status == TENON_STATUS_OK ? &race->told : &race->cleaned, 1);
}

static void before_close_race(void *context, size_t round) {
  close_race_t *race = context;
  race->pool = pool_create(1 + (uint32_t)(round % 3));
  race->accepted = race->told = race->cleaned = 0;
  if (round % 2 == 0)
    post(race->pool, count_told, race), race->accepted++;
}

static void run_close_race(void *context, size_t member, size_t round) {
  close_race_t *race = context;
  if (member == 0) {
    uint64_t timeout_ns = round % 4 < 2 ? TENON_FOREVER : 0;
    tenon_status_t status = tenon_executor_close(race->pool, timeout_ns);
    CHECK(status == TENON_STATUS_OK || (timeout_ns == 0 && status == TENON_STATUS_TIMEOUT));
    return;
  }
  for (int job = 0; job < 20; job++) {
    if (tenon_executor_post(race->pool, count_told, race) != TENON_STATUS_OK)
      return;
    atomic_fetch_add(&race->accepted, 1);
  }
}

static void after_close_race(void *context, size_t round) {
  close_race_t *race = context;
  /* A job that was running when the time was over may still be. */
  SPIN_UNTIL(race->told + race->cleaned == race->accepted);
  if (round % 4 < 2)
    CHECK_COUNT(0, race->cleaned);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(race->pool));
}

CASE(posts_race_a_close_of_a_pool_and_each_is_told_once_or_refused) {
  close_race_t context;
  race_t race = {
      3, conformance_rounds(3000), &context, before_close_race, run_close_race, after_close_race};
  race_run(&race);
}

CASE(a_million_futures_tell_a_pool) {
  tenon_executor_t *pool = pool_create(2);
  atomic_size_t count = 0;
  size_t rounds = conformance_rounds(1000000);
  for (size_t round = 0; round < rounds; round++) {
    pair_t pair = pair_create();
    post(pool, count_job, &count);
    settle(pair.promise, TENON_STATUS_OK);
    tenon_future_release(pair.future);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(rounds, count);
  pool_end(pool);
}

/* MARK: A loop's pool */

CASE(a_loop_keeps_the_pool_that_it_was_given) {
  tenon_executor_t *loop = executor_create();
  tenon_executor_t *first = pool_create(1), *second = pool_create(1), *last = pool_create(1);
  told_t told = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, first));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, first));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(first));
  post(first, tell, &told); /* The loop's reference. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(first, NULL, TENON_FOREVER));
  CHECK_COUNT(1, told.count);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, second));
  CHECK(tenon_executor_post(first, tell, &told) < 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(second));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, NULL));
  CHECK(tenon_executor_post(second, tell, &told) < 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, last));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(last));
  executor_end(loop);
  CHECK(tenon_executor_post(last, tell, &told) < 0);
  CHECK_COUNT(1, told.count);
}

CASE(a_loop_takes_no_pool_that_is_none_or_has_closed) {
  tenon_executor_t *loop = executor_create(), *other = executor_create();
  tenon_executor_t *pool = pool_create(1), *closed = pool_create(1);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_set_pool(loop, other));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_set_pool(loop, loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(closed, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_set_pool(loop, closed));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_set_pool(loop, pool));
  /* It may close before the loop that has it. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_set_pool(loop, pool));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(loop, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_set_pool(loop, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(closed));
  executor_end(other);
}

static void resolve_nothing(void *context, tenon_status_t status) {
  tenon_value_t none = tenon_value_none();
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(context, &none));
}

static void count_completed(void *context, tenon_status_t status, tenon_future_t *future) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  ++*(int *)context;
}

CASE(a_thousand_results_of_a_pool_wake_a_loop_once) {
  tenon_executor_t *loop = executor_create(), *pool = pool_create(3);
  tenon_executor_statistics_t before = TENON_EXECUTOR_STATISTICS_INIT, after = before;
  int told = 0, fd = -1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(loop, &fd));
  for (int round = 0; round < 3; round++) {
    tenon_promise_t *promises[1000];
    tenon_future_t *future;
    for (int index = 0; index < 1000; index++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promises[index], &future));
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(future, loop, count_completed, &told, NULL));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(loop, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(loop, &before));
    for (int index = 0; index < 1000; index++)
      post(pool, resolve_nothing, promises[index]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(loop, &after));
    CHECK_COUNT(1, after.wakes - before.wakes);
    CHECK_COUNT(round * 1000, told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(loop, NULL, NULL));
    CHECK_COUNT(round * 1000 + 1000, told);
  }
  pool_end(pool);
  executor_end(loop);
}

/* MARK: Fork */

CASE(a_pool_from_before_a_fork_says_so_in_the_child) {
  tenon_executor_t *pool = pool_create(2);
  told_t told = TOLD_INIT;
  post(pool, tell, &told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  pid_t child = fork();
  if (child == 0) {
    alarm(30);
    bool is_right =
        tenon_executor_post(pool, never, NULL) == TENON_STATUS_FORKED &&
        tenon_executor_run_until(pool, NULL, TENON_FOREVER) == TENON_STATUS_FORKED &&
        tenon_executor_for(pool, 1, 1, (tenon_range_fn)1, NULL) == TENON_STATUS_FORKED &&
        tenon_executor_close(pool, TENON_FOREVER) == TENON_STATUS_FORKED &&
        tenon_executor_release(pool) == TENON_STATUS_FORKED;
    _exit(is_right ? 7 : 1);
  }
  int status = 0;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 7);
  post(pool, tell, &told);
  pool_end(pool);
  CHECK_COUNT(2, told.count);
}

static void fork_in_job(void *context, tenon_status_t status) {
  gate_t *gate = context;
  (void)status;
  pid_t child = fork();
  if (child == 0) {
    alarm(30);
    _exit(tenon_executor_post(gate->pool, never, NULL) == TENON_STATUS_FORKED ? 7 : 1);
  }
  int code = 0;
  waitpid(child, &code, 0);
  CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 7);
  /* A child that returns from the job ends: nobody is left who could run another one. */
  child = fork();
  if (child == 0) {
    alarm(30);
    return;
  }
  waitpid(child, &code, 0);
  CHECK(WIFEXITED(code) && WEXITSTATUS(code) == 0);
  leave(gate);
}

CASE(a_job_of_a_pool_may_fork) {
  tenon_executor_t *pool = pool_create(2);
  gate_t gate = {.pool = pool};
  post(pool, fork_in_job, &gate);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  CHECK_COUNT(1, gate.through);
  pool_end(pool);
}

/* MARK: Statistics */

CASE(the_statistics_of_a_pool_count_its_threads_and_those_that_have_nothing_to_do) {
  tenon_executor_t *pool = pool_create(2);
  tenon_executor_statistics_t statistics = executor_statistics(pool);
  CHECK_COUNT(0, statistics.threads);
  CHECK_COUNT(0, statistics.threads_idle);
  gate_t gate = {.pool = pool};
  post(pool, pass_gate, &gate);
  post(pool, pass_gate, &gate);
  SPIN_UNTIL(atomic_load(&gate.inside) == 2);
  statistics = executor_statistics(pool);
  CHECK_COUNT(2, statistics.threads);
  CHECK_COUNT(0, statistics.threads_idle);
  atomic_store(&gate.is_open, true);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  statistics = executor_statistics(pool);
  CHECK_COUNT(2, statistics.threads);
  CHECK_COUNT(2, statistics.threads_idle);
  /* As 0.1.0 had it: what came later is left alone. */
  statistics.struct_size = offsetof(tenon_executor_statistics_t, threads);
  statistics.threads = statistics.threads_idle = 7;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_get_statistics(pool, &statistics));
  CHECK_COUNT(2, statistics.jobs);
  CHECK_COUNT(7, statistics.threads);
  CHECK_COUNT(7, statistics.threads_idle);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, TENON_FOREVER));
  statistics = executor_statistics(pool);
  CHECK_COUNT(0, statistics.threads);
  CHECK_COUNT(0, statistics.threads_idle);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
}
