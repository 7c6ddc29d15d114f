/**
 * @file tenon/epoll.h
 *
 * A loop for programs that have none: descriptors, signals, and executors. All is inline. pkg-config:
 * tenon-epoll; CMake: Tenon::epoll.
 *
 * It needs what POSIX declares, which strict dialects hide: -std=gnu11, or _GNU_SOURCE.
 *
 * A loop is one thread's at a time. Its callbacks may call anything of it, run it too. A fork's child makes
 * one of its own: this one is shared with the parent, to which it would be lost what the child takes, and
 * executors answer TENON_STATUS_FORKED there.
 */
#ifndef TENON_EPOLL_H
#define TENON_EPOLL_H

#include <tenon/adapter.h>

#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

TENON_BEGIN_DECLS

typedef struct tenon_epoll tenon_epoll_t;

/** Told what is ready: EPOLLIN, EPOLLOUT, EPOLLERR, EPOLLHUP; or the number of the signal. */
typedef void (*tenon_epoll_fn)(void *context, uint32_t events);

typedef struct tenon__epoll_watch {
  tenon_epoll_fn fn; /* NULL: none */
  void *context;
  uint32_t life; /* tells this watch from the ones before it on the same number */
} tenon__epoll_watch_t;

typedef struct tenon__epoll_adapter {
  tenon_adapter_t adapter;
  struct tenon__epoll_adapter *next;
  uint64_t deadline_ns;
} tenon__epoll_adapter_t;

struct tenon_epoll {
  int set;
  int signal_fd;
  tenon__epoll_watch_t *watches; /* by descriptor */
  size_t size;
  size_t alive; /* watches and executors that the loop goes on for */
  tenon__epoll_adapter_t *adapters;
  bool is_stopped;
  sigset_t mask;    /* those that are watched */
  sigset_t blocked; /* of those: blocked by us */
  tenon__epoll_watch_t on_signal[65];
};

/* MARK: Descriptors */

static inline tenon_status_t tenon__epoll_add(tenon_epoll_t *loop, int fd, uint32_t events,
                                              tenon_epoll_fn fn, void *context) {
  struct epoll_event event;
  tenon__epoll_watch_t *watch;
  if (!loop || fd < 0 || !fn)
    return TENON_STATUS_INVALID;
  if ((size_t)fd >= loop->size) {
    const size_t size = ((size_t)fd + 16) * 2;
    watch = (tenon__epoll_watch_t *)realloc(loop->watches, size * sizeof *watch);
    if (!watch)
      return TENON_STATUS_NO_RESOURCES;
    memset(watch + loop->size, 0, (size - loop->size) * sizeof *watch);
    loop->watches = watch;
    loop->size = size;
  }
  watch = &loop->watches[fd];
  memset(&event, 0, sizeof event);
  event.events = events;
  event.data.u64 = (uint64_t)(watch->life + 1) << 32 | (uint32_t)fd;
  if (epoll_ctl(loop->set, watch->fn ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, fd, &event) != 0 &&
      /* Closed without an unwatch, and this is another one of the same number. */
      (errno != ENOENT || epoll_ctl(loop->set, EPOLL_CTL_ADD, fd, &event) != 0))
    return errno == EPERM || errno == EBADF || errno == EEXIST ? TENON_STATUS_INVALID
                                                               : TENON_STATUS_NO_RESOURCES;
  watch->life++;
  watch->fn = fn;
  watch->context = context;
  return TENON_STATUS_OK;
}

static inline void tenon__epoll_remove(tenon_epoll_t *loop, int fd) {
  struct epoll_event event; /* kernels before 2.6.9 want one */
  memset(&event, 0, sizeof event);
  epoll_ctl(loop->set, EPOLL_CTL_DEL, fd, &event);
  loop->watches[fd].fn = NULL;
  loop->watches[fd].life++;
}

/**
 * Has `fn` called while a descriptor is ready: level-triggered, or as `events` says. A watch keeps the loop
 * running; a second one of a descriptor replaces the first, and is how an EPOLLONESHOT is armed again.
 *
 * Ownership:  the descriptor is the caller's: unwatch it, and close it then. If it is closed before, the loop still
 *             waits for it, and a duplicate of it goes on to tell.
 * Errors:     TENON_STATUS_INVALID: none, or one that cannot be watched, as a file; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_epoll_watch(tenon_epoll_t *loop, int fd, uint32_t events,
                                               tenon_epoll_fn fn, void *context) {
  const bool is_new = !loop || fd < 0 || (size_t)fd >= loop->size || !loop->watches[fd].fn;
  const tenon_status_t status = tenon__epoll_add(loop, fd, events, fn, context);
  if (status == TENON_STATUS_OK && is_new)
    loop->alive++;
  return status;
}

/** Ends a watch: `fn` is not called any more. Errors: TENON_STATUS_INVALID: there is none. Since: 0.2.0 */
static inline tenon_status_t tenon_epoll_unwatch(tenon_epoll_t *loop, int fd) {
  if (!loop || fd < 0 || (size_t)fd >= loop->size || !loop->watches[fd].fn)
    return TENON_STATUS_INVALID;
  tenon__epoll_remove(loop, fd);
  loop->alive--;
  return TENON_STATUS_OK;
}

/* MARK: Signals */

static inline void tenon__epoll_signalled(void *context, uint32_t events) {
  tenon_epoll_t *loop = (tenon_epoll_t *)context;
  struct signalfd_siginfo info;
  (void)events;
  while (read(loop->signal_fd, &info, sizeof info) == (ssize_t)sizeof info) {
    const tenon__epoll_watch_t *watch = &loop->on_signal[info.ssi_signo < 65 ? info.ssi_signo : 0];
    if (watch->fn)
      watch->fn(watch->context, info.ssi_signo);
    else
      loop->is_stopped = true;
  }
}

/**
 * Has `fn` called when a signal comes; NULL: the loop stops, which for SIGINT is Ctrl-C. The signal is
 * blocked in this thread until the loop is destroyed: call it before there are others. It does not keep the
 * loop running.
 *
 * Errors:     TENON_STATUS_INVALID: no such signal, or one that nobody can take; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_epoll_on_signal(tenon_epoll_t *loop, int number,
                                                   tenon_epoll_fn fn, void *context) {
  sigset_t one, before, mask;
  int fd;
  sigemptyset(&one);
  if (!loop || number < 1 || number > 64 || number == SIGKILL || number == SIGSTOP ||
      sigaddset(&one, number) != 0)
    return TENON_STATUS_INVALID;
  mask = loop->mask;
  sigaddset(&mask, number);
  fd = signalfd(loop->signal_fd, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (loop->signal_fd < 0) {
    const tenon_status_t status = tenon__epoll_add(loop, fd, EPOLLIN, tenon__epoll_signalled, loop);
    if (status != TENON_STATUS_OK) {
      close(fd);
      return status;
    }
    loop->signal_fd = fd;
  }
  loop->mask = mask;
  loop->on_signal[number].fn = fn;
  loop->on_signal[number].context = context;
  pthread_sigmask(SIG_BLOCK, &one, &before);
  if (!sigismember(&before, number))
    sigaddset(&loop->blocked, number);
  return TENON_STATUS_OK;
}

/* MARK: Running */

/** Makes a loop. Errors: TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES. Since: 0.2.0 */
static inline tenon_status_t tenon_epoll_create(tenon_epoll_t **loop_out) {
  tenon_epoll_t *loop;
  if (!loop_out)
    return TENON_STATUS_INVALID;
  loop = (tenon_epoll_t *)calloc(1, sizeof *loop);
  if (!loop)
    return TENON_STATUS_NO_RESOURCES;
  loop->set = epoll_create1(EPOLL_CLOEXEC);
  loop->signal_fd = -1;
  sigemptyset(&loop->mask);
  sigemptyset(&loop->blocked);
  if (loop->set < 0) {
    free(loop);
    return TENON_STATUS_NO_RESOURCES;
  }
  *loop_out = loop;
  return TENON_STATUS_OK;
}

/** The first executor whose timer is next. */
static inline tenon__epoll_adapter_t *tenon__epoll_next(const tenon_epoll_t *loop) {
  tenon__epoll_adapter_t *adapter, *next = NULL;
  for (adapter = loop->adapters; adapter; adapter = adapter->next)
    if (adapter->deadline_ns != TENON_FOREVER &&
        (!next || adapter->deadline_ns < next->deadline_ns))
      next = adapter;
  return next;
}

/** One turn: waits up to `timeout_ms` (-1: for ever) until something happens, and tells it. Since: 0.2.0 */
static inline void tenon_epoll_run_once(tenon_epoll_t *loop, int timeout_ms) {
  struct epoll_event events[64];
  tenon__epoll_adapter_t *due = tenon__epoll_next(loop);
  int count, index;
  if (due) {
    const int rest_ms = tenon_adapter_rest_ms(due->deadline_ns);
    if (timeout_ms < 0 || rest_ms < timeout_ms)
      timeout_ms = rest_ms;
  }
  count = epoll_wait(loop->set, events, 64, timeout_ms);
  for (index = 0; index < count; index++) {
    const uint32_t fd = (uint32_t)events[index].data.u64;
    const tenon__epoll_watch_t watch = loop->watches[fd];
    /* What was told before may have ended it, or put another one in its place. */
    if (watch.fn && watch.life == (uint32_t)(events[index].data.u64 >> 32))
      watch.fn(watch.context, events[index].events);
  }
  /* Each that is due has its turn, and one that is due again waits for the next. */
  for (count = 0; count < 1024; count++) {
    due = tenon__epoll_next(loop);
    if (!due || due->deadline_ns > tenon_timer_now_ns())
      break;
    due->deadline_ns = TENON_FOREVER;
    tenon_adapter_due(&due->adapter);
  }
}

/** Runs until tenon_epoll_stop(), or until there is no watch and nothing is pending. Since: 0.2.0 */
static inline void tenon_epoll_run(tenon_epoll_t *loop) {
  loop->is_stopped = false;
  while (!loop->is_stopped && loop->alive != 0)
    tenon_epoll_run_once(loop, -1);
  loop->is_stopped = false;
}

/** In a callback or a job: the innermost tenon_epoll_run() returns after this turn. Since: 0.2.0 */
static inline void tenon_epoll_stop(tenon_epoll_t *loop) { loop->is_stopped = true; }

/** Ends a loop that does not run, and its watches; executors may be detached before or after. Since: 0.2.0 */
static inline void tenon_epoll_destroy(tenon_epoll_t *loop) {
  while (loop->adapters) {
    tenon__epoll_adapter_t *adapter = loop->adapters;
    loop->adapters = adapter->next;
    tenon_adapter_gone(&adapter->adapter);
  }
  pthread_sigmask(SIG_UNBLOCK, &loop->blocked, NULL);
  if (loop->signal_fd >= 0)
    close(loop->signal_fd);
  close(loop->set);
  free(loop->watches);
  free(loop);
}

/* MARK: Executors */

static inline void tenon__epoll_ready(void *adapter, uint32_t events) {
  (void)events;
  tenon_adapter_ready((tenon_adapter_t *)adapter);
}

static inline void tenon__epoll_watched(void *adapter, uint32_t events) {
  (void)events;
  tenon_adapter_watched((tenon_adapter_t *)adapter);
}

static inline tenon_status_t tenon__epoll_watch_for(tenon_adapter_t *adapter, int fd) {
  return tenon__epoll_add((tenon_epoll_t *)adapter->loop, fd, EPOLLIN, tenon__epoll_watched,
                          adapter);
}

static inline tenon_status_t tenon__epoll_attach(tenon_adapter_t *adapter) {
  tenon_epoll_t *loop = (tenon_epoll_t *)adapter->loop;
  tenon__epoll_adapter_t *self = (tenon__epoll_adapter_t *)adapter;
  tenon_status_t status;
  adapter->is_edge = adapter->fd == adapter->wake_fd;
  status = tenon__epoll_add(loop, adapter->fd, EPOLLIN | (adapter->is_edge ? (uint32_t)EPOLLET : 0),
                            tenon__epoll_ready, adapter);
  if (status != TENON_STATUS_OK)
    return status;
  self->deadline_ns = TENON_FOREVER;
  self->next = loop->adapters;
  loop->adapters = self;
  return TENON_STATUS_OK;
}

static inline void tenon__epoll_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  ((tenon__epoll_adapter_t *)adapter)->deadline_ns = deadline_ns;
}

static inline void tenon__epoll_set_alive(tenon_adapter_t *adapter, bool alive) {
  tenon_epoll_t *loop = (tenon_epoll_t *)adapter->loop;
  loop->alive = alive ? loop->alive + 1 : loop->alive - 1;
}

static inline bool tenon__epoll_run_once_for(tenon_adapter_t *adapter) {
  tenon_epoll_run_once((tenon_epoll_t *)adapter->loop, -1);
  return true;
}

static inline void tenon__epoll_detach(tenon_adapter_t *adapter) {
  tenon_epoll_t *loop = (tenon_epoll_t *)adapter->loop;
  tenon__epoll_adapter_t **place = &loop->adapters;
  while (*place != (tenon__epoll_adapter_t *)adapter)
    place = &(*place)->next;
  *place = (*place)->next;
  tenon__epoll_remove(loop, adapter->fd);
  if (adapter->watch_fd >= 0)
    tenon__epoll_remove(loop, adapter->watch_fd);
  if (adapter->is_alive)
    loop->alive--;
  tenon_adapter_detached(adapter);
}

static inline const tenon_adapter_operations_t *tenon__epoll_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "epoll",
      sizeof(tenon__epoll_adapter_t),
      tenon__epoll_attach,
      tenon__epoll_set_timer,
      tenon__epoll_set_alive,
      tenon__epoll_run_once_for,
      tenon__epoll_detach,
      NULL,
      NULL,
      tenon__epoll_watch_for,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run on `loop`, for as long as which has something pending the loop runs.
 *
 * Ownership:  borrows all. The loop may be destroyed before or after the detach. The caller detaches, and
 *             releases `*executor_out`, in any order.
 * Threading:  the thread that runs the loop.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_epoll_attach(tenon_epoll_t *loop,
                                                const tenon_adapter_config_t *config,
                                                tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__epoll_operations(), loop, config, executor_out);
}

/** Closes the executor and takes it off: see tenon_uv_detach(), which this is for this loop. Since: 0.2.0 */
static inline tenon_status_t tenon_epoll_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                                tenon_adapter_detached_fn fn, void *context) {
  return tenon_adapter_detach(executor, tenon__epoll_operations(), timeout_ns, fn, context);
}

/** Reads the loop that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_epoll_get_loop(tenon_executor_t *executor,
                                                  tenon_epoll_t **loop_out) {
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__epoll_operations(), loop_out, &status);
  if (loop)
    *loop_out = (tenon_epoll_t *)loop;
  return status;
}

TENON_END_DECLS

#endif /* TENON_EPOLL_H */
