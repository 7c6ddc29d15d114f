/* One search: shared by main.c, which runs it, and walk.c, which finds the files. output.h prints. */
#ifndef SEARCH_H
#define SEARCH_H

#include "output.h"

#include <search_file.h>
#include <tenon/tenon.h>
#include <tenon/uv.h>

/** A file that is being searched. */
typedef struct file {
  struct search *search;
  char *path;
  tenon_stream_t *stream; /**< of the lines that it has found */
  struct file *next, *previous;
  struct file *next_held_up;
} file_t;

/** Paths that wait, last in, first out. */
typedef struct path_list {
  char **paths;
  size_t count, capacity;
} path_list_t;

typedef struct search {
  uv_loop_t *loop;
  tenon_executor_t *executor;
  const char *pattern;
  uv_signal_t interrupt;
  uv_timer_t timeout;

  uint64_t max_in_flight;
  uint64_t limit;
  bool wants_stats;

  output_t output;
  file_t *held_up_files; /**< that wait until there is room in the output */
  file_t *in_flight_files;
  size_t in_flight;
  size_t files;
  uint64_t matches;

  path_list_t waiting_files;
  path_list_t waiting_directories;
  uv_fs_t scan;
  char *scanned; /**< the directory that is being read */
  bool is_walking;

  bool has_errors;
  bool is_stopping;
  int stop_status;
  bool is_finished;
  tenon_executor_statistics_t statistics;
} search_t;

/** Searches as many of the files that were found as may be in flight. */
void search_start_files(search_t *search);

/** Cancels what is in flight; the program ends with `exit_status`, 0 meaning the usual one. */
void search_stop(search_t *search, int exit_status);

/** Begins with a file or directory. */
void walk_start(search_t *search, const char *root);

/** Reads the next directory, if few files wait. */
void walk_continue(search_t *search);

/** The next file, for the caller to free; NULL: none now. */
char *walk_next_file(search_t *search);

bool walk_has_files(const search_t *search);

/** Forgets what was found. */
void walk_stop(search_t *search);

void walk_end(search_t *search);

#endif
