/**
 * @file tenon/glib.h
 *
 * Runs an executor on a GLib main context (GMainLoop, GApplication, GTK), and makes futures of GLib's
 * asynchronous operations, and GAsyncResults of futures. Needs <gio/gio.h>; all is inline.
 * pkg-config: tenon-glib; CMake: Tenon::glib.
 *
 * A fork's child may go on with its loop: there executors answer
 * TENON_STATUS_FORKED, and keep it alive for nothing.
 */
#ifndef TENON_GLIB_H
#define TENON_GLIB_H

#include <gio/gio.h>
#include <tenon/adapter.h>
#include <tenon/tenon.h>

TENON_BEGIN_DECLS

typedef struct tenon__glib {
  tenon_adapter_t adapter;
  GSource *source;
  gpointer tag;
} tenon__glib_t;

/** The source begins with GLib's own struct. */
typedef struct tenon__glib_source {
  GSource source;
  tenon__glib_t *glib; /* NULL: taken off */
} tenon__glib_source_t;

static inline gboolean tenon__glib_dispatch(GSource *source, GSourceFunc fn, gpointer data) {
  tenon__glib_t *glib = ((tenon__glib_source_t *)source)->glib;
  const gint64 ready_us = g_source_get_ready_time(source);
  const gboolean is_ready = g_source_query_unix_fd(source, glib->tag) != 0;
  (void)fn;
  (void)data;
  if (ready_us >= 0 && ready_us <= g_source_get_time(source)) {
    g_source_set_ready_time(source, -1);
    glib->adapter.deadline_ns = TENON_FOREVER;
    if (!is_ready) {
      tenon_adapter_due(&glib->adapter);
      return G_SOURCE_CONTINUE;
    }
  }
  if (is_ready)
    tenon_adapter_ready(&glib->adapter);
  else
    tenon_adapter_watched(&glib->adapter);
  return G_SOURCE_CONTINUE;
}

/** The context is gone, or somebody has destroyed the source. */
static inline void tenon__glib_finalize(GSource *source) {
  tenon__glib_t *glib = ((tenon__glib_source_t *)source)->glib;
  if (glib)
    tenon_adapter_gone(&glib->adapter);
}

static inline tenon_status_t tenon__glib_attach(tenon_adapter_t *adapter) {
  static GSourceFuncs functions = {NULL, NULL, tenon__glib_dispatch, tenon__glib_finalize,
                                   NULL, NULL};
  tenon__glib_t *glib = (tenon__glib_t *)adapter;
  glib->source = g_source_new(&functions, sizeof(tenon__glib_source_t));
  ((tenon__glib_source_t *)glib->source)->glib = glib;
  glib->tag = g_source_add_unix_fd(glib->source, adapter->fd, G_IO_IN);
  g_source_set_name(glib->source, "tenon");
  /* A job may run the context. GLib would take our descriptor out of it for each turn, by two wakes. */
  g_source_set_can_recurse(glib->source, TRUE);
  g_source_attach(glib->source, (GMainContext *)adapter->loop);
  g_source_unref(glib->source); /* the context has it: so it ends with that */
  return TENON_STATUS_OK;
}

static inline void tenon__glib_set_timer(tenon_adapter_t *adapter, uint64_t deadline_ns) {
  /* GLib's clock is CLOCK_MONOTONIC, too, in microseconds. */
  const gint64 ready_us =
      deadline_ns > (uint64_t)INT64_MAX ? -1 : (gint64)((deadline_ns + 999u) / 1000u);
  g_source_set_ready_time(((tenon__glib_t *)adapter)->source, ready_us);
}

static inline tenon_status_t tenon__glib_watch(tenon_adapter_t *adapter, int fd) {
  g_source_add_unix_fd(((tenon__glib_t *)adapter)->source, fd, G_IO_IN);
  return TENON_STATUS_OK;
}

static inline bool tenon__glib_run_once(tenon_adapter_t *adapter) {
  GMainContext *context = g_main_context_ref((GMainContext *)adapter->loop);
  g_main_context_iteration(context, TRUE);
  g_main_context_unref(context);
  return true;
}

static inline void tenon__glib_detach(tenon_adapter_t *adapter) {
  GSource *source = ((tenon__glib_t *)adapter)->source;
  ((tenon__glib_source_t *)source)->glib = NULL;
  g_source_destroy(source);
  tenon_adapter_detached(adapter);
}

static inline const tenon_adapter_operations_t *tenon__glib_operations(void) {
  static const tenon_adapter_operations_t operations = {
      "glib", sizeof(tenon__glib_t), tenon__glib_attach, tenon__glib_set_timer,
      NULL,   tenon__glib_run_once,  tenon__glib_detach, NULL,
      NULL,   tenon__glib_watch,
  };
  return &operations;
}

/**
 * Makes an executor whose jobs run on a main context; NULL: the default one.
 *
 * A source of the executor's is one of the context's, of the default priority: a main loop inside a job
 * runs all others. Whoever runs the context runs the jobs.
 *
 * Ownership:  borrows all. The context may go before or after the detach. The caller detaches, and
 *             releases `*executor_out`, in any order.
 * Threading:  the thread that runs the context.
 * Errors:     TENON_STATUS_INVALID, TENON_STATUS_NO_RESOURCES, TENON_STATUS_FORKED.
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_glib_attach(GMainContext *context,
                                               const tenon_adapter_config_t *config,
                                               tenon_executor_t **executor_out) {
  return tenon_adapter_attach(tenon__glib_operations(),
                              context ? context : g_main_context_default(), config, executor_out);
}

/** Closes the executor and takes it off: see tenon_uv_detach(), which this is for GLib. Since: 0.2.0 */
static inline tenon_status_t tenon_glib_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                               tenon_adapter_detached_fn fn, void *context) {
  return tenon_adapter_detach(executor, tenon__glib_operations(), timeout_ns, fn, context);
}

/** Reads the main context that an executor is on: borrowed; on its thread. Since: 0.2.0 */
static inline tenon_status_t tenon_glib_get_context(tenon_executor_t *executor,
                                                    GMainContext **context_out) {
  tenon_status_t status;
  void *loop = tenon_adapter_get_loop(executor, tenon__glib_operations(), context_out, &status);
  if (loop)
    *context_out = (GMainContext *)loop;
  return status;
}

/* MARK: GLib's operations as futures */

/** How an operation ends: calls its `..._finish` function. TRUE: `*value_out` is its result; FALSE:
 *  `*error` is set. */
typedef gboolean (*tenon_glib_finish_fn)(GObject *source, GAsyncResult *result,
                                         tenon_value_t *value_out, GError **error);

/** An operation that is being called. */
typedef struct tenon_glib_call {
  tenon_promise_t *promise;
  GCancellable *cancellable;
  tenon_glib_finish_fn finish;
} tenon_glib_call_t;

/** Makes Tenon's error of GLib's: the domain's name, code, message. NULL: there is no memory for it.
 *  Ownership: borrows `error`; the caller releases the result. Since: 0.2.0 */
static inline tenon_error_t *tenon_glib_error_from(const GError *error) {
  tenon_error_t *made;
  if (tenon_error_create(g_quark_to_string(error->domain), error->code, error->message, NULL,
                         &made) == TENON_STATUS_OK)
    return made;
  /* A message that is no UTF-8. */
  if (tenon_error_create(g_quark_to_string(error->domain), error->code, NULL, NULL, &made) ==
      TENON_STATUS_OK)
    return made;
  return NULL;
}

/** The other way: the domain is the quark of that name. Ownership: borrows; the caller frees. Since: 0.2.0 */
static inline GError *tenon_glib_error_to(tenon_error_t *error) {
  const char *domain = "tenon", *message = NULL;
  int64_t code = 0;
  tenon_error_get_domain(error, &domain);
  tenon_error_get_code(error, &code);
  tenon_error_get_message(error, &message);
  return g_error_new_literal(g_quark_from_string(domain), (gint)code, message ? message : domain);
}

static inline void tenon__glib_cancel(void *cancellable, tenon_status_t status) {
  if (status == TENON_STATUS_CANCELLED)
    g_cancellable_cancel((GCancellable *)cancellable);
  g_object_unref(cancellable);
}

/**
 * Begins a call: the operation then gets its cancellable, tenon_glib_call_ready and `*call_out`, and the
 * future its result. A cancel of the future cancels the cancellable.
 *
 * Ownership:  `executor` (may be NULL) is where the operation's context is polled: borrowed. The future is
 *             the caller's; the call ends with tenon_glib_call_ready().
 * Threading:  the thread whose default main context the operation is to use.
 * Errors:     those of tenon_promise_create().
 * Since:      0.2.0
 */
static inline tenon_status_t tenon_glib_call_create(tenon_executor_t *executor,
                                                    tenon_glib_finish_fn finish,
                                                    tenon_glib_call_t **call_out,
                                                    tenon_future_t **future_out) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  tenon_promise_t *promise;
  tenon_status_t status;
  config.executor = executor;
  status = tenon_promise_create(&config, &promise, future_out);
  if (status != TENON_STATUS_OK)
    return status;
  *call_out = g_new(tenon_glib_call_t, 1);
  (*call_out)->promise = promise;
  (*call_out)->cancellable = g_cancellable_new();
  (*call_out)->finish = finish;
  status = tenon_promise_on_cancel(promise, NULL, tenon__glib_cancel,
                                   g_object_ref((*call_out)->cancellable), NULL);
  if (status != TENON_STATUS_OK) /* cancelled already, by an executor that closes */
    tenon__glib_cancel((*call_out)->cancellable, status);
  return TENON_STATUS_OK;
}

/** For the operation; borrowed. Since: 0.2.0 */
static inline GCancellable *tenon_glib_call_get_cancellable(tenon_glib_call_t *call) {
  return call->cancellable;
}

/** The operation's GAsyncReadyCallback, whose user data is the call. Since: 0.2.0 */
static inline void tenon_glib_call_ready(GObject *source, GAsyncResult *result, gpointer data) {
  tenon_glib_call_t *call = (tenon_glib_call_t *)data;
  tenon_value_t value = tenon_value_none();
  GError *error = NULL;
  if (call->finish(source, result, &value, &error)) {
    if (tenon_promise_resolve(call->promise, &value) != TENON_STATUS_OK)
      tenon_value_drop(&value);
  } else if (error && g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    tenon_promise_cancel(call->promise);
  } else {
    tenon_error_t *made = error ? tenon_glib_error_from(error) : NULL;
    if (made) {
      tenon_promise_reject(call->promise, made);
      tenon_error_release(made);
    } else {
      tenon_promise_release(call->promise);
    }
  }
  if (error)
    g_error_free(error);
  g_object_unref(call->cancellable);
  g_free(call);
}

/* MARK: Futures as GAsyncResults */

static inline void tenon__glib_cancelled(GCancellable *cancellable, gpointer future) {
  (void)cancellable;
  tenon_future_cancel((tenon_future_t *)future);
}

static inline void tenon__glib_release(gpointer future) {
  tenon_future_release((tenon_future_t *)future);
}

static inline void tenon__glib_free_value(gpointer data) {
  tenon_value_drop((tenon_value_t *)data);
  g_free(data);
}

static inline void tenon__glib_settled(void *context, tenon_status_t status,
                                       tenon_future_t *future) {
  GTask *task = (GTask *)context;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error;
  /* Not g_cancellable_disconnect(), which waits for the handler: this may be inside of it. */
  if (g_task_get_task_data(task))
    g_signal_handler_disconnect(g_task_get_cancellable(task),
                                (gulong)GPOINTER_TO_SIZE(g_task_get_task_data(task)));
  if (status == TENON_STATUS_OK)
    status = tenon_future_take(future, &value);
  if (status == TENON_STATUS_OK) {
    tenon_value_t *boxed = g_new(tenon_value_t, 1);
    *boxed = value;
    g_task_return_pointer(task, boxed, tenon__glib_free_value);
  } else if (status == TENON_STATUS_CANCELLED) {
    g_task_return_new_error(task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");
  } else if (future && tenon_future_copy_error(future, &error) == TENON_STATUS_OK) {
    g_task_return_error(task, tenon_glib_error_to(error));
    tenon_error_release(error);
  } else {
    g_task_return_new_error(task, g_quark_from_static_string("tenon"), status, "%s",
                            tenon_status_string(status));
  }
  g_object_unref(task);
}

/**
 * Has a GAsyncReadyCallback called when a future has settled: the body of a `..._async` function.
 *
 * Ownership:  takes the reader's share of the value, if it is the one to take it; borrows all.
 * Threading:  a thread whose default main context is the one that is to call `fn`. `executor` is one on that
 *             context; or NULL: then it is told wherever the future settles, and GLib takes that over there.
 *             A cancel of `cancellable` (may be NULL), on any thread, is one of the future.
 * Since:      0.2.0
 */
static inline void tenon_glib_future_async(tenon_future_t *future, tenon_executor_t *executor,
                                           gpointer source, GCancellable *cancellable,
                                           GAsyncReadyCallback fn, gpointer data) {
  GTask *task = g_task_new(source, cancellable, fn, data);
  gulong handler = 0;
  tenon_status_t status;
  g_task_set_check_cancellable(task, FALSE); /* what has come in time is told */
  tenon_future_retain(future);
  if (cancellable)
    handler = g_cancellable_connect(cancellable, G_CALLBACK(tenon__glib_cancelled), future,
                                    tenon__glib_release);
  g_task_set_task_data(task, GSIZE_TO_POINTER(handler), NULL);
  status = tenon_future_on_complete(future, executor, tenon__glib_settled, task, NULL);
  if (status == TENON_STATUS_SETTLED)
    tenon__glib_settled(task, tenon_future_poll(future), future);
  else if (status != TENON_STATUS_OK)
    tenon__glib_settled(task, status, NULL);
  if (!cancellable)
    tenon_future_release(future);
}

/** The `..._finish` function to it. Ownership: `*value_out` is the caller's. Since: 0.2.0 */
static inline gboolean tenon_glib_future_finish(GAsyncResult *result, tenon_value_t *value_out,
                                                GError **error) {
  tenon_value_t *boxed = (tenon_value_t *)g_task_propagate_pointer((GTask *)result, error);
  if (!boxed)
    return FALSE;
  *value_out = *boxed;
  g_free(boxed);
  return TRUE;
}

TENON_END_DECLS

#endif /* TENON_GLIB_H */
