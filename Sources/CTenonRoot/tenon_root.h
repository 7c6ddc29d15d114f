/*
 * Where what Tenon keeps is found from outside: by a debugger, by another process, in a core file.
 *
 * Each shared object or program that has Tenon in it carries an ELF note, of the name "Tenon" and the type 2, which
 * no stripping takes away and the program headers lead to. Its eight bytes are the distance from themselves to the
 * root. Nothing of it costs anything while Tenon works: a table enters itself when it gets its addresses, once.
 */
#ifndef TENON_ROOT_H
#define TENON_ROOT_H

#include <stddef.h>
#include <stdint.h>

#define TENON__INSPECT_NOTE_NAME "Tenon"
#define TENON__INSPECT_NOTE_TYPE 2
#define TENON__INSPECT_MAGIC "tenon inspect 1"
/* Another one for each change that is not just a field more at the end. */
#define TENON__INSPECT_VERSION 1
#define TENON__INSPECT_TABLES_MAX 16

/*
 * What a table keeps, word by word. Slots are consecutive from `base`, slot_size bytes each; those below `fresh` were taken once.
 * A slot begins with a word (the mark and generation of its life in bits 38...63, the rest its noun's), 32 bits of its free
 * list, and 32 bits that name its executor. See Sources/Tenon/Core/Slots.
 */
typedef struct tenon__inspect_table {
  uint64_t count;            /* slots that have memory; 0 in a fork's child */
  uint64_t base;             /* the address of the first one */
  uint64_t first_generation; /* of a slot that was never given back */
  uint64_t free_head;        /* a tag, and index + 1 of the first free one in the lower half */
  uint64_t free_count;       /* about */
  uint64_t fresh;            /* the first slot that was never taken */
} tenon__inspect_table_t;

enum { tenon__inspect_fresh_offset = offsetof(tenon__inspect_table_t, fresh) };

typedef struct tenon__inspect_root {
  char magic[16];
  uint32_t version;
  uint32_t size; /* of this structure */
  uint32_t slot_size;
  uint32_t table_count; /* entries of `tables` */
  /* By place: futures, registrations, errors, executors, scopes, objects, sinks, streams, publishers, latest values. 0: nothing of
   * that kind was ever made. */
  uint64_t tables[TENON__INSPECT_TABLES_MAX];
} tenon__inspect_root_t;

/* Enters a table, which is there as long as the process. */
void tenon__inspect_add_table(int place, const void *table);

#endif
