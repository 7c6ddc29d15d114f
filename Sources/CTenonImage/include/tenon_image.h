/*
 * What each copy of Tenon does by itself when it is loaded: it stays loaded, finds other copies, and keeps memory for when there is
 * none. What it does for a fork's child is in Sources/CFork.
 */
#ifndef TENON_IMAGE_H
#define TENON_IMAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whether so much of the reserve is in use that whatever may fail must. */
bool tenon__memory_is_short(void);

/* `realloc`, never from the reserve. */
void *tenon__grow(void *memory, size_t size);

/* What is noted: a text that is copied, or NULL; where in the source, whose texts stay; and when. */
struct tenon__note_text {
  const char *text, *file, *function;
  uint32_t line;
  uint64_t since_ns;
};

/* Notes it about a handle in its table: see tenon_root.h. Neither a text nor another handle takes the note away, which needs no
 * memory. False: there is none. One thread at a time. */
bool tenon__note(int which, uint64_t handle, const struct tenon__note_text *text, uint64_t on);

/* This thread is about to wait until a future has settled: what tenon__leave_sleep() is to be given, or NULL without memory. */
struct tenon__inspect_sleeper *tenon__enter_sleep(uint64_t future, uint64_t now_ns);
void tenon__leave_sleep(struct tenon__inspect_sleeper *sleeper);

/* Has an eventfd ready for what must not fail to get one; false: there is none. */
bool tenon__keep_event(void);

#endif
