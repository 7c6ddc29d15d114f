/**
 * @file tenon/inspect.h
 *
 * Seeing inside: what there is in this process, what of it waits for what, and why something is not
 * done. `tenon ps` and `tenon why` say the same of other processes.
 *
 * These functions are in a library of their own, libtenon_inspect (pkg-config: tenon-inspect), so
 * that nobody else pays for it. It reads what each copy of Tenon in the process keeps anyway, as
 * from outside: nothing is recorded, no lock is taken, nobody is stopped, and no loop takes part,
 * which may be the thing that is stuck. So a snapshot is of one moment as far as each slot goes;
 * what changes while it is taken, some milliseconds, may be in it or not.
 *
 *     tenon_snapshot_t *snapshot;
 *     tenon_explanation_t why = TENON_EXPLANATION_INIT;
 *     tenon_snapshot_take(NULL, &snapshot);
 *     if (tenon_snapshot_explain(snapshot, future, &why) == TENON_STATUS_OK)
 *       fputs(why.text, stderr);
 *     tenon_snapshot_release(snapshot);
 *
 * docs/inspect-schema.md has the words that `kind`, `state` and `relation` may be.
 */
#ifndef TENON_INSPECT_H
#define TENON_INSPECT_H

#include <tenon/status.h>

TENON_BEGIN_DECLS

/** What there was, and what of it waited for what. Nothing in it changes. */
typedef struct tenon_snapshot tenon_snapshot_t;

/** How to take a snapshot. Zero is a good default for each field but the first. */
typedef struct tenon_snapshot_config {
  size_t struct_size; /**< sizeof(tenon_snapshot_config_t) */
  uint32_t flags;     /**< zero */
  uint32_t reserved;  /**< zero */
} tenon_snapshot_config_t;

#define TENON_SNAPSHOT_CONFIG_INIT                                                                 \
  { sizeof(tenon_snapshot_config_t), 0, 0 }

/**
 * Looks at what there is: executors, scopes, futures and calls, Swift's tasks, C++'s coroutines,
 * streams, callbacks.
 *
 * Ownership:  borrows `config`, which may be NULL. The caller releases `*snapshot_out`.
 * Threading:  any thread, also one that a loop is stuck on, and inside of callbacks.
 * Errors:     TENON_STATUS_UNSUPPORTED if there is no Tenon in the process, or one of another
 *             version than this library's, or the system does not let a process look at itself;
 *             TENON_STATUS_FORKED; TENON_STATUS_NO_RESOURCES, also where there is no memory for as
 *             much as it usually takes: 64 MiB, and 3 KiB for each thing.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_take(const tenon_snapshot_config_t *config,
                                             tenon_snapshot_t **snapshot_out) TENON_NOEXCEPT;

/**
 * Lets go of a snapshot, with all that was read from it.
 *
 * Threading:  any thread; not while another one reads from it.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_release(tenon_snapshot_t *snapshot) TENON_NOEXCEPT;

/** Something that there was. Texts that are not known are NULL, all others are the snapshot's. */
typedef struct tenon_snapshot_node {
  size_t struct_size;     /**< sizeof(tenon_snapshot_node_t) */
  uint64_t id;            /**< a handle's bits, or an address: the same while the thing lives */
  const char *kind;       /**< "executor", "future", "task", ... */
  const char *title;      /**< for people: call fetch (future 12) */
  const char *name;       /**< what somebody has named it */
  const char *state;      /**< "pending", "running", ... */
  const char *detail;     /**< for people: what else is known */
  const char *cause;      /**< for people: why it waits, where that is the end of the matter */
  const char *function;   /**< what it is in, or goes on with */
  const char *source;     /**< where it was named: file, line, function */
  uint64_t age_ns;        /**< how long it has been there at least; 0: not known */
  const uint64_t *frames; /**< code addresses, innermost first */
  size_t frame_count;     /**< how many */
  bool is_call;           /**< of a future: a Swift call makes it */
} tenon_snapshot_node_t;

#define TENON_SNAPSHOT_NODE_INIT                                                                   \
  {                                                                                                \
    sizeof(tenon_snapshot_node_t), 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, 0, NULL, 0,  \
        false                                                                                      \
  }

/** What one has to do with another: `from` awaits, combines, reads, ... `to`. */
typedef struct tenon_snapshot_edge {
  size_t struct_size;   /**< sizeof(tenon_snapshot_edge_t) */
  uint64_t from;        /**< a node's id */
  uint64_t to;          /**< a node's id */
  const char *relation; /**< "awaits", "made-by", "reads", ... */
  bool is_wait;         /**< `from` is not done before `to` is, or does something */
} tenon_snapshot_edge_t;

#define TENON_SNAPSHOT_EDGE_INIT                                                                   \
  { sizeof(tenon_snapshot_edge_t), 0, 0, NULL, false }

/**
 * Reads a node. `index` counts from 0; those that wait for nothing come among the others.
 *
 * Ownership:  what `*node_out` points to is the snapshot's.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_ENDED if there are not so many.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size: a larger one is a newer header's, up to
 *             4096, and the fields that this library does not know are left alone;
 *             TENON_STATUS_NO_RESOURCES, as tenon_snapshot_take().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_get_node(tenon_snapshot_t *snapshot, size_t index,
                                                 tenon_snapshot_node_t *node_out) TENON_NOEXCEPT;

/**
 * Finds the node of a handle: of a future, a promise, an executor, a scope, an end of a stream; or
 * the one with an id, as a pointer.
 *
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_SETTLED if there is none, as what it names was done.
 * Errors:     as tenon_snapshot_get_node().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_find_node(tenon_snapshot_t *snapshot, const void *handle,
                                                  tenon_snapshot_node_t *node_out) TENON_NOEXCEPT;

/** The same as tenon_snapshot_get_node() for an edge. Since: 0.2.0 */
TENON_API tenon_status_t tenon_snapshot_get_edge(tenon_snapshot_t *snapshot, size_t index,
                                                 tenon_snapshot_edge_t *edge_out) TENON_NOEXCEPT;

/** Why something is not done. All that it points to is the snapshot's. */
typedef struct tenon_explanation {
  size_t struct_size; /**< sizeof(tenon_explanation_t) */
  const uint64_t
      *chain;         /**< ids: what was asked about, what that waits for, and so on to the cause */
  size_t count;       /**< how many */
  bool is_deadlock;   /**< the last one waits for the one at `cycle_start` again */
  size_t cycle_start; /**< where in the chain the cycle begins; `count` if there is none */
  const char *text;   /**< the same for people: a line for each, and the cause */
} tenon_explanation_t;

#define TENON_EXPLANATION_INIT                                                                     \
  { sizeof(tenon_explanation_t), NULL, 0, false, 0, NULL }

/**
 * Says why what a handle names is not done: the way to what it waits for in the end, or the
 * deadlock that it leads to.
 *
 * Ownership:  borrows `handle`; what `*explanation_out` points to is the snapshot's.
 * Threading:  any thread.
 * Returns:    as tenon_snapshot_find_node().
 * Errors:     as tenon_snapshot_get_node().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_explain(tenon_snapshot_t *snapshot, const void *handle,
                                                tenon_explanation_t *explanation_out)
    TENON_NOEXCEPT;

/** All of a snapshot as one text. */
TENON_ENUM(int32_t, tenon_snapshot_format){
    TENON_SNAPSHOT_TREE = 1, /**< as `tenon ps` prints it */
    TENON_SNAPSHOT_WHY = 2,  /**< as `tenon why` prints it: deadlocks first */
    TENON_SNAPSHOT_JSON = 3, /**< as `tenon why --json` prints it */
};

/**
 * Gives a text of all that there was, with a NUL behind it.
 *
 * Ownership:  `*text_out` is the snapshot's. `size_out` may be NULL.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for an unknown format; TENON_STATUS_NO_RESOURCES, as
 *             tenon_snapshot_take().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_snapshot_get_text(tenon_snapshot_t *snapshot,
                                                 tenon_snapshot_format format,
                                                 const char **text_out,
                                                 size_t *size_out) TENON_NOEXCEPT;

/** Something that lasts longer than it may. */
TENON_ENUM(int32_t, tenon_watch_kind_t){
    TENON_WATCH_JOB = 1, /**< an executor, or a thread of a pool, is in one job */
    TENON_WATCH_CALL,    /**< a Swift call has not ended */
    TENON_WATCH_WAIT,    /**< a callback, a task or a thread waits for a future */
};

/** What has lasted too long. */
typedef struct tenon_watch_event {
  size_t struct_size;         /**< sizeof(tenon_watch_event_t) */
  tenon_watch_kind_t kind;    /**< a job, a call or a wait */
  int32_t thread;             /**< the system's number of the thread in it; 0: none, or not known */
  uint64_t id;                /**< a node's: the executor, the call's future, what is waited for */
  uint64_t duration_ns;       /**< how long at least */
  tenon_snapshot_t *snapshot; /**< what there was then; NULL: it could not be taken */
} tenon_watch_event_t;

/** Is told of it, once. What the event points to, the snapshot too, is good until this returns. */
typedef void (*tenon_watch_fn)(void *context, const tenon_watch_event_t *event);

/** How long each may last, in nanoseconds. 0: that is not watched. */
typedef struct tenon_watch_config {
  size_t struct_size;   /**< sizeof(tenon_watch_config_t) */
  uint64_t job_ns_max;  /**< a job, during which its loop does nothing else */
  uint64_t call_ns_max; /**< a Swift call, while it is suspended too, and waits for its turn */
  uint64_t wait_ns_max; /**< a wait for a future */
} tenon_watch_config_t;

#define TENON_WATCH_CONFIG_INIT                                                                    \
  { sizeof(tenon_watch_config_t), 0, 0, 0 }

/** A thread that looks. */
typedef struct tenon_watch tenon_watch_t;

/**
 * Has `fn` called for each job, call and wait that lasts longer than it may, until tenon_watch_end().
 *
 * A thread looks at what there is four times in the shortest of those times, and at most each
 * millisecond; so `fn` is told when about as much time again as a half is over. Nothing is recorded for
 * it, and what is watched gets no slower. A look at calls or waits walks their slots: 10 ns for each
 * that was ever used. What has begun before is watched, too, from the first look on.
 *
 *     static void told(void *context, const tenon_watch_event_t *event) {
 *       tenon_explanation_t why = TENON_EXPLANATION_INIT;
 *       if (tenon_snapshot_explain(event->snapshot, (void *)(uintptr_t)event->id, &why) == TENON_STATUS_OK)
 *         fputs(why.text, stderr);
 *     }
 *
 * Ownership:  borrows `config`; `context` is handed to `fn` untouched. The caller ends `*watch_out`.
 * Threading:  any thread. `fn` is called on the watch's own, one call after the other, with all signals
 *             blocked. It may call anything, tenon_watch_end() too.
 * Errors:     TENON_STATUS_INVALID for a wrong struct_size, or if nothing is to be watched;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_watch_start(const tenon_watch_config_t *config, tenon_watch_fn fn,
                                           void *context, tenon_watch_t **watch_out) TENON_NOEXCEPT;

/**
 * Ends a watch. Nothing is told when this has returned; inside of `fn`, which goes on, nothing after it.
 *
 * Ownership:  consumes `watch`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_FORKED in a fork's child, which has no such thread.
 * Blocks:     until `fn` has returned, if it is being called.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_watch_end(tenon_watch_t *watch) TENON_NOEXCEPT;

#define TENON_RECORD_CALLS 1u   /**< Swift calls: begun, suspended, resumed, ended */
#define TENON_RECORD_JOBS 2u    /**< jobs of executors: begun, ended, and their functions */
#define TENON_RECORD_FUTURES 4u /**< futures: settled, and who is told of it */
#define TENON_RECORD_STREAMS 8u /**< streams: items that go through, ends that wait, closes */
#define TENON_RECORD_ALL 15u

/**
 * Keeps what happens last, from now on: a flight recorder. A mask of 0 ends that, and what was kept stays.
 *
 * Each thread has a ring of its own, made when it has something to say first, and says one thing in some
 * 25 ns. What there is no more room for is counted. Whatever was recorded before is forgotten. `tenon
 * trace` does the same from outside, and reads it from the core of a process that has died.
 *
 * With jobs and futures it is known what a settled future has resumed, and with jobs and calls when a call was suspended for
 * something that is not Tenon's. While futures or streams are recorded, their operations take the way of those that somebody
 * waits for.
 *
 * `bytes`:    of each ring that is made from now on, 32 for each thing. 0: 1 MiB, which are 16384 jobs.
 * Threading:  any thread. A poll that runs records jobs from its next beginning on.
 * Errors:     as tenon_snapshot_take(); TENON_STATUS_INVALID for an unknown bit.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_record(uint32_t mask, size_t bytes) TENON_NOEXCEPT;

/** How a recording is written. */
TENON_ENUM(int32_t, tenon_record_format){
    TENON_RECORD_CHROME = 1, /**< Chrome's trace events as JSON, which ui.perfetto.dev opens */
};

/**
 * Writes what was recorded, while it goes on or after that. docs/inspect-schema.md says how.
 *
 * Ownership:  borrows `fd`. A pipe that nobody reads raises no signal.
 * Threading:  any thread.
 * Returns:    TENON_STATUS_OK; TENON_STATUS_ENDED if nothing was ever recorded: nothing is written.
 * Errors:     as tenon_snapshot_take(); TENON_STATUS_INVALID for an unknown format, or if it cannot be
 *             written: errno says why.
 * Blocks:     until all is written.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_record_write(int fd, tenon_record_format format) TENON_NOEXCEPT;

/** Whether a metric is of now, or of all the time so far. */
TENON_ENUM(int32_t, tenon_metric_kind_t){
    TENON_METRIC_GAUGE = 1,   /**< what there is now */
    TENON_METRIC_COUNTER = 2, /**< only grows */
};

/** What a metric is about: "tenon.executor.name", "worker". */
typedef struct tenon_metric_attribute {
  const char *key;
  const char *value;
} tenon_metric_attribute_t;

/** A number, as OpenTelemetry names it. */
typedef struct tenon_metric {
  size_t struct_size;                         /**< sizeof(tenon_metric_t) */
  const char *name;                           /**< "tenon.future.pending" */
  tenon_metric_kind_t kind;                   /**< gauge or counter */
  uint32_t reserved;                          /**< zero */
  const char *unit;                           /**< "{future}", "By" */
  const char *description;                    /**< for people */
  const tenon_metric_attribute_t *attributes; /**< of an executor: which it is */
  size_t attribute_count;                     /**< how many */
  uint64_t value;
} tenon_metric_t;

/** Is told one metric. What it points to is good until this returns. */
typedef void (*tenon_metric_fn)(void *context, const tenon_metric_t *metric);

/**
 * Tells all metrics: futures, callbacks, streams and memory, and of each executor its calls, jobs and
 * polls. docs/guide/metrics.md lists them.
 *
 * They are what is counted anyway, read as a snapshot reads: nobody is stopped, and nothing gets slower
 * because somebody looks. It walks all slots that were ever used: for each few seconds, not for each
 * request. Values of one name follow each other. Executors have the attributes "tenon.executor.id", the
 * place that one has while it lives, and "tenon.executor.name"; where a process has several copies of
 * Tenon each has "tenon.image".
 *
 * Threading:  any thread. `fn` is called on it, before this returns, and may call anything.
 * Errors:     as tenon_snapshot_take(); `fn` was not called then.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_metrics_read(tenon_metric_fn fn, void *context) TENON_NOEXCEPT;

/**
 * Writes the same in Prometheus' text format: "tenon_future_pending 3".
 *
 * Ownership:  borrows `fd`. A pipe that nobody reads raises no signal.
 * Threading:  any thread.
 * Errors:     as tenon_snapshot_take(); TENON_STATUS_INVALID if it cannot be written: errno says why.
 * Blocks:     until all is written.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_metrics_write_prometheus(int fd) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_INSPECT_H */
