/*
 * What <tenon/latest.h> promises.
 */
#include "check.h"

typedef struct cell {
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
} cell_t;

static cell_t cell_create(void) {
  cell_t cell = {NULL, NULL};
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &cell.publisher, &cell.latest));
  return cell;
}

static void cell_end(cell_t cell) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(cell.publisher));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(cell.latest));
}

static tenon_status_t set(tenon_publisher_t *publisher, int64_t number) {
  tenon_value_t value = tenon_value_i64(number);
  return tenon_publisher_set(publisher, &value);
}

static uint64_t missed(tenon_latest_t *latest) {
  uint64_t count = UINT64_MAX;
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_get_missed(latest, &count));
  return count;
}

CASE(a_latest_value_is_the_newest_one) {
  cell_t cell = cell_create();
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_latest_take(cell.latest, &value, NULL));
  for (int64_t number = 1; number <= 5; number++)
    CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, number));
  CHECK_COUNT(4, missed(cell.latest));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(cell.latest, &value, NULL));
  CHECK_COUNT(5, value.as.i64);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_latest_take(cell.latest, &value, NULL));
  CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 6));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(cell.latest, &value, NULL));
  CHECK_COUNT(6, value.as.i64);
  CHECK_COUNT(4, missed(cell.latest));
  cell_end(cell);
}

CASE(a_replaced_value_is_dropped_once) {
  atomic_int drops = 0;
  cell_t cell = cell_create();
  tenon_process_statistics_t before = process_statistics();
  for (int count = 1; count <= 10; count++) {
    tenon_value_t value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_set(cell.publisher, &value));
    CHECK_COUNT(TENON_VALUE_NONE, value.kind);
    CHECK_COUNT(count - 1, atomic_load(&drops));
  }
  cell_end(cell);
  CHECK_COUNT(10, atomic_load(&drops));
  CHECK_COUNT(before.items_sent + 10, process_statistics().items_sent);
  CHECK_COUNT(before.items_dropped + 10, process_statistics().items_dropped);
}

CASE(a_reader_of_the_latest_value_is_told_of_the_next) {
  cell_t cell = cell_create();
  tenon_future_t *next = NULL;
  tenon_future_t *second = NULL;
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(cell.latest, &next));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(next));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_latest_next(cell.latest, &second));
  CHECK_STATUS(TENON_STATUS_BUSY, tenon_latest_take(cell.latest, &value, &second));
  CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 1));
  CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 2));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(next, &value));
  CHECK_COUNT(1, value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
  CHECK_COUNT(0, missed(cell.latest));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(cell.latest, &next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(next, &value));
  CHECK_COUNT(2, value.as.i64);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_latest_take(cell.latest, &value, &next));
  CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 3));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(cell.latest, &value, NULL));
  CHECK_COUNT(3, value.as.i64);
  cell_end(cell);
}

CASE(a_reader_that_gives_up_misses_no_latest_value) {
  cell_t cell = cell_create();
  tenon_future_t *next = NULL;
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(cell.latest, &next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(next));
  CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_future_poll(next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(cell.latest, &next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
  CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 1));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(cell.latest, &value, NULL));
  CHECK_COUNT(1, value.as.i64);
  cell_end(cell);
}

CASE(the_end_comes_after_the_latest_value) {
  for (int how = 0; how < 4; how++) {
    cell_t cell = cell_create();
    tenon_error_t *error = error_create(9);
    tenon_error_t *seen = NULL;
    tenon_future_t *next = NULL;
    tenon_value_t value;
    tenon_status_t expected = how == 0   ? TENON_STATUS_ENDED
                              : how == 2 ? TENON_STATUS_CANCELLED
                                         : TENON_STATUS_REJECTED;
    CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 1));
    if (how == 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_close(cell.publisher));
    if (how == 1)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_fail(cell.publisher, error));
    if (how == 2)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_cancel(cell.publisher));
    if (how < 3) {
      CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_publisher_close(cell.publisher));
      CHECK_STATUS(TENON_STATUS_CLOSED, set(cell.publisher, 2));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(cell.publisher));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_take(cell.latest, &value, NULL));
    CHECK_COUNT(1, value.as.i64);
    CHECK_STATUS(expected, tenon_latest_take(cell.latest, &value, NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_next(cell.latest, &next));
    CHECK_STATUS(expected == TENON_STATUS_ENDED ? TENON_STATUS_OK : expected,
                 tenon_future_poll(next));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(next));
    CHECK_STATUS(how == 0 ? TENON_STATUS_SETTLED : TENON_STATUS_OK,
                 tenon_latest_copy_error(cell.latest, &seen));
    if (how != 0)
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(seen));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(cell.latest));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  }
}

CASE(a_publisher_hears_that_nobody_looks) {
  for (int releases = 0; releases < 2; releases++) {
    atomic_int drops = 0;
    told_t told = TOLD_INIT;
    cell_t cell = cell_create();
    tenon_value_t value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_publisher_on_cancel(cell.publisher, NULL, tell, &told, NULL));
    if (releases)
      CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(cell.latest));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_latest_cancel(cell.latest));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
    CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_publisher_set(cell.publisher, &value));
    CHECK_COUNT(TENON_VALUE_POINTER, value.kind);
    CHECK_COUNT(0, atomic_load(&drops));
    CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(cell.publisher));
    if (!releases) {
      CHECK_STATUS(TENON_STATUS_CANCELLED, tenon_latest_take(cell.latest, &value, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(cell.latest));
    }
  }
}

CASE(the_end_of_a_latest_value_is_a_future) {
  for (int cancels = 0; cancels < 2; cancels++) {
    cell_t cell = cell_create();
    tenon_error_t *why = error_create(4);
    tenon_error_t *reason = NULL;
    tenon_future_t *end = NULL;
    tenon_future_t *again = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_copy_end(cell.latest, &end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_latest_copy_end(cell.latest, &again));
    CHECK(again == end);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(again));
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_publisher_copy_reason(cell.publisher, &reason));
    CHECK_STATUS(TENON_STATUS_OK, set(cell.publisher, 1));
    if (cancels) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel_with(end, why));
      CHECK_STATUS(TENON_STATUS_CANCELLED, set(cell.publisher, 2));
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_copy_reason(cell.publisher, &reason));
      CHECK(reason == why);
      CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(reason));
    }
    CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(end));
    if (cancels)
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_cancel(cell.publisher));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_close(cell.publisher));
    CHECK_STATUS(cancels ? TENON_STATUS_CANCELLED : TENON_STATUS_OK, tenon_future_poll(end));
    if (cancels)
      CHECK_ERROR("test", 4, cause_of(error_of(end)));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(why));
    cell_end(cell);
  }
}

typedef struct progress {
  cell_t cell;
  int64_t count;
} progress_t;

static void *progress_set(void *context) {
  progress_t *progress = context;
  for (int64_t number = 1; number <= progress->count; number++)
    CHECK_STATUS(TENON_STATUS_OK, set(progress->cell.publisher, number));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_close(progress->cell.publisher));
  return NULL;
}

CASE(each_latest_value_is_seen_or_counted_as_missed) {
  progress_t progress = {cell_create(), (int64_t)conformance_rounds(200000)};
  pthread_t publisher = thread_start(progress_set, &progress);
  int64_t seen = 0;
  int64_t last = 0;
  while (true) {
    tenon_value_t value;
    tenon_future_t *ready = NULL;
    tenon_status_t status = tenon_latest_take(progress.cell.latest, &value, &ready);
    if (status == TENON_STATUS_PENDING) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(ready, TENON_FOREVER));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(ready));
      continue;
    }
    if (status == TENON_STATUS_ENDED || !CHECK_STATUS(TENON_STATUS_OK, status))
      break;
    CHECK(value.as.i64 > last);
    last = value.as.i64;
    seen++;
  }
  thread_join(publisher);
  CHECK_COUNT(progress.count, last);
  CHECK_COUNT(progress.count, seen + (int64_t)missed(progress.cell.latest));
  cell_end(progress.cell);
}
