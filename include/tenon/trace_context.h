/**
 * @file tenon/trace_context.h
 *
 * Which trace a call belongs to: what W3C's headers `traceparent` and `tracestate` say.
 *
 * A trace context is a part of what calls carry (context.h). It comes in with a request, or begins
 * here; a host runs calls with it, and Swift, C++, JavaScript and Python find it on the other side.
 * Each that does a piece of work of its own, a span, starts a trace context below the one that it
 * found, and calls others with that: so the next one's parent is this span.
 */
#ifndef TENON_TRACE_CONTEXT_H
#define TENON_TRACE_CONTEXT_H

#include <tenon/base.h>
#include <tenon/status.h>

TENON_BEGIN_DECLS

/** The size of a text of `traceparent`, with its NUL. */
#define TENON_TRACEPARENT_SIZE 56
/** How long a text of `tracestate` may be, without its NUL. */
#define TENON_TRACESTATE_MAX 512

/** Flags of a trace context. Others are not passed on. */
#define TENON_TRACE_FLAG_SAMPLED 0x01u /**< who called records this trace */
#define TENON_TRACE_FLAG_RANDOM 0x02u  /**< the trace's id is random, all of it */

/** A place in a trace: a plain value, which owns nothing. All zero is none. */
typedef struct tenon_trace_context {
  uint8_t trace_id[16]; /**< of the whole trace; not all zero */
  uint8_t span_id[8];   /**< of the span that calls; not all zero */
  uint8_t flags;
  char state[TENON_TRACESTATE_MAX + 1]; /**< `tracestate`; empty: nobody has said anything */
} tenon_trace_context_t;

/**
 * Reads W3C's headers.
 *
 * Spaces around a text do not count. A `traceparent` of a later version than 00 is read as far as it is
 * known. A `tracestate` that breaks the rules is left out, as they say; of one that is too long whole
 * entries are, those of over 128 characters first, and then the last ones.
 *
 * Ownership:  none. `tracestate` may be NULL.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID: `traceparent` breaks the rules, and whoever called is in no trace.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_trace_context_parse(const char *traceparent, const char *tracestate,
                                                   tenon_trace_context_t *trace_out) TENON_NOEXCEPT;

/**
 * Writes a `traceparent`, TENON_TRACEPARENT_SIZE characters with the NUL. The header `tracestate` is
 * `trace->state`, unless that is empty.
 *
 * Ownership:  none.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID, also for an id that is all zero, and a state that breaks the rules.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_trace_context_format(const tenon_trace_context_t *trace,
                                                    char *traceparent_out) TENON_NOEXCEPT;

/**
 * Starts a span: the same trace with a new span's id; or with NULL a trace of its own, which is sampled.
 *
 * Ownership:  none. `trace_out` may be `parent`.
 * Threading:  any thread.
 * Errors:     as tenon_trace_context_format().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_trace_context_start(const tenon_trace_context_t *parent,
                                                   tenon_trace_context_t *trace_out) TENON_NOEXCEPT;

/**
 * Reads that which this is called with: inside of tenon_context_run(), or by Swift in a call that has
 * one. It is what the texts `traceparent` and `tracestate` of the context say.
 *
 * Ownership:  none.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID. Without one it is TENON_STATUS_OK and all zero.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_trace_context_get_current(tenon_trace_context_t *trace_out)
    TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_TRACE_CONTEXT_H */
