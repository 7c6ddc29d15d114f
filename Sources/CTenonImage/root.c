#include "tenon_root.h"

/* Hidden: each copy of Tenon has its own, and the note's distance to it is known when the copy is linked. */
__attribute__((visibility("hidden"), used)) tenon__inspect_root_t tenon__inspect_root = {
    .magic = TENON__INSPECT_MAGIC,
    .version = TENON__INSPECT_VERSION,
    .size = sizeof(tenon__inspect_root_t),
    .slot_size = 64,
    .table_count = TENON__INSPECT_TABLES_MAX,
};

__asm__(".pushsection .note.tenon, \"a\", %note\n"
        ".balign 4\n"
        ".long 6, 8, 2\n" /* the lengths of name and contents, and the type */
        ".asciz \"Tenon\"\n"
        ".balign 4\n"
        "0: .quad tenon__inspect_root - 0b\n"
        ".popsection\n");

void tenon__inspect_add_table(int place, const void *table) {
  if (place >= 0 && place < TENON__INSPECT_TABLES_MAX)
    __atomic_store_n(&tenon__inspect_root.tables[place], (uint64_t)(uintptr_t)table,
                     __ATOMIC_RELEASE);
}

/* Word by word, as many threads may enter the same at once. */
static void enter(uint32_t *to, const uint32_t *from, size_t size) {
  for (size_t index = 0; index < size / sizeof *to; index++)
    __atomic_store_n(&to[index], from[index], __ATOMIC_RELAXED);
}

void tenon__inspect_enter_executor(const tenon__inspect_executor_t *layout) {
  enter(&tenon__inspect_root.executor.counters, &layout->counters, sizeof *layout);
}

void tenon__inspect_enter_pool(const tenon__inspect_pool_t *layout) {
  enter(&tenon__inspect_root.pool.helpers, &layout->helpers, sizeof *layout);
}
