/*
 * Bytes that are not copied, both ways.
 *
 * A value's drop function is told the address of the data and no more, so the JavaScript buffers that
 * values point into are found by address. One buffer may be there several times: each drop lets go of
 * one of them, and it does not matter which.
 */
#include "environment.h"

#include <stdlib.h>
#include <string.h>

typedef struct pin {
  void *data;
  size_t offset; /**< of the data in the buffer */
  object_t *buffer;
  struct pin *next;
} pin_t;

#define BUCKETS 256

static pthread_mutex_t pins_mutex = PTHREAD_MUTEX_INITIALIZER;
static pin_t *pins[BUCKETS];

static pin_t **bucket_of(const void *data) { return &pins[((uintptr_t)data >> 4) % BUCKETS]; }

static void unpin(void *data, size_t size) {
  (void)size;
  pthread_mutex_lock(&pins_mutex);
  pin_t **link = bucket_of(data);
  while (*link && (*link)->data != data)
    link = &(*link)->next;
  pin_t *pin = *link;
  if (pin)
    *link = pin->next;
  pthread_mutex_unlock(&pins_mutex);
  if (!pin)
    return;
  tenon__node_object_release(pin->buffer);
  free(pin);
}

tenon_status_t tenon__node_bytes_from(environment_t *environment, napi_value js, void *data,
                                      size_t size, napi_value buffer, size_t offset,
                                      tenon_value_t *value_out) {
  (void)js;
  if (size <= TENON_VALUE_INLINE_SIZE_MAX)
    return tenon_value_copy_bytes(data, size, value_out);
  pin_t *pin = malloc(sizeof *pin);
  if (!pin)
    return TENON_STATUS_NO_RESOURCES;
  pin->data = data;
  pin->offset = offset;
  pin->buffer = tenon__node_object_make(environment, buffer);
  tenon_status_t status = pin->buffer ? tenon_value_adopt_bytes(data, size, unpin, value_out)
                                      : TENON_STATUS_NO_RESOURCES;
  if (status != TENON_STATUS_OK) {
    if (pin->buffer)
      tenon__node_object_release(pin->buffer);
    free(pin);
    return status;
  }
  pthread_mutex_lock(&pins_mutex);
  pin_t **bucket = bucket_of(data);
  pin->next = *bucket;
  *bucket = pin;
  pthread_mutex_unlock(&pins_mutex);
  return TENON_STATUS_OK;
}

/** The buffer that a value points into, if it is one of this environment's. */
static bool read_pinned(environment_t *environment, const void *data, napi_value *buffer_out,
                        size_t *offset_out) {
  object_t *object = NULL;
  pthread_mutex_lock(&pins_mutex);
  for (pin_t *pin = *bucket_of(data); pin && !object; pin = pin->next) {
    if (pin->data != data || pin->buffer->environment != environment)
      continue;
    object = pin->buffer;
    *offset_out = pin->offset;
  }
  pthread_mutex_unlock(&pins_mutex);
  // Its reference goes on this thread only.
  return object && tenon__node_object_read(environment, object, buffer_out);
}

static void drop_value(napi_env env, void *data, void *hint) {
  (void)env, (void)data;
  tenon_value_drop(hint);
  free(hint);
}

static bool copy_buffer(napi_env env, const void *data, size_t size, napi_value *buffer_out) {
  void *copy;
  if (napi_create_arraybuffer(env, size, &copy, buffer_out) != napi_ok)
    return false;
  if (size > 0)
    memcpy(copy, data, size);
  return true;
}

/** A buffer on the value's own memory, whose finalizer drops it; false: there is none to be had. */
static bool lend_buffer(napi_env env, tenon_value_t *value, napi_value *buffer_out) {
  tenon_value_t *owned = malloc(sizeof *owned);
  if (!owned)
    return false;
  *owned = *value;
  if (napi_create_external_arraybuffer(env, value->as.data.pointer, value->as.data.size, drop_value,
                                       owned, buffer_out) != napi_ok) {
    free(owned);
    return false;
  }
  *value = tenon_value_none();
  return true;
}

tenon_status_t tenon__node_bytes_to(environment_t *environment, tenon_value_t *value,
                                    napi_value *js_out) {
  napi_env env = environment->env;
  const void *data;
  size_t size, offset = 0;
  if (tenon_value_get_data(value, &data, &size) != TENON_STATUS_OK)
    return TENON_STATUS_INVALID;
  bool is_own = !(value->flags & (TENON_VALUE_FLAG_INLINE | TENON_VALUE_FLAG_BORROWED));
  napi_value buffer;
  bool is_pinned = value->drop == unpin && read_pinned(environment, data, &buffer, &offset);
  if (!is_pinned &&
      !(is_own && value->drop && value->drop != unpin && size > 0 &&
        lend_buffer(env, value, &buffer)) &&
      !copy_buffer(env, data, size, &buffer))
    return TENON_STATUS_NO_RESOURCES;
  if (napi_create_typedarray(env, napi_uint8_array, size, buffer, offset, js_out) != napi_ok)
    return TENON_STATUS_NO_RESOURCES;
  tenon_value_drop(value);
  return TENON_STATUS_OK;
}
