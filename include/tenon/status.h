/**
 * @file tenon/status.h
 *
 * What a call answers. Zero is success, a positive status is an answer that is no error, a
 * negative one is an error, and each has one meaning. New ones may come: treat an unknown
 * positive status as success without a result, and an unknown negative one as an error.
 */
#ifndef TENON_STATUS_H
#define TENON_STATUS_H

#include <tenon/base.h>

TENON_BEGIN_DECLS

TENON_ENUM(int32_t, tenon_status_t){
    /** Done. Of a future: it ended with a value. */
    TENON_STATUS_OK = 0,
    /** Not yet: the future is not settled, or the close goes on without you. */
    TENON_STATUS_PENDING = 1,
    /** The future has settled already, so nothing was registered; or nobody cancelled. */
    TENON_STATUS_SETTLED = 2,
    /** The stream has ended, and nothing is left in it. */
    TENON_STATUS_ENDED = 3,

    /** An argument is wrong: NULL, not a handle, a handle of another type, out of range. */
    TENON_STATUS_INVALID = -1,
    /** The handle was good once: what it named has been released, consumed or told. */
    TENON_STATUS_STALE = -2,
    /** The future ended with an error: see tenon_future_copy_error(). */
    TENON_STATUS_REJECTED = -3,
    /** The future, timer or work was cancelled; or, to `on_cancel`: a cancel is requested. */
    TENON_STATUS_CANCELLED = -4,
    /** Another call settled this promise first, or ended this sink. A value given was destroyed. */
    TENON_STATUS_ALREADY_SETTLED = -5,
    /** The value has been taken out before. */
    TENON_STATUS_TAKEN = -6,
    /** Blocking here could never end: this thread is the one that has to do the work. */
    TENON_STATUS_DEADLOCK = -7,
    /** The time given was not enough. */
    TENON_STATUS_TIMEOUT = -8,
    /** Somebody else is at it: an executor is being polled, by another thread or further up this
     *  call stack; an end of a stream is in use, or waits already. */
    TENON_STATUS_BUSY = -9,
    /** The executor is closed, or closing, and takes no new work; the sink has been ended, and takes
     *  no more. */
    TENON_STATUS_CLOSED = -10,
    /** This process is a fork of one that used Tenon: its handles are none here, and no new one is
   *  made. Only exec() helps. */
    TENON_STATUS_FORKED = -11,
    /** Only the loop's own thread may call this. */
    TENON_STATUS_WRONG_THREAD = -12,
    /** The system has no memory, or no file descriptor, left for this. */
    TENON_STATUS_NO_RESOURCES = -13,
    /** This Swift runtime, system or executor cannot do that. */
    TENON_STATUS_UNSUPPORTED = -14,
    /** The registration was removed by tenon_registration_forget(). */
    TENON_STATUS_FORGOTTEN = -15,
    /** tenon_executor_interrupt() ended the wait; what was waited for goes on. */
    TENON_STATUS_INTERRUPTED = -16,
};

/**
 * Returns the name of a status, such as "TENON_STATUS_STALE".
 *
 * An unknown status is "TENON_STATUS_UNKNOWN".
 *
 * Ownership:  the text is the library's, for ever.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API const char *tenon_status_name(tenon_status_t status) TENON_NOEXCEPT;

/**
 * Returns one sentence for people, in English, without a full stop.
 *
 * Ownership:  the text is the library's, for ever.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API const char *tenon_status_string(tenon_status_t status) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_STATUS_H */
