/*
 * Promises that become futures, over values and errors. Not installed.
 */
#ifndef TENON_NODE_ADOPTION_H
#define TENON_NODE_ADOPTION_H

#include "form.h"

/** Has JavaScript's promise settle ours, which is consumed. `abort` (NULL: none) is called to cancel;
 *  `form` may be NULL. */
void tenon__node_adopt(environment_t *environment, napi_value js, tenon_promise_t *promise,
                       napi_value abort, const form_t *form);
/** Settles with a value of JavaScript's; the promise is consumed. */
void tenon__node_resolve(environment_t *environment, tenon_promise_t *promise, napi_value js,
                         const form_t *form);
/** The prelude's setWait(): what a promise of JavaScript's waits for. */
napi_value tenon__node_native_set_wait(napi_env env, napi_callback_info info);
/** The prelude's settle(). */
napi_value tenon__node_native_settle(napi_env env, napi_callback_info info);

/** The environment ends: JavaScript settles no more of its promises. */
void tenon__node_adoptions_end(environment_t *environment);

#endif /* TENON_NODE_ADOPTION_H */
