/* Functions that C implements: closures of every kind, and protocols. */
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

/* A store of one item. */
typedef struct store {
  char name[32];
  int saved;
  int logged;
  int done;
} store_t;

static void load(void *context, const char *key, tenon_promise_t *promise) {
  store_t *store = context;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error = NULL;
  if (strcmp(key, store->name) == 0) {
    callbacks_item_t item = callbacks_item_init();
    item.name = tenon_string(store->name);
    OK(callbacks_item_make_value(&item, &value));
  }
  if (store->name[0] == 0) {
    callbacks_error_t details = {sizeof details, CALLBACKS_ERROR_MISSING, {TENON_STRING("it")}};
    OK(callbacks_error_create(&details, &error));
    OK(tenon_promise_reject(promise, error));
    OK(tenon_error_release(error));
  } else {
    OK(tenon_promise_resolve(promise, &value));
  }
}

static void save(void *context, const callbacks_item_t *item, const char *key,
                 tenon_promise_t *promise) {
  store_t *store = context;
  tenon_value_t value = tenon_value_none();
  snprintf(store->name, sizeof store->name, "%s", key);
  CHECK(string_is(item->name, key));
  store->saved++;
  OK(tenon_promise_resolve(promise, &value));
}

static tenon_status_t count(void *context, int64_t *result_out, tenon_error_t **error_out) {
  (void)error_out;
  *result_out = ((store_t *)context)->saved + 10;
  return TENON_STATUS_OK;
}

static void write_log(void *context, const char *text, int32_t level) {
  CHECK(strcmp(text, "copying") == 0 && level == 2);
  ((store_t *)context)->logged++;
}

static bool is_open(void *context) {
  (void)context;
  return true;
}

static void store_done(void *context) { ((store_t *)context)->done++; }

static callbacks_store_t make_store(store_t *store) {
  callbacks_store_t table = callbacks_store_init();
  table.context = store;
  table.done = store_done;
  table.load = load;
  table.save = save;
  table.count = count;
  table.log = write_log;
  table.is_open = is_open;
  return table;
}

static void protocols(void) {
  store_t one = {"b", 0, 0, 0};
  store_t two = {"x", 0, 0, 0};
  store_t three = {"", 0, 0, 0};
  const tenon_string_t keys[] = {{"a", 1}, {"b", 1}};
  callbacks_store_t source = make_store(&one);
  callbacks_store_t target = make_store(&two);
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_none();
  int64_t result = 0;
  OK(callbacks_copy(executor, keys, 2, &source, &target, &future));
  CHECK(number(future) == 1);
  CHECK(two.saved == 1 && two.logged == 1 && strcmp(two.name, "b") == 0);
  tenon_executor_run_until(executor, NULL, TENON_FOREVER);
  CHECK(one.done == 1 && two.done == 1);
  OK(callbacks_sizes(&source, &result, NULL));
  CHECK(result == 10 && one.done == 2);
  callbacks_store_t third = make_store(&three);
  OK(callbacks_missing(executor, &third, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value_is(&value, "missing it"));
  OK(tenon_future_release(future));
  /* A table that is not whole, or of no size, is refused. */
  source.count = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_sizes(&source, &result, NULL));
  source = make_store(&one);
  source.struct_size = 8;
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_sizes(&source, &result, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_sizes(NULL, &result, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_copy(NULL, keys, 2, &target, &target, &future));
  CHECK(one.done == 2 && two.done == 1);
}

/* A shelf, whose properties are functions. */
typedef struct shelf {
  int32_t level;
  bool is_open;
  bool is_broken;
  tenon_promise_t *promise;
} shelf_t;

static tenon_status_t get_title(void *context, tenon_value_t *result_out,
                                tenon_error_t **error_out) {
  if (((shelf_t *)context)->is_broken) {
    callbacks_error_t details = {sizeof details, CALLBACKS_ERROR_BROKEN, {{NULL, 0}}};
    OK(callbacks_error_create(&details, error_out));
    return TENON_STATUS_REJECTED;
  }
  return tenon_value_copy_string("books", 5, result_out);
}

static tenon_status_t get_first(void *context, tenon_value_t *result_out,
                                tenon_error_t **error_out) {
  callbacks_item_t item = callbacks_item_init();
  (void)error_out;
  item.name = TENON_STRING("atlas");
  return ((shelf_t *)context)->level > 0 ? callbacks_item_make_value(&item, result_out)
                                         : TENON_STATUS_OK;
}

static int32_t get_level(void *context) { return ((shelf_t *)context)->level; }
static void set_level(void *context, int32_t level) { ((shelf_t *)context)->level = level; }
static bool shelf_is_open(void *context) { return ((shelf_t *)context)->is_open; }

static void get_weight(void *context, tenon_promise_t *promise) {
  shelf_t *shelf = context;
  tenon_value_t weight = tenon_value_f64(shelf->level * 0.5);
  if (shelf->is_broken)
    shelf->promise = promise;
  else
    OK(tenon_promise_resolve(promise, &weight));
}

static tenon_status_t close_shelf(void *context, tenon_error_t **error_out) {
  (void)error_out;
  ((shelf_t *)context)->is_open = false;
  return TENON_STATUS_OK;
}

static callbacks_shelf_t make_shelf(shelf_t *shelf) {
  callbacks_shelf_t table = callbacks_shelf_init();
  table.context = shelf;
  table.get_title = get_title;
  table.get_first = get_first;
  table.get_level = get_level;
  table.set_level = set_level;
  table.is_open = shelf_is_open;
  table.get_weight = get_weight;
  table.close = close_shelf;
  return table;
}

static void properties(void) {
  shelf_t shelf = {0, true, false, NULL};
  callbacks_shelf_t table = make_shelf(&shelf);
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error = NULL;
  OK(callbacks_fill(executor, &table, 40, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value_is(&value, "books, atlas: 0 to 40, 20.0, true") && shelf.level == 40);
  OK(tenon_future_release(future));
  OK(callbacks_fill(executor, &table, 100, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value_is(&value, "books, atlas: 40 to 100, 50.0, false"));
  OK(tenon_future_release(future));
  shelf.is_broken = true;
  CHECK_STATUS(TENON_STATUS_REJECTED, callbacks_title(&table, &value, &error));
  OK(tenon_error_release(error));
  /* What C has not set up is refused. */
  table.set_level = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_fill(executor, &table, 1, &future));
  table.set_level = set_level;
  table.get_level = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, callbacks_title(&table, &value, &error));
}

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

static bool text_is(tenon_future_t *future, const char *text) {
  tenon_value_t value = tenon_value_none();
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  OK(tenon_future_release(future));
  return text ? value_is(&value, text) : value.kind == TENON_VALUE_NONE;
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
  synchronous();
  asynchronous();
  handlers();
  kept();
  protocols();
  properties();
  contexts();
  return end();
}
