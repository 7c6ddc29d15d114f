/* YAML by Yams: functions that answer at once, nested records, and an error that says where. libuv reads the file. */
#include "loop.h"

#include <settings.h>

#include <fcntl.h>

static const char *path;
static uv_fs_t request;
static uv_file file;
static char text[4096];

static void print_error(tenon_error_t *error) {
  const settings_error_t *details;
  NEED(settings_error_get(error, &details));
  switch (details->code) {
  case SETTINGS_ERROR_SYNTAX:
    printf("line %" PRId64 ", column %" PRId64 ": %s\n", details->as.syntax.line,
           details->as.syntax.column, details->as.syntax.problem.data);
    break;
  case SETTINGS_ERROR_MISTAKEN:
    printf("mistaken: %s\n", details->as.mistaken.path.data);
    break;
  default:
    puts("another error");
  }
  NEED(tenon_error_release(error));
}

static void fail(const char *yaml) {
  settings_server_t *server;
  tenon_error_t *error;
  if (settings_parse(yaml, &server, &error) == TENON_STATUS_REJECTED)
    print_error(error);
}

static void print(const settings_server_t *server) {
  printf("%s listens on", server->name.data);
  for (size_t i = 0; i < server->listeners.count; i++)
    printf(" %s:%d", server->listeners.data[i]->host.data, server->listeners.data[i]->port);
  printf("; %zu labels", server->labels.count);
  if (server->limits)
    printf("; %" PRId64 " connections", server->limits->connections);
  puts("");
}

/** What is read is lent with a change: nothing is copied here. */
static void change(const settings_server_t *server) {
  tenon_value_t yaml;
  tenon_error_t *error;
  const void *data;
  size_t size;
  settings_server_t changed = *server;
  settings_limits_t limits = settings_limits_init();
  limits.connections = 5;
  limits.bytes_per_second.is_some = true;
  limits.bytes_per_second.value = 2.5;
  changed.limits = &limits;
  changed.labels.count = 0;
  NEED(settings_format(&changed, &yaml, &error));
  NEED(tenon_value_get_data(&yaml, &data, &size));
  fwrite(data, 1, size, stdout);
  NEED(tenon_value_drop(&yaml));
}

static void was_read(uv_fs_t *done) {
  settings_server_t *server;
  NEED(done->result > 0 ? settings_parse(text, &server, NULL) : TENON_STATUS_INVALID);
  uv_fs_req_cleanup(done);
  print(server);
  change(server);
  settings_server_free(server);
  fail("name: web\nlisteners: [");
  fail("name: web\nlisteners:\n  - {host: a, port: http}");
  fail("name: web");
  uv_fs_close(&loop, &request, file, NULL);
  uv_fs_req_cleanup(&request);
}

static void was_opened(uv_fs_t *done) {
  file = (uv_file)done->result;
  uv_fs_req_cleanup(done);
  uv_buf_t buffer = uv_buf_init(text, sizeof text - 1);
  if (file < 0 || uv_fs_read(&loop, &request, file, &buffer, 1, 0, was_read) != 0)
    fprintf(stderr, "%s cannot be read\n", path);
}

static void start(void) { uv_fs_open(&loop, &request, path, O_RDONLY, 0, was_opened); }

int main(int count, char **words) {
  if (count < 2)
    return 2;
  path = words[1];
  return run(start);
}
