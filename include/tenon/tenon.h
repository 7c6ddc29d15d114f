/**
 * @file tenon/tenon.h
 *
 * Tenon: Swift's async functions for C, on the caller's own event loop.
 *
 * Read the headers in this order: status.h (what calls answer), value.h and error.h (what crosses),
 * future.h and promise.h (the two ends of one result), combinators.h (many of them as one), stream.h
 * (of many values), latest.h (of the newest), registration.h (callbacks), executor.h and timer.h
 * (where and when things run), scope.h (what belongs together), process.h (whose process this is).
 * Loops have headers of their own: uv.h.
 *
 * What holds everywhere, and is not said again:
 *
 * - Handles are checked. NULL, a number that is no handle, or a handle of another type is
 *   TENON_STATUS_INVALID; one that was released, consumed or told is TENON_STATUS_STALE. None of
 *   them is ever followed. Do not look inside a handle: it is no address.
 * - In the child of a fork(), handles from before it are TENON_STATUS_FORKED, and so is every
 *   `create` and `attach`. Values, which are no handles, work.
 * - A required pointer that is NULL is TENON_STATUS_INVALID. `_out` parameters are required unless
 *   their function says otherwise, are written on success, and are left alone on failure.
 * - A call that fails has taken nothing: what it was given is still the caller's.
 * - `create`, `open`, `copy` and `attach` give the caller a reference; `release` gives it back; other calls
 *   borrow. `get` borrows from the handle that it was read from.
 * - A callback is called exactly once for each registration that succeeded, with a status, with no
 *   lock held. It may call anything here, and release its own handle.
 * - A callback without an executor, and a drop function, may wait, too, and poll. What is to be told
 *   on its thread by then is told first, and what becomes due meanwhile at once.
 * - In a signal handler only functions may be called that have a line `Signals:`, as
 *   tenon_executor_interrupt() has: the others lock, and allocate. Without it no call ends because of
 *   a signal: an interrupted wait goes on. docs/guide/signals.md has all functions.
 * - Structs that begin with struct_size are set up with their _INIT macro. Flags that are not known,
 *   reserved fields that are not zero and texts that are not UTF-8 are TENON_STATUS_INVALID.
 * - Times end in _ns: nanoseconds. `timeout_ns` is a duration, `deadline_ns` an instant of
 *   tenon_timer_now_ns(), but for executors whose host has a time of its own.
 */
#ifndef TENON_TENON_H
#define TENON_TENON_H

#include <tenon/base.h>
#include <tenon/combinators.h>
#include <tenon/context.h>
#include <tenon/error.h>
#include <tenon/executor.h>
#include <tenon/future.h>
#include <tenon/latest.h>
#include <tenon/object.h>
#include <tenon/process.h>
#include <tenon/promise.h>
#include <tenon/registration.h>
#include <tenon/scope.h>
#include <tenon/status.h>
#include <tenon/stream.h>
#include <tenon/timer.h>
#include <tenon/trace_context.h>
#include <tenon/value.h>
#include <tenon/version.h>

#endif /* TENON_TENON_H */
