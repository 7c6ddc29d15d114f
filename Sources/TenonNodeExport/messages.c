/*
 * What a TypeError says: which part of which argument is wrong, and what it should be.
 */
#include "instance.h"

#include <stdio.h>

static size_t write_path(const path_t *path, char *text, size_t size) {
  size_t at = path->outer ? write_path(path->outer, text, size) : 0;
  if (at >= size)
    return at;
  int length = path->name
                   ? snprintf(text + at, size - at, "%s%s", path->outer ? "." : "", path->name)
                   : snprintf(text + at, size - at, "[%u]", path->index);
  return length < 0 ? at : at + (size_t)length;
}

/** As Node says it. */
static void describe(napi_env env, napi_value js, char *text, size_t size) {
  static const char *const names[] = {"undefined", "null",     "a boolean", "a number",
                                      "a string",  "a symbol", "an object", "a function",
                                      "an object", "a bigint"};
  napi_valuetype type = napi_undefined, inner;
  napi_value constructor, name;
  char class_name[100] = "";
  bool is_pending = false;
  napi_typeof(env, js, &type);
  snprintf(text, size, "%s", (size_t)type < sizeof names / sizeof *names ? names[type] : "a value");
  if (type != napi_object)
    return;
  if (napi_get_named_property(env, js, "constructor", &constructor) == napi_ok &&
      napi_typeof(env, constructor, &inner) == napi_ok && inner == napi_function &&
      napi_get_named_property(env, constructor, "name", &name) == napi_ok &&
      napi_get_value_string_utf8(env, name, class_name, sizeof class_name, NULL) == napi_ok &&
      class_name[0] && strcmp(class_name, "Object") != 0)
    snprintf(text, size, strcmp(class_name, "Array") == 0 ? "an array" : "an instance of %s",
             class_name);
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending)
    napi_get_and_clear_last_exception(env, &name);
}

bool tenon_node_refuse(instance_t *instance, const path_t *path, const char *expected,
                       napi_value js) {
  char where[256], what[128], message[700];
  bool is_pending = false;
  if (napi_is_exception_pending(instance->env, &is_pending) == napi_ok && is_pending)
    return false; // a getter's
  write_path(path, where, sizeof where);
  describe(instance->env, js, what, sizeof what);
  bool is_missing = !path->outer && strcmp(what, "undefined") == 0;
  snprintf(message, sizeof message, "The \"%s\" argument must be %s. Received %s", where, expected,
           what);
  napi_throw_type_error(instance->env, is_missing ? "ERR_MISSING_ARGS" : "ERR_INVALID_ARG_TYPE",
                        message);
  return false;
}

bool tenon_node_refuse_range(instance_t *instance, const path_t *path, const char *range,
                             napi_value js) {
  char where[256], what[64] = "a number", message[700];
  napi_value text;
  napi_valuetype type = napi_number;
  write_path(path, where, sizeof where);
  napi_typeof(instance->env, js, &type);
  if (napi_coerce_to_string(instance->env, js, &text) == napi_ok)
    napi_get_value_string_utf8(instance->env, text, what, sizeof what, NULL);
  snprintf(message, sizeof message,
           "The value of \"%s\" is out of range. It must be %s. Received %s%s", where, range, what,
           type == napi_bigint ? "n" : "");
  napi_throw_type_error(instance->env, "ERR_OUT_OF_RANGE", message);
  return false;
}

bool tenon_node_throw_status(napi_env env, tenon_status_t status) {
  bool is_pending = false;
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending)
    return false;
  napi_throw_error(env, tenon_status_name(status), tenon_status_string(status));
  return false;
}
