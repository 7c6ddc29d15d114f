/*
 * JavaScript objects that values hold, on whichever thread. Over the environment. Not installed.
 */
#ifndef TENON_NODE_OBJECT_H
#define TENON_NODE_OBJECT_H

#include "environment.h"

/** Counted; released on any thread. */
typedef struct object {
  atomic_uint references;
  environment_t *environment;
  napi_ref reference;         /**< NULL: given back */
  napi_async_context context; /**< of a function; or NULL */
  napi_ref frame;             /**< what Node keeps beside the context; or NULL */
  bool is_released;           /**< under the environment's mutex: the sweep frees it */
  struct object *next;
  struct object *previous;
} object_t;

object_t *tenon__node_object_make(environment_t *environment, napi_value js);
void tenon__node_object_retain(object_t *object);
void tenon__node_object_release(object_t *object);
/** The object in a value; NULL: none, or it is of another kind. */
object_t *tenon__node_object_in(const tenon_value_t *value);
bool tenon__node_object_read(environment_t *environment, object_t *object, napi_value *js_out);
/** Marks payloads of errors, and values. */
extern const char tenon__node_object_mark;

/** The environment ends: all of JavaScript's references are given back. */
void tenon__node_objects_end(environment_t *environment);

#endif /* TENON_NODE_OBJECT_H */
