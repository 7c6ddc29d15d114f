/**
 * @file tenon/registration.h
 *
 * A callback that waits for its event: of a future, a promise, a timer, an executor.
 *
 * Each registration that succeeded is told exactly once how it ended: with the event, or with
 * TENON_STATUS_CLOSED when its executor closed first, or with TENON_STATUS_FORGOTTEN when it was
 * removed. So the callback is where `context` is freed. A handle of a registration is good until
 * then, is stale afterwards, and needs no release.
 */
#ifndef TENON_REGISTRATION_H
#define TENON_REGISTRATION_H

#include <tenon/status.h>

TENON_BEGIN_DECLS

/** A callback that has not been told yet. Owned by what it waits for. */
typedef struct tenon_registration tenon_registration_t;

/**
 * Removes a registration, and returns when its callback is known to be over.
 *
 * If the callback has not started it is told TENON_STATUS_FORGOTTEN, on this thread, before this
 * function returns. If it is running on another thread this waits for it. If it is this very
 * callback that calls, it returns at once.
 *
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK: told TENON_STATUS_FORGOTTEN. TENON_STATUS_SETTLED: it ran elsewhere
 *             and has finished. TENON_STATUS_PENDING: called from the callback itself.
 * Errors:     TENON_STATUS_STALE if it was told before.
 * Blocks:     while the callback runs on another thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_registration_forget(tenon_registration_t *registration)
    TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_REGISTRATION_H */
