/*
 * The adapter for libevent, checked.
 */
#include "child.h"

#include <tenon/event.h>

static void *create(void) { return event_base_new(); }
static void run(void *base) { event_base_dispatch(base); }
static void stop(void *base) { event_base_loopbreak(base); }
static void destroy(void *base) { event_base_free(base); }

typedef struct later {
  struct event event;
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static void call_now(evutil_socket_t fd, short events, void *context) {
  later_t *later = context;
  tenon_adapter_callback_fn fn = later->fn;
  void *fn_context = later->context;
  (void)fd;
  (void)events;
  free(later);
  fn(fn_context);
}

static void after(void *base, uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context) {
  later_t *later = calloc(1, sizeof *later);
  if (!later)
    abort();
  later->fn = fn;
  later->context = context;
  evtimer_assign(&later->event, base, call_now, later);
  event_add(&later->event,
            &(struct timeval){delay_ms / 1000, (suseconds_t)(delay_ms % 1000) * 1000});
}

static tenon_status_t attach(void *base, tenon_executor_t **executor_out) {
  return tenon_event_attach(base, NULL, executor_out);
}

static void go_on(void *loop) { event_reinit(loop); }

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "event",
      .traits = TENON_ADAPTER_TRAIT_ENDS | TENON_ADAPTER_TRAIT_TURNS | TENON_ADAPTER_TRAIT_MOVES |
                TENON_ADAPTER_TRAIT_OUTLIVES | TENON_ADAPTER_TRAIT_SIGNALS,
      .precision_ns = 1000000,
      .create = create,
      .run = run,
      .stop = stop,
      .after = after,
      .destroy = destroy,
      .attach = attach,
      .detach = tenon_event_detach,
  };
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_child(&subject, go_on) != 0);
}
