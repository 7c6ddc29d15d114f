/*
 * A close ends, whatever its callbacks do: each kind of callback that a close calls does each thing that can be done with
 * its executor.
 */
#include "check.h"

typedef enum teller {
  CANCEL_HERE,     /**< a cancel callback without an executor */
  CANCEL_THERE,    /**< one on the executor */
  COMPLETION_HERE, /**< of a future whose promise is cancelled */
  COMPLETION_THERE,
  COMPLETION_CLOSED, /**< of a future that does not settle */
  MAP_CLOSED,
  TIMER,
  SLEEP, /**< the completion of one */
  JOB,
  DROPPED, /**< a value that is dropped on the executor */
  HOST_CLOSED,
  TELLERS
} teller_t;

typedef enum act {
  RELEASE,
  CLOSE,
  BEGIN_CLOSE,
  POLL,
  POLL_UNTIL_CLOSED,
  RUN,
  RUN_UNTIL,
  WAIT,
  POST,
  START_TIMER,
  START_SLEEP,
  REGISTER,
  BIND,
  ACTS
} act_t;

typedef enum begin {
  BY_CLOSE,
  BY_CLOSE_IN_TIME,
  BY_POLLS,
  BY_POLLS_IN_TIME,
  BY_RELEASE,
  BEGINS
} begin_t;

static const uint64_t hour = UINT64_C(3600000000000);

typedef struct scene {
  teller_t teller;
  act_t act;
  tenon_executor_t *executor;
  pair_t pair, other;
  int tellings;
  int closed;
  bool is_released;
  told_t extra;
  int extras; /**< what was accepted inside, and is to be told, too */
} scene_t;

/** Whatever it answers: it does so, and what it accepted is told. */
static void act(scene_t *scene) {
  tenon_executor_t *executor = scene->executor;
  tenon_future_t *future;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  if (scene->tellings++ > 0)
    return;
  switch (scene->act) {
  case RELEASE:
    scene->is_released = true;
    tenon_executor_release(executor);
    break;
  case CLOSE:
    CHECK(tenon_executor_close(executor, hour) != TENON_STATUS_OK);
    break;
  case BEGIN_CLOSE:
    CHECK(tenon_executor_begin_close(executor, hour) != TENON_STATUS_OK);
    break;
  case POLL:
    tenon_executor_poll(executor, NULL, NULL);
    break;
  case POLL_UNTIL_CLOSED:
    while (tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK && !result.closed)
      ;
    break;
  case RUN:
    CHECK(tenon_executor_run_until(executor, NULL, TENON_FOREVER) != TENON_STATUS_OK);
    break;
  case RUN_UNTIL:
    CHECK(tenon_executor_run_until(executor, scene->other.future, TENON_FOREVER) !=
          TENON_STATUS_OK);
    break;
  case WAIT:
    CHECK(tenon_future_wait(scene->other.future, 1000) != TENON_STATUS_OK);
    break;
  case POST:
    scene->extras += tenon_executor_post(executor, tell, &scene->extra) == TENON_STATUS_OK;
    break;
  case START_TIMER:
    scene->extras +=
        tenon_timer_start(executor, TENON_FOREVER, tell, &scene->extra, NULL) == TENON_STATUS_OK;
    break;
  case START_SLEEP:
    if (tenon_future_sleep(executor, hour, &future) == TENON_STATUS_OK)
      tenon_future_release(future);
    break;
  case REGISTER:
    scene->extras += tenon_future_on_complete(scene->other.future, executor, tell_completion,
                                              &scene->extra, NULL) == TENON_STATUS_OK;
    break;
  default: {
    tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
    pair_t bound;
    config.executor = executor;
    if (tenon_promise_create(&config, &bound.promise, &bound.future) == TENON_STATUS_OK) {
      tenon_promise_release(bound.promise);
      tenon_future_release(bound.future);
    }
    break;
  }
  }
}

static void act_now(void *scene, tenon_status_t status) {
  (void)status;
  act(scene);
}

static void act_completion(void *scene, tenon_status_t status, tenon_future_t *future) {
  (void)status, (void)future;
  act(scene);
}

static void act_map(void *scene, tenon_status_t status, tenon_future_t *future,
                    tenon_promise_t *promise) {
  (void)status, (void)future;
  act(scene);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(promise));
}

static void act_drop(void *scene, size_t size) {
  (void)size;
  act(scene);
}

static void acknowledge(void *scene, tenon_status_t status) {
  (void)status;
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(((scene_t *)scene)->pair.promise));
}

static void host_wake(void *context) { (void)context; }

static void host_closed(void *context, tenon_status_t status) {
  scene_t *scene = context;
  (void)status;
  scene->closed++;
  if (scene->teller == HOST_CLOSED)
    act(scene);
}

static void host_run_once(void *context) {
  scene_t *scene = context;
  tenon_executor_poll(scene->executor, NULL, NULL);
}

static void scene_begin(scene_t *scene, int host) {
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_host_t functions = TENON_EXECUTOR_HOST_INIT;
  tenon_future_t *future;
  tenon_value_t value = tenon_value_pointer(scene, NULL, act_drop);
  functions.wake = host_wake;
  functions.closed = host_closed;
  functions.run_once = host == 2 ? host_run_once : NULL;
  config.host = host ? &functions : NULL;
  config.host_context = scene;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_create(&config, &scene->executor));
  scene->pair = pair_create_with(0, scene->executor);
  scene->other = pair_create();
  tenon_status_t status = TENON_STATUS_OK;
  switch (scene->teller) {
  case CANCEL_HERE:
  case CANCEL_THERE:
    status = tenon_promise_on_cancel(scene->pair.promise,
                                     scene->teller == CANCEL_HERE ? NULL : scene->executor, act_now,
                                     scene, NULL);
    break;
  case COMPLETION_HERE:
  case COMPLETION_THERE:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(scene->pair.promise, NULL, acknowledge, scene, NULL));
    status = tenon_future_on_complete(scene->pair.future,
                                      scene->teller == COMPLETION_HERE ? NULL : scene->executor,
                                      act_completion, scene, NULL);
    break;
  case COMPLETION_CLOSED:
    status =
        tenon_future_on_complete(scene->other.future, scene->executor, act_completion, scene, NULL);
    break;
  case MAP_CLOSED:
    status = tenon_future_map(scene->other.future, scene->executor, act_map, scene, &future);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_detach(future));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    break;
  case TIMER:
    status = tenon_timer_start(scene->executor, TENON_FOREVER, act_now, scene, NULL);
    break;
  case SLEEP:
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_sleep(scene->executor, hour, &future));
    status = tenon_future_on_complete(future, NULL, act_completion, scene, NULL);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    break;
  case JOB:
    status = tenon_executor_post(scene->executor, act_now, scene);
    break;
  case DROPPED:
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, scene->executor));
    status = tenon_value_drop(&value);
    break;
  default:
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, status);
}

static void poll_to_the_end(tenon_executor_t *executor) {
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  while (tenon_executor_poll(executor, NULL, &result) == TENON_STATUS_OK && !result.closed)
    ;
}

static void scene_run(scene_t *scene, begin_t begin) {
  tenon_executor_t *executor = scene->executor;
  tenon_status_t status;
  switch (begin) {
  case BY_CLOSE:
  case BY_CLOSE_IN_TIME:
    status = tenon_executor_close(executor, begin == BY_CLOSE ? 0 : hour);
    CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_PENDING);
    if (status == TENON_STATUS_PENDING)
      poll_to_the_end(executor);
    break;
  case BY_POLLS:
  case BY_POLLS_IN_TIME:
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_executor_begin_close(executor, begin == BY_POLLS ? 0 : hour));
    poll_to_the_end(executor);
    break;
  default:
    scene->is_released = true;
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    break;
  }
  if (!scene->is_released) {
    CHECK_STATUS(TENON_STATUS_CLOSED, tenon_executor_post(executor, never, NULL));
    CHECK_COUNT(0, executor_statistics(executor).pending);
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  }
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_release(executor));
}

static void scene_end(scene_t *scene, int host) {
  CHECK_COUNT(1, scene->tellings);
  CHECK_COUNT(host != 0, scene->closed);
  CHECK_COUNT(scene->extras, atomic_load(&scene->extra.count));
  tenon_promise_release(scene->pair.promise);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(scene->other.promise));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scene->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(scene->other.future));
}

CASE(a_close_ends_whatever_its_callbacks_do) {
  tenon_process_statistics_t before = process_statistics();
  for (int host = 0; host < 3; host++)
    for (teller_t teller = CANCEL_HERE; teller < TELLERS; teller++)
      for (act_t act = RELEASE; act < ACTS; act++)
        for (begin_t begin = BY_CLOSE; begin < BEGINS; begin++) {
          if (teller == HOST_CLOSED && host == 0)
            continue;
          scene_t scene;
          memset(&scene, 0, sizeof scene);
          scene.teller = teller;
          scene.act = act;
          scene_begin(&scene, host);
          scene_run(&scene, begin);
          scene_end(&scene, host);
        }
  tenon_process_statistics_t after = process_statistics();
  CHECK_COUNT(before.futures_pending, after.futures_pending);
  CHECK_COUNT(before.registrations_pending, after.registrations_pending);
  CHECK_COUNT(before.errors_alive, after.errors_alive);
}

/* MARK: A close whose time is over */

/** Promises of which each is settled by the callback of the one before it, on an executor. */
typedef struct chain {
  size_t count;
  size_t next;
  pair_t *pairs;
  told_t *told;
} chain_t;

static void chain_go_on(void *context, tenon_status_t status, tenon_future_t *future) {
  chain_t *chain = context;
  (void)future;
  told_now(&chain->told[chain->next - 1], status);
  if (status == TENON_STATUS_OK && chain->next < chain->count)
    CHECK_STATUS(TENON_STATUS_OK, settle(chain->pairs[chain->next++].promise, TENON_STATUS_OK));
}

static void chain_begin(void *context, tenon_status_t status) {
  chain_t *chain = context;
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, settle(chain->pairs[chain->next++].promise, TENON_STATUS_OK));
}

/** The last one, to which the chain does not come. */
static void chain_end(void *context, tenon_status_t status, tenon_future_t *future) {
  told_t *told = context;
  (void)future;
  told_now(told, status);
}

static chain_t chain_create(size_t count) {
  chain_t chain = {count, 0, calloc(count, sizeof(pair_t)), calloc(count, sizeof(told_t))};
  for (size_t index = 0; index < count; index++)
    chain.pairs[index] = pair_create();
  return chain;
}

static void chain_listen(chain_t *chain, tenon_executor_t *executor) {
  for (size_t index = 0; index < chain->count; index++) {
    bool is_last = index + 1 == chain->count;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_future_on_complete(
                     chain->pairs[index].future, executor, is_last ? chain_end : chain_go_on,
                     is_last ? (void *)&chain->told[index] : (void *)chain, NULL));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, chain_begin, chain));
}

static void chain_free(chain_t *chain) {
  for (size_t index = 0; index < chain->count; index++) {
    tenon_promise_release(chain->pairs[index].promise);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(chain->pairs[index].future));
  }
  free(chain->pairs);
  free(chain->told);
}

CASE(a_close_without_time_runs_what_is_ready_and_tells_the_rest) {
  tenon_executor_t *executor = executor_create();
  chain_t chain = chain_create(3);
  chain_listen(&chain, executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, 0));
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = 1;
  /* The job; the first callback, which was ready then; and that is all. */
  for (int polls = 0; polls < 2; polls++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK(result.closed);
  CHECK_TOLD(TENON_STATUS_OK, &chain.told[0]);
  CHECK_COUNT(2, chain.next);
  CHECK_COUNT(2, executor_statistics(executor).jobs);
  CHECK_TOLD(TENON_STATUS_CLOSED, &chain.told[1]);
  CHECK_TOLD(TENON_STATUS_CLOSED, &chain.told[2]);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  chain_free(&chain);
  /* The next one has its memory, and as much time as it likes. */
  told_t told = TOLD_INIT;
  executor = executor_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told));
  executor_poll(executor);
  CHECK_TOLD(TENON_STATUS_OK, &told);
  executor_end(executor);
}

CASE(the_last_release_gives_a_close_that_has_begun_no_more_time) {
  tenon_executor_t *executor = executor_create();
  /* More than two polls run. */
  chain_t chain = chain_create(3 * 4096);
  chain_listen(&chain, executor);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, TENON_FOREVER));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_TOLD(TENON_STATUS_CLOSED, &chain.told[chain.count - 1]);
  chain_free(&chain);
}

CASE(a_poll_that_leaves_work_says_when_the_time_of_its_close_is_over) {
  tenon_executor_t *executor = executor_create();
  told_t told[2] = {TOLD_INIT, TOLD_INIT};
  for (int index = 0; index < 2; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &told[index]));
  uint64_t before_ns = tenon_timer_now_ns();
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, hour));
  uint64_t after_ns = tenon_timer_now_ns();
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  budget.jobs_max = 1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
  CHECK(result.more && !result.closed);
  CHECK(result.deadline_ns >= before_ns + hour && result.deadline_ns <= after_ns + hour);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, NULL, &result));
  CHECK(result.closed);
  for (int index = 0; index < 2; index++)
    CHECK_TOLD(TENON_STATUS_OK, &told[index]);
  CHECK_COUNT(2, executor_statistics(executor).jobs);
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}
