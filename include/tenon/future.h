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
 * A future has as many readers as it has references: all may look (tenon_future_peek()), one may
 * take the value out (tenon_future_take()).
 */
#ifndef TENON_FUTURE_H
#define TENON_FUTURE_H

#include <tenon/error.h>
#include <tenon/registration.h>
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
 *             this returns.
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
 * whose descriptor nobody has asked for.
 *
 * Threading:  a thread that may block. `timeout_ns` is a duration; TENON_FOREVER is one.
 * Returns:    as tenon_future_poll(), never TENON_STATUS_PENDING.
 * Errors:     TENON_STATUS_TIMEOUT; TENON_STATUS_DEADLOCK inside tenon_executor_poll() of any
 *             executor, inside a Swift task, or on the loop's own thread when the work needs that
 *             loop; never for a future that has settled.
 * Blocks:     yes.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_wait(tenon_future_t *future,
                                           uint64_t timeout_ns) TENON_NOEXCEPT;

/*
 * Many futures as one.
 *
 * tenon_future_all(), _all_settled(), _any() and _race() end as ECMAScript's Promise.all() and its
 * kin do, on no inputs as well. What all of them do:
 *
 * - They borrow the inputs, which stay readable by whoever holds them: so the result tells which
 *   input it was, and not its value. While the result is pending it counts as a reader of each
 *   input. The same future may be given twice.
 * - Where an input's error decides, the result is rejected with that very error. Where an input that
 *   was cancelled decides, the result is cancelled, for the same reason.
 * - Once the result is decided, inputs that are still pending are cancelled, with a reason: the
 *   error that decided, or "another future was first". They are not waited for.
 * - A cancel of the result, and the release of its last reference, cancels the inputs, for the same
 *   reason. The result is then cancelled when the last of them has ended, whatever they ended with:
 *   so the work behind a cancelled result is over.
 * - With TENON_COMBINE_FLAG_KEEP no input is ever cancelled, but for one whose last reader the
 *   result was. A cancel of the result then settles it at once.
 * - The result settles on the thread that settles the deciding input.
 * - `futures` may be NULL if `count` is 0. If one of the inputs is no good handle, the answer is
 *   that handle's, and nothing has happened.
 */

/** Leaves the inputs alone, when they are not needed any more and when the result is cancelled. */
#define TENON_COMBINE_FLAG_KEEP 0x01u

/**
 * Gives a future of all inputs: fulfilled, with a value that holds nothing, when each of them is;
 * rejected or cancelled as soon as one of them is. No inputs: fulfilled at once.
 *
 * Ownership:  borrows the inputs. The caller releases `*future_out`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for an unknown flag; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_all(tenon_future_t *const *futures, size_t count,
                                          uint32_t flags,
                                          tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a future that is fulfilled, with a value that holds nothing, when each input has settled,
 * however. No inputs: at once.
 *
 * Ownership, threading, errors: as tenon_future_all().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_all_settled(tenon_future_t *const *futures, size_t count,
                                                  uint32_t flags,
                                                  tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a future of the first input that is fulfilled: its value is the index of that one, a u64.
 *
 * When none is, it is rejected: domain "tenon", code TENON_STATUS_REJECTED, with the error of
 * `futures[0]` as the cause. No inputs: at once, without a cause.
 *
 * Ownership, threading, errors: as tenon_future_all().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_any(tenon_future_t *const *futures, size_t count,
                                          uint32_t flags,
                                          tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a future of the first input that settles: the index of that one, a u64, if it is
 * fulfilled; rejected or cancelled as that one was. No inputs: pending until it is cancelled.
 *
 * Of inputs that have settled before, it is the first in the array.
 *
 * Ownership, threading, errors: as tenon_future_all().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_race(tenon_future_t *const *futures, size_t count,
                                           uint32_t flags,
                                           tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a future that ends as `future` does, unless `timeout_ns` are over first: then it is rejected
 * at once, domain "tenon", code TENON_STATUS_TIMEOUT, and `future` is cancelled with that error as
 * the reason.
 *
 * The value is moved: `future` is left as after tenon_future_take(), or the result is rejected with
 * code TENON_STATUS_TAKEN if somebody was faster. A cancel of the result cancels `future`, for the
 * same reason, and the result ends as that one does, or when the time is over. If the executor
 * closes first, both are cancelled.
 *
 * Ownership:  borrows `future` and `executor`. The caller releases `*future_out`.
 * Threading:  any thread. It settles in the executor's poll, or on the thread that settles `future`.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. Nothing has happened then.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_timeout(tenon_future_t *future, tenon_executor_t *executor,
                                              uint64_t timeout_ns,
                                              tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a future that is fulfilled, with a value that holds nothing, after `duration_ns`.
 *
 * A cancel is acknowledged in the executor's next poll.
 *
 * Ownership:  borrows `executor`. The caller releases `*future_out`.
 * Threading:  any thread. It settles in the executor's poll.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_sleep(tenon_executor_t *executor, uint64_t duration_ns,
                                            tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Makes the result of tenon_future_map().
 *
 * `status` and `future` are as for a tenon_completion_fn: with TENON_STATUS_CLOSED the executor
 * closed before, and `future` is NULL. `promise` is the function's, to settle now or later, or to
 * release, in every case.
 */
typedef void (*tenon_map_fn)(void *context, tenon_status_t status, tenon_future_t *future,
                             tenon_promise_t *promise);

/**
 * Gives a future that `fn` makes of the result of `future`.
 *
 * `fn` is called once, never inside this function, and runs as tenon_future_on_complete() says: in
 * the executor's poll, or with NULL on the thread that settles `future`. A cancel of the result
 * cancels `future`, for the same reason, if that is pending; `fn` is then told how it ended, and
 * settles the result.
 *
 * Ownership:  borrows `future` and `executor`. `context` is handed to `fn` untouched: free it there.
 *             The caller releases `*future_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED, and nothing is made, if `future` has settled
 *             and there is no executor to call `fn` on: read the result at once.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_future_map(tenon_future_t *future, tenon_executor_t *executor,
                                          tenon_map_fn fn, void *context,
                                          tenon_future_t **future_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_FUTURE_H */
