/**
 * @file tenon/node.h
 *
 * Swift async for JavaScript: futures are promises, streams are async iterators, cancelling is an
 * AbortSignal. Needs Node's <node_api.h>, Node-API version 8, and nothing else of Node's.
 *
 * An addon calls tenon_node_attach() when it is loaded, once for each environment: the main thread
 * has one, and each worker thread. That puts an executor on the environment's own loop. From then on
 * everything that concerns JavaScript happens in turns of that loop, on its thread: each delivery in
 * a callback scope of its own, so that process.nextTick() and microtasks run between two of them, as
 * they do between Node's own callbacks. Pending work keeps the process alive; nothing else does. A
 * stream whose iterator nobody waits for is not pending, as a generator is not that nobody resumes; and as
 * nobody can tell what its writer does, only what has a promise keeps the process alive besides it.
 *
 * The environment ends with the process, or when its worker is terminated. What is in flight is
 * cancelled then, and no JavaScript runs any more; nobody has to detach. Whatever is still held, on
 * whichever thread, stays good to be released, and all else that needs JavaScript answers
 * TENON_STATUS_CLOSED.
 *
 * What an addon needs from JavaScript goes by pairs: `..._from()` reads a JavaScript value and
 * `..._to()` makes one. All of these are for the environment's thread, inside a call from JavaScript or
 * a handle scope. No function here leaves a JavaScript exception pending, unless it says so.
 */
#ifndef TENON_NODE_H
#define TENON_NODE_H

#include <tenon/executor.h>
#include <tenon/stream.h>

#ifndef NAPI_VERSION
#define NAPI_VERSION 8
#endif
#if defined(__has_include)
#if !__has_include(<node_api.h>) && __has_include(<node/node_api.h>)
#include <node/node_api.h>
#else
#include <node_api.h>
#endif
#else
#include <node_api.h>
#endif

TENON_BEGIN_DECLS

/* MARK: Environments */

/** Leaves it to others where Swift code runs that names no executor: see tenon/process.h. If nobody else
 *  owns the process that is Dispatch with its threads, and the main actor waits until somebody drains
 *  Dispatch's main queue. Without this flag `Task { }`, `Task.sleep` and the main actor run on Node's
 *  loop: the one of the first environment that attached, or the caller's own. */
#define TENON_NODE_FLAG_GUEST 0x01u

/** How to attach. Zero is a good default for each field but the first. */
typedef struct tenon_node_config {
  size_t struct_size;          /**< sizeof(tenon_node_config_t) */
  uint32_t flags;              /**< TENON_NODE_FLAG_... */
  uint32_t reserved;           /**< zero */
  const char *name;            /**< the executor's name, for people; copied; may be NULL */
  uint64_t jobs_max;           /**< the most jobs in one turn of the loop; 0: 2048 */
  uint64_t closing_timeout_ns; /**< how long cancelled work may take to end when the environment
                                    does; 0: one second */
} tenon_node_config_t;

#define TENON_NODE_CONFIG_INIT                                                                     \
  { sizeof(tenon_node_config_t), 0, 0, NULL, 0, 0 }

/**
 * Puts an executor on an environment's loop.
 *
 * The addon's library stays in the process from then on, as Swift's runtime must.
 *
 * Ownership:  borrows `config`, which may be NULL. `*executor_out` (may be NULL) is lent: it is the
 *             environment's, and closes with it.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_BUSY if this environment has one; TENON_STATUS_INVALID;
 *             TENON_STATUS_CLOSED if the environment ends already; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_attach(napi_env env, const tenon_node_config_t *config,
                                           tenon_executor_t **executor_out) TENON_NOEXCEPT;

/**
 * Gives the executor of an environment.
 *
 * Ownership:  `*executor_out` is lent until the environment ends.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_CLOSED if the environment has ended, was never attached, or is another
 *             thread's.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_get_executor(napi_env env,
                                                 tenon_executor_t **executor_out) TENON_NOEXCEPT;

/**
 * Says whether pending work keeps the process alive. At first it does.
 *
 * Threading:  the environment's thread.
 * Errors:     as tenon_node_get_executor().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_set_referenced(napi_env env, bool referenced) TENON_NOEXCEPT;

/* MARK: Contexts */

/**
 * Gives what JavaScript says, and finds, of what calls carry: an object with `run(texts, fn)`, `current` and
 * `startSpan()`. All packages of a realm share what it says, which goes along with promises, as
 * AsyncLocalStorage does.
 *
 * Threading:  the environment's thread.
 * Errors:     as tenon_node_get_executor().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_context_to(napi_env env,
                                               napi_value *context_out) TENON_NOEXCEPT;

/**
 * Calls `fn` with what JavaScript says, as tenon_context_run() does: what it starts carries that. Without
 * it `fn` is called plainly, at no cost.
 *
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_INVALID; TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES; TENON_STATUS_UNSUPPORTED, with
 *             an exception pending. Then `fn` was not called.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_context_run(napi_env env, void (*fn)(void *argument),
                                                void *argument) TENON_NOEXCEPT;

/**
 * Has a call go through Node's tracing channel `tenon:call`, if somebody listens to it. To be asked first by a function that
 * JavaScript calls, and that starts something:
 *
 *     if (tenon_node_trace(env, info, "greet", true, greet, data, &result))
 *       return result;
 *
 * Where nobody listens it is some instructions. Otherwise the function, which is `callback` with `data`, is called once more
 * inside of it; and its future, by tenon_node_future_to(), is named with the place in JavaScript that it was called from.
 *
 * Ownership:  borrows `name`. With `is_promise` the function's result is a promise.
 * Threading:  the environment's thread.
 * Returns:    false: the function is to go on. true: `*result_out` is its result; NULL with an exception pending.
 * Since:      0.2.0
 */
TENON_API bool tenon_node_trace(napi_env env, napi_callback_info info, const char *name,
                                bool is_promise, napi_callback callback, void *data,
                                napi_value *result_out) TENON_NOEXCEPT;

/* MARK: Values */

/**
 * What a value is in JavaScript. undefined is a value that holds nothing, a number is an f64, a
 * bigint one of the kinds below, or a u64 if it is too large for that. In the other direction an i64 or
 * u64 is a number if that is exact, and a bigint otherwise.
 *
 * Uint8Array, Buffer, the other views and ArrayBuffer are bytes that are not copied: JavaScript must
 * neither write nor transfer them until the value is dropped. Those of a buffer that can shrink are
 * copied. Bytes become a Uint8Array on the same memory, and the finalizer drops the value; what came
 * from JavaScript is that memory again.
 *
 * What the core has no kind for is a pointer that these functions know:
 */
TENON_ENUM(int32_t, tenon_node_kind_t){
    TENON_NODE_KIND_PLAIN = 0,  /**< one of the kinds of tenon/value.h */
    TENON_NODE_KIND_NULL = 1,   /**< null: tenon_node_null() */
    TENON_NODE_KIND_ARRAY = 2,  /**< an array: tenon_node_get_list() */
    TENON_NODE_KIND_RECORD = 3, /**< a plain object, its own enumerable properties:
                                     tenon_node_get_list() */
    TENON_NODE_KIND_OBJECT =
        4, /**< a function, or another object that stays in JavaScript and is the
                                     very same when it comes back: tenon_node_object_from() */
    TENON_NODE_KIND_BIGINT = 5, /**< a bigint of 64 bits: tenon_node_get_bigint(); since 0.2.0 */
};

/** The elements of an array, or the properties of a plain object, in order. */
typedef struct tenon_node_list {
  size_t count;
  tenon_value_t *keys;   /**< strings; NULL: an array */
  tenon_value_t *values; /**< owned by the list */
} tenon_node_list_t;

/** How deep arrays and plain objects may be nested. */
#define TENON_NODE_DEPTH_MAX 64

/** Tells what a value is. Threading: the value's owner. Since 0.1.0. */
TENON_API tenon_node_kind_t tenon_node_get_kind(const tenon_value_t *value) TENON_NOEXCEPT;

/** Makes the value that is null. Since 0.1.0. */
TENON_API tenon_value_t tenon_node_null(void) TENON_NOEXCEPT;

/** Makes the value that is a bigint, also where a number would do. Since 0.2.0. */
TENON_API tenon_value_t tenon_node_bigint(int64_t i64) TENON_NOEXCEPT;

/**
 * Reads a bigint.
 *
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_INVALID for another kind.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_get_bigint(const tenon_value_t *value,
                                               int64_t *i64_out) TENON_NOEXCEPT;

/**
 * Tells how many elements an array has; also a proxy of one, as Array.isArray() does.
 *
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_INVALID if it is no array; TENON_STATUS_UNSUPPORTED, with what a proxy threw
 *             pending; TENON_STATUS_CLOSED.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_array_get_count(napi_env env, napi_value js,
                                                    uint32_t *count_out) TENON_NOEXCEPT;

/**
 * Reads the bytes of a view or a buffer where they are.
 *
 * Ownership:  `*data_out` is lent for this call from JavaScript, until any JavaScript runs.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_INVALID if it is none; TENON_STATUS_CLOSED.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_get_bytes(napi_env env, napi_value js, const void **data_out,
                                              size_t *size_out) TENON_NOEXCEPT;

/**
 * Copies a value: what it holds, and what is in that; objects that stay in JavaScript are the same.
 *
 * Ownership:  borrows `value`. `*copy_out` is the caller's.
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_UNSUPPORTED for a pointer that is none of these kinds;
 *             TENON_STATUS_INVALID; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_node_value_copy(const tenon_value_t *value,
                                               tenon_value_t *copy_out) TENON_NOEXCEPT;

/**
 * Makes an array or plain object whose values hold nothing yet: fill them, and the keys.
 *
 * Ownership:  `*value_out` is the caller's; the list is part of it.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_list_create(size_t count, bool has_keys,
                                                tenon_value_t *value_out,
                                                tenon_node_list_t **list_out) TENON_NOEXCEPT;

/**
 * Reads an array or plain object. Values may be moved out of it.
 *
 * Ownership:  `*list_out` is valid until the value is dropped.
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_INVALID for another kind.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_get_list(const tenon_value_t *value,
                                             tenon_node_list_t **list_out) TENON_NOEXCEPT;

/**
 * Reads a JavaScript value.
 *
 * Ownership:  `*value_out` is the caller's; it may be dropped on any thread, also after the
 *             environment's end.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_UNSUPPORTED, with an exception pending: a TypeError that names the type
 *             that has no form here, or what a getter threw. TENON_STATUS_CLOSED;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_value_from(napi_env env, napi_value js,
                                               tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Makes a JavaScript value.
 *
 * Ownership:  moves out of `*value`, which is left holding nothing, on success only.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_UNSUPPORTED for a pointer that is none of the above, an object of
 *             another environment, and what is nested deeper than TENON_NODE_DEPTH_MAX; TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_value_to(napi_env env, tenon_value_t *value,
                                             napi_value *js_out) TENON_NOEXCEPT;

/**
 * Makes a value of an object or function as it is, without a look inside.
 *
 * Ownership:  `*value_out` is the caller's, and holds the object until it is dropped, on any thread:
 *             JavaScript's reference is given back on the environment's.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_INVALID if it is no object; TENON_STATUS_CLOSED;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_object_from(napi_env env, napi_value js,
                                                tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Makes a second value of the same object or function.
 *
 * Ownership:  `*copy_out` is the caller's.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if `value` is no TENON_NODE_KIND_OBJECT.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_object_copy(const tenon_value_t *value,
                                                tenon_value_t *copy_out) TENON_NOEXCEPT;

/* MARK: Functions */

/** Nobody reads the result: an exception is an 'uncaughtException', and a rejection an
 *  'unhandledRejection', as with Node's own callbacks. `future_out` is then NULL. */
#define TENON_NODE_CALL_NOTIFY 0x01u
/** The function gets one more argument, `{ signal }`: an AbortSignal that fires when the future is
 *  cancelled. The future then settles when the function's promise does. Without it a cancelled future
 *  settles at once, as there is no way to stop the function. */
#define TENON_NODE_CALL_SIGNAL 0x02u

/**
 * Calls a JavaScript function, in a turn of its loop, and gives what it returns as a future; of a
 * promise that it returns, what that is resolved with.
 *
 * It is called in the async context in which it became a value: AsyncLocalStorage has what it had
 * then. What it throws rejects the future: domain "js.<name>".
 *
 * Ownership:  borrows `function`. Moves out of the `count` values of `arguments` on success only. The
 *             caller releases `*future_out`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID: not TENON_NODE_KIND_OBJECT, or an unknown flag;
 *             TENON_STATUS_CLOSED: its environment has ended; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_call(const tenon_value_t *function, uint32_t flags,
                                         tenon_value_t *arguments, size_t count,
                                         tenon_future_t **future_out) TENON_NOEXCEPT;

/* MARK: Errors */

/**
 * Makes an error of what JavaScript threw, or rejected with.
 *
 * Domain "js.<name>" ("js" if it is no Error), its message and cause, and `errno` for a code. The
 * object travels with the error, and is found again by tenon_node_error_to().
 *
 * Ownership:  the caller releases `*error_out`, on any thread.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_error_from(napi_env env, napi_value js,
                                               tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Makes what JavaScript throws for an error: the very object that it came from, or an Error with
 * `name`, `message`, `code`, `domain` and `cause`. Of a cancel it is the reason, or an AbortError.
 *
 * Ownership:  borrows `error`.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_error_to(napi_env env, tenon_error_t *error,
                                             napi_value *js_out) TENON_NOEXCEPT;

/* MARK: Futures */

/**
 * Gives a future of a promise or any other thenable; of another value one that is fulfilled with it.
 *
 * A cancel settles it at once: JavaScript has no way to stop a promise. If the promise can be
 * settled by nobody any more, the future is rejected as a broken promise when the collector finds out.
 *
 * Ownership:  the caller releases `*future_out`.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_future_from(napi_env env, napi_value js,
                                                tenon_future_t **future_out) TENON_NOEXCEPT;

/**
 * Gives a promise that is settled in a turn of the loop when the future settles.
 *
 * It is resolved with the value, which is taken out of the future, or rejected with
 * tenon_node_error_to(). An Error that is made for it has the stack of the async functions that await
 * it. If `signal` (an AbortSignal, undefined, or NULL) fires, the future is cancelled, and the promise
 * is rejected with the signal's reason when the work has ended.
 *
 * Ownership:  borrows `future`; the promise counts as a reader of it until it is settled.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_UNSUPPORTED, with a TypeError pending: `signal` is none;
 *             TENON_STATUS_STALE, TENON_STATUS_INVALID; TENON_STATUS_CLOSED;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_future_to(napi_env env, tenon_future_t *future,
                                              napi_value signal,
                                              napi_value *promise_out) TENON_NOEXCEPT;

/* MARK: Streams */

/**
 * Gives a stream of an async iterable, an async generator, or a plain iterable.
 *
 * It is read ahead as far as the buffer has room. When the reader cancels or goes away, `return()` of
 * the iterator is called.
 *
 * Ownership:  the caller releases `*stream_out`.
 * Threading:  the environment's thread.
 * Errors:     TENON_STATUS_UNSUPPORTED, with a TypeError pending: it is not iterable;
 *             TENON_STATUS_INVALID for a capacity beyond TENON_STREAM_CAPACITY_MAX;
 *             TENON_STATUS_CLOSED; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_stream_from(napi_env env, napi_value js, size_t capacity,
                                                tenon_stream_t **stream_out) TENON_NOEXCEPT;

/**
 * Gives an async iterator of a stream, which is async iterable as well.
 *
 * Its `return()` and `throw()`, and the end of a `for await` that is left early, cancel the stream and
 * settle when its writer has ended. If `signal` (an AbortSignal, undefined, or NULL) fires, the stream
 * is cancelled, and the reader gets the signal's reason after what is buffered. An item that has no
 * form in JavaScript cancels the stream, too, and is a TypeError once the writer has ended. An
 * iterator that nobody holds any more releases the stream.
 *
 * Ownership:  consumes the caller's reference to `stream` on success only.
 * Threading:  the environment's thread.
 * Errors:     as tenon_node_future_to().
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_node_stream_to(napi_env env, tenon_stream_t *stream,
                                              napi_value signal,
                                              napi_value *iterator_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_NODE_H */
