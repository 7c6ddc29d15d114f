/*
 * A pool's thread that others come in between, at each place where that can be: see stopped.h.
 */
#include "stopped.h"

typedef struct posting {
  tenon_executor_t *pool;
  atomic_int worker; /**< the pool's thread, once it has begun */
  told_t told;
} posting_t;

static void posting_before(void *context) {
  posting_t *posting = context;
  memset(posting, 0, sizeof *posting);
  posting->pool = pool_create(1);
}

static void begin_in_pool(void *context, tenon_status_t status) {
  posting_t *posting = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  atomic_store(&posting->worker, thread_id());
  meeting_begin();
}

/** Until the pool's thread has nothing more to do. */
static void let_pool_sleep(void *context) {
  posting_t *posting = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(posting->pool, begin_in_pool, posting));
  SPIN_UNTIL(atomic_load(&posting->worker) != 0 && thread_sleeps(atomic_load(&posting->worker)));
}

static void post_to_pool_there(void *context) {
  posting_t *posting = context;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(posting->pool, tell, &posting->told));
}

static void posting_after(void *context) {
  posting_t *posting = context;
  SPIN_UNTIL(atomic_load(&posting->told.count) == 1);
  pool_end(posting->pool);
}

CASE(a_job_that_comes_while_the_only_thread_of_a_pool_goes_to_sleep_runs) {
  posting_t posting;
  meeting_t meeting = {&posting,           posting_before, let_pool_sleep,
                       post_to_pool_there, posting_after,  0};
  meeting_run_part(&meeting, NULL);
}
