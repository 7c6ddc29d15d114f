/*
 * A fork: the child is told so, and the parent goes on.
 */
#include "checks.h"

#include <sys/wait.h>
#include <unistd.h>

static int use_in_child(const world_t *world) {
  told_t told = {0};
  bool is_right = tenon_executor_post(world->executor, tell, &told) == TENON_STATUS_FORKED &&
                  world->subject->detach(world->executor, 0, tell, &told) == TENON_STATUS_FORKED &&
                  told.count == 0;
  return is_right ? 0 : 1;
}

void check_a_fork_disturbs_nobody(const tenon_adapter_subject_t *subject) {
  world_t world;
  if (!world_begin(&world, subject))
    return;
  told_t before = {0}, after = {.stops = &world};
  // A wake and a timer that are on their way.
  tenon_timer_start(world.executor, tenon_timer_now_ns() + 20 * NS_PER_MS, tell, &after, NULL);
  tenon_executor_post(world.executor, tell, &before);
  pid_t child = fork();
  if (child == 0)
    _exit(use_in_child(&world));
  int status = -1;
  waitpid(child, &status, 0);
  expect(WIFEXITED(status) && WEXITSTATUS(status) == 0,
         "a fork's child is told TENON_STATUS_FORKED by post and detach");
  world_run(&world);
  expect(before.count == 1 && after.count == 1, "the parent's jobs and timers run as ever");
  world_end(&world);
}
