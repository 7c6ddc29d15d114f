/* Entry points of Swift's runtime and of Dispatch that have no header of their own. */
#ifndef TENON_CSWIFTRUNTIME_SHIM_H
#define TENON_CSWIFTRUNTIME_SHIM_H

#include <stdbool.h>
#include <stdint.h>

/* Dispatch's main queue as a file descriptor, and what to call when it is readable. On the first thread. */
extern uintptr_t _dispatch_get_main_queue_handle_4CF(void);
extern void _dispatch_main_queue_callback_4CF(void *unused);

/* The task that runs on this thread, or NULL. withUnsafeCurrentTask() of the same costs some 500 instructions. */
extern __attribute__((swiftcall)) void *swift_task_getCurrent(void);

/* Whether a task was cancelled: Task.isCancelled, for those who know the task. */
extern __attribute__((swiftcall)) bool swift_task_isCancelled(void *task);

/* Whether a job of the runtime's is a task, and not what resumes one: the kind in its flags, where the runtime's
 * interface has them (swift/ABI/Task.h). */
static inline bool tenon__job_is_task(const void *job) {
  const uint32_t *flags = (const uint32_t *)(const void *)((const char *)job + 4 * sizeof(void *));
  return (*flags & 0xff) == 0;
}

typedef __attribute__((swiftcall)) void (*tenon__enqueue_fn)(void *job);
typedef __attribute__((swiftcall)) void (*tenon__enqueue_hook_fn)(void *job, void *original);

/* Called by the runtime, if set, for each job that it sends to the global executor. Swift's convention passes two
 * pointers as C's does, and asks for no more registers to be kept, so a C function may stand here. */
extern void *swift_task_enqueueGlobal_hook;

/* Puts a hook in, and returns the one that was there before. */
static inline void *tenon__exchange_enqueue_hook(void *hook) {
  return __atomic_exchange_n(&swift_task_enqueueGlobal_hook, hook, __ATOMIC_ACQ_REL);
}

static inline void tenon__call_enqueue_hook(void *hook, void *job, void *original) {
  ((tenon__enqueue_hook_fn)hook)(job, original);
}

static inline void tenon__call_enqueue(void *original, void *job) {
  ((tenon__enqueue_fn)original)(job);
}

#endif
