/* The same as bench_export.h has, exported by hand as tersely as can be, and unchecked: an object is a pointer. */
#ifndef BENCH_BY_HAND_H
#define BENCH_BY_HAND_H

#include <tenon/tenon.h>

typedef struct by_hand_sample {
  int64_t time;
  const char *name;
  size_t name_size;
  const double *values;
  size_t values_count;
} by_hand_sample_t;

TENON_API void *by_hand_counter_create(void);
TENON_API void by_hand_counter_release(void *counter);
TENON_API tenon_status_t by_hand_counter_add(void *counter, int64_t number, int64_t *result_out);

/* Makes a Swift struct of it. */
TENON_API tenon_status_t by_hand_time_of(const by_hand_sample_t *sample, int64_t *time_out);
/* Delivers a by_hand_sample_t in one block of malloc's. */
TENON_API tenon_status_t by_hand_later(tenon_executor_t *executor, const by_hand_sample_t *sample,
                                       tenon_future_t **sample_out);
/* Its items are numbers. */
TENON_API tenon_status_t by_hand_numbers(tenon_executor_t *executor, int64_t count,
                                         tenon_stream_t **numbers_out);

#endif
