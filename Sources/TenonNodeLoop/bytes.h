/*
 * Bytes that are not copied, both ways. Over objects. Not installed.
 */
#ifndef TENON_NODE_BYTES_H
#define TENON_NODE_BYTES_H

#include "environment.h"

/** Reads bytes of any kind; false: `js` is none. */
bool tenon__node_bytes_from(environment_t *environment, napi_value js, tenon_value_t *value_out,
                            tenon_status_t *status_out);
tenon_status_t tenon__node_bytes_to(environment_t *environment, tenon_value_t *value,
                                    napi_value *js_out);

#endif /* TENON_NODE_BYTES_H */
