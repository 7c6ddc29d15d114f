/*
 * Implements the other half of the futures of <tenon/node.h>: a promise becomes a future.
 *
 * An adoption waits for JavaScript's promise, and then settles ours. The prelude's closures hold it,
 * and so does a registration while the future can be cancelled.
 */
#include "adoption.h"

#include "error.h"
#include "trace.h"
#include "value.h"

#include <stdlib.h>
#include <string.h>

typedef struct adoption {
  unsigned int references;
  environment_t *environment;
  tenon_promise_t *promise; /**< NULL: settled */
  napi_ref abort;           /**< cancels the work in JavaScript; or NULL */
  const form_t *form;       /**< NULL: any value */
  bool is_abortable;        /**< there is such a way, or was */
  struct adoption *next;    /**< of those that are not settled */
  struct adoption *previous;
} adoption_t;

/* Whoever looks from outside tells by these what a callback's context is: Survey+Promises.swift. */
_Static_assert(offsetof(adoption_t, environment) == 8, "the inspector's Adoption.environment");
_Static_assert(offsetof(adoption_t, promise) == 16, "the inspector's Adoption.promise");

static void release_adoption(adoption_t *adoption) {
  if (--adoption->references > 0)
    return;
  tenon__node_release(adoption->environment);
  free(adoption);
}

/** Whoever has it settles it. */
static tenon_promise_t *take_promise(adoption_t *adoption) {
  tenon_promise_t *promise = adoption->promise;
  adoption->promise = NULL;
  if (adoption->next)
    adoption->next->previous = adoption->previous;
  if (adoption->previous)
    adoption->previous->next = adoption->next;
  else
    adoption->environment->adoptions = adoption->next;
  adoption->next = adoption->previous = NULL;
  return promise;
}

static void finalize_adoption(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  adoption_t *adoption = data;
  // JavaScript has let go, so nobody else can settle it.
  if (adoption->promise)
    tenon_promise_release(take_promise(adoption));
  release_adoption(adoption);
}

void tenon__node_adoptions_end(environment_t *environment) {
  while (environment->adoptions) {
    tenon_promise_t *promise = take_promise(environment->adoptions);
    if (tenon_promise_is_cancelled(promise))
      tenon_promise_cancel(promise);
    else
      tenon_promise_release(promise);
  }
}

static void abort_work(adoption_t *adoption) {
  environment_t *environment = adoption->environment;
  napi_env env = environment->env;
  napi_value function, undefined, reason;
  tenon_error_t *error = NULL;
  turn_t turn;
  if (!tenon__node_enter(environment, NULL, &turn))
    return;
  if (tenon_promise_copy_reason(adoption->promise, &error) != TENON_STATUS_OK)
    error = NULL;
  if (!error || tenon_node_error_to(env, error, &reason) != TENON_STATUS_OK)
    napi_get_undefined(env, &reason);
  if (error)
    tenon_error_release(error);
  if (napi_get_undefined(env, &undefined) == napi_ok &&
      napi_get_reference_value(env, adoption->abort, &function) == napi_ok && function &&
      napi_call_function(env, undefined, function, 1, &reason, NULL) != napi_ok)
    tenon__node_clear_exception(environment);
  tenon__node_leave(environment, &turn);
}

/** On the environment's thread, also when that ends. */
static void adoption_cancelled(void *context, tenon_status_t status) {
  adoption_t *adoption = context;
  if (adoption->promise && status == TENON_STATUS_CANCELLED) {
    if (adoption->abort)
      abort_work(adoption);
    else
      tenon_promise_cancel(take_promise(adoption));
  }
  // It is told once, and not after the environment's end.
  if (adoption->abort)
    napi_delete_reference(adoption->environment->env, adoption->abort);
  adoption->abort = NULL;
  release_adoption(adoption);
}

void tenon__node_resolve(environment_t *environment, tenon_promise_t *promise, napi_value js,
                         const form_t *form) {
  tenon_value_t value;
  tenon_status_t status = form ? form->read(form, environment->env, js, &value)
                               : tenon__node_read(environment, js, &value);
  if (status == TENON_STATUS_OK) {
    if (tenon_promise_resolve(promise, &value) != TENON_STATUS_OK)
      tenon_value_drop(&value);
    return;
  }
  tenon_error_t *error = tenon__node_take_exception(environment);
  if (!error) {
    tenon_promise_release(promise);
    return;
  }
  tenon_promise_reject(promise, error);
  tenon_error_release(error);
}

/** Whether it says that it was aborted, or is the reason: then the cancel has ended the work. */
static bool is_abort(environment_t *environment, napi_value js, tenon_error_t *error,
                     tenon_promise_t *promise) {
  tenon_error_t *reason;
  napi_value reason_js;
  const char *domain;
  int64_t code;
  bool is_it = false;
  if (tenon_promise_copy_reason(promise, &reason) != TENON_STATUS_OK)
    return false;
  if (tenon_node_error_to(environment->env, reason, &reason_js) == TENON_STATUS_OK)
    napi_strict_equals(environment->env, js, reason_js, &is_it);
  if (tenon_error_get_domain(error, &domain) == TENON_STATUS_OK &&
      tenon_error_get_code(error, &code) == TENON_STATUS_OK)
    is_it = is_it || reason == error || strcmp(domain, "js.AbortError") == 0 ||
            (strcmp(domain, "tenon") == 0 && code == TENON_STATUS_CANCELLED);
  tenon_error_release(reason);
  return is_it;
}

napi_value tenon__node_native_settle(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  environment_t *environment = tenon__node_get_environment(env, info);
  adoption_t *adoption = tenon__node_get_cell(env, info, 3, arguments);
  bool is_rejected = false;
  tenon_error_t *error;
  if (!adoption || !adoption->promise || !environment->is_open)
    return NULL;
  napi_get_value_bool(env, arguments[1], &is_rejected);
  if (!is_rejected) {
    tenon__node_resolve(environment, take_promise(adoption), arguments[2], adoption->form);
    return NULL;
  }
  if (tenon_node_error_from(env, arguments[2], &error) != TENON_STATUS_OK) {
    tenon_promise_release(take_promise(adoption));
    return NULL;
  }
  if (adoption->is_abortable && is_abort(environment, arguments[2], error, adoption->promise))
    tenon_promise_cancel(take_promise(adoption));
  else
    tenon_promise_reject(take_promise(adoption), error);
  tenon_error_release(error);
  return NULL;
}

/** setWait(cell, future or undefined, what or undefined, file, function, line) */
napi_value tenon__node_native_set_wait(napi_env env, napi_callback_info info) {
  napi_value arguments[6];
  adoption_t *adoption = tenon__node_get_cell(env, info, 6, arguments);
  uint64_t on = 0;
  bool is_exact;
  char what[512];
  if (!adoption || !adoption->promise)
    return NULL;
  if (napi_get_value_bigint_uint64(env, arguments[1], &on, &is_exact) != napi_ok)
    on = 0;
  bool has_what = napi_get_value_string_utf8(env, arguments[2], what, sizeof what, NULL) == napi_ok;
  tenon_promise_set_wait(adoption->promise, (tenon_future_t *)(uintptr_t)on, has_what ? what : NULL,
                         tenon__node_place(env, arguments + 3));
  return NULL;
}

void tenon__node_adopt(environment_t *environment, napi_value js, tenon_promise_t *promise,
                       napi_value abort, const form_t *form) {
  napi_value arguments[2] = {js, NULL};
  adoption_t *adoption = calloc(1, sizeof *adoption);
  if (!adoption) {
    tenon_promise_release(promise);
    return;
  }
  adoption->references = 1;
  adoption->environment = environment;
  adoption->promise = promise;
  adoption->form = form;
  adoption->next = environment->adoptions;
  if (adoption->next)
    adoption->next->previous = adoption;
  environment->adoptions = adoption;
  tenon__node_retain(environment);
  if (abort && napi_create_reference(environment->env, abort, 1, &adoption->abort) != napi_ok)
    adoption->abort = NULL;
  adoption->is_abortable = adoption->abort != NULL;
  if (!tenon__node_make_cell(environment, adoption, finalize_adoption, &arguments[1])) {
    finalize_adoption(environment->env, adoption, NULL);
    return;
  }
  adoption->references++;
  if (tenon_promise_on_cancel(promise, environment->executor, adoption_cancelled, adoption, NULL) !=
      TENON_STATUS_OK)
    adoption_cancelled(adoption, TENON_STATUS_SETTLED);
  tenon__node_note_promise(environment, promise);
  if (!tenon__node_help(environment, HELPER_ADOPT, 2, arguments, NULL))
    tenon__node_clear_exception(environment);
}

tenon_status_t tenon_node_future_from(napi_env env, napi_value js, tenon_future_t **future_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!js || !future_out)
    return TENON_STATUS_INVALID;
  tenon_promise_t *promise;
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.executor = environment->executor;
  tenon_status_t status = tenon_promise_create(&config, &promise, future_out);
  if (status == TENON_STATUS_OK)
    tenon__node_adopt(environment, js, promise, NULL, NULL);
  return status;
}
