/*
 * The loop of tenon/epoll.h as what the kit needs of a loop: for its own test, and for the adapters with faults.
 */
#ifndef TENON_TESTS_EPOLL_LOOP_H
#define TENON_TESTS_EPOLL_LOOP_H

#include <tenon/adapter_check.h>
#include <tenon/epoll.h>

#include <sys/timerfd.h>

static void *create(void) {
  tenon_epoll_t *loop;
  return tenon_epoll_create(&loop) == TENON_STATUS_OK ? loop : NULL;
}

static void run(void *loop) { tenon_epoll_run(loop); }
static void stop(void *loop) { tenon_epoll_stop(loop); }
static void destroy(void *loop) { tenon_epoll_destroy(loop); }

typedef struct later {
  tenon_epoll_t *loop;
  int fd;
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static void call_now(void *context, uint32_t events) {
  const later_t later = *(later_t *)context;
  (void)events;
  tenon_epoll_unwatch(later.loop, later.fd);
  close(later.fd);
  free(context);
  later.fn(later.context);
}

static void after(void *loop, uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context) {
  later_t *later = malloc(sizeof *later);
  struct itimerspec time = {{0, 0}, {delay_ms / 1000, (long)(delay_ms % 1000) * 1000000 + 1}};
  if (!later)
    abort();
  *later = (later_t){loop, timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC), fn, context};
  timerfd_settime(later->fd, 0, &time, NULL);
  tenon_epoll_watch(loop, later->fd, EPOLLIN, call_now, later);
}

#endif
