/*
 * Futures that become promises, over values and errors. Not installed.
 */
#ifndef TENON_NODE_SETTLEMENT_H
#define TENON_NODE_SETTLEMENT_H

#include "form.h"

/** tenon_node_future_to(). `form` may be NULL. What is idle is no reason to live for: see tenon__node_update_alive(). */
tenon_status_t tenon__node_settle_later(environment_t *environment, tenon_future_t *future,
                                        napi_value signal, bool is_idle, const form_t *form,
                                        napi_value *promise_out);
/** A cell for the prelude's watch(); NULL: there is none. */
napi_value tenon__node_make_cancel_cell(environment_t *environment, tenon_future_t *future);
/** The prelude's cancel(). */
napi_value tenon__node_native_cancel(napi_env env, napi_callback_info info);

/** The environment is gone. */
void tenon__node_settlements_end(environment_t *environment);

#endif /* TENON_NODE_SETTLEMENT_H */
