/* One pointer for each thread, which Swift has no way to declare. */
#ifndef TENON_CTHREAD_H
#define TENON_CTHREAD_H

/* Sets it for this thread. */
void tenon__set_record(void *record);

#if defined(__x86_64__) || defined(__aarch64__)
/*
 * The pointer, or NULL. Volatile assembly, so that the compiler does not keep the place of it where a Swift task goes on on another
 * thread. It is in the part of thread-local storage that is there from a thread's start (the initial-exec model).
 */
static inline void *tenon__record(void) {
  void *record;
#if defined(__x86_64__)
  __asm__ volatile("movq tenon__record_of_thread@gottpoff(%%rip), %0\n\tmovq %%fs:(%0), %0"
                   : "=r"(record));
#else
  void *place;
  __asm__ volatile("mrs %0, tpidr_el0\n\t"
                   "adrp %1, :gottprel:tenon__record_of_thread\n\t"
                   "ldr %1, [%1, #:gottprel_lo12:tenon__record_of_thread]\n\t"
                   "ldr %0, [%0, %1]"
                   : "=&r"(record), "=&r"(place));
#endif
  return record;
}
#else
void *tenon__record(void);
#endif

#endif
