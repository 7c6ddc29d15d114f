/*
 * The base of the Node adapter: it knows of no other part. Not installed.
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

#include "prelude.h"

#include <tenon/node.h>
#include <tenon/source.h>

#include <pthread.h>
#include <stdatomic.h>

typedef struct environment {
  napi_env env;
  tenon_executor_t *executor;
  napi_async_context context;     /**< of deliveries that have none of their own */
  napi_ref helpers[HELPER_COUNT]; /**< NULL: there is none, or not any more */
  bool is_open;
  bool has_contexts; /**< somebody has said what calls carry: until then nobody looks */

  /* Calls that somebody listens to: see trace.c. */
  bool is_traced;
  bool is_entering;                   /**< the next call is the one that is being traced */
  const tenon_source_t *traced_place; /**< of the call that is; or NULL */
  tenon_future_t *traced_future;      /**< what it has given; or NULL */
  char traced_name[64];

  atomic_uint references;
  pthread_mutex_t mutex;
  bool is_swept; /**< under the mutex: JavaScript's references have been given back */

  struct settlement *free_settlements; /**< for the next promises */
  unsigned int free_settlement_count;
  struct adoption *adoptions; /**< promises of JavaScript's that Swift waits for */
  struct object *objects;     /**< those that hold a reference of JavaScript's */
  struct error_form *errors;  /**< those that say more than others */

  /* What keeps the process alive: see tenon__node_update_alive(). */
  size_t waiting;  /**< promises of ours that are not settled */
  size_t idle;     /**< streams and writers that wait until somebody reads */
  bool is_held;    /**< pending work keeps the process alive */
  bool is_allowed; /**< so the author says */
  void (*hold)(tenon_executor_t *executor, bool is_held);

  struct environment *next; /**< of this thread */
} environment_t;

/** One delivery to JavaScript: handles of its own, and what comes after a callback at its end. */
typedef struct turn {
  napi_handle_scope handles;
  napi_callback_scope callbacks;
} turn_t;

/** The environment of this thread; NULL: it is gone, was never there, or is another thread's. */
environment_t *tenon__node_find_any(napi_env env);
/** The same, while it is open. */
environment_t *tenon__node_find(napi_env env);
/** Makes it findable on this thread, and not any more. */
void tenon__node_list_add(environment_t *environment);
void tenon__node_list_remove(environment_t *environment);
void tenon__node_retain(environment_t *environment);
void tenon__node_release(environment_t *environment);

/** Has the loop live for pending work, or not: after a change of what it goes by. A stream that nobody
 *  reads is as a generator that nobody resumes: nothing lives for its writer. As nobody can tell a
 *  writer's work from other work that has no promise, nothing lives for that either then. */
void tenon__node_update_alive(environment_t *environment);

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
/** Throws a TypeError about a value: `format` has one %s, for what it is. */
void tenon__node_throw_type_error(environment_t *environment, const char *format, napi_value js);

/** Makes a cell for the prelude: an external whose finalizer gets `cell`. */
bool tenon__node_make_cell(environment_t *environment, void *cell, napi_finalize finalize,
                           napi_value *js_out);
/** Reads the arguments of a native function of the prelude, and the cell in the first. */
void *tenon__node_get_cell(napi_env env, napi_callback_info info, size_t count,
                           napi_value *arguments);
environment_t *tenon__node_get_environment(napi_env env, napi_callback_info info);

#endif /* TENON_NODE_ENVIRONMENT_H */
