/*
 * How values and errors that only generated code knows cross. Over the environment. Not installed.
 */
#ifndef TENON_NODE_FORM_H
#define TENON_NODE_FORM_H

#include "environment.h"

/** A type of a module's. */
typedef struct form {
  /** Moves out of `*value` on success only. On failure an exception may be pending. */
  tenon_status_t (*write)(const struct form *form, napi_env env, tenon_value_t *value,
                          napi_value *js_out);
  /** TENON_STATUS_UNSUPPORTED: with an exception pending. */
  tenon_status_t (*read)(const struct form *form, napi_env env, napi_value js,
                         tenon_value_t *value_out);
} form_t;

/** The errors of a domain. */
typedef struct error_form {
  const char *domain;
  /** Its code, and an object with what else it says; false: it is not what it seems. */
  bool (*write)(const struct error_form *form, napi_env env, tenon_error_t *error,
                napi_value *code_out, napi_value *details_out);
  /** The error that an object says it is; NULL: it is none. No exception is left pending. */
  tenon_error_t *(*read)(const struct error_form *form, napi_env env, napi_value js);
  struct error_form *next;
} error_form_t;

#endif /* TENON_NODE_FORM_H */
