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
 * What is Tenon's has the highest bit of user_data set, which addresses never have. A queue that is full is
 * submitted for it; with IORING_SETUP_SQPOLL each entry waits until the kernel's thread has taken some, ten
 * seconds or so at most.
 *
 * A ring is the parent's alone: in a fork's child executors answer TENON_STATUS_FORKED.
 */
#ifndef TENON_URING_H
#define TENON_URING_H

#include <liburing.h>
#include <sched.h>
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

/** Whether there is an entry, if need be of a queue that is submitted for it. */
static inline bool tenon__uring_has_room(struct io_uring *ring) {
  return io_uring_sq_space_left(ring) != 0 ||
         (io_uring_submit(ring) >= 0 && io_uring_sq_space_left(ring) != 0);
}

/** Whether a queue that is full may soon not be: a thread of the kernel's takes from it, in its time. */
static inline bool tenon__uring_is_slow(struct io_uring *ring) {
  int status;
  if (!(ring->flags & IORING_SETUP_SQPOLL))
    return false;
  status = io_uring_get_events(ring);
  return status != -EBADFD &&
         status != -EOWNERDEAD; /* the ring is not enabled; the thread has gone */
}

/** An entry, for which it waits some ten seconds at most; NULL: the kernel takes none. (io_uring_sqring_wait() is of
 *  no use: it ends at signals, on some kernels before there is room, and on a dead thread never.) */
static inline struct io_uring_sqe *tenon__uring_entry(struct io_uring *ring) {
  int turns;
  for (turns = 0; !tenon__uring_has_room(ring); turns++) {
    if (turns == 10000 || !tenon__uring_is_slow(ring))
      return NULL;
    if (turns < 32)
      sched_yield();
    else
      poll(NULL, 0, 1);
  }
  return io_uring_get_sqe(ring);
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
  unsigned int owed;               /* TENON__URING_...: what the kernel took no entry for */
  bool is_armed;
} tenon__uring_t;

#define TENON__URING_READER 1u
#define TENON__URING_WATCHER 2u
#define TENON__URING_TIMER 4u
#define TENON__URING_CANCELS 8u /* of submissions, which say so themselves */

#define TENON__URING_OF(op, member)                                                                \
  ((tenon__uring_t *)(void *)((char *)(op)-offsetof(tenon__uring_t, member)))

typedef struct tenon__uring_call {
  tenon__uring_op_t op;
  tenon__uring_t *uring; /* which lists it until it is done; or NULL */
  struct tenon__uring_call *next;
  struct tenon__uring_call *previous;
  tenon_promise_t *promise;
  int references; /* the completion's, and the cancel's: both on the ring's thread */
  bool is_owed;   /* its cancel */
} tenon__uring_call_t;

/* These are false where the kernel takes no entry. */

static inline bool tenon__uring_poll(tenon__uring_t *uring, const tenon__uring_op_t *op, int fd) {
  struct io_uring_sqe *entry = tenon__uring_entry((struct io_uring *)uring->adapter.loop);
  if (!entry)
    return false;
  io_uring_prep_poll_multishot(entry, fd, POLLIN);
  entry->user_data = tenon__uring_tag(op);
  uring->flying++;
  return true;
}

static inline bool tenon__uring_end(struct io_uring *ring, const tenon__uring_op_t *op) {
  struct io_uring_sqe *entry = tenon__uring_entry(ring);
  if (!entry)
    return false;
  io_uring_prep_cancel64(entry, tenon__uring_tag(op), 0);
  entry->user_data = TENON__URING_OURS;
  return true;
}

static inline bool tenon__uring_time(tenon__uring_t *uring, uint64_t deadline_ns) {
  struct io_uring_sqe *entry;
  if (deadline_ns == TENON_FOREVER)
    return !uring->is_armed ||
           tenon__uring_end((struct io_uring *)uring->adapter.loop, &uring->timer);
  entry = tenon__uring_entry((struct io_uring *)uring->adapter.loop);
  if (!entry)
    return false;
  uring->time.tv_sec = (int64_t)(deadline_ns / 1000000000u);
  uring->time.tv_nsec = (long long)(deadline_ns % 1000000000u);
  if (uring->is_armed) {
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
  return true;
}

static inline bool tenon__uring_end_calls(tenon__uring_t *uring) {
  tenon__uring_call_t *call;
  for (call = uring->calls; call; call = call->next) {
    if (call->is_owed && !tenon__uring_end((struct io_uring *)uring->adapter.loop, &call->op))
      return false;
    call->is_owed = false;
  }
  return true;
}

/** Puts one thing on the ring; once the executor is closed, its cancel. */
static inline bool tenon__uring_put(tenon__uring_t *uring, unsigned int what) {
  struct io_uring *ring = (struct io_uring *)uring->adapter.loop;
  const bool is_closed = uring->adapter.is_closed;
  switch (what) {
  case TENON__URING_READER:
    return is_closed ? tenon__uring_end(ring, &uring->reader)
                     : tenon__uring_poll(uring, &uring->reader, uring->adapter.fd);
  case TENON__URING_WATCHER:
    return is_closed ? tenon__uring_end(ring, &uring->watcher)
                     : tenon__uring_poll(uring, &uring->watcher, uring->adapter.watch_fd);
  case TENON__URING_TIMER:
    return tenon__uring_time(uring, is_closed ? TENON_FOREVER : uring->adapter.deadline_ns);
  default:
    return tenon__uring_end_calls(uring);
  }
}

static inline void tenon__uring_set_owed(tenon__uring_t *uring, unsigned int owed) {
  if ((uring->owed == 0) != (owed == 0))
    __atomic_fetch_add(&tenon__all_adapters()->owing, owed != 0 ? 1u : ~0u, __ATOMIC_RELAXED);
  uring->owed = owed;
}

/** What the kernel does not take now is tried again at the next completion. */
static inline void tenon__uring_put_all(tenon__uring_t *uring, unsigned int what) {
  unsigned int owed = uring->owed & ~what, one;
  for (one = TENON__URING_READER; one <= TENON__URING_CANCELS; one <<= 1)
    if ((what & one) && !tenon__uring_put(uring, one))
      owed |= one;
  tenon__uring_set_owed(uring, owed);
}

static inline void tenon__uring_land(tenon__uring_t *uring) {
  if (--uring->flying == 0 && uring->adapter.is_closed)
    tenon_adapter_detached(&uring->adapter);
}

/** A poll has told; whether it is the executor's to hear. The adapter may be gone otherwise. */
static inline bool tenon__uring_told(tenon__uring_t *uring, unsigned int what, int result,
                                     unsigned int flags) {
  if (!(flags & IORING_CQE_F_MORE)) {
    if (uring->adapter.is_closed) {
      tenon__uring_land(uring);
      return false;
    }
    uring->flying--;
    /* The kernel ends a watch when completions overflow. */
    tenon__uring_put_all(uring, what);
  }
  return result >= 0;
}

static inline void tenon__uring_read(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_t *uring = TENON__URING_OF(op, reader);
  if (tenon__uring_told(uring, TENON__URING_READER, result, flags))
    tenon_adapter_ready(&uring->adapter);
}

static inline void tenon__uring_watched(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_t *uring = TENON__URING_OF(op, watcher);
  if (tenon__uring_told(uring, TENON__URING_WATCHER, result, flags))
    tenon_adapter_watched(&uring->adapter);
}

static inline tenon_status_t tenon__uring_watch(tenon_adapter_t *adapter, int fd) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  (void)fd; /* it is the adapter's */
  uring->watcher.fn = tenon__uring_watched;
  tenon__uring_put_all(uring, TENON__URING_WATCHER);
  return TENON_STATUS_OK;
}

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
    tenon__uring_put_all(uring, TENON__URING_TIMER);
}

static inline void tenon__uring_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  (void)deadline_ns; /* it is the adapter's */
  tenon__uring_put_all((tenon__uring_t *)adapter, TENON__URING_TIMER);
}

static inline tenon_status_t tenon__uring_attach(tenon_adapter_t *adapter) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  uring->reader.fn = tenon__uring_read;
  uring->timer.fn = tenon__uring_due;
  return tenon__uring_put(uring, TENON__URING_READER) ? TENON_STATUS_OK : TENON_STATUS_NO_RESOURCES;
}

static inline void tenon__uring_detach(tenon_adapter_t *adapter) {
  tenon__uring_t *uring = (tenon__uring_t *)adapter;
  /* What is not on the ring needs no cancel. */
  const unsigned int off = (uring->owed & (TENON__URING_READER | TENON__URING_WATCHER)) |
                           (uring->watcher.fn ? 0 : TENON__URING_WATCHER);
  tenon__uring_set_owed(uring, uring->owed & TENON__URING_CANCELS);
  tenon__uring_put_all(uring,
                       (TENON__URING_READER | TENON__URING_WATCHER | TENON__URING_TIMER) & ~off);
  if (uring->flying == 0)
    tenon_adapter_detached(adapter);
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
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__uring_operations(), ring_out, &status);
  if (loop)
    *ring_out = (struct io_uring *)loop;
  return status;
}

/* MARK: Completions */

/** One of this thread's that owe something to their ring; NULL: there are not so many. */
static inline tenon__uring_t *tenon__uring_owing(unsigned int index) {
  tenon__adapters_t *all = tenon__all_adapters();
  tenon_adapter_t *adapter;
  if (!all || __atomic_load_n(&all->owing, __ATOMIC_RELAXED) == 0)
    return NULL;
  pthread_mutex_lock(&all->mutex);
  for (adapter = all->first; adapter; adapter = adapter->next)
    if (strcmp(adapter->operations->name, tenon__uring_operations()->name) == 0 &&
        tenon__adapter_is_here(adapter) && !adapter->is_gone &&
        ((tenon__uring_t *)adapter)->owed != 0 && index-- == 0)
      break;
  pthread_mutex_unlock(&all->mutex);
  return (tenon__uring_t *)adapter;
}

static inline void tenon__uring_pay(void) {
  unsigned int index = 0;
  tenon__uring_t *uring;
  while ((uring = tenon__uring_owing(index)) != NULL) {
    if (tenon__uring_has_room((struct io_uring *)uring->adapter.loop)) /* without a wait */
      tenon__uring_put_all(uring, uring->owed);
    index += uring->owed != 0;
  }
}

/**
 * Takes a completion of Tenon's; false: it is the host's. It may run jobs.
 * What the kernel took no entry for, because it had no memory or completions overflow, is tried again in here.
 *
 * Threading:  the thread that runs the ring.
 * Since:      0.2.0
 */
static inline bool tenon_uring_take(const struct io_uring_cqe *completion) {
  tenon__uring_op_t *op;
  tenon__uring_pay();
  if (!(completion->user_data & TENON__URING_OURS))
    return false;
  op = (tenon__uring_op_t *)(uintptr_t)(completion->user_data & ~TENON__URING_OURS);
  if (op) /* NULL: a cancel's or an update's own */
    op->fn(op, completion->res, completion->flags);
  return true;
}

/* MARK: Submissions as futures */

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
  tenon__uring_set_owed((tenon__uring_t *)adapter, 0);
  while (((tenon__uring_t *)adapter)->calls)
    tenon__uring_unlink(((tenon__uring_t *)adapter)->calls);
}

static inline void tenon__uring_done(tenon__uring_op_t *op, int result, unsigned int flags) {
  tenon__uring_call_t *call = (tenon__uring_call_t *)op;
  tenon_value_t value = tenon_value_i64(result);
  tenon_error_t *error;
  if (flags & IORING_CQE_F_MORE)
    return; /* a first one is enough, and the last one ends it */
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
  tenon__uring_t *uring = call->uring;
  /* By itself, as put_all() would look through all of them; but behind others that are owed. */
  if (status == TENON_STATUS_CANCELLED && uring &&
      ((uring->owed & TENON__URING_CANCELS) ||
       !tenon__uring_end((struct io_uring *)uring->adapter.loop, &call->op))) {
    call->is_owed = true;
    tenon__uring_set_owed(uring, uring->owed | TENON__URING_CANCELS);
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
      tenon_promise_cancel(call->promise);
      tenon__uring_release(call);
    }
    adapter->is_polling = was_polling;
    tenon_adapter_gone(adapter);
  }
}

TENON_END_DECLS

#endif /* TENON_URING_H */
