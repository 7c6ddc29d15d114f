/**
 * @file tenon/sd-event.h
 *
 * Runs an executor on systemd's event loop. Needs <systemd/sd-event.h>; all is inline. pkg-config:
 * tenon-sd-event; CMake: Tenon::sd_event.
 *
 * The loop is the parent's alone: in a fork's child executors answer TENON_STATUS_FORKED.
 */
#ifndef TENON_SD_EVENT_H
#define TENON_SD_EVENT_H

#include <systemd/sd-event.h>
#include <tenon/adapter.h>

#include <sys/epoll.h>
#include <time.h>

TENON_BEGIN_DECLS

typedef struct tenon__sd_event {
  tenon_adapter_t adapter;
  sd_event_source *reader;
  sd_event_source *timer;
  sd_event_source *watcher; /* of descriptors that futures wait for; or NULL */
} tenon__sd_event_t;

static inline int tenon__sd_event_read(sd_event_source *source, int fd, uint32_t events,
                                       void *adapter) {
  (void)source;
  (void)fd;
  (void)events;
  tenon_adapter_ready((tenon_adapter_t *)adapter);
  return 0;
}

static inline int tenon__sd_event_due(sd_event_source *source, uint64_t time_us, void *adapter) {
  (void)source;
  (void)time_us;
  tenon_adapter_due((tenon_adapter_t *)adapter);
  return 0;
}

/** The reader is freed, with its loop. */
static inline void tenon__sd_event_gone(void *adapter) {
  tenon_adapter_gone((tenon_adapter_t *)adapter);
}

static inline tenon_status_t tenon__sd_event_attach(tenon_adapter_t *adapter) {
  tenon__sd_event_t *sd = (tenon__sd_event_t *)adapter;
  sd_event *event = (sd_event *)adapter->loop;
  adapter->is_edge = adapter->fd == adapter->wake_fd;
  if (sd_event_add_io(event, &sd->reader, adapter->fd,
                      EPOLLIN | (adapter->is_edge ? (uint32_t)EPOLLET : 0), tenon__sd_event_read,
                      adapter) < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (sd_event_add_time(event, &sd->timer, CLOCK_MONOTONIC, 0, 1, tenon__sd_event_due, adapter) <
      0) {
    sd_event_source_disable_unref(sd->reader);
    return TENON_STATUS_NO_RESOURCES;
  }
  sd_event_source_set_enabled(sd->timer, SD_EVENT_OFF);
  sd_event_source_set_description(sd->reader, "tenon");
  sd_event_source_set_destroy_callback(sd->reader, tenon__sd_event_gone);
  /* They are the loop's: it does not live for them, and they go with it. */
  sd_event_source_set_floating(sd->timer, 1);
  sd_event_source_set_floating(sd->reader, 1);
  sd_event_source_unref(sd->timer);
  sd_event_source_unref(sd->reader);
  return TENON_STATUS_OK;
}

static inline int tenon__sd_event_watched(sd_event_source *source, int fd, uint32_t events,
                                          void *adapter) {
  (void)source;
  (void)fd;
  (void)events;
  tenon_adapter_watched((tenon_adapter_t *)adapter);
  return 0;
}

static inline tenon_status_t tenon__sd_event_watch(tenon_adapter_t *adapter, int fd) {
  sd_event_source **watcher = &((tenon__sd_event_t *)adapter)->watcher;
  if (sd_event_add_io((sd_event *)adapter->loop, watcher, fd, EPOLLIN, tenon__sd_event_watched,
                      adapter) < 0)
    return TENON_STATUS_NO_RESOURCES;
  sd_event_source_set_floating(*watcher, 1);
  sd_event_source_unref(*watcher);
  return TENON_STATUS_OK;
}

static inline void tenon__sd_event_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  sd_event_source *timer = ((tenon__sd_event_t *)adapter)->timer;
  if (deadline_ns == TENON_FOREVER) {
    sd_event_source_set_enabled(timer, SD_EVENT_OFF);
    return;
  }
  sd_event_source_set_time(timer, deadline_ns / 1000u + (deadline_ns % 1000u != 0));
  sd_event_source_set_enabled(timer, SD_EVENT_ONESHOT);
}

static inline bool tenon__sd_event_run_once(tenon_adapter_t *adapter) {
  /* It does not turn inside of itself, and says so. */
  return sd_event_run((sd_event *)adapter->loop, UINT64_MAX) >= 0;
}

static inline void tenon__sd_event_take_off(sd_event_source *source) {
  sd_event_source_ref(source);
  sd_event_source_set_floating(source, 0);
  sd_event_source_disable_unref(source);
}

static inline void tenon__sd_event_detach(tenon_adapter_t *adapter) {
  tenon__sd_event_t *sd = (tenon__sd_event_t *)adapter;
  sd_event *event = sd_event_ref((sd_event *)adapter->loop); /* a source may have the last one */
  sd_event_source_set_destroy_callback(sd->reader, NULL);
  tenon__sd_event_take_off(sd->timer);
  if (sd->watcher)
    tenon__sd_event_take_off(sd->watcher);
  tenon__sd_event_take_off(sd->reader);
  tenon_adapter_detached(adapter);
  sd_event_unref(event);
}

static inline const tenon_adapter_operations_t *tenon__sd_event_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "sd-event", sizeof(tenon__sd_event_t), tenon__sd_event_attach, tenon__sd_event_set_timer,
      NULL,       tenon__sd_event_run_once,  tenon__sd_event_detach, NULL,
      NULL,       tenon__sd_event_watch,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run on `event`.
 *
 * Its sources float: the loop does not live for them. A loop does not nest: tenon_executor_run_until() in
 * one of its callbacks runs this executor alone.
 *
 * Ownership:  borrows all. The loop's last reference may go before or after the detach. The caller
 *             detaches, and releases `*executor_out`, in any order.
 * Threading:  the thread that runs the loop.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_sd_event_attach(sd_event *event,
                                                   const tenon_adapter_config_t *config,
                                                   tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__sd_event_operations(), event, config, executor_out);
}

/** Closes the executor and takes it off: see tenon_uv_detach(), which this is for sd-event. Since: 0.2.0 */
static inline tenon_status_t tenon_sd_event_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                                   tenon_adapter_detached_fn fn, void *context) {
  return tenon_adapter_detach(executor, tenon__sd_event_operations(), timeout_ns, fn, context);
}

/** Reads the loop that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_sd_event_get_event(tenon_executor_t *executor,
                                                      sd_event **event_out) {
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__sd_event_operations(), event_out, &status);
  if (loop)
    *event_out = (sd_event *)loop;
  return status;
}

TENON_END_DECLS

#endif /* TENON_SD_EVENT_H */
