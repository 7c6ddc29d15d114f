#include "CThread.h"

__attribute__((visibility("hidden"),
               tls_model("initial-exec"))) __thread void *tenon__record_of_thread;

void tenon__set_record(void *record) { tenon__record_of_thread = record; }

#if !defined(__x86_64__) && !defined(__aarch64__)
void *tenon__record(void) { return tenon__record_of_thread; }
#endif
