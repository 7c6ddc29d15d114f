/*
 * Nothing needs more stack for a longer chain: of values in values, of futures made of futures, of scopes in scopes, of
 * callbacks that lead to callbacks.
 */
#include "check.h"

static size_t length(void) { return conformance_rounds(1000000); }

typedef struct body {
  void (*run)(void);
} body_t;

static void *run_body(void *context) {
  body_t *body = context;
  body->run();
  return NULL;
}

/** On a thread whose stack holds some hundred calls. */
static void shallowly(void (*run)(void)) {
  body_t body = {run};
  on_small_stack(run_body, &body);
}

/* MARK: Values in values */

static size_t drops;

static void drop_future(void *future, size_t size) {
  (void)size;
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

static void drop_stream(void *stream, size_t size) {
  (void)size;
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(stream));
}

static void drop_latest(void *latest, size_t size) {
  (void)size;
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_release(latest));
}

static void drop_object(void *object, size_t size) {
  (void)size;
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
}

static void drop_value(void *value, size_t size) {
  (void)size;
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(value));
  free(value);
}

static void drop_error(void *error) {
  drops++;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

static tenon_value_t in_future(tenon_value_t value) {
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  return tenon_value_pointer(pair.future, NULL, drop_future);
}

static tenon_value_t in_stream(tenon_value_t value) {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_send(sink, &value, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(sink));
  return tenon_value_pointer(stream, NULL, drop_stream);
}

static tenon_value_t in_latest(tenon_value_t value) {
  tenon_publisher_t *publisher;
  tenon_latest_t *latest;
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &publisher, &latest));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_set(publisher, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_publisher_release(publisher));
  return tenon_value_pointer(latest, NULL, drop_latest);
}

static tenon_value_t in_object(tenon_value_t value) {
  static const int mark;
  tenon_object_t *object;
  tenon_value_t *inner = malloc(sizeof *inner);
  *inner = value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(inner, &mark, drop_value, &object));
  return tenon_value_pointer(object, NULL, drop_object);
}

static tenon_value_t in_value(tenon_value_t value) {
  tenon_value_t *inner = malloc(sizeof *inner);
  *inner = value;
  return tenon_value_pointer(inner, NULL, drop_value);
}

static tenon_value_t (*const wrappings[])(tenon_value_t) = {in_future, in_stream, in_latest,
                                                            in_object, in_value};
enum { WRAPPINGS = sizeof wrappings / sizeof *wrappings };

static void drop_nested_values(void) {
  for (size_t kind = 0; kind <= WRAPPINGS; kind++) {
    size_t expected = 0;
    tenon_value_t value = tenon_value_none();
    for (size_t level = 0; level < length(); level++) {
      size_t wrapping = kind < WRAPPINGS ? kind : level % WRAPPINGS;
      value = wrappings[wrapping](value);
      expected += wrapping == 3 ? 2 : 1; /* an object has a drop of its own */
    }
    drops = 0;
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_COUNT(expected, drops);
  }
}

CASE(values_in_values_are_dropped_at_any_depth) { shallowly(drop_nested_values); }

static void release_future(void *future) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

static void drop_nested_errors(void) {
  static const int mark;
  tenon_error_t *error, *next = NULL;
  for (size_t level = 0; level < length(); level++) {
    tenon_error_payload_t payload = {sizeof payload, &mark, next, next ? drop_error : NULL};
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
    next = error;
  }
  drops = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(next));
  CHECK_COUNT(length() - 1, drops);
  /* And errors whose objects are futures that failed with errors. */
  tenon_future_t *future = NULL;
  for (size_t level = 0; level < length(); level++) {
    tenon_error_payload_t payload = {sizeof payload, &mark, future, NULL};
    pair_t pair = pair_create();
    if (future)
      payload.drop = release_future;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(pair.promise, error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    future = pair.future;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
}

CASE(errors_in_errors_end_at_any_depth) { shallowly(drop_nested_errors); }

typedef struct link {
  pair_t pair;
  tenon_value_t next;
} link_t;

static void cancel_link(void *context, tenon_status_t status) {
  link_t *link = context;
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&link->next));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(link->pair.promise));
  free(link);
}

static void drop_and_cancel(void) {
  tenon_value_t next = tenon_value_none();
  for (size_t level = 0; level < length(); level++) {
    link_t *link = malloc(sizeof *link);
    link->pair = pair_create();
    link->next = next;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(link->pair.promise, NULL, cancel_link, link, NULL));
    next = tenon_value_pointer(link->pair.future, NULL, drop_future);
  }
  drops = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&next));
  CHECK_COUNT(length(), drops);
}

CASE(drops_that_cancel_and_cancels_that_drop_alternate_at_any_depth) { shallowly(drop_and_cancel); }

/* MARK: Futures made of futures */

static void pass_on(void *context, tenon_status_t status, tenon_future_t *future,
                    tenon_promise_t *promise) {
  (void)context, (void)future;
  CHECK_STATUS(TENON_STATUS_OK, status == TENON_STATUS_OK ? tenon_promise_resolve(promise, NULL)
                                                          : tenon_promise_cancel(promise));
}

typedef enum made { MAP, ALL, ALL_SETTLED, ANY, RACE, TIMEOUT, MADE } made_t;

static tenon_future_t *make_of(made_t made, tenon_future_t *input, tenon_executor_t *executor) {
  tenon_future_t *result = NULL;
  tenon_status_t status = TENON_STATUS_OK;
  switch (made) {
  case MAP:
    status = tenon_future_map(input, NULL, pass_on, NULL, &result);
    break;
  case ALL:
    status = tenon_future_all(&input, 1, 0, &result);
    break;
  case ALL_SETTLED:
    status = tenon_future_all_settled(&input, 1, 0, &result);
    break;
  case ANY:
    status = tenon_future_any(&input, 1, 0, &result);
    break;
  case RACE:
    status = tenon_future_race(&input, 1, 0, &result);
    break;
  default:
    status = tenon_future_timeout(input, executor, UINT64_C(3600000000000), &result);
    break;
  }
  CHECK_STATUS(TENON_STATUS_OK, status);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(input));
  return result;
}

static void cancel_promise(void *promise, tenon_status_t status) {
  if (status == TENON_STATUS_CANCELLED)
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(promise));
}

static void end_chains_of_futures(void) {
  tenon_executor_t *executor = executor_create();
  for (made_t made = MAP; made <= MADE; made++)
    for (int how = 0; how < 3; how++) {
      told_t told = TOLD_INIT;
      pair_t pair = pair_create();
      tenon_future_t *future = pair.future;
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_promise_on_cancel(pair.promise, NULL, cancel_promise, pair.promise, NULL));
      for (size_t level = 0; level < length() / 4; level++)
        future = make_of(made < MADE ? made : (made_t)(level % MADE), future, executor);
      CHECK_STATUS(TENON_STATUS_OK,
                   tenon_future_on_complete(future, NULL, tell_completion, &told, NULL));
      switch (how) {
      case 0: /* settled from below */
        CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, NULL));
        CHECK_TOLD(TENON_STATUS_OK, &told);
        break;
      case 1: /* cancelled from above */
        CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
        CHECK_COUNT(1, atomic_load(&told.count));
        break;
      default: /* let go of: the callback above is its last reader */
        CHECK_STATUS(TENON_STATUS_OK, tenon_promise_release(pair.promise));
        CHECK_COUNT(1, atomic_load(&told.count));
        break;
      }
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
      executor_poll(executor);
    }
  executor_end(executor);
}

CASE(futures_made_of_futures_end_at_any_depth) { shallowly(end_chains_of_futures); }

static void release_chains_of_futures(void) {
  tenon_executor_t *executor = executor_create();
  for (made_t made = MAP; made <= MADE; made++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    tenon_future_t *future = pair.future;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
    for (size_t level = 0; level < length() / 4; level++)
      future = make_of(made < MADE ? made : (made_t)(level % MADE), future, executor);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(future));
    CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
    executor_poll(executor);
  }
  executor_end(executor);
}

CASE(futures_made_of_futures_are_let_go_of_at_any_depth) { shallowly(release_chains_of_futures); }

/* MARK: Callbacks that lead to callbacks */

static size_t told_count;

static void cancel_next(void *future, tenon_status_t status) {
  CHECK_STATUS(TENON_STATUS_CANCELLED, status);
  told_count++;
  if (future)
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(future));
}

static void cancel_one_after_the_other(void) {
  size_t count = length();
  pair_t *pairs = malloc(count * sizeof *pairs);
  for (size_t index = 0; index < count; index++) {
    pairs[index] = pair_create();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_promise_on_cancel(pairs[index].promise, NULL, cancel_next,
                                         index ? pairs[index - 1].future : NULL, NULL));
  }
  told_count = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_cancel(pairs[count - 1].future));
  CHECK_COUNT(count, told_count);
  for (size_t index = 0; index < count; index++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pairs[index].promise));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pairs[index].future));
  }
  free(pairs);
}

CASE(cancel_callbacks_that_cancel_need_no_stack) { shallowly(cancel_one_after_the_other); }

/* MARK: Scopes in scopes */

static void end_scopes(void) {
  size_t depth = length() / 4;
  tenon_scope_t **scopes = malloc(depth * sizeof(tenon_scope_t *));
  for (int how = 0; how < 4; how++) {
    told_t told = TOLD_INIT;
    pair_t pair = pair_create();
    tenon_future_t *end = NULL, *inner;
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_on_cancel(pair.promise, NULL, tell, &told, NULL));
    for (size_t level = 0; level < depth; level++) {
      tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
      config.parent = level ? scopes[level - 1] : NULL;
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(&config, &scopes[level]));
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_scope_add(scopes[depth - 1], pair.future));
    if (how < 3)
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scopes[0], &end));
    for (size_t level = 1; level < depth; level++) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_close(scopes[level], &inner));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(inner));
    }
    tenon_status_t expected = TENON_STATUS_CANCELLED;
    switch (how) {
    case 0: /* the innermost work ends */
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
      expected = TENON_STATUS_OK;
      break;
    case 1: /* or fails */
      CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_REJECTED));
      expected = TENON_STATUS_REJECTED;
      break;
    case 2: /* the outermost scope is cancelled */
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_cancel(scopes[0], NULL));
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
      break;
    default: /* or let go of while it is open */
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scopes[0]));
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_cancel(pair.promise));
      break;
    }
    if (end) {
      CHECK_STATUS(expected, tenon_future_poll(end));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(end));
    }
    for (size_t level = how == 3; level < depth; level++)
      CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scopes[level]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
  free(scopes);
}

CASE(scopes_in_scopes_end_at_any_depth) { shallowly(end_scopes); }

/* MARK: Executors that let go of executors */

static void release_next(void *executor, tenon_status_t status) {
  (void)status;
  told_count++;
  if (executor)
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
}

static void release_executors(void) {
  size_t count = conformance_rounds(10000);
  tenon_executor_t *next = NULL;
  for (size_t index = 0; index < count; index++) {
    tenon_executor_t *executor = executor_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, release_next, next));
    next = executor;
  }
  told_count = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(next));
  CHECK_COUNT(count, told_count);
}

CASE(executors_whose_jobs_let_go_of_executors_close_at_any_depth) { shallowly(release_executors); }
