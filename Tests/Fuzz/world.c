/*
 * The handles that a program has, what is owed to it, and how all of it ends.
 */
#include "fuzz.h"

#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

world_t *world;
_Thread_local cursor_t cursor;
bool fuzz_is_loud;

_Noreturn void fuzz_fail(const char *file, int line, const char *format, ...) {
  const char *name = strrchr(file, '/');
  va_list list;
  va_start(list, format);
  fprintf(stderr, "%s:%d: ", name ? name + 1 : file, line);
  vfprintf(stderr, format, list);
  fputc('\n', stderr);
  va_end(list);
  abort();
}

void fuzz_say(const char *format, ...) {
  if (!fuzz_is_loud)
    return;
  va_list list;
  va_start(list, format);
  printf("%*s", (int)cursor.nesting * 2, "");
  vprintf(format, list);
  putchar('\n');
  fflush(stdout);
  va_end(list);
}

/* MARK: What is owed */

owed_t *owe(const char *what) {
  unsigned index = atomic_fetch_add(&world->owed_count, 1);
  CHECK(index < OWED_MAX);
  owed_t *owed = world->owed + index;
  owed->what = what;
  atomic_store(&owed->expected, 1);
  return owed;
}

void settle_debt(owed_t *owed, tenon_status_t status) {
  if (status != TENON_STATUS_OK)
    atomic_store(&owed->expected, 0);
}

static void happen(owed_t *owed, tenon_status_t status) {
  fuzz_say("  told: %s %u, %s", owed->what, (unsigned)(owed - world->owed),
           tenon_status_name(status));
  if (atomic_fetch_add(&owed->happened, 1) != 0)
    FAIL("%s was told twice", owed->what);
}

/** A callback does whatever comes next. */
static void go_on(void) {
  if (cursor.nesting >= NESTING_MAX || cursor.next == cursor.end || world->is_ending)
    return;
  cursor.nesting++;
  for (unsigned left = *cursor.next & 3; left > 0 && step(); left--)
    continue;
  cursor.nesting--;
}

void told(void *context, tenon_status_t status) {
  owed_t *owed = context;
  if (status == TENON_STATUS_OK && owed->not_before > atomic_load(&world->now_ns))
    FAIL("a timer came %llu ns early",
         (unsigned long long)(owed->not_before - atomic_load(&world->now_ns)));
  happen(owed, status);
  go_on();
}

void told_completion(void *context, tenon_status_t status, tenon_future_t *future) {
  bool ended = status == TENON_STATUS_OK || status == TENON_STATUS_REJECTED ||
               status == TENON_STATUS_CANCELLED;
  CHECK(ended == (future != NULL));
  if (ended)
    CHECK(tenon_future_poll(future) == status);
  happen(context, status);
  go_on();
}

static void drop(void *pointer, size_t size) {
  (void)size;
  happen(pointer, TENON_STATUS_OK);
  go_on();
}

tenon_value_t value_of(uint8_t choice, uint8_t place) {
  static const char mark;
  tenon_value_t value = tenon_value_none();
  owed_t *owed;
  switch (choice % 6) {
  case 0:
    break;
  case 1:
    value = tenon_value_f64(0.5);
    break;
  case 2:
    CHECK(tenon_value_copy_string("a text that does not fit", 24, &value) == TENON_STATUS_OK);
    break;
  case 3:
    owed = owe("a drop of bytes");
    CHECK(tenon_value_adopt_bytes(owed, sizeof *owed, drop, &value) == TENON_STATUS_OK);
    break;
  default:
    owed = owe("a drop");
    value = tenon_value_pointer(owed, &mark, drop);
    if (choice % 6 == 5)
      tenon_value_set_drop_executor(&value, handle_at(KIND_EXECUTOR, place));
  }
  return value;
}

/* MARK: Handles */

slot_t *slot_at(kind_t kind, uint8_t place) { return &world->slots[kind][place % SLOTS]; }

void *handle_at(kind_t kind, uint8_t place) {
  slot_t *slot = slot_at(kind, place);
  pthread_mutex_lock(&slot->lock);
  void *handle = slot->handle;
  pthread_mutex_unlock(&slot->lock);
  return handle;
}

bool take_reference(slot_t *slot, void **handle) {
  pthread_mutex_lock(&slot->lock);
  bool has_one = slot->references > 0;
  if (has_one)
    slot->references--;
  *handle = slot->handle;
  pthread_mutex_unlock(&slot->lock);
  return has_one;
}

tenon_status_t retain_of(kind_t kind, void *handle) {
  switch (kind) {
  case KIND_FUTURE:
    return tenon_future_retain(handle);
  case KIND_ERROR:
    return tenon_error_retain(handle);
  case KIND_SINK:
    return tenon_sink_retain(handle);
  case KIND_STREAM:
    return tenon_stream_retain(handle);
  case KIND_PUBLISHER:
    return tenon_publisher_retain(handle);
  case KIND_LATEST:
    return tenon_latest_retain(handle);
  case KIND_SCOPE:
    return tenon_scope_retain(handle);
  case KIND_EXECUTOR:
    return tenon_executor_retain(handle);
  default:
    return TENON_STATUS_INVALID;
  }
}

tenon_status_t release_of(kind_t kind, void *handle) {
  switch (kind) {
  case KIND_PROMISE:
    return tenon_promise_release(handle);
  case KIND_FUTURE:
    return tenon_future_release(handle);
  case KIND_ERROR:
    return tenon_error_release(handle);
  case KIND_SINK:
    return tenon_sink_release(handle);
  case KIND_STREAM:
    return tenon_stream_release(handle);
  case KIND_PUBLISHER:
    return tenon_publisher_release(handle);
  case KIND_LATEST:
    return tenon_latest_release(handle);
  case KIND_SCOPE:
    return tenon_scope_release(handle);
  case KIND_EXECUTOR:
    return tenon_executor_release(handle);
  default:
    return TENON_STATUS_INVALID;
  }
}

void let_go(kind_t kind, void *handle) {
  tenon_status_t status = release_of(kind, handle);
  if (status != TENON_STATUS_OK)
    FAIL("a reference of kind %d that the program has: %s", kind, tenon_status_name(status));
}

static void put_as(kind_t kind, uint8_t place, void *handle, bool waits_for_scope) {
  slot_t *slot = slot_at(kind, place);
  pthread_mutex_lock(&slot->lock);
  void *old = slot->handle;
  unsigned references = slot->references;
  slot->handle = handle;
  slot->references = 1;
  slot->waits_for_scope = waits_for_scope;
  pthread_mutex_unlock(&slot->lock);
  while (references-- > 0)
    let_go(kind, old);
}

void put(kind_t kind, uint8_t place, void *handle) { put_as(kind, place, handle, false); }

void put_future(uint8_t place, void *future, bool waits_for_scope) {
  put_as(KIND_FUTURE, place, future, waits_for_scope);
}

void *future_at(uint8_t place, bool *waits_for_scope) {
  slot_t *slot = slot_at(KIND_FUTURE, place);
  pthread_mutex_lock(&slot->lock);
  void *future = slot->handle;
  *waits_for_scope = *waits_for_scope || slot->waits_for_scope;
  pthread_mutex_unlock(&slot->lock);
  return future;
}

/* MARK: Executors */

static void wake(void *context) { (void)context; }
static uint64_t virtual_now(void *context) {
  (void)context;
  return atomic_load(&world->now_ns);
}

tenon_executor_t *executor_create(uint8_t choice) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  host.wake = wake;
  host.now_ns = virtual_now;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.host = choice % 4 == 0 ? NULL : &host;
  tenon_executor_t *executor = NULL;
  CHECK(tenon_executor_create(&config, &executor) == TENON_STATUS_OK);
  return executor;
}

/** Polls until it is closed: with no time left, that takes a few. */
static void close_executor(tenon_executor_t *executor) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_executor_begin_close(executor, 0);
  for (int polls = 0; tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK; polls++) {
    if (result.closed)
      return;
    atomic_fetch_add(&world->now_ns, 1000000000u);
    CHECK(polls < 100000);
  }
}

/* MARK: The beginning and the end */

static uint64_t items_on_their_way(const tenon_process_statistics_t *now) {
  return now->items_sent - now->items_received - now->items_dropped;
}

static tenon_process_statistics_t statistics(void) {
  tenon_process_statistics_t now = TENON_PROCESS_STATISTICS_INIT;
  CHECK(tenon_process_get_statistics(&now) == TENON_STATUS_OK);
  return now;
}

static void begin(bool is_shared) {
  static pthread_mutex_t unlocked = PTHREAD_MUTEX_INITIALIZER;
  owed_t *owed = world ? world->owed : calloc(OWED_MAX, sizeof *owed);
  unsigned used = world ? atomic_load(&world->owed_count) : 0;
  if (!world)
    world = malloc(sizeof *world);
  memset(owed, 0, used * sizeof *owed);
  memset(world, 0, sizeof *world);
  world->owed = owed;
  world->is_shared = is_shared;
  for (int kind = 0; kind < KIND_COUNT; kind++)
    for (int place = 0; place < SLOTS; place++)
      world->slots[kind][place].lock = unlocked;
  atomic_store(&world->now_ns, 1000);
  put(KIND_EXECUTOR, 0, executor_create(1));
  put(KIND_EXECUTOR, 1, executor_create(0));
}

static void finish(uint8_t order, const tenon_process_statistics_t *before) {
  world->is_ending = true;
  fuzz_say("the end");
  for (uint8_t place = 0; place < SLOTS; place++)
    if (slot_at(KIND_EXECUTOR, place)->references > 0)
      close_executor(handle_at(KIND_EXECUTOR, place));
  // Again, as long as somebody gives the program another one: a map's function does.
  for (bool is_done = false; !is_done;) {
    is_done = true;
    for (int step = 0; step < KIND_COUNT; step++) {
      kind_t kind = (kind_t)((step + order) % KIND_COUNT);
      for (uint8_t place = 0; place < SLOTS; place++) {
        void *handle;
        for (; take_reference(slot_at(kind, place), &handle); is_done = false)
          let_go(kind, handle);
      }
    }
  }
  for (unsigned index = 0; index < atomic_load(&world->owed_count); index++) {
    owed_t *owed = world->owed + index;
    if (atomic_load(&owed->happened) != atomic_load(&owed->expected))
      FAIL("%s %u: %d times instead of %d", owed->what, index, atomic_load(&owed->happened),
           atomic_load(&owed->expected));
  }
  tenon_process_statistics_t after = statistics();
  CHECK(after.futures_pending == before->futures_pending);
  CHECK(after.registrations_pending == before->registrations_pending);
  CHECK(after.errors_alive == before->errors_alive);
  CHECK(after.streams_alive == before->streams_alive);
  CHECK(after.scopes_live == before->scopes_live);
  CHECK(items_on_their_way(&after) == items_on_their_way(before));
}

typedef struct part {
  const uint8_t *program;
  size_t size;
  atomic_int *ready;
} part_t;

static void *run_part(void *context) {
  part_t *part = context;
  cursor = (cursor_t){part->program, part->program + part->size, 0};
  if (part->ready)
    for (atomic_fetch_add(part->ready, 1); atomic_load(part->ready) < 2;)
      sched_yield();
  while (step())
    continue;
  return NULL;
}

void fuzz_run(const uint8_t *program, size_t size, bool on_two_threads) {
  tenon_process_statistics_t before = statistics();
  size -= size % INSTRUCTION_SIZE;
  begin(on_two_threads);
  if (on_two_threads) {
    atomic_int ready = 0;
    size_t half = size / INSTRUCTION_SIZE / 2 * INSTRUCTION_SIZE;
    part_t first = {program, half, &ready}, second = {program + half, size - half, &ready};
    pthread_t thread;
    CHECK(pthread_create(&thread, NULL, run_part, &second) == 0);
    run_part(&first);
    CHECK(pthread_join(thread, NULL) == 0);
  } else {
    run_part(&(part_t){program, size, NULL});
  }
  finish(size > 0 ? program[size - 1] : 0, &before);
}
