/*
 * <tenon/inspect.h> where something is wrong: what it is given, what is mapped, or where it runs. Each is a status, and nothing is
 * written.
 */
#define _GNU_SOURCE
#include "../../Sources/CTenonRoot/tenon_root.h"
#include "root_of.h"
#include "snapshot_test.h"

#include <elf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

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
#define REFUSED(status, ...) check((__VA_ARGS__) == (status), #__VA_ARGS__, __FILE__, __LINE__)
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
  for (int index = 0; index < 2; index++) {
    REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_node(snapshot, 0, &node));
    REFUSED(TENON_STATUS_INVALID, tenon_snapshot_find_node(snapshot, future, &node));
    REFUSED(TENON_STATUS_INVALID, tenon_snapshot_get_edge(snapshot, 0, &edge));
    REFUSED(TENON_STATUS_INVALID, tenon_snapshot_explain(snapshot, future, &why));
    node.struct_size = edge.struct_size = why.struct_size = 4097;
  }
  CHECK(!text && !node.kind && !edge.relation && !why.text);
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(future));
}

/* A file that says absurd things of itself, which somebody has mapped to read it. */
static void bears_files_that_are_broken(void) {
  struct {
    Elf64_Ehdr head;
    Elf64_Phdr segments[2];
    char rest[4096];
  } broken;
  memset(&broken, 0, sizeof broken);
  memcpy(broken.head.e_ident, ELFMAG, SELFMAG);
  broken.head.e_ident[EI_CLASS] = ELFCLASS64;
  broken.head.e_phoff = sizeof broken.head;
  broken.head.e_phentsize = sizeof *broken.segments;
  broken.head.e_phnum = 2;
  broken.head.e_shnum = 2;
  broken.head.e_shoff = UINT64_MAX;
  broken.segments[0].p_type = PT_LOAD;
  broken.segments[1].p_type = PT_NOTE;
  broken.segments[1].p_offset = broken.segments[1].p_filesz = UINT64_MAX;
  broken.segments[1].p_memsz = UINT64_MAX;
  FILE *file = tmpfile();
  CHECK(file && fwrite(&broken, sizeof broken, 1, file) == 1 && fflush(file) == 0);
  void *mapped = mmap(NULL, sizeof broken, PROT_READ, MAP_PRIVATE, fileno(file), 0);
  CHECK(mapped != MAP_FAILED);
  OK(tenon_snapshot_release(take()));
  munmap(mapped, sizeof broken);
  fclose(file);
}

static tenon_status_t status_of_take(void) {
  tenon_snapshot_t *untouched = (tenon_snapshot_t *)(uintptr_t)7, *snapshot = untouched;
  tenon_status_t status = tenon_snapshot_take(NULL, &snapshot);
  CHECK(status == TENON_STATUS_OK || snapshot == untouched);
  return status;
}

static void count(void *metrics, const tenon_metric_t *metric) {
  (void)metric;
  ++*(size_t *)metrics;
}

/* Where the version is that a copy of Tenon says it is of. */
static int find_version(struct dl_phdr_info *image, size_t size, void *version_out) {
  char *root = root_of(image);
  (void)size;
  if (!root)
    return 0;
  *(uint32_t **)version_out = (uint32_t *)(void *)(root + 16);
  return 1;
}

static void refuses_another_version(void) {
  uint32_t *version = NULL;
  CHECK(dl_iterate_phdr(find_version, &version) == 1 && version && *version == 1);
  if (!version)
    return;
  (*version)++;
  CHECK(status_of_take() == TENON_STATUS_UNSUPPORTED);
  CHECK(tenon_record(0, 0) == TENON_STATUS_UNSUPPORTED);
  CHECK(tenon_record_write(1, TENON_RECORD_CHROME) == TENON_STATUS_UNSUPPORTED);
  size_t metrics = 0;
  CHECK(tenon_metrics_read(count, &metrics) == TENON_STATUS_UNSUPPORTED && metrics == 0);
  CHECK(tenon_metrics_write_prometheus(1) == TENON_STATUS_UNSUPPORTED);
  (*version)--;
  OK(tenon_snapshot_release(take()));
}

static void look_for_wakes(void *found, const tenon_metric_t *metric) {
  if (is(metric->name, "tenon.executor.wakes"))
    ++*(size_t *)found;
}

/* One that knows nothing of the recorder yet, which came last: what it has besides is there. */
static void reads_what_an_older_copy_has(void) {
  uint32_t *version = NULL;
  size_t found = 0;
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  dl_iterate_phdr(find_version, &version);
  uint32_t *size = version + 1, whole = *size;
  CHECK(whole == sizeof(tenon__inspect_root_t));
  *size = offsetof(tenon__inspect_root_t, record);
  OK(tenon_metrics_read(look_for_wakes, &found));
  CHECK(found == 1);
  *size = offsetof(tenon__inspect_root_t, executor);
  found = 0;
  OK(tenon_metrics_read(look_for_wakes, &found));
  CHECK(found == 0);
  *size = whole;
  OK(tenon_executor_release(executor));
}

/* A system that does not let a process read of itself: for this thread only. */
static void *take_where_it_is_forbidden(void *context) {
  (void)context;
  struct sock_filter rules[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_process_vm_readv, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  struct sock_fprog program = {sizeof rules / sizeof *rules, rules};
  CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
  CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0);
  CHECK(status_of_take() == TENON_STATUS_UNSUPPORTED);
  return NULL;
}

static void refuses_what_the_system_refuses(void) {
  pthread_t thread;
  pthread_create(&thread, NULL, take_where_it_is_forbidden, NULL);
  pthread_join(thread, NULL);
  struct rlimit limit, none;
  CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  none = limit;
  none.rlim_cur = 0;
  CHECK(setrlimit(RLIMIT_NOFILE, &none) == 0);
  CHECK(status_of_take() == TENON_STATUS_NO_RESOURCES);
  CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  OK(tenon_snapshot_release(take()));
}

static void refuses_without_memory(void) {
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  tenon_snapshot_edge_t edge = TENON_SNAPSHOT_EDGE_INIT;
  const char *text = NULL;
  tenon_executor_t *executor = NULL;
  OK(tenon_executor_create(NULL, &executor));
  tenon_snapshot_t *snapshot = take();
  struct rlimit limit = leave_memory(1 << 20);
  CHECK(status_of_take() == TENON_STATUS_NO_RESOURCES);
  CHECK(tenon_snapshot_get_node(snapshot, 0, &node) == TENON_STATUS_NO_RESOURCES);
  CHECK(tenon_snapshot_get_edge(snapshot, 0, &edge) == TENON_STATUS_NO_RESOURCES);
  CHECK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_TREE, &text, NULL) ==
        TENON_STATUS_NO_RESOURCES);
  CHECK(!text && !node.kind && !edge.relation);
  size_t metrics = 0;
  CHECK(tenon_metrics_read(count, &metrics) == TENON_STATUS_NO_RESOURCES && metrics == 0);
  CHECK(tenon_metrics_write_prometheus(1) == TENON_STATUS_NO_RESOURCES);
  CHECK(tenon_record(TENON_RECORD_JOBS, 0) == TENON_STATUS_NO_RESOURCES);
  CHECK(tenon_record_write(1, TENON_RECORD_CHROME) == TENON_STATUS_NO_RESOURCES);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  OK(tenon_snapshot_get_node(snapshot, 0, &node));
  OK(tenon_snapshot_get_text(snapshot, TENON_SNAPSHOT_TREE, &text, NULL));
  OK(tenon_snapshot_release(take()));
  OK(tenon_snapshot_release(snapshot));
  OK(tenon_executor_release(executor));
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

/* What there is much of is not kept by those who only count it, and asked for by those who keep it: where there is no memory for
 * two million callbacks they are counted all the same. */
static void counts_much_with_little_memory(void) {
  enum { MANY = 2000000 };
  tenon_promise_t *promise = NULL;
  tenon_future_t *future = NULL;
  size_t metrics = 0;
  OK(tenon_promise_create(NULL, &promise, &future));
  for (int index = 0; index < MANY; index++)
    OK(tenon_future_on_complete(future, NULL, told, NULL, NULL));
  struct rlimit limit = leave_memory(70 << 20);
  OK(tenon_metrics_read(count, &metrics));
  CHECK(metrics > 0);
  CHECK(status_of_take() == TENON_STATUS_NO_RESOURCES);
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  OK(tenon_promise_release(promise));
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
  keeps_to_the_sizes();
  refuses_what_is_wrong();
  bears_files_that_are_broken();
  refuses_another_version();
  reads_what_an_older_copy_has();
  refuses_what_the_system_refuses();
  refuses_without_memory();
  counts_much_with_little_memory();
  has_nothing_in_a_forks_child();
  printf("# refusals: %s\n", failures ? "failed" : "all told");
  return failures != 0;
}
