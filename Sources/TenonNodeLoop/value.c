/*
 * Implements the values of <tenon/node.h>: what core values have no kind for, and JavaScript's made
 * of them. value_from.c is the way back.
 */
#include "value.h"

#include "bytes.h"
#include "object.h"

#include <stdlib.h>

static const char null_mark = 0;
static const char list_mark = 0;
static const char bigint_mark = 0;

/** A number that is a whole one up to here is exact. */
#define SAFE_INTEGER_MAX INT64_C(9007199254740991)

/* MARK: Lists */

static void drop_list(void *pointer, size_t size) {
  tenon_node_list_t *list = pointer;
  (void)size;
  for (size_t index = 0; index < list->count; index++) {
    if (list->keys)
      tenon_value_drop(&list->keys[index]);
    tenon_value_drop(&list->values[index]);
  }
  free(list);
}

tenon_status_t tenon_node_list_create(size_t count, bool has_keys, tenon_value_t *value_out,
                                      tenon_node_list_t **list_out) {
  if (!value_out || !list_out || count > PTRDIFF_MAX / (2 * sizeof(tenon_value_t)) - 1)
    return TENON_STATUS_INVALID;
  size_t values = has_keys ? 2 * count : count;
  tenon_node_list_t *list = calloc(1, sizeof *list + values * sizeof(tenon_value_t));
  if (!list)
    return TENON_STATUS_NO_RESOURCES;
  list->count = count;
  list->values = (tenon_value_t *)(void *)(list + 1);
  list->keys = has_keys ? list->values + count : NULL;
  *value_out = tenon_value_pointer(list, &list_mark, drop_list);
  *list_out = list;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_node_get_list(const tenon_value_t *value, tenon_node_list_t **list_out) {
  if (!value || !list_out || value->kind != TENON_VALUE_POINTER ||
      value->as.pointer.type != &list_mark)
    return TENON_STATUS_INVALID;
  *list_out = value->as.pointer.address;
  return TENON_STATUS_OK;
}

tenon_value_t tenon_node_null(void) { return tenon_value_pointer(NULL, &null_mark, NULL); }

tenon_value_t tenon_node_bigint(int64_t i64) {
  return tenon_value_pointer((void *)(uintptr_t)(uint64_t)i64, &bigint_mark, NULL);
}

tenon_status_t tenon_node_get_bigint(const tenon_value_t *value, int64_t *i64_out) {
  if (!value || !i64_out || value->kind != TENON_VALUE_POINTER ||
      value->as.pointer.type != &bigint_mark)
    return TENON_STATUS_INVALID;
  *i64_out = (int64_t)(uintptr_t)value->as.pointer.address;
  return TENON_STATUS_OK;
}

tenon_node_kind_t tenon_node_get_kind(const tenon_value_t *value) {
  tenon_node_list_t *list;
  if (!value || value->kind != TENON_VALUE_POINTER)
    return TENON_NODE_KIND_PLAIN;
  if (value->as.pointer.type == &null_mark)
    return TENON_NODE_KIND_NULL;
  if (value->as.pointer.type == &bigint_mark)
    return TENON_NODE_KIND_BIGINT;
  if (tenon__node_object_in(value))
    return TENON_NODE_KIND_OBJECT;
  if (tenon_node_get_list(value, &list) == TENON_STATUS_OK)
    return list->keys ? TENON_NODE_KIND_RECORD : TENON_NODE_KIND_ARRAY;
  return TENON_NODE_KIND_PLAIN;
}

/* MARK: Copies */

static tenon_status_t copy_list(const tenon_node_list_t *list, tenon_value_t *copy_out) {
  tenon_value_t copy;
  tenon_node_list_t *target;
  tenon_status_t status = tenon_node_list_create(list->count, list->keys, &copy, &target);
  if (status != TENON_STATUS_OK)
    return status;
  for (size_t index = 0; status == TENON_STATUS_OK && index < list->count; index++) {
    status = tenon_node_value_copy(&list->values[index], &target->values[index]);
    if (status == TENON_STATUS_OK && list->keys)
      status = tenon_node_value_copy(&list->keys[index], &target->keys[index]);
  }
  if (status == TENON_STATUS_OK)
    *copy_out = copy;
  else
    tenon_value_drop(&copy);
  return status;
}

static tenon_status_t copy_data(const tenon_value_t *value, tenon_value_t *copy_out) {
  const void *data;
  size_t size;
  tenon_status_t status = tenon_value_get_data(value, &data, &size);
  if (status != TENON_STATUS_OK)
    return status;
  return value->kind == TENON_VALUE_STRING ? tenon_value_copy_string(data, size, copy_out)
                                           : tenon_value_copy_bytes(data, size, copy_out);
}

tenon_status_t tenon_node_value_copy(const tenon_value_t *value, tenon_value_t *copy_out) {
  tenon_node_list_t *list;
  if (!value || !copy_out || value->kind > TENON_VALUE_END)
    return TENON_STATUS_INVALID;
  if (value->kind == TENON_VALUE_STRING || value->kind == TENON_VALUE_BYTES)
    return copy_data(value, copy_out);
  if (value->kind != TENON_VALUE_POINTER || value->as.pointer.type == &null_mark ||
      value->as.pointer.type == &bigint_mark)
    *copy_out = *value; // owns nothing
  else if (tenon_node_get_list(value, &list) == TENON_STATUS_OK)
    return copy_list(list, copy_out);
  else
    return tenon__node_object_in(value) ? tenon_node_object_copy(value, copy_out)
                                        : TENON_STATUS_UNSUPPORTED;
  return TENON_STATUS_OK;
}

/* MARK: To JavaScript */

static tenon_status_t write(environment_t *environment, tenon_value_t *value, int depth,
                            napi_value *js_out);

static tenon_status_t write_list(environment_t *environment, tenon_node_list_t *list, int depth,
                                 napi_value *js_out) {
  napi_env env = environment->env;
  if (depth >= TENON_NODE_DEPTH_MAX)
    return TENON_STATUS_UNSUPPORTED;
  napi_status made = list->keys ? napi_create_object(env, js_out)
                                : napi_create_array_with_length(env, list->count, js_out);
  if (made != napi_ok)
    return TENON_STATUS_NO_RESOURCES;
  tenon_status_t status = TENON_STATUS_OK;
  for (size_t index = 0; status == TENON_STATUS_OK && index < list->count; index++) {
    napi_handle_scope scope;
    napi_value key, value;
    if (napi_open_handle_scope(env, &scope) != napi_ok)
      return TENON_STATUS_NO_RESOURCES;
    status = write(environment, &list->values[index], depth + 1, &value);
    if (status == TENON_STATUS_OK && list->keys) {
      status = write(environment, &list->keys[index], depth + 1, &key);
      // Defined, not set: "__proto__" is a name like any other.
      napi_property_descriptor property = {
          NULL, key, NULL, NULL, NULL, value, napi_default_jsproperty, NULL};
      if (status == TENON_STATUS_OK &&
          napi_define_properties(env, *js_out, 1, &property) != napi_ok)
        status = tenon__node_failed(environment);
    } else if (status == TENON_STATUS_OK &&
               napi_set_element(env, *js_out, (uint32_t)index, value) != napi_ok) {
      status = tenon__node_failed(environment);
    }
    napi_close_handle_scope(env, scope);
  }
  return status;
}

static tenon_status_t write_pointer(environment_t *environment, tenon_value_t *value, int depth,
                                    napi_value *js_out) {
  napi_env env = environment->env;
  tenon_node_list_t *list;
  tenon_status_t status = TENON_STATUS_OK;
  if (value->as.pointer.type == &null_mark) {
    napi_get_null(env, js_out);
  } else if (value->as.pointer.type == &bigint_mark) {
    napi_create_bigint_int64(env, (int64_t)(uintptr_t)value->as.pointer.address, js_out);
  } else if (tenon_node_get_list(value, &list) == TENON_STATUS_OK) {
    tenon_value_t copy;
    if (tenon_value_is_shared(value)) { // writing moves the elements out of the list
      status = tenon_node_value_copy(value, &copy);
      if (status != TENON_STATUS_OK)
        return status;
      status = write_pointer(environment, &copy, depth, js_out);
      tenon_value_drop(&copy);
    } else {
      status = write_list(environment, list, depth, js_out);
      tenon__node_clear_exception(environment);
    }
  } else {
    object_t *object = tenon__node_object_in(value);
    if (!object || !tenon__node_object_read(environment, object, js_out))
      status = TENON_STATUS_UNSUPPORTED;
  }
  if (status == TENON_STATUS_OK)
    tenon_value_drop(value);
  return status;
}

static tenon_status_t check(napi_status status, tenon_value_t *value) {
  if (status != napi_ok)
    return TENON_STATUS_NO_RESOURCES;
  *value = tenon_value_none();
  return TENON_STATUS_OK;
}

static tenon_status_t write(environment_t *environment, tenon_value_t *value, int depth,
                            napi_value *js_out) {
  napi_env env = environment->env;
  const void *data;
  size_t size;
  switch (value->kind) {
  case TENON_VALUE_NONE:
  case TENON_VALUE_END:
    return check(napi_get_undefined(env, js_out), value);
  case TENON_VALUE_BOOLEAN:
    return check(napi_get_boolean(env, value->as.boolean, js_out), value);
  case TENON_VALUE_F64:
    return check(napi_create_double(env, value->as.f64, js_out), value);
  case TENON_VALUE_I64:
    if (value->as.i64 <= SAFE_INTEGER_MAX && value->as.i64 >= -SAFE_INTEGER_MAX)
      return check(napi_create_int64(env, value->as.i64, js_out), value);
    return check(napi_create_bigint_int64(env, value->as.i64, js_out), value);
  case TENON_VALUE_U64:
    if (value->as.u64 <= (uint64_t)SAFE_INTEGER_MAX)
      return check(napi_create_int64(env, (int64_t)value->as.u64, js_out), value);
    return check(napi_create_bigint_uint64(env, value->as.u64, js_out), value);
  case TENON_VALUE_STRING:
    if (tenon_value_get_data(value, &data, &size) != TENON_STATUS_OK)
      return TENON_STATUS_INVALID;
    if (napi_create_string_utf8(env, size > 0 ? data : "", size, js_out) != napi_ok)
      return TENON_STATUS_NO_RESOURCES;
    tenon_value_drop(value);
    return TENON_STATUS_OK;
  case TENON_VALUE_BYTES:
    return tenon__node_bytes_to(environment, value, js_out);
  case TENON_VALUE_POINTER:
    return write_pointer(environment, value, depth, js_out);
  default:
    return TENON_STATUS_INVALID;
  }
}

tenon_status_t tenon__node_write(environment_t *environment, tenon_value_t *value,
                                 napi_value *js_out) {
  return write(environment, value, 0, js_out);
}

tenon_status_t tenon_node_value_to(napi_env env, tenon_value_t *value, napi_value *js_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  return value && js_out ? tenon__node_write(environment, value, js_out) : TENON_STATUS_INVALID;
}
