/*
 * From JavaScript to numbers.
 */
#include "instance.h"

#include <math.h>

#define NS_PER_MS 1e6

typedef struct range {
  const char *text;
  int64_t least;
  uint64_t most;
} range_t;

static const range_t *range_of(tenon_node_type_kind_t kind) {
  static const range_t ranges[] = {
      {">= -128 and <= 127", INT8_MIN, INT8_MAX},
      {">= -32768 and <= 32767", INT16_MIN, INT16_MAX},
      {">= -2147483648 and <= 2147483647", INT32_MIN, INT32_MAX},
      {">= -9223372036854775808 and <= 9223372036854775807", INT64_MIN, INT64_MAX},
      {">= 0 and <= 255", 0, UINT8_MAX},
      {">= 0 and <= 65535", 0, UINT16_MAX},
      {">= 0 and <= 4294967295", 0, UINT32_MAX},
      {">= 0 and <= 18446744073709551615", 0, UINT64_MAX},
  };
  return &ranges[kind - TENON_NODE_TYPE_INT8];
}

/** A number or a bigint, exactly: the sign, and 64 bits. */
static bool read_integer(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                         const path_t *path, uint64_t *bits_out) {
  napi_env env = reading->instance->env;
  const range_t *range = range_of(type->kind);
  double number;
  int sign;
  size_t words = 1;
  uint64_t bits = 0;
  if (napi_get_value_double(env, js, &number) == napi_ok) {
    if (!(trunc(number) == number) || isinf(number))
      return tenon_node_refuse(reading->instance, path, "an integer", js);
    sign = number < 0;
    if (fabs(number) >= 18446744073709551616.0)
      return tenon_node_refuse_range(reading->instance, path, range->text, js);
    bits = (uint64_t)fabs(number);
  } else {
    napi_valuetype kind = napi_undefined;
    if (napi_typeof(env, js, &kind) != napi_ok || kind != napi_bigint)
      return tenon_node_refuse(
          reading->instance, path,
          type->size == 8 && !type->is_number ? "a bigint or an integer" : "an integer", js);
    if (napi_get_value_bigint_words(env, js, &sign, &words, &bits) != napi_ok || words > 1)
      return tenon_node_refuse_range(reading->instance, path, range->text, js);
  }
  if (sign ? bits > (uint64_t) - (range->least + 1) + 1 : bits > range->most)
    return tenon_node_refuse_range(reading->instance, path, range->text, js);
  *bits_out = sign ? 0 - bits : bits;
  return true;
}

/** Nanoseconds in a number of milliseconds. */
static bool read_time(reading_t *reading, const char *expected, napi_value js, double ms,
                      const path_t *path, void *out) {
  double ns = round(ms * NS_PER_MS);
  if (!(fabs(ns) < 9.2e18))
    return tenon_node_refuse(reading->instance, path, expected, js);
  int64_t time = (int64_t)ns;
  memcpy(out, &time, sizeof time);
  return true;
}

bool tenon_node_read_scalar(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                            const path_t *path, void *out) {
  napi_env env = reading->instance->env;
  double number;
  bool boolean, is_date = false;
  uint64_t bits;
  switch (type->kind) {
  case TENON_NODE_TYPE_BOOL:
    if (napi_get_value_bool(env, js, &boolean) != napi_ok)
      return tenon_node_refuse(reading->instance, path, "a boolean", js);
    memcpy(out, &boolean, sizeof boolean);
    return true;
  case TENON_NODE_TYPE_FLOAT:
  case TENON_NODE_TYPE_DOUBLE:
    if (napi_get_value_double(env, js, &number) != napi_ok)
      return tenon_node_refuse(reading->instance, path, "a number", js);
    if (type->kind == TENON_NODE_TYPE_FLOAT) {
      float single = (float)number;
      memcpy(out, &single, sizeof single);
    } else {
      memcpy(out, &number, sizeof number);
    }
    return true;
  case TENON_NODE_TYPE_DURATION:
    if (napi_get_value_double(env, js, &number) != napi_ok || isnan(number))
      return tenon_node_refuse(reading->instance, path, "a number of milliseconds", js);
    return read_time(reading, "a number of milliseconds", js, number, path, out);
  case TENON_NODE_TYPE_DATE:
    if (napi_is_date(env, js, &is_date) != napi_ok || !is_date ||
        napi_get_date_value(env, js, &number) != napi_ok || isnan(number))
      return tenon_node_refuse(reading->instance, path, "a valid Date", js);
    return read_time(reading, "a Date of this age", js, number, path, out);
  default:
    if (!read_integer(reading, type, js, path, &bits))
      return false;
    memcpy(out, &bits, type->size); // little-endian, as all that Swift runs on
    return true;
  }
}
