/*
 * Which threads are in a wait, for those who look: see tenon__inspect_sleepers_t. A thread takes a free place by one exchange; a block of
 * places stays.
 */
#include "tenon_image.h"
#include "tenon_root.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static tenon__inspect_sleeper_t *take(tenon__inspect_sleepers_t *block) {
  for (size_t index = 0; index < TENON__INSPECT_SLEEPERS; index++) {
    uint64_t nobody = 0;
    if (__atomic_load_n(&block->all[index].thread, __ATOMIC_RELAXED) == 0 &&
        __atomic_compare_exchange_n(&block->all[index].thread, &nobody, 1, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      return &block->all[index];
  }
  return NULL;
}

/* The block after this one: made, if there is none. */
static tenon__inspect_sleepers_t *next(tenon__inspect_sleepers_t *block) {
  uint64_t known = __atomic_load_n(&block->next, __ATOMIC_ACQUIRE);
  if (known)
    return (tenon__inspect_sleepers_t *)(uintptr_t)known;
  tenon__inspect_sleepers_t *made = tenon__grow(NULL, sizeof *made);
  if (!made)
    return NULL;
  memset(made, 0, sizeof *made);
  if (__atomic_compare_exchange_n(&block->next, &known, (uint64_t)(uintptr_t)made, false,
                                  __ATOMIC_ACQ_REL, __ATOMIC_ACQUIRE))
    return made;
  free(made);
  return (tenon__inspect_sleepers_t *)(uintptr_t)known;
}

struct tenon__inspect_sleeper *tenon__enter_sleep(uint64_t future, uint64_t now_ns) {
  tenon__inspect_sleeper_t *sleeper = NULL;
  for (tenon__inspect_sleepers_t *block = &tenon__inspect_root.sleepers; block && !sleeper;
       block = sleeper ? block : next(block))
    sleeper = take(block);
  if (!sleeper)
    return NULL;
  sleeper->future = future;
  sleeper->since_ns = now_ns;
  __atomic_store_n(&sleeper->thread, (uint64_t)(uintptr_t)pthread_self(), __ATOMIC_RELEASE);
  return sleeper;
}

void tenon__leave_sleep(struct tenon__inspect_sleeper *sleeper) {
  if (sleeper)
    __atomic_store_n(&sleeper->thread, 0, __ATOMIC_RELEASE);
}
