/*
 * What <tenon/context.h> promises. That Swift sees it is tested where there is Swift: Tests/Bindgen/callbacks.
 */
#include "check.h"

#include <string.h>

static bool context_has(const char *name, const char *text) {
  tenon_value_t value;
  const void *data = NULL;
  size_t size = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_get_value(name, &value));
  if (!text || value.kind == TENON_VALUE_NONE)
    return !text && value.kind == TENON_VALUE_NONE;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
  bool is = size == strlen(text) && memcmp(data, text, size) == 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  return is;
}

static tenon_status_t run_with(const char *name, const char *text, void (*fn)(void *),
                               void *argument) {
  const tenon_context_value_t values[] = {{name, text}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  context.values = values;
  context.value_count = 1;
  return tenon_context_run(&context, fn, argument);
}

static void innermost(void *argument) {
  CHECK(context_has("outer", NULL) && context_has("inner", "b"));
  ++*(int *)argument;
}

static void inner(void *argument) {
  CHECK(context_has("outer", "a") && context_has("inner", "b"));
  CHECK_STATUS(TENON_STATUS_OK, run_with("outer", NULL, innermost, argument));
  CHECK(context_has("outer", "a"));
}

static void alone(void *argument) {
  CHECK(context_has("outer", NULL));
  ++*(int *)argument;
}

static void alone_with_other(void *argument) {
  CHECK(context_has("outer", NULL) && context_has("other", "c"));
  ++*(int *)argument;
}

static void outer(void *argument) {
  const tenon_context_value_t values[] = {{"other", "c"}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  CHECK(context_has("outer", "a") && context_has("inner", NULL));
  CHECK_STATUS(TENON_STATUS_OK, run_with("inner", "b", inner, argument));
  CHECK(context_has("inner", NULL));
  context.flags = TENON_CONTEXT_FLAG_ALONE;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, alone, argument));
  context.values = values;
  context.value_count = 1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, alone_with_other, argument));
  CHECK(context_has("outer", "a"));
}

CASE(a_context_is_there_inside_and_adds_to_the_one_outside) {
  int calls = 0;
  CHECK(context_has("outer", NULL));
  CHECK_STATUS(TENON_STATUS_OK, run_with("outer", "a", outer, &calls));
  CHECK(context_has("outer", NULL));
  CHECK_COUNT(3, calls);
}

static void count_call(void *argument) { ++*(int *)argument; }

CASE(a_context_that_is_wrong_calls_nothing) {
  int calls = 0;
  tenon_context_t context = TENON_CONTEXT_INIT;
  CHECK_STATUS(TENON_STATUS_INVALID, run_with(NULL, "a", count_call, &calls));
  CHECK_STATUS(TENON_STATUS_INVALID, run_with("a", "\xff", count_call, &calls));
  context.value_count = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_context_run(&context, count_call, &calls));
  context.value_count = 0;
  context.priority = (tenon_priority_t)1;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_context_run(&context, count_call, &calls));
  CHECK_COUNT(0, calls);
  context.priority = TENON_PRIORITY_HIGH;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, count_call, &calls));
  CHECK_COUNT(1, calls);
}

static void look(void *argument, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_OK, status);
  *(bool *)argument = context_has("name", NULL);
}

typedef struct waits {
  tenon_executor_t *executor;
  tenon_promise_t *promise;
  tenon_future_t *future;
  bool is_outside[2];
} waits_t;

static void settle_inside(void *argument, tenon_status_t status) {
  waits_t *waits = argument;
  look(&waits->is_outside[1], status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(waits->promise, NULL));
}

static void wait_inside(void *argument) {
  waits_t *waits = argument;
  CHECK(context_has("name", "text"));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(waits->executor, look, &waits->is_outside[0]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(waits->executor, NULL, NULL));
  CHECK(context_has("name", "text"));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(waits->executor, settle_inside, waits));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(waits->future, TENON_FOREVER));
  CHECK(context_has("name", "text"));
}

CASE(what_runs_in_a_wait_is_outside_of_the_context_of_who_waits) {
  waits_t waits = {0};
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(NULL, &waits.executor));
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = waits.executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_create(&config, &waits.promise, &waits.future));
  CHECK_STATUS(TENON_STATUS_OK, run_with("name", "text", wait_inside, &waits));
  CHECK(waits.is_outside[0] && waits.is_outside[1]);
  CHECK(context_has("name", NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(waits.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(waits.executor));
}

typedef struct shown {
  int calls;
  tenon_priority_t priority;
  tenon_context_value_t values[4];
  size_t value_count;
  char texts[8][64];
} shown_t;

static void show(void *argument, const tenon_context_t *context) {
  shown_t *shown = argument;
  CHECK_COUNT(sizeof *context, context->struct_size);
  CHECK(context->value_count <= 4 && !context->trace);
  shown->calls++;
  shown->priority = context->priority;
  shown->value_count = context->value_count;
  for (size_t index = 0; index < context->value_count; index++) {
    shown->values[index].name = strcpy(shown->texts[2 * index], context->values[index].name);
    shown->values[index].text = strcpy(shown->texts[2 * index + 1], context->values[index].text);
  }
}

static void show_all(void *argument) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_read(show, argument));
}

static void check_copy(void *argument) {
  CHECK(context_has("one", "1") && context_has("two", ""));
  CHECK(context_has("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
  ++*(int *)argument;
}

CASE(a_context_is_read_as_a_whole_and_runs_elsewhere_as_a_copy) {
  const tenon_context_value_t values[] = {{"one", "1"}, {"two", ""}};
  tenon_trace_context_t trace;
  tenon_context_t context = TENON_CONTEXT_INIT, copy = TENON_CONTEXT_INIT;
  shown_t shown = {0};
  int calls = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_read(show, &shown));
  CHECK_COUNT(0, shown.calls);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_trace_context_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                         NULL, &trace));
  context.values = values;
  context.value_count = 2;
  context.priority = TENON_PRIORITY_HIGH;
  context.trace = &trace;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, show_all, &shown));
  CHECK_COUNT(1, shown.calls);
  CHECK_COUNT(3, shown.value_count);
  CHECK(shown.priority == TENON_PRIORITY_HIGH);
  copy.priority = shown.priority;
  copy.values = shown.values;
  copy.value_count = shown.value_count;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&copy, check_copy, &calls));
  CHECK_COUNT(1, calls);
}
