/*
 * An addon in C, against <tenon/node.h> alone. What it finds wrong it returns as texts.
 */
#include <tenon/node.h>
#include <tenon/process.h>
#include <tenon/timer.h>

#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static napi_value problems;
static uint32_t problem_count;

static void expect(napi_env env, bool is_so, const char *what, int line) {
  char text[256];
  napi_value string;
  if (is_so)
    return;
  snprintf(text, sizeof text, "line %d: %s", line, what);
  napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &string);
  napi_set_element(env, problems, problem_count++, string);
}

#define EXPECT(condition) expect(env, (condition), #condition, __LINE__)

static bool is_pending(napi_env env) {
  bool is_it = false;
  napi_value exception;
  napi_is_exception_pending(env, &is_it);
  if (is_it)
    napi_get_and_clear_last_exception(env, &exception);
  return is_it;
}

/* MARK: Misuse */

static napi_value misuse(napi_env env, napi_callback_info info) {
  napi_create_array(env, &problems);
  problem_count = 0;
  napi_value undefined, js, symbol, signal;
  napi_get_undefined(env, &undefined);
  napi_create_symbol(env, NULL, &symbol);
  napi_create_object(env, &signal);
  tenon_executor_t *executor;
  tenon_value_t value = tenon_value_none(), stray = tenon_value_i64(1);
  tenon_error_t *error;
  tenon_future_t *future;
  tenon_stream_t *stream;
  tenon_node_list_t *list;
  napi_env other = (napi_env)(void *)&value;

  EXPECT(!tenon_node_trace(env, info, "misuse", true, misuse, NULL, &js)); // nobody listens
  EXPECT(!tenon_node_trace(env, NULL, NULL, true, NULL, NULL, NULL));
  EXPECT(!tenon_node_trace(other, info, "misuse", true, misuse, NULL, &js));
  EXPECT(!tenon_node_trace(NULL, info, "misuse", true, misuse, NULL, &js));
  EXPECT(tenon_node_attach(env, NULL, NULL) == TENON_STATUS_BUSY);
  EXPECT(tenon_node_attach(NULL, NULL, NULL) == TENON_STATUS_INVALID);
  tenon_node_config_t config = TENON_NODE_CONFIG_INIT;
  config.struct_size--;
  EXPECT(tenon_node_attach(env, &config, &executor) == TENON_STATUS_INVALID);
  config.struct_size++;
  config.flags = 0x80;
  EXPECT(tenon_node_attach(env, &config, &executor) == TENON_STATUS_INVALID);
  config.flags = 0;
  config.reserved = 1;
  EXPECT(tenon_node_attach(env, &config, &executor) == TENON_STATUS_INVALID);

  // An environment that is none of this thread's.
  EXPECT(tenon_node_get_executor(other, &executor) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_get_executor(NULL, &executor) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_set_referenced(other, true) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_value_from(other, undefined, &value) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_value_to(other, &stray, &js) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_object_from(other, undefined, &value) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_error_from(other, undefined, &error) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_error_to(other, NULL, &js) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_future_from(other, undefined, &future) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_future_to(other, NULL, NULL, &js) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_stream_from(other, undefined, 1, &stream) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_stream_to(other, NULL, NULL, &js) == TENON_STATUS_CLOSED);

  // Nothing where something must be.
  EXPECT(tenon_node_get_executor(env, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_from(env, NULL, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_from(env, undefined, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_to(env, NULL, &js) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_to(env, &stray, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_object_from(env, NULL, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_object_from(env, undefined, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_copy(NULL, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_value_copy(&stray, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_object_copy(NULL, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_object_copy(&stray, &value) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_error_from(env, NULL, &error) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_error_to(env, NULL, &js) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_future_from(env, NULL, &future) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_future_to(env, NULL, NULL, &js) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_future_to(env, (tenon_future_t *)(uintptr_t)0x1234, NULL, &js) ==
         TENON_STATUS_INVALID);
  EXPECT(tenon_node_stream_from(env, NULL, 1, &stream) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_stream_to(env, NULL, NULL, &js) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_call(NULL, 0, NULL, 0, &future) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_call(&stray, 0, NULL, 0, &future) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_list_create(1, false, NULL, &list) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_list_create(SIZE_MAX, true, &value, &list) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_list(&stray, &list) == TENON_STATUS_INVALID);
  int64_t number;
  uint32_t count;
  const void *data;
  size_t size;
  EXPECT(tenon_node_get_bigint(NULL, &number) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_bigint(&stray, &number) == TENON_STATUS_INVALID);
  tenon_value_t bigint = tenon_node_bigint(-5);
  EXPECT(tenon_node_get_bigint(&bigint, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_bigint(&bigint, &number) == TENON_STATUS_OK && number == -5);
  EXPECT(tenon_node_get_kind(&bigint) == TENON_NODE_KIND_BIGINT);
  EXPECT(tenon_node_array_get_count(other, signal, &count) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_array_get_count(env, NULL, &count) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_array_get_count(env, signal, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_array_get_count(env, signal, &count) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_array_get_count(env, undefined, &count) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_bytes(other, signal, &data, &size) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_get_bytes(env, NULL, &data, &size) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_bytes(env, signal, &data, &size) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_bytes(env, signal, NULL, &size) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_get_kind(NULL) == TENON_NODE_KIND_PLAIN);
  EXPECT(tenon_node_get_kind(&stray) == TENON_NODE_KIND_PLAIN);
  EXPECT(!is_pending(env));

  // What has no form, with an exception to say so.
  EXPECT(tenon_node_value_from(env, symbol, &value) == TENON_STATUS_UNSUPPORTED);
  EXPECT(is_pending(env));
  EXPECT(tenon_node_stream_from(env, signal, 1, &stream) == TENON_STATUS_UNSUPPORTED);
  EXPECT(is_pending(env));
  tenon_promise_t *promise;
  EXPECT(tenon_promise_create(NULL, &promise, &future) == TENON_STATUS_OK);
  EXPECT(tenon_node_future_to(env, future, signal, &js) == TENON_STATUS_UNSUPPORTED);
  EXPECT(is_pending(env));
  tenon_promise_release(promise);
  tenon_future_release(future);
  EXPECT(tenon_node_future_to(env, future, NULL, &js) == TENON_STATUS_STALE);
  tenon_value_t foreign = tenon_value_pointer(&value, &value, NULL);
  EXPECT(tenon_node_value_to(env, &foreign, &js) == TENON_STATUS_UNSUPPORTED);
  EXPECT(!is_pending(env));

  // A stream that was not taken is still the caller's.
  tenon_sink_t *sink;
  EXPECT(tenon_stream_create(NULL, &sink, &stream) == TENON_STATUS_OK);
  EXPECT(tenon_node_stream_to(env, stream, signal, &js) == TENON_STATUS_UNSUPPORTED);
  EXPECT(is_pending(env));
  EXPECT(tenon_sink_send(sink, &stray, NULL) == TENON_STATUS_OK);
  EXPECT(tenon_stream_release(stream) == TENON_STATUS_OK);
  tenon_sink_release(sink);

  // Calls.
  EXPECT(tenon_node_object_from(env, signal, &value) == TENON_STATUS_OK);
  EXPECT(tenon_node_get_kind(&value) == TENON_NODE_KIND_OBJECT);
  EXPECT(tenon_node_call(&value, 0x80, NULL, 0, &future) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_call(&value, 0, NULL, 0, NULL) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_call(&value, 0, NULL, 1, &future) == TENON_STATUS_INVALID);
  EXPECT(tenon_node_call(&value, TENON_NODE_CALL_NOTIFY, NULL, 0, &future) == TENON_STATUS_INVALID);
  tenon_value_drop(&value);
  return problems;
}

/* MARK: A promise that a thread settles */

static void *settle(void *promise) {
  tenon_value_t value, item;
  tenon_node_list_t *list;
  tenon_node_list_create(2, true, &value, &list);
  tenon_value_copy_string("thread", 6, &list->keys[0]);
  list->values[0] = tenon_value_boolean(true);
  tenon_value_copy_string("items", 5, &list->keys[1]);
  tenon_node_list_create(1, false, &item, &list);
  list->values[0] = tenon_node_null();
  tenon_node_get_list(&value, &list);
  list->values[1] = item;
  tenon_promise_resolve(promise, &value);
  return NULL;
}

static napi_value from_thread(napi_env env, napi_callback_info info) {
  (void)info;
  tenon_promise_t *promise;
  tenon_future_t *future;
  napi_value js = NULL;
  pthread_t thread;
  tenon_promise_create(NULL, &promise, &future);
  if (tenon_node_future_to(env, future, NULL, &js) != TENON_STATUS_OK)
    return NULL;
  tenon_future_release(future);
  pthread_create(&thread, NULL, settle, promise);
  pthread_detach(thread);
  return js;
}

/* MARK: What is left of an environment */

static napi_env kept_env;
static tenon_value_t kept;

static napi_value keep(napi_env env, napi_callback_info info) {
  napi_value argument;
  size_t count = 1;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  tenon_node_object_from(env, argument, &kept);
  kept_env = env;
  return NULL;
}

/** In another environment, when the first one is gone. */
static napi_value use_kept(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value js;
  tenon_value_t copy;
  tenon_future_t *future;
  tenon_executor_t *executor;
  napi_create_array(env, &problems);
  problem_count = 0;
  EXPECT(tenon_node_get_executor(kept_env, &executor) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_object_copy(&kept, &copy) == TENON_STATUS_OK);
  EXPECT(tenon_node_call(&kept, 0, NULL, 0, &future) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_call(&kept, TENON_NODE_CALL_NOTIFY, NULL, 0, NULL) == TENON_STATUS_CLOSED);
  EXPECT(tenon_node_value_to(env, &copy, &js) == TENON_STATUS_UNSUPPORTED);
  EXPECT(tenon_value_drop(&copy) == TENON_STATUS_OK);
  EXPECT(tenon_value_drop(&kept) == TENON_STATUS_OK);
  return problems;
}

/* MARK: A stream of what JavaScript has no form for */

static tenon_sink_t *formless_sink;

static void end_formless(void *context, tenon_status_t status) {
  (void)context;
  if (status == TENON_STATUS_CANCELLED)
    tenon_sink_cancel(formless_sink);
  formless_sink = NULL;
}

static napi_value formless(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value iterator = NULL;
  tenon_executor_t *executor;
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  tenon_stream_t *stream;
  tenon_value_t number = tenon_value_i64(1), pointer = tenon_value_pointer(&config, &config, NULL);
  config.capacity = 4;
  if (tenon_node_get_executor(env, &executor) != TENON_STATUS_OK ||
      tenon_stream_create(&config, &formless_sink, &stream) != TENON_STATUS_OK ||
      tenon_sink_on_cancel(formless_sink, executor, end_formless, NULL, NULL) != TENON_STATUS_OK ||
      tenon_sink_send(formless_sink, &number, NULL) != TENON_STATUS_OK ||
      tenon_sink_send(formless_sink, &pointer, NULL) != TENON_STATUS_OK ||
      tenon_node_stream_to(env, stream, NULL, &iterator) != TENON_STATUS_OK)
    napi_throw_error(env, NULL, "no stream");
  return iterator;
}

static napi_value is_formless_over(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value js;
  napi_get_boolean(env, !formless_sink, &js);
  return js;
}

/* MARK: Through a value */

static napi_value echo(napi_env env, napi_callback_info info) {
  napi_value argument, js = NULL;
  size_t count = 1;
  tenon_value_t value;
  napi_get_cb_info(env, info, &count, &argument, NULL, NULL);
  if (tenon_node_value_from(env, argument, &value) != TENON_STATUS_OK)
    return NULL;
  if (tenon_node_value_to(env, &value, &js) != TENON_STATUS_OK) {
    tenon_value_drop(&value);
    napi_throw_error(env, NULL, "it does not come back");
  }
  return js;
}

/* MARK: The process */

static napi_value is_process_owned(napi_env env, napi_callback_info info) {
  (void)info;
  napi_value js;
  napi_get_boolean(env, tenon_process_get_mode() == TENON_PROCESS_OWNED, &js);
  return js;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"misuse", misuse},
                   {"fromThread", from_thread},
                   {"keep", keep},
                   {"useKept", use_kept},
                   {"formless", formless},
                   {"echo", echo},
                   {"isFormlessOver", is_formless_over},
                   {"isProcessOwned", is_process_owned}};
  tenon_node_config_t config = TENON_NODE_CONFIG_INIT;
  if (getenv("TENON_TEST_GUEST"))
    config.flags = TENON_NODE_FLAG_GUEST;
  tenon_status_t status = tenon_node_attach(env, &config, NULL);
  if (status != TENON_STATUS_OK) {
    napi_throw_error(env, tenon_status_name(status), tenon_status_string(status));
    return NULL;
  }
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    napi_value js;
    napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH, functions[index].function,
                         NULL, &js);
    napi_set_named_property(env, exports, functions[index].name, js);
  }
  return exports;
}
