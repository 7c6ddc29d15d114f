/*
 * Attaching: what it refuses, what it adds to a loop, and whose thread the jobs run on.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // pipe2(), environ
#endif

#include "check.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

TEST(attach_refuses_what_is_wrong_and_leaves_the_loop_alone) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *const untouched = (tenon_executor_t *)(void *)loop;
  tenon_executor_t *executor = untouched;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(NULL, NULL, &executor));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, NULL, NULL));
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  config.struct_size = 0;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, &config, &executor));
  config.struct_size = sizeof config - 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, &config, &executor));
  config.struct_size = sizeof config + 8;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, &config, &executor));
  config = (tenon_uv_config_t)TENON_UV_CONFIG_INIT;
  config.flags = 2;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, &config, &executor));
  config.flags = 0;
  config.reserved = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_attach(loop, &config, &executor));
  CHECK(executor == untouched);
  CHECK_COUNT(0, loop_handles(loop));
  loop_end(loop);
}

TEST(attach_takes_each_field_of_its_configuration) {
  uv_loop_t *loop = loop_create();
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  config.name = "loop \xc3\xa9";
  config.jobs_max = UINT64_MAX;
  config.time_ns_max = UINT64_MAX;
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, &config, &executor));
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  detach_and_end(executor, loop);
}

static void count_types(uv_handle_t *handle, void *context) {
  int *types = context;
  types[uv_handle_get_type(handle)]++;
}

// Host hazard 28: uv_walk() shows what we add.
TEST(uv_walk_shows_one_poll_handle_and_one_timer) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  int types[UV_HANDLE_TYPE_MAX] = {0};
  uv_walk(loop, count_types, types);
  CHECK_COUNT(1, types[UV_POLL]);
  CHECK_COUNT(1, types[UV_TIMER]);
  CHECK_COUNT(2, loop_handles(loop));
  detach(executor, loop);
  CHECK_COUNT(0, loop_handles(loop));
  loop_end(loop);
}

TEST(jobs_run_on_the_loops_thread_in_uv_run) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  CHECK_NOT_TOLD(&told);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &told);
  CHECK(pthread_equal(told.thread, pthread_self()));
  detach_and_end(executor, loop);
}

typedef struct late_attach {
  uv_timer_t timer;
  tenon_executor_t *executor;
  told_t told;
} late_attach_t;

static void attach_in_callback(uv_timer_t *timer) {
  late_attach_t *late = timer->data;
  late->executor = attach(timer->loop);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(late->executor, tell, &late->told));
  uv_close((uv_handle_t *)timer, NULL);
}

TEST(attach_works_inside_uv_run) {
  uv_loop_t *loop = loop_create();
  late_attach_t late = {0};
  uv_timer_init(loop, &late.timer);
  late.timer.data = &late;
  uv_timer_start(&late.timer, attach_in_callback, 0, 0);
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_TOLD(TENON_STATUS_OK, &late.told);
  detach_and_end(late.executor, loop);
}

#define EXECUTORS 8

typedef struct ring {
  tenon_executor_t *executors[EXECUTORS];
  int jobs_left;
  int next;
} ring_t;

static void pass_on(void *context, tenon_status_t status) {
  ring_t *ring = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  if (--ring->jobs_left == 0)
    return;
  ring->next = (ring->next + 1) % EXECUTORS;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ring->executors[ring->next], pass_on, ring));
}

TEST(one_loop_has_several_executors) {
  uv_loop_t *loop = loop_create();
  ring_t ring = {{NULL}, 1000, 0};
  for (int index = 0; index < EXECUTORS; index++)
    ring.executors[index] = attach(loop);
  CHECK_COUNT(2 * EXECUTORS, loop_handles(loop));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ring.executors[0], pass_on, &ring));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, ring.jobs_left);
  // Half of them leave; the others do not notice.
  for (int index = 0; index < EXECUTORS; index += 2)
    detach(ring.executors[index], loop);
  CHECK_COUNT(EXECUTORS, loop_handles(loop));
  told_t told[EXECUTORS] = {{0}};
  for (int index = 1; index < EXECUTORS; index += 2)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(ring.executors[index], tell, &told[index]));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  for (int index = 1; index < EXECUTORS; index += 2) {
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
    detach(ring.executors[index], loop);
  }
  loop_end(loop);
}

#define LOOPS 4

typedef struct several {
  _Atomic(tenon_executor_t *) executors[LOOPS];
  atomic_int index;
  atomic_int received;
  atomic_int accepted;
} several_t;

static void receive(void *context, tenon_status_t status) {
  several_t *several = context;
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_CLOSED);
  atomic_fetch_add(&several->received, 1);
}

static void *run_one_of_several(void *context) {
  several_t *several = context;
  int own = atomic_fetch_add(&several->index, 1);
  for (size_t round = 0; round < rounds(100); round++) {
    uv_loop_t *loop = loop_create();
    tenon_executor_t *executor = attach(loop);
    hold_t hold;
    hold_begin(&hold, executor);
    atomic_store(&several->executors[own], executor);
    for (int peer = 0; peer < LOOPS; peer++) {
      tenon_executor_t *other = atomic_load(&several->executors[peer]);
      if (!other)
        continue;
      tenon_status_t status = tenon_executor_post(other, receive, several);
      if (status == TENON_STATUS_OK)
        atomic_fetch_add(&several->accepted, 1);
      else
        CHECK(other != executor && (status == TENON_STATUS_CLOSED || status == TENON_STATUS_STALE));
      uv_run(loop, UV_RUN_NOWAIT);
    }
    hold_end(&hold);
    uv_run(loop, UV_RUN_DEFAULT);
    CHECK_TOLD(TENON_STATUS_OK, &hold.told);
    detach_and_end(executor, loop);
  }
  return NULL;
}

TEST(several_loops_run_in_several_threads) {
  several_t several = {0};
  pthread_t threads[LOOPS];
  for (int index = 0; index < LOOPS; index++)
    threads[index] = thread_start(run_one_of_several, &several);
  for (int index = 0; index < LOOPS; index++)
    thread_join(threads[index]);
  CHECK_COUNT(atomic_load(&several.accepted), atomic_load(&several.received));
}

// Host hazard 31: a loop made again in the same memory is another loop.
TEST(the_default_loop_is_closed_and_made_again) {
  uv_loop_t *loops[2];
  tenon_executor_t *executors[2];
  for (int index = 0; index < 2; index++) {
    loops[index] = uv_default_loop();
    executors[index] = attach(loops[index]);
    told_t told = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executors[index], tell, &told));
    CHECK_COUNT(0, uv_run(loops[index], UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    if (index == 1) {
      // In the same memory, and none of the first one's business.
      CHECK(loops[0] == loops[1]);
      uv_loop_t *loop = NULL;
      CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_get_loop(executors[0], &loop));
      CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_detach(executors[0], 0, tell_never, NULL));
      CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(executors[0], tell_never, NULL));
      CHECK_COUNT(2, loop_handles(loops[1]));
    }
    told_t detached = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executors[index], 0, tell, &detached));
    CHECK_COUNT(0, uv_run(loops[index], UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    CHECK_COUNT(0, uv_loop_close(loops[index]));
  }
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executors[index]));
}

// Host hazard 31, many times.
TEST(a_loops_memory_is_used_for_a_new_loop) {
  uv_loop_t loop;
  tenon_executor_t *previous = NULL;
  for (size_t round = 0; round < rounds(1000); round++) {
    memset(&loop, 0x5a, sizeof loop);
    CHECK_COUNT(0, uv_loop_init(&loop));
    tenon_executor_t *executor = attach(&loop);
    told_t told = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
    if (previous) {
      CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(previous, tell_never, NULL));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(previous));
      CHECK_STATUS(TENON_STATUS_STALE, tenon_uv_detach(previous, 0, tell_never, NULL));
    }
    CHECK_COUNT(0, uv_run(&loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &told);
    told_t detached = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, 0, tell, &detached));
    CHECK_COUNT(0, uv_run(&loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    CHECK_COUNT(0, uv_loop_close(&loop));
    previous = executor;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(previous));
}

static void *get_loop_elsewhere(void *context) {
  uv_loop_t *loop = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_get_loop(context, &loop));
  return loop;
}

TEST(get_loop_answers_the_loop_on_any_thread) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  uv_loop_t *answer = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_uv_get_loop(executor, &answer));
  CHECK(answer == loop);
  pthread_t thread = thread_start(get_loop_elsewhere, executor);
  void *elsewhere = NULL;
  CHECK_COUNT(0, pthread_join(thread, &elsewhere));
  CHECK(elsewhere == loop);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_get_loop(executor, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_uv_get_loop(NULL, &answer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_retain(executor));
  detach(executor, loop);
  uv_loop_t *const untouched = answer;
  CHECK_STATUS(TENON_STATUS_CLOSED, tenon_uv_get_loop(executor, &answer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_uv_get_loop(executor, &answer));
  CHECK(answer == untouched);
  loop_end(loop);
}

TEST(an_executor_on_no_libuv_loop_is_unsupported) {
  tenon_executor_t *executor = NULL;
  uv_loop_t *loop = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(NULL, &executor));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_uv_get_loop(executor, &loop));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_uv_detach(executor, 0, tell_never, NULL));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_uv_set_referenced(executor, false));
  CHECK(loop == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

TEST(attach_and_detach_leave_no_descriptor_behind) {
  uv_loop_t *loop = loop_create();
  detach(attach(loop), loop);
  int before = descriptors_open();
  for (size_t round = 0; round < rounds(1000); round++)
    detach(attach(loop), loop);
  CHECK_COUNT(before, descriptors_open());
  loop_end(loop);
}

TEST(attach_without_a_descriptor_left_has_no_resources) {
  uv_loop_t *loop = loop_create();
  detach(attach(loop), loop);
  struct rlimit limit;
  CHECK_COUNT(0, getrlimit(RLIMIT_NOFILE, &limit));
  int next = dup(0);
  close(next);
  struct rlimit tight = {(rlim_t)next, limit.rlim_max};
  CHECK_COUNT(0, setrlimit(RLIMIT_NOFILE, &tight));
  tenon_executor_t *executor = NULL;
  CHECK_STATUS(TENON_STATUS_NO_RESOURCES, tenon_uv_attach(loop, NULL, &executor));
  CHECK(executor == NULL);
  CHECK_COUNT(0, loop_handles(loop));
  CHECK_COUNT(0, setrlimit(RLIMIT_NOFILE, &limit));
  detach_and_end(attach(loop), loop);
}

/** How many descriptors a program sees that this process executes, in a fork or by posix_spawn(),
 *  which tells no fork handler. */
static int descriptors_after_exec(bool forks) {
  char program[] = "ls";
  char directory[] = "/proc/self/fd";
  char *const arguments[] = {program, directory, NULL};
  int ends[2];
  CHECK_COUNT(0, pipe2(ends, O_CLOEXEC));
  pid_t child = -1;
  if (forks) {
    child = fork();
    if (child == 0) {
      dup2(ends[1], 1);
      execvp(arguments[0], arguments);
      _exit(127);
    }
  } else {
    posix_spawn_file_actions_t actions;
    CHECK_COUNT(0, posix_spawn_file_actions_init(&actions));
    CHECK_COUNT(0, posix_spawn_file_actions_adddup2(&actions, ends[1], 1));
    CHECK_COUNT(0, posix_spawnp(&child, arguments[0], &actions, NULL, arguments, environ));
    CHECK_COUNT(0, posix_spawn_file_actions_destroy(&actions));
  }
  close(ends[1]);
  FILE *stream = fdopen(ends[0], "r");
  int count = 0;
  for (int character; (character = fgetc(stream)) != EOF;)
    count += character == '\n';
  fclose(stream);
  int status = 0;
  CHECK_COUNT(child, waitpid(child, &status, 0));
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  return count;
}

// Host hazard 20: a child process inherits no descriptor of ours.
TEST(descriptors_are_closed_on_exec) {
  int before = descriptors_after_exec(true);
  CHECK_COUNT(before, descriptors_after_exec(false));
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  told_t told = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_COUNT(before, descriptors_after_exec(true));
  CHECK_COUNT(before, descriptors_after_exec(false));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  uv_run(loop, UV_RUN_DEFAULT);
  CHECK_COUNT(2, atomic_load(&told.count));
  detach_and_end(executor, loop);
}

typedef struct spawning {
  uv_process_t process;
  hold_t hold;
  int64_t exit_status;
} spawning_t;

static void child_exited(uv_process_t *process, int64_t exit_status, int signal_number) {
  spawning_t *spawning = process->data;
  CHECK_COUNT(0, signal_number);
  spawning->exit_status = exit_status;
  hold_end(&spawning->hold);
  uv_close((uv_handle_t *)process, NULL);
}

// Host hazard 20: a child process with operations in flight. Their results are still delivered.
TEST(a_child_process_spawned_with_work_in_flight_disturbs_nothing) {
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  spawning_t spawning = {.exit_status = -1};
  told_t timer = {0};
  told_t job = {0};
  hold_begin(&spawning.hold, executor);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, tenon_timer_now_ns() + NS_PER_MS, tell, &timer, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &job));
  char program[] = "true";
  char *arguments[] = {program, NULL};
  uv_process_options_t options = {.exit_cb = child_exited, .file = program, .args = arguments};
  spawning.process.data = &spawning;
  CHECK_COUNT(0, uv_spawn(loop, &spawning.process, &options));
  CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
  CHECK_COUNT(0, spawning.exit_status);
  CHECK_TOLD(TENON_STATUS_OK, &spawning.hold.told);
  CHECK_TOLD(TENON_STATUS_OK, &timer);
  CHECK_TOLD(TENON_STATUS_OK, &job);
  detach_and_end(executor, loop);
}
