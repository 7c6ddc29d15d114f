/**
 * @file tenon/future.h
 *
 * The read end of one result that is not there yet.
 *
 * A future is pending until it settles, once: with a value, with an error, or as cancelled. Ask
 * with tenon_future_poll(), be told with tenon_future_on_complete(), block with
 * tenon_future_wait(). Cancelling is a request: the future becomes cancelled when the work has
 * really ended, and stays what it was if it had settled before. Letting go of the last reference
 * cancels too, since nobody is left to read, unless the work was started detached; a callback
 * that waits counts as a reference.
 *
 * What one is told has happened: a callback finds the future settled, or the cancel requested, with
 * its reason; where an input decides for many, the others' cancels are requested by then, too.
 *
 * A future has as many readers as it has references: all may look (tenon_future_peek()), one may
 * take the value out (tenon_future_take()).
 */
#ifndef TENON_FUTURE_H
#define TENON_FUTURE_H

#include <tenon/error.h>
#include <tenon/registration.h>
#include <tenon/source.h>
#include <tenon/value.h>

TENON_BEGIN_DECLS

/** The read end. Reference counted: what you create or retain, you release. */
typedef struct tenon_future tenon_future_t;

/**
 * Tells how a future ended.
 *
 * `status` is TENON_STATUS_OK, TENON_STATUS_REJECTED or TENON_STATUS_CANCELLED, and `future` is
 * lent for the call: read, take or retain it. Or the registration ended without the future:
 * TENON_STATUS_CLOSED or TENON_STATUS_FORGOTTEN, and `future` is NULL.
 */
typedef void (*tenon_completion_fn)(void *context, tenon_status_t status, tenon_future_t *future);

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES past some 67 million references.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_retain(tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one requests a cancel, if the future is pending and the work
 * was not started detached, and drops a value that nobody took.
 *
 * Ownership:  consumes one reference.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_release(tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Asks how it stands.
 *
 * Threading:  any thread; never blocks.
 * Returns:    TENON_STATUS_PENDING, or as it ended: TENON_STATUS_OK, TENON_STATUS_REJECTED,
 *             TENON_STATUS_CANCELLED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_poll(tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Lends the value: a copy of the struct that owns nothing.
 *
 * Ownership:  what `*value_out` points to is valid until the caller's reference is released, or
 *             until some reader takes the value.
 * Threading:  any thread.
 * Returns:    as tenon_future_poll(); `*value_out` is written with TENON_STATUS_OK only.
 * Errors:     TENON_STATUS_TAKEN.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_peek(tenon_future_t *future,
                                           tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Moves the value out, once.
 *
 * Ownership:  `*value_out` is the caller's: end it with tenon_value_drop(), or hand it on.
 * Threading:  any thread.
 * Returns:    as tenon_future_poll(); `*value_out` is written with TENON_STATUS_OK only.
 * Errors:     TENON_STATUS_TAKEN.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_take(tenon_future_t *future,
                                           tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Moves the value out and releases the reference, as one: for who waits, reads once, and is done.
 *
 * Ownership:  with TENON_STATUS_OK the reference is gone and `*value_out` is the caller's. With any
 *             other answer nothing has happened, and the reference is still there to be released.
 * Threading:  any thread.
 * Returns:    as tenon_future_poll(); `*value_out` is written with TENON_STATUS_OK only.
 * Errors:     TENON_STATUS_TAKEN.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_future_consume(tenon_future_t *future,
                                              tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Gives a reference to the error that the future ended with.
 *
 * A cancelled future has one too: domain "tenon", code TENON_STATUS_CANCELLED, and the reason of the
 * cancel as its cause, if one was given.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK if there is an error; TENON_STATUS_PENDING if it has not settled.
 * Errors:     TENON_STATUS_SETTLED, not written, if it ended with a value.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_copy_error(tenon_future_t *future,
                                                 tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Requests that the work behind a future ends early.
 *
 * The producer is told (tenon_promise_on_cancel(), or Swift's task cancellation) and the future
 * settles when the producer says so: as cancelled, or with what it had by then. Work that waits
 * for its turn never starts, and what it was given is destroyed.
 *
 * Threading:  any thread; returns without waiting. Cancel callbacks without an executor run before
 *             this returns; but when 16 are running inside one another on this thread, right after
 *             the innermost, so that a chain of cancels of any length needs the stack of a few.
 * Returns:    TENON_STATUS_OK, also if it was requested before; TENON_STATUS_SETTLED if too late.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_cancel(tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Does the same, and says why: the producer reads it with tenon_promise_copy_reason(), and whoever
 * asks a future that is cancelled then finds it as the cause of its error.
 *
 * The first request decides: what a later one says is not kept.
 *
 * Ownership:  borrows `reason`, which may be NULL: then it is tenon_future_cancel().
 * Threading:  as tenon_future_cancel().
 * Returns:    as tenon_future_cancel().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_cancel_with(tenon_future_t *future,
                                                  tenon_error_t *reason) TENON_NOEXCEPT;

/**
 * Lets the work go on when the last reference is released.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_detach(tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Arranges for `fn` to be told how the future ends.
 *
 * `fn` never runs inside this function. With an executor it runs in tenon_executor_poll(), also if
 * the future has settled already. With NULL it runs on whichever thread settles the future, while
 * it does; a settled future has no such thread any more, so then nothing is registered and the
 * answer is TENON_STATUS_SETTLED. Callbacks of one future that run in the same place are told in
 * order of registration.
 *
 * Ownership:  borrows `future` and `executor`; the callback itself counts as a reference to the
 *             future until it is told. `context` is handed to `fn` untouched: free it there.
 *             `*registration_out` (may be NULL) needs no release.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED as said above: `fn` is never called.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t
tenon_future_on_complete(tenon_future_t *future, tenon_executor_t *executor, tenon_completion_fn fn,
                         void *context, tenon_registration_t **registration_out) TENON_NOEXCEPT;

/**
 * Does the same while the future is pending, and nothing when it has settled: the caller reads the
 * result at once, without a callback, an allocation or a wake.
 *
 * Ownership, threading: as tenon_future_on_complete().
 * Returns:    TENON_STATUS_OK if `fn` will be told; TENON_STATUS_SETTLED if it never will.
 * Errors:     as tenon_future_on_complete().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_on_complete_if_pending(
    tenon_future_t *future, tenon_executor_t *executor, tenon_completion_fn fn, void *context,
    tenon_registration_t **registration_out) TENON_NOEXCEPT;

/**
 * Blocks until the future has settled. For threads without a loop.
 *
 * If the work belongs to an executor that no loop looks after, this polls it: one without a host,
 * whose descriptor nobody has asked for. If it belongs to a pool for which the system has no thread,
 * this runs its jobs. A future that is made of others and has no executor of its
 * own (tenon_future_all() and its kin, tenon_future_map(), a scope's end) goes by the first of them
 * that has one.
 *
 * Threading:  a thread that may block. `timeout_ns` is a duration; TENON_FOREVER is one.
 * Returns:    as tenon_future_poll(), never TENON_STATUS_PENDING.
 * Errors:     TENON_STATUS_TIMEOUT; TENON_STATUS_INTERRUPTED if the work belongs to an executor, by
 *             tenon_executor_interrupt(); TENON_STATUS_DEADLOCK inside tenon_executor_poll() of any
 *             executor, inside a Swift task, or on the loop's own thread when the work needs that
 *             loop; never for a future that has settled.
 * Blocks:     yes.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_wait(tenon_future_t *future,
                                           uint64_t timeout_ns) TENON_NOEXCEPT;

/**
 * Names a future, for people who look into the process: `tenon ps`, tenon/inspect.h. It costs nothing
 * where it is not called, and a table on its first call. A later name replaces it. Calls of exported
 * functions have their function's name by themselves.
 *
 *     tenon_future_set_name(future, "reply of 10.0.0.7", TENON_HERE);
 *
 * Ownership:  copies `name`, of which more than 1000 bytes are cut off; borrows `source` (may be
 *             NULL), whose texts must stay, as literals do.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_future_set_name(tenon_future_t *future, const char *name,
                                               const tenon_source_t *source) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_FUTURE_H */
