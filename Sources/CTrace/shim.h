/* How another process is looked at: where a thread of it is, for which that stops for some microseconds, and goes on; and how this
 * process looks at memory of its own that may be gone. */
#ifndef TENON_CTRACE_SHIM_H
#define TENON_CTRACE_SHIM_H

#include <elf.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../CTenonRoot/tenon_clock.h"

/* With _GNU_SOURCE sys/uio.h has it, too. */
ssize_t process_vm_readv(pid_t process, const struct iovec *local, unsigned long local_count,
                         const struct iovec *remote, unsigned long remote_count,
                         unsigned long flags);

/* Reads memory of this process: as much of it as there is. */
static inline ptrdiff_t tenon__read_own(uintptr_t address, void *memory, size_t size) {
  struct iovec local = {memory, size}, remote = {(void *)address, size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

/* Writes all of it, however long that takes; false: errno says why not. Whoever is not there to read kills nobody. */
static inline bool tenon__write_all(int file, const void *bytes, size_t size) {
  sigset_t pipe, before, pending;
  const char *next = (const char *)bytes;
  sigemptyset(&pipe);
  sigaddset(&pipe, SIGPIPE);
  sigpending(&pending);
  pthread_sigmask(SIG_BLOCK, &pipe, &before);
  while (size > 0) {
    ssize_t count = write(file, next, size);
    if (count >= 0) {
      next += count;
      size -= (size_t)count;
    } else if (errno == EAGAIN) {
      struct pollfd there = {file, POLLOUT, 0};
      poll(&there, 1, -1);
    } else if (errno != EINTR) {
      break;
    }
  }
  int error = errno;
  const struct timespec now = {0, 0};
  if (size > 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
    sigtimedwait(&pipe, NULL, &now);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  errno = error;
  return size == 0;
}

/* Where a thread waits for its next turn, or its end. */
typedef struct tenon__gate {
  pthread_mutex_t mutex;
  pthread_cond_t changed;
  bool is_closed;
  bool is_left; /* by whoever waited there */
} tenon__gate_t;

static inline void tenon__open_gate(tenon__gate_t *gate) {
  pthread_condattr_t attributes;
  pthread_condattr_init(&attributes);
  pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
  pthread_cond_init(&gate->changed, &attributes);
  pthread_condattr_destroy(&attributes);
  pthread_mutex_init(&gate->mutex, NULL);
  gate->is_closed = false;
  gate->is_left = false;
}

static inline void tenon__close_gate(tenon__gate_t *gate) {
  pthread_mutex_lock(&gate->mutex);
  gate->is_closed = true;
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
}

/* Nobody waits there any more. */
static inline void tenon__leave_gate(tenon__gate_t *gate) {
  pthread_mutex_lock(&gate->mutex);
  gate->is_left = true;
  pthread_cond_broadcast(&gate->changed);
  pthread_mutex_unlock(&gate->mutex);
}

static inline void tenon__wait_until_left(tenon__gate_t *gate) {
  pthread_mutex_lock(&gate->mutex);
  while (!gate->is_left)
    pthread_cond_wait(&gate->changed, &gate->mutex);
  pthread_mutex_unlock(&gate->mutex);
}

static inline void tenon__remove_gate(tenon__gate_t *gate) {
  pthread_mutex_destroy(&gate->mutex);
  pthread_cond_destroy(&gate->changed);
}

/* Waits until somebody ends this program, at most so long. Which then it does not. */
static inline void tenon__wait_for_end(uint64_t time_ns) {
  sigset_t ends;
  struct timespec time = {(time_t)(time_ns / 1000000000), (long)(time_ns % 1000000000)};
  sigemptyset(&ends);
  sigaddset(&ends, SIGINT);
  sigaddset(&ends, SIGTERM);
  sigaddset(&ends, SIGHUP);
  sigprocmask(SIG_BLOCK, &ends, NULL);
  sigtimedwait(&ends, NULL, &time);
}

/* Waits for so long; true: it has been closed. */
static inline bool tenon__wait_at_gate(tenon__gate_t *gate, uint64_t time_ns) {
  uint64_t now = tenon__now_ns();
  uint64_t end = time_ns > INT64_MAX - now ? INT64_MAX : now + time_ns;
  struct timespec until = {(time_t)(end / 1000000000), (long)(end % 1000000000)};
  bool is_closed;
  int code = 0;
  pthread_mutex_lock(&gate->mutex);
  while (!gate->is_closed && code == 0)
    code = pthread_cond_timedwait(&gate->changed, &gate->mutex, &until);
  is_closed = gate->is_closed;
  pthread_mutex_unlock(&gate->mutex);
  return is_closed;
}

/* Starts a thread that no signal is handled on. */
static inline int tenon__start_quietly(pthread_t *thread, void *(*run)(void *), void *context) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int code = pthread_create(thread, NULL, run, context);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return code;
}

/* Where a thread is that was stopped. */
typedef struct tenon__stop {
  uint64_t counter, frame, stack;
  int signal; /* that was on its way to it, and is delivered when it goes on */
} tenon__stop_t;

/* Lets it go on. */
static inline void tenon__let_go(pid_t thread, tenon__stop_t stop) {
  ptrace(PTRACE_DETACH, thread, NULL, (void *)(intptr_t)stop.signal);
}

/* Stops a thread, and says where it is; false: it is not allowed, or the thread has gone. */
static inline bool tenon__stop_thread(pid_t thread, tenon__stop_t *stop_out) {
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0)
    return false;
  int status = 0;
  stop_out->signal = 0;
  if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0 ||
      waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
    return false;
  /* A signal may have come first: then this is no stop of ours, which have an event. */
  if (status >> 16 == 0)
    stop_out->signal = WSTOPSIG(status);
#if defined(__x86_64__)
  struct user_regs_struct registers;
  struct iovec memory = {&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) == 0) {
    stop_out->counter = registers.rip;
    stop_out->frame = registers.rbp;
    stop_out->stack = registers.rsp;
    return true;
  }
#elif defined(__aarch64__)
  struct user_regs_struct registers;
  struct iovec memory = {&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) == 0) {
    stop_out->counter = registers.pc;
    stop_out->frame = registers.regs[29];
    stop_out->stack = registers.sp;
    return true;
  }
#endif
  tenon__let_go(thread, *stop_out);
  return false;
}

/* C++'s own runtime, in programs that have it. */
extern char *__cxa_demangle(const char *name, char *output, size_t *size, int *status)
    __attribute__((weak));

/* What a name of C++ stands for, to be freed; NULL: it is none, or nobody here knows. */
static inline char *tenon__demangle_cpp(const char *name) {
  return __cxa_demangle ? __cxa_demangle(name, NULL, NULL, NULL) : NULL;
}

#define TENON__REGISTERS_MAX 64

/* What a stopped thread has in its registers, and how many these are. */
static inline unsigned tenon__registers(pid_t thread, uint64_t words_out[TENON__REGISTERS_MAX]) {
  struct iovec memory = {words_out, TENON__REGISTERS_MAX * sizeof(uint64_t)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) != 0)
    return 0;
  return (unsigned)(memory.iov_len / sizeof(uint64_t));
}

#endif
