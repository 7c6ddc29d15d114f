/*
 * The functions of the adapter that are in JavaScript. Not installed.
 */
#ifndef TENON_NODE_PRELUDE_H
#define TENON_NODE_PRELUDE_H

#include <stddef.h>

/** What the source returns, in its order. */
typedef enum helper {
  HELPER_MAKE_ERROR,
  HELPER_REJECT_LATER,
  HELPER_ORIGIN_OF,
  HELPER_DESCRIBE,
  HELPER_CLASSIFY,
  HELPER_IS_SHRINKABLE, /**< where buffers may shrink: not in all versions */
  HELPER_MAKE_VIEW,
  HELPER_MAKE_ARRAY,
  HELPER_ADOPT,
  HELPER_WATCH,
  HELPER_KEEP_FRAME, /**< where there are frames: not in all versions */
  HELPER_CALL_IN_FRAME,
  HELPER_MAKE_SIGNAL,
  HELPER_MAKE_ITERATOR,
  HELPER_ITERATE,
  HELPER_GET_CONTEXT,
  HELPER_LIST_CONTEXT,
  HELPER_BIND_CONTEXT,
  HELPER_TRACE,
  HELPER_COUNT
} helper_t;

/** A function that takes an object of native functions, and returns those. */
extern const char tenon__node_prelude[];
extern const size_t tenon__node_prelude_size;

#endif /* TENON_NODE_PRELUDE_H */
