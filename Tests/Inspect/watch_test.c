/*
 * The watch of <tenon/inspect.h>. Each thing lasts until the watch has told of it, however long that takes.
 */
#include "snapshot_test.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MILLISECOND = 1000000 };

typedef struct told {
  tenon_watch_kind_t kind;
  const void *about; /* NULL: anything */
  bool is_thread;    /* only where a thread is in it */
  sem_t seen;
  atomic_int times;
  tenon_watch_event_t event;
  char state[32];
  tenon_promise_t *promise; /* resolved when it is seen */
  tenon_watch_t *watch;     /* ended when it is seen */
} told_t;

static void tell(void *context, const tenon_watch_event_t *event) {
  told_t *told = context;
  if (told->is_thread && event->thread == 0)
    return;
  if (event->kind != told->kind || (told->about && event->id != bits(told->about)))
    return;
  if (atomic_fetch_add(&told->times, 1) != 0)
    return;
  told->event = *event;
  sigset_t blocked;
  CHECK(pthread_sigmask(SIG_BLOCK, NULL, &blocked) == 0);
  CHECK(sigismember(&blocked, SIGTERM) == 1 && sigismember(&blocked, SIGCHLD) == 1);
  CHECK(event->snapshot && event->struct_size == sizeof *event);
  tenon_snapshot_node_t node = TENON_SNAPSHOT_NODE_INIT;
  OK(tenon_snapshot_find_node(event->snapshot, (const void *)(uintptr_t)event->id, &node));
  snprintf(told->state, sizeof told->state, "%s %s", node.kind, node.state);
  if (told->promise)
    OK(tenon_promise_resolve(told->promise, NULL));
  if (told->watch)
    OK(tenon_watch_end(told->watch));
  sem_post(&told->seen);
}

static void prepare(told_t *told, tenon_watch_kind_t kind, const void *about) {
  *told = (told_t){.kind = kind, .about = about};
  sem_init(&told->seen, 0, 0);
}

static tenon_watch_t *start(told_t *told, uint64_t job, uint64_t wait) {
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *watch = NULL;
  config.job_ns_max = job;
  config.wait_ns_max = wait;
  OK(tenon_watch_start(&config, tell, told, &watch));
  return watch;
}

static void wait_for(told_t *told) {
  while (sem_wait(&told->seen) != 0)
    ;
}

static void last(void *context, tenon_status_t status) {
  OK(status);
  wait_for(context);
}

static void run_to_the_end(void *context, tenon_status_t status) {
  OK(status);
  ++*(int *)context;
}

static void tells_of_a_job_that_blocks_its_loop(void) {
  tenon_executor_t *executor = NULL;
  told_t told;
  int runs = 0;
  OK(tenon_executor_create(NULL, &executor));
  prepare(&told, TENON_WATCH_JOB, executor);
  tenon_watch_t *watch = start(&told, MILLISECOND, 0);
  for (int index = 0; index < 100; index++)
    OK(tenon_executor_post(executor, run_to_the_end, &runs));
  OK(tenon_executor_post(executor, last, &told));
  OK(tenon_executor_poll(executor, NULL, NULL));
  OK(tenon_watch_end(watch));
  CHECK(runs == 100 && atomic_load(&told.times) >= 1);
  CHECK(told.event.thread == getpid() && told.event.duration_ns >= MILLISECOND);
  CHECK(is(told.state, "executor polling"));
  /* The next one is another job. */
  prepare(&told, TENON_WATCH_JOB, executor);
  watch = start(&told, MILLISECOND, 0);
  OK(tenon_executor_post(executor, last, &told));
  OK(tenon_executor_poll(executor, NULL, NULL));
  OK(tenon_watch_end(watch));
  OK(tenon_executor_release(executor));
}

typedef struct twice {
  sem_t seen;
  atomic_int with, without;
} twice_t;

static void tell_twice(void *context, const tenon_watch_event_t *event) {
  twice_t *twice = context;
  atomic_fetch_add(event->snapshot ? &twice->with : &twice->without, 1);
  sem_post(&twice->seen);
}

static void wait_until_seen(void *context, tenon_status_t status) {
  OK(status);
  while (sem_wait(&((twice_t *)context)->seen) != 0)
    ;
}

/* It is told all the same, without what there was then. */
static void tells_without_memory(void) {
  tenon_executor_t *executor = NULL;
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *watch = NULL;
  twice_t twice = {.with = 0, .without = 0};
  sem_init(&twice.seen, 0, 0);
  config.job_ns_max = MILLISECOND;
  OK(tenon_executor_create(NULL, &executor));
  OK(tenon_watch_start(&config, tell_twice, &twice, &watch));
  OK(tenon_executor_post(executor, wait_until_seen, &twice));
  OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(atomic_load(&twice.with) >= 1 && atomic_load(&twice.without) == 0);
  struct rlimit limit = leave_memory(32 << 20);
  OK(tenon_executor_post(executor, wait_until_seen, &twice));
  OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(setrlimit(RLIMIT_AS, &limit) == 0);
  CHECK(atomic_load(&twice.without) >= 1);
  OK(tenon_watch_end(watch));
  OK(tenon_executor_release(executor));
}

static void tells_of_a_job_that_blocks_a_pools_thread(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *pool = NULL;
  told_t told;
  config.threads_max = 2;
  OK(tenon_executor_create(&config, &pool));
  prepare(&told, TENON_WATCH_JOB, pool);
  tenon_watch_t *watch = start(&told, MILLISECOND, 0);
  OK(tenon_executor_post(pool, last, &told));
  OK(tenon_executor_run_until(pool, NULL, TENON_FOREVER));
  OK(tenon_watch_end(watch));
  CHECK(atomic_load(&told.times) == 1);
  CHECK(told.event.thread > 0 && told.event.thread != getpid());
  OK(tenon_executor_close(pool, TENON_FOREVER));
  OK(tenon_executor_release(pool));
}

typedef struct once {
  tenon_executor_t *executor;
  tenon_future_t *second;
  sem_t jobs, waits;
  atomic_int times;
} once_t;

static void tell_once(void *context, const tenon_watch_event_t *event) {
  once_t *once = context;
  if (event->kind == TENON_WATCH_JOB && event->id == bits(once->executor)) {
    atomic_fetch_add(&once->times, 1);
    sem_post(&once->jobs);
  }
  if (event->kind == TENON_WATCH_WAIT && event->id == bits(once->second))
    sem_post(&once->waits);
}

static void told(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status, (void)future;
}

/* Lasts until it has been told of, and then something else that began after that. */
static void last_for_long(void *context, tenon_status_t status) {
  once_t *once = context;
  OK(status);
  while (sem_wait(&once->jobs) != 0)
    ;
  int times = atomic_load(&once->times);
  OK(tenon_future_on_complete(once->second, NULL, told, NULL, NULL));
  while (sem_wait(&once->waits) != 0)
    ;
  CHECK(atomic_load(&once->times) == times);
}

static void tells_of_each_once(void) {
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *watch = NULL;
  tenon_promise_t *promise = NULL;
  once_t once = {0};
  sem_init(&once.jobs, 0, 0);
  sem_init(&once.waits, 0, 0);
  OK(tenon_executor_create(NULL, &once.executor));
  OK(tenon_promise_create(NULL, &promise, &once.second));
  config.job_ns_max = MILLISECOND;
  config.wait_ns_max = 10 * MILLISECOND;
  OK(tenon_watch_start(&config, tell_once, &once, &watch));
  OK(tenon_executor_post(once.executor, last_for_long, &once));
  OK(tenon_executor_poll(once.executor, NULL, NULL));
  OK(tenon_watch_end(watch));
  OK(tenon_promise_release(promise));
  OK(tenon_future_release(once.second));
  OK(tenon_executor_release(once.executor));
}

static void *block(void *future) {
  OK(tenon_future_wait(future, TENON_FOREVER));
  return NULL;
}

static void tells_of_a_thread_that_waits(void) {
  tenon_future_t *future = NULL;
  told_t told;
  pthread_t thread;
  prepare(&told, TENON_WATCH_WAIT, NULL);
  OK(tenon_promise_create(NULL, &told.promise, &future));
  told.about = future;
  told.is_thread = true;
  tenon_watch_t *watch = start(&told, 0, MILLISECOND);
  pthread_create(&thread, NULL, block, future);
  pthread_join(thread, NULL);
  OK(tenon_watch_end(watch));
  CHECK(atomic_load(&told.times) == 1 && told.event.thread > 0);
  CHECK(is(told.state, "future pending"));
  OK(tenon_future_release(future));
}

static void complete(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)future;
  OK(status);
  sem_post(context);
}

static void tells_of_a_callback_that_waits(void) {
  tenon_future_t *future = NULL;
  told_t told;
  sem_t completed;
  sem_init(&completed, 0, 0);
  prepare(&told, TENON_WATCH_WAIT, NULL);
  OK(tenon_promise_create(NULL, &told.promise, &future));
  told.about = future;
  OK(tenon_future_on_complete(future, NULL, complete, &completed, NULL));
  tenon_watch_t *watch = start(&told, 0, MILLISECOND);
  while (sem_wait(&completed) != 0)
    ;
  OK(tenon_watch_end(watch));
  CHECK(atomic_load(&told.times) == 1 && told.event.thread == 0);
  OK(tenon_future_release(future));
}

/* What does not last for an hour is nobody's business. */
static void tells_nothing_of_what_is_short(void) {
  const uint64_t hour = 3600000000000u;
  tenon_executor_t *executor = NULL;
  told_t told;
  int runs = 0;
  OK(tenon_executor_create(NULL, &executor));
  prepare(&told, TENON_WATCH_JOB, executor);
  tenon_watch_t *watch = start(&told, hour, hour);
  for (int index = 0; index < 1000; index++) {
    OK(tenon_executor_post(executor, run_to_the_end, &runs));
    OK(tenon_executor_poll(executor, NULL, NULL));
  }
  OK(tenon_watch_end(watch));
  CHECK(runs == 1000 && atomic_load(&told.times) == 0);
  OK(tenon_executor_release(executor));
}

static void ends_from_inside(void) {
  tenon_executor_t *executor = NULL;
  told_t told;
  OK(tenon_executor_create(NULL, &executor));
  prepare(&told, TENON_WATCH_JOB, executor);
  told.watch = start(&told, MILLISECOND, 0);
  OK(tenon_executor_post(executor, last, &told));
  OK(tenon_executor_poll(executor, NULL, NULL));
  CHECK(tenon_watch_end(told.watch) == TENON_STATUS_STALE);
  OK(tenon_executor_release(executor));
}

typedef struct meanwhile {
  tenon_executor_t *executor;
  sem_t begun, may_go_on;
  atomic_bool is_over;
} meanwhile_t;

static void tell_for_long(void *context, const tenon_watch_event_t *event) {
  meanwhile_t *meanwhile = context;
  if (atomic_load(&meanwhile->is_over))
    return;
  CHECK(event->snapshot);
  sem_post(&meanwhile->begun);
  while (sem_wait(&meanwhile->may_go_on) != 0)
    ;
  atomic_store(&meanwhile->is_over, true);
}

static void *let_go_on(void *context) {
  sem_post(&((meanwhile_t *)context)->may_go_on);
  return NULL;
}

static void begin(void *context, tenon_status_t status) {
  OK(status);
  while (sem_wait(&((meanwhile_t *)context)->begun) != 0)
    ;
}

/* A watch that is telling of something, until that may go on. */
static tenon_watch_t *start_telling(meanwhile_t *meanwhile) {
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *watch = NULL;
  *meanwhile = (meanwhile_t){0};
  sem_init(&meanwhile->begun, 0, 0);
  sem_init(&meanwhile->may_go_on, 0, 0);
  config.job_ns_max = MILLISECOND;
  OK(tenon_executor_create(NULL, &meanwhile->executor));
  OK(tenon_watch_start(&config, tell_for_long, meanwhile, &watch));
  OK(tenon_executor_post(meanwhile->executor, begin, meanwhile));
  OK(tenon_executor_poll(meanwhile->executor, NULL, NULL));
  return watch;
}

/* Whoever ends a watch waits for what is being told. */
static void ends_when_all_is_told(void) {
  meanwhile_t meanwhile;
  pthread_t thread;
  tenon_watch_t *watch = start_telling(&meanwhile);
  pthread_create(&thread, NULL, let_go_on, &meanwhile);
  OK(tenon_watch_end(watch));
  CHECK(atomic_load(&meanwhile.is_over));
  pthread_join(thread, NULL);
  OK(tenon_executor_release(meanwhile.executor));
}

typedef struct ender {
  tenon_watch_t *watch;
  meanwhile_t *meanwhile;
  tenon_status_t status;
} ender_t;

static void *end_watch(void *context) {
  ender_t *ender = context;
  ender->status = tenon_watch_end(ender->watch);
  if (ender->status == TENON_STATUS_OK)
    CHECK(atomic_load(&ender->meanwhile->is_over));
  else
    sem_post(&ender->meanwhile->may_go_on);
  return NULL;
}

/* Of several that end it one does, and waits for what is being told, which goes on only because the others do not. */
static void ends_once(void) {
  enum { ENDERS = 4 };
  meanwhile_t meanwhile;
  pthread_t threads[ENDERS];
  ender_t enders[ENDERS];
  int ended = 0, stale = 0;
  tenon_watch_t *watch = start_telling(&meanwhile);
  for (int index = 0; index < ENDERS; index++) {
    enders[index] = (ender_t){watch, &meanwhile, TENON_STATUS_INVALID};
    pthread_create(&threads[index], NULL, end_watch, &enders[index]);
  }
  for (int index = 0; index < ENDERS; index++) {
    pthread_join(threads[index], NULL);
    ended += enders[index].status == TENON_STATUS_OK;
    stale += enders[index].status == TENON_STATUS_STALE;
  }
  CHECK(ended == 1 && stale == ENDERS - 1);
  OK(tenon_executor_release(meanwhile.executor));
}

static void refuses_what_is_wrong(void) {
  tenon_watch_config_t config = TENON_WATCH_CONFIG_INIT;
  tenon_watch_t *untouched = (tenon_watch_t *)(uintptr_t)7, *watch = untouched;
  told_t told;
  prepare(&told, TENON_WATCH_JOB, NULL);
  CHECK(tenon_watch_start(&config, tell, &told, &watch) == TENON_STATUS_INVALID);
  config.job_ns_max = UINT64_MAX;
  CHECK(tenon_watch_start(&config, NULL, &told, &watch) == TENON_STATUS_INVALID);
  CHECK(tenon_watch_start(NULL, tell, &told, &watch) == TENON_STATUS_INVALID);
  CHECK(tenon_watch_start(&config, tell, &told, NULL) == TENON_STATUS_INVALID);
  config.struct_size--;
  CHECK(tenon_watch_start(&config, tell, &told, &watch) == TENON_STATUS_INVALID);
  config.struct_size++;
  CHECK(watch == untouched && tenon_watch_end(NULL) == TENON_STATUS_INVALID);
  CHECK(tenon_watch_end((tenon_watch_t *)(void *)&told) == TENON_STATUS_INVALID);
  OK(tenon_watch_start(&config, tell, &told, &watch));
  CHECK(tenon_snapshot_release((tenon_snapshot_t *)(void *)watch) == TENON_STATUS_INVALID);
  pid_t child = fork();
  if (child == 0)
    _exit(tenon_watch_end(watch) != TENON_STATUS_FORKED);
  int status = -1;
  waitpid(child, &status, 0);
  CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  OK(tenon_watch_end(watch));
  CHECK(tenon_watch_end(watch) == TENON_STATUS_STALE);
}

int main(void) {
  tells_of_a_job_that_blocks_its_loop();
  tells_without_memory();
  tells_of_a_job_that_blocks_a_pools_thread();
  tells_of_each_once();
  tells_of_a_thread_that_waits();
  tells_of_a_callback_that_waits();
  tells_nothing_of_what_is_short();
  ends_from_inside();
  ends_when_all_is_told();
  ends_once();
  refuses_what_is_wrong();
  printf("# watch: %s\n", failures ? "failed" : "all told");
  return failures != 0;
}
