/*
 * The adapter for io_uring, checked; and submissions as futures.
 */
#define _GNU_SOURCE

#include <sys/syscall.h>
#include <tenon/adapter_check.h>
#include <tenon/uring.h>

typedef struct world {
  struct io_uring ring;
  bool is_stopped;
} world_t;

static void *create(void) {
  world_t *world = calloc(1, sizeof *world);
  if (!world || io_uring_queue_init(64, &world->ring, 0) != 0)
    return NULL;
  return world;
}

typedef struct later {
  struct __kernel_timespec time;
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static void run(void *context) {
  world_t *world = context;
  struct io_uring_cqe *cqe;
  world->is_stopped = false;
  while (!world->is_stopped) {
    io_uring_submit_and_wait(&world->ring, 1);
    while (!world->is_stopped && io_uring_peek_cqe(&world->ring, &cqe) == 0) {
      struct io_uring_cqe completion = *cqe;
      io_uring_cqe_seen(&world->ring, cqe);
      if (tenon_uring_take(&completion))
        continue;
      later_t later = *(later_t *)(uintptr_t)completion.user_data;
      free((void *)(uintptr_t)completion.user_data);
      later.fn(later.context);
    }
  }
  world->is_stopped = false;
}

static void stop(void *context) { ((world_t *)context)->is_stopped = true; }

static void after(void *context, uint32_t delay_ms, tenon_adapter_callback_fn fn,
                  void *fn_context) {
  world_t *world = context;
  later_t *later = malloc(sizeof *later);
  struct io_uring_sqe *entry = io_uring_get_sqe(&world->ring);
  if (!later || !entry)
    abort();
  *later = (later_t){{delay_ms / 1000, (long long)(delay_ms % 1000) * 1000000}, fn, fn_context};
  io_uring_prep_timeout(entry, &later->time, 0, 0);
  io_uring_sqe_set_data(entry, later);
}

static void destroy(void *context) {
  world_t *world = context;
  io_uring_queue_exit(&world->ring);
  tenon_uring_gone(&world->ring);
  free(world);
}

static tenon_status_t attach(void *context, tenon_executor_t **executor_out) {
  return tenon_uring_attach(&((world_t *)context)->ring, NULL, executor_out);
}

static int failures;

static void expect(bool held, const char *what) {
  if (held)
    return;
  failures++;
  fprintf(stderr, "uring: not so: %s\n", what);
}

static void stop_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)status;
  (void)future;
  stop(context);
}

static tenon_status_t await(world_t *world, tenon_executor_t *executor, tenon_future_t *future) {
  tenon_future_on_complete(future, executor, stop_completion, world, NULL);
  run(world);
  return tenon_future_poll(future);
}

static void check_futures(void) {
  world_t *world = create();
  tenon_executor_t *executor;
  tenon_future_t *future;
  char text[3] = "ab", read_back[3] = "";
  int pair[2];
  expect(pipe(pair) == 0 && attach(world, &executor) == TENON_STATUS_OK, "a world");
  struct io_uring_sqe *entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_write(entry, pair[1], text, 3, 0);
  tenon_uring_future(executor, entry, &future);
  tenon_value_t value = tenon_value_none();
  expect(await(world, executor, future) == TENON_STATUS_OK &&
             tenon_future_take(future, &value) == TENON_STATUS_OK && value.as.i64 == 3,
         "a submission's result is its future's");
  tenon_future_release(future);
  entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_read(entry, pair[0], read_back, 3, 0);
  tenon_uring_future(executor, entry, &future);
  expect(await(world, executor, future) == TENON_STATUS_OK && strcmp(text, read_back) == 0,
         "a read reads");
  tenon_future_release(future);
  entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_read(entry, pair[0], read_back, 3, 0);
  tenon_uring_future(executor, entry, &future);
  tenon_future_cancel(future);
  expect(await(world, executor, future) == TENON_STATUS_CANCELLED,
         "a cancel of the future is one of the submission");
  tenon_future_release(future);
  entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_read(entry, -1, read_back, 3, 0);
  tenon_uring_future(executor, entry, &future);
  tenon_error_t *error;
  int64_t code = 0;
  expect(await(world, executor, future) == TENON_STATUS_REJECTED &&
             tenon_future_copy_error(future, &error) == TENON_STATUS_OK,
         "a submission's error is its future's");
  tenon_error_get_code(error, &code);
  expect(code == EBADF, "it keeps its number");
  tenon_error_release(error);
  tenon_future_release(future);
  tenon_executor_begin_close(executor, 0);
  entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_read(entry, pair[0], read_back, 3, 0);
  expect(tenon_uring_future(executor, entry, &future) == TENON_STATUS_CLOSED &&
             entry->opcode == IORING_OP_NOP,
         "an executor that closes submits nothing more");
  tenon_executor_release(executor);
  close(pair[0]);
  close(pair[1]);
  destroy(world);
}

static void next_of(world_t *world, struct io_uring_cqe *completion_out) {
  struct io_uring_cqe *cqe;
  if (io_uring_wait_cqe(&world->ring, &cqe) != 0)
    abort();
  *completion_out = *cqe;
  io_uring_cqe_seen(&world->ring, cqe);
}

/** A sleep that begins before the kernel has told that the timer of the one before is taken back. */
static void check_timers(void) {
  world_t *world = create();
  tenon_executor_t *executor;
  tenon_future_t *first, *second;
  expect(attach(world, &executor) == TENON_STATUS_OK, "a world");
  tenon_future_sleep(executor, UINT64_C(3600000000000), &first);
  io_uring_submit(&world->ring);
  struct io_uring_cqe woken, kept[3];
  next_of(world, &woken);
  tenon_uring_take(&woken); /* sets the timer */
  tenon_future_cancel(first);
  io_uring_submit(&world->ring);
  next_of(world, &woken);
  tenon_uring_take(&woken); /* takes it back */
  io_uring_submit(&world->ring);
  tenon_future_sleep(executor, 1000000, &second);
  /* The wake first, and then what is there of the timer. */
  for (int i = 0; i < 3; i++)
    next_of(world, &kept[i]);
  for (int turn = 0; turn < 2; turn++)
    for (int i = 0; i < 3; i++)
      if (((kept[i].flags & IORING_CQE_F_MORE) != 0) == (turn == 0))
        tenon_uring_take(&kept[i]);
  expect(await(world, executor, second) == TENON_STATUS_OK, "a timer that is set again comes");
  tenon_future_release(first);
  tenon_future_release(second);
  tenon_executor_close(executor, 0);
  tenon_executor_release(executor);
  destroy(world);
}

/** A small queue, and one that the kernel empties in its time: submissions of ours find a place. */
static void check_small_queues(void) {
  for (unsigned flags = 0; flags <= IORING_SETUP_SQPOLL; flags += IORING_SETUP_SQPOLL) {
    world_t *world = calloc(1, sizeof *world);
    tenon_executor_t *executors[8];
    tenon_future_t *sleeps[8];
    if (!world || io_uring_queue_init(1, &world->ring, flags) != 0) {
      free(world);
      continue; /* a kernel that forbids it */
    }
    for (int i = 0; i < 8; i++) {
      expect(attach(world, &executors[i]) == TENON_STATUS_OK &&
                 tenon_future_sleep(executors[i], 1000000 * (uint64_t)(i + 1), &sleeps[i]) ==
                     TENON_STATUS_OK,
             "an executor on a small queue");
    }
    for (int i = 7; i >= 0; i--) {
      expect(await(world, executors[i], sleeps[i]) == TENON_STATUS_OK, "its timer comes");
      tenon_future_release(sleeps[i]);
    }
    for (int i = 0; i < 8; i++) {
      tenon_executor_close(executors[i], 0);
      tenon_executor_release(executors[i]);
    }
    destroy(world);
  }
}

/** A ring that takes nothing says so at once, and later takes what it is given. */
static void check_disabled_rings(void) {
  for (unsigned flags = 0; flags <= IORING_SETUP_SQPOLL; flags += IORING_SETUP_SQPOLL) {
    world_t *world = calloc(1, sizeof *world);
    tenon_executor_t *executors[2];
    tenon_future_t *sleep;
    if (!world || io_uring_queue_init(1, &world->ring, flags | IORING_SETUP_R_DISABLED) != 0) {
      free(world);
      continue;
    }
    expect(attach(world, &executors[0]) == TENON_STATUS_OK, "the queue has room for one");
    expect(attach(world, &executors[1]) == TENON_STATUS_NO_RESOURCES, "and none for another one");
    /* liburing 2.3 only declares its function. */
    expect(syscall(__NR_io_uring_register, world->ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL,
                   0) == 0,
           "a ring that is enabled");
    expect(attach(world, &executors[1]) == TENON_STATUS_OK, "it takes what waited");
    for (int i = 0; i < 2; i++) {
      tenon_future_sleep(executors[i], 1, &sleep);
      expect(await(world, executors[i], sleep) == TENON_STATUS_OK, "and both run");
      tenon_future_release(sleep);
      tenon_executor_close(executors[i], 0);
      tenon_executor_release(executors[i]);
    }
    destroy(world);
  }
}

/** The kernel takes none of these: the queue is full, and cannot be submitted. */
static void take_refused(world_t *world, const struct io_uring_cqe *completions, int count) {
  const int fd = world->ring.enter_ring_fd;
  struct io_uring_sqe *entry;
  while ((entry = io_uring_get_sqe(&world->ring)) != NULL) {
    io_uring_prep_nop(entry);
    io_uring_sqe_set_data(entry, NULL);
  }
  world->ring.enter_ring_fd = -1;
  for (int i = 0; i < count; i++)
    tenon_uring_take(&completions[i]);
  world->ring.enter_ring_fd = fd;
}

static void turn(world_t *world) {
  struct io_uring_cqe completion;
  io_uring_submit(&world->ring);
  next_of(world, &completion);
  tenon_uring_take(&completion);
}

/** The host takes a poll of ours off its ring; its completions, the last one last. */
static int end_poll(world_t *world, uint64_t poll, struct io_uring_cqe *completions_out) {
  struct io_uring_sqe *entry = io_uring_get_sqe(&world->ring);
  int count = 0;
  io_uring_prep_cancel64(entry, poll, 0);
  io_uring_sqe_set_data(entry, NULL);
  io_uring_submit(&world->ring);
  do {
    next_of(world, &completions_out[count]);
    count += completions_out[count].user_data == poll;
  } while (count == 0 || (completions_out[count - 1].flags & IORING_CQE_F_MORE));
  return count;
}

static void tell(void *flag, tenon_status_t status) { *(bool *)flag = status == TENON_STATUS_OK; }

typedef struct asked {
  tenon_executor_t *executor;
  tenon_future_t *cancelled[2], *sleep;
} asked_t;

static void ask(void *context, tenon_status_t status) {
  asked_t *asked = context;
  (void)status;
  for (int i = 0; i < 2; i++)
    tenon_future_cancel(asked->cancelled[i]);
  tenon_future_sleep(asked->executor, 1, &asked->sleep);
}

/** Until nothing is left to do. */
static void settle(world_t *world) {
  struct io_uring_cqe *cqe;
  io_uring_submit(&world->ring);
  while (io_uring_peek_cqe(&world->ring, &cqe) == 0) {
    struct io_uring_cqe completion = *cqe;
    io_uring_cqe_seen(&world->ring, cqe);
    tenon_uring_take(&completion);
    io_uring_submit(&world->ring);
  }
}

/** The first completion of the poll that tells of wakes, or, as 0, of any. */
static void next_wake(world_t *world, uint64_t reader, struct io_uring_cqe *woken_out) {
  do
    next_of(world, woken_out);
  while (!(woken_out->flags & IORING_CQE_F_MORE) ||
         (reader != 0 && woken_out->user_data != reader));
}

/** Waits for a descriptor, and says which poll tells of descriptors. */
static uint64_t readable(world_t *world, tenon_executor_t *executor, const int *pair,
                         uint64_t reader) {
  tenon_future_t *future;
  uint64_t watcher = 0;
  char byte;
  expect(tenon_future_readable(executor, pair[0], &future) == TENON_STATUS_OK, "a descriptor");
  settle(world); /* it is watched */
  expect(write(pair[1], "x", 1) == 1, "it can be read from");
  while (tenon_future_poll(future) == TENON_STATUS_PENDING) {
    struct io_uring_cqe completion;
    io_uring_submit(&world->ring);
    next_of(world, &completion);
    if ((completion.flags & IORING_CQE_F_MORE) && completion.user_data != reader)
      watcher = completion.user_data;
    tenon_uring_take(&completion);
  }
  tenon_future_release(future);
  expect(read(pair[0], &byte, 1) == 1, "it was read from");
  settle(world);
  return watcher;
}

/** What the kernel takes no entry for is made up for: polls, the timer, cancels, and those of the end. */
static void check_refused(void) {
  world_t *world = create();
  asked_t asked;
  tenon_future_t *sleep;
  struct io_uring_cqe woken, kept[16];
  char byte;
  int pair[2], reads[2];
  bool has_run = false, has_ended = false;
  expect(pipe(pair) == 0 && pipe(reads) == 0 && attach(world, &asked.executor) == TENON_STATUS_OK &&
             tenon_executor_post(asked.executor, tell, &has_run) == TENON_STATUS_OK,
         "a world");
  io_uring_submit(&world->ring);
  next_wake(world, 0, &woken);
  tenon_uring_take(&woken);
  const uint64_t reader = woken.user_data;
  const uint64_t watcher = readable(world, asked.executor, pair, reader);
  for (int i = 0; i < 2; i++) {
    struct io_uring_sqe *entry = io_uring_get_sqe(&world->ring);
    io_uring_prep_read(entry, reads[0], &byte, 1, 0);
    expect(tenon_uring_future(asked.executor, entry, &asked.cancelled[i]) == TENON_STATUS_OK,
           "a read");
  }
  settle(world);
  tenon_executor_post(asked.executor, ask, &asked);
  next_wake(world, reader, &kept[0]);
  int count = 1 + end_poll(world, reader, kept + 1);
  count += end_poll(world, watcher, kept + count);
  take_refused(world, kept, count);
  while (tenon_future_poll(asked.cancelled[0]) == TENON_STATUS_PENDING ||
         tenon_future_poll(asked.cancelled[1]) == TENON_STATUS_PENDING ||
         tenon_future_poll(asked.sleep) == TENON_STATUS_PENDING)
    turn(world);
  for (int i = 0; i < 2; i++) {
    expect(tenon_future_poll(asked.cancelled[i]) == TENON_STATUS_CANCELLED, "a cancel was refused");
    tenon_future_release(asked.cancelled[i]);
  }
  expect(tenon_future_poll(asked.sleep) == TENON_STATUS_OK, "a timer was refused");
  tenon_future_release(asked.sleep);
  readable(world, asked.executor, pair, reader);
  tenon_future_sleep(asked.executor, UINT64_C(3600000000000), &sleep);
  has_run = false;
  tenon_executor_post(asked.executor, tell, &has_run);
  while (!has_run)
    turn(world);
  settle(world);

  expect(tenon_uring_detach(asked.executor, 0, tell, &has_ended) == TENON_STATUS_OK, "a detach");
  next_wake(world, reader, &woken);
  take_refused(world, &woken, 1);
  while (!has_ended)
    turn(world);
  expect(tenon_future_poll(sleep) == TENON_STATUS_CANCELLED, "what it waited for is cancelled");
  tenon_future_release(sleep);
  tenon_executor_release(asked.executor);
  destroy(world);
  for (int i = 0; i < 2; i++) {
    close(pair[i]);
    close(reads[i]);
  }
}

/** The same of the first descriptor that is waited for. */
static void check_refused_watch(void) {
  world_t *world = create();
  tenon_executor_t *executor;
  tenon_future_t *future;
  struct io_uring_cqe woken;
  int pair[2];
  expect(pipe(pair) == 0 && write(pair[1], "x", 1) == 1 &&
             attach(world, &executor) == TENON_STATUS_OK &&
             tenon_future_readable(executor, pair[0], &future) == TENON_STATUS_OK,
         "a world");
  io_uring_submit(&world->ring);
  next_wake(world, 0, &woken);
  take_refused(world, &woken, 1);
  while (tenon_future_poll(future) == TENON_STATUS_PENDING)
    turn(world);
  expect(tenon_future_poll(future) == TENON_STATUS_OK, "a watch was refused");
  tenon_future_release(future);
  tenon_executor_close(executor, 0);
  tenon_executor_release(executor);
  destroy(world);
  close(pair[0]);
  close(pair[1]);
}

/** A ring that goes before its submissions have ended. */
static void check_ring_first(void) {
  world_t *world = create();
  tenon_executor_t *executor;
  tenon_future_t *future;
  char text[3];
  int pair[2];
  expect(pipe(pair) == 0 && attach(world, &executor) == TENON_STATUS_OK, "a world");
  struct io_uring_sqe *entry = io_uring_get_sqe(&world->ring);
  io_uring_prep_read(entry, pair[0], text, 3, 0);
  expect(tenon_uring_future(executor, entry, &future) == TENON_STATUS_OK, "a read");
  io_uring_submit(&world->ring);
  destroy(world);
  expect(tenon_uring_detach(executor, 0, NULL, NULL) == TENON_STATUS_OK, "a detach after the ring");
  expect(tenon_future_poll(future) == TENON_STATUS_CANCELLED,
         "a submission whose ring is gone is cancelled");
  tenon_future_release(future);
  tenon_executor_release(executor);
  close(pair[0]);
  close(pair[1]);
}

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "uring",
      .traits = TENON_ADAPTER_TRAIT_NESTS | TENON_ADAPTER_TRAIT_MOVES |
                TENON_ADAPTER_TRAIT_OUTLIVES | TENON_ADAPTER_TRAIT_SIGNALS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = tenon_uring_detach,
  };
  struct io_uring ring;
  if (io_uring_queue_init(4, &ring, 0) != 0) { /* a container that forbids it */
    fprintf(stderr, "uring: not here, so not checked\n");
    return 0;
  }
  io_uring_queue_exit(&ring);
  int failed = tenon_adapter_check(&subject, stderr);
  check_futures();
  check_timers();
  check_small_queues();
  check_disabled_rings();
  check_refused();
  check_refused_watch();
  check_ring_first();
  return failed != 0 || failures != 0;
}
