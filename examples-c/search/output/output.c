#include "output.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/** Full is a soft limit: what comes at once is taken at once. */
#define FULL_SIZE (64 * 1024)

static void on_hangup(uv_poll_t *handle, int code, int events) {
  output_t *output = handle->data;
  (void)events;
  uv_poll_stop(handle);
  // The write end of a pipe without a reader is in the state of error. A socket that is only shut down is not.
  if (code < 0 && !output->is_closed)
    output->on_written(output->context, UV_EPIPE);
}

/** A descriptor of our own: another process that shares the terminal or pipe keeps its blocking one. */
static int open_own(void) {
  int descriptor = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return descriptor >= 0 ? descriptor : fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 0);
}

int output_open(output_t *output, uv_loop_t *loop, output_fn on_written, void *context) {
  *output = (output_t){.loop = loop, .on_written = on_written, .context = context};
  output->is_file = uv_guess_handle(STDOUT_FILENO) == UV_FILE;
  if (output->is_file)
    return 0;
  int descriptor = open_own();
  if (descriptor < 0)
    return uv_translate_sys_error(errno);
  int watched = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
  uv_pipe_init(loop, &output->stream, 0);
  int code = uv_pipe_open(&output->stream, descriptor);
  if (code == 0)
    code = uv_poll_init(loop, &output->hangup, watched);
  if (code != 0)
    return code;
  output->hangup.data = output;
  uv_unref((uv_handle_t *)&output->hangup);
  return uv_poll_start(&output->hangup, UV_DISCONNECT, on_hangup);
}

bool output_is_full(const output_t *output) { return output->waiting.size >= FULL_SIZE; }

bool output_is_idle(const output_t *output) {
  return !output->is_writing && output->waiting.size == 0;
}

void output_add(output_t *output, const char *bytes, size_t size) {
  buffer_t *buffer = &output->waiting;
  if (output->is_closed)
    return;
  if (buffer->size + size > buffer->capacity) {
    buffer->capacity = 2 * (buffer->size + size);
    buffer->bytes = realloc(buffer->bytes, buffer->capacity);
    if (!buffer->bytes)
      abort();
  }
  memcpy(buffer->bytes + buffer->size, bytes, size);
  buffer->size += size;
}

static void end_write(output_t *output, int code) {
  output->is_writing = false;
  output->writing.size = 0;
  output->on_written(output->context, output->is_closed ? 0 : code);
}

static void on_stream_written(uv_write_t *request, int code) { end_write(request->data, code); }

static void write_file(output_t *output);

static void on_file_written(uv_fs_t *request) {
  output_t *output = request->data;
  ssize_t result = request->result;
  uv_fs_req_cleanup(request);
  if (result > 0)
    output->written += (size_t)result;
  if (result > 0 && output->written < output->writing.size)
    write_file(output);
  else
    end_write(output, result < 0 ? (int)result : 0);
}

static void write_file(output_t *output) {
  uv_buf_t rest = uv_buf_init(output->writing.bytes + output->written,
                              (unsigned)(output->writing.size - output->written));
  output->file_request.data = output;
  uv_fs_write(output->loop, &output->file_request, STDOUT_FILENO, &rest, 1, -1, on_file_written);
}

void output_flush(output_t *output) {
  if (output->is_writing || output->waiting.size == 0)
    return;
  buffer_t empty = output->writing;
  output->writing = output->waiting;
  output->waiting = empty;
  output->written = 0;
  output->is_writing = true;
  if (output->is_file) {
    write_file(output);
    return;
  }
  uv_buf_t all = uv_buf_init(output->writing.bytes, (unsigned)output->writing.size);
  output->stream_request.data = output;
  int code =
      uv_write(&output->stream_request, (uv_stream_t *)&output->stream, &all, 1, on_stream_written);
  if (code != 0)
    end_write(output, code);
}

void output_finish(output_t *output) {
  if (!output->is_file && !output->is_closed)
    uv_poll_stop(&output->hangup);
}

static void close_descriptor(uv_handle_t *handle) { close((int)(intptr_t)handle->data); }

void output_close(output_t *output) {
  uv_os_fd_t watched;
  if (output->is_closed)
    return;
  output->is_closed = true;
  output->waiting.size = 0;
  if (output->is_file)
    return;
  // libuv closes a stream's descriptor, but not one that it polls.
  uv_fileno((uv_handle_t *)&output->hangup, &watched);
  output->hangup.data = (void *)(intptr_t)watched;
  uv_close((uv_handle_t *)&output->hangup, close_descriptor);
  uv_close((uv_handle_t *)&output->stream, NULL);
}

void output_end(output_t *output) {
  free(output->waiting.bytes);
  free(output->writing.bytes);
}
