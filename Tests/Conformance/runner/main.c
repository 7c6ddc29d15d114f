/*
 * Runs the cases named on the command line, or all of them.
 */
#include "tenon_conformance.h"

#include <dirent.h>
#include <features.h>
#ifdef __GLIBC__
#include <execinfo.h>
#endif
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/** How long one case may take before it counts as hanging: much longer than on a slow machine that has other work. */
#define CASE_SECONDS_MAX 300

static const char *volatile running;

static void hung(int number) {
  static const char text[] = " hangs\n";
  const char *name = running;
  (void)number;
  if (write(1, "FAIL ", 5) < 0 || write(1, name, strlen(name)) < 0 ||
      write(1, text, sizeof text - 1) < 0)
    _exit(3);
#ifdef __GLIBC__
  void *frames[64];
  backtrace_symbols_fd(frames, backtrace(frames, 64), 1);
#endif
  _exit(2);
}

static int is_wanted(const char *name, int count, char **names) {
  for (int index = 0; index < count; index++)
    if (strcmp(name, names[index]) == 0)
      return 1;
  return count == 0;
}

/** How many threads there are; 1 if this system does not tell, or a sanitizer has its own. */
static int count_threads(void) {
  int count = 0;
#if !defined(__SANITIZE_THREAD__) && !defined(__SANITIZE_ADDRESS__)
#if defined(__has_feature)
#if __has_feature(thread_sanitizer) || __has_feature(address_sanitizer)
  return 1;
#endif
#endif
  DIR *threads = opendir("/proc/self/task");
  for (struct dirent *entry; threads && (entry = readdir(threads));)
    count += entry->d_name[0] != '.';
  if (threads)
    closedir(threads);
#endif
  return count == 0 ? 1 : count;
}

int main(int argc, char **argv) {
  size_t passed = 0;
  size_t failed = 0;
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (size_t index = 0; index < tenon_conformance_count; index++)
      puts(tenon_conformance_cases[index].name);
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "--functions") == 0) {
    for (size_t index = 0; tenon_conformance_function(index); index++)
      puts(tenon_conformance_function(index));
    return 0;
  }
  signal(SIGALRM, hung);
  setvbuf(stdout, NULL, _IOLBF, 0); /* what was found is not lost when a case hangs */
  for (size_t index = 0; index < tenon_conformance_count; index++) {
    const char *name = tenon_conformance_cases[index].name;
    if (!is_wanted(name, argc - 1, argv + 1))
      continue;
    running = name;
    alarm(CASE_SECONDS_MAX);
    const char *failure = tenon_conformance_run(index);
    alarm(0);
    if (failure)
      printf("FAIL %s: %s\n", name, failure);
    else
      printf("ok %s\n", name);
    fflush(stdout);
    if (failure)
      failed++;
    else
      passed++;
  }
  int threads = count_threads();
  for (int patience = 0; threads != 1 && patience < 10000; patience++) {
    sched_yield(); /* one that was joined may take a moment to go */
    threads = count_threads();
  }
  if (threads != 1) {
    printf("FAIL: %d threads are left\n", threads);
    failed++;
  }
  printf("%zu passed, %zu failed\n", passed, failed);
  return failed != 0 || (argc > 1 && passed != (size_t)argc - 1);
}
