/*
 * The system's functions that can refuse, each with a number of its own. They are the program's, so
 * every library in it calls these.
 */
#define _GNU_SOURCE
#include "exhaust.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* glibc's own allocator, behind the names that this file takes. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *memory, size_t size);
void *__libc_memalign(size_t alignment, size_t size);

static atomic_bool counting;
static atomic_long points, failures;
static long failing;
static bool failing_all;

void system_begin(long number, bool all) {
  failing = number;
  failing_all = all;
  atomic_store(&points, 0);
  atomic_store(&failures, 0);
  atomic_store(&counting, true);
}

void system_end(void) { atomic_store(&counting, false); }

long system_points(void) { return atomic_load(&points); }

long system_failures(void) { return atomic_load(&failures); }

static bool fails(void) {
  if (!atomic_load_explicit(&counting, memory_order_relaxed))
    return false;
  long here = atomic_fetch_add(&points, 1);
  if (here != failing && !(failing_all && here > failing))
    return false;
  atomic_fetch_add(&failures, 1);
  return true;
}

/* MARK: Memory */

static void *no_memory(void) {
  errno = ENOMEM;
  return NULL;
}

void *malloc(size_t size) { return fails() ? no_memory() : __libc_malloc(size); }

void *calloc(size_t count, size_t size) {
  return fails() ? no_memory() : __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size) {
  return fails() ? no_memory() : __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
  return fails() ? no_memory() : __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void **memory, size_t alignment, size_t size) {
  void *found = memalign(alignment, size);
  if (!found)
    return ENOMEM;
  *memory = found;
  return 0;
}

void *mmap(void *address, size_t size, int protection, int flags, int fd, off_t offset) {
  if (fails()) {
    errno = ENOMEM;
    return MAP_FAILED;
  }
  return (void *)syscall(SYS_mmap, address, size, protection, flags, fd, offset);
}

int mprotect(void *address, size_t size, int protection) {
  if (fails()) {
    errno = ENOMEM;
    return -1;
  }
  return (int)syscall(SYS_mprotect, address, size, protection);
}

/* MARK: Descriptors and threads */

static int no_descriptor(void) {
  errno = EMFILE;
  return -1;
}

int eventfd(unsigned int count, int flags) {
  return fails() ? no_descriptor() : (int)syscall(SYS_eventfd2, count, flags);
}

int timerfd_create(int clock, int flags) {
  return fails() ? no_descriptor() : (int)syscall(SYS_timerfd_create, clock, flags);
}

int epoll_create1(int flags) {
  return fails() ? no_descriptor() : (int)syscall(SYS_epoll_create1, flags);
}

int epoll_ctl(int set, int operation, int fd, struct epoll_event *event) {
  if (operation == EPOLL_CTL_ADD && fails()) {
    errno = ENOSPC;
    return -1;
  }
  return (int)syscall(SYS_epoll_ctl, set, operation, fd, event);
}

int pipe2(int fds[2], int flags) {
  return fails() ? no_descriptor() : (int)syscall(SYS_pipe2, fds, flags);
}

int open(const char *path, int flags, ...) {
  va_list more;
  va_start(more, flags);
  int mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, int) : 0;
  va_end(more);
  return fails() ? no_descriptor() : (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

static int (*next_thread)(pthread_t *, const pthread_attr_t *, void *(*)(void *), void *);
static int (*next_key)(pthread_key_t *, void (*)(void *));

__attribute__((constructor)) static void find(void) {
  next_thread = dlsym(RTLD_NEXT, "pthread_create");
  next_key = dlsym(RTLD_NEXT, "pthread_key_create");
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*run)(void *),
                   void *context) {
  return fails() ? EAGAIN : next_thread(thread, attributes, run, context);
}

int pthread_key_create(pthread_key_t *key, void (*end)(void *)) {
  if (!next_key)
    find();
  return fails() ? EAGAIN : next_key(key, end);
}
