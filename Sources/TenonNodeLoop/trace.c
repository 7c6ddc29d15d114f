/*
 * Implements tenon_node_trace() of <tenon/node.h>, and what `tenon ps` says of JavaScript's calls meanwhile.
 *
 * A call that somebody listens to goes through the prelude, which calls the same function again: Node's own tracing channel is
 * around that, as around a function of JavaScript's. Nobody listens, and one flag has been read.
 */
#include "trace.h"

#include <stdlib.h>
#include <string.h>

#define ARGUMENTS_USUAL 16
#define NAME_MAX 256
#define PLACES_MAX 4096
#define BUCKETS 1024

/* MARK: Places */

/** What has been said once stays: who looks into the process reads it whenever he likes. */
typedef struct place {
  struct place *next;
  tenon_source_t source;
  char texts[]; /**< file and function */
} place_t;

static pthread_mutex_t places_mutex = PTHREAD_MUTEX_INITIALIZER;
static place_t *places[BUCKETS];
static size_t place_count;

static bool is_place(const place_t *place, const char *file, const char *function, uint32_t line) {
  return place->source.line == line && strcmp(place->source.file, file) == 0 &&
         strcmp(place->source.function, function) == 0;
}

static place_t *make_place(const char *file, const char *function, uint32_t line) {
  size_t file_size = strlen(file) + 1, function_size = strlen(function) + 1;
  place_t *place = malloc(sizeof *place + file_size + function_size);
  if (!place)
    return NULL;
  memcpy(place->texts, file, file_size);
  memcpy(place->texts + file_size, function, function_size);
  place->source = (tenon_source_t){place->texts, place->texts + file_size, line, 0};
  return place;
}

static const tenon_source_t *find_place(const char *file, const char *function, uint32_t line) {
  uint32_t hash = line * 31u;
  for (const char *at = file; *at; at++)
    hash = hash * 31u + (unsigned char)*at;
  pthread_mutex_lock(&places_mutex);
  place_t *place = places[hash % BUCKETS];
  while (place && !is_place(place, file, function, line))
    place = place->next;
  if (!place && place_count < PLACES_MAX && (place = make_place(file, function, line))) {
    place->next = places[hash % BUCKETS];
    places[hash % BUCKETS] = place;
    place_count++;
  }
  pthread_mutex_unlock(&places_mutex);
  return place ? &place->source : NULL;
}

const tenon_source_t *tenon__node_place(napi_env env, const napi_value *first) {
  char file[1024], function[NAME_MAX] = "";
  uint32_t line = 0;
  if (napi_get_value_string_utf8(env, first[0], file, sizeof file, NULL) != napi_ok ||
      napi_get_value_uint32(env, first[2], &line) != napi_ok)
    return NULL;
  if (napi_get_value_string_utf8(env, first[1], function, sizeof function, NULL) != napi_ok)
    function[0] = 0;
  return find_place(file, function[0] ? function : "?", line);
}

/* MARK: Notes */

void tenon__node_note_future(environment_t *environment, tenon_future_t *future) {
  if (!environment->traced_place)
    return;
  environment->traced_future = future;
  tenon_future_set_name(future, environment->traced_name, environment->traced_place);
}

void tenon__node_note_promise(environment_t *environment, tenon_promise_t *promise) {
  if (environment->traced_place)
    tenon_promise_set_wait(promise, NULL, "a promise of JavaScript's", environment->traced_place);
}

/* MARK: What the prelude calls */

napi_value tenon__node_native_set_traced(napi_env env, napi_callback_info info) {
  environment_t *environment = tenon__node_get_environment(env, info);
  size_t count = 1;
  napi_value is_traced;
  napi_get_cb_info(env, info, &count, &is_traced, NULL, NULL);
  napi_get_value_bool(env, is_traced, &environment->is_traced);
  return NULL;
}

/** enter(name, file, function, line): the next call is the one that is traced. */
napi_value tenon__node_native_enter(napi_env env, napi_callback_info info) {
  environment_t *environment = tenon__node_get_environment(env, info);
  size_t count = 4;
  napi_value arguments[4];
  napi_get_cb_info(env, info, &count, arguments, NULL, NULL);
  environment->is_entering = true;
  environment->traced_future = NULL;
  environment->traced_place = tenon__node_place(env, arguments + 1);
  if (napi_get_value_string_utf8(env, arguments[0], environment->traced_name,
                                 sizeof environment->traced_name, NULL) != napi_ok)
    environment->traced_name[0] = 0;
  return NULL;
}

/** leave(): the handle of the call's future, if it has one. */
napi_value tenon__node_native_leave(napi_env env, napi_callback_info info) {
  environment_t *environment = tenon__node_get_environment(env, info);
  tenon_future_t *future = environment->traced_future;
  napi_value js = NULL;
  environment->is_entering = false;
  environment->traced_future = NULL;
  environment->traced_place = NULL;
  if (future && napi_create_bigint_uint64(env, (uintptr_t)future, &js) != napi_ok)
    js = NULL;
  return js;
}

/* MARK: Calls */

static bool trace(environment_t *environment, napi_value self, size_t count, napi_value *arguments,
                  const char *name, bool is_promise, napi_callback callback, void *data,
                  napi_value *result_out) {
  napi_env env = environment->env;
  bool is_made =
      napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &arguments[0]) == napi_ok &&
      napi_get_boolean(env, is_promise, &arguments[1]) == napi_ok &&
      napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, data, &arguments[3]) == napi_ok;
  arguments[2] = self;
  if (!is_made || !tenon__node_help(environment, HELPER_TRACE, count + 4, arguments, result_out))
    *result_out = NULL;
  return true;
}

bool tenon_node_trace(napi_env env, napi_callback_info info, const char *name, bool is_promise,
                      napi_callback callback, void *data, napi_value *result_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment || !environment->is_traced || !name || !callback || !result_out)
    return false;
  if (environment->is_entering) {
    environment->is_entering = false;
    return false;
  }
  napi_value usual[ARGUMENTS_USUAL + 4], self;
  napi_value *arguments = usual;
  size_t count = ARGUMENTS_USUAL;
  if (napi_get_cb_info(env, info, &count, usual + 4, &self, NULL) != napi_ok)
    return false;
  if (count > ARGUMENTS_USUAL) {
    arguments = malloc((count + 4) * sizeof *arguments);
    if (!arguments)
      return false;
    napi_get_cb_info(env, info, &count, arguments + 4, NULL, NULL);
  }
  bool is_done =
      trace(environment, self, count, arguments, name, is_promise, callback, data, result_out);
  if (arguments != usual)
    free(arguments);
  return is_done;
}
