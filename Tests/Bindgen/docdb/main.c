/* The sample database: records, an enum with payload, a typed error, a callback in options, a stream. */
#include "../support.h"

#include <docdb.h>

typedef struct told {
  int calls;
  double last;
  int done;
} told_t;

static void tell(void *context, double fraction) {
  told_t *told = context;
  CHECK(told->done == 0);
  told->calls++;
  told->last = fraction;
}

static void done(void *context) { ((told_t *)context)->done++; }

static docdb_connection_t *open_database(told_t *told) {
  docdb_open_options_t options = {sizeof options, {tell, told, done}};
  docdb_connection_t *connection = NULL;
  tenon_future_t *future = NULL;
  OK(docdb_open(executor, "notes.db", told ? &options : NULL, &future));
  OK(settled(future));
  OK(docdb_connection_take(future, &connection));
  OK(tenon_future_release(future));
  return connection;
}

static void store(docdb_connection_t *connection, const char *id) {
  static const double scores[] = {1, 2.5};
  static const tenon_string_t tags[] = {{"red", 3}, {"", 0}, {"gr\xc3\xbcn", 5}};
  tenon_future_t *future = NULL;
  docdb_document_t document = docdb_document_init();
  document.id = tenon_string(id);
  document.scores.data = scores;
  document.scores.count = 2;
  document.body.data = (const uint8_t *)"bytes";
  document.body.size = 5;
  document.tags.data = tags;
  document.tags.count = 3;
  document.expires.is_some = true;
  document.expires.value = 12.5;
  OK(docdb_connection_put(connection, executor, &document, DOCDB_DURABILITY_DISK, &future));
  CHECK(number(future) == 1);
}

static void read_back(docdb_connection_t *connection) {
  tenon_future_t *future = NULL;
  docdb_document_t *document = NULL;
  OK(docdb_connection_get(connection, executor, "a", &future));
  OK(settled(future));
  OK(docdb_document_take(future, &document));
  OK(tenon_future_release(future));
  CHECK(document && document->struct_size == sizeof *document && document->revision == 1);
  CHECK(string_is(document->id, "a"));
  CHECK(document->scores.count == 2 && document->scores.data[1] == 2.5);
  CHECK(document->body.size == 5 && memcmp(document->body.data, "bytes", 5) == 0);
  CHECK(document->tags.count == 3 && string_is(document->tags.data[0], "red"));
  CHECK(string_is(document->tags.data[1], "") && string_is(document->tags.data[2], "gr\xc3\xbcn"));
  CHECK(document->expires.is_some && document->expires.value == 12.5);
  CHECK(document->title.data == NULL);
  docdb_document_free(document);
  OK(docdb_connection_get(connection, executor, "nobody", &future));
  OK(settled(future));
  document = (docdb_document_t *)1;
  OK(docdb_document_take(future, &document));
  CHECK(document == NULL);
  OK(tenon_future_release(future));
}

static size_t count_matches(docdb_connection_t *connection, const docdb_query_t *query) {
  tenon_stream_t *stream = NULL;
  tenon_value_t item = tenon_value_none();
  size_t count = 0;
  OK(docdb_connection_query(connection, executor, query, &stream));
  while (next(stream, &item)) {
    docdb_document_t *document = NULL;
    docdb_connection_t *other = NULL;
    CHECK_STATUS(TENON_STATUS_INVALID, docdb_document_take_item(&item, NULL));
    (void)other;
    OK(docdb_document_take_item(&item, &document));
    CHECK(item.kind == TENON_VALUE_NONE);
    CHECK(document->id.size == 1);
    docdb_document_free(document);
    count++;
  }
  OK(tenon_stream_release(stream));
  return count;
}

static void fail_with_payload(docdb_connection_t *connection) {
  tenon_future_t *future = NULL;
  const docdb_error_t *details = NULL;
  const char *domain = NULL;
  int64_t code = 0;
  docdb_document_t document = docdb_document_init();
  document.id = TENON_STRING("a");
  document.revision = 7;
  OK(docdb_connection_put(connection, executor, &document, DOCDB_DURABILITY_MEMORY, &future));
  tenon_error_t *error = failure(future);
  OK(tenon_error_get_domain(error, &domain));
  CHECK(strcmp(domain, DOCDB_ERROR_DOMAIN) == 0);
  OK(tenon_error_get_code(error, &code));
  CHECK(code == DOCDB_ERROR_CONFLICT);
  OK(docdb_error_get(error, &details));
  CHECK(details->struct_size == sizeof *details && details->code == DOCDB_ERROR_CONFLICT);
  CHECK(details->as.conflict.expected == 7 && details->as.conflict.found == 1);
  OK(tenon_error_release(error));
  document.id = TENON_STRING("");
  OK(docdb_connection_put(connection, executor, &document, DOCDB_DURABILITY_MEMORY, &future));
  error = failure(future);
  OK(docdb_error_get(error, &details));
  CHECK(details->code == DOCDB_ERROR_INVALID_ID && string_is(details->as.invalid_id, ""));
  OK(tenon_error_release(error));
  OK(tenon_error_create("test", 1, "another", NULL, &error));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, docdb_error_get(error, &details));
  OK(tenon_error_release(error));
  docdb_error_t made = {sizeof made, DOCDB_ERROR_CONFLICT, {{1, 2}}};
  OK(docdb_error_create(&made, &error));
  OK(docdb_error_get(error, &details));
  CHECK(details->as.conflict.found == 2);
  OK(tenon_error_release(error));
}

static void refuse_mistakes(docdb_connection_t *connection) {
  tenon_future_t *future = NULL;
  tenon_stream_t *stream = NULL;
  docdb_document_t document = docdb_document_init();
  docdb_connection_t *stale = open_database(NULL);
  document.id = TENON_STRING("x");
#define PUT(connection, executor, document, durability)                                            \
  docdb_connection_put(connection, executor, document, durability, &future)
  OK(docdb_connection_release(stale));
  CHECK_STATUS(TENON_STATUS_STALE, docdb_connection_release(stale));
  CHECK_STATUS(TENON_STATUS_STALE, docdb_connection_retain(stale));
  CHECK_STATUS(TENON_STATUS_STALE, PUT(stale, executor, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(NULL, executor, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT((void *)&document, executor, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT((void *)executor, executor, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, (void *)connection, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, NULL, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, NULL, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 2));
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, -1));
  document.struct_size = 0;
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  document.struct_size = SIZE_MAX;
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  document.struct_size = sizeof document;
  document.id.data = "\xff";
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  document.id.data = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  document.id.size = SIZE_MAX;
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  document.id.size = 0;
  document.scores.count = SIZE_MAX / 4;
  document.scores.data = (const double *)(const void *)&document;
  CHECK_STATUS(TENON_STATUS_INVALID, PUT(connection, executor, &document, 0));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_connection_get(connection, executor, NULL, &future));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_connection_get(connection, executor, "\xc3(", &future));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_connection_get(connection, executor, "a", NULL));
  docdb_query_t query = docdb_query_all();
  query.kind = 3;
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_connection_query(connection, executor, &query, &stream));
  CHECK(future == NULL && stream == NULL);
}

/** A call that fails has taken nothing, its callback's context included. */
static void take_nothing(void) {
  told_t told = {0, 0, 0};
  tenon_future_t *future = NULL;
  docdb_open_options_t options = {sizeof options, {tell, &told, done}};
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_open(NULL, "x", &options, &future));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_open(executor, NULL, &options, &future));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_open(executor, "x", &options, NULL));
  options.struct_size = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_open(executor, "x", &options, &future));
  CHECK(told.calls == 0 && told.done == 0 && future == NULL);
}

static void take_what_is_another(docdb_connection_t *connection) {
  tenon_future_t *future = NULL;
  docdb_document_t *document = NULL;
  docdb_connection_t *other = NULL;
  OK(docdb_connection_count(connection, executor, &future));
  CHECK_STATUS(TENON_STATUS_PENDING, docdb_document_take(future, &document));
  OK(settled(future));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_document_take(future, &document));
  CHECK_STATUS(TENON_STATUS_INVALID, docdb_connection_take(future, &other));
  CHECK(number(future) == 3);
}

int main(void) {
  told_t told = {0, 0, 0};
  tenon_future_t *future = NULL;
  begin();
  OK(docdb_check_abi(DOCDB_ABI));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, docdb_check_abi(DOCDB_ABI + 1));
  docdb_connection_t *connection = open_database(&told);
  CHECK(told.calls == 3 && told.last == 1 && told.done == 1);
  store(connection, "a");
  store(connection, "b");
  store(connection, "c");
  read_back(connection);
  docdb_query_t query = docdb_query_all();
  CHECK(count_matches(connection, &query) == 3);
  query = docdb_query_prefix(TENON_STRING("b"));
  CHECK(count_matches(connection, &query) == 1);
  query = docdb_query_range(TENON_STRING("b"), TENON_STRING("z"), 10);
  CHECK(count_matches(connection, &query) == 2);
  fail_with_payload(connection);
  refuse_mistakes(connection);
  take_nothing();
  take_what_is_another(connection);
  OK(docdb_connection_close(connection, executor, &future));
  nothing(future);
  OK(docdb_connection_get(connection, executor, "a", &future));
  tenon_error_t *error = failure(future);
  const docdb_error_t *details = NULL;
  OK(docdb_error_get(error, &details));
  CHECK(details->code == DOCDB_ERROR_CLOSED);
  OK(tenon_error_release(error));
  OK(docdb_connection_release(connection));
  return end();
}
