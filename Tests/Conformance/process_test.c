/*
 * What <tenon/process.h> promises of a process that is not owned. To own one takes a process of
 * its own: that is tested elsewhere.
 */
#include "check.h"

#include <stdio.h>

CASE(the_process_has_a_mode) {
  tenon_process_mode_t mode = tenon_process_get_mode();
  CHECK(mode == TENON_PROCESS_LIBRARY || mode == TENON_PROCESS_OWNED);
  CHECK(mode == tenon_process_get_mode());
}

CASE(the_process_keeps_one_object_for_each_name) {
  int first = 0, second = 0;
  void *shared = NULL, *mark = NULL, *other = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test object", &first, NULL, &shared));
  CHECK(shared == &first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test object", &second, NULL, &shared));
  CHECK(shared == &first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test object", NULL, NULL, &shared));
  CHECK(shared == &first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test mark", NULL, NULL, &mark));
  CHECK(mark != NULL && mark != &first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test mark", NULL, NULL, &other));
  CHECK(other == mark);
  CHECK_STATUS(TENON_STATUS_OK, tenon_process_share("test mark 2", NULL, NULL, &other));
  CHECK(other != mark);
}

#define SHARED_NAMES 64

static void *share_all(void *context) {
  void **shared = context;
  char name[32];
  for (int i = 0; i < SHARED_NAMES; i++) {
    snprintf(name, sizeof name, "test race %d", i);
    CHECK_STATUS(TENON_STATUS_OK, tenon_process_share(name, &shared[i], NULL, &shared[i]));
  }
  return NULL;
}

CASE(of_many_that_share_at_once_one_is_first) {
  static void *shared[4][SHARED_NAMES]; /* static: they are kept */
  pthread_t threads[4];
  for (int i = 0; i < 4; i++)
    CHECK(pthread_create(&threads[i], NULL, share_all, shared[i]) == 0);
  for (int i = 0; i < 4; i++)
    pthread_join(threads[i], NULL);
  for (int i = 0; i < 4; i++)
    CHECK(memcmp(shared[i], shared[0], sizeof shared[0]) == 0);
}

static void *use_the_main_queue(void *context) {
  tenon_status_t expected = tenon_process_get_mode() == TENON_PROCESS_OWNED
                                ? TENON_STATUS_UNSUPPORTED
                                : TENON_STATUS_WRONG_THREAD;
  int fd;
  (void)context;
  pattern_fill(&fd, sizeof fd);
  CHECK_STATUS(expected, tenon_process_main_queue_fd(&fd));
  CHECK_STATUS(expected, tenon_process_drain_main_queue());
  CHECK_UNTOUCHED(fd);
  return NULL;
}

CASE(the_main_queue_is_for_the_first_thread_only) { on_other_thread(use_the_main_queue, NULL); }

CASE(escapes_are_counted_in_the_library_mode_only) {
  tenon_status_t expected =
      tenon_process_get_mode() == TENON_PROCESS_OWNED ? TENON_STATUS_UNSUPPORTED : TENON_STATUS_OK;
  CHECK_STATUS(expected, tenon_process_count_escapes());
  CHECK_STATUS(expected, tenon_process_count_escapes());
}

CASE(the_process_counts_its_futures) {
  tenon_process_statistics_t start = process_statistics();
  pair_t pairs[5];
  for (int index = 0; index < 5; index++)
    pairs[index] = pair_create();
  tenon_process_statistics_t now = process_statistics();
  CHECK_COUNT(start.futures_created + 5, now.futures_created);
  CHECK_COUNT(start.futures_pending + 5, now.futures_pending);
  CHECK_COUNT(start.futures_settled, now.futures_settled);
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[0].promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[1].promise, TENON_STATUS_REJECTED));
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[2].promise, TENON_STATUS_CANCELLED));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pairs[3].promise));
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, settle(pairs[0].promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, settle(pairs[1].promise, TENON_STATUS_CANCELLED));
  now = process_statistics();
  CHECK_COUNT(start.futures_settled + 4, now.futures_settled);
  CHECK_COUNT(start.futures_rejected + 2, now.futures_rejected);
  CHECK_COUNT(start.futures_cancelled + 1, now.futures_cancelled);
  CHECK_COUNT(start.futures_pending + 1, now.futures_pending);
  CHECK_COUNT(start.settled_twice + 2, now.settled_twice);
  CHECK_STATUS(TENON_STATUS_OK, settle(pairs[4].promise, TENON_STATUS_OK));
  for (int index = 0; index < 5; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  now = process_statistics();
  CHECK_COUNT(start.futures_created + 5, now.futures_created);
  CHECK_COUNT(start.futures_settled + 5, now.futures_settled);
  CHECK_COUNT(start.futures_pending, now.futures_pending);
  CHECK(now.memory_reserved > 0);
}

CASE(the_process_counts_what_waits_to_be_told) {
  told_t told[3];
  uint64_t start = process_statistics().registrations_pending;
  tenon_executor_t *executor = executor_create();
  tenon_timer_t *timer = NULL;
  pair_t pair = pair_create();
  memset(told, 0, sizeof told);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, tell_completion, &told[0], NULL));
  CHECK_COUNT(start + 1, process_statistics().registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_promise_on_cancel(pair.promise, executor, tell, &told[1], NULL));
  CHECK_COUNT(start + 2, process_statistics().registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told[2], &timer));
  CHECK_COUNT(start + 3, process_statistics().registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  executor_poll(executor);
  CHECK_COUNT(start, process_statistics().registrations_pending);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  executor_end(executor);
}

CASE(process_statistics_write_no_field_that_they_do_not_know) {
  struct {
    tenon_process_statistics_t known;
    unsigned char unknown[64];
  } statistics;
  static const size_t sizes[] = {sizeof statistics, 4096, 4097, SIZE_MAX};
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    pattern_fill(&statistics, sizeof statistics);
    statistics.known.struct_size = sizes[index];
    CHECK_STATUS(sizes[index] <= 4096 ? TENON_STATUS_OK : TENON_STATUS_INVALID,
                 tenon_process_get_statistics(&statistics.known));
    CHECK_COUNT(sizes[index], statistics.known.struct_size);
    CHECK_UNTOUCHED(statistics.unknown);
    CHECK(pattern_holds(&statistics.known.memory_reserved, sizeof(uint64_t)) ==
          (sizes[index] > 4096));
  }
}
