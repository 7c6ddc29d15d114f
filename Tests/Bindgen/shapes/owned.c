/* Functions that leave the loop, in a process whose owner it is: they do so, and their results come back together. */
#define _GNU_SOURCE
#include "../support.h"

#include <shapes.h>

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <unistd.h>

static int64_t here(void) { return (int64_t)pthread_self(); }

static tenon_future_t *computing(shapes_counter_t *counter, int64_t number) {
  tenon_future_t *future = NULL;
  OK(shapes_compute_until(executor, counter, number, &future));
  return future;
}

static int64_t thread(void) {
  tenon_future_t *future = NULL;
  OK(shapes_thread(executor, &future));
  return number(future);
}

static void test_threads(void) {
  tenon_future_t *future = NULL;
  CHECK(thread() == here());
  OK(shapes_computing_thread(executor, &future));
  CHECK(number(future) != here());
}

/* In the place of the system's, which has none to give while there_is_none. */
static bool there_is_none;

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *context) {
  int (*next)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *) =
      dlsym(RTLD_NEXT, "pthread_create");
  return there_is_none ? EAGAIN : next(thread, attributes, run, context);
}

static void test_without_threads(void) {
  tenon_future_t *future = NULL;
  tenon_error_t *error;
  int64_t code = 0;
  there_is_none = true;
  OK(shapes_computing_thread(executor, &future));
  error = failure(future);
  OK(tenon_error_get_code(error, &code));
  CHECK(code == TENON_STATUS_NO_RESOURCES);
  OK(tenon_error_release(error));
  there_is_none = false;
}

/* The loop goes on meanwhile: each ends by what happens on it. */
static void count(void *counter, tenon_status_t status) {
  int64_t value = 0;
  OK(status);
  OK(shapes_counter_add_number(counter, 1, &value));
}

static void test_meanwhile(void) {
  shapes_counter_t *counter = NULL;
  tenon_future_t *future;
  OK(shapes_counter_create(0, &counter));
  future = computing(counter, 5);
  for (int i = 0; i < 5; i++)
    OK(tenon_timer_start(executor, 1000000, count, counter, NULL));
  OK(settled(future));
  OK(tenon_future_release(future));
  OK(shapes_counter_release(counter));
}

static uint64_t wakes(void) {
  tenon_executor_statistics_t statistics = {0};
  statistics.struct_size = sizeof statistics;
  OK(tenon_executor_get_statistics(executor, &statistics));
  return statistics.wakes;
}

/* Nobody polls while they end, so there is one wake, and one for each that was not quite back when the last one ended. */
static void test_batch(void) {
  enum { CALLS = 1000 };
  static tenon_future_t *futures[CALLS];
  shapes_counter_t *counter = NULL;
  int descriptor;
  uint64_t before;
  OK(shapes_counter_create(0, &counter));
  OK(tenon_executor_fd(executor, &descriptor));
  for (int i = 0; i < CALLS; i++)
    OK(shapes_compute_and_count(executor, counter, &futures[i]));
  /* Calls begin in order, so all of them have left. */
  CHECK(thread() == here());
  before = wakes();
  OK(shapes_counter_wait(counter, CALLS));
  for (int i = 0; i < CALLS; i++)
    nothing(futures[i]);
  CHECK(wakes() - before <= 1 + (uint64_t)sysconf(_SC_NPROCESSORS_ONLN));
  OK(shapes_counter_release(counter));
}

int main(void) {
  begin();
  OK(tenon_process_own(executor));
  test_without_threads();
  test_threads();
  test_meanwhile();
  test_batch();
  return end();
}
