/*
 * Tells, if the environment has TENON_REPORT_COPIES, when a process has loaded Tenon twice: say
 * libtenon.so, and a library that has its own Tenon inside. Each copy has its own handles, executors
 * and Swift runtime, and a handle of one is nothing to the other: which is well, unless somebody
 * wonders why a handle is TENON_STATUS_INVALID.
 *
 * Each copy carries an ELF note. Notes are found in every loaded object, also in one that was
 * loaded with RTLD_LOCAL, linked into the program, or stripped: symbols are not.
 */
#define _GNU_SOURCE
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NOTE_NAME "Tenon"
#define NOTE_TYPE 1

struct note {
  ElfW(Nhdr) header;
  char name[8]; /* NOTE_NAME, NUL, and padding to four bytes */
};

/* Readers walk from note to note: the address sanitizer may put nothing in between. */
__attribute__((section(".note.tenon"), used, aligned(4),
               no_sanitize("address"))) static const struct note mark = {
    {sizeof NOTE_NAME, 0, NOTE_TYPE}, NOTE_NAME};

struct search {
  const char *other; /* the object that came before this one */
  const char *here;
};

static const char *name_of(const struct dl_phdr_info *object) {
  return object->dlpi_name && *object->dlpi_name ? object->dlpi_name : "the program";
}

/* Objects come in load order. Ends the walk at this one, so that of two copies the later tells. */
static int visit(struct dl_phdr_info *object, size_t size, void *context) {
  struct search *search = context;
  (void)size;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_NOTE)
      continue;
    const char *at = (const char *)(object->dlpi_addr + segment->p_vaddr);
    const char *end = at + segment->p_memsz;
    size_t step = segment->p_align == 8 ? 8 : 4;
    while ((size_t)(end - at) >= sizeof(ElfW(Nhdr))) {
      const ElfW(Nhdr) *note = (const ElfW(Nhdr) *)at;
      if (at == (const char *)&mark) {
        search->here = name_of(object);
        return 1;
      }
      if (note->n_type == NOTE_TYPE && note->n_namesz == sizeof NOTE_NAME &&
          memcmp(at + sizeof *note, NOTE_NAME, sizeof NOTE_NAME) == 0)
        search->other = name_of(object);
      size_t used = sizeof *note + note->n_namesz;
      used = (used + step - 1) / step * step + note->n_descsz;
      used = (used + step - 1) / step * step;
      if (used > (size_t)(end - at))
        break;
      at += used;
    }
  }
  return 0;
}

__attribute__((constructor)) static void find_other_copy(void) {
  struct search search = {NULL, NULL};
  const char *wish = getenv("TENON_REPORT_COPIES");
  if (!wish || !*wish)
    return;
  if (dl_iterate_phdr(visit, &search) && search.other)
    fprintf(stderr,
            "tenon: loaded twice, in %s and in %s: futures and executors of one are unknown to the "
            "other\n",
            search.other, search.here);
}
