/**
 * @file tenon/process.h
 *
 * Whose process this is.
 *
 * A library cannot decide where all Swift code of a process runs; the host can. A host that says so
 * before the first Swift task gets all of it on its loop: `Task { }`, `Task.sleep`, continuations
 * and the main actor, with no thread but its own (the owned mode). Otherwise (the library mode)
 * work that was started on an executor stays there, and what Swift sends elsewhere, such as
 * unstructured tasks and the main actor, goes through Dispatch.
 *
 * On one thread, code that blocks it until another Swift task has run waits for ever, and code that
 * computes keeps all others waiting. Either can have threads: with tenon_executor_set_pool() all code
 * that names no executor goes to a pool, and the main actor stays on the loop.
 */
#ifndef TENON_PROCESS_H
#define TENON_PROCESS_H

#include <tenon/executor.h>

TENON_BEGIN_DECLS

/** Who decides where Swift code runs that names no executor. */
TENON_ENUM(int32_t, tenon_process_mode_t){
    TENON_PROCESS_LIBRARY = 0, /**< Swift's runtime, with Dispatch's threads */
    TENON_PROCESS_OWNED = 1,   /**< the host: tenon_process_own() */
};

/**
 * Makes `executor` the one on which Swift code runs that names none, the main actor included.
 *
 * Call it once, early in main(). With further executors, such a job goes to the one that
 * its thread polls, and from other threads to this one. When this one is closed another call may
 * name a new one; jobs that arrive in between wait for it, and sleeps go on.
 *
 * That Swift tasks have run before cannot be noticed on Swift 6.3: the answer is TENON_STATUS_OK, and
 * all that comes runs on the loop. But what Dispatch has taken already still runs on its threads, at
 * the same time, and those threads stay.
 *
 * Ownership:  borrows `executor`; the process keeps a reference until it is closed.
 * Threading:  the loop's thread.
 * Errors:     TENON_STATUS_UNSUPPORTED if this Swift runtime does not take executors, or not any
 *             more: the library mode goes on, and nothing has changed. TENON_STATUS_BUSY if another
 *             executor has this place.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_process_own(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * The same, and `executor` stays the only one for as long as the process lives: from then on
 * tenon_executor_create() and whatever makes an executor, pools and adapters included, answer
 * TENON_STATUS_BUSY, also when this one has closed.
 *
 * What that buys: its calls need not say at each switch where they belong, so one that does not
 * suspend takes three quarters of the instructions. With a second loop they could not do without: a
 * call goes on wherever an actor was run last that it has called. For the same reason do not run
 * Swift code that shares actors with such calls on other threads, by a TaskExecutor of your own or
 * by Task.immediate: what is called goes on there until it returns. Tenon's own part of a call, and
 * whoever waits for it, stays on the loop even so.
 *
 * Ownership:  borrows `executor`; the process keeps a reference until it is closed.
 * Threading:  the loop's thread.
 * Errors:     as tenon_process_own(); TENON_STATUS_BUSY also if there is another executor that has not
 *             been closed, or whose close left work behind. Then nothing has changed.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_process_own_solely(tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Tells the mode.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_process_mode_t tenon_process_get_mode(void) TENON_NOEXCEPT;

/**
 * Gives the file descriptor that is readable when Dispatch's main queue has work: in the library
 * mode, the main actor's too. Then call tenon_process_drain_main_queue().
 *
 * In the owned mode the owner's polls drain it, if its loop is the first thread's; and without a host
 * it wakes for that by itself. A host watches this descriptor, and polls; the adapters that come with Tenon
 * do, if their config's flags have ..._FLAG_MAIN_QUEUE.
 *
 * Ownership:  the descriptor is Dispatch's: never read or close it.
 * Threading:  the process's first thread.
 * Errors:     TENON_STATUS_WRONG_THREAD: Dispatch takes no other thread for this queue.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_process_main_queue_fd(int *fd_out) TENON_NOEXCEPT;

/**
 * Runs what Dispatch's main queue has.
 *
 * Threading:  the process's first thread.
 * Errors:     TENON_STATUS_WRONG_THREAD; TENON_STATUS_BUSY from inside such a job.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_process_drain_main_queue(void) TENON_NOEXCEPT;

/**
 * Gives what this process keeps under a name, in whichever of its shared objects that is asked: the
 * first object that somebody offers.
 *
 * For what there may be only one of though each shared object has its own. With NULL for an object
 * it is an address that stands for the name, and for nothing else: the mark of a type for
 * tenon_value_pointer() or tenon_error_payload_t that other shared objects know, too. Names with a
 * prefix "cxx " are used by the C++ headers; choose another one, such as a domain's.
 *
 * Ownership:  `name` is copied, UTF-8 and not empty. If `object` is the first one it is kept, and has
 *             to live as long as the process; otherwise it is still the caller's. `code` (may be
 *             NULL) is the address of a function, whose shared object is not unloaded if `object` is
 *             the first one.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_process_share(const char *name, void *object, const void *code,
                                             void **object_out) TENON_NOEXCEPT;

/**
 * Counts, from now on, the jobs that Swift sends to its own threads: the ones that escape the
 * loops.
 *
 * It adds a function call to each, and a process-wide hook that other code may replace. Off unless
 * called.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_UNSUPPORTED in the owned mode, where none can escape.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_process_count_escapes(void) TENON_NOEXCEPT;

/** What happened in the process so far. Numbers only grow, but for what there is now. */
typedef struct tenon_process_statistics {
  size_t struct_size;             /**< sizeof(tenon_process_statistics_t) */
  uint64_t futures_created;       /**< futures made */
  uint64_t futures_settled;       /**< of those: with a value, an error, or as cancelled */
  uint64_t futures_rejected;      /**< of those settled: with an error */
  uint64_t futures_cancelled;     /**< of those settled: as cancelled */
  uint64_t futures_pending;       /**< now pending */
  uint64_t settled_twice;         /**< calls that came too late to settle a promise */
  uint64_t registrations_pending; /**< callbacks and timers now waiting to be told */
  uint64_t errors_alive;          /**< errors now referenced */
  uint64_t escapes;               /**< jobs counted by tenon_process_count_escapes() */
  uint64_t memory_reserved;       /**< bytes taken for handles now */
  uint64_t streams_alive;         /**< streams and latest values with an end that is referenced */
  uint64_t items_sent;            /**< values that their writers sent or set */
  uint64_t items_received;        /**< of those: given to their readers */
  uint64_t items_dropped;         /**< of those: left by their readers, or replaced unseen */
  uint64_t scopes_live;           /**< scopes that have not ended now */
  uint64_t scopes_abandoned;      /**< scopes that were released while they were open */
} tenon_process_statistics_t;

#define TENON_PROCESS_STATISTICS_INIT                                                              \
  { sizeof(tenon_process_statistics_t), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/**
 * Reads the counters. It walks all slots that were ever used: not for a hot path. struct_size must be
 * set; a larger one is a newer header's, up to 4096, and the fields that this library does not know
 * are left alone.
 *
 * Threading:  any thread. Exact while nothing else runs.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_process_get_statistics(tenon_process_statistics_t *statistics_out)
    TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_PROCESS_H */
