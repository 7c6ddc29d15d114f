/*
 * What the files of the Node adapter share. Not installed.
 *
 * An environment here is one napi_env with an executor on its loop. All of it belongs to the
 * environment's thread, but for `references`, and what the mutex guards.
 *
 * Its life: open; closing, from the cleanup hook on, when no JavaScript may run any more and all of
 * JavaScript's references have been given back; gone, when the loop has let go of the executor: then
 * `env` is NULL. The memory stays while an object or a cell refers to it.
 */
#ifndef TENON_NODE_ENVIRONMENT_H
#define TENON_NODE_ENVIRONMENT_H

#include <tenon/node.h>
#include <tenon/process.h>

#include <pthread.h>
#include <stdatomic.h>

/** The functions of prelude.inc, in its order. */
typedef enum helper {
  HELPER_MAKE_ERROR,
  HELPER_REJECT_LATER,
  HELPER_ORIGIN_OF,
  HELPER_ADOPT,
  HELPER_WATCH,
  HELPER_MAKE_SIGNAL,
  HELPER_DESCRIBE,
  HELPER_MAKE_ARRAY,
  HELPER_MAKE_ITERATOR,
  HELPER_IS_ITERABLE,
  HELPER_PUMP,
  HELPER_KEEP_FRAME, /**< where there are frames: not in all versions */
  HELPER_CALL_IN_FRAME,
  HELPER_COUNT
} helper_t;

typedef struct adoption adoption_t;
typedef struct object object_t;
typedef struct settlement settlement_t;

typedef struct environment {
  napi_env env;
  tenon_executor_t *executor;
  napi_async_context context; /**< of deliveries that have none of their own */
  napi_async_cleanup_hook_handle hook;
  napi_ref helpers[HELPER_COUNT]; /**< NULL: there is none, or not any more */
  uint64_t closing_timeout_ns;
  uint32_t flags;
  bool is_open;

  atomic_uint references;
  pthread_mutex_t mutex;
  bool is_swept; /**< under the mutex: JavaScript's references have been given back */

  settlement_t *free_settlements; /**< for the next promises */
  unsigned int free_settlement_count;
  adoption_t *adoptions;         /**< promises of JavaScript's that Swift waits for */
  object_t *objects;             /**< those that hold a reference of JavaScript's */
  struct environment *next;      /**< of this thread */
  struct environment *next_open; /**< of the process; under a mutex of its own */
} environment_t;

/** A JavaScript object that a value holds. Counted; released on any thread. */
struct object {
  atomic_uint references;
  environment_t *environment;
  napi_ref reference;         /**< NULL: given back */
  napi_async_context context; /**< of a function; or NULL */
  napi_ref frame;             /**< what Node keeps beside the context; or NULL */
  bool is_released;           /**< under the environment's mutex: the sweep frees it */
  object_t *next;
  object_t *previous;
};

/** One delivery to JavaScript: handles of its own, and what comes after a callback at its end. */
typedef struct turn {
  napi_handle_scope handles;
  napi_callback_scope callbacks;
} turn_t;

/* environment.c */
/** The environment of this thread, while it is open. */
environment_t *tenon__node_find(napi_env env);
void tenon__node_retain(environment_t *environment);
void tenon__node_release(environment_t *environment);
/** False: the environment is closing, and there is no turn. */
bool tenon__node_enter(environment_t *environment, napi_async_context context, turn_t *turn);
void tenon__node_leave(environment_t *environment, turn_t *turn);
/** Calls a function of the prelude; false: with an exception pending, or the environment stops. */
bool tenon__node_help(environment_t *environment, helper_t helper, size_t count,
                      const napi_value *arguments, napi_value *result_out);
/** Forgets a pending exception, which has been dealt with, or has nobody to deal with it. */
void tenon__node_clear_exception(environment_t *environment);
/** What a call to JavaScript that failed means: it threw, and that is pending; or none may run. */
tenon_status_t tenon__node_failed(environment_t *environment);
/** Makes a cell for the prelude: an external whose finalizer gets `cell`. */
bool tenon__node_make_cell(environment_t *environment, void *cell, napi_finalize finalize,
                           napi_value *js_out);
/** Reads the arguments of a native function of the prelude, and the cell in the first. */
void *tenon__node_get_cell(napi_env env, napi_callback_info info, size_t count,
                           napi_value *arguments);
environment_t *tenon__node_get_environment(napi_env env, napi_callback_info info);

/* loop.c */
struct uv_loop_s;
tenon_status_t tenon__node_loop_attach(struct uv_loop_s *loop, const tenon_node_config_t *config,
                                       tenon_executor_t **executor_out);
tenon_status_t tenon__node_loop_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                       void (*fn)(void *context, tenon_status_t status),
                                       void *context);
void tenon__node_loop_set_referenced(tenon_executor_t *executor, bool referenced);

/* object.c */
object_t *tenon__node_object_make(environment_t *environment, napi_value js);
void tenon__node_object_release(object_t *object);
/** The object in a value; NULL: none, or it is of another kind. */
object_t *tenon__node_object_in(const tenon_value_t *value);
bool tenon__node_object_read(environment_t *environment, object_t *object, napi_value *js_out);
void tenon__node_sweep(environment_t *environment);
/** A drop function and marks for error payloads and values. */
void tenon__node_object_drop(void *pointer, size_t size);
extern const char tenon__node_object_mark;

/* bytes.c */
tenon_status_t tenon__node_bytes_from(environment_t *environment, napi_value js, void *data,
                                      size_t size, napi_value buffer, size_t offset,
                                      tenon_value_t *value_out);
tenon_status_t tenon__node_bytes_to(environment_t *environment, tenon_value_t *value,
                                    napi_value *js_out);

/* value.c */
/** tenon_node_value_to(), for an environment that is open. */
tenon_status_t tenon__node_write(environment_t *environment, tenon_value_t *value,
                                 napi_value *js_out);

/* error.c */
/** Rejects with an error: with the object that it came from, or with a new one. */
void tenon__node_reject(environment_t *environment, napi_deferred deferred, tenon_error_t *error);
void tenon__node_throw(environment_t *environment, tenon_error_t *error);
/** Makes an error of the exception that is pending, and clears it. */
tenon_error_t *tenon__node_take_exception(environment_t *environment);
void tenon__node_throw_type_error(environment_t *environment, napi_value js);

/* settlement.c */
void tenon__node_free_settlements(environment_t *environment);
/** A cell for the prelude's watch(); NULL: there is none. */
napi_value tenon__node_make_cancel_cell(environment_t *environment, tenon_future_t *future);

/* adoption.c */
/** Has JavaScript's promise settle ours, which is consumed. `abort` (NULL: none) is called to cancel. */
void tenon__node_adopt(environment_t *environment, napi_value js, tenon_promise_t *promise,
                       napi_value abort);
/** Settles with a value of JavaScript's; the promise is consumed. */
void tenon__node_resolve(environment_t *environment, tenon_promise_t *promise, napi_value js);
/** JavaScript settles no more of its promises. */
void tenon__node_end_adoptions(environment_t *environment);

/* Native functions of the prelude. */
napi_value tenon__node_native_settle(napi_env env, napi_callback_info info);
napi_value tenon__node_native_cancel(napi_env env, napi_callback_info info);
napi_value tenon__node_native_read(napi_env env, napi_callback_info info);
napi_value tenon__node_native_stop(napi_env env, napi_callback_info info);
napi_value tenon__node_native_on_cancel(napi_env env, napi_callback_info info);
napi_value tenon__node_native_send(napi_env env, napi_callback_info info);
napi_value tenon__node_native_finish(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_ENVIRONMENT_H */
