/*
 * Implements the first part of <tenon/node.h>: environments, and how a callback gets to JavaScript.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dladdr()
#endif

#include "environment.h"

#include <dlfcn.h>
#include <stdlib.h>

#define CLOSING_TIMEOUT_NS_DEFAULT UINT64_C(1000000000)

/* MARK: All environments */

/** Those of this thread: an environment is found by its own thread only, and without a lock. */
static _Thread_local environment_t *environments_here;

/** Guards the list of those that are open in the process. */
static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;
static environment_t *environments_open;

static environment_t *find(napi_env env) {
  environment_t *environment = environments_here;
  while (environment && environment->env != env)
    environment = environment->next;
  return environment;
}

environment_t *tenon__node_find(napi_env env) {
  environment_t *environment = find(env);
  return environment && environment->is_open ? environment : NULL;
}

static void list_add(environment_t *environment) {
  environment->next = environments_here;
  environments_here = environment;
  pthread_mutex_lock(&open_mutex);
  environment->next_open = environments_open;
  environments_open = environment;
  pthread_mutex_unlock(&open_mutex);
}

static void list_remove_open(environment_t *environment) {
  pthread_mutex_lock(&open_mutex);
  environment_t **link = &environments_open;
  while (*link && *link != environment)
    link = &(*link)->next_open;
  if (*link)
    *link = environment->next_open;
  pthread_mutex_unlock(&open_mutex);
}

static void list_remove_here(environment_t *environment) {
  environment_t **link = &environments_here;
  while (*link && *link != environment)
    link = &(*link)->next;
  if (*link)
    *link = environment->next;
}

void tenon__node_retain(environment_t *environment) {
  atomic_fetch_add_explicit(&environment->references, 1, memory_order_relaxed);
}

void tenon__node_release(environment_t *environment) {
  if (atomic_fetch_sub_explicit(&environment->references, 1, memory_order_acq_rel) != 1)
    return;
  pthread_mutex_destroy(&environment->mutex);
  free(environment);
}

/* MARK: The process */

/** Swift's runtime cannot be unloaded, and neither can threads that are in it. */
static void pin_image(void) {
  Dl_info info;
  if (dladdr((void *)(uintptr_t)pin_image, &info) != 0 && info.dli_fname)
    dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}

static pthread_once_t pin_once = PTHREAD_ONCE_INIT;

/** On the environment's thread: the process's own executor is this one's, unless another has the place. */
static void own_process(void *context, tenon_status_t status) {
  environment_t *environment = context;
  if (status == TENON_STATUS_OK && environment->is_open)
    tenon_process_own(environment->executor);
  tenon__node_release(environment);
}

/** The one that has closed may have had the place: whoever is left takes it. */
static void pass_on_process(void) {
  pthread_mutex_lock(&open_mutex);
  for (environment_t *other = environments_open; other; other = other->next_open) {
    if (other->flags & TENON_NODE_FLAG_GUEST)
      continue;
    tenon__node_retain(other);
    if (tenon_executor_post(other->executor, own_process, other) != TENON_STATUS_OK)
      tenon__node_release(other);
  }
  pthread_mutex_unlock(&open_mutex);
}

/* MARK: Turns */

bool tenon__node_enter(environment_t *environment, napi_async_context context, turn_t *turn) {
  napi_env env = environment->env;
  if (!environment->is_open || napi_open_handle_scope(env, &turn->handles) != napi_ok)
    return false;
  if (napi_open_callback_scope(env, NULL, context ? context : environment->context,
                               &turn->callbacks) == napi_ok)
    return true;
  napi_close_handle_scope(env, turn->handles);
  return false;
}

void tenon__node_leave(environment_t *environment, turn_t *turn) {
  // Runs process.nextTick() and the microtasks: any JavaScript, which may even end the environment's
  // work, but not the environment, as its thread is here.
  napi_close_callback_scope(environment->env, turn->callbacks);
  napi_close_handle_scope(environment->env, turn->handles);
}

void tenon__node_clear_exception(environment_t *environment) {
  bool is_pending = false;
  napi_value ignored;
  if (napi_is_exception_pending(environment->env, &is_pending) == napi_ok && is_pending)
    napi_get_and_clear_last_exception(environment->env, &ignored);
}

tenon_status_t tenon__node_failed(environment_t *environment) {
  bool is_pending = false;
  napi_is_exception_pending(environment->env, &is_pending);
  return is_pending ? TENON_STATUS_UNSUPPORTED : TENON_STATUS_CLOSED;
}

bool tenon__node_help(environment_t *environment, helper_t helper, size_t count,
                      const napi_value *arguments, napi_value *result_out) {
  napi_env env = environment->env;
  napi_value function, undefined, result;
  if (napi_get_reference_value(env, environment->helpers[helper], &function) != napi_ok ||
      !function || napi_get_undefined(env, &undefined) != napi_ok ||
      napi_call_function(env, undefined, function, count, arguments, &result) != napi_ok)
    return false;
  if (result_out)
    *result_out = result;
  return true;
}

bool tenon__node_make_cell(environment_t *environment, void *cell, napi_finalize finalize,
                           napi_value *js_out) {
  return napi_create_external(environment->env, cell, finalize, environment, js_out) == napi_ok;
}

void *tenon__node_get_cell(napi_env env, napi_callback_info info, size_t count,
                           napi_value *arguments) {
  void *cell = NULL;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok ||
      napi_get_value_external(env, arguments[0], &cell) != napi_ok)
    return NULL;
  return cell;
}

environment_t *tenon__node_get_environment(napi_env env, napi_callback_info info) {
  void *data = NULL;
  napi_get_cb_info(env, info, NULL, NULL, NULL, &data);
  return data;
}

/* MARK: The prelude */

static const char prelude[] =
#include "prelude.inc"
    ;

typedef struct native {
  const char *name;
  napi_callback function;
} native_t;

static const native_t natives[] = {
    {"settle", tenon__node_native_settle},      {"cancel", tenon__node_native_cancel},
    {"read", tenon__node_native_read},          {"stop", tenon__node_native_stop},
    {"onCancel", tenon__node_native_on_cancel}, {"send", tenon__node_native_send},
    {"finish", tenon__node_native_finish},
};

static void forget_prelude(environment_t *environment) {
  for (int index = 0; index < HELPER_COUNT; index++) {
    if (environment->helpers[index])
      napi_delete_reference(environment->env, environment->helpers[index]);
    environment->helpers[index] = NULL;
  }
}

static bool run_prelude(environment_t *environment) {
  napi_env env = environment->env;
  napi_value native, source, script, undefined, helpers;
  if (napi_create_object(env, &native) != napi_ok)
    return false;
  for (size_t index = 0; index < sizeof natives / sizeof *natives; index++) {
    napi_value function;
    if (napi_create_function(env, natives[index].name, NAPI_AUTO_LENGTH, natives[index].function,
                             environment, &function) != napi_ok ||
        napi_set_named_property(env, native, natives[index].name, function) != napi_ok)
      return false;
  }
  if (napi_create_string_utf8(env, prelude, sizeof prelude - 1, &source) != napi_ok ||
      napi_run_script(env, source, &script) != napi_ok ||
      napi_get_undefined(env, &undefined) != napi_ok ||
      napi_call_function(env, undefined, script, 1, &native, &helpers) != napi_ok)
    return false;
  for (uint32_t index = 0; index < HELPER_COUNT; index++) {
    napi_value helper;
    napi_valuetype type;
    if (napi_get_element(env, helpers, index, &helper) != napi_ok ||
        napi_typeof(env, helper, &type) != napi_ok ||
        (type == napi_function &&
         napi_create_reference(env, helper, 1, &environment->helpers[index]) != napi_ok))
      return false;
  }
  return true;
}

/* MARK: The end */

/** The loop has let go: nothing of the environment's may be used any more. */
static void on_detached(void *context, tenon_status_t status) {
  environment_t *environment = context;
  (void)status;
  napi_async_cleanup_hook_handle hook = environment->hook;
  list_remove_here(environment);
  environment->env = NULL;
  tenon__node_free_settlements(environment);
  tenon_executor_release(environment->executor);
  pass_on_process();
  tenon__node_release(environment);
  napi_remove_async_cleanup_hook(hook);
}

/** The environment ends: after this no JavaScript runs, and cancelled work has its time to end. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *context) {
  environment_t *environment = context;
  (void)hook;
  environment->is_open = false;
  list_remove_open(environment);
  forget_prelude(environment);
  tenon__node_sweep(environment);
  tenon__node_end_adoptions(environment);
  if (environment->context)
    napi_async_destroy(environment->env, environment->context);
  environment->context = NULL;
  if (tenon__node_loop_detach(environment->executor, environment->closing_timeout_ns, on_detached,
                              environment) != TENON_STATUS_OK)
    on_detached(environment, TENON_STATUS_CLOSED); // somebody has closed it before
}

/* MARK: Functions */

static tenon_status_t attach(environment_t *environment, const tenon_node_config_t *config) {
  napi_env env = environment->env;
  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok)
    return TENON_STATUS_CLOSED;
  napi_value name;
  if (napi_create_string_utf8(env, "TENON", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &environment->context) != napi_ok ||
      !run_prelude(environment))
    return TENON_STATUS_NO_RESOURCES;
  tenon_status_t status = tenon__node_loop_attach(loop, config, &environment->executor);
  if (status != TENON_STATUS_OK)
    return status;
  if (napi_add_async_cleanup_hook(env, on_cleanup, environment, &environment->hook) == napi_ok)
    return TENON_STATUS_OK;
  // The loop closes the handles by itself.
  tenon__node_loop_detach(environment->executor, 0, NULL, NULL);
  tenon_executor_release(environment->executor);
  return TENON_STATUS_NO_RESOURCES;
}

tenon_status_t tenon_node_attach(napi_env env, const tenon_node_config_t *config,
                                 tenon_executor_t **executor_out) {
  static const tenon_node_config_t config_default = TENON_NODE_CONFIG_INIT;
  if (!config)
    config = &config_default;
  if (!env || config->struct_size != sizeof *config || config->reserved != 0 ||
      (config->flags & ~TENON_NODE_FLAG_GUEST) != 0)
    return TENON_STATUS_INVALID;
  if (find(env))
    return TENON_STATUS_BUSY;
  pthread_once(&pin_once, pin_image);

  environment_t *environment = calloc(1, sizeof *environment);
  if (!environment)
    return TENON_STATUS_NO_RESOURCES;
  environment->env = env;
  environment->flags = config->flags;
  environment->closing_timeout_ns =
      config->closing_timeout_ns != 0 ? config->closing_timeout_ns : CLOSING_TIMEOUT_NS_DEFAULT;
  atomic_init(&environment->references, 1);
  pthread_mutex_init(&environment->mutex, NULL);

  tenon_status_t status = attach(environment, config);
  if (status != TENON_STATUS_OK) {
    tenon__node_clear_exception(environment);
    forget_prelude(environment);
    if (environment->context)
      napi_async_destroy(env, environment->context);
    tenon__node_release(environment);
    return status;
  }
  environment->is_open = true;
  list_add(environment);
  if (!(config->flags & TENON_NODE_FLAG_GUEST))
    tenon_process_own(environment->executor); // Another environment may have the place.
  if (executor_out)
    *executor_out = environment->executor;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_node_get_executor(napi_env env, tenon_executor_t **executor_out) {
  if (!executor_out)
    return TENON_STATUS_INVALID;
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  *executor_out = environment->executor;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_node_set_referenced(napi_env env, bool referenced) {
  environment_t *environment = tenon__node_find(env);
  if (!environment)
    return TENON_STATUS_CLOSED;
  tenon__node_loop_set_referenced(environment->executor, referenced);
  return TENON_STATUS_OK;
}
