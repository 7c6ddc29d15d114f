/*
 * What the linker calls instead of the system's functions for memory (packaging/common.sh links it so); C++'s operators call these. What
 * the system refuses is served from memory of the library's own. For the one file of a library that has such, and before it includes
 * this:
 *
 *   void *take(size_t alignment, size_t size)   a piece of it; NULL: there is not as much
 *   void give(void *memory)                     the same back
 *   bool is_ours(const void *memory)            false: it is the system's, or NULL
 *   void *own(void *memory, size_t size)        is told of what the system gave, or has not, and answers with that
 *   void *keep(void *memory)                    the same of what it gave as zeros
 *   void forget(void *memory)                   is told of what the system gets back
 */
#ifndef TENON_WRAPPED_H
#define TENON_WRAPPED_H

#include "tenon_blocks.h"

#include <errno.h>
#include <string.h>

/* What the linker makes of the system's functions. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
size_t __real_malloc_usable_size(void *memory);

void *__wrap_malloc(size_t size) {
  void *memory = own(__real_malloc(size), size);
  return memory ? memory : take(0, size);
}

void *__wrap_calloc(size_t count, size_t size) {
  void *memory = keep(own(__real_calloc(count, size), count * size));
  if (memory || (size != 0 && count > SIZE_MAX / size))
    return memory;
  memory = take(0, count * size);
  return memory ? memset(memory, 0, count * size) : NULL;
}

void __wrap_free(void *memory) {
  if (is_ours(memory)) {
    give(memory);
    return;
  }
  forget(memory);
  __real_free(memory);
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  int code = __real_posix_memalign(memory, alignment, size);
  if (code == 0)
    own(*memory, size);
  void *other = code == ENOMEM ? take(alignment, size) : NULL;
  if (!other)
    return code;
  *memory = other;
  return 0;
}

size_t __wrap_malloc_usable_size(void *memory) {
  return is_ours(memory) ? tenon__block_size(memory) : __real_malloc_usable_size(memory);
}

/* What is in `memory` goes into `other`, which has so many bytes. */
static void *move(void *memory, void *other, size_t size) {
  size_t old = __wrap_malloc_usable_size(memory);
  memcpy(other, memory, old < size ? old : size);
  __wrap_free(memory);
  return other;
}

/* `realloc`, never from the library's own. */
static void *grow(void *memory, size_t size) {
  if (!is_ours(memory))
    return own(__real_realloc(memory, size), size);
  void *other = __real_malloc(size);
  return other ? move(memory, other, size) : NULL;
}

void *__wrap_realloc(void *memory, size_t size) {
  bool ours = is_ours(memory);
  void *other = grow(memory, size);
  if (other || (memory && !ours && size == 0))
    return other;
  if (ours && tenon__block_size(memory) >= size)
    return memory;
  other = take(0, size);
  return other && memory ? move(memory, other, size) : other;
}

char *__wrap_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = __wrap_malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}

#endif
