/*
 * What <tenon/uv.h> promises of calls that are wrong: they fail, write nothing and take nothing.
 *
 * The table lists every exported function; scripts/test-c.sh compares its names with the header.
 */
#include "check.h"

#include <stdio.h>

/** What is wrong in a call of the table. */
typedef enum wrong {
  WRONG_EXECUTOR,
  WRONG_POINTER, /**< a required pointer is NULL */
  WRONG_STRUCT_SIZE,
  WRONG_FLAGS,
  WRONG_TEXT
} wrong_t;

typedef struct arguments {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  wrong_t wrong;
  size_t at; /**< the so-manieth of its kind */
  size_t size;
  uint32_t flags;
  const char *text;
  void *out; /**< filled before the call */
} arguments_t;

typedef struct function {
  const char *name;
  tenon_status_t (*call)(arguments_t *arguments);
  bool executor;   /**< it takes an executor */
  size_t pointers; /**< how many required pointers */
  size_t structs;  /**< how many structs with a struct_size */
  size_t flags;    /**< how many flags and reserved fields */
  size_t texts;    /**< how many texts */
} function_t;

static bool is_wrong(const arguments_t *arguments, wrong_t wrong, size_t at) {
  return arguments->wrong == wrong && arguments->at == at;
}

static bool is_null(const arguments_t *arguments, size_t at) {
  return is_wrong(arguments, WRONG_POINTER, at);
}

static tenon_status_t call_attach(arguments_t *arguments) {
  tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
  if (is_wrong(arguments, WRONG_STRUCT_SIZE, 0))
    config.struct_size = arguments->size;
  if (is_wrong(arguments, WRONG_FLAGS, 0))
    config.flags = arguments->flags;
  if (is_wrong(arguments, WRONG_FLAGS, 1))
    config.reserved = arguments->flags;
  if (is_wrong(arguments, WRONG_TEXT, 0))
    config.name = arguments->text;
  return tenon_uv_attach(is_null(arguments, 0) ? NULL : arguments->loop, &config,
                         is_null(arguments, 1) ? NULL
                                               : (tenon_executor_t **)(void *)&arguments->out);
}

static tenon_status_t call_detach(arguments_t *arguments) {
  return tenon_uv_detach(arguments->executor, 0, tell_never, NULL);
}

static tenon_status_t call_get_loop(arguments_t *arguments) {
  return tenon_uv_get_loop(arguments->executor,
                           is_null(arguments, 0) ? NULL : (uv_loop_t **)(void *)&arguments->out);
}

static tenon_status_t call_set_referenced(arguments_t *arguments) {
  return tenon_uv_set_referenced(arguments->executor, false);
}

static const function_t functions[] = {
    {"tenon_uv_attach", call_attach, .pointers = 2, .structs = 1, .flags = 2, .texts = 1},
    {"tenon_uv_detach", call_detach, .executor = true},
    {"tenon_uv_get_loop", call_get_loop, .executor = true, .pointers = 1},
    {"tenon_uv_set_referenced", call_set_referenced, .executor = true},
};

enum { FUNCTIONS = sizeof functions / sizeof *functions };

const char *tenon_uv_function(size_t index) {
  return index < FUNCTIONS ? functions[index].name : NULL;
}

/** Calls; the answer is `expected`, or with TENON_STATUS_OK either of those that say no handle. */
static void misuse(const function_t *function, arguments_t *arguments, tenon_status_t expected) {
  char text[160];
  void *const untouched = arguments->loop;
  arguments->out = untouched;
  tenon_status_t status = function->call(arguments);
  bool held = expected == TENON_STATUS_OK
                  ? status == TENON_STATUS_INVALID || status == TENON_STATUS_STALE
                  : status == expected;
  snprintf(text, sizeof text, "%s, wrong %d, number %zu (size %zu, flags %#x): answers %s",
           function->name, (int)arguments->wrong, arguments->at, arguments->size, arguments->flags,
           tenon_status_name(status));
  check_that(held && arguments->out == untouched, __FILE__, __LINE__, text);
}

/** Handles of all types, live and not, and numbers that are none. */
static void misuse_executors(const function_t *function, arguments_t *arguments) {
  tenon_executor_t *executor = attach(arguments->loop);
  told_t told = {0};
  tenon_promise_t *promise;
  tenon_future_t *future;
  tenon_error_t *error;
  tenon_timer_t *timer;
  tenon_registration_t *registration;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(NULL, &promise, &future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 1, NULL, NULL, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, &timer));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(future, executor, tell_completion, &told, &registration));
  void *const no_executors[] = {NULL,  promise,      future, error,
                                timer, registration, &told,  arguments->loop};
  for (size_t index = 0; index < sizeof no_executors / sizeof *no_executors; index++) {
    arguments->executor = no_executors[index];
    misuse(function, arguments, TENON_STATUS_INVALID);
  }
  uint64_t number = 1;
  for (int count = 0; count < 1000; count++) {
    number = number * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    arguments->executor = (tenon_executor_t *)(uintptr_t)number;
    misuse(function, arguments, TENON_STATUS_OK);
    arguments->executor = (tenon_executor_t *)(uintptr_t)count;
    misuse(function, arguments, TENON_STATUS_OK);
  }
  CHECK_NOT_TOLD(&told);
  detach(executor, arguments->loop);
  CHECK_COUNT(2, atomic_load(&told.count));
  arguments->executor = executor;
  misuse(function, arguments, TENON_STATUS_STALE);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

TEST(every_function_refuses_what_is_wrong) {
  static const size_t right = sizeof(tenon_uv_config_t);
  const size_t sizes[] = {0, 1, right - 1, right + 1, right + 8, PTRDIFF_MAX, SIZE_MAX};
  static const char *const texts[] = {"\x80", "text\xff", "\xc3", "\xed\xa0\x80", "\xc0\xaf"};
  uv_loop_t *loop = loop_create();
  tenon_executor_t *executor = attach(loop);
  int handles = loop_handles(loop);
  for (const function_t *function = functions; function < functions + FUNCTIONS; function++) {
    arguments_t arguments = {loop, executor, WRONG_POINTER, 0, 0, 0, NULL, NULL};
    for (arguments.at = 0; arguments.at < function->pointers; arguments.at++)
      misuse(function, &arguments, TENON_STATUS_INVALID);
    arguments.wrong = WRONG_STRUCT_SIZE;
    for (arguments.at = 0; arguments.at < function->structs; arguments.at++) {
      for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        arguments.size = sizes[index];
        misuse(function, &arguments, TENON_STATUS_INVALID);
      }
    }
    arguments.wrong = WRONG_FLAGS;
    for (arguments.at = 0; arguments.at < function->flags; arguments.at++) {
      // The first flag is TENON_UV_FLAG_MAIN_QUEUE.
      for (arguments.flags = arguments.at == 0 ? 2 : 1; arguments.flags != 0; arguments.flags <<= 1)
        misuse(function, &arguments, TENON_STATUS_INVALID);
    }
    arguments.wrong = WRONG_TEXT;
    for (arguments.at = 0; arguments.at < function->texts; arguments.at++) {
      for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        arguments.text = texts[index];
        misuse(function, &arguments, TENON_STATUS_INVALID);
      }
    }
    arguments.wrong = WRONG_EXECUTOR;
    arguments.at = 0;
    if (function->executor)
      misuse_executors(function, &arguments);
  }
  CHECK_COUNT(handles, loop_handles(loop));
  detach_and_end(executor, loop);
}

TEST(no_time_that_a_detach_is_given_is_too_long) {
  static const uint64_t times[] = {0, 1, INT64_MAX, UINT64_MAX - 1, UINT64_MAX};
  for (size_t index = 0; index < sizeof times / sizeof *times; index++) {
    uv_loop_t *loop = loop_create();
    tenon_uv_config_t config = TENON_UV_CONFIG_INIT;
    config.jobs_max = times[index];
    config.time_ns_max = times[index];
    tenon_executor_t *executor = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_attach(loop, &config, &executor));
    told_t job = {0};
    told_t detached = {0};
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &job));
    CHECK_STATUS(TENON_STATUS_OK, tenon_uv_detach(executor, times[index], tell, &detached));
    CHECK_COUNT(0, uv_run(loop, UV_RUN_DEFAULT));
    CHECK_TOLD(TENON_STATUS_OK, &job);
    CHECK_TOLD(TENON_STATUS_OK, &detached);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    loop_end(loop);
  }
}
