/*
 * What the headers promise of calls that are wrong: they fail, write nothing and take nothing.
 *
 * The table lists every exported function. A script may compare its names with the headers: a
 * function that it does not know is a function that nobody misused yet.
 */
#include "check.h"

#include <stdio.h>

/* MARK: How each function is called */

#define HANDLE(type, index) ((tenon_##type##_t *)arguments->handles[index])
#define REQUIRED(index, pointer) (arguments->null[index] ? NULL : (pointer))
#define OUT(type, index) ((type *)(void *)&arguments->out[index])

static tenon_status_t call_value_copy_string(arguments_t *arguments) {
  return tenon_value_copy_string(REQUIRED(0, "text"), 4, REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_copy_bytes(arguments_t *arguments) {
  return tenon_value_copy_bytes(REQUIRED(0, "text"), 4, REQUIRED(1, OUT(tenon_value_t, 0)));
}

static char adopted[] = "text";

static tenon_status_t call_value_adopt_string(arguments_t *arguments) {
  return tenon_value_adopt_string(REQUIRED(0, adopted), 4, count_drop,
                                  REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_adopt_bytes(arguments_t *arguments) {
  return tenon_value_adopt_bytes(REQUIRED(0, adopted), 4, count_drop,
                                 REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_get_data(arguments_t *arguments) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_BYTES;
  value.flags = TENON_VALUE_FLAG_INLINE;
  tenon_status_t status =
      tenon_value_get_data(REQUIRED(0, &value), REQUIRED(1, OUT(const void *, 0)), OUT(size_t, 1));
  if (status == TENON_STATUS_OK || arguments->null[0] || arguments->null[1])
    return status;
  return TENON_STATUS_UNSUPPORTED;
}

static tenon_status_t call_value_set_drop_executor(arguments_t *arguments) {
  tenon_value_t value = counted_value(arguments->drops);
  tenon_value_t before = value;
  tenon_status_t status = tenon_value_set_drop_executor(REQUIRED(0, &value), HANDLE(executor, 0));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_value_drop(arguments_t *arguments) {
  tenon_value_t value = tenon_value_none();
  return tenon_value_drop(REQUIRED(0, &value));
}

static tenon_status_t call_error_create(arguments_t *arguments) {
  return tenon_error_create(REQUIRED(0, "test"), 1, "text", HANDLE(error, 0),
                            REQUIRED(1, OUT(tenon_error_t *, 0)));
}

static const int payload_type;

static void drop_payload(void *pointer) { atomic_fetch_add((atomic_int *)pointer, 1); }

static tenon_status_t call_error_create_with_payload(arguments_t *arguments) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &payload_type;
  payload.pointer = arguments->drops;
  payload.drop = drop_payload;
  return tenon_error_create_with_payload("test", 1, "text", HANDLE(error, 0), REQUIRED(0, &payload),
                                         REQUIRED(1, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_error_retain(arguments_t *arguments) {
  return tenon_error_retain(HANDLE(error, 0));
}

static tenon_status_t call_error_release(arguments_t *arguments) {
  return tenon_error_release(HANDLE(error, 0));
}

static tenon_status_t call_error_get_domain(arguments_t *arguments) {
  return tenon_error_get_domain(HANDLE(error, 0), REQUIRED(0, OUT(const char *, 0)));
}

static tenon_status_t call_error_get_code(arguments_t *arguments) {
  return tenon_error_get_code(HANDLE(error, 0), REQUIRED(0, OUT(int64_t, 0)));
}

static tenon_status_t call_error_get_message(arguments_t *arguments) {
  return tenon_error_get_message(HANDLE(error, 0), REQUIRED(0, OUT(const char *, 0)));
}

static tenon_status_t call_error_copy_cause(arguments_t *arguments) {
  return tenon_error_copy_cause(HANDLE(error, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_error_get_payload(arguments_t *arguments) {
  return tenon_error_get_payload(HANDLE(error, 0), REQUIRED(0, &payload_type),
                                 REQUIRED(1, OUT(void *, 0)));
}

static tenon_status_t call_future_retain(arguments_t *arguments) {
  return tenon_future_retain(HANDLE(future, 0));
}

static tenon_status_t call_future_release(arguments_t *arguments) {
  return tenon_future_release(HANDLE(future, 0));
}

static tenon_status_t call_future_poll(arguments_t *arguments) {
  return tenon_future_poll(HANDLE(future, 0));
}

static tenon_status_t call_future_peek(arguments_t *arguments) {
  return tenon_future_peek(HANDLE(future, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_future_take(arguments_t *arguments) {
  return tenon_future_take(HANDLE(future, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_future_copy_error(arguments_t *arguments) {
  return tenon_future_copy_error(HANDLE(future, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_future_cancel(arguments_t *arguments) {
  return tenon_future_cancel(HANDLE(future, 0));
}

static tenon_status_t call_future_detach(arguments_t *arguments) {
  return tenon_future_detach(HANDLE(future, 0));
}

static tenon_status_t call_future_on_complete(arguments_t *arguments) {
  return tenon_future_on_complete(HANDLE(future, 0), HANDLE(executor, 1),
                                  REQUIRED(0, tell_completion), arguments->told,
                                  OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_future_on_complete_if_pending(arguments_t *arguments) {
  return tenon_future_on_complete_if_pending(HANDLE(future, 0), HANDLE(executor, 1),
                                             REQUIRED(0, tell_completion), arguments->told,
                                             OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_future_wait(arguments_t *arguments) {
  return tenon_future_wait(HANDLE(future, 0), 0);
}

static tenon_status_t call_promise_create(arguments_t *arguments) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = HANDLE(executor, 0);
  return tenon_promise_create(&config, REQUIRED(0, OUT(tenon_promise_t *, 0)),
                              REQUIRED(1, OUT(tenon_future_t *, 1)));
}

static tenon_status_t call_promise_resolve(arguments_t *arguments) {
  tenon_value_t value = counted_value(arguments->drops);
  tenon_value_t before = value;
  tenon_status_t status = tenon_promise_resolve(HANDLE(promise, 0), &value);
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_promise_reject(arguments_t *arguments) {
  return tenon_promise_reject(HANDLE(promise, 0), HANDLE(error, 1));
}

static tenon_status_t call_promise_cancel(arguments_t *arguments) {
  return tenon_promise_cancel(HANDLE(promise, 0));
}

static tenon_status_t call_promise_release(arguments_t *arguments) {
  return tenon_promise_release(HANDLE(promise, 0));
}

static tenon_status_t call_promise_is_cancelled(arguments_t *arguments) {
  return tenon_promise_is_cancelled(HANDLE(promise, 0)) ? TENON_STATUS_OK : TENON_STATUS_INVALID;
}

static tenon_status_t call_promise_on_cancel(arguments_t *arguments) {
  return tenon_promise_on_cancel(HANDLE(promise, 0), HANDLE(executor, 1), REQUIRED(0, tell),
                                 arguments->told, OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_registration_forget(arguments_t *arguments) {
  return tenon_registration_forget(HANDLE(registration, 0));
}

static tenon_status_t call_executor_create(arguments_t *arguments) {
  return tenon_executor_create(NULL, REQUIRED(0, OUT(tenon_executor_t *, 0)));
}

static tenon_status_t call_executor_retain(arguments_t *arguments) {
  return tenon_executor_retain(HANDLE(executor, 0));
}

static tenon_status_t call_executor_release(arguments_t *arguments) {
  return tenon_executor_release(HANDLE(executor, 0));
}

static tenon_status_t call_executor_fd(arguments_t *arguments) {
  return tenon_executor_fd(HANDLE(executor, 0), REQUIRED(0, OUT(int, 0)));
}

static tenon_status_t call_executor_poll(arguments_t *arguments) {
  tenon_poll_result_t result;
  pattern_fill(&result, sizeof result);
  result.struct_size = sizeof result;
  tenon_status_t status = tenon_executor_poll(HANDLE(executor, 0), NULL, &result);
  arguments->took = result.struct_size != sizeof result;
  pattern_fill(&result.struct_size, sizeof result.struct_size);
  arguments->took |= !pattern_holds(&result, sizeof result);
  return status;
}

static tenon_status_t call_executor_run_until(arguments_t *arguments) {
  return tenon_executor_run_until(HANDLE(executor, 0), HANDLE(future, 1), 0);
}

static tenon_status_t call_executor_post(arguments_t *arguments) {
  return tenon_executor_post(HANDLE(executor, 0), REQUIRED(0, tell), arguments->told);
}

static tenon_status_t call_executor_close(arguments_t *arguments) {
  return tenon_executor_close(HANDLE(executor, 0), 0);
}

static tenon_status_t call_executor_begin_close(arguments_t *arguments) {
  return tenon_executor_begin_close(HANDLE(executor, 0), 0);
}

static void wake(void *context) { (void)context; }

static tenon_status_t call_executor_get_host_context(arguments_t *arguments) {
  return tenon_executor_get_host_context(HANDLE(executor, 0), REQUIRED(0, wake),
                                         REQUIRED(1, OUT(void *, 0)));
}

static tenon_status_t call_executor_get_statistics(arguments_t *arguments) {
  tenon_executor_statistics_t statistics;
  pattern_fill(&statistics, sizeof statistics);
  statistics.struct_size = sizeof statistics;
  tenon_status_t status =
      tenon_executor_get_statistics(HANDLE(executor, 0), REQUIRED(0, &statistics));
  arguments->took = statistics.struct_size != sizeof statistics;
  pattern_fill(&statistics.struct_size, sizeof statistics.struct_size);
  arguments->took |= !pattern_holds(&statistics, sizeof statistics);
  return status;
}

static tenon_status_t call_timer_start(arguments_t *arguments) {
  return tenon_timer_start(HANDLE(executor, 0), TENON_FOREVER, REQUIRED(0, tell), arguments->told,
                           OUT(tenon_timer_t *, 0));
}

static tenon_status_t call_timer_cancel(arguments_t *arguments) {
  return tenon_timer_cancel(HANDLE(timer, 0));
}

static tenon_status_t call_process_own(arguments_t *arguments) {
  return tenon_process_own(HANDLE(executor, 0));
}

static tenon_status_t call_process_main_queue_fd(arguments_t *arguments) {
  return tenon_process_main_queue_fd(REQUIRED(0, OUT(int, 0)));
}

static tenon_status_t call_process_get_statistics(arguments_t *arguments) {
  tenon_process_statistics_t statistics = TENON_PROCESS_STATISTICS_INIT;
  return tenon_process_get_statistics(REQUIRED(0, &statistics));
}

/* MARK: The table */

#define E HANDLE_ERROR
#define F HANDLE_FUTURE
#define P HANDLE_PROMISE
#define R HANDLE_REGISTRATION
#define X HANDLE_EXECUTOR
#define T HANDLE_TIMER
#define NO_HANDLE                                                                                  \
  { HANDLE_NONE, HANDLE_NONE }
#define ALL_REQUIRED                                                                               \
  { false, false }

// clang-format off
const function_t conformance_functions[] = {
    {"tenon_abi_version", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_version_string", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_status_name", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_status_string", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},

    {"tenon_value_copy_string", call_value_copy_string, NO_HANDLE, ALL_REQUIRED, 2, false},
    {"tenon_value_copy_bytes", call_value_copy_bytes, NO_HANDLE, ALL_REQUIRED, 2, false},
    {"tenon_value_adopt_string", call_value_adopt_string, NO_HANDLE, ALL_REQUIRED, 2, false},
    {"tenon_value_adopt_bytes", call_value_adopt_bytes, NO_HANDLE, ALL_REQUIRED, 2, false},
    {"tenon_value_get_data", call_value_get_data, NO_HANDLE, ALL_REQUIRED, 2, false},
    {"tenon_value_set_drop_executor", call_value_set_drop_executor, {X}, ALL_REQUIRED, 1, false},
    {"tenon_value_drop", call_value_drop, NO_HANDLE, ALL_REQUIRED, 1, false},

    {"tenon_error_create", call_error_create, {E}, {true}, 2, false},
    {"tenon_error_create_with_payload", call_error_create_with_payload, {E}, {true}, 2, false},
    {"tenon_error_retain", call_error_retain, {E}, ALL_REQUIRED, 0, false},
    {"tenon_error_release", call_error_release, {E}, ALL_REQUIRED, 0, false},
    {"tenon_error_get_domain", call_error_get_domain, {E}, ALL_REQUIRED, 1, false},
    {"tenon_error_get_code", call_error_get_code, {E}, ALL_REQUIRED, 1, false},
    {"tenon_error_get_message", call_error_get_message, {E}, ALL_REQUIRED, 1, false},
    {"tenon_error_copy_cause", call_error_copy_cause, {E}, ALL_REQUIRED, 1, false},
    {"tenon_error_get_payload", call_error_get_payload, {E}, ALL_REQUIRED, 2, false},

    {"tenon_future_retain", call_future_retain, {F}, ALL_REQUIRED, 0, false},
    {"tenon_future_release", call_future_release, {F}, ALL_REQUIRED, 0, false},
    {"tenon_future_poll", call_future_poll, {F}, ALL_REQUIRED, 0, false},
    {"tenon_future_peek", call_future_peek, {F}, ALL_REQUIRED, 1, false},
    {"tenon_future_take", call_future_take, {F}, ALL_REQUIRED, 1, false},
    {"tenon_future_copy_error", call_future_copy_error, {F}, ALL_REQUIRED, 1, false},
    {"tenon_future_cancel", call_future_cancel, {F}, ALL_REQUIRED, 0, false},
    {"tenon_future_detach", call_future_detach, {F}, ALL_REQUIRED, 0, false},
    {"tenon_future_on_complete", call_future_on_complete, {F, X}, {false, true}, 1, false},
    {"tenon_future_on_complete_if_pending", call_future_on_complete_if_pending, {F, X},
     {false, true}, 1, false},
    {"tenon_future_wait", call_future_wait, {F}, ALL_REQUIRED, 0, false},

    {"tenon_promise_create", call_promise_create, {X}, {true}, 2, false},
    {"tenon_promise_resolve", call_promise_resolve, {P}, ALL_REQUIRED, 0, false},
    {"tenon_promise_reject", call_promise_reject, {P, E}, ALL_REQUIRED, 0, false},
    {"tenon_promise_cancel", call_promise_cancel, {P}, ALL_REQUIRED, 0, false},
    {"tenon_promise_release", call_promise_release, {P}, ALL_REQUIRED, 0, false},
    {"tenon_promise_is_cancelled", call_promise_is_cancelled, {P}, ALL_REQUIRED, 0, true},
    {"tenon_promise_on_cancel", call_promise_on_cancel, {P, X}, {false, true}, 1, false},

    {"tenon_registration_forget", call_registration_forget, {R}, ALL_REQUIRED, 0, false},

    {"tenon_executor_create", call_executor_create, NO_HANDLE, ALL_REQUIRED, 1, false},
    {"tenon_executor_retain", call_executor_retain, {X}, ALL_REQUIRED, 0, false},
    {"tenon_executor_release", call_executor_release, {X}, ALL_REQUIRED, 0, false},
    {"tenon_executor_fd", call_executor_fd, {X}, ALL_REQUIRED, 1, false},
    {"tenon_executor_poll", call_executor_poll, {X}, ALL_REQUIRED, 0, false},
    {"tenon_executor_run_until", call_executor_run_until, {X, F}, {false, true}, 0, false},
    {"tenon_executor_post", call_executor_post, {X}, ALL_REQUIRED, 1, false},
    {"tenon_executor_close", call_executor_close, {X}, ALL_REQUIRED, 0, false},
    {"tenon_executor_begin_close", call_executor_begin_close, {X}, ALL_REQUIRED, 0, false},
    {"tenon_executor_get_host_context", call_executor_get_host_context, {X}, ALL_REQUIRED, 2,
     false},
    {"tenon_executor_get_statistics", call_executor_get_statistics, {X}, ALL_REQUIRED, 1, false},

    {"tenon_timer_now_ns", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_timer_start", call_timer_start, {X}, ALL_REQUIRED, 1, false},
    {"tenon_timer_cancel", call_timer_cancel, {T}, ALL_REQUIRED, 0, false},

    {"tenon_process_own", call_process_own, {X}, ALL_REQUIRED, 0, true},
    {"tenon_process_get_mode", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_process_main_queue_fd", call_process_main_queue_fd, NO_HANDLE, ALL_REQUIRED, 1, true},
    {"tenon_process_drain_main_queue", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_process_count_escapes", NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
    {"tenon_process_get_statistics", call_process_get_statistics, NO_HANDLE, ALL_REQUIRED, 1,
     false},

    {NULL, NULL, NO_HANDLE, ALL_REQUIRED, 0, false},
};
// clang-format on

#undef E
#undef F
#undef P
#undef R
#undef X
#undef T

tenon_status_t function_call(const function_t *function, arguments_t *arguments) {
  pattern_fill(arguments->out, sizeof arguments->out);
  arguments->took = false;
  return function->call(arguments);
}

bool function_left_all(const arguments_t *arguments) {
  return pattern_holds(arguments->out, sizeof arguments->out) && !arguments->took &&
         (!arguments->told || atomic_load(&arguments->told->count) == 0) &&
         (!arguments->drops || atomic_load(arguments->drops) == 0);
}

/* MARK: Handles to be wrong with */

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
  executor_end(fixture->live[HANDLE_EXECUTOR]);
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
    "nothing", "an error", "a future", "a promise", "a registration", "an executor", "a timer"};

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
  size_t count = 0;
  for (const function_t *function = conformance_functions; function->name; function++, count++) {
    CHECK(strncmp(function->name, "tenon_", 6) == 0);
    for (const function_t *other = conformance_functions; other != function; other++)
      CHECK(strcmp(function->name, other->name) != 0);
  }
  CHECK_COUNT(59, count);
}

/* MARK: Values that are none */

CASE(a_value_of_unknown_kind_or_flags_is_refused) {
  misuse_t misuse;
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  misuse_begin(&misuse);
  executor = misuse.fixture.live[HANDLE_EXECUTOR];
  promise = misuse.fixture.live[HANDLE_PROMISE];
  for (int which = 0; which < 512; which++) {
    tenon_value_t value = counted_value(&misuse.drops);
    tenon_value_t before;
    const void *data;
    size_t size;
    if (which < 256)
      value.kind = (uint8_t)which;
    else
      value.flags = (uint8_t)which;
    if (which < 256 ? which <= TENON_VALUE_POINTER
                    : ((which - 256) & ~(TENON_VALUE_FLAG_INLINE | TENON_VALUE_FLAG_BORROWED)) == 0)
      continue;
    before = value;
    pattern_fill(&data, sizeof data);
    pattern_fill(&size, sizeof size);
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_resolve(promise, &value));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_drop(&value));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_data(&value, &data, &size));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_set_drop_executor(&value, executor));
    CHECK(memcmp(&before, &value, sizeof value) == 0);
    CHECK_UNTOUCHED(data);
    CHECK_UNTOUCHED(size);
  }
  CHECK_COUNT(0, atomic_load(&misuse.drops));
  fixture_end(&misuse.fixture);
}

CASE(inline_data_that_is_too_long_is_refused) {
  pair_t pair = pair_create();
  for (int is_text = 0; is_text < 2; is_text++) {
    for (int size = TENON_VALUE_INLINE_SIZE_MAX + 1; size < 256; size++) {
      tenon_value_t value = tenon_value_none();
      const void *data;
      size_t data_size;
      value.kind = is_text ? TENON_VALUE_STRING : TENON_VALUE_BYTES;
      value.flags = TENON_VALUE_FLAG_INLINE;
      value.inline_size = (uint8_t)size;
      tenon_value_t before = value;
      pattern_fill(&data, sizeof data);
      pattern_fill(&data_size, sizeof data_size);
      CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_data(&value, &data, &data_size));
      CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_resolve(pair.promise, &value));
      CHECK_UNTOUCHED(data);
      CHECK_UNTOUCHED(data_size);
      CHECK(memcmp(&before, &value, sizeof value) == 0);
    }
  }
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(reserved_fields_must_be_zero) {
  tenon_promise_config_t promise_config = TENON_PROMISE_CONFIG_INIT;
  tenon_executor_config_t executor_config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_value_t value = tenon_value_i64(1);
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  tenon_future_t *future;
  pair_t pair = pair_create();
  pattern_fill(&executor, sizeof executor);
  pattern_fill(&promise, sizeof promise);
  pattern_fill(&future, sizeof future);
  promise_config.reserved = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&promise_config, &promise, &future));
  executor_config.reserved = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&executor_config, &executor));
  value.reserved = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_resolve(pair.promise, &value));
  CHECK_UNTOUCHED(executor);
  CHECK_UNTOUCHED(promise);
  CHECK_UNTOUCHED(future);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

/* MARK: Sizes and texts */

CASE(sizes_beyond_any_object_are_refused) {
  static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2, SIZE_MAX - 1,
                                 SIZE_MAX};
  static char data[] = "data";
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    tenon_value_t value;
    pattern_fill(&value, sizeof value);
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_copy_string(data, sizes[index], &value));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_copy_bytes(data, sizes[index], &value));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_value_adopt_string(data, sizes[index], count_drop, &value));
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_value_adopt_bytes(data, sizes[index], count_drop, &value));
    CHECK_UNTOUCHED(value);
  }
}

CASE(every_struct_size_is_checked) {
  static const size_t sizes[] = {0, 1, 7, SIZE_MAX / 2, SIZE_MAX};
  misuse_t misuse;
  misuse_begin(&misuse);
  tenon_executor_t *live = misuse.fixture.live[HANDLE_EXECUTOR];
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    size_t size = sizes[index];
    tenon_error_payload_t payload = {size, &payload_type, &misuse.drops, drop_payload};
    tenon_promise_config_t promise_config = TENON_PROMISE_CONFIG_INIT;
    tenon_executor_config_t executor_config = TENON_EXECUTOR_CONFIG_INIT;
    tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    tenon_error_t *error;
    tenon_promise_t *promise;
    tenon_future_t *future;
    tenon_executor_t *executor;
    pattern_fill(&error, sizeof error);
    pattern_fill(&promise, sizeof promise);
    pattern_fill(&future, sizeof future);
    pattern_fill(&executor, sizeof executor);
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
    promise_config.struct_size = size;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&promise_config, &promise, &future));
    host.wake = wake;
    host.struct_size = size;
    executor_config.host = &host;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&executor_config, &executor));
    executor_config.host = NULL;
    executor_config.struct_size = size;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&executor_config, &executor));
    budget.struct_size = size;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_poll(live, &budget, NULL));
    CHECK_UNTOUCHED(error);
    CHECK_UNTOUCHED(promise);
    CHECK_UNTOUCHED(future);
    CHECK_UNTOUCHED(executor);
    if (size > sizeof(tenon_process_statistics_t))
      continue; /* of these, a larger one may only be that of a newer header */
    tenon_poll_result_t result;
    tenon_executor_statistics_t executor_counters;
    tenon_process_statistics_t process_counters;
    pattern_fill(&result, sizeof result);
    pattern_fill(&executor_counters, sizeof executor_counters);
    pattern_fill(&process_counters, sizeof process_counters);
    result.struct_size = size;
    executor_counters.struct_size = size;
    process_counters.struct_size = size;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_poll(live, NULL, &result));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_get_statistics(live, &executor_counters));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_process_get_statistics(&process_counters));
    CHECK(pattern_holds(&result.jobs, sizeof result - sizeof result.struct_size));
    CHECK(pattern_holds(&executor_counters.polls,
                        sizeof executor_counters - sizeof executor_counters.struct_size));
    CHECK(pattern_holds(&process_counters.futures_created,
                        sizeof process_counters - sizeof process_counters.struct_size));
    CHECK(result.struct_size == size && executor_counters.struct_size == size &&
          process_counters.struct_size == size);
  }
  CHECK_COUNT(0, atomic_load(&misuse.drops));
  fixture_end(&misuse.fixture);
}

CASE(unknown_flags_are_refused) {
  for (uint32_t flag = 1; flag != 0; flag <<= 1) {
    tenon_promise_config_t promise_config = TENON_PROMISE_CONFIG_INIT;
    tenon_executor_config_t executor_config = TENON_EXECUTOR_CONFIG_INIT;
    tenon_promise_t *promise;
    tenon_future_t *future;
    tenon_executor_t *executor;
    pattern_fill(&promise, sizeof promise);
    pattern_fill(&future, sizeof future);
    pattern_fill(&executor, sizeof executor);
    executor_config.flags = flag;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&executor_config, &executor));
    if (flag == TENON_PROMISE_FLAG_DETACHED)
      continue;
    promise_config.flags = flag | TENON_PROMISE_FLAG_DETACHED;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_promise_create(&promise_config, &promise, &future));
    CHECK_UNTOUCHED(promise);
    CHECK_UNTOUCHED(future);
    CHECK_UNTOUCHED(executor);
  }
}

CASE(text_that_is_not_utf8_is_refused) {
  static const char bad[] = "\xf0\x28\x8c\x28";
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_t *executor;
  tenon_error_t *error;
  tenon_value_t value;
  pattern_fill(&executor, sizeof executor);
  pattern_fill(&error, sizeof error);
  pattern_fill(&value, sizeof value);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_copy_string(bad, sizeof bad - 1, &value));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create(bad, 1, NULL, NULL, &error));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create("test", 1, bad, NULL, &error));
  config.name = bad;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_executor_create(&config, &executor));
  CHECK_UNTOUCHED(executor);
  CHECK_UNTOUCHED(error);
  CHECK_UNTOUCHED(value);
}
