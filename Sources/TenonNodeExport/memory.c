/*
 * Memory for the time of a call, which goes all at once.
 */
#include "instance.h"

typedef struct memory_chunk {
  struct memory_chunk *next;
  max_align_t data[];
} memory_chunk_t;

#define CHUNK_SIZE ((size_t)16 * 1024)

void tenon_node_memory_init(memory_t *memory) {
  memory->chunks = NULL;
  memory->at = (char *)memory->first;
  memory->left = sizeof memory->first;
}

void tenon_node_memory_end(memory_t *memory) {
  while (memory->chunks) {
    memory_chunk_t *chunk = memory->chunks;
    memory->chunks = chunk->next;
    free(chunk);
  }
}

void *tenon_node_memory_take(memory_t *memory, size_t size) {
  if (size > PTRDIFF_MAX / 2)
    return NULL;
  size_t rounded = (size + sizeof(max_align_t) - 1) / sizeof(max_align_t) * sizeof(max_align_t);
  if (rounded > memory->left) {
    size_t room = rounded > CHUNK_SIZE ? rounded : CHUNK_SIZE;
    memory_chunk_t *chunk = malloc(sizeof *chunk + room);
    if (!chunk)
      return NULL;
    chunk->next = memory->chunks;
    memory->chunks = chunk;
    memory->at = (char *)chunk->data;
    memory->left = room;
  }
  void *taken = memory->at;
  memory->at += rounded;
  memory->left -= rounded;
  return memset(taken, 0, rounded);
}
