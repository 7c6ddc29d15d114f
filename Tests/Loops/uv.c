/*
 * The libuv adapter, checked.
 */
#define _GNU_SOURCE /* <uv.h> */

#include "alone.h"

#include <tenon/adapter_check.h>
#include <tenon/uv.h>

#include <stdlib.h>

static void *create(void) {
  uv_loop_t *loop = malloc(sizeof *loop);
  return loop && uv_loop_init(loop) == 0 ? loop : NULL;
}

static void run(void *loop) { uv_run(loop, UV_RUN_DEFAULT); }
static void stop(void *loop) { uv_stop(loop); }

typedef struct later {
  uv_timer_t timer;
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static void call_now(uv_timer_t *timer) {
  later_t *later = timer->data;
  tenon_adapter_callback_fn fn = later->fn;
  void *context = later->context;
  uv_close((uv_handle_t *)timer, NULL);
  fn(context);
}

static void after(void *loop, uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context) {
  later_t *later = calloc(1, sizeof *later);
  if (!later)
    abort();
  later->fn = fn;
  later->context = context;
  later->timer.data = later;
  uv_timer_init(loop, &later->timer);
  uv_update_time(loop);
  uv_timer_start(&later->timer, call_now, delay_ms, 0);
}

static void close_handle(uv_handle_t *handle, void *context) {
  (void)context;
  if (!uv_is_closing(handle))
    uv_close(handle, NULL);
}

/* As hosts do that want to be rid of it: whatever is there is closed. */
static void destroy(void *loop) {
  uv_walk(loop, close_handle, NULL);
  uv_run(loop, UV_RUN_DEFAULT);
  if (uv_loop_close(loop) != 0)
    abort();
  free(loop);
}

static tenon_status_t attach(void *loop, tenon_executor_t **executor_out) {
  return tenon_uv_attach(loop, NULL, executor_out);
}

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "uv",
      .traits = TENON_ADAPTER_TRAIT_ENDS | TENON_ADAPTER_TRAIT_NESTS | TENON_ADAPTER_TRAIT_TURNS |
                TENON_ADAPTER_TRAIT_MOVES | TENON_ADAPTER_TRAIT_OUTLIVES |
                TENON_ADAPTER_TRAIT_SIGNALS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = tenon_uv_detach,
  };
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_alone(&subject) != 0);
}
