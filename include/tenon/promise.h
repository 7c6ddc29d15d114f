/**
 * @file tenon/promise.h
 *
 * The write end of one result.
 *
 * A promise is consumed by whichever comes first: tenon_promise_resolve(), tenon_promise_reject(),
 * tenon_promise_cancel() or tenon_promise_release(). Any number of threads may try; one wins, and
 * the others hear TENON_STATUS_ALREADY_SETTLED (or TENON_STATUS_STALE, once the future is gone as
 * well). A promise that is released unsettled breaks: its future is rejected, never left hanging.
 */
#ifndef TENON_PROMISE_H
#define TENON_PROMISE_H

#include <tenon/future.h>

TENON_BEGIN_DECLS

/** The write end. One owner; consumed by settling. */
typedef struct tenon_promise tenon_promise_t;

/** Releasing the last read end does not request a cancel. */
#define TENON_PROMISE_FLAG_DETACHED 0x01u

/** How to create a promise. Zero is a good default for each field but the first. */
typedef struct tenon_promise_config {
  size_t struct_size;         /**< sizeof(tenon_promise_config_t) */
  uint32_t flags;             /**< TENON_PROMISE_FLAG_... */
  uint32_t reserved;          /**< zero */
  tenon_executor_t *executor; /**< where the producer works, or NULL: lets
                                        tenon_future_wait() tell a deadlock from a wait, and its
                                        close request a cancel; at once, if it has begun to close */
} tenon_promise_config_t;

#define TENON_PROMISE_CONFIG_INIT                                                                  \
  { sizeof(tenon_promise_config_t), 0, 0, NULL }

/** What tenon_promise_on_cancel() registers: TENON_STATUS_CANCELLED means that a cancel is
 * requested, TENON_STATUS_SETTLED that the future settled without one. */
typedef void (*tenon_cancel_fn)(void *context, tenon_status_t status);

/**
 * Creates both ends.
 *
 * Ownership:  borrows `config`, which may be NULL. The caller owns both handles.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size or an unknown flag;
 *             TENON_STATUS_NO_RESOURCES; TENON_STATUS_FORKED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_create(const tenon_promise_config_t *config,
                                              tenon_promise_t **promise_out,
                                              tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Settles with a value.
 *
 * Ownership:  consumes `promise`, and moves out of `*value` (NULL: a value that holds nothing),
 *             which is left holding nothing. With TENON_STATUS_ALREADY_SETTLED the value is
 *             dropped; after any other error it is untouched and the caller's. A borrowed value
 *             is delivered as the loan that it is: what it points to must outlive its readers.
 * Threading:  any thread. Callbacks without an executor run on this thread before this returns,
 *             unless it is itself inside such a callback, or a cancel callback: then right after
 *             that one, or inside it, once it waits or polls. Combinators, scopes and threads that
 *             wait are told before this returns in any case.
 * Errors:     TENON_STATUS_ALREADY_SETTLED; TENON_STATUS_INVALID if this is no value.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_resolve(tenon_promise_t *promise,
                                               tenon_value_t *value) TENON_NOEXCEPT;

/**
 * Settles with an error.
 *
 * Ownership:  consumes `promise`; borrows `error`.
 * Threading:  as tenon_promise_resolve().
 * Errors:     TENON_STATUS_ALREADY_SETTLED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_reject(tenon_promise_t *promise,
                                              tenon_error_t *error) TENON_NOEXCEPT;

/**
 * Settles as cancelled: says that the work has ended without a result.
 *
 * It acknowledges a request, but needs none.
 *
 * Ownership:  consumes `promise`.
 * Threading:  as tenon_promise_resolve().
 * Errors:     TENON_STATUS_ALREADY_SETTLED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_cancel(tenon_promise_t *promise) TENON_NOEXCEPT;

/**
 * Lets go of a promise. Unsettled, its future is rejected: domain "tenon", code
 * TENON_STATUS_STALE, message "broken promise"; or it becomes cancelled if that was requested.
 *
 * Ownership:  consumes `promise`.
 * Threading:  as tenon_promise_resolve().
 * Errors:     TENON_STATUS_STALE if it was consumed before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_release(tenon_promise_t *promise) TENON_NOEXCEPT;

/**
 * Tells whether the reader wants the work to end early.
 *
 * Threading:  any thread; never blocks.
 * Returns:    false for a promise that is settled, stale or none.
 * Since:      0.1.0
 */
TENON_API bool tenon_promise_is_cancelled(tenon_promise_t *promise) TENON_NOEXCEPT;

/**
 * Gives a reference to the reason for which a cancel is requested: what
 * tenon_future_cancel_with() was given, or a plain error, domain "tenon", code
 * TENON_STATUS_CANCELLED.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread; never blocks.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_PENDING while no cancel is requested;
 *             TENON_STATUS_SETTLED if the future has settled: then tenon_future_copy_error() tells.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_promise_copy_reason(tenon_promise_t *promise,
                                                   tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Arranges for `fn` to be told when a cancel is requested, or that none was.
 *
 * `fn` never runs inside this function, and runs as tenon_future_on_complete() says: in the
 * executor's poll, or with NULL on the thread that requests the cancel or settles.
 *
 * Ownership:  borrows `promise` and `executor`. `context` is handed to `fn` untouched: free it
 *             there. `*registration_out` (may be NULL) needs no release.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED if the future has settled.
 * Errors:     TENON_STATUS_CANCELLED if a cancel was requested before and there is no executor to
 *             say so on; TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t
tenon_promise_on_cancel(tenon_promise_t *promise, tenon_executor_t *executor, tenon_cancel_fn fn,
                        void *context, tenon_registration_t **registration_out) TENON_NOEXCEPT;

/**
 * Says what whoever holds a promise waits for before it settles, which nobody else can know: another
 * future, or anything else. `tenon why` and tenon/inspect.h then go on there, and find deadlocks that
 * lead through it. It costs nothing where it is not called. A later one replaces it; neither `on` nor
 * `what` takes it away; and so does settling.
 *
 *     tenon_promise_set_wait(promise, NULL, "a connection of the pool", TENON_HERE);
 *
 * Ownership:  borrows both handles; copies `what` (may be NULL), of which more than 1000 bytes are cut
 *             off; borrows `source` (may be NULL), whose texts must stay, as literals do.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED if the future has settled.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_promise_set_wait(tenon_promise_t *promise, tenon_future_t *on,
                                                const char *what,
                                                const tenon_source_t *source) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_PROMISE_H */
