/*
 * Implements the errors of <tenon/node.h>.
 *
 * What was an object in JavaScript travels as the error's payload, and is that object again. What was
 * an error of Tenon's is remembered by the prelude, and is that error again.
 */
#include "error.h"

#include "object.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/** How many causes of causes are carried over. */
#define CAUSES_MAX 16

#define TEXT_SIZE_MAX 4096

/** Of a payload that is a thrown value without an object: an object that has it as its element 0. */
static const char holder_mark = 0;

static void drop_object(void *pointer) { tenon__node_object_release(pointer); }

static void release_error(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  tenon_error_release(data);
}

/* MARK: From JavaScript */

static tenon_error_t *error_from(environment_t *environment, napi_value js, int causes);

/** A property that is a string, up to what fits; false: it is none, or a getter threw. */
static bool get_text(environment_t *environment, napi_value js, const char *name, char *text,
                     size_t size) {
  napi_env env = environment->env;
  napi_value property;
  napi_valuetype type;
  if (napi_get_named_property(env, js, name, &property) == napi_ok &&
      napi_typeof(env, property, &type) == napi_ok && type == napi_string &&
      napi_get_value_string_utf8(env, property, text, size, NULL) == napi_ok)
    return true;
  tenon__node_clear_exception(environment);
  return false;
}

static int64_t get_errno(environment_t *environment, napi_value js) {
  napi_value property;
  int64_t code = 0;
  if (napi_get_named_property(environment->env, js, "errno", &property) != napi_ok)
    tenon__node_clear_exception(environment);
  else if (napi_get_value_int64(environment->env, property, &code) != napi_ok)
    code = 0;
  return code;
}

static tenon_error_t *get_cause(environment_t *environment, napi_value js, int causes) {
  napi_value cause;
  bool has_cause = false;
  if (causes <= 0 ||
      napi_has_named_property(environment->env, js, "cause", &has_cause) != napi_ok || !has_cause ||
      napi_get_named_property(environment->env, js, "cause", &cause) != napi_ok) {
    tenon__node_clear_exception(environment);
    return NULL;
  }
  return error_from(environment, cause, causes - 1);
}

/** Tenon's own error that this object was made of; or NULL. */
static tenon_error_t *copy_origin(environment_t *environment, napi_value js) {
  napi_value cell;
  napi_valuetype type;
  void *error;
  if (!tenon__node_help(environment, HELPER_ORIGIN_OF, 1, &js, &cell) ||
      napi_typeof(environment->env, cell, &type) != napi_ok || type != napi_external ||
      napi_get_value_external(environment->env, cell, &error) != napi_ok ||
      tenon_error_retain(error) != TENON_STATUS_OK)
    return NULL;
  return error;
}

void tenon__node_add_error_form(environment_t *environment, error_form_t *form) {
  form->next = environment->errors;
  environment->errors = form;
}

static const error_form_t *find_form(environment_t *environment, const char *domain) {
  const error_form_t *form = environment->errors;
  while (form && strcmp(form->domain, domain) != 0)
    form = form->next;
  return form;
}

/** The error of a module's that this object says it is; or NULL. */
static tenon_error_t *read_form(environment_t *environment, napi_value js) {
  char domain[256];
  if (!environment->errors || !get_text(environment, js, "domain", domain, sizeof domain))
    return NULL;
  const error_form_t *form = find_form(environment, domain);
  return form ? form->read(form, environment->env, js) : NULL;
}

static tenon_error_t *error_from_object(environment_t *environment, napi_value js, int causes) {
  tenon_error_t *error = copy_origin(environment, js);
  if (!error)
    error = read_form(environment, js);
  if (error)
    return error;
  char name[128] = "", domain[132] = "js", message[TEXT_SIZE_MAX] = "";
  bool is_error = false;
  napi_is_error(environment->env, js, &is_error);
  // An AbortError of the platform's is a DOMException, which is none to Node-API.
  if (get_text(environment, js, "name", name, sizeof name) && *name)
    snprintf(domain, sizeof domain, "js.%s", name);
  if (!get_text(environment, js, "message", message, sizeof message) && !is_error)
    snprintf(message, sizeof message, "an object that is no Error");
  tenon_error_t *cause = get_cause(environment, js, causes);
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &tenon__node_object_mark;
  payload.drop = drop_object;
  payload.pointer = tenon__node_object_make(environment, js);
  if (!payload.pointer ||
      tenon_error_create_with_payload(domain, get_errno(environment, js), message, cause, &payload,
                                      &error) != TENON_STATUS_OK) {
    if (payload.pointer)
      drop_object(payload.pointer);
    error = NULL;
  }
  if (cause)
    tenon_error_release(cause);
  return error;
}

/** `throw 42` */
static tenon_error_t *error_from_plain(environment_t *environment, napi_value js) {
  napi_env env = environment->env;
  char message[TEXT_SIZE_MAX] = "";
  napi_value text;
  if (napi_coerce_to_string(env, js, &text) == napi_ok)
    napi_get_value_string_utf8(env, text, message, sizeof message, NULL);
  else
    tenon__node_clear_exception(environment); // a symbol
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &holder_mark;
  payload.drop = drop_object;
  napi_value holder;
  if (napi_create_array(env, &holder) == napi_ok && napi_set_element(env, holder, 0, js) == napi_ok)
    payload.pointer = tenon__node_object_make(environment, holder);
  tenon_error_t *error;
  if (!payload.pointer)
    return NULL;
  if (tenon_error_create_with_payload("js", 0, message, NULL, &payload, &error) == TENON_STATUS_OK)
    return error;
  drop_object(payload.pointer);
  return NULL;
}

static tenon_error_t *error_from(environment_t *environment, napi_value js, int causes) {
  napi_valuetype type;
  if (napi_typeof(environment->env, js, &type) != napi_ok)
    return NULL;
  return type == napi_object || type == napi_function ? error_from_object(environment, js, causes)
                                                      : error_from_plain(environment, js);
}

tenon_status_t tenon_node_error_from(napi_env env, napi_value js, tenon_error_t **error_out) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!js || !error_out)
    return TENON_STATUS_INVALID;
  tenon_error_t *error = error_from(environment, js, CAUSES_MAX);
  if (!error)
    return TENON_STATUS_NO_RESOURCES;
  *error_out = error;
  return TENON_STATUS_OK;
}

tenon_error_t *tenon__node_take_exception(environment_t *environment) {
  napi_value exception;
  tenon_error_t *error = NULL;
  bool is_pending = false;
  if (napi_is_exception_pending(environment->env, &is_pending) == napi_ok && is_pending &&
      napi_get_and_clear_last_exception(environment->env, &exception) == napi_ok)
    error = error_from(environment, exception, CAUSES_MAX);
  if (!error && tenon_error_create("tenon", TENON_STATUS_CLOSED, "JavaScript does not run any more",
                                   NULL, &error) != TENON_STATUS_OK)
    return NULL;
  return error;
}

/* MARK: To JavaScript */

/** What JavaScript threw before; false: it threw nothing, or in another environment. */
static bool read_payload(environment_t *environment, tenon_error_t *error, napi_value *js_out) {
  void *payload;
  if (tenon_error_get_payload(error, &tenon__node_object_mark, &payload) == TENON_STATUS_OK)
    return tenon__node_object_read(environment, payload, js_out);
  napi_value holder;
  return tenon_error_get_payload(error, &holder_mark, &payload) == TENON_STATUS_OK &&
         tenon__node_object_read(environment, payload, &holder) &&
         napi_get_element(environment->env, holder, 0, js_out) == napi_ok;
}

#define PARTS 8

/** The last name in a domain, where it is one of a type. */
static const char *name_of(const char *domain) {
  const char *dot = strrchr(domain, '.');
  if (dot && dot[1])
    return dot + 1;
  return strcmp(domain, "tenon") == 0 ? "TenonError" : "Error";
}

static bool error_to(environment_t *environment, tenon_error_t *error, int causes,
                     napi_value parts[PARTS], napi_value *js_out);

/** What the prelude makes an Error of. */
static bool write_parts(environment_t *environment, tenon_error_t *error, int causes,
                        napi_value parts[PARTS]) {
  napi_env env = environment->env;
  const char *domain, *message;
  int64_t code;
  tenon_error_t *cause = NULL;
  if (tenon_error_get_domain(error, &domain) != TENON_STATUS_OK ||
      tenon_error_get_message(error, &message) != TENON_STATUS_OK ||
      tenon_error_get_code(error, &code) != TENON_STATUS_OK ||
      tenon_error_retain(error) != TENON_STATUS_OK)
    return false;
  if (napi_create_external(env, error, release_error, NULL, &parts[0]) != napi_ok) {
    tenon_error_release(error);
    return false;
  }
  bool is_cancel = strcmp(domain, "tenon") == 0 && code == TENON_STATUS_CANCELLED;
  napi_status made = napi_create_string_utf8(env, domain, NAPI_AUTO_LENGTH, &parts[1]);
  if (is_cancel) { // as the platform's own
    made |= napi_create_string_utf8(env, "AbortError", NAPI_AUTO_LENGTH, &parts[2]);
    made |= napi_create_string_utf8(env, "ABORT_ERR", NAPI_AUTO_LENGTH, &parts[3]);
    message = "The operation was aborted";
  } else {
    made |= napi_create_string_utf8(env, name_of(domain), NAPI_AUTO_LENGTH, &parts[2]);
    made |= napi_create_int64(env, code, &parts[3]);
  }
  made |= napi_get_undefined(env, &parts[7]);
  const error_form_t *form = is_cancel ? NULL : find_form(environment, domain);
  if (form && !form->write(form, env, error, &parts[3], &parts[7]))
    tenon__node_clear_exception(environment);
  made |= napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &parts[4]);
  made |= napi_get_undefined(env, &parts[5]);
  bool has_cause = causes > 0 && tenon_error_copy_cause(error, &cause) == TENON_STATUS_OK && cause;
  if (has_cause) {
    napi_value cause_parts[PARTS];
    has_cause = error_to(environment, cause, causes - 1, cause_parts, &parts[5]) ||
                tenon__node_help(environment, HELPER_MAKE_ERROR, PARTS, cause_parts, &parts[5]);
    tenon_error_release(cause);
  }
  made |= napi_get_boolean(env, has_cause, &parts[6]);
  return made == napi_ok;
}

/** The reason of a cancel; or NULL. */
static tenon_error_t *copy_reason(tenon_error_t *error) {
  const char *domain;
  int64_t code;
  tenon_error_t *cause = NULL;
  if (tenon_error_get_domain(error, &domain) == TENON_STATUS_OK && strcmp(domain, "tenon") == 0 &&
      tenon_error_get_code(error, &code) == TENON_STATUS_OK && code == TENON_STATUS_CANCELLED)
    tenon_error_copy_cause(error, &cause);
  return cause;
}

/** True: it is there already, in `*js_out`. False: it is to be made of `parts`. */
static bool error_to(environment_t *environment, tenon_error_t *error, int causes,
                     napi_value parts[PARTS], napi_value *js_out) {
  if (read_payload(environment, error, js_out))
    return true;
  tenon_error_t *reason = causes > 0 ? copy_reason(error) : NULL;
  if (reason) {
    bool is_there = error_to(environment, reason, causes - 1, parts, js_out);
    tenon_error_release(reason);
    return is_there;
  }
  if (!write_parts(environment, error, causes, parts))
    for (int index = 0; index < PARTS; index++)
      napi_get_undefined(environment->env, &parts[index]);
  return false;
}

tenon_status_t tenon_node_error_to(napi_env env, tenon_error_t *error, napi_value *js_out) {
  environment_t *environment = tenon__node_find(env);
  const char *domain;
  if (!environment)
    return TENON_STATUS_CLOSED;
  tenon_status_t status = tenon_error_get_domain(error, &domain);
  if (status != TENON_STATUS_OK || !js_out)
    return status != TENON_STATUS_OK ? status : TENON_STATUS_INVALID;
  napi_value parts[PARTS];
  if (error_to(environment, error, CAUSES_MAX, parts, js_out) ||
      tenon__node_help(environment, HELPER_MAKE_ERROR, PARTS, parts, js_out))
    return TENON_STATUS_OK;
  tenon__node_clear_exception(environment);
  return TENON_STATUS_NO_RESOURCES;
}

void tenon__node_reject(environment_t *environment, napi_deferred deferred, tenon_error_t *error) {
  napi_value parts[PARTS], js;
  if (error_to(environment, error, CAUSES_MAX, parts, &js))
    napi_reject_deferred(environment->env, deferred, js);
  else if (tenon__node_help(environment, HELPER_REJECT_LATER, PARTS, parts, &js))
    napi_resolve_deferred(environment->env, deferred, js);
  tenon__node_clear_exception(environment);
}

void tenon__node_throw(environment_t *environment, tenon_error_t *error) {
  napi_value js;
  if (tenon_node_error_to(environment->env, error, &js) == TENON_STATUS_OK)
    napi_throw(environment->env, js);
}
