/*
 * The adapter for GLib, checked.
 */
#include "alone.h"
#include "child.h"

#include <tenon/glib.h>

typedef struct world {
  GMainContext *context;
  GSList *loops; /* those that run, the innermost first */
} world_t;

static void *create(void) {
  world_t *world = g_new0(world_t, 1);
  world->context = g_main_context_new();
  return world;
}

static void run(void *context) {
  world_t *world = context;
  GMainLoop *loop = g_main_loop_new(world->context, FALSE);
  world->loops = g_slist_prepend(world->loops, loop);
  g_main_loop_run(loop);
  world->loops = g_slist_remove(world->loops, loop);
  g_main_loop_unref(loop);
}

static void stop(void *context) {
  const world_t *world = context;
  if (world->loops)
    g_main_loop_quit(world->loops->data);
}

typedef struct later {
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static gboolean call_now(gpointer data) {
  const later_t *later = data;
  later->fn(later->context);
  return G_SOURCE_REMOVE;
}

static void after(void *context, uint32_t delay_ms, tenon_adapter_callback_fn fn,
                  void *fn_context) {
  const world_t *world = context;
  later_t *later = g_new0(later_t, 1);
  *later = (later_t){fn, fn_context};
  GSource *source = g_timeout_source_new(delay_ms);
  g_source_set_callback(source, call_now, later, g_free);
  g_source_attach(source, world->context);
  g_source_unref(source);
}

static void destroy(void *context) {
  world_t *world = context;
  g_main_context_unref(world->context);
  g_free(world);
}

static tenon_status_t attach(void *context, tenon_executor_t **executor_out) {
  const world_t *world = context;
  return tenon_glib_attach(world->context, NULL, executor_out);
}

static int failures;

static void expect(bool held, const char *what) {
  if (held)
    return;
  failures++;
  fprintf(stderr, "glib: not so: %s\n", what);
}

/* How a future ended, as GLib is told. */
typedef struct told {
  int count;
  gint code;
} told_t;

static void ready(GObject *source, GAsyncResult *result, gpointer context) {
  told_t *told = context;
  tenon_value_t value;
  GError *error = NULL;
  (void)source;
  told->count++;
  if (tenon_glib_future_finish(result, &value, &error)) {
    tenon_value_drop(&value);
    return;
  }
  told->code = error->code;
  g_error_free(error);
}

static void acknowledge(void *promise, tenon_status_t status) {
  if (status == TENON_STATUS_CANCELLED)
    tenon_promise_cancel(promise);
}

/** A cancel whose answer comes at once, inside of the cancellable's signal; before the call, too. */
static void check_cancels(void) {
  for (int round = 0; round < 2; round++) {
    told_t told = {0, -1};
    tenon_promise_t *promise;
    tenon_future_t *future;
    GCancellable *cancellable = g_cancellable_new();
    tenon_promise_create(NULL, &promise, &future);
    tenon_promise_on_cancel(promise, NULL, acknowledge, promise, NULL);
    if (round == 1)
      g_cancellable_cancel(cancellable);
    tenon_glib_future_async(future, NULL, NULL, cancellable, ready, &told);
    tenon_future_release(future);
    g_cancellable_cancel(cancellable);
    while (told.count == 0)
      g_main_context_iteration(NULL, TRUE);
    expect(told.code == G_IO_ERROR_CANCELLED, "a cancel of the cancellable is one of the future");
    g_object_unref(cancellable);
  }
}

static gboolean text(GObject *source, GAsyncResult *result, tenon_value_t *value_out,
                     GError **error) {
  (void)source;
  (void)result;
  (void)error;
  return tenon_value_copy_bytes("a text of some length, which is copied", 38, value_out) ==
         TENON_STATUS_OK;
}

/** An operation that ends when its executor has been closed, or when nobody waits any more. */
static void check_late_results(void) {
  for (int round = 0; round < 2; round++) {
    tenon_executor_t *executor;
    tenon_glib_call_t *call = NULL;
    tenon_future_t *future;
    tenon_glib_attach(NULL, NULL, &executor);
    tenon_glib_call_create(executor, text, &call, &future);
    if (round == 0)
      tenon_executor_close(executor, 0);
    else
      tenon_future_release(future);
    tenon_glib_call_ready(NULL, NULL, call);
    if (round == 0)
      tenon_future_release(future);
    else
      tenon_executor_close(executor, 0);
    tenon_executor_release(executor);
  }
}

/** A call that begins when its executor has begun to close. */
static void check_late_calls(void) {
  tenon_executor_t *executor;
  tenon_glib_call_t *call = NULL;
  tenon_future_t *future;
  tenon_glib_attach(NULL, NULL, &executor);
  tenon_executor_begin_close(executor, 0);
  expect(tenon_glib_call_create(executor, text, &call, &future) == TENON_STATUS_OK, "a late call");
  expect(g_cancellable_is_cancelled(tenon_glib_call_get_cancellable(call)),
         "a call of an executor that closes is cancelled");
  tenon_glib_call_ready(NULL, NULL, call);
  tenon_future_release(future);
  tenon_executor_release(executor);
}

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "glib",
      .traits = TENON_ADAPTER_TRAIT_NESTS | TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_MOVES |
                TENON_ADAPTER_TRAIT_OUTLIVES | TENON_ADAPTER_TRAIT_SIGNALS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = tenon_glib_detach,
  };
  int failed = tenon_adapter_check(&subject, stderr);
  failures += check_alone(&subject) != 0;
  failures += check_child(&subject, NULL) != 0;
  check_cancels();
  check_late_results();
  check_late_calls();
  return failed != 0 || failures != 0;
}
