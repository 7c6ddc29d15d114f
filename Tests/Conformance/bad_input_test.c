/*
 * What the headers promise of calls that are wrong: they fail, write nothing and take nothing. Each case walks all
 * functions: see functions.c.
 */
#include "check.h"

#include <unistd.h>

#include <stdio.h>

/* MARK: Handles to be wrong with */

static void fixture_create_streams(void **handles) {
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  tenon_publisher_t *publisher = NULL;
  tenon_latest_t *latest = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &publisher, &latest));
  handles[HANDLE_SINK] = sink;
  handles[HANDLE_STREAM] = stream;
  handles[HANDLE_PUBLISHER] = publisher;
  handles[HANDLE_LATEST] = latest;
}

static void fixture_release_streams(void **handles, tenon_status_t expected) {
  CHECK_STATUS(expected, tenon_sink_release(handles[HANDLE_SINK]));
  CHECK_STATUS(expected, tenon_stream_release(handles[HANDLE_STREAM]));
  CHECK_STATUS(expected, tenon_publisher_release(handles[HANDLE_PUBLISHER]));
  CHECK_STATUS(expected, tenon_latest_release(handles[HANDLE_LATEST]));
}

void fixture_begin(fixture_t *fixture) {
  tenon_registration_t *registration = NULL;
  tenon_timer_t *timer = NULL;
  memset(fixture, 0, sizeof *fixture);
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion,
                                        &fixture->registration_told, &registration));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &fixture->timer_told, &timer));
  fixture->live[HANDLE_ERROR] = error_create(1);
  fixture->live[HANDLE_FUTURE] = pair.future;
  fixture->live[HANDLE_PROMISE] = pair.promise;
  fixture->live[HANDLE_REGISTRATION] = registration;
  fixture->live[HANDLE_EXECUTOR] = executor;
  fixture->live[HANDLE_TIMER] = timer;
  tenon_scope_t *scope = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  fixture->live[HANDLE_SCOPE] = scope;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  fixture->stale[HANDLE_SCOPE] = scope;
  fixture_create_streams(fixture->live);
  tenon_object_t *object = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(NULL, &payload_type, NULL, &object));
  fixture->live[HANDLE_OBJECT] = object;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(NULL, &payload_type, NULL, &object));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
  fixture->stale[HANDLE_OBJECT] = object;

  executor = executor_create();
  pair = pair_create();
  fixture->stale[HANDLE_ERROR] = error_create(2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(fixture->stale[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, tell_completion,
                                                         &fixture->stale_told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &fixture->stale_told, &timer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  executor_poll(executor);
  CHECK_COUNT(2, atomic_load(&fixture->stale_told.count));
  executor_end(executor);
  fixture->stale[HANDLE_FUTURE] = pair.future;
  fixture->stale[HANDLE_PROMISE] = pair.promise;
  fixture->stale[HANDLE_REGISTRATION] = registration;
  fixture->stale[HANDLE_EXECUTOR] = executor;
  fixture->stale[HANDLE_TIMER] = timer;
  fixture_create_streams(fixture->stale);
  fixture_release_streams(fixture->stale, TENON_STATUS_OK);
}

void fixture_end(fixture_t *fixture) {
  int64_t code = 0;
  CHECK_NOT_TOLD(&fixture->registration_told);
  CHECK_NOT_TOLD(&fixture->timer_told);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(fixture->live[HANDLE_FUTURE]));
  CHECK(!tenon_promise_is_cancelled(fixture->live[HANDLE_PROMISE]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(fixture->live[HANDLE_ERROR], &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(fixture->live[HANDLE_REGISTRATION]));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &fixture->registration_told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(fixture->live[HANDLE_TIMER]));
  executor_poll(fixture->live[HANDLE_EXECUTOR]);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &fixture->timer_told);
  CHECK_STATUS(TENON_STATUS_OK, settle(fixture->live[HANDLE_PROMISE], TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(fixture->live[HANDLE_FUTURE]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(fixture->live[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(fixture->live[HANDLE_OBJECT]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_object_release(fixture->live[HANDLE_OBJECT]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(fixture->live[HANDLE_SCOPE]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_scope_release(fixture->live[HANDLE_SCOPE]));
  executor_end(fixture->live[HANDLE_EXECUTOR]);
  fixture_release_streams(fixture->live, TENON_STATUS_OK);
  fixture_release_streams(fixture->live, TENON_STATUS_STALE);
  /* Each had just the one reference that it was created with. */
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(fixture->live[HANDLE_FUTURE]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(fixture->live[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_release(fixture->live[HANDLE_EXECUTOR]));
}

typedef struct misuse {
  fixture_t fixture;
  told_t told;
  atomic_int drops;
  arguments_t arguments;
} misuse_t;

static void misuse_begin(misuse_t *misuse) {
  memset(misuse, 0, sizeof *misuse);
  fixture_begin(&misuse->fixture);
}

/** Arguments that would be right. */
static arguments_t *misuse_right(misuse_t *misuse, const function_t *function) {
  arguments_t *arguments = &misuse->arguments;
  memset(arguments, 0, sizeof *arguments);
  for (int index = 0; index < FUNCTION_HANDLES_MAX; index++)
    arguments->handles[index] = misuse->fixture.live[function->handles[index]];
  arguments->told = &misuse->told;
  arguments->drops = &misuse->drops;
  return arguments;
}

/** Calls with one wrong handle; `expected` is one status, or OK for any failure. */
static void misuse_handle(misuse_t *misuse, const function_t *function, int index, void *handle,
                          tenon_status_t expected, const char *what) {
  char text[160];
  arguments_t *arguments = misuse_right(misuse, function);
  arguments->handles[index] = handle;
  tenon_status_t status = function_call(function, arguments);
  bool held = expected == TENON_STATUS_OK || function->inexact
                  ? status == TENON_STATUS_INVALID || status == TENON_STATUS_STALE ||
                        (function->inexact && status < 0)
                  : status == expected;
  snprintf(text, sizeof text, "%s with %s as handle %d: answers %s, %s", function->name, what,
           index, tenon_status_name(status),
           function_left_all(arguments) ? "writes nothing" : "writes or takes something");
  conformance_check(held && function_left_all(arguments), __FILE__, __LINE__, text);
}

static const char *const HANDLE_NAMES[HANDLE_TYPE_COUNT] = {
    "nothing", "an error", "a future", "a promise",   "a registration", "an executor",
    "a timer", "a sink",   "a stream", "a publisher", "a latest value"};

CASE(every_function_refuses_null_and_stale_handles) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      handle_type_t type = function->handles[index];
      if (type == HANDLE_NONE)
        continue;
      if (!function->optional[index])
        misuse_handle(&misuse, function, index, NULL, TENON_STATUS_INVALID, "NULL");
      misuse_handle(&misuse, function, index, misuse.fixture.stale[type], TENON_STATUS_STALE,
                    "a stale handle");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_handles_of_another_type) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      for (int type = HANDLE_ERROR; type < HANDLE_TYPE_COUNT; type++) {
        if (function->handles[index] == HANDLE_NONE || function->handles[index] == (unsigned)type)
          continue;
        misuse_handle(&misuse, function, index, misuse.fixture.live[type], TENON_STATUS_INVALID,
                      HANDLE_NAMES[type]);
        misuse_handle(&misuse, function, index, misuse.fixture.stale[type], TENON_STATUS_OK,
                      "a stale handle of another type");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_numbers_that_are_no_handles) {
  enum { NUMBERS = 1000 };
  misuse_t misuse;
  random_t random = {7};
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      if (function->handles[index] == HANDLE_NONE)
        continue;
      for (int count = 0; count < NUMBERS; count++)
        misuse_handle(&misuse, function, index, (void *)(uintptr_t)random_next(&random),
                      TENON_STATUS_OK, "a random number");
      for (uintptr_t number = 1; number < 64; number++)
        misuse_handle(&misuse, function, index, (void *)number, TENON_STATUS_OK, "a small number");
      for (int shift = 1; shift < (int)sizeof(uintptr_t) * 8; shift++) {
        uintptr_t power = (uintptr_t)1 << shift;
        misuse_handle(&misuse, function, index, (void *)power, TENON_STATUS_OK, "a power of two");
        misuse_handle(&misuse, function, index, (void *)(power - 1), TENON_STATUS_OK,
                      "a power of two less one");
        misuse_handle(&misuse, function, index, (void *)~power, TENON_STATUS_OK,
                      "the complement of a power of two");
      }
      misuse_handle(&misuse, function, index, (void *)UINTPTR_MAX, TENON_STATUS_OK, "all ones");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_real_addresses) {
  static int in_data = 1;
  static const int in_constants = 2;
  int on_stack = 3;
  misuse_t misuse;
  void *on_heap[] = {malloc(1), malloc(64), malloc(4096), malloc(1 << 20)};
  tenon_status_t (*code)(tenon_future_t *) = tenon_future_poll;
  void *in_code = NULL;
  memcpy(&in_code, &code, sizeof in_code);
  misuse_begin(&misuse);
  void *const addresses[] = {on_heap[0],
                             on_heap[1],
                             (char *)on_heap[2] + 2048,
                             on_heap[3],
                             &in_data,
                             (void *)(uintptr_t)&in_constants,
                             &on_stack,
                             &misuse,
                             (char *)&misuse + 1,
                             in_code,
                             (void *)(uintptr_t)tenon_version_string()};
  for (const function_t *function = conformance_functions; function->name; function++)
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++)
      for (size_t which = 0; which < sizeof addresses / sizeof *addresses; which++)
        if (function->handles[index] != HANDLE_NONE)
          misuse_handle(&misuse, function, index, addresses[which], TENON_STATUS_OK,
                        "a real address");
  fixture_end(&misuse.fixture);
  for (size_t index = 0; index < sizeof on_heap / sizeof *on_heap; index++)
    free(on_heap[index]);
}

CASE(a_handle_with_a_bit_flipped_is_never_followed) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (int type = HANDLE_ERROR; type < HANDLE_TYPE_COUNT; type++) {
    for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
      void *handle = (void *)((uintptr_t)misuse.fixture.live[type] ^ (uintptr_t)1 << bit);
      tenon_value_t value;
      int64_t code;
      /* It may be the handle of something else that lives. So only look. */
      tenon_future_poll(handle);
      tenon_future_peek(handle, &value);
      tenon_error_get_code(handle, &code);
      tenon_promise_is_cancelled(handle);
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_null_for_what_it_needs) {
  misuse_t misuse;
  char text[160];
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t index = 0; index < function->pointers; index++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->null[index] = true;
      tenon_status_t status = function_call(function, arguments);
      snprintf(text, sizeof text, "%s with NULL as required pointer %zu: answers %s, %s",
               function->name, index, tenon_status_name(status),
               function_left_all(arguments) ? "writes nothing" : "writes or takes something");
      conformance_check((function->inexact ? status < 0 : status == TENON_STATUS_INVALID) &&
                            function_left_all(arguments),
                        __FILE__, __LINE__, text);
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(the_table_of_functions_names_each_once) {
  /* Whether it names all of them is for a script to say, which knows the headers. */
  for (const function_t *function = conformance_functions; function->name; function++) {
    CHECK(strncmp(function->name, "tenon_", 6) == 0);
    for (const function_t *other = conformance_functions; other != function; other++)
      CHECK(strcmp(function->name, other->name) != 0);
  }
}

/* MARK: Everything else to be wrong with */

/** Calls with the wrong argument that `arguments` has; the answer is TENON_STATUS_INVALID. */
static void misuse_argument(const function_t *function, arguments_t *arguments, const char *what) {
  char text[200];
  tenon_status_t status = function_call(function, arguments);
  snprintf(text, sizeof text,
           "%s with a wrong %s, number %zu (size %zu, flags %#x): answers %s, %s", function->name,
           what, arguments->at, arguments->size, arguments->flags, tenon_status_name(status),
           function_left_all(arguments) ? "writes nothing" : "writes or takes something");
  conformance_check(status == TENON_STATUS_INVALID && function_left_all(arguments), __FILE__,
                    __LINE__, text);
}

/** Whether a struct of an older release was smaller, and is still taken. */
static bool is_older(const function_t *function, const arguments_t *arguments) {
  const size_t older = arguments->at == 0 ? offsetof(tenon_executor_config_t, threads_max)
                                          : offsetof(tenon_executor_host_t, watch);
  return strcmp(function->name, "tenon_executor_create") == 0 && arguments->size == older;
}

CASE(every_function_refuses_a_wrong_struct_size) {
  /* Relative to the right one, by turns, and as they are. */
  static const ptrdiff_t near[] = {-8, -1, 1, 8, 64};
  static const size_t far[] = {
      0, 1, 7, 4097, 65536, (size_t)INT32_MAX, 1u << 31, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->structs + function->structs_out; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_STRUCT_SIZE;
      arguments->at = at;
      for (size_t index = 0; index < sizeof far / sizeof *far; index++) {
        arguments->size = far[index];
        misuse_argument(function, arguments, "struct_size");
      }
      for (size_t index = 0; index < sizeof near / sizeof *near; index++) {
        /* A struct to fill may be a newer header's, which has more fields. */
        if (near[index] > 0 && at >= function->structs)
          continue;
        arguments->size = arguments->size_right + (size_t)near[index];
        if (is_older(function, arguments))
          continue;
        misuse_argument(function, arguments, "struct_size");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_unknown_flags_and_reserved_fields) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->flags; at++) {
      uint32_t known = at == 0 ? function->flags_known : 0;
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_FLAGS;
      arguments->at = at;
      for (uint32_t flag = 1; flag != 0; flag <<= 1) {
        if (flag & known)
          continue;
        arguments->flags = flag;
        misuse_argument(function, arguments, "flag");
        arguments->flags = flag | known;
        misuse_argument(function, arguments, "flag");
      }
      arguments->flags = UINT32_MAX;
      misuse_argument(function, arguments, "flag");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_text_that_is_not_utf8) {
  static const char *const texts[] = {
      "\x80",             /* a byte that only goes on */
      "text\xff",         /* never a byte of UTF-8 */
      "\xc3",             /* cut short, of each length */
      "\xe2\x82",         /* */
      "\xf0\x9f\xaa",     /* */
      "\xc3(",            /* interrupted */
      "\xf0\x28\x8c\x28", /* */
      "\xc0\xaf",         /* longer than need be */
      "\xe0\x80\xaf",     /* */
      "\xf0\x80\x80\xaf", /* */
      "\xed\xa0\x80",     /* a surrogate */
      "\xf4\x90\x80\x80", /* beyond Unicode */
      "\xf8\x88\x80\x80\x80",
  };
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->texts; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_TEXT;
      arguments->at = at;
      for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        arguments->text = texts[index];
        misuse_argument(function, arguments, "text");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_sizes_beyond_any_object) {
  static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2, SIZE_MAX - 4096,
                                 SIZE_MAX - 1, SIZE_MAX};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->sizes; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_SIZE;
      arguments->at = at;
      for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        arguments->size = sizes[index];
        misuse_argument(function, arguments, "size");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_numbers_that_are_no_status) {
  static const tenon_status_t numbers[] = {
      4, 5, 127, 255, 256, 65536, INT32_MAX, -17, -127, -128, -65536, INT32_MIN + 1, INT32_MIN};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    if (!function->status)
      continue;
    arguments_t *arguments = misuse_right(&misuse, function);
    arguments->wrong = WRONG_STATUS;
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
      arguments->status = numbers[index];
      misuse_argument(function, arguments, "status");
    }
  }
  fixture_end(&misuse.fixture);
}

enum { NO_VALUES_MAX = 2048 };

/** Fills in what is no value, each for one reason; returns how many. */
static size_t make_no_values(tenon_value_t *values, atomic_int *drops) {
  static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 1, SIZE_MAX};
  const uint8_t known = TENON_VALUE_FLAG_INLINE | TENON_VALUE_FLAG_BORROWED;
  size_t count = 0;
  for (int number = 0; number < 256; number++) {
    tenon_value_t value = counted_value(drops);
    if (number > TENON_VALUE_END) { /* a kind that there is not */
      value.kind = (uint8_t)number;
      values[count++] = value;
      value.flags = TENON_VALUE_FLAG_INLINE;
      values[count++] = value;
    }
    if (number & ~known) { /* a flag that there is not */
      value = counted_value(drops);
      value.flags = (uint8_t)number;
      values[count++] = value;
    }
    if (number != 0) { /* what is reserved */
      value = counted_value(drops);
      value.reserved = (uint8_t)number;
      values[count++] = value;
      value = counted_value(drops); /* a size of nothing */
      value.inline_size = (uint8_t)number;
      values[count++] = value;
    }
    for (int kind = TENON_VALUE_STRING; kind <= TENON_VALUE_BYTES; kind++) {
      if (number <= TENON_VALUE_INLINE_SIZE_MAX) /* more than fits */
        continue;
      value = counted_value(drops);
      value.kind = (uint8_t)kind;
      value.flags = TENON_VALUE_FLAG_INLINE;
      value.inline_size = (uint8_t)number;
      values[count++] = value;
    }
  }
  for (int kind = TENON_VALUE_NONE; kind <= TENON_VALUE_END; kind++) {
    tenon_value_t value = counted_value(drops);
    value.kind = (uint8_t)kind;
    if (kind != TENON_VALUE_STRING && kind != TENON_VALUE_BYTES) { /* numbers are not data */
      value.flags = TENON_VALUE_FLAG_INLINE;
      values[count++] = value;
      continue;
    }
    value.as.data.pointer = NULL; /* data that is nowhere */
    value.as.data.size = 1;
    values[count++] = value;
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) { /* or without an end */
      value.as.data.pointer = drops;
      value.as.data.size = sizes[index];
      values[count++] = value;
    }
  }
  CHECK(count <= NO_VALUES_MAX);
  return count;
}

CASE(every_function_refuses_what_is_no_value) {
  static tenon_value_t values[NO_VALUES_MAX];
  misuse_t misuse;
  misuse_begin(&misuse);
  size_t count = make_no_values(values, &misuse.drops);
  for (const function_t *function = conformance_functions; function->name; function++) {
    if (!function->value)
      continue;
    arguments_t *arguments = misuse_right(&misuse, function);
    arguments->wrong = WRONG_VALUE;
    for (size_t index = 0; index < count; index++) {
      arguments->value = &values[index];
      arguments->size = index; /* for who reads the failure */
      misuse_argument(function, arguments, "value");
    }
  }
  CHECK_COUNT(0, atomic_load(&misuse.drops));
  fixture_end(&misuse.fixture);
}

/* MARK: Times */

CASE(no_time_is_too_long_or_too_short) {
  static const uint64_t times[] = {0,         1,          UINT32_MAX,         INT64_MAX - 1,
                                   INT64_MAX, 1ull << 63, UINT64_MAX - 65536, UINT64_MAX - 1,
                                   UINT64_MAX};
  pair_t settled = pair_create_settled(TENON_STATUS_OK);
  for (size_t index = 0; index < sizeof times / sizeof *times; index++) {
    uint64_t time_ns = times[index];
    told_t told = TOLD_INIT;
    told_t job = TOLD_INIT;
    tenon_timer_t *timer = NULL;
    tenon_executor_t *executor = executor_create();
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    bool is_far = time_ns >= INT64_MAX - 1; /* this clock never gets there */
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(settled.future, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, settled.future, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, time_ns, tell, &told, &timer));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &job));
    budget.time_ns_max = time_ns;
    budget.jobs_max = time_ns;
    do
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    while (result.more);
    CHECK_TOLD(TENON_STATUS_OK, &job);
    CHECK_COUNT(is_far ? 0 : 1, atomic_load(&told.count));
    if (is_far && index % 2 == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, time_ns));
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, time_ns));
    do
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    while (!result.closed);
    CHECK_COUNT(1, atomic_load(&told.count));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    executor = executor_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settled.future));
}
