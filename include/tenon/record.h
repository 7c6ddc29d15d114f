/**
 * @file tenon/record.h
 *
 * What the fields of records are made of: records are structs that cross between Swift and C, as
 * tenon-bindgen declares them.
 *
 * A record that a call takes is yours, with all that it points to, and is copied. One that you are
 * given is a single block: its strings, lists and nested records live as long as it does, and its
 * type's free function ends all of it. Strings are UTF-8, and those that you are given have a NUL
 * after their end. What is optional says so with `is_some`, or by a NULL.
 */
#ifndef TENON_RECORD_H
#define TENON_RECORD_H

#include <tenon/base.h>

#include <string.h>

TENON_BEGIN_DECLS

/** Text in UTF-8. `data` may be NULL if `size` is 0; where it is optional that means: none. */
typedef struct {
  const char *data;
  size_t size;
} tenon_string_t;

/** Bytes. `data` may be NULL if `size` is 0; where they are optional that means: none. */
typedef struct tenon_bytes {
  const uint8_t *data;
  size_t size;
} tenon_bytes_t;

/** A UUID, in the order in which it is written. */
typedef struct tenon_uuid {
  uint8_t bytes[16];
} tenon_uuid_t;

/** A text that ends with NUL, without a copy. NULL gives none. */
static inline tenon_string_t tenon_string(const char *text) {
  tenon_string_t string;
  string.data = text;
  string.size = text ? strlen(text) : 0;
  return string;
}

/** A literal. */
#ifdef __cplusplus
#define TENON_STRING(literal)                                                                      \
  tenon_string_t { "" literal, sizeof(literal) - 1 }
#else
#define TENON_STRING(literal) ((tenon_string_t){"" literal, sizeof(literal) - 1})
#endif

/* For each plain type a list of it (`data` may be NULL if `count` is 0; where the list is optional
 * that means: none), and an optional of it. */
/* NOLINTBEGIN(bugprone-macro-parentheses): a type cannot have them. */
#define TENON_LIST_AND_OPTIONAL(type, name)                                                        \
  typedef struct tenon_##name##_list {                                                             \
    const type *data;                                                                              \
    size_t count;                                                                                  \
  } tenon_##name##_list_t;                                                                         \
  typedef struct tenon_optional_##name {                                                           \
    bool is_some;                                                                                  \
    type value;                                                                                    \
  } tenon_optional_##name##_t
/* NOLINTEND(bugprone-macro-parentheses) */

TENON_LIST_AND_OPTIONAL(bool, bool);
TENON_LIST_AND_OPTIONAL(int8_t, int8);
TENON_LIST_AND_OPTIONAL(int16_t, int16);
TENON_LIST_AND_OPTIONAL(int32_t, int32);
TENON_LIST_AND_OPTIONAL(int64_t, int64);
TENON_LIST_AND_OPTIONAL(uint8_t, uint8);
TENON_LIST_AND_OPTIONAL(uint16_t, uint16);
TENON_LIST_AND_OPTIONAL(uint32_t, uint32);
TENON_LIST_AND_OPTIONAL(uint64_t, uint64);
TENON_LIST_AND_OPTIONAL(float, float);
TENON_LIST_AND_OPTIONAL(double, double);
TENON_LIST_AND_OPTIONAL(tenon_uuid_t, uuid);
#undef TENON_LIST_AND_OPTIONAL

typedef struct tenon_string_list {
  const tenon_string_t *data;
  size_t count;
} tenon_string_list_t;

typedef struct tenon_bytes_list {
  const tenon_bytes_t *data;
  size_t count;
} tenon_bytes_list_t;

/** Checked when a header is compiled: its structs are laid out as the library has them. */
#if defined(__cplusplus)
#define TENON_STATIC_ASSERT(condition) static_assert(condition, #condition)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define TENON_STATIC_ASSERT(condition) _Static_assert(condition, #condition)
#else
#define TENON_STATIC_ASSERT(condition) extern char tenon_static_assert[(condition) ? 1 : -1]
#endif

TENON_END_DECLS

#endif /* TENON_RECORD_H */
