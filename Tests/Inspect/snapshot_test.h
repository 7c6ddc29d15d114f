/*
 * What the tests of <tenon/inspect.h> share: a check that says where it is, and how a snapshot is looked at.
 */
#ifndef SNAPSHOT_TEST_H
#define SNAPSHOT_TEST_H

#include <tenon/inspect.h>
#include <tenon/tenon.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

static atomic_int failures;

static inline void check(bool holds, const char *what, const char *file, int line) {
  if (holds)
    return;
  fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
  atomic_fetch_add(&failures, 1);
}

#define CHECK(...) check((__VA_ARGS__), #__VA_ARGS__, __FILE__, __LINE__)
#define OK(...) check((__VA_ARGS__) == TENON_STATUS_OK, #__VA_ARGS__, __FILE__, __LINE__)

/** Leaves the process so many bytes more than it has. Returns what the limit was, for setrlimit(RLIMIT_AS, ...). */
static inline struct rlimit leave_memory(rlim_t bytes) {
  struct rlimit limit, little;
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  CHECK(file && fscanf(file, "%lu", &pages) == 1);
  fclose(file);
  CHECK(getrlimit(RLIMIT_AS, &limit) == 0);
  little = limit;
  little.rlim_cur = (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + bytes;
  CHECK(setrlimit(RLIMIT_AS, &little) == 0);
  return limit;
}

static inline tenon_snapshot_t *take(void) {
  tenon_snapshot_t *snapshot = NULL;
  OK(tenon_snapshot_take(NULL, &snapshot));
  return snapshot;
}

static inline bool is(const char *text, const char *expected) {
  return text && strcmp(text, expected) == 0;
}

static inline bool has(const char *text, const char *part) { return text && strstr(text, part); }

static inline tenon_snapshot_node_t find(tenon_snapshot_t *snapshot, const void *handle) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  OK(tenon_snapshot_find_node(snapshot, handle, &node));
  return node;
}

static inline uint64_t bits(const void *handle) { return (uint64_t)(uintptr_t)handle; }

static inline bool has_edge(tenon_snapshot_t *snapshot, uint64_t from, const char *relation,
                            uint64_t to) {
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  for (size_t index = 0; tenon_snapshot_get_edge(snapshot, index, &edge) == TENON_STATUS_OK;
       index++)
    if (edge.from == from && edge.to == to && is(edge.relation, relation))
      return true;
  return false;
}

#endif /* SNAPSHOT_TEST_H */
