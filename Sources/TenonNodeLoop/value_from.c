/*
 * Implements one half of the values of <tenon/node.h>: reads JavaScript's.
 */
#include "value.h"

#include "bytes.h"

#include <stdlib.h>

#define STRING_SIZE_SHORT 256

static tenon_status_t read_any(environment_t *environment, napi_value js, int depth,
                               tenon_value_t *value_out);

static tenon_status_t refuse(environment_t *environment, napi_value js) {
  tenon__node_throw_type_error(environment, "%s has no form in Swift", js);
  return tenon__node_failed(environment);
}

static tenon_status_t read_string(environment_t *environment, napi_value js,
                                  tenon_value_t *value_out) {
  napi_env env = environment->env;
  char shortly[STRING_SIZE_SHORT];
  size_t size;
  if (napi_get_value_string_utf8(env, js, shortly, sizeof shortly, &size) != napi_ok)
    return TENON_STATUS_CLOSED;
  if (size < sizeof shortly - 4) // it may have been cut off otherwise
    return tenon_value_copy_string(shortly, size, value_out);
  if (napi_get_value_string_utf8(env, js, NULL, 0, &size) != napi_ok)
    return TENON_STATUS_CLOSED;
  char *data = malloc(size + 1);
  if (!data)
    return TENON_STATUS_NO_RESOURCES;
  tenon_status_t status = TENON_STATUS_CLOSED;
  if (napi_get_value_string_utf8(env, js, data, size + 1, &size) == napi_ok)
    status = tenon_value_copy_string(data, size, value_out);
  free(data);
  return status;
}

static tenon_status_t read_bigint(environment_t *environment, napi_value js,
                                  tenon_value_t *value_out) {
  napi_env env = environment->env;
  int64_t i64;
  uint64_t u64;
  bool is_exact;
  if (napi_get_value_bigint_int64(env, js, &i64, &is_exact) == napi_ok && is_exact) {
    *value_out = tenon_node_bigint(i64);
    return TENON_STATUS_OK;
  }
  if (napi_get_value_bigint_uint64(env, js, &u64, &is_exact) == napi_ok && is_exact) {
    *value_out = tenon_value_u64(u64);
    return TENON_STATUS_OK;
  }
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "a bigint has at most 64 bits in Swift");
  return tenon__node_failed(environment);
}

static tenon_status_t read_array(environment_t *environment, napi_value js, uint32_t count,
                                 int depth, tenon_value_t *value_out) {
  napi_env env = environment->env;
  tenon_value_t value;
  tenon_node_list_t *list;
  tenon_status_t status = tenon_node_list_create(count, false, &value, &list);
  if (status != TENON_STATUS_OK)
    return status;
  for (uint32_t index = 0; status == TENON_STATUS_OK && index < count; index++) {
    napi_handle_scope scope;
    napi_value element;
    if (napi_open_handle_scope(env, &scope) != napi_ok) {
      status = TENON_STATUS_NO_RESOURCES;
      break;
    }
    status = napi_get_element(env, js, index, &element) == napi_ok
                 ? read_any(environment, element, depth + 1, &list->values[index])
                 : tenon__node_failed(environment);
    napi_close_handle_scope(env, scope);
  }
  if (status == TENON_STATUS_OK)
    *value_out = value;
  else
    tenon_value_drop(&value);
  return status;
}

static tenon_status_t read_record(environment_t *environment, napi_value js, int depth,
                                  tenon_value_t *value_out) {
  napi_env env = environment->env;
  napi_value names;
  uint32_t count;
  tenon_value_t value;
  tenon_node_list_t *list;
  if (napi_get_all_property_names(env, js, napi_key_own_only,
                                  napi_key_enumerable | napi_key_skip_symbols,
                                  napi_key_numbers_to_strings, &names) != napi_ok ||
      napi_get_array_length(env, names, &count) != napi_ok)
    return tenon__node_failed(environment);
  tenon_status_t status = tenon_node_list_create(count, true, &value, &list);
  if (status != TENON_STATUS_OK)
    return status;
  for (uint32_t index = 0; status == TENON_STATUS_OK && index < count; index++) {
    napi_handle_scope scope;
    napi_value name, property;
    if (napi_open_handle_scope(env, &scope) != napi_ok) {
      status = TENON_STATUS_NO_RESOURCES;
      break;
    }
    if (napi_get_element(env, names, index, &name) != napi_ok ||
        napi_get_property(env, js, name, &property) != napi_ok)
      status = tenon__node_failed(environment);
    else
      status = read_string(environment, name, &list->keys[index]);
    if (status == TENON_STATUS_OK)
      status = read_any(environment, property, depth + 1, &list->values[index]);
    napi_close_handle_scope(env, scope);
  }
  if (status == TENON_STATUS_OK)
    *value_out = value;
  else
    tenon_value_drop(&value);
  return status;
}

/** What an object is that is neither bytes nor a function. */
typedef enum shape { SHAPE_OTHER, SHAPE_ARRAY, SHAPE_RECORD, SHAPE_UNKNOWN } shape_t;

/** An object that only the prelude can tell: a proxy has no prototype of its own to be seen from here. */
static shape_t classify(environment_t *environment, napi_value js, uint32_t *count_out) {
  napi_env env = environment->env;
  napi_value answer;
  bool is_record = false;
  double length;
  if (!tenon__node_help(environment, HELPER_CLASSIFY, 1, &js, &answer))
    return SHAPE_UNKNOWN;
  if (napi_get_value_bool(env, answer, &is_record) == napi_ok)
    return is_record ? SHAPE_RECORD : SHAPE_OTHER;
  // A proxy may say anything of its length.
  if (napi_get_value_double(env, answer, &length) != napi_ok || !(length >= 0))
    length = 0;
  *count_out = length < UINT32_MAX ? (uint32_t)length : UINT32_MAX;
  return SHAPE_ARRAY;
}

/** A plain object is one of `{ }`, whose prototype has none, or one that has none itself. */
static shape_t get_shape(environment_t *environment, napi_value js, uint32_t *count_out) {
  napi_env env = environment->env;
  napi_value prototype;
  napi_valuetype type;
  bool is_array = false;
  if (napi_is_array(env, js, &is_array) != napi_ok)
    return SHAPE_UNKNOWN;
  if (is_array)
    return napi_get_array_length(env, js, count_out) == napi_ok ? SHAPE_ARRAY : SHAPE_UNKNOWN;
  if (napi_get_prototype(env, js, &prototype) != napi_ok ||
      napi_typeof(env, prototype, &type) != napi_ok)
    return SHAPE_UNKNOWN;
  if (type == napi_null)
    return classify(environment, js, count_out);
  if (napi_get_prototype(env, prototype, &prototype) != napi_ok ||
      napi_typeof(env, prototype, &type) != napi_ok)
    return SHAPE_UNKNOWN;
  return type == napi_null ? SHAPE_RECORD : SHAPE_OTHER;
}

static tenon_status_t read_object(environment_t *environment, napi_value js, int depth,
                                  tenon_value_t *value_out) {
  uint32_t count = 0;
  tenon_status_t status;
  if (tenon__node_bytes_from(environment, js, value_out, &status))
    return status;
  shape_t shape = get_shape(environment, js, &count);
  if (shape == SHAPE_UNKNOWN)
    return tenon__node_failed(environment);
  if (shape == SHAPE_OTHER)
    return refuse(environment, js);
  if (depth >= TENON_NODE_DEPTH_MAX) {
    napi_throw_range_error(environment->env, "ERR_OUT_OF_RANGE", "nested too deep, or in itself");
    return tenon__node_failed(environment);
  }
  return shape == SHAPE_ARRAY ? read_array(environment, js, count, depth, value_out)
                              : read_record(environment, js, depth, value_out);
}

static tenon_status_t read_any(environment_t *environment, napi_value js, int depth,
                               tenon_value_t *value_out) {
  napi_env env = environment->env;
  napi_valuetype type;
  bool boolean;
  double number;
  if (napi_typeof(env, js, &type) != napi_ok)
    return TENON_STATUS_CLOSED;
  switch (type) {
  case napi_undefined:
    *value_out = tenon_value_none();
    return TENON_STATUS_OK;
  case napi_null:
    *value_out = tenon_node_null();
    return TENON_STATUS_OK;
  case napi_boolean:
    napi_get_value_bool(env, js, &boolean);
    *value_out = tenon_value_boolean(boolean);
    return TENON_STATUS_OK;
  case napi_number:
    napi_get_value_double(env, js, &number);
    *value_out = tenon_value_f64(number);
    return TENON_STATUS_OK;
  case napi_string:
    return read_string(environment, js, value_out);
  case napi_bigint:
    return read_bigint(environment, js, value_out);
  case napi_function:
    return tenon_node_object_from(env, js, value_out);
  case napi_object:
    return read_object(environment, js, depth, value_out);
  default:
    return refuse(environment, js);
  }
}

tenon_status_t tenon__node_read(environment_t *environment, napi_value js,
                                tenon_value_t *value_out) {
  return read_any(environment, js, 0, value_out);
}

tenon_status_t tenon_node_array_get_count(napi_env env, napi_value js, uint32_t *count_out) {
  environment_t *environment = tenon__node_find(env);
  napi_valuetype type;
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!js || !count_out || napi_typeof(env, js, &type) != napi_ok || type != napi_object)
    return TENON_STATUS_INVALID;
  uint32_t count;
  shape_t shape = get_shape(environment, js, &count);
  if (shape == SHAPE_UNKNOWN)
    return tenon__node_failed(environment);
  if (shape != SHAPE_ARRAY)
    return TENON_STATUS_INVALID;
  *count_out = count;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_node_value_from(napi_env env, napi_value js, tenon_value_t *value_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!js || !value_out)
    return TENON_STATUS_INVALID;
  return read_any(environment, js, 0, value_out);
}
