/* Standard output that never blocks the loop: says when it is full, and when it has room again. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <uv.h>

/** What waits or is being written. It grows to what it has to hold at once. */
typedef struct buffer {
  char *bytes;
  size_t size, capacity;
} buffer_t;

/** All that was flushed is written (`code` is 0), or it failed, or nobody reads any more: UV_EPIPE. */
typedef void (*output_fn)(void *context, int code);

typedef struct output {
  uv_loop_t *loop;
  output_fn on_written;
  void *context;
  buffer_t waiting, writing;
  size_t written; /**< how much of `writing` */
  bool is_writing;
  bool is_closed;
  bool is_file; /**< a file never says that it would block: libuv's threads write it */
  uv_fs_t file_request;
  uv_pipe_t stream; /**< a pipe, terminal or socket */
  uv_write_t stream_request;
  uv_poll_t hangup; /**< tells that the reader has gone, also while nothing is written */
} output_t;

/** Takes standard output. `on_written` is called on the loop. Returns 0, or libuv's error. */
int output_open(output_t *output, uv_loop_t *loop, output_fn on_written, void *context);

/** Whether to wait for `on_written` before more is added. */
bool output_is_full(const output_t *output);

/** Adds bytes, however many. */
void output_add(output_t *output, const char *bytes, size_t size);

/** Writes what was added, unless something is being written: call it again in `on_written`. */
void output_flush(output_t *output);

/** Whether all is written. */
bool output_is_idle(const output_t *output);

/** Nothing will be added: it does not matter any more whether the reader goes away in between. */
void output_finish(output_t *output);

/** Forgets what a reader who is late has not taken. A write that is under way still calls `on_written`. */
void output_close(output_t *output);

/** Frees its memory, when the loop has ended. */
void output_end(output_t *output);

#endif
