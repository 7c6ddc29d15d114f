/*
 * Calls that somebody listens to. Over the environment. Not installed.
 */
#ifndef TENON_NODE_TRACE_H
#define TENON_NODE_TRACE_H

#include "environment.h"

/** The call that is being traced has this future: says where in JavaScript it stands. */
void tenon__node_note_future(environment_t *environment, tenon_future_t *future);
/** The same of a promise that a promise of JavaScript's is to settle, which that call has begun. */
void tenon__node_note_promise(environment_t *environment, tenon_promise_t *promise);
/** A place that three arguments of JavaScript's say, from `first` on, which stays; NULL: none. */
const tenon_source_t *tenon__node_place(napi_env env, const napi_value *first);

/* What the prelude calls. */
napi_value tenon__node_native_set_traced(napi_env env, napi_callback_info info);
napi_value tenon__node_native_enter(napi_env env, napi_callback_info info);
napi_value tenon__node_native_leave(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_TRACE_H */
