/*
 * Implements <tenon/adapter_check.h>: runs each check in a child, and says what came of it.
 */
#include "checks.h"

#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static FILE *output;
static const char *current;
static atomic_int failures;

bool expect(bool held, const char *format, ...) {
  if (held)
    return true;
  atomic_fetch_add(&failures, 1);
  if (!output)
    return false;
  flockfile(output);
  fprintf(output, "%s: not so: ", current);
  va_list arguments;
  va_start(arguments, format);
  vfprintf(output, format, arguments);
  va_end(arguments);
  fputc('\n', output);
  funlockfile(output);
  return false;
}

bool expect_status(tenon_status_t expected, tenon_status_t actual, const char *what) {
  return expect(expected == actual, "%s is %s, and it is %s", what, tenon_status_name(expected),
                tenon_status_name(actual));
}

typedef struct check {
  const char *name;
  void (*run)(const tenon_adapter_subject_t *subject);
} check_t;

static const check_t checks[] = {
#define ROW(name) {#name, check_##name},
    CHECKS(ROW)
#undef ROW
};

static unsigned int seconds_max(void) {
  const char *text = getenv("TENON_ADAPTER_CHECK_SECONDS");
  long seconds = text ? strtol(text, NULL, 10) : 0;
  return seconds > 0 && seconds < 86400 ? (unsigned int)seconds : 30;
}

static bool run_here(const check_t *check, const tenon_adapter_subject_t *subject) {
  current = check->name;
  int before = failures;
  check->run(subject);
  return failures == before;
}

static bool run_in_child(const check_t *check, const tenon_adapter_subject_t *subject) {
  fflush(NULL);
  pid_t child = fork();
  if (child == 0) {
    signal(SIGALRM, SIG_DFL);
    alarm(seconds_max());
    bool is_right = run_here(check, subject);
    fflush(NULL);
    _exit(is_right ? 0 : 1);
  }
  current = check->name;
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child)
    return expect(false, "it could be run");
  if (WIFSIGNALED(status))
    return WTERMSIG(status) == SIGALRM
               ? expect(false, "it ends within %u s", seconds_max())
               : expect(false, "it survives: %s", strsignal(WTERMSIG(status)));
  if (WEXITSTATUS(status) > 1)
    return expect(false, "it ends, and not by exit status %d", WEXITSTATUS(status));
  return WEXITSTATUS(status) == 0;
}

int tenon_adapter_check(const tenon_adapter_subject_t *subject, FILE *report) {
  if (!subject || subject->struct_size != sizeof *subject || !subject->name ||
      subject->reserved != 0 || !subject->create || !subject->run || !subject->stop ||
      !subject->after || !subject->destroy || !subject->attach || !subject->detach)
    return -1;
  const char *chosen = getenv("TENON_ADAPTER_CHECK");
  int failed = 0;
  int count = 0;
  output = report;
  for (size_t index = 0; index < sizeof checks / sizeof *checks; index++) {
    const check_t *check = &checks[index];
    if (chosen && strcmp(chosen, check->name) != 0)
      continue;
    count++;
    failed += !(chosen ? run_here(check, subject) : run_in_child(check, subject));
  }
  if (report)
    fprintf(report, "%s: %d of %d checks failed\n", subject->name, failed, count);
  return failed;
}
