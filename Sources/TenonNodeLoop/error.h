/*
 * Errors, over objects. Not installed.
 */
#ifndef TENON_NODE_ERROR_H
#define TENON_NODE_ERROR_H

#include "form.h"

/** Rejects with an error: with the object that it came from, or with a new one. */
void tenon__node_reject(environment_t *environment, napi_deferred deferred, tenon_error_t *error);
void tenon__node_throw(environment_t *environment, tenon_error_t *error);
/** Has errors of a domain say more. It stays its owner's, and lasts as long as the environment. */
void tenon__node_add_error_form(environment_t *environment, error_form_t *form);
/** Makes an error of the exception that is pending, and clears it. */
tenon_error_t *tenon__node_take_exception(environment_t *environment);

#endif /* TENON_NODE_ERROR_H */
