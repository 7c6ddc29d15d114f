/* What generated code does in line: looking up the object behind a handle, which is what a method call costs beside the method,
 * and memory for blocks. Swift's ObjectSlot says what the words mean, and has all that is rare. */
#ifndef TENON_CEXPORT_H
#define TENON_CEXPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* The table of objects: how many slots it has, and where. All zero until there is an object. */
typedef struct tenon__objects {
  uintptr_t count;
  uintptr_t base;
} tenon__objects_t;

/* What the table is, from the first object on. */
extern const tenon__objects_t *tenon__objects;
void tenon__set_objects(const void *objects);
static inline bool tenon__has_objects(void) {
  return __atomic_load_n(&tenon__objects, __ATOMIC_RELAXED)->count != 0;
}

typedef struct tenon__object_slot {
  uintptr_t word;
  uint32_t next_free;
  uint32_t executor;
  void *pointer;
  const void *type;
  uint64_t others[4];
} tenon__object_slot_t;

/* In the word, whose upper half is that of the object's handle: one call that holds the object. Below are the references. */
#define TENON__HOLD ((uint32_t)1 << 26)

/* A slot whose object is held, and its word before that. */
typedef struct tenon__held {
  void *slot;
  uintptr_t word;
} tenon__held_t;

/* The slot of an object that nobody holds, held from now on: its object stays until it is let go of, whatever others release.
 * NULL: not so simple. */
static inline tenon__held_t tenon__hold_object(uintptr_t handle) {
  const tenon__objects_t *objects = __atomic_load_n(&tenon__objects, __ATOMIC_ACQUIRE);
  tenon__held_t held = {NULL, 0};
  uint32_t index = (uint32_t)handle;
  if (index >= __atomic_load_n(&objects->count, __ATOMIC_ACQUIRE))
    return held;
  tenon__object_slot_t *slot =
      (tenon__object_slot_t *)__atomic_load_n(&objects->base, __ATOMIC_RELAXED) + index;
  held.word = __atomic_load_n(&slot->word, __ATOMIC_RELAXED);
  /* The life and the kind; then that it has references, and nobody holds it. */
  if (__builtin_expect((held.word ^ handle) >> 32 != 0, 0) ||
      __builtin_expect((uint32_t)held.word - 1 >= TENON__HOLD - 1, 0))
    return held;
  uintptr_t word = held.word;
  if (__atomic_compare_exchange_n(&slot->word, &word, word + TENON__HOLD, false, __ATOMIC_ACQUIRE,
                                  __ATOMIC_RELAXED))
    held.slot = slot;
  return held;
}

/* Its end; false: others came meanwhile, and it takes more than that. */
static inline bool tenon__let_go_of_object(tenon__held_t held) {
  tenon__object_slot_t *slot = (tenon__object_slot_t *)held.slot;
  uintptr_t word = held.word + TENON__HOLD;
  return __atomic_compare_exchange_n(&slot->word, &word, held.word, false, __ATOMIC_RELEASE,
                                     __ATOMIC_RELAXED);
}

static inline const void *tenon__type_of_held(const void *held) {
  return ((const tenon__object_slot_t *)held)->type;
}
__attribute__((returns_nonnull)) static inline void *tenon__object_held(const void *held) {
  return ((const tenon__object_slot_t *)held)->pointer;
}

/* Memory for a block. NULL is for nobody: where Swift has none it ends the process, too. */
__attribute__((returns_nonnull)) static inline void *tenon__block(size_t size) {
  void *block = malloc(size);
  if (!block)
    abort();
  return block;
}
static inline void tenon__free_block(void *block) { free(block); }

#endif
