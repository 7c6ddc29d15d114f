/*
 * Implements one half of the futures of <tenon/node.h>: a future becomes a promise.
 *
 * A settlement waits for a future, and then settles JavaScript's promise. The executor tells it, on
 * the environment's thread, in any case.
 */
#include "settlement.h"

#include "error.h"
#include "trace.h"
#include "value.h"

#include <stdlib.h>

/** How many are kept for the next calls. */
#define FREE_SETTLEMENTS_MAX 1024

/** What an AbortSignal cancels. Held by JavaScript, and by the settlement until it is told. */
typedef struct cancel_cell {
  unsigned int references;
  tenon_future_t *future; /**< NULL: too late */
} cancel_cell_t;

/** It needs no reference to the environment, which lasts until its executor has told them all. */
typedef struct settlement {
  environment_t *environment;
  size_t *count;      /**< what it counts as in the environment */
  const form_t *form; /**< NULL: any value */
  napi_deferred deferred;
  cancel_cell_t *cell;     /**< NULL: no signal */
  napi_ref unwatch;        /**< stops listening to the signal */
  struct settlement *next; /**< of those that are free */
} settlement_t;

/* Whoever looks from outside tells by these what a callback's context is: Survey+Promises.swift. */
_Static_assert(offsetof(settlement_t, environment) == 0, "the inspector's Settlement.environment");
_Static_assert(offsetof(settlement_t, count) == 8, "the inspector's Settlement.count");
_Static_assert(offsetof(environment_t, executor) == 8, "the inspector's Environment.executor");

static settlement_t *make_settlement(environment_t *environment) {
  settlement_t *settlement = environment->free_settlements;
  if (settlement) {
    environment->free_settlements = settlement->next;
    environment->free_settlement_count--;
  } else {
    settlement = malloc(sizeof *settlement);
    if (!settlement)
      return NULL;
  }
  *settlement = (settlement_t){environment, NULL, NULL, NULL, NULL, NULL, NULL};
  return settlement;
}

static void free_settlement(settlement_t *settlement) {
  environment_t *environment = settlement->environment;
  if (!environment->is_open || environment->free_settlement_count >= FREE_SETTLEMENTS_MAX) {
    free(settlement);
    return;
  }
  settlement->next = environment->free_settlements;
  environment->free_settlements = settlement;
  environment->free_settlement_count++;
}

void tenon__node_settlements_end(environment_t *environment) {
  while (environment->free_settlements)
    free(make_settlement(environment));
}

static void forget_future(cancel_cell_t *cell) {
  if (cell->future)
    tenon_future_release(cell->future);
  cell->future = NULL;
}

static void release_cell(cancel_cell_t *cell) {
  if (--cell->references > 0)
    return;
  forget_future(cell);
  free(cell);
}

static void finalize_cancel_cell(napi_env env, void *data, void *hint) {
  (void)env;
  release_cell(data);
  tenon__node_release(hint);
}

napi_value tenon__node_native_cancel(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  cancel_cell_t *cell = tenon__node_get_cell(env, info, 2, arguments);
  tenon_error_t *reason = NULL;
  napi_valuetype type;
  if (!cell || !cell->future)
    return NULL;
  // A signal of somebody else's may have no reason.
  if (napi_typeof(env, arguments[1], &type) != napi_ok || type == napi_undefined ||
      tenon_node_error_from(env, arguments[1], &reason) != TENON_STATUS_OK)
    reason = NULL;
  // Held, as callbacks run in here.
  tenon_future_t *future = cell->future;
  if (tenon_future_retain(future) == TENON_STATUS_OK) {
    tenon_future_cancel_with(future, reason);
    tenon_future_release(future);
  }
  if (reason)
    tenon_error_release(reason);
  return NULL;
}

/** Stops listening. The references may be given back also when the environment is closing. */
static void end_watch(settlement_t *settlement) {
  environment_t *environment = settlement->environment;
  napi_env env = environment->env;
  napi_value function, undefined;
  if (!settlement->cell)
    return;
  forget_future(settlement->cell);
  release_cell(settlement->cell);
  if (!settlement->unwatch)
    return;
  if (environment->is_open &&
      napi_get_reference_value(env, settlement->unwatch, &function) == napi_ok && function &&
      napi_get_undefined(env, &undefined) == napi_ok &&
      napi_call_function(env, undefined, function, 0, NULL, NULL) != napi_ok)
    tenon__node_clear_exception(environment);
  napi_delete_reference(env, settlement->unwatch);
}

static void deliver(settlement_t *settlement, tenon_status_t status, tenon_future_t *future) {
  environment_t *environment = settlement->environment;
  napi_value js;
  tenon_value_t value;
  tenon_error_t *error = NULL;
  if (status == TENON_STATUS_OK) {
    status = tenon_future_take(future, &value);
    if (status == TENON_STATUS_OK) {
      const form_t *form = settlement->form;
      status = form ? form->write(form, environment->env, &value, &js)
                    : tenon__node_write(environment, &value, &js);
      if (status == TENON_STATUS_OK) {
        // What it is resolved with may have a `then` that throws. The promise is rejected then.
        if (napi_resolve_deferred(environment->env, settlement->deferred, js) != napi_ok)
          tenon__node_clear_exception(environment);
        return;
      }
      tenon_value_drop(&value);
      bool is_thrown = false;
      if (napi_is_exception_pending(environment->env, &is_thrown) == napi_ok && is_thrown &&
          napi_get_and_clear_last_exception(environment->env, &js) == napi_ok) {
        napi_reject_deferred(environment->env, settlement->deferred, js);
        return;
      }
    }
    if (tenon_error_create("tenon", status, tenon_status_string(status), NULL, &error) !=
        TENON_STATUS_OK)
      return;
  } else if (tenon_future_copy_error(future, &error) != TENON_STATUS_OK) {
    return;
  }
  tenon__node_reject(environment, settlement->deferred, error);
  tenon_error_release(error);
}

static void settle(void *context, tenon_status_t status, tenon_future_t *future) {
  settlement_t *settlement = context;
  environment_t *environment = settlement->environment;
  turn_t turn;
  --*settlement->count;
  // Without a future the executor is closing, and so is the environment.
  if (future && tenon__node_enter(environment, NULL, &turn)) {
    end_watch(settlement);
    deliver(settlement, status, future);
    tenon__node_leave(environment, &turn);
  } else {
    end_watch(settlement);
  }
  tenon__node_update_alive(environment);
  free_settlement(settlement);
}

/** A cell with one reference of the caller's and one of JavaScript's; NULL: there is none. */
static cancel_cell_t *make_cell(environment_t *environment, tenon_future_t *future,
                                napi_value *js_out) {
  cancel_cell_t *cell = calloc(1, sizeof *cell);
  if (!cell)
    return NULL;
  if (!tenon__node_make_cell(environment, cell, finalize_cancel_cell, js_out)) {
    free(cell);
    return NULL;
  }
  tenon__node_retain(environment);
  cell->references = 2;
  if (tenon_future_retain(future) == TENON_STATUS_OK)
    cell->future = future;
  return cell;
}

napi_value tenon__node_make_cancel_cell(environment_t *environment, tenon_future_t *future) {
  napi_value js;
  cancel_cell_t *cell = make_cell(environment, future, &js);
  if (!cell)
    return NULL;
  release_cell(cell);
  return js;
}

/** Listens to a signal. False: with a status, and an exception pending if it is no signal. */
static tenon_status_t watch(settlement_t *settlement, tenon_future_t *future, napi_value signal) {
  environment_t *environment = settlement->environment;
  napi_env env = environment->env;
  napi_value arguments[2] = {signal, NULL}, unwatch;
  settlement->cell = make_cell(environment, future, &arguments[1]);
  if (!settlement->cell)
    return TENON_STATUS_NO_RESOURCES;
  if (!tenon__node_help(environment, HELPER_WATCH, 2, arguments, &unwatch))
    return TENON_STATUS_UNSUPPORTED;
  return napi_create_reference(env, unwatch, 1, &settlement->unwatch) == napi_ok
             ? TENON_STATUS_OK
             : TENON_STATUS_NO_RESOURCES;
}

static bool is_nothing(napi_env env, napi_value js) {
  napi_valuetype type;
  return !js || napi_typeof(env, js, &type) != napi_ok || type == napi_undefined ||
         type == napi_null;
}

tenon_status_t tenon_node_future_to(napi_env env, tenon_future_t *future, napi_value signal,
                                    napi_value *promise_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  return promise_out
             ? tenon__node_settle_later(environment, future, signal, false, NULL, promise_out)
             : TENON_STATUS_INVALID;
}

tenon_status_t tenon__node_settle_later(environment_t *environment, tenon_future_t *future,
                                        napi_value signal, bool is_idle, const form_t *form,
                                        napi_value *promise_out) {
  napi_env env = environment->env;
  settlement_t *settlement = make_settlement(environment);
  if (!settlement)
    return TENON_STATUS_NO_RESOURCES;
  settlement->form = form;
  settlement->count = is_idle ? &environment->idle : &environment->waiting;
  tenon_status_t status = TENON_STATUS_OK;
  if (!is_nothing(env, signal))
    status = watch(settlement, future, signal);
  napi_value promise, undefined;
  if (status == TENON_STATUS_OK &&
      napi_create_promise(env, &settlement->deferred, &promise) != napi_ok)
    status = TENON_STATUS_NO_RESOURCES;
  if (status == TENON_STATUS_OK) {
    status = tenon_future_on_complete(future, environment->executor, settle, settlement, NULL);
    if (status == TENON_STATUS_OK) {
      ++*settlement->count;
      tenon__node_note_future(environment, future);
      tenon__node_update_alive(environment);
      *promise_out = promise;
      return TENON_STATUS_OK;
    }
    napi_get_undefined(env, &undefined);
    napi_resolve_deferred(env, settlement->deferred, undefined); // nobody has it
  }
  napi_value exception = NULL;
  if (status == TENON_STATUS_UNSUPPORTED)
    napi_get_and_clear_last_exception(env, &exception);
  end_watch(settlement);
  free_settlement(settlement);
  if (exception)
    napi_throw(env, exception);
  return status;
}
