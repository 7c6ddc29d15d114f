/**
 * @file web.h
 *
 * What the generated header of Sources/Web is, written by hand.
 */
#ifndef WEB_H
#define WEB_H

#include <tenon/record.h>
#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** What a server has answered. Reference counted: what you take or retain, you release. */
typedef struct web_response web_response_t;

TENON_ENUM(int32_t, web_method_t){
    WEB_METHOD_GET = 0, WEB_METHOD_HEAD = 1,   WEB_METHOD_POST = 2,
    WEB_METHOD_PUT = 3, WEB_METHOD_DELETE = 4,
};

typedef struct web_string_entry {
  tenon_string_t key;
  tenon_string_t value;
} web_string_entry_t;
/** One that you are given is a single block, which web_string_map_free() ends. */
typedef struct web_string_map {
  const web_string_entry_t *data;
  size_t count;
} web_string_map_t;

/** What to ask a server for. */
typedef struct web_request {
  size_t struct_size; /**< sizeof(web_request_t) */
  tenon_string_t url;
  web_method_t method;
  web_string_map_t headers;
  int64_t timeout; /**< nanoseconds, from the first byte that is sent to the last that is read */
} web_request_t;

static inline web_request_t web_request_init(void) {
  web_request_t request;
  memset(&request, 0, sizeof request);
  request.struct_size = sizeof request;
  request.timeout = 30000000000;
  return request;
}

#define WEB_ERROR_DOMAIN "web.WebError"
TENON_ENUM(int32_t, web_error_code_t){
    WEB_ERROR_BAD_URL = 1,
    WEB_ERROR_UNREACHABLE = 2, /**< nobody listens there, or the connection has ended early */
    WEB_ERROR_TIMED_OUT = 3, WEB_ERROR_ALREADY_READ = 4, /**< a body comes only once */
};
typedef struct web_error {
  size_t struct_size;
  web_error_code_t code;
  union {
    tenon_string_t bad_url;
    tenon_string_t unreachable;
  } as;
} web_error_t;

/**
 * Reads what something has failed with.
 *
 * Ownership:  `*details_out` lives as long as the caller's reference to `error`.
 * Errors:     TENON_STATUS_UNSUPPORTED for any other error.
 */
TENON_API tenon_status_t web_error_get(tenon_error_t *error,
                                       const web_error_t **details_out) TENON_NOEXCEPT;

/** Asks a server (copied). Delivers a web_response_t: web_response_take(). */
TENON_API tenon_status_t web_fetch(tenon_executor_t *executor, const web_request_t *request,
                                   tenon_future_t **response_out) TENON_NOEXCEPT;

/** The same with a body in pieces, as they come. Takes the stream, if it succeeds. */
TENON_API tenon_status_t web_upload(tenon_executor_t *executor, const web_request_t *request,
                                    tenon_stream_t *body,
                                    tenon_future_t **response_out) TENON_NOEXCEPT;

TENON_API tenon_status_t web_response_get_status(web_response_t *response,
                                                 int64_t *status_out) TENON_NOEXCEPT;

/** Names in small letters. */
TENON_API tenon_status_t web_response_get_headers(web_response_t *response,
                                                  web_string_map_t **headers_out) TENON_NOEXCEPT;
TENON_API void web_string_map_free(web_string_map_t *map) TENON_NOEXCEPT;

/** The body in pieces, as they come. It can be read once. Items: bytes. */
TENON_API tenon_status_t web_response_body(web_response_t *response, tenon_executor_t *executor,
                                           tenon_stream_t **pieces_out) TENON_NOEXCEPT;

TENON_API tenon_status_t web_response_retain(web_response_t *response) TENON_NOEXCEPT;
TENON_API tenon_status_t web_response_release(web_response_t *response) TENON_NOEXCEPT;
TENON_API tenon_status_t web_response_take(tenon_future_t *future,
                                           web_response_t **response_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* WEB_H */
