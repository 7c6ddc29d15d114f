/*
 * Implements the first part of <tenon/node.h>: how an environment begins and ends. This file names
 * all others, and none names it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dladdr()
#endif

#include "adoption.h"
#include "context.h"
#include "loop.h"
#include "object.h"
#include "settlement.h"
#include "stream.h"
#include "trace.h"

#include <tenon/process.h>

#include <dlfcn.h>
#include <stdlib.h>

#define CLOSING_TIMEOUT_NS_DEFAULT UINT64_C(1000000000)

/** An environment, and what only its beginning and its end need to know. */
typedef struct attached {
  environment_t environment; /**< first: its memory is this */
  napi_async_cleanup_hook_handle hook;
  uint64_t closing_timeout_ns;
  bool is_guest;
  struct attached *next; /**< of those that are open in the process */
} attached_t;

/* MARK: The process */

/** Guards the list of those that are open in the process. */
static pthread_mutex_t open_mutex = PTHREAD_MUTEX_INITIALIZER;
static attached_t *open_list;

static void list_add_open(attached_t *attached) {
  pthread_mutex_lock(&open_mutex);
  attached->next = open_list;
  open_list = attached;
  pthread_mutex_unlock(&open_mutex);
}

static void list_remove_open(attached_t *attached) {
  pthread_mutex_lock(&open_mutex);
  attached_t **link = &open_list;
  while (*link && *link != attached)
    link = &(*link)->next;
  if (*link)
    *link = attached->next;
  pthread_mutex_unlock(&open_mutex);
}

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
  for (attached_t *other = open_list; other; other = other->next) {
    environment_t *environment = &other->environment;
    if (other->is_guest)
      continue;
    tenon__node_retain(environment);
    if (tenon_executor_post(environment->executor, own_process, environment) != TENON_STATUS_OK)
      tenon__node_release(environment);
  }
  pthread_mutex_unlock(&open_mutex);
}

/* MARK: The prelude */

typedef struct native {
  const char *name;
  napi_callback function;
} native_t;

static const native_t natives[] = {
    {"settle", tenon__node_native_settle},
    {"cancel", tenon__node_native_cancel},
    {"read", tenon__node_native_read},
    {"stop", tenon__node_native_stop},
    {"onCancel", tenon__node_native_on_cancel},
    {"send", tenon__node_native_send},
    {"finish", tenon__node_native_finish},
    {"useContext", tenon__node_native_use_context},
    {"startSpan", tenon__node_native_start_span},
    {"setWait", tenon__node_native_set_wait},
    {"enter", tenon__node_native_enter},
    {"leave", tenon__node_native_leave},
    {"setTraced", tenon__node_native_set_traced},
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
  if (napi_create_string_utf8(env, tenon__node_prelude, tenon__node_prelude_size, &source) !=
          napi_ok ||
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
  attached_t *attached = context;
  environment_t *environment = &attached->environment;
  (void)status;
  napi_async_cleanup_hook_handle hook = attached->hook;
  tenon__node_list_remove(environment);
  environment->env = NULL;
  tenon__node_settlements_end(environment);
  tenon_executor_release(environment->executor);
  pass_on_process();
  tenon__node_release(environment);
  napi_remove_async_cleanup_hook(hook);
}

/** The environment ends: after this no JavaScript runs, and cancelled work has its time to end. */
static void on_cleanup(napi_async_cleanup_hook_handle hook, void *context) {
  attached_t *attached = context;
  environment_t *environment = &attached->environment;
  (void)hook;
  environment->is_open = false;
  list_remove_open(attached);
  forget_prelude(environment);
  tenon__node_objects_end(environment);
  tenon__node_adoptions_end(environment);
  if (environment->context)
    napi_async_destroy(environment->env, environment->context);
  environment->context = NULL;
  if (tenon_uv_detach(environment->executor, attached->closing_timeout_ns, on_detached, attached) !=
      TENON_STATUS_OK)
    on_detached(attached, TENON_STATUS_CLOSED); // somebody has closed it before
}

/* MARK: Functions */

static void hold(tenon_executor_t *executor, bool is_held) {
  tenon_uv_set_referenced(executor, is_held);
}

static tenon_status_t attach(attached_t *attached, const tenon_node_config_t *config) {
  environment_t *environment = &attached->environment;
  napi_env env = environment->env;
  struct uv_loop_s *loop;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok)
    return TENON_STATUS_CLOSED;
  napi_value name;
  if (napi_create_string_utf8(env, "TENON", NAPI_AUTO_LENGTH, &name) != napi_ok ||
      napi_async_init(env, NULL, name, &environment->context) != napi_ok ||
      !run_prelude(environment))
    return TENON_STATUS_NO_RESOURCES;
  tenon_uv_config_t uv_config = TENON_UV_CONFIG_INIT;
  uv_config.name = config->name;
  uv_config.jobs_max = config->jobs_max;
  tenon_status_t status = tenon_uv_attach(loop, &uv_config, &environment->executor);
  if (status != TENON_STATUS_OK)
    return status;
  if (napi_add_async_cleanup_hook(env, on_cleanup, attached, &attached->hook) == napi_ok)
    return TENON_STATUS_OK;
  // The loop closes the handles by itself.
  tenon_uv_detach(environment->executor, 0, NULL, NULL);
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
  if (tenon__node_find_any(env))
    return TENON_STATUS_BUSY;
  pthread_once(&pin_once, pin_image);

  attached_t *attached = calloc(1, sizeof *attached);
  if (!attached)
    return TENON_STATUS_NO_RESOURCES;
  environment_t *environment = &attached->environment;
  environment->env = env;
  environment->hold = hold;
  environment->is_held = environment->is_allowed = true;
  atomic_init(&environment->references, 1);
  pthread_mutex_init(&environment->mutex, NULL);
  attached->is_guest = (config->flags & TENON_NODE_FLAG_GUEST) != 0;
  attached->closing_timeout_ns =
      config->closing_timeout_ns != 0 ? config->closing_timeout_ns : CLOSING_TIMEOUT_NS_DEFAULT;

  tenon_status_t status = attach(attached, config);
  if (status != TENON_STATUS_OK) {
    tenon__node_clear_exception(environment);
    forget_prelude(environment);
    if (environment->context)
      napi_async_destroy(env, environment->context);
    tenon__node_release(environment);
    return status;
  }
  environment->is_open = true;
  tenon__node_list_add(environment);
  list_add_open(attached);
  if (!attached->is_guest)
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
  environment->is_allowed = referenced;
  tenon__node_update_alive(environment);
  return TENON_STATUS_OK;
}
