/*
 * Implements <tenon/uv.h>: an executor's host, made of one loop's public functions.
 *
 * An attachment is one executor on one loop. Producers reach it through an eventfd of its own,
 * which a poll handle watches: writing to it is safe from any thread, whatever the host has done to
 * its loop by then (an async handle would be sent to after its loop was gone). Its timers are one
 * timer handle. Everything but the eventfd belongs to the loop's thread.
 *
 * Its life: attached; ending, from the detach on, with the loop held alive; closed, when the
 * executor has said so, from where on no wake comes and the handles are being closed; complete,
 * when the last close callback has come, and then it is freed. Executors that are closed without a
 * detach go the same way.
 *
 * A host may close the handles before that. Nobody tells, so each use asks uv_is_closing(). Without
 * handles there are no polls, and the loop may be gone, so whoever ends the executor polls it by
 * hand, and libuv is not touched.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dup3()
#endif

#include <tenon/process.h>
#include <tenon/timer.h>
#include <tenon/uv.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

/** How many jobs one turn of the loop runs unless the host says otherwise. A call of a Swift function is
 *  two: its run, and what tells its end. */
#define JOBS_MAX_DEFAULT 2048

/** What the eventfd counts when the executor was closed on another thread; more than any number of
 *  wakes that can gather there. */
#define CLOSED_MARK ((uint64_t)1 << 32)

#define NS_PER_MS 1000000u

typedef struct attachment {
  uv_poll_t poll;
  uv_timer_t timer;
  /** Of the descriptors that futures wait for, once there is one. */
  uv_poll_t watcher;
  /** Closed as soon as a detach begins: its close callback is a look at what the host did then. */
  uv_idle_t probe;

  uv_loop_t *loop;
  _Atomic(uv_thread_t) thread; /**< who runs the loop: attached, or had a turn of it last */
  tenon_executor_t *executor;  /**< a reference of our own; NULL: complete */
  int wake_fd;
  int queue_fd; /**< Dispatch's main queue's, or -1 */
  int fd;       /**< what the poll handle watches: `wake_fd`, or a set of both */
  int watch_fd; /**< what the watcher watches: a duplicate of the executor's; or -1 */
  uint64_t jobs_max;
  uint64_t time_ns_max;
  uint64_t deadline_ns; /**< what the timer is set to */

  bool is_attached; /**< the handles are on the loop */
  bool is_watching; /**< the watcher is, too */
  bool is_alive;    /**< the executor says that something is pending */
  bool is_idle;     /**< that does not keep the loop alive, says the host */
  bool is_polling;
  bool is_ending;
  bool is_closed;
  tenon_status_t end;  /**< how the executor closed */
  bool is_kept;        /**< libuv may still use this memory, and nobody will say when not */
  unsigned int runs;   /**< calls of run_once() on the stack */
  unsigned int closes; /**< close callbacks to come */
  bool *complete_out;  /**< somebody up the stack wants to know; or NULL */

  tenon_uv_detached_fn fn;
  void *context;

  struct attachment *next;
  struct attachment *previous;
} attachment_t;

#define ATTACHMENT_OF(handle, member)                                                              \
  ((attachment_t *)(void *)((char *)(handle)-offsetof(attachment_t, member)))

/* MARK: All attachments */

/** Guards the list, and `executor` and `loop` of what is on it; held across fork(). */
static pthread_mutex_t list_mutex = PTHREAD_MUTEX_INITIALIZER;

/** Those that are not complete, and those whose memory must be kept for ever. */
static attachment_t *list;

static void list_add(attachment_t *attachment) {
  pthread_mutex_lock(&list_mutex);
  attachment->next = list;
  if (list)
    list->previous = attachment;
  list = attachment;
  pthread_mutex_unlock(&list_mutex);
}

/** Takes a complete one off the list. One that is kept stays there, where no executor finds it. */
static void list_remove(attachment_t *attachment) {
  pthread_mutex_lock(&list_mutex);
  attachment->executor = NULL;
  if (!attachment->is_kept) {
    if (attachment->next)
      attachment->next->previous = attachment->previous;
    if (attachment->previous)
      attachment->previous->next = attachment->next;
    else
      list = attachment->next;
  }
  pthread_mutex_unlock(&list_mutex);
}

/** Under the mutex. By handle, because memory and loops are used again, and handles are not. */
static attachment_t *list_find(tenon_executor_t *executor) {
  attachment_t *attachment = list;
  while (attachment && attachment->executor != executor)
    attachment = attachment->next;
  return attachment;
}

/* MARK: Handles */

static bool is_loop_thread(const attachment_t *attachment) {
  uv_thread_t self = uv_thread_self();
  uv_thread_t thread = atomic_load_explicit(&attachment->thread, memory_order_relaxed);
  return uv_thread_equal(&self, &thread) != 0;
}

static bool is_handle_closing(const attachment_t *attachment) {
  return uv_is_closing((const uv_handle_t *)&attachment->poll) ||
         uv_is_closing((const uv_handle_t *)&attachment->timer);
}

/** Whether the handles may be used. */
static bool has_handles(const attachment_t *attachment) {
  return attachment->is_attached && !is_handle_closing(attachment);
}

/** Whether the host has closed a handle: we never do before the executor is closed. */
static bool is_abandoned(const attachment_t *attachment) {
  return !attachment->is_closed && is_handle_closing(attachment);
}

/** The poll handle stands for all that is pending; the timer never keeps a loop alive. */
static void update_alive(attachment_t *attachment) {
  if (!has_handles(attachment))
    return;
  if ((attachment->is_alive && !attachment->is_idle) || attachment->is_ending ||
      attachment->runs != 0)
    uv_ref((uv_handle_t *)&attachment->poll);
  else
    uv_unref((uv_handle_t *)&attachment->poll);
}

static void add_to_eventfd(int fd, uint64_t count) {
  // Nothing to do about a failure: the only one is a counter that is full, and so readable.
  while (write(fd, &count, sizeof count) < 0 && errno == EINTR)
    continue;
}

/** Clears the eventfd. True: the executor was closed on another thread, which is done with us. */
static bool take_from_eventfd(int fd) {
  uint64_t count = 0;
  ssize_t size;
  do
    size = read(fd, &count, sizeof count);
  while (size < 0 && errno == EINTR);
  return size == (ssize_t)sizeof count && count >= CLOSED_MARK;
}

static void on_timer(uv_timer_t *timer);

static void update_timer(attachment_t *attachment, uint64_t deadline_ns) {
  if (!has_handles(attachment)) {
    attachment->deadline_ns = deadline_ns; // For sleep_without_loop().
    return;
  }
  if (deadline_ns == TENON_FOREVER) {
    uv_timer_stop(&attachment->timer);
  } else if (deadline_ns != attachment->deadline_ns ||
             !uv_is_active((const uv_handle_t *)&attachment->timer)) {
    // libuv's clock is CLOCK_MONOTONIC as well, in whole milliseconds that have passed, perhaps a
    // while ago: so count from what it shows, and to the end of the deadline's millisecond.
    uint64_t deadline_ms = deadline_ns / NS_PER_MS + (deadline_ns % NS_PER_MS != 0);
    uint64_t now_ms = uv_now(attachment->loop);
    if (deadline_ms > now_ms) {
      uv_timer_start(&attachment->timer, on_timer, deadline_ms - now_ms, 0);
    } else {
      // Due. A timer of no milliseconds could run again and again in one turn of the loop, and let
      // nothing else come.
      uv_timer_stop(&attachment->timer);
      add_to_eventfd(attachment->wake_fd, 1);
    }
  }
  attachment->deadline_ns = deadline_ns;
}

/* MARK: The end */

static void close_descriptors(const attachment_t *attachment) {
  if (attachment->fd != attachment->wake_fd && attachment->fd >= 0)
    close(attachment->fd);
  if (attachment->wake_fd >= 0)
    close(attachment->wake_fd);
  if (attachment->watch_fd >= 0)
    close(attachment->watch_fd);
}

/** Nothing of libuv's or of the executor's refers to the attachment any more. It is gone then. */
static void complete(attachment_t *attachment) {
  tenon_executor_t *executor = attachment->executor;
  tenon_uv_detached_fn fn = attachment->fn;
  void *context = attachment->context;

  tenon_status_t status = attachment->end;

  if (attachment->complete_out)
    *attachment->complete_out = true;
  list_remove(attachment); // First: a fork's child takes over the descriptors of the list.
  close_descriptors(attachment);
  if (!attachment->is_kept)
    free(attachment);
  tenon_executor_release(executor);
  if (fn)
    fn(context, status);
}

static void complete_if_done(attachment_t *attachment) {
  if (attachment->is_closed && attachment->closes == 0)
    complete(attachment);
}

static void on_poll_closed(uv_handle_t *handle) {
  attachment_t *attachment = ATTACHMENT_OF(handle, poll);
  attachment->closes--;
  complete_if_done(attachment);
}

static void on_timer_closed(uv_handle_t *handle) {
  attachment_t *attachment = ATTACHMENT_OF(handle, timer);
  attachment->closes--;
  complete_if_done(attachment);
}

static void on_watcher_closed(uv_handle_t *handle) {
  attachment_t *attachment = ATTACHMENT_OF(handle, watcher);
  attachment->closes--;
  complete_if_done(attachment);
}

static void close_handle(attachment_t *attachment, uv_handle_t *handle, uv_close_cb closed_fn) {
  if (uv_is_closing(handle)) {
    // By the host, with a callback of its own, or none: libuv tells us neither when it is done with
    // the handle nor that it is. So the memory is never freed.
    attachment->is_kept = true;
    return;
  }
  attachment->closes++;
  uv_close(handle, closed_fn);
}

/** The executor is closed: nothing of it comes any more. On the loop's thread. */
static void close_handles(attachment_t *attachment) {
  attachment->is_closed = true;
  close_handle(attachment, (uv_handle_t *)&attachment->poll, on_poll_closed);
  close_handle(attachment, (uv_handle_t *)&attachment->timer, on_timer_closed);
  if (attachment->is_watching)
    close_handle(attachment, (uv_handle_t *)&attachment->watcher, on_watcher_closed);
}

/** Runs what Dispatch's main queue has, if it has and this loop is to. Jobs of it may end the attachment's
 *  executor, but not the attachment. */
static void drain_main_queue(attachment_t *attachment) {
  struct pollfd descriptor = {attachment->queue_fd, POLLIN, 0};
  if (attachment->queue_fd < 0 || poll(&descriptor, 1, 0) <= 0)
    return;
  attachment->closes++; // It stays until this returns.
  tenon_process_drain_main_queue();
  attachment->closes--;
}

/** Sleeps until the executor wakes us or has a timer due. For when the loop does not. */
static void sleep_without_loop(attachment_t *attachment, uint64_t deadline_ns) {
  int timeout_ms = -1;
  if (deadline_ns != TENON_FOREVER) {
    uint64_t now_ns = tenon_timer_now_ns();
    uint64_t rest_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    uint64_t rest_ms = rest_ns / NS_PER_MS + (rest_ns % NS_PER_MS != 0);
    timeout_ms = rest_ms < INT32_MAX ? (int)rest_ms : INT32_MAX;
  }
  // poll() passes over -1.
  struct pollfd descriptors[] = {{attachment->fd, POLLIN, 0}, {attachment->watch_fd, POLLIN, 0}};
  poll(descriptors, 2, timeout_ms);
  drain_main_queue(attachment);
  if (take_from_eventfd(attachment->wake_fd))
    close_handles(attachment);
}

/** Ends an executor that is closing, and that its loop polls no more. The attachment may be gone
 *  then. It takes no longer than the detach was given. */
static void finish_without_loop(attachment_t *attachment) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  while (!attachment->is_closed &&
         tenon_executor_poll(attachment->executor, NULL, &result) == TENON_STATUS_OK) {
    if (!attachment->is_closed && !result.more)
      sleep_without_loop(attachment, result.deadline_ns);
  }
  complete_if_done(attachment);
}

/** The loop has come round once since the detach began. */
static void on_probe_closed(uv_handle_t *handle) {
  attachment_t *attachment = ATTACHMENT_OF(handle, probe);
  attachment->closes--;
  if (is_abandoned(attachment) && !attachment->is_polling)
    finish_without_loop(attachment);
  else
    complete_if_done(attachment);
}

/* MARK: Turns of the loop */

/** How long after one that was for nothing the timer is started once more. */
#define AGAIN_NS (10 * NS_PER_MS)

/** `is_due`: the timer has run out. */
static void take_turn(attachment_t *attachment, bool is_due) {
  // A loop may move: who runs it has it.
  if (!is_loop_thread(attachment))
    atomic_store_explicit(&attachment->thread, uv_thread_self(), memory_order_relaxed);
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  budget.jobs_max = attachment->jobs_max;
  budget.time_ns_max = attachment->time_ns_max;
  // uv_stop() in a job: the host wants its thread back before the next one.
  budget.interrupt = &attachment->loop->stop_flag;

  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  // A job that runs the loop gets here again; that turn is TENON_STATUS_BUSY, and the outer one
  // does the work.
  bool was_polling = attachment->is_polling;
  attachment->is_polling = true;
  tenon_status_t status = tenon_executor_poll(attachment->executor, &budget, &result);
  attachment->is_polling = was_polling;

  if (status == TENON_STATUS_OK && !result.closed) {
    // Said already, unless a timer ran out in a nested turn, or another thread has polled.
    update_timer(attachment, result.deadline_ns);
    attachment->is_alive = result.alive;
    update_alive(attachment);
  } else if (status == TENON_STATUS_BUSY && is_due && !was_polling) {
    // In a job of a poll that is none of ours, as tenon_executor_run_until() makes them.
    update_timer(attachment, tenon_timer_now_ns() + AGAIN_NS);
  }
  if (was_polling)
    return;
  // The host has closed the handles, in this turn: then this is the end, and no callback's.
  if (attachment->is_ending && is_abandoned(attachment))
    finish_without_loop(attachment);
  else
    complete_if_done(attachment);
}

static void on_wake(uv_poll_t *handle, int status, int events) {
  attachment_t *attachment = ATTACHMENT_OF(handle, poll);
  (void)status;
  (void)events;
  drain_main_queue(attachment);
  if (attachment->is_closed) {
    complete_if_done(attachment);
    return;
  }
  // Cleared before the poll, so that a wake during it is kept for the next turn.
  if (take_from_eventfd(attachment->wake_fd))
    close_handles(attachment);
  else
    take_turn(attachment, false);
}

static void on_watched(uv_poll_t *handle, int status, int events) {
  attachment_t *attachment = ATTACHMENT_OF(handle, watcher);
  (void)status;
  (void)events;
  if (!attachment->is_closed)
    take_turn(attachment, false);
}

static void on_timer(uv_timer_t *handle) {
  attachment_t *attachment = ATTACHMENT_OF(handle, timer);
  // libuv still goes to sleep after this, even if that was what host_run_once() waits for.
  if (attachment->runs != 0)
    add_to_eventfd(attachment->wake_fd, 1);
  take_turn(attachment, true);
}

/* MARK: The executor's host */

static void host_wake(void *context) {
  const attachment_t *attachment = context;
  add_to_eventfd(attachment->wake_fd, 1);
}

static void host_set_timer(void *context, uint64_t deadline_ns) {
  attachment_t *attachment = context;
  if (is_loop_thread(attachment))
    update_timer(attachment, deadline_ns);
  else
    host_wake(attachment); // Somebody polls it elsewhere. Our own next turn learns the deadline.
}

static void host_set_alive(void *context, bool alive) {
  attachment_t *attachment = context;
  if (!is_loop_thread(attachment)) {
    host_wake(attachment);
    return;
  }
  attachment->is_alive = alive;
  update_alive(attachment);
}

/** A turn of a loop that there is no more: it learns the deadline, which on another thread it was not told. */
static void run_without_loop(attachment_t *attachment) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  sleep_without_loop(attachment, attachment->deadline_ns);
  if (!attachment->is_closed &&
      tenon_executor_poll(attachment->executor, NULL, &result) == TENON_STATUS_OK)
    attachment->deadline_ns = result.deadline_ns;
}

static void host_run_once(void *context) {
  attachment_t *attachment = context;
  if (!has_handles(attachment)) {
    run_without_loop(attachment);
    return;
  }
  bool is_complete = false;
  bool *outer_complete_out = attachment->complete_out;
  attachment->complete_out = &is_complete;
  // Somebody waits, which nothing that is pending may tell: the loop must block.
  attachment->runs++;
  update_alive(attachment);
  uv_run(attachment->loop, UV_RUN_ONCE);
  if (is_complete) {
    if (outer_complete_out)
      *outer_complete_out = true;
    return;
  }
  attachment->complete_out = outer_complete_out;
  attachment->runs--;
  update_alive(attachment);
}

static tenon_status_t host_watch(void *context, int fd) {
  attachment_t *attachment = context;
  int watch_fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (watch_fd < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (has_handles(attachment)) {
    if (uv_poll_init(attachment->loop, &attachment->watcher, watch_fd) != 0) {
      close(watch_fd);
      return TENON_STATUS_NO_RESOURCES;
    }
    uv_unref((uv_handle_t *)&attachment->watcher);
    uv_poll_start(&attachment->watcher, UV_READABLE, on_watched);
    attachment->is_watching = true;
  }
  attachment->watch_fd = watch_fd;
  return TENON_STATUS_OK;
}

static void host_closed(void *context, tenon_status_t status) {
  attachment_t *attachment = context;
  attachment->end = status;
  if (!attachment->is_attached)
    return;
  if (is_loop_thread(attachment))
    close_handles(attachment);
  else
    add_to_eventfd(attachment->wake_fd, CLOSED_MARK); // The last use of it on this thread.
}

/* MARK: Forks */

static void before_fork(void) { pthread_mutex_lock(&list_mutex); }

static void after_fork_in_parent(void) { pthread_mutex_unlock(&list_mutex); }

static void replace(int fd, int other) {
  if (other < 0)
    return;
  dup3(other, fd, O_CLOEXEC);
  close(other);
}

/** The child has no work of ours, and never will: a loop that it goes on with, after
 *  uv_loop_fork(), must neither wait for it nor take the parent's wakes. */
static void after_fork_in_child(void) {
  for (attachment_t *attachment = list; attachment; attachment = attachment->next) {
    if (!attachment->executor)
      continue;
    replace(attachment->wake_fd, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (attachment->fd != attachment->wake_fd)
      replace(attachment->fd, epoll_create1(EPOLL_CLOEXEC));
    if (attachment->watch_fd >= 0)
      replace(attachment->watch_fd, epoll_create1(EPOLL_CLOEXEC));
    if (has_handles(attachment))
      uv_unref((uv_handle_t *)&attachment->poll);
  }
  pthread_mutex_unlock(&list_mutex);
}

static pthread_once_t fork_once = PTHREAD_ONCE_INIT;
static int fork_error;

static void watch_forks(void) {
  fork_error = pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

/* MARK: Functions */

/** Makes the executor and puts the handles on the loop. On failure the caller frees. */
static tenon_status_t attach(attachment_t *attachment, const char *name) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.wake = host_wake;
  host.set_timer = host_set_timer;
  host.set_alive = host_set_alive;
  host.run_once = host_run_once;
  host.closed = host_closed;
  host.watch = host_watch;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = name;
  config.host = &host;
  config.host_context = attachment;

  tenon_status_t status = tenon_executor_create(&config, &attachment->executor);
  if (status != TENON_STATUS_OK)
    return status;
  status = tenon_executor_retain(attachment->executor);
  if (status == TENON_STATUS_OK &&
      uv_poll_init(attachment->loop, &attachment->poll, attachment->fd) != 0) {
    tenon_executor_release(attachment->executor);
    status = TENON_STATUS_NO_RESOURCES;
  }
  if (status != TENON_STATUS_OK) {
    tenon_executor_release(attachment->executor);
    return status;
  }
  // From here on nothing can fail. Handles that are on the loop could not be taken back at once.
  uv_timer_init(attachment->loop, &attachment->timer);
  uv_unref((uv_handle_t *)&attachment->timer);
  uv_poll_start(&attachment->poll, UV_READABLE, on_wake);
  attachment->is_attached = true;
  update_alive(attachment);
  return TENON_STATUS_OK;
}

/** On a failure some may be there. */
static tenon_status_t open_descriptors(attachment_t *attachment, uint32_t flags) {
  attachment->queue_fd = attachment->watch_fd = -1;
  attachment->fd = attachment->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (attachment->wake_fd < 0)
    return TENON_STATUS_NO_RESOURCES;
  if (!(flags & TENON_UV_FLAG_MAIN_QUEUE))
    return TENON_STATUS_OK;
  tenon_status_t status = tenon_process_main_queue_fd(&attachment->queue_fd);
  if (status != TENON_STATUS_OK)
    return status;
  struct epoll_event event = {.events = EPOLLIN};
  attachment->fd = epoll_create1(EPOLL_CLOEXEC);
  if (attachment->fd < 0 ||
      epoll_ctl(attachment->fd, EPOLL_CTL_ADD, attachment->wake_fd, &event) != 0 ||
      epoll_ctl(attachment->fd, EPOLL_CTL_ADD, attachment->queue_fd, &event) != 0)
    return TENON_STATUS_NO_RESOURCES;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_uv_attach(uv_loop_t *loop, const tenon_uv_config_t *config,
                               tenon_executor_t **executor_out) {
  static const tenon_uv_config_t config_default = TENON_UV_CONFIG_INIT;
  if (!config)
    config = &config_default;
  if (!loop || !executor_out || config->struct_size != sizeof *config ||
      (config->flags & ~TENON_UV_FLAG_MAIN_QUEUE) != 0 || config->reserved != 0)
    return TENON_STATUS_INVALID;
  pthread_once(&fork_once, watch_forks);
  if (fork_error != 0)
    return TENON_STATUS_NO_RESOURCES;

  attachment_t *attachment = calloc(1, sizeof *attachment);
  if (!attachment)
    return TENON_STATUS_NO_RESOURCES;
  attachment->loop = loop;
  atomic_init(&attachment->thread, uv_thread_self());
  attachment->jobs_max = config->jobs_max != 0 ? config->jobs_max : JOBS_MAX_DEFAULT;
  attachment->time_ns_max = config->time_ns_max;
  attachment->deadline_ns = TENON_FOREVER;
  tenon_status_t status = open_descriptors(attachment, config->flags);
  if (status == TENON_STATUS_OK)
    status = attach(attachment, config->name);
  if (status != TENON_STATUS_OK) {
    close_descriptors(attachment);
    free(attachment);
    return status;
  }
  list_add(attachment);
  *executor_out = attachment->executor;
  return TENON_STATUS_OK;
}

/** The attachment of an executor, for its loop's thread; or why there is none. */
static tenon_status_t find_here(tenon_executor_t *executor, attachment_t **attachment_out) {
  void *host_context;
  tenon_status_t status = tenon_executor_get_host_context(executor, host_wake, &host_context);
  if (status != TENON_STATUS_OK && status != TENON_STATUS_CLOSED)
    return status;
  // What another thread sees there may be gone the next moment: only the list knows.
  pthread_mutex_lock(&list_mutex);
  attachment_t *attachment = list_find(executor);
  bool is_here = attachment && is_loop_thread(attachment);
  pthread_mutex_unlock(&list_mutex);
  if (!attachment)
    return TENON_STATUS_CLOSED;
  *attachment_out = attachment;
  return is_here ? TENON_STATUS_OK : TENON_STATUS_WRONG_THREAD;
}

tenon_status_t tenon_uv_set_referenced(tenon_executor_t *executor, bool referenced) {
  attachment_t *attachment;
  tenon_status_t status = find_here(executor, &attachment);
  if (status != TENON_STATUS_OK)
    return status;
  attachment->is_idle = !referenced;
  update_alive(attachment);
  return TENON_STATUS_OK;
}

tenon_status_t tenon_uv_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                               tenon_uv_detached_fn fn, void *context) {
  attachment_t *attachment;
  tenon_status_t status = find_here(executor, &attachment);
  if (status != TENON_STATUS_OK)
    return status;

  // A loop that has our handles no more has no time to give either.
  bool has_loop = has_handles(attachment);
  status = tenon_executor_begin_close(executor, has_loop ? timeout_ns : 0);
  if (status == TENON_STATUS_OK) {
    attachment->fn = fn;
    attachment->context = context;
  }
  attachment->is_ending = true;
  if (!has_loop) {
    // There is no close callback to wait for, so this is where the end is told: or at the end of
    // the poll that runs now. A detach that was too late also ends what nobody else can end.
    if (!attachment->is_polling)
      finish_without_loop(attachment);
    return status;
  }
  update_alive(attachment);
  if (status != TENON_STATUS_OK)
    return status;
  host_wake(attachment);
  // If the host closes all handles before it runs the loop again, this one tells.
  uv_idle_init(attachment->loop, &attachment->probe);
  close_handle(attachment, (uv_handle_t *)&attachment->probe, on_probe_closed);
  return TENON_STATUS_OK;
}

tenon_status_t tenon_uv_get_loop(tenon_executor_t *executor, uv_loop_t **loop_out) {
  if (!loop_out)
    return TENON_STATUS_INVALID;
  void *host_context;
  tenon_status_t status = tenon_executor_get_host_context(executor, host_wake, &host_context);
  if (status != TENON_STATUS_OK)
    return status;
  pthread_mutex_lock(&list_mutex);
  attachment_t *attachment = list_find(executor);
  // A loop that has our handles no more may be gone; only its own thread can look.
  if (attachment && is_loop_thread(attachment) && !has_handles(attachment))
    attachment = NULL;
  if (attachment)
    *loop_out = attachment->loop;
  pthread_mutex_unlock(&list_mutex);
  return attachment ? TENON_STATUS_OK : TENON_STATUS_CLOSED;
}
