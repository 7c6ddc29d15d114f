/*
 * (b) A worker settles something, the loop's callback hears of it and answers: one round trip.
 *
 * The answer is the same for all subjects: the callback writes an eventfd on which the worker
 * blocks. Only "uv both ways" answers through a libuv loop that the worker runs.
 */
#include "bench.h"

#include <pthread.h>
#include <stdatomic.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>
#include <uv.h>

static long iterations;
static long heard; /* by the loop's callback, on the loop's thread */

static void eventfd_send(int fd) {
  uint64_t one = 1;
  BENCH_CHECK(write(fd, &one, sizeof one) == sizeof one);
}

static void eventfd_receive(int fd) {
  uint64_t count;
  BENCH_CHECK(read(fd, &count, sizeof count) == sizeof count);
}

/* The worker: sends, and waits for the answer. */

static int answer_fd;
static void (*send_one)(void);

static void *worker_run(void *unused) {
  bench_pin(1);
  for (long i = 0; i < iterations; i++) {
    send_one();
    eventfd_receive(answer_fd);
  }
  return unused;
}

/* The limit: the worker writes an eventfd, the loop reads it, or has epoll tell each write apart
 * and saves the read. */

static int request_fd;
static int epoll_fd;
static int is_edge_triggered;

static void epoll_watch(int fd) {
  struct epoll_event event = {EPOLLIN | (is_edge_triggered ? EPOLLET : 0), {.fd = fd}};
  BENCH_CHECK(epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0);
}

static void epoll_wait_one(void) {
  struct epoll_event event;
  BENCH_CHECK(epoll_wait(epoll_fd, &event, 1, -1) == 1);
}

static void request_wait(void) {
  epoll_wait_one();
  if (!is_edge_triggered)
    eventfd_receive(request_fd);
}

static void bare_send(void) { eventfd_send(request_fd); }

static void bare_loop(void) {
  while (heard < iterations) {
    request_wait();
    heard++;
    eventfd_send(answer_fd);
  }
}

/* Tenon: the worker resolves a promise; the callback takes the value and makes the next one. */

static tenon_executor_t *executor;
static tenon_promise_t *_Atomic promise_now;

static void tenon_arm(void);

static void tenon_told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context;
  tenon_value_t value;
  BENCH_CHECK(status == TENON_STATUS_OK && tenon_future_take(future, &value) == TENON_STATUS_OK);
  heard += value.as.i64;
  if (heard < iterations)
    tenon_arm();
  eventfd_send(answer_fd);
}

static void tenon_arm(void) {
  tenon_promise_t *promise;
  tenon_future_t *future;
  BENCH_CHECK(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
  BENCH_CHECK(tenon_future_on_complete(future, executor, tenon_told, NULL, NULL) ==
              TENON_STATUS_OK);
  BENCH_CHECK(tenon_future_release(future) == TENON_STATUS_OK);
  atomic_store_explicit(&promise_now, promise, memory_order_release);
}

static void tenon_send(void) {
  tenon_value_t value = tenon_value_i64(1);
  tenon_promise_t *promise = atomic_load_explicit(&promise_now, memory_order_acquire);
  BENCH_CHECK(tenon_promise_resolve(promise, &value) == TENON_STATUS_OK);
}

static void host_wake(void *context) {
  (void)context;
  eventfd_send(request_fd);
}

static void tenon_host_loop(void) {
  while (heard < iterations) {
    request_wait();
    BENCH_CHECK(tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK);
  }
}

static void tenon_fd_loop(void) {
  while (heard < iterations) {
    epoll_wait_one();
    BENCH_CHECK(tenon_executor_poll(executor, NULL, NULL) == TENON_STATUS_OK);
  }
}

static uv_loop_t loop;

static void tenon_uv_loop(void) {
  while (heard < iterations)
    uv_run(&loop, UV_RUN_ONCE);
}

/* libuv by itself, with the same answer, and with a second loop for the answer. */

static uv_async_t async_request, async_answer;

static void uv_heard(uv_async_t *async) {
  (void)async;
  heard++;
  eventfd_send(answer_fd);
}

static void uv_send(void) { BENCH_CHECK(uv_async_send(&async_request) == 0); }

static void uv_heard_both_ways(uv_async_t *async) {
  (void)async;
  heard++;
  uv_async_send(&async_answer);
}

static void uv_answered(uv_async_t *async) {
  long *sent = (long *)async->data;
  if (*sent == iterations)
    return uv_stop(async->loop);
  ++*sent;
  uv_async_send(&async_request);
}

static void *uv_worker_run(void *worker_loop) {
  bench_pin(1);
  long sent = 1;
  async_answer.data = &sent;
  uv_async_send(&async_request);
  uv_run((uv_loop_t *)worker_loop, UV_RUN_DEFAULT);
  return NULL;
}

static void uv_loop_run(void) {
  while (heard < iterations)
    uv_run(&loop, UV_RUN_ONCE);
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("wake", argc, argv);
  iterations = bench.iterations;
  bench_pin(0);
  answer_fd = eventfd(0, EFD_CLOEXEC);
  request_fd = eventfd(0, EFD_CLOEXEC);
  epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  BENCH_CHECK(uv_loop_init(&loop) == 0);

  uv_loop_t worker_loop;
  void *(*worker)(void *) = worker_run;
  void (*run)(void);
  is_edge_triggered = strstr(bench.subject, "-edge") != NULL;
  if (bench_is(&bench, "eventfd") || bench_is(&bench, "eventfd-edge")) {
    epoll_watch(request_fd);
    send_one = bare_send;
    run = bare_loop;
  } else if (bench_is(&bench, "tenon-host") || bench_is(&bench, "tenon-host-edge")) {
    tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
    host.wake = host_wake;
    tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
    config.host = &host;
    BENCH_CHECK(tenon_executor_create(&config, &executor) == TENON_STATUS_OK);
    epoll_watch(request_fd);
    send_one = tenon_send;
    run = tenon_host_loop;
  } else if (bench_is(&bench, "tenon-fd")) {
    int fd;
    BENCH_CHECK(tenon_executor_create(NULL, &executor) == TENON_STATUS_OK);
    BENCH_CHECK(tenon_executor_fd(executor, &fd) == TENON_STATUS_OK);
    epoll_watch(fd);
    send_one = tenon_send;
    run = tenon_fd_loop;
  } else if (bench_is(&bench, "tenon-uv")) {
    BENCH_CHECK(tenon_uv_attach(&loop, NULL, &executor) == TENON_STATUS_OK);
    send_one = tenon_send;
    run = tenon_uv_loop;
  } else if (bench_is(&bench, "uv")) {
    BENCH_CHECK(uv_async_init(&loop, &async_request, uv_heard) == 0);
    send_one = uv_send;
    run = uv_loop_run;
  } else if (bench_is(&bench, "uv-both-ways")) {
    BENCH_CHECK(uv_loop_init(&worker_loop) == 0);
    BENCH_CHECK(uv_async_init(&loop, &async_request, uv_heard_both_ways) == 0);
    BENCH_CHECK(uv_async_init(&worker_loop, &async_answer, uv_answered) == 0);
    worker = uv_worker_run;
    run = uv_loop_run;
  } else {
    return bench_unknown(&bench);
  }
  if (executor)
    tenon_arm();

  pthread_t thread;
  uint64_t start_ns = bench_now_ns();
  BENCH_CHECK(pthread_create(&thread, NULL, worker, &worker_loop) == 0);
  run();
  pthread_join(thread, NULL);
  double ns = bench_ns_per_op(start_ns, iterations);
  BENCH_CHECK(heard == iterations);
  if (bench_is(&bench, "tenon-uv")) {
    BENCH_CHECK(tenon_uv_detach(executor, TENON_FOREVER, NULL, NULL) == TENON_STATUS_OK);
    BENCH_CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0 && uv_loop_close(&loop) == 0);
  }
  if (executor)
    BENCH_CHECK(tenon_executor_release(executor) == TENON_STATUS_OK);
  return bench_report(&bench, ns);
}
