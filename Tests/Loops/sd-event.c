/*
 * The adapter for systemd's event loop, checked.
 */
#include "alone.h"

#include <tenon/adapter_check.h>
#include <tenon/sd-event.h>

typedef struct world {
  sd_event *event;
  bool is_stopped;
} world_t;

static void *create(void) {
  world_t *world = calloc(1, sizeof *world);
  if (!world || sd_event_new(&world->event) < 0)
    return NULL;
  return world;
}

/* sd_event_exit() is for good. */
static void run(void *context) {
  world_t *world = context;
  world->is_stopped = false;
  while (!world->is_stopped)
    if (sd_event_run(world->event, UINT64_MAX) < 0)
      abort();
}

static void stop(void *context) { ((world_t *)context)->is_stopped = true; }

static void destroy(void *context) {
  world_t *world = context;
  sd_event_unref(world->event);
  free(world);
}

typedef struct later {
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static int call_now(sd_event_source *source, uint64_t time_us, void *context) {
  const later_t *later = context;
  (void)source;
  (void)time_us;
  later->fn(later->context);
  return 0;
}

static void after(void *context, uint32_t delay_ms, tenon_adapter_callback_fn fn,
                  void *fn_context) {
  const world_t *world = context;
  later_t *later = malloc(sizeof *later);
  sd_event_source *source;
  if (!later)
    abort();
  *later = (later_t){fn, fn_context};
  if (sd_event_add_time(world->event, &source, CLOCK_MONOTONIC,
                        tenon_timer_now_ns() / 1000 + delay_ms * UINT64_C(1000), 1, call_now,
                        later) < 0)
    abort();
  sd_event_source_set_destroy_callback(source, free);
  sd_event_source_set_floating(source, 1);
  sd_event_source_unref(source);
}

static tenon_status_t attach(void *context, tenon_executor_t **executor_out) {
  return tenon_sd_event_attach(((world_t *)context)->event, NULL, executor_out);
}

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "sd-event",
      .traits = TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_MOVES |
                TENON_ADAPTER_TRAIT_OUTLIVES | TENON_ADAPTER_TRAIT_SIGNALS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = tenon_sd_event_detach,
  };
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_alone(&subject) != 0);
}
