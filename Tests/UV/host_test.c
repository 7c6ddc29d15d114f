/*
 * Hosts: what they may do with their loop while an executor is on it.
 */
#include "check.h"

#include <poll.h>
#include <unistd.h>

/* MARK: Loops embedded in others */

/** Whether the embedder would come to run the loop at once. */
static bool wants_turn(uv_loop_t *loop) {
  struct pollfd descriptor = {uv_backend_fd(loop), POLLIN, 0};
  return uv_backend_timeout(loop) == 0 || poll(&descriptor, 1, 0) == 1;
}

/** One turn of a host that knows the loop by its descriptor and its timeout only. */
static void take_embedded_turn(uv_loop_t *loop) {
  struct pollfd descriptor = {uv_backend_fd(loop), POLLIN, 0};
  poll(&descriptor, 1, uv_backend_timeout(loop));
  uv_run(loop, UV_RUN_NOWAIT);
}

// Host hazard 25: hosts that know the loop by uv_backend_fd() and uv_backend_timeout().
TEST(an_embedding_host_sees_a_job_of_its_own_thread) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  for (int round = 0; round < 10; round++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    CHECK(wants_turn(loop));
    CHECK(uv_loop_alive(loop));
    while (atomic_load(&told.count) == round)
      take_embedded_turn(loop);
  }
  // The same with something pending, when the loop has settled: then it would sleep.
  hold_t hold;
  hold_begin(&hold, executor);
  for (int round = 10; round < 20; round++) {
    uv_run(loop, UV_RUN_NOWAIT);
    CHECK(!wants_turn(loop));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    CHECK(wants_turn(loop));
    while (atomic_load(&told.count) == round)
      take_embedded_turn(loop);
  }
  hold_end(&hold);
  CHECK(wants_turn(loop));
  while (!is_told(&hold.told))
    take_embedded_turn(loop);
  detach_and_end(executor, loop);
}

static void *post_elsewhere(void *context) {
  void **pair = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(pair[0], tell, pair[1]));
  return NULL;
}

TEST(an_embedding_host_sees_a_job_of_another_thread) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  hold_t hold;
  hold_begin(&hold, executor);
  uv_run(loop, UV_RUN_NOWAIT);
  CHECK_COUNT(-1, uv_backend_timeout(loop));
  CHECK(!wants_turn(loop));
  told_t told = {0};
  void *pair[2] = {executor, &told};
  on_other_thread(post_elsewhere, pair);
  CHECK(wants_turn(loop));
  take_embedded_turn(loop);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(!wants_turn(loop));
  hold_end(&hold);
  while (!is_told(&hold.told))
    take_embedded_turn(loop);
  detach_and_end(executor, loop);
}

TEST(an_embedding_host_sees_timers_in_its_timeout) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  uv_run(loop, UV_RUN_NOWAIT);
  told_t told = {0};
  uint64_t deadline_ns = tenon_timer_now_ns() + 20 * NS_PER_MS;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline_ns, tell, &told, NULL));
  uv_run(loop, UV_RUN_NOWAIT);
  int timeout_ms = uv_backend_timeout(loop);
  CHECK(timeout_ms >= 0 && timeout_ms <= 21);
  int turns = 0;
  for (; !is_told(&told); turns++)
    take_embedded_turn(loop);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(atomic_load(&told.time_ns) >= deadline_ns);
  CHECK(turns <= 4);
  detach_and_end(executor, loop);
}

TEST(an_embedding_host_completes_a_detach) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  uv_run(loop, UV_RUN_NOWAIT);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  while (!is_told(&detached) && CHECK(uv_loop_alive(loop)))
    take_embedded_turn(loop);
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

/* MARK: uv_stop, and batches */

typedef struct batch {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  int ran;
  int stop_at;
} batch_t;

static void run_batched(void *context, tenon_status_t status) {
  batch_t *batch = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (++batch->ran == batch->stop_at)
    uv_stop(batch->loop);
}

static void post_batch(batch_t *batch, int count) {
  for (int index = 0; index < count; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(batch->executor, run_batched, batch));
}

// Host hazard 26: uv_stop() during our batch.
TEST(uv_stop_in_a_job_returns_after_that_job_and_the_rest_runs_next_time) {
  uv_loop_t *loop = loop_create();
  batch_t batch = {loop, attach(loop), 0, 3};
  post_batch(&batch, 10);
  CHECK(uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(3, batch.ran);
  batch.stop_at = 7;
  CHECK(uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(7, batch.ran);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(10, batch.ran);
  detach_and_end(batch.executor, loop);
}

TEST(uv_stop_before_the_batch_leaves_all_of_it_for_next_time) {
  uv_loop_t *loop = loop_create();
  batch_t batch = {loop, attach(loop), 0, 0};
  post_batch(&batch, 10);
  uv_stop(loop);
  CHECK(uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, batch.ran);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(10, batch.ran);
  detach_and_end(batch.executor, loop);
}

TEST(uv_stop_during_a_detach_only_delays_it) {
  uv_loop_t *loop = loop_create();
  batch_t batch = {loop, attach(loop), 0, 5};
  post_batch(&batch, 10);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(batch.executor, NS_PER_S, tell, &detached));
  CHECK(uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(5, batch.ran);
  CHECK_NOT_TOLD(&detached);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(10, batch.ran);
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(batch.executor));
  loop_end(loop);
}

typedef struct turn_sizes {
  uv_check_t check;
  const batch_t *batch;
  int seen;
  int largest;
} turn_sizes_t;

static void measure_turn(uv_check_t *check) {
  turn_sizes_t *sizes = check->data;
  int size = sizes->batch->ran - sizes->seen;
  sizes->seen = sizes->batch->ran;
  if (size > sizes->largest)
    sizes->largest = size;
}

/** The most jobs in one turn, of 100. */
static int largest_turn(const tenon_uv_config_t *config, int jobs) {
  uv_loop_t *loop = loop_create();
  batch_t batch = {loop, NULL, 0, 0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, config, &batch.executor));
  turn_sizes_t sizes = {.batch = &batch};
  uv_check_init(loop, &sizes.check);
  sizes.check.data = &sizes;
  uv_check_start(&sizes.check, measure_turn);
  uv_unref((uv_handle_t *)&sizes.check);
  post_batch(&batch, jobs);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(jobs, batch.ran);
  uv_close((uv_handle_t *)&sizes.check, NULL);
  detach_and_end(batch.executor, loop);
  return sizes.largest;
}

TEST(jobs_max_bounds_a_turn) {
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  CHECK_COUNT(100, largest_turn(&config, 100));
  CHECK_COUNT(2048, largest_turn(&config, 5000));
  config.jobs_max = 10;
  CHECK_COUNT(10, largest_turn(&config, 100));
  config.jobs_max = 1;
  CHECK_COUNT(1, largest_turn(&config, 100));
}

TEST(time_ns_max_bounds_a_turn_and_even_one_nanosecond_gets_on) {
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  config.time_ns_max = 1;
  CHECK(largest_turn(&config, 100) < 100);
  config.time_ns_max = 3600 * NS_PER_S;
  CHECK_COUNT(100, largest_turn(&config, 100));
}

typedef struct selfish {
  tenon_executor_t *executor;
  int ran;
  const host_timer_t *timer;
  int pipe_reads;
} selfish_t;

static void repost(void *context, tenon_status_t status) {
  selfish_t *selfish = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  selfish->ran++;
  if (selfish->timer->count < 3 || selfish->pipe_reads == 0)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(selfish->executor, repost, selfish));
}

static void read_pipe(uv_poll_t *handle, int status, int events) {
  selfish_t *selfish = handle->data;
  char byte;
  int fd = -1;
  (void)events;
  CHECK_COUNT(0, status);
  CHECK_COUNT(0, uv_fileno((uv_handle_t *)handle, &fd));
  CHECK_COUNT(1, read(fd, &byte, 1));
  selfish->pipe_reads++;
  uv_close((uv_handle_t *)handle, NULL);
}

// Host hazard 26: a batch needs a bound.
TEST(a_job_that_posts_itself_for_ever_starves_neither_timers_nor_io) {
  uv_loop_t *loop = loop_create();
  host_timer_t timer;
  host_timer_start(&timer, loop, 2, 2);
  selfish_t selfish = {attach(loop), 0, &timer, 0};
  int ends[2];
  CHECK_COUNT(0, pipe(ends));
  uv_poll_t reader;
  CHECK_COUNT(0, uv_poll_init(loop, &reader, ends[0]));
  reader.data = &selfish;
  uv_poll_start(&reader, UV_READABLE, read_pipe);
  CHECK_COUNT(1, write(ends[1], "x", 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(selfish.executor, repost, &selfish));
  while (timer.count < 3 || selfish.pipe_reads == 0)
    CHECK(uv_run(loop, UV_RUN_ONCE));
  CHECK(selfish.ran > 0);
  host_timer_close(&timer);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  close(ends[0]);
  close(ends[1]);
  detach_and_end(selfish.executor, loop);
}

static void restart_due_timer(void *context, tenon_status_t status) {
  selfish_t *selfish = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  selfish->ran++;
  if (selfish->timer->count < 3)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(selfish->executor, 0, restart_due_timer, selfish, NULL));
}

TEST(a_timer_that_is_always_due_starves_no_timer_of_the_host) {
  uv_loop_t *loop = loop_create();
  host_timer_t timer;
  host_timer_start(&timer, loop, 2, 2);
  selfish_t selfish = {attach(loop), 0, &timer, 0};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(selfish.executor, 0, restart_due_timer, &selfish, NULL));
  while (timer.count < 3)
    CHECK(uv_run(loop, UV_RUN_ONCE));
  CHECK(selfish.ran > 0);
  host_timer_close(&timer);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  detach_and_end(selfish.executor, loop);
}

/* MARK: Hosts that close all handles */

enum { SENDERS = 2, SENDS = 1000 };

typedef struct sender {
  tenon_executor_t *executor;
  atomic_int accepted;
  atomic_int told;
} sender_t;

static void count_told(void *context, tenon_status_t status) {
  sender_t *sender = context;
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  atomic_fetch_add(&sender->told, 1);
}

static void *send_jobs(void *context) {
  sender_t *sender = context;
  for (int index = 0; index < SENDS; index++) {
    tenon_status_t status = tenon_executor_post(sender->executor, count_told, sender);
    if (status == TENON_STATUS_OK)
      atomic_fetch_add(&sender->accepted, 1);
    else
      CHECK_STATUS(TENON_STATUS_CLOSED, status);
  }
  return NULL;
}

// Host hazard 22: the host closes all handles of its loop, ours included, while threads send.
TEST(senders_outlive_a_loop_whose_host_closed_every_handle) {
  for (size_t round = 0; round < rounds(100); round++) {
    uv_loop_t *loop = loop_create();
    sender_t sender = {attach(loop), 0, 0};
    hold_t hold;
    hold_begin(&hold, sender.executor);
    uv_run(loop, UV_RUN_NOWAIT);
    pthread_t threads[SENDERS];
    for (int index = 0; index < SENDERS; index++)
      threads[index] = thread_start(send_jobs, &sender);
    loop_close_handles(loop);
    uv_run(loop, UV_RUN_DEFAULT);
    loop_end(loop);
    if (round % 2)
      for (int index = 0; index < SENDERS; index++)
        thread_join(threads[index]);
    told_t detached = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(sender.executor, NS_PER_S, tell, &detached));
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    CHECK_TOLD(TENON_STATUS_CLOSED, &hold.told);
    hold_end(&hold);
    if (round % 2 == 0)
      for (int index = 0; index < SENDERS; index++)
        thread_join(threads[index]);
    CHECK_COUNT(atomic_load(&sender.accepted), atomic_load(&sender.told));
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(sender.executor, 0, tell_never, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(sender.executor));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_retain(sender.executor));
  }
}

// Host hazard 22, with a detach before.
TEST(a_detach_before_the_host_closes_every_handle_is_told_in_uv_run) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t job = {0};
  hold_t hold;
  hold_begin(&hold, executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &job));
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  loop_close_handles(loop);
  CHECK_NOT_TOLD(&detached);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_COUNT(1, atomic_load(&job.count));
  CHECK_TOLD(TENON_STATUS_CLOSED, &hold.told);
  hold_end(&hold);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

TEST(a_detach_between_the_hosts_closing_and_its_last_uv_run_is_told_once) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  loop_close_handles(loop);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

typedef struct closing {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  bool detaches;
  bool detaches_first;
  told_t detached;
} closing_t;

static void close_handles_in_job(void *context, tenon_status_t status) {
  closing_t *closing = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (closing->detaches && closing->detaches_first)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_uv_detach(closing->executor, NS_PER_S, tell, &closing->detached));
  loop_close_handles(closing->loop);
  if (closing->detaches && !closing->detaches_first)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_uv_detach(closing->executor, NS_PER_S, tell, &closing->detached));
  CHECK_NOT_TOLD(&closing->detached);
}

// Host hazard 22, in the middle of a turn.
TEST(a_host_closes_every_handle_inside_a_job) {
  for (int variant = 0; variant < 3; variant++) {
    uv_loop_t *loop = loop_create();
    closing_t closing = {loop, attach(loop), variant != 0, variant == 2, {0}};
    told_t rest = {0};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(closing.executor, close_handles_in_job, &closing));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(closing.executor, tell, &rest));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    if (!closing.detaches)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_uv_detach(closing.executor, NS_PER_S, tell, &closing.detached));
    CHECK_TOLD(TENON_STATUS_OK, &closing.detached);
    CHECK_COUNT(1, atomic_load(&rest.count));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(closing.executor));
    loop_end(loop);
  }
}

typedef struct of_type {
  uv_handle_type type;
  uv_close_cb fn;
} of_type_t;

static void close_of_type(uv_handle_t *handle, void *context) {
  const of_type_t *of_type = context;
  if (uv_handle_get_type(handle) == of_type->type && !uv_is_closing(handle))
    uv_close(handle, of_type->fn);
}

static int hosts_closes;

static void count_hosts_close(uv_handle_t *handle) {
  (void)handle;
  hosts_closes++;
}

TEST(a_host_closes_one_of_the_two_handles) {
  static const uv_handle_type types[2] = {UV_POLL, UV_TIMER};
  for (int variant = 0; variant < 4; variant++) {
    uv_loop_t *loop = loop_create();
    tenon_executor_t *executor = attach(loop);
    hold_t hold;
    hold_begin(&hold, executor);
    told_t timer = {0};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(executor, TENON_FOREVER - 1, tell, &timer, NULL));
    uv_run(loop, UV_RUN_NOWAIT);
    of_type_t of_type = {types[variant % 2], count_hosts_close};
    hosts_closes = 0;
    told_t detached = {0};
    if (variant < 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
    uv_walk(loop, close_of_type, &of_type);
    if (variant >= 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_COUNT(1, hosts_closes);
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    CHECK_TOLD(TENON_STATUS_CLOSED, &hold.told);
    CHECK_TOLD(TENON_STATUS_CLOSED, &timer);
    hold_end(&hold);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    loop_end(loop);
  }
}

/** Has somebody else use the memory that was just freed, whatever its size is. */
static void use_freed_memory(void *blocks[], size_t count) {
  for (size_t index = 0; index < count; index++) {
    size_t size = 16 * (index + 1);
    blocks[index] = malloc(size);
    memset(blocks[index], 0xa5, size);
  }
}

TEST(what_the_host_closes_is_there_until_libuv_is_done_with_it) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  loop_close_handles(loop);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, NS_PER_S, tell, &detached));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  void *blocks[128];
  use_freed_memory(blocks, sizeof blocks / sizeof *blocks);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  for (size_t index = 0; index < sizeof blocks / sizeof *blocks; index++)
    free(blocks[index]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

TEST(what_is_used_after_the_host_closed_every_handle_touches_no_loop) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  loop_close_handles(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  loop_end(loop);
  uv_loop_t *gone;
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_get_loop(executor, &gone));
  // All of this would ask the loop for something.
  told_t told[3] = {{0}};
  hold_t hold;
  hold_begin(&hold, executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 0, tell, &told[2], NULL));
  hold_end(&hold);
  while (!is_told(&told[2]))
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
  CHECK_TOLD(TENON_STATUS_OK, &hold.told);
  CHECK_TOLD(TENON_STATUS_OK, &told[0]);
  CHECK_NOT_TOLD(&told[1]);
  CHECK_TOLD(TENON_STATUS_OK, &told[2]);
  told_t detached = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
  CHECK_TOLD(TENON_STATUS_OK, &detached);
  CHECK_TOLD(TENON_STATUS_CLOSED, &told[1]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

TEST(an_executor_closed_after_the_host_closed_every_handle_is_gone_after_the_detach) {
  uv_loop_t *loop = loop_create();
  int before = descriptors_open();
  tenon_executor_t *executor = attach(loop);
  loop_close_handles(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, NS_PER_S));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_retain(executor));
  CHECK_COUNT(before, descriptors_open());
  loop_end(loop);
}

/* MARK: tenon_executor_run_until() */

typedef struct resolver {
  uv_timer_t timer;
  tenon_promise_t *promise;
} resolver_t;

static void resolve_in_timer(uv_timer_t *timer) {
  resolver_t *resolver = timer->data;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(resolver->promise, NULL));
  uv_close((uv_handle_t *)timer, NULL);
}

TEST(run_until_runs_the_hosts_handles_too) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  resolver_t resolver;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &resolver.promise, &future));
  uv_timer_init(loop, &resolver.timer);
  resolver.timer.data = &resolver;
  uv_timer_start(&resolver.timer, resolve_in_timer, 10, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  detach_and_end(executor, loop);
}

typedef struct late_resolver {
  turns_t turns;
  tenon_promise_t *promise;
} late_resolver_t;

static void *resolve_when_the_loop_waits(void *context) {
  late_resolver_t *resolver = context;
  SPIN_UNTIL(atomic_load(&resolver->turns.count) != 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(resolver->promise, NULL));
  return NULL;
}

TEST(run_until_sleeps_in_the_loop_until_another_thread_settles) {
  // Also when nothing of ours keeps the loop alive.
  for (int referenced = 1; referenced >= 0; referenced--) {
    uv_loop_t *loop = loop_create();
    tenon_executor_t *executor = attach(loop);
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_set_referenced(executor, referenced != 0));
    late_resolver_t resolver;
    tenon_future_t *future;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &resolver.promise, &future));
    turns_start(&resolver.turns, loop);
    pthread_t thread = thread_start(resolve_when_the_loop_waits, &resolver);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
    CHECK(atomic_load(&resolver.turns.count) <= 4);
    thread_join(thread);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK_COUNT(0, uv_loop_alive(loop));
    turns_close(&resolver.turns);
    detach_and_end(executor, loop);
  }
}

TEST(run_until_ends_when_its_time_is_over) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  uint64_t begin_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, future, 20 * NS_PER_MS));
  CHECK(tenon_timer_now_ns() - begin_ns >= 20 * NS_PER_MS);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  uv_run(loop, UV_RUN_DEFAULT);
  detach_and_end(executor, loop);
}

TEST(run_until_keeps_its_time_and_the_timers_when_the_host_has_closed_the_handles) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  tenon_promise_t *promise;
  tenon_future_t *future, *nap;
  loop_close_handles(loop);
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  uint64_t begin_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, future, 5 * NS_PER_MS));
  CHECK(tenon_timer_now_ns() - begin_ns >= 5 * NS_PER_MS);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(executor, 5 * NS_PER_MS, &nap));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, nap, TENON_FOREVER));
  CHECK(tenon_timer_now_ns() - begin_ns >= 10 * NS_PER_MS);
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(executor, future, NS_PER_MS));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(nap));
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  loop_end(loop);
}

typedef struct nested {
  uv_timer_t timer;
  tenon_executor_t *executor;
  resolver_t inner;
  tenon_promise_t *promise;
  tenon_status_t in_time;
  tenon_status_t status;
} nested_t;

static void wait_in_timer(uv_timer_t *timer) {
  nested_t *nested = timer->data;
  tenon_future_t *future, *never;
  tenon_promise_t *promise;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &nested->inner.promise, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &never));
  uv_timer_init(timer->loop, &nested->inner.timer);
  nested->inner.timer.data = &nested->inner;
  uv_timer_start(&nested->inner.timer, resolve_in_timer, 5, 0);
  nested->status = tenon_executor_run_until(nested->executor, future, TENON_FOREVER);
  nested->in_time = tenon_executor_run_until(nested->executor, never, 5 * NS_PER_MS);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(nested->promise, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(never));
  uv_close((uv_handle_t *)timer, NULL);
}

TEST(run_until_nests_in_a_callback_of_the_loop_that_run_until_turns) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  nested_t nested;
  tenon_future_t *future;
  memset(&nested, 0, sizeof nested);
  nested.executor = executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &nested.promise, &future));
  uv_timer_init(loop, &nested.timer);
  nested.timer.data = &nested;
  uv_timer_start(&nested.timer, wait_in_timer, 1, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, nested.status);
  CHECK_STATUS(TENON_STATUS_TIMEOUT, nested.in_time);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  detach_and_end(executor, loop);
}

static void resolve_in_tenon_timer(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(context, NULL));
}

static void let_time_pass(uv_timer_t *timer) {
  const uint64_t *until_ns = timer->data;
  while (tenon_timer_now_ns() < *until_ns)
    continue;
  uv_update_time(timer->loop);
}

TEST(run_until_returns_when_a_timer_settles_right_before_the_loop_sleeps) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  uint64_t deadline_ns = tenon_timer_now_ns() + 5 * NS_PER_MS;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, deadline_ns, resolve_in_tenon_timer, promise, NULL));
  uv_run(loop, UV_RUN_NOWAIT); // No wake is left that would keep the loop from sleeping.
  // In the phase of the loop in which its timers run, so that ours is due in the same one.
  uint64_t until_ns = deadline_ns + 5 * NS_PER_MS;
  uv_timer_t timer;
  uv_timer_init(loop, &timer);
  timer.data = &until_ns;
  uv_timer_start(&timer, let_time_pass, 0, 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, future, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  uv_close((uv_handle_t *)&timer, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  detach_and_end(executor, loop);
}

TEST(run_until_without_a_future_ends_when_nothing_is_pending) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told[2] = {{0}};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 5 * NS_PER_MS,
                                                  tell, &told[1], NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  CHECK_TOLD(TENON_STATUS_OK, &told[0]);
  CHECK_TOLD(TENON_STATUS_OK, &told[1]);
  detach_and_end(executor, loop);
}

typedef struct quitting {
  tenon_executor_t *executor;
  told_t detached;
} quitting_t;

static void detach_in_job(void *context, tenon_status_t status) {
  quitting_t *quitting = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_uv_detach(quitting->executor, NS_PER_S, tell, &quitting->detached));
}

TEST(a_detach_ends_run_until) {
  uv_loop_t *loop = loop_create();
  quitting_t quitting = {attach(loop), {0}};
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(quitting.executor, detach_in_job, &quitting));
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_executor_run_until(quitting.executor, future, TENON_FOREVER));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &quitting.detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(quitting.executor));
  loop_end(loop);
}

typedef struct detaching {
  uv_timer_t timer;
  quitting_t quitting;
} detaching_t;

static void detach_in_timer(uv_timer_t *timer) {
  detaching_t *detaching = timer->data;
  detach_in_job(&detaching->quitting, TENON_STATUS_OK);
  uv_close((uv_handle_t *)timer, NULL);
}

TEST(a_detach_that_completes_inside_run_until_leaves_nothing_to_touch) {
  uv_loop_t *loop = loop_create();
  detaching_t detaching = {.quitting = {attach(loop), {0}}};
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  uv_timer_init(loop, &detaching.timer);
  detaching.timer.data = &detaching;
  // Begun before the loop polls, and complete in the same turn.
  uv_timer_start(&detaching.timer, detach_in_timer, 0, 0);
  CHECK_STATUS(TENON_STATUS_CLOSED,
               tenon_executor_run_until(detaching.quitting.executor, future, TENON_FOREVER));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &detaching.quitting.detached);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(detaching.quitting.executor));
  loop_end(loop);
}

static void run_loop_in_job(void *context, tenon_status_t status) {
  closing_t *closing = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(closing->executor, tell, &closing->detached));
  uv_run(closing->loop, UV_RUN_NOWAIT);
  CHECK_NOT_TOLD(&closing->detached);
}

TEST(a_job_that_runs_the_loop_loses_nothing) {
  uv_loop_t *loop = loop_create();
  closing_t closing = {loop, attach(loop), false, false, {0}};
  told_t timer = {0};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(closing.executor, tenon_timer_now_ns() + 5 * NS_PER_MS, tell,
                                 &timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(closing.executor, run_loop_in_job, &closing));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &closing.detached);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  detach_and_end(closing.executor, loop);
}
