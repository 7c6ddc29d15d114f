/* Signals while the first thread waits in Swift: each ends the wait, so that Python's handler for it runs. Nobody looks for
 * them from time to time, and no thread waits for them. */
#include "core.h"

#include <sched.h>
#include <signal.h>

static _Atomic(Executor *) waiting;
static _Atomic int handling;
static struct sigaction before[NSIG];

/* Python's own handler, which notes the signal; and the wait ends. */
static void handle(int number, siginfo_t *info, void *context) {
  const struct sigaction *own = &before[number];
  handling++;
  if (own->sa_flags & SA_SIGINFO)
    own->sa_sigaction(number, info, context);
  else
    own->sa_handler(number);
  Executor *executor = waiting;
  if (executor)
    executor->api->tenon_executor_interrupt(executor->handle);
  handling--;
}

/* Not those that say what the code itself has done. */
static int is_from_outside(int number) {
  switch (number) {
  case SIGSEGV:
  case SIGBUS:
  case SIGFPE:
  case SIGILL:
  case SIGTRAP:
  case SIGABRT:
  case SIGSYS:
    return 0;
  default:
    return 1;
  }
}

static int is_ours(const struct sigaction *action) {
  return (action->sa_flags & SA_SIGINFO) && action->sa_sigaction == handle;
}

/* -1: a signal's handler ran in here, and raised. */
static int is_first_thread(void) {
  PyObject *thread = PyObject_CallNoArgs(hooks.main_thread);
  PyObject *number = thread ? PyObject_GetAttrString(thread, "ident") : NULL;
  int is_first =
      number && number != Py_None && PyLong_AsUnsignedLong(number) == PyThread_get_thread_ident();
  Py_XDECREF(thread);
  Py_XDECREF(number);
  return PyErr_Occurred() ? -1 : is_first;
}

/* Only the first thread runs handlers. A wait may be inside of another one, of another package. */
int signals_begin(Executor *executor, Executor **outer) {
  int is_first = is_first_thread();
  if (is_first <= 0)
    return is_first;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    if (!is_from_outside(number) || sigaction(number, NULL, &action) || is_ours(&action))
      continue;
    if (!(action.sa_flags & SA_SIGINFO) &&
        (action.sa_handler == SIG_DFL || action.sa_handler == SIG_IGN))
      continue;
    before[number] = action;
    action.sa_flags = (action.sa_flags & ~(int)SA_RESETHAND) | SA_SIGINFO;
    action.sa_sigaction = handle;
    sigaction(number, &action, NULL);
  }
  *outer = waiting;
  waiting = executor;
  return 1;
}

void signals_end(Executor *outer) {
  waiting = outer;
  while (handling) /* on another thread: it may have seen the executor */
    sched_yield();
  if (outer)
    return;
  for (int number = 1; number < NSIG; number++) {
    struct sigaction action;
    /* A callback may have set another one meanwhile. */
    if (!sigaction(number, NULL, &action) && is_ours(&action))
      sigaction(number, &before[number], NULL);
  }
}
