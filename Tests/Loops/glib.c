/*
 * The adapter for GLib, checked.
 */
#include <tenon/adapter_check.h>
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
  return tenon_adapter_check(&subject, stderr) != 0;
}
