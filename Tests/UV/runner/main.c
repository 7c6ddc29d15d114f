/*
 * Runs each test in a process of its own, or the one named on the command line in this one.
 *
 * TENON_TEST_SECONDS in the environment is how long one may take before it counts as hanging.
 */
#include "tenon_uv_tests.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static int run_here(const char *name, bool is_quiet) {
  for (size_t index = 0; index < tenon_uv_tests_count; index++) {
    if (strcmp(name, tenon_uv_tests[index].name) == 0) {
      int failed = tenon_uv_tests[index].run() != 0;
      if (is_quiet)
        return failed;
      printf("%s %s\n", failed ? "FAIL" : "ok", name);
      printf("%d passed, %d failed\n", !failed, failed);
      return failed;
    }
  }
  fprintf(stderr, "no such test: %s\n", name);
  return 2;
}

/** NULL, or why it failed. In a program of its own, not in a mere fork of this one: Swift's runtime remembers a thread's
 *  number across a fork, and two threads that meet in one of its initializations wait for ever then. */
static const char *run_in_child(const tenon_uv_test_t *test, unsigned int seconds) {
  fflush(NULL);
  pid_t child = fork();
  if (child < 0)
    return "no process";
  if (child == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(seconds);
    execl("/proc/self/exe", "uv-test", "--quietly", test->name, (char *)NULL);
    _exit(127);
  }
  int status;
  if (waitpid(child, &status, 0) != child)
    return "lost";
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM ? "hangs" : strsignal(WTERMSIG(status));
  return WEXITSTATUS(status) == 0 ? NULL : "does not hold";
}

int main(int argc, char **argv) {
  if (argc == 2 && strcmp(argv[1], "--list") == 0) {
    for (size_t index = 0; index < tenon_uv_tests_count; index++)
      puts(tenon_uv_tests[index].name);
    return 0;
  }
  if (argc == 2 && strcmp(argv[1], "--functions") == 0) {
    for (size_t index = 0; tenon_uv_function(index); index++)
      puts(tenon_uv_function(index));
    return 0;
  }
  if (argc == 3 && strcmp(argv[1], "--quietly") == 0)
    return run_here(argv[2], true);
  if (argc == 2)
    return run_here(argv[1], false);
  const char *limit = getenv("TENON_TEST_SECONDS");
  unsigned int seconds = limit ? (unsigned int)strtoul(limit, NULL, 10) : 60;
  size_t failed = 0;
  for (size_t index = 0; index < tenon_uv_tests_count; index++) {
    const tenon_uv_test_t *test = &tenon_uv_tests[index];
    const char *failure = run_in_child(test, seconds);
    if (failure) {
      failed++;
      printf("FAIL %s: %s\n", test->name, failure);
    } else {
      printf("ok %s\n", test->name);
    }
  }
  printf("%zu passed, %zu failed\n", tenon_uv_tests_count - failed, failed);
  return failed != 0;
}
