/* The context of a call goes along, into Swift and into what Swift calls back. */
#include "../support.h"

#include <callbacks.h>

/* What a host says for the calls that it starts meanwhile. */
static tenon_future_t *started[4];
static tenon_stream_t *items;

static void start_calls(void *argument) {
  OK(callbacks_context_value(executor, "traceparent", &started[0]));
  OK(callbacks_context_priority(executor, &started[1]));
  OK(callbacks_context_elsewhere(executor, "traceparent", &started[2]));
  OK(callbacks_context_items(executor, "traceparent", &items));
  ++*(int *)argument;
}

/* Called by Swift with a context of its own, which goes on with what this starts. */
static void inside(void *context, tenon_promise_t *promise) {
  tenon_value_t value;
  OK(tenon_context_get_value("gone", &value));
  CHECK(value.kind == TENON_VALUE_NONE);
  OK(callbacks_context_value(executor, "traceparent", context));
  OK(tenon_context_get_value("traceparent", &value));
  OK(tenon_promise_resolve(promise, &value));
}

static void start_inside(void *argument) {
  callbacks_inner_t body = {inside, &started[3], NULL};
  OK(callbacks_context_inside(executor, &body, argument));
}

static void contexts(void) {
  const tenon_context_value_t values[] = {{"traceparent", "of the host"}, {"gone", "here"}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  tenon_future_t *future = NULL;
  tenon_value_t item;
  int calls = 0;
  context.values = values;
  context.value_count = 2;
  context.priority = TENON_PRIORITY_HIGH;
  OK(tenon_context_run(&context, start_calls, &calls));
  CHECK(calls == 1);
  CHECK(text_is(started[0], "of the host") && number(started[1]) == TENON_PRIORITY_HIGH);
  CHECK(text_is(started[2], "of the host"));
  CHECK(next(items, &item) && value_is(&item, "of the host"));
  OK(tenon_stream_release(items));
  OK(callbacks_context_value(executor, "traceparent", &future));
  CHECK(text_is(future, NULL));
  OK(tenon_context_run(&context, start_inside, &future));
  CHECK(text_is(future, "of swift") && text_is(started[3], "of swift"));
}

int main(void) {
  begin();
  contexts();
  return end();
}
