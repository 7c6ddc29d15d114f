/*
 * Copies of what stands in C's memory: for arguments of callbacks that come from other threads.
 */
#include "instance.h"

static size_t aligned(size_t size, size_t alignment) {
  return (size + alignment - 1) / alignment * alignment;
}

typedef struct list {
  const char *data;
  size_t count;
} list_t;

/** What a collection's elements are, one after the other. */
static size_t stride_of(const tenon_node_type_t *type, size_t *value_at_out) {
  if (type->kind != TENON_NODE_TYPE_DICTIONARY)
    return type->of->size;
  *value_at_out = aligned(type->of->size, type->value->alignment);
  size_t alignment =
      type->of->alignment > type->value->alignment ? type->of->alignment : type->value->alignment;
  return aligned(*value_at_out + type->value->size, alignment);
}

/** Calls `body` for what a struct has. */
static bool each_field(const tenon_node_type_t *type, const char *from,
                       bool (*body)(void *context, const tenon_node_field_t *field),
                       void *context) {
  uint32_t count = 0;
  const tenon_node_field_t *fields = NULL;
  int32_t number;
  if (type->kind == TENON_NODE_TYPE_RECORD) {
    const tenon_node_record_t *record = type->about;
    count = record->field_count;
    fields = record->fields;
  } else {
    memcpy(&number, from + sizeof(size_t), sizeof number);
    const tenon_node_case_t *one = tenon_node_find_case(type->about, number);
    if (one) {
      count = one->field_count;
      fields = one->fields;
    }
  }
  for (uint32_t index = 0; index < count; index++)
    if (!body(context, &fields[index]))
      return false;
  return true;
}

typedef struct copying {
  memory_t *memory;
  const char *from;
  char *to;
} copying_t;

static bool copy_field(void *context, const tenon_node_field_t *field) {
  const copying_t *copying = context;
  return tenon_node_copy(copying->memory, field->type, copying->from + field->offset,
                         copying->to + field->offset);
}

bool tenon_node_copy(memory_t *memory, const tenon_node_type_t *type, const void *from, void *to) {
  const tenon_node_type_t *inside = type->kind == TENON_NODE_TYPE_OPTIONAL ? type->of : type;
  size_t value_at = 0, size, stride;
  list_t list;
  copying_t copying = {memory, NULL, NULL};
  tenon_object_t *object;
  memcpy(to, from, type->size);
  if (type->size != inside->size)
    return true; // a scalar, or none
  switch (inside->kind) {
  case TENON_NODE_TYPE_STRING:
  case TENON_NODE_TYPE_BYTES:
    memcpy(&list, from, sizeof list);
    if (!list.data)
      return true;
    copying.to = tenon_node_memory_take(memory, list.count + 1);
    if (!copying.to)
      return false;
    memcpy(copying.to, list.data, list.count);
    memcpy(to, &copying.to, sizeof copying.to);
    return true;
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
  case TENON_NODE_TYPE_DICTIONARY:
    memcpy(&list, from, sizeof list);
    if (!list.data)
      return true;
    stride = stride_of(inside, &value_at);
    copying.to = tenon_node_memory_take(memory, list.count * stride + 1);
    if (!copying.to)
      return false;
    memcpy(to, &copying.to, sizeof copying.to);
    for (size_t index = 0; index < list.count; index++) {
      const char *source = list.data + index * stride;
      char *target = copying.to + index * stride;
      if (!tenon_node_copy(memory, inside->of, source, target) ||
          (inside->value &&
           !tenon_node_copy(memory, inside->value, source + value_at, target + value_at)))
        return false;
    }
    return true;
  case TENON_NODE_TYPE_RECORD:
  case TENON_NODE_TYPE_VARIANT:
    memcpy(&copying.from, from, sizeof copying.from);
    if (!copying.from)
      return true;
    memcpy(&size, copying.from, sizeof size);
    copying.to = tenon_node_memory_take(memory, size);
    if (!copying.to)
      return false;
    memcpy(copying.to, copying.from, size);
    memcpy(to, &copying.to, sizeof copying.to);
    return each_field(inside, copying.from, copy_field, &copying);
  case TENON_NODE_TYPE_OBJECT:
    memcpy(&object, from, sizeof object);
    return !object || tenon_object_retain(object) == TENON_STATUS_OK;
  default:
    return true;
  }
}

static bool end_field(void *context, const tenon_node_field_t *field) {
  tenon_node_copy_end(field->type, (const char *)context + field->offset);
  return true;
}

/** Gives the references to objects back; the memory goes by itself. */
void tenon_node_copy_end(const tenon_node_type_t *type, const void *from) {
  const tenon_node_type_t *inside = type->kind == TENON_NODE_TYPE_OPTIONAL ? type->of : type;
  size_t value_at = 0;
  list_t list;
  char *block;
  tenon_object_t *object;
  if (!from || type->size != inside->size)
    return;
  switch (inside->kind) {
  case TENON_NODE_TYPE_LIST:
  case TENON_NODE_TYPE_SET:
  case TENON_NODE_TYPE_DICTIONARY:
    memcpy(&list, from, sizeof list);
    for (size_t index = 0; list.data && index < list.count; index++) {
      const char *at = list.data + index * stride_of(inside, &value_at);
      tenon_node_copy_end(inside->of, at);
      if (inside->value)
        tenon_node_copy_end(inside->value, at + value_at);
    }
    break;
  case TENON_NODE_TYPE_RECORD:
  case TENON_NODE_TYPE_VARIANT:
    memcpy(&block, from, sizeof block);
    if (block)
      each_field(inside, block, end_field, block);
    break;
  case TENON_NODE_TYPE_OBJECT:
    memcpy(&object, from, sizeof object);
    if (object)
      tenon_object_release(object);
    break;
  default:
    break;
  }
}
