/* The Linux calls that Swift's Glibc module leaves out. */
#ifndef TENON_CLINUX_SHIM_H
#define TENON_CLINUX_SHIM_H

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* The headers have these only under _GNU_SOURCE, with which the module would differ from Swift's Glibc. */
extern int sem_clockwait(sem_t *semaphore, clockid_t clock, const struct timespec *deadline);
extern int pthread_setname_np(pthread_t thread, const char *name);

/* Names the calling thread, by what fits of that: 15 bytes. */
static inline void tenon__name_thread(const char *name) {
  char head[16] = {0};
  for (int index = 0; index < 15 && name[index] != 0; index++)
    head[index] = name[index];
  pthread_setname_np(pthread_self(), head);
}

/* Which file an address was loaded from: dladdr() and its Dl_info. */
typedef struct {
  const char *file;
  void *base;
  const char *symbol;
  void *symbol_address;
} tenon__image_t;
extern int tenon__image_of(const void *address, tenon__image_t *image) __asm__("dladdr");

/*
 * The calling thread's control block: what pthread_self() returns, without the call. And volatile: that one is declared
 * constant, so the compiler may keep its result where a Swift task goes on on another thread.
 */
static inline unsigned long tenon__thread(void) {
  unsigned long thread;
#if defined(__x86_64__)
  __asm__ volatile("movq %%fs:0, %0" : "=r"(thread));
#elif defined(__aarch64__)
  __asm__ volatile("mrs %0, tpidr_el0" : "=r"(thread));
#else
  thread = (unsigned long)pthread_self();
#endif
  return thread;
}

/* A leak checker that comes with a sanitizer does not look into mapped memory by itself. */
extern void __lsan_register_root_region(const void *memory, size_t size) __attribute__((weak));
static inline void tenon__name_root(const void *memory, size_t size) {
  if (__lsan_register_root_region)
    __lsan_register_root_region(memory, size);
}

/* MADV_POPULATE_WRITE, which older headers do not have. */
static const int32_t tenon__populate = 23;

/* Sleeps while the word has this value. May wake for no reason. */
static inline void tenon__futex_wait(const void *word, uint32_t value) {
  int error = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
  errno = error;
}

/* The same until an instant of CLOCK_MONOTONIC. */
static inline void tenon__futex_wait_until(const void *word, uint32_t value,
                                           const struct timespec *deadline) {
  int error = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline, NULL,
          FUTEX_BITSET_MATCH_ANY);
  errno = error;
}

/* The same, NULL for an instant that never comes; only those are woken who have one of the keys. */
static inline void tenon__futex_wait_keyed(const void *word, uint32_t value,
                                           const struct timespec *deadline, uint32_t keys) {
  int error = errno;
  syscall(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, value, deadline, NULL, keys);
  errno = error;
}
static inline void tenon__futex_wake_keyed(const void *word, uint32_t keys) {
  syscall(SYS_futex, word, FUTEX_WAKE_BITSET_PRIVATE, INT32_MAX, NULL, NULL, keys);
}

/*
 * Sleeps until something is ready in an epoll set, or for so long; NULL: for ever. Returns how many events it has put there,
 * or -1 if it has not looked. May wake for no reason.
 */
static inline int tenon__sleep_on(int set, struct epoll_event *events, int count,
                                  struct timespec *duration) {
  static const long epoll_pwait2 = 441; /* which older headers do not have */
  int error = errno, found;
  if (duration)
    found = (int)syscall(epoll_pwait2, set, events, count, duration, NULL, 0);
  else
    found = epoll_wait(set, events, count, -1);
  if (found < 0 && duration && errno != EINTR) {
    // An older system, or a sandbox that does not know it. To the nanosecond all the same.
    struct pollfd descriptor = {set, POLLIN, 0};
    syscall(SYS_ppoll, &descriptor, 1, duration, NULL, 0);
  }
  errno = error;
  return found;
}

/* Wakes threads that sleep. */
static inline void tenon__futex_wake(const void *word, int count) {
  syscall(SYS_futex, word, FUTEX_WAKE_PRIVATE, count, NULL, NULL, 0);
}

/* The compiler moves nothing from before this to after it, or back. */
static inline void tenon__keep_order(void) { __asm__ volatile("" ::: "memory"); }

static inline long tenon__membarrier(int command) {
  int error = errno;
  long result = syscall(SYS_membarrier, command, 0, 0);
  errno = error;
  return result;
}

/* Whether there is tenon__barrier_everywhere(). */
static inline bool tenon__has_barrier(void) {
  long commands = tenon__membarrier(MEMBARRIER_CMD_QUERY);
  return commands >= 0 && (commands & MEMBARRIER_CMD_PRIVATE_EXPEDITED) != 0;
}

/*
 * Returns when each running thread of this process has passed a full memory barrier; those that do not run have. The first
 * time in a process it takes some milliseconds.
 */
static inline void tenon__barrier_everywhere(void) {
  if (tenon__membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
    return;
  tenon__membarrier(MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED);
  if (tenon__membarrier(MEMBARRIER_CMD_PRIVATE_EXPEDITED) == 0)
    return;
  // A sandbox that came later forbids it. Interrupts do the same to each processor, and are never so late.
  int error = errno;
  poll(NULL, 0, 20);
  errno = error;
}

/* Tells the processor that this thread spins. */
static inline void tenon__spin(void) {
#if defined(__x86_64__) || defined(__i386__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("isb");
#endif
}

/* Whether this is the thread that main() started on. (syscall() has no fixed arguments: no Swift.) */
static inline bool tenon__is_first_thread(void) { return syscall(SYS_gettid) == getpid(); }

#endif
