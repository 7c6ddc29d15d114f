/*
 * Values, over objects and bytes. Not installed.
 */
#ifndef TENON_NODE_VALUE_H
#define TENON_NODE_VALUE_H

#include "environment.h"

/** tenon_node_value_from() and tenon_node_value_to(), for an environment that is open. */
tenon_status_t tenon__node_read(environment_t *environment, napi_value js,
                                tenon_value_t *value_out);
tenon_status_t tenon__node_write(environment_t *environment, tenon_value_t *value,
                                 napi_value *js_out);

#endif /* TENON_NODE_VALUE_H */
