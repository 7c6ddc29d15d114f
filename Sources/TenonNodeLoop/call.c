/*
 * Implements the functions of <tenon/node.h>: calls of JavaScript's, from any thread.
 *
 * A call is a job on the environment's executor, whoever makes it: JavaScript is never entered from
 * within something else.
 */
#include "adoption.h"
#include "context.h"
#include "error.h"
#include "object.h"
#include "value.h"

#include <stdlib.h>

typedef struct call {
  object_t *function;
  tenon_promise_t *promise; /**< NULL: nobody wants to know */
  carried_t *carried;       /**< what the call carries */
  uint32_t flags;
  size_t count;
  tenon_value_t arguments[];
} call_t;

static void free_call(call_t *call) {
  for (size_t index = 0; index < call->count; index++)
    tenon_value_drop(&call->arguments[index]);
  tenon__node_object_release(call->function);
  free(call);
}

static void reject(tenon_promise_t *promise, tenon_error_t *error) {
  if (error) {
    tenon_promise_reject(promise, error);
    tenon_error_release(error);
  } else {
    tenon_promise_release(promise);
  }
}

static void reject_with_status(tenon_promise_t *promise, tenon_status_t status) {
  tenon_error_t *error;
  if (tenon_error_create("tenon", status, tenon_status_string(status), NULL, &error) !=
      TENON_STATUS_OK)
    error = NULL;
  reject(promise, error);
}

/** The function threw, or what it was to be called with has no form. */
static void fail(environment_t *environment, call_t *call) {
  if (call->promise) {
    reject(call->promise, tenon__node_take_exception(environment));
    call->promise = NULL;
    return;
  }
  napi_value exception;
  bool is_pending = false;
  if (napi_is_exception_pending(environment->env, &is_pending) == napi_ok && is_pending &&
      napi_get_and_clear_last_exception(environment->env, &exception) == napi_ok)
    napi_fatal_exception(environment->env, exception);
}

/** Makes the arguments; the last is `{ signal }`, if that is wanted. */
static bool write_arguments(environment_t *environment, call_t *call, napi_value *arguments,
                            napi_value *abort_out) {
  napi_env env = environment->env;
  for (size_t index = 0; index < call->count; index++) {
    if (tenon_node_value_to(env, &call->arguments[index], &arguments[index]) != TENON_STATUS_OK) {
      napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE",
                            "An argument of this call has no form in JavaScript");
      return false;
    }
  }
  napi_value pair;
  if (!(call->flags & TENON_NODE_CALL_SIGNAL))
    return true;
  return tenon__node_help(environment, HELPER_MAKE_SIGNAL, 0, NULL, &pair) &&
         napi_get_element(env, pair, 0, &arguments[call->count]) == napi_ok &&
         napi_get_element(env, pair, 1, abort_out) == napi_ok;
}

/** Calls it: by itself, or in its frame. `all` are the frame and the function, and the arguments then. */
static bool enter_function(environment_t *environment, call_t *call, size_t count, napi_value *all,
                           napi_value *result_out) {
  napi_env env = environment->env;
  napi_value undefined;
  napi_valuetype type;
  if (!tenon__node_object_read(environment, call->function, &all[1]) ||
      napi_typeof(env, all[1], &type) != napi_ok)
    return false;
  if (type != napi_function) {
    tenon__node_throw_type_error(environment, "%s is not a function", all[1]);
    return false;
  }
  if (!tenon__node_bind_context(environment, &all[1]))
    return false;
  if (call->function->frame)
    return napi_get_reference_value(env, call->function->frame, &all[0]) == napi_ok &&
           tenon__node_help(environment, HELPER_CALL_IN_FRAME, count + 2, all, result_out);
  return napi_get_undefined(env, &undefined) == napi_ok &&
         napi_call_function(env, undefined, all[1], count, all + 2, result_out) == napi_ok;
}

static void make_call(environment_t *environment, call_t *call) {
  napi_env env = environment->env;
  size_t count = call->count + ((call->flags & TENON_NODE_CALL_SIGNAL) ? 1 : 0);
  napi_value few[10], result, abort = NULL;
  napi_value *all = few;
  if (count + 2 > sizeof few / sizeof *few)
    all = malloc((count + 2) * sizeof *all);
  napi_valuetype type;
  if (all && write_arguments(environment, call, all + 2, &abort) &&
      enter_function(environment, call, count, all, &result)) {
    if (!call->promise) {
    } else if (napi_typeof(env, result, &type) == napi_ok &&
               (type == napi_object || type == napi_function)) {
      tenon__node_adopt(environment, result, call->promise, abort, NULL);
    } else {
      tenon__node_resolve(environment, call->promise, result, NULL);
    }
    call->promise = NULL;
  } else {
    fail(environment, call);
  }
  if (all != few)
    free(all);
}

static void make_carried_call(void *argument) {
  call_t *call = argument;
  make_call(call->function->environment, call);
}

static void run_call(void *context, tenon_status_t status) {
  call_t *call = context;
  environment_t *environment = call->function->environment;
  carried_t *carried = call->carried;
  turn_t turn;
  call->carried = NULL;
  if (call->promise && tenon_promise_is_cancelled(call->promise)) {
    tenon_promise_cancel(call->promise); // before its turn
    call->promise = NULL;
  } else if (status == TENON_STATUS_OK &&
             tenon__node_enter(environment, call->function->context, &turn)) {
    tenon__node_run_carried(carried, make_carried_call, call);
    tenon__node_leave(environment, &turn);
    carried = NULL;
  }
  free(carried);
  if (call->promise)
    reject_with_status(call->promise, TENON_STATUS_CLOSED);
  free_call(call);
}

tenon_status_t tenon_node_call(const tenon_value_t *function, uint32_t flags,
                               tenon_value_t *arguments, size_t count,
                               tenon_future_t **future_out) {
  object_t *object = tenon__node_object_in(function);
  bool is_notice = (flags & TENON_NODE_CALL_NOTIFY) != 0;
  if (!object || (count > 0 && !arguments) || count > 0xFFFF || is_notice != !future_out ||
      (flags & ~(TENON_NODE_CALL_NOTIFY | TENON_NODE_CALL_SIGNAL)) != 0)
    return TENON_STATUS_INVALID;
  environment_t *environment = object->environment;
  call_t *call = malloc(sizeof *call + count * sizeof *arguments);
  if (!call)
    return TENON_STATUS_NO_RESOURCES;
  call->flags = flags;
  call->promise = NULL;
  call->function = object;
  call->count = count;
  tenon_status_t status = TENON_STATUS_OK;
  tenon_future_t *future = NULL;
  if (!is_notice)
    status = tenon_promise_create(NULL, &call->promise, &future);
  if (status != TENON_STATUS_OK) {
    free(call);
    return status;
  }
  // Whole before it is posted: it may run, and be freed, before this goes on.
  for (size_t index = 0; index < count; index++)
    call->arguments[index] = arguments[index];
  tenon__node_object_retain(object);
  call->carried = tenon__node_carry();
  status = tenon_executor_post(environment->executor, run_call, call);
  if (status != TENON_STATUS_OK) {
    tenon__node_object_release(object);
    free(call->carried);
    if (call->promise)
      tenon_promise_release(call->promise);
    if (future)
      tenon_future_release(future);
    free(call);
    return status == TENON_STATUS_STALE ? TENON_STATUS_CLOSED : status;
  }
  for (size_t index = 0; index < count; index++)
    arguments[index] = tenon_value_none();
  if (future_out)
    *future_out = future;
  return TENON_STATUS_OK;
}
