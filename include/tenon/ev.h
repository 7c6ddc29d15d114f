/**
 * @file tenon/ev.h
 *
 * Runs an executor on a libev loop. Needs <ev.h> of libev 4, with EV_MULTIPLICITY; all is inline.
 * pkg-config: tenon-ev; CMake: Tenon::ev.
 *
 * A fork's child may go on with its loop, after ev_loop_fork(): there executors answer
 * TENON_STATUS_FORKED, and keep it alive for nothing.
 */
#ifndef TENON_EV_H
#define TENON_EV_H

#include <ev.h>
#include <tenon/adapter.h>

#if !EV_MULTIPLICITY || !EV_CLEANUP_ENABLE
#error "tenon/ev.h needs libev's loops as arguments (EV_MULTIPLICITY), and its cleanup watchers"
#endif

TENON_BEGIN_DECLS

typedef struct tenon__ev {
  tenon_adapter_t adapter;
  ev_io reader;
  ev_io watcher; /* of descriptors that futures wait for */
  ev_timer timer;
  ev_cleanup cleanup;
  bool is_alive;
} tenon__ev_t;

static inline void tenon__ev_read(struct ev_loop *loop, ev_io *reader, int events) {
  (void)loop;
  (void)events;
  tenon_adapter_ready((tenon_adapter_t *)reader->data);
}

/** None of our watchers counts; and libev counts one that stops by itself. */
static inline void tenon__ev_stop_timer(struct ev_loop *loop, ev_timer *timer) {
  if (!ev_is_active(timer))
    return;
  ev_ref(loop);
  ev_timer_stop(loop, timer);
}

static inline void tenon__ev_due(struct ev_loop *loop, ev_timer *timer, int events) {
  (void)events;
  tenon__ev_stop_timer(loop, timer);
  tenon_adapter_due((tenon_adapter_t *)timer->data);
}

/** ev_loop_destroy() */
static inline void tenon__ev_cleanup(struct ev_loop *loop, ev_cleanup *cleanup, int events) {
  (void)loop;
  (void)events;
  tenon_adapter_gone((tenon_adapter_t *)cleanup->data);
}

static inline void tenon__ev_watched(struct ev_loop *loop, ev_io *watcher, int events) {
  (void)loop;
  (void)events;
  tenon_adapter_watched((tenon_adapter_t *)watcher->data);
}

static inline tenon_status_t tenon__ev_watch(tenon_adapter_t *adapter, int fd) {
  tenon__ev_t *ev = (tenon__ev_t *)adapter;
  struct ev_loop *loop = (struct ev_loop *)adapter->loop;
  ev_io_init(&ev->watcher, tenon__ev_watched, fd, EV_READ);
  ev->watcher.data = adapter;
  ev_io_start(loop, &ev->watcher);
  ev_unref(loop);
  return TENON_STATUS_OK;
}

static inline tenon_status_t tenon__ev_attach(tenon_adapter_t *adapter) {
  tenon__ev_t *ev = (tenon__ev_t *)adapter;
  struct ev_loop *loop = (struct ev_loop *)adapter->loop;
  ev_io_init(&ev->reader, tenon__ev_read, adapter->fd, EV_READ);
  /* Repeating, and stopped by us, so that libev does not count it out. */
  ev_timer_init(&ev->timer, tenon__ev_due, 0., 1.);
  ev_cleanup_init(&ev->cleanup, tenon__ev_cleanup);
  ev->reader.data = ev->timer.data = ev->cleanup.data = adapter;
  ev_io_start(loop, &ev->reader);
  ev_unref(loop);
  ev_cleanup_start(loop, &ev->cleanup); /* libev itself does not count it */
  return TENON_STATUS_OK;
}

static inline void tenon__ev_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  tenon__ev_t *ev = (tenon__ev_t *)adapter;
  struct ev_loop *loop = (struct ev_loop *)adapter->loop;
  uint64_t now_ns;
  tenon__ev_stop_timer(loop, &ev->timer);
  if (deadline_ns == TENON_FOREVER)
    return;
  /* libev counts from the time of its last look. */
  ev_now_update(loop);
  now_ns = tenon_timer_now_ns();
  ev_timer_set(&ev->timer, deadline_ns > now_ns ? (double)(deadline_ns - now_ns) * 1e-9 : 0., 1.);
  ev_timer_start(loop, &ev->timer);
  ev_unref(loop);
}

static inline void tenon__ev_set_alive(tenon_adapter_t *adapter, bool alive) {
  tenon__ev_t *ev = (tenon__ev_t *)adapter;
  if (alive == ev->is_alive)
    return;
  ev->is_alive = alive;
  if (alive)
    ev_ref((struct ev_loop *)adapter->loop);
  else
    ev_unref((struct ev_loop *)adapter->loop);
}

static inline bool tenon__ev_run_once(tenon_adapter_t *adapter) {
  ev_run((struct ev_loop *)adapter->loop, EVRUN_ONCE);
  return true;
}

static inline void tenon__ev_detach(tenon_adapter_t *adapter) {
  tenon__ev_t *ev = (tenon__ev_t *)adapter;
  struct ev_loop *loop = (struct ev_loop *)adapter->loop;
  tenon__ev_stop_timer(loop, &ev->timer);
  ev_ref(loop);
  ev_io_stop(loop, &ev->reader);
  if (ev_is_active(&ev->watcher)) {
    ev_ref(loop);
    ev_io_stop(loop, &ev->watcher);
  }
  ev_cleanup_stop(loop, &ev->cleanup);
  tenon__ev_set_alive(adapter, false);
  tenon_adapter_detached(adapter);
}

static inline const tenon_adapter_operations_t *tenon__ev_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "ev",
      sizeof(tenon__ev_t),
      tenon__ev_attach,
      tenon__ev_set_timer,
      tenon__ev_set_alive,
      tenon__ev_run_once,
      tenon__ev_detach,
      NULL,
      NULL,
      tenon__ev_watch,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run on `loop`.
 *
 * Pending work keeps ev_run() from returning, as in tenon/uv.h.
 *
 * Ownership:  borrows all. The loop may be destroyed before or after the detach. The caller detaches, and
 *             releases `*executor_out`, in any order.
 * Threading:  the thread that runs the loop.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_ev_attach(struct ev_loop *loop,
                                             const tenon_adapter_config_t *config,
                                             tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__ev_operations(), loop, config, executor_out);
}

/** Closes the executor and takes it off: see tenon_uv_detach(), which this is for libev. Since: 0.2.0 */
static inline tenon_status_t tenon_ev_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                             tenon_adapter_detached_fn fn, void *context) {
  return tenon_adapter_detach(executor, tenon__ev_operations(), timeout_ns, fn, context);
}

/** Reads the loop that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_ev_get_loop(tenon_executor_t *executor,
                                               struct ev_loop **loop_out) {
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__ev_operations(), loop_out, &status);
  if (loop)
    *loop_out = (struct ev_loop *)loop;
  return status;
}

TENON_END_DECLS

#endif /* TENON_EV_H */
