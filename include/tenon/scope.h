/**
 * @file tenon/scope.h
 *
 * A tree of work: what runs in a scope ends before the scope does.
 *
 * Open a scope, add futures to it (whatever is behind them: a promise that C settles, a Swift
 * function, the end of a stream, another scope), and close it: that gives a future which settles when all of it has
 * ended. Nothing is left behind: a scope that is released while it is open is cancelled, and ends by
 * itself.
 *
 * A cancel of a scope is a cancel of everything in it, of what is added later too, with the same
 * reason. It goes down the tree at once, and each piece of work acknowledges it when it can; so a
 * scope that is cancelled means that all of its work has ended.
 *
 * A failure, which is a future that is rejected, fails the scope: the others are cancelled with that
 * error as the reason, or with TENON_SCOPE_FLAG_COLLECT they run to their ends. Work that ends as
 * cancelled is no failure, and work that fails after the scope was cancelled does not change how the
 * scope ends.
 *
 * A scope under a parent is one more piece of work for it: the parent waits for its end, cancels it,
 * and fails with it. A deadline is a cancel that comes by itself, and holds for all below.
 */
#ifndef TENON_SCOPE_H
#define TENON_SCOPE_H

#include <tenon/executor.h>

TENON_BEGIN_DECLS

/** A scope. Reference counted: what you open or retain, you release. */
typedef struct tenon_scope tenon_scope_t;

/** A failure does not cancel the others: all run to their ends, and the failures are counted. */
#define TENON_SCOPE_FLAG_COLLECT 0x01u

/** How to open a scope. TENON_SCOPE_CONFIG_INIT has good defaults. */
typedef struct tenon_scope_config {
  size_t struct_size;         /**< sizeof(tenon_scope_config_t) */
  uint32_t flags;             /**< TENON_SCOPE_FLAG_... */
  uint32_t reserved;          /**< zero */
  tenon_scope_t *parent;      /**< whose work this scope is, or NULL */
  tenon_executor_t *executor; /**< whose timer watches the deadline, and whose close cancels the
                                        scope; NULL: the parent's, or none */
  uint64_t deadline_ns;       /**< when it is cancelled, or TENON_FOREVER; the parent's holds too */
  const char *name;           /**< for people, UTF-8; copied; may be NULL */
} tenon_scope_config_t;

#define TENON_SCOPE_CONFIG_INIT                                                                    \
  { sizeof(tenon_scope_config_t), 0, 0, NULL, NULL, TENON_FOREVER, NULL }

/**
 * Opens a scope.
 *
 * Under a parent that is cancelled, or with an executor that closes or has closed, it is cancelled from
 * the beginning.
 *
 * Ownership:  borrows `config`, which may be NULL, and what it names. The caller releases
 *             `*scope_out`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size, an unknown flag, or a deadline without
 *             an executor; TENON_STATUS_CLOSED if the parent has ended, or the executor is closed
 *             and there is a deadline to watch; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_open(const tenon_scope_config_t *config,
                                          tenon_scope_t **scope_out) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_retain(tenon_scope_t *scope) TENON_NOEXCEPT;

/**
 * Gives a reference back. The last one of a scope that was not closed cancels it, and what is in it
 * ends in the background: tenon_process_statistics_t counts such scopes.
 *
 * After the close it is the future that keeps the work wanted: a scope whose handle and future have
 * both been let go of, and that has no parent, is cancelled as any future would be.
 *
 * Ownership:  consumes one reference.
 * Threading:  any thread; returns without waiting.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_release(tenon_scope_t *scope) TENON_NOEXCEPT;

/**
 * Makes the work behind a future part of the scope, which ends after it.
 *
 * A stream is added by its end: tenon_stream_copy_end(). Somebody has to read it, or cancel it, for a
 * writer that has no room may never end.
 *
 * If the scope is cancelled already the future is cancelled at once, with the scope's reason, and
 * waited for all the same.
 *
 * Ownership:  borrows `future`; until it has settled the scope counts as a reader of it.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_CLOSED if the scope has ended: the future is left alone then.
 *             TENON_STATUS_DEADLOCK if it is the future of this scope's own end.
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_add(tenon_scope_t *scope,
                                         tenon_future_t *future) TENON_NOEXCEPT;

/**
 * Runs a loop as tenon_executor_for() does, as work of the scope: when the scope is cancelled no more
 * chunks begin, and a chunk that fails fails the scope.
 *
 * Ownership:  borrows all, until it returns.
 * Threading:  any thread. `fn` runs on several at once.
 * Returns:    as tenon_executor_for(); TENON_STATUS_CANCELLED if the cancel left out chunks.
 * Errors:     as there; TENON_STATUS_CLOSED if the scope has ended, too; TENON_STATUS_NO_RESOURCES.
 * Blocks:     until all that has begun has run.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_scope_for(tenon_scope_t *scope, tenon_executor_t *executor,
                                         size_t count, size_t chunk, tenon_range_fn fn,
                                         void *context) TENON_NOEXCEPT;

/**
 * Requests that all in the scope ends early, and says why. The first request decides the reason.
 *
 * Ownership:  borrows `reason`, which may be NULL.
 * Threading:  any thread; returns without waiting, as tenon_future_cancel() does.
 * Returns:    TENON_STATUS_OK, also if it was requested before; TENON_STATUS_SETTLED if the scope
 *             has ended.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_cancel(tenon_scope_t *scope,
                                            tenon_error_t *reason) TENON_NOEXCEPT;

/**
 * Says that the scope may end, and gives the future of that end.
 *
 * It settles when all that was added has ended, on the thread that ends the last:
 *
 * - rejected, if something failed before a cancel was requested: with that very error; with
 *   TENON_SCOPE_FLAG_COLLECT and more than one failure with one of domain "tenon", code
 *   TENON_STATUS_REJECTED, whose message tells their number and whose cause is the first;
 * - cancelled, if a cancel was requested, by tenon_scope_cancel(), the parent, the deadline (reason:
 *   domain "tenon", code TENON_STATUS_TIMEOUT), the closing executor (code TENON_STATUS_CLOSED), or
 *   of this future itself;
 * - fulfilled, with a value that holds nothing.
 *
 * Work may be added until then. A second call gives the same future.
 *
 * Ownership:  the caller releases `*future_out`.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_close(tenon_scope_t *scope,
                                           tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Reads the deadline: the scope's own or an ancestor's, whichever comes first, or TENON_FOREVER.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_get_deadline_ns(tenon_scope_t *scope,
                                                     uint64_t *deadline_ns_out) TENON_NOEXCEPT;

/**
 * Gives a reference to the reason for which the scope is cancelled, as tenon_promise_copy_reason()
 * does.
 *
 * Ownership:  the caller releases `*error_out`.
 * Threading:  any thread; never blocks.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_PENDING while no cancel is requested;
 *             TENON_STATUS_SETTLED if the scope has ended.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_scope_copy_reason(tenon_scope_t *scope,
                                                 tenon_error_t **error_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_SCOPE_H */
