/*
 * (j) How much memory the search example takes at most, with a reader that is slow.
 *
 * An iteration is one file of 4 MiB, of which every line matches; all are links to the same one. The
 * reader does nothing for a second, then pauses after each 8 MiB.
 */
#include "bench.h"

#include <sys/resource.h>
#include <sys/wait.h>

#define FILE_SIZE (4 << 20)
#define PAUSE_SIZE (8 << 20)

static void write_tree(const char *directory, long files) {
  char first[256], link_name[256];
  snprintf(first, sizeof first, "%s/0", directory);
  FILE *file = fopen(first, "w");
  BENCH_CHECK(file);
  for (long i = 0; ftell(file) < FILE_SIZE; i++)
    fprintf(file, "a line with a needle in it, number %ld, and some more words after it\n", i);
  BENCH_CHECK(fclose(file) == 0);
  for (long i = 1; i < files; i++) {
    snprintf(link_name, sizeof link_name, "%s/%ld", directory, i);
    BENCH_CHECK(link(first, link_name) == 0);
  }
}

static void remove_tree(const char *directory, long files) {
  char name[256];
  for (long i = 0; i < files; i++) {
    snprintf(name, sizeof name, "%s/%ld", directory, i);
    unlink(name);
  }
  rmdir(directory);
}

static pid_t start(const bench_t *bench, const char *directory, int *output) {
  int ends[2];
  BENCH_CHECK(pipe(ends) == 0);
  pid_t process = fork();
  if (process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (bench_is(bench, "tenon"))
      execl(SEARCH, "search", "needle", directory, NULL);
    else
      execlp("grep", "grep", "-rnIF", "needle", directory, NULL);
    _exit(127);
  }
  BENCH_CHECK(process > 0);
  close(ends[1]);
  *output = ends[0];
  return process;
}

static uint64_t read_slowly(int output) {
  static char bytes[1 << 16];
  uint64_t size = 0, next_pause = 0;
  for (ssize_t count; (count = read(output, bytes, sizeof bytes)) > 0; size += (uint64_t)count) {
    if (size < next_pause)
      continue;
    usleep(next_pause ? 10000 : 1000000);
    next_pause = size + PAUSE_SIZE;
  }
  close(output);
  return size;
}

int main(int argc, char **argv) {
  bench_t bench = bench_arguments("search-memory", argc, argv);
  char directory[] = "/tmp/bench-search-XXXXXX";
  int output, status;
  struct rusage usage;
  if (!bench_is(&bench, "tenon") && !bench_is(&bench, "grep"))
    return bench_unknown(&bench);
  BENCH_CHECK(mkdtemp(directory));
  write_tree(directory, bench.iterations);
  pid_t process = start(&bench, directory, &output);
  uint64_t size = read_slowly(output);
  pid_t ended = wait4(process, &status, 0, &usage);
  remove_tree(directory, bench.iterations);
  BENCH_CHECK(ended == process && status == 0);
  BENCH_CHECK(size > (uint64_t)FILE_SIZE * (uint64_t)bench.iterations);
  return bench_report(&bench, (double)usage.ru_maxrss * 1024 / 1e6);
}
