/*
 * tenon_executor_interrupt() in a signal's handler, on the loop's thread and on another one.
 */
#define _GNU_SOURCE

#include "checks.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { SIGNALS = 40 };

static tenon_executor_t *volatile interrupted;
static atomic_int refused;
static atomic_bool errno_is_lost;

static void interrupt(int number) {
  (void)number;
  const int before = errno;
  errno = ENOTTY;
  if (tenon_executor_interrupt(interrupted) != TENON_STATUS_OK)
    atomic_fetch_add(&refused, 1);
  if (errno != ENOTTY)
    atomic_store(&errno_is_lost, true);
  errno = before;
}

typedef struct sender {
  world_t *world;
  pthread_t loop_thread;
  long loop_thread_id;
  int round;
} sender_t;

static bool sleeps(long thread_id) {
  char path[64], text[256] = {0};
  snprintf(path, sizeof path, "/proc/self/task/%ld/stat", thread_id);
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  ssize_t size = read(file, text, sizeof text - 1);
  close(file);
  const char *name_end = size > 0 ? strrchr(text, ')') : NULL;
  return name_end && name_end[1] == ' ' && name_end[2] == 'S';
}

/** On one thread and on the other; while the loop sleeps, and wherever it is. */
static void send_signal(const sender_t *sender, int round) {
  while (round % 4 < 2 && !sleeps(sender->loop_thread_id))
    sched_yield();
  if (round % 2 == 0)
    pthread_kill(sender->loop_thread, SIGUSR1);
  else
    raise(SIGUSR1);
}

static void *send_to_a_loop(void *context) {
  const sender_t *sender = context;
  for (int round = 0; round < SIGNALS; round++) {
    uint64_t before = polls(sender->world);
    send_signal(sender, round);
    while (polls(sender->world) == before)
      sched_yield();
  }
  told_t told = {.stops = sender->world};
  tenon_executor_post(sender->world->executor, tell, &told);
  while (atomic_load(&told.count) == 0)
    sched_yield();
  return NULL;
}

static void *send_to_a_wait(void *context) {
  send_signal(context, ((const sender_t *)context)->round);
  return NULL;
}

void check_an_interrupt_in_a_handler_wakes_the_loop(const tenon_adapter_subject_t *subject) {
  world_t world;
  if ((subject->traits & TENON_ADAPTER_TRAIT_SIGNALS) == 0 || !world_begin(&world, subject))
    return;
  struct sigaction action = {.sa_flags = SA_RESTART};
  action.sa_handler = interrupt;
  sigaction(SIGUSR1, &action, NULL);
  interrupted = world.executor;
  world_hold(&world);
  sender_t sender = {&world, pthread_self(), syscall(SYS_gettid), 0};
  pthread_t thread = start(send_to_a_loop, &sender);
  world_run(&world);
  pthread_join(thread, NULL);
  for (int round = 0; has_trait(&world, TENON_ADAPTER_TRAIT_TURNS) && round < SIGNALS; round++) {
    tenon_promise_t *promise;
    tenon_future_t *future;
    expect_status(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future), "a promise");
    sender.round = round;
    thread = start(send_to_a_wait, &sender);
    expect_status(TENON_STATUS_INTERRUPTED,
                  tenon_executor_run_until(world.executor, future, TENON_FOREVER),
                  "a wait that a handler interrupts");
    pthread_join(thread, NULL);
    tenon_promise_cancel(promise);
    tenon_future_release(future);
  }
  expect(atomic_load(&refused) == 0, "an interrupt of an open executor is TENON_STATUS_OK");
  expect(!atomic_load(&errno_is_lost), "an interrupt keeps errno");
  world_end(&world);
}
