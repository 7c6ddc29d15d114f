/*
 * Makes more and more of one kind of thing until there is no memory left for it, which the last call
 * must say; then ends all of them, while there still is none; and each callback is told.
 *
 * Each kind in a process of its own, which may have 48 MiB more than it has when it begins.
 */
#include "../children.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <tenon/tenon.h>
#include <unistd.h>

enum { made_max = 600000, more_memory = 48 << 20 };

static tenon_executor_t *executor;
static tenon_promise_t *promise;
static tenon_future_t *future;
static tenon_scope_t *scope;
static int ends[2]; /* of a pipe */
static void **made; /* of those that are ended one by one */
static long accepted, told, dropped;

static void tell(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  told++;
}

static void tell_completion(void *context, tenon_status_t status, tenon_future_t *completed) {
  (void)completed;
  tell(context, status);
}

/* MARK: How one more is made, and how it is ended */

static tenon_status_t post(void **out) {
  (void)out;
  return tenon_executor_post(executor, tell, NULL);
}

static tenon_status_t on_complete(void **out) {
  (void)out;
  return tenon_future_on_complete(future, executor, tell_completion, NULL, NULL);
}

static tenon_status_t start_timer(void **out) {
  (void)out;
  return tenon_timer_start(executor, TENON_FOREVER, tell, NULL, NULL);
}

static tenon_status_t bind(void **out) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_promise_t *bound = NULL;
  config.executor = executor;
  tenon_status_t status = tenon_promise_create(&config, &bound, (tenon_future_t **)out);
  if (status == TENON_STATUS_OK)
    tenon_promise_release(bound);
  return status;
}

static tenon_status_t sleep_long(void **out) {
  return tenon_future_sleep(executor, TENON_FOREVER, (tenon_future_t **)out);
}

static tenon_status_t combine(void **out) {
  return tenon_future_all(&future, 1, TENON_COMBINE_FLAG_KEEP, (tenon_future_t **)out);
}

static tenon_status_t add(void **out) {
  (void)out;
  return tenon_scope_add(scope, future);
}

static tenon_status_t open_scope(void **out) {
  return tenon_scope_open(NULL, (tenon_scope_t **)out);
}

static tenon_status_t wait_for_descriptor(void **out) {
  return tenon_future_readable(executor, ends[0], (tenon_future_t **)out);
}

static tenon_status_t create_executor(void **out) {
  return tenon_executor_create(NULL, (tenon_executor_t **)out);
}

static tenon_status_t create_error(void **out) {
  return tenon_error_create("a domain", 1, "a message", NULL, (tenon_error_t **)out);
}

static tenon_status_t create_stream(void **out) {
  tenon_sink_t *sink = NULL;
  tenon_status_t status = tenon_stream_create(NULL, &sink, (tenon_stream_t **)out);
  if (status == TENON_STATUS_OK)
    tenon_sink_release(sink);
  return status;
}

static tenon_status_t end_future(void *one) { return tenon_future_release(one); }
static tenon_status_t end_scope(void *one) { return tenon_scope_release(one); }
static tenon_status_t end_executor(void *one) { return tenon_executor_release(one); }
static tenon_status_t end_error(void *one) { return tenon_error_release(one); }
static tenon_status_t end_stream(void *one) { return tenon_stream_release(one); }

static const struct kind {
  const char *name;
  tenon_status_t (*make)(void **out);
  tenon_status_t (*end)(void *one); /* NULL: it ends with its executor, future or scope */
  bool is_told;
  long made_max; /* fewer, if their end waits in a queue */
} kinds[] = {
    {"jobs", post, NULL, true, made_max},
    {"callbacks", on_complete, NULL, true, made_max},
    {"timers", start_timer, NULL, true, made_max},
    {"promises of an executor", bind, end_future, false, made_max},
    {"sleeps", sleep_long, end_future, false, made_max},
    {"waits for a descriptor", wait_for_descriptor, NULL, false, made_max},
    {"combinators", combine, end_future, false, made_max},
    {"members of a scope", add, NULL, false, 4000},
    {"scopes", open_scope, end_scope, false, made_max},
    {"executors", create_executor, end_executor, false, made_max},
    {"errors", create_error, end_error, false, made_max},
    {"streams", create_stream, end_stream, false, made_max},
};

static void drop(void *pointer, size_t size) {
  (void)pointer;
  (void)size;
  dropped++;
}

static void limit_memory(void) {
  struct rlimit limit;
  unsigned long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  if (!file || fscanf(file, "%lu", &pages) != 1 || getrlimit(RLIMIT_AS, &limit) != 0)
    abort();
  fclose(file);
  limit.rlim_cur = pages * (unsigned long)sysconf(_SC_PAGESIZE) + more_memory;
  if (setrlimit(RLIMIT_AS, &limit) != 0)
    abort();
}

static int run(size_t index) {
  const struct kind *kind = &kinds[index];
  tenon_status_t status = TENON_STATUS_OK;
  tenon_value_t value = tenon_value_pointer(&dropped, NULL, drop);
  long count = 0;
  made = calloc(made_max, sizeof *made);
  if (!made || tenon_executor_create(NULL, &executor) != 0 || tenon_scope_open(NULL, &scope) != 0 ||
      tenon_promise_create(NULL, &promise, &future) != 0 || pipe(ends) != 0)
    return 1;
  limit_memory();
  while (count < kind->made_max && (status = kind->make(&made[count])) == TENON_STATUS_OK)
    count++;
  if (status != TENON_STATUS_OK && status != TENON_STATUS_NO_RESOURCES)
    return fprintf(stderr, "%s: %s\n", kind->name, tenon_status_name(status)), 1;
  for (long index = 0; kind->end && index < count; index++)
    if (kind->end(made[index]) != TENON_STATUS_OK)
      return fprintf(stderr, "%s: one does not end\n", kind->name), 1;
  accepted = kind->is_told ? count : 0;
  if (tenon_promise_resolve(promise, &value) != TENON_STATUS_OK ||
      tenon_scope_release(scope) != TENON_STATUS_OK ||
      tenon_executor_close(executor, 0) != TENON_STATUS_OK ||
      tenon_executor_release(executor) != TENON_STATUS_OK ||
      tenon_future_release(future) != TENON_STATUS_OK)
    return fprintf(stderr, "%s: no end\n", kind->name), 1;
  if (told != accepted || dropped != 1)
    return fprintf(stderr, "%s: %ld told of %ld, %ld dropped\n", kind->name, told, accepted,
                   dropped),
           1;
  printf("%s: %ld made, and ended\n", kind->name, count);
  return fflush(stdout);
}

static const char *name_of(size_t index) { return kinds[index].name; }

int main(void) { return !run_in_children(sizeof kinds / sizeof *kinds, run, name_of); }
