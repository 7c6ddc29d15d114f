/**
 * @file notes.h
 *
 * What the generated header of Sources/Notes is, written by hand.
 */
#ifndef NOTES_H
#define NOTES_H

#include <tenon/record.h>
#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** A file with notes. Reference counted: what you take or retain, you release. */
typedef struct notes_notebook notes_notebook_t;

/** One note. One that you are given is a single block, which notes_note_free() ends. */
typedef struct notes_note {
  size_t struct_size;        /**< sizeof(notes_note_t) */
  tenon_optional_int64_t id; /**< optional: given when it is stored */
  tenon_string_t title;
  tenon_string_t body;
  double stars; /**< from 0 to 5 */
} notes_note_t;

static inline notes_note_t notes_note_init(void) {
  notes_note_t note;
  memset(&note, 0, sizeof note);
  note.struct_size = sizeof note;
  return note;
}

/** What a column holds. */
TENON_ENUM(int32_t, notes_cell_kind_t){
    NOTES_CELL_NULL = 0, NOTES_CELL_INTEGER = 1, NOTES_CELL_REAL = 2,
    NOTES_CELL_TEXT = 3, NOTES_CELL_BLOB = 4,
};
typedef struct notes_cell {
  size_t struct_size;
  notes_cell_kind_t kind;
  union {
    int64_t integer;
    double real;
    tenon_string_t text;
    tenon_bytes_t blob;
  } as;
} notes_cell_t;

typedef struct notes_cell_entry {
  tenon_string_t key;
  const notes_cell_t *value;
} notes_cell_entry_t;

/** What a query gives: the columns by name. A single block, which notes_row_free() ends. */
typedef struct notes_row {
  size_t struct_size;
  struct {
    const notes_cell_entry_t *data;
    size_t count;
  } columns;
} notes_row_t;

#define NOTES_ERROR_DOMAIN "notes.NotesError"
TENON_ENUM(int32_t, notes_error_code_t){
    NOTES_ERROR_TAKEN = 1,  /**< there is a note of that title */
    NOTES_ERROR_SQLITE = 2, /**< what SQLite says of anything else */
};
typedef struct notes_error {
  size_t struct_size;
  notes_error_code_t code;
  union {
    struct {
      tenon_string_t title;
    } taken;
    struct {
      int32_t code;
      tenon_string_t message;
    } sqlite;
  } as;
} notes_error_t;

/**
 * Reads what something has failed with.
 *
 * Ownership:  `*details_out` lives as long as the caller's reference to `error`.
 * Errors:     TENON_STATUS_UNSUPPORTED for any other error.
 */
TENON_API tenon_status_t notes_error_get(tenon_error_t *error,
                                         const notes_error_t **details_out) TENON_NOEXCEPT;

/** Opens a notebook, which is made if it is not there. Delivers one: notes_notebook_take(). */
TENON_API tenon_status_t notes_notebook_open(tenon_executor_t *executor, const char *path,
                                             tenon_future_t **notebook_out) TENON_NOEXCEPT;

/** Stores a note (copied). Delivers it, with its id: notes_note_take(). */
TENON_API tenon_status_t notes_notebook_add(notes_notebook_t *notebook, tenon_executor_t *executor,
                                            const notes_note_t *note,
                                            tenon_future_t **note_out) TENON_NOEXCEPT;

/** The notes with at least so many stars, in the order of their ids. Items: notes_note_take_item(). */
TENON_API tenon_status_t notes_notebook_notes(notes_notebook_t *notebook,
                                              tenon_executor_t *executor, double stars,
                                              tenon_stream_t **notes_out) TENON_NOEXCEPT;

/** What a query of your own gives. A cancel interrupts it. Items: notes_row_take_item(). */
TENON_API tenon_status_t notes_notebook_query(notes_notebook_t *notebook,
                                              tenon_executor_t *executor, const char *sql,
                                              tenon_stream_t **rows_out) TENON_NOEXCEPT;

TENON_API tenon_status_t notes_notebook_retain(notes_notebook_t *notebook) TENON_NOEXCEPT;
TENON_API tenon_status_t notes_notebook_release(notes_notebook_t *notebook) TENON_NOEXCEPT;

TENON_API tenon_status_t notes_notebook_take(tenon_future_t *future,
                                             notes_notebook_t **notebook_out) TENON_NOEXCEPT;
TENON_API tenon_status_t notes_note_take(tenon_future_t *future,
                                         notes_note_t **note_out) TENON_NOEXCEPT;
TENON_API tenon_status_t notes_note_take_item(tenon_value_t *item,
                                              notes_note_t **note_out) TENON_NOEXCEPT;
TENON_API tenon_status_t notes_row_take_item(tenon_value_t *item,
                                             notes_row_t **row_out) TENON_NOEXCEPT;
TENON_API void notes_note_free(notes_note_t *note) TENON_NOEXCEPT;
TENON_API void notes_row_free(notes_row_t *row) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* NOTES_H */
