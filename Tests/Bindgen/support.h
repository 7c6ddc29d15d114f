/*
 * What the C programs of these tests share: checks that say where they failed, and an executor that is polled by hand.
 */
#ifndef BINDGEN_SUPPORT_H
#define BINDGEN_SUPPORT_H

#include <tenon/record.h>
#include <tenon/tenon.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition);                      \
      failures++;                                                                                  \
    }                                                                                              \
  } while (0)

#define CHECK_STATUS(expected, actual)                                                             \
  do {                                                                                             \
    tenon_status_t status_is = (actual);                                                           \
    if (status_is != (expected)) {                                                                 \
      fprintf(stderr, "%s:%d: %s answers %s, not %s\n", __FILE__, __LINE__, #actual,               \
              tenon_status_name(status_is), #expected);                                            \
      failures++;                                                                                  \
    }                                                                                              \
  } while (0)

#define OK(actual) CHECK_STATUS(TENON_STATUS_OK, actual)

static inline bool string_is(tenon_string_t string, const char *text) {
  return string.data && string.size == strlen(text) &&
         memcmp(string.data, text, string.size) == 0 && string.data[string.size] == 0;
}

static inline bool value_is(tenon_value_t *value, const char *text) {
  const void *data = NULL;
  size_t size = 0;
  bool is = tenon_value_get_data(value, &data, &size) == TENON_STATUS_OK && size == strlen(text) &&
            memcmp(data, text, size) == 0;
  tenon_value_drop(value);
  return is;
}

static tenon_executor_t *executor;

static inline void begin(void) { OK(tenon_executor_create(NULL, &executor)); }

/** Runs until a future has settled; answers as it has. */
static inline tenon_status_t settled(tenon_future_t *future) {
  return tenon_executor_run_until(executor, future, TENON_FOREVER);
}

/** Waits for a number and releases the future. */
static inline int64_t number(tenon_future_t *future) {
  tenon_value_t value = tenon_value_none();
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  OK(tenon_future_release(future));
  CHECK(value.kind == TENON_VALUE_I64);
  return value.as.i64;
}

/** Waits for nothing and releases the future. */
static inline void nothing(tenon_future_t *future) {
  tenon_value_t value = tenon_value_i64(1);
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value.kind == TENON_VALUE_NONE);
  OK(tenon_future_release(future));
}

/** Waits for a text, or for nothing if `text` is NULL, and releases the future. */
static inline bool text_is(tenon_future_t *future, const char *text) {
  tenon_value_t value = tenon_value_none();
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  OK(tenon_future_release(future));
  return text ? value_is(&value, text) : value.kind == TENON_VALUE_NONE;
}

/** Waits for a failure, and gives its error. */
static inline tenon_error_t *failure(tenon_future_t *future) {
  tenon_error_t *error = NULL;
  CHECK_STATUS(TENON_STATUS_REJECTED, settled(future));
  OK(tenon_future_copy_error(future, &error));
  OK(tenon_future_release(future));
  return error;
}

/** The next item of a stream; false: it has ended. */
static inline bool next(tenon_stream_t *stream, tenon_value_t *item) {
  size_t count = 0;
  tenon_future_t *ready = NULL;
  tenon_status_t status;
  while ((status = tenon_stream_next_batch(stream, item, 1, &count, &ready)) ==
         TENON_STATUS_PENDING) {
    OK(tenon_executor_run_until(executor, ready, TENON_FOREVER));
    tenon_future_release(ready);
  }
  CHECK(status == TENON_STATUS_OK || status == TENON_STATUS_ENDED);
  return status == TENON_STATUS_OK;
}

static inline int end(void) {
  OK(tenon_executor_close(executor, 0));
  OK(tenon_executor_release(executor));
  if (failures == 0)
    puts("ok");
  return failures != 0;
}

#endif
