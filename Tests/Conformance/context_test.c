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

static void outer(void *argument) {
  CHECK(context_has("outer", "a") && context_has("inner", NULL));
  CHECK_STATUS(TENON_STATUS_OK, run_with("inner", "b", inner, argument));
  CHECK(context_has("inner", NULL));
}

CASE(a_context_is_there_inside_and_adds_to_the_one_outside) {
  int calls = 0;
  CHECK(context_has("outer", NULL));
  CHECK_STATUS(TENON_STATUS_OK, run_with("outer", "a", outer, &calls));
  CHECK(context_has("outer", NULL));
  CHECK_COUNT(1, calls);
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
