/*
 * What <tenon/executor.h> promises about an executor's descriptor.
 */
#include "executor_hosts.h"

#include <fcntl.h>
#include <unistd.h>

CASE(the_descriptor_is_readable_while_there_is_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  CHECK_COUNT(fd, executor_fd(executor));
  CHECK(!readable(fd, 0));
  for (int count = 0; count < 5; count++)
    post(executor, &told);
  CHECK(readable(fd, 0));
  CHECK(readable(fd, 0));
  CHECK(poll_at_most(executor, 2).more);
  CHECK(readable(fd, 0));
  CHECK(!poll_at_most(executor, 0).more);
  CHECK(!readable(fd, 0));
  for (int count = 0; count < 100; count++) {
    post(executor, &told);
    CHECK(readable(fd, 0));
    executor_poll(executor);
    CHECK(!readable(fd, 0));
  }
  executor_end(executor);
}

typedef struct asking {
  tenon_executor_t *executor;
  told_t told;
  int fd;
} asking_t;

static void ask_in_job(void *context, tenon_status_t status) {
  asking_t *asking = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  asking->fd = executor_fd(asking->executor);
  post(asking->executor, &asking->told);
}

CASE(a_descriptor_that_is_asked_for_in_a_poll_says_what_that_leaves) {
  for (uint64_t jobs = 1; jobs <= 2; jobs++) {
    asking_t asking = {executor_create(), TOLD_INIT, -1};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(asking.executor, ask_in_job, &asking));
    CHECK(poll_at_most(asking.executor, jobs).more == (jobs == 1));
    CHECK(readable(asking.fd, 0) == (jobs == 1));
    executor_poll(asking.executor);
    CHECK(!readable(asking.fd, 0));
    post(asking.executor, &asking.told);
    CHECK(readable(asking.fd, 0));
    executor_end(asking.executor);
    CHECK_COUNT(2, atomic_load(&asking.told.count));
  }
}

CASE(a_descriptor_that_is_asked_for_late_knows_of_the_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  post(executor, &told);
  int fd = executor_fd(executor);
  CHECK(readable(fd, 0));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  executor_end(executor);
  executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND, tell, &told, NULL));
  /* On a slow machine it may be due by now. */
  uint64_t jobs = executor_poll(executor).jobs;
  fd = executor_fd(executor);
  CHECK(jobs == 1 || readable(fd, 10000));
  SPIN_UNTIL(jobs == 1 || executor_poll(executor).jobs == 1 || !readable(fd, 0));
  executor_end(executor);
  CHECK_COUNT(2, atomic_load(&told.count));
}

CASE(the_descriptor_is_readable_for_each_kind_of_work) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  tenon_timer_t *timer = NULL;
  atomic_int drops = 0;
  pair_t pair = pair_create();
  /* Waiting is no work. */
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, executor, tell, &told, NULL));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pair.future));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  /* A callback that comes after the end. */
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion, &told, NULL));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  /* Timers: due, cancelled. */
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, 0, tell, &told, NULL));
  CHECK(readable(fd, 0));
  SPIN_UNTIL(!readable(fd, 10000) || executor_poll(executor).jobs == 1);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, &timer));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  CHECK(readable(fd, 0));
  CHECK_COUNT(1, executor_poll(executor).jobs);
  CHECK(!readable(fd, 0));
  CHECK_COUNT(5, atomic_load(&told.count));
  /* A drop. */
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK(readable(fd, 0));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(the_descriptor_is_readable_when_a_timer_is_due_and_not_before) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  for (uint64_t after = MILLISECOND / 2; after < 8 * MILLISECOND; after += 1234567) {
    for (int was_polled = 0; was_polled < 2; was_polled++) {
      static told_t told;
      uint64_t deadline = tenon_timer_now_ns() + after;
      memset(&told, 0, sizeof told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline, tell, &told, NULL));
      if (was_polled || readable(fd, 0)) /* a start may ask for one poll, to set the clock */
        executor_poll(executor);
      if (atomic_load(&told.count) == 0) {
        CHECK(readable(fd, 10000));
        CHECK(tenon_timer_now_ns() >= deadline);
        CHECK_COUNT(1, executor_poll(executor).jobs);
      }
      CHECK_TOLD(TENON_STATUS_OK, &told);
      CHECK(!readable(fd, 0));
    }
  }
  executor_end(executor);
}

CASE(the_descriptor_forgets_a_timer_that_was_cancelled) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t told = TOLD_INIT;
  tenon_timer_t *timer = NULL;
  uint64_t deadline = tenon_timer_now_ns() + 5 * MILLISECOND;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, deadline, tell, &told, &timer));
  executor_poll(executor);
  if (tenon_timer_cancel(timer) == TENON_STATUS_OK) {
    executor_poll(executor);
    CHECK(!readable(fd, 10));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
  }
  executor_end(executor);
}

CASE(the_descriptor_moves_to_an_earlier_timer) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  told_t late = TOLD_INIT;
  told_t early = TOLD_INIT;
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, tenon_timer_now_ns() + 3600ull * SECOND,
                                                  tell, &late, NULL));
  executor_poll(executor);
  CHECK(!readable(fd, 0));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns() + MILLISECOND, tell, &early, NULL));
  uint64_t limit = tenon_timer_now_ns() + 10ull * SECOND;
  while (atomic_load(&early.count) == 0 && tenon_timer_now_ns() < limit)
    if (readable(fd, 10000))
      executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &early);
  CHECK(!readable(fd, 0));
  CHECK(executor_statistics(executor).polls <= 4);
  executor_end(executor);
  CHECK_TOLD(TENON_STATUS_CLOSED, &late);
}

CASE(no_wake_of_the_descriptor_is_lost) {
  told_t told = TOLD_INIT;
  loop_t loop = {executor_create(), &told, conformance_rounds(20000)};
  int fd = executor_fd(loop.executor);
  pthread_t thread = thread_start(post_one_by_one, &loop);
  while ((size_t)atomic_load(&told.count) < loop.count)
    if (!CHECK(readable(fd, 30000)))
      break;
    else
      executor_poll(loop.executor);
  thread_join(thread);
  CHECK_COUNT(loop.count, atomic_load(&told.count));
  executor_end(loop.executor);
}

CASE(the_descriptor_is_closed_with_its_executor) {
  const size_t rounds = conformance_rounds(3000);
  told_t told = TOLD_INIT;
  int highest = 0;
  for (size_t round = 0; round < rounds; round++) {
    tenon_executor_t *executor = executor_create();
    int fd = executor_fd(executor);
    CHECK(fcntl(fd, F_GETFD) & FD_CLOEXEC);
    if (round % 2 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, NULL));
    if (round % 3 == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    if (round == 10)
      highest = fd;
    if (round > 10 && !CHECK(fd < highest + 100))
      break;
  }
}

static void watched_close(tenon_executor_t *executor) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, SECOND));
}

static void watched_begin_close(tenon_executor_t *executor) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, SECOND));
  while (!executor_poll(executor).closed)
    continue;
}

static void close_in_a_job(void *context, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_executor_close(context, SECOND));
}

static void watched_close_in_a_job(tenon_executor_t *executor) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, close_in_a_job, executor));
  while (!executor_poll(executor).closed)
    continue;
}

static void *close_elsewhere(void *context) {
  watched_close(context);
  return NULL;
}

static void watched_close_elsewhere(tenon_executor_t *executor) {
  on_other_thread(close_elsewhere, executor);
}

CASE(the_descriptor_stays_open_until_the_last_reference_is_released) {
  static void (*const ways[])(tenon_executor_t * executor) = {
      watched_close, watched_begin_close, watched_close_in_a_job, watched_close_elsewhere};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    tenon_executor_t *executor = executor_create();
    told_t told = TOLD_INIT;
    int fd = executor_fd(executor);
    /* A timer that would come due after the close. */
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_timer_start(executor, tenon_timer_now_ns() + 500000, tell, &told, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
    ways[way](executor);
    CHECK(fcntl(fd, F_GETFD) >= 0);
    /* The loop that watches it is told, once, of a close that it had no part in. */
    bool is_elsewhere = ways[way] == watched_close_elsewhere;
    CHECK(readable(fd, is_elsewhere ? 0 : 2) == is_elsewhere);
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_poll(executor, NULL, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK(fcntl(fd, F_GETFD) >= 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK(fcntl(fd, F_GETFD) < 0);
  }
}

static void release_in_a_job(void *context, tenon_status_t status) {
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(context));
}

CASE(the_last_release_inside_a_poll_closes_the_descriptor_when_that_has_ended) {
  tenon_executor_t *executor = executor_create();
  int fd = executor_fd(executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, release_in_a_job, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, NULL));
  CHECK(fcntl(fd, F_GETFD) < 0);
}

CASE(a_closed_executor_has_no_descriptor) {
  tenon_executor_t *executor = executor_create();
  int fd;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  pattern_fill(&fd, sizeof fd);
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_fd(executor, &fd));
  CHECK_UNTOUCHED(fd);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

CASE(an_executor_with_a_host_has_no_descriptor) {
  host_t host;
  int fd;
  host_begin(&host, false);
  pattern_fill(&fd, sizeof fd);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_executor_fd(host.executor, &fd));
  CHECK_UNTOUCHED(fd);
  host_end(&host);
}
