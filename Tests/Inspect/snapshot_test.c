/*
 * <tenon/inspect.h> on this very process: what it sees, from any thread and inside of callbacks, while others make and settle.
 */
#include "snapshot_test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>

static void pass(void *context, tenon_status_t status, tenon_future_t *future,
                 tenon_promise_t *promise) {
  (void)context, (void)status, (void)future;
  OK(tenon_promise_release(promise));
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

/* Writes until there is no more room. */
static bool fill(int fd) {
  CHECK(fcntl(fd, F_SETFL, O_NONBLOCK) == 0);
  char bytes[4096] = {0};
  while (write(fd, bytes, sizeof bytes) > 0)
    continue;
  return errno == EAGAIN;
}

static bool waits_for(const char *cause, int fd, const char *purpose) {
  char expected[64];
  snprintf(expected, sizeof expected, "waits until descriptor %d can be %s", fd, purpose);
  return is(cause, expected);
}

/* Futures, a mapping, a callback, an executor, a scope, a stream: each with what it waits for. */
static void sees_what_there_is(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.name = "worker \"1\"";
  tenon_executor_t *executor = NULL;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL, *mapped = NULL, *next = NULL;
  tenon_future_t *input = NULL, *output = NULL;
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  OK(tenon_executor_create(&config, &executor));
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_future_map(future, NULL, pass, NULL, &mapped));
  OK(tenon_future_on_complete(mapped, executor, told, NULL, NULL));
  OK(tenon_stream_create(NULL, &sink, &stream));
  OK(tenon_stream_next(stream, &next));
  int fds[2], to_fill[2];
  CHECK(pipe(fds) == 0 && pipe(to_fill) == 0 && fill(to_fill[1]));
  OK(tenon_future_readable(executor, fds[0], &input));
  OK(tenon_future_writable(executor, to_fill[1], &output));

  tenon_snapshot_t *snapshot = take();
  tenon_snapshot_node_t node = find(snapshot, future);
  CHECK(node.id == bits(future) && is(node.kind, "future") && is(node.state, "pending"));
  CHECK(has(node.title, "future ") && !node.name && node.frame_count == 0);
  CHECK(has(node.cause, "nobody has settled its promise"));
  CHECK(waits_for(find(snapshot, input).cause, fds[0], "read from"));
  CHECK(waits_for(find(snapshot, output).cause, to_fill[1], "written to"));
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
  OK(tenon_future_release(input));
  OK(tenon_future_release(output));
  OK(tenon_stream_release(stream));
  OK(tenon_sink_release(sink));
  OK(tenon_executor_release(executor));
  for (int end = 0; end < 2; end++)
    CHECK(close(fds[end]) == 0 && close(to_fill[end]) == 0);
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
  memset(name, 'y', sizeof name - 1);
  snapshot = take();
  node = find(snapshot, future);
  CHECK(node.name && strlen(node.name) == 999 && node.name[0] == 'x' && !node.source);
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
  char what[] = "a place in the pool";
  OK(tenon_promise_set_wait(other_promise, NULL, what, TENON_HERE));
  memset(what, 'y', sizeof what - 1);
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

static void take_in_a_callback(void *executor, tenon_status_t status) {
  OK(status);
  tenon_snapshot_t *snapshot = take();
  CHECK(is(find(snapshot, executor).state, "polling"));
  OK(tenon_snapshot_release(snapshot));
}

static void is_taken_inside_of_callbacks(void) {
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  OK(tenon_executor_post(executor, take_in_a_callback, executor));
  OK(tenon_executor_run_until(executor, NULL, TENON_FOREVER));
  OK(tenon_executor_release(executor));
}

/* What is read of it stays, and is the same for everybody who reads. */
typedef struct reader {
  tenon_snapshot_t *snapshot;
  const tenon_future_t *future;
  const char *title, *text, *document;
  size_t nodes, edges;
} reader_t;

static void *read_all(void *context) {
  reader_t *reader = context;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  tenon_status_t status;
  while ((status = tenon_snapshot_get_node(reader->snapshot, reader->nodes, &node)) ==
         TENON_STATUS_OK)
    reader->nodes++;
  CHECK(status == TENON_STATUS_ENDED);
  while ((status = tenon_snapshot_get_edge(reader->snapshot, reader->edges, &edge)) ==
         TENON_STATUS_OK) {
    CHECK(edge.is_wait == (!is(edge.relation, "runs-on") && !is(edge.relation, "child") &&
                           !is(edge.relation, "peer")));
    reader->edges++;
  }
  CHECK(status == TENON_STATUS_ENDED);
  OK(tenon_snapshot_explain(reader->snapshot, reader->future, &why));
  OK(tenon_snapshot_get_text(reader->snapshot, TENON_SNAPSHOT_JSON, &reader->document, NULL));
  reader->title = find(reader->snapshot, reader->future).title;
  reader->text = why.text;
  return NULL;
}

static void is_read_by_several_threads(void) {
  tenon_scope_t *scope = NULL;
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  OK(tenon_promise_create(NULL, &promise, &future));
  OK(tenon_scope_open(NULL, &scope));
  OK(tenon_scope_add(scope, future));
  tenon_snapshot_t *snapshot = take();
  CHECK(is(find(snapshot, scope).kind, "scope") && find(snapshot, scope).id == bits(scope));
  CHECK(has_edge(snapshot, bits(scope), "member", bits(future)));
  /* By an id, as a pointer; and that is the same in the next one. */
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  OK(tenon_snapshot_get_node(snapshot, 0, &node));
  CHECK(find(snapshot, (const void *)(uintptr_t)node.id).title == node.title);
  tenon_snapshot_t *other = take();
  CHECK(is(find(other, (const void *)(uintptr_t)node.id).title, node.title));
  OK(tenon_snapshot_release(other));

  enum { READERS = 4 };
  reader_t readers[READERS];
  pthread_t threads[READERS];
  for (int index = 0; index < READERS; index++) {
    readers[index] = (reader_t){.snapshot = snapshot, .future = future};
    pthread_create(&threads[index], NULL, read_all, &readers[index]);
  }
  for (int index = 0; index < READERS; index++)
    pthread_join(threads[index], NULL);
  for (int index = 0; index < READERS; index++) {
    CHECK(readers[index].nodes == readers[0].nodes && readers[index].edges == readers[0].edges);
    CHECK(readers[index].title == readers[0].title && readers[index].text == readers[0].text);
    CHECK(readers[index].document == readers[0].document);
  }
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
  OK(tenon_scope_release(scope));
}

int main(void) {
  sees_what_there_is();
  gives_names_and_places();
  goes_on_with_what_promises_wait_for();
  sees_threads_that_wait();
  sees_threads_in_each_kind_of_wait();
  sees_timers();
  sees_what_stays_while_others_change();
  is_taken_inside_of_callbacks();
  is_read_by_several_threads();
  printf("# snapshot: %s\n", failures ? "failed" : "all seen");
  return failures != 0;
}
