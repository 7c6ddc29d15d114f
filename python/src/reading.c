/* What Swift gives, as Python objects. */
#include "core.h"

static Py_ssize_t aligned(Py_ssize_t at, Py_ssize_t alignment) {
  return (at + alignment - 1) / alignment * alignment;
}

/* One that somebody else holds. */
static PyObject *object_retain(Type *type, tenon_object_t *handle) {
  if (handle && type->library->api->tenon_object_retain(handle) != TENON_STATUS_OK)
    return PyErr_Format(PyExc_SystemError, "an object has gone");
  return object_adopt(type, handle);
}

static PyObject *duration_read(int64_t ns) {
  int64_t seconds = ns / 1000000000, rest = ns % 1000000000;
  return PyObject_CallFunction(hooks.timedelta, "iLL", 0, (long long)seconds,
                               (long long)(rest / 1000));
}

static PyObject *date_read(int64_t ns) {
  PyObject *since = duration_read(ns);
  PyObject *date = since ? PyNumber_Add(hooks.epoch, since) : NULL;
  Py_XDECREF(since);
  return date;
}

static PyObject *uuid_read(const char *bytes) {
  return PyObject_CallFunction(hooks.uuid, "Oy#", Py_None, bytes, (Py_ssize_t)16);
}

static PyObject *number_read(Type *type, const char *at) {
  switch (type->kind) {
  case KIND_BOOL:
    return PyBool_FromLong(*(const uint8_t *)at);
  case KIND_I8:
    return PyLong_FromLong(*(const int8_t *)at);
  case KIND_I16:
    return PyLong_FromLong(*(const int16_t *)at);
  case KIND_I32:
    return PyLong_FromLong(*(const int32_t *)at);
  case KIND_I64:
    return PyLong_FromLongLong(*(const int64_t *)at);
  case KIND_U8:
    return PyLong_FromLong(*(const uint8_t *)at);
  case KIND_U16:
    return PyLong_FromLong(*(const uint16_t *)at);
  case KIND_U32:
    return PyLong_FromUnsignedLong(*(const uint32_t *)at);
  case KIND_U64:
    return PyLong_FromUnsignedLongLong(*(const uint64_t *)at);
  case KIND_F32:
    return PyFloat_FromDouble(*(const float *)at);
  case KIND_F64:
    return PyFloat_FromDouble(*(const double *)at);
  case KIND_DURATION:
    return duration_read(*(const int64_t *)at);
  case KIND_DATE:
    return date_read(*(const int64_t *)at);
  case KIND_UUID:
    return uuid_read(at);
  default:
    return PyObject_CallFunction(type->cls, "i", *(const int32_t *)at);
  }
}

static PyObject *list_read(Type *element, const Span *span) {
  PyObject *list = PyList_New((Py_ssize_t)span->count);
  for (size_t i = 0; list && i < span->count; i++) {
    PyObject *item = field_read(element, (const char *)span->data + i * (size_t)element->size);
    if (!item || PyList_SetItem(list, (Py_ssize_t)i, item)) {
      Py_DECREF(list);
      return NULL;
    }
  }
  return list;
}

static PyObject *set_read(Type *element, const Span *span) {
  PyObject *list = list_read(element, span);
  if (!list)
    return NULL;
  PyObject *set = PySet_New(list);
  Py_DECREF(list);
  return set;
}

static PyObject *dict_read(Type *key_type, Type *value_type, const Span *span) {
  Py_ssize_t value_at = aligned(key_type->size, value_type->alignment);
  Py_ssize_t alignment =
      key_type->alignment > value_type->alignment ? key_type->alignment : value_type->alignment;
  Py_ssize_t stride = aligned(value_at + value_type->size, alignment);
  PyObject *dict = PyDict_New();
  for (size_t i = 0; dict && i < span->count; i++) {
    const char *entry = (const char *)span->data + i * (size_t)stride;
    PyObject *key = field_read(key_type, entry),
             *value = key ? field_read(value_type, entry + value_at) : NULL;
    int failed = !value || PyDict_SetItem(dict, key, value);
    Py_XDECREF(key);
    Py_XDECREF(value);
    if (failed)
      SET(dict, NULL);
  }
  return dict;
}

static PyObject *fields_read(PyObject *cls, const Fields *fields, const char *record) {
  allocfunc allocate = (allocfunc)PyType_GetSlot((PyTypeObject *)cls, Py_tp_alloc);
  PyObject *object = allocate((PyTypeObject *)cls, 0);
  for (Py_ssize_t i = 0; object && i < fields->count; i++) {
    const Field *field = &fields->items[i];
    PyObject *value = field_read(field->type, record + field->offset);
    /* Not by the class's own __setattr__, which refuses if it is frozen. */
    if (!value || PyObject_GenericSetAttr(object, field->name, value))
      SET(object, NULL);
    Py_XDECREF(value);
  }
  return object;
}

PyObject *record_read(Type *type, const char *record) {
  return fields_read(type->cls, &type->fields, record);
}

PyObject *case_read(Type *type, const char *record) {
  int32_t number = *(const int32_t *)(record + 8);
  for (Py_ssize_t i = 0; i < type->count; i++) {
    Case *one = &type->cases[i];
    if (one->number != number)
      continue;
    if (type->kind != KIND_ERROR)
      return fields_read(one->cls, &one->fields, record);
    PyObject *arguments = PyTuple_New(one->fields.count), *object = NULL;
    for (Py_ssize_t j = 0; arguments && j < one->fields.count; j++) {
      PyObject *value = field_read(one->fields.items[j].type, record + one->fields.items[j].offset);
      if (!value || PyTuple_SetItem(arguments, j, value))
        SET(arguments, NULL);
    }
    if (arguments)
      object = PyObject_Call(one->cls, arguments, NULL);
    Py_XDECREF(arguments);
    return object;
  }
  return PyErr_Format(PyExc_ValueError, "%R has no case %d: the library is newer", type->cls,
                      (int)number);
}

PyObject *field_read(Type *type, const char *at) {
  const Span *span = (const Span *)at;
  switch (type->kind) {
  case KIND_VOID:
    Py_RETURN_NONE;
  case KIND_STRING:
    return PyUnicode_DecodeUTF8(span->data, (Py_ssize_t)span->count, NULL);
  case KIND_BYTES:
    return PyBytes_FromStringAndSize(span->data, (Py_ssize_t)span->count);
  case KIND_LIST:
    return list_read(type->of[0], span);
  case KIND_SET:
    return set_read(type->of[0], span);
  case KIND_DICT:
    return dict_read(type->of[0], type->of[1], span);
  case KIND_RECORD:
    return record_read(type, *(const char *const *)at);
  case KIND_VARIANT:
  case KIND_ERROR:
    return case_read(type, *(const char *const *)at);
  case KIND_OBJECT:
    return object_retain(type, *(tenon_object_t *const *)at);
  case KIND_OPTIONAL:
    if (type->of[0]->kind < KIND_STRING) {
      if (!*(const uint8_t *)at)
        Py_RETURN_NONE;
      return number_read(type->of[0], at + type->of[0]->alignment);
    }
    if (!*(const void *const *)at)
      Py_RETURN_NONE;
    return field_read(type->of[0], at);
  default:
    if (type->kind < KIND_STRING)
      return number_read(type, at);
    return PyErr_Format(PyExc_SystemError, "this cannot be read");
  }
}

Py_ssize_t parameter_words(Type *type) {
  if (type->kind == KIND_UUID)
    return 2;
  Kind kind = type->kind == KIND_OPTIONAL ? type->of[0]->kind : type->kind;
  return kind == KIND_BYTES || kind == KIND_LIST || kind == KIND_SET || kind == KIND_DICT ? 2 : 1;
}

/* What a callback is given: lent. */
PyObject *parameter_read(Type *type, const char *words) {
  Type *inside = type->kind == KIND_OPTIONAL ? type->of[0] : type;
  const void *pointer = *(const void *const *)words;
  if (type->kind == KIND_OPTIONAL && !pointer)
    Py_RETURN_NONE;
  if (inside->kind == KIND_STRING)
    return PyUnicode_FromString(pointer);
  if (type->kind == KIND_OPTIONAL && inside->kind < KIND_STRING)
    return number_read(inside, pointer);
  return field_read(inside, words);
}

static PyObject *pointer_read(Type *type, Library *library, tenon_value_t *value) {
  if (type->kind == KIND_OBJECT) {
    tenon_object_t *handle = NULL;
    if (library->api->tenon_value_get_object(value, &handle) != TENON_STATUS_OK)
      return PyErr_Format(PyExc_SystemError, "the library gave no object");
    return object_retain(type, handle);
  }
  const char *block = value->as.pointer.address;
  if (type->kind == KIND_RECORD)
    return record_read(type, block);
  if (type->kind == KIND_VARIANT || type->kind == KIND_ERROR)
    return case_read(type, block);
  return field_read(type, block);
}

static PyObject *integer_read(Type *type, int64_t number) {
  if (type->kind == KIND_DURATION)
    return duration_read(number);
  if (type->kind == KIND_DATE)
    return date_read(number);
  if (type->kind == KIND_ENUMERATION)
    return PyObject_CallFunction(type->cls, "L", (long long)number);
  return PyLong_FromLongLong(number);
}

PyObject *value_read(Type *type, Library *library, tenon_value_t *value) {
  const Api *api = library->api;
  Type *inside = type->kind == KIND_OPTIONAL ? type->of[0] : type;
  PyObject *object = NULL;
  const void *data = NULL;
  size_t size = 0;
  switch (value->kind) {
  case TENON_VALUE_NONE:
    object = Py_NewRef(Py_None);
    break;
  case TENON_VALUE_BOOLEAN:
    object = PyBool_FromLong(value->as.boolean);
    break;
  case TENON_VALUE_I64:
    object = integer_read(inside, value->as.i64);
    break;
  case TENON_VALUE_U64:
    object = PyLong_FromUnsignedLongLong(value->as.u64);
    break;
  case TENON_VALUE_F64:
    object = PyFloat_FromDouble(value->as.f64);
    break;
  case TENON_VALUE_STRING:
    api->tenon_value_get_data(value, &data, &size);
    object = PyUnicode_DecodeUTF8(data, (Py_ssize_t)size, "replace");
    break;
  case TENON_VALUE_BYTES:
    api->tenon_value_get_data(value, &data, &size);
    object = inside->kind == KIND_UUID && size == 16 ? uuid_read(data) : buffer_adopt(api, value);
    break;
  case TENON_VALUE_POINTER:
    object = pointer_read(inside, library, value);
    break;
  default:
    PyErr_SetString(PyExc_SystemError, "the library gave a value of an unknown kind");
  }
  api->tenon_value_drop(value);
  return object;
}
