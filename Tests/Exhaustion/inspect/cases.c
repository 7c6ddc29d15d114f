/* <tenon/inspect.h>: whoever looks has memory for it, or is told that he has not. */
#include "../exhaust.h"

#include <fcntl.h>
#include <string.h>
#include <tenon/inspect.h>
#include <unistd.h>

/* What there is to see: somebody waits for a future. */
static tenon_future_t *something(void) {
  pair_t pair = need_pair();
  need_registration(pair.future, need_executor());
  return pair.future;
}

static void release(void *snapshot) { MUST(TENON_STATUS_OK, tenon_snapshot_release(snapshot)); }

/* Ends the case, if there is none. */
static tenon_snapshot_t *need_snapshot(void) {
  tenon_snapshot_t *snapshot = NULL;
  need(MAY(TENON_STATUS_OK, tenon_snapshot_take(NULL, &snapshot)));
  keep(release, snapshot);
  return snapshot;
}

CASE(snapshot_take) {
  tenon_snapshot_t *snapshot = NULL;
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_future_t *future = something();
  begin();
  if (!MAY(TENON_STATUS_OK, tenon_snapshot_take(NULL, &snapshot)))
    return;
  if (MAY(TENON_STATUS_OK, tenon_snapshot_find_node(snapshot, future, &node)))
    CHECK(strcmp(node.state, "pending") == 0);
  release(snapshot);
}

CASE(snapshot_release) {
  something();
  tenon_snapshot_t *snapshot = NULL;
  need(MAY(TENON_STATUS_OK, tenon_snapshot_take(NULL, &snapshot)));
  begin();
  release(snapshot);
}

CASE(snapshot_get_node) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  something();
  tenon_snapshot_t *snapshot = need_snapshot();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_snapshot_get_node(snapshot, 0, &node)))
    CHECK(node.kind && node.title);
}

CASE(snapshot_find_node) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_future_t *future = something();
  tenon_snapshot_t *snapshot = need_snapshot();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_snapshot_find_node(snapshot, future, &node)))
    CHECK(strcmp(node.state, "pending") == 0);
}

CASE(snapshot_get_edge) {
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  something();
  tenon_snapshot_t *snapshot = need_snapshot();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_snapshot_get_edge(snapshot, 0, &edge)))
    CHECK(edge.relation != NULL);
}

CASE(snapshot_explain) {
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  tenon_future_t *future = something();
  tenon_snapshot_t *snapshot = need_snapshot();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_snapshot_explain(snapshot, future, &why)))
    CHECK(why.count > 0 && why.text);
}

static void text(tenon_snapshot_format format, const char *part) {
  const char *text = NULL;
  something();
  tenon_snapshot_t *snapshot = need_snapshot();
  begin();
  if (MAY(TENON_STATUS_OK, tenon_snapshot_get_text(snapshot, format, &text, NULL)))
    CHECK(strstr(text, part) != NULL);
}

CASE(snapshot_get_text) { text(TENON_SNAPSHOT_TREE, "future"); }
CASE_2(snapshot_get_text, _why) { text(TENON_SNAPSHOT_WHY, "future"); }
CASE_2(snapshot_get_text, _json) { text(TENON_SNAPSHOT_JSON, "\"future\""); }

static void count(void *context, const tenon_metric_t *metric) {
  *(size_t *)context += metric->name != NULL;
}

CASE(metrics_read) {
  size_t metrics = 0;
  something();
  begin();
  tenon_status_t status = tenon_metrics_read(count, &metrics);
  MAY(TENON_STATUS_OK, status);
  CHECK((status == TENON_STATUS_OK) == (metrics > 0));
}

static int nowhere(void) { return open("/dev/null", O_WRONLY | O_CLOEXEC); }

CASE(metrics_write_prometheus) {
  something();
  int file = nowhere();
  begin();
  if (file >= 0)
    MAY(TENON_STATUS_OK, tenon_metrics_write_prometheus(file));
  close(file);
}

static void stop(void *context) {
  (void)context;
  /* There may be no memory for that. The next case is another process. */
  tenon_record(0, 0);
}

static void record(void) {
  keep(stop, NULL);
  need(MAY(TENON_STATUS_OK, tenon_record(TENON_RECORD_ALL, 0)));
}

CASE(record) {
  begin();
  record();
  something();
}

CASE(record_write) {
  int file = nowhere();
  record();
  something();
  begin();
  if (file >= 0)
    MAY(TENON_STATUS_OK, tenon_record_write(file, TENON_RECORD_CHROME));
  close(file);
}

static atomic_int told_of;

static void tell_of(void *context, const tenon_watch_event_t *event) {
  (void)context;
  atomic_fetch_add(&told_of, event->kind == TENON_WATCH_WAIT);
}

static void watch(bool begins_here) {
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *watch = NULL;
  config.wait_ns_max = 1;
  something();
  if (begins_here)
    begin();
  if (!MAY(TENON_STATUS_OK, tenon_watch_start(&config, tell_of, NULL, &watch)))
    return;
  if (!begins_here)
    begin();
  MUST(TENON_STATUS_OK, tenon_watch_end(watch));
}

CASE(watch_start) { watch(true); }
CASE(watch_end) { watch(false); }
