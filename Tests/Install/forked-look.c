/*
 * Forks a child of a process that has looked at itself: each copy of Swift's runtime in there knows the child's thread by its own
 * number. With its parent's two threads of the child would wait for each other for ever, though seldom: so this looks at the number
 * itself. It is at each place of what threads have of their own where two threads of the parent had theirs.
 */
#define _GNU_SOURCE
#include <link.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <tenon/inspect.h>
#include <tenon/tenon.h>
#include <unistd.h>

enum { WORDS = 1 << 16 };
/* How many threads had their number there. */
static int numbers[WORDS];

typedef struct walk {
  uint32_t number;
  size_t at;
} walk_t;

static int mark_in(struct dl_phdr_info *object, size_t size, void *context) {
  walk_t *walk = context;
  const uint32_t *words = object->dlpi_tls_data;
  (void)size;
  for (size_t i = 0; i < object->dlpi_phnum; i++) {
    size_t count = object->dlpi_phdr[i].p_memsz / sizeof *words;
    if (object->dlpi_phdr[i].p_type != PT_TLS)
      continue;
    for (size_t index = 0; index < count && walk->at < WORDS; index++, walk->at++)
      numbers[walk->at] += words && words[index] == walk->number;
  }
  return 0;
}

/* Where this thread has its number. */
static void mark(void) {
  walk_t walk = {(uint32_t)syscall(SYS_gettid), 0};
  dl_iterate_phdr(mark_in, &walk);
}

/* The places that so many threads have marked. */
static int marked_by(int threads) {
  int places = 0;
  for (size_t at = 0; at < WORDS; at++)
    places += numbers[at] == threads;
  return places;
}

static void fail(const char *what, tenon_status_t status) {
  fprintf(stderr, "%s: %s\n", what, tenon_status_name(status));
  _exit(2);
}

/* Each uses what nobody did before: that is what the runtime locks for. */

static void look(void) {
  tenon_snapshot_t *snapshot = NULL;
  tenon_status_t status = tenon_snapshot_take(NULL, &snapshot);
  if (status != TENON_STATUS_OK)
    fail("a snapshot", status);
  tenon_snapshot_release(snapshot);
  mark();
}

static void tell(void *context, const tenon_metric_t *metric) { (void)context, (void)metric; }

static void *measure(void *context) {
  tenon_status_t status = tenon_metrics_read(tell, NULL);
  if (status != TENON_STATUS_OK)
    fail("the metrics", status);
  mark();
  return context;
}

int main(void) {
  pthread_t thread;
  int state = 0;
  look();
  if (pthread_create(&thread, NULL, measure, NULL) != 0 || pthread_join(thread, NULL) != 0)
    return 3;
  int places = marked_by(2);
  pid_t pid = fork();
  if (pid == 0) {
    mark();
    _exit(marked_by(3));
  }
  if (pid < 0 || waitpid(pid, &state, 0) != pid || !WIFEXITED(state))
    return 4;
  printf("at %d of %d places\n", WEXITSTATUS(state), places);
  return places == 0 || WEXITSTATUS(state) != places;
}
