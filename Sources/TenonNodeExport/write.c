/*
 * From where C found it to JavaScript.
 */
#include "instance.h"

#include <stdio.h>

#define NS_PER_MS 1e6
#define SAFE_INTEGER_MAX INT64_C(9007199254740991)

static size_t aligned(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

static bool write_undefined(napi_env env, napi_value *js_out) {
  return napi_get_undefined(env, js_out) == napi_ok;
}

/* MARK: Numbers */

static bool refuse_number(napi_env env) {
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE",
                         "An integer of Swift's is not exact as a number: @Export it as 64 bits");
  return false;
}

static bool write_i64(napi_env env, bool is_number, int64_t i64, napi_value *js_out) {
  if (!is_number)
    return napi_create_bigint_int64(env, i64, js_out) == napi_ok;
  if (i64 > SAFE_INTEGER_MAX || i64 < -SAFE_INTEGER_MAX)
    return refuse_number(env);
  return napi_create_int64(env, i64, js_out) == napi_ok;
}

static bool write_u64(napi_env env, bool is_number, uint64_t u64, napi_value *js_out) {
  if (!is_number)
    return napi_create_bigint_uint64(env, u64, js_out) == napi_ok;
  if (u64 > (uint64_t)SAFE_INTEGER_MAX)
    return refuse_number(env);
  return napi_create_int64(env, (int64_t)u64, js_out) == napi_ok;
}

static bool write_uuid(napi_env env, const unsigned char *bytes, napi_value *js_out) {
  char text[37];
  size_t at = 0;
  for (int index = 0; index < 16; index++) {
    if (index == 4 || index == 6 || index == 8 || index == 10)
      text[at++] = '-';
    snprintf(text + at, 3, "%02x", bytes[index]);
    at += 2;
  }
  return napi_create_string_utf8(env, text, at, js_out) == napi_ok;
}

static bool write_scalar(instance_t *instance, const tenon_node_type_t *type, const void *from,
                         napi_value *js_out) {
  napi_env env = instance->env;
  int64_t i64 = 0;
  uint64_t u64 = 0;
  switch (type->kind) {
  case TENON_NODE_TYPE_BOOL:
    return napi_get_boolean(env, *(const bool *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_INT8:
    return napi_create_int32(env, *(const int8_t *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_INT16:
    return napi_create_int32(env, *(const int16_t *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_INT32:
    return napi_create_int32(env, *(const int32_t *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_FLOAT:
    return napi_create_double(env, (double)*(const float *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_DOUBLE:
    return napi_create_double(env, *(const double *)from, js_out) == napi_ok;
  case TENON_NODE_TYPE_UINT8:
  case TENON_NODE_TYPE_UINT16:
  case TENON_NODE_TYPE_UINT32:
    memcpy(&u64, from, type->size);
    return napi_create_int64(env, (int64_t)u64, js_out) == napi_ok;
  case TENON_NODE_TYPE_UINT64:
    memcpy(&u64, from, sizeof u64);
    return write_u64(env, type->is_number, u64, js_out);
  default:
    memcpy(&i64, from, sizeof i64);
    if (type->kind == TENON_NODE_TYPE_DURATION)
      return napi_create_double(env, (double)i64 / NS_PER_MS, js_out) == napi_ok;
    if (type->kind == TENON_NODE_TYPE_DATE)
      return napi_create_date(env, (double)i64 / NS_PER_MS, js_out) == napi_ok;
    return write_i64(env, type->is_number, i64, js_out);
  }
}

/* MARK: Declared types */

static bool write_fields(instance_t *instance, uint32_t count, const tenon_node_field_t *fields,
                         const char *from, napi_value object) {
  for (uint32_t index = 0; index < count; index++) {
    const tenon_node_field_t *field = &fields[index];
    napi_value js;
    napi_valuetype type = napi_undefined;
    if (!tenon_node_write(instance, field->type, from + field->offset, &js))
      return false;
    // What is not there is no property.
    if (field->type->kind == TENON_NODE_TYPE_OPTIONAL &&
        (napi_typeof(instance->env, js, &type) != napi_ok || type == napi_undefined))
      continue;
    if (napi_set_named_property(instance->env, object, field->name, js) != napi_ok)
      return false;
  }
  return true;
}

const tenon_node_case_t *tenon_node_find_case(const tenon_node_cases_t *cases, int32_t number) {
  for (uint32_t index = 0; index < cases->count; index++)
    if (cases->cases[index].number == number)
      return &cases->cases[index];
  return NULL;
}

bool tenon_node_write_case(instance_t *instance, const tenon_node_case_t *one, const void *from,
                           napi_value object) {
  return write_fields(instance, one->field_count, one->fields, from, object);
}

static bool write_record(instance_t *instance, const tenon_node_record_t *record, const char *from,
                         napi_value *js_out) {
  if (!from)
    return write_undefined(instance->env, js_out);
  return napi_create_object(instance->env, js_out) == napi_ok &&
         write_fields(instance, record->field_count, record->fields, from, *js_out);
}

static bool write_name(napi_env env, const tenon_node_case_t *one, napi_value *js_out) {
  return napi_create_string_utf8(env, one ? one->name : "", NAPI_AUTO_LENGTH, js_out) == napi_ok;
}

static bool write_variant(instance_t *instance, const tenon_node_cases_t *cases, const char *from,
                          napi_value *js_out) {
  napi_env env = instance->env;
  napi_value kind;
  int32_t number;
  if (!from)
    return write_undefined(env, js_out);
  memcpy(&number, from + sizeof(size_t), sizeof number);
  const tenon_node_case_t *one = tenon_node_find_case(cases, number);
  return napi_create_object(env, js_out) == napi_ok && write_name(env, one, &kind) &&
         napi_set_named_property(env, *js_out, "kind", kind) == napi_ok &&
         (!one || tenon_node_write_case(instance, one, from, *js_out));
}

/* MARK: Lists */

static bool write_list(instance_t *instance, const tenon_node_type_t *type, const char *data,
                       size_t count, napi_value *js_out) {
  napi_env env = instance->env;
  napi_value array, buffer;
  void *copy;
  if (type->kind == TENON_NODE_TYPE_LIST && type->of->kind == TENON_NODE_TYPE_DOUBLE) {
    if (napi_create_arraybuffer(env, count * sizeof(double), &copy, &buffer) != napi_ok ||
        napi_create_typedarray(env, napi_float64_array, count, buffer, 0, js_out) != napi_ok)
      return false;
    if (count > 0)
      memcpy(copy, data, count * sizeof(double));
    return true;
  }
  if (napi_create_array_with_length(env, count, &array) != napi_ok)
    return false;
  for (size_t index = 0; index < count; index++) {
    napi_handle_scope scope;
    napi_value js;
    if (napi_open_handle_scope(env, &scope) != napi_ok)
      return false;
    bool is_written = tenon_node_write(instance, type->of, data + index * type->of->size, &js) &&
                      napi_set_element(env, array, (uint32_t)index, js) == napi_ok;
    napi_close_handle_scope(env, scope);
    if (!is_written)
      return false;
  }
  *js_out = array;
  return type->kind == TENON_NODE_TYPE_LIST ||
         tenon_node_help(instance, TOOL_SET, 1, &array, js_out);
}

static bool write_dictionary(instance_t *instance, const tenon_node_type_t *type, const char *data,
                             size_t count, napi_value *js_out) {
  napi_env env = instance->env;
  bool has_names = type->of->kind == TENON_NODE_TYPE_STRING;
  size_t value_at = aligned(type->of->size, type->value->alignment);
  size_t alignment =
      type->of->alignment > type->value->alignment ? type->of->alignment : type->value->alignment;
  size_t stride = aligned(value_at + type->value->size, alignment);
  napi_value entries;
  if ((has_names ? napi_create_object(env, js_out)
                 : napi_create_array_with_length(env, 2 * count, &entries)) != napi_ok)
    return false;
  for (size_t index = 0; index < count; index++) {
    const char *entry = data + index * stride;
    napi_value key, value;
    if (!tenon_node_write(instance, type->of, entry, &key) ||
        !tenon_node_write(instance, type->value, entry + value_at, &value))
      return false;
    // Defined, not set: "__proto__" is a name like any other.
    napi_property_descriptor property = {
        NULL, key, NULL, NULL, NULL, value, napi_default_jsproperty, NULL};
    if (has_names ? napi_define_properties(env, *js_out, 1, &property) != napi_ok
                  : napi_set_element(env, entries, (uint32_t)(2 * index), key) != napi_ok ||
                        napi_set_element(env, entries, (uint32_t)(2 * index + 1), value) != napi_ok)
      return false;
  }
  return has_names || tenon_node_help(instance, TOOL_MAP, 1, &entries, js_out);
}

/* MARK: Any */

static bool write_bytes(napi_env env, const void *data, size_t size, napi_value *js_out) {
  napi_value buffer;
  void *copy;
  if (napi_create_arraybuffer(env, size, &copy, &buffer) != napi_ok)
    return false;
  if (size > 0)
    memcpy(copy, data, size);
  return napi_create_typedarray(env, napi_uint8_array, size, buffer, 0, js_out) == napi_ok;
}

static bool write_optional(instance_t *instance, const tenon_node_type_t *type, const char *from,
                           napi_value *js_out) {
  const tenon_node_type_t *inside = type->of;
  const void *pointer;
  if (type->size != inside->size)
    return *from ? tenon_node_write(instance, inside, from + inside->alignment, js_out)
                 : write_undefined(instance->env, js_out);
  memcpy(&pointer, from, sizeof pointer);
  return pointer ? tenon_node_write(instance, inside, from, js_out)
                 : write_undefined(instance->env, js_out);
}

static bool write_object(instance_t *instance, const tenon_node_type_t *type, const void *from,
                         napi_value *js_out) {
  tenon_object_t *object;
  memcpy(&object, from, sizeof object);
  if (!object)
    return write_undefined(instance->env, js_out);
  // A reference of the wrapper's own.
  if (tenon_object_retain(object) != TENON_STATUS_OK)
    return false;
  if (tenon_node_wrap(instance, type->about, object, js_out))
    return true;
  tenon_object_release(object);
  return false;
}

bool tenon_node_write(instance_t *instance, const tenon_node_type_t *type, const void *from,
                      napi_value *js_out) {
  napi_env env = instance->env;
  struct {
    const char *data;
    size_t count;
  } list;
  int32_t number;
  if (!from)
    return write_undefined(env, js_out);
  switch (type->kind) {
  case TENON_NODE_TYPE_STRING:
    memcpy(&list, from, sizeof list);
    return napi_create_string_utf8(env, list.data ? list.data : "", list.count, js_out) == napi_ok;
  case TENON_NODE_TYPE_BYTES:
    memcpy(&list, from, sizeof list);
    return write_bytes(env, list.data, list.count, js_out);
  case TENON_NODE_TYPE_UUID:
    return write_uuid(env, from, js_out);
  case TENON_NODE_TYPE_OPTIONAL:
    return write_optional(instance, type, from, js_out);
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
    memcpy(&list, from, sizeof list);
    return write_list(instance, type, list.data, list.count, js_out);
  case TENON_NODE_TYPE_DICTIONARY:
    memcpy(&list, from, sizeof list);
    return write_dictionary(instance, type, list.data, list.count, js_out);
  case TENON_NODE_TYPE_RECORD:
    return write_record(instance, type->about, *(const char *const *)from, js_out);
  case TENON_NODE_TYPE_VARIANT:
    return write_variant(instance, type->about, *(const char *const *)from, js_out);
  case TENON_NODE_TYPE_ENUMERATION:
    memcpy(&number, from, sizeof number);
    return write_name(env, tenon_node_find_case(type->about, number), js_out);
  case TENON_NODE_TYPE_OBJECT:
    return write_object(instance, type, from, js_out);
  case TENON_NODE_TYPE_VOID:
  case TENON_NODE_TYPE_CALLBACK:
  case TENON_NODE_TYPE_STREAM:
    return write_undefined(env, js_out);
  default:
    return write_scalar(instance, type, from, js_out);
  }
}

bool tenon_node_write_value(instance_t *instance, const tenon_node_type_t *type,
                            tenon_value_t *value, napi_value *js_out) {
  napi_env env = instance->env;
  const void *data;
  size_t size;
  double number;
  tenon_object_t *object;
  if (value->kind == TENON_VALUE_NONE || value->kind == TENON_VALUE_END)
    return write_undefined(env, js_out);
  if (type->kind == TENON_NODE_TYPE_OPTIONAL)
    type = type->of;
  switch (value->kind) {
  case TENON_VALUE_BOOLEAN:
    return napi_get_boolean(env, value->as.boolean, js_out) == napi_ok;
  case TENON_VALUE_F64:
    return napi_create_double(env, value->as.f64, js_out) == napi_ok;
  case TENON_VALUE_U64:
    return write_u64(env, type->is_number || type->kind != TENON_NODE_TYPE_UINT64, value->as.u64,
                     js_out);
  case TENON_VALUE_I64:
    number = (double)value->as.i64 / NS_PER_MS;
    if (type->kind == TENON_NODE_TYPE_ENUMERATION)
      return write_name(env, tenon_node_find_case(type->about, (int32_t)value->as.i64), js_out);
    if (type->kind == TENON_NODE_TYPE_DURATION)
      return napi_create_double(env, number, js_out) == napi_ok;
    if (type->kind == TENON_NODE_TYPE_DATE)
      return napi_create_date(env, number, js_out) == napi_ok;
    return write_i64(env, type->is_number || type->kind != TENON_NODE_TYPE_INT64, value->as.i64,
                     js_out);
  case TENON_VALUE_BYTES:
    if (type->kind == TENON_NODE_TYPE_UUID)
      return tenon_value_get_data(value, &data, &size) == TENON_STATUS_OK && size == 16 &&
             write_uuid(env, data, js_out);
    return tenon_node_value_to(env, value, js_out) == TENON_STATUS_OK;
  case TENON_VALUE_STRING:
    return tenon_node_value_to(env, value, js_out) == TENON_STATUS_OK;
  default:
    break;
  }
  if (type->kind == TENON_NODE_TYPE_OBJECT)
    return tenon_value_get_object(value, &object) == TENON_STATUS_OK &&
           write_object(instance, type, &object, js_out);
  // A record is where the pointer says, and so is what begins a list.
  bool is_record = type->kind == TENON_NODE_TYPE_RECORD || type->kind == TENON_NODE_TYPE_VARIANT;
  return tenon_node_write(
      instance, type,
      is_record ? (const void *)&value->as.pointer.address : value->as.pointer.address, js_out);
}
