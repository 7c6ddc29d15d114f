/*
 * <tenon/inspect.h> on this very process: what it sees, from any thread, while others make and settle, and what it answers to what is
 * wrong.
 */
#include <tenon/inspect.h>
#include <tenon/tenon.h>

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static atomic_int failures;

static void check(bool holds, const char *what, int line) {
  if (holds)
    return;
  fprintf(stderr, "snapshot_test.c:%d: not so: %s\n", line, what);
  atomic_fetch_add(&failures, 1);
}

#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, __LINE__)
#define OK(...) check((__VA_ARGS__) == TENON_STATUS_OK, #__VA_ARGS__, __LINE__)

static tenon_snapshot_t *take(void) {
  tenon_snapshot_t *snapshot = NULL;
  OK(tenon_snapshot_take(NULL, &snapshot));
  return snapshot;
}

static bool is(const char *text, const char *expected) {
  return text && strcmp(text, expected) == 0;
}

static bool has(const char *text, const char *part) { return text && strstr(text, part); }

static tenon_snapshot_node_t find(tenon_snapshot_t *snapshot, const void *handle) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  OK(tenon_snapshot_find_node(snapshot, handle, &node));
  return node;
}

static uint64_t bits(const void *handle) { return (uint64_t)(uintptr_t)handle; }

static bool has_edge(tenon_snapshot_t *snapshot, uint64_t from, const char *relation, uint64_t to) {
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  for (size_t index = 0; tenon_snapshot_get_edge(snapshot, index, &edge) == TENON_STATUS_OK;
       index++)
    if (edge.from == from && edge.to == to && is(edge.relation, relation))
      return true;
  return false;
}

static void pass(void *context, tenon_status_t status, tenon_future_t *future,
                 tenon_promise_t *promise) {
  (void)context, (void)status, (void)future;
  OK(tenon_promise_release(promise));
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

/* Futures, a mapping, a callback, an executor, a scope, a stream: each with what it waits for. */
static void sees_what_there_is(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "worker \"1\"";
  tenon_executor_t *executor = NULL;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL, *mapped = NULL, *next = NULL;
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  OK(tenon_executor_create(&config, &executor));
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_future_map(future, NULL, pass, NULL, &mapped));
  OK(tenon_future_on_complete(mapped, executor, told, NULL, NULL));
  OK(tenon_stream_create(NULL, &sink, &stream));
  OK(tenon_stream_next(stream, &next));

  tenon_snapshot_t *snapshot = take();
  tenon_snapshot_node_t node = find(snapshot, future);
  CHECK(node.id == bits(future) && is(node.kind, "future") && is(node.state, "pending"));
  CHECK(has(node.title, "future ") && !node.name && node.frame_count == 0);
  CHECK(has(node.cause, "nobody has settled its promise"));
  CHECK(find(snapshot, promise).id == bits(future));
  CHECK(is(find(snapshot, executor).name, "worker \"1\""));
  CHECK(is(find(snapshot, stream).kind, "stream") && is(find(snapshot, sink).kind, "sink"));
  CHECK(has_edge(snapshot, bits(mapped), "maps", bits(future)));
  CHECK(has_edge(snapshot, bits(next), "reads", bits(stream)));

  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  OK(tenon_snapshot_explain(snapshot, mapped, &why));
  CHECK(why.count == 2 && why.chain[0] == bits(mapped) && why.chain[1] == bits(future));
  CHECK(!why.is_deadlock && why.cycle_start == 2 && has(why.text, "is mapped from future"));
  OK(tenon_snapshot_explain(snapshot, next, &why));
  CHECK(why.count == 2 && why.chain[1] == bits(stream));
  CHECK(has(why.text, "is empty: nobody has sent"));

  const char *text = NULL;
  size_t size = 0;
  OK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_TREE, &text, &size));
  CHECK(size == strlen(text) && has(text, "executor \"worker \"1\"\"  idle"));
  OK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_WHY, &text, NULL));
  CHECK(has(text, "wait for future"));
  OK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_JSON, &text, NULL));
  CHECK(has(text, "{\"schema\":\"tenon-inspect\",") && has(text, "\"worker \\\"1\\\"\""));

  /* What ends afterwards is in it all the same, and not in the next one. */
  OK(tenon_promise_release(promise));
  CHECK(is(find(snapshot, future).state, "pending"));
  OK(tenon_snapshot_release(snapshot));
  snapshot = take();
  node.struct_size = sizeof node;
  CHECK(tenon_snapshot_find_node(snapshot, future, &node) == TENON_STATUS_SETTLED);
  CHECK(tenon_snapshot_explain(snapshot, future, &why) == TENON_STATUS_SETTLED);
  OK(tenon_snapshot_release(snapshot));

  OK(tenon_future_release(future));
  OK(tenon_future_release(mapped));
  OK(tenon_future_release(next));
  OK(tenon_stream_release(stream));
  OK(tenon_sink_release(sink));
  OK(tenon_executor_release(executor));
}

static bool node_at(tenon_snapshot_t *snapshot, size_t index, tenon_snapshot_node_t *node) {
  node->struct_size = sizeof *node;
  return tenon_snapshot_get_node(snapshot, index, node) == TENON_STATUS_OK;
}

/* How many of these there are, and the last of them. */
static size_t count(tenon_snapshot_t *snapshot, const char *kind, tenon_snapshot_node_t *last) {
  tenon_snapshot_node_t node;
  size_t found = 0;
  for (size_t index = 0; node_at(snapshot, index, &node); index++) {
    if (!is(node.kind, kind))
      continue;
    found++;
    *last = node;
  }
  return found;
}

static void gives_names_and_places(void) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  tenon_publisher_t *publisher = NULL;
  tenon_latest_t *latest = NULL;
  char name[1300];
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_stream_create(NULL, &sink, &stream));
  OK(tenon_latest_create(NULL, &publisher, &latest));
  OK(tenon_future_set_name(future, "a first one", NULL));
  OK(tenon_future_set_name(future, "reply \xc3\xa4", TENON_HERE));
  OK(tenon_stream_set_name(stream, "lines", TENON_HERE));
  OK(tenon_latest_set_name(latest, "progress", NULL));
  tenon_snapshot_t *snapshot = take();
  tenon_snapshot_node_t node = find(snapshot, future);
  CHECK(is(node.name, "reply \xc3\xa4") && node.age_ns > 0 && !node.is_call);
  CHECK(has(node.source, "snapshot_test.c:") && has(node.source, "(gives_names_and_places)"));
  CHECK(is(find(snapshot, sink).name, "lines") && is(find(snapshot, stream).name, "lines"));
  CHECK(is(find(snapshot, latest).name, "progress") && !find(snapshot, latest).source);
  OK(tenon_snapshot_release(snapshot));

  /* Of what is too long the rest is cut off, between two characters. */
  memset(name, 'x', sizeof name);
  memcpy(name + 999, "\xc3\xa4", 2);
  name[sizeof name - 1] = 0;
  OK(tenon_future_set_name(future, name, NULL));
  snapshot = take();
  node = find(snapshot, future);
  CHECK(node.name && strlen(node.name) == 999 && !node.source);
  OK(tenon_snapshot_release(snapshot));

  /* The next one in the same slot has no name. */
  tenon_future_t *first = future;
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
  CHECK(tenon_future_set_name(future, "late", NULL) == TENON_STATUS_STALE);
  OK(tenon_promise_create(NULL, &promise, &future));
  CHECK((uint32_t)bits(first) == (uint32_t)bits(future));
  snapshot = take();
  CHECK(!find(snapshot, future).name);
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
  OK(tenon_stream_release(stream));
  OK(tenon_sink_release(sink));
  OK(tenon_latest_release(latest));
  OK(tenon_publisher_release(publisher));
}

static void goes_on_with_what_promises_wait_for(void) {
  tenon_promise_t *promise = NULL, *other_promise = NULL;
  tenon_future_t *future = NULL, *other = NULL;
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_promise_create(NULL, &other_promise, &other));
  OK(tenon_promise_set_wait(promise, other, NULL, TENON_HERE));
  OK(tenon_promise_set_wait(other_promise, NULL, "a place in the pool", TENON_HERE));
  tenon_snapshot_t *snapshot = take();
  OK(tenon_snapshot_explain(snapshot, future, &why));
  CHECK(why.count == 2 && why.chain[1] == bits(other) && !why.is_deadlock);
  CHECK(has(why.text, "waits for a place in the pool, at ") && has(why.text, "snapshot_test.c:"));
  OK(tenon_snapshot_release(snapshot));

  OK(tenon_promise_set_wait(other_promise, future, "the other one", TENON_HERE));
  snapshot = take();
  OK(tenon_snapshot_explain(snapshot, future, &why));
  CHECK(why.is_deadlock && why.count == 2 && why.cycle_start == 0);
  OK(tenon_snapshot_explain(snapshot, other_promise, &why));
  CHECK(why.is_deadlock && why.count == 2 && why.chain[0] == bits(other));
  OK(tenon_snapshot_release(snapshot));

  OK(tenon_promise_set_wait(other_promise, NULL, NULL, NULL));
  snapshot = take();
  OK(tenon_snapshot_explain(snapshot, future, &why));
  CHECK(!why.is_deadlock && has(why.text, "nobody has settled its promise"));
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_resolve(promise, NULL));
  CHECK(tenon_promise_set_wait(promise, NULL, "late", NULL) == TENON_STATUS_SETTLED);
  OK(tenon_promise_resolve(other_promise, NULL));
  OK(tenon_future_release(future));
  CHECK(tenon_promise_set_wait(promise, NULL, "later", NULL) == TENON_STATUS_STALE);
  OK(tenon_future_release(other));
}

static void *block(void *future) {
  OK(tenon_future_wait(future, TENON_FOREVER));
  return NULL;
}

enum { BLOCKED = 70 };

static void sees_threads_that_wait(void) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  pthread_t threads[BLOCKED];
  OK(tenon_promise_create(NULL, &promise, &future));
  for (int index = 0; index < BLOCKED; index++)
    pthread_create(&threads[index], NULL, block, future);
  size_t found = 0;
  while (found < BLOCKED) {
    tenon_snapshot_t *snapshot = take();
    found = count(snapshot, "thread", &node);
    CHECK(found <= BLOCKED);
    OK(tenon_snapshot_release(snapshot));
    sched_yield();
  }
  tenon_snapshot_t *all = take();
  CHECK(count(all, "thread", &node) == BLOCKED);
  CHECK(is(node.state, "blocked") && has_edge(all, node.id, "awaits", bits(future)));
  CHECK(node.age_ns > 0 && has(node.title, "thread "));
  OK(tenon_snapshot_release(all));
  OK(tenon_promise_resolve(promise, NULL));
  for (int index = 0; index < BLOCKED; index++)
    pthread_join(threads[index], NULL);
  tenon_snapshot_t *snapshot = take();
  CHECK(count(snapshot, "thread", &node) == 0);
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_future_release(future));
}

static void *run_until(void *future) {
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  OK(tenon_executor_run_until(executor, future, TENON_FOREVER));
  OK(tenon_executor_release(executor));
  return NULL;
}

static void *run_pool_until(void *future) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *pool = NULL;
  config.threads_max = 2;
  OK(tenon_executor_create(&config, &pool));
  OK(tenon_executor_run_until(pool, future, TENON_FOREVER));
  OK(tenon_executor_release(pool));
  return NULL;
}

/* However a thread waits, it is the thread that is seen, and not what wakes it. */
static void sees_threads_in_each_kind_of_wait(void) {
  static void *(*const kinds[])(void *) = {block, run_until, run_pool_until};
  enum { KINDS = sizeof kinds / sizeof *kinds };
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  pthread_t threads[KINDS];
  OK(tenon_promise_create(NULL, &promise, &future));
  for (int index = 0; index < KINDS; index++)
    pthread_create(&threads[index], NULL, kinds[index], future);
  bool are_all_seen = false;
  while (!are_all_seen) {
    tenon_snapshot_t *snapshot = take();
    are_all_seen =
        count(snapshot, "thread", &node) == KINDS && count(snapshot, "callback", &node) == 0;
    for (int index = 0; index < KINDS; index++)
      are_all_seen &= has_edge(snapshot, (uint64_t)threads[index], "awaits", bits(future));
    OK(tenon_snapshot_release(snapshot));
    sched_yield();
  }
  OK(tenon_promise_resolve(promise, NULL));
  for (int index = 0; index < KINDS; index++)
    pthread_join(threads[index], NULL);
  OK(tenon_future_release(future));
}

static void tick(void *context, tenon_status_t status) { (void)context, (void)status; }

static void sees_timers(void) {
  tenon_executor_t *executor = NULL;
  tenon_future_t *sleep = NULL;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  OK(tenon_executor_create(NULL, &executor));
  OK(tenon_timer_start(executor, TENON_FOREVER, tick, NULL, NULL));
  OK(tenon_future_sleep(executor, 3600000000000u, &sleep));
  tenon_snapshot_t *snapshot = take();
  CHECK(count(snapshot, "timer", &node) == 2);
  OK(tenon_snapshot_explain(snapshot, sleep, &why));
  CHECK(why.count == 2 && has(why.text, "is due in 59 min"));
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_future_release(sleep));
  OK(tenon_executor_release(executor));
}

/* A function of a newer header's struct may write less than that, and never more. */
static void keeps_to_the_sizes(void) {
  struct {
    tenon_snapshot_node_t node;
    uint64_t later;
  } newer = {TENON_SNAPSHOT_NODE_INIT, 7};
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  OK(tenon_promise_create(NULL, &promise, &future));
  tenon_snapshot_t *snapshot = take();
  newer.node.struct_size = sizeof newer;
  OK(tenon_snapshot_find_node(snapshot, future, &newer.node));
  CHECK(newer.node.struct_size == sizeof newer && newer.later == 7);
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
}

static void refuses_what_is_wrong(void) {
  tenon_snapshot_config_t config = TENON_SNAPSHOT_CONFIG_INIT;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  tenon_snapshot_t *untouched = (tenon_snapshot_t *)(uintptr_t)7, *snapshot = untouched;
  const char *text = NULL;
#define REFUSED(status, ...) check((__VA_ARGS__) == (status), #__VA_ARGS__, __LINE__)
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_take(NULL, NULL));
  config.struct_size--;
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_take(&config, &snapshot));
  config = (tenon_snapshot_config_t)TENON_SNAPSHOT_CONFIG_INIT;
  config.flags = 1;
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_take(&config, &snapshot));
  config = (tenon_snapshot_config_t)TENON_SNAPSHOT_CONFIG_INIT;
  config.reserved = 1;
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_take(&config, &snapshot));
  CHECK(snapshot == untouched);

  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  OK(tenon_promise_create(NULL, &promise, &future));
  snapshot = take();
  CHECK(tenon_future_release((tenon_future_t *)(void *)snapshot) == TENON_STATUS_INVALID);
  tenon_snapshot_t *stale = take();
  OK(tenon_snapshot_release(stale));
  tenon_snapshot_t *const wrong[] = {NULL, (tenon_snapshot_t *)(void *)&node,
                                     (tenon_snapshot_t *)(void *)future, stale};
  for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++) {
    tenon_status_t status = wrong[index] == stale ? TENON_STATUS_STALE : TENON_STATUS_INVALID;
    REFUSED(status, tenon_snapshot_release(wrong[index]));
    REFUSED(status, tenon_snapshot_get_node(wrong[index], 0, &node));
    REFUSED(status, tenon_snapshot_find_node(wrong[index], future, &node));
    REFUSED(status, tenon_snapshot_get_edge(wrong[index], 0, &edge));
    REFUSED(status, tenon_snapshot_explain(wrong[index], future, &why));
    REFUSED(status, tenon_snapshot_get_text(wrong[index], TENON_SNAPSHOT_TREE, &text, NULL));
  }
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_node(snapshot, 0, NULL));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_find_node(snapshot, NULL, &node));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_find_node(snapshot, future, NULL));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_edge(snapshot, 0, NULL));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_explain(snapshot, NULL, &why));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_explain(snapshot, future, NULL));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_TREE, NULL, NULL));
  REFUSED(TENON_STATUS_INVALID,
          tenon_snapshot_get_text(snapshot, (tenon_snapshot_format)99, &text, NULL));
  REFUSED(TENON_STATUS_ENDED, tenon_snapshot_get_node(snapshot, SIZE_MAX, &node));
  REFUSED(TENON_STATUS_ENDED, tenon_snapshot_get_edge(snapshot, 1000000, &edge));
  node.struct_size = edge.struct_size = why.struct_size = 8;
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_node(snapshot, 0, &node));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_edge(snapshot, 0, &edge));
  REFUSED(TENON_STATUS_INVALID, tenon_snapshot_explain(snapshot, future, &why));
  CHECK(!text && !node.kind && !edge.relation && !why.text);
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
}

static atomic_bool is_over;

/* Everything comes and goes. */
static void *churn(void *context) {
  (void)context;
  while (!atomic_load(&is_over)) {
    tenon_promise_t *promise = NULL;
    tenon_future_t *future = NULL, *mapped = NULL, *next = NULL;
    tenon_sink_t *sink = NULL;
    tenon_stream_t *stream = NULL;
    OK(tenon_promise_create(NULL, &promise, &future));
    OK(tenon_future_map(future, NULL, pass, NULL, &mapped));
    OK(tenon_stream_create(NULL, &sink, &stream));
    OK(tenon_stream_next(stream, &next));
    OK(tenon_promise_resolve(promise, NULL));
    OK(tenon_future_release(mapped));
    OK(tenon_future_release(future));
    OK(tenon_stream_release(stream));
    OK(tenon_sink_release(sink));
    OK(tenon_future_release(next));
  }
  return NULL;
}

static void sees_what_stays_while_others_change(void) {
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL, *mapped = NULL;
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_future_map(future, NULL, pass, NULL, &mapped));
  pthread_t threads[2];
  for (int index = 0; index < 2; index++)
    pthread_create(&threads[index], NULL, churn, NULL);
  for (int round = 0; round < 100; round++) {
    tenon_snapshot_t *snapshot = take();
    tenon_explanation_t why = TENON_EXPLANATION_INIT;
    OK(tenon_snapshot_explain(snapshot, mapped, &why));
    CHECK(why.count == 2 && why.chain[1] == bits(future) && !why.is_deadlock);
    tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
    for (size_t index = 0; tenon_snapshot_get_node(snapshot, index, &node) == TENON_STATUS_OK;
         index++)
      CHECK(node.kind && node.title && node.state);
    OK(tenon_snapshot_release(snapshot));
  }
  atomic_store(&is_over, true);
  for (int index = 0; index < 2; index++)
    pthread_join(threads[index], NULL);
  OK(tenon_promise_resolve(promise, NULL));
  OK(tenon_future_release(mapped));
  OK(tenon_future_release(future));
}

static void has_nothing_in_a_forks_child(void) {
  pid_t child = fork();
  if (child == 0) {
    tenon_snapshot_t *snapshot = NULL;
    _exit(tenon_snapshot_take(NULL, &snapshot) != TENON_STATUS_FORKED || snapshot);
  }
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(void) {
  sees_what_there_is();
  gives_names_and_places();
  goes_on_with_what_promises_wait_for();
  sees_threads_that_wait();
  sees_threads_in_each_kind_of_wait();
  sees_timers();
  keeps_to_the_sizes();
  refuses_what_is_wrong();
  sees_what_stays_while_others_change();
  has_nothing_in_a_forks_child();
  printf("# snapshot: %s\n", failures ? "failed" : "all seen");
  return failures != 0;
}
