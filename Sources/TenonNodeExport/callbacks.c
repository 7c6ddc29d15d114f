/*
 * Calls of closures and protocols that JavaScript implements.
 *
 * Swift has a context: see callback_context.c. Calls are made on the environment's
 * thread: those that come from others are posted there, with a copy of their arguments; who has to have
 * an answer waits.
 */
#include "callback_context.h"

#include "../TenonNodeLoop/adoption.h"
#include "../TenonNodeLoop/context.h"
#include "../TenonNodeLoop/error.h"

#include <stdio.h>

typedef enum style { STYLE_SEND, STYLE_START, STYLE_ASK } style_t;

/** One call, on the environment's thread. */
typedef struct asking {
  context_t *context;
  const tenon_node_function_type_t *type;
  const void *const *arguments;
  style_t style;
  tenon_promise_t *promise;  /**< of STYLE_START */
  void *result_out;          /**< of STYLE_ASK */
  tenon_error_t **error_out; /**< of STYLE_ASK; or NULL */
  tenon_status_t status;     /**< of STYLE_ASK */
} asking_t;

/* MARK: Calling */

/** Nobody waits for what was thrown. */
static void report(napi_env env) {
  napi_value exception;
  bool is_pending = false;
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending &&
      napi_get_and_clear_last_exception(env, &exception) == napi_ok)
    napi_fatal_exception(env, exception);
}

static bool invoke(context_t *context, const tenon_node_function_type_t *type, size_t count,
                   napi_value *all, napi_value *result_out) {
  environment_t *environment = context->environment;
  napi_env env = context->env;
  napi_value self, callee, undefined;
  if (!tenon__node_object_read(environment, context->object, &self))
    return false;
  if (type->access == TENON_NODE_ACCESS_GET)
    return napi_get_named_property(env, self, type->name, result_out) == napi_ok;
  if (type->access == TENON_NODE_ACCESS_SET)
    return napi_set_named_property(env, self, type->name, all[2]) == napi_ok &&
           napi_get_undefined(env, result_out) == napi_ok;
  if (context->callback->is_table)
    return napi_get_named_property(env, self, type->name, &callee) == napi_ok &&
           tenon__node_bind_context(environment, &callee) &&
           napi_call_function(env, self, callee, count, all + 2, result_out) == napi_ok;
  if (!tenon__node_bind_context(environment, &self))
    return false;
  all[1] = self;
  if (context->object->frame)
    return napi_get_reference_value(env, context->object->frame, &all[0]) == napi_ok &&
           tenon__node_help(environment, HELPER_CALL_IN_FRAME, count + 2, all, result_out);
  return napi_get_undefined(env, &undefined) == napi_ok &&
         napi_call_function(env, undefined, self, count, all + 2, result_out) == napi_ok;
}

static void answer(asking_t *asking, napi_value js) {
  context_t *context = asking->context;
  const tenon_node_type_t *result = asking->type->result;
  char name[160];
  path_t path = {NULL, name, 0};
  memory_t memory;
  reading_t reading = {context->instance, &memory, NULL};
  snprintf(name, sizeof name, "result of %s", asking->type->name);
  tenon_node_memory_init(&memory);
  bool is_scalar = result->kind <= TENON_NODE_TYPE_DOUBLE ||
                   result->kind == TENON_NODE_TYPE_DURATION ||
                   result->kind == TENON_NODE_TYPE_DATE || result->kind == TENON_NODE_TYPE_UUID ||
                   result->kind == TENON_NODE_TYPE_ENUMERATION;
  bool is_read = is_scalar ? tenon_node_read(&reading, result, js, &path, asking->result_out)
                           : tenon_node_read_value(&reading, result, js, &path, asking->result_out);
  tenon_node_memory_end(&memory);
  asking->status = is_read ? TENON_STATUS_OK : TENON_STATUS_REJECTED;
}

static void fail(asking_t *asking) {
  environment_t *environment = asking->context->environment;
  tenon_error_t *error;
  switch (asking->style) {
  case STYLE_SEND:
    report(environment->env);
    break;
  case STYLE_START:
    error = tenon__node_take_exception(environment);
    if (error) {
      tenon_promise_reject(asking->promise, error);
      tenon_error_release(error);
    } else {
      tenon_promise_release(asking->promise);
    }
    break;
  case STYLE_ASK:
    asking->status = TENON_STATUS_REJECTED;
    if (asking->error_out)
      *asking->error_out = tenon__node_take_exception(environment);
    else
      report(environment->env);
    break;
  }
}

static void make_call(asking_t *asking) {
  context_t *context = asking->context;
  environment_t *environment = context->environment;
  napi_env env = context->env;
  const tenon_node_function_type_t *type = asking->type;
  napi_value all[TENON_NODE_PARAMETERS_MAX + 3], result, pair, abort = NULL;
  napi_valuetype kind;
  size_t count = type->count;
  bool is_made = true;
  for (size_t index = 0; is_made && index < count; index++)
    is_made = tenon_node_write(context->instance, type->parameters[index], asking->arguments[index],
                               &all[index + 2]);
  if (is_made && asking->style == STYLE_START) {
    is_made = tenon__node_help(environment, HELPER_MAKE_SIGNAL, 0, NULL, &pair) &&
              napi_get_element(env, pair, 0, &all[count + 2]) == napi_ok &&
              napi_get_element(env, pair, 1, &abort) == napi_ok;
    count++;
  }
  if (!is_made || !invoke(context, type, count, all, &result)) {
    fail(asking);
    return;
  }
  const form_t *form;
  switch (asking->style) {
  case STYLE_SEND:
    break;
  case STYLE_START:
    form = tenon_node_form(context->instance, type->result);
    if (napi_typeof(env, result, &kind) == napi_ok &&
        (kind == napi_object || kind == napi_function))
      tenon__node_adopt(environment, result, asking->promise, abort, form);
    else
      tenon__node_resolve(environment, asking->promise, result, form);
    break;
  case STYLE_ASK:
    answer(asking, result);
    if (asking->status != TENON_STATUS_OK)
      fail(asking);
    break;
  }
}

/** On the environment's thread, or when it takes no more. */
static void run(asking_t *asking) {
  context_t *context = asking->context;
  turn_t turn;
  bool is_here = tenon__node_find(context->env) != NULL;
  asking->status = TENON_STATUS_CLOSED;
  if (is_here && asking->style == STYLE_START && tenon_promise_is_cancelled(asking->promise)) {
    tenon_promise_cancel(asking->promise);
  } else if (is_here && tenon__node_enter(context->environment, context->object->context, &turn)) {
    make_call(asking);
    tenon__node_leave(context->environment, &turn);
  } else if (asking->style == STYLE_START) {
    tenon_promise_cancel(asking->promise);
  }
}

/* MARK: From other threads */

/** A call on its way, with its arguments. */
typedef struct parcel {
  asking_t asking;
  const void *arguments[TENON_NODE_PARAMETERS_MAX];
  memory_t memory;
  carried_t *carried;
} parcel_t;

/** Where a copy of an optional number goes that is given by its address: the type is that of the number. */
static bool pack(parcel_t *parcel, const asking_t *asking) {
  const tenon_node_function_type_t *type = asking->type;
  parcel->asking = *asking;
  parcel->asking.arguments = parcel->arguments;
  tenon_node_memory_init(&parcel->memory);
  for (uint32_t index = 0; index < type->count; index++) {
    const tenon_node_type_t *of = type->parameters[index];
    parcel->arguments[index] = NULL;
    if (!asking->arguments[index])
      continue;
    void *copy = tenon_node_memory_take(&parcel->memory, of->size + 1);
    if (!copy || !tenon_node_copy(&parcel->memory, of, asking->arguments[index], copy))
      return false;
    parcel->arguments[index] = copy;
  }
  return true;
}

static void end_parcel(parcel_t *parcel) {
  for (uint32_t index = 0; index < parcel->asking.type->count; index++)
    tenon_node_copy_end(parcel->asking.type->parameters[index], parcel->arguments[index]);
  tenon_node_memory_end(&parcel->memory);
  tenon_node_callback_end(parcel->asking.context);
  free(parcel);
}

static void run_asking(void *argument) { run(argument); }

static void run_parcel(void *context, tenon_status_t status) {
  parcel_t *parcel = context;
  (void)status;
  tenon__node_run_carried(parcel->carried, run_asking, &parcel->asking);
  end_parcel(parcel);
}

static void post(const asking_t *asking) {
  parcel_t *parcel = malloc(sizeof *parcel);
  context_t *context = tenon_node_context_copy(asking->context);
  if (parcel && context && pack(parcel, asking)) {
    parcel->asking.context = context;
    parcel->carried = tenon__node_carry();
    if (tenon_executor_post(context->environment->executor, run_parcel, parcel) == TENON_STATUS_OK)
      return;
    free(parcel->carried);
    parcel->asking.style = STYLE_SEND;
    end_parcel(parcel);
  } else {
    free(parcel);
    if (context)
      tenon_node_callback_end(context);
  }
  if (asking->promise)
    tenon_promise_cancel(asking->promise);
}

/** Somebody on another thread who waits. */
typedef struct waiter {
  asking_t *asking;
  carried_t *carried;
  pthread_mutex_t mutex;
  pthread_cond_t told;
  bool is_told;
} waiter_t;

static void run_for_waiter(void *context, tenon_status_t status) {
  waiter_t *waiter = context;
  (void)status;
  tenon__node_run_carried(waiter->carried, run_asking, waiter->asking);
  pthread_mutex_lock(&waiter->mutex);
  waiter->is_told = true;
  pthread_cond_signal(&waiter->told);
  pthread_mutex_unlock(&waiter->mutex);
}

static void ask_elsewhere(asking_t *asking) {
  waiter_t waiter = {asking, tenon__node_carry(), PTHREAD_MUTEX_INITIALIZER,
                     PTHREAD_COND_INITIALIZER, false};
  asking->status = TENON_STATUS_CLOSED;
  if (tenon_executor_post(asking->context->environment->executor, run_for_waiter, &waiter) !=
      TENON_STATUS_OK) {
    free(waiter.carried);
    return;
  }
  pthread_mutex_lock(&waiter.mutex);
  while (!waiter.is_told)
    pthread_cond_wait(&waiter.told, &waiter.mutex);
  pthread_mutex_unlock(&waiter.mutex);
}

/* MARK: What Swift calls */

void tenon_node_callback_send(void *context, const tenon_node_function_type_t *type,
                              const void *const *arguments) {
  asking_t asking = {context, type, arguments, STYLE_SEND, NULL, NULL, NULL, TENON_STATUS_OK};
  if (tenon__node_find(asking.context->env))
    run(&asking);
  else
    post(&asking);
}

void tenon_node_callback_start(void *context, const tenon_node_function_type_t *type,
                               const void *const *arguments, tenon_promise_t *promise) {
  asking_t asking = {context, type, arguments, STYLE_START, promise, NULL, NULL, TENON_STATUS_OK};
  if (tenon__node_find(asking.context->env))
    run(&asking);
  else
    post(&asking);
}

tenon_status_t tenon_node_callback_ask(void *context, const tenon_node_function_type_t *type,
                                       const void *const *arguments, void *result_out,
                                       tenon_error_t **error_out) {
  asking_t asking = {context, type,       arguments, STYLE_ASK,
                     NULL,    result_out, error_out, TENON_STATUS_OK};
  if (tenon__node_find(asking.context->env))
    run(&asking);
  else
    ask_elsewhere(&asking);
  return asking.status;
}
