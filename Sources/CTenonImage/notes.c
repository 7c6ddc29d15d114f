/*
 * What people call things, and say about them, for those who look: see tenon__inspect_note_t. It is beside the slots, which are full, and
 * made on first use. A note stays until the slot's next one: whoever reads it compares its handle.
 */
#include "tenon_image.h"
#include "tenon_root.h"

#include <stdlib.h>
#include <string.h>

/* The words of one more level: made on request, if there are none. One thread at a time. From the heap, where those who look for
 * leaks see what they lead to. */
static uint64_t *level(uint64_t *place, size_t count, bool makes) {
  if (!*place && makes) {
    uint64_t *words = tenon__grow(NULL, count * sizeof *words);
    if (words)
      memset(words, 0, count * sizeof *words);
    __atomic_store_n(place, (uint64_t)(uintptr_t)words, __ATOMIC_RELEASE);
  }
  return (uint64_t *)(uintptr_t)*place;
}

bool tenon__note(int which, uint64_t handle, const struct tenon__note_text *text, uint64_t on) {
  size_t size = text->text ? strlen(text->text) : 0;
  uint64_t index = handle & 0xffffffff;
  tenon__inspect_note_t *note = NULL;
  if (index / TENON__INSPECT_CHUNK >= TENON__INSPECT_CHUNKS_MAX)
    return false;
  if (size > TENON__INSPECT_TEXT_MAX) {
    /* No character is cut in two. */
    size = TENON__INSPECT_TEXT_MAX;
    while (size && (text->text[size] & 0xc0) == 0x80)
      size--;
  }
  if (text->text || on) {
    note = tenon__grow(NULL, sizeof *note + size + 1);
    if (!note)
      return false;
    *note = (tenon__inspect_note_t){
        .handle = handle,
        .since_ns = text->since_ns,
        .on = on,
        .file = (uint64_t)(uintptr_t)text->file,
        .function = (uint64_t)(uintptr_t)text->function,
        .line = text->line,
        .size = (uint32_t)size,
    };
    if (text->text)
      memcpy(note + 1, text->text, size);
    ((char *)(note + 1))[size] = 0;
  }
  uint64_t *chunks = level(&tenon__inspect_root.notes[which], TENON__INSPECT_CHUNKS_MAX, note);
  uint64_t *chunk =
      chunks ? level(&chunks[index / TENON__INSPECT_CHUNK], TENON__INSPECT_CHUNK, note) : NULL;
  if (!chunk) {
    free(note);
    return !note; /* there is nothing to take away */
  }
  uint64_t *place = &chunk[index % TENON__INSPECT_CHUNK];
  free((void *)(uintptr_t)__atomic_exchange_n(place, (uint64_t)(uintptr_t)note, __ATOMIC_ACQ_REL));
  return true;
}
