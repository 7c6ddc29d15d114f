/*
 * See stopped.h.
 */
#define _GNU_SOURCE
#include "stopped.h"

#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

/** How often the one that is stopped looks whether the other one has ended, or waits for it. */
#define LOOKS_MAX 4000

/* MARK: Threads that sleep */

int thread_id(void) { return (int)syscall(SYS_gettid); }

static void *run_sleeper(void *context) {
  sleeper_t *sleeper = context;
  atomic_store(&sleeper->id, thread_id());
  void *result = sleeper->fn(sleeper->context);
  atomic_store(&sleeper->has_ended, true);
  return result;
}

void sleeper_start(sleeper_t *sleeper, void *(*fn)(void *context), void *context) {
  sleeper->fn = fn;
  sleeper->context = context;
  atomic_init(&sleeper->id, 0);
  atomic_init(&sleeper->has_ended, false);
  sleeper->thread = thread_start(run_sleeper, sleeper);
}

/* In a signal's handler, too. */
bool thread_sleeps(int id) {
  char path[64], text[256];
  snprintf(path, sizeof path, "/proc/self/task/%d/stat", id);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  text[size < 0 ? 0 : size] = 0;
  const char *end = strrchr(text, ')');
  return end && end[1] == ' ' && end[2] == 'S';
}

bool sleeper_rests(const sleeper_t *sleeper) {
  int id = atomic_load(&sleeper->id);
  return atomic_load(&sleeper->has_ended) || (id != 0 && thread_sleeps(id));
}

void sleeper_join(sleeper_t *sleeper) { thread_join(sleeper->thread); }

/* MARK: A meeting */

static struct {
  const meeting_t *meeting;
  sleeper_t other;
  atomic_int here; /**< the first thread; 0: it has not begun */
  atomic_bool may_begin;
  bool has_met;
  struct code {
    uintptr_t begin, end;
  } code;              /**< whose places count */
  size_t place;        /**< where the two meet */
  size_t seen;         /**< how many places have come */
  size_t steps;        /**< and how many instructions */
  atomic_bool is_over; /**< and nothing is stopped any more */
} stage;

static void *run_there(void *context) {
  /* One that sleeps before its end has to be woken. */
  while (!atomic_load(&stage.may_begin) && !thread_sleeps(atomic_load(&stage.here)))
    sched_yield();
  stage.meeting->there(stage.meeting->context);
  return context;
}

#if defined(__x86_64__) && !defined(IS_SANITIZED)
#define IS_STOPPED 1
#endif

#ifdef IS_STOPPED

/** Lets the other one go on until it has ended or has to wait. */
static void let_other(void) {
  atomic_store(&stage.may_begin, true);
  for (int look = 0; look < LOOKS_MAX && !sleeper_rests(&stage.other); look++)
    sched_yield();
}

/** The part of an image that an address is in. */
static int find_code(struct dl_phdr_info *image, size_t size, void *context) {
  struct code *code = context;
  (void)size;
  for (int index = 0; index < image->dlpi_phnum; index++) {
    uintptr_t begin = image->dlpi_addr + image->dlpi_phdr[index].p_vaddr;
    uintptr_t end = begin + image->dlpi_phdr[index].p_memsz;
    if (image->dlpi_phdr[index].p_type == PT_LOAD && begin <= code->begin && code->begin < end) {
      *code = (struct code){begin, end};
      return 1;
    }
  }
  return 0;
}

/** Whether others can come between what was before this instruction and what is after it. */
static bool is_place(const unsigned char *at) {
  if ((uintptr_t)at < stage.code.begin || (uintptr_t)at >= stage.code.end)
    return false;
  for (; *at == 0x66 || *at == 0xf2 || *at == 0xf3 || *at == 0x64 || (*at & 0xf0) == 0x40; at++)
    ;
  bool is_exchange = (*at == 0x86 || *at == 0x87) && at[1] >> 6 != 3;
  bool is_call = at[0] == 0x0f && at[1] == 0x05;
  bool is_fence = at[0] == 0x0f && at[1] == 0xae && at[2] == 0xf0;
  return *at == 0xf0 || is_exchange || is_call || is_fence;
}

#define STEP_FLAG 0x100

static void step(int number, siginfo_t *info, void *context) {
  ucontext_t *thread = context;
  greg_t *registers = thread->uc_mcontext.gregs;
  (void)number;
  (void)info;
  bool is_one = stage.meeting->stride != 0 ? stage.steps++ % stage.meeting->stride == 0
                                           : is_place((const unsigned char *)registers[REG_RIP]);
  if (!stage.is_over && is_one && stage.seen++ == stage.place) {
    let_other();
    stage.has_met = stage.is_over = true;
  }
  if (stage.is_over)
    registers[REG_EFL] &= ~STEP_FLAG;
}

void meeting_begin(void) {
  sigset_t trap;
  sigemptyset(&trap);
  sigaddset(&trap, SIGTRAP);
  pthread_sigmask(SIG_UNBLOCK, &trap, NULL);
  atomic_store(&stage.here, thread_id());
  __asm__ volatile("pushfq\n\torq %0, (%%rsp)\n\tpopfq" ::"i"(STEP_FLAG) : "memory", "cc");
}

/** Has each step told to step(). Answers what was told before, to be put back. */
static struct sigaction steps_begin(void) {
  struct sigaction before, action;
  memset(&action, 0, sizeof action);
  action.sa_sigaction = step;
  action.sa_flags = SA_SIGINFO;
  sigaction(SIGTRAP, &action, &before);
  return before;
}

#else

void meeting_begin(void) { atomic_store(&stage.here, thread_id()); }

#endif

void meeting_end(void) { stage.is_over = true; }

/** Has the two meet at this place; false: the first has not so many. */
static bool meet(const meeting_t *meeting, bool is_part, size_t place) {
  stage.meeting = meeting;
  stage.place = place;
  stage.seen = 0;
  stage.steps = 0;
  stage.is_over = stage.has_met = false;
  atomic_store(&stage.here, 0);
  atomic_store(&stage.may_begin, false);
  meeting->before(meeting->context);
  sleeper_start(&stage.other, run_there, NULL);
  SPIN_UNTIL(atomic_load(&stage.other.id) != 0);
  if (!is_part)
    meeting_begin();
  meeting->here(meeting->context);
  meeting_end();
  bool has_met = stage.has_met;
  atomic_store(&stage.may_begin, true);
  sleeper_join(&stage.other);
  meeting->after(meeting->context);
  return has_met;
}

static size_t run(const meeting_t *meeting, bool is_part, const void *within) {
#ifdef IS_STOPPED
  struct sigaction before = steps_begin();
  stage.code = (struct code){(uintptr_t)within, within ? 0 : UINTPTR_MAX};
  if (within)
    dl_iterate_phdr(find_code, &stage.code);
#else
  (void)within;
#endif
  size_t place = 0;
  /* What is made at a first use would be a place the first time, and move the others. */
  meet(meeting, is_part, SIZE_MAX);
  while (meet(meeting, is_part, place))
    place++;
#ifdef IS_STOPPED
  sigaction(SIGTRAP, &before, NULL);
  CHECK(place > 0);
#endif
  return place;
}

void meeting_run(const meeting_t *meeting) { run(meeting, false, NULL); }

size_t meeting_run_part(const meeting_t *meeting, const void *within) {
  return run(meeting, true, within);
}
