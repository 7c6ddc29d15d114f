/**
 * @file race.h
 *
 * The same calls on several threads at once, round after round. Where they meet is left to luck;
 * stopped.h is for two that meet at each place.
 */
#ifndef CONFORMANCE_RACE_H
#define CONFORMANCE_RACE_H

#include "check.h"

/**
 * Many rounds of the same race. `before` and `after` run on the calling thread alone; in between
 * `run` is called once for each member, on as many threads, all at once. On a machine that is busy with
 * others there are as many rounds as half of a case's time has room for.
 */
typedef struct race {
  size_t members;
  size_t rounds;
  void *context;
  void (*before)(void *context, size_t round);
  void (*run)(void *context, size_t member, size_t round);
  void (*after)(void *context, size_t round);
} race_t;

void race_run(const race_t *race);

#endif /* CONFORMANCE_RACE_H */
