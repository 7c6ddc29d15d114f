/*
 * Looks at a process of many things that may have so much more memory, and so much: where that is what a look holds, it gives all
 * that it is asked for, though the system may refuse whatever else it wants; where it is less, it says so.
 *
 *   limits [THINGS]
 */
#include "../../Inspect/snapshot_test.h"

#include <stdlib.h>
#include <sys/wait.h>

#define MIB ((rlim_t)1 << 20)

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

static void count(void *metrics, const tenon_metric_t *metric) {
  *(size_t *)metrics += metric->name != NULL;
}

static bool is_whole = true;

static bool answers(tenon_status_t status) {
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_NO_RESOURCES);
  is_whole = is_whole && status == TENON_STATUS_OK;
  return status == TENON_STATUS_OK;
}

static void look_at(tenon_snapshot_t *snapshot, const void *handle) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  if (answers(tenon_snapshot_find_node(snapshot, handle, &node)))
    CHECK(is(node.state, "pending"));
  answers(tenon_snapshot_get_node(snapshot, 0, &node));
  answers(tenon_snapshot_get_edge(snapshot, 0, &edge));
  answers(tenon_snapshot_explain(snapshot, handle, &why));
  for (tenon_snapshot_format format = TENON_SNAPSHOT_TREE; format <= TENON_SNAPSHOT_JSON;
       format++) {
    const char *text = NULL;
    size_t size = 0;
    if (answers(tenon_snapshot_get_text(snapshot, format, &text, &size)))
      CHECK(strlen(text) == size && size > 0);
  }
  OK(tenon_snapshot_release(snapshot));
}

/* The exit status: 0; 1: something was wrong; 2: not all of it was there. */
static int look(long things, rlim_t bytes) {
  tenon_future_t *future = NULL;
  tenon_snapshot_t *snapshot = NULL;
  size_t metrics = 0;
  for (long thing = 0; thing < things; thing++) {
    tenon_promise_t *promise = NULL;
    OK(tenon_promise_create(NULL, &promise, &future));
    OK(tenon_future_set_name(future, "one of many", NULL));
    OK(tenon_future_on_complete(future, NULL, told, NULL, NULL));
  }
  leave_memory(bytes);
  if (answers(tenon_snapshot_take(NULL, &snapshot)))
    look_at(snapshot, future);
  if (answers(tenon_metrics_read(count, &metrics)))
    CHECK(metrics > 0);
  return failures ? 1 : is_whole ? 0 : 2;
}

/* The same in a process of its own. */
static int look_in_child(long things, rlim_t bytes) {
  pid_t child = fork();
  if (child == 0)
    _exit(look(things, bytes));
  int status = 0;
  CHECK(child > 0 && waitpid(child, &status, 0) == child);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) != 1);
  if (!WIFEXITED(status))
    fprintf(stderr, "limits: %s with %lu MiB\n", strsignal(WTERMSIG(status)),
            (unsigned long)(bytes / MIB));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

int main(int argc, char **argv) {
  long things = argc > 1 ? atol(argv[1]) : 2000;
  /* A thing is a future, a callback, and perhaps more of what Tenon keeps. What a snapshot has is not given back, and what is made of
   * it is asked for besides. */
  rlim_t most = (4 * 64 + 1) * MIB + (rlim_t)things * (2 << 10) * 3 * 4, whole = 0;
  for (rlim_t bytes = 0; bytes < most; bytes += 8 * MIB)
    if (look_in_child(things, bytes) == 0 && whole == 0)
      whole = bytes;
  CHECK(whole > 0);
  CHECK(look_in_child(things, most) == 0);
  printf("limits: of %ld things all is told from %lu MiB on\n", things,
         (unsigned long)(whole / MIB));
  return failures != 0;
}
