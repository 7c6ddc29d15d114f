/* What a call holds until it returns, and what it says when it is given something wrong. */
#include "core.h"

#include <stdio.h>
#include <stdlib.h>

/* ---- What a call holds ---- */

typedef struct Chunk {
  struct Chunk *next;
  max_align_t data[];
} Chunk;

struct Lent {
  struct Lent *next;
  lent_fn fn;
  void *object;
};

void writer_init(Writer *writer, Library *library, Executor *executor, const char *function) {
  writer->used = 0;
  writer->chunks = NULL;
  writer->kept = NULL;
  writer->kept_count = writer->kept_room = 0;
  writer->lent = NULL;
  writer->library = library;
  writer->executor = executor;
  writer->function = function;
}

void writer_end(Writer *writer, int succeeded) {
  for (struct Lent *lent = writer->lent; lent; lent = lent->next)
    lent->fn(lent->object, succeeded);
  for (size_t i = 0; i < writer->kept_count; i++)
    Py_DECREF(writer->kept[i]);
  free(writer->kept);
  for (Chunk *chunk = writer->chunks, *next; chunk; chunk = next) {
    next = chunk->next;
    free(chunk);
  }
}

void *writer_take(Writer *writer, size_t size) {
  size = (size + 15) & ~(size_t)15;
  if (size <= sizeof writer->first - writer->used) {
    void *taken = memset(writer->first + writer->used, 0, size);
    writer->used += size;
    return taken;
  }
  Chunk *chunk = calloc(1, sizeof *chunk + size);
  if (!chunk)
    return PyErr_NoMemory();
  chunk->next = writer->chunks;
  writer->chunks = chunk;
  return chunk->data;
}

int writer_keep(Writer *writer, PyObject *object) {
  if (writer->kept_count == writer->kept_room) {
    size_t room = writer->kept_room * 2 + 8;
    PyObject **kept = realloc(writer->kept, room * sizeof *kept);
    if (!kept)
      return Py_DECREF(object), PyErr_NoMemory(), -1;
    writer->kept = kept;
    writer->kept_room = room;
  }
  writer->kept[writer->kept_count++] = object;
  return 0;
}

int writer_lend(Writer *writer, lent_fn fn, void *object) {
  struct Lent *lent = writer_take(writer, sizeof *lent);
  if (!lent)
    return fn(object, 0), -1;
  lent->next = writer->lent;
  lent->fn = fn;
  lent->object = object;
  writer->lent = lent;
  return 0;
}

/* ---- Messages ---- */

static size_t path_text(const Path *path, char *text, size_t room) {
  size_t used = path->up ? path_text(path->up, text, room) : 0;
  const char *name =
      path->name && PyUnicode_Check(path->name) ? PyUnicode_AsUTF8AndSize(path->name, NULL) : NULL;
  PyErr_Clear();
  int more = path->name
                 ? snprintf(text + used, room - used, path->up ? ".%s" : "%s", name ? name : "?")
                 : snprintf(text + used, room - used, "[%zd]", path->index);
  return more > 0 && used + (size_t)more < room ? used + (size_t)more : room - 1;
}

int refuse(Writer *writer, const Path *path, PyObject *exception, PyObject *value,
           const char *wanted) {
  char where[256] = "value";
  if (path)
    path_text(path, where, sizeof where);
  PyErr_Clear();
  PyObject *name = value ? PyType_GetName(Py_TYPE(value)) : NULL;
  if (name)
    PyErr_Format(exception, "%s(): %s must be %s, not %U", writer->function, where, wanted, name);
  else
    PyErr_Format(exception, "%s(): %s must be %s", writer->function, where, wanted);
  Py_XDECREF(name);
  return -1;
}
