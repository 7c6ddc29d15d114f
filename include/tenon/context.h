/**
 * @file tenon/context.h
 *
 * What calls carry beside their arguments: named texts, such as a trace's `traceparent`, and a priority.
 *
 * A host says it for what it calls meanwhile, and it goes with each call of a Swift async function to
 * wherever that runs, and to all that it starts: Swift reads it as CallContext.current, and C that Swift
 * calls reads it with tenon_context_get_value(). A call with a context has a task of its own, which
 * costs some microseconds; without one it costs nothing.
 */
#ifndef TENON_CONTEXT_H
#define TENON_CONTEXT_H

#include <tenon/trace_context.h>
#include <tenon/value.h>

TENON_BEGIN_DECLS

/** How urgent a call is, for executors with threads and for what it starts there. */
TENON_ENUM(int32_t, tenon_priority_t){
    TENON_PRIORITY_DEFAULT = 0, /**< as it was outside */
    TENON_PRIORITY_BACKGROUND = 9, TENON_PRIORITY_LOW = 17,
    TENON_PRIORITY_MEDIUM = 21,    TENON_PRIORITY_HIGH = 25,
};

/** A text by name. */
typedef struct tenon_context_value {
  const char *name;
  const char *text; /**< NULL: there is none any more */
} tenon_context_value_t;

/** It takes the place of the context outside, and adds nothing to it: for what brings all of one along. */
#define TENON_CONTEXT_FLAG_ALONE 0x01u

/** What calls carry. All zero is nothing. */
typedef struct tenon_context {
  size_t struct_size; /**< sizeof(tenon_context_t) */
  tenon_priority_t priority;
  uint32_t flags; /**< TENON_CONTEXT_FLAG_... */
  const tenon_context_value_t *values;
  size_t value_count;
  const tenon_trace_context_t
      *trace; /**< or NULL; it is the texts `traceparent` and `tracestate` */
} tenon_context_t;
#define TENON_CONTEXT_INIT                                                                         \
  { sizeof(tenon_context_t), TENON_PRIORITY_DEFAULT, 0, NULL, 0, NULL }

/**
 * Calls `fn` with `argument`, here and now: what it starts on this thread has this context.
 *
 * Inside of another one it adds to that one: a name that is in both has the inner text, and a
 * `traceparent` comes without the outer `tracestate`. A wait or a poll inside of `fn` is outside of the
 * context: what runs there has that of its own call.
 *
 * Ownership:  `context` is copied.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID, also for text that is not UTF-8, and a trace that
 *             tenon_trace_context_format() refuses: then `fn` is not called.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_context_run(const tenon_context_t *context,
                                           void (*fn)(void *argument),
                                           void *argument) TENON_NOEXCEPT;

/**
 * Reads a text of the context that this is called with: inside of tenon_context_run(), or by Swift in
 * a call that has one.
 *
 * Ownership:  the caller drops `*value_out`, a string.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID. Without such a text it is TENON_STATUS_OK and no value.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_context_get_value(const char *name,
                                                 tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Shows all of the context that this is called with: to `fn`, which is called here and now; without one
 * it is not called. A copy of that may be given to tenon_context_run() on another thread.
 *
 * Ownership:  what `fn` is shown is there until it returns. A trace is among the texts.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_context_read(void (*fn)(void *argument,
                                                       const tenon_context_t *context),
                                            void *argument) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_CONTEXT_H */
