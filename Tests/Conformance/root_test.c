/*
 * What a debugger, or another process, finds without any help of Tenon's: see Sources/CTenonRoot. The layouts are
 * written here once more, as those who look from outside are built apart.
 */
#define _GNU_SOURCE
#include "../Inspect/root_of.h"
#include "check.h"

typedef struct root {
  char magic[16];
  uint32_t version, size, slot_size, table_count;
  const uint64_t *tables[16];
  const uint64_t *notes[17];
  uint64_t sleepers[1 + 30 * 3];
  uint32_t executor[8];
  uint32_t pool[10];
  uint64_t record[7];
} root_t;

typedef struct search {
  uint64_t handle;
  int found;
} search_t;

/* The slot that a handle names, in this copy of Tenon: its life is the same. */
static bool has_slot(const root_t *root, int place, uint64_t handle) {
  const uint64_t *table = root->tables[place];
  uint64_t index = handle & 0xffffffff;
  if (!table || index >= table[5])
    return false;
  uint64_t word = *(const uint64_t *)(uintptr_t)(table[1] + index * root->slot_size);
  return (word ^ handle) >> 38 == 0;
}

static int look_into(struct dl_phdr_info *object, size_t size, void *context) {
  search_t *search = context;
  const root_t *root = root_of(object);
  (void)size;
  if (!root)
    return 0;
  CHECK_TEXT("tenon inspect 1", root->magic);
  CHECK_COUNT(1, root->version);
  CHECK_COUNT(sizeof(root_t), root->size);
  CHECK_COUNT(16, root->table_count);
  search->found += has_slot(root, 0, search->handle);
  return 0;
}

CASE(an_elf_note_leads_to_the_slots_of_what_is_alive) {
  tenon_promise_t *promise;
  tenon_future_t *future;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  search_t search = {(uint64_t)(uintptr_t)future, 0};
  dl_iterate_phdr(look_into, &search);
  CHECK_COUNT(1, search.found);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  // It has ended, and so has the life of its slot.
  search.found = 0;
  dl_iterate_phdr(look_into, &search);
  CHECK_COUNT(0, search.found);
}
