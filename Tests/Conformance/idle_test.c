/*
 * Whoever waits uses no processor, however much is pending.
 */
#include "executor_hosts.h"

#include <time.h>

enum { IDLE_FUTURES = 100000, IDLE_MS = 100 };

static uint64_t cpu_time_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * SECOND + (uint64_t)time.tv_nsec;
}

CASE(run_until_sleeps_while_there_is_nothing_to_do) {
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  uint64_t polls = executor_statistics(executor).polls;
  uint64_t cpu_ns = cpu_time_ns();
  CHECK_STATUS(TENON_STATUS_TIMEOUT,
               tenon_executor_run_until(executor, pair.future, 100 * MILLISECOND));
  CHECK(cpu_time_ns() - cpu_ns < 50 * MILLISECOND);
  CHECK(executor_statistics(executor).polls - polls < 100);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

/** Idles in whatever way for IDLE_MS, with all these futures pending: neither a poll nor a wake nor
 * a job more, and next to no time of the processor; a loop that does not sleep uses all of it. */
static void check_idle(tenon_executor_t *executor, void (*idle)(void *context), void *context) {
  tenon_executor_statistics_t before = executor_statistics(executor);
  uint64_t cpu_ns = cpu_time_ns();
  idle(context);
  CHECK(cpu_time_ns() - cpu_ns < (uint64_t)IDLE_MS * MILLISECOND / 2);
  tenon_executor_statistics_t after = executor_statistics(executor);
  CHECK_COUNT(IDLE_FUTURES, after.pending);
  CHECK_COUNT(before.wakes, after.wakes);
  CHECK_COUNT(before.jobs, after.jobs);
  CHECK(after.polls - before.polls <= 3); /* to begin, to be told of the settling, to end */
}

typedef struct idling {
  tenon_executor_t *executor;
  host_t *host;
  int fd;
  pair_t pair;
} idling_t;

static void idle_in_run_until(void *context) {
  idling_t *idling = context;
  CHECK_STATUS(TENON_STATUS_TIMEOUT, tenon_executor_run_until(idling->executor, idling->pair.future,
                                                              (uint64_t)IDLE_MS * MILLISECOND));
}

static void idle_at_the_descriptor(void *context) {
  idling_t *idling = context;
  CHECK(!readable(idling->fd, IDLE_MS));
}

static void idle_in_the_host(void *context) {
  idling_t *idling = context;
  CHECK(!idling->host->woken);
  CHECK(idling->host->deadline_ns == TENON_FOREVER);
  idling->host->deadline_ns = conformance_now_ns() + (uint64_t)IDLE_MS * MILLISECOND;
  CHECK(host_wait(idling->host));
  idling->host->deadline_ns = TENON_FOREVER;
}

CASE(a_hundred_thousand_pending_futures_use_no_processor_and_no_wake) {
  static pair_t pairs[IDLE_FUTURES];
  void (*const ways[])(void *) = {idle_in_run_until, idle_at_the_descriptor, idle_in_the_host};
  for (size_t way = 0; way < sizeof ways / sizeof *ways; way++) {
    host_t host;
    told_t told = TOLD_INIT;
    tenon_executor_t *executor;
    bool has_host = ways[way] == idle_in_the_host;
    if (has_host) {
      host_begin(&host, true);
      executor = host.executor;
    } else {
      executor = executor_create();
    }
    idling_t idling = {executor, &host, -1, pair_create()};
    if (ways[way] == idle_at_the_descriptor)
      idling.fd = executor_fd(executor);
    for (int index = 0; index < IDLE_FUTURES; index++) {
      pairs[index] = pair_create_with(0, executor);
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pairs[index].future, executor,
                                                             tell_completion, &told, NULL));
    }
    CHECK(executor_poll(executor).alive);
    if (has_host)
      host.woken = false;
    check_idle(executor, ways[way], &idling);
    CHECK_NOT_TOLD(&told);
    /* One of them settles: one wake, where somebody waits. */
    uint64_t wake = ways[way] == idle_in_run_until ? 0 : 1;
    uint64_t wakes = executor_statistics(executor).wakes;
    CHECK_STATUS(TENON_STATUS_OK, settle(pairs[0].promise, TENON_STATUS_OK));
    CHECK_COUNT(wakes + wake, executor_statistics(executor).wakes);
    CHECK_COUNT(1, executor_poll(executor).jobs);
    CHECK_TOLD(TENON_STATUS_OK, &told);
    for (int index = 1; index < IDLE_FUTURES; index++)
      CHECK_STATUS(TENON_STATUS_OK, settle(pairs[index].promise, TENON_STATUS_CANCELLED));
    CHECK_COUNT(wakes + 2 * wake, executor_statistics(executor).wakes);
    CHECK_COUNT(IDLE_FUTURES - 1, executor_poll(executor).jobs);
    CHECK_COUNT(IDLE_FUTURES, atomic_load(&told.count));
    for (int index = 0; index < IDLE_FUTURES; index++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(idling.pair.promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(idling.pair.future));
    if (has_host)
      host_end(&host);
    else
      executor_end(executor);
  }
}

CASE(what_has_ended_on_an_executor_takes_no_memory) {
  tenon_executor_t *executor = executor_create();
  size_t before = 0;
  for (int round = 0; round < 200000; round++) {
    pair_t pair = pair_create_with(0, executor);
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    if (round == 1000)
      before = memory_used();
  }
  CHECK(memory_used() <= before + 100000);
  executor_end(executor);
}
