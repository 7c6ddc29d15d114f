#include "CThread.h"

static pthread_key_t keys[tenon__key_count];
static bool has_key[tenon__key_count];
static void (*ends[tenon__key_count])(void *);

static void end_record(void *data) { ends[tenon__key_record](data); }
static void end_turn(void *data) { ends[tenon__key_turn](data); }
static void end_cancels(void *data) { ends[tenon__key_cancels](data); }

/* Before whatever else is initialized and may call. */
__attribute__((constructor(101))) static void make_keys(void) {
  static void (*const end[tenon__key_count])(void *) = {end_record, end_turn, end_cancels, NULL};
  for (int key = 0; key < tenon__key_count; key++)
    has_key[key] = pthread_key_create(&keys[key], end[key]) == 0;
}

pthread_key_t tenon__key(int key, void (*end)(void *)) {
  ends[key] = end;
  return has_key[key] ? keys[key] : (pthread_key_t)-1;
}

#define PER_THREAD __attribute__((visibility("hidden"), tls_model("initial-exec"))) __thread

PER_THREAD void *tenon__record_of_thread;
PER_THREAD void *tenon__turn_of_thread;
PER_THREAD void *tenon__context_of_thread;

void tenon__set_record(void *record) { tenon__record_of_thread = record; }
void tenon__set_turn(void *turn) { tenon__turn_of_thread = turn; }
void tenon__set_context(void *context) { tenon__context_of_thread = context; }

#if !defined(__x86_64__) && !defined(__aarch64__)
void *tenon__record(void) { return tenon__record_of_thread; }
void *tenon__turn(void) { return tenon__turn_of_thread; }
void *tenon__context(void) { return tenon__context_of_thread; }
#endif
