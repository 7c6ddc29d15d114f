/*
 * Dispatch's main queue on a host's loop: in the library mode, and in the owned one; by an adapter that is a
 * header, and by libuv's.
 */
#define _GNU_SOURCE

#include <tenon/epoll.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>

#include <stdio.h>
#include <sys/wait.h>

/* Of libdispatch, whose headers want blocks. */
extern struct dispatch_queue_s _dispatch_main_q;
extern void dispatch_async_f(struct dispatch_queue_s *queue, void *context, void (*fn)(void *));

typedef struct world {
  tenon_epoll_t *loop;
  uv_loop_t uv;
  tenon_executor_t *executor;
  pthread_t thread;
  int ran;
  bool is_right;
} world_t;

static void end(world_t *world) {
  if (world->loop)
    tenon_epoll_detach(world->executor, TENON_FOREVER, NULL, NULL);
  else
    tenon_uv_detach(world->executor, TENON_FOREVER, NULL, NULL);
}

/** On the main queue: goes there again, and at last ends the executor from within. */
static void run_on_main(void *context) {
  world_t *world = context;
  world->is_right &= pthread_equal(pthread_self(), world->thread) != 0;
  if (++world->ran < 100)
    dispatch_async_f(&_dispatch_main_q, world, run_on_main);
  else
    end(world);
}

static void *send_to_main(void *context) {
  dispatch_async_f(&_dispatch_main_q, context, run_on_main);
  return NULL;
}

static void never(void *context, tenon_status_t status) {
  (void)context;
  (void)status;
}

static void *attach_elsewhere(void *context) {
  tenon_adapter_config_t config = TENON_ADAPTER_CONFIG_INIT;
  tenon_executor_t *executor;
  tenon_epoll_t *loop;
  config.flags = TENON_ADAPTER_FLAG_MAIN_QUEUE;
  tenon_epoll_create(&loop);
  *(tenon_status_t *)context = tenon_epoll_attach(loop, &config, &executor);
  tenon_epoll_destroy(loop);
  return NULL;
}

static int check(bool by_uv, bool owns) {
  world_t world = {.thread = pthread_self(), .is_right = true};
  tenon_adapter_config_t config = TENON_ADAPTER_CONFIG_INIT;
  tenon_uv_config_t uv_config = TENON_UV_CONFIG_INIT;
  tenon_status_t status;
  config.flags = TENON_ADAPTER_FLAG_MAIN_QUEUE;
  uv_config.flags = TENON_UV_FLAG_MAIN_QUEUE;
  if (by_uv) {
    uv_loop_init(&world.uv);
    status = tenon_uv_attach(&world.uv, &uv_config, &world.executor);
  } else {
    tenon_epoll_create(&world.loop);
    status = tenon_epoll_attach(world.loop, &config, &world.executor);
  }
  if (status != TENON_STATUS_OK)
    return 1;
  if (owns && tenon_process_own(world.executor) != TENON_STATUS_OK)
    return 2;
  pthread_t thread;
  tenon_status_t elsewhere = TENON_STATUS_OK;
  pthread_create(&thread, NULL, attach_elsewhere, &elsewhere);
  pthread_join(thread, NULL);
  if (elsewhere != TENON_STATUS_WRONG_THREAD)
    return 3;
  /* The main queue keeps no loop alive: this does. */
  tenon_timer_start(world.executor, TENON_FOREVER, never, NULL, NULL);
  pthread_create(&thread, NULL, send_to_main, &world);
  if (by_uv)
    uv_run(&world.uv, UV_RUN_DEFAULT);
  else
    tenon_epoll_run(world.loop);
  pthread_join(thread, NULL);
  tenon_executor_release(world.executor);
  if (by_uv && uv_loop_close(&world.uv) != 0)
    return 4;
  if (world.loop)
    tenon_epoll_destroy(world.loop);
  return world.is_right && world.ran == 100 ? 0 : 5;
}

/** Each check in a program of its own: Dispatch does not survive a fork. */
int main(int argc, char **argv) {
  int failed = 0;
  if (argc == 2) {
    alarm(30);
    return check((argv[1][0] & 1) != 0, (argv[1][0] & 2) != 0);
  }
  for (int which = 0; which < 4; which++) {
    char digit[2] = {(char)('0' + which), 0};
    pid_t child = fork();
    if (child == 0) {
      execl("/proc/self/exe", argv[0], digit, (char *)NULL);
      _exit(9);
    }
    int status = -1;
    waitpid(child, &status, 0);
    if (status == 0)
      continue;
    failed++;
    fprintf(stderr, "main-queue: by %s, %s process: wait status %d\n", which & 1 ? "uv" : "epoll",
            which & 2 ? "an owned" : "a library's", status);
  }
  fprintf(stderr, "main-queue: %d of 4 checks failed\n", failed);
  return failed != 0;
}
