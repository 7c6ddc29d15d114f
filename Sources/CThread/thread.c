#include "CThread.h"

#define PER_THREAD __attribute__((visibility("hidden"), tls_model("initial-exec"))) __thread

PER_THREAD void *tenon__record_of_thread;
PER_THREAD void *tenon__turn_of_thread;

void tenon__set_record(void *record) { tenon__record_of_thread = record; }
void tenon__set_turn(void *turn) { tenon__turn_of_thread = turn; }

#if !defined(__x86_64__) && !defined(__aarch64__)
void *tenon__record(void) { return tenon__record_of_thread; }
void *tenon__turn(void) { return tenon__turn_of_thread; }
#endif
