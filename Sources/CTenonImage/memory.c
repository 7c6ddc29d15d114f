/*
 * Memory for when there is none: what Swift's runtime then gets instead of an abort.
 *
 * The runtime ends the process when an allocation fails: of an object, a task, or what it keeps of a
 * type that is used for the first time. So in the libraries that are installed all allocations of
 * Tenon and the runtime come here (by tenon_wrapped.h), and one that the system
 * refuses is served from a reserve: as in C++, whose runtime keeps one for exceptions. Calls that may
 * fail look at `tenon__memory_is_short()` and answer TENON_STATUS_NO_RESOURCES, long before
 * the reserve is used up; calls that may not fail use it.
 *
 * What Tenon allocates in amounts that its caller decides does not come from the reserve: see
 * `tenon__grow`.
 */
#include "tenon_blocks.h"
#include "tenon_image.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#ifndef TENON_RESERVES_MEMORY

bool tenon__memory_is_short(void) { return false; }
void *tenon__grow(void *memory, size_t size) { return realloc(memory, size); }
bool tenon__keep_event(void) { return true; }

#else

#include <sched.h>
#include <stdatomic.h>

/* MARK: The reserve */

static _Alignas(4096) unsigned char reserve[TENON__RESERVE_SIZE];
static tenon__blocks_t blocks = {reserve, TENON__RESERVE_SIZE, 0, 0, {NULL}};
static atomic_flag locked = ATOMIC_FLAG_INIT;

static void lock(void) {
  while (atomic_flag_test_and_set_explicit(&locked, memory_order_acquire))
    sched_yield();
}

static void unlock(void) { atomic_flag_clear_explicit(&locked, memory_order_release); }

static bool is_ours(const void *memory) {
  return (uintptr_t)memory - (uintptr_t)reserve < TENON__RESERVE_SIZE;
}

static void *take(size_t alignment, size_t size) {
  lock();
  void *memory = tenon__blocks_take(&blocks, alignment, size);
  unlock();
  return memory;
}

static void give(void *memory) {
  lock();
  tenon__blocks_give(&blocks, memory);
  unlock();
}

bool tenon__memory_is_short(void) { return tenon__reserve_is_short(&blocks); }

/* For tools of a host's: what is Tenon's own is hidden from those that look for races; see Sources/CThread/observe.c. */
extern __attribute__((visibility("hidden"))) bool tenon__is_observed;
void tenon__hide(const void *memory, size_t size);
static void *own(void *memory, size_t size) {
  if (tenon__is_observed && memory)
    tenon__hide(memory, size);
  return memory;
}

/*
 * The runtime keeps the addresses of tables together with their sizes, in one word, which a leak checker takes for a pointer
 * into the middle: they are kept here, too, for one that runs.
 */
enum { tables_max = 4096 };
extern __attribute__((visibility("hidden"))) bool tenon__is_checked_for_leaks;
static _Atomic(void *) tables[tables_max];
static atomic_size_t tables_used;

static void *keep(void *memory) {
  for (size_t index = 0; tenon__is_checked_for_leaks && memory && index < tables_max; index++) {
    void *none = NULL;
    if (!atomic_compare_exchange_strong(&tables[index], &none, memory))
      continue;
    size_t end = atomic_load(&tables_used);
    while (end <= index && !atomic_compare_exchange_weak(&tables_used, &end, index + 1))
      ;
    break;
  }
  return memory;
}

static void forget(void *memory) {
  if (!tenon__is_checked_for_leaks || !memory)
    return;
  for (size_t index = 0; index < atomic_load(&tables_used); index++) {
    void *kept_here = memory;
    atomic_compare_exchange_strong(&tables[index], &kept_here, NULL);
  }
}

/* MARK: What the linker calls instead of the system's functions */

#include "tenon_wrapped.h"

void *tenon__grow(void *memory, size_t size) { return grow(memory, size); }

/* MARK: A descriptor for when there is none: Dispatch ends the process, too, when it gets no eventfd. */

int __real_eventfd(unsigned int count, int flags);

static atomic_int kept = -1;

bool tenon__keep_event(void) {
  int event = -1;
  if (atomic_load(&kept) >= 0)
    return true;
  if ((event = __real_eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0)
    return false;
  int none = -1;
  if (!atomic_compare_exchange_strong(&kept, &none, event))
    close(event);
  return true;
}

int __wrap_eventfd(unsigned int count, int flags) {
  int event = __real_eventfd(count, flags);
  if (event >= 0 || count != 0 || flags != (EFD_CLOEXEC | EFD_NONBLOCK))
    return event;
  return atomic_exchange(&kept, -1);
}

/* MARK: C++ */

void __real__ZdlPvm(void *memory, size_t size);
void __real__ZdlPvmSt11align_val_t(void *memory, size_t size, size_t alignment);
/* operator new that returns NULL, with and without an alignment. */
void *_ZnwmRKSt9nothrow_t(size_t size, const void *nothrow);
void *_ZnwmSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, const void *nothrow);

/* operator new(size_t), operator new(size_t, align_val_t), and what deletes what they gave. */
static const char nothrow;

void *__wrap__Znwm(size_t size) {
  void *memory = own(_ZnwmRKSt9nothrow_t(size, &nothrow), size);
  if (!memory && !(memory = take(0, size)))
    abort();
  return memory;
}

void *__wrap__ZnwmSt11align_val_t(size_t size, size_t alignment) {
  void *memory = _ZnwmSt11align_val_tRKSt9nothrow_t(size, alignment, &nothrow);
  if (!memory && !(memory = take(alignment, size)))
    abort();
  return memory;
}

void __wrap__ZdlPvm(void *memory, size_t size) {
  if (is_ours(memory))
    give(memory);
  else
    __real__ZdlPvm(memory, size);
}

void __wrap__ZdlPvmSt11align_val_t(void *memory, size_t size, size_t alignment) {
  if (is_ours(memory))
    give(memory);
  else
    __real__ZdlPvmSt11align_val_t(memory, size, alignment);
}

#endif
