/**
 * @file tenon/adapter_check.h
 *
 * Tells what an adapter, which runs executors on some loop, does wrong: whether it idles without work,
 * wakes once, keeps its time, is fair, nests, ends in any order, and leaves nothing behind.
 *
 * A table of functions describes the loop and the adapter; tenon_adapter_check() does the rest, each
 * check in a process of its own, so that a crash or a loop that never ends is a line of its report:
 *
 *     int main(void) { return tenon_adapter_check(&subject, stderr) != 0; }
 *
 * Link libtenon_adapter_check.a (pkg-config: tenon-adapter-check; CMake: Tenon::adapter_check).
 */
#ifndef TENON_ADAPTER_CHECK_H
#define TENON_ADAPTER_CHECK_H

#include <stdio.h>
#include <tenon/adapter.h>

TENON_BEGIN_DECLS

/** What a loop and its adapter can do beyond what each must. What is not claimed is not checked. */
TENON_ENUM(uint32_t, tenon_adapter_trait_t){
    /** `run` returns by itself once nothing is pending, and not before. */
    TENON_ADAPTER_TRAIT_ENDS = 1u << 0,
    /** `run` may be called in a callback of the loop, and `stop` ends the innermost one. */
    TENON_ADAPTER_TRAIT_NESTS = 1u << 1,
    /** tenon_executor_run_until() turns the loop: the host has `run_once`. */
    TENON_ADAPTER_TRAIT_TURNS = 1u << 2,
    /** The loop may be run by one thread after another, and detached from by the last. */
    TENON_ADAPTER_TRAIT_MOVES = 1u << 3,
    /** The loop may be destroyed before the detach, or before that is complete. */
    TENON_ADAPTER_TRAIT_OUTLIVES = 1u << 4,
    /** tenon_executor_interrupt() may be called in a signal's handler: what wakes the loop neither locks nor
     *  allocates. */
    TENON_ADAPTER_TRAIT_SIGNALS = 1u << 5,
};

/** A callback of the loop's own. */
typedef void (*tenon_adapter_callback_fn)(void *context);

/** What is checked. All functions are required. */
typedef struct tenon_adapter_subject {
  size_t struct_size;    /**< sizeof(tenon_adapter_subject_t) */
  const char *name;      /**< for the report */
  uint32_t traits;       /**< of tenon_adapter_trait_t */
  uint32_t reserved;     /**< zero */
  uint64_t precision_ns; /**< how late the loop's timers are when it has nothing to do */

  /** Makes a loop, for this thread to run. */
  void *(*create)(void);
  /** Runs it until `stop`, or until it has nothing to do if it is a loop that ends. */
  void (*run)(void *loop);
  /** In a callback or a job of the loop: the innermost `run` returns. */
  void (*stop)(void *loop);
  /** A timer of the loop's own, which keeps it alive: calls `fn` once. What has not run when the loop
   *  is destroyed never does. */
  void (*after)(void *loop, uint32_t delay_ms, tenon_adapter_callback_fn fn, void *context);
  void (*destroy)(void *loop);

  tenon_status_t (*attach)(void *loop, tenon_executor_t **executor_out);
  /** As tenon_uv_detach(): closes within `timeout_ns`, takes the executor off, tells `fn`. An adapter
   *  that has no such thing closes, takes its descriptor out, and tells `fn` in here. */
  tenon_status_t (*detach)(tenon_executor_t *executor, uint64_t timeout_ns,
                           tenon_adapter_detached_fn fn, void *context);
} tenon_adapter_subject_t;

#define TENON_ADAPTER_SUBJECT_INIT                                                                 \
  { sizeof(tenon_adapter_subject_t), NULL, 0, 0, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL }

/**
 * Checks an adapter, and prints a line for each promise that it breaks.
 *
 * Call it first in main(), while there is one thread and Tenon was not used: each check is a child of
 * this process. With TENON_ADAPTER_CHECK in the environment only the check of that name runs, in here,
 * for a debugger; TENON_ADAPTER_CHECK_SECONDS says how long one may take, instead of 30.
 *
 * Ownership:  borrows all. `report` may be NULL: nothing is printed.
 * Threading:  the process's first thread.
 * Returns:    how many checks failed; -1 for a subject that is incomplete.
 * Since:      0.2.0
 */
int tenon_adapter_check(const tenon_adapter_subject_t *subject, FILE *report);

TENON_END_DECLS

#endif /* TENON_ADAPTER_CHECK_H */
