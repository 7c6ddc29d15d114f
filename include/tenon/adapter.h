/**
 * @file tenon/adapter.h
 *
 * What the adapters for loops are made of: a host around one descriptor. An adapter in a header (glib.h,
 * event.h, ev.h, sd-event.h, epoll.h, uring.h, asio.hpp, qt.hpp) adds six short functions of its loop's.
 *
 * Producers reach an adapter through an eventfd of its own: writing to it is safe from any thread and in
 * a signal handler, whatever has become of the loop. All else is the loop's thread's: the one that
 * attached, and then the one on which the loop called last. Several threads may run a loop that has `wake`:
 * then it is used in its turns only, which come one at a time.
 *
 * The life of one: attached; ending, from the detach on, with the loop held alive; closed, when the
 * executor has said so and its sources are taken off; complete, and it is freed. A loop that goes away
 * before that says so by tenon_adapter_gone(), and whoever ends the executor then polls it by hand.
 *
 * All functions are inline, so that nothing but libtenon is linked. The process has one list of adapters,
 * whichever of its shared objects made them.
 *
 * In a fork's child executors answer TENON_STATUS_FORKED, nobody takes the parent's wakes, and a loop that
 * goes on there is kept alive for nothing.
 */
#ifndef TENON_ADAPTER_H
#define TENON_ADAPTER_H

#include <tenon/executor.h>
#include <tenon/process.h>
#include <tenon/timer.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

TENON_BEGIN_DECLS

/** How to attach. Zero is a good default for each field but the first. */
typedef struct tenon_adapter_config {
  size_t struct_size;   /**< sizeof(tenon_adapter_config_t) */
  uint32_t flags;       /**< TENON_ADAPTER_FLAG_... */
  uint32_t reserved;    /**< zero */
  const char *name;     /**< the executor's name, for people; copied; may be NULL */
  uint64_t jobs_max;    /**< the most jobs in one turn of the loop; 0: 2048 */
  uint64_t time_ns_max; /**< no new job in a turn after so many nanoseconds; 0: no bound */
} tenon_adapter_config_t;

/** Dispatch's main queue runs on this loop, too, and with it the main actor: in either mode of the process.
 *  Of the process's first thread, else TENON_STATUS_WRONG_THREAD. */
#define TENON_ADAPTER_FLAG_MAIN_QUEUE 0x01u

#define TENON_ADAPTER_CONFIG_INIT                                                                  \
  { sizeof(tenon_adapter_config_t), 0, 0, NULL, 0, 0 }

/** Told once: the executor is off its loop. TENON_STATUS_TIMEOUT: it left work behind. */
typedef void (*tenon_adapter_detached_fn)(void *context, tenon_status_t status);

typedef struct tenon_adapter tenon_adapter_t;

/** What a kind of loop does. On the loop's thread, all of them; in a turn of it, with `wake`, but for `attach`,
 *  `run_once` and, when somebody polls by hand, `watch`. */
typedef struct tenon_adapter_operations {
  const char
      *name;   /**< of the kind: what keeps one kind's functions from another kind's executors */
  size_t size; /**< of a struct that begins with a tenon_adapter_t; made of zeros */

  /** Puts the sources on the loop, such that tenon_adapter_ready() is called when `fd` is readable; or, with
   *  `is_edge`, at each write to it. On failure nothing stays. */
  tenon_status_t (*attach)(tenon_adapter_t *adapter);

  /** Has tenon_adapter_due() called once, not before `deadline_ns`; TENON_FOREVER: not at all. */
  void (*set_timer)(tenon_adapter_t *adapter, uint64_t deadline_ns);

  /** NULL for a loop that does not end by itself. It begins as not alive. */
  void (*set_alive)(tenon_adapter_t *adapter, bool alive);

  /** One turn of the loop, which blocks; false: that cannot be here. NULL: never. */
  bool (*run_once)(tenon_adapter_t *adapter);

  /** Takes the sources off; then, in here or later, tenon_adapter_detached(). Maybe in a callback of one
   *  of them. */
  void (*detach)(tenon_adapter_t *adapter);

  /** Optional, from any thread until the adapter is closed: has tenon_adapter_ready() called soon, where
   *  `fd` is not watched because the loop has a better way. */
  void (*wake)(tenon_adapter_t *adapter);

  /** Optional: the last that is heard of it. */
  void (*free)(tenon_adapter_t *adapter);

  /** Optional: puts one more source on the loop, which is not what it lives for, such that
   *  tenon_adapter_watched() is called while `fd` is readable. `detach` takes it off. Once, in a turn. */
  tenon_status_t (*watch)(tenon_adapter_t *adapter, int fd);
} tenon_adapter_operations_t;

/** An executor on a loop. The first four are for the operations. */
struct tenon_adapter {
  void *loop;
  int fd; /**< readable when there is reason for a turn */
  tenon_executor_t *executor;
  const volatile unsigned int *interrupt; /**< tenon_poll_budget_t.interrupt */
  bool is_edge; /**< false; `attach` may set it if `fd` is `wake_fd`: then a turn reads nothing */

  int wake_fd;  /**< readable when the executor wants to be polled: `fd`, or in its set */
  int queue_fd; /**< Dispatch's main queue's, in the set that `fd` is then; or -1 */
  int watch_fd; /**< the set of descriptors that futures wait for: a duplicate; or -1 */
  const tenon_adapter_operations_t *operations;
  pthread_t thread;
  uint64_t jobs_max;
  uint64_t time_ns_max;
  uint64_t deadline_ns; /**< what the loop's timer is set to */
  unsigned int unread;  /**< turns since `wake_fd` was read */
  bool is_attached;
  bool is_pending; /**< the executor says that something is */
  bool is_alive;   /**< the loop was told so */
  bool is_polling;
  bool is_ending;
  bool is_closed; /**< the executor is */
  bool is_marked; /**< it was closed on another thread */
  bool is_gone;   /**< the loop is, and our sources with it */
  bool is_off;    /**< nothing of the loop's refers to this */
  tenon_status_t end;
  unsigned int runs; /**< calls of run_once on the stack */
  tenon_adapter_detached_fn fn;
  void *context;
  tenon_adapter_t *next;
  tenon_adapter_t *previous;
};

/* MARK: All adapters of the process */

typedef struct tenon__adapters {
  pthread_mutex_t
      mutex; /* guards the list, and each one's `executor` and `is_gone`; held across forks */
  tenon_adapter_t *first;
  bool watches_forks;
  unsigned int owing; /* how many are on rings that did not take all: see uring.h */
} tenon__adapters_t;

/** What this file offers for them, and the one that was offered first. */
static inline tenon__adapters_t **tenon__adapters_here(void) {
  static tenon__adapters_t own = {PTHREAD_MUTEX_INITIALIZER, NULL, false, 0};
  static tenon__adapters_t *first = NULL;
  if (!__atomic_load_n(&first, __ATOMIC_ACQUIRE)) {
    void *shared;
    const uintptr_t code = (uintptr_t)&tenon__adapters_here;
    if (tenon_process_share("tenon adapters 1", &own, (const void *)code, &shared) ==
        TENON_STATUS_OK)
      __atomic_store_n(&first, (tenon__adapters_t *)shared, __ATOMIC_RELEASE);
  }
  return &first;
}

/** NULL: there is no memory for it. */
static inline tenon__adapters_t *tenon__all_adapters(void) {
  return __atomic_load_n(tenon__adapters_here(), __ATOMIC_ACQUIRE);
}

static inline void tenon__adapters_before_fork(void) {
  pthread_mutex_lock(&tenon__all_adapters()->mutex);
}

static inline void tenon__adapters_after_fork(void) {
  pthread_mutex_unlock(&tenon__all_adapters()->mutex);
}

/** Puts `other`, which is taken, in the place of a descriptor. */
static inline void tenon__replace_fd(int fd, int other) {
  if (other < 0)
    return;
#ifdef _GNU_SOURCE
  dup3(other, fd, O_CLOEXEC);
#else /* in a strict dialect; a fork's child has one thread */
  dup2(other, fd);
  fcntl(fd, F_SETFD, FD_CLOEXEC);
#endif
  close(other);
}

/** The child has no work of ours, and must not take the parent's wakes. */
static inline void tenon__adapters_in_child(void) {
  tenon_adapter_t *adapter;
  for (adapter = tenon__all_adapters()->first; adapter; adapter = adapter->next) {
    /* Readable: if the loop goes on here, a turn tells it that nothing is pending. */
    tenon__replace_fd(adapter->wake_fd, eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK));
    if (adapter->fd != adapter->wake_fd)
      tenon__replace_fd(adapter->fd, epoll_create1(EPOLL_CLOEXEC));
    if (adapter->watch_fd >= 0)
      tenon__replace_fd(adapter->watch_fd, epoll_create1(EPOLL_CLOEXEC));
  }
  pthread_mutex_unlock(&tenon__all_adapters()->mutex);
}

static inline bool tenon__adapters_add(tenon_adapter_t *adapter) {
  tenon__adapters_t *all = tenon__all_adapters();
  if (!all)
    return false;
  pthread_mutex_lock(&all->mutex);
  if (!all->watches_forks)
    all->watches_forks = pthread_atfork(tenon__adapters_before_fork, tenon__adapters_after_fork,
                                        tenon__adapters_in_child) == 0;
  if (all->watches_forks) {
    adapter->next = all->first;
    if (all->first)
      all->first->previous = adapter;
    all->first = adapter;
  }
  pthread_mutex_unlock(&all->mutex);
  return all->watches_forks;
}

static inline void tenon__adapters_remove(tenon_adapter_t *adapter) {
  tenon__adapters_t *all = tenon__all_adapters();
  pthread_mutex_lock(&all->mutex);
  if (adapter->next)
    adapter->next->previous = adapter->previous;
  if (adapter->previous)
    adapter->previous->next = adapter->next;
  else
    all->first = adapter->next;
  pthread_mutex_unlock(&all->mutex);
}

/* MARK: The descriptor */

/** What it counts when the executor was closed on another thread: more than all wakes together. */
#define TENON__ADAPTER_CLOSED ((uint64_t)1 << 32)

static inline void tenon__adapter_signal(int fd, uint64_t count) {
  const int error = errno; /* of the code that a signal handler has interrupted */
  while (write(fd, &count, sizeof count) < 0 && errno == EINTR)
    continue;
  errno = error;
}

static inline uint64_t tenon__adapter_take(int fd) {
  uint64_t count = 0;
  ssize_t size;
  do
    size = read(fd, &count, sizeof count);
  while (size < 0 && errno == EINTR);
  return size == (ssize_t)sizeof count ? count : 0;
}

/** How many milliseconds are left until a deadline: rounded up, -1: it never comes. For poll() and the
 *  like. */
static inline int tenon_adapter_rest_ms(uint64_t deadline_ns) {
  uint64_t now_ns, rest_ns, rest_ms;
  if (deadline_ns == TENON_FOREVER)
    return -1;
  now_ns = tenon_timer_now_ns();
  rest_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
  rest_ms = rest_ns / 1000000u + (rest_ns % 1000000u != 0);
  return rest_ms < INT32_MAX ? (int)rest_ms : INT32_MAX;
}

/** Any thread. */
static inline void tenon__adapter_wake(tenon_adapter_t *adapter, uint64_t count) {
  if (!adapter->operations->wake) {
    tenon__adapter_signal(adapter->wake_fd, count);
    return;
  }
  if (count >= TENON__ADAPTER_CLOSED || __atomic_load_n(&adapter->is_gone, __ATOMIC_SEQ_CST))
    tenon__adapter_signal(adapter->wake_fd, count);
  adapter->operations->wake(adapter);
}

/* MARK: What the loop is told */

/** Whether this is where the loop may be used. */
static inline bool tenon__adapter_is_here(const tenon_adapter_t *adapter) {
  /* First whether somebody is in a turn, and then who. */
  return (!adapter->operations->wake || __atomic_load_n(&adapter->is_polling, __ATOMIC_ACQUIRE)) &&
         pthread_equal(__atomic_load_n(&adapter->thread, __ATOMIC_RELAXED), pthread_self()) != 0;
}

static inline void tenon__adapter_set_polling(tenon_adapter_t *adapter, bool is_polling) {
  __atomic_store_n(&adapter->is_polling, is_polling, __ATOMIC_RELEASE);
}

/** Any thread may have said so, of a loop that has `wake`. */
static inline bool tenon__adapter_is_ending(const tenon_adapter_t *adapter) {
  return __atomic_load_n(&adapter->is_ending, __ATOMIC_RELAXED);
}

static inline bool tenon__adapter_is_on(const tenon_adapter_t *adapter) {
  return adapter->is_attached && !adapter->is_gone && !adapter->is_closed;
}

static inline void tenon__adapter_tell_alive(tenon_adapter_t *adapter) {
  const bool is_alive =
      adapter->is_pending || tenon__adapter_is_ending(adapter) || adapter->runs != 0;
  if (is_alive == adapter->is_alive || !tenon__adapter_is_on(adapter))
    return;
  adapter->is_alive = is_alive;
  if (adapter->operations->set_alive)
    adapter->operations->set_alive(adapter, is_alive);
}

static inline void tenon__adapter_tell_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  if (deadline_ns == adapter->deadline_ns)
    return;
  adapter->deadline_ns = deadline_ns;
  if (tenon__adapter_is_on(adapter))
    adapter->operations->set_timer(adapter, deadline_ns);
}

/* MARK: The end */

static inline void tenon__adapter_close_fds(const tenon_adapter_t *adapter) {
  if (adapter->fd != adapter->wake_fd && adapter->fd >= 0)
    close(adapter->fd);
  if (adapter->wake_fd >= 0)
    close(adapter->wake_fd);
  if (adapter->watch_fd >= 0)
    close(adapter->watch_fd);
}

/** Frees the adapter if nothing of the loop's, of the executor's or on the stack refers to it. */
static inline void tenon__adapter_settle(tenon_adapter_t *adapter) {
  tenon_executor_t *executor = adapter->executor;
  const tenon_status_t status = adapter->end;
  tenon_adapter_detached_fn fn;
  void *context;
  if (!adapter->is_closed || !adapter->is_off || adapter->is_polling || adapter->runs != 0)
    return;
  /* First: a fork's child replaces the descriptors of the list, and a detach looks there whom to tell. */
  tenon__adapters_remove(adapter);
  fn = adapter->fn;
  context = adapter->context;
  tenon__adapter_close_fds(adapter);
  if (adapter->operations->free)
    adapter->operations->free(adapter);
  free(adapter);
  tenon_executor_release(executor);
  if (fn)
    fn(context, status);
}

/** The sources are off, and the loop will never call again. The adapter may be gone then. */
static inline void tenon_adapter_detached(tenon_adapter_t *adapter) {
  adapter->is_off = true;
  tenon__adapter_settle(adapter);
}

/** The executor is closed: on the loop's thread, or without a loop. */
static inline void tenon__adapter_take_off(tenon_adapter_t *adapter) {
  const bool is_on = tenon__adapter_is_on(adapter);
  adapter->is_closed = true;
  if (is_on)
    adapter->operations->detach(adapter);
  else if (adapter->is_gone)
    tenon_adapter_detached(adapter);
}

/** Runs what Dispatch's main queue has, if it has. */
static inline void tenon__adapter_drain(tenon_adapter_t *adapter) {
  const bool was_polling = adapter->is_polling;
  struct pollfd queue;
  queue.fd = adapter->queue_fd;
  queue.events = POLLIN;
  queue.revents = 0;
  if (poll(&queue, 1, 0) <= 0)
    return;
  tenon__adapter_set_polling(adapter, true); /* it stays until this returns */
  tenon_process_drain_main_queue();
  tenon__adapter_set_polling(adapter, was_polling);
}

static inline void tenon__adapter_sleep(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  struct pollfd descriptors[2];
  memset(descriptors, 0, sizeof descriptors);
  descriptors[0].fd = adapter->fd;
  descriptors[1].fd = adapter->watch_fd; /* poll() passes over -1 */
  descriptors[0].events = descriptors[1].events = POLLIN;
  poll(descriptors, 2, tenon_adapter_rest_ms(deadline_ns));
  if (adapter->queue_fd >= 0)
    tenon__adapter_drain(adapter);
}

/** Ends an executor that is closing, and that its loop polls no more. The adapter is gone then. */
static inline void tenon__adapter_finish(tenon_adapter_t *adapter) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon__adapter_set_polling(adapter, true); /* it stays until we are done */
  while (!adapter->is_closed) {
    tenon_status_t status;
    if (tenon__adapter_take(adapter->wake_fd) >= TENON__ADAPTER_CLOSED) {
      tenon__adapter_take_off(adapter);
      continue;
    }
    status = tenon_executor_poll(adapter->executor, NULL, &result);
    if (status == TENON_STATUS_FORKED)
      return;
    if (status != TENON_STATUS_OK) /* another thread is at it, and tells by the descriptor */
      tenon__adapter_sleep(adapter, tenon_timer_now_ns() + 1000000u);
    else if (!adapter->is_closed && !result.more)
      tenon__adapter_sleep(adapter, result.deadline_ns);
  }
  tenon__adapter_set_polling(adapter, false);
  tenon__adapter_settle(adapter);
}

/** From now on nothing of the loop's is used. Whether the executor was closed on another thread. */
static inline bool tenon__adapter_lose(tenon_adapter_t *adapter) {
  tenon__adapters_t *all = tenon__all_adapters();
  bool is_marked;
  pthread_mutex_lock(&all->mutex);
  __atomic_store_n(&adapter->is_gone, true, __ATOMIC_SEQ_CST);
  is_marked = adapter->is_marked;
  pthread_mutex_unlock(&all->mutex);
  return is_marked;
}

/**
 * Tells that the loop goes away, and takes the sources with it: called by what it calls then. It may run
 * callbacks, if a detach was on its way. The adapter may be gone then.
 */
static inline void tenon_adapter_gone(tenon_adapter_t *adapter) {
  if (tenon__adapter_lose(adapter) || adapter->is_closed) {
    adapter->is_closed = true;
    tenon_adapter_detached(adapter);
  } else if (tenon__adapter_is_ending(adapter) && !adapter->is_polling) {
    tenon__adapter_finish(adapter);
  }
}

/* MARK: Turns of the loop */

/** How long after one that was for nothing a timer is told once more. */
#define TENON__ADAPTER_AGAIN_NS 10000000u

/** `is_due`: the timer has run out. */
static inline void tenon__adapter_turn(tenon_adapter_t *adapter, bool is_due) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_status_t status;
  /* A job that runs the loop gets here again: that is TENON_STATUS_BUSY, and the outer turn goes on. */
  const bool was_polling = adapter->is_polling;
  budget.jobs_max = adapter->jobs_max;
  budget.time_ns_max = adapter->time_ns_max;
  budget.interrupt = adapter->interrupt;
  tenon__adapter_set_polling(adapter, true);
  status = tenon_executor_poll(adapter->executor, &budget, &result);
  if (status == TENON_STATUS_OK && !result.closed) {
    tenon__adapter_tell_timer(adapter, result.deadline_ns);
    adapter->is_pending = result.alive;
    tenon__adapter_tell_alive(adapter);
  } else if (status == TENON_STATUS_FORKED) {
    adapter->is_pending = adapter->is_ending = false;
    tenon__adapter_tell_timer(adapter, TENON_FOREVER);
    tenon__adapter_tell_alive(adapter);
  } else if (status == TENON_STATUS_BUSY && is_due && !was_polling) {
    /* In a job of a poll that is none of ours, as tenon_executor_run_until() makes them. */
    tenon__adapter_tell_timer(adapter, tenon_timer_now_ns() + TENON__ADAPTER_AGAIN_NS);
  }
  tenon__adapter_set_polling(adapter, was_polling);
  if (was_polling)
    return;
  if (adapter->is_gone && tenon__adapter_is_ending(adapter) && !adapter->is_closed)
    tenon__adapter_finish(adapter);
  else
    tenon__adapter_settle(adapter);
}

/** Who runs the loop has it: one may move from thread to thread. */
static inline void tenon__adapter_move(tenon_adapter_t *adapter) {
  if (!tenon__adapter_is_here(adapter))
    __atomic_store_n(&adapter->thread, pthread_self(), __ATOMIC_RELAXED);
}

/** Whether a turn has to read `wake_fd`: to clear it, or because it says that the executor was closed. Unread it
 *  counts on, and is read now and then, lest it come to look so. */
static inline bool tenon__adapter_is_to_take(tenon_adapter_t *adapter) {
  if (__atomic_load_n(&adapter->is_marked, __ATOMIC_SEQ_CST))
    return true;
  return !adapter->operations->wake && (!adapter->is_edge || (++adapter->unread & 0xffff) == 0);
}

/** The loop has found `fd` readable. The adapter may be gone then. */
static inline void tenon_adapter_ready(tenon_adapter_t *adapter) {
  if (adapter->is_closed)
    return;
  tenon__adapter_move(adapter);
  if (adapter->queue_fd >= 0) {
    tenon__adapter_drain(adapter);
    if (adapter->is_closed) {
      tenon__adapter_settle(adapter);
      return;
    }
  }
  /* Cleared before the poll, so that a wake during it is kept for the next turn. */
  if (tenon__adapter_is_to_take(adapter) &&
      tenon__adapter_take(adapter->wake_fd) >= TENON__ADAPTER_CLOSED)
    tenon__adapter_take_off(adapter);
  else
    tenon__adapter_turn(adapter, false);
}

/** The loop has found what `watch` was given readable. The adapter may be gone then. */
static inline void tenon_adapter_watched(tenon_adapter_t *adapter) {
  if (adapter->is_closed)
    return;
  tenon__adapter_move(adapter);
  tenon__adapter_turn(adapter, false);
}

/** The loop's timer has run out, and is not set any more. The adapter may be gone then. */
static inline void tenon_adapter_due(tenon_adapter_t *adapter) {
  if (adapter->is_closed)
    return;
  tenon__adapter_move(adapter);
  adapter->deadline_ns = TENON_FOREVER;
  tenon__adapter_turn(adapter, true);
}

/* MARK: The executor's host */

static inline void tenon__adapter_host_wake(void *context) {
  tenon__adapter_wake((tenon_adapter_t *)context, 1);
}

static inline void tenon__adapter_host_set_timer(void *context, uint64_t deadline_ns) {
  tenon_adapter_t *adapter = (tenon_adapter_t *)context;
  if (tenon__adapter_is_here(adapter))
    tenon__adapter_tell_timer(adapter, deadline_ns);
  else
    tenon__adapter_wake(adapter, 1); /* polled elsewhere: our own next turn learns of it */
}

static inline void tenon__adapter_host_set_alive(void *context, bool alive) {
  tenon_adapter_t *adapter = (tenon_adapter_t *)context;
  if (tenon__adapter_is_here(adapter)) {
    adapter->is_pending = alive;
    tenon__adapter_tell_alive(adapter);
  } else {
    tenon__adapter_wake(adapter, 1);
  }
}

static inline void tenon__adapter_host_run_once(void *context) {
  tenon_adapter_t *adapter = (tenon_adapter_t *)context;
  bool has_run = false;
  if (adapter->operations->wake &&
      tenon__adapter_is_on(adapter)) { /* whose turns tell the loop all */
    adapter->operations->run_once(adapter);
    return;
  }
  tenon__adapter_move(adapter);
  adapter->runs++;
  if (tenon__adapter_is_on(adapter) && adapter->operations->run_once) {
    tenon__adapter_tell_alive(adapter);
    has_run = adapter->operations->run_once(adapter);
  }
  if (!has_run) { /* nobody else turns the loop, or it is gone */
    tenon__adapter_sleep(adapter, adapter->deadline_ns);
    if (tenon__adapter_take(adapter->wake_fd) >= TENON__ADAPTER_CLOSED)
      tenon__adapter_take_off(adapter);
    else if (
        !adapter->is_closed) /* which tells the deadline, too: it was not heard on another thread */
      tenon__adapter_turn(adapter, false);
  }
  adapter->runs--;
  tenon__adapter_tell_alive(adapter);
  tenon__adapter_settle(adapter);
}

/** A duplicate that an exec closes; or -1. */
static inline int tenon__adapter_duplicate(int fd) {
#ifdef F_DUPFD_CLOEXEC
  return fcntl(fd, F_DUPFD_CLOEXEC, 0);
#else /* in a strict dialect, without POSIX declarations */
  const int other = dup(fd);
  if (other >= 0)
    fcntl(other, F_SETFD, FD_CLOEXEC);
  return other;
#endif
}

static inline tenon_status_t tenon__adapter_host_watch(void *context, int fd) {
  tenon_adapter_t *adapter = (tenon_adapter_t *)context;
  tenon_status_t status = TENON_STATUS_OK;
  adapter->watch_fd = tenon__adapter_duplicate(fd);
  if (adapter->watch_fd < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (tenon__adapter_is_on(adapter))
    status = adapter->operations->watch(adapter, adapter->watch_fd);
  if (status != TENON_STATUS_OK) {
    close(adapter->watch_fd);
    adapter->watch_fd = -1;
  }
  return status;
}

static inline void tenon__adapter_host_closed(void *context, tenon_status_t status) {
  tenon_adapter_t *adapter = (tenon_adapter_t *)context;
  tenon__adapters_t *all = tenon__all_adapters();
  bool is_gone;
  adapter->end = status;
  if (!adapter->is_attached)
    return;
  pthread_mutex_lock(&all->mutex);
  is_gone = adapter->is_gone;
  if (!is_gone && !tenon__adapter_is_here(adapter)) {
    __atomic_store_n(&adapter->is_marked, true, __ATOMIC_SEQ_CST);
    tenon__adapter_wake(adapter, TENON__ADAPTER_CLOSED); /* our last use of it on this thread */
    pthread_mutex_unlock(&all->mutex);
    return;
  }
  pthread_mutex_unlock(&all->mutex);
  tenon__adapter_take_off(adapter);
}

/* MARK: For the adapters */

static inline tenon_status_t tenon__adapter_begin(tenon_adapter_t *adapter, const char *name,
                                                  bool is_elsewhere) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_status_t status;
  host.wake = tenon__adapter_host_wake;
  host.set_timer = tenon__adapter_host_set_timer;
  host.set_alive = tenon__adapter_host_set_alive;
  if (adapter->operations->run_once)
    host.run_once = tenon__adapter_host_run_once;
  host.closed = tenon__adapter_host_closed;
  if (adapter->operations->watch)
    host.watch = tenon__adapter_host_watch;
  config.flags = is_elsewhere ? TENON_EXECUTOR_FLAG_ELSEWHERE : 0;
  config.name = name;
  config.host = &host;
  config.host_context = adapter;
  status = tenon_executor_create(&config, &adapter->executor);
  if (status != TENON_STATUS_OK)
    return status;
  status = tenon_executor_retain(adapter->executor); /* for the caller */
  if (status == TENON_STATUS_OK && !tenon__adapters_add(adapter))
    status = TENON_STATUS_NO_RESOURCES;
  if (status == TENON_STATUS_OK) {
    status = adapter->operations->attach(adapter);
    if (status == TENON_STATUS_OK) {
      adapter->is_attached = true;
      return TENON_STATUS_OK;
    }
    tenon__adapters_remove(adapter);
    tenon_executor_release(adapter->executor);
  }
  tenon_executor_release(adapter->executor);
  return status;
}

/** Makes the descriptors; on a failure some may be there. */
static inline tenon_status_t tenon__adapter_open_fds(tenon_adapter_t *adapter, uint32_t flags) {
  struct epoll_event event;
  tenon_status_t status;
  adapter->queue_fd = adapter->watch_fd = -1;
  adapter->fd = adapter->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (adapter->wake_fd < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (!(flags & TENON_ADAPTER_FLAG_MAIN_QUEUE))
    return TENON_STATUS_OK;
  if (adapter->operations->wake) /* its loop watches nothing */
    return TENON_STATUS_UNSUPPORTED;
  status = tenon_process_main_queue_fd(&adapter->queue_fd);
  if (status != TENON_STATUS_OK)
    return status;
  memset(&event, 0, sizeof event);
  event.events = EPOLLIN;
  adapter->fd = epoll_create1(EPOLL_CLOEXEC);
  if (adapter->fd < 0 || epoll_ctl(adapter->fd, EPOLL_CTL_ADD, adapter->wake_fd, &event) != 0 ||
      epoll_ctl(adapter->fd, EPOLL_CTL_ADD, adapter->queue_fd, &event) != 0)
    return TENON_STATUS_NO_RESOURCES;
  return TENON_STATUS_OK;
}

/** `is_elsewhere`: the calling thread is not the loop's, see TENON_EXECUTOR_FLAG_ELSEWHERE. (Not inline: GCC would
 *  take what it fills for unset.) */
__attribute__((noinline, unused)) static tenon_status_t
tenon__adapter_attach(const tenon_adapter_operations_t *operations, void *loop,
                      const tenon_adapter_config_t *config, bool is_elsewhere,
                      tenon_executor_t **executor_out) {
  tenon_adapter_t *adapter;
  tenon_status_t status;
  if (!loop || !executor_out ||
      (config && (config->struct_size != sizeof *config ||
                  (config->flags & ~TENON_ADAPTER_FLAG_MAIN_QUEUE) != 0 || config->reserved != 0)))
    return TENON_STATUS_INVALID;
  adapter = (tenon_adapter_t *)calloc(1, operations->size);
  if (!adapter)
    return TENON_STATUS_NO_RESOURCES;
  adapter->loop = loop;
  adapter->operations = operations;
  if (!is_elsewhere) /* zeros are no thread */
    adapter->thread = pthread_self();
  adapter->jobs_max = config && config->jobs_max != 0 ? config->jobs_max : 2048;
  adapter->time_ns_max = config ? config->time_ns_max : 0;
  adapter->deadline_ns = TENON_FOREVER;
  status = tenon__adapter_open_fds(adapter, config ? config->flags : 0);
  if (status == TENON_STATUS_OK)
    status = tenon__adapter_begin(adapter, config ? config->name : NULL, is_elsewhere);
  if (status == TENON_STATUS_OK) {
    *executor_out = adapter->executor;
    return TENON_STATUS_OK;
  }
  tenon__adapter_close_fds(adapter);
  free(adapter);
  return status;
}

/** Makes an executor on a loop. Ownership, threading and errors are those of tenon_uv_attach(). */
static inline tenon_status_t tenon_adapter_attach(const tenon_adapter_operations_t *operations,
                                                  void *loop, const tenon_adapter_config_t *config,
                                                  tenon_executor_t **executor_out) {
  return tenon__adapter_attach(operations, loop, config, false, executor_out);
}

/** Under the mutex. By handle, because memory and loops are used again, and handles are not. */
static inline tenon_adapter_t *tenon__adapter_find(const tenon__adapters_t *all,
                                                   tenon_executor_t *executor,
                                                   const tenon_adapter_operations_t *operations) {
  tenon_adapter_t *adapter = all->first;
  while (adapter && adapter->executor != executor)
    adapter = adapter->next;
  return adapter && strcmp(adapter->operations->name, operations->name) == 0 ? adapter : NULL;
}

/** The adapter of an executor on a loop of this kind; NULL: `*status` says why. Only the loop's thread may
 *  use it, and others only its address. */
static inline tenon_adapter_t *tenon_adapter_of(tenon_executor_t *executor,
                                                const tenon_adapter_operations_t *operations,
                                                tenon_status_t *status) {
  tenon__adapters_t *all = tenon__all_adapters();
  tenon_adapter_t *adapter = NULL;
  uint64_t now_ns;
  *status = tenon_executor_get_now_ns(executor, &now_ns);
  if (*status != TENON_STATUS_OK && *status != TENON_STATUS_CLOSED)
    return NULL;
  if (all) {
    pthread_mutex_lock(&all->mutex);
    adapter = tenon__adapter_find(all, executor, operations);
    if (adapter && !tenon__adapter_is_here(adapter))
      *status = TENON_STATUS_WRONG_THREAD;
    pthread_mutex_unlock(&all->mutex);
  }
  if (!adapter && *status == TENON_STATUS_OK)
    *status = TENON_STATUS_UNSUPPORTED;
  return *status == TENON_STATUS_OK ? adapter : NULL;
}

/** One of the adapters of this kind that are on a loop, for one that tells its end itself; NULL: there is
 *  none. */
static inline tenon_adapter_t *tenon_adapter_on(void *loop,
                                                const tenon_adapter_operations_t *operations) {
  tenon__adapters_t *all = tenon__all_adapters();
  tenon_adapter_t *adapter = NULL;
  if (!all)
    return NULL;
  pthread_mutex_lock(&all->mutex);
  for (adapter = all->first; adapter; adapter = adapter->next)
    if (adapter->loop == loop && !adapter->is_gone &&
        strcmp(adapter->operations->name, operations->name) == 0)
      break;
  pthread_mutex_unlock(&all->mutex);
  return adapter;
}

/** Ends an executor whose loop is gone, in here or at the end of the poll that runs now. */
static inline tenon_status_t
tenon__adapter_detach_alone(tenon_adapter_t *adapter, tenon_adapter_detached_fn fn, void *context) {
  const tenon_status_t status = tenon_executor_begin_close(adapter->executor, 0);
  if (status == TENON_STATUS_OK) {
    adapter->fn = fn;
    adapter->context = context;
  }
  __atomic_store_n(&adapter->is_ending, true, __ATOMIC_RELAXED);
  if (!adapter->is_polling) /* one that was too late also ends what nobody else can end */
    tenon__adapter_finish(adapter);
  return status;
}

/**
 * Closes an executor and takes it off its loop. Ownership, threading and errors are those of
 * tenon_uv_detach(): the loop goes on until all has ended or `timeout_ns` is over, and then `fn` is told.
 * If the loop is gone, `fn` is told in here.
 */
static inline tenon_status_t tenon_adapter_detach(tenon_executor_t *executor,
                                                  const tenon_adapter_operations_t *operations,
                                                  uint64_t timeout_ns, tenon_adapter_detached_fn fn,
                                                  void *context) {
  tenon_status_t status;
  tenon_adapter_t *adapter = tenon_adapter_of(executor, operations, &status);
  if (!adapter)
    return status;
  if (adapter->is_gone)
    return tenon__adapter_detach_alone(adapter, fn, context);
  status = tenon_executor_begin_close(executor, timeout_ns);
  if (status != TENON_STATUS_OK)
    return status;
  adapter->fn = fn;
  adapter->context = context;
  adapter->is_ending = true;
  tenon__adapter_tell_alive(adapter);
  tenon__adapter_wake(adapter, 1);
  return status;
}

/**
 * The same from any thread, for a loop that has `wake`: while it is there, `fn` is told on it.
 */
static inline tenon_status_t
tenon_adapter_detach_anywhere(tenon_executor_t *executor,
                              const tenon_adapter_operations_t *operations, uint64_t timeout_ns,
                              tenon_adapter_detached_fn fn, void *context) {
  tenon__adapters_t *all = tenon__all_adapters();
  tenon_adapter_t *adapter = NULL;
  tenon_status_t status;
  uint64_t now_ns;
  bool is_first = false, is_gone = false;
  if (all) {
    pthread_mutex_lock(&all->mutex);
    adapter = tenon__adapter_find(all, executor, operations);
    is_gone = adapter && adapter->is_gone;
    is_first = adapter && !is_gone && !tenon__adapter_is_ending(adapter);
    if (is_first) { /* before it closes: that may be over before this returns, and the adapter gone */
      adapter->fn = fn;
      adapter->context = context;
      __atomic_store_n(&adapter->is_ending, true, __ATOMIC_RELAXED);
    }
    pthread_mutex_unlock(&all->mutex);
  }
  if (!adapter) {
    status = tenon_executor_get_now_ns(executor, &now_ns);
    return status == TENON_STATUS_OK ? TENON_STATUS_UNSUPPORTED : status;
  }
  if (is_gone) { /* and nobody but this thread ends it */
    tenon__adapter_move(adapter);
    return tenon__adapter_detach_alone(adapter, fn, context);
  }
  status = tenon_executor_begin_close(executor, timeout_ns); /* which wakes the loop */
  if (status != TENON_STATUS_OK && is_first) { /* it was closed before: whoever asked is not told */
    pthread_mutex_lock(&all->mutex);
    adapter = tenon__adapter_find(all, executor, operations);
    if (adapter)
      adapter->fn = NULL;
    else
      status = TENON_STATUS_OK; /* in between, and so he was */
    pthread_mutex_unlock(&all->mutex);
  }
  return status;
}

/** The loop that an executor is on, which goes to `out`; NULL: `*status` says why, one of tenon_adapter_of() or
 *  TENON_STATUS_CLOSED, and TENON_STATUS_INVALID without `out`. On the loop's thread. */
static inline void *tenon_adapter_get_loop(tenon_executor_t *executor,
                                           const tenon_adapter_operations_t *operations,
                                           const void *out, tenon_status_t *status) {
  const tenon_adapter_t *adapter;
  if (!out) {
    *status = TENON_STATUS_INVALID;
    return NULL;
  }
  adapter = tenon_adapter_of(executor, operations, status);
  if (adapter && adapter->is_gone)
    *status = TENON_STATUS_CLOSED;
  return adapter && !adapter->is_gone ? adapter->loop : NULL;
}

TENON_END_DECLS

#endif /* TENON_ADAPTER_H */
