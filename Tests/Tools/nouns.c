/*
 * Correct programs, one for each noun: plain memory goes from one thread to another through Tenon. The
 * tools that look for races, leaks and wrong accesses must find nothing in any of them.
 *
 *   nouns [NAME...]      all of them, or these; "race" is the one that is wrong, and must be found
 */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/tenon.h>

#define OK(...)                                                                                    \
  do {                                                                                             \
    tenon_status_t ok_status = (__VA_ARGS__);                                                      \
    if (ok_status != TENON_STATUS_OK) {                                                            \
      fprintf(stderr, "line %d: %s\n", __LINE__, tenon_status_name(ok_status));                    \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

enum { times = 20 };

/** What is handed over: written by one thread, read and freed by another. */
typedef struct box {
  int number;
  char text[40];
} box_t;

static tenon_executor_t *executor;
static long sum;  /* the receiving thread's */
static int count; /* the same */

static box_t *pack(int number) {
  box_t *box = malloc(sizeof *box);
  box->number = number;
  memset(box->text, 'x', sizeof box->text);
  return box;
}

static void unpack(void *memory) {
  box_t *box = memory;
  sum += box->number + box->text[5];
  count++;
  free(box);
}

static void drop_box(void *memory, size_t size) {
  (void)size;
  unpack(memory);
}

static tenon_value_t value_of(int number) {
  return tenon_value_pointer(pack(number), NULL, drop_box);
}

static void unpack_value(tenon_value_t *value) { OK(tenon_value_drop(value)); }

static void elsewhere(void *(*run)(void *), void (*here)(void)) {
  pthread_t thread;
  sum = count = 0;
  if (pthread_create(&thread, NULL, run, NULL) != 0)
    exit(1);
  here();
  pthread_join(thread, NULL);
}

static void until_all(void) {
  while (count < times)
    if (tenon_executor_run_until(executor, NULL, 1000000) == TENON_STATUS_CLOSED)
      exit(1);
}

/* MARK: Jobs and timers */

static void job(void *context, tenon_status_t status) {
  (void)status;
  unpack(context);
}

static void *post_all(void *context) {
  for (int number = 0; number < times; number++)
    OK(tenon_executor_post(executor, job, pack(number)));
  return context;
}

static void jobs(void) { elsewhere(post_all, until_all); }

static void *start_all(void *context) {
  for (int number = 0; number < times; number++)
    OK(tenon_timer_start(executor, tenon_timer_now_ns() + 1000, job, pack(number), NULL));
  return context;
}

static void timers(void) { elsewhere(start_all, until_all); }

/* MARK: Futures */

static tenon_promise_t *promises[times];
static tenon_future_t *futures[times];

static void create_pairs(void) {
  for (int number = 0; number < times; number++)
    OK(tenon_promise_create(NULL, &promises[number], &futures[number]));
}

static void *resolve_all(void *context) {
  for (int number = 0; number < times; number++) {
    tenon_value_t value = value_of(number);
    OK(tenon_promise_resolve(promises[number], &value));
  }
  return context;
}

static void take_one(void *context, tenon_status_t status, tenon_future_t *future) {
  tenon_value_t value;
  (void)context;
  OK(status);
  OK(tenon_future_take(future, &value));
  unpack_value(&value);
}

static void release_all(void) {
  for (int number = 0; number < times; number++)
    OK(tenon_future_release(futures[number]));
}

static void callbacks(void) {
  create_pairs();
  for (int number = 0; number < times; number++)
    OK(tenon_future_on_complete(futures[number], executor, take_one, NULL, NULL));
  elsewhere(resolve_all, until_all);
  release_all();
}

static void wait_all(void) {
  for (int number = 0; number < times; number++) {
    tenon_value_t value;
    OK(tenon_future_wait(futures[number], TENON_FOREVER));
    OK(tenon_future_take(futures[number], &value));
    unpack_value(&value);
  }
}

static void waits(void) {
  create_pairs();
  elsewhere(resolve_all, wait_all);
  release_all();
}

static void look_all(void) {
  for (int number = 0; number < times; number++) {
    tenon_value_t value;
    while (tenon_future_poll(futures[number]) == TENON_STATUS_PENDING)
      sched_yield();
    OK(tenon_future_consume(futures[number], &value));
    unpack_value(&value);
  }
}

static void looks(void) {
  create_pairs();
  elsewhere(resolve_all, look_all);
}

static void wait_combined(void) {
  tenon_future_t *all = NULL;
  OK(tenon_future_all(futures, times, TENON_COMBINE_FLAG_KEEP, &all));
  OK(tenon_future_wait(all, TENON_FOREVER));
  OK(tenon_future_release(all));
  wait_all();
}

static void combinators(void) {
  create_pairs();
  elsewhere(resolve_all, wait_combined);
  release_all();
}

static void wait_scope(void) {
  tenon_scope_t *scope = NULL;
  tenon_future_t *end = NULL;
  OK(tenon_scope_open(NULL, &scope));
  for (int number = 0; number < times; number++)
    OK(tenon_scope_add(scope, futures[number]));
  OK(tenon_scope_close(scope, &end));
  OK(tenon_future_wait(end, TENON_FOREVER));
  OK(tenon_future_release(end));
  OK(tenon_scope_release(scope));
  wait_all();
}

static void scopes(void) {
  create_pairs();
  elsewhere(resolve_all, wait_scope);
  release_all();
}

/* MARK: Cancelling and forgetting */

static box_t *reasons[times];

static void *cancel_all(void *context) {
  for (int number = 0; number < times; number++) {
    reasons[number] = pack(number);
    OK(tenon_future_cancel(futures[number]));
  }
  return context;
}

static void end_cancelled(void) {
  for (int number = 0; number < times; number++) {
    while (!tenon_promise_is_cancelled(promises[number]))
      sched_yield();
    unpack(reasons[number]);
    OK(tenon_promise_cancel(promises[number]));
  }
}

static void cancels(void) {
  create_pairs();
  elsewhere(cancel_all, end_cancelled);
  release_all();
}

static void write_number(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)status;
  (void)future;
  *(long *)context += 1;
}

static tenon_registration_t *registrations[times];
static long written[times];

static void forget_all(void) {
  for (int number = 0; number < times; number++) {
    tenon_status_t status = tenon_registration_forget(registrations[number]);
    if (status != TENON_STATUS_OK && status != TENON_STATUS_SETTLED && status != TENON_STATUS_STALE)
      exit(1);
    sum += written[number]; /* told, here or there, and over */
  }
}

static void forgetting(void) {
  create_pairs();
  memset(written, 0, sizeof written);
  for (int number = 0; number < times; number++)
    OK(tenon_future_on_complete(futures[number], NULL, write_number, &written[number],
                                &registrations[number]));
  elsewhere(resolve_all, forget_all);
  if (sum != times)
    exit(1);
  release_all();
}

/* MARK: Streams */

static tenon_sink_t *sink;
static tenon_stream_t *stream;
static tenon_publisher_t *publisher;
static tenon_latest_t *latest;

static void *send_all(void *context) {
  for (int number = 0; number < times; number++) {
    tenon_value_t value = value_of(number);
    tenon_future_t *room = NULL;
    while (tenon_sink_send(sink, &value, &room) == TENON_STATUS_PENDING) {
      tenon_future_wait(room, TENON_FOREVER);
      OK(tenon_future_release(room));
    }
  }
  OK(tenon_sink_close(sink));
  return context;
}

static void receive_all(void) {
  for (;;) {
    tenon_future_t *item = NULL;
    tenon_value_t value;
    OK(tenon_stream_next(stream, &item));
    OK(tenon_future_wait(item, TENON_FOREVER));
    OK(tenon_future_consume(item, &value));
    if (value.kind == TENON_VALUE_END)
      break;
    unpack_value(&value);
  }
}

static void streams_of(size_t capacity) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = capacity;
  OK(tenon_stream_create(&config, &sink, &stream));
  elsewhere(send_all, receive_all);
  OK(tenon_sink_release(sink));
  OK(tenon_stream_release(stream));
}

static void streams(void) { streams_of(4); }
static void rendezvous(void) { streams_of(0); }

static void *set_all(void *context) {
  for (int number = 0; number < times; number++) {
    tenon_value_t value = tenon_value_pointer(pack(number), NULL, NULL);
    if (number != times - 1)
      free(value.as.pointer.address), value = tenon_value_i64(number);
    OK(tenon_publisher_set(publisher, &value));
  }
  return context;
}

static void watch(void) {
  for (bool is_over = false; !is_over;) {
    tenon_future_t *next = NULL;
    tenon_value_t value;
    OK(tenon_latest_next(latest, &next));
    OK(tenon_future_wait(next, TENON_FOREVER));
    OK(tenon_future_consume(next, &value));
    is_over = value.kind == TENON_VALUE_POINTER;
    if (is_over)
      unpack(value.as.pointer.address);
  }
}

static void latest_values(void) {
  OK(tenon_latest_create(NULL, &publisher, &latest));
  elsewhere(set_all, watch);
  OK(tenon_publisher_release(publisher));
  OK(tenon_latest_release(latest));
}

/* MARK: References */

static tenon_object_t *object;
static tenon_error_t *error;
static box_t *shared;

static void *let_go(void *context) {
  int number = shared->number; /* before the reference goes */
  if (number != 7)
    exit(1);
  OK(tenon_object_release(object));
  OK(tenon_error_release(error));
  return context;
}

static void let_go_here(void) { let_go(NULL); }

static void references(void) {
  static const char mark = 0;
  shared = pack(7);
  OK(tenon_object_create(shared, &mark, drop_box, &object));
  OK(tenon_object_retain(object));
  OK(tenon_error_create("test", 1, "text", NULL, &error));
  OK(tenon_error_retain(error));
  elsewhere(let_go, let_go_here);
}

/* MARK: Threads */

static tenon_executor_t *pool;
static box_t *boxes[times];

static tenon_status_t fill(void *context, size_t begin, size_t end) {
  (void)context;
  for (size_t index = begin; index < end; index++)
    boxes[index] = pack((int)index);
  return TENON_STATUS_OK;
}

static void resolve_one(void *context, tenon_status_t status) {
  int number = (int)((tenon_promise_t **)context - promises);
  tenon_value_t value = value_of(number);
  OK(status);
  OK(tenon_promise_resolve(promises[number], &value));
}

static void pools(void) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.threads_max = 3;
  sum = count = 0;
  OK(tenon_executor_create(&config, &pool));
  create_pairs();
  for (int number = 0; number < times; number++)
    OK(tenon_executor_post(pool, resolve_one, &promises[number]));
  wait_all();
  release_all();
  OK(tenon_executor_for(pool, times, 1, fill, NULL));
  for (int number = 0; number < times; number++)
    unpack(boxes[number]);
  OK(tenon_executor_close(pool, TENON_FOREVER));
  OK(tenon_executor_release(pool));
}

/* MARK: The wrong one */

static int unguarded;
static atomic_bool was_touched; /* tells no tool that one came before the other */

static void touch(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
  unguarded++;
  atomic_store_explicit(&was_touched, true, memory_order_relaxed);
}

static void *post_and_touch(void *context) {
  OK(tenon_executor_post(executor, touch, NULL));
  while (!atomic_load_explicit(&was_touched, memory_order_relaxed))
    sched_yield();
  unguarded++; /* after it was handed over */
  return context;
}

static void until_touched(void) {
  while (!atomic_load_explicit(&was_touched, memory_order_relaxed))
    tenon_executor_run_until(executor, NULL, 1000000);
}

static void race(void) { elsewhere(post_and_touch, until_touched); }

static const struct program {
  const char *name;
  void (*run)(void);
} programs[] = {
    {"jobs", jobs},       {"timers", timers},         {"callbacks", callbacks},
    {"waits", waits},     {"looks", looks},           {"combinators", combinators},
    {"scopes", scopes},   {"cancels", cancels},       {"forgetting", forgetting},
    {"streams", streams}, {"rendezvous", rendezvous}, {"latest", latest_values},
    {"pools", pools},     {"references", references}, {"race", race},
};

int main(int argc, char **argv) {
  OK(tenon_executor_create(NULL, &executor));
  for (size_t index = 0; index < sizeof programs / sizeof *programs; index++) {
    bool is_wanted = argc == 1 && programs[index].run != race;
    for (int given = 1; given < argc; given++)
      is_wanted |= strcmp(argv[given], programs[index].name) == 0;
    if (is_wanted)
      programs[index].run();
  }
  OK(tenon_executor_close(executor, TENON_FOREVER));
  OK(tenon_executor_release(executor));
  return 0;
}
