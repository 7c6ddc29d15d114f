/*
 * Loads a module into an environment.
 */
#include "instance.h"

#include "../TenonNodeLoop/error.h"

#include <stdio.h>

/* MARK: Tools */

static const char tools[] = R"javascript((function () {
  'use strict';
  const { Array, Map, Set, Object } = globalThis;
  const { from, isArray } = Array;
  const { getPrototypeOf, keys, setPrototypeOf } = Object;
  const isPlain = (value) => {
    const prototype = getPrototypeOf(value);
    return prototype === null || getPrototypeOf(prototype) === null;
  };
  return [
    (value) => (value instanceof Set || ArrayBuffer.isView(value) ? from(value) : undefined),
    (value, hasNames) => {
      const entries = [];
      if (value instanceof Map) value.forEach((item, key) => entries.push(key, item));
      else if (!hasNames || typeof value !== 'object' || value === null || isArray(value) || !isPlain(value)) return undefined;
      else for (const key of keys(value)) entries.push(key, value[key]);
      return entries;
    },
    (items) => new Set(items),
    (entries) => {
      const map = new Map();
      for (let index = 0; index < entries.length; index += 2) map.set(entries[index], entries[index + 1]);
      return map;
    },
    (derived, base) => {
      setPrototypeOf(derived, base);
      setPrototypeOf(derived.prototype, base.prototype);
    },
  ];
})())javascript";

bool tenon_node_help(instance_t *instance, tool_t tool, size_t count, const napi_value *arguments,
                     napi_value *result_out) {
  napi_value function, undefined, result;
  if (napi_get_reference_value(instance->env, instance->tools[tool], &function) != napi_ok ||
      napi_get_undefined(instance->env, &undefined) != napi_ok ||
      napi_call_function(instance->env, undefined, function, count, arguments, &result) != napi_ok)
    return false;
  if (result_out)
    *result_out = result;
  return true;
}

static bool make_tools(instance_t *instance) {
  napi_env env = instance->env;
  napi_value source, functions, function;
  if (napi_create_string_utf8(env, tools, sizeof tools - 1, &source) != napi_ok ||
      napi_run_script(env, source, &functions) != napi_ok)
    return false;
  for (uint32_t index = 0; index < TOOL_COUNT; index++)
    if (napi_get_element(env, functions, index, &function) != napi_ok ||
        napi_create_reference(env, function, 1, &instance->tools[index]) != napi_ok)
      return false;
  return true;
}

/* MARK: Forms */

static tenon_status_t write_form(const form_t *form, napi_env env, tenon_value_t *value,
                                 napi_value *js_out) {
  const type_form_t *type = (const type_form_t *)(const void *)form;
  (void)env;
  if (!tenon_node_write_value(type->instance, type->type, value, js_out))
    return TENON_STATUS_UNSUPPORTED;
  tenon_value_drop(value);
  return TENON_STATUS_OK;
}

static tenon_status_t read_form(const form_t *form, napi_env env, napi_value js,
                                tenon_value_t *value_out) {
  static const path_t path = {NULL, "value", 0};
  const type_form_t *type = (const type_form_t *)(const void *)form;
  memory_t memory;
  reading_t reading = {type->instance, &memory, NULL};
  (void)env;
  tenon_node_memory_init(&memory);
  bool is_read = tenon_node_read_value(&reading, type->type, js, &path, value_out);
  tenon_node_memory_end(&memory);
  return is_read ? TENON_STATUS_OK : TENON_STATUS_UNSUPPORTED;
}

const form_t *tenon_node_form(instance_t *instance, const tenon_node_type_t *type) {
  type_form_t *form = instance->forms;
  while (form && form->type != type)
    form = form->next;
  if (form)
    return &form->form;
  form = malloc(sizeof *form);
  if (!form)
    return NULL;
  *form = (type_form_t){{write_form, read_form}, instance, type, instance->forms};
  instance->forms = form;
  return &form->form;
}

/* MARK: Errors */

static bool write_error(const error_form_t *form, napi_env env, tenon_error_t *error,
                        napi_value *code_out, napi_value *details_out) {
  const typed_error_form_t *typed = (const typed_error_form_t *)(const void *)form;
  const void *details;
  int32_t number;
  if (typed->error->get(error, &details) != TENON_STATUS_OK)
    return false;
  memcpy(&number, (const char *)details + sizeof(size_t), sizeof number);
  const tenon_node_case_t *one = tenon_node_find_case(typed->error->cases, number);
  napi_value code, object;
  if (!one || napi_create_string_utf8(env, one->name, NAPI_AUTO_LENGTH, &code) != napi_ok ||
      napi_create_object(env, &object) != napi_ok ||
      !tenon_node_write_case(typed->instance, one, details, object))
    return false;
  *code_out = code;
  *details_out = object;
  return true;
}

static tenon_error_t *read_error(const error_form_t *form, napi_env env, napi_value js) {
  static const path_t path = {NULL, "error", 0};
  const typed_error_form_t *typed = (const typed_error_form_t *)(const void *)form;
  memory_t memory;
  reading_t reading = {typed->instance, &memory, NULL};
  void *details = NULL;
  tenon_error_t *error = NULL;
  napi_value exception;
  bool is_pending = false;
  tenon_node_memory_init(&memory);
  if (!tenon_node_read_cases(&reading, typed->error->cases, "code", js, &path, &details) ||
      typed->error->create(details, &error) != TENON_STATUS_OK)
    error = NULL;
  if (napi_is_exception_pending(env, &is_pending) == napi_ok && is_pending)
    napi_get_and_clear_last_exception(env, &exception);
  tenon_node_memory_end(&memory);
  return error;
}

static bool add_error(instance_t *instance, const tenon_node_typed_error_t *error) {
  environment_t *environment = tenon__node_find(instance->env);
  typed_error_form_t *form = malloc(sizeof *form);
  if (!form || !environment) {
    free(form);
    return false;
  }
  *form = (typed_error_form_t){
      {error->domain, write_error, read_error, NULL}, instance, error, instance->errors};
  instance->errors = form;
  tenon__node_add_error_form(environment, &form->form);
  return true;
}

/* MARK: Functions and constants */

bound_t *tenon_node_make_bound(instance_t *instance, const tenon_node_function_t *function) {
  bound_t *bound = malloc(sizeof *bound);
  if (!bound)
    return NULL;
  *bound = (bound_t){instance, function, instance->bound};
  instance->bound = bound;
  return bound;
}

napi_value tenon_node_make_constant(instance_t *instance, const tenon_node_constant_t *constant) {
  tenon_value_t value = constant->make();
  napi_value js = NULL;
  if (tenon_node_value_to(instance->env, &value, &js) != TENON_STATUS_OK)
    tenon_value_drop(&value);
  return js;
}

static bool set_function(instance_t *instance, const tenon_node_function_t *function,
                         napi_value exports) {
  napi_value js;
  bound_t *bound = tenon_node_make_bound(instance, function);
  return bound &&
         napi_create_function(instance->env, function->name, NAPI_AUTO_LENGTH, function->call,
                              bound, &js) == napi_ok &&
         napi_set_named_property(instance->env, exports, function->name, js) == napi_ok;
}

/** What one module exports, into an object. */
static bool fill(instance_t *instance, const tenon_node_module_t *module, napi_value exports) {
  bool is_filled = true;
  for (uint32_t index = 0; is_filled && index < module->class_count; index++)
    is_filled = tenon_node_define_class(instance, module->classes[index], exports);
  for (uint32_t index = 0; is_filled && index < module->function_count; index++)
    is_filled = set_function(instance, module->functions[index], exports);
  for (uint32_t index = 0; is_filled && index < module->constant_count; index++) {
    napi_value js = tenon_node_make_constant(instance, &module->constants[index]);
    is_filled = js && napi_set_named_property(instance->env, exports, module->constants[index].name,
                                              js) == napi_ok;
  }
  return is_filled;
}

/** `callContext`, where the author has nothing of that name. */
static bool add_context(instance_t *instance, napi_value exports) {
  napi_value context;
  bool is_taken = false;
  if (napi_has_named_property(instance->env, exports, "callContext", &is_taken) != napi_ok)
    return false;
  return is_taken ||
         (tenon_node_context_to(instance->env, &context) == TENON_STATUS_OK &&
          napi_set_named_property(instance->env, exports, "callContext", context) == napi_ok);
}

/** The others are in there by the names of their files, which no export has. */
static bool fill_all(instance_t *instance, napi_value exports) {
  const tenon_node_module_t *module = instance->module;
  for (uint32_t index = 0; index < module->other_count; index++) {
    const tenon_node_module_t *other = module->others[index];
    char name[256];
    napi_value object;
    snprintf(name, sizeof name, "./%s", other->name);
    if (napi_create_object(instance->env, &object) != napi_ok || !fill(instance, other, object) ||
        napi_set_named_property(instance->env, exports, name, object) != napi_ok)
      return false;
  }
  return fill(instance, module, exports) && add_context(instance, exports);
}

/* MARK: Instances */

/** The environment has ended, and with it all that refers to this. */
static void end_instance(napi_env env, void *data, void *hint) {
  instance_t *instance = data;
  (void)env, (void)hint;
  while (instance->bound) {
    bound_t *bound = instance->bound;
    instance->bound = bound->next;
    free(bound);
  }
  while (instance->forms) {
    type_form_t *form = instance->forms;
    instance->forms = form->next;
    free(form);
  }
  while (instance->errors) {
    typed_error_form_t *form = instance->errors;
    instance->errors = form->next;
    free(form);
  }
  free(instance->classes);
  free(instance);
}

/** Whether a module, and those that it uses, are what the library has. */
static bool fits(const tenon_node_module_t *module) {
  bool fits = module->check_abi(module->abi) == TENON_STATUS_OK;
  for (uint32_t index = 0; fits && index < module->other_count; index++)
    fits = module->others[index]->check_abi(module->others[index]->abi) == TENON_STATUS_OK;
  return fits;
}

/** What is the environment's for as long as it lasts, however often the module is loaded. */
static instance_t *make_instance(napi_env env, const tenon_node_module_t *module) {
  instance_t *instance = calloc(1, sizeof *instance);
  uint32_t classes = module->class_count;
  for (uint32_t index = 0; index < module->other_count; index++)
    classes += module->others[index]->class_count;
  if (instance)
    instance->classes = calloc(classes + 1, sizeof *instance->classes);
  if (!instance || !instance->classes ||
      napi_set_instance_data(env, instance, end_instance, NULL) != napi_ok) {
    if (instance)
      free(instance->classes);
    free(instance);
    return NULL;
  }
  instance->env = env;
  instance->module = module;
  bool is_made = make_tools(instance);
  for (uint32_t index = 0; is_made && index < module->error_count; index++)
    is_made = add_error(instance, &module->errors[index]);
  for (uint32_t other = 0; other < module->other_count; other++)
    for (uint32_t index = 0; is_made && index < module->others[other]->error_count; index++)
      is_made = add_error(instance, &module->others[other]->errors[index]);
  return is_made ? instance : NULL; // what there is of it ends with the environment
}

napi_value tenon_node_export(napi_env env, napi_value exports, const tenon_node_module_t *module) {
  tenon_node_config_t config = TENON_NODE_CONFIG_INIT;
  tenon_executor_t *executor;
  void *known = NULL;
  instance_t *instance;
  if (!fits(module)) {
    napi_throw_error(env, "ERR_DLOPEN_FAILED", "this module and its library do not go together");
    return NULL;
  }
  config.name = module->name;
  tenon_status_t status = tenon_node_attach(env, &config, &executor);
  if (status == TENON_STATUS_BUSY) // it is loaded once more
    status = tenon_node_get_executor(env, &executor);
  if (status != TENON_STATUS_OK) {
    tenon_node_throw_status(env, status);
    return NULL;
  }
  bool is_known = napi_get_instance_data(env, &known) == napi_ok && known;
  instance = is_known ? known : make_instance(env, module);
  if (instance) {
    instance->executor = executor;
    instance->environment = tenon__node_find(env);
  }
  if (!instance || !fill_all(instance, exports))
    tenon_node_throw_status(env, TENON_STATUS_NO_RESOURCES);
  return exports;
}
