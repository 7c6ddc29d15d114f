/* What callbacks and streams of Python's give, as values. */
#include "core.h"

int value_write(Type *type, Library *library, PyObject *object, tenon_value_t *value) {
  const Api *api = library->api;
  Type *inside = type->kind == KIND_OPTIONAL ? type->of[0] : type;
  *value = tenon_value_none();
  if (type->kind == KIND_VOID || (type->kind == KIND_OPTIONAL && object == Py_None))
    return 0;
  char field[32] __attribute__((aligned(16))) = {0};
  Writer writer;
  writer_init(&writer, library, NULL, "callback");
  PyObject *name = PyUnicode_FromString("result");
  Path path = {NULL, name, 0};
  int failed = field_write(&writer, inside, object, field, &path);
  Span *span = (Span *)field;
  tenon_status_t status = TENON_STATUS_OK;
  if (!failed)
    switch (inside->kind) {
    case KIND_BOOL:
      *value = tenon_value_boolean(*(uint8_t *)field);
      break;
    case KIND_F32:
      *value = tenon_value_f64(*(float *)field);
      break;
    case KIND_F64:
      *value = tenon_value_f64(*(double *)field);
      break;
    case KIND_I8:
      *value = tenon_value_i64(*(int8_t *)field);
      break;
    case KIND_I16:
      *value = tenon_value_i64(*(int16_t *)field);
      break;
    case KIND_I32:
    case KIND_ENUMERATION:
      *value = tenon_value_i64(*(int32_t *)field);
      break;
    case KIND_I64:
    case KIND_DURATION:
    case KIND_DATE:
      *value = tenon_value_i64(*(int64_t *)field);
      break;
    case KIND_U8:
      *value = tenon_value_u64(*(uint8_t *)field);
      break;
    case KIND_U16:
      *value = tenon_value_u64(*(uint16_t *)field);
      break;
    case KIND_U32:
      *value = tenon_value_u64(*(uint32_t *)field);
      break;
    case KIND_U64:
      *value = tenon_value_u64(*(uint64_t *)field);
      break;
    case KIND_UUID:
      status = api->tenon_value_copy_bytes(field, 16, value);
      break;
    case KIND_STRING:
      status = api->tenon_value_copy_string(span->data, span->count, value);
      break;
    case KIND_BYTES:
      status = api->tenon_value_copy_bytes(span->data, span->count, value);
      break;
    case KIND_LIST:
    case KIND_SET:
    case KIND_DICT:
      status = inside->make_value ? inside->make_value(field, value) : TENON_STATUS_UNSUPPORTED;
      break;
    default:
      status = inside->make_value ? inside->make_value(*(void **)field, value)
                                  : TENON_STATUS_UNSUPPORTED;
    }
  writer_end(&writer, 1);
  Py_XDECREF(name);
  if (status != TENON_STATUS_OK)
    raise_status(api, status, "a callback's result");
  return PyErr_Occurred() ? -1 : 0;
}
