/* Protocols that C implements, by tables of functions: methods, and properties. */
#include "../support.h"

#include <callbacks.h>

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
  CHECK(text_is(future, "missing it"));
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
  CHECK(text_is(future, "books, atlas: 0 to 40, 20.0, true") && shelf.level == 40);
  OK(callbacks_fill(executor, &table, 100, &future));
  CHECK(text_is(future, "books, atlas: 40 to 100, 50.0, false"));
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

int main(void) {
  begin();
  protocols();
  properties();
  return end();
}
