/**
 * @file settings.h
 *
 * What the generated header of Sources/Settings is, written by hand.
 */
#ifndef SETTINGS_H
#define SETTINGS_H

#include <tenon/record.h>
#include <tenon/tenon.h>

TENON_BEGIN_DECLS

typedef struct settings_label {
  tenon_string_t key;
  tenon_string_t value;
} settings_label_t;

/** Where it listens. */
typedef struct settings_listener {
  size_t struct_size; /**< sizeof(settings_listener_t) */
  tenon_string_t host;
  uint16_t port;
} settings_listener_t;

/** How much at once. */
typedef struct settings_limits {
  size_t struct_size; /**< sizeof(settings_limits_t) */
  int64_t connections;
  tenon_optional_double_t bytes_per_second; /**< optional */
} settings_limits_t;

static inline settings_limits_t settings_limits_init(void) {
  settings_limits_t limits;
  memset(&limits, 0, sizeof limits);
  limits.struct_size = sizeof limits;
  return limits;
}

/** The settings of a server. One that you are given is a single block, which settings_server_free() ends. */
typedef struct settings_server {
  size_t struct_size; /**< sizeof(settings_server_t) */
  tenon_string_t name;
  struct {
    const settings_listener_t *const *data;
    size_t count;
  } listeners;
  struct {
    const settings_label_t *data;
    size_t count;
  } labels;
  const settings_limits_t *limits; /**< optional: may be NULL */
} settings_server_t;

#define SETTINGS_ERROR_DOMAIN "settings.SettingsError"
TENON_ENUM(int32_t, settings_error_code_t){
    SETTINGS_ERROR_SYNTAX = 1,   /**< not YAML; lines and columns begin with 1 */
    SETTINGS_ERROR_MISTAKEN = 2, /**< YAML, but not these settings */
};
typedef struct settings_error {
  size_t struct_size;
  settings_error_code_t code;
  union {
    struct {
      int64_t line;
      int64_t column;
      tenon_string_t problem;
    } syntax;
    struct {
      tenon_string_t path;
      tenon_string_t problem;
    } mistaken;
  } as;
} settings_error_t;

/**
 * Reads what a call has failed with.
 *
 * Ownership:  `*details_out` lives as long as the caller's reference to `error`.
 * Errors:     TENON_STATUS_UNSUPPORTED for any other error.
 */
TENON_API tenon_status_t settings_error_get(tenon_error_t *error,
                                            const settings_error_t **details_out) TENON_NOEXCEPT;

/** Reads settings from YAML. */
TENON_API tenon_status_t settings_parse(const char *yaml, settings_server_t **server_out,
                                        tenon_error_t **error_out) TENON_NOEXCEPT;

/** Writes settings as YAML. Gives a string, to drop. */
TENON_API tenon_status_t settings_format(const settings_server_t *server, tenon_value_t *yaml_out,
                                         tenon_error_t **error_out) TENON_NOEXCEPT;

TENON_API void settings_server_free(settings_server_t *server) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* SETTINGS_H */
