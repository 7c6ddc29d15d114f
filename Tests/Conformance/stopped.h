/**
 * @file stopped.h
 *
 * One thread stopped in the middle of a call, while another one does all of its own: at each place
 * where that can make a difference, and the same ones each time.
 *
 * The first thread runs one instruction at a time, and stops before a locked one, a fence or a call
 * of the system: what it shares with others it has written and read in between. So two calls meet in
 * as many ways as the first has such places, and no luck is needed. On x86-64 without a sanitizer
 * only; elsewhere nothing is stopped, and the two come one after the other.
 */
#ifndef CONFORMANCE_STOPPED_H
#define CONFORMANCE_STOPPED_H

#include "check.h"

typedef struct meeting {
  void *context;
  void (*before)(void *context); /**< both are set up, on the calling thread alone */
  void (*here)(void *context);   /**< on the calling thread, which is stopped once */
  /** Meanwhile, on another one. It may have to wait for the first, which goes on then. */
  void (*there)(void *context);
  void (*after)(void *context); /**< both have ended, on the calling thread alone */
  /** Not 0: the places are so many instructions from each other, and so between two loads, too. */
  size_t stride;
} meeting_t;

/** Has the two meet at each place of the first, of which there is one at least, and once after its end. */
void meeting_run(const meeting_t *meeting);

/** The same where the first is stopped only from its call of meeting_begin() to that of meeting_end(), or to its end. It may be
 * another thread that `here` has begun, and waits for. If `within` is not NULL, only places in the image with that address count.
 * Answers how many there are: none where nothing is stopped. */
size_t meeting_run_part(const meeting_t *meeting, const void *within);

void meeting_begin(void);
void meeting_end(void);

/** The calling thread, as the system counts them. */
int thread_id(void);

/** True if a thread of this process sleeps in the system. */
bool thread_sleeps(int id);

/** A thread that tells when it sleeps. */
typedef struct sleeper {
  pthread_t thread;
  void *(*fn)(void *context);
  void *context;
  atomic_int id;
  atomic_bool has_ended;
} sleeper_t;

void sleeper_start(sleeper_t *sleeper, void *(*fn)(void *context), void *context);

/** True once the thread sleeps in the system, or has ended. */
bool sleeper_rests(const sleeper_t *sleeper);

void sleeper_join(sleeper_t *sleeper);

#endif /* CONFORMANCE_STOPPED_H */
