/*
 * Executors on dispatch queues. Not by the kit: Dispatch does not survive the forks in which that runs its checks, and
 * its queues have no thread of their own.
 */
#define _GNU_SOURCE

#include <tenon/dispatch.h>
#include <tenon/tenon.h>

#include <stdio.h>
#include <sys/wait.h>

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

static void suspend(void *queue) { dispatch_suspend((dispatch_object_t){._dq = queue}); }

static void *resume(void *queue) {
  dispatch_resume((dispatch_object_t){._dq = queue});
  return NULL;
}

/** A queue that runs nothing yet: who attaches waits as every other thread does. */
static void check_a_suspended_queue(void) {
  dispatch_queue_t queue = dispatch_queue_create("test", NULL);
  tenon_executor_t *executor;
  tenon_future_t *future;
  pthread_t thread;
  counted_t counted = {.done = dispatch_semaphore_create(0)};
  suspend(queue);
  expect(tenon_dispatch_attach(queue, NULL, &executor) == TENON_STATUS_OK, "an attach");
  tenon_future_sleep(executor, 1, &future);
  expect(tenon_future_wait(future, 1000000) == TENON_STATUS_TIMEOUT,
         "what is on a suspended queue is waited for");
  pthread_create(&thread, NULL, resume, queue);
  expect(tenon_future_wait(future, TENON_FOREVER) == TENON_STATUS_OK, "it comes when that goes on");
  pthread_join(thread, NULL);
  tenon_future_release(future);
  suspend(queue);
  expect(tenon_dispatch_detach(executor, TENON_FOREVER, ended, &counted) == TENON_STATUS_OK,
         "a detach of a suspended queue");
  tenon_executor_release(executor);
  dispatch_resume((dispatch_object_t){._dq = queue});
  dispatch_release(queue);
  dispatch_semaphore_wait(counted.done, DISPATCH_TIME_FOREVER);
  expect(counted.end == TENON_STATUS_OK, "it is told when that goes on");
  dispatch_release(counted.done);
}

/** A fork's child, which Dispatch does not run in, is told so; the parent goes on. */
static void check_a_fork(void) {
  dispatch_queue_t queue = dispatch_queue_create("test", NULL);
  tenon_executor_t *executor;
  tenon_future_t *future;
  int status = -1;
  expect(tenon_dispatch_attach(queue, NULL, &executor) == TENON_STATUS_OK, "an attach");
  tenon_future_sleep(executor, 1000000, &future);
  const pid_t child = fork();
  if (child == 0) {
    alarm(60);
    const bool is_right = tenon_executor_post(executor, NULL, NULL) != TENON_STATUS_OK &&
                          tenon_future_wait(future, 0) == TENON_STATUS_FORKED &&
                          tenon_dispatch_detach(executor, 0, NULL, NULL) == TENON_STATUS_FORKED &&
                          tenon_dispatch_attach(queue, NULL, &executor) == TENON_STATUS_FORKED;
    tenon_executor_release(executor);
    _exit(!is_right);
  }
  waitpid(child, &status, 0);
  expect(status == 0, "a fork's child is told");
  expect(tenon_future_wait(future, TENON_FOREVER) == TENON_STATUS_OK, "the parent goes on");
  tenon_future_release(future);
  tenon_dispatch_detach(executor, TENON_FOREVER, NULL, NULL);
  tenon_executor_release(executor);
  dispatch_release(queue);
}

typedef struct nested {
  tenon_executor_t *executor, *other;
  tenon_status_t wait, run, detach;
  counted_t *counted;
} nested_t;

/** In a job: what would wait for this very queue is refused; another one is attached, and detached at once. */
static void nest(void *context, tenon_status_t status) {
  nested_t *nested = context;
  tenon_future_t *future;
  (void)status;
  tenon_future_sleep(nested->executor, 1, &future);
  nested->wait = tenon_future_wait(future, TENON_FOREVER);
  nested->run = tenon_executor_run_until(nested->executor, future, TENON_FOREVER);
  tenon_future_release(future);
  nested->detach = tenon_dispatch_detach(nested->executor, TENON_FOREVER, ended, nested->counted);
}

static void check_nesting(void) {
  dispatch_queue_t queue = dispatch_queue_create("test", NULL);
  counted_t counted = {.done = dispatch_semaphore_create(0)};
  nested_t nested = {.counted = &counted};
  expect(tenon_dispatch_attach(queue, NULL, &nested.executor) == TENON_STATUS_OK &&
             tenon_dispatch_attach(queue, NULL, &nested.other) == TENON_STATUS_OK,
         "two on a queue");
  tenon_executor_post(nested.executor, nest, &nested);
  dispatch_semaphore_wait(counted.done, DISPATCH_TIME_FOREVER);
  expect(nested.wait == TENON_STATUS_DEADLOCK, "a job does not wait for its own queue");
  expect(nested.run == TENON_STATUS_BUSY || nested.run == TENON_STATUS_UNSUPPORTED, "nor turns it");
  expect(nested.detach == TENON_STATUS_OK && counted.end == TENON_STATUS_OK,
         "a job detaches its own executor");
  /* The other one is closed by another thread than the queue's, with a close that blocks: who is in a poll ends it otherwise. */
  tenon_timer_start(nested.other, TENON_FOREVER, cancelled, NULL, NULL);
  dispatch_sync_f(queue, queue, suspend);
  const tenon_status_t closed = tenon_executor_close(nested.other, 1000000000);
  expect(closed == TENON_STATUS_OK, "a close elsewhere");
  dispatch_resume((dispatch_object_t){._dq = queue});
  tenon_executor_release(nested.executor);
  tenon_executor_release(nested.other);
  dispatch_release(queue);
  dispatch_release(counted.done);
}

int main(void) {
  alarm(120);
  check_a_fork();
  check_a_suspended_queue();
  check_nesting();
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
