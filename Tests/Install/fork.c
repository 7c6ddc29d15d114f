/*
 * Forks children that use Tenon, which their parent has loaded and not used: each makes its first
 * calls on its one thread, and then two threads meet in what Swift's runtime initializes once.
 * fork COUNT
 */
#include <tenon/tenon.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct pipe_end {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
} pipe_end_t;

static pipe_end_t there, back;
static atomic_int here;

static void meet(void) {
  atomic_fetch_add(&here, 1);
  while (atomic_load(&here) < 2)
    continue;
}

static void send_one(pipe_end_t *end) {
  tenon_value_t value = tenon_value_i64(1);
  if (tenon_sink_send(end->sink, &value, NULL) != TENON_STATUS_OK)
    _exit(2);
}

static void wait_for(tenon_future_t *future) {
  if (tenon_future_wait(future, TENON_FOREVER) != TENON_STATUS_OK)
    _exit(3);
  tenon_future_release(future);
}

static void *answer(void *context) {
  tenon_future_t *future;
  meet();
  if (tenon_stream_next(there.stream, &future) != TENON_STATUS_OK)
    _exit(4);
  wait_for(future);
  send_one(&back);
  return context;
}

static _Noreturn void child(void) {
  pthread_t thread;
  tenon_future_t *future;
  alarm(20);
  if (tenon_stream_create(NULL, &there.sink, &there.stream) != TENON_STATUS_OK ||
      tenon_stream_create(NULL, &back.sink, &back.stream) != TENON_STATUS_OK ||
      pthread_create(&thread, NULL, answer, NULL) != 0)
    _exit(5);
  meet();
  if (tenon_stream_next(back.stream, &future) != TENON_STATUS_OK)
    _exit(6);
  send_one(&there);
  wait_for(future);
  pthread_join(thread, NULL);
  _exit(0);
}

int main(int count, char **arguments) {
  int children = count == 2 ? atoi(arguments[1]) : 0;
  for (int index = 0; index < children; index++) {
    pid_t pid = fork();
    int state = 0;
    if (pid == 0)
      child();
    if (pid < 0 || waitpid(pid, &state, 0) != pid || state != 0)
      return fprintf(stderr, "child %d ended with state %x\n", index, (unsigned)state), 1;
  }
  return children == 0;
}
