/*
 * From JavaScript to where C finds it.
 */
#include "instance.h"

#include "../TenonNodeLoop/stream.h"

#include <math.h>
#include <stdio.h>

#define NS_PER_MS 1e6

bool tenon_node_is_nothing(napi_env env, napi_value js) {
  napi_valuetype type = napi_undefined;
  return !js || napi_typeof(env, js, &type) != napi_ok || type == napi_undefined ||
         type == napi_null;
}

static bool is_exhausted(reading_t *reading) {
  return tenon_node_throw_status(reading->instance->env, TENON_STATUS_NO_RESOURCES);
}

/* MARK: Numbers */

typedef struct range {
  const char *text;
  int64_t least;
  uint64_t most;
} range_t;

static const range_t *range_of(tenon_node_type_kind_t kind) {
  static const range_t ranges[] = {
      {">= -128 and <= 127", INT8_MIN, INT8_MAX},
      {">= -32768 and <= 32767", INT16_MIN, INT16_MAX},
      {">= -2147483648 and <= 2147483647", INT32_MIN, INT32_MAX},
      {">= -9223372036854775808 and <= 9223372036854775807", INT64_MIN, INT64_MAX},
      {">= 0 and <= 255", 0, UINT8_MAX},
      {">= 0 and <= 65535", 0, UINT16_MAX},
      {">= 0 and <= 4294967295", 0, UINT32_MAX},
      {">= 0 and <= 18446744073709551615", 0, UINT64_MAX},
  };
  return &ranges[kind - TENON_NODE_TYPE_INT8];
}

/** A number or a bigint, exactly: the sign, and 64 bits. */
static bool read_integer(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                         const path_t *path, uint64_t *bits_out) {
  napi_env env = reading->instance->env;
  const range_t *range = range_of(type->kind);
  double number;
  int sign;
  size_t words = 1;
  uint64_t bits = 0;
  if (napi_get_value_double(env, js, &number) == napi_ok) {
    if (!(trunc(number) == number) || isinf(number))
      return tenon_node_refuse(reading->instance, path, "an integer", js);
    sign = number < 0;
    if (fabs(number) >= 18446744073709551616.0)
      return tenon_node_refuse_range(reading->instance, path, range->text, js);
    bits = (uint64_t)fabs(number);
  } else {
    napi_valuetype kind = napi_undefined;
    if (napi_typeof(env, js, &kind) != napi_ok || kind != napi_bigint)
      return tenon_node_refuse(
          reading->instance, path,
          type->size == 8 && !type->is_number ? "a bigint or an integer" : "an integer", js);
    if (napi_get_value_bigint_words(env, js, &sign, &words, &bits) != napi_ok || words > 1)
      return tenon_node_refuse_range(reading->instance, path, range->text, js);
  }
  if (sign ? bits > (uint64_t) - (range->least + 1) + 1 : bits > range->most)
    return tenon_node_refuse_range(reading->instance, path, range->text, js);
  *bits_out = sign ? 0 - bits : bits;
  return true;
}

/** Nanoseconds in a number of milliseconds. */
static bool read_time(reading_t *reading, const char *expected, napi_value js, double ms,
                      const path_t *path, void *out) {
  double ns = round(ms * NS_PER_MS);
  if (!(fabs(ns) < 9.2e18))
    return tenon_node_refuse(reading->instance, path, expected, js);
  int64_t time = (int64_t)ns;
  memcpy(out, &time, sizeof time);
  return true;
}

static bool read_scalar(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                        const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  double number;
  bool boolean, is_date = false;
  uint64_t bits;
  switch (type->kind) {
  case TENON_NODE_TYPE_BOOL:
    if (napi_get_value_bool(env, js, &boolean) != napi_ok)
      return tenon_node_refuse(reading->instance, path, "a boolean", js);
    memcpy(out, &boolean, sizeof boolean);
    return true;
  case TENON_NODE_TYPE_FLOAT:
  case TENON_NODE_TYPE_DOUBLE:
    if (napi_get_value_double(env, js, &number) != napi_ok)
      return tenon_node_refuse(reading->instance, path, "a number", js);
    if (type->kind == TENON_NODE_TYPE_FLOAT) {
      float single = (float)number;
      memcpy(out, &single, sizeof single);
    } else {
      memcpy(out, &number, sizeof number);
    }
    return true;
  case TENON_NODE_TYPE_DURATION:
    if (napi_get_value_double(env, js, &number) != napi_ok || isnan(number))
      return tenon_node_refuse(reading->instance, path, "a number of milliseconds", js);
    return read_time(reading, "a number of milliseconds", js, number, path, out);
  case TENON_NODE_TYPE_DATE:
    if (napi_is_date(env, js, &is_date) != napi_ok || !is_date ||
        napi_get_date_value(env, js, &number) != napi_ok || isnan(number))
      return tenon_node_refuse(reading->instance, path, "a valid Date", js);
    return read_time(reading, "a Date of this age", js, number, path, out);
  default:
    if (!read_integer(reading, type, js, path, &bits))
      return false;
    memcpy(out, &bits, type->size); // little-endian, as all that Swift runs on
    return true;
  }
}

/* MARK: Text and bytes */

static bool read_text(reading_t *reading, napi_value js, const path_t *path, tenon_string_t *out) {
  napi_env env = reading->instance->env;
  size_t size;
  if (napi_get_value_string_utf8(env, js, NULL, 0, &size) != napi_ok)
    return tenon_node_refuse(reading->instance, path, "a string", js);
  char *data = tenon_node_memory_take(reading->memory, size + 1);
  if (!data)
    return is_exhausted(reading);
  if (napi_get_value_string_utf8(env, js, data, size + 1, &size) != napi_ok)
    return false;
  out->data = data;
  out->size = size;
  return true;
}

static bool read_uuid(reading_t *reading, napi_value js, const path_t *path, void *out) {
  char text[40];
  size_t size = 0, digits = 0;
  unsigned char *bytes = out;
  if (napi_get_value_string_utf8(reading->instance->env, js, text, sizeof text, &size) == napi_ok &&
      size == 36) {
    for (size_t at = 0; at < size; at++) {
      static const char hex[] = "0123456789abcdef0123456789ABCDEF";
      if (at == 8 || at == 13 || at == 18 || at == 23) {
        if (text[at] != '-')
          break;
        continue;
      }
      const char *digit = strchr(hex, text[at]);
      if (!digit || !*digit)
        break;
      bytes[digits / 2] = (unsigned char)(bytes[digits / 2] << 4 | ((digit - hex) & 15));
      digits++;
    }
  }
  return digits == 32 || tenon_node_refuse(reading->instance, path, "a UUID", js);
}

/* MARK: Lists */

/** Elements one after the other: data and count. */
static bool read_elements(reading_t *reading, const tenon_node_type_t *element, napi_value array,
                          uint32_t count, const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  char *data = tenon_node_memory_take(reading->memory, (size_t)count * element->size + 1);
  size_t size = count;
  if (!data)
    return is_exhausted(reading);
  memcpy(out, &data, sizeof data);
  memcpy((char *)out + sizeof data, &size, sizeof size);
  for (uint32_t index = 0; index < count; index++) {
    path_t inner = {path, NULL, index};
    napi_handle_scope scope;
    napi_value js;
    if (napi_open_handle_scope(env, &scope) != napi_ok)
      return false;
    bool is_read =
        napi_get_element(env, array, index, &js) == napi_ok &&
        tenon_node_read(reading, element, js, &inner, data + (size_t)index * element->size);
    napi_close_handle_scope(env, scope);
    if (!is_read)
      return false;
  }
  return true;
}

/** An array, a typed array of doubles or the like, or any other collection that Array.from() takes. */
static bool read_list(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                      const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  const char *expected = type->kind == TENON_NODE_TYPE_SET ? "a Set or an array" : "an array";
  uint32_t count;
  bool is_typed = false;
  tenon_status_t status = tenon_node_array_get_count(env, js, &count);
  if (status == TENON_STATUS_INVALID) {
    if (napi_is_typedarray(env, js, &is_typed) != napi_ok)
      return false;
    napi_value list = NULL;
    napi_valuetype kind = napi_undefined;
    if (!is_typed && type->kind != TENON_NODE_TYPE_SET)
      return tenon_node_refuse(reading->instance, path, expected, js);
    if (!tenon_node_help(reading->instance, TOOL_LIST, 1, &js, &list) ||
        napi_typeof(env, list, &kind) != napi_ok || kind != napi_object)
      return tenon_node_refuse(reading->instance, path, expected, js);
    js = list;
    status = tenon_node_array_get_count(env, js, &count);
  }
  if (status != TENON_STATUS_OK)
    return tenon_node_throw_status(env, status);
  return read_elements(reading, type->of, js, count, path, out);
}

static size_t aligned(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

/** A Map, or the own properties of a plain object: an array of keys and values by turns. */
static bool read_dictionary(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                            const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  bool has_names = type->of->kind == TENON_NODE_TYPE_STRING;
  const char *expected = has_names ? "a plain object or a Map" : "a Map";
  napi_value entries, arguments[2] = {js, NULL};
  uint32_t count;
  napi_get_boolean(env, has_names, &arguments[1]);
  if (!tenon_node_help(reading->instance, TOOL_ENTRIES, 2, arguments, &entries))
    return false;
  if (tenon_node_array_get_count(env, entries, &count) != TENON_STATUS_OK)
    return tenon_node_refuse(reading->instance, path, expected, js);
  size_t value_at = aligned(type->of->size, type->value->alignment);
  size_t alignment =
      type->of->alignment > type->value->alignment ? type->of->alignment : type->value->alignment;
  size_t stride = aligned(value_at + type->value->size, alignment), size = count / 2;
  char *data = tenon_node_memory_take(reading->memory, size * stride + 1);
  if (!data)
    return is_exhausted(reading);
  memcpy(out, &data, sizeof data);
  memcpy((char *)out + sizeof data, &size, sizeof size);
  for (uint32_t index = 0; index < size; index++) {
    path_t inner = {path, NULL, index};
    napi_value key, value;
    if (napi_get_element(env, entries, 2 * index, &key) != napi_ok ||
        napi_get_element(env, entries, 2 * index + 1, &value) != napi_ok ||
        !tenon_node_read(reading, type->of, key, &inner, data + index * stride) ||
        !tenon_node_read(reading, type->value, value, &inner, data + index * stride + value_at))
      return false;
  }
  return true;
}

/* MARK: Declared types */

static bool is_object(napi_env env, napi_value js) {
  napi_valuetype type = napi_undefined;
  return napi_typeof(env, js, &type) == napi_ok && (type == napi_object || type == napi_function);
}

static bool read_fields(reading_t *reading, uint32_t count, const tenon_node_field_t *fields,
                        napi_value js, const path_t *path, char *out) {
  napi_env env = reading->instance->env;
  for (uint32_t index = 0; index < count; index++) {
    const tenon_node_field_t *field = &fields[index];
    path_t inner = {path, field->name, 0};
    napi_value value;
    if (napi_get_named_property(env, js, field->name, &value) != napi_ok)
      return false;
    if (field->has_default) {
      napi_valuetype type = napi_undefined;
      if (napi_typeof(env, value, &type) == napi_ok && type == napi_undefined)
        continue;
      memset(out + field->offset, 0, field->type->size);
    }
    if (!tenon_node_read(reading, field->type, value, &inner, out + field->offset))
      return false;
  }
  return true;
}

static bool read_record(reading_t *reading, const tenon_node_record_t *record, napi_value js,
                        const path_t *path, void *out) {
  if (!is_object(reading->instance->env, js))
    return tenon_node_refuse(reading->instance, path, record->name, js);
  char *block = tenon_node_memory_take(reading->memory, record->size);
  size_t size = record->size;
  if (!block)
    return is_exhausted(reading);
  if (record->init)
    record->init(block);
  memcpy(block, &size, sizeof size);
  memcpy(out, &block, sizeof block);
  return read_fields(reading, record->field_count, record->fields, js, path, block);
}

static const tenon_node_case_t *case_named(const tenon_node_cases_t *cases, napi_env env,
                                           napi_value js) {
  char name[128];
  if (napi_get_value_string_utf8(env, js, name, sizeof name, NULL) != napi_ok)
    return NULL;
  for (uint32_t index = 0; index < cases->count; index++)
    if (strcmp(cases->cases[index].name, name) == 0)
      return &cases->cases[index];
  return NULL;
}

/** One of its names. */
static bool refuse_name(reading_t *reading, const tenon_node_cases_t *cases, napi_value js,
                        const path_t *path) {
  char expected[300];
  size_t at = 0;
  for (uint32_t index = 0; index < cases->count && at < sizeof expected; index++) {
    int length = snprintf(expected + at, sizeof expected - at, "%s'%s'",
                          index == 0                  ? ""
                          : index + 1 == cases->count ? " or "
                                                      : ", ",
                          cases->cases[index].name);
    if (length > 0)
      at += (size_t)length;
  }
  return tenon_node_refuse(reading->instance, path, expected, js);
}

bool tenon_node_read_cases(reading_t *reading, const tenon_node_cases_t *cases, const char *key,
                           napi_value js, const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  napi_value name;
  path_t inner = {path, key, 0};
  if (!is_object(env, js))
    return tenon_node_refuse(reading->instance, path, cases->name, js);
  if (napi_get_named_property(env, js, key, &name) != napi_ok)
    return false;
  const tenon_node_case_t *one = case_named(cases, env, name);
  if (!one)
    return refuse_name(reading, cases, name, &inner);
  char *block = tenon_node_memory_take(reading->memory, cases->size);
  size_t size = cases->size;
  if (!block)
    return is_exhausted(reading);
  memcpy(block, &size, sizeof size);
  memcpy(block + sizeof size, &one->number, sizeof one->number);
  memcpy(out, &block, sizeof block);
  return read_fields(reading, one->field_count, one->fields, js, path, block);
}

static bool read_enumeration(reading_t *reading, const tenon_node_cases_t *cases, napi_value js,
                             const path_t *path, void *out) {
  const tenon_node_case_t *one = case_named(cases, reading->instance->env, js);
  if (!one)
    return refuse_name(reading, cases, js, path);
  memcpy(out, &one->number, sizeof one->number);
  return true;
}

static bool read_object(reading_t *reading, const tenon_node_class_t *class, napi_value js,
                        const path_t *path, void *out) {
  char expected[160];
  tenon_object_t *object = tenon_node_unwrap(reading->instance, class, js);
  snprintf(expected, sizeof expected, "an instance of %s", class->name);
  if (!object)
    return tenon_node_refuse(reading->instance, path, expected, js);
  memcpy(out, &object, sizeof object);
  return true;
}

static bool read_stream(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                        const path_t *path, void *out) {
  instance_t *instance = reading->instance;
  environment_t *environment = tenon__node_find(instance->env);
  tenon_stream_t *stream;
  napi_valuetype kind = napi_undefined;
  if (!environment || !reading->lent)
    return tenon_node_throw_status(instance->env, TENON_STATUS_CLOSED);
  napi_typeof(instance->env, js, &kind);
  if (kind != napi_object && kind != napi_function && kind != napi_string)
    return tenon_node_refuse(instance, path, "an async iterable", js);
  tenon_status_t status =
      tenon__node_stream_read(environment, js, 16, tenon_node_form(instance, type->of), &stream);
  if (status == TENON_STATUS_UNSUPPORTED)
    return false;
  if (status != TENON_STATUS_OK)
    return tenon_node_throw_status(instance->env, status);
  reading->lent->streams[reading->lent->stream_count++] = stream;
  memcpy(out, &stream, sizeof stream);
  return true;
}

/* MARK: Any */

static bool read_optional(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                          const path_t *path, void *out) {
  const tenon_node_type_t *inside = type->of;
  if (tenon_node_is_nothing(reading->instance->env, js))
    return true;
  if (type->size == inside->size)
    return tenon_node_read(reading, inside, js, path, out); // NULL says that there is none
  *(char *)out = 1;
  return tenon_node_read(reading, inside, js, path, (char *)out + inside->alignment);
}

bool tenon_node_read(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                     const path_t *path, void *out) {
  tenon_string_t text = {NULL, 0};
  const void *data;
  size_t size;
  switch (type->kind) {
  case TENON_NODE_TYPE_VOID:
    return true;
  case TENON_NODE_TYPE_STRING:
    if (!read_text(reading, js, path, &text))
      return false;
    memcpy(out, &text, sizeof text);
    return true;
  case TENON_NODE_TYPE_BYTES:
    if (tenon_node_get_bytes(reading->instance->env, js, &data, &size) != TENON_STATUS_OK)
      return tenon_node_refuse(reading->instance, path, "a Uint8Array", js);
    // Where they are: nothing of JavaScript's comes before C has copied them, but getters.
    text.data = tenon_node_memory_take(reading->memory, size + 1);
    if (!text.data)
      return is_exhausted(reading);
    if (size > 0)
      memcpy((char *)(uintptr_t)text.data, data, size);
    text.size = size;
    memcpy(out, &text, sizeof text);
    return true;
  case TENON_NODE_TYPE_UUID:
    return read_uuid(reading, js, path, out);
  case TENON_NODE_TYPE_OPTIONAL:
    return read_optional(reading, type, js, path, out);
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
    return read_list(reading, type, js, path, out);
  case TENON_NODE_TYPE_DICTIONARY:
    return read_dictionary(reading, type, js, path, out);
  case TENON_NODE_TYPE_RECORD:
    return read_record(reading, type->about, js, path, out);
  case TENON_NODE_TYPE_ENUMERATION:
    return read_enumeration(reading, type->about, js, path, out);
  case TENON_NODE_TYPE_VARIANT:
    return tenon_node_read_cases(reading, type->about, "kind", js, path, out);
  case TENON_NODE_TYPE_OBJECT:
    return read_object(reading, type->about, js, path, out);
  case TENON_NODE_TYPE_CALLBACK:
    return tenon_node_callback_read(reading, type->about, js, path, out);
  case TENON_NODE_TYPE_STREAM:
    return read_stream(reading, type, js, path, out);
  default:
    return read_scalar(reading, type, js, path, out);
  }
}

bool tenon_node_read_value(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                           const path_t *path, tenon_value_t *value_out) {
  napi_env env = reading->instance->env;
  max_align_t place[2] = {0};
  tenon_status_t status = TENON_STATUS_OK;
  tenon_string_t text;
  tenon_object_t *object;
  void *block;
  *value_out = tenon_value_none();
  if (type->kind == TENON_NODE_TYPE_OPTIONAL) {
    if (tenon_node_is_nothing(env, js))
      return true;
    type = type->of;
  }
  if (!tenon_node_read(reading, type, js, path, place))
    return false;
  int64_t i64 = 0;
  uint64_t u64 = 0;
  switch (type->kind) {
  case TENON_NODE_TYPE_VOID:
    return true;
  case TENON_NODE_TYPE_BOOL:
    *value_out = tenon_value_boolean(*(bool *)(void *)place);
    return true;
  case TENON_NODE_TYPE_FLOAT:
    *value_out = tenon_value_f64((double)*(float *)(void *)place);
    return true;
  case TENON_NODE_TYPE_DOUBLE:
    *value_out = tenon_value_f64(*(double *)(void *)place);
    return true;
  case TENON_NODE_TYPE_INT8:
    *value_out = tenon_value_i64(*(int8_t *)(void *)place);
    return true;
  case TENON_NODE_TYPE_INT16:
    *value_out = tenon_value_i64(*(int16_t *)(void *)place);
    return true;
  case TENON_NODE_TYPE_INT32:
  case TENON_NODE_TYPE_ENUMERATION:
    *value_out = tenon_value_i64(*(int32_t *)(void *)place);
    return true;
  case TENON_NODE_TYPE_UINT8:
  case TENON_NODE_TYPE_UINT16:
  case TENON_NODE_TYPE_UINT32:
  case TENON_NODE_TYPE_UINT64:
    memcpy(&u64, place, type->size);
    *value_out = tenon_value_u64(u64);
    return true;
  case TENON_NODE_TYPE_STRING:
    memcpy(&text, place, sizeof text);
    status = tenon_value_copy_string(text.data, text.size, value_out);
    break;
  case TENON_NODE_TYPE_BYTES:
    memcpy(&text, place, sizeof text);
    status = tenon_value_copy_bytes(text.data, text.size, value_out);
    break;
  case TENON_NODE_TYPE_UUID:
    status = tenon_value_copy_bytes(place, 16, value_out);
    break;
  case TENON_NODE_TYPE_OBJECT:
    memcpy(&object, place, sizeof object);
    status = tenon_object_retain(object);
    if (status == TENON_STATUS_OK)
      status = tenon_value_adopt_object(object, value_out);
    break;
  case TENON_NODE_TYPE_RECORD:
  case TENON_NODE_TYPE_VARIANT:
    memcpy(&block, place, sizeof block);
    status = type->make_value ? type->make_value(block, value_out) : TENON_STATUS_UNSUPPORTED;
    break;
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
  case TENON_NODE_TYPE_DICTIONARY:
    status = type->make_value ? type->make_value(place, value_out) : TENON_STATUS_UNSUPPORTED;
    break;
  default:
    memcpy(&i64, place, sizeof i64);
    *value_out = tenon_value_i64(i64);
    return true;
  }
  return status == TENON_STATUS_OK || tenon_node_throw_status(env, status);
}
