/* What calls carry. */
#include "exhaust.h"

static const char text[] = "more than is kept inside of a value";

static void get(void *argument) {
  tenon_value_t value = tenon_value_none();
  (void)argument;
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
