/*
 * Runs kinds of things one after the other, each in a process of its own, which may exhaust what it has.
 */
#ifndef CHILDREN_H
#define CHILDREN_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/** Whether all of `count` kinds have returned 0 from `run`. `name_of` says which one it is that a signal has ended. */
static inline int run_in_children(size_t count, int (*run)(size_t),
                                  const char *(*name_of)(size_t)) {
  int failed = 0;
  for (size_t index = 0; index < count; index++) {
    int status = 0;
    pid_t child = fork();
    if (child == 0)
      _exit(run(index));
    if (child < 0 || waitpid(child, &status, 0) != child)
      abort();
    if (WIFSIGNALED(status))
      fprintf(stderr, "%s: %s\n", name_of(index), strsignal(WTERMSIG(status)));
    failed += status != 0;
  }
  return failed == 0;
}

#endif
