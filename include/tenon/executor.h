/**
 * @file tenon/executor.h
 *
 * Where Swift tasks and callbacks run: on the thread of whoever polls, or on threads of its own.
 *
 * Most executors have no thread. Their jobs run inside tenon_executor_poll(), which somebody else's
 * loop calls. There are three ways to know when:
 *
 * - a file descriptor: tenon_executor_fd() is readable when there is work or a timer is due;
 * - a host: a small table of functions, with which Tenon wakes the loop, sets its timer and tells
 *   whether pending work should keep it alive (the libuv adapter is one, and yours may be);
 * - no loop at all: tenon_executor_run_until() polls and sleeps until a future has settled.
 *
 * The life of one: create, poll many times, close, release. Closing refuses new work, cancels what
 * is in flight, lets it end, and tells every callback that is left TENON_STATUS_CLOSED; then
 * nothing of it runs ever again.
 *
 * One thread polls at a time, and it may be another one each time. All else that is called here
 * "any thread" may happen at the same time.
 *
 * With tenon_executor_config_t.threads_max an executor has threads, for what computes and for what must
 * block: a pool. Nobody polls it. It starts threads when there is work, and they go when there was none
 * for a while. Whatever takes an executor takes a pool: its callbacks, timers, drops and Swift calls run
 * on several threads at once, and in no order. A job that waits, by tenon_future_wait() or
 * tenon_executor_run_until(), lends its place to another thread, up to that maximum; the last one that
 * could run jobs gets TENON_STATUS_DEADLOCK instead. Its threads block all signals. A job may fork; a
 * child that returns from it ends there, with 0.
 */
#ifndef TENON_EXECUTOR_H
#define TENON_EXECUTOR_H

#include <tenon/future.h>

TENON_BEGIN_DECLS

/* tenon_executor_t is an executor. Reference counted: what you create, attach or retain, you
 * release. */

/**
 * What a loop offers an executor. Functions marked optional may be NULL. They are called with no
 * lock held, and must not call back into this executor; only `run_once` may, since a turn of a loop
 * polls.
 */
typedef struct tenon_executor_host {
  size_t struct_size; /**< sizeof(tenon_executor_host_t) */

  /** Makes the loop call tenon_executor_poll() soon. Any thread; calls may coalesce: one is made
   *  for each time the executor goes from idle to ready, and one when a poll leaves work. */
  void (*wake)(void *context);

  /** Optional: has the loop poll at `deadline_ns` (TENON_FOREVER: no timer). On the polling thread.
   *  Without it, use tenon_poll_result_t.deadline_ns. */
  void (*set_timer)(void *context, uint64_t deadline_ns);

  /** Optional: pending work came to be, or is gone: keep the loop alive, or do not. On the
   *  polling thread, or on the thread that polled last. */
  void (*set_alive)(void *context, bool alive);

  /** Optional: runs the loop once, blocking until something happens; for
   *  tenon_executor_run_until() and tenon_executor_close(), on the thread that calls them. It may
   *  poll this executor: it is never called inside a poll. */
  void (*run_once)(void *context);

  /** Optional: the executor is closed, will never call again, and lets go of `context`. On the
   * thread that closed it. TENON_STATUS_OK: all work had ended; TENON_STATUS_TIMEOUT: not all. */
  void (*closed)(void *context, tenon_status_t status);

  /** Optional: the time in which this executor's deadlines are, in nanoseconds, never going back: of
   *  a simulation, or of a test that waits for nothing. NULL: what tenon_timer_now_ns() tells.
   *  Any thread. What a poll may take (time_ns_max) is real time all the same. */
  uint64_t (*now_ns)(void *context);

  /** Optional: has the loop poll while `fd` is readable, too, until `closed`: it is a set of those
   *  descriptors that futures wait for, see tenon_future_readable(). Called once at most, in a poll; again
   *  after another status than TENON_STATUS_OK, which rejects what waits. `fd` is the executor's, and
   *  closed after `closed`: a loop that takes it out later duplicates it. Since: 0.2.0. A struct_size
   *  without this is accepted, too. */
  tenon_status_t (*watch)(void *context, int fd);
} tenon_executor_host_t;

#define TENON_EXECUTOR_HOST_INIT                                                                   \
  { sizeof(tenon_executor_host_t), NULL, NULL, NULL, NULL, NULL, NULL, NULL }

/** The calling thread is not the loop's: none is until one polls. Not with threads_max. Since: 0.2.0 */
#define TENON_EXECUTOR_FLAG_ELSEWHERE 0x01u

/** How to create an executor. Zero is a good default for each field but the first. */
typedef struct tenon_executor_config {
  size_t struct_size;                /**< sizeof(tenon_executor_config_t) */
  uint32_t flags;                    /**< TENON_EXECUTOR_FLAG_... */
  uint32_t reserved;                 /**< zero */
  const char *name;                  /**< for people; UTF-8, copied; may be NULL */
  const tenon_executor_host_t *host; /**< copied; NULL: tenon_executor_fd() or run_until() */
  void *host_context;                /**< handed to the host's functions */

  /** More than 0: an executor with threads of its own, so many at most, up to 1024, and without a
   *  host. Since: 0.2.0. A struct_size without this and what follows is accepted, too. */
  uint32_t threads_max;

  /** How long such a thread stays when there is nothing to do, in milliseconds; 0: ten seconds. */
  uint32_t thread_idle_ms;
} tenon_executor_config_t;

#define TENON_EXECUTOR_CONFIG_INIT                                                                 \
  { sizeof(tenon_executor_config_t), 0, 0, NULL, NULL, NULL, 0, 0 }

/** How much one poll may do. */
typedef struct tenon_poll_budget {
  size_t struct_size;   /**< sizeof(tenon_poll_budget_t) */
  uint64_t jobs_max;    /**< at most so many jobs; 0: no bound */
  uint64_t time_ns_max; /**< no new job after so many nanoseconds; 0: no bound */
  /** No new job once this is not zero (libuv's stop flag is such a word); may be NULL. */
  const volatile unsigned int *interrupt;
} tenon_poll_budget_t;

/** As much as is there when the poll starts, and what that leads to, up to 4096 jobs. */
#define TENON_POLL_BUDGET_INIT                                                                     \
  { sizeof(tenon_poll_budget_t), 4096, 0, NULL }

/** What a poll did, and what it leaves. A larger struct_size is a newer header's, up to 4096: what
 * this library does not know is left alone. */
typedef struct tenon_poll_result {
  size_t struct_size;   /**< sizeof(tenon_poll_result_t) */
  uint64_t jobs;        /**< how many ran */
  uint64_t deadline_ns; /**< when to poll again: the next timer's, or TENON_FOREVER */
  bool more;            /**< the budget ended it: there is work left, and the loop was woken */
  bool alive;           /**< something is pending: work, a timer, a callback */
  bool closed;          /**< it closed: do not poll again */
  bool interrupted; /**< tenon_executor_interrupt() was called, and ended no wait. Since: 0.2.0 */
  uint8_t reserved[4];
} tenon_poll_result_t;

#define TENON_POLL_RESULT_INIT                                                                     \
  {                                                                                                \
    sizeof(tenon_poll_result_t), 0, TENON_FOREVER, false, false, false, false, { 0 }               \
  }

/** A job: TENON_STATUS_OK to run, or TENON_STATUS_CLOSED, TENON_STATUS_FORGOTTEN to clean up. */
typedef void (*tenon_job_fn)(void *context, tenon_status_t status);

/** What an executor has done. Numbers only grow, but for `pending`. */
typedef struct tenon_executor_statistics {
  size_t struct_size;      /**< sizeof(tenon_executor_statistics_t) */
  uint64_t polls;          /**< calls of tenon_executor_poll() that ran */
  uint64_t jobs;           /**< jobs run: callbacks, posts, Swift jobs, timers */
  uint64_t wakes;          /**< times that somebody who waited was woken: host, loop or thread */
  uint64_t wakes_late;     /**< wakes that found it closed, and did nothing */
  uint64_t calls;          /**< Swift functions called */
  uint64_t drivers;        /**< Swift tasks made to run them */
  uint64_t timers;         /**< timers armed */
  uint64_t jobs_abandoned; /**< Swift jobs that arrived after the close, and never run */
  uint64_t pending;        /**< work, timers and callbacks now pending */
  uint64_t threads;        /**< of a pool: threads that it has now. Since: 0.2.0 */
  uint64_t threads_idle;   /**< those of them that have nothing to do. Since: 0.2.0 */
} tenon_executor_statistics_t;

#define TENON_EXECUTOR_STATISTICS_INIT                                                             \
  { sizeof(tenon_executor_statistics_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Creates an executor.
 *
 * Ownership:  borrows `config`, which may be NULL. The caller releases `*executor_out`.
 * Threading:  any thread; the calling one counts as the loop's thread until another one polls, unless
 *             TENON_EXECUTOR_FLAG_ELSEWHERE says otherwise.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size, an unknown flag, a name that is not
 *             UTF-8, a host without `wake`, TENON_EXECUTOR_FLAG_ELSEWHERE, a host or more than 1024
 *             for threads_max; TENON_STATUS_NO_RESOURCES; TENON_STATUS_BUSY after
 *             tenon_process_own_solely(); TENON_STATUS_FORKED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_create(const tenon_executor_config_t *config,
                                               tenon_executor_t **executor_out) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_retain(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one closes the executor without waiting.
 *
 * Inside a callback of that executor, of its close too, the close goes on when the callback has
 * returned. Where 16 executors are being closed inside one another on this thread, it comes right
 * after the innermost.
 *
 * Ownership:  consumes one reference.
 * Threading:  any thread; the last one: the loop's thread, or any, of a pool.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_release(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Gives the file descriptor that is readable when the executor wants to be polled.
 *
 * Watch it for reading with select, poll, epoll or any loop; never read or close it.
 *
 * Ownership:  the descriptor is the executor's. It stays open until the last reference is released:
 *             take it out of your loop after the close, and release then.
 * Threading:  the loop's thread. If another one closes, the descriptor is readable, and a poll
 *             answers TENON_STATUS_CLOSED.
 * Errors:     TENON_STATUS_UNSUPPORTED if it has a host, or threads; TENON_STATUS_BUSY while another
 *             thread polls; TENON_STATUS_NO_RESOURCES; TENON_STATUS_CLOSED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_fd(tenon_executor_t *executor, int *fd_out) TENON_NOEXCEPT;

/**
 * Runs what is ready, and what that makes ready, on this thread; never blocks.
 *
 * When it says that there is no more, polling again at once would do nothing.
 *
 * Polls do not nest: a job that turns its loop (a modal dialog) has the loop's own sources run, and
 * what this executor has when the job has returned. Another executor may be polled in there.
 *
 * Ownership:  borrows all; `budget` (NULL: TENON_POLL_BUDGET_INIT) and `result` may be NULL.
 * Threading:  one thread at a time.
 * Errors:     TENON_STATUS_BUSY from two threads, or from inside a job; TENON_STATUS_CLOSED;
 *             TENON_STATUS_INVALID for a wrong struct_size; TENON_STATUS_UNSUPPORTED if it has
 *             threads.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_poll(tenon_executor_t *executor,
                                             const tenon_poll_budget_t *budget,
                                             tenon_poll_result_t *result) TENON_NOEXCEPT;

/**
 * Polls, and sleeps while there is nothing to do, until a future has settled.
 *
 * With NULL for a future it ends when nothing is pending any more. With a host it needs `run_once`,
 * and nests: in a callback of the loop that another one of this thread turns, it turns the loop too.
 * A loop that polls this executor as well, on the same thread, may take turns with it. Several
 * threads may be here at once, or in tenon_future_wait(): one of them polls, and the next one goes on
 * when it has left.
 *
 * For a pool it sleeps: until the future has settled, or nothing is pending any more, no job runs and none
 * waits. While the system has no thread for the pool, it runs its jobs.
 *
 * Threading:  the loop's thread; any, of a pool. `timeout_ns` is a duration; TENON_FOREVER is one.
 * Returns:    as the future ended: TENON_STATUS_OK, TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED.
 * Errors:     TENON_STATUS_TIMEOUT; TENON_STATUS_INTERRUPTED by tenon_executor_interrupt();
 *             TENON_STATUS_BUSY inside its own poll, or while another thread polls;
 *             TENON_STATUS_DEADLOCK inside a Swift task, which must not block its thread, and
 *             for a pool inside a poll, inside its job without a future, or that of another pool that
 *             one of its jobs waits for so, or on its last thread that does not wait, unless the future
 *             has settled; TENON_STATUS_CLOSED;
 *             TENON_STATUS_UNSUPPORTED.
 * Blocks:     yes.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_run_until(tenon_executor_t *executor,
                                                  tenon_future_t *future,
                                                  uint64_t timeout_ns) TENON_NOEXCEPT;

/**
 * Ends the waits for this executor, and wakes its loop: for a signal's handler, as Ctrl-C's is.
 *
 * Each tenon_executor_run_until() of it that has not returned, and each tenon_future_wait() for a future
 * of it, answers TENON_STATUS_INTERRUPTED, unless its future has settled. If there is none, the next one
 * does at once, or the next tenon_executor_poll() with a result says so: a signal that comes right
 * before you wait is not lost. Several in a row may be one. What was waited for goes on.
 *
 * With a host this calls its `wake`, which then must be allowed in a handler. Those of the adapters
 * are, but for Asio's and Dispatch's.
 *
 * Ownership:  borrows `executor`, which must not be released meanwhile.
 * Threading:  any thread.
 * Signals:    may be called in a handler, wherever that came. `errno` is kept.
 * Errors:     TENON_STATUS_CLOSED.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_executor_interrupt(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Has `fn` called in a poll, or on a thread of the pool.
 *
 * Jobs that one thread posts run in the order in which it posted them; in a pool at the same time.
 *
 * Ownership:  borrows `executor`. `context` is handed to `fn` untouched: free it there.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_CLOSED: `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_post(tenon_executor_t *executor, tenon_job_fn fn,
                                             void *context) TENON_NOEXCEPT;

/**
 * A part of a loop: the indices from `begin` on, and before `end`. Anything but TENON_STATUS_OK ends the
 * loop.
 */
typedef tenon_status_t (*tenon_range_fn)(void *context, size_t begin, size_t end);

/**
 * Runs a loop over 0 ... count - 1 in chunks, on this thread and on those of the pool that have nothing
 * better to do, and returns when all of it has run.
 *
 * It needs nobody: what no other thread has begun runs here. So it may be called anywhere, in a chunk of
 * another loop too, and what it works on may be borrowed, on the stack for example. With few
 * chunks, or a busy pool, it costs little more than the loop alone.
 *
 * Chunks begin in order. When one fails, those before it run to their ends and no more begin; so the
 * failure that is told, the one with the lowest index, is the same each time.
 *
 * Ownership:  borrows all, until it returns.
 * Threading:  any thread. `fn` runs on several at once.
 * `chunk`:    how many indices at least make a thread's while worth it: 10 microseconds of work are
 *             plenty. 0: a part of `count` for each thread, and some more to even out.
 * Returns:    TENON_STATUS_OK, or what `fn` returned for the first chunk that failed.
 * Errors:     TENON_STATUS_UNSUPPORTED if the executor has no threads; TENON_STATUS_CLOSED: `fn` was not
 *             called.
 * Blocks:     until all has run.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_executor_for(tenon_executor_t *executor, size_t count, size_t chunk,
                                            tenon_range_fn fn, void *context) TENON_NOEXCEPT;

/**
 * Gives a loop a pool: where the code of its calls runs that Swift runs concurrently, so that the loop goes on.
 *
 * That are `@concurrent` functions, other async functions that are on no actor unless the author's package has
 * NonisolatedNonsendingByDefault, child tasks, and actors. A call begins on the loop, and is back on it
 * when such a function returns: one wake of the loop for all that come back while it is busy. If the
 * executor is the one of tenon_process_own(), code that names no executor runs on the pool, too.
 *
 * When the pool closes, the loop runs all that by itself again.
 *
 * Ownership:  borrows all; the loop keeps a reference of `pool` until it closes, or has another one. NULL:
 *             none any more.
 * Threading:  any thread. It is for calls that begin later.
 * Errors:     TENON_STATUS_UNSUPPORTED if `executor` has threads, or `pool` has none;
 *             TENON_STATUS_CLOSED if one of them is closed, or closing.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_executor_set_pool(tenon_executor_t *executor,
                                                 tenon_executor_t *pool) TENON_NOEXCEPT;

/**
 * Whether this thread is inside a poll of this executor, or one of a pool's own: what may be called on the
 * loop's thread alone may be called here. False for what is no executor.
 *
 * Ownership:  borrows.
 * Threading:  any thread.
 * Since:      0.2.0
 */
TENON_API bool tenon_executor_is_current(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Reads the time that this executor's deadlines are in: the host's own, if it has `now_ns`, or else
 * what tenon_timer_now_ns() tells.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_CLOSED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_get_now_ns(tenon_executor_t *executor,
                                                   uint64_t *now_ns_out) TENON_NOEXCEPT;

/**
 * Closes: refuses new work, cancels what is in flight, polls until all of it has ended or
 * `timeout_ns` is over, and tells TENON_STATUS_CLOSED to every callback that is left.
 *
 * Futures whose Swift work did not end in time are rejected: domain "tenon", code
 * TENON_STATUS_CLOSED. What they waited for may still come: it finds nobody. Work that never ends
 * (a task that ignores its cancellation) does not hold up the close: what is ready when the time is
 * over still runs, and what that makes ready does not. The handle stays good until it is released.
 *
 * Everything that is in flight is cancelled before a callback on this thread is told of it. A
 * callback of the close may call anything, with the answers of an executor that closes; a poll in it,
 * where none is running, goes on with the close.
 *
 * What had not begun when the time was over is destroyed with what it was given, and values that
 * waited for their drop here are dropped, all before this returns (TENON_STATUS_PENDING: in the
 * poll that says `closed`). What was left behind in the middle keeps what it holds, for ever.
 * Promises of C's are C's: cancelled, and pending until somebody settles them.
 *
 * Of a pool, this waits, and joins the threads; what is ready when the time is over runs in here, too. A
 * thread that is in a job then stays until that returns, and nothing that it adds runs.
 *
 * Threading:  the loop's thread.
 * Returns:    TENON_STATUS_OK: all work has ended. TENON_STATUS_PENDING: it goes on in the polls
 *             that follow, which stay necessary until tenon_poll_result_t.closed, and `timeout_ns`
 *             counts there too; because this is a call from inside its own poll, or a pool's own thread,
 *             or in a job of another pool that a job of this one waits for (it ends the close when all has
 *             ended), another thread began to poll meanwhile, or
 *             work is in flight and the host has no `run_once`.
 * Errors:     TENON_STATUS_TIMEOUT: closed, but work was left behind, which
 *             tenon_executor_copy_unfinished() names. TENON_STATUS_BUSY: another thread polls;
 *             nothing has begun. TENON_STATUS_CLOSED: it was closed, or closing,
 *             before, also by tenon_executor_begin_close().
 * Blocks:     until `timeout_ns` at the most. 0 does not block.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_close(tenon_executor_t *executor,
                                              uint64_t timeout_ns) TENON_NOEXCEPT;

/**
 * Begins to close, and returns: the polls that follow, which stay necessary, finish it.
 *
 * For loops that must not block. The host's `closed`, or tenon_poll_result_t.closed, tells the end. If
 * another thread gives back the last reference meanwhile, and nobody polls, this call finishes it, and
 * callbacks run in here.
 *
 * Of a pool, its threads finish it: when all has ended, or when the time is over and one of them has
 * nothing to do.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_CLOSED: it was closed, or closing, before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_begin_close(tenon_executor_t *executor,
                                                    uint64_t timeout_ns) TENON_NOEXCEPT;

/**
 * Names the Swift calls that have begun and not ended; after a close that ran out of time, those that
 * it left behind: a continuation that nobody resumes, a task that ignores its cancellation.
 *
 * `*names_out` is a string with a line for each name, and how many calls have it: "fetch 2\n"; empty
 * if there are none. A call's name is the exported function's, if it was not given another one.
 *
 * While a call blocks the loop's thread another thread can ask, to whom tenon_executor_close() says
 * TENON_STATUS_BUSY: the culprit is among them.
 *
 * Ownership:  `*names_out` is the caller's.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_executor_copy_unfinished(tenon_executor_t *executor,
                                                        tenon_value_t *names_out) TENON_NOEXCEPT;

/**
 * Gives an adapter its own context back, from the executor that it made.
 *
 * Ownership:  borrows all.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_UNSUPPORTED if the executor was made with another `wake` function;
 *             TENON_STATUS_CLOSED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_get_host_context(tenon_executor_t *executor,
                                                         void (*wake)(void *context),
                                                         void **context_out) TENON_NOEXCEPT;

/**
 * Reads the counters. struct_size must be set; a larger one is a newer header's, up to 4096, and the
 * fields that this library does not know are left alone.
 *
 * Threading:  any thread. Exact on the polling thread, a little old elsewhere.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_executor_get_statistics(
    tenon_executor_t *executor, tenon_executor_statistics_t *statistics_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_EXECUTOR_H */
