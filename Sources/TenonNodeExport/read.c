/*
 * From JavaScript to where C finds it.
 */
#include "instance.h"

#include "../TenonNodeLoop/stream.h"

#include <stdio.h>

bool tenon_node_is_nothing(napi_env env, napi_value js) {
  napi_valuetype type = napi_undefined;
  return !js || napi_typeof(env, js, &type) != napi_ok || type == napi_undefined ||
         type == napi_null;
}

static bool is_exhausted(reading_t *reading) {
  return tenon_node_throw_status(reading->instance->env, TENON_STATUS_NO_RESOURCES);
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
  // Some at a time: a scope for each costs as much as a number.
  for (uint32_t index = 0; index < count;) {
    napi_handle_scope scope;
    bool is_read = true;
    if (napi_open_handle_scope(env, &scope) != napi_ok)
      return false;
    for (uint32_t end = count - index < 64 ? count : index + 64; is_read && index < end; index++) {
      path_t inner = {path, NULL, index};
      napi_value js;
      is_read = napi_get_element(env, array, index, &js) == napi_ok &&
                tenon_node_read(reading, element, js, &inner, data + (size_t)index * element->size);
    }
    napi_close_handle_scope(env, scope);
    if (!is_read)
      return false;
  }
  return true;
}

/** A Float64Array for a list of doubles, at once; false: it is none. */
static bool read_doubles(reading_t *reading, napi_value js, void *out) {
  napi_typedarray_type type;
  void *from;
  size_t count, offset;
  napi_value buffer;
  if (napi_get_typedarray_info(reading->instance->env, js, &type, &count, &from, &buffer,
                               &offset) != napi_ok ||
      type != napi_float64_array)
    return false;
  char *data = tenon_node_memory_take(reading->memory, count * sizeof(double) + 1);
  if (!data)
    return false;
  if (count > 0)
    memcpy(data, from, count * sizeof(double));
  memcpy(out, &data, sizeof data);
  memcpy((char *)out + sizeof data, &count, sizeof count);
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
    if (is_typed && type->kind == TENON_NODE_TYPE_LIST &&
        type->of->kind == TENON_NODE_TYPE_DOUBLE && read_doubles(reading, js, out))
      return true;
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
    return tenon_node_read_scalar(reading, type, js, path, out);
  }
}
