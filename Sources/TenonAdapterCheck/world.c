/*
 * What the checks share.
 */
#include "checks.h"

#include <dirent.h>
#include <stdlib.h>
#include <time.h>

bool has_trait(const world_t *world, uint32_t trait) {
  return (world->subject->traits & trait) != 0;
}

bool world_begin(world_t *world, const tenon_adapter_subject_t *subject) {
  *world = (world_t){.subject = subject, .loop = subject->create()};
  if (!expect(world->loop != NULL, "a loop can be made"))
    return false;
  if (expect_status(TENON_STATUS_OK, subject->attach(world->loop, &world->executor), "attach"))
    return true;
  subject->destroy(world->loop);
  return false;
}

static void note_detached(void *context, tenon_status_t status) {
  world_t *world = context;
  expect(!world->is_detached, "the end of a detach is told once");
  world->is_detached = true;
  world->end = status;
  world_stop(world);
}

void world_detach(world_t *world, uint64_t timeout_ns) {
  tenon_status_t status = world->subject->detach(world->executor, timeout_ns, note_detached, world);
  if (!expect_status(TENON_STATUS_OK, status, "a detach"))
    world->is_detached = true; // There is nothing to wait for.
}

void world_run_detached(world_t *world) {
  if (!world->is_detached)
    world_run(world);
  expect(world->is_detached, "the loop goes on until the detach is complete");
}

void world_end(world_t *world) {
  world_detach(world, 10 * NS_PER_S);
  world_run_detached(world);
  expect_status(TENON_STATUS_OK, world->end, "the end of an executor without work");
  expect_status(TENON_STATUS_OK, tenon_executor_release(world->executor), "a release");
  world->subject->destroy(world->loop);
}

void world_run(world_t *world) {
  world->runs++;
  world->subject->run(world->loop);
  world->runs--;
}

void world_stop(void *context) {
  world_t *world = context;
  if (world->runs != 0)
    world->subject->stop(world->loop);
}

static void do_nothing(void *context) { (void)context; }

void world_hold(world_t *world) { world->subject->after(world->loop, HOUR_MS, do_nothing, NULL); }

void tell(void *context, tenon_status_t status) {
  told_t *told = context;
  told->thread = pthread_self();
  atomic_store(&told->status, status);
  atomic_fetch_add(&told->count, 1);
  if (told->stops)
    world_stop(told->stops);
}

void tell_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  tell(context, status);
}

uint64_t polls(const world_t *world) {
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  tenon_executor_get_statistics(world->executor, &statistics);
  return statistics.polls;
}

uint64_t processor_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}

int descriptors_open(void) {
  DIR *folder = opendir("/proc/self/fd");
  if (!folder)
    return -1;
  int count = 0;
  while (readdir(folder))
    count++;
  closedir(folder);
  return count - 3; // ".", ".." and the folder's own
}

pthread_t start(void *(*fn)(void *), void *context) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, fn, context) != 0)
    abort();
  return thread;
}
