/*
 * The two ends of a stream of numbers, for tests of streams.
 */
#ifndef STREAM_ENDS_H
#define STREAM_ENDS_H

#include "check.h"

typedef struct ends {
  tenon_sink_t *sink;
  tenon_stream_t *stream;
} ends_t;

/** A stream that is bound to an executor, or with NULL to none. */
static inline ends_t stream_create_on(size_t capacity, tenon_executor_t *executor) {
  ends_t ends = {NULL, NULL};
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  config.capacity = capacity;
  config.executor = executor;
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_create(&config, &ends.sink, &ends.stream));
  return ends;
}

static inline ends_t stream_create(size_t capacity) { return stream_create_on(capacity, NULL); }

static inline void stream_end(ends_t ends) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_sink_release(ends.sink));
  CHECK_STATUS(TENON_STATUS_OK, tenon_stream_release(ends.stream));
}

static inline tenon_status_t send(tenon_sink_t *sink, int64_t number) {
  tenon_value_t value = tenon_value_i64(number);
  return tenon_sink_send(sink, &value, NULL);
}

#endif /* STREAM_ENDS_H */
