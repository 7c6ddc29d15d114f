/* A program that has the whole terminal, and gives it back however it ends. */
#ifndef TENON_CTERMINAL_SHIM_H
#define TENON_CTERMINAL_SHIM_H

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <wchar.h>

/* With _XOPEN_SOURCE wchar.h has it, too. */
int wcwidth(wchar_t character);

/* As it was before, while it is taken. In a function, as Swift makes none of a header's variables. */
typedef struct tenon__terminal {
  struct termios before;
  volatile sig_atomic_t is_taken;
} tenon__terminal_t;

static inline tenon__terminal_t *tenon__terminal(void) {
  static tenon__terminal_t terminal;
  return &terminal;
}

/* Another screen without a cursor, and the one that was there before. */
#define TENON__SCREEN_ENTER "\033[?1049h\033[?25l\033[?7l"
#define TENON__SCREEN_LEAVE "\033[?7h\033[?25h\033[?1049l"

static inline void tenon__terminal_write(const char *text, size_t size) {
  while (size > 0) {
    ssize_t count = write(STDOUT_FILENO, text, size);
    if (count > 0) {
      text += count;
      size -= (size_t)count;
    } else if (count < 0 && errno == EAGAIN) {
      struct pollfd there = {STDOUT_FILENO, POLLOUT, 0};
      poll(&there, 1, -1);
    } else if (count < 0 && errno != EINTR) {
      return;
    }
  }
}

/* Gives the terminal back. A signal's handler may do that. */
static inline void tenon__terminal_leave(void) {
  if (!tenon__terminal()->is_taken)
    return;
  tenon__terminal()->is_taken = 0;
  tenon__terminal_write(TENON__SCREEN_LEAVE, sizeof(TENON__SCREEN_LEAVE) - 1);
  tcsetattr(STDIN_FILENO, TCSANOW, &tenon__terminal()->before);
}

/* Takes it: each key comes as it is pressed. false: it is none. */
static inline bool tenon__terminal_enter(void) {
  if (tcgetattr(STDIN_FILENO, &tenon__terminal()->before) != 0)
    return false;
  struct termios taken = tenon__terminal()->before;
  taken.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
  taken.c_cc[VMIN] = 0;
  taken.c_cc[VTIME] = 0;
  tenon__terminal()->is_taken = 1;
  if (tcsetattr(STDIN_FILENO, TCSANOW, &taken) != 0) {
    tenon__terminal()->is_taken = 0;
    return false;
  }
  tenon__terminal_write(TENON__SCREEN_ENTER, sizeof(TENON__SCREEN_ENTER) - 1);
  return true;
}

/* A fault of this program's. */
static inline void tenon__terminal_fault(int signal) {
  tenon__terminal_leave();
  raise(signal); /* by the system now: see SA_RESETHAND */
}

/* Has faults give the terminal back, and makes a descriptor that tells of all that ends this program, stops it, and changes the
 * size; -1: there is none. */
static inline int tenon__terminal_signals(void) {
  static const int faults[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE, SIGABRT};
  struct sigaction action;
  memset(&action, 0, sizeof(action));
  action.sa_handler = tenon__terminal_fault;
  action.sa_flags = SA_RESETHAND | SA_NODEFER;
  for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++)
    sigaction(faults[i], &action, NULL);
  sigset_t told;
  sigemptyset(&told);
  static const int signals[] = {SIGINT,  SIGTERM, SIGHUP,  SIGQUIT,
                                SIGPIPE, SIGTSTP, SIGCONT, SIGWINCH};
  for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
    sigaddset(&told, signals[i]);
  sigprocmask(SIG_BLOCK, &told, NULL);
  return signalfd(-1, &told, SFD_CLOEXEC | SFD_NONBLOCK);
}

/* The next one, or 0. */
static inline int tenon__terminal_signal(int descriptor) {
  struct signalfd_siginfo info;
  return read(descriptor, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

/* Does what a signal does by itself, at once. */
static inline void tenon__terminal_obey(int number) {
  sigset_t one, before;
  sigemptyset(&one);
  sigaddset(&one, number);
  signal(number, SIG_DFL);
  raise(number);
  sigprocmask(SIG_UNBLOCK, &one, &before);
  sigprocmask(SIG_SETMASK, &before, NULL);
}

static inline bool tenon__terminal_size(unsigned *columns_out, unsigned *rows_out) {
  struct winsize size;
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
    return false;
  *columns_out = size.ws_col;
  *rows_out = size.ws_row;
  return true;
}

/* How many columns a character takes. */
static inline int tenon__width(uint32_t character) {
  int width = wcwidth((wchar_t)character);
  return width < 0 ? 0 : width;
}

#endif
