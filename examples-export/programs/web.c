/* HTTP by async-http-client: headers as a map, bodies as streams both ways, typed errors, and cancels that end connections. */
#include "loop.h"

#include <web.h>

static const char *port;
static web_response_t *response;
static tenon_stream_t *body;
static tenon_future_t *waiting;
static size_t size;

/** Starts a request for a path of the server. */
static tenon_future_t *fetch_path(const char *path) {
  char url[64];
  tenon_future_t *future;
  web_request_t request = web_request_init(); /* with the timeout that Swift has by default */
  snprintf(url, sizeof url, "http://127.0.0.1:%s%s", port, path);
  request.url = tenon_string(url);
  NEED(web_fetch(executor, &request, &future));
  return future;
}

static void print(tenon_error_t *error) {
  const web_error_t *details;
  NEED(web_error_get(error, &details));
  switch (details->code) {
  case WEB_ERROR_BAD_URL:
    puts("a bad URL");
    break;
  case WEB_ERROR_UNREACHABLE:
    puts("unreachable");
    break;
  case WEB_ERROR_TIMED_OUT:
    puts("timed out");
    break;
  case WEB_ERROR_ALREADY_READ:
    puts("already read");
    break;
  default:
    puts("another error");
  }
  NEED(tenon_error_release(error));
}

static void print_error(tenon_future_t *future) {
  tenon_error_t *error;
  NEED(tenon_future_copy_error(future, &error));
  print(error);
}

/* ---- Errors, and a request that is cancelled ----------------------------------------------------- */

static void ended(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  puts("and its connection is closed");
  NEED(web_response_release(response));
}

static void cancelled(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)future;
  NEED(status == TENON_STATUS_CANCELLED ? TENON_STATUS_OK : TENON_STATUS_INVALID);
  puts("the request is cancelled");
  then(fetch_path("/gone"), ended);
}

static void arrived(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  NEED(web_response_release(response));
  NEED(tenon_future_cancel(waiting));
  then(waiting, cancelled);
}

static void timed_out(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  print_error(future);
  waiting = fetch_path("/never");
  then(fetch_path("/arrived"), arrived);
}

static void unreachable(void *context, tenon_status_t status, tenon_future_t *future) {
  char url[64];
  web_request_t request = web_request_init();
  (void)context, (void)status;
  print_error(future);
  snprintf(url, sizeof url, "http://127.0.0.1:%s/silent", port);
  request.url = tenon_string(url);
  request.timeout = 100000000;
  NEED(web_fetch(executor, &request, &future));
  then(future, timed_out);
}

static void bad_url(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  print_error(future);
  then(fetch_path("/hangs-up"), unreachable);
}

static void closed(void *context, tenon_status_t status, tenon_future_t *future) {
  web_request_t request = web_request_init();
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  puts("the endless body has ended");
  NEED(web_response_release(response));
  request.url = TENON_STRING("nowhere");
  NEED(web_fetch(executor, &request, &future));
  then(future, bad_url);
}

/* ---- A body that is cancelled -------------------------------------------------------------------- */

static void read_endless(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  (void)context, (void)ready;
  if ((status = next(body, &item, read_endless)) == TENON_STATUS_PENDING)
    return;
  NEED(status);
  NEED(tenon_value_drop(&item));
  NEED(tenon_stream_release(body)); /* nobody wants the rest */
  NEED(web_response_release(response));
  then(fetch_path("/gone"), closed);
}

static void endless(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  NEED(web_response_body(response, executor, &body));
  read_endless(NULL, TENON_STATUS_OK, NULL);
}

/* ---- A body that is sent as a stream ------------------------------------------------------------- */

static void read_echo(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  const void *data;
  (void)context, (void)ready;
  while ((status = next(body, &item, read_echo)) == TENON_STATUS_OK) {
    NEED(tenon_value_get_data(&item, &data, &size));
    fwrite(data, 1, size, stdout);
    NEED(tenon_value_drop(&item));
  }
  if (status == TENON_STATUS_PENDING)
    return;
  NEED(status == TENON_STATUS_ENDED ? TENON_STATUS_OK : status);
  puts("");
  NEED(tenon_stream_release(body));
  NEED(web_response_release(response));
  then(fetch_path("/endless"), endless);
}

static void echoed(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  NEED(web_response_body(response, executor, &body));
  read_echo(NULL, TENON_STATUS_OK, NULL);
}

static void upload(void) {
  static const char *const pieces[] = {"one ", "two ", "three"};
  char url[64];
  tenon_sink_t *sink;
  tenon_stream_t *pieces_out;
  tenon_future_t *future;
  web_request_t request = web_request_init();
  snprintf(url, sizeof url, "http://127.0.0.1:%s/echo", port);
  request.url = tenon_string(url);
  request.method = WEB_METHOD_POST;
  NEED(tenon_stream_create(NULL, &sink, &pieces_out));
  NEED(web_upload(executor, &request, pieces_out, &future)); /* takes the stream */
  for (size_t i = 0; i < 3; i++) {
    tenon_value_t piece;
    NEED(tenon_value_copy_bytes(pieces[i], strlen(pieces[i]), &piece));
    NEED(tenon_sink_send(sink, &piece, NULL)); /* there is room for 64 */
  }
  NEED(tenon_sink_close(sink));
  NEED(tenon_sink_release(sink));
  then(future, echoed);
}

/* ---- A body that is read as a stream ------------------------------------------------------------- */

static void read_again(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  tenon_error_t *error;
  (void)context, (void)ready;
  if ((status = next(body, &item, read_again)) == TENON_STATUS_PENDING)
    return;
  NEED(status == TENON_STATUS_REJECTED ? TENON_STATUS_OK : TENON_STATUS_INVALID);
  NEED(tenon_stream_copy_error(body, &error));
  print(error);
  NEED(tenon_stream_release(body));
  NEED(web_response_release(response));
  upload();
}

static void read_million(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  const void *data;
  size_t piece;
  (void)context, (void)ready;
  while ((status = next(body, &item, read_million)) == TENON_STATUS_OK) {
    NEED(tenon_value_get_data(&item, &data, &piece));
    size += piece;
    NEED(tenon_value_drop(&item));
  }
  if (status == TENON_STATUS_PENDING)
    return;
  NEED(status == TENON_STATUS_ENDED ? TENON_STATUS_OK : status);
  printf("%zu bytes\n", size);
  NEED(tenon_stream_release(body));
  NEED(web_response_body(response, executor, &body));
  read_again(NULL, TENON_STATUS_OK, NULL);
}

static void million(void *context, tenon_status_t status, tenon_future_t *future) {
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  NEED(web_response_body(response, executor, &body));
  read_million(NULL, TENON_STATUS_OK, NULL);
}

/* ---- Headers both ways --------------------------------------------------------------------------- */

static void greeted(void *context, tenon_status_t status, tenon_future_t *future) {
  int64_t code;
  web_string_map_t *headers;
  (void)context, (void)status;
  NEED(web_response_take(future, &response));
  NEED(web_response_get_status(response, &code));
  NEED(web_response_get_headers(response, &headers));
  for (size_t i = 0; i < headers->count; i++)
    if (strcmp(headers->data[i].key.data, "x-greeting") == 0)
      printf("%" PRId64 ": %s\n", code, headers->data[i].value.data);
  web_string_map_free(headers);
  NEED(web_response_release(response));
  then(fetch_path("/million"), million);
}

static void start(void) {
  static const web_string_entry_t headers[] = {{{"X-Name", 6}, {"Ada", 3}},
                                               {{"Accept-Language", 15}, {"en", 2}}};
  char url[64];
  tenon_future_t *future;
  web_request_t request = web_request_init();
  snprintf(url, sizeof url, "http://127.0.0.1:%s/greeting", port);
  request.url = tenon_string(url);
  request.headers.data = headers;
  request.headers.count = 2;
  NEED(web_fetch(executor, &request, &future));
  then(future, greeted);
}

int main(int count, char **words) {
  if (count < 2)
    return 2;
  port = words[1];
  return run(start);
}
