/* What Python gives, as C has it for the time of a call. */
#include "core.h"

#include <math.h>

/* ---- Numbers ---- */

static const struct {
  long long low;
  unsigned long long high;
  const char *range;
} ranges[] = {
    [KIND_I8] = {INT8_MIN, INT8_MAX, "in -128..127"},
    [KIND_I16] = {INT16_MIN, INT16_MAX, "in -32768..32767"},
    [KIND_I32] = {INT32_MIN, INT32_MAX, "in -2**31..2**31-1"},
    [KIND_I64] = {INT64_MIN, INT64_MAX, "in -2**63..2**63-1"},
    [KIND_U8] = {0, UINT8_MAX, "in 0..255"},
    [KIND_U16] = {0, UINT16_MAX, "in 0..65535"},
    [KIND_U32] = {0, UINT32_MAX, "in 0..2**32-1"},
    [KIND_U64] = {0, UINT64_MAX, "in 0..2**64-1"},
};

static int integer_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  if (!PyIndex_Check(value))
    return refuse(writer, path, PyExc_TypeError, value, "int");
  PyObject *index = PyNumber_Index(value);
  if (!index)
    return -1;
  unsigned long long bits;
  int out = 0;
  if (type->kind == KIND_U64) {
    bits = PyLong_AsUnsignedLongLong(index);
    out = bits == (unsigned long long)-1 && PyErr_Occurred();
  } else {
    long long number = PyLong_AsLongLong(index);
    out = (number == -1 && PyErr_Occurred()) || number < ranges[type->kind].low ||
          (number > 0 && (unsigned long long)number > ranges[type->kind].high);
    bits = (unsigned long long)number;
  }
  Py_DECREF(index);
  if (out)
    return refuse(writer, path, PyExc_OverflowError, NULL, ranges[type->kind].range);
  switch (type->size) {
  case 1:
    *(uint8_t *)at = (uint8_t)bits;
    break;
  case 2:
    *(uint16_t *)at = (uint16_t)bits;
    break;
  case 4:
    *(uint32_t *)at = (uint32_t)bits;
    break;
  default:
    *(uint64_t *)at = bits;
  }
  return 0;
}

static int duration_write(Writer *writer, PyObject *value, char *at, const Path *path) {
  if (PyObject_IsInstance(value, hooks.timedelta) != 1)
    return refuse(writer, path, PyExc_TypeError, value, "timedelta");
  static const char *const names[] = {"days", "seconds", "microseconds"};
  long long parts[3];
  for (int i = 0; i < 3; i++) {
    PyObject *part = PyObject_GetAttrString(value, names[i]);
    parts[i] = part ? PyLong_AsLongLong(part) : -1;
    Py_XDECREF(part);
    if (PyErr_Occurred())
      return -1;
  }
  if (parts[0] < -106751 || parts[0] > 106750)
    return refuse(writer, path, PyExc_OverflowError, NULL, "within 292 years");
  *(int64_t *)at = (parts[0] * 86400 + parts[1]) * 1000000000 + parts[2] * 1000;
  return 0;
}

static int date_write(Writer *writer, PyObject *value, char *at, const Path *path) {
  PyObject *since =
      PyObject_HasAttrString(value, "tzinfo") ? PyNumber_Subtract(value, hooks.epoch) : NULL;
  if (!since) {
    PyErr_Clear();
    return refuse(writer, path, PyExc_TypeError, value, "datetime with a time zone");
  }
  int answer = duration_write(writer, since, at, path);
  Py_DECREF(since);
  return answer;
}

static int uuid_write(Writer *writer, PyObject *value, char *at, const Path *path) {
  if (PyObject_IsInstance(value, hooks.uuid) != 1)
    return refuse(writer, path, PyExc_TypeError, value, "UUID");
  PyObject *bytes = PyObject_GetAttrString(value, "bytes");
  char *data = bytes ? PyBytes_AsString(bytes) : NULL;
  if (data && PyBytes_Size(bytes) == 16)
    memcpy(at, data, 16);
  Py_XDECREF(bytes);
  return data ? 0 : -1;
}

static int number_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  switch (type->kind) {
  case KIND_BOOL:
    if (!PyBool_Check(value))
      return refuse(writer, path, PyExc_TypeError, value, "bool");
    *(uint8_t *)at = value == Py_True;
    return 0;
  case KIND_F32:
  case KIND_F64: {
    if (!PyFloat_Check(value) && !PyIndex_Check(value) &&
        !PyObject_HasAttrString(value, "__float__"))
      return refuse(writer, path, PyExc_TypeError, value, "float");
    double number = PyFloat_AsDouble(value);
    if (number == -1 && PyErr_Occurred())
      return -1;
    if (type->kind == KIND_F64)
      return *(double *)at = number, 0;
    float single = (float)number;
    if (isinf(single) && !isinf(number))
      return refuse(writer, path, PyExc_OverflowError, NULL, "a 32-bit float");
    return *(float *)at = single, 0;
  }
  case KIND_DURATION:
    return duration_write(writer, value, at, path);
  case KIND_DATE:
    return date_write(writer, value, at, path);
  case KIND_UUID:
    return uuid_write(writer, value, at, path);
  case KIND_ENUMERATION: {
    if (PyObject_IsInstance(value, type->cls) != 1) {
      PyObject *name = PyType_GetName((PyTypeObject *)type->cls);
      const char *wanted = name ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
      refuse(writer, path, PyExc_TypeError, value, wanted ? wanted : "an enum");
      Py_XDECREF(name);
      return -1;
    }
    long number = PyLong_AsLong(value);
    if (number == -1 && PyErr_Occurred())
      return -1;
    return *(int32_t *)at = (int32_t)number, 0;
  }
  default:
    return integer_write(writer, type, value, at, path);
  }
}

/* ---- Text, bytes, collections ---- */

static int text_write(Writer *writer, PyObject *value, Span *span, const Path *path) {
  if (!PyUnicode_Check(value))
    return refuse(writer, path, PyExc_TypeError, value, "str");
  Py_ssize_t size;
  const char *text = PyUnicode_AsUTF8AndSize(value, &size);
  if (!text)
    return refuse(writer, path, PyExc_ValueError, NULL, "text without lone surrogates");
  span->data = text;
  span->count = (size_t)size;
  return writer_keep(writer, Py_NewRef(value));
}

/* Keeps a buffer's memory where it is, by a memoryview of it. */
static int buffer_write(Writer *writer, PyObject *value, Span *span, const char *format,
                        Py_ssize_t size, const Path *path) {
  PyObject *view = PyMemoryView_FromObject(value);
  if (!view)
    return refuse(writer, path, PyExc_TypeError, value, "bytes or another buffer");
  Py_buffer buffer;
  if (PyObject_GetBuffer(view, &buffer,
                         format ? PyBUF_FORMAT | PyBUF_C_CONTIGUOUS : PyBUF_SIMPLE)) {
    Py_DECREF(view);
    return refuse(writer, path, PyExc_TypeError, value, "a contiguous buffer");
  }
  int fits = !format || (buffer.ndim == 1 && buffer.itemsize == size && buffer.format &&
                         strcmp(buffer.format + (*buffer.format == '@' || *buffer.format == '<'),
                                format) == 0);
  span->data = buffer.buf ? buffer.buf : ""; /* NULL would say that there is none */
  span->count = (size_t)(buffer.len / (size ? size : 1));
  PyBuffer_Release(&buffer); /* the view holds it */
  if (!fits)
    return Py_DECREF(view), 1;
  return writer_keep(writer, view);
}

/* Lists of numbers are taken from arrays of them as they are. */
static int array_write(Writer *writer, Type *element, PyObject *value, Span *span,
                       const Path *path) {
  static const char *const formats[] = {
      [KIND_I8] = "b",  [KIND_I16] = "h", [KIND_I32] = "i", [KIND_I64] = "l", [KIND_U8] = "B",
      [KIND_U16] = "H", [KIND_U32] = "I", [KIND_U64] = "L", [KIND_F32] = "f", [KIND_F64] = "d"};
  if (element->kind < KIND_I8 || element->kind > KIND_F64 || PyList_Check(value) ||
      PyTuple_Check(value) || !PyObject_CheckBuffer(value))
    return 1;
  int answer = buffer_write(writer, value, span, formats[element->kind], element->size, path);
  if (answer == 1 && element->size == 8 && element->kind != KIND_F64)
    answer = buffer_write(writer, value, span, element->kind == KIND_I64 ? "q" : "Q", 8, path);
  return answer;
}

static int items_write(Writer *writer, Type *element, PyObject *items, Span *span,
                       const Path *path) {
  Py_ssize_t count = PyTuple_Size(items);
  char *data = writer_take(writer, (size_t)(count * element->size) + 1);
  if (!data || writer_keep(writer, Py_NewRef(items)))
    return -1;
  for (Py_ssize_t i = 0; i < count; i++) {
    Path inner = {path, NULL, i};
    if (field_write(writer, element, PyTuple_GetItem(items, i), data + i * element->size, &inner))
      return -1;
  }
  span->data = data;
  span->count = (size_t)count;
  return 0;
}

static int list_write(Writer *writer, Type *type, PyObject *value, Span *span, const Path *path) {
  int is_set = type->kind == KIND_SET;
  if (!is_set) {
    int answer = array_write(writer, type->of[0], value, span, path);
    if (answer <= 0)
      return answer;
  }
  /* A str is a sequence of them, but is never meant as one. */
  if (PyUnicode_Check(value) || PyBytes_Check(value) ||
      (is_set ? !PyAnySet_Check(value) : !PySequence_Check(value)))
    return refuse(writer, path, PyExc_TypeError, value, is_set ? "a set" : "a sequence");
  PyObject *items = PySequence_Tuple(value);
  if (!items)
    return -1;
  int answer = items_write(writer, type->of[0], items, span, path);
  Py_DECREF(items);
  return answer;
}

static int dict_write(Writer *writer, Type *type, PyObject *value, Span *span, const Path *path) {
  Type *key = type->of[0], *of = type->of[1];
  if (!PyMapping_Check(value) || PySequence_Check(value))
    return refuse(writer, path, PyExc_TypeError, value, "a mapping");
  PyObject *items = PyMapping_Items(value);
  if (!items)
    return -1;
  if (writer_keep(writer, items))
    return -1;
  Py_ssize_t count = PyList_Size(items),
             alignment = key->alignment > of->alignment ? key->alignment : of->alignment;
  Py_ssize_t value_at = (key->size + of->alignment - 1) / of->alignment * of->alignment;
  Py_ssize_t stride = (value_at + of->size + alignment - 1) / alignment * alignment;
  char *data = writer_take(writer, (size_t)(count * stride) + 1);
  if (!data)
    return -1;
  for (Py_ssize_t i = 0; i < count; i++) {
    PyObject *pair = PyList_GetItem(items, i);
    if (!pair || !PyTuple_Check(pair) || PyTuple_Size(pair) != 2)
      return refuse(writer, path, PyExc_TypeError, value, "a mapping");
    Path inner = {path, NULL, i};
    if (field_write(writer, key, PyTuple_GetItem(pair, 0), data + i * stride, &inner))
      return -1;
    if (field_write(writer, of, PyTuple_GetItem(pair, 1), data + i * stride + value_at, &inner))
      return -1;
  }
  span->data = data;
  span->count = (size_t)count;
  return 0;
}

/* ---- Records ---- */

static int wrong_class(Writer *writer, Type *type, PyObject *value, const Path *path) {
  PyObject *name = PyType_GetName((PyTypeObject *)type->cls);
  const char *wanted = name ? PyUnicode_AsUTF8AndSize(name, NULL) : NULL;
  refuse(writer, path, PyExc_TypeError, value, wanted ? wanted : "another class");
  Py_XDECREF(name);
  return -1;
}

static int fields_write(Writer *writer, const Fields *fields, PyObject *value, char *record,
                        const Path *path) {
  for (Py_ssize_t i = 0; i < fields->count; i++) {
    const Field *field = &fields->items[i];
    Path inner = {path, field->name, 0};
    PyObject *part = PyObject_GetAttr(value, field->name);
    if (!part)
      return refuse(writer, &inner, PyExc_AttributeError, NULL, "set");
    int failed = field_write(writer, field->type, part, record + field->offset, &inner);
    if (writer_keep(writer, part) || failed)
      return -1;
  }
  return 0;
}

int record_write(Writer *writer, Type *type, PyObject *value, char *record, const Path *path) {
  *(size_t *)record = (size_t)type->record_size;
  if (type->kind == KIND_RECORD) {
    int is = PyObject_IsInstance(value, type->cls);
    if (is != 1)
      return is < 0 ? -1 : wrong_class(writer, type, value, path);
    return fields_write(writer, &type->fields, value, record, path);
  }
  Case *one = case_of(type, value);
  if (!one)
    return wrong_class(writer, type, value, path);
  *(int32_t *)(record + 8) = one->number;
  return fields_write(writer, &one->fields, value, record, path);
}

static int block_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  if (Py_EnterRecursiveCall(" while a record is written"))
    return -1;
  char *record = writer_take(writer, (size_t)type->record_size);
  int failed = !record || record_write(writer, type, value, record, path);
  Py_LeaveRecursiveCall();
  *(char **)at = record;
  return failed ? -1 : 0;
}

/* ---- Any type ---- */

int field_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  switch (type->kind) {
  case KIND_STRING:
    return text_write(writer, value, (Span *)at, path);
  case KIND_BYTES:
    return buffer_write(writer, value, (Span *)at, NULL, 0, path);
  case KIND_LIST:
  case KIND_SET:
    return list_write(writer, type, value, (Span *)at, path);
  case KIND_DICT:
    return dict_write(writer, type, value, (Span *)at, path);
  case KIND_RECORD:
  case KIND_VARIANT:
  case KIND_ERROR:
    return block_write(writer, type, value, at, path);
  case KIND_OBJECT: {
    int is = PyObject_IsInstance(value, type->cls);
    if (is != 1)
      return is < 0 ? -1 : wrong_class(writer, type, value, path);
    *(tenon_object_t **)at = ((Object *)value)->handle;
    return writer_keep(writer, Py_NewRef(value));
  }
  case KIND_CLOSURE:
  case KIND_INTERFACE:
    return closure_write(writer, type, value, at, path);
  case KIND_STREAM:
    return stream_write(writer, type, value, at, path);
  case KIND_OPTIONAL:
    if (value == Py_None)
      return 0;
    if (type->of[0]->kind >= KIND_STRING)
      return field_write(writer, type->of[0], value, at, path);
    *(uint8_t *)at = 1;
    return number_write(writer, type->of[0], value, at + type->of[0]->alignment, path);
  default:
    return number_write(writer, type, value, at, path);
  }
}

int parameter_write(Writer *writer, Type *type, PyObject *value, char *words, const Path *path) {
  Type *inside = type->kind == KIND_OPTIONAL ? type->of[0] : type;
  if (type->kind == KIND_OPTIONAL && value == Py_None)
    return 0;
  if (inside->kind == KIND_STRING) {
    Span span = {NULL, 0};
    if (text_write(writer, value, &span, path))
      return -1;
    if (memchr(span.data, 0, span.count))
      return refuse(writer, path, PyExc_ValueError, NULL, "text without NUL");
    *(const void **)words = span.data;
    return 0;
  }
  if (inside->kind == KIND_CLOSURE) {
    char *callback = writer_take(writer, 24);
    *(char **)words = callback;
    return callback ? closure_write(writer, inside, value, callback, path) : -1;
  }
  if (type->kind == KIND_OPTIONAL && inside->kind < KIND_STRING) {
    char *number = writer_take(writer, 16);
    *(char **)words = number;
    return number ? number_write(writer, inside, value, number, path) : -1;
  }
  return field_write(writer, inside, value, words, path);
}
