/*
 * The adapter for libevent, checked.
 */
#include <sys/wait.h>
#include <tenon/adapter_check.h>
#include <tenon/event.h>
#include <tenon/tenon.h>

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

/** A fork's child that goes on with the loop does not wait for what is the parent's. */
static int check_a_child_goes_on(void) {
  struct event_base *loop = event_base_new();
  tenon_executor_t *executor;
  tenon_future_t *sleep;
  int status = -1;
  if (attach(loop, &executor) != TENON_STATUS_OK ||
      tenon_future_sleep(executor, UINT64_C(3600000000000), &sleep) != TENON_STATUS_OK ||
      tenon_executor_run_until(executor, sleep, 1000000) != TENON_STATUS_TIMEOUT)
    return 1;
  pid_t child = fork();
  if (child == 0) {
    alarm(60);
    event_reinit(loop);
    event_base_dispatch(loop);
    _exit(tenon_executor_post(executor, NULL, NULL) == TENON_STATUS_OK);
  }
  waitpid(child, &status, 0);
  if (status != 0)
    fprintf(stderr, "event: not so: a fork's child does not wait for the parent's work\n");
  tenon_future_cancel(sleep);
  tenon_future_release(sleep);
  tenon_event_detach(executor, TENON_FOREVER, NULL, NULL);
  event_base_dispatch(loop);
  tenon_executor_release(executor);
  destroy(loop);
  return status;
}

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
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_a_child_goes_on() != 0);
}
