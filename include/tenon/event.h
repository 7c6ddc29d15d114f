/**
 * @file tenon/event.h
 *
 * Runs an executor on a libevent base. Needs libevent 2.1; all is inline. pkg-config: tenon-event;
 * CMake: Tenon::event.
 *
 * Call evthread_use_pthreads() only for what the program itself does with the base on several threads:
 * the adapter needs none of it.
 *
 * A fork's child may go on with its loop, after event_reinit(): there executors answer
 * TENON_STATUS_FORKED, and keep it alive for nothing.
 */
#ifndef TENON_EVENT_H
#define TENON_EVENT_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <tenon/adapter.h>

TENON_BEGIN_DECLS

typedef struct tenon__event {
  tenon_adapter_t adapter;
  struct event reader;
  struct event timer;
  struct event holder; /* never comes, and keeps the base in its loop */
  struct event
      probe; /* finalized when a detach begins: in the loop's next turn, or when it is freed */
  struct event watcher; /* of descriptors that futures wait for */
  struct event nudge;   /* libevent does not count its own events as what EVLOOP_ONCE waits for */
  bool is_probing;
} tenon__event_t;

/** event_base_free() takes its events out, and tells nobody; nobody else takes out our reader. */
static inline void tenon__event_look(tenon__event_t *event) {
  if (!(event->reader.ev_evcallback.evcb_flags & EVLIST_INSERTED))
    tenon_adapter_gone(&event->adapter);
}

static inline void tenon__event_probed(struct event *probe, void *adapter) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  (void)probe;
  event->is_probing = false;
  if (event->adapter.is_closed)
    tenon_adapter_detached(&event->adapter);
  else
    tenon__event_look(event);
}

static inline void tenon__event_read(evutil_socket_t fd, short events, void *adapter) {
  (void)fd;
  (void)events;
  event_active(&((tenon__event_t *)adapter)->nudge, 0, 0);
  tenon_adapter_ready((tenon_adapter_t *)adapter);
}

static inline void tenon__event_watched(evutil_socket_t fd, short events, void *adapter) {
  (void)fd;
  (void)events;
  event_active(&((tenon__event_t *)adapter)->nudge, 0, 0);
  tenon_adapter_watched((tenon_adapter_t *)adapter);
}

static inline void tenon__event_due(evutil_socket_t fd, short events, void *adapter) {
  (void)fd;
  (void)events;
  tenon_adapter_due((tenon_adapter_t *)adapter);
}

static inline void tenon__event_hold(evutil_socket_t fd, short events, void *adapter) {
  (void)fd;
  (void)events;
  (void)adapter;
}

static inline tenon_status_t tenon__event_attach(tenon_adapter_t *adapter) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  struct event_base *base = (struct event_base *)adapter->loop;
  adapter->is_edge =
      adapter->fd == adapter->wake_fd && (event_base_get_features(base) & EV_FEATURE_ET) != 0;
  event_assign(&event->reader, base, adapter->fd,
               EV_READ | EV_PERSIST | (adapter->is_edge ? EV_ET : 0), tenon__event_read, adapter);
  event_assign(&event->timer, base, -1, 0, tenon__event_due, adapter);
  event_assign(&event->holder, base, -1, 0, tenon__event_hold, adapter);
  event_assign(&event->watcher, base, -1, 0, tenon__event_hold, adapter);
  event_assign(&event->nudge, base, -1, 0, tenon__event_hold, adapter);
  event_assign(&event->probe, base, -1, 0, tenon__event_hold, adapter);
  /* As libevent's own events: it is not what a base goes on for. */
  event->reader.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
  return event_add(&event->reader, NULL) == 0 ? TENON_STATUS_OK : TENON_STATUS_NO_RESOURCES;
}

static inline tenon_status_t tenon__event_watch(tenon_adapter_t *adapter, int fd) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  event_assign(&event->watcher, (struct event_base *)adapter->loop, fd, EV_READ | EV_PERSIST,
               tenon__event_watched, adapter);
  event->watcher.ev_evcallback.evcb_flags |= EVLIST_INTERNAL;
  return event_add(&event->watcher, NULL) == 0 ? TENON_STATUS_OK : TENON_STATUS_NO_RESOURCES;
}

static inline void tenon__event_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  uint64_t now_ns, rest_us;
  struct timeval rest;
  if (deadline_ns == TENON_FOREVER) {
    event_del(&event->timer);
    return;
  }
  now_ns = tenon_timer_now_ns();
  rest_us = deadline_ns > now_ns ? (deadline_ns - now_ns + 999u) / 1000u : 0;
  rest.tv_sec = (time_t)(rest_us / 1000000u);
  rest.tv_usec = (suseconds_t)(rest_us % 1000000u);
  event_add(&event->timer, &rest);
}

static inline void tenon__event_set_alive(tenon_adapter_t *adapter, bool alive) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  struct timeval year;
  year.tv_sec = 365 * 86400;
  year.tv_usec = 0;
  if (alive)
    event_add(&event->holder, &year);
  else
    event_del(&event->holder);
}

static inline bool tenon__event_run_once(tenon_adapter_t *adapter) {
  struct event_base *base = (struct event_base *)adapter->loop;
  /* A base does not turn inside of itself: libevent says so, and on its standard error. */
  return event_base_loop(base, EVLOOP_ONCE) >= 0;
}

static inline void tenon__event_detach(tenon_adapter_t *adapter) {
  tenon__event_t *event = (tenon__event_t *)adapter;
  event_del_noblock(&event->reader);
  event_del_noblock(&event->timer);
  event_del_noblock(&event->holder);
  event_del_noblock(&event->watcher);
  event_del_noblock(&event->nudge);
  if (!event->is_probing)
    tenon_adapter_detached(adapter);
}

static inline const tenon_adapter_operations_t *tenon__event_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "event",
      sizeof(tenon__event_t),
      tenon__event_attach,
      tenon__event_set_timer,
      tenon__event_set_alive,
      tenon__event_run_once,
      tenon__event_detach,
      NULL,
      NULL,
      tenon__event_watch,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run on `base`.
 *
 * Pending work keeps event_base_dispatch() from returning, as in tenon/uv.h. A base does not nest:
 * tenon_executor_run_until() in one of its callbacks runs this executor alone.
 *
 * Ownership:  borrows all. A base that is freed before the detach, or within it, takes its events along.
 *             The caller detaches, and releases `*executor_out`, in any order.
 * Threading:  the thread that runs the base.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_event_attach(struct event_base *base,
                                                const tenon_adapter_config_t *config,
                                                tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__event_operations(), base, config, executor_out);
}

/**
 * Closes the executor and takes it off: see tenon_uv_detach(), which this is for libevent.
 *
 * libevent tells nobody that a base is freed. Free it before the detach, right after it, or when that is
 * complete; if it was freed in between, a second call, which answers TENON_STATUS_CLOSED, ends it.
 *
 * Since: 0.2.0
 */
static inline tenon_status_t tenon_event_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                                tenon_adapter_detached_fn fn, void *context) {
  tenon_status_t status;
  tenon_adapter_t *adapter = tenon_adapter_of(executor, tenon__event_operations(), &status);
  tenon__event_t *event = (tenon__event_t *)adapter;
  if (adapter && !adapter->is_gone && !event->is_probing) {
    if (adapter->is_ending) {
      tenon__event_look(event); /* the adapter may be gone then */
      return TENON_STATUS_CLOSED;
    }
    tenon__event_look(event);
  }
  if (!adapter || adapter->is_gone)
    return tenon_adapter_detach(executor, tenon__event_operations(), timeout_ns, fn, context);
  status = tenon_adapter_detach(executor, tenon__event_operations(), timeout_ns, fn, context);
  if (status == TENON_STATUS_OK)
    event->is_probing = event_finalize(0, &event->probe, tenon__event_probed) == 0;
  return status;
}

/** Reads the base that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_event_get_base(tenon_executor_t *executor,
                                                  struct event_base **base_out) {
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__event_operations(), base_out, &status);
  if (loop)
    *base_out = (struct event_base *)loop;
  return status;
}

TENON_END_DECLS

#endif /* TENON_EVENT_H */
