/**
 * @file tenon/latest.h
 *
 * The newest value of something that changes, for whoever looks: progress.
 *
 * The publisher sets, and never waits: a value that the reader has not seen yet is replaced, and
 * dropped. The reader gets each value at most once, the newest first and never a backlog, and is told
 * how many it missed. For values of which none may be lost there are streams: stream.h.
 *
 * It ends as a stream does: the publisher closes, fails or cancels, and that arrives after the value
 * that the reader has not seen; a publisher that is released without any of these is a broken promise.
 * The reader cancels, or goes away, and the publisher hears TENON_STATUS_CANCELLED. What an end is told
 * is so when it asks, as for a stream.
 *
 * Any thread may use either end at any time.
 */
#ifndef TENON_LATEST_H
#define TENON_LATEST_H

#include <tenon/promise.h>

TENON_BEGIN_DECLS

/** The read end. Reference counted: what you create or retain, you release. */
typedef struct tenon_latest tenon_latest_t;

/** The write end. Reference counted, too. */
typedef struct tenon_publisher tenon_publisher_t;

/** How to create a latest value. Zero is a good default for each field but the first. */
typedef struct tenon_latest_config {
  size_t struct_size;         /**< sizeof(tenon_latest_config_t) */
  uint32_t flags;             /**< none yet: zero */
  uint32_t reserved;          /**< zero */
  tenon_executor_t *executor; /**< where the publisher works, or NULL: lets tenon_future_wait() tell
                                   a deadlock from a wait, and its close request a cancel; at once, if
                                   it has begun to close */
} tenon_latest_config_t;

#define TENON_LATEST_CONFIG_INIT                                                                   \
  { sizeof(tenon_latest_config_t), 0, 0, NULL }

/**
 * Creates both ends, without a value.
 *
 * Ownership:  borrows `config`, which may be NULL. The caller owns both handles.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size or an unknown flag;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_create(const tenon_latest_config_t *config,
                                             tenon_publisher_t **publisher_out,
                                             tenon_latest_t **latest_out) TENON_NOEXCEPT;

/**
 * Sets the newest value. One that the reader has not seen is dropped, and counted as missed.
 *
 * Ownership:  moves out of `*value`, which is left holding nothing; on an error it is the caller's.
 * Threading:  any thread; never blocks. Callbacks of the reader's future without an executor, and the
 *             drop of what was replaced, run on this thread before this returns.
 * Errors:     TENON_STATUS_CANCELLED: the reader wants no more; TENON_STATUS_CLOSED: it has been ended;
 *             TENON_STATUS_INVALID if this is no value, or TENON_VALUE_END.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_set(tenon_publisher_t *publisher,
                                             tenon_value_t *value) TENON_NOEXCEPT;

/**
 * Ends it: nothing comes after the value that the reader has not seen.
 *
 * Ownership:  borrows `publisher`, which has to be released all the same.
 * Threading:  any thread. Callbacks without an executor run on this thread before this returns.
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_close(tenon_publisher_t *publisher) TENON_NOEXCEPT;

/**
 * Ends it with an error, which arrives after the value that the reader has not seen.
 *
 * Ownership:  borrows `publisher` and `error`.
 * Threading:  as tenon_publisher_close().
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_fail(tenon_publisher_t *publisher,
                                              tenon_error_t *error) TENON_NOEXCEPT;

/**
 * Ends it as cancelled, after the value that the reader has not seen.
 *
 * Ownership:  borrows `publisher`.
 * Threading:  as tenon_publisher_close().
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_cancel(tenon_publisher_t *publisher) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_retain(tenon_publisher_t *publisher) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one of a publisher that was not ended breaks its promise.
 *
 * Ownership:  consumes one reference.
 * Threading:  as tenon_publisher_close().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_release(tenon_publisher_t *publisher) TENON_NOEXCEPT;

/**
 * Tells whether the reader wants no more.
 *
 * Threading:  any thread; never blocks.
 * Returns:    false for a publisher that is ended, stale or none.
 * Since:      0.1.0
 */
TENON_API bool tenon_publisher_is_cancelled(tenon_publisher_t *publisher) TENON_NOEXCEPT;

/**
 * Gives a reference to the reason for which the reader wants no more, as tenon_promise_copy_reason()
 * does: what tenon_latest_cancel_with() said, or a cancel of tenon_latest_copy_end(), or of the scope
 * that it was added to.
 *
 * Without a reason, also for a reader that went away, it is a plain error: domain "tenon", code
 * TENON_STATUS_CANCELLED.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread; never blocks.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_PENDING while no cancel is requested;
 *             TENON_STATUS_SETTLED if the publisher has been ended.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_copy_reason(tenon_publisher_t *publisher,
                                                     tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Arranges for `fn` to be told when the reader cancels or goes away, or that the publisher was ended
 * without: as tenon_promise_on_cancel() does for a promise.
 *
 * Ownership, threading: as tenon_promise_on_cancel().
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED if the publisher has been ended.
 * Errors:     TENON_STATUS_CANCELLED if the reader cancelled before and there is no executor to say so
 *             on; TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_publisher_on_cancel(
    tenon_publisher_t *publisher, tenon_executor_t *executor, tenon_cancel_fn fn, void *context,
    tenon_registration_t **registration_out) TENON_NOEXCEPT;

/**
 * Gives a future of the newest value that the reader has not seen, or else of the next one.
 *
 * At the end its value is one of kind TENON_VALUE_END; if the publisher failed, it is rejected with
 * the publisher's error, and if the publisher cancelled, it is cancelled. Letting go of it while it is
 * pending gives up the wait, and loses no value; nor does one that was detached and that nobody holds.
 *
 * Ownership:  the caller releases `*value_out`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_BUSY if a wait is pending; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_next(tenon_latest_t *latest,
                                           tenon_future_t **value_out) TENON_NOEXCEPT;

/**
 * Moves out the newest value that the reader has not seen, without a future.
 *
 * When there is none, `*ready_out` is a future that settles with a value that holds nothing when it is
 * worth looking again. With NULL for `ready_out` this only asks.
 *
 * Ownership:  `*value_out` is the caller's. The caller releases `*ready_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_PENDING: none yet; TENON_STATUS_ENDED: none will come.
 * Errors:     TENON_STATUS_REJECTED: see tenon_latest_copy_error(); TENON_STATUS_CANCELLED: the
 *             publisher ended it as cancelled; TENON_STATUS_BUSY if a wait is pending;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_take(tenon_latest_t *latest, tenon_value_t *value_out,
                                           tenon_future_t **ready_out) TENON_NOEXCEPT;

/**
 * Tells how many values the reader has never seen, because newer ones replaced them.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_get_missed(tenon_latest_t *latest,
                                                 uint64_t *missed_out) TENON_NOEXCEPT;

/**
 * Gives a reference to the error that it ended with: as tenon_stream_copy_error().
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK if there is an error; TENON_STATUS_PENDING if it has not been ended.
 * Errors:     TENON_STATUS_SETTLED, not written, if it was closed.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_copy_error(tenon_latest_t *latest,
                                                 tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Gives the end as a future, which settles when the publisher ends it: as tenon_stream_copy_end().
 *
 * A cancel of it is one as tenon_latest_cancel() says. Letting go of it cancels nothing.
 *
 * Ownership:  the caller releases `*future_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK, also if it has ended: the future has settled then.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_copy_end(tenon_latest_t *latest,
                                               tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Requests that the publisher ends. Sets answer TENON_STATUS_CANCELLED from now on.
 *
 * Threading:  any thread; returns without waiting. Cancel callbacks without an executor run before
 *             this returns.
 * Returns:    TENON_STATUS_OK, also if it was requested before; TENON_STATUS_SETTLED if the publisher
 *             has ended it.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_cancel(tenon_latest_t *latest) TENON_NOEXCEPT;

/**
 * Does the same, and says why: the publisher finds it by tenon_publisher_copy_reason(), and an end that
 * answers as cancelled has it as the cause of its error. The first request decides.
 *
 * Ownership:  borrows `reason`, which may be NULL: then it is tenon_latest_cancel().
 * Threading, returns: as tenon_latest_cancel().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_latest_cancel_with(tenon_latest_t *latest,
                                                  tenon_error_t *reason) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_retain(tenon_latest_t *latest) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one cancels, and drops a value that was not seen.
 *
 * Ownership:  consumes one reference. A future of a value that is pending then is cancelled.
 * Threading:  any thread. Cancel callbacks and drop functions run on this thread before this returns.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_latest_release(tenon_latest_t *latest) TENON_NOEXCEPT;

/**
 * Names a latest value, both ends of it, as tenon_future_set_name() names a future.
 *
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_latest_set_name(tenon_latest_t *latest, const char *name,
                                               const tenon_source_t *source) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_LATEST_H */
