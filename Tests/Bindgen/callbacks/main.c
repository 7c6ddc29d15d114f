/* Functions that C implements: closures of every kind. */
#include "../support.h"

#include <callbacks.h>
#include <pthread.h>

typedef struct told {
  int calls;
  int done;
  int64_t sum;
  char text[64];
  pthread_t thread;
  tenon_promise_t *promise;
} told_t;

static void done(void *context) {
  told_t *told = context;
  told->done++;
}

static void body(void *context, int64_t index, const callbacks_item_t *item) {
  told_t *told = context;
  char expected[32];
  snprintf(expected, sizeof expected, "item %d", (int)index);
  CHECK(string_is(item->name, expected) && !item->weight.is_some);
  told->calls++;
}

static int64_t twice(void *context, int64_t number) {
  ((told_t *)context)->calls++;
  return number * 2;
}

static tenon_status_t is_long(void *context, const char *name, bool *result_out,
                              tenon_error_t **error_out) {
  ((told_t *)context)->calls++;
  if (*name == 0) {
    callbacks_error_t details = {sizeof details, CALLBACKS_ERROR_BROKEN, {{NULL, 0}}};
    OK(callbacks_error_create(&details, error_out));
    return TENON_STATUS_REJECTED;
  }
  *result_out = strlen(name) > 1;
  return TENON_STATUS_OK;
}

static tenon_status_t name_it(void *context, int64_t number, tenon_value_t *result_out,
                              tenon_error_t **error_out) {
  (void)context;
  (void)error_out;
  if (number == 0)
    return TENON_STATUS_CANCELLED;
  if (number == 1) /* nothing is no string */
    return TENON_STATUS_OK;
  if (number == 2)
    return TENON_STATUS_REJECTED; /* without an error */
  return tenon_value_copy_string("name", 4, result_out);
}

static void synchronous(void) {
  told_t told = {0};
  tenon_error_t *error = NULL;
  tenon_int64_list_t *numbers = NULL;
  tenon_string_list_t *names = NULL;
  tenon_value_t value = tenon_value_none();
  const int64_t some[] = {1, 2, 3};
  callbacks_body_t each = {body, &told, done};
  OK(callbacks_each(4, &each));
  CHECK(told.calls == 4 && told.done == 1);
  each.call = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_each(4, &each));
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_each(4, NULL));
  callbacks_transform_t transform = {twice, &told, NULL};
  OK(callbacks_mapped(some, 3, &transform, &numbers));
  CHECK(numbers->count == 3 && numbers->data[2] == 6);
  callbacks_int64_list_free(numbers);
  callbacks_is_wanted_t is_wanted = {is_long, &told, done};
  tenon_string_t words[] = {{"a", 1}, {"bc", 2}, {"def", 3}};
  OK(callbacks_filtered(words, 3, &is_wanted, &names, &error));
  CHECK(names->count == 2 && string_is(names->data[1], "def") && told.done == 2);
  callbacks_string_list_free(names);
  words[1].size = 0;
  CHECK_STATUS(TENON_STATUS_REJECTED, callbacks_filtered(words, 3, &is_wanted, &names, &error));
  CHECK(told.done == 2); /* the call has failed, and so has taken nothing */
  const callbacks_error_t *details = NULL;
  OK(callbacks_error_get(error, &details));
  CHECK(details->code == CALLBACKS_ERROR_BROKEN);
  OK(tenon_error_release(error));
  callbacks_naming_t naming = {name_it, NULL, NULL};
  CHECK_STATUS(TENON_STATUS_CANCELLED, callbacks_named(0, &naming, &value, &error));
  for (int number = 1; number <= 2; number++) {
    CHECK_STATUS(TENON_STATUS_REJECTED, callbacks_named(number, &naming, &value, &error));
    OK(tenon_error_release(error));
  }
  OK(callbacks_named(3, &naming, &value, &error));
  CHECK(value_is(&value, "NAME"));
  OK(callbacks_maybe(1, NULL));
}

static void visit_now(void *context, const char *name, const int64_t *size,
                      tenon_promise_t *promise) {
  told_t *told = context;
  tenon_value_t value;
  callbacks_item_t item = callbacks_item_init();
  CHECK(size ? *size == (int64_t)strlen(name) : strlen(name) == 1);
  told->calls++;
  if (strcmp(name, "wait") == 0) {
    told->promise = promise;
    return;
  }
  if (strcmp(name, "wrong") == 0) {
    value = tenon_value_i64(4);
  } else {
    item.name = tenon_string(name);
    item.weight.is_some = true;
    item.weight.value = 2.5;
    OK(callbacks_item_make_value(&item, &value));
  }
  OK(tenon_promise_resolve(promise, &value));
}

static tenon_future_t *visit(told_t *told, const char *name) {
  tenon_string_t names[] = {{"a", 1}, tenon_string(name)};
  callbacks_visitor_t visitor = {visit_now, told, done};
  tenon_future_t *future = NULL;
  OK(callbacks_visit(executor, names, 2, &visitor, &future));
  return future;
}

static void run_until_called(told_t *told, int calls) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  while (told->calls < calls)
    OK(tenon_executor_poll(executor, &budget, &result));
}

static void asynchronous(void) {
  told_t told = {0};
  tenon_value_t value;
  tenon_error_t *error = NULL;
  tenon_future_t *future = visit(&told, "bcd");
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value.as.f64 == 5);
  OK(tenon_future_release(future));
  tenon_executor_run_until(executor, NULL, TENON_FOREVER);
  CHECK(told.done == 1);
  error = failure(visit(&told, "wrong"));
  OK(tenon_error_release(error));
  /* A cancel reaches C. */
  told.calls = 0;
  future = visit(&told, "wait");
  run_until_called(&told, 2);
  CHECK(!tenon_promise_is_cancelled(told.promise));
  OK(tenon_future_cancel(future));
  CHECK(tenon_promise_is_cancelled(told.promise));
  OK(tenon_promise_cancel(told.promise));
  CHECK_STATUS(TENON_STATUS_CANCELLED, settled(future));
  OK(tenon_future_release(future));
  /* A promise that C lets go of is an error. */
  told.calls = 0;
  future = visit(&told, "wait");
  run_until_called(&told, 2);
  OK(tenon_promise_release(told.promise));
  OK(tenon_error_release(failure(future)));
  CHECK(told.done == 4);
}

static void handle(void *context, const callbacks_item_t *item, const double *numbers,
                   size_t numbers_count, const void *bytes, size_t bytes_size, bool flag) {
  told_t *told = context;
  CHECK(pthread_equal(pthread_self(), told->thread)); /* in the executor's polls */
  if (told->calls++ == 0)
    CHECK(string_is(item->name, "late") && numbers_count == 2 && numbers[1] == 2 &&
          bytes_size == 1 && *(const char *)bytes == 7 && flag);
  else
    CHECK(!item && numbers_count == 0 && bytes_size == 0 && !flag);
}

static void handlers(void) {
  told_t told = {0};
  tenon_future_t *future = NULL;
  callbacks_handler_t handler = {handle, &told, done};
  told.thread = pthread_self();
  OK(callbacks_notify(executor, &handler, &future));
  nothing(future);
  while (told.done == 0)
    tenon_executor_run_until(executor, NULL, TENON_FOREVER);
  CHECK(told.calls == 2 && told.done == 1);
}

static void listen(void *context, const char *text) {
  told_t *told = context;
  told->calls++;
  snprintf(told->text, sizeof told->text, "%s", text);
}

static void kept(void) {
  told_t told = {0};
  callbacks_keeper_t *keeper = NULL;
  tenon_error_t *error = NULL;
  callbacks_listener_t listener = {listen, &told, done};
  /* An object that fails in its init has taken nothing, whatever its deinit says. */
  CHECK_STATUS(TENON_STATUS_REJECTED, callbacks_keeper_create(&listener, true, &keeper, &error));
  OK(tenon_error_release(error));
  CHECK(told.done == 0);
  told.calls = 0;
  OK(callbacks_keeper_create(&listener, false, &keeper, &error));
  OK(callbacks_keeper_tell(keeper, "hello"));
  CHECK(told.calls == 1 && strcmp(told.text, "hello") == 0 && told.done == 0);
  OK(callbacks_keeper_release(keeper));
  CHECK(told.calls == 2 && strcmp(told.text, "bye") == 0 && told.done == 1);
}

int main(void) {
  begin();
  synchronous();
  asynchronous();
  handlers();
  kept();
  return end();
}
