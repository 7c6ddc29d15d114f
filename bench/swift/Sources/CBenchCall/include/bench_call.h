/* (d) What C calls: BenchCall.swift beside this. */
#ifndef BENCH_CALL_H
#define BENCH_CALL_H

#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** Adds one, without suspending. */
TENON_API tenon_status_t bench_call_add_one(tenon_executor_t *executor, int64_t value,
                                            tenon_future_t **future_out) TENON_NOEXCEPT;

/** The same, exported without a capture. */
TENON_API tenon_status_t bench_call_add_one_with(tenon_executor_t *executor, int64_t value,
                                                 tenon_future_t **future_out) TENON_NOEXCEPT;

/** The same, from a package with the feature NonisolatedNonsendingByDefault. */
TENON_API tenon_status_t bench_call_add_one_nonsending(tenon_executor_t *executor, int64_t value,
                                                       tenon_future_t **future_out) TENON_NOEXCEPT;

/** Adds one after a suspension, which a job posted to the same executor ends. */
TENON_API tenon_status_t bench_call_add_one_later(tenon_executor_t *executor, int64_t value,
                                                  tenon_future_t **future_out) TENON_NOEXCEPT;

/** Adds one to what `number` delivers, when it does. */
TENON_API tenon_status_t bench_call_add_one_to(tenon_executor_t *executor, tenon_future_t *number,
                                               tenon_future_t **future_out) TENON_NOEXCEPT;

/** (h) Reads a stream of numbers to its end with `for await`, and delivers their sum. */
TENON_API tenon_status_t bench_stream_sum(tenon_executor_t *executor, tenon_stream_t *stream,
                                          tenon_future_t **future_out) TENON_NOEXCEPT;

/** (h) The same, of an AsyncStream that holds at most so many (0: no bound). */
TENON_API tenon_status_t bench_async_stream_sum(tenon_executor_t *executor, int64_t capacity,
                                                tenon_future_t **future_out) TENON_NOEXCEPT;

/** (h) The same, of a sequence in Swift that has so many, and never suspends. */
TENON_API tenon_status_t bench_sequence_sum(tenon_executor_t *executor, int64_t count,
                                            tenon_future_t **future_out) TENON_NOEXCEPT;

/** (h) Adds a number to the AsyncStream; a negative one ends it. False: it is full. */
TENON_API bool bench_async_stream_yield(int64_t number) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* BENCH_CALL_H */
