/*
 * Memory in blocks of 2^n bytes out of one range of addresses: what is handed out when the system has none. Pages that are
 * never touched cost nothing. Whoever has one guards it by a lock.
 */
#ifndef TENON_BLOCKS_H
#define TENON_BLOCKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From 2^5 bytes on. */
#define TENON__BLOCK_BITS_MIN 5
#define TENON__BLOCK_BITS_END 48

/* At the beginning of a block that is free. */
typedef struct tenon__free_block {
  struct tenon__free_block *next;
} tenon__free_block_t;

typedef struct tenon__blocks {
  unsigned char *start;
  size_t size;
  size_t touched;     /* up to here it was ever used */
  atomic_size_t used; /* by blocks that are handed out */
  tenon__free_block_t *free[TENON__BLOCK_BITS_END];
} tenon__blocks_t;

/* What a library has in any case. */
#define TENON__RESERVE_SIZE (512u << 10)

/* Whether so much of that is in use that whatever may fail must. Needs no lock. */
static inline bool tenon__reserve_is_short(const tenon__blocks_t *reserve) {
  return atomic_load_explicit(&reserve->used, memory_order_relaxed) > TENON__RESERVE_SIZE / 4;
}

/* Before each piece of memory that is handed out. */
typedef struct tenon__block_header {
  unsigned char *block; /* where its block begins */
  size_t bits;          /* a block of 2^bits bytes */
} tenon__block_header_t;

static inline tenon__block_header_t *tenon__block_header(void *memory) {
  return (tenon__block_header_t *)memory - 1;
}

/* How much of it may be used. */
static inline size_t tenon__block_size(void *memory) {
  tenon__block_header_t *header = tenon__block_header(memory);
  return ((size_t)1 << header->bits) - (size_t)((unsigned char *)memory - header->block);
}

static inline bool tenon__blocks_have(const tenon__blocks_t *blocks, const void *memory) {
  return (uintptr_t)memory - (uintptr_t)blocks->start < blocks->size;
}

static inline void *tenon__blocks_take(tenon__blocks_t *blocks, size_t alignment, size_t size) {
  size_t align = alignment < _Alignof(max_align_t) ? _Alignof(max_align_t) : alignment;
  size_t bits = TENON__BLOCK_BITS_MIN;
  unsigned char *block;
  if (size > blocks->size || align > blocks->size)
    return NULL;
  while ((size_t)1 << bits < sizeof(tenon__block_header_t) + align + size)
    bits++;
  if (bits >= TENON__BLOCK_BITS_END)
    return NULL;
  if (blocks->free[bits]) {
    block = (unsigned char *)blocks->free[bits];
    blocks->free[bits] = blocks->free[bits]->next;
  } else if (blocks->size - blocks->touched >= (size_t)1 << bits) {
    block = blocks->start + blocks->touched;
    blocks->touched += (size_t)1 << bits;
  } else {
    return NULL;
  }
  blocks->used += (size_t)1 << bits;
  uintptr_t memory = ((uintptr_t)block + sizeof(tenon__block_header_t) + align - 1) & ~(align - 1);
  *tenon__block_header((void *)memory) = (tenon__block_header_t){block, bits};
  return (void *)memory;
}

static inline void tenon__blocks_give(tenon__blocks_t *blocks, void *memory) {
  tenon__block_header_t header = *tenon__block_header(memory);
  tenon__free_block_t *block = (void *)header.block;
  block->next = blocks->free[header.bits];
  blocks->free[header.bits] = block;
  blocks->used -= (size_t)1 << header.bits;
}

#endif
