/**
 * @file tenon/stream.h
 *
 * Many values, one after the other, from one writer to one reader.
 *
 * A stream is a bounded buffer with two ends. The writer sends into the sink; when the buffer is
 * full it is told so, and may wait for room. The reader takes from the stream, one at a time or
 * many at once; when it is empty the reader may wait for the next item. Values move: a large buffer
 * goes through by its pointer, and whoever has the value last drops it. Nothing is lost on the way:
 * what was sent is received, or dropped once when the reader goes away.
 *
 * A capacity of 0 is a rendezvous: there is room for one item exactly while the reader waits for it.
 *
 * How it ends:
 *
 * - the writer closes, fails or cancels: that arrives after what is buffered. A sink that is released
 *   without any of these is a broken promise: the stream fails, domain "tenon", code
 *   TENON_STATUS_STALE (or ends as cancelled, if the reader has cancelled).
 * - the reader cancels, or releases the stream: the writer can send no more, hears of it on its next
 *   or waiting send, or by tenon_sink_on_cancel(), and answers by ending. After a cancel what is
 *   buffered can still be read; after the release it is dropped. The close of the executor that a
 *   stream was created with is such a cancel, too.
 *
 * Each end is used by one thread at a time, which may be another one each time; the two ends do not
 * have to care for each other. A second call inside an end is TENON_STATUS_BUSY, and has done
 * nothing. Ending, cancelling, retaining and releasing are for any thread at any time.
 *
 * What an end is told is so when it asks: who hears of a cancel, by whatever way, finds it and its
 * reason, and can send no more; who hears of the end finds it everywhere; who hears of room, or of an
 * item, has it.
 */
#ifndef TENON_STREAM_H
#define TENON_STREAM_H

#include <tenon/promise.h>

TENON_BEGIN_DECLS

/** The read end. Reference counted: what you create or retain, you release. */
typedef struct tenon_stream tenon_stream_t;

/** The write end. Reference counted, too. */
typedef struct tenon_sink tenon_sink_t;

/** The largest capacity. */
#define TENON_STREAM_CAPACITY_MAX 0x40000000u

/** How to create a stream. Zero is a good default for `flags`, `reserved` and `executor`. */
typedef struct tenon_stream_config {
  size_t struct_size;         /**< sizeof(tenon_stream_config_t) */
  uint32_t flags;             /**< none yet: zero */
  uint32_t reserved;          /**< zero */
  size_t capacity;            /**< how many items are buffered at most; 0: a rendezvous. Memory for
                                   a large one is not touched before it is used. */
  tenon_executor_t *executor; /**< where the writer works, or NULL: lets tenon_future_wait() tell a
                                   deadlock from a wait, and its close request a cancel; at once, if
                                   it has begun to close */
} tenon_stream_config_t;

/** A buffer of 64 items. */
#define TENON_STREAM_CONFIG_INIT                                                                   \
  { sizeof(tenon_stream_config_t), 0, 0, 64, NULL }

/**
 * Creates both ends.
 *
 * Ownership:  borrows `config`, which may be NULL. The caller owns both handles.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size, an unknown flag, or a capacity beyond
 *             TENON_STREAM_CAPACITY_MAX; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_create(const tenon_stream_config_t *config,
                                             tenon_sink_t **sink_out,
                                             tenon_stream_t **stream_out) TENON_NOEXCEPT;

/**
 * Sends one value, or says that there is no room.
 *
 * Without room nothing is taken, and `*room_out` is a future that settles with a value that holds
 * nothing when it is worth trying again, and as cancelled when the reader wants no more or the sink
 * is ended. Letting go of it, or cancelling it, gives up the wait. One such future at a time: while it
 * is pending, and anybody holds it, another send that finds no room is TENON_STATUS_BUSY. With NULL
 * for `room_out` this only asks.
 *
 * Ownership:  moves out of `*value`, which is left holding nothing, if the answer is
 *             TENON_STATUS_OK; otherwise the value is the caller's. The caller releases `*room_out`.
 * Threading:  one thread at a time. Callbacks of the reader's future without an executor run on this
 *             thread before this returns.
 * Returns:    TENON_STATUS_OK: sent. TENON_STATUS_PENDING: no room.
 * Errors:     TENON_STATUS_BUSY; TENON_STATUS_CANCELLED: the reader wants no more;
 *             TENON_STATUS_CLOSED: the sink has been ended; TENON_STATUS_INVALID if this is no value,
 *             or TENON_VALUE_END; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_send(tenon_sink_t *sink, tenon_value_t *value,
                                         tenon_future_t **room_out) TENON_NOEXCEPT;

/**
 * Sends the first of `count` values, as many as there is room for, with one wake of the reader for
 * all of them.
 *
 * Ownership:  moves out of the first `*sent_out` values; the others are the caller's.
 * Threading:  as tenon_sink_send().
 * Returns:    TENON_STATUS_OK: `*sent_out` is at least 1, or 0 if `count` is, and then `values` may be
 *             NULL. TENON_STATUS_PENDING: no
 *             room for even one; `*sent_out` is left alone, `*room_out` as tenon_sink_send() says.
 * Errors:     as tenon_sink_send(); all values are looked at before the first is taken.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_send_batch(tenon_sink_t *sink, tenon_value_t *values,
                                               size_t count, size_t *sent_out,
                                               tenon_future_t **room_out) TENON_NOEXCEPT;

/**
 * Tells whether there is room, without a value: a send is worth making ready.
 *
 * Without room `*room_out` is the future that tenon_sink_send() would give. With NULL this only asks.
 *
 * Ownership:  the caller releases `*room_out`.
 * Threading:  one thread at a time.
 * Returns:    TENON_STATUS_OK: the next send has room, of a rendezvous while the reader waits;
 *             TENON_STATUS_PENDING.
 * Errors:     TENON_STATUS_BUSY if a wait is pending and this would be another; TENON_STATUS_CANCELLED;
 *             TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_sink_ready(tenon_sink_t *sink,
                                          tenon_future_t **room_out) TENON_NOEXCEPT;

/**
 * Ends the stream: nothing comes after what is buffered.
 *
 * Ownership:  borrows `sink`, which has to be released all the same.
 * Threading:  any thread. Callbacks without an executor run on this thread before this returns.
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_close(tenon_sink_t *sink) TENON_NOEXCEPT;

/**
 * Ends the stream with an error, which arrives after what is buffered.
 *
 * Ownership:  borrows `sink` and `error`.
 * Threading:  as tenon_sink_close().
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_fail(tenon_sink_t *sink, tenon_error_t *error) TENON_NOEXCEPT;

/**
 * Ends the stream as cancelled, which arrives after what is buffered.
 *
 * It acknowledges the reader's request, but needs none.
 *
 * Ownership:  borrows `sink`.
 * Threading:  as tenon_sink_close().
 * Errors:     TENON_STATUS_ALREADY_SETTLED if it was ended before.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_cancel(tenon_sink_t *sink) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_retain(tenon_sink_t *sink) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one of a sink that was not ended breaks its promise: see above.
 *
 * Ownership:  consumes one reference.
 * Threading:  as tenon_sink_close().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_release(tenon_sink_t *sink) TENON_NOEXCEPT;

/**
 * Tells whether the reader wants no more.
 *
 * Threading:  any thread; never blocks.
 * Returns:    false for a sink that is ended, stale or none.
 * Since:      0.1.0
 */
TENON_API bool tenon_sink_is_cancelled(tenon_sink_t *sink) TENON_NOEXCEPT;

/**
 * Gives a reference to the reason for which the reader wants no more, as tenon_promise_copy_reason()
 * does: what tenon_stream_cancel_with() said, or a cancel of tenon_stream_copy_end(), or of the scope
 * that it was added to.
 *
 * Without a reason, also for a reader that went away, it is a plain error: domain "tenon", code
 * TENON_STATUS_CANCELLED.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread; never blocks.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_PENDING while no cancel is requested;
 *             TENON_STATUS_SETTLED if the sink has been ended.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_sink_copy_reason(tenon_sink_t *sink,
                                                tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Arranges for `fn` to be told when the reader cancels or goes away, or that the sink was ended
 * without: as tenon_promise_on_cancel() does for a promise.
 *
 * Ownership, threading: as tenon_promise_on_cancel().
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED if the sink has been ended.
 * Errors:     TENON_STATUS_CANCELLED if the reader cancelled before and there is no executor to say so
 *             on; TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t
tenon_sink_on_cancel(tenon_sink_t *sink, tenon_executor_t *executor, tenon_cancel_fn fn,
                     void *context, tenon_registration_t **registration_out) TENON_NOEXCEPT;

/**
 * Gives a future whose value is the next item.
 *
 * At the end of the stream its value is one of kind TENON_VALUE_END; if the writer failed, it is
 * rejected with the writer's error, and if the writer cancelled, it is cancelled. Letting go of the
 * future while it is pending, or cancelling it, gives up the wait, and an item that comes later stays
 * for the next call, as it does if the future was detached and nobody holds it any more; once it has
 * settled, the item is the future's, and is dropped with it.
 *
 * Ownership:  the caller releases `*item_out`.
 * Threading:  one thread at a time.
 * Errors:     TENON_STATUS_BUSY if a wait is pending, or another thread is inside;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_next(tenon_stream_t *stream,
                                           tenon_future_t **item_out) TENON_NOEXCEPT;

/**
 * Moves out the next items, at most `count`, without a future for them.
 *
 * When there is none, `*ready_out` is a future that settles with a value that holds nothing when it is
 * worth looking again: there is an item, or the stream has ended. Letting go of it gives up the wait.
 * With NULL for `ready_out` this only asks.
 *
 * Ownership:  the first `*count_out` of `values` are the caller's. The caller releases `*ready_out`.
 * Threading:  one thread at a time. Callbacks of the writer's future without an executor run on this
 *             thread before this returns.
 * Returns:    TENON_STATUS_OK: 1 to `count` items, or none if `count` is 0, and then `values` may be
 *             NULL. TENON_STATUS_PENDING: none yet. TENON_STATUS_ENDED: none, and none will come.
 * Errors:     TENON_STATUS_REJECTED: the writer failed, see tenon_stream_copy_error();
 *             TENON_STATUS_CANCELLED: the writer ended it as cancelled; TENON_STATUS_BUSY if a wait is
 *             pending, or another thread is inside; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_next_batch(tenon_stream_t *stream, tenon_value_t *values,
                                                 size_t count, size_t *count_out,
                                                 tenon_future_t **ready_out) TENON_NOEXCEPT;

/**
 * Moves out the next items, when there are at least `minimum`: fewer only if they are the last ones.
 *
 * Until then they stay in the stream, and `*ready_out` is a future of when it is worth looking again,
 * as tenon_stream_next_batch() says.
 *
 * Ownership, threading: as tenon_stream_next_batch().
 * Returns:    TENON_STATUS_OK: `minimum` to `count` items, or what is left at the end.
 *             TENON_STATUS_PENDING: not enough yet. TENON_STATUS_ENDED: none, and none will come.
 * Errors:     as tenon_stream_next_batch(); TENON_STATUS_INVALID if `minimum` is more than `count`, or
 *             more than the stream can hold (its capacity, or 1 for a rendezvous), or 0 where `count`
 *             is not.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_next_at_least(tenon_stream_t *stream, tenon_value_t *values,
                                                    size_t minimum, size_t count, size_t *count_out,
                                                    tenon_future_t **ready_out) TENON_NOEXCEPT;

/**
 * Tells whether there is an item, without moving it out.
 *
 * When there is none, `*ready_out` is a future as tenon_stream_next_batch() gives. With NULL this only
 * asks.
 *
 * Ownership:  the caller releases `*ready_out`.
 * Threading:  one thread at a time. Callbacks of the writer's future without an executor run on this
 *             thread before this returns.
 * Returns:    TENON_STATUS_OK: the next call that receives gets an item. TENON_STATUS_PENDING: none
 *             yet. TENON_STATUS_ENDED: none, and none will come.
 * Errors:     TENON_STATUS_REJECTED, TENON_STATUS_CANCELLED: that is how it ended;
 *             TENON_STATUS_BUSY if a wait is pending and this would be another;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_ready(tenon_stream_t *stream,
                                            tenon_future_t **ready_out) TENON_NOEXCEPT;

/**
 * Lends the next item, which stays where it is: a copy of the struct that owns nothing.
 *
 * Ownership:  what `*value_out` points to is valid until an item is received, or the stream is piped
 *             or its last reference released.
 * Threading:  one thread at a time.
 * Returns:    as tenon_stream_ready(); `*value_out` is written with TENON_STATUS_OK only.
 * Errors:     as tenon_stream_ready().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_peek(tenon_stream_t *stream,
                                           tenon_value_t *value_out) TENON_NOEXCEPT;

/** Leaves the sink open when the stream ends: for what is to come after it. */
#define TENON_PIPE_FLAG_KEEP 0x01u

/**
 * Has the items of a stream moved into a sink, in order, until it ends: without a visit to anybody's
 * code, and without a buffer of its own. The two are then as one longer stream:
 *
 * - While the sink has no room nothing is moved, so the stream fills up, and its writer waits.
 * - However the stream ends, so does the sink, after what came before: closed, with the very same
 *   error, or as cancelled, for the same reason.
 * - When the reader behind the sink cancels or goes away, the stream is cancelled, for the same reason.
 *   Nothing more is moved then, and the sink ends when the stream does. What the stream still holds
 *   is dropped, unless somebody else has the stream, and may read it.
 * - A sink that is ended by somebody else cancels the stream, too: with an error of domain "tenon", code
 *   TENON_STATUS_CLOSED, as the reason.
 *
 * `*end_out` is a future of when that is over, after all else: fulfilled, with a value that holds
 * nothing, if the stream was closed and everything was moved; rejected if the stream failed, or the
 * sink was ended; cancelled if the stream ended so, or the reader behind the sink wanted no more. A
 * cancel of it is one of the stream, as tenon_stream_cancel() says. Letting go of it cancels nothing.
 *
 * Until then both ends are the pipe's: to receive from this stream, to send into this sink, and to wait
 * at either is TENON_STATUS_BUSY. Pipes may follow one another, however many. Items are moved on the
 * thread that makes it possible: one that sends into the stream, or receives from behind the sink.
 *
 * Ownership:  borrows `stream` and `sink`; the pipe has a reference to each of its own. The caller
 *             releases `*end_out`, which may be NULL.
 * Threading:  any thread, if nobody is inside one of the two ends. What can be moved is moved before
 *             this returns; callbacks without an executor may run on this thread.
 * Errors:     TENON_STATUS_BUSY if a wait is pending, or one of the two is piped; TENON_STATUS_CLOSED if
 *             the sink has been ended; TENON_STATUS_INVALID for an unknown flag, and for a sink from
 *             which pipes lead back to the stream; TENON_STATUS_NO_RESOURCES. Nothing has happened
 *             then.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_pipe(tenon_stream_t *stream, tenon_sink_t *sink,
                                           uint32_t flags, tenon_future_t **end_out) TENON_NOEXCEPT;

/**
 * Gives a reference to the error that the stream ended with, also before all items have been read.
 *
 * A cancelled stream has one too: domain "tenon", code TENON_STATUS_CANCELLED.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK if there is an error; TENON_STATUS_PENDING if it has not been ended.
 * Errors:     TENON_STATUS_SETTLED, not written, if it was closed.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_copy_error(tenon_stream_t *stream,
                                                 tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Gives the end of the stream as a future, which makes a stream a piece of work like any other: add it
 * to a scope, combine it, wait for it.
 *
 * It settles when the writer ends the stream, whether or not the reader has read what is buffered, and
 * also if the reader was released before: fulfilled, with a value that holds nothing, if the writer
 * closed; rejected with the error that it failed with, or that a broken promise is; or cancelled.
 *
 * A cancel of it is one of the stream, as tenon_stream_cancel() says, and its reason is what
 * tenon_sink_copy_reason() gives. Letting go of it cancels nothing. It keeps nothing alive, so a reader
 * that goes away cancels as ever. A second call gives the same future.
 *
 * Ownership:  the caller releases `*future_out`.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK, also if the stream has ended: the future has settled then.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_copy_end(tenon_stream_t *stream,
                                               tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Requests that the writer ends.
 *
 * Sends answer TENON_STATUS_CANCELLED from now on, and take nothing. What is buffered can still be
 * read, and after it comes whatever end the writer says.
 *
 * Threading:  any thread; returns without waiting. Cancel callbacks without an executor run before
 *             this returns.
 * Returns:    TENON_STATUS_OK, also if it was requested before; TENON_STATUS_SETTLED if the writer has
 *             ended it.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_cancel(tenon_stream_t *stream) TENON_NOEXCEPT;

/**
 * Does the same, and says why: the writer finds it by tenon_sink_copy_reason(), and an end that
 * answers as cancelled has it as the cause of its error. The first request decides.
 *
 * Ownership:  borrows `reason`, which may be NULL: then it is tenon_stream_cancel().
 * Threading, returns: as tenon_stream_cancel().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_cancel_with(tenon_stream_t *stream,
                                                  tenon_error_t *reason) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_retain(tenon_stream_t *stream) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one cancels, and drops what is buffered.
 *
 * Ownership:  consumes one reference. A future of an item that is pending then is cancelled.
 * Threading:  any thread. Cancel callbacks and drop functions run on this thread before this returns.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_stream_release(tenon_stream_t *stream) TENON_NOEXCEPT;

/**
 * Names a stream, both ends of it, as tenon_future_set_name() names a future.
 *
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_stream_set_name(tenon_stream_t *stream, const char *name,
                                               const tenon_source_t *source) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_STREAM_H */
