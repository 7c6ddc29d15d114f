/*
 * How each exported function is called, and what it can be given that is wrong.
 *
 * The table lists all of them; bad_input_test.c and others walk it. scripts/test-c.sh compares its names with
 * the headers and with what releases promise: a function that the table does not know is one that nobody
 * misused yet.
 */
#include "check.h"

#include <unistd.h>

/* MARK: How each function is called */

#define HANDLE(type, index) ((tenon_##type##_t *)arguments->handles[index])
#define REQUIRED(index, pointer) (arguments->null[index] ? NULL : (pointer))
#define OUT(type, index) ((type *)(void *)&arguments->out[index])
#define TEXT(index, right) (is_wrong(arguments, WRONG_TEXT, index) ? arguments->text : (right))
#define SIZE(right) (is_wrong(arguments, WRONG_SIZE, 0) ? arguments->size : (right))
#define FLAGS(index) (is_wrong(arguments, WRONG_FLAGS, index) ? arguments->flags : 0)
#define VALUE(right) (is_wrong(arguments, WRONG_VALUE, 0) ? *arguments->value : (right))

static bool is_wrong(const arguments_t *arguments, wrong_t wrong, size_t at) {
  return arguments->wrong == wrong && arguments->at == at;
}

/** The size of a struct, or the one that it is given instead. */
static size_t struct_size(arguments_t *arguments, size_t at, size_t right) {
  if (!is_wrong(arguments, WRONG_STRUCT_SIZE, at))
    return right;
  arguments->size_right = right;
  return arguments->size;
}

static tenon_status_t call_status_name(arguments_t *arguments) {
  const char *name = tenon_status_name(arguments->status);
  return strcmp(name, "TENON_STATUS_UNKNOWN") == 0 ? TENON_STATUS_INVALID : TENON_STATUS_OK;
}

static tenon_status_t call_status_string(arguments_t *arguments) {
  const char *text = tenon_status_string(arguments->status);
  return text == tenon_status_string(INT32_MIN) ? TENON_STATUS_INVALID : TENON_STATUS_OK;
}

static tenon_status_t call_value_copy_string(arguments_t *arguments) {
  const char *text = TEXT(0, "text");
  return tenon_value_copy_string(REQUIRED(0, text), SIZE(strlen(text)),
                                 REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_copy_bytes(arguments_t *arguments) {
  return tenon_value_copy_bytes(REQUIRED(0, "text"), SIZE(4), REQUIRED(1, OUT(tenon_value_t, 0)));
}

/** A tenon_drop_fn for memory that must not be dropped. */
static void drop_never(void *pointer, size_t size) {
  (void)pointer;
  CHECK_COUNT(SIZE_MAX, size); /* never called */
}

static tenon_status_t call_value_adopt_string(arguments_t *arguments) {
  char text[16] = "text";
  strcpy(text, TEXT(0, "text"));
  return tenon_value_adopt_string(REQUIRED(0, text), SIZE(strlen(text)), drop_never,
                                  REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_adopt_bytes(arguments_t *arguments) {
  char bytes[4] = {0};
  return tenon_value_adopt_bytes(REQUIRED(0, bytes), SIZE(sizeof bytes), drop_never,
                                 REQUIRED(1, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_get_data(arguments_t *arguments) {
  tenon_value_t right = tenon_value_none();
  right.kind = TENON_VALUE_BYTES;
  right.flags = TENON_VALUE_FLAG_INLINE;
  tenon_value_t value = VALUE(right);
  return tenon_value_get_data(REQUIRED(0, &value), REQUIRED(1, OUT(const void *, 0)),
                              REQUIRED(2, OUT(size_t, 1)));
}

static tenon_status_t call_value_is_shared(arguments_t *arguments) {
  tenon_value_t value = VALUE(tenon_value_none());
  return tenon_value_is_shared(REQUIRED(0, &value)) ? TENON_STATUS_OK : TENON_STATUS_INVALID;
}

static tenon_status_t call_value_set_drop_executor(arguments_t *arguments) {
  tenon_value_t value = VALUE(counted_value(arguments->drops));
  tenon_value_t before = value;
  tenon_status_t status = tenon_value_set_drop_executor(REQUIRED(0, &value), HANDLE(executor, 0));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_value_drop(arguments_t *arguments) {
  tenon_value_t value = VALUE(tenon_value_none());
  tenon_value_t before = value;
  tenon_status_t status = tenon_value_drop(REQUIRED(0, &value));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_error_create(arguments_t *arguments) {
  return tenon_error_create(REQUIRED(0, TEXT(0, "test")), 1, TEXT(1, "text"), HANDLE(error, 0),
                            REQUIRED(1, OUT(tenon_error_t *, 0)));
}

const int payload_type = 0;

static tenon_status_t call_object_create(arguments_t *arguments) {
  return tenon_object_create(arguments->drops, REQUIRED(0, &payload_type), count_drop,
                             REQUIRED(1, OUT(tenon_object_t *, 0)));
}

static tenon_status_t call_object_retain(arguments_t *arguments) {
  return tenon_object_retain(HANDLE(object, 0));
}

static tenon_status_t call_object_release(arguments_t *arguments) {
  return tenon_object_release(HANDLE(object, 0));
}

static tenon_status_t call_object_get(arguments_t *arguments) {
  return tenon_object_get(HANDLE(object, 0), REQUIRED(0, &payload_type),
                          REQUIRED(1, OUT(void *, 0)));
}

static void context_run(void *argument) { (void)argument; }

static tenon_status_t call_context_run(arguments_t *arguments) {
  tenon_context_value_t value = {TEXT(0, "name"), TEXT(1, "text")};
  tenon_context_t context = TENON_CONTEXT_INIT;
  context.struct_size = struct_size(arguments, 0, sizeof context);
  context.flags = FLAGS(0);
  context.values = &value;
  context.value_count = 1;
  return tenon_context_run(REQUIRED(0, &context), REQUIRED(1, context_run), NULL);
}

static tenon_status_t call_context_get_value(arguments_t *arguments) {
  return tenon_context_get_value(REQUIRED(0, TEXT(0, "name")), REQUIRED(1, OUT(tenon_value_t, 0)));
}

static void context_show(void *argument, const tenon_context_t *context) {
  (void)argument, (void)context;
}

static tenon_status_t call_context_read(arguments_t *arguments) {
  return tenon_context_read(REQUIRED(0, context_show), NULL);
}

static const char traceparent[] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

static tenon_status_t call_trace_context_parse(arguments_t *arguments) {
  tenon_trace_context_t trace;
  memset(&trace, 0, sizeof trace);
  tenon_status_t status =
      tenon_trace_context_parse(REQUIRED(0, TEXT(0, traceparent)), NULL, REQUIRED(1, &trace));
  CHECK((trace.span_id[0] == 0) == (status != TENON_STATUS_OK));
  return status;
}

static tenon_status_t call_trace_context_format(arguments_t *arguments) {
  tenon_trace_context_t trace;
  char text[TENON_TRACEPARENT_SIZE] = "";
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_parse(traceparent, "a=b", &trace));
  strcpy(trace.state, TEXT(0, "a=b"));
  tenon_status_t status = tenon_trace_context_format(REQUIRED(0, &trace), REQUIRED(1, text));
  CHECK((text[0] == 0) == (status != TENON_STATUS_OK));
  return status;
}

static tenon_status_t call_trace_context_start(arguments_t *arguments) {
  tenon_trace_context_t trace;
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_parse(traceparent, "a=b", &trace));
  strcpy(trace.state, TEXT(0, "a=b"));
  return tenon_trace_context_start(&trace, REQUIRED(0, &trace));
}

static tenon_status_t call_trace_context_get_current(arguments_t *arguments) {
  tenon_trace_context_t trace;
  return tenon_trace_context_get_current(REQUIRED(0, &trace));
}

static tenon_status_t call_value_adopt_object(arguments_t *arguments) {
  return tenon_value_adopt_object(HANDLE(object, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_value_get_object(arguments_t *arguments) {
  tenon_value_t right = tenon_value_none();
  tenon_value_t value = VALUE(right);
  return tenon_value_get_object(REQUIRED(0, &value), REQUIRED(1, OUT(tenon_object_t *, 0)));
}

static void drop_payload(void *pointer) { atomic_fetch_add((atomic_int *)pointer, 1); }

static tenon_status_t call_error_create_with_payload(arguments_t *arguments) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.struct_size = struct_size(arguments, 0, sizeof payload);
  payload.type = REQUIRED(2, &payload_type);
  payload.pointer = arguments->drops;
  payload.drop = drop_payload;
  return tenon_error_create_with_payload(TEXT(0, "test"), 1, TEXT(1, "text"), HANDLE(error, 0),
                                         REQUIRED(0, &payload),
                                         REQUIRED(1, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_error_retain(arguments_t *arguments) {
  return tenon_error_retain(HANDLE(error, 0));
}

static tenon_status_t call_error_release(arguments_t *arguments) {
  return tenon_error_release(HANDLE(error, 0));
}

static tenon_status_t call_error_get_domain(arguments_t *arguments) {
  return tenon_error_get_domain(HANDLE(error, 0), REQUIRED(0, OUT(const char *, 0)));
}

static tenon_status_t call_error_get_code(arguments_t *arguments) {
  return tenon_error_get_code(HANDLE(error, 0), REQUIRED(0, OUT(int64_t, 0)));
}

static tenon_status_t call_error_get_message(arguments_t *arguments) {
  return tenon_error_get_message(HANDLE(error, 0), REQUIRED(0, OUT(const char *, 0)));
}

static tenon_status_t call_error_copy_cause(arguments_t *arguments) {
  return tenon_error_copy_cause(HANDLE(error, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_error_get_payload(arguments_t *arguments) {
  return tenon_error_get_payload(HANDLE(error, 0), REQUIRED(0, &payload_type),
                                 REQUIRED(1, OUT(void *, 0)));
}

static tenon_status_t call_future_retain(arguments_t *arguments) {
  return tenon_future_retain(HANDLE(future, 0));
}

static tenon_status_t call_future_release(arguments_t *arguments) {
  return tenon_future_release(HANDLE(future, 0));
}

static tenon_status_t call_future_poll(arguments_t *arguments) {
  return tenon_future_poll(HANDLE(future, 0));
}

static tenon_status_t call_future_peek(arguments_t *arguments) {
  return tenon_future_peek(HANDLE(future, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_future_take(arguments_t *arguments) {
  return tenon_future_take(HANDLE(future, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_future_consume(arguments_t *arguments) {
  return tenon_future_consume(HANDLE(future, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_future_copy_error(arguments_t *arguments) {
  return tenon_future_copy_error(HANDLE(future, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_future_cancel(arguments_t *arguments) {
  return tenon_future_cancel(HANDLE(future, 0));
}

static tenon_status_t call_future_detach(arguments_t *arguments) {
  return tenon_future_detach(HANDLE(future, 0));
}

static tenon_status_t call_future_on_complete(arguments_t *arguments) {
  return tenon_future_on_complete(HANDLE(future, 0), HANDLE(executor, 1),
                                  REQUIRED(0, tell_completion), arguments->told,
                                  OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_future_on_complete_if_pending(arguments_t *arguments) {
  return tenon_future_on_complete_if_pending(HANDLE(future, 0), HANDLE(executor, 1),
                                             REQUIRED(0, tell_completion), arguments->told,
                                             OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_future_wait(arguments_t *arguments) {
  return tenon_future_wait(HANDLE(future, 0), 0);
}

static tenon_status_t call_future_cancel_with(arguments_t *arguments) {
  return tenon_future_cancel_with(HANDLE(future, 0), HANDLE(error, 1));
}

/** Combines a future with the one that is in question, and has what comes of it forgotten. */
static tenon_status_t call_combine(arguments_t *arguments,
                                   tenon_status_t (*combine)(tenon_future_t *const *, size_t,
                                                             uint32_t, tenon_future_t **)) {
  tenon_future_t *futures[] = {HANDLE(future, 0), HANDLE(future, 0)};
  return combine(REQUIRED(0, futures), 2, TENON_COMBINE_FLAG_KEEP | FLAGS(0),
                 REQUIRED(1, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_future_all(arguments_t *arguments) {
  return call_combine(arguments, tenon_future_all);
}

static tenon_status_t call_future_all_settled(arguments_t *arguments) {
  return call_combine(arguments, tenon_future_all_settled);
}

static tenon_status_t call_future_any(arguments_t *arguments) {
  return call_combine(arguments, tenon_future_any);
}

static tenon_status_t call_future_race(arguments_t *arguments) {
  return call_combine(arguments, tenon_future_race);
}

static tenon_status_t call_future_timeout(arguments_t *arguments) {
  return tenon_future_timeout(HANDLE(future, 0), HANDLE(executor, 1), TENON_FOREVER,
                              REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_future_sleep(arguments_t *arguments) {
  return tenon_future_sleep(HANDLE(executor, 0), TENON_FOREVER,
                            REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_future_readable(arguments_t *arguments) {
  return tenon_future_readable(HANDLE(executor, 0), STDIN_FILENO,
                               REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_future_writable(arguments_t *arguments) {
  return tenon_future_writable(HANDLE(executor, 0), STDIN_FILENO,
                               REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static void map(void *context, tenon_status_t status, tenon_future_t *future,
                tenon_promise_t *promise) {
  tell_completion(context, status, future);
  tenon_promise_release(promise);
}

static tenon_status_t call_future_map(arguments_t *arguments) {
  return tenon_future_map(HANDLE(future, 0), HANDLE(executor, 1), REQUIRED(0, map), arguments->told,
                          REQUIRED(1, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_scope_open(arguments_t *arguments) {
  tenon_scope_config_t config = TENON_SCOPE_CONFIG_INIT;
  config.struct_size = struct_size(arguments, 0, sizeof config);
  config.flags = FLAGS(0);
  config.reserved = FLAGS(1);
  config.name = TEXT(0, "scope");
  config.parent = HANDLE(scope, 0);
  config.executor = HANDLE(executor, 1);
  return tenon_scope_open(&config, REQUIRED(0, OUT(tenon_scope_t *, 0)));
}

static tenon_status_t call_scope_retain(arguments_t *arguments) {
  return tenon_scope_retain(HANDLE(scope, 0));
}

static tenon_status_t call_scope_release(arguments_t *arguments) {
  return tenon_scope_release(HANDLE(scope, 0));
}

static tenon_status_t call_scope_add(arguments_t *arguments) {
  return tenon_scope_add(HANDLE(scope, 0), HANDLE(future, 1));
}

static tenon_status_t call_scope_cancel(arguments_t *arguments) {
  return tenon_scope_cancel(HANDLE(scope, 0), HANDLE(error, 1));
}

static tenon_status_t call_scope_close(arguments_t *arguments) {
  return tenon_scope_close(HANDLE(scope, 0), REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_scope_get_deadline_ns(arguments_t *arguments) {
  return tenon_scope_get_deadline_ns(HANDLE(scope, 0), REQUIRED(0, OUT(uint64_t, 0)));
}

static tenon_status_t call_scope_copy_reason(arguments_t *arguments) {
  return tenon_scope_copy_reason(HANDLE(scope, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_future_set_name(arguments_t *arguments) {
  tenon_source_t source = {__FILE__, __func__, __LINE__, FLAGS(0)};
  return tenon_future_set_name(HANDLE(future, 0), REQUIRED(0, TEXT(0, "reply")), &source);
}

static tenon_status_t call_promise_set_wait(arguments_t *arguments) {
  tenon_source_t source = {__FILE__, __func__, __LINE__, FLAGS(0)};
  return tenon_promise_set_wait(HANDLE(promise, 0), HANDLE(future, 1), TEXT(0, "a reply"), &source);
}

static tenon_status_t call_stream_set_name(arguments_t *arguments) {
  tenon_source_t source = {__FILE__, __func__, __LINE__, FLAGS(0)};
  return tenon_stream_set_name(HANDLE(stream, 0), REQUIRED(0, TEXT(0, "lines")), &source);
}

static tenon_status_t call_latest_set_name(arguments_t *arguments) {
  tenon_source_t source = {__FILE__, __func__, __LINE__, FLAGS(0)};
  return tenon_latest_set_name(HANDLE(latest, 0), REQUIRED(0, TEXT(0, "progress")), &source);
}

static tenon_status_t call_promise_copy_reason(arguments_t *arguments) {
  return tenon_promise_copy_reason(HANDLE(promise, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_promise_create(arguments_t *arguments) {
  tenon_promise_config_t config = TENON_PROMISE_CONFIG_INIT;
  config.struct_size = struct_size(arguments, 0, sizeof config);
  config.flags = FLAGS(0);
  config.reserved = FLAGS(1);
  config.executor = HANDLE(executor, 0);
  return tenon_promise_create(&config, REQUIRED(0, OUT(tenon_promise_t *, 0)),
                              REQUIRED(1, OUT(tenon_future_t *, 1)));
}

static tenon_status_t call_promise_resolve(arguments_t *arguments) {
  tenon_value_t value = VALUE(counted_value(arguments->drops));
  tenon_value_t before = value;
  tenon_status_t status = tenon_promise_resolve(HANDLE(promise, 0), &value);
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_promise_reject(arguments_t *arguments) {
  return tenon_promise_reject(HANDLE(promise, 0), HANDLE(error, 1));
}

static tenon_status_t call_promise_cancel(arguments_t *arguments) {
  return tenon_promise_cancel(HANDLE(promise, 0));
}

static tenon_status_t call_promise_release(arguments_t *arguments) {
  return tenon_promise_release(HANDLE(promise, 0));
}

static tenon_status_t call_promise_is_cancelled(arguments_t *arguments) {
  return tenon_promise_is_cancelled(HANDLE(promise, 0)) ? TENON_STATUS_OK : TENON_STATUS_INVALID;
}

static tenon_status_t call_promise_on_cancel(arguments_t *arguments) {
  return tenon_promise_on_cancel(HANDLE(promise, 0), HANDLE(executor, 1), REQUIRED(0, tell),
                                 arguments->told, OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_registration_forget(arguments_t *arguments) {
  return tenon_registration_forget(HANDLE(registration, 0));
}

static void wake(void *context) { (void)context; }

static tenon_status_t call_executor_create(arguments_t *arguments) {
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  config.struct_size = struct_size(arguments, 0, sizeof config);
  host.struct_size = struct_size(arguments, 1, sizeof host);
  config.flags = FLAGS(0);
  config.reserved = FLAGS(1);
  config.name = TEXT(0, "name");
  config.host = &host;
  host.wake = REQUIRED(1, wake);
  return tenon_executor_create(&config, REQUIRED(0, OUT(tenon_executor_t *, 0)));
}

static tenon_status_t call_executor_retain(arguments_t *arguments) {
  return tenon_executor_retain(HANDLE(executor, 0));
}

static tenon_status_t call_executor_release(arguments_t *arguments) {
  return tenon_executor_release(HANDLE(executor, 0));
}

static tenon_status_t call_executor_fd(arguments_t *arguments) {
  return tenon_executor_fd(HANDLE(executor, 0), REQUIRED(0, OUT(int, 0)));
}

/** Whether a struct with a struct_size has been written: the size, or what comes after it. */
static bool is_written(const void *memory, size_t size, size_t size_given) {
  const size_t *first = memory;
  return *first != size_given ||
         !pattern_holds((const char *)memory + sizeof *first, size - sizeof *first);
}

static tenon_status_t call_executor_poll(arguments_t *arguments) {
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  tenon_poll_result_t result;
  budget.struct_size = struct_size(arguments, 0, sizeof budget);
  pattern_fill(&result, sizeof result);
  size_t size = result.struct_size = struct_size(arguments, 1, sizeof result);
  tenon_status_t status = tenon_executor_poll(HANDLE(executor, 0), &budget, &result);
  arguments->took = is_written(&result, sizeof result, size);
  return status;
}

static tenon_status_t call_executor_run_until(arguments_t *arguments) {
  return tenon_executor_run_until(HANDLE(executor, 0), HANDLE(future, 1), 0);
}

static tenon_status_t call_executor_post(arguments_t *arguments) {
  return tenon_executor_post(HANDLE(executor, 0), REQUIRED(0, tell), arguments->told);
}

/** A tenon_range_fn that must never be called. */
static tenon_status_t never_range(void *context, size_t begin, size_t end) {
  (void)context;
  CHECK_COUNT(SIZE_MAX, begin + end);
  return TENON_STATUS_OK;
}

static tenon_status_t call_executor_for(arguments_t *arguments) {
  return tenon_executor_for(HANDLE(executor, 0), 1, 1, REQUIRED(0, never_range), NULL);
}

static tenon_status_t call_scope_for(arguments_t *arguments) {
  return tenon_scope_for(HANDLE(scope, 0), HANDLE(executor, 1), 1, 1, REQUIRED(0, never_range),
                         NULL);
}

static tenon_status_t call_executor_get_now_ns(arguments_t *arguments) {
  return tenon_executor_get_now_ns(HANDLE(executor, 0), REQUIRED(0, OUT(uint64_t, 0)));
}

static tenon_status_t call_executor_is_current(arguments_t *arguments) {
  return tenon_executor_is_current(HANDLE(executor, 0)) ? TENON_STATUS_OK : TENON_STATUS_INVALID;
}

static tenon_status_t call_executor_close(arguments_t *arguments) {
  return tenon_executor_close(HANDLE(executor, 0), 0);
}

static tenon_status_t call_executor_begin_close(arguments_t *arguments) {
  return tenon_executor_begin_close(HANDLE(executor, 0), 0);
}

static tenon_status_t call_executor_get_host_context(arguments_t *arguments) {
  return tenon_executor_get_host_context(HANDLE(executor, 0), REQUIRED(0, wake),
                                         REQUIRED(1, OUT(void *, 0)));
}

static tenon_status_t call_executor_copy_unfinished(arguments_t *arguments) {
  return tenon_executor_copy_unfinished(HANDLE(executor, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_executor_get_statistics(arguments_t *arguments) {
  tenon_executor_statistics_t statistics;
  pattern_fill(&statistics, sizeof statistics);
  size_t size = statistics.struct_size = struct_size(arguments, 0, sizeof statistics);
  tenon_status_t status =
      tenon_executor_get_statistics(HANDLE(executor, 0), REQUIRED(0, &statistics));
  arguments->took = is_written(&statistics, sizeof statistics, size);
  return status;
}

static tenon_status_t call_timer_start(arguments_t *arguments) {
  return tenon_timer_start(HANDLE(executor, 0), TENON_FOREVER, REQUIRED(0, tell), arguments->told,
                           OUT(tenon_timer_t *, 0));
}

static tenon_status_t call_timer_cancel(arguments_t *arguments) {
  return tenon_timer_cancel(HANDLE(timer, 0));
}

static tenon_status_t call_process_own(arguments_t *arguments) {
  return tenon_process_own(HANDLE(executor, 0));
}

static tenon_status_t call_process_own_solely(arguments_t *arguments) {
  return tenon_process_own_solely(HANDLE(executor, 0));
}

static tenon_status_t call_executor_interrupt(arguments_t *arguments) {
  return tenon_executor_interrupt(HANDLE(executor, 0));
}

static tenon_status_t call_executor_set_pool(arguments_t *arguments) {
  return tenon_executor_set_pool(HANDLE(executor, 0), HANDLE(executor, 1));
}

static tenon_status_t call_process_main_queue_fd(arguments_t *arguments) {
  return tenon_process_main_queue_fd(REQUIRED(0, OUT(int, 0)));
}

static tenon_status_t call_process_share(arguments_t *arguments) {
  return tenon_process_share(REQUIRED(0, TEXT(0, "bad_input_test")), NULL, NULL,
                             REQUIRED(1, OUT(void *, 0)));
}

static tenon_status_t call_process_get_statistics(arguments_t *arguments) {
  tenon_process_statistics_t statistics;
  pattern_fill(&statistics, sizeof statistics);
  size_t size = statistics.struct_size = struct_size(arguments, 0, sizeof statistics);
  tenon_status_t status = tenon_process_get_statistics(REQUIRED(0, &statistics));
  arguments->took = is_written(&statistics, sizeof statistics, size);
  return status;
}

static tenon_status_t call_stream_create(arguments_t *arguments) {
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.struct_size = struct_size(arguments, 0, sizeof config);
  config.flags = FLAGS(0);
  config.reserved = FLAGS(1);
  config.executor = HANDLE(executor, 0);
  return tenon_stream_create(&config, REQUIRED(0, OUT(tenon_sink_t *, 0)),
                             REQUIRED(1, OUT(tenon_stream_t *, 1)));
}

static tenon_status_t call_sink_send(arguments_t *arguments) {
  tenon_value_t value = VALUE(counted_value(arguments->drops));
  tenon_value_t before = value;
  tenon_status_t status =
      tenon_sink_send(HANDLE(sink, 0), REQUIRED(0, &value), OUT(tenon_future_t *, 0));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_sink_send_batch(arguments_t *arguments) {
  tenon_value_t value = VALUE(counted_value(arguments->drops));
  tenon_value_t before = value;
  tenon_status_t status =
      tenon_sink_send_batch(HANDLE(sink, 0), REQUIRED(0, &value), 1, REQUIRED(1, OUT(size_t, 0)),
                            OUT(tenon_future_t *, 1));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_sink_close(arguments_t *arguments) {
  return tenon_sink_close(HANDLE(sink, 0));
}

static tenon_status_t call_sink_fail(arguments_t *arguments) {
  return tenon_sink_fail(HANDLE(sink, 0), HANDLE(error, 1));
}

static tenon_status_t call_sink_cancel(arguments_t *arguments) {
  return tenon_sink_cancel(HANDLE(sink, 0));
}

static tenon_status_t call_sink_retain(arguments_t *arguments) {
  return tenon_sink_retain(HANDLE(sink, 0));
}

static tenon_status_t call_sink_release(arguments_t *arguments) {
  return tenon_sink_release(HANDLE(sink, 0));
}

static tenon_status_t call_sink_is_cancelled(arguments_t *arguments) {
  return tenon_sink_is_cancelled(HANDLE(sink, 0)) ? TENON_STATUS_OK : TENON_STATUS_INVALID;
}

static tenon_status_t call_sink_copy_reason(arguments_t *arguments) {
  return tenon_sink_copy_reason(HANDLE(sink, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_sink_on_cancel(arguments_t *arguments) {
  return tenon_sink_on_cancel(HANDLE(sink, 0), HANDLE(executor, 1), REQUIRED(0, tell),
                              arguments->told, OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_stream_next(arguments_t *arguments) {
  return tenon_stream_next(HANDLE(stream, 0), REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_sink_ready(arguments_t *arguments) {
  return tenon_sink_ready(HANDLE(sink, 0), NULL);
}

static tenon_status_t call_stream_next_at_least(arguments_t *arguments) {
  tenon_value_t values[1];
  return tenon_stream_next_at_least(HANDLE(stream, 0), REQUIRED(0, values), 1, 1,
                                    REQUIRED(1, OUT(size_t, 0)), NULL);
}

static tenon_status_t call_stream_ready(arguments_t *arguments) {
  return tenon_stream_ready(HANDLE(stream, 0), NULL);
}

static tenon_status_t call_stream_peek(arguments_t *arguments) {
  return tenon_stream_peek(HANDLE(stream, 0), REQUIRED(0, OUT(tenon_value_t, 0)));
}

static tenon_status_t call_stream_pipe(arguments_t *arguments) {
  return tenon_stream_pipe(HANDLE(stream, 0), HANDLE(sink, 1), FLAGS(0), OUT(tenon_future_t *, 0));
}

static tenon_status_t call_stream_cancel_with(arguments_t *arguments) {
  return tenon_stream_cancel_with(HANDLE(stream, 0), HANDLE(error, 1));
}

static tenon_status_t call_stream_next_batch(arguments_t *arguments) {
  static tenon_value_t values[1];
  return tenon_stream_next_batch(HANDLE(stream, 0), REQUIRED(0, values), 1,
                                 REQUIRED(1, OUT(size_t, 0)), OUT(tenon_future_t *, 1));
}

static tenon_status_t call_stream_copy_error(arguments_t *arguments) {
  return tenon_stream_copy_error(HANDLE(stream, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_stream_copy_end(arguments_t *arguments) {
  return tenon_stream_copy_end(HANDLE(stream, 0), REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_stream_cancel(arguments_t *arguments) {
  return tenon_stream_cancel(HANDLE(stream, 0));
}

static tenon_status_t call_stream_retain(arguments_t *arguments) {
  return tenon_stream_retain(HANDLE(stream, 0));
}

static tenon_status_t call_stream_release(arguments_t *arguments) {
  return tenon_stream_release(HANDLE(stream, 0));
}

static tenon_status_t call_latest_create(arguments_t *arguments) {
  tenon_latest_config_t config = TENON_LATEST_CONFIG_INIT;
  config.struct_size = struct_size(arguments, 0, sizeof config);
  config.flags = FLAGS(0);
  config.reserved = FLAGS(1);
  config.executor = HANDLE(executor, 0);
  return tenon_latest_create(&config, REQUIRED(0, OUT(tenon_publisher_t *, 0)),
                             REQUIRED(1, OUT(tenon_latest_t *, 1)));
}

static tenon_status_t call_publisher_set(arguments_t *arguments) {
  tenon_value_t value = VALUE(counted_value(arguments->drops));
  tenon_value_t before = value;
  tenon_status_t status = tenon_publisher_set(HANDLE(publisher, 0), REQUIRED(0, &value));
  arguments->took = memcmp(&before, &value, sizeof value) != 0;
  return status;
}

static tenon_status_t call_publisher_close(arguments_t *arguments) {
  return tenon_publisher_close(HANDLE(publisher, 0));
}

static tenon_status_t call_publisher_fail(arguments_t *arguments) {
  return tenon_publisher_fail(HANDLE(publisher, 0), HANDLE(error, 1));
}

static tenon_status_t call_publisher_cancel(arguments_t *arguments) {
  return tenon_publisher_cancel(HANDLE(publisher, 0));
}

static tenon_status_t call_publisher_retain(arguments_t *arguments) {
  return tenon_publisher_retain(HANDLE(publisher, 0));
}

static tenon_status_t call_publisher_release(arguments_t *arguments) {
  return tenon_publisher_release(HANDLE(publisher, 0));
}

static tenon_status_t call_publisher_is_cancelled(arguments_t *arguments) {
  return tenon_publisher_is_cancelled(HANDLE(publisher, 0)) ? TENON_STATUS_OK
                                                            : TENON_STATUS_INVALID;
}

static tenon_status_t call_publisher_copy_reason(arguments_t *arguments) {
  return tenon_publisher_copy_reason(HANDLE(publisher, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_publisher_on_cancel(arguments_t *arguments) {
  return tenon_publisher_on_cancel(HANDLE(publisher, 0), HANDLE(executor, 1), REQUIRED(0, tell),
                                   arguments->told, OUT(tenon_registration_t *, 0));
}

static tenon_status_t call_latest_next(arguments_t *arguments) {
  return tenon_latest_next(HANDLE(latest, 0), REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_latest_take(arguments_t *arguments) {
  return tenon_latest_take(HANDLE(latest, 0), REQUIRED(0, OUT(tenon_value_t, 0)),
                           OUT(tenon_future_t *, 1));
}

static tenon_status_t call_latest_get_missed(arguments_t *arguments) {
  return tenon_latest_get_missed(HANDLE(latest, 0), REQUIRED(0, OUT(uint64_t, 0)));
}

static tenon_status_t call_latest_copy_error(arguments_t *arguments) {
  return tenon_latest_copy_error(HANDLE(latest, 0), REQUIRED(0, OUT(tenon_error_t *, 0)));
}

static tenon_status_t call_latest_copy_end(arguments_t *arguments) {
  return tenon_latest_copy_end(HANDLE(latest, 0), REQUIRED(0, OUT(tenon_future_t *, 0)));
}

static tenon_status_t call_latest_cancel(arguments_t *arguments) {
  return tenon_latest_cancel(HANDLE(latest, 0));
}

static tenon_status_t call_latest_cancel_with(arguments_t *arguments) {
  return tenon_latest_cancel_with(HANDLE(latest, 0), HANDLE(error, 1));
}

static tenon_status_t call_latest_retain(arguments_t *arguments) {
  return tenon_latest_retain(HANDLE(latest, 0));
}

static tenon_status_t call_latest_release(arguments_t *arguments) {
  return tenon_latest_release(HANDLE(latest, 0));
}

/* MARK: The table */

#define E HANDLE_ERROR
#define F HANDLE_FUTURE
#define P HANDLE_PROMISE
#define R HANDLE_REGISTRATION
#define X HANDLE_EXECUTOR
#define T HANDLE_TIMER
#define S HANDLE_SINK
#define M HANDLE_STREAM
#define W HANDLE_PUBLISHER
#define L HANDLE_LATEST
#define C HANDLE_SCOPE
#define O HANDLE_OBJECT
#define NOTHING(function)                                                                          \
  { .name = "tenon_" #function }
#define FUNCTION(function, ...)                                                                    \
  { .name = "tenon_" #function, .call = call_##function, __VA_ARGS__ }

// clang-format off
const function_t conformance_functions[] = {
    NOTHING(abi_version),
    NOTHING(version_string),
    FUNCTION(status_name, .status = true),
    FUNCTION(status_string, .status = true),

    FUNCTION(value_copy_string, .pointers = 2, .texts = 1, .sizes = 1),
    FUNCTION(value_copy_bytes, .pointers = 2, .sizes = 1),
    FUNCTION(value_adopt_string, .pointers = 2, .texts = 1, .sizes = 1),
    FUNCTION(value_adopt_bytes, .pointers = 2, .sizes = 1),
    FUNCTION(value_get_data, .pointers = 3, .value = true),
    FUNCTION(value_is_shared, .pointers = 1, .value = true, .inexact = true),
    FUNCTION(value_set_drop_executor, .handles = {X}, .pointers = 1, .value = true),
    FUNCTION(value_drop, .pointers = 1, .value = true),
    FUNCTION(value_adopt_object, .handles = {O}, .pointers = 1),
    FUNCTION(value_get_object, .pointers = 2, .value = true),

    FUNCTION(context_run, .pointers = 2, .texts = 2, .structs = 1, .flags = 1,
             .flags_known = TENON_CONTEXT_FLAG_ALONE),
    FUNCTION(context_get_value, .pointers = 2, .texts = 1),
    FUNCTION(context_read, .pointers = 1),
    FUNCTION(trace_context_parse, .pointers = 2, .texts = 1),
    FUNCTION(trace_context_format, .pointers = 2, .texts = 1),
    FUNCTION(trace_context_start, .pointers = 1, .texts = 1),
    FUNCTION(trace_context_get_current, .pointers = 1),
    FUNCTION(object_create, .pointers = 2),
    FUNCTION(object_retain, .handles = {O}),
    FUNCTION(object_release, .handles = {O}),
    FUNCTION(object_get, .handles = {O}, .pointers = 2),

    FUNCTION(error_create, .handles = {E}, .optional = {true}, .pointers = 2, .texts = 2),
    FUNCTION(error_create_with_payload, .handles = {E}, .optional = {true}, .pointers = 3,
             .structs = 1, .texts = 2),
    FUNCTION(error_retain, .handles = {E}),
    FUNCTION(error_release, .handles = {E}),
    FUNCTION(error_get_domain, .handles = {E}, .pointers = 1),
    FUNCTION(error_get_code, .handles = {E}, .pointers = 1),
    FUNCTION(error_get_message, .handles = {E}, .pointers = 1),
    FUNCTION(error_copy_cause, .handles = {E}, .pointers = 1),
    FUNCTION(error_get_payload, .handles = {E}, .pointers = 2),

    FUNCTION(future_cancel_with, .handles = {F, E}, .optional = {false, true}),
    FUNCTION(future_all, .handles = {F}, .pointers = 2, .flags = 1,
             .flags_known = TENON_COMBINE_FLAG_KEEP),
    FUNCTION(future_all_settled, .handles = {F}, .pointers = 2, .flags = 1,
             .flags_known = TENON_COMBINE_FLAG_KEEP),
    FUNCTION(future_any, .handles = {F}, .pointers = 2, .flags = 1,
             .flags_known = TENON_COMBINE_FLAG_KEEP),
    FUNCTION(future_race, .handles = {F}, .pointers = 2, .flags = 1,
             .flags_known = TENON_COMBINE_FLAG_KEEP),
    FUNCTION(future_timeout, .handles = {F, X}, .pointers = 1),
    FUNCTION(future_sleep, .handles = {X}, .pointers = 1),
    FUNCTION(future_readable, .handles = {X}, .pointers = 1),
    FUNCTION(future_writable, .handles = {X}, .pointers = 1),
    FUNCTION(future_map, .handles = {F, X}, .optional = {false, true}, .pointers = 2),

    FUNCTION(future_retain, .handles = {F}),
    FUNCTION(future_release, .handles = {F}),
    FUNCTION(future_poll, .handles = {F}),
    FUNCTION(future_peek, .handles = {F}, .pointers = 1),
    FUNCTION(future_take, .handles = {F}, .pointers = 1),
    FUNCTION(future_consume, .handles = {F}, .pointers = 1),
    FUNCTION(future_copy_error, .handles = {F}, .pointers = 1),
    FUNCTION(future_cancel, .handles = {F}),
    FUNCTION(future_detach, .handles = {F}),
    FUNCTION(future_on_complete, .handles = {F, X}, .optional = {false, true}, .pointers = 1),
    FUNCTION(future_on_complete_if_pending, .handles = {F, X}, .optional = {false, true},
             .pointers = 1),
    FUNCTION(future_wait, .handles = {F}),

    FUNCTION(promise_create, .handles = {X}, .optional = {true}, .pointers = 2, .structs = 1,
             .flags = 2, .flags_known = TENON_PROMISE_FLAG_DETACHED),
    FUNCTION(promise_resolve, .handles = {P}, .value = true),
    FUNCTION(promise_reject, .handles = {P, E}),
    FUNCTION(promise_cancel, .handles = {P}),
    FUNCTION(promise_release, .handles = {P}),
    FUNCTION(promise_is_cancelled, .handles = {P}, .inexact = true),
    FUNCTION(promise_on_cancel, .handles = {P, X}, .optional = {false, true}, .pointers = 1),

    FUNCTION(future_set_name, .handles = {F}, .pointers = 1, .flags = 1, .texts = 1),
    FUNCTION(promise_set_wait, .handles = {P, F}, .optional = {false, true}, .flags = 1, .texts = 1),
    FUNCTION(stream_set_name, .handles = {M}, .pointers = 1, .flags = 1, .texts = 1),
    FUNCTION(latest_set_name, .handles = {L}, .pointers = 1, .flags = 1, .texts = 1),
    FUNCTION(promise_copy_reason, .handles = {P}, .pointers = 1),
    FUNCTION(scope_open, .handles = {C, X}, .optional = {true, true}, .pointers = 1, .structs = 1,
             .flags = 2, .flags_known = TENON_SCOPE_FLAG_COLLECT, .texts = 1),
    FUNCTION(scope_retain, .handles = {C}),
    FUNCTION(scope_release, .handles = {C}),
    FUNCTION(scope_add, .handles = {C, F}),
    FUNCTION(scope_for, .handles = {C, X}, .pointers = 1),
    FUNCTION(scope_cancel, .handles = {C, E}, .optional = {false, true}),
    FUNCTION(scope_close, .handles = {C}, .pointers = 1),
    FUNCTION(scope_get_deadline_ns, .handles = {C}, .pointers = 1),
    FUNCTION(scope_copy_reason, .handles = {C}, .pointers = 1),

    FUNCTION(registration_forget, .handles = {R}),

    FUNCTION(stream_create, .handles = {X}, .optional = {true}, .pointers = 2, .structs = 1,
             .flags = 2),
    FUNCTION(sink_send, .handles = {S}, .pointers = 1, .value = true),
    FUNCTION(sink_send_batch, .handles = {S}, .pointers = 2, .value = true),
    FUNCTION(sink_ready, .handles = {S}),
    FUNCTION(sink_close, .handles = {S}),
    FUNCTION(sink_fail, .handles = {S, E}),
    FUNCTION(sink_cancel, .handles = {S}),
    FUNCTION(sink_retain, .handles = {S}),
    FUNCTION(sink_release, .handles = {S}),
    FUNCTION(sink_is_cancelled, .handles = {S}, .inexact = true),
    FUNCTION(sink_copy_reason, .handles = {S}, .pointers = 1),
    FUNCTION(sink_on_cancel, .handles = {S, X}, .optional = {false, true}, .pointers = 1),
    FUNCTION(stream_next, .handles = {M}, .pointers = 1),
    FUNCTION(stream_next_batch, .handles = {M}, .pointers = 2),
    FUNCTION(stream_next_at_least, .handles = {M}, .pointers = 2),
    FUNCTION(stream_ready, .handles = {M}),
    FUNCTION(stream_peek, .handles = {M}, .pointers = 1),
    FUNCTION(stream_pipe, .handles = {M, S}, .flags = 1, .flags_known = TENON_PIPE_FLAG_KEEP),
    FUNCTION(stream_copy_error, .handles = {M}, .pointers = 1),
    FUNCTION(stream_copy_end, .handles = {M}, .pointers = 1),
    FUNCTION(stream_cancel, .handles = {M}),
    FUNCTION(stream_cancel_with, .handles = {M, E}, .optional = {false, true}),
    FUNCTION(stream_retain, .handles = {M}),
    FUNCTION(stream_release, .handles = {M}),
    FUNCTION(latest_create, .handles = {X}, .optional = {true}, .pointers = 2, .structs = 1,
             .flags = 2),
    FUNCTION(publisher_set, .handles = {W}, .pointers = 1, .value = true),
    FUNCTION(publisher_close, .handles = {W}),
    FUNCTION(publisher_fail, .handles = {W, E}),
    FUNCTION(publisher_cancel, .handles = {W}),
    FUNCTION(publisher_retain, .handles = {W}),
    FUNCTION(publisher_release, .handles = {W}),
    FUNCTION(publisher_is_cancelled, .handles = {W}, .inexact = true),
    FUNCTION(publisher_copy_reason, .handles = {W}, .pointers = 1),
    FUNCTION(publisher_on_cancel, .handles = {W, X}, .optional = {false, true}, .pointers = 1),
    FUNCTION(latest_next, .handles = {L}, .pointers = 1),
    FUNCTION(latest_take, .handles = {L}, .pointers = 1),
    FUNCTION(latest_get_missed, .handles = {L}, .pointers = 1),
    FUNCTION(latest_copy_error, .handles = {L}, .pointers = 1),
    FUNCTION(latest_copy_end, .handles = {L}, .pointers = 1),
    FUNCTION(latest_cancel, .handles = {L}),
    FUNCTION(latest_cancel_with, .handles = {L, E}, .optional = {false, true}),
    FUNCTION(latest_retain, .handles = {L}),
    FUNCTION(latest_release, .handles = {L}),

    FUNCTION(executor_create, .pointers = 2, .structs = 2, .flags = 2,
             .flags_known = TENON_EXECUTOR_FLAG_ELSEWHERE, .texts = 1),
    FUNCTION(executor_retain, .handles = {X}),
    FUNCTION(executor_release, .handles = {X}),
    FUNCTION(executor_fd, .handles = {X}, .pointers = 1),
    FUNCTION(executor_poll, .handles = {X}, .structs = 1, .structs_out = 1),
    FUNCTION(executor_run_until, .handles = {X, F}, .optional = {false, true}),
    FUNCTION(executor_interrupt, .handles = {X}),
    FUNCTION(executor_post, .handles = {X}, .pointers = 1),
    FUNCTION(executor_for, .handles = {X}, .pointers = 1),
    FUNCTION(executor_set_pool, .handles = {X, X}, .optional = {false, true}, .inexact = true),
    FUNCTION(executor_get_now_ns, .handles = {X}, .pointers = 1),
    FUNCTION(executor_is_current, .handles = {X}, .inexact = true),
    FUNCTION(executor_close, .handles = {X}),
    FUNCTION(executor_begin_close, .handles = {X}),
    FUNCTION(executor_get_host_context, .handles = {X}, .pointers = 2),
    FUNCTION(executor_copy_unfinished, .handles = {X}, .pointers = 1),
    FUNCTION(executor_get_statistics, .handles = {X}, .pointers = 1, .structs_out = 1),

    NOTHING(timer_now_ns),
    FUNCTION(timer_start, .handles = {X}, .pointers = 1),
    FUNCTION(timer_cancel, .handles = {T}),

    FUNCTION(process_own, .handles = {X}, .inexact = true),
    FUNCTION(process_own_solely, .handles = {X}, .inexact = true),
    NOTHING(process_get_mode),
    FUNCTION(process_main_queue_fd, .pointers = 1, .inexact = true),
    NOTHING(process_drain_main_queue),
    NOTHING(process_count_escapes),
    FUNCTION(process_share, .pointers = 2, .texts = 1),
    FUNCTION(process_get_statistics, .pointers = 1, .structs_out = 1),

    {.name = NULL},
};
// clang-format on

#undef E
#undef O
#undef F
#undef P
#undef R
#undef X
#undef T
#undef S
#undef M
#undef W
#undef L

tenon_status_t function_call(const function_t *function, arguments_t *arguments) {
  pattern_fill(arguments->out, sizeof arguments->out);
  arguments->took = false;
  return function->call(arguments);
}

bool function_left_all(const arguments_t *arguments) {
  return pattern_holds(arguments->out, sizeof arguments->out) && !arguments->took &&
         (!arguments->told || atomic_load(&arguments->told->count) == 0) &&
         (!arguments->drops || atomic_load(arguments->drops) == 0);
}
