/*
 * The addon of the package tenon-inspect: what <tenon/inspect.h> says of this process, as texts. It loads libtenon_inspect.so,
 * which has a runtime of its own, and no Tenon.
 */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define NAPI_VERSION 8
#include <node_api.h>

#include <tenon/inspect.h>

typedef struct library {
  __typeof__(&tenon_snapshot_take) take;
  __typeof__(&tenon_snapshot_release) release;
  __typeof__(&tenon_snapshot_get_text) get_text;
  __typeof__(&tenon_snapshot_explain) explain;
} library_t;

/** All of it, or nothing. */
static library_t library;
static pthread_mutex_t library_lock = PTHREAD_MUTEX_INITIALIZER;

static napi_value fail(napi_env env, const char *what, const char *why) {
  char message[1024];
  snprintf(message, sizeof message, "%s: %s", what, why ? why : "unknown");
  napi_throw_error(env, "ERR_TENON_INSPECT", message);
  return NULL;
}

/** Why it cannot be had; NULL: it is there. */
static const char *load_library(const char *path) {
  library_t loaded;
  if (library.take)
    return NULL;
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *error = dlerror();
    return error ? error : "it cannot be loaded";
  }
  *(void **)&loaded.take = dlsym(handle, "tenon_snapshot_take");
  *(void **)&loaded.release = dlsym(handle, "tenon_snapshot_release");
  *(void **)&loaded.get_text = dlsym(handle, "tenon_snapshot_get_text");
  *(void **)&loaded.explain = dlsym(handle, "tenon_snapshot_explain");
  if (!loaded.take || !loaded.release || !loaded.get_text || !loaded.explain)
    return "it is of another version";
  library = loaded;
  return NULL;
}

/** load(path): each environment does that, on a thread of its own; the first one matters. */
static napi_value load(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument;
  char path[4096];
  if (napi_get_cb_info(env, info, &count, &argument, NULL, NULL) != napi_ok ||
      napi_get_value_string_utf8(env, argument, path, sizeof path, NULL) != napi_ok)
    return fail(env, "load", "a path is needed");
  pthread_mutex_lock(&library_lock);
  const char *error = load_library(path);
  pthread_mutex_unlock(&library_lock);
  return error ? fail(env, "libtenon_inspect.so", error) : NULL;
}

static void end_snapshot(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  library.release(data);
}

static napi_value take(napi_env env, napi_callback_info info) {
  (void)info;
  tenon_snapshot_t *snapshot = NULL;
  napi_value js = NULL;
  char status[32];
  tenon_status_t answer = library.take ? library.take(NULL, &snapshot) : TENON_STATUS_UNSUPPORTED;
  if (answer != TENON_STATUS_OK) {
    snprintf(status, sizeof status, "status %d", (int)answer);
    return fail(env, "this process cannot be looked at", status);
  }
  if (napi_create_external(env, snapshot, end_snapshot, NULL, &js) != napi_ok)
    library.release(snapshot);
  return js;
}

static tenon_snapshot_t *read(napi_env env, napi_callback_info info, napi_value *second) {
  size_t count = 2;
  napi_value arguments[2];
  void *snapshot = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_external(env, arguments[0], &snapshot) != napi_ok)
    fail(env, "snapshot", "there is none");
  *second = arguments[1];
  return snapshot;
}

/** text(snapshot, format) */
static napi_value text(napi_env env, napi_callback_info info) {
  napi_value format_js, js = NULL;
  tenon_snapshot_t *snapshot = read(env, info, &format_js);
  int32_t format = 0;
  const char *bytes = NULL;
  size_t size = 0;
  if (!snapshot)
    return NULL;
  napi_get_value_int32(env, format_js, &format);
  if (library.get_text(snapshot, (tenon_snapshot_format)format, &bytes, &size) != TENON_STATUS_OK)
    return fail(env, "snapshot", "there is no memory for its text");
  napi_create_string_utf8(env, bytes, size, &js);
  return js;
}

/** explain(snapshot, id): [text, cycle start or -1, id, ...]; undefined: it is done. */
static napi_value explain(napi_env env, napi_callback_info info) {
  napi_value id_js, list = NULL, item;
  tenon_snapshot_t *snapshot = read(env, info, &id_js);
  tenon_explanation_t why = TENON_EXPLANATION_INIT;
  uint64_t id = 0;
  bool is_exact;
  if (!snapshot || napi_get_value_bigint_uint64(env, id_js, &id, &is_exact) != napi_ok || !id)
    return NULL;
  tenon_status_t status = library.explain(snapshot, (const void *)(uintptr_t)id, &why);
  if (status == TENON_STATUS_NO_RESOURCES)
    return fail(env, "snapshot", "there is no memory for its text");
  if (status != TENON_STATUS_OK || napi_create_array(env, &list) != napi_ok)
    return NULL;
  if (napi_create_string_utf8(env, why.text, NAPI_AUTO_LENGTH, &item) == napi_ok)
    napi_set_element(env, list, 0, item);
  if (napi_create_int64(env, why.is_deadlock ? (int64_t)why.cycle_start : -1, &item) == napi_ok)
    napi_set_element(env, list, 1, item);
  for (size_t index = 0; index < why.count; index++)
    if (napi_create_bigint_uint64(env, why.chain[index], &item) == napi_ok)
      napi_set_element(env, list, (uint32_t)index + 2, item);
  return list;
}

NAPI_MODULE_INIT() {
  static const struct {
    const char *name;
    napi_callback function;
  } functions[] = {{"load", load}, {"take", take}, {"text", text}, {"explain", explain}};
  for (size_t index = 0; index < sizeof functions / sizeof *functions; index++) {
    napi_value function;
    if (napi_create_function(env, functions[index].name, NAPI_AUTO_LENGTH,
                             functions[index].function, NULL, &function) == napi_ok)
      napi_set_named_property(env, exports, functions[index].name, function);
  }
  return exports;
}
