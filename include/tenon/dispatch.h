/**
 * @file tenon/dispatch.h
 *
 * Runs an executor on a dispatch queue. Needs <dispatch/dispatch.h>; all is inline. The main queue on a loop
 * of the host's is TENON_ADAPTER_FLAG_MAIN_QUEUE of the other adapters.
 *
 * Queues are the parent's alone: in a fork's child executors answer TENON_STATUS_FORKED.
 */
#ifndef TENON_DISPATCH_H
#define TENON_DISPATCH_H

#include <dispatch/dispatch.h>
#include <tenon/adapter.h>

TENON_BEGIN_DECLS

typedef struct tenon__dispatch {
  tenon_adapter_t adapter;
  dispatch_queue_t queue; /* serial, on the host's */
  dispatch_source_t timer;
  unsigned int flying; /* what is on its way to the queue: blocks, and the timer */
} tenon__dispatch_t;

static inline void tenon__dispatch_land(tenon__dispatch_t *dispatch) {
  if (__atomic_sub_fetch(&dispatch->flying, 1, __ATOMIC_ACQ_REL) == 0 &&
      dispatch->adapter.is_closed)
    tenon_adapter_detached(&dispatch->adapter);
}

static inline void tenon__dispatch_ready(void *context) {
  tenon__dispatch_t *dispatch = (tenon__dispatch_t *)context;
  tenon_adapter_ready(&dispatch->adapter);
  tenon__dispatch_land(dispatch);
}

static inline void tenon__dispatch_due(void *context) {
  tenon_adapter_due(&((tenon__dispatch_t *)context)->adapter);
}

static inline void tenon__dispatch_timer_ended(void *context) {
  tenon__dispatch_t *dispatch = (tenon__dispatch_t *)context;
  dispatch_release(dispatch->timer);
  tenon__dispatch_land(dispatch);
}

static inline tenon_status_t tenon__dispatch_attach(tenon_adapter_t *adapter) {
  tenon__dispatch_t *dispatch = (tenon__dispatch_t *)adapter;
  dispatch->queue = dispatch_queue_create("tenon", NULL);
  dispatch_set_target_queue(dispatch->queue, (dispatch_queue_t)adapter->loop);
  dispatch->timer = dispatch_source_create(DISPATCH_SOURCE_TYPE_TIMER, 0, 0, dispatch->queue);
  if (!dispatch->timer) {
    dispatch_release(dispatch->queue);
    return TENON_STATUS_NO_RESOURCES;
  }
  dispatch->flying = 1;
  dispatch_set_context(dispatch->timer, dispatch);
  dispatch_source_set_event_handler_f(dispatch->timer, tenon__dispatch_due);
  dispatch_source_set_cancel_handler_f(dispatch->timer, tenon__dispatch_timer_ended);
  dispatch_source_set_timer(dispatch->timer, DISPATCH_TIME_FOREVER, DISPATCH_TIME_FOREVER, 0);
  dispatch_resume(dispatch->timer);
  return TENON_STATUS_OK;
}

static inline void tenon__dispatch_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  const uint64_t now_ns = tenon_timer_now_ns();
  const uint64_t rest_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  dispatch_source_set_timer(((tenon__dispatch_t *)adapter)->timer,
                            deadline_ns == TENON_FOREVER || rest_ns > (uint64_t)INT64_MAX
                                ? DISPATCH_TIME_FOREVER
                                : dispatch_time(DISPATCH_TIME_NOW, (int64_t)rest_ns),
                            DISPATCH_TIME_FOREVER, 0);
}

static inline void tenon__dispatch_detach(tenon_adapter_t *adapter) {
  dispatch_source_cancel(((tenon__dispatch_t *)adapter)->timer); /* the last that lands */
}

static inline void tenon__dispatch_wake(tenon_adapter_t *adapter) {
  tenon__dispatch_t *dispatch = (tenon__dispatch_t *)adapter;
  __atomic_add_fetch(&dispatch->flying, 1, __ATOMIC_ACQ_REL);
  dispatch_async_f(dispatch->queue, dispatch, tenon__dispatch_ready);
}

static inline void tenon__dispatch_free(tenon_adapter_t *adapter) {
  dispatch_release(((tenon__dispatch_t *)adapter)->queue);
}

static inline const tenon_adapter_operations_t *tenon__dispatch_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "dispatch",
      sizeof(tenon__dispatch_t),
      tenon__dispatch_attach,
      tenon__dispatch_set_timer,
      NULL,
      NULL,
      tenon__dispatch_detach,
      tenon__dispatch_wake,
      tenon__dispatch_free,
      NULL, /* a queue has sources of its own */
  };
  return &operations;
}

/**
 * Makes an executor whose polls run on `queue`, one after the other, also if the queue is a concurrent one.
 *
 * A wake is a block: not for signal handlers. Nobody but Dispatch can turn a queue, so
 * tenon_executor_run_until() is TENON_STATUS_UNSUPPORTED; tenon_future_wait() on other threads waits.
 *
 * Ownership:  the queue is retained until the detach is complete. The caller detaches, and releases
 *             `*executor_out`, in any order.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_dispatch_attach(dispatch_queue_t queue,
                                                   const tenon_adapter_config_t *config,
                                                   tenon_executor_t **executor_out) {
  const bool is_elsewhere = true; /* a queue has no thread of its own */
  return tenon__adapter_attach(tenon__dispatch_operations(), (void *)queue, config, is_elsewhere,
                               executor_out);
}

typedef struct tenon__dispatch_end {
  tenon_executor_t *executor;
  uint64_t timeout_ns;
  tenon_adapter_detached_fn fn;
  void *context;
} tenon__dispatch_end_t;

static inline void tenon__dispatch_end(void *context, tenon_status_t status) {
  tenon__dispatch_end_t end = *(tenon__dispatch_end_t *)context;
  free(context);
  if (status == TENON_STATUS_OK)
    status = tenon_adapter_detach(end.executor, tenon__dispatch_operations(), end.timeout_ns,
                                  end.fn, end.context);
  if (status != TENON_STATUS_OK && end.fn)
    end.fn(end.context, status); /* it was closed meanwhile: TENON_STATUS_CLOSED */
}

/**
 * Closes the executor and takes it off its queue, after the jobs that it has; then `fn` is told, on the
 * queue: TENON_STATUS_OK, TENON_STATUS_TIMEOUT, or TENON_STATUS_CLOSED if it was closed meanwhile.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_CLOSED: it was closed before; TENON_STATUS_NO_RESOURCES. `fn` is not called.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_dispatch_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                                   tenon_adapter_detached_fn fn, void *context) {
  tenon__dispatch_end_t *end = (tenon__dispatch_end_t *)malloc(sizeof *end);
  tenon_status_t status;
  if (!end)
    return TENON_STATUS_NO_RESOURCES;
  end->executor = executor;
  end->timeout_ns = timeout_ns;
  end->fn = fn;
  end->context = context;
  status = tenon_executor_post(executor, tenon__dispatch_end, end);
  if (status != TENON_STATUS_OK)
    free(end);
  return status;
}

TENON_END_DECLS

#endif /* TENON_DISPATCH_H */
