/* What Tenon keeps for each thread: three pointers, which Swift has no way to declare, and keys. */
#ifndef TENON_CTHREAD_H
#define TENON_CTHREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* The keys are made when the library is loaded, because later there may be none to be had. */
enum {
  tenon__key_record,
  tenon__key_turn,
  tenon__key_cancels,
  tenon__key_worker,
  tenon__key_count
};

/*
 * A key; its data is ended by `end` with the thread. Without one, of a process that had none left, nothing can be
 * kept for a thread.
 */
pthread_key_t tenon__key(int key, void (*end)(void *));

/* Set them for this thread. */
void tenon__set_record(void *record);
void tenon__set_turn(void *turn);
void tenon__set_context(void *context);

/* A call of such a function costs its caller no register, so that what is called seldom makes nothing else slower. */
#if defined(__has_attribute)
#if __has_attribute(preserve_most)
#define TENON__KEEPS_REGISTERS __attribute__((preserve_most))
#endif
#endif
#ifndef TENON__KEEPS_REGISTERS
#define TENON__KEEPS_REGISTERS
#endif

/* For tools that look for races: whether there is one, what it is told, and what it does not look at. See observe.c. */
__attribute__((visibility("hidden"))) extern bool tenon__is_observed;
static inline bool tenon__observed(void) { return tenon__is_observed; }
TENON__KEEPS_REGISTERS void tenon__tell_hand_over(const void *at);
TENON__KEEPS_REGISTERS void tenon__tell_take_over(const void *at);
static inline void tenon__hand_over(const void *at) {
  if (__builtin_expect(tenon__is_observed, 0))
    tenon__tell_hand_over(at);
}
static inline void tenon__take_over(const void *at) {
  if (__builtin_expect(tenon__is_observed, 0))
    tenon__tell_take_over(at);
}
void tenon__hide(const void *memory, size_t size);

#if defined(__x86_64__) || defined(__aarch64__)
/*
 * A pointer, or NULL. Volatile assembly, so that the compiler does not keep the place of it where a Swift task goes on on another
 * thread. It is in the part of thread-local storage that is there from a thread's start (the initial-exec model).
 */
#if defined(__x86_64__)
#define TENON__READ(variable, value)                                                               \
  __asm__ volatile("movq " variable "@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0" : "=r"(value))
#else
#define TENON__READ(variable, value)                                                               \
  void *place;                                                                                     \
  __asm__ volatile("mrs %0, tpidr_el0\n\t"                                                         \
                   "adrp %1, :gottprel:" variable "\n\t"                                           \
                   "ldr %1, [%1, #:gottprel_lo12:" variable "]\n\t"                                \
                   "ldr %0, [%0, %1]"                                                              \
                   : "=&r"(value), "=&r"(place))
#endif
static inline void *tenon__record(void) {
  void *record;
  TENON__READ("tenon__record_of_thread", record);
  return record;
}
static inline void *tenon__turn(void) {
  void *turn;
  TENON__READ("tenon__turn_of_thread", turn);
  return turn;
}
static inline void *tenon__context(void) {
  void *context;
  TENON__READ("tenon__context_of_thread", context);
  return context;
}
#undef TENON__READ
#else
void *tenon__record(void);
void *tenon__turn(void);
void *tenon__context(void);
#endif

#endif
