/**
 * @file tenon/uring.h
 *
 * Runs an executor on a program's own io_uring, and makes futures of its submissions. Needs <liburing.h>
 * 2.2; all is inline. pkg-config: tenon-uring; CMake: Tenon::uring.
 *
 * The executor's poll and timer ride on the host's ring. Its loop submits what is queued, waits, and gives
 * each completion to tenon_uring_take() first:
 *
 *     io_uring_submit_and_wait(&ring, 1);
 *     while (io_uring_peek_cqe(&ring, &cqe) == 0) {
 *       struct io_uring_cqe completion = *cqe;
 *       io_uring_cqe_seen(&ring, cqe);
 *       if (!tenon_uring_take(&completion))
 *         ... the host's own
 *     }
 *
 * What is Tenon's has the highest bit of user_data set, which addresses never have.
 */
#ifndef TENON_URING_H
#define TENON_URING_H

#include <liburing.h>
#include <tenon/adapter.h>
#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** What a completion is for. */
typedef struct tenon__uring_op {
  void (*fn)(struct tenon__uring_op *op, int result, unsigned int flags);
} tenon__uring_op_t;

#define TENON__URING_OURS ((uint64_t)1 << 63)

static inline uint64_t tenon__uring_tag(const tenon__uring_op_t *op) {
  return TENON__URING_OURS | (uint64_t)(uintptr_t)op;
}

/** An entry, if need be of a queue that is submitted for it; NULL: the kernel takes none. */
static inline struct io_uring_sqe *tenon__uring_entry(struct io_uring *ring) {
  struct io_uring_sqe *entry = io_uring_get_sqe(ring);
  if (entry || io_uring_submit(ring) < 0)
    return entry;
  entry = io_uring_get_sqe(ring);
  /* With IORING_SETUP_SQPOLL the kernel takes them in its time. */
  if (!entry && io_uring_sqring_wait(ring) >= 0)
    entry = io_uring_get_sqe(ring);
  return entry;
}

/**
 * Takes a completion of Tenon's; false: it is the host's. It may run jobs.
 *
 * Threading:  the thread that runs the ring.
 * Since:      0.2.0
 */
static inline bool tenon_uring_take(const struct io_uring_cqe *completion) {
  tenon__uring_op_t *op;
  if (!(completion->user_data & TENON__URING_OURS))
    return false;
  op = (tenon__uring_op_t *)(uintptr_t)(completion->user_data & ~TENON__URING_OURS);
  if (op) /* NULL: a cancel's or an update's own */
    op->fn(op, completion->res, completion->flags);
  return true;
}

/* MARK: The executor */

typedef struct tenon__uring {
  tenon_adapter_t adapter;
  tenon__uring_op_t reader;
  tenon__uring_op_t timer;
  tenon__uring_op_t watcher; /* of descriptors that futures wait for */
  struct __kernel_timespec time;
  struct tenon__uring_call *calls; /* futures of submissions that have not completed */
  unsigned int flying;             /* submissions whose completions will come */
  bool is_armed;
} tenon__uring_t;

#define TENON__URING_OF(op, member)                                                                \
  ((tenon__uring_t *)(void *)((char *)(op)-offsetof(tenon__uring_t, member)))

static inline bool tenon__uring_poll(tenon__uring_t *uring, tenon__uring_op_t *op, int fd) {
  struct io_uring_sqe *entry = tenon__uring_entry((struct io_uring *)uring->adapter.loop);
  if (!entry)
    return false;
  io_uring_prep_poll_multishot(entry, fd, POLLIN);
  entry->user_data = tenon__uring_tag(op);
  uring->flying++;
  return true;
}

static inline void tenon__uring_land(tenon__uring_t *uring) {
  if (--uring->flying == 0 && uring->adapter.is_closed)
    tenon_adapter_detached(&uring->adapter);
}

static inline void tenon__uring_read(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_t *uring = TENON__URING_OF(op, reader);
  if (!(flags & IORING_CQE_F_MORE)) {
    if (uring->adapter.is_closed) {
      tenon__uring_land(uring); /* it may be gone then */
      return;
    }
    uring->flying--;
    /* The kernel ends a watch when completions overflow. */
    tenon__uring_poll(uring, op, uring->adapter.fd);
  }
  if (result >= 0)
    tenon_adapter_ready(&uring->adapter);
}

static inline void tenon__uring_watched(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_t *uring = TENON__URING_OF(op, watcher);
  if (!(flags & IORING_CQE_F_MORE)) {
    if (uring->adapter.is_closed) {
      tenon__uring_land(uring);
      return;
    }
    uring->flying--;
    tenon__uring_poll(uring, op, uring->adapter.watch_fd);
  }
  if (result >= 0)
    tenon_adapter_watched(&uring->adapter);
}

static inline tenon_status_t tenon__uring_watch(tenon_adapter_t *adapter, int fd) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  uring->watcher.fn = tenon__uring_watched;
  return tenon__uring_poll(uring, &uring->watcher, fd) ? TENON_STATUS_OK
                                                       : TENON_STATUS_NO_RESOURCES;
}

static inline void tenon__uring_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns);

static inline void tenon__uring_due(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_t *uring = TENON__URING_OF(op, timer);
  (void)flags;
  uring->is_armed = false;
  if (uring->adapter.is_closed) {
    tenon__uring_land(uring);
    return;
  }
  uring->flying--;
  if (result == -ETIME)
    tenon_adapter_due(&uring->adapter);
  else if (uring->adapter.deadline_ns != TENON_FOREVER) /* set again while it was taken back */
    tenon__uring_set_timer(&uring->adapter, uring->adapter.deadline_ns);
}

static inline void tenon__uring_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  struct io_uring_sqe *entry;
  if (deadline_ns == TENON_FOREVER && !uring->is_armed)
    return;
  entry = tenon__uring_entry((struct io_uring *)adapter->loop);
  if (!entry) {
    /* The kernel takes nothing now: the next turn tries again. */
    adapter->deadline_ns = TENON_FOREVER;
    return;
  }
  uring->time.tv_sec = (int64_t)(deadline_ns / 1000000000u);
  uring->time.tv_nsec = (long long)(deadline_ns % 1000000000u);
  if (deadline_ns == TENON_FOREVER) {
    io_uring_prep_timeout_remove(entry, tenon__uring_tag(&uring->timer), 0);
    entry->user_data = TENON__URING_OURS;
  } else if (uring->is_armed) {
    /* If it runs out before this, it is set again then. */
    io_uring_prep_timeout_update(entry, &uring->time, tenon__uring_tag(&uring->timer),
                                 IORING_TIMEOUT_ABS);
    entry->user_data = TENON__URING_OURS;
  } else {
    io_uring_prep_timeout(entry, &uring->time, 0, IORING_TIMEOUT_ABS);
    entry->user_data = tenon__uring_tag(&uring->timer);
    uring->is_armed = true;
    uring->flying++;
  }
}

static inline tenon_status_t tenon__uring_attach(tenon_adapter_t *adapter) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  uring->reader.fn = tenon__uring_read;
  uring->timer.fn = tenon__uring_due;
  return tenon__uring_poll(uring, &uring->reader, adapter->fd) ? TENON_STATUS_OK
                                                               : TENON_STATUS_NO_RESOURCES;
}

static inline void tenon__uring_detach(tenon_adapter_t *adapter) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  struct io_uring *ring = (struct io_uring *)adapter->loop;
  struct io_uring_sqe *entry = tenon__uring_entry(ring);
  if (entry) {
    io_uring_prep_cancel64(entry, tenon__uring_tag(&uring->reader), 0);
    entry->user_data = TENON__URING_OURS;
  }
  if (uring->watcher.fn && (entry = tenon__uring_entry(ring)) != NULL) {
    io_uring_prep_cancel64(entry, tenon__uring_tag(&uring->watcher), 0);
    entry->user_data = TENON__URING_OURS;
  }
  if (uring->is_armed && (entry = tenon__uring_entry(ring)) != NULL) {
    io_uring_prep_timeout_remove(entry, tenon__uring_tag(&uring->timer), 0);
    entry->user_data = TENON__URING_OURS;
  }
}

static inline void tenon__uring_free(tenon_adapter_t *adapter);

static inline const tenon_adapter_operations_t *tenon__uring_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "uring",
      sizeof(tenon__uring_t),
      tenon__uring_attach,
      tenon__uring_set_timer,
      NULL,
      NULL,
      tenon__uring_detach,
      NULL,
      tenon__uring_free,
      tenon__uring_watch,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run in tenon_uring_take().
 *
 * Nothing but the host can turn its ring, so tenon_executor_run_until() is TENON_STATUS_UNSUPPORTED.
 *
 * Ownership:  borrows all. Before io_uring_queue_exit() comes the detach, complete, or tenon_uring_gone().
 *             The caller detaches, and releases `*executor_out`, in any order.
 * Threading:  the thread that runs the ring.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_uring_attach(struct io_uring *ring,
                                                const tenon_adapter_config_t *config,
                                                tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__uring_operations(), ring, config, executor_out);
}

/** Closes the executor and takes it off: see tenon_uv_detach(), which this is for a ring. Since: 0.2.0 */
static inline tenon_status_t tenon_uring_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                                tenon_adapter_detached_fn fn, void *context) {
  return tenon_adapter_detach(executor, tenon__uring_operations(), timeout_ns, fn, context);
}

/** Reads the ring that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_uring_get_ring(tenon_executor_t *executor,
                                                  struct io_uring **ring_out) {
  void *loop = NULL;
  const tenon_status_t status =
      ring_out ? tenon_adapter_get_loop(executor, tenon__uring_operations(), &loop)
               : TENON_STATUS_INVALID;
  if (status == TENON_STATUS_OK)
    *ring_out = (struct io_uring *)loop;
  return status;
}

/* MARK: Submissions as futures */

typedef struct tenon__uring_call {
  tenon__uring_op_t op;
  tenon__uring_t *uring; /* which lists it; or NULL */
  struct tenon__uring_call *next;
  struct tenon__uring_call *previous;
  struct io_uring *ring;
  tenon_promise_t *promise;
  int references; /* the completion's, and the cancel's: both on the ring's thread */
  bool is_done;
} tenon__uring_call_t;

static inline void tenon__uring_release(tenon__uring_call_t *call) {
  if (--call->references == 0)
    free(call);
}

static inline void tenon__uring_unlink(tenon__uring_call_t *call) {
  if (!call->uring)
    return;
  if (call->next)
    call->next->previous = call->previous;
  if (call->previous)
    call->previous->next = call->next;
  else
    call->uring->calls = call->next;
  call->uring = NULL;
}

/** The executor is off the ring, where its submissions go on. */
static inline void tenon__uring_free(tenon_adapter_t *adapter) {
  while (((tenon__uring_t *)adapter)->calls)
    tenon__uring_unlink(((tenon__uring_t *)adapter)->calls);
}

static inline void tenon__uring_done(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_call_t *call = (tenon__uring_call_t *)op;
  tenon_value_t value = tenon_value_i64(result);
  tenon_error_t *error;
  if (flags & IORING_CQE_F_MORE)
    return; /* a first one is enough, and the last one ends it */
  call->is_done = true;
  tenon__uring_unlink(call);
  if (result >= 0) {
    tenon_promise_resolve(call->promise, &value);
  } else if (result == -ECANCELED) {
    tenon_promise_cancel(call->promise);
  } else if (tenon_error_create("errno", -result, strerror(-result), NULL, &error) ==
             TENON_STATUS_OK) {
    tenon_promise_reject(call->promise, error);
    tenon_error_release(error);
  } else {
    tenon_promise_release(call->promise);
  }
  tenon__uring_release(call);
}

static inline void tenon__uring_cancel(void *context, tenon_status_t status) {
  tenon__uring_call_t *call = (tenon__uring_call_t *)context;
  struct io_uring_sqe *entry;
  if (status == TENON_STATUS_CANCELLED && !call->is_done &&
      (entry = tenon__uring_entry(call->ring)) != NULL) {
    io_uring_prep_cancel64(entry, tenon__uring_tag(&call->op), 0);
    entry->user_data = TENON__URING_OURS;
  }
  tenon__uring_release(call);
}

/**
 * Makes a future of a submission: its result, or an error in domain "errno". A cancel of the future cancels
 * the submission.
 *
 * Ownership:  `entry` is one of the ring of `executor`, prepared, and queued by this: buffers that it names
 *             live until the future has settled. The future is the caller's.
 * Threading:  the thread that runs the ring.
 * Errors:     those of tenon_uring_get_ring(), TENON_STATUS_CLOSED of an executor that closes,
 *             TENON_STATUS_NO_RESOURCES: the entry is a no-op then.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_uring_future(tenon_executor_t *executor,
                                                struct io_uring_sqe *entry,
                                                tenon_future_t **future_out) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon__uring_call_t *call = NULL;
  tenon_future_t *future = NULL;
  tenon_status_t status;
  tenon__uring_t *uring =
      (tenon__uring_t *)tenon_adapter_of(executor, tenon__uring_operations(), &status);
  if (uring && uring->adapter.is_gone)
    status = TENON_STATUS_CLOSED;
  config.executor = executor;
  if (status == TENON_STATUS_OK && !(call = (tenon__uring_call_t *)calloc(1, sizeof *call)))
    status = TENON_STATUS_NO_RESOURCES;
  if (status == TENON_STATUS_OK)
    status = tenon_promise_create(&config, &call->promise, &future);
  if (status == TENON_STATUS_OK) {
    call->references = 2;
    status = tenon_promise_on_cancel(call->promise, executor, tenon__uring_cancel, call, NULL);
    if (status != TENON_STATUS_OK) {
      tenon_promise_release(call->promise);
      tenon_future_release(future);
    }
  }
  if (status != TENON_STATUS_OK) {
    free(call);
    io_uring_prep_nop(entry);
    entry->user_data = TENON__URING_OURS;
    return status;
  }
  call->op.fn = tenon__uring_done;
  call->ring = (struct io_uring *)uring->adapter.loop;
  call->uring = uring;
  call->next = uring->calls;
  if (call->next)
    call->next->previous = call;
  uring->calls = call;
  entry->user_data = tenon__uring_tag(&call->op);
  *future_out = future;
  return TENON_STATUS_OK;
}

/**
 * Says that a ring goes away, with executors that are still on it: right after io_uring_queue_exit(), on its
 * thread. They are ended by their detach then, or in here if that was before. Submissions that had not
 * completed are cancelled futures.
 *
 * Since:      0.2.0
 */
static inline void tenon_uring_gone(struct io_uring *ring) {
  tenon_adapter_t *adapter;
  while ((adapter = tenon_adapter_on(ring, tenon__uring_operations())) != NULL) {
    const bool was_polling = adapter->is_polling;
    adapter->is_polling = true; /* it stays until we are done */
    tenon__adapter_lose(adapter);
    while (((tenon__uring_t *)adapter)->calls) {
      tenon__uring_call_t *call = ((tenon__uring_t *)adapter)->calls;
      tenon__uring_unlink(call);
      call->is_done = true;
      tenon_promise_cancel(call->promise);
      tenon__uring_release(call);
    }
    adapter->is_polling = was_polling;
    tenon_adapter_gone(adapter);
  }
}

TENON_END_DECLS

#endif /* TENON_URING_H */
