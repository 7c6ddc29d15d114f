/*
 * Streams both ways, over futures. Not installed.
 */
#ifndef TENON_NODE_STREAM_H
#define TENON_NODE_STREAM_H

#include "environment.h"

/* What the prelude calls to read a stream, and to write one. */
napi_value tenon__node_native_read(napi_env env, napi_callback_info info);
napi_value tenon__node_native_stop(napi_env env, napi_callback_info info);
napi_value tenon__node_native_on_cancel(napi_env env, napi_callback_info info);
napi_value tenon__node_native_send(napi_env env, napi_callback_info info);
napi_value tenon__node_native_finish(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_STREAM_H */
