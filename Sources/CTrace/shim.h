/* How another process is looked at: where a thread of it is, for which that stops for some microseconds, and goes on; and how this
 * process looks at memory of its own that may be gone. */
#ifndef TENON_CTRACE_SHIM_H
#define TENON_CTRACE_SHIM_H

#include <elf.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

/* With _GNU_SOURCE sys/uio.h has it, too. */
ssize_t process_vm_readv(pid_t process, const struct iovec *local, unsigned long local_count,
                         const struct iovec *remote, unsigned long remote_count,
                         unsigned long flags);

/* Reads memory of this process: as much of it as there is. */
static inline ptrdiff_t tenon__read_own(uintptr_t address, void *memory, size_t size) {
  struct iovec local = {memory, size}, remote = {(void *)address, size};
  return process_vm_readv(getpid(), &local, 1, &remote, 1, 0);
}

/* Stops a thread, and says where it is; false: it is not allowed, or the thread has gone. */
static inline bool tenon__stop_thread(pid_t thread, uint64_t *counter_out, uint64_t *frame_out,
                                      uint64_t *stack_out) {
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) != 0)
    return false;
  int status = 0;
  if (ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) != 0 ||
      waitpid(thread, &status, __WALL) != thread || !WIFSTOPPED(status))
    return false;
#if defined(__x86_64__)
  struct user_regs_struct registers;
  struct iovec memory = {&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) != 0)
    return false;
  *counter_out = registers.rip;
  *frame_out = registers.rbp;
  *stack_out = registers.rsp;
#elif defined(__aarch64__)
  struct user_regs_struct registers;
  struct iovec memory = {&registers, sizeof(registers)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) != 0)
    return false;
  *counter_out = registers.pc;
  *frame_out = registers.regs[29];
  *stack_out = registers.sp;
#else
  return false;
#endif
  return true;
}

#define TENON__REGISTERS_MAX 64

/* What a stopped thread has in its registers, and how many these are. */
static inline unsigned tenon__registers(pid_t thread, uint64_t words_out[TENON__REGISTERS_MAX]) {
  struct iovec memory = {words_out, TENON__REGISTERS_MAX * sizeof(uint64_t)};
  if (ptrace(PTRACE_GETREGSET, thread, (void *)NT_PRSTATUS, &memory) != 0)
    return 0;
  return (unsigned)(memory.iov_len / sizeof(uint64_t));
}

/* Lets it go on. */
static inline void tenon__let_go(pid_t thread) { ptrace(PTRACE_DETACH, thread, NULL, NULL); }

#endif
