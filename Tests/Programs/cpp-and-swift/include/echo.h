/**
 * @file echo.h
 *
 * A Swift function that awaits a future, for programs that want to see what comes back.
 */
#ifndef ECHO_H
#define ECHO_H

#include <tenon/executor.h>
#include <tenon/stream.h>

TENON_BEGIN_DECLS

/**
 * Awaits `source` in Swift, and delivers its value or throws its error again.
 *
 * Ownership:  borrows all; the caller releases `*future_out`.
 * Threading:  any thread.
 */
TENON_API tenon_status_t echo(tenon_executor_t *executor, tenon_future_t *source,
                              tenon_future_t **future_out);

/** Throws a Swift error of domain "swift.Echo.EchoError" and code 7. */
TENON_API tenon_status_t echo_failure(tenon_executor_t *executor, tenon_future_t **future_out);

/**
 * Reads `source` in Swift, and sends on what comes, until it ends.
 *
 * Ownership:  borrows all; the caller releases `*stream_out`.
 * Threading:  any thread.
 */
TENON_API tenon_status_t echo_stream(tenon_executor_t *executor, tenon_stream_t *source,
                                     tenon_stream_t **stream_out);

/**
 * Awaits `source` in a function that a scope of Swift's has started, and says when each has ended.
 *
 * Ownership:  borrows all but `*future_out`; `context` until that has settled.
 */
TENON_API tenon_status_t echo_tree(tenon_executor_t *executor, tenon_future_t *source,
                                   void (*say)(void *context, const char *line), void *context,
                                   tenon_future_t **future_out);

TENON_END_DECLS

#endif
