/*
 * What calls carry, as AsyncLocalStorage has it. Over the environment. Not installed.
 */
#ifndef TENON_NODE_CONTEXT_H
#define TENON_NODE_CONTEXT_H

#include "environment.h"

/** A copy of a context, on its way to another thread. */
typedef struct carried carried_t;

/** That which this is called with; NULL: there is none, or no memory. */
carried_t *tenon__node_carry(void);
/** Calls `fn` with it, or plainly; and frees it. */
void tenon__node_run_carried(carried_t *carried, void (*fn)(void *argument), void *argument);

/** Replaces a function by one that JavaScript calls in the context that this is called with, if there is one;
 *  false: with an exception pending. */
bool tenon__node_bind_context(environment_t *environment, napi_value *function);

/** Functions of the prelude. */
napi_value tenon__node_native_use_context(napi_env env, napi_callback_info info);
napi_value tenon__node_native_start_span(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_CONTEXT_H */
