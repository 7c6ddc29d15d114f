/*
 * The adapter for libev, checked.
 */
#include "alone.h"
#include "child.h"

#include <tenon/ev.h>

static void *create(void) { return ev_loop_new(EVFLAG_AUTO); }
static void run(void *loop) { ev_run(loop, 0); }
static void stop(void *loop) { ev_break(loop, EVBREAK_ONE); }
static void destroy(void *loop) { ev_loop_destroy(loop); }

typedef struct later {
  ev_timer timer;
  tenon_adapter_callback_fn fn;
  void *context;
} later_t;

static void call_now(struct ev_loop *loop, ev_timer *timer, int events) {
  later_t *later = (later_t *)timer;
  tenon_adapter_callback_fn fn = later->fn;
  void *context = later->context;
  (void)loop;
  (void)events;
  free(later);
  fn(context);
}

static void after(void *loop, uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context) {
  later_t *later = calloc(1, sizeof *later);
  if (!later)
    abort();
  later->fn = fn;
  later->context = context;
  ev_now_update(loop);
  ev_timer_init(&later->timer, call_now, delay_ms / 1e3, 0);
  ev_timer_start(loop, &later->timer);
}

static tenon_status_t attach(void *loop, tenon_executor_t **executor_out) {
  return tenon_ev_attach(loop, NULL, executor_out);
}

static void go_on(void *loop) { ev_loop_fork(loop); }

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "ev",
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
      .detach = tenon_ev_detach,
  };
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_alone(&subject) != 0) +
         (check_child(&subject, go_on) != 0);
}
