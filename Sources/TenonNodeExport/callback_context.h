/* What Swift has of a function or an object of JavaScript's that it calls. */
#ifndef TENON_NODE_CALLBACK_CONTEXT_H
#define TENON_NODE_CALLBACK_CONTEXT_H

#include "instance.h"

#include "../TenonNodeLoop/object.h"

typedef struct context {
  napi_env env;
  environment_t *environment;
  instance_t *instance;
  object_t *object;
  const tenon_node_callback_t *callback;
} context_t;

/** Another one of the same; NULL: there is no memory. */
context_t *tenon_node_context_copy(const context_t *context);

#endif /* TENON_NODE_CALLBACK_CONTEXT_H */
