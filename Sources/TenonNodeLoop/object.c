/*
 * JavaScript objects that values hold, on whichever thread.
 *
 * JavaScript's reference is made, read and given back on the environment's thread only. Whoever lets
 * go elsewhere posts that there. When the environment ends all references are given back at once, and
 * what is left of an object is memory.
 */
#include "object.h"

#include <stdlib.h>

const char tenon__node_object_mark = 0;

static void list_add(object_t *object) {
  environment_t *environment = object->environment;
  object->next = environment->objects;
  if (object->next)
    object->next->previous = object;
  environment->objects = object;
}

static void list_remove(object_t *object) {
  if (object->next)
    object->next->previous = object->previous;
  if (object->previous)
    object->previous->next = object->next;
  else if (object->environment->objects == object)
    object->environment->objects = object->next;
  object->next = object->previous = NULL;
}

/** On the environment's thread. */
static void give_back(object_t *object) {
  napi_env env = object->environment->env;
  if (!object->reference)
    return;
  list_remove(object);
  napi_delete_reference(env, object->reference);
  object->reference = NULL;
  if (object->context)
    napi_async_destroy(env, object->context);
  object->context = NULL;
  if (object->frame)
    napi_delete_reference(env, object->frame);
  object->frame = NULL;
}

static void destroy(object_t *object) {
  environment_t *environment = object->environment;
  free(object);
  tenon__node_release(environment);
}

/** A function is called in the context that it came from. */
static void keep_context(environment_t *environment, object_t *object) {
  napi_env env = environment->env;
  napi_value name, frame;
  if (napi_create_string_utf8(env, "TENONCALL", NAPI_AUTO_LENGTH, &name) == napi_ok)
    napi_async_init(env, NULL, name, &object->context);
  if (!environment->helpers[HELPER_KEEP_FRAME])
    return;
  if (!tenon__node_help(environment, HELPER_KEEP_FRAME, 0, NULL, &frame) ||
      napi_create_reference(env, frame, 1, &object->frame) != napi_ok)
    tenon__node_clear_exception(environment);
}

object_t *tenon__node_object_make(environment_t *environment, napi_value js) {
  napi_env env = environment->env;
  napi_valuetype type;
  object_t *object = calloc(1, sizeof *object);
  if (!object)
    return NULL;
  if (napi_typeof(env, js, &type) != napi_ok ||
      napi_create_reference(env, js, 1, &object->reference) != napi_ok) {
    free(object);
    return NULL;
  }
  if (type == napi_function)
    keep_context(environment, object);
  atomic_init(&object->references, 1);
  object->environment = environment;
  tenon__node_retain(environment);
  list_add(object);
  return object;
}

/** The last reference, on the environment's thread; or the executor closed, which is there, too. */
static void release_here(void *context, tenon_status_t status) {
  (void)status;
  object_t *object = context;
  give_back(object);
  destroy(object);
}

void tenon__node_object_retain(object_t *object) {
  atomic_fetch_add_explicit(&object->references, 1, memory_order_relaxed);
}

void tenon__node_object_release(object_t *object) {
  if (atomic_fetch_sub_explicit(&object->references, 1, memory_order_acq_rel) != 1)
    return;
  environment_t *environment = object->environment;
  if (tenon_executor_post(environment->executor, release_here, object) == TENON_STATUS_OK)
    return;
  // It takes no more. Either the references have been given back, or they will be.
  pthread_mutex_lock(&environment->mutex);
  bool is_swept = environment->is_swept;
  object->is_released = true;
  pthread_mutex_unlock(&environment->mutex);
  if (is_swept)
    destroy(object);
}

static void drop_object(void *pointer, size_t size) {
  (void)size;
  tenon__node_object_release(pointer);
}

void tenon__node_objects_end(environment_t *environment) {
  pthread_mutex_lock(&environment->mutex);
  environment->is_swept = true;
  object_t *object = environment->objects;
  while (object) {
    object_t *next = object->next;
    give_back(object);
    if (object->is_released)
      destroy(object); // the environment has a reference of its own
    object = next;
  }
  pthread_mutex_unlock(&environment->mutex);
}

bool tenon__node_object_read(environment_t *environment, object_t *object, napi_value *js_out) {
  return object->environment == environment && object->reference &&
         napi_get_reference_value(environment->env, object->reference, js_out) == napi_ok &&
         *js_out;
}

object_t *tenon__node_object_in(const tenon_value_t *value) {
  if (!value || value->kind != TENON_VALUE_POINTER ||
      value->as.pointer.type != &tenon__node_object_mark)
    return NULL;
  return value->as.pointer.address;
}

tenon_status_t tenon_node_object_from(napi_env env, napi_value js, tenon_value_t *value_out) {
  environment_t *environment = tenon__node_find(env);
  napi_valuetype type;
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!js || !value_out || napi_typeof(env, js, &type) != napi_ok ||
      (type != napi_object && type != napi_function && type != napi_external))
    return TENON_STATUS_INVALID;
  object_t *object = tenon__node_object_make(environment, js);
  if (!object)
    return TENON_STATUS_NO_RESOURCES;
  *value_out = tenon_value_pointer(object, &tenon__node_object_mark, drop_object);
  return TENON_STATUS_OK;
}

tenon_status_t tenon_node_object_copy(const tenon_value_t *value, tenon_value_t *copy_out) {
  object_t *object = tenon__node_object_in(value);
  if (!object || !copy_out)
    return TENON_STATUS_INVALID;
  tenon__node_object_retain(object);
  *copy_out = tenon_value_pointer(object, &tenon__node_object_mark, drop_object);
  return TENON_STATUS_OK;
}
