/*
 * Environments, and how a callback gets to JavaScript.
 */
#include "environment.h"

#include <stdio.h>
#include <stdlib.h>

/* MARK: All of a thread */

/** An environment is found by its own thread only, and without a lock. */
static _Thread_local environment_t *environments_here;

environment_t *tenon__node_find_any(napi_env env) {
  environment_t *environment = environments_here;
  while (environment && environment->env != env)
    environment = environment->next;
  return environment;
}

environment_t *tenon__node_find(napi_env env) {
  environment_t *environment = tenon__node_find_any(env);
  return environment && environment->is_open ? environment : NULL;
}

void tenon__node_list_add(environment_t *environment) {
  environment->next = environments_here;
  environments_here = environment;
}

void tenon__node_list_remove(environment_t *environment) {
  environment_t **link = &environments_here;
  while (*link && *link != environment)
    link = &(*link)->next;
  if (*link)
    *link = environment->next;
}

void tenon__node_retain(environment_t *environment) {
  atomic_fetch_add_explicit(&environment->references, 1, memory_order_relaxed);
}

void tenon__node_release(environment_t *environment) {
  if (atomic_fetch_sub_explicit(&environment->references, 1, memory_order_acq_rel) != 1)
    return;
  pthread_mutex_destroy(&environment->mutex);
  free(environment);
}

void tenon__node_update_alive(environment_t *environment) {
  bool is_held = environment->is_allowed && (environment->waiting != 0 || environment->idle == 0);
  if (is_held == environment->is_held || !environment->is_open)
    return;
  environment->is_held = is_held;
  environment->hold(environment->executor, is_held);
}

/* MARK: Turns */

bool tenon__node_enter(environment_t *environment, napi_async_context context, turn_t *turn) {
  napi_env env = environment->env;
  if (!environment->is_open || napi_open_handle_scope(env, &turn->handles) != napi_ok)
    return false;
  if (napi_open_callback_scope(env, NULL, context ? context : environment->context,
                               &turn->callbacks) == napi_ok)
    return true;
  napi_close_handle_scope(env, turn->handles);
  return false;
}

void tenon__node_leave(environment_t *environment, turn_t *turn) {
  // Runs process.nextTick() and the microtasks: any JavaScript, which may even end the environment's
  // work, but not the environment, as its thread is here.
  napi_close_callback_scope(environment->env, turn->callbacks);
  napi_close_handle_scope(environment->env, turn->handles);
}

void tenon__node_clear_exception(environment_t *environment) {
  bool is_pending = false;
  napi_value ignored;
  if (napi_is_exception_pending(environment->env, &is_pending) == napi_ok && is_pending)
    napi_get_and_clear_last_exception(environment->env, &ignored);
}

tenon_status_t tenon__node_failed(environment_t *environment) {
  bool is_pending = false;
  napi_is_exception_pending(environment->env, &is_pending);
  return is_pending ? TENON_STATUS_UNSUPPORTED : TENON_STATUS_CLOSED;
}

bool tenon__node_help(environment_t *environment, helper_t helper, size_t count,
                      const napi_value *arguments, napi_value *result_out) {
  napi_env env = environment->env;
  napi_value function, undefined, result;
  if (napi_get_reference_value(env, environment->helpers[helper], &function) != napi_ok ||
      !function || napi_get_undefined(env, &undefined) != napi_ok ||
      napi_call_function(env, undefined, function, count, arguments, &result) != napi_ok)
    return false;
  if (result_out)
    *result_out = result;
  return true;
}

bool tenon__node_make_cell(environment_t *environment, void *cell, napi_finalize finalize,
                           napi_value *js_out) {
  return napi_create_external(environment->env, cell, finalize, environment, js_out) == napi_ok;
}

void *tenon__node_get_cell(napi_env env, napi_callback_info info, size_t count,
                           napi_value *arguments) {
  void *cell = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_external(env, arguments[0], &cell) != napi_ok)
    return NULL;
  return cell;
}

environment_t *tenon__node_get_environment(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  return data;
}

void tenon__node_throw_type_error(environment_t *environment, const char *format, napi_value js) {
  napi_env env = environment->env;
  napi_value description;
  char message[256], what[160] = "a value";
  if (!tenon__node_help(environment, HELPER_DESCRIBE, 1, &js, &description) ||
      napi_get_value_string_utf8(env, description, what, sizeof what, NULL) != napi_ok)
    tenon__node_clear_exception(environment);
  snprintf(message, sizeof message, format, what);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
}
