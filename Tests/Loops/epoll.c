/*
 * The loop of tenon/epoll.h and its adapter, checked; and what is its own: watches and signals.
 */
#define _GNU_SOURCE

#include "alone.h"
#include "epoll_loop.h"

static tenon_status_t attach(void *loop, tenon_executor_t **executor_out) {
  return tenon_epoll_attach(loop, NULL, executor_out);
}

static void count_signal(void *context, uint32_t number) {
  if (number == SIGUSR1)
    ++*(int *)context;
}

static void count_event(void *context, uint32_t events) {
  if (events & EPOLLIN)
    ++*(int *)context;
}

/** What of signals and watches is not so. */
static int check_loop(void) {
  tenon_epoll_t *loop = create();
  int count = 0, failed = 0, pair[2];
  failed += tenon_epoll_on_signal(loop, SIGUSR1, count_signal, &count) != TENON_STATUS_OK;
  failed += tenon_epoll_on_signal(loop, SIGINT, NULL, NULL) != TENON_STATUS_OK;
  failed += tenon_epoll_on_signal(loop, 0, NULL, NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_watch(loop, -1, EPOLLIN, count_signal, NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_unwatch(loop, 700) != TENON_STATUS_INVALID;
  tenon_epoll_run(loop); /* nothing keeps it running */
  failed += pipe(pair) != 0;
  failed += tenon_epoll_watch(loop, pair[0], EPOLLIN, count_signal, NULL) != TENON_STATUS_OK;
  raise(SIGUSR1);
  raise(SIGINT);
  failed += tenon_epoll_on_signal(loop, SIGKILL, NULL, NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_create(NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_watch(NULL, 0, EPOLLIN, count_signal, NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_unwatch(NULL, 0) != TENON_STATUS_INVALID;
  failed += tenon_epoll_on_signal(NULL, SIGINT, NULL, NULL) != TENON_STATUS_INVALID;
  tenon_epoll_run(loop); /* Ctrl-C stops it */
  failed += count != 1;
  /* Closed without an unwatch; and what has its number then. */
  int other[2], told = 0;
  close(pair[0]);
  failed += pipe(other) != 0 || other[0] != pair[0];
  failed += tenon_epoll_watch(loop, pair[0], EPOLLIN | EPOLLONESHOT, count_event, &told) !=
            TENON_STATUS_OK;
  failed += write(other[1], "x", 1) != 1;
  tenon_epoll_run_once(loop, 1000);
  tenon_epoll_run_once(loop, 0);
  failed += told != 1;
  failed += tenon_epoll_watch(loop, pair[0], EPOLLIN | EPOLLONESHOT, count_event, &told) !=
            TENON_STATUS_OK;
  tenon_epoll_run_once(loop, 1000);
  failed += told != 2;
  failed += tenon_epoll_unwatch(loop, pair[0]) != TENON_STATUS_OK;
  close(other[1]);
  tenon_epoll_run(loop);
  close(pair[0]);
  close(pair[1]);
  tenon_epoll_destroy(loop);
  sigset_t mask;
  pthread_sigmask(SIG_BLOCK, NULL, &mask);
  failed += sigismember(&mask, SIGINT) != 0;
  if (failed != 0)
    fprintf(stderr, "epoll: %d things of the loop itself are not so\n", failed);
  return failed;
}

/** What of the wrong configs is taken. */
static int check_configs(void) {
  tenon_adapter_config_t config = TENON_ADAPTER_CONFIG_INIT;
  tenon_epoll_t *loop = create();
  tenon_executor_t *executor;
  int failed = 0;
  for (uint32_t flag = 1; flag != 0; flag <<= 1) {
    config.flags = flag & ~TENON_ADAPTER_FLAG_MAIN_QUEUE;
    config.reserved = flag & TENON_ADAPTER_FLAG_MAIN_QUEUE;
    failed += tenon_epoll_attach(loop, &config, &executor) != TENON_STATUS_INVALID;
  }
  config.flags = config.reserved = 0;
  for (config.struct_size = 0; config.struct_size < 2 * sizeof config; config.struct_size++)
    failed += config.struct_size != sizeof config &&
              tenon_epoll_attach(loop, &config, &executor) != TENON_STATUS_INVALID;
  failed += tenon_epoll_attach(loop, NULL, NULL) != TENON_STATUS_INVALID;
  failed += tenon_epoll_attach(NULL, NULL, &executor) != TENON_STATUS_INVALID;
  tenon_epoll_destroy(loop);
  if (failed != 0)
    fprintf(stderr, "epoll: %d wrong configs are taken\n", failed);
  return failed;
}

int main(void) {
  const tenon_adapter_subject_t subject = {
      .struct_size = sizeof subject,
      .name = "epoll",
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
      .detach = tenon_epoll_detach,
  };
  return (tenon_adapter_check(&subject, stderr) != 0) + (check_alone(&subject) != 0) +
         (check_loop() != 0) + (check_configs() != 0);
}
