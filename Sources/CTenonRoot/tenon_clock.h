/* The clocks by which is said when something happened: the same for those who note it, and for those who look. */
#ifndef TENON_CLOCK_H
#define TENON_CLOCK_H

#include <stdint.h>
#include <time.h>

/* The monotonic clock. */
static inline uint64_t tenon__now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* The processor's counter, which takes a fraction of that: see the pairs of both in tenon__inspect_record_t. */
static inline uint64_t tenon__ticks(void) {
#if defined(__x86_64__)
  return __builtin_ia32_rdtsc();
#elif defined(__aarch64__)
  uint64_t count;
  __asm__ volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return tenon__now_ns();
#endif
}

#endif
