/* The Linux calls that Swift's Glibc module leaves out. */
#ifndef TENON_CLINUX_SHIM_H
#define TENON_CLINUX_SHIM_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* <poll.h> has it only under _GNU_SOURCE, with which the module would differ from Swift's Glibc. */
extern int ppoll(struct pollfd *fds, nfds_t count, const struct timespec *timeout,
                 const sigset_t *mask);

/* Whether this is the thread that main() started on. (syscall() has no fixed arguments: no Swift.) */
static inline bool tenon__is_first_thread(void) { return syscall(SYS_gettid) == getpid(); }

#endif
