/*
 * The sizes and offsets that programs are compiled with. Lines are only ever added.
 */
#include "check.h"

#if defined(__LP64__)

#define SIZE(type, size) _Static_assert(sizeof(type) == (size), "size of " #type)
#define OFFSET(type, field, offset)                                                                \
  _Static_assert(offsetof(type, field) == (offset), "offset of " #field " in " #type)

SIZE(tenon_status_t, 4);
SIZE(tenon_value_kind_t, 4);
SIZE(tenon_process_mode_t, 4);

SIZE(tenon_value_t, 32);
OFFSET(tenon_value_t, kind, 0);
OFFSET(tenon_value_t, flags, 1);
OFFSET(tenon_value_t, inline_size, 2);
OFFSET(tenon_value_t, reserved, 3);
OFFSET(tenon_value_t, drop_executor, 4);
OFFSET(tenon_value_t, as, 8);
OFFSET(tenon_value_t, as.boolean, 8);
OFFSET(tenon_value_t, as.i64, 8);
OFFSET(tenon_value_t, as.u64, 8);
OFFSET(tenon_value_t, as.f64, 8);
OFFSET(tenon_value_t, as.data.pointer, 8);
OFFSET(tenon_value_t, as.data.size, 16);
OFFSET(tenon_value_t, as.pointer.address, 8);
OFFSET(tenon_value_t, as.pointer.type, 16);
OFFSET(tenon_value_t, as.inline_data, 8);
OFFSET(tenon_value_t, drop, 24);

SIZE(tenon_error_payload_t, 32);
OFFSET(tenon_error_payload_t, struct_size, 0);
OFFSET(tenon_error_payload_t, type, 8);
OFFSET(tenon_error_payload_t, pointer, 16);
OFFSET(tenon_error_payload_t, drop, 24);

SIZE(tenon_promise_config_t, 24);
OFFSET(tenon_promise_config_t, struct_size, 0);
OFFSET(tenon_promise_config_t, flags, 8);
OFFSET(tenon_promise_config_t, reserved, 12);
OFFSET(tenon_promise_config_t, executor, 16);

SIZE(tenon_executor_host_t, 64);
OFFSET(tenon_executor_host_t, struct_size, 0);
OFFSET(tenon_executor_host_t, wake, 8);
OFFSET(tenon_executor_host_t, set_timer, 16);
OFFSET(tenon_executor_host_t, set_alive, 24);
OFFSET(tenon_executor_host_t, run_once, 32);
OFFSET(tenon_executor_host_t, closed, 40);
OFFSET(tenon_executor_host_t, now_ns, 48);
OFFSET(tenon_executor_host_t, watch, 56);

SIZE(tenon_executor_config_t, 48);
OFFSET(tenon_executor_config_t, struct_size, 0);
OFFSET(tenon_executor_config_t, flags, 8);
OFFSET(tenon_executor_config_t, reserved, 12);
OFFSET(tenon_executor_config_t, name, 16);
OFFSET(tenon_executor_config_t, host, 24);
OFFSET(tenon_executor_config_t, host_context, 32);
OFFSET(tenon_executor_config_t, threads_max, 40);
OFFSET(tenon_executor_config_t, thread_idle_ms, 44);

SIZE(tenon_poll_budget_t, 32);
OFFSET(tenon_poll_budget_t, struct_size, 0);
OFFSET(tenon_poll_budget_t, jobs_max, 8);
OFFSET(tenon_poll_budget_t, time_ns_max, 16);
OFFSET(tenon_poll_budget_t, interrupt, 24);

SIZE(tenon_poll_result_t, 32);
OFFSET(tenon_poll_result_t, struct_size, 0);
OFFSET(tenon_poll_result_t, jobs, 8);
OFFSET(tenon_poll_result_t, deadline_ns, 16);
OFFSET(tenon_poll_result_t, more, 24);
OFFSET(tenon_poll_result_t, alive, 25);
OFFSET(tenon_poll_result_t, closed, 26);
OFFSET(tenon_poll_result_t, interrupted, 27);
OFFSET(tenon_poll_result_t, reserved, 28);

SIZE(tenon_executor_statistics_t, 96);
OFFSET(tenon_executor_statistics_t, struct_size, 0);
OFFSET(tenon_executor_statistics_t, polls, 8);
OFFSET(tenon_executor_statistics_t, jobs, 16);
OFFSET(tenon_executor_statistics_t, wakes, 24);
OFFSET(tenon_executor_statistics_t, wakes_late, 32);
OFFSET(tenon_executor_statistics_t, calls, 40);
OFFSET(tenon_executor_statistics_t, drivers, 48);
OFFSET(tenon_executor_statistics_t, timers, 56);
OFFSET(tenon_executor_statistics_t, jobs_abandoned, 64);
OFFSET(tenon_executor_statistics_t, pending, 72);
OFFSET(tenon_executor_statistics_t, threads, 80);
OFFSET(tenon_executor_statistics_t, threads_idle, 88);

SIZE(tenon_process_statistics_t, 136);
OFFSET(tenon_process_statistics_t, struct_size, 0);
OFFSET(tenon_process_statistics_t, futures_created, 8);
OFFSET(tenon_process_statistics_t, futures_settled, 16);
OFFSET(tenon_process_statistics_t, futures_rejected, 24);
OFFSET(tenon_process_statistics_t, futures_cancelled, 32);
OFFSET(tenon_process_statistics_t, futures_pending, 40);
OFFSET(tenon_process_statistics_t, settled_twice, 48);
OFFSET(tenon_process_statistics_t, registrations_pending, 56);
OFFSET(tenon_process_statistics_t, errors_alive, 64);
OFFSET(tenon_process_statistics_t, escapes, 72);
OFFSET(tenon_process_statistics_t, memory_reserved, 80);
OFFSET(tenon_process_statistics_t, streams_alive, 88);
OFFSET(tenon_process_statistics_t, items_sent, 96);
OFFSET(tenon_process_statistics_t, items_received, 104);
OFFSET(tenon_process_statistics_t, items_dropped, 112);
OFFSET(tenon_process_statistics_t, scopes_live, 120);
OFFSET(tenon_process_statistics_t, scopes_abandoned, 128);

SIZE(tenon_stream_config_t, 32);
OFFSET(tenon_stream_config_t, struct_size, 0);
OFFSET(tenon_stream_config_t, flags, 8);
OFFSET(tenon_stream_config_t, reserved, 12);
OFFSET(tenon_stream_config_t, capacity, 16);
OFFSET(tenon_stream_config_t, executor, 24);

SIZE(tenon_latest_config_t, 24);
OFFSET(tenon_latest_config_t, struct_size, 0);
OFFSET(tenon_latest_config_t, flags, 8);
OFFSET(tenon_latest_config_t, reserved, 12);
OFFSET(tenon_latest_config_t, executor, 16);

SIZE(tenon_scope_config_t, 48);
OFFSET(tenon_scope_config_t, struct_size, 0);
OFFSET(tenon_scope_config_t, flags, 8);
OFFSET(tenon_scope_config_t, reserved, 12);
OFFSET(tenon_scope_config_t, parent, 16);
OFFSET(tenon_scope_config_t, executor, 24);
OFFSET(tenon_scope_config_t, deadline_ns, 32);
OFFSET(tenon_scope_config_t, name, 40);

#endif

#define NUMBER(constant, number) _Static_assert((constant) == (number), #constant)

NUMBER(TENON_STATUS_OK, 0);
NUMBER(TENON_STATUS_PENDING, 1);
NUMBER(TENON_STATUS_SETTLED, 2);
NUMBER(TENON_STATUS_ENDED, 3);
NUMBER(TENON_STATUS_INVALID, -1);
NUMBER(TENON_STATUS_STALE, -2);
NUMBER(TENON_STATUS_REJECTED, -3);
NUMBER(TENON_STATUS_CANCELLED, -4);
NUMBER(TENON_STATUS_ALREADY_SETTLED, -5);
NUMBER(TENON_STATUS_TAKEN, -6);
NUMBER(TENON_STATUS_DEADLOCK, -7);
NUMBER(TENON_STATUS_TIMEOUT, -8);
NUMBER(TENON_STATUS_BUSY, -9);
NUMBER(TENON_STATUS_CLOSED, -10);
NUMBER(TENON_STATUS_FORKED, -11);
NUMBER(TENON_STATUS_WRONG_THREAD, -12);
NUMBER(TENON_STATUS_NO_RESOURCES, -13);
NUMBER(TENON_STATUS_UNSUPPORTED, -14);
NUMBER(TENON_STATUS_FORGOTTEN, -15);

NUMBER(TENON_VALUE_NONE, 0);
NUMBER(TENON_VALUE_BOOLEAN, 1);
NUMBER(TENON_VALUE_I64, 2);
NUMBER(TENON_VALUE_U64, 3);
NUMBER(TENON_VALUE_F64, 4);
NUMBER(TENON_VALUE_STRING, 5);
NUMBER(TENON_VALUE_BYTES, 6);
NUMBER(TENON_VALUE_POINTER, 7);
NUMBER(TENON_VALUE_END, 8);
NUMBER(TENON_VALUE_FLAG_INLINE, 1);
NUMBER(TENON_VALUE_FLAG_BORROWED, 2);
NUMBER(TENON_VALUE_INLINE_SIZE_MAX, 16);

NUMBER(TENON_PROMISE_FLAG_DETACHED, 1);
NUMBER(TENON_COMBINE_FLAG_KEEP, 1);
NUMBER(TENON_SCOPE_FLAG_COLLECT, 1);

NUMBER(TENON_STREAM_CAPACITY_MAX, 1 << 30);

NUMBER(TENON_PROCESS_LIBRARY, 0);
NUMBER(TENON_PROCESS_OWNED, 1);

NUMBER(TENON_FOREVER, UINT64_MAX);
NUMBER(TENON_ABI_VERSION, 1);

CASE(the_initializers_know_the_sizes_and_defaults) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  CHECK_COUNT(sizeof payload, payload.struct_size);
  tenon_promise_config_t promise = TENON_PROMISE_CONFIG_INIT;
  CHECK_COUNT(sizeof promise, promise.struct_size);
  CHECK(promise.flags == 0 && promise.reserved == 0 && promise.executor == NULL);
  tenon_stream_config_t stream = TENON_STREAM_CONFIG_INIT;
  CHECK_COUNT(sizeof stream, stream.struct_size);
  CHECK(stream.flags == 0 && stream.reserved == 0 && stream.capacity == 64 && !stream.executor);
  tenon_latest_config_t latest = TENON_LATEST_CONFIG_INIT;
  CHECK_COUNT(sizeof latest, latest.struct_size);
  CHECK(latest.flags == 0 && latest.reserved == 0 && latest.executor == NULL);
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  CHECK_COUNT(sizeof host, host.struct_size);
  CHECK(!host.wake && !host.set_timer && !host.set_alive && !host.run_once && !host.closed);
  tenon_executor_config_t executor = TENON_EXECUTOR_CONFIG_INIT;
  CHECK_COUNT(sizeof executor, executor.struct_size);
  CHECK(executor.flags == 0 && executor.reserved == 0 && !executor.name && !executor.host);
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  CHECK_COUNT(sizeof budget, budget.struct_size);
  CHECK(budget.jobs_max == 4096 && budget.time_ns_max == 0 && budget.interrupt == NULL);
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  CHECK_COUNT(sizeof result, result.struct_size);
  CHECK(result.jobs == 0 && result.deadline_ns == TENON_FOREVER && !result.more && !result.alive &&
        !result.closed && !result.interrupted);
  tenon_executor_statistics_t statistics = TENON_EXECUTOR_STATISTICS_INIT;
  CHECK_COUNT(sizeof statistics, statistics.struct_size);
  tenon_process_statistics_t process = TENON_PROCESS_STATISTICS_INIT;
  CHECK_COUNT(sizeof process, process.struct_size);
  tenon_scope_config_t scope = TENON_SCOPE_CONFIG_INIT;
  CHECK_COUNT(sizeof scope, scope.struct_size);
  CHECK(scope.flags == 0 && scope.reserved == 0 && !scope.parent && !scope.executor &&
        scope.deadline_ns == TENON_FOREVER && !scope.name);
}
