/*
 * Descriptors that futures wait for, on adapters whose hosts have `watch`.
 */
#include "checks.h"

#include <fcntl.h>
#include <unistd.h>

enum { ROUNDS = 100 };

typedef struct pipe_of {
  int fds[2];
} pipe_of_t;

/** False: the adapter waits for none, which is no fault. */
static bool wait_for(world_t *world, int fd, told_t *told, tenon_future_t **future_out) {
  tenon_status_t status = tenon_future_readable(world->executor, fd, future_out);
  if (status == TENON_STATUS_UNSUPPORTED)
    return false;
  if (!expect_status(TENON_STATUS_OK, status, "waiting for a descriptor"))
    return false;
  tenon_future_on_complete(*future_out, world->executor, tell_completion, told, NULL);
  return true;
}

static void *write_byte(void *context) {
  const pipe_of_t *pipe = context;
  expect(write(pipe->fds[1], "x", 1) == 1, "a pipe takes a byte");
  return NULL;
}

void check_descriptors_are_waited_for(const tenon_adapter_subject_t *subject) {
  world_t world;
  pipe_of_t wanted;
  if (!world_begin(&world, subject))
    return;
  if (pipe(wanted.fds) != 0)
    return;
  uint64_t before = polls(&world);
  for (int round = 0; round < ROUNDS; round++) {
    told_t told = {.stops = &world};
    tenon_future_t *future;
    if (!wait_for(&world, wanted.fds[0], &told, &future)) {
      world_end(&world);
      return;
    }
    pthread_t thread = start(write_byte, &wanted);
    world_run(&world); // Its wait keeps the loop alive.
    pthread_join(thread, NULL);
    char byte;
    if (!expect(told.count == 1 && told.status == TENON_STATUS_OK,
                "a future is told that its descriptor is readable") ||
        !expect(read(wanted.fds[0], &byte, 1) == 1, "it is readable then"))
      return;
    tenon_future_release(future);
  }
  uint64_t taken = polls(&world) - before;
  expect(taken <= 6 * ROUNDS + 8, "%d descriptors take a few polls each, and it is %llu", ROUNDS,
         (unsigned long long)taken);
  // What is given up leaves nothing that would turn the loop.
  told_t told = {.stops = &world};
  tenon_future_t *future;
  wait_for(&world, wanted.fds[0], &told, &future);
  tenon_future_cancel(future);
  tenon_future_release(future);
  if (told.count == 0)
    world_run(&world);
  expect(told.count == 1 && told.status == TENON_STATUS_CANCELLED, "a wait can be cancelled");
  write_byte(&wanted);
  subject->after(world.loop, 1, world_stop, &world);
  world_run(&world);
  before = polls(&world);
  subject->after(world.loop, 50, world_stop, &world);
  world_run(&world);
  taken = polls(&world) - before;
  expect(taken <= 4, "a descriptor that nobody waits for causes no polls, and it is %llu",
         (unsigned long long)taken);
  world_end(&world);
  close(wanted.fds[0]);
  close(wanted.fds[1]);
}

void check_a_detach_lets_go_of_descriptors(const tenon_adapter_subject_t *subject) {
  int open = 0;
  for (int round = 0; round < 3; round++) {
    world_t world;
    pipe_of_t wanted;
    told_t told = {0};
    tenon_future_t *future;
    if (!world_begin(&world, subject))
      return;
    if (pipe(wanted.fds) != 0)
      return;
    if (!wait_for(&world, wanted.fds[0], &told, &future)) {
      world_end(&world);
      return;
    }
    // The loop knows of it.
    subject->after(world.loop, 1, world_stop, &world);
    world_run(&world);
    world_detach(&world, TENON_FOREVER);
    world_run_detached(&world);
    expect(told.count == 1 && told.status == TENON_STATUS_CANCELLED,
           "a detach cancels what waits for descriptors");
    expect(fcntl(wanted.fds[0], F_GETFD) >= 0, "their descriptors stay the caller's");
    tenon_future_release(future);
    close(wanted.fds[0]);
    close(wanted.fds[1]);
    expect_status(TENON_STATUS_OK, tenon_executor_release(world.executor), "a release");
    subject->destroy(world.loop);
    if (round == 0)
      open = descriptors_open();
  }
  expect(descriptors_open() == open, "descriptors are given back: there were %d, and there are %d",
         open, descriptors_open());
}
