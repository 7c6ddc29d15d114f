#include "CExport.h"

_Static_assert(sizeof(tenon__object_slot_t) == 64, "a slot is 64 bytes");

static const tenon__objects_t none;
const tenon__objects_t *tenon__objects = &none;

void tenon__set_objects(const void *objects) {
  __atomic_store_n(&tenon__objects, (const tenon__objects_t *)objects, __ATOMIC_RELEASE);
}
