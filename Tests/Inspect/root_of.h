/**
 * @file root_of.h
 *
 * The way that debuggers go to what a copy of Tenon says of itself, inside of the process: see Sources/CTenonRoot.
 */
#ifndef INSPECT_ROOT_OF_H
#define INSPECT_ROOT_OF_H

#include <link.h>
#include <stdint.h>
#include <string.h>

/** Where the note of this object leads to; NULL: it has no copy of Tenon. Needs _GNU_SOURCE. */
static inline void *root_of(const struct dl_phdr_info *object) {
  for (int index = 0; index < object->dlpi_phnum; index++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[index];
    if (segment->p_type != PT_NOTE || segment->p_align > 4)
      continue;
    const char *next = (const char *)(uintptr_t)(object->dlpi_addr + segment->p_vaddr);
    const char *end = next + segment->p_memsz;
    while (next + sizeof(ElfW(Nhdr)) <= end) {
      ElfW(Nhdr) note;
      memcpy(&note, next, sizeof note);
      const char *name = next + sizeof note, *content = name + ((note.n_namesz + 3) & ~3u);
      int64_t distance;
      if (note.n_type == 2 && note.n_namesz == sizeof "Tenon" && note.n_descsz == sizeof distance &&
          memcmp(name, "Tenon", sizeof "Tenon") == 0) {
        memcpy(&distance, content, sizeof distance);
        return (void *)(uintptr_t)(content + distance);
      }
      next = content + ((note.n_descsz + 3) & ~3u);
    }
  }
  return NULL;
}

#endif /* INSPECT_ROOT_OF_H */
