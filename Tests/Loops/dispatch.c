/*
 * Executors on dispatch queues. Not by the kit: Dispatch does not survive the forks in which that runs its checks, and
 * its queues have no thread of their own.
 */
#define _GNU_SOURCE

#include <tenon/dispatch.h>
#include <tenon/tenon.h>

#include <stdio.h>

static int failed;

static void expect(bool held, const char *what) {
  if (held)
    return;
  failed++;
  fprintf(stderr, "dispatch: not so: %s\n", what);
}

enum { THREADS = 2, POSTS = 50000 };

typedef struct counted {
  tenon_executor_t *executor;
  int running; /* at a time */
  int ran;
  bool was_early;
  uint64_t deadline_ns;
  dispatch_semaphore_t done;
  tenon_status_t end;
} counted_t;

static void count(void *context, tenon_status_t status) {
  counted_t *counted = context;
  if (status != TENON_STATUS_OK || __atomic_add_fetch(&counted->running, 1, __ATOMIC_ACQ_REL) != 1)
    failed++;
  if (++counted->ran == THREADS * POSTS)
    dispatch_semaphore_signal(counted->done);
  __atomic_sub_fetch(&counted->running, 1, __ATOMIC_ACQ_REL);
}

static void *post_many(void *context) {
  counted_t *counted = context;
  for (int index = 0; index < POSTS; index++)
    tenon_executor_post(counted->executor, count, counted);
  return NULL;
}

static void ring(void *context, tenon_status_t status) {
  counted_t *counted = context;
  counted->was_early = tenon_timer_now_ns() < counted->deadline_ns || status != TENON_STATUS_OK;
  dispatch_semaphore_signal(counted->done);
}

static void cancelled(void *context, tenon_status_t status) {
  expect(status == TENON_STATUS_CLOSED || status == TENON_STATUS_CANCELLED,
         "a timer that is left at the detach is told so");
  (void)context;
}

static void ended(void *context, tenon_status_t status) {
  counted_t *counted = context;
  counted->end = status;
  dispatch_semaphore_signal(counted->done);
}

static void use(dispatch_queue_t queue) {
  counted_t counted = {0};
  pthread_t threads[THREADS];
  counted.done = dispatch_semaphore_create(0);
  expect(tenon_dispatch_attach(queue, NULL, &counted.executor) == TENON_STATUS_OK, "an attach");
  for (int index = 0; index < THREADS; index++)
    pthread_create(&threads[index], NULL, post_many, &counted);
  for (int index = 0; index < THREADS; index++)
    pthread_join(threads[index], NULL);
  dispatch_semaphore_wait(counted.done, DISPATCH_TIME_FOREVER);
  expect(counted.ran == THREADS * POSTS, "each job runs once, and alone");
  counted.deadline_ns = tenon_timer_now_ns() + 5000000;
  tenon_timer_start(counted.executor, counted.deadline_ns, ring, &counted, NULL);
  dispatch_semaphore_wait(counted.done, DISPATCH_TIME_FOREVER);
  expect(!counted.was_early, "a timer is not early");
  tenon_future_t *future;
  tenon_future_sleep(counted.executor, 1000000, &future);
  expect(tenon_future_wait(future, TENON_FOREVER) == TENON_STATUS_OK, "other threads may wait");
  tenon_future_release(future);
  tenon_timer_start(counted.executor, TENON_FOREVER, cancelled, NULL, NULL);
  expect(tenon_dispatch_detach(counted.executor, 1000000000, ended, &counted) == TENON_STATUS_OK,
         "a detach on any thread");
  dispatch_semaphore_wait(counted.done, DISPATCH_TIME_FOREVER);
  expect(counted.end == TENON_STATUS_OK, "a detach is told");
  expect(tenon_dispatch_detach(counted.executor, 0, NULL, NULL) == TENON_STATUS_CLOSED,
         "a second detach is refused");
  tenon_executor_release(counted.executor);
  dispatch_release(counted.done);
}

int main(void) {
  alarm(120);
  dispatch_queue_t queue = dispatch_queue_create("test", NULL);
  use(queue);
  dispatch_release(queue);
  use(dispatch_get_global_queue(0, 0));       /* a concurrent one */
  for (int round = 0; round < 100; round++) { /* closed elsewhere, and let go of */
    tenon_executor_t *executor;
    queue = dispatch_queue_create("test", NULL);
    expect(tenon_dispatch_attach(queue, NULL, &executor) == TENON_STATUS_OK, "an attach");
    dispatch_release(queue);
    counted_t counted = {.executor = executor};
    (void)counted;
    tenon_timer_start(executor, TENON_FOREVER, cancelled, NULL, NULL);
    tenon_executor_begin_close(executor, 0);
    tenon_executor_release(executor);
  }
  fprintf(stderr, "dispatch: %d things are not so\n", failed);
  return failed != 0;
}
