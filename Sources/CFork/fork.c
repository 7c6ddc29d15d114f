/*
 * Has the child of a fork() know its own thread.
 *
 * Swift's runtime (6.3.1) and Dispatch keep each thread's number in memory of the thread's own, and
 * lock with it: FUTEX_LOCK_PI. The thread that a fork's child begins with has its parent's number
 * there. When another thread of the child finds a lock held under that number, the kernel takes it
 * for a thread of another process, which never unlocks; and both wait for ever. So the child writes
 * its own number there.
 *
 * Nobody says where that is, but each can be asked: what a lock holds while it is held is the number,
 * and the place is the one whose change the next lock shows. Where there is no such place, because
 * a later version has none, nothing is written.
 */
#define _GNU_SOURCE
#include <link.h>
#include <linux/futex.h>
#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The runtime's and Dispatch's own, without their headers. */
extern void swift_once(void *once, void (*fn)(void *), void *context);
extern void dispatch_once_f(intptr_t *once, void *context, void (*fn)(void *))
    __attribute__((weak));
extern void swift_task_alloc(void) __attribute__((weak));

/* Somebody who keeps the number. */
typedef struct keeper {
  uint32_t (*ask)(void); /* what it keeps for this thread; NULL: nobody can tell */
  const char *code;      /* some address in its object */
  size_t module;         /* the object's number; 0: none */
  size_t offset;         /* in the object's memory for each thread */
  size_t size;           /* of what may be there; 0: not found */
} keeper_t;

static uint32_t thread_here(void) { return (uint32_t)syscall(SYS_gettid); }

/* MARK: What is kept */

typedef struct swift_lock {
  struct {
    uint32_t flag;
    uint32_t lock;
    uint64_t spare;
  } once;
  uint32_t number;
} swift_lock_t;

static void look_at_swift(void *context) {
  swift_lock_t *lock = context;
  lock->number = lock->once.lock & FUTEX_TID_MASK;
}

static uint32_t ask_swift(void) {
  swift_lock_t lock = {{0, 0, 0}, 0};
  swift_once(&lock.once, look_at_swift, &lock);
  return lock.number;
}

typedef struct dispatch_lock {
  intptr_t once;
  uint32_t number;
} dispatch_lock_t;

static void look_at_dispatch(void *context) {
  dispatch_lock_t *lock = context;
  lock->number = (uint32_t)lock->once & FUTEX_TID_MASK;
}

static uint32_t ask_dispatch(void) {
  dispatch_lock_t lock = {0, 0};
  dispatch_once_f(&lock.once, &lock, look_at_dispatch);
  return lock.number;
}

/* MARK: Where */

static bool has_code(const struct dl_phdr_info *object, const char *code) {
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type == PT_LOAD &&
        (ElfW(Addr))code - (object->dlpi_addr + segment->p_vaddr) < segment->p_memsz)
      return true;
  }
  return false;
}

/* True if the keeper goes by this word. */
static bool is_place(const keeper_t *keeper, volatile uint32_t *word) {
  uint32_t number = *word;
  *word = number ^ 1;
  bool is_it = keeper->ask() == (number ^ 1);
  *word = number;
  return is_it;
}

/*
 * True once all of this object is initialized. Until then nobody in it is asked: Dispatch, which may
 * come after this, would set data of a thread's with a key that it has not made, and that is somebody
 * else's.
 */
static bool is_initialized;

static int look_in(struct dl_phdr_info *object, size_t size, void *context) {
  keeper_t *keeper = context;
  (void)size;
  if (!has_code(object, keeper->code))
    return 0;
  if (has_code(object, (const char *)&thread_here) && !is_initialized)
    return 1;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
    if (segment->p_type != PT_TLS)
      continue;
    keeper->module = object->dlpi_tls_modid;
    if (!keeper->ask) {
      keeper->size = segment->p_memsz;
      return 1;
    }
    char *data = object->dlpi_tls_data;
    uint32_t number = keeper->ask();
    for (size_t at = 0; data && at + sizeof number <= segment->p_memsz; at += sizeof number) {
      volatile uint32_t *word = (volatile uint32_t *)(void *)(data + at);
      if (number != 0 && *word == number && is_place(keeper, word)) {
        keeper->offset = at;
        keeper->size = sizeof number;
        *word = thread_here(); // This may be a child already, of a process that had the runtime.
        return 1;
      }
    }
  }
  return 1;
}

/* MARK: Forks */

static keeper_t keepers[] = {
    {ask_swift, (const char *)&swift_once, 0, 0, 0},
    {ask_dispatch, (const char *)&dispatch_once_f, 0, 0, 0},
    /* Has a few pointers there and its own number, if it is an object of its own. */
    {NULL, (const char *)&swift_task_alloc, 0, 0, 0},
};
enum { KEEPERS = sizeof keepers / sizeof *keepers };

/* What the forking thread knew: the child must not ask the loader, whose lock may be held for ever. */
static _Thread_local struct {
  uint32_t thread;
  char *memory[KEEPERS];
} before;

static int find_memory(struct dl_phdr_info *object, size_t size, void *context) {
  (void)size;
  (void)context;
  for (int i = 0; i < KEEPERS; i++)
    if (keepers[i].size != 0 && keepers[i].module == object->dlpi_tls_modid)
      before.memory[i] = object->dlpi_tls_data;
  return 0;
}

static void look(void) {
  for (int i = 0; i < KEEPERS; i++) {
    if (keepers[i].code && keepers[i].module == 0)
      dl_iterate_phdr(look_in, &keepers[i]);
    // In the object of the first, there is one number for both.
    if (!keepers[i].ask && keepers[i].module == keepers[0].module)
      keepers[i].size = 0;
  }
}

static void look_at_all(void) {
  is_initialized = true;
  look();
}

static void before_fork(void) {
  static pthread_once_t looked = PTHREAD_ONCE_INIT;
  pthread_once(&looked, look_at_all);
  before.thread = thread_here();
  memset(before.memory, 0, sizeof before.memory);
  dl_iterate_phdr(find_memory, NULL);
}

static void after_fork_in_child(void) {
  uint32_t self = thread_here();
  for (int i = 0; i < KEEPERS; i++) {
    if (!before.memory[i])
      continue;
    char *data = before.memory[i] + keepers[i].offset;
    for (size_t at = 0; at + sizeof self <= keepers[i].size; at += sizeof self) {
      uint32_t *word = (uint32_t *)(void *)(data + at);
      if (*word == before.thread)
        *word = self;
    }
  }
}

__attribute__((constructor)) static void watch_forks(void) {
  look();
  pthread_atfork(before_fork, NULL, after_fork_in_child);
}
