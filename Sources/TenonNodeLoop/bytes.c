/*
 * Bytes that are not copied, both ways.
 *
 * A value's drop function is told the address of the data and no more, so the JavaScript buffers that
 * values point into are found by address. One buffer may be there several times: each drop lets go of
 * one of them, and it does not matter which.
 */
#include "bytes.h"

#include "object.h"

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

/** A value that points into a buffer, which it holds. */
static tenon_status_t pin_bytes(environment_t *environment, void *data, size_t size,
                                napi_value buffer, size_t offset, tenon_value_t *value_out) {
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

/** Whether the memory of a buffer may go while its object stays: what shrinks is unmapped. */
static bool is_shrinkable(environment_t *environment, napi_value buffer) {
  napi_value answer;
  bool is_it = false;
  if (!environment->helpers[HELPER_IS_SHRINKABLE])
    return false;
  if (!tenon__node_help(environment, HELPER_IS_SHRINKABLE, 1, &buffer, &answer))
    tenon__node_clear_exception(environment);
  else
    napi_get_value_bool(environment->env, answer, &is_it);
  return is_it;
}

/** Zero: a type that this version of Node-API does not know. */
static size_t element_size(napi_typedarray_type type) {
  switch ((int)type) {
  case napi_int8_array:
  case napi_uint8_array:
  case napi_uint8_clamped_array:
    return 1;
  case napi_int16_array:
  case napi_uint16_array:
  case 11: // napi_float16_array, since Node 24
    return 2;
  case napi_int32_array:
  case napi_uint32_array:
  case napi_float32_array:
    return 4;
  case napi_float64_array:
  case napi_bigint64_array:
  case napi_biguint64_array:
    return 8;
  default:
    return 0;
  }
}

/** Where the bytes of a view or a buffer are; false: it is none. */
static bool find_bytes(napi_env env, napi_value js, void **data_out, size_t *size_out,
                       napi_value *buffer_out, size_t *offset_out) {
  bool is_it = false;
  *buffer_out = js;
  *offset_out = 0;
  if (napi_is_typedarray(env, js, &is_it) == napi_ok && is_it) {
    napi_typedarray_type type = (napi_typedarray_type)-1;
    if (napi_get_typedarray_info(env, js, &type, size_out, data_out, buffer_out, offset_out) !=
        napi_ok)
      return false;
    *size_out *= element_size(type);
    return element_size(type) != 0;
  }
  if (napi_is_arraybuffer(env, js, &is_it) == napi_ok && is_it)
    return napi_get_arraybuffer_info(env, js, data_out, size_out) == napi_ok;
  return napi_is_dataview(env, js, &is_it) == napi_ok && is_it &&
         napi_get_dataview_info(env, js, size_out, data_out, buffer_out, offset_out) == napi_ok;
}

bool tenon__node_bytes_from(environment_t *environment, napi_value js, tenon_value_t *value_out,
                            tenon_status_t *status_out) {
  void *data;
  size_t size, offset;
  napi_value buffer;
  if (!find_bytes(environment->env, js, &data, &size, &buffer, &offset))
    return false;
  *status_out = size == 0 || is_shrinkable(environment, buffer)
                    ? tenon_value_copy_bytes(data, size, value_out)
                    : pin_bytes(environment, data, size, buffer, offset, value_out);
  return true;
}

tenon_status_t tenon_node_get_bytes(napi_env env, napi_value js, const void **data_out,
                                    size_t *size_out) {
  void *data;
  size_t size, offset;
  napi_value buffer;
  if (!tenon__node_find(env))
    return TENON_STATUS_CLOSED;
  if (!js || !data_out || !size_out || !find_bytes(env, js, &data, &size, &buffer, &offset))
    return TENON_STATUS_INVALID;
  *data_out = data;
  *size_out = size;
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

/** Of a SharedArrayBuffer, too, which Node-API makes no views of. */
static bool make_view(environment_t *environment, napi_value buffer, size_t offset, size_t size,
                      napi_value *js_out) {
  napi_env env = environment->env;
  napi_value arguments[3] = {buffer, NULL, NULL};
  if (napi_create_int64(env, (int64_t)offset, &arguments[1]) == napi_ok &&
      napi_create_int64(env, (int64_t)size, &arguments[2]) == napi_ok &&
      tenon__node_help(environment, HELPER_MAKE_VIEW, 3, arguments, js_out))
    return true;
  tenon__node_clear_exception(environment);
  return false;
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
  if (napi_create_typedarray(env, napi_uint8_array, size, buffer, offset, js_out) != napi_ok &&
      !make_view(environment, buffer, offset, size, js_out))
    return TENON_STATUS_NO_RESOURCES;
  tenon_value_drop(value);
  return TENON_STATUS_OK;
}
