/*
 * What the headers promise of a process that was forked: what is older than the fork answers
 * TENON_STATUS_FORKED, and nothing hangs.
 */
#include "check.h"

#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

/** How long a child may take before it counts as hanging. */
#define CHILD_SECONDS_MAX 30

enum { FUNCTIONS_MAX = 256 };

/** What the child leaves for its parent: it cannot check, since another thread may have held the
 * lock of the failures when it was forked. */
typedef struct testament {
  tenon_status_t answers[FUNCTIONS_MAX];
  bool left_all[FUNCTIONS_MAX];
  tenon_status_t creates[5];
  tenon_status_t values;
  bool is_cancelled;
  bool is_done;
  int reached;
} testament_t;

static testament_t *testament_create(void) {
  void *memory =
      mmap(NULL, sizeof(testament_t), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED)
    abort();
  return memory;
}

/** Calls all functions with handles that were good in the parent. */
static void use_all(testament_t *testament, fixture_t *fixture) {
  told_t told = TOLD_INIT;
  atomic_int drops = 0;
  for (int index = 0; conformance_functions[index].name; index++) {
    const function_t *function = &conformance_functions[index];
    arguments_t arguments;
    if (index == FUNCTIONS_MAX)
      abort();
    testament->reached = index;
    if (!function->call || function->handles[0] == HANDLE_NONE)
      continue;
    memset(&arguments, 0, sizeof arguments);
    for (int handle = 0; handle < FUNCTION_HANDLES_MAX; handle++)
      arguments.handles[handle] = fixture->live[function->handles[handle]];
    arguments.told = &told;
    arguments.drops = &drops;
    testament->answers[index] = function_call(function, &arguments);
    testament->left_all[index] = function_left_all(&arguments);
  }
  testament->is_cancelled = tenon_promise_is_cancelled(fixture->live[HANDLE_PROMISE]);
  /* Nothing is made in the child: a lock that another thread held may be held for ever. */
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  tenon_error_t *error = NULL;
  tenon_executor_t *executor = NULL;
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  payload.type = testament;
  testament->creates[0] = tenon_promise_create(NULL, &promise, &future);
  testament->creates[1] = tenon_promise_create(&config, &promise, &future);
  testament->creates[2] = tenon_executor_create(NULL, &executor);
  testament->creates[3] = tenon_error_create("test", 1, "text", NULL, &error);
  testament->creates[4] =
      tenon_error_create_with_payload("test", 1, "text", NULL, &payload, &error);
  /* A value is no handle. */
  tenon_value_t value;
  testament->values = tenon_value_copy_string("text", 4, &value);
  if (testament->values == TENON_STATUS_OK)
    testament->values = tenon_value_drop(&value);
  tenon_timer_now_ns();
  tenon_status_name(TENON_STATUS_FORKED);
}

static _Noreturn void child(testament_t *testament, fixture_t *fixture) {
  signal(SIGALRM, SIG_DFL);
  alarm(CHILD_SECONDS_MAX);
  use_all(testament, fixture);
  testament->is_done = true;
  _exit(0);
}

static void check_child(pid_t pid, testament_t *testament) {
  int state = 0;
  char text[160];
  if (!CHECK(pid > 0) || !CHECK(waitpid(pid, &state, 0) == pid))
    return;
  snprintf(text, sizeof text, "the child ended in %s, with state %d",
           conformance_functions[testament->reached].name, state);
  conformance_check(WIFEXITED(state) && WEXITSTATUS(state) == 0 && testament->is_done, __FILE__,
                    __LINE__, text);
  CHECK(!testament->is_cancelled);
  for (size_t index = 0; index < sizeof testament->creates / sizeof *testament->creates; index++)
    CHECK_STATUS(TENON_STATUS_FORKED, testament->creates[index]);
  CHECK_STATUS(TENON_STATUS_OK, testament->values);
  for (int index = 0; testament->is_done && conformance_functions[index].name; index++) {
    const function_t *function = &conformance_functions[index];
    if (!function->call || function->handles[0] == HANDLE_NONE)
      continue;
    snprintf(text, sizeof text, "%s in the child: answers %s, %s", function->name,
             tenon_status_name(testament->answers[index]),
             testament->left_all[index] ? "writes nothing" : "writes or takes something");
    conformance_check((testament->answers[index] == TENON_STATUS_FORKED ||
                       (function->inexact && testament->answers[index] < 0)) &&
                          testament->left_all[index],
                      __FILE__, __LINE__, text);
  }
}

CASE(handles_from_before_a_fork_say_so_in_the_child) {
  fixture_t fixture;
  testament_t *testament = testament_create();
  fixture_begin(&fixture);
  pid_t pid = fork();
  if (pid == 0)
    child(testament, &fixture);
  check_child(pid, testament);
  fixture_end(&fixture); /* and in the parent nothing has changed */
  munmap(testament, sizeof *testament);
}

typedef struct forking {
  fixture_t *fixture;
  testament_t *testament;
  told_t told;
} forking_t;

static void fork_in_job(void *context, tenon_status_t status) {
  forking_t *forking = context;
  told_now(&forking->told, status);
  pid_t pid = fork();
  if (pid == 0)
    child(forking->testament, forking->fixture);
  check_child(pid, forking->testament);
}

static void fork_in_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  fork_in_job(context, status);
}

CASE(a_fork_inside_a_job_says_so_in_the_child) {
  fixture_t fixture;
  forking_t forking = {&fixture, testament_create(), TOLD_INIT};
  fixture_begin(&fixture);
  tenon_executor_t *executor = fixture.live[HANDLE_EXECUTOR];
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, fork_in_job, &forking));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &forking.told);
  fixture_end(&fixture);
  munmap(forking.testament, sizeof *forking.testament);
}

CASE(a_fork_inside_a_callback_says_so_in_the_child) {
  fixture_t fixture;
  forking_t forking = {&fixture, testament_create(), TOLD_INIT};
  fixture_begin(&fixture);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, NULL, fork_in_completion, &forking, NULL));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_TOLD(TENON_STATUS_OK, &forking.told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  fixture_end(&fixture);
  munmap(forking.testament, sizeof *forking.testament);
}

/* Threads that hold whatever locks there are at the moment of the fork. */

typedef struct crowd {
  tenon_executor_t *executor;
  atomic_bool is_over;
  atomic_bool is_idle;
  atomic_int busy;
} crowd_t;

static void *stay_busy(void *context) {
  crowd_t *crowd = context;
  atomic_fetch_add(&crowd->busy, 1);
  while (!atomic_load(&crowd->is_over)) {
    told_t told[3];
    tenon_registration_t *registration = NULL;
    memset(told, 0, sizeof told);
    pair_t pair = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(pair.future, crowd->executor, tell_completion, &told[0],
                                          &registration));
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pair.promise, NULL, tell, &told[1], NULL));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(crowd->executor, tell, &told[2]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_set_name(pair.future, "busy", TENON_HERE));
    CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_REJECTED));
    tenon_registration_forget(registration);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
    CHECK_COUNT(1, atomic_load(&told[0].count));
    CHECK_COUNT(1, atomic_load(&told[1].count));
    SPIN_UNTIL(atomic_load(&told[2].count) == 1);
  }
  return NULL;
}

static void *keep_polling(void *context) {
  crowd_t *crowd = context;
  atomic_fetch_add(&crowd->busy, 1);
  while (!atomic_load(&crowd->is_idle))
    executor_poll(crowd->executor);
  return NULL;
}

CASE(a_fork_while_other_threads_are_busy_does_not_hang) {
  enum { THREADS = 3 };
  int rounds = conformance_is_light() ? 3 : 20;
  crowd_t crowd = {executor_create(), false, false, 0};
  pthread_t threads[THREADS];
  fixture_t fixture;
  fixture_begin(&fixture);
  pthread_t poller = thread_start(keep_polling, &crowd);
  for (int index = 0; index < THREADS; index++)
    threads[index] = thread_start(stay_busy, &crowd);
  SPIN_UNTIL(atomic_load(&crowd.busy) == THREADS + 1);
  for (int round = 0; round < rounds; round++) {
    testament_t *testament = testament_create();
    pid_t pid = fork();
    if (pid == 0)
      child(testament, &fixture);
    check_child(pid, testament);
    munmap(testament, sizeof *testament);
  }
  atomic_store(&crowd.is_over, true);
  for (int index = 0; index < THREADS; index++)
    thread_join(threads[index]);
  atomic_store(&crowd.is_idle, true);
  thread_join(poller);
  executor_poll(crowd.executor);
  executor_end(crowd.executor);
  fixture_end(&fixture);
}
