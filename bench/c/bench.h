/**
 * What every measuring program shares: its arguments, the clock, the report.
 *
 * A program is called as `program SUBJECT ITERATIONS [VARIANT]`, does the work ITERATIONS times, and
 * prints one line of JSON. What the variant means is each program's own affair.
 */
#ifndef BENCH_H
#define BENCH_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/** Ends the program when what should hold does not. Also calls `condition` in release builds. */
#define BENCH_CHECK(condition)                                                                     \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: failed: %s\n", __FILE__, __LINE__, #condition);                      \
      exit(1);                                                                                     \
    }                                                                                              \
  } while (0)

typedef struct bench {
  const char *workload;
  const char *subject;
  long iterations;
  int variant;
} bench_t;

static inline bench_t bench_arguments(const char *workload, int argc, char **argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: %s SUBJECT ITERATIONS [VARIANT]\n", argv[0]);
    exit(2);
  }
  bench_t bench = {workload, argv[1], atol(argv[2]), argc > 3 ? atoi(argv[3]) : 0};
  return bench;
}

static inline int bench_is(const bench_t *bench, const char *subject) {
  return strcmp(bench->subject, subject) == 0;
}

static inline int bench_unknown(const bench_t *bench) {
  fprintf(stderr, "%s: no subject \"%s\"\n", bench->workload, bench->subject);
  return 2;
}

/** Prints the result: nanoseconds per operation, or whatever the workload's unit is. */
static inline int bench_report(const bench_t *bench, double value) {
  printf("{\"workload\": \"%s\", \"subject\": \"%s\", \"value\": %.3f}\n", bench->workload,
         bench->subject, value);
  return 0;
}

static inline uint64_t bench_clock_ns(clockid_t clock) {
  struct timespec time;
  clock_gettime(clock, &time);
  return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static inline uint64_t bench_now_ns(void) { return bench_clock_ns(CLOCK_MONOTONIC); }

static inline double bench_ns_per_op(uint64_t start_ns, long operations) {
  return (double)(bench_now_ns() - start_ns) / (double)operations;
}

/** Pins the calling thread to the n-th of the process's processors, counted round. */
static inline void bench_pin(int n) {
  static cpu_set_t all; /* the process's, read before the first thread is pinned */
  static int known;
  if (!known) {
    BENCH_CHECK(sched_getaffinity(0, sizeof all, &all) == 0);
    known = 1;
  }
  n %= CPU_COUNT(&all);
  for (int cpu = 0;; cpu++) {
    if (!CPU_ISSET(cpu, &all) || n-- > 0)
      continue;
    cpu_set_t one;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    BENCH_CHECK(sched_setaffinity(0, sizeof one, &one) == 0);
    return;
  }
}

/** Returns the next of a fixed sequence of numbers: the same one for all subjects. */
static inline uint32_t bench_random(uint64_t *state) {
  *state = *state * 6364136223846793005u + 1442695040888963407u;
  return (uint32_t)(*state >> 33);
}

/** Returns how much memory the process has, in bytes. */
static inline uint64_t bench_resident_bytes(void) {
  unsigned long total = 0, resident = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  BENCH_CHECK(file && fscanf(file, "%lu %lu", &total, &resident) == 2);
  fclose(file);
  return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

#endif /* BENCH_H */
