/**
 * @file tenon/logging.h
 *
 * What Swift code says to swift-log, for a host in C. A part of bridges/, and not of libtenon.
 */
#ifndef TENON_LOGGING_H
#define TENON_LOGGING_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** swift-log's levels. */
typedef enum tenon_log_level {
  TENON_LOG_TRACE,
  TENON_LOG_DEBUG,
  TENON_LOG_INFO,
  TENON_LOG_NOTICE,
  TENON_LOG_WARNING,
  TENON_LOG_ERROR,
  TENON_LOG_CRITICAL
} tenon_log_level_t;

typedef struct tenon_log_field {
  const char *name;
  const char *text;
} tenon_log_field_t;

/** One message. All of it is there until the function returns. */
typedef struct tenon_log_record {
  size_t struct_size; /**< sizeof(tenon_log_record_t), when the library was made */
  tenon_log_level_t level;
  uint32_t line;
  const char *label; /**< of the logger */
  const char *message;
  const char *source;
  const char *file;
  const char *function;
  const tenon_log_field_t
      *fields; /**< metadata by name, in order: `trace_id` and `span_id` among it */
  size_t field_count;
} tenon_log_record_t;

/** Called on whatever thread says something, several at the same time. It may call anything of Tenon's. */
typedef void (*tenon_log_fn)(void *context, const tenon_log_record_t *record);

/**
 * Has `fn` told of what is said to loggers that were made of TenonLogHandler, from now on; NULL: nobody is.
 *
 * One that is told meanwhile may still come: `context` must last as long as the process.
 */
void tenon_log_set_fn(tenon_log_fn fn, void *context, tenon_log_level_t minimum);

#ifdef __cplusplus
}
#endif

#endif /* TENON_LOGGING_H */
