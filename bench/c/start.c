/*
 * (g) How long a small program takes, from before it is started until it has ended: milliseconds.
 *
 * Started as `start SUBJECT ITERATIONS PROGRAM`; the programs are first-call-tenon and first-call-c.
 */
#include "bench.h"

#include <spawn.h>
#include <sys/wait.h>

extern char **environ;

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("start", argc, argv);
  if (argc != 4)
    return bench_unknown(&bench);
  char *arguments[] = {argv[3], NULL};
  uint64_t start_ns = bench_now_ns();
  for (long i = 0; i < bench.iterations; i++) {
    pid_t child;
    int status;
    BENCH_CHECK(posix_spawn(&child, argv[3], NULL, NULL, arguments, environ) == 0);
    BENCH_CHECK(waitpid(child, &status, 0) == child && status == 0);
  }
  return bench_report(&bench, bench_ns_per_op(start_ns, bench.iterations) / 1e6);
}
