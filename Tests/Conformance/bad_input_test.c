/*
 * What the headers promise of calls that are wrong: they fail, write nothing and take nothing.
 *
 * The table lists every exported function, and says what each can be given that is wrong; each case
 * walks all of it. scripts/test-c.sh compares its names with the headers and with what releases
 * promise: a function that the table does not know is one that nobody misused yet.
 */
#include "check.h"

#include <unistd.h>

#include <stdio.h>

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

static const int payload_type;

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

/* MARK: Handles to be wrong with */

static void fixture_create_streams(void **handles) {
  tenon_sink_t *sink = NULL;
  tenon_stream_t *stream = NULL;
  tenon_publisher_t *publisher = NULL;
  tenon_latest_t *latest = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(NULL, &sink, &stream));
  CHECK_STATUS(TENON_STATUS_OK, tenon_latest_create(NULL, &publisher, &latest));
  handles[HANDLE_SINK] = sink;
  handles[HANDLE_STREAM] = stream;
  handles[HANDLE_PUBLISHER] = publisher;
  handles[HANDLE_LATEST] = latest;
}

static void fixture_release_streams(void **handles, tenon_status_t expected) {
  CHECK_STATUS(expected, tenon_sink_release(handles[HANDLE_SINK]));
  CHECK_STATUS(expected, tenon_stream_release(handles[HANDLE_STREAM]));
  CHECK_STATUS(expected, tenon_publisher_release(handles[HANDLE_PUBLISHER]));
  CHECK_STATUS(expected, tenon_latest_release(handles[HANDLE_LATEST]));
}

void fixture_begin(fixture_t *fixture) {
  tenon_registration_t *registration = NULL;
  tenon_timer_t *timer = NULL;
  memset(fixture, 0, sizeof *fixture);
  tenon_executor_t *executor = executor_create();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_future_on_complete(pair.future, executor, tell_completion,
                                        &fixture->registration_told, &registration));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &fixture->timer_told, &timer));
  fixture->live[HANDLE_ERROR] = error_create(1);
  fixture->live[HANDLE_FUTURE] = pair.future;
  fixture->live[HANDLE_PROMISE] = pair.promise;
  fixture->live[HANDLE_REGISTRATION] = registration;
  fixture->live[HANDLE_EXECUTOR] = executor;
  fixture->live[HANDLE_TIMER] = timer;
  tenon_scope_t *scope = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  fixture->live[HANDLE_SCOPE] = scope;
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_open(NULL, &scope));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(scope));
  fixture->stale[HANDLE_SCOPE] = scope;
  fixture_create_streams(fixture->live);
  tenon_object_t *object = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(NULL, &payload_type, NULL, &object));
  fixture->live[HANDLE_OBJECT] = object;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(NULL, &payload_type, NULL, &object));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
  fixture->stale[HANDLE_OBJECT] = object;

  executor = executor_create();
  pair = pair_create();
  fixture->stale[HANDLE_ERROR] = error_create(2);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(fixture->stale[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_on_complete(pair.future, NULL, tell_completion,
                                                         &fixture->stale_told, &registration));
  CHECK_STATUS(TENON_STATUS_OK, settle(pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_timer_start(executor, TENON_FOREVER, tell, &fixture->stale_told, &timer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
  executor_poll(executor);
  CHECK_COUNT(2, atomic_load(&fixture->stale_told.count));
  executor_end(executor);
  fixture->stale[HANDLE_FUTURE] = pair.future;
  fixture->stale[HANDLE_PROMISE] = pair.promise;
  fixture->stale[HANDLE_REGISTRATION] = registration;
  fixture->stale[HANDLE_EXECUTOR] = executor;
  fixture->stale[HANDLE_TIMER] = timer;
  fixture_create_streams(fixture->stale);
  fixture_release_streams(fixture->stale, TENON_STATUS_OK);
}

void fixture_end(fixture_t *fixture) {
  int64_t code = 0;
  CHECK_NOT_TOLD(&fixture->registration_told);
  CHECK_NOT_TOLD(&fixture->timer_told);
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_future_poll(fixture->live[HANDLE_FUTURE]));
  CHECK(!tenon_promise_is_cancelled(fixture->live[HANDLE_PROMISE]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(fixture->live[HANDLE_ERROR], &code));
  CHECK_STATUS(TENON_STATUS_OK, tenon_registration_forget(fixture->live[HANDLE_REGISTRATION]));
  CHECK_TOLD(TENON_STATUS_FORGOTTEN, &fixture->registration_told);
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(fixture->live[HANDLE_TIMER]));
  executor_poll(fixture->live[HANDLE_EXECUTOR]);
  CHECK_TOLD(TENON_STATUS_CANCELLED, &fixture->timer_told);
  CHECK_STATUS(TENON_STATUS_OK, settle(fixture->live[HANDLE_PROMISE], TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(fixture->live[HANDLE_FUTURE]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(fixture->live[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(fixture->live[HANDLE_OBJECT]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_object_release(fixture->live[HANDLE_OBJECT]));
  CHECK_STATUS(TENON_STATUS_OK, tenon_scope_release(fixture->live[HANDLE_SCOPE]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_scope_release(fixture->live[HANDLE_SCOPE]));
  executor_end(fixture->live[HANDLE_EXECUTOR]);
  fixture_release_streams(fixture->live, TENON_STATUS_OK);
  fixture_release_streams(fixture->live, TENON_STATUS_STALE);
  /* Each had just the one reference that it was created with. */
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_release(fixture->live[HANDLE_FUTURE]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(fixture->live[HANDLE_ERROR]));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_release(fixture->live[HANDLE_EXECUTOR]));
}

typedef struct misuse {
  fixture_t fixture;
  told_t told;
  atomic_int drops;
  arguments_t arguments;
} misuse_t;

static void misuse_begin(misuse_t *misuse) {
  memset(misuse, 0, sizeof *misuse);
  fixture_begin(&misuse->fixture);
}

/** Arguments that would be right. */
static arguments_t *misuse_right(misuse_t *misuse, const function_t *function) {
  arguments_t *arguments = &misuse->arguments;
  memset(arguments, 0, sizeof *arguments);
  for (int index = 0; index < FUNCTION_HANDLES_MAX; index++)
    arguments->handles[index] = misuse->fixture.live[function->handles[index]];
  arguments->told = &misuse->told;
  arguments->drops = &misuse->drops;
  return arguments;
}

/** Calls with one wrong handle; `expected` is one status, or OK for any failure. */
static void misuse_handle(misuse_t *misuse, const function_t *function, int index, void *handle,
                          tenon_status_t expected, const char *what) {
  char text[160];
  arguments_t *arguments = misuse_right(misuse, function);
  arguments->handles[index] = handle;
  tenon_status_t status = function_call(function, arguments);
  bool held = expected == TENON_STATUS_OK || function->inexact
                  ? status == TENON_STATUS_INVALID || status == TENON_STATUS_STALE ||
                        (function->inexact && status < 0)
                  : status == expected;
  snprintf(text, sizeof text, "%s with %s as handle %d: answers %s, %s", function->name, what,
           index, tenon_status_name(status),
           function_left_all(arguments) ? "writes nothing" : "writes or takes something");
  conformance_check(held && function_left_all(arguments), __FILE__, __LINE__, text);
}

static const char *const HANDLE_NAMES[HANDLE_TYPE_COUNT] = {
    "nothing", "an error", "a future", "a promise",   "a registration", "an executor",
    "a timer", "a sink",   "a stream", "a publisher", "a latest value"};

CASE(every_function_refuses_null_and_stale_handles) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      handle_type_t type = function->handles[index];
      if (type == HANDLE_NONE)
        continue;
      if (!function->optional[index])
        misuse_handle(&misuse, function, index, NULL, TENON_STATUS_INVALID, "NULL");
      misuse_handle(&misuse, function, index, misuse.fixture.stale[type], TENON_STATUS_STALE,
                    "a stale handle");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_handles_of_another_type) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      for (int type = HANDLE_ERROR; type < HANDLE_TYPE_COUNT; type++) {
        if (function->handles[index] == HANDLE_NONE || function->handles[index] == (unsigned)type)
          continue;
        misuse_handle(&misuse, function, index, misuse.fixture.live[type], TENON_STATUS_INVALID,
                      HANDLE_NAMES[type]);
        misuse_handle(&misuse, function, index, misuse.fixture.stale[type], TENON_STATUS_OK,
                      "a stale handle of another type");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_numbers_that_are_no_handles) {
  enum { NUMBERS = 1000 };
  misuse_t misuse;
  random_t random = {7};
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++) {
      if (function->handles[index] == HANDLE_NONE)
        continue;
      for (int count = 0; count < NUMBERS; count++)
        misuse_handle(&misuse, function, index, (void *)(uintptr_t)random_next(&random),
                      TENON_STATUS_OK, "a random number");
      for (uintptr_t number = 1; number < 64; number++)
        misuse_handle(&misuse, function, index, (void *)number, TENON_STATUS_OK, "a small number");
      for (int shift = 1; shift < (int)sizeof(uintptr_t) * 8; shift++) {
        uintptr_t power = (uintptr_t)1 << shift;
        misuse_handle(&misuse, function, index, (void *)power, TENON_STATUS_OK, "a power of two");
        misuse_handle(&misuse, function, index, (void *)(power - 1), TENON_STATUS_OK,
                      "a power of two less one");
        misuse_handle(&misuse, function, index, (void *)~power, TENON_STATUS_OK,
                      "the complement of a power of two");
      }
      misuse_handle(&misuse, function, index, (void *)UINTPTR_MAX, TENON_STATUS_OK, "all ones");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_real_addresses) {
  static int in_data = 1;
  static const int in_constants = 2;
  int on_stack = 3;
  misuse_t misuse;
  void *on_heap[] = {malloc(1), malloc(64), malloc(4096), malloc(1 << 20)};
  tenon_status_t (*code)(tenon_future_t *) = tenon_future_poll;
  void *in_code = NULL;
  memcpy(&in_code, &code, sizeof in_code);
  misuse_begin(&misuse);
  void *const addresses[] = {on_heap[0],
                             on_heap[1],
                             (char *)on_heap[2] + 2048,
                             on_heap[3],
                             &in_data,
                             (void *)(uintptr_t)&in_constants,
                             &on_stack,
                             &misuse,
                             (char *)&misuse + 1,
                             in_code,
                             (void *)(uintptr_t)tenon_version_string()};
  for (const function_t *function = conformance_functions; function->name; function++)
    for (int index = 0; index < FUNCTION_HANDLES_MAX; index++)
      for (size_t which = 0; which < sizeof addresses / sizeof *addresses; which++)
        if (function->handles[index] != HANDLE_NONE)
          misuse_handle(&misuse, function, index, addresses[which], TENON_STATUS_OK,
                        "a real address");
  fixture_end(&misuse.fixture);
  for (size_t index = 0; index < sizeof on_heap / sizeof *on_heap; index++)
    free(on_heap[index]);
}

CASE(a_handle_with_a_bit_flipped_is_never_followed) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (int type = HANDLE_ERROR; type < HANDLE_TYPE_COUNT; type++) {
    for (int bit = 0; bit < (int)sizeof(uintptr_t) * 8; bit++) {
      void *handle = (void *)((uintptr_t)misuse.fixture.live[type] ^ (uintptr_t)1 << bit);
      tenon_value_t value;
      int64_t code;
      /* It may be the handle of something else that lives. So only look. */
      tenon_future_poll(handle);
      tenon_future_peek(handle, &value);
      tenon_error_get_code(handle, &code);
      tenon_promise_is_cancelled(handle);
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_null_for_what_it_needs) {
  misuse_t misuse;
  char text[160];
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t index = 0; index < function->pointers; index++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->null[index] = true;
      tenon_status_t status = function_call(function, arguments);
      snprintf(text, sizeof text, "%s with NULL as required pointer %zu: answers %s, %s",
               function->name, index, tenon_status_name(status),
               function_left_all(arguments) ? "writes nothing" : "writes or takes something");
      conformance_check((function->inexact ? status < 0 : status == TENON_STATUS_INVALID) &&
                            function_left_all(arguments),
                        __FILE__, __LINE__, text);
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(the_table_of_functions_names_each_once) {
  /* Whether it names all of them is for a script to say, which knows the headers. */
  for (const function_t *function = conformance_functions; function->name; function++) {
    CHECK(strncmp(function->name, "tenon_", 6) == 0);
    for (const function_t *other = conformance_functions; other != function; other++)
      CHECK(strcmp(function->name, other->name) != 0);
  }
}

/* MARK: Everything else to be wrong with */

/** Calls with the wrong argument that `arguments` has; the answer is TENON_STATUS_INVALID. */
static void misuse_argument(const function_t *function, arguments_t *arguments, const char *what) {
  char text[200];
  tenon_status_t status = function_call(function, arguments);
  snprintf(text, sizeof text,
           "%s with a wrong %s, number %zu (size %zu, flags %#x): answers %s, %s", function->name,
           what, arguments->at, arguments->size, arguments->flags, tenon_status_name(status),
           function_left_all(arguments) ? "writes nothing" : "writes or takes something");
  conformance_check(status == TENON_STATUS_INVALID && function_left_all(arguments), __FILE__,
                    __LINE__, text);
}

/** Whether a struct of an older release was smaller, and is still taken. */
static bool is_older(const function_t *function, const arguments_t *arguments) {
  const size_t older = arguments->at == 0 ? offsetof(tenon_executor_config_t, threads_max)
                                          : offsetof(tenon_executor_host_t, watch);
  return strcmp(function->name, "tenon_executor_create") == 0 && arguments->size == older;
}

CASE(every_function_refuses_a_wrong_struct_size) {
  /* Relative to the right one, by turns, and as they are. */
  static const ptrdiff_t near[] = {-8, -1, 1, 8, 64};
  static const size_t far[] = {
      0, 1, 7, 4097, 65536, (size_t)INT32_MAX, 1u << 31, SIZE_MAX / 2, SIZE_MAX - 1, SIZE_MAX};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->structs + function->structs_out; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_STRUCT_SIZE;
      arguments->at = at;
      for (size_t index = 0; index < sizeof far / sizeof *far; index++) {
        arguments->size = far[index];
        misuse_argument(function, arguments, "struct_size");
      }
      for (size_t index = 0; index < sizeof near / sizeof *near; index++) {
        /* A struct to fill may be a newer header's, which has more fields. */
        if (near[index] > 0 && at >= function->structs)
          continue;
        arguments->size = arguments->size_right + (size_t)near[index];
        if (is_older(function, arguments))
          continue;
        misuse_argument(function, arguments, "struct_size");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_unknown_flags_and_reserved_fields) {
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->flags; at++) {
      uint32_t known = at == 0 ? function->flags_known : 0;
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_FLAGS;
      arguments->at = at;
      for (uint32_t flag = 1; flag != 0; flag <<= 1) {
        if (flag & known)
          continue;
        arguments->flags = flag;
        misuse_argument(function, arguments, "flag");
        arguments->flags = flag | known;
        misuse_argument(function, arguments, "flag");
      }
      arguments->flags = UINT32_MAX;
      misuse_argument(function, arguments, "flag");
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_text_that_is_not_utf8) {
  static const char *const texts[] = {
      "\x80",             /* a byte that only goes on */
      "text\xff",         /* never a byte of UTF-8 */
      "\xc3",             /* cut short, of each length */
      "\xe2\x82",         /* */
      "\xf0\x9f\xaa",     /* */
      "\xc3(",            /* interrupted */
      "\xf0\x28\x8c\x28", /* */
      "\xc0\xaf",         /* longer than need be */
      "\xe0\x80\xaf",     /* */
      "\xf0\x80\x80\xaf", /* */
      "\xed\xa0\x80",     /* a surrogate */
      "\xf4\x90\x80\x80", /* beyond Unicode */
      "\xf8\x88\x80\x80\x80",
  };
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->texts; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_TEXT;
      arguments->at = at;
      for (size_t index = 0; index < sizeof texts / sizeof *texts; index++) {
        arguments->text = texts[index];
        misuse_argument(function, arguments, "text");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_sizes_beyond_any_object) {
  static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, (size_t)PTRDIFF_MAX + 2, SIZE_MAX - 4096,
                                 SIZE_MAX - 1, SIZE_MAX};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    for (size_t at = 0; at < function->sizes; at++) {
      arguments_t *arguments = misuse_right(&misuse, function);
      arguments->wrong = WRONG_SIZE;
      arguments->at = at;
      for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
        arguments->size = sizes[index];
        misuse_argument(function, arguments, "size");
      }
    }
  }
  fixture_end(&misuse.fixture);
}

CASE(every_function_refuses_numbers_that_are_no_status) {
  static const tenon_status_t numbers[] = {
      4, 5, 127, 255, 256, 65536, INT32_MAX, -17, -127, -128, -65536, INT32_MIN + 1, INT32_MIN};
  misuse_t misuse;
  misuse_begin(&misuse);
  for (const function_t *function = conformance_functions; function->name; function++) {
    if (!function->status)
      continue;
    arguments_t *arguments = misuse_right(&misuse, function);
    arguments->wrong = WRONG_STATUS;
    for (size_t index = 0; index < sizeof numbers / sizeof *numbers; index++) {
      arguments->status = numbers[index];
      misuse_argument(function, arguments, "status");
    }
  }
  fixture_end(&misuse.fixture);
}

enum { NO_VALUES_MAX = 2048 };

/** Fills in what is no value, each for one reason; returns how many. */
static size_t make_no_values(tenon_value_t *values, atomic_int *drops) {
  static const size_t sizes[] = {(size_t)PTRDIFF_MAX + 1, SIZE_MAX - 1, SIZE_MAX};
  const uint8_t known = TENON_VALUE_FLAG_INLINE | TENON_VALUE_FLAG_BORROWED;
  size_t count = 0;
  for (int number = 0; number < 256; number++) {
    tenon_value_t value = counted_value(drops);
    if (number > TENON_VALUE_END) { /* a kind that there is not */
      value.kind = (uint8_t)number;
      values[count++] = value;
      value.flags = TENON_VALUE_FLAG_INLINE;
      values[count++] = value;
    }
    if (number & ~known) { /* a flag that there is not */
      value = counted_value(drops);
      value.flags = (uint8_t)number;
      values[count++] = value;
    }
    if (number != 0) { /* what is reserved */
      value = counted_value(drops);
      value.reserved = (uint8_t)number;
      values[count++] = value;
      value = counted_value(drops); /* a size of nothing */
      value.inline_size = (uint8_t)number;
      values[count++] = value;
    }
    for (int kind = TENON_VALUE_STRING; kind <= TENON_VALUE_BYTES; kind++) {
      if (number <= TENON_VALUE_INLINE_SIZE_MAX) /* more than fits */
        continue;
      value = counted_value(drops);
      value.kind = (uint8_t)kind;
      value.flags = TENON_VALUE_FLAG_INLINE;
      value.inline_size = (uint8_t)number;
      values[count++] = value;
    }
  }
  for (int kind = TENON_VALUE_NONE; kind <= TENON_VALUE_END; kind++) {
    tenon_value_t value = counted_value(drops);
    value.kind = (uint8_t)kind;
    if (kind != TENON_VALUE_STRING && kind != TENON_VALUE_BYTES) { /* numbers are not data */
      value.flags = TENON_VALUE_FLAG_INLINE;
      values[count++] = value;
      continue;
    }
    value.as.data.pointer = NULL; /* data that is nowhere */
    value.as.data.size = 1;
    values[count++] = value;
    for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) { /* or without an end */
      value.as.data.pointer = drops;
      value.as.data.size = sizes[index];
      values[count++] = value;
    }
  }
  CHECK(count <= NO_VALUES_MAX);
  return count;
}

CASE(every_function_refuses_what_is_no_value) {
  static tenon_value_t values[NO_VALUES_MAX];
  misuse_t misuse;
  misuse_begin(&misuse);
  size_t count = make_no_values(values, &misuse.drops);
  for (const function_t *function = conformance_functions; function->name; function++) {
    if (!function->value)
      continue;
    arguments_t *arguments = misuse_right(&misuse, function);
    arguments->wrong = WRONG_VALUE;
    for (size_t index = 0; index < count; index++) {
      arguments->value = &values[index];
      arguments->size = index; /* for who reads the failure */
      misuse_argument(function, arguments, "value");
    }
  }
  CHECK_COUNT(0, atomic_load(&misuse.drops));
  fixture_end(&misuse.fixture);
}

/* MARK: Times */

CASE(no_time_is_too_long_or_too_short) {
  static const uint64_t times[] = {0,         1,          UINT32_MAX,         INT64_MAX - 1,
                                   INT64_MAX, 1ull << 63, UINT64_MAX - 65536, UINT64_MAX - 1,
                                   UINT64_MAX};
  pair_t settled = pair_create_settled(TENON_STATUS_OK);
  for (size_t index = 0; index < sizeof times / sizeof *times; index++) {
    uint64_t time_ns = times[index];
    told_t told = TOLD_INIT;
    told_t job = TOLD_INIT;
    tenon_timer_t *timer = NULL;
    tenon_executor_t *executor = executor_create();
    tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
    tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
    bool is_far = time_ns >= INT64_MAX - 1; /* this clock never gets there */
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_wait(settled.future, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, settled.future, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, time_ns, tell, &told, &timer));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_post(executor, tell, &job));
    budget.time_ns_max = time_ns;
    budget.jobs_max = time_ns;
    do
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    while (result.more);
    CHECK_TOLD(TENON_STATUS_OK, &job);
    CHECK_COUNT(is_far ? 0 : 1, atomic_load(&told.count));
    if (is_far && index % 2 == 0) {
      CHECK_STATUS(TENON_STATUS_OK, tenon_timer_cancel(timer));
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_run_until(executor, NULL, time_ns));
      CHECK_TOLD(TENON_STATUS_CANCELLED, &told);
    }
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_begin_close(executor, time_ns));
    do
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_poll(executor, &budget, &result));
    while (!result.closed);
    CHECK_COUNT(1, atomic_load(&told.count));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    executor = executor_create();
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, time_ns));
    CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(settled.future));
}
