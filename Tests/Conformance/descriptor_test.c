/*
 * What <tenon/combinators.h> promises of futures that wait for descriptors. What loops do with them is for
 * <tenon/adapter_check.h>.
 */
#include "check.h"
#include "stopped.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#define SECOND UINT64_C(1000000000)

typedef struct ends {
  tenon_executor_t *executor;
  int fds[2]; /* what is written to [1] is read from [0], and the other way round */
} ends_t;

static ends_t begin(void) {
  ends_t ends;
  ends.executor = executor_create();
  CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.fds) == 0);
  return ends;
}

static void end(ends_t ends) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(ends.executor, SECOND));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(ends.executor));
  close(ends.fds[0]);
  close(ends.fds[1]);
}

static tenon_future_t *readable(ends_t ends) {
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_readable(ends.executor, ends.fds[0], &future));
  return future;
}

static void release(tenon_future_t *future) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

static void put(ends_t ends) { CHECK(write(ends.fds[1], "x", 1) == 1); }

static void get(ends_t ends) {
  char byte;
  CHECK(read(ends.fds[0], &byte, 1) == 1);
}

CASE(a_future_waits_until_a_descriptor_is_readable) {
  ends_t ends = begin();
  for (int round = 0; round < 1000; round++) {
    tenon_future_t *future = readable(ends);
    executor_poll(ends.executor);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
    put(ends);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
    executor_poll(ends.executor);
    tenon_value_t value = tenon_value_i64(1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(future, &value));
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
    release(future);
    get(ends);
  }
  end(ends);
}

CASE(a_descriptor_is_waited_for_by_any_number_both_ways) {
  ends_t ends = begin();
  tenon_future_t *reads[3], *writes[2];
  for (int index = 0; index < 3; index++)
    reads[index] = readable(ends);
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_writable(ends.executor, ends.fds[0], &writes[index]));
  executor_poll(ends.executor);
  for (int index = 0; index < 2; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(writes[index]));
    release(writes[index]);
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(reads[1]));
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(reads[1]));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(reads[0]));
  put(ends);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(reads[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(reads[2]));
  for (int index = 0; index < 3; index++)
    release(reads[index]);
  end(ends);
}

CASE(a_wait_to_write_is_cancelled_alone) {
  ends_t ends = begin();
  tenon_future_t *writes[2], *read = readable(ends);
  char bytes[4096] = {0};
  while (write(ends.fds[0], bytes, sizeof bytes) > 0)
    ;
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_writable(ends.executor, ends.fds[0], &writes[index]));
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(writes[0]));
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(writes[0]));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(writes[1]));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(read));
  while (recv(ends.fds[1], bytes, sizeof bytes, 0) > 0)
    ;
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(writes[1]));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(read));
  put(ends);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(read));
  for (int index = 0; index < 2; index++)
    release(writes[index]);
  release(read);
  end(ends);
}

typedef struct successor {
  tenon_executor_t *executor; /**< of the pair, or NULL */
  tenon_future_t *future;
  pair_t pair;
} successor_t;

/** Lets go of a future that has settled, and makes another one in its place. */
static void take_its_place(void *context, tenon_status_t status) {
  successor_t *successor = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(successor->future));
  release(successor->future);
  successor->pair = successor->executor ? pair_create_with(0, successor->executor) : pair_create();
}

CASE(a_cancel_that_comes_too_late_leaves_who_came_after_alone) {
  ends_t ends = begin();
  for (int round = 0; round < 2; round++) {
    successor_t successor = {round == 0 ? NULL : ends.executor, readable(ends), {NULL, NULL}};
    executor_poll(ends.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ends.executor, take_its_place, &successor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(successor.future));
    /* The poll finds it readable first, and comes to what the cancel has left when there is another. */
    put(ends);
    executor_poll(ends.executor);
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(successor.pair.future));
    CHECK(!tenon_promise_is_cancelled(successor.pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, settle(successor.pair.promise, TENON_STATUS_OK));
    release(successor.pair.future);
    get(ends);
  }
  end(ends);
}

static tenon_future_t **many_readable(ends_t ends, size_t count) {
  tenon_future_t **futures = calloc(count, sizeof *futures);
  CHECK(futures);
  for (size_t index = 0; index < count; index++)
    futures[index] = readable(ends);
  return futures;
}

CASE(a_hundred_thousand_wait_for_one_descriptor) {
  size_t count = conformance_rounds(100000);
  ends_t ends = begin();
  tenon_future_t **futures = many_readable(ends, count);
  executor_poll(ends.executor);
  for (size_t index = 1; index < count; index += 2)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(futures[count - index]));
  put(ends);
  executor_poll(ends.executor);
  for (size_t index = 0; index < count; index++) {
    tenon_status_t status = tenon_future_poll(futures[index]);
    /* One that the same poll finds readable may be told that first. */
    CHECK(status == TENON_STATUS_OK || (index % 2 != 0 && status == TENON_STATUS_CANCELLED));
    release(futures[index]);
  }
  free(futures);
  end(ends);
}

CASE(many_descriptors_are_told_in_one_poll) {
  enum { MANY = 200 };
  ends_t ends = begin();
  int fds[MANY][2];
  tenon_future_t *futures[MANY];
  for (int index = 0; index < MANY; index++) {
    CHECK(pipe(fds[index]) == 0);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_readable(ends.executor, fds[index][0], &futures[index]));
  }
  executor_poll(ends.executor);
  for (int index = 0; index < MANY; index++)
    CHECK(write(fds[index][1], "x", 1) == 1);
  executor_poll(ends.executor);
  for (int index = 0; index < MANY; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(futures[index]));
    release(futures[index]);
    close(fds[index][0]);
    close(fds[index][1]);
  }
  end(ends);
}

CASE(the_end_of_a_descriptor_is_something_to_read) {
  ends_t ends = begin();
  tenon_future_t *future = readable(ends);
  executor_poll(ends.executor);
  CHECK(shutdown(ends.fds[1], SHUT_RDWR) == 0);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  release(future);
  end(ends);
}

CASE(a_file_is_always_ready) {
  ends_t ends = begin();
  int file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  tenon_future_t *future;
  CHECK(file >= 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_readable(ends.executor, file, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  release(future);
  close(file);
  end(ends);
}

CASE(what_cannot_be_waited_for_is_refused) {
  ends_t ends = begin();
  tenon_future_t *future;
  pattern_fill(&future, sizeof future);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_future_readable(ends.executor, -1, &future));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_future_readable(ends.executor, INT32_MAX, &future));
  int closed = dup(ends.fds[0]);
  close(closed);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_future_readable(ends.executor, closed, &future));
  /* Also where there is room for its number by now, as another one was waited for. */
  release(readable(ends));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_future_readable(ends.executor, closed, &future));
  pattern_fill(&future, sizeof future);
  tenon_executor_t *pool = pool_create(1);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_future_writable(pool, ends.fds[0], &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(pool, SECOND));
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_future_readable(pool, ends.fds[0], &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(pool));
  CHECK_UNTOUCHED(future);
  end(ends);
}

static void wake_nobody(void *context) { (void)context; }

CASE(a_host_of_an_older_release_waits_for_no_descriptors) {
  ends_t ends = begin();
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.struct_size = offsetof(tenon_executor_host_t, watch);
  host.wake = wake_nobody;
  pattern_fill(&host.watch, sizeof host.watch); /* not its own memory */
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &host;
  tenon_executor_t *executor;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &executor));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_future_readable(executor, ends.fds[0], &future));
  executor_poll(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, SECOND));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  end(ends);
}

typedef struct watching {
  tenon_executor_t *executor;
  int calls;
  int fd;
  tenon_status_t answer;
} watching_t;

static tenon_status_t watch(void *context, int fd) {
  watching_t *watching = context;
  /* In a poll. */
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_executor_poll(watching->executor, NULL, NULL));
  watching->calls++;
  watching->fd = fd;
  return watching->answer;
}

static tenon_status_t end_of(tenon_executor_t *executor, int fd) {
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_readable(executor, fd, &future));
  executor_poll(executor);
  tenon_status_t status = tenon_future_poll(future);
  release(future);
  return status;
}

CASE(a_host_that_cannot_watch_is_asked_again_and_one_that_can_is_not) {
  ends_t ends = begin();
  watching_t watching = {NULL, 0, -1, TENON_STATUS_NO_RESOURCES};
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.wake = wake_nobody;
  host.watch = watch;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = &host;
  config.host_context = &watching;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &watching.executor));
  for (int calls = 1; calls <= 2; calls++) {
    CHECK_STATUS(TENON_STATUS_REJECTED, end_of(watching.executor, ends.fds[0]));
    CHECK_COUNT(calls, watching.calls);
  }
  watching.answer = TENON_STATUS_OK;
  put(ends);
  for (int round = 0; round < 2; round++) {
    CHECK_STATUS(TENON_STATUS_OK, end_of(watching.executor, ends.fds[0]));
    CHECK_COUNT(3, watching.calls);
  }
  /* What it watches is readable when something is. */
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_readable(watching.executor, ends.fds[0], &future));
  struct pollfd descriptor = {watching.fd, POLLIN, 0};
  CHECK(poll(&descriptor, 1, 0) == 1);
  executor_poll(watching.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  CHECK(poll(&descriptor, 1, 0) == 0);
  release(future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(watching.executor, SECOND));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(watching.executor));
  end(ends);
}

CASE(a_close_cancels_what_waits_for_descriptors) {
  ends_t ends = begin();
  tenon_future_t *future = readable(ends), *early = readable(ends);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(early));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(future, ends.executor, tell_completion, &told, NULL));
  end(ends);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(early));
  CHECK_ERROR("tenon", TENON_STATUS_CLOSED, cause_of(error_of(future)));
  release(future);
  release(early);
}

CASE(a_close_ends_each_of_many_that_wait_for_one_descriptor) {
  size_t count = conformance_rounds(100000);
  ends_t ends = begin();
  tenon_future_t **futures = many_readable(ends, count);
  end(ends);
  for (size_t index = 0; index < count; index++) {
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(futures[index]));
    release(futures[index]);
  }
  free(futures);
}

CASE(a_closed_descriptors_waits_end_when_its_number_is_waited_for_again) {
  ends_t ends = begin();
  tenon_future_t *lost[] = {readable(ends), readable(ends)};
  executor_poll(ends.executor);
  /* Somebody has a duplicate, so the system still knows the old one. */
  int kept = dup(ends.fds[0]), other[2];
  CHECK(kept >= 0 && socketpair(AF_UNIX, SOCK_STREAM, 0, other) == 0);
  CHECK(dup2(other[0], ends.fds[0]) == ends.fds[0]);
  tenon_future_t *future = readable(ends);
  for (int index = 0; index < 2; index++) {
    CHECK_STATUS(TENON_STATUS_REJECTED, tenon_future_poll(lost[index]));
    release(lost[index]);
  }
  /* What comes there is nothing of the new one's. */
  put(ends);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
  CHECK(write(other[1], "x", 1) == 1);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  release(future);
  /* And it is heard of once at most. */
  put(ends);
  executor_poll(ends.executor);
  int fd;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(ends.executor, &fd));
  executor_poll(ends.executor);
  struct pollfd descriptor = {fd, POLLIN, 0};
  CHECK(poll(&descriptor, 1, 0) == 0);
  close(kept);
  close(other[0]);
  close(other[1]);
  end(ends);
}

typedef struct reused {
  ends_t ends;
  int other[2];
  tenon_future_t *lost;
  tenon_future_t *future;
} reused_t;

/** The number of what somebody waits for is another one's. */
static void reused_before(void *context) {
  reused_t *reused = context;
  reused->ends = begin();
  reused->lost = readable(reused->ends);
  executor_poll(reused->ends.executor);
  CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, reused->other) == 0);
  CHECK(dup2(reused->other[0], reused->ends.fds[0]) == reused->ends.fds[0]);
}

static void wait_again_here(void *context) {
  reused_t *reused = context;
  reused->future = readable(reused->ends);
}

static void cancel_lost_there(void *context) {
  reused_t *reused = context;
  tenon_future_cancel(reused->lost);
  executor_poll(reused->ends.executor);
}

static void reused_after(void *context) {
  reused_t *reused = context;
  executor_poll(reused->ends.executor);
  tenon_status_t status = tenon_future_poll(reused->lost);
  CHECK(status == TENON_STATUS_REJECTED || status == TENON_STATUS_CANCELLED);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(reused->future));
  CHECK_COUNT(1, executor_statistics(reused->ends.executor).pending);
  release(reused->lost);
  release(reused->future);
  close(reused->other[0]);
  close(reused->other[1]);
  end(reused->ends);
}

CASE(a_wait_that_is_cancelled_while_its_number_is_waited_for_again_ends_once) {
  reused_t reused;
  meeting_t meeting = {&reused, reused_before, wait_again_here, cancel_lost_there, reused_after, 0};
  meeting_run(&meeting);
}

CASE(a_wait_for_a_descriptor_keeps_its_executor_alive_until_it_is_over) {
  ends_t ends = begin();
  for (int way = 0; way < 2; way++) {
    tenon_future_t *future = readable(ends);
    CHECK(executor_poll(ends.executor).alive);
    CHECK_COUNT(1, executor_statistics(ends.executor).pending);
    if (way == 0)
      put(ends);
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
    CHECK(!executor_poll(ends.executor).alive);
    CHECK_COUNT(0, executor_statistics(ends.executor).pending);
    release(future);
    if (way == 0)
      get(ends);
  }
  end(ends);
}

CASE(an_executors_descriptor_tells_of_those_that_it_waits_for) {
  ends_t ends = begin();
  int fd;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(ends.executor, &fd));
  struct pollfd descriptor = {fd, POLLIN, 0};
  tenon_future_t *future = readable(ends);
  CHECK(poll(&descriptor, 1, 0) == 1);
  executor_poll(ends.executor);
  CHECK(poll(&descriptor, 1, 0) == 0);
  put(ends);
  CHECK(poll(&descriptor, 1, 0) == 1);
  executor_poll(ends.executor);
  CHECK(poll(&descriptor, 1, 0) == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  release(future);
  end(ends);
}

static void *put_later(void *context) {
  put(*(ends_t *)context);
  return NULL;
}

CASE(a_thread_that_runs_an_executor_sleeps_on_descriptors_too) {
  ends_t ends = begin();
  for (int round = 0; round < 100; round++) {
    tenon_future_t *future = readable(ends);
    pthread_t thread = thread_start(put_later, &ends);
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(future, 10 * SECOND));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(ends.executor, future, 10 * SECOND));
    pthread_join(thread, NULL);
    release(future);
    get(ends);
  }
  end(ends);
}

typedef struct waiter {
  ends_t *ends;
  tenon_future_t *future;
} waiter_t;

static void *wait_elsewhere(void *context) {
  waiter_t *waiter = context;
  waiter->future = readable(*waiter->ends);
  put(*waiter->ends);
  return NULL;
}

CASE(any_thread_may_wait_for_a_descriptor) {
  ends_t ends = begin();
  for (int round = 0; round < 100; round++) {
    waiter_t waiter = {&ends, NULL};
    pthread_t thread = thread_start(wait_elsewhere, &waiter);
    for (int polls = 0; polls < 10; polls++)
      executor_poll(ends.executor);
    pthread_join(thread, NULL);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(ends.executor, waiter.future, 10 * SECOND));
    release(waiter.future);
    get(ends);
  }
  end(ends);
}

typedef struct interrupted {
  ends_t ends;
  tenon_future_t *future;
} interrupted_t;

/** The loop's own wake is ready, too, when the poll looks at what it has begun to wait for. */
static void interrupt_and_wait(void *context, tenon_status_t status) {
  interrupted_t *interrupted = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_interrupt(interrupted->ends.executor));
  interrupted->future = readable(interrupted->ends);
}

CASE(a_wake_that_comes_beside_what_is_waited_for_is_no_descriptors) {
  for (int round = 0; round < 2; round++) {
    interrupted_t interrupted = {begin(), NULL};
    ends_t ends = interrupted.ends;
    struct pollfd descriptor = {-1, POLLIN, 0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(ends.executor, &descriptor.fd));
    if (round == 1)
      put(ends);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_post(ends.executor, interrupt_and_wait, &interrupted));
    executor_poll(ends.executor);
    CHECK_STATUS(round == 1 ? TENON_STATUS_OK : TENON_STATUS_PENDING,
                 tenon_future_poll(interrupted.future));
    if (round == 0)
      put(ends);
    executor_poll(ends.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(interrupted.future));
    CHECK(poll(&descriptor, 1, 0) == 0);
    release(interrupted.future);
    end(ends);
  }
}

static void *settle_elsewhere(void *promise) {
  CHECK_STATUS(TENON_STATUS_OK, settle(promise, TENON_STATUS_OK));
  return NULL;
}

static void *interrupt_elsewhere(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_interrupt(((ends_t *)context)->executor));
  return NULL;
}

CASE(a_thread_that_sleeps_on_descriptors_hears_of_all_else) {
  ends_t ends = begin();
  tenon_future_t *waiting = readable(ends);
  for (int round = 0; round < 50; round++) {
    /* What another thread settles, ... */
    pair_t pair = pair_create_with(0, ends.executor);
    pthread_t thread = thread_start(settle_elsewhere, pair.promise);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_run_until(ends.executor, pair.future, 10 * SECOND));
    pthread_join(thread, NULL);
    release(pair.future);
    /* ... an interruption, ... */
    thread = thread_start(interrupt_elsewhere, &ends);
    CHECK_STATUS(TENON_STATUS_INTERRUPTED,
                 tenon_executor_run_until(ends.executor, waiting, 10 * SECOND));
    pthread_join(thread, NULL);
    /* ... a timer, not before its time, ... */
    uint64_t begin_ns = tenon_timer_now_ns();
    tenon_future_t *future;
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(ends.executor, 300000, &future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(ends.executor, future, 10 * SECOND));
    CHECK(tenon_timer_now_ns() >= begin_ns + 300000);
    release(future);
    /* ... and that the time is over. */
    CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(ends.executor, waiting, 100000));
  }
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(waiting));
  put(ends);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(ends.executor, waiting, 10 * SECOND));
  release(waiting);
  end(ends);
}

CASE(a_thread_that_sleeps_on_descriptors_hears_of_any_number) {
  enum { MANY = 200 };
  ends_t ends = begin();
  int fds[MANY][2];
  tenon_future_t *futures[MANY], *all;
  for (int index = 0; index < MANY; index++)
    CHECK(pipe(fds[index]) == 0);
  for (int round = 0; round < 3; round++) {
    for (int index = 0; index < MANY; index++)
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_readable(ends.executor, fds[index][0], &futures[index]));
    executor_poll(ends.executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_all(futures, MANY, 0, &all));
    for (int index = 0; index < MANY; index++)
      CHECK(write(fds[index][1], "x", 1) == 1);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(ends.executor, all, 10 * SECOND));
    release(all);
    for (int index = 0; index < MANY; index++) {
      char byte;
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(futures[index]));
      release(futures[index]);
      CHECK(read(fds[index][0], &byte, 1) == 1);
    }
  }
  for (int index = 0; index < MANY; index++) {
    close(fds[index][0]);
    close(fds[index][1]);
  }
  end(ends);
}

CASE(a_thread_that_sleeps_on_descriptors_turns_no_more_than_it_must) {
  ends_t ends = begin();
  tenon_future_t *future = readable(ends);
  executor_poll(ends.executor);
  uint64_t polls = executor_statistics(ends.executor).polls;
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(ends.executor, future, SECOND / 50));
  CHECK(executor_statistics(ends.executor).polls - polls <= 4);
  /* What a sleep has found is told once, and nothing is left of it for a poll that finds nothing. */
  put(ends);
  polls = executor_statistics(ends.executor).polls;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(ends.executor, future, 10 * SECOND));
  CHECK(executor_statistics(ends.executor).polls - polls <= 4);
  release(future);
  get(ends);
  future = readable(ends);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(future));
  put(ends);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  release(future);
  end(ends);
}

typedef struct poller {
  ends_t *ends;
  atomic_bool stop;
} poller_t;

static void *poll_elsewhere(void *context) {
  poller_t *poller = context;
  while (!atomic_load(&poller->stop)) {
    tenon_status_t status = tenon_executor_poll(poller->ends->executor, NULL, NULL);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_BUSY);
    sched_yield();
  }
  return NULL;
}

CASE(what_one_thread_finds_ready_another_ones_poll_may_tell) {
  ends_t ends = begin();
  poller_t poller = {&ends, false};
  pthread_t thread = thread_start(poll_elsewhere, &poller);
  for (int round = 0; round < 2000; round++) {
    tenon_future_t *future = readable(ends);
    put(ends);
    tenon_status_t status;
    do
      status = tenon_executor_run_until(ends.executor, future, 10 * SECOND);
    while (status == TENON_STATUS_BUSY);
    CHECK_STATUS(TENON_STATUS_OK, status);
    release(future);
    get(ends);
  }
  atomic_store(&poller.stop, true);
  pthread_join(thread, NULL);
  end(ends);
}

CASE(a_descriptor_that_is_asked_for_late_knows_of_what_futures_wait_for) {
  ends_t ends = begin();
  tenon_future_t *future = readable(ends), *sleep;
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(ends.executor, future, 100000));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(ends.executor, SECOND / 1000, &sleep));
  executor_poll(ends.executor);
  struct pollfd descriptor = {-1, POLLIN, 0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_fd(ends.executor, &descriptor.fd));
  while (tenon_future_poll(sleep) == TENON_STATUS_PENDING &&
         CHECK(poll(&descriptor, 1, 10000) == 1))
    executor_poll(ends.executor);
  release(sleep);
  CHECK(poll(&descriptor, 1, 0) == 0);
  put(ends);
  CHECK(poll(&descriptor, 1, 0) == 1);
  executor_poll(ends.executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(future));
  CHECK(poll(&descriptor, 1, 0) == 0);
  release(future);
  end(ends);
}
