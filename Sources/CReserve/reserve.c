/*
 * A look at the process takes memory in amounts that nobody knows before, by Swift's containers, which end the process when an
 * allocation fails. So it holds as much as it will take at most before it begins: addresses, whose pages cost nothing until they
 * are used. In the library that is installed all allocations come here (by tenon_wrapped.h), and one that the
 * system refuses is served from what is held, or from a small reserve in the library where nothing is: for what the
 * runtime makes at the first use of a type, and for what may not fail.
 *
 * Sources/CTenonImage/memory.c is the same for Tenon itself, whose amounts are small.
 */
#include "tenon_blocks.h"
#include "tenon_reserve.h"

#include <sys/mman.h>

static void *map(size_t size) {
  void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  return memory == MAP_FAILED ? NULL : memory;
}

#ifndef TENON_RESERVES_MEMORY

/* The allocator is the host's: so it is only asked whether there is as much now. */
struct tenon__hold {
  char unused;
};
tenon__hold_t *tenon__hold(size_t size) {
  static tenon__hold_t nothing;
  void *memory = map(size);
  if (memory)
    munmap(memory, size);
  return memory ? &nothing : NULL;
}
void tenon__let_go_of(tenon__hold_t *hold) { (void)hold; }

#else

#include <sched.h>
#include <stdatomic.h>

#define PAGE_SIZE ((size_t)4096)

/* At the beginning of what it holds. */
struct tenon__hold {
  tenon__hold_t *next;
  tenon__blocks_t blocks;
  bool is_held; /* else it only has what was not given back yet */
};

/* What there is without a hold. */
static _Alignas(4096) unsigned char reserve[TENON__RESERVE_SIZE];
static tenon__hold_t last = {NULL, {reserve, TENON__RESERVE_SIZE, 0, 0, {NULL}}, true};

static atomic_flag locked = ATOMIC_FLAG_INIT;
static tenon__hold_t *holds = &last;
static atomic_size_t handed_out; /* pieces of memory, in all of them */

static void lock(void) {
  while (atomic_flag_test_and_set_explicit(&locked, memory_order_acquire))
    sched_yield();
}

static void unlock(void) { atomic_flag_clear_explicit(&locked, memory_order_release); }

/* Before its blocks: one that is mapped. */
#define HEAD_SIZE ((sizeof(tenon__hold_t) + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1))

static void leave(tenon__hold_t *hold) {
  tenon__hold_t **place = &holds;
  while (*place != hold)
    place = &(*place)->next;
  *place = hold->next;
  munmap(hold, HEAD_SIZE + hold->blocks.size);
}

tenon__hold_t *tenon__hold(size_t size) {
  size_t room = (size + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
  tenon__hold_t *hold = room < size ? NULL : map(HEAD_SIZE + room);
  if (!hold)
    return NULL;
  hold->blocks.start = (unsigned char *)hold + HEAD_SIZE;
  hold->blocks.size = room;
  hold->is_held = true;
  lock();
  bool is_short = tenon__reserve_is_short(&last.blocks);
  if (!is_short) {
    hold->next = holds;
    holds = hold;
  }
  unlock();
  if (is_short)
    munmap(hold, HEAD_SIZE + room);
  return is_short ? NULL : hold;
}

void tenon__let_go_of(tenon__hold_t *hold) {
  lock();
  hold->is_held = false;
  if (hold->blocks.used == 0) {
    leave(hold);
  } else {
    size_t kept = (hold->blocks.touched + PAGE_SIZE - 1) & ~(PAGE_SIZE - 1);
    if (kept < hold->blocks.size)
      munmap(hold->blocks.start + kept, hold->blocks.size - kept);
    hold->blocks.size = kept;
  }
  unlock();
}

static void *take(size_t alignment, size_t size) {
  void *memory = NULL;
  lock();
  for (tenon__hold_t *hold = holds; hold && !memory; hold = hold->next)
    if (hold->is_held)
      memory = tenon__blocks_take(&hold->blocks, alignment, size);
  if (memory)
    atomic_fetch_add_explicit(&handed_out, 1, memory_order_relaxed);
  unlock();
  return memory;
}

/* False: it is the system's. Whoever has a piece of ours has seen that it was handed out. */
static bool is_ours(const void *memory) {
  bool is = false;
  if (!memory || atomic_load_explicit(&handed_out, memory_order_relaxed) == 0)
    return false;
  lock();
  for (tenon__hold_t *hold = holds; hold && !is; hold = hold->next)
    is = tenon__blocks_have(&hold->blocks, memory);
  unlock();
  return is;
}

static void give(void *memory) {
  lock();
  tenon__hold_t *hold = holds;
  while (!tenon__blocks_have(&hold->blocks, memory))
    hold = hold->next;
  tenon__blocks_give(&hold->blocks, memory);
  atomic_fetch_sub_explicit(&handed_out, 1, memory_order_relaxed);
  if (!hold->is_held && hold->blocks.used == 0)
    leave(hold);
  unlock();
}

/* Nobody wants to know what the system gives. */
static void *own(void *memory, size_t size) { return (void)size, memory; }
static void *keep(void *memory) { return memory; }
static void forget(void *memory) { (void)memory; }

#include "tenon_wrapped.h"

void *__real_aligned_alloc(size_t alignment, size_t size);

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  void *memory = __real_aligned_alloc(alignment, size);
  return memory ? memory : take(alignment, size);
}

#endif
