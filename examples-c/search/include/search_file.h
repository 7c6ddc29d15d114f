/**
 * @file search_file.h
 *
 * What the Swift half of this example offers to its C half.
 */
#ifndef SEARCH_FILE_H
#define SEARCH_FILE_H

#include <tenon/executor.h>

TENON_BEGIN_DECLS

/**
 * Starts to search one file for `pattern`, a fixed string, or several with newlines between them.
 *
 * The future delivers bytes: the lines that match, each as `path:number:text` and a newline. An error is
 * libuv's, domain "uv".
 *
 * Ownership:  borrows all; the caller releases `*future_out`.
 * Threading:  any thread; `executor` is one of tenon_uv_attach().
 */
TENON_API tenon_status_t search_file(tenon_executor_t *executor, const char *path,
                                     const char *pattern, tenon_future_t **future_out);

TENON_END_DECLS

#endif
