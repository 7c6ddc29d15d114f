/*
 * Streams both ways, over futures. Not installed.
 */
#ifndef TENON_NODE_STREAM_H
#define TENON_NODE_STREAM_H

#include "form.h"

/** tenon_node_stream_to() and tenon_node_stream_from(), for items of a type. */
tenon_status_t tenon__node_stream_write(environment_t *environment, tenon_stream_t *stream,
                                        napi_value signal, const form_t *form,
                                        napi_value *iterator_out);
tenon_status_t tenon__node_stream_read(environment_t *environment, napi_value js, size_t capacity,
                                       const form_t *form, tenon_stream_t **stream_out);

/* What the prelude calls to read a stream, and to write one. */
napi_value tenon__node_native_read(napi_env env, napi_callback_info info);
napi_value tenon__node_native_stop(napi_env env, napi_callback_info info);
napi_value tenon__node_native_on_cancel(napi_env env, napi_callback_info info);
napi_value tenon__node_native_send(napi_env env, napi_callback_info info);
napi_value tenon__node_native_finish(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_STREAM_H */
