/**
 * @file tenon/base.h
 *
 * What the other headers need from the compiler. Nothing here is a concept of Tenon.
 */
#ifndef TENON_BASE_H
#define TENON_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define TENON_BEGIN_DECLS extern "C" {
#define TENON_END_DECLS }
#define TENON_NOEXCEPT noexcept
#else
#define TENON_BEGIN_DECLS
#define TENON_END_DECLS
#define TENON_NOEXCEPT
#endif

#if defined(__GNUC__)
#define TENON_API __attribute__((visibility("default")))
#else
#define TENON_API
#endif

/**
 * Declares an enumeration of a fixed width: a real one for C++, C23 and Swift, a typedef with
 * unnamed constants for older C. The binary interface is the same.
 */
/* NOLINTBEGIN(bugprone-macro-parentheses): a name cannot have them. */
#if defined(__cplusplus) || defined(__swift__) ||                                                  \
    (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define TENON_ENUM(type, name)                                                                     \
  enum name : type;                                                                                \
  typedef enum name name;                                                                          \
  enum name : type
#else
#define TENON_ENUM(type, name)                                                                     \
  typedef type name;                                                                               \
  enum
#endif
/* NOLINTEND(bugprone-macro-parentheses) */

/** See executor.h, which builds on the headers that mention it. */
typedef struct tenon_executor tenon_executor_t;

/** A duration or a deadline that never comes, in nanoseconds. */
#define TENON_FOREVER UINT64_MAX

#endif /* TENON_BASE_H */
