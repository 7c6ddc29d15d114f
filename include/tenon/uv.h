/**
 * @file tenon/uv.h
 *
 * Runs an executor on a libuv loop that the host already has. Needs <uv.h>.
 *
 * Attaching adds two handles to the loop, a poll handle and a timer, which uv_walk() shows. They
 * keep the loop alive while something of the executor is pending, and not otherwise. A loop that is
 * not alive does not poll: what another thread posts cannot keep an idle loop alive, as only the
 * loop's own thread may say so; it runs as soon as the loop does. Detaching
 * closes them, so run the loop until it is done before uv_loop_close(). A host that closes every
 * handle it finds may close these too: the executor then gets no more polls, and tenon_uv_detach()
 * still ends it.
 *
 * A loop may have any number of executors, and a process any number of loops. One that moves to another
 * thread takes its executors with it: the loop's thread is the one that attached, and then the one on
 * which the loop polled last.
 *
 * A fork's child may go on with its loop, after uv_loop_fork(): there executors answer
 * TENON_STATUS_FORKED, and keep it alive for nothing.
 */
#ifndef TENON_UV_H
#define TENON_UV_H

#include <tenon/executor.h>
#include <uv.h>

TENON_BEGIN_DECLS

/** How to attach. Zero is a good default for each field but the first. */
typedef struct tenon_uv_config {
  size_t struct_size;   /**< sizeof(tenon_uv_config_t) */
  uint32_t flags;       /**< TENON_UV_FLAG_... */
  uint32_t reserved;    /**< zero */
  const char *name;     /**< the executor's name, for people; copied; may be NULL */
  uint64_t jobs_max;    /**< the most jobs in one turn of the loop; 0: 2048 */
  uint64_t time_ns_max; /**< no new job in a turn after so many nanoseconds; 0: no bound */
} tenon_uv_config_t;

/** Dispatch's main queue runs on this loop, too, and with it the main actor: in either mode of the process.
 *  Of the process's first thread, else TENON_STATUS_WRONG_THREAD. Since: 0.2.0 */
#define TENON_UV_FLAG_MAIN_QUEUE 0x01u

#define TENON_UV_CONFIG_INIT                                                                       \
  { sizeof(tenon_uv_config_t), 0, 0, NULL, 0, 0 }

/** Tells that a detach is complete: the handles are closed, the loop may be closed too. */
typedef void (*tenon_uv_detached_fn)(void *context, tenon_status_t status);

/**
 * Creates an executor whose jobs run on `loop`.
 *
 * Ownership:  borrows `loop`, which must outlive the detach, and `config`, which may be NULL. The
 *             caller detaches, and releases `*executor_out` (in any order).
 * Threading:  the loop's thread; before uv_run() or during it.
 * Errors:     TENON_STATUS_INVALID, also for a struct_size that is not this header's and a name that
 *             is not UTF-8; TENON_STATUS_NO_RESOURCES; TENON_STATUS_FORKED.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_uv_attach(uv_loop_t *loop, const tenon_uv_config_t *config,
                                         tenon_executor_t **executor_out) TENON_NOEXCEPT;

/**
 * Closes the executor and takes it off its loop.
 *
 * New work is refused and what is in flight is cancelled at once. The loop goes on until that has
 * ended or `timeout_ns` is over; then `fn` is told, in a close callback of the loop:
 * TENON_STATUS_OK, or TENON_STATUS_TIMEOUT if work was left behind. Callbacks that were left were
 * told TENON_STATUS_CLOSED before.
 *
 * Ownership:  borrows `executor`. `fn` may be NULL. `context` is handed to `fn` untouched.
 * Threading:  the loop's thread; also from inside a job or callback of this executor.
 * Errors:     TENON_STATUS_CLOSED: it was detached or closed before; TENON_STATUS_UNSUPPORTED: it
 *             is on no libuv loop; TENON_STATUS_WRONG_THREAD. `fn` is then never called.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_uv_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                         tenon_uv_detached_fn fn, void *context) TENON_NOEXCEPT;

/**
 * Says whether pending work keeps the loop alive, as uv_ref() and uv_unref() do for a handle. At first it
 * does. A detach that has begun always does.
 *
 * Ownership:  borrows.
 * Threading:  the loop's thread.
 * Errors:     as tenon_uv_detach().
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_uv_set_referenced(tenon_executor_t *executor,
                                                 bool referenced) TENON_NOEXCEPT;

/**
 * Reads the loop that an executor is on.
 *
 * Ownership:  borrows.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_UNSUPPORTED: it is on no libuv loop; TENON_STATUS_CLOSED, and on the
 *             loop's thread also once the host has closed the executor's handles.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_uv_get_loop(tenon_executor_t *executor,
                                           uv_loop_t **loop_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_UV_H */
