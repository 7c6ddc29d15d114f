/*
 * Where what Tenon keeps is found from outside: by a debugger, by another process, in a core file.
 *
 * Each shared object or program that has Tenon in it carries an ELF note, of the name "Tenon" and the type 2, which
 * no stripping takes away and the program headers lead to. Its eight bytes are the distance from themselves to the
 * root. Nothing of it costs anything while Tenon works: a table enters itself when it gets its addresses, once.
 */
#ifndef TENON_ROOT_H
#define TENON_ROOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TENON__INSPECT_NOTE_NAME "Tenon"
#define TENON__INSPECT_NOTE_TYPE 2
#define TENON__INSPECT_MAGIC "tenon inspect 1"
/* Another one for each change that is not just a field more at the end. */
#define TENON__INSPECT_VERSION 1
#define TENON__INSPECT_TABLES_MAX 16

/*
 * What a table keeps, word by word. Slots are consecutive from `base`, slot_size bytes each; those below `fresh` were taken once.
 * A slot begins with a word (the mark and generation of its life in bits 38...63, the rest its noun's), 32 bits of its free
 * list, and 32 bits that name its executor. See Sources/Tenon/Core/Slots.
 */
typedef struct tenon__inspect_table {
  uint64_t count;            /* slots that have memory; 0 in a fork's child */
  uint64_t base;             /* the address of the first one */
  uint64_t first_generation; /* of a slot that was never given back */
  uint64_t free_head;        /* a tag, and index + 1 of the first free one in the lower half */
  uint64_t free_count;       /* about */
  uint64_t fresh;            /* the first slot that was never taken */
  uint64_t room;             /* how many there is room for */
  uint64_t blocks;           /* the address of their blocks: see below */
  uint64_t returned, refill, refill_end;
  uint64_t blocks_returned; /* how many blocks have no memory now */
  uint64_t free_blocks;
  uint64_t turns;  /* odd while memory is given back */
  uint64_t lives;  /* what slots that lost their memory had counted: lives, */
  uint64_t first;  /* and two numbers of 32 bits of their noun's: of a future, those rejected */
  uint64_t second; /* and those cancelled */
} tenon__inspect_table_t;

enum {
  tenon__inspect_fresh_offset = offsetof(tenon__inspect_table_t, fresh),
  tenon__inspect_second_offset = offsetof(tenon__inspect_table_t, second)
};

/* Slots have their memory, and lose it, by blocks of so many. */
#define TENON__INSPECT_BLOCK_SLOTS 1024

typedef struct tenon__inspect_block {
  uint32_t free; /* how many of its slots are */
  uint32_t
      floor; /* the generation that they began with when the memory came again; 0: it never went */
  uint32_t own[4];
} tenon__inspect_block_t;

/* What an executor has counted. */
typedef struct tenon__inspect_counters {
  uint64_t wakes, wakes_late, jobs_abandoned, polls, jobs, calls, drivers, timers, timers_pending;
} tenon__inspect_counters_t;

/* Where things are, in bytes from the beginning of what has them. All 0: there never was an executor. */
typedef struct tenon__inspect_executor {
  uint32_t counters;       /* tenon__inspect_counters_t */
  uint32_t pending;        /* 64 bits: what is pending, as far as polls have counted it */
  uint32_t shared;         /* an address: of what is under the mutex, */
  uint32_t shared_pending; /* in which is the rest */
  uint32_t own;            /* an address: of what is the polling thread's, */
  uint32_t own_budget;     /* in which are 64 bits that each job changes */
  uint32_t pool;           /* an address, or 0: it has threads, and that is for all of them */
  uint32_t reserved;
} tenon__inspect_executor_t;

/* The same of what an executor with threads has besides. */
typedef struct tenon__inspect_pool {
  uint32_t helpers;          /* 64 bits: how many threads are idle, or could be started */
  uint32_t places;           /* 64 bits: how many workers there are */
  uint32_t workers;          /* an address: of the workers' addresses */
  uint32_t shape;            /* an address: of how many threads there may be */
  uint32_t shared;           /* an address: of how many there are */
  uint32_t worker_jobs;      /* 64 bits: how many jobs this thread has run, and is in */
  uint32_t worker_is_in_job; /* a byte: whether it is in one */
  uint32_t worker_shared;    /* an address */
  uint32_t worker_thread;    /* in what that leads to: a pthread_t */
  uint32_t reserved;
} tenon__inspect_pool_t;

/* What somebody has noted about a handle: its name, or what whoever holds a promise waits for. A text follows, with a NUL. */
typedef struct tenon__inspect_note {
  uint64_t
      handle; /* of a future, or the end of a stream: the note is about this life of the slot only */
  uint64_t since_ns; /* when it was noted, by the monotonic clock */
  uint64_t on;       /* the handle of a future, or 0 */
  uint64_t file;     /* addresses of texts, or 0 */
  uint64_t function;
  uint32_t line;
  uint32_t size; /* of the text */
} tenon__inspect_note_t;

/* The addresses of notes are in chunks, by slots; those of the chunks in an array. 0: there is none. */
#define TENON__INSPECT_CHUNK 16384
#define TENON__INSPECT_CHUNKS_MAX 16384
#define TENON__INSPECT_TEXT_MAX 1000

/* Among `notes`: after names, by the table's place, what promises wait for. */
#define TENON__INSPECT_WAITS TENON__INSPECT_TABLES_MAX

/* A thread that waits until a future has settled: it sleeps, or polls meanwhile. */
typedef struct tenon__inspect_sleeper {
  uint64_t thread; /* its pthread_t; 0: nobody is here, 1: somebody is about to be */
  uint64_t future; /* a handle */
  uint64_t since_ns;
} tenon__inspect_sleeper_t;

#define TENON__INSPECT_SLEEPERS 30

/* So many of them, and the address of those that did not find a place here. */
typedef struct tenon__inspect_sleepers {
  uint64_t next;
  tenon__inspect_sleeper_t all[TENON__INSPECT_SLEEPERS];
} tenon__inspect_sleepers_t;

/* Something that happened. */
typedef struct tenon__inspect_event {
  uint64_t ticks; /* of the processor's counter: see the pairs with the monotonic clock */
  uint64_t id;    /* see its kind */
  uint64_t what;
  uint32_t kind;
  uint32_t thread; /* the system's number */
} tenon__inspect_event_t;

/* What: `id`, `what`. A task is the address of one of the runtime's, a stream the handle of its reading end, and who waits at it a
 * task, or the handle of a promise. Of a latest value the same as of a stream. */
enum {
  tenon__inspect_call_begins = 1, /* its promise's handle, the address of its name */
  tenon__inspect_call_ends,
  tenon__inspect_job_begins,  /* its executor's compact name, the address of its function */
  tenon__inspect_job_ends,    /* its executor's, also of a task's */
  tenon__inspect_task_begins, /* a job of the runtime's begins: of that task, where it goes on */
  tenon__inspect_call_suspends, /* its promise's handle, that of the future or stream that it waits for */
  tenon__inspect_call_resumes,
  tenon__inspect_future_settles, /* its promise's handle, how: 1 fulfilled, 2 rejected, 3 cancelled */
  tenon__inspect_callback_begins, /* the handle of what it waited for, its function */
  tenon__inspect_callback_ends,
  tenon__inspect_task_resumes, /* a future's handle, whoever of Tenon's own waited for it: a task, say */
  tenon__inspect_stream_sends, /* a stream, how many items */
  tenon__inspect_stream_receives,
  tenon__inspect_reader_waits, /* a stream, who */
  tenon__inspect_reader_wakes,
  tenon__inspect_writer_waits,
  tenon__inspect_writer_wakes,
  tenon__inspect_stream_closes, /* a stream: nothing more comes */
  tenon__inspect_stream_cancels /* a stream: its reader wants no more */
};

/* What a thread has said last; `count` of them since the ring was made, each at its number modulo the capacity, a power of two. */
typedef struct tenon__inspect_ring {
  uint64_t next; /* the address of another one, or 0 */
  uint64_t capacity;
  uint64_t count;
  uint64_t base;   /* how many there were when the recording `round` began */
  uint32_t round;  /* of an earlier recording: there is nothing of this one */
  uint32_t thread; /* whose it is; 0: the next one's */
  uint64_t sync_ticks, sync_ns;
  uint64_t reserved;
  tenon__inspect_event_t events[];
} tenon__inspect_ring_t;

#define TENON__INSPECT_CALLS 1u
#define TENON__INSPECT_JOBS 2u
#define TENON__INSPECT_FUTURES 4u
#define TENON__INSPECT_STREAMS 8u
#define TENON__INSPECT_ALL 15u

/* What is recorded: who looks writes all but `rings` and `lost`, the mask last. Also from outside. */
typedef struct tenon__inspect_record {
  uint32_t mask;
  uint32_t round; /* another one for each recording */
  uint64_t bytes; /* of rings that are made from now on */
  uint64_t rings; /* the address of the newest */
  uint64_t lost;  /* what happened on threads that had no memory for a ring */
  uint64_t start_ticks, start_ns;
  /* 0 or 1: what the fast paths look at, in one word for who looks. 1 where that is in the mask; and all are where tools look for races,
   * which nobody changes then. */
  bool is_observed, looks_at_futures, looks_at_streams;
  uint8_t reserved[5];
} tenon__inspect_record_t;

typedef struct tenon__inspect_root {
  char magic[16];
  uint32_t version;
  uint32_t size; /* of this structure */
  uint32_t slot_size;
  uint32_t table_count; /* entries of `tables` */
  /* By place: futures, registrations, errors, executors, scopes, objects, sinks, streams, publishers, latest values. 0: nothing of
   * that kind was ever made. */
  uint64_t tables[TENON__INSPECT_TABLES_MAX];
  uint64_t notes[TENON__INSPECT_TABLES_MAX + 1];
  tenon__inspect_sleepers_t sleepers;
  tenon__inspect_executor_t executor;
  tenon__inspect_pool_t pool;
  tenon__inspect_record_t record;
} tenon__inspect_root_t;

extern tenon__inspect_root_t tenon__inspect_root __attribute__((visibility("hidden")));

/* Enters a table, which is there as long as the process. */
void tenon__inspect_add_table(int place, const void *table);

/* Says where things are: each time the same. */
void tenon__inspect_enter_executor(const tenon__inspect_executor_t *layout);
void tenon__inspect_enter_pool(const tenon__inspect_pool_t *layout);

/* Whether something of that is recorded: two instructions, as nothing else is computed with what is volatile. */
static inline int tenon__records(uint32_t mask) {
  return (*(volatile uint32_t *)&tenon__inspect_root.record.mask & mask) != 0;
}

/* Whether the fast paths leave it to the general ones. */
static inline bool tenon__looks_at_futures(void) {
  return tenon__inspect_root.record.looks_at_futures;
}
static inline bool tenon__looks_at_streams(void) {
  return tenon__inspect_root.record.looks_at_streams;
}

void tenon__inspect_keep(uint32_t kind, uint64_t id, uint64_t what);
void tenon__inspect_keep_job(uint32_t kind, uint64_t executor, uint64_t function, uint64_t job);

#endif
