/**
 * @file tenon/timer.h
 *
 * A callback at a time, in an executor's poll.
 *
 * Timers of an executor are told by deadline, and those of one deadline in the order in which they
 * were armed, whatever lies between them, in a poll or not, and on whichever threads. One whose
 * deadline has passed when it is armed comes after those that are being told by then.
 *
 * Arming and cancelling cost the same however many timers there are. A timer is never early, and is
 * late by up to 65 microseconds, plus what the loop takes to poll (libuv's own timers count
 * milliseconds). Times are those of CLOCK_MONOTONIC.
 */
#ifndef TENON_TIMER_H
#define TENON_TIMER_H

#include <tenon/executor.h>

TENON_BEGIN_DECLS

/** A timer that has not been told yet. Needs no release. */
typedef struct tenon_timer tenon_timer_t;

/** Tells a timer's end: TENON_STATUS_OK at its time, or TENON_STATUS_CANCELLED,
 * TENON_STATUS_CLOSED. */
typedef void (*tenon_timer_fn)(void *context, tenon_status_t status);

/**
 * Returns the time, in nanoseconds since some point in the past.
 *
 * Threading:  any thread.
 * Signals:    may be called in a handler.
 * Since:      0.1.0
 */
TENON_API uint64_t tenon_timer_now_ns(void) TENON_NOEXCEPT;

/**
 * Arms a timer for `deadline_ns`, an instant of tenon_timer_now_ns(), or of the executor's host if
 * that has a time of its own: tenon_executor_get_now_ns(). One in the past is due at once;
 * TENON_FOREVER never is, and still waits to be cancelled.
 *
 * Ownership:  borrows `executor`. `context` is handed to `fn` untouched: free it there.
 *             `*timer_out` (may be NULL) needs no release.
 * Threading:  any thread; `fn` runs in tenon_executor_poll().
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_timer_start(tenon_executor_t *executor, uint64_t deadline_ns,
                                           tenon_timer_fn fn, void *context,
                                           tenon_timer_t **timer_out) TENON_NOEXCEPT;

/**
 * Cancels a timer: `fn` is told TENON_STATUS_CANCELLED in a poll soon.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_STALE if it was told before; TENON_STATUS_SETTLED if it is being told, or
 *             will be in any case: it is due, or was cancelled before. It is told once.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_timer_cancel(tenon_timer_t *timer) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_TIMER_H */
