/*
 * What each copy of Tenon does by itself when it is loaded: it stays loaded, finds other copies, has a
 * fork's child know its own thread, and keeps memory for when there is none.
 */
#ifndef TENON_IMAGE_H
#define TENON_IMAGE_H

#include <stdbool.h>
#include <stddef.h>

/* Whether so much of the reserve is in use that whatever may fail must. */
bool tenon__memory_is_short(void);

/* `realloc`, never from the reserve. */
void *tenon__grow(void *memory, size_t size);

/* Has an eventfd ready for what must not fail to get one; false: there is none. */
bool tenon__keep_event(void);

#endif
