/* What calls carry. */
#include "exhaust.h"

static const char text[] = "more than is kept inside of a value";

static void show(void *argument, const tenon_context_t *context) {
  (void)argument;
  CHECK(context->value_count == 1);
}

static void get(void *argument) {
  tenon_value_t value = tenon_value_none();
  (void)argument;
  MUST(TENON_STATUS_OK, tenon_context_read(show, NULL));
  if (MAY(TENON_STATUS_OK, tenon_context_get_value("name", &value)))
    drop(&value);
}

static void run(void) {
  const tenon_context_value_t values[] = {{"name", text}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  context.values = values;
  context.value_count = 1;
  begin();
  MAY(TENON_STATUS_OK, tenon_context_run(&context, get, NULL));
}

CASE(context_run) { run(); }
CASE(context_get_value) { run(); }
CASE(context_read) { run(); }

static void get_trace(void *argument) {
  tenon_trace_context_t trace;
  (void)argument;
  MUST(TENON_STATUS_OK, tenon_trace_context_get_current(&trace));
  CHECK(trace.span_id[0] != 0);
}

static void trace(void) {
  tenon_trace_context_t trace;
  tenon_context_t context = TENON_CONTEXT_INIT;
  char traceparent[TENON_TRACEPARENT_SIZE];
  begin();
  MUST(TENON_STATUS_OK,
       tenon_trace_context_parse("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
                                 "vendor=more than is kept inside of a value", &trace));
  MUST(TENON_STATUS_OK, tenon_trace_context_format(&trace, traceparent));
  MUST(TENON_STATUS_OK, tenon_trace_context_start(&trace, &trace));
  trace.span_id[0] |= 1;
  context.trace = &trace;
  MAY(TENON_STATUS_OK, tenon_context_run(&context, get_trace, NULL));
}

CASE(trace_context_parse) { trace(); }
CASE(trace_context_format) { trace(); }
CASE(trace_context_start) { trace(); }
CASE(trace_context_get_current) { trace(); }
