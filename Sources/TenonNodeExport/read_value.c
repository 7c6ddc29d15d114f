/*
 * From JavaScript to a value: what a callback answers, and an item of a stream.
 */
#include "instance.h"

bool tenon_node_read_value(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                           const path_t *path, tenon_value_t *value_out) {
  napi_env env = reading->instance->env;
  union {
    bool boolean;
    int8_t i8;
    int16_t i16;
    int32_t i32;
    int64_t i64;
    uint64_t u64;
    float single;
    double number;
    tenon_string_t text;
    tenon_object_t *object;
    void *block;
    unsigned char uuid[16];
    void *words[4];
  } place = {.words = {NULL}};
  tenon_status_t status = TENON_STATUS_OK;
  *value_out = tenon_value_none();
  if (type->kind == TENON_NODE_TYPE_OPTIONAL) {
    if (tenon_node_is_nothing(env, js))
      return true;
    type = type->of;
  }
  if (!tenon_node_read(reading, type, js, path, &place))
    return false;
  switch (type->kind) {
  case TENON_NODE_TYPE_VOID:
    return true;
  case TENON_NODE_TYPE_BOOL:
    *value_out = tenon_value_boolean(place.boolean);
    return true;
  case TENON_NODE_TYPE_FLOAT:
    *value_out = tenon_value_f64((double)place.single);
    return true;
  case TENON_NODE_TYPE_DOUBLE:
    *value_out = tenon_value_f64(place.number);
    return true;
  case TENON_NODE_TYPE_INT8:
    *value_out = tenon_value_i64(place.i8);
    return true;
  case TENON_NODE_TYPE_INT16:
    *value_out = tenon_value_i64(place.i16);
    return true;
  case TENON_NODE_TYPE_INT32:
  case TENON_NODE_TYPE_ENUMERATION:
    *value_out = tenon_value_i64(place.i32);
    return true;
  case TENON_NODE_TYPE_UINT8:
  case TENON_NODE_TYPE_UINT16:
  case TENON_NODE_TYPE_UINT32:
  case TENON_NODE_TYPE_UINT64:
    *value_out = tenon_value_u64(place.u64);
    return true;
  case TENON_NODE_TYPE_STRING:
    status = tenon_value_copy_string(place.text.data, place.text.size, value_out);
    break;
  case TENON_NODE_TYPE_BYTES:
    status = tenon_value_copy_bytes(place.text.data, place.text.size, value_out);
    break;
  case TENON_NODE_TYPE_UUID:
    status = tenon_value_copy_bytes(place.uuid, sizeof place.uuid, value_out);
    break;
  case TENON_NODE_TYPE_OBJECT:
    status = tenon_object_retain(place.object);
    if (status == TENON_STATUS_OK)
      status = tenon_value_adopt_object(place.object, value_out);
    break;
  case TENON_NODE_TYPE_RECORD:
  case TENON_NODE_TYPE_VARIANT:
    status = type->make_value ? type->make_value(place.block, value_out) : TENON_STATUS_UNSUPPORTED;
    break;
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
  case TENON_NODE_TYPE_DICTIONARY:
    status = type->make_value ? type->make_value(&place, value_out) : TENON_STATUS_UNSUPPORTED;
    break;
  default:
    *value_out = tenon_value_i64(place.i64);
    return true;
  }
  return status == TENON_STATUS_OK || tenon_node_throw_status(env, status);
}
