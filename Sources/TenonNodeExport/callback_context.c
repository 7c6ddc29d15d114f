/*
 * What Swift has of a closure or of an object that implements a protocol: it holds the function or the object.
 */
#include "callback_context.h"

#include "../TenonNodeLoop/context.h"

void tenon_node_callback_end(void *pointer) {
  context_t *context = pointer;
  environment_t *environment = context->environment;
  tenon__node_object_release(context->object);
  tenon__node_release(environment);
  free(context);
}

context_t *tenon_node_context_copy(const context_t *context) {
  context_t *copy = malloc(sizeof *copy);
  if (!copy)
    return NULL;
  *copy = *context;
  tenon__node_object_retain(copy->object);
  tenon__node_retain(copy->environment);
  return copy;
}

static context_t *make_context(instance_t *instance, const tenon_node_callback_t *callback,
                               napi_value js) {
  environment_t *environment = tenon__node_find(instance->env);
  context_t *context = environment ? malloc(sizeof *context) : NULL;
  if (!context)
    return NULL;
  *context = (context_t){instance->env, environment, instance,
                         tenon__node_object_make(environment, js), callback};
  if (!context->object) {
    free(context);
    return NULL;
  }
  tenon__node_retain(environment);
  return context;
}

/** Whether an object has all that a protocol asks for. */
static bool check_methods(instance_t *instance, const tenon_node_callback_t *callback,
                          napi_value js, const path_t *path) {
  for (uint32_t index = 0; index < callback->count; index++) {
    path_t inner = {path, callback->functions[index]->name, 0};
    napi_value method;
    napi_valuetype type = napi_undefined;
    bool is_there = false;
    if (callback->functions[index]->access != TENON_NODE_ACCESS_CALL) {
      if (napi_has_named_property(instance->env, js, inner.name, &is_there) != napi_ok)
        return false;
      if (!is_there && napi_get_undefined(instance->env, &method) == napi_ok)
        return tenon_node_refuse(instance, &inner, "a property", method);
      continue;
    }
    if (napi_get_named_property(instance->env, js, inner.name, &method) != napi_ok)
      return false;
    if (napi_typeof(instance->env, method, &type) != napi_ok || type != napi_function)
      return tenon_node_refuse(instance, &inner, "a function", method);
  }
  return true;
}

bool tenon_node_callback_read(reading_t *reading, const tenon_node_callback_t *callback,
                              napi_value js, const path_t *path, void *out) {
  instance_t *instance = reading->instance;
  napi_valuetype type = napi_undefined;
  napi_typeof(instance->env, js, &type);
  if (callback->is_table ? type != napi_object && type != napi_function : type != napi_function)
    return tenon_node_refuse(instance, path, callback->is_table ? callback->name : "a function",
                             js);
  if (callback->is_table && !check_methods(instance, callback, js, path))
    return false;
  context_t *context = reading->lent ? make_context(instance, callback, js) : NULL;
  if (!context)
    return tenon_node_throw_status(instance->env, TENON_STATUS_NO_RESOURCES);
  reading->lent->contexts[reading->lent->context_count++] = context;
  void (*done)(void *) = tenon_node_callback_end;
  if (!callback->is_table) {
    memcpy(out, &callback->functions[0]->call, sizeof callback->functions[0]->call);
    memcpy((char *)out + sizeof(void *), &context, sizeof context);
    memcpy((char *)out + 2 * sizeof(void *), &done, sizeof done);
    return true;
  }
  size_t size = (3 + callback->count) * sizeof(void *);
  char *table = tenon_node_memory_take(reading->memory, size);
  if (!table)
    return tenon_node_throw_status(instance->env, TENON_STATUS_NO_RESOURCES);
  memcpy(table, &size, sizeof size);
  memcpy(table + sizeof(void *), &context, sizeof context);
  memcpy(table + 2 * sizeof(void *), &done, sizeof done);
  for (uint32_t index = 0; index < callback->count; index++)
    memcpy(table + (3 + index) * sizeof(void *), &callback->functions[index]->call, sizeof(void *));
  memcpy(out, &table, sizeof table);
  return true;
}
