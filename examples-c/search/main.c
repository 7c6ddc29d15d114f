/*
 * Searches a directory tree for a fixed string, as `grep -rnIF` does: a C program with a libuv loop of its
 * own that calls a Swift async function once for each file, many at a time, and prints what their
 * streams deliver, on the loop.
 *
 * It reads no faster than it prints: while standard output is full nothing is taken from the streams, the
 * Swift functions wait in their sends, and the files in flight stay so. So the memory that it takes depends
 * on how many files are in flight, not on how much there is to find.
 *
 * It ends with 0 if there is a match, 1 if there is none, 2 after errors, and early with 124 after a
 * timeout, 130 after Ctrl-C, 141 when nobody reads its output any more. These three do not wait for a
 * reader: what it has not taken is not written.
 */
#include "search.h"

#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tenon/process.h>
#include <tenon/timer.h>

static void finish_if_idle(search_t *search);

/* MARK: Results */

static void print_error(search_t *search, file_t *file) {
  tenon_error_t *error = NULL;
  const char *domain = "", *message = "";
  int64_t code = 0;
  search->has_errors = true;
  if (tenon_stream_copy_error(file->stream, &error) != TENON_STATUS_OK)
    return;
  tenon_error_get_domain(error, &domain);
  tenon_error_get_code(error, &code);
  tenon_error_get_message(error, &message);
  fprintf(stderr, "search: %s: %s (%s %" PRId64 ")\n", file->path, message, domain, code);
  tenon_error_release(error);
}

static void print_status(search_t *search, const char *path, tenon_status_t status) {
  search->has_errors = true;
  fprintf(stderr, "search: %s: %s\n", path, tenon_status_string(status));
}

/** Prints some lines of a file, up to the limit. */
static void print_lines(search_t *search, tenon_value_t *block) {
  const void *data;
  size_t size;
  if (search->is_stopping || tenon_value_get_data(block, &data, &size) != TENON_STATUS_OK)
    return;
  const char *lines = data, *end = lines + size, *next = lines;
  while (next < end && search->matches < search->limit) {
    next = (const char *)memchr(next, '\n', (size_t)(end - next)) + 1;
    search->matches++;
  }
  output_add(&search->output, lines, (size_t)(next - lines));
  if (search->matches >= search->limit)
    search_stop(search, 0);
}

static void end_file(file_t *file) {
  search_t *search = file->search;
  if (file->previous)
    file->previous->next = file->next;
  else
    search->in_flight_files = file->next;
  if (file->next)
    file->next->previous = file->previous;
  tenon_stream_release(file->stream);
  free(file->path);
  free(file);
  search->in_flight--;
  search->files++;
}

static void file_ready(void *context, tenon_status_t status, tenon_future_t *ready);

/** Prints what a file has found so far, and waits for more; or for room, if the output is full. */
static void read_file(file_t *file) {
  search_t *search = file->search;
  tenon_status_t status = TENON_STATUS_OK;
  while (status == TENON_STATUS_OK) {
    tenon_value_t block;
    tenon_future_t *ready;
    size_t count;
    // After a stop the rest is read only to see it end.
    if (!search->is_stopping && output_is_full(&search->output)) {
      file->next_held_up = search->held_up_files;
      search->held_up_files = file;
      return;
    }
    status = tenon_stream_next_batch(file->stream, &block, 1, &count, &ready);
    if (status == TENON_STATUS_OK) {
      print_lines(search, &block);
      tenon_value_drop(&block);
    } else if (status == TENON_STATUS_PENDING) {
      status = tenon_future_on_complete(ready, search->executor, file_ready, file, NULL);
      tenon_future_release(ready);
      if (status == TENON_STATUS_OK)
        return;
    }
  }
  if (status == TENON_STATUS_REJECTED)
    print_error(search, file);
  else if (status != TENON_STATUS_ENDED && status != TENON_STATUS_CANCELLED)
    print_status(search, file->path, status);
  end_file(file);
}

static void file_ready(void *context, tenon_status_t status, tenon_future_t *ready) {
  file_t *file = context;
  search_t *search = file->search;
  (void)status, (void)ready;
  read_file(file);
  output_flush(&search->output);
  search_start_files(search);
}

/** Goes on with the files that were held up, as long as there is room. */
static void read_held_up_files(search_t *search) {
  while (search->held_up_files && (search->is_stopping || !output_is_full(&search->output))) {
    file_t *file = search->held_up_files;
    search->held_up_files = file->next_held_up;
    read_file(file);
  }
}

static void on_written(void *context, int code) {
  search_t *search = context;
  if (code == UV_EPIPE) {
    search_stop(search, 141);
  } else if (code != 0) {
    fprintf(stderr, "search: standard output: %s (uv %d)\n", uv_strerror(code), code);
    search_stop(search, 2);
  }
  read_held_up_files(search);
  output_flush(&search->output);
  search_start_files(search);
}

/* MARK: Work */

static void start_file(search_t *search, char *path) {
  file_t *file = calloc(1, sizeof *file);
  tenon_status_t status = TENON_STATUS_NO_RESOURCES;
  if (file) {
    file->search = search;
    file->path = path;
    status = search_file(search->executor, path, search->pattern, &file->stream);
  }
  if (status != TENON_STATUS_OK) {
    print_status(search, path, status);
    free(path);
    free(file);
    return;
  }
  file->next = search->in_flight_files;
  if (file->next)
    file->next->previous = file;
  search->in_flight_files = file;
  search->in_flight++;
  read_file(file);
}

void search_start_files(search_t *search) {
  while (!search->is_stopping && search->in_flight < search->max_in_flight) {
    char *path = walk_next_file(search);
    if (!path)
      break;
    start_file(search, path);
  }
  walk_continue(search);
  finish_if_idle(search);
}

void search_stop(search_t *search, int exit_status) {
  if (exit_status != 0)
    output_close(&search->output);
  else
    output_finish(&search->output);
  if (search->stop_status == 0)
    search->stop_status = exit_status;
  if (search->is_stopping) {
    finish_if_idle(search);
    return;
  }
  search->is_stopping = true;
  walk_stop(search);
  for (file_t *file = search->in_flight_files; file; file = file->next)
    tenon_stream_cancel(file->stream);
  read_held_up_files(search);
  finish_if_idle(search);
}

/* MARK: The end */

static void finish_if_idle(search_t *search) {
  if (search->in_flight > 0 || search->is_walking || search->is_finished)
    return;
  if (!search->is_stopping && walk_has_files(search))
    return;
  if (!output_is_idle(&search->output))
    return;
  search->is_finished = true;
  uv_close((uv_handle_t *)&search->interrupt, NULL);
  uv_close((uv_handle_t *)&search->timeout, NULL);
  output_close(&search->output);
  if (search->wants_stats) {
    search->statistics.struct_size = sizeof search->statistics;
    tenon_executor_get_statistics(search->executor, &search->statistics);
  }
  tenon_uv_detach(search->executor, TENON_FOREVER, NULL, NULL);
}

static void on_interrupt(uv_signal_t *handle, int number) {
  (void)number;
  search_stop(handle->data, 130);
}

static void on_timeout(uv_timer_t *handle) { search_stop(handle->data, 124); }

static int count_threads(void) {
  FILE *file = fopen("/proc/self/status", "r");
  char line[256];
  int threads = -1;
  while (file && fgets(line, sizeof line, file))
    if (sscanf(line, "Threads: %d", &threads) == 1)
      break;
  if (file)
    fclose(file);
  return threads;
}

static void print_statistics(search_t *search, uint64_t start_ns, int threads) {
  tenon_process_statistics_t process = TENON_PROCESS_STATISTICS_INIT;
  tenon_process_get_statistics(&process);
  fprintf(stderr,
          "files %zu\nmatches %" PRIu64 "\nfutures created %" PRIu64 "\nfutures settled %" PRIu64
          "\nfutures cancelled %" PRIu64 "\nwakes %" PRIu64 "\npolls %" PRIu64
          "\nthreads %d (libuv's pool included)\nelapsed %.3f s\n",
          search->files, search->matches, process.futures_created, process.futures_settled,
          process.futures_cancelled, search->statistics.wakes, search->statistics.polls, threads,
          (double)(tenon_timer_now_ns() - start_ns) / 1e9);
}

static void usage(FILE *file) {
  fputs("usage: search [--max-in-flight N] [--timeout-ms T] [--limit M] [--stats] PATTERN DIR\n",
        file);
}

/** A whole number of at least `least`; false: the text is none. */
static bool parse(const char *text, uint64_t least, uint64_t *number_out) {
  char *end;
  if (*text < '0' || *text > '9')
    return false;
  errno = 0;
  *number_out = strtoull(text, &end, 10);
  return errno == 0 && *end == '\0' && *number_out >= least;
}

int main(int count, char **arguments) {
  search_t search = {.max_in_flight = 64, .limit = UINT64_MAX};
  uint64_t timeout_ms = 0;
  bool has_timeout = false;
  static const struct option options[] = {{"max-in-flight", required_argument, NULL, 'f'},
                                          {"timeout-ms", required_argument, NULL, 't'},
                                          {"limit", required_argument, NULL, 'l'},
                                          {"stats", no_argument, NULL, 's'},
                                          {"help", no_argument, NULL, 'h'},
                                          {NULL, 0, NULL, 0}};
  for (int option; (option = getopt_long(count, arguments, "", options, NULL)) != -1;) {
    bool is_valid = true;
    switch (option) {
    case 'f':
      is_valid = parse(optarg, 1, &search.max_in_flight);
      break;
    case 't':
      is_valid = has_timeout = parse(optarg, 0, &timeout_ms);
      break;
    case 'l':
      is_valid = parse(optarg, 1, &search.limit);
      break;
    case 's':
      search.wants_stats = true;
      break;
    case 'h':
      usage(stdout);
      return 0;
    default:
      is_valid = false;
    }
    if (!is_valid) {
      usage(stderr);
      return 2;
    }
  }
  if (count - optind != 2) {
    usage(stderr);
    return 2;
  }
  search.pattern = arguments[optind];
  uint64_t start_ns = tenon_timer_now_ns();

  uv_loop_t loop;
  if (uv_loop_init(&loop) != 0 ||
      tenon_uv_attach(&loop, NULL, &search.executor) != TENON_STATUS_OK ||
      tenon_process_own(search.executor) != TENON_STATUS_OK) {
    fputs("search: cannot set up the loop\n", stderr);
    return 2;
  }
  search.loop = &loop;
  // A pipe without a reader is an error of the write, not the end of the process.
  signal(SIGPIPE, SIG_IGN);
  int code = output_open(&search.output, &loop, on_written, &search);
  if (code != 0) {
    fprintf(stderr, "search: standard output: %s (uv %d)\n", uv_strerror(code), code);
    return 2;
  }
  uv_signal_init(&loop, &search.interrupt);
  uv_timer_init(&loop, &search.timeout);
  search.interrupt.data = search.timeout.data = &search;
  uv_signal_start(&search.interrupt, on_interrupt, SIGINT);
  uv_unref((uv_handle_t *)&search.interrupt);
  if (has_timeout)
    uv_timer_start(&search.timeout, on_timeout, timeout_ms, 0);
  uv_unref((uv_handle_t *)&search.timeout);

  walk_start(&search, arguments[optind + 1]);
  uv_run(&loop, UV_RUN_DEFAULT);
  int threads = count_threads();
  tenon_executor_release(search.executor);
  walk_end(&search);
  output_end(&search.output);
  bool is_closed = uv_loop_close(&loop) == 0;
  if (search.wants_stats)
    print_statistics(&search, start_ns, threads);
  if (!is_closed)
    fputs("search: something was left on the loop\n", stderr);
  if (search.is_stopping && search.stop_status != 0)
    return search.stop_status;
  if (search.has_errors || !is_closed)
    return 2;
  return search.matches > 0 ? 0 : 1;
}
