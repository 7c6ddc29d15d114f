/*
 * What Tenon's addon is compared with: addons in C that give a promise for a number plus one.
 *
 * tsfn        a worker thread does it, and hands it over by a threadsafe function
 * asyncWork   libuv's pool does it: napi_create_async_work()
 * deferred    nobody does it: the promise is resolved in the next turn of the loop, as a callback of Node's own
 * limit       nobody does it: the promise is resolved at once, which is what Node-API itself costs
 */
#define NAPI_VERSION 8
#include <node_api.h>
#include <uv.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct item {
  napi_deferred deferred;
  napi_async_work work;
  int64_t number;
  struct item *next;
} item_t;

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t ready = PTHREAD_COND_INITIALIZER;
static item_t *first, **last = &first;
static napi_threadsafe_function function;
static int in_flight;

static item_t *make_item(napi_env env, napi_callback_info info, napi_value *promise_out) {
  napi_value argument;
  size_t count = 1;
  item_t *item = calloc(1, sizeof *item);
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  napi_get_value_int64(env, argument, &item->number);
  napi_create_promise(env, &item->deferred, promise_out);
  return item;
}

static void resolve(napi_env env, item_t *item) {
  napi_value result;
  napi_create_int64(env, item->number, &result);
  napi_resolve_deferred(env, item->deferred, result);
  free(item);
}

static void *work(void *context) {
  (void)context;
  for (;;) {
    pthread_mutex_lock(&mutex);
    while (!first)
      pthread_cond_wait(&ready, &mutex);
    item_t *items = first;
    first = NULL;
    last = &first;
    pthread_mutex_unlock(&mutex);
    while (items) {
      item_t *item = items;
      items = item->next;
      item->number++;
      napi_call_threadsafe_function(function, item, napi_tsfn_blocking);
    }
  }
  return NULL;
}

static void deliver(napi_env env, napi_value callback, void *context, void *data) {
  (void)callback, (void)context;
  if (!env)
    return;
  if (--in_flight == 0)
    napi_unref_threadsafe_function(env, function);
  resolve(env, data);
}

static napi_value call_tsfn(napi_env env, napi_callback_info info) {
  napi_value promise;
  item_t *item = make_item(env, info, &promise);
  if (in_flight++ == 0)
    napi_ref_threadsafe_function(env, function);
  pthread_mutex_lock(&mutex);
  *last = item;
  last = &item->next;
  pthread_cond_signal(&ready);
  pthread_mutex_unlock(&mutex);
  return promise;
}

static void execute(napi_env env, void *data) {
  (void)env;
  ((item_t *)data)->number++;
}

static void complete(napi_env env, napi_status status, void *data) {
  (void)status;
  napi_delete_async_work(env, ((item_t *)data)->work);
  resolve(env, data);
}

static napi_value call_async_work(napi_env env, napi_callback_info info) {
  napi_value promise, name;
  item_t *item = make_item(env, info, &promise);
  napi_create_string_utf8(env, "bench", NAPI_AUTO_LENGTH, &name);
  napi_create_async_work(env, NULL, name, execute, complete, item, &item->work);
  napi_queue_async_work(env, item->work);
  return promise;
}

/* A check handle, and an idle one that keeps the loop turning. */
static uv_check_t check;
static uv_idle_t idle;
static napi_env loop_env;
static napi_async_context loop_context;
static item_t *waiting, **last_waiting = &waiting;

static void on_idle(uv_idle_t *handle) { (void)handle; }

static void on_check(uv_check_t *handle) {
  (void)handle;
  item_t *items = waiting;
  waiting = NULL;
  last_waiting = &waiting;
  while (items) {
    item_t *item = items;
    items = item->next;
    napi_handle_scope handles;
    napi_callback_scope callbacks;
    napi_open_handle_scope(loop_env, &handles);
    napi_open_callback_scope(loop_env, NULL, loop_context, &callbacks);
    item->number++;
    resolve(loop_env, item);
    napi_close_callback_scope(loop_env, callbacks);
    napi_close_handle_scope(loop_env, handles);
  }
  if (!waiting) {
    uv_check_stop(&check);
    uv_idle_stop(&idle);
  }
}

static napi_value call_deferred(napi_env env, napi_callback_info info) {
  napi_value promise;
  item_t *item = make_item(env, info, &promise);
  *last_waiting = item;
  last_waiting = &item->next;
  uv_check_start(&check, on_check);
  uv_idle_start(&idle, on_idle);
  return promise;
}

static void start_deferred(napi_env env, napi_value name) {
  uv_loop_t *loop;
  napi_get_uv_event_loop(env, &loop);
  loop_env = env;
  napi_async_init(env, NULL, name, &loop_context);
  uv_check_init(loop, &check);
  uv_idle_init(loop, &idle);
}

static napi_value call_limit(napi_env env, napi_callback_info info) {
  napi_value promise;
  item_t *item = make_item(env, info, &promise);
  item->number++;
  resolve(env, item);
  return promise;
}

static void export(napi_env env, napi_value exports, const char *name, napi_callback callback) {
  napi_value js;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &js);
  napi_set_named_property(env, exports, name, js);
}

NAPI_MODULE_INIT() {
  napi_value name;
  pthread_t thread;
  napi_create_string_utf8(env, "bench", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, NULL, NULL, name, 0, 1, NULL, NULL, NULL, deliver,
                                  &function);
  napi_unref_threadsafe_function(env, function);
  pthread_create(&thread, NULL, work, NULL);
  pthread_detach(thread);
  export(env, exports, "tsfn", call_tsfn);
  export(env, exports, "asyncWork", call_async_work);
  start_deferred(env, name);
  export(env, exports, "deferred", call_deferred);
  export(env, exports, "limit", call_limit);
  return exports;
}
