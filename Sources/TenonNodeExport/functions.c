/*
 * Calls: what C is given, and what JavaScript gets.
 */
#include "instance.h"

#include "../TenonNodeLoop/error.h"
#include "../TenonNodeLoop/settlement.h"
#include "../TenonNodeLoop/stream.h"

#include <stdio.h>

/** Nothing was taken, or all of it. */
static void end_call(tenon_node_call_t *call, bool is_taken) {
  for (size_t index = 0; !is_taken && index < call->lent.context_count; index++)
    tenon_node_callback_end(call->lent.contexts[index]);
  for (size_t index = 0; !is_taken && index < call->lent.stream_count; index++)
    tenon_stream_release(call->lent.streams[index]);
  tenon_node_memory_end(&call->memory);
}

/* MARK: Arguments */

static bool is_signal(napi_env env, napi_value js) {
  napi_value property;
  napi_valuetype type = napi_undefined;
  return napi_get_named_property(env, js, "aborted", &property) == napi_ok &&
         napi_typeof(env, property, &type) == napi_ok && type == napi_boolean &&
         napi_get_named_property(env, js, "addEventListener", &property) == napi_ok &&
         napi_typeof(env, property, &type) == napi_ok && type == napi_function;
}

/** The object after the arguments; false: with an exception pending. */
static bool read_options(tenon_node_call_t *call, napi_value options) {
  static const path_t path = {NULL, "options", 0};
  static const path_t signal_path = {&path, "signal", 0};
  napi_env env = call->env;
  napi_valuetype type = napi_undefined;
  uint32_t count;
  napi_typeof(env, options, &type);
  // A signal in the place of the options would not be listened to.
  if (type != napi_object || is_signal(env, options) ||
      tenon_node_array_get_count(env, options, &count) != TENON_STATUS_INVALID)
    return tenon_node_refuse(call->instance, &path, "an object, { signal } and the like", options);
  if (call->function->is_async) {
    if (napi_get_named_property(env, options, "signal", &call->signal) != napi_ok)
      return false;
    if (tenon_node_is_nothing(env, call->signal))
      call->signal = NULL;
    else if (!is_signal(env, call->signal))
      return tenon_node_refuse(call->instance, &signal_path, "an AbortSignal", call->signal);
  }
  return true;
}

static bool refuse_count(tenon_node_call_t *call, size_t count, size_t most) {
  char message[200];
  snprintf(message, sizeof message, "%s() takes at most %zu arguments. Received %zu",
           call->function->name, most, count);
  napi_throw_type_error(call->env, "ERR_INVALID_ARG_VALUE", message);
  return false;
}

/** C's parameter for text ends with the first one. */
static bool has_nul(const tenon_node_type_t *type, const void *slot) {
  tenon_string_t text;
  if (type->kind == TENON_NODE_TYPE_OPTIONAL)
    type = type->of;
  if (type->kind != TENON_NODE_TYPE_STRING)
    return false;
  memcpy(&text, slot, sizeof text);
  return text.data && memchr(text.data, 0, text.size) != NULL;
}

static bool read_arguments(tenon_node_call_t *call, size_t count, napi_value *arguments) {
  static const path_t options_path = {NULL, "options", 0};
  const tenon_node_function_t *function = call->function;
  reading_t reading = {call->instance, &call->memory, &call->lent};
  napi_env env = call->env;
  napi_value options = NULL;
  size_t positions = 0, next = 0;
  bool has_options = function->is_async;
  for (uint32_t index = 0; index < function->count; index++) {
    positions += !function->parameters[index].is_option;
    has_options |= function->parameters[index].is_option;
  }
  if (count > positions + has_options)
    return refuse_count(call, count, positions + has_options);
  if (has_options && count > positions && !tenon_node_is_nothing(env, arguments[positions])) {
    options = arguments[positions];
    if (!read_options(call, options))
      return false;
  }
  if (function->options_size > 0) {
    call->options = tenon_node_memory_take(&call->memory, function->options_size);
    if (!call->options)
      return tenon_node_throw_status(env, TENON_STATUS_NO_RESOURCES);
    size_t size = function->options_size;
    memcpy(call->options, &size, sizeof size);
  }
  for (uint32_t index = 0; index < function->count; index++) {
    const tenon_node_parameter_t *parameter = &function->parameters[index];
    path_t path = {parameter->is_option ? &options_path : NULL, parameter->name, 0};
    napi_value js = NULL;
    void *slot = parameter->offset >= 0
                     ? (char *)call->options + parameter->offset
                     : tenon_node_memory_take(&call->memory, parameter->type->size);
    call->slots[index] = slot;
    if (!slot)
      return tenon_node_throw_status(env, TENON_STATUS_NO_RESOURCES);
    if (!parameter->is_option) {
      js = arguments[next++]; // what is missing is undefined
    } else {
      if (options && napi_get_named_property(env, options, parameter->name, &js) != napi_ok)
        return false;
      if (tenon_node_is_nothing(env, js))
        continue; // zero is the default
    }
    if (!tenon_node_read(&reading, parameter->type, js, &path, slot))
      return false;
    if (parameter->offset < 0 && has_nul(parameter->type, slot))
      return tenon_node_refuse(call->instance, &path, "a string without NUL", js);
  }
  return true;
}

/** A call once more, in what JavaScript says that it carries. */
typedef struct again {
  tenon_node_call_t *call;
  napi_callback_info info;
} again_t;

static void call_again(void *argument) {
  again_t *again = argument;
  tenon_node_call_t *call = again->call;
  call->instance->is_in_context = true;
  call->result = call->function->call(call->env, again->info);
  call->instance->is_in_context = false;
}

static bool call_in_context(tenon_node_call_t *call, napi_callback_info info) {
  again_t again = {call, info};
  tenon_status_t status = tenon_node_context_run(call->env, call_again, &again);
  if (status != TENON_STATUS_OK && status != TENON_STATUS_UNSUPPORTED)
    tenon_node_throw_status(call->env, status);
  return false;
}

bool tenon_node_call_begin(tenon_node_call_t *call, napi_env env, napi_callback_info info,
                           const tenon_node_function_t *function) {
  napi_value arguments[TENON_NODE_PARAMETERS_MAX + 2];
  size_t count = TENON_NODE_PARAMETERS_MAX + 2;
  void *data;
  call->result = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, &call->js_self, &data) != napi_ok)
    return false;
  call->env = env;
  call->instance = ((bound_t *)data)->instance;
  if (function->is_async && !call->instance->is_in_context &&
      tenon_node_trace(env, info, function->name, function->result->kind != TENON_NODE_TYPE_STREAM,
                       function->call, data, &call->result))
    return false;
  call->function = function;
  call->executor = call->instance->executor;
  call->self = NULL;
  if (call->instance->environment->has_contexts && !call->instance->is_in_context)
    return call_in_context(call, info);
  call->instance->is_in_context = false;
  call->signal = NULL;
  call->options = NULL;
  call->lent.context_count = call->lent.stream_count = 0;
  tenon_node_memory_init(&call->memory);
  if (function->self && function->kind != TENON_NODE_STATIC &&
      function->kind != TENON_NODE_STATIC_GETTER && function->kind != TENON_NODE_CONSTRUCTOR) {
    static const path_t path = {NULL, "this", 0};
    char expected[160];
    call->self = tenon_node_unwrap(call->instance, function->self, call->js_self);
    snprintf(expected, sizeof expected, "an instance of %s that has not been let go of",
             function->self->name);
    if (!call->self)
      return tenon_node_refuse(call->instance, &path, expected, call->js_self);
  }
  if (read_arguments(call, count, arguments))
    return true;
  end_call(call, false);
  return false;
}

/* MARK: Results */

/** Ends a call that failed. */
static napi_value fail(tenon_node_call_t *call, tenon_status_t status, tenon_error_t *error) {
  environment_t *environment = tenon__node_find(call->env);
  end_call(call, false);
  if (error && environment)
    tenon__node_throw(environment, error);
  else
    tenon_node_throw_status(call->env, status);
  if (error)
    tenon_error_release(error);
  return NULL;
}

napi_value tenon_node_call_future(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_future_t *future) {
  environment_t *environment = tenon__node_find(call->env);
  napi_value promise = NULL;
  if (status != TENON_STATUS_OK)
    return fail(call, status, NULL);
  end_call(call, true);
  status = environment
               ? tenon__node_settle_later(environment, future, call->signal, false,
                                          tenon_node_form(call->instance, call->function->result),
                                          &promise)
               : TENON_STATUS_CLOSED;
  tenon_future_release(future);
  if (status != TENON_STATUS_OK)
    tenon_node_throw_status(call->env, status);
  return promise;
}

napi_value tenon_node_call_stream(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_stream_t *stream) {
  environment_t *environment = tenon__node_find(call->env);
  napi_value iterator = NULL;
  if (status != TENON_STATUS_OK)
    return fail(call, status, NULL);
  end_call(call, true);
  const tenon_node_type_t *item = call->function->result->of;
  status = environment ? tenon__node_stream_write(environment, stream, call->signal,
                                                  tenon_node_form(call->instance, item), &iterator)
                       : TENON_STATUS_CLOSED;
  if (status == TENON_STATUS_OK)
    return iterator;
  tenon_stream_release(stream);
  tenon_node_throw_status(call->env, status);
  return NULL;
}

napi_value tenon_node_call_result(tenon_node_call_t *call, tenon_status_t status,
                                  const void *result, tenon_error_t *error) {
  napi_value js = NULL;
  if (status != TENON_STATUS_OK)
    return fail(call, status, error);
  end_call(call, true);
  if (!result || call->function->result->kind == TENON_NODE_TYPE_VOID)
    napi_get_undefined(call->env, &js);
  else if (!tenon_node_write(call->instance, call->function->result, result, &js))
    tenon_node_throw_status(call->env, TENON_STATUS_UNSUPPORTED);
  return js;
}

napi_value tenon_node_call_value(tenon_node_call_t *call, tenon_status_t status,
                                 tenon_value_t *value, tenon_error_t *error) {
  napi_value js = NULL;
  if (status != TENON_STATUS_OK)
    return fail(call, status, error);
  end_call(call, true);
  if (!tenon_node_write_value(call->instance, call->function->result, value, &js))
    tenon_node_throw_status(call->env, TENON_STATUS_UNSUPPORTED);
  tenon_value_drop(value);
  return js;
}
