/*
 * Implements the streams of <tenon/node.h>: what the prelude's StreamIterator and pump() call.
 */
#include "stream.h"

#include "error.h"
#include "settlement.h"
#include "value.h"

#include <stdlib.h>

/** How many items cross at once. */
#define BATCH 64

/* MARK: A stream becomes an async iterator */

/** Held by the iterator alone. */
typedef struct reader {
  tenon_stream_t *stream;
  tenon_future_t *end;
  const form_t *form; /**< NULL: any values */
} reader_t;

/** The writer has ended, or the environment does. */
static void on_writer_ended(void *context, tenon_status_t status, tenon_future_t *end) {
  environment_t *environment = context;
  (void)status, (void)end;
  environment->idle--;
  tenon__node_update_alive(environment);
  tenon__node_release(environment);
}

/** Until its writer has ended a stream is one that nobody reads, but while somebody waits for it. */
static void count_stream(environment_t *environment, tenon_future_t *end) {
  tenon__node_retain(environment);
  environment->idle++;
  if (tenon_future_on_complete(end, environment->executor, on_writer_ended, environment, NULL) !=
      TENON_STATUS_OK)
    on_writer_ended(environment, TENON_STATUS_CLOSED, NULL);
  else
    tenon__node_update_alive(environment);
}

static void finalize_reader(napi_env env, void *data, void *hint) {
  reader_t *reader = data;
  (void)env, (void)hint;
  tenon_stream_release(reader->stream);
  tenon_future_release(reader->end);
  free(reader);
}

static napi_value undefined_in(napi_env env) {
  napi_value undefined = NULL;
  napi_get_undefined(env, &undefined);
  return undefined;
}

/** An array of the items. One that has no form in JavaScript throws; the rest is dropped. */
static napi_value write_items(environment_t *environment, const form_t *form, tenon_value_t *values,
                              size_t count) {
  napi_value items[BATCH], array;
  size_t made = 0;
  while (made < count &&
         (form ? form->write(form, environment->env, &values[made], &items[made])
               : tenon__node_write(environment, &values[made], &items[made])) == TENON_STATUS_OK)
    made++;
  // A call with many arguments is several times as fast as an array that is filled from here.
  if (made == count && tenon__node_help(environment, HELPER_MAKE_ARRAY, count, items, &array))
    return array;
  for (size_t index = made; index < count; index++)
    tenon_value_drop(&values[index]);
  bool is_thrown = false;
  if (napi_is_exception_pending(environment->env, &is_thrown) == napi_ok && is_thrown)
    return NULL;
  napi_throw_type_error(environment->env, "ERR_INVALID_ARG_TYPE",
                        "an item has no form in JavaScript");
  return NULL;
}

static napi_value throw_end(environment_t *environment, reader_t *reader) {
  tenon_error_t *error;
  if (tenon_future_copy_error(reader->end, &error) == TENON_STATUS_OK) {
    tenon__node_throw(environment, error);
    tenon_error_release(error);
  }
  return NULL;
}

static napi_value throw_status(napi_env env, tenon_status_t status) {
  napi_throw_error(env, tenon_status_name(status), tenon_status_string(status));
  return NULL;
}

napi_value tenon__node_native_read(napi_env env, napi_callback_info info) {
  napi_value arguments[1], promise = NULL;
  environment_t *environment = tenon__node_get_environment(env, info);
  reader_t *reader = tenon__node_get_cell(env, info, 1, arguments);
  tenon_value_t values[BATCH];
  size_t count;
  tenon_future_t *ready;
  if (!reader || !environment->is_open)
    return NULL;
  tenon_status_t status = tenon_stream_next_batch(reader->stream, values, BATCH, &count, &ready);
  switch (status) {
  case TENON_STATUS_OK:
    return write_items(environment, reader->form, values, count);
  case TENON_STATUS_ENDED:
    return undefined_in(env);
  case TENON_STATUS_REJECTED:
  case TENON_STATUS_CANCELLED:
    return throw_end(environment, reader);
  case TENON_STATUS_PENDING:
    status = tenon_node_future_to(env, ready, NULL, &promise);
    tenon_future_release(ready);
    return status == TENON_STATUS_OK ? promise : throw_status(env, status);
  default:
    return throw_status(env, status);
  }
}

napi_value tenon__node_native_stop(napi_env env, napi_callback_info info) {
  napi_value arguments[3], promise = NULL;
  environment_t *environment = tenon__node_get_environment(env, info);
  reader_t *reader = tenon__node_get_cell(env, info, 3, arguments);
  bool has_reason = false;
  tenon_error_t *reason = NULL;
  if (!reader || !environment->is_open)
    return NULL;
  napi_get_value_bool(env, arguments[1], &has_reason);
  if (has_reason && tenon_node_error_from(env, arguments[2], &reason) != TENON_STATUS_OK)
    reason = NULL;
  tenon_future_cancel_with(reader->end, reason);
  if (reason)
    tenon_error_release(reason);
  tenon_status_t status = tenon_node_future_to(env, reader->end, NULL, &promise);
  return status == TENON_STATUS_OK ? promise : throw_status(env, status);
}

tenon_status_t tenon_node_stream_to(napi_env env, tenon_stream_t *stream, napi_value signal,
                                    napi_value *iterator_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  return iterator_out ? tenon__node_stream_write(environment, stream, signal, NULL, iterator_out)
                      : TENON_STATUS_INVALID;
}

tenon_status_t tenon__node_stream_write(environment_t *environment, tenon_stream_t *stream,
                                        napi_value signal, const form_t *form,
                                        napi_value *iterator_out) {
  napi_env env = environment->env;
  tenon_future_t *end;
  tenon_status_t status = tenon_stream_copy_end(stream, &end);
  if (status != TENON_STATUS_OK)
    return status;
  reader_t *reader = calloc(1, sizeof *reader);
  napi_value arguments[3] = {NULL, tenon__node_make_cancel_cell(environment, end),
                             signal ? signal : undefined_in(env)};
  if (!reader || !arguments[1] ||
      napi_create_external(env, reader, finalize_reader, environment, &arguments[0]) != napi_ok) {
    free(reader);
    tenon_future_release(end);
    return TENON_STATUS_NO_RESOURCES;
  }
  reader->stream = stream;
  reader->end = end;
  reader->form = form;
  if (tenon__node_help(environment, HELPER_MAKE_ITERATOR, 3, arguments, iterator_out)) {
    count_stream(environment, end);
    return TENON_STATUS_OK;
  }
  // The signal is none: the caller keeps the stream, and the cell goes without it.
  tenon_stream_retain(stream);
  return TENON_STATUS_UNSUPPORTED;
}

/* MARK: An async iterable becomes a stream */

/** Held by pump(), and by a registration while the reader may cancel. */
typedef struct writer {
  unsigned int references;
  environment_t *environment;
  tenon_sink_t *sink;
  const form_t *form;  /**< NULL: any values */
  napi_ref stop;       /**< has the iterator return; or NULL */
  tenon_value_t value; /**< what there was no room for */
  bool has_value;
} writer_t;

static void release_writer(writer_t *writer) {
  if (--writer->references > 0)
    return;
  if (writer->has_value)
    tenon_value_drop(&writer->value);
  tenon__node_release(writer->environment);
  free(writer);
}

static void finalize_writer(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  writer_t *writer = data;
  // An iterator that nobody can resume any more writes no more: a broken promise, to the reader.
  tenon_sink_release(writer->sink);
  writer->sink = NULL;
  release_writer(writer);
}

/** On the environment's thread, also when that ends. */
static void reader_cancelled(void *context, tenon_status_t status) {
  writer_t *writer = context;
  environment_t *environment = writer->environment;
  turn_t turn;
  if (status == TENON_STATUS_CANCELLED && writer->sink && writer->stop &&
      tenon__node_enter(environment, NULL, &turn)) {
    napi_env env = environment->env;
    napi_value function;
    if (napi_get_reference_value(env, writer->stop, &function) == napi_ok && function &&
        napi_call_function(env, undefined_in(env), function, 0, NULL, NULL) != napi_ok)
      tenon__node_clear_exception(environment);
    tenon__node_leave(environment, &turn);
  }
  // It is told once, and not after the environment's end.
  napi_delete_reference(environment->env, writer->stop);
  writer->stop = NULL;
  release_writer(writer);
}

napi_value tenon__node_native_on_cancel(napi_env env, napi_callback_info info) {
  napi_value arguments[2];
  environment_t *environment = tenon__node_get_environment(env, info);
  writer_t *writer = tenon__node_get_cell(env, info, 2, arguments);
  if (!writer || !environment->is_open ||
      napi_create_reference(env, arguments[1], 1, &writer->stop) != napi_ok)
    return NULL;
  writer->references++;
  if (tenon_sink_on_cancel(writer->sink, environment->executor, reader_cancelled, writer, NULL) ==
      TENON_STATUS_OK)
    return NULL;
  napi_delete_reference(env, writer->stop);
  writer->stop = NULL;
  release_writer(writer);
  return NULL;
}

/** true: sent. false: the reader wants no more. Or a promise: try again then. */
napi_value tenon__node_native_send(napi_env env, napi_callback_info info) {
  napi_value arguments[2], result = NULL;
  environment_t *environment = tenon__node_get_environment(env, info);
  writer_t *writer = tenon__node_get_cell(env, info, 2, arguments);
  tenon_future_t *room;
  tenon_status_t status = TENON_STATUS_OK;
  if (!writer || !writer->sink || !environment->is_open)
    return NULL;
  if (!writer->has_value)
    status = writer->form ? writer->form->read(writer->form, env, arguments[1], &writer->value)
                          : tenon__node_read(environment, arguments[1], &writer->value);
  if (status == TENON_STATUS_UNSUPPORTED)
    return NULL; // with its exception
  if (status != TENON_STATUS_OK)
    return throw_status(env, status);
  status = tenon_sink_send(writer->sink, &writer->value, &room);
  writer->has_value = status == TENON_STATUS_PENDING;
  if (writer->has_value) {
    status = tenon__node_settle_later(environment, room, NULL, true, NULL, &result);
    tenon_future_release(room);
    return status == TENON_STATUS_OK ? result : throw_status(env, status);
  }
  if (status != TENON_STATUS_OK)
    tenon_value_drop(&writer->value);
  napi_get_boolean(env, status == TENON_STATUS_OK, &result);
  return result;
}

napi_value tenon__node_native_finish(napi_env env, napi_callback_info info) {
  napi_value arguments[3];
  environment_t *environment = tenon__node_get_environment(env, info);
  writer_t *writer = tenon__node_get_cell(env, info, 3, arguments);
  bool is_failure = false;
  tenon_error_t *error;
  if (!writer || !writer->sink || !environment->is_open)
    return NULL;
  napi_get_value_bool(env, arguments[1], &is_failure);
  if (is_failure && tenon_node_error_from(env, arguments[2], &error) == TENON_STATUS_OK) {
    tenon_sink_fail(writer->sink, error);
    tenon_error_release(error);
  } else if (tenon_sink_is_cancelled(writer->sink)) {
    tenon_sink_cancel(writer->sink);
  } else {
    tenon_sink_close(writer->sink);
  }
  return NULL;
}

tenon_status_t tenon_node_stream_from(napi_env env, napi_value js, size_t capacity,
                                      tenon_stream_t **stream_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  return js && stream_out ? tenon__node_stream_read(environment, js, capacity, NULL, stream_out)
                          : TENON_STATUS_INVALID;
}

tenon_status_t tenon__node_stream_read(environment_t *environment, napi_value js, size_t capacity,
                                       const form_t *form, tenon_stream_t **stream_out) {
  napi_env env = environment->env;
  napi_value pump, cell;
  napi_valuetype type = napi_undefined;
  if (!tenon__node_help(environment, HELPER_ITERATE, 1, &js, &pump))
    return TENON_STATUS_UNSUPPORTED; // with what a getter threw
  if (napi_typeof(env, pump, &type) != napi_ok || type != napi_function) {
    tenon__node_throw_type_error(environment, "an async iterable is needed. Received %s", js);
    return TENON_STATUS_UNSUPPORTED;
  }
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = capacity;
  config.executor = environment->executor;
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  tenon_status_t status = tenon_stream_create(&config, &sink, &stream);
  if (status != TENON_STATUS_OK)
    return status;
  writer_t *writer = calloc(1, sizeof *writer);
  if (!writer ||
      napi_create_external(env, writer, finalize_writer, environment, &cell) != napi_ok) {
    free(writer);
    tenon_sink_release(sink);
    tenon_stream_release(stream);
    return TENON_STATUS_NO_RESOURCES;
  }
  writer->references = 1;
  writer->environment = environment;
  writer->sink = sink;
  writer->form = form;
  tenon__node_retain(environment);
  if (napi_call_function(env, undefined_in(env), pump, 1, &cell, NULL) != napi_ok)
    tenon__node_clear_exception(environment);
  *stream_out = stream;
  return TENON_STATUS_OK;
}
