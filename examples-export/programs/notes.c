/* Notes in SQLite, by GRDB: records both ways, a typed error, streams of records, and a cancel that interrupts a query. */
#include "loop.h"

#include <notes.h>

static const char *path;
static notes_notebook_t *notebook;
static tenon_stream_t *stream;
static int count;
static char first[32], last[32];

static void add(const char *title, double stars, tenon_completion_fn fn) {
  tenon_future_t *future;
  notes_note_t note = notes_note_init();
  note.title = tenon_string(title);
  note.stars = stars;
  NEED(notes_notebook_add(notebook, executor, &note, &future));
  then(future, fn);
}

static void print_error(tenon_error_t *error) {
  const notes_error_t *details;
  NEED(notes_error_get(error, &details));
  switch (details->code) {
  case NOTES_ERROR_TAKEN:
    printf("taken: %s\n", details->as.taken.title.data);
    break;
  case NOTES_ERROR_SQLITE:
    printf("sqlite %" PRId32 ": %s\n", details->as.sqlite.code, details->as.sqlite.message.data);
    break;
  default:
    printf("another error: %" PRId32 "\n", (int32_t)details->code);
  }
  NEED(tenon_error_release(error));
}

static void query(const char *sql, tenon_completion_fn fn) {
  NEED(notes_notebook_query(notebook, executor, sql, &stream));
  fn(NULL, TENON_STATUS_OK, NULL);
}

static void read_nothing(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  tenon_error_t *error;
  (void)context, (void)ready;
  if ((status = next(stream, &item, read_nothing)) == TENON_STATUS_PENDING)
    return;
  NEED(status == TENON_STATUS_REJECTED ? TENON_STATUS_OK : TENON_STATUS_INVALID);
  NEED(tenon_stream_copy_error(stream, &error));
  print_error(error);
  NEED(tenon_stream_release(stream));
  NEED(notes_notebook_release(notebook));
}

/** There is one connection, so this comes only after the query before it has ended. */
static void added_after(void *context, tenon_status_t status, tenon_future_t *future) {
  notes_note_t *note;
  (void)context, (void)status;
  NEED(notes_note_take(future, &note));
  printf("interrupted; then stored %s\n", note->title.data);
  notes_note_free(note);
  query("SELECT * FROM nowhere", read_nothing);
}

/** The first row of a query that has no second, and never ends. */
static void read_endless(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  (void)context, (void)ready;
  if ((status = next(stream, &item, read_endless)) == TENON_STATUS_PENDING)
    return;
  NEED(status);
  NEED(tenon_value_drop(&item));
  NEED(tenon_stream_cancel(stream));
  NEED(tenon_stream_release(stream));
  add("later", 1, added_after);
}

static const notes_cell_t *cell(const notes_row_t *row, const char *name) {
  for (size_t i = 0; i < row->columns.count; i++)
    if (strcmp(row->columns.data[i].key.data, name) == 0)
      return row->columns.data[i].value;
  return NULL;
}

static void read_row(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  notes_row_t *row;
  (void)context, (void)ready;
  if ((status = next(stream, &item, read_row)) == TENON_STATUS_PENDING)
    return;
  if (status == TENON_STATUS_OK) {
    NEED(notes_row_take_item(&item, &row));
    const notes_cell_t *notes = cell(row, "notes"), *mean = cell(row, "mean");
    if (notes && notes->kind == NOTES_CELL_INTEGER && mean && mean->kind == NOTES_CELL_REAL)
      printf("%" PRId64 " notes, %g stars\n", notes->as.integer, mean->as.real);
    notes_row_free(row);
    read_row(NULL, TENON_STATUS_OK, NULL);
    return;
  }
  NEED(status == TENON_STATUS_ENDED ? TENON_STATUS_OK : status);
  NEED(tenon_stream_release(stream));
  query("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i = "
        "1 OR i < 0",
        read_endless);
}

static void read_notes(void *context, tenon_status_t status, tenon_future_t *ready) {
  tenon_value_t item;
  notes_note_t *note;
  (void)context, (void)ready;
  while ((status = next(stream, &item, read_notes)) == TENON_STATUS_OK) {
    NEED(notes_note_take_item(&item, &note));
    snprintf(count++ == 0 ? first : last, sizeof first, "%s", note->title.data);
    notes_note_free(note);
  }
  if (status == TENON_STATUS_PENDING)
    return;
  NEED(status == TENON_STATUS_ENDED ? TENON_STATUS_OK : status);
  NEED(tenon_stream_release(stream));
  printf("%d notes with 5 stars, from %s to %s\n", count, first, last);
  query("SELECT count(*) AS notes, avg(stars) AS mean FROM note", read_row);
}

static void refused(void *context, tenon_status_t status, tenon_future_t *future) {
  tenon_error_t *error;
  (void)context, (void)status;
  NEED(tenon_future_copy_error(future, &error));
  print_error(error);
  count = 0;
  NEED(notes_notebook_notes(notebook, executor, 5, &stream));
  read_notes(NULL, TENON_STATUS_OK, NULL);
}

static void added(void *context, tenon_status_t status, tenon_future_t *future) {
  notes_note_t *note;
  (void)context, (void)status;
  NEED(notes_note_take(future, &note));
  if (!note->id.is_some)
    puts("a note without an id");
  notes_note_free(note);
  if (++count == 600)
    add("note 7", 0, refused);
}

static void opened(void *context, tenon_status_t status, tenon_future_t *future) {
  char title[32];
  (void)context, (void)status;
  NEED(notes_notebook_take(future, &notebook));
  for (int i = 0; i < 600; i++) {
    snprintf(title, sizeof title, "note %d", i);
    add(title, i % 6, added);
  }
}

static void start(void) {
  tenon_future_t *future;
  NEED(notes_notebook_open(executor, path, &future));
  then(future, opened);
}

int main(int count_of_words, char **words) {
  path = count_of_words > 1 ? words[1] : ":memory:";
  return run(start);
}
