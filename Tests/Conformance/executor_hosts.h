/*
 * A loop of a test's own that is an executor's host.
 */
#ifndef EXECUTOR_HOSTS_H
#define EXECUTOR_HOSTS_H

#include "executor_parties.h"

#include <time.h>

static inline void no_wake(void *context) { (void)context; }

/** A loop that can be woken, with a timer, and that counts what it is asked for. */
typedef struct host {
  tenon_executor_t *executor;
  pthread_mutex_t lock;
  pthread_cond_t woken_up;
  bool woken;
  atomic_int wakes;
  atomic_int closes;
  atomic_int calls_after_close;
  atomic_int runs;
  int alive_edges;
  int alive_repeats;
  bool alive;
  int timers_set;
  uint64_t deadline_ns;
  pthread_t closed_on;
} host_t;

static inline void host_call(host_t *host) {
  if (atomic_load(&host->closes) != 0)
    atomic_fetch_add(&host->calls_after_close, 1);
}

static inline void host_wake(void *context) {
  host_t *host = context;
  host_call(host);
  atomic_fetch_add(&host->wakes, 1);
  pthread_mutex_lock(&host->lock);
  host->woken = true;
  pthread_cond_signal(&host->woken_up);
  pthread_mutex_unlock(&host->lock);
}

static inline void host_set_timer(void *context, uint64_t deadline_ns) {
  host_t *host = context;
  host_call(host);
  host->timers_set++;
  host->deadline_ns = deadline_ns;
}

static inline void host_set_alive(void *context, bool alive) {
  host_t *host = context;
  host_call(host);
  host->alive_edges++;
  host->alive_repeats += alive == host->alive;
  host->alive = alive;
}

/** Waits until it is woken or its timer is due; false after a long time. */
static inline bool host_wait(host_t *host) {
  struct timespec now;
  uint64_t limit = conformance_now_ns() + 30ull * SECOND;
  bool came = true;
  pthread_mutex_lock(&host->lock);
  while (came && !host->woken && conformance_now_ns() < host->deadline_ns) {
    uint64_t left = host->deadline_ns - conformance_now_ns();
    if (left > SECOND)
      left = SECOND;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t until = (uint64_t)now.tv_nsec + left;
    now.tv_sec += (time_t)(until / SECOND);
    now.tv_nsec = (long)(until % SECOND);
    pthread_cond_timedwait(&host->woken_up, &host->lock, &now);
    came = conformance_now_ns() < limit;
  }
  host->woken = false;
  pthread_mutex_unlock(&host->lock);
  return came;
}

static inline void host_run_once(void *context) {
  host_t *host = context;
  host_call(host);
  atomic_fetch_add(&host->runs, 1);
  CHECK(host_wait(host));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(host->executor, NULL, NULL));
}

static inline void host_closed(void *context, tenon_status_t status) {
  host_t *host = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  host->closed_on = pthread_self();
  atomic_fetch_add(&host->closes, 1);
}

static inline void host_begin(host_t *host, bool is_full) {
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  memset(host, 0, sizeof *host);
  pthread_mutex_init(&host->lock, NULL);
  pthread_cond_init(&host->woken_up, NULL);
  host->deadline_ns = TENON_FOREVER;
  functions.wake = host_wake;
  if (is_full) {
    functions.set_timer = host_set_timer;
    functions.set_alive = host_set_alive;
    functions.run_once = host_run_once;
    functions.closed = host_closed;
  }
  config.host = &functions;
  config.host_context = host;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &host->executor));
  /* Both were copied. */
  memset(&functions, 0, sizeof functions);
  memset(&config, 0, sizeof config);
}

static inline void host_end(host_t *host) {
  executor_end(host->executor);
  pthread_cond_destroy(&host->woken_up);
  pthread_mutex_destroy(&host->lock);
}

#endif
