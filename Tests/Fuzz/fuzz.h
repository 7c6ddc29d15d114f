/**
 * @file fuzz.h
 *
 * Random programs over the C API, and what must be true of each: every callback is told once, every
 * value is dropped once, and when all has been let go of nothing is left.
 *
 * A program is a row of instructions of four bytes. One thread runs it, or two, which share all
 * handles. Callbacks go on with the program of the thread that they are told on, so they are as
 * random as the rest.
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <tenon/tenon.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define INSTRUCTION_SIZE 4
#define PROGRAM_MAX (INSTRUCTION_SIZE * 512)
#define SLOTS 8
#define ORIGINS 64
#define OWED_MAX 65536
#define NESTING_MAX 3

/** Says what is wrong, and ends the process. */
#define FAIL(...) fuzz_fail(__FILE__, __LINE__, __VA_ARGS__)
#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition))                                                                              \
      FAIL("%s", #condition);                                                                      \
  } while (0)

_Noreturn void fuzz_fail(const char *file, int line, const char *format, ...);

/** Prints what an instruction does, if somebody wants to read it. */
void fuzz_say(const char *format, ...);

/** Something that must happen once: a callback is told, or a value is dropped. */
typedef struct owed {
  const char *what;
  atomic_int expected; /**< 0: it was refused, and must never happen */
  atomic_int happened;
  uint64_t not_before; /**< of a timer: its deadline in its executor's time */
} owed_t;

typedef enum kind {
  KIND_PROMISE,
  KIND_FUTURE,
  KIND_ERROR,
  KIND_SINK,
  KIND_STREAM,
  KIND_PUBLISHER,
  KIND_LATEST,
  KIND_SCOPE,
  KIND_EXECUTOR,
  KIND_COUNT
} kind_t;

/** A handle, and how many references the program has. Without any it stays, to be misused. */
typedef struct slot {
  pthread_mutex_t lock;
  void *handle;
  unsigned references;
  bool
      waits_for_scope; /**< a future that a scope must not have for a member: it would wait for itself */
  uint32_t origin; /**< of a sink: what its numbers begin with */
  uint32_t sent;
  uint64_t received[ORIGINS]; /**< of a stream, by origin: the last number that was read */
} slot_t;

typedef struct world {
  slot_t slots[KIND_COUNT][SLOTS];
  tenon_registration_t *registrations[SLOTS];
  tenon_timer_t *timers[SLOTS];
  owed_t *owed;
  atomic_uint owed_count;
  atomic_uint origins;
  _Atomic uint64_t now_ns; /**< the time of executors that have a host */
  bool is_shared;          /**< by two threads */
  bool is_ending;
  atomic_uint reads; /**< of streams */
} world_t;

extern world_t *world;

/** What this thread still has to run. */
typedef struct cursor {
  const uint8_t *next;
  const uint8_t *end;
  unsigned nesting;
} cursor_t;

extern _Thread_local cursor_t cursor;

/* MARK: What both files of the machine use */

owed_t *owe(const char *what);
/** The answer of a call that was given a context: refused, it must never be told. */
void settle_debt(owed_t *owed, tenon_status_t status);
/** A tenon_job_fn, tenon_cancel_fn and tenon_timer_fn; goes on with the program. */
void told(void *context, tenon_status_t status);
void told_completion(void *context, tenon_status_t status, tenon_future_t *future);

/** Puts a handle that the program owns into a slot, and lets go of what was there. */
void put(kind_t kind, uint8_t place, void *handle);
void put_future(uint8_t place, void *future, bool waits_for_scope);
slot_t *slot_at(kind_t kind, uint8_t place);
/** The handle in a slot, or NULL. */
void *handle_at(kind_t kind, uint8_t place);
/** The same of a future; true if it waits for a scope, and otherwise unchanged. */
void *future_at(uint8_t place, bool *waits_for_scope);
/** Takes a reference of the program's away; false: it has none. */
bool take_reference(slot_t *slot, void **handle);
tenon_status_t retain_of(kind_t kind, void *handle);
tenon_status_t release_of(kind_t kind, void *handle);
/** Gives a reference back that the program had. */
void let_go(kind_t kind, void *handle);

/** Some value, which is dropped once. */
tenon_value_t value_of(uint8_t choice, uint8_t place);
tenon_executor_t *executor_create(uint8_t choice);

/** Runs the next instruction of this thread; false: there is none. */
bool step(void);
void step_stream(uint8_t operation, uint8_t a, uint8_t b, uint8_t c);

/* MARK: What the program is for */

/** Runs a program on one thread, or on two, and checks all that it owes. */
void fuzz_run(const uint8_t *program, size_t size, bool on_two_threads);

extern bool fuzz_is_loud;

#endif /* FUZZ_H */
