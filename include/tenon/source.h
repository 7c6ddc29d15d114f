/**
 * @file tenon/source.h
 *
 * Where in a program something was made, for people who look into it: tenon_future_set_name() and
 * its like take one.
 */
#ifndef TENON_SOURCE_H
#define TENON_SOURCE_H

#include <tenon/base.h>

TENON_BEGIN_DECLS

/** A place in the source. Its texts are not copied: they stay for as long as the process, as literals do. */
typedef struct tenon_source {
  const char *file;     /**< or NULL */
  const char *function; /**< or NULL */
  uint32_t line;        /**< from 1 on; 0: not known */
  uint32_t reserved;    /**< zero */
} tenon_source_t;

/** This place: tenon_future_set_name(future, "reply", TENON_HERE). */
#ifdef __cplusplus
#define TENON_HERE                                                                                 \
  (&static_cast<const tenon_source_t &>(tenon_source_t{__FILE__, __func__, __LINE__, 0}))
#else
#define TENON_HERE (&(const tenon_source_t){__FILE__, __func__, __LINE__, 0})
#endif

TENON_END_DECLS

#endif /* TENON_SOURCE_H */
