/*
 * What happens, for those who look later: see tenon__inspect_record_t. Each thread has a ring of its own, made when it has something to say,
 * and another thread's when that has gone; so nobody waits for anybody.
 */
#include "tenon_clock.h"
#include "tenon_image.h"
#include "tenon_root.h"

#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define RECORD (&tenon__inspect_root.record)

static _Thread_local tenon__inspect_ring_t *own;
static pthread_key_t key;
static bool has_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* The thread ends, and somebody else may have its ring. */
static void give(void *ring) {
  own = NULL;
  __atomic_store_n(&((tenon__inspect_ring_t *)ring)->thread, 0, __ATOMIC_RELEASE);
}

static void make_key(void) { has_key = pthread_key_create(&key, give) == 0; }

/* The ring of a thread that has gone. */
static tenon__inspect_ring_t *take(uint32_t thread) {
  uint64_t at = __atomic_load_n(&RECORD->rings, __ATOMIC_ACQUIRE);
  while (at) {
    tenon__inspect_ring_t *ring = (tenon__inspect_ring_t *)(uintptr_t)at;
    uint32_t nobody = 0;
    if (__atomic_compare_exchange_n(&ring->thread, &nobody, thread, false, __ATOMIC_ACQUIRE,
                                    __ATOMIC_RELAXED))
      return ring;
    at = ring->next;
  }
  return NULL;
}

static tenon__inspect_ring_t *make(uint32_t thread) {
  uint64_t bytes = __atomic_load_n(&RECORD->bytes, __ATOMIC_RELAXED), capacity = 64;
  while (capacity * 2 * sizeof(tenon__inspect_event_t) <= bytes && capacity < 1 << 24)
    capacity *= 2;
  tenon__inspect_ring_t *ring = mmap(NULL, sizeof *ring + capacity * sizeof(tenon__inspect_event_t),
                                     PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (ring == MAP_FAILED)
    return NULL;
  ring->capacity = capacity;
  ring->thread = thread;
  ring->next = __atomic_load_n(&RECORD->rings, __ATOMIC_RELAXED);
  while (!__atomic_compare_exchange_n(&RECORD->rings, &ring->next, (uint64_t)(uintptr_t)ring, false,
                                      __ATOMIC_RELEASE, __ATOMIC_RELAXED))
    ;
  return ring;
}

static tenon__inspect_ring_t *find(void) {
  pthread_once(&once, make_key);
  uint32_t thread = (uint32_t)syscall(SYS_gettid);
  tenon__inspect_ring_t *ring = take(thread);
  if (!ring)
    ring = make(thread);
  own = ring;
  if (ring && has_key)
    pthread_setspecific(key, ring);
  return ring;
}

void tenon__inspect_keep(uint32_t kind, uint64_t id, uint64_t what) {
  tenon__inspect_ring_t *ring = own ? own : find();
  if (!ring) {
    __atomic_fetch_add(&RECORD->lost, 1, __ATOMIC_RELAXED);
    return;
  }
  uint64_t count = ring->count;
  uint32_t round = __atomic_load_n(&RECORD->round, __ATOMIC_RELAXED);
  bool is_first = ring->round != round;
  if (is_first) {
    __atomic_store_n(&ring->base, count, __ATOMIC_RELAXED);
    __atomic_store_n(&ring->round, round, __ATOMIC_RELEASE);
  }
  uint64_t time = tenon__ticks();
  if (is_first || count % 1024 == 0) {
    ring->sync_ns = tenon__now_ns();
    ring->sync_ticks = time;
  }
  ring->events[count & (ring->capacity - 1)] =
      (tenon__inspect_event_t){time, id, what, kind, ring->thread};
  __atomic_store_n(&ring->count, count + 1, __ATOMIC_RELEASE);
}

void tenon__inspect_keep_job(uint32_t kind, uint64_t executor, uint64_t function, uint64_t job) {
  /* What a job of the runtime's goes on with: see Facts/Tasks.swift of the inspector. */
  if (!function && job)
    tenon__inspect_keep(tenon__inspect_task_begins, job, *(const uint64_t *)(uintptr_t)(job + 56));
  else
    tenon__inspect_keep(kind, executor, function);
}
