/*
 * A look at the process takes memory in amounts that nobody knows before, by Swift's containers, which end the process when an
 * allocation fails. So it holds as much as it will take at most before it begins: addresses, whose pages cost nothing until they
 * are used. In the library that is installed all allocations come here (packaging/common.sh links it so), and one that the
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

#include <errno.h>
#include <malloc.h>
#include <sched.h>
#include <stdatomic.h>
#include <string.h>

/* What the linker makes of the system's functions. */
void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *memory, size_t size);
void __real_free(void *memory);
int __real_posix_memalign(void **memory, size_t alignment, size_t size);
void *__real_aligned_alloc(size_t alignment, size_t size);
size_t __real_malloc_usable_size(void *memory);

#define PAGE_SIZE ((size_t)4096)
/* What there is without a hold, and with how much of it in use nothing is held any more. */
#define RESERVE_SIZE (512u << 10)
#define SHORT_SIZE (RESERVE_SIZE / 4)

/* At the beginning of what it holds. */
struct tenon__hold {
  tenon__hold_t *next;
  tenon__blocks_t blocks;
  bool is_held; /* else it only has what was not given back yet */
};

static _Alignas(4096) unsigned char reserve[RESERVE_SIZE];
static tenon__hold_t last = {NULL, {reserve, RESERVE_SIZE, 0, 0, {NULL}}, true};

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
  bool is_short = last.blocks.used > SHORT_SIZE;
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
static bool is_ours(void *memory) {
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

/* MARK: What the linker calls instead of the system's functions; C++'s operators call these. */

void *__wrap_malloc(size_t size) {
  void *memory = __real_malloc(size);
  return memory ? memory : take(0, size);
}

void *__wrap_calloc(size_t count, size_t size) {
  void *memory = __real_calloc(count, size);
  if (memory || (size != 0 && count > SIZE_MAX / size))
    return memory;
  memory = take(0, count * size);
  return memory ? memset(memory, 0, count * size) : NULL;
}

void __wrap_free(void *memory) {
  if (is_ours(memory))
    give(memory);
  else
    __real_free(memory);
}

size_t __wrap_malloc_usable_size(void *memory) {
  return is_ours(memory) ? tenon__block_size(memory) : __real_malloc_usable_size(memory);
}

void *__wrap_realloc(void *memory, size_t size) {
  bool ours = is_ours(memory);
  if (ours && tenon__block_size(memory) >= size)
    return memory;
  void *other = ours ? __real_malloc(size) : __real_realloc(memory, size);
  if (!ours && (other || (memory && size == 0)))
    return other;
  if (!other && !(other = take(0, size)))
    return NULL;
  if (memory) {
    size_t old = __wrap_malloc_usable_size(memory);
    memcpy(other, memory, old < size ? old : size);
    __wrap_free(memory);
  }
  return other;
}

int __wrap_posix_memalign(void **memory, size_t alignment, size_t size) {
  int code = __real_posix_memalign(memory, alignment, size);
  void *other = code == ENOMEM ? take(alignment, size) : NULL;
  if (!other)
    return code;
  *memory = other;
  return 0;
}

void *__wrap_aligned_alloc(size_t alignment, size_t size) {
  void *memory = __real_aligned_alloc(alignment, size);
  return memory ? memory : take(alignment, size);
}

char *__wrap_strdup(const char *text) {
  size_t size = strlen(text) + 1;
  char *copy = __wrap_malloc(size);
  return copy ? memcpy(copy, text, size) : NULL;
}

#endif
