/**
 * @file checks.h
 *
 * What the checks share: a world (a loop with an executor on it), contexts that count what they are told.
 */
#ifndef TENON_ADAPTER_CHECKS_H
#define TENON_ADAPTER_CHECKS_H

#include <tenon/adapter_check.h>
#include <tenon/tenon.h>

#include <pthread.h>
#include <stdatomic.h>

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

/** A timer of the loop's own that nobody waits for. */
#define HOUR_MS 3600000u

/** Says what is wrong, unless `held`; is `held`. */
bool expect(bool held, const char *format, ...) __attribute__((format(printf, 2, 3)));

/** The same for a call that should answer `expected`. */
bool expect_status(tenon_status_t expected, tenon_status_t actual, const char *what);

typedef struct world {
  const tenon_adapter_subject_t *subject;
  void *loop;
  tenon_executor_t *executor;
  unsigned int runs; /**< how many are on the stack */
  bool is_detached;
  tenon_status_t end;
} world_t;

bool has_trait(const world_t *world, uint32_t trait);

/** Makes the loop, and attaches. False: nothing was made, and it is said. */
bool world_begin(world_t *world, const tenon_adapter_subject_t *subject);

/** Detaches; run_detached() after it. */
void world_detach(world_t *world, uint64_t timeout_ns);

/** Runs the loop until the detach is complete. */
void world_run_detached(world_t *world);

/** Detaches, runs until that is complete, releases, destroys. */
void world_end(world_t *world);

void world_run(world_t *world);

/** Stops the innermost run, if there is one. */
void world_stop(void *world);

/** Keeps the loop alive by a timer of its own. */
void world_hold(world_t *world);

/** Counts what it is told. */
typedef struct told {
  atomic_int count;
  atomic_int status;
  pthread_t thread;
  world_t *stops; /**< stopped when it is told; or NULL */
} told_t;

void tell(void *context, tenon_status_t status);
void tell_completion(void *context, tenon_status_t status, tenon_future_t *future);

uint64_t polls(const world_t *world);

/** Nanoseconds of processor that this thread has had. */
uint64_t processor_ns(void);

int descriptors_open(void);

pthread_t start(void *(*fn)(void *), void *context);

/** Each check: its name, and what to run. */
#define CHECKS(X)                                                                                  \
  X(jobs_run_on_the_loops_thread)                                                                  \
  X(a_wake_for_each_edge)                                                                          \
  X(posts_of_other_threads_run_in_order)                                                           \
  X(a_job_without_end_lets_the_loop_go_on)                                                         \
  X(idle_takes_no_processor)                                                                       \
  X(timers_are_in_order_and_never_early)                                                           \
  X(timers_are_as_precise_as_the_loop)                                                             \
  X(a_cancelled_timer_is_told_at_once)                                                             \
  X(a_loop_without_work_ends)                                                                      \
  X(pending_work_keeps_the_loop_alive)                                                             \
  X(a_cancelled_timer_does_not_keep_the_loop_alive)                                                \
  X(descriptors_are_waited_for)                                                                    \
  X(a_detach_lets_go_of_descriptors)                                                               \
  X(an_interrupt_in_a_handler_wakes_the_loop)                                                      \
  X(a_loop_in_a_job_runs_all_others)                                                               \
  X(a_loop_in_a_callback_runs_jobs)                                                                \
  X(run_until_turns_the_loop)                                                                      \
  X(run_until_hears_of_other_threads)                                                              \
  X(run_until_keeps_its_time)                                                                      \
  X(run_until_nests)                                                                               \
  X(run_until_on_a_thread_that_the_loop_has_moved_to)                                              \
  X(run_until_knows_of_a_timer_that_a_loop_in_its_job_has_met)                                     \
  X(executors_share_a_loop)                                                                        \
  X(a_detach_tells_what_is_left)                                                                   \
  X(a_detach_in_a_job)                                                                             \
  X(a_detach_runs_out_of_time)                                                                     \
  X(a_second_detach_is_refused)                                                                    \
  X(a_release_before_the_detach)                                                                   \
  X(a_close_on_the_loops_thread)                                                                   \
  X(a_close_on_another_thread)                                                                     \
  X(descriptors_are_given_back)                                                                    \
  X(nothing_stays_on_the_loop)                                                                     \
  X(a_loop_that_is_destroyed_before_the_detach)                                                    \
  X(a_loop_that_is_destroyed_within_the_detach)                                                    \
  X(posts_to_an_executor_without_a_loop)                                                           \
  X(a_loop_that_moves_to_another_thread)                                                           \
  X(a_fork_disturbs_nobody)

#define DECLARE(name) void check_##name(const tenon_adapter_subject_t *subject);
CHECKS(DECLARE)
#undef DECLARE

#endif /* TENON_ADAPTER_CHECKS_H */
