/**
 * @file tenon/combinators.h
 *
 * Futures of futures: many as one, one with a time limit, one that is made of another.
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
#ifndef TENON_COMBINATORS_H
#define TENON_COMBINATORS_H

#include <tenon/future.h>
#include <tenon/promise.h>

TENON_BEGIN_DECLS

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
 * closes first, `future` is cancelled, and the result ends as that one does, or is rejected with code
 * TENON_STATUS_CLOSED at the end of the close.
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
 * Gives a future that is fulfilled, with a value that holds nothing, when a descriptor can be read from:
 * also at its end, or when it has failed, which the read then tells. Any number may wait for one; a regular
 * file is always ready.
 *
 * Read without blocking, and until there is nothing: then wait again. A cancel is acknowledged in the
 * executor's next poll.
 *
 * Ownership:  borrows `executor` and `fd`. Cancel before you close `fd`: the system tells nobody of that. If
 *             its number is waited for again, the futures before it are rejected with
 *             TENON_STATUS_INVALID. The caller releases `*future_out`.
 * Threading:  any thread. It settles in the executor's poll.
 * Errors:     TENON_STATUS_INVALID: no descriptor, or one that cannot be waited for;
 *             TENON_STATUS_UNSUPPORTED: the executor has threads, or a host without `watch`;
 *             TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_future_readable(tenon_executor_t *executor, int fd,
                                               tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * The same for writing: a connect that ends is one, too.
 *
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_future_writable(tenon_executor_t *executor, int fd,
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

#endif /* TENON_COMBINATORS_H */
