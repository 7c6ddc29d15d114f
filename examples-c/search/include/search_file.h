/**
 * @file search_file.h
 *
 * What the Swift half of this example offers to its C half.
 */
#ifndef SEARCH_FILE_H
#define SEARCH_FILE_H

#include <tenon/stream.h>

TENON_BEGIN_DECLS

/**
 * Starts to search one file for `pattern`, a fixed string, or several with newlines between them.
 *
 * The stream delivers bytes: each item is some of the lines that match, whole and in their order, each
 * as `path:number:text` and a newline. What is not read holds the search up. An error is libuv's,
 * domain "uv".
 *
 * Ownership:  borrows all; the caller releases `*stream_out`.
 * Threading:  any thread; `executor` is one of tenon_uv_attach().
 */
TENON_API tenon_status_t search_file(tenon_executor_t *executor, const char *path,
                                     const char *pattern, tenon_stream_t **stream_out);

TENON_END_DECLS

#endif
