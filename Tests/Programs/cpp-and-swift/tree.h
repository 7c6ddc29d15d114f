/**
 * @file tree.h
 *
 * What the languages share in tree.cpp: where lines go, and work of C's.
 */
#ifndef TREE_H
#define TREE_H

#include <tenon/executor.h>
#include <tenon/promise.h>

TENON_BEGIN_DECLS

/** Adds a line to what has happened. */
void tree_say(void *log, const char *line);

/** Work of C's: asked to end, it does so in a job of the executor's. */
tenon_status_t tree_start_c(tenon_executor_t *executor, void *log, tenon_future_t **future_out);

/** Runs the tree; whether all went in the order that is expected. */
bool tree_ends_in_order(void);

TENON_END_DECLS

#endif
