/*
 * The kit itself: what adapters with faults are told. Each is tenon/epoll.h's with one thing wrong.
 */
#define _GNU_SOURCE

#include "epoll_loop.h"

#include <sys/wait.h>

enum fault { NONE, LATE, RESTLESS, NEVER_ALIVE, LEAKY, TWICE, UNFAIR, SILENT };
static enum fault fault;

static void set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  if (fault == LATE && deadline_ns != TENON_FOREVER)
    deadline_ns += 30000000;
  if (fault == RESTLESS)
    deadline_ns = tenon_timer_now_ns();
  tenon__epoll_set_timer(adapter, deadline_ns);
}

static const tenon_adapter_operations_t *operations(void) {
  static tenon_adapter_operations_t made;
  made = *tenon__epoll_operations();
  made.set_timer = set_timer;
  if (fault == NEVER_ALIVE)
    made.set_alive = NULL;
  return &made;
}

static tenon_status_t attach(void *loop, tenon_executor_t **executor_out) {
  tenon_adapter_config_t config = TENON_ADAPTER_CONFIG_INIT;
  if (fault == UNFAIR)
    config.jobs_max = UINT64_MAX;
  if (fault == LEAKY && dup(0) < 0)
    abort();
  return tenon_adapter_attach(operations(), loop, &config, executor_out);
}

typedef struct told {
  tenon_adapter_detached_fn fn;
  void *context;
} told_t;

static void tell_twice(void *context, tenon_status_t status) {
  const told_t told = *(told_t *)context;
  free(context);
  told.fn(told.context, status);
  told.fn(told.context, status);
}

static tenon_status_t detach(tenon_executor_t *executor, uint64_t timeout_ns,
                             tenon_adapter_detached_fn fn, void *context) {
  if (fault == SILENT)
    return tenon_adapter_detach(executor, operations(), timeout_ns, NULL, NULL);
  if (fault != TWICE)
    return tenon_adapter_detach(executor, operations(), timeout_ns, fn, context);
  told_t *told = malloc(sizeof *told);
  if (!told)
    abort();
  *told = (told_t){fn, context};
  const tenon_status_t status =
      tenon_adapter_detach(executor, operations(), timeout_ns, tell_twice, told);
  if (status != TENON_STATUS_OK)
    free(told);
  return status;
}

/** Whether a check passes, in a process of its own. */
static bool passes(const char *check, enum fault with) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "broken",
      .traits = TENON_ADAPTER_TRAIT_ENDS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = detach,
  };
  int status = -1;
  pid_t child = fork();
  if (child == 0) {
    fault = with;
    alarm(with == UNFAIR ? 2 : 30); /* that one never ends */
    setenv("TENON_ADAPTER_CHECK", check, 1);
    _exit(tenon_adapter_check(&subject, NULL) != 0);
  }
  waitpid(child, &status, 0);
  return status == 0;
}

int main(void) {
  static const struct {
    enum fault fault;
    const char *check;
  } faults[] = {
      {LATE, "timers_are_as_precise_as_the_loop"},
      {RESTLESS, "idle_takes_no_processor"},
      {NEVER_ALIVE, "pending_work_keeps_the_loop_alive"},
      {LEAKY, "descriptors_are_given_back"},
      {TWICE, "a_detach_tells_what_is_left"},
      {UNFAIR, "a_job_without_end_lets_the_loop_go_on"},
      {SILENT, "a_detach_in_a_job"},
  };
  const int count = sizeof faults / sizeof *faults;
  int failed = 0;
  for (int index = 0; index < count; index++) {
    if (passes(faults[index].check, faults[index].fault) || !passes(faults[index].check, NONE)) {
      failed++;
      fprintf(stderr, "broken: not found, or where it is not: fault %d by %s\n",
              (int)faults[index].fault, faults[index].check);
    }
  }
  fprintf(stderr, "broken: %d of %d faults are not found\n", failed, count);
  return failed != 0;
}
