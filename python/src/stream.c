/* A stream of Swift's as an async iterator. */
#include "core.h"

#define BATCH 64

PyTypeObject *StreamType, *NextType;

typedef struct Stream {
  PyObject_HEAD Executor *executor;
  Library *library;
  Type *element;
  PyObject *name;
  tenon_stream_t *stream;
  PyObject *weak;
  int at, count; /* of the items that are here */
  int run;       /* items since the loop last had its turn */
  int ended, reading;
  struct Next *spare; /* the last one, which nobody may have any more */
  tenon_value_t items[BATCH];
} Stream;

/* What __anext__() gives. */
typedef struct Next {
  PyObject_HEAD Stream *stream;
  Call *wait;
  int is_over;
} Next;

PyObject *stream_new(Executor *executor, Library *library, Type *element, PyObject *name,
                     tenon_stream_t *handle) {
  allocfunc allocate = (allocfunc)PyType_GetSlot((PyTypeObject *)hooks.stream, Py_tp_alloc);
  Stream *stream = (Stream *)allocate((PyTypeObject *)hooks.stream, 0);
  if (!stream)
    return library->api->tenon_stream_release(handle), NULL;
  stream->executor = (Executor *)Py_NewRef((PyObject *)executor);
  stream->library = (Library *)Py_NewRef((PyObject *)library);
  stream->element = (Type *)Py_NewRef((PyObject *)element);
  stream->name = Py_NewRef(name);
  stream->stream = handle;
  return (PyObject *)stream;
}

static void stream_forget(Stream *stream) {
  stream->ended = 1;
  for (; stream->at < stream->count; stream->at++)
    stream->library->api->tenon_value_drop(&stream->items[stream->at]);
}

/* How it ended, as an exception. */
static PySendResult stream_over(Stream *stream, tenon_status_t status) {
  stream->ended = 1;
  if (status == TENON_STATUS_ENDED) {
    PyErr_SetNone(PyExc_StopAsyncIteration);
  } else if (status == TENON_STATUS_REJECTED) {
    tenon_error_t *error = NULL;
    stream->library->api->tenon_stream_copy_error(stream->stream, &error);
    raise_error(stream->library, error);
  } else {
    raise_status(stream->library->api, status, PyUnicode_AsUTF8AndSize(stream->name, NULL));
  }
  return PYGEN_ERROR;
}

/* A stream that was made outside of any loop would block the one that it is read in. */
static int stream_would_block(Stream *stream) {
  if (stream->executor->mode != MODE_BLOCKING)
    return 0;
  PyObject *loop = PyObject_CallNoArgs(hooks.get_running_loop);
  int is_running = loop && loop != Py_None;
  Py_XDECREF(loop);
  if (is_running)
    PyErr_Format(PyExc_RuntimeError, "%U(): this stream was made outside of the loop",
                 stream->name);
  return is_running;
}

/* Looks for items: OK, PENDING with a call that waits, or how it ended. */
static tenon_status_t stream_fetch(Stream *stream, Call **wait) {
  const Api *api = stream->library->api;
  size_t count = 0;
  tenon_future_t *ready = NULL;
  if (!stream->executor->handle)
    return TENON_STATUS_CLOSED;
  if (stream->run > 0 && stream->executor->mode == MODE_ASYNCIO) {
    /* In the middle of a run Swift goes on here, and not in the loop's next turn: a turn costs as much as a batch. */
    if (executor_turn(stream->executor, 1000000))
      return TENON_STATUS_CLOSED;
    if (!stream->executor->handle)
      return TENON_STATUS_CLOSED;
  }
  executor_enter(stream->executor);
  tenon_status_t status =
      api->tenon_stream_next_batch(stream->stream, stream->items, BATCH, &count, &ready);
  executor_leave(stream->executor);
  stream->at = 0;
  stream->count = status == TENON_STATUS_OK ? (int)count : 0;
  if (status != TENON_STATUS_PENDING)
    return status;
  Type *none = (Type *)type_from(s_void); /* "v" */
  *wait = call_new(stream->executor, stream->library, none, stream->name, ready);
  Py_DECREF((PyObject *)none);
  return status;
}

static PySendResult next_step(Next *next, PyObject *argument, PyObject **out) {
  Stream *stream = next->stream;
  for (;;) {
    if (next->wait) {
      PySendResult result = call_send((PyObject *)next->wait, argument, out);
      if (result == PYGEN_NEXT)
        return result;
      stream->reading = 0;
      SET(next->wait, NULL);
      if (result == PYGEN_ERROR)
        return next->is_over = 1, result;
      SET(*out, NULL);
      stream->run = 0;
    }
    if (stream->at < stream->count) {
      if (++stream->run > 8 * BATCH) { /* the loop's turn */
        stream->run = 0;
        if (stream->executor->mode == MODE_ASYNCIO)
          return *out = Py_NewRef(Py_None), PYGEN_NEXT;
      }
      next->is_over = 1;
      *out = value_read(stream->element, stream->library, &stream->items[stream->at++]);
      return *out ? PYGEN_RETURN : PYGEN_ERROR;
    }
    if (stream->ended)
      return next->is_over = 1, stream_over(stream, TENON_STATUS_ENDED);
    if (stream->reading) {
      PyErr_Format(PyExc_RuntimeError, "%U(): another task waits for the next item", stream->name);
      return next->is_over = 1, PYGEN_ERROR;
    }
    if (stream_would_block(stream))
      return next->is_over = 1, PYGEN_ERROR;
    tenon_status_t status = stream_fetch(stream, &next->wait);
    if (status == TENON_STATUS_OK)
      continue;
    if (status != TENON_STATUS_PENDING)
      return next->is_over = 1, stream_over(stream, status);
    if (!next->wait)
      return next->is_over = 1, PYGEN_ERROR;
    stream->reading = 1;
  }
}

/* Its stream is let go of when it is over: so the stream can keep it for the next item. */
static PySendResult next_send(PyObject *self, PyObject *argument, PyObject **out) {
  Next *next = (Next *)self;
  *out = NULL;
  if (next->is_over) {
    PyErr_SetString(PyExc_RuntimeError, "this item has been awaited before");
    return PYGEN_ERROR;
  }
  PySendResult result = next_step(next, argument, out);
  if (next->is_over)
    SET(next->stream, NULL);
  return result;
}

static PyObject *next_next(PyObject *self) {
  PyObject *out;
  PySendResult result = next_send(self, Py_None, &out);
  return give_result(result, out);
}

static PyObject *next_send_method(PyObject *self, PyObject *argument) {
  PyObject *out;
  PySendResult result = next_send(self, argument, &out);
  return give_result(result, out);
}

static PyObject *next_throw(PyObject *self, PyObject *arguments) {
  Next *next = (Next *)self;
  if (next->wait) {
    PyObject *yielded = call_throw((PyObject *)next->wait, arguments);
    if (yielded)
      return yielded;
    next->stream->reading = 0;
    SET(next->wait, NULL);
    next->is_over = 1;
    SET(next->stream, NULL);
    return NULL;
  }
  PyObject *type, *value = NULL, *traceback = NULL;
  next->is_over = 1;
  SET(next->stream, NULL);
  if (!PyArg_ParseTuple(arguments, "O|OO", &type, &value, &traceback))
    return NULL;
  if (PyExceptionInstance_Check(type))
    PyErr_SetObject((PyObject *)Py_TYPE(type), type);
  else
    PyErr_SetObject(type, value);
  return NULL;
}

static PyObject *next_close(PyObject *self, PyObject *unused) {
  Next *next = (Next *)self;
  (void)unused;
  next->is_over = 1;
  if (next->wait) {
    next->stream->reading = 0;
    Py_XDECREF(PyObject_CallMethod((PyObject *)next->wait, "close", NULL));
    SET(next->wait, NULL);
  }
  SET(next->stream, NULL);
  if (PyErr_Occurred())
    return NULL;
  Py_RETURN_NONE;
}

static PyObject *stream_anext(PyObject *self) {
  if (!executor_is_here(((Stream *)self)->executor, ((Stream *)self)->name))
    return NULL;
  Stream *stream = (Stream *)self;
  Next *next = stream->spare;
  if (next && next->is_over && Py_REFCNT((PyObject *)next) == 1) {
    next->is_over = 0;
  } else {
    if (!(next = (Next *)PyType_GenericAlloc(NextType, 0)))
      return NULL;
    SET(stream->spare, next);
  }
  next->stream = (Stream *)Py_NewRef(self);
  return Py_NewRef((PyObject *)next);
}

/* _cancel(exception or None): asks Swift for no more, because of that, and drops what is here. */
static PyObject *stream_cancel(PyObject *self, PyObject *because) {
  Stream *stream = (Stream *)self;
  const Api *api = stream->library->api;
  if (!executor_is_here(stream->executor, stream->name))
    return NULL;
  tenon_error_t *reason = because == Py_None ? NULL : reason_from(stream->library, because);
  stream_forget(stream);
  executor_enter(stream->executor);
  api->tenon_stream_cancel_with(stream->stream, reason);
  executor_leave(stream->executor);
  if (reason)
    api->tenon_error_release(reason);
  Py_RETURN_NONE;
}

/* end(): an awaitable of Swift's end, however it is. */
static PyObject *stream_end(PyObject *self, PyObject *unused) {
  Stream *stream = (Stream *)self;
  (void)unused;
  tenon_future_t *end = NULL;
  tenon_status_t status = stream->library->api->tenon_stream_copy_end(stream->stream, &end);
  if (status != TENON_STATUS_OK)
    return raise_status(stream->library->api, status, "end"), NULL;
  Type *none = type_from(s_void);
  Call *call = call_new(stream->executor, stream->library, none, stream->name, end);
  Py_DECREF((PyObject *)none);
  return (PyObject *)call;
}

static PyObject *stream_self(PyObject *self) { return Py_NewRef(self); }

static int stream_traverse(PyObject *self, visitproc visit, void *arg) {
  Stream *stream = (Stream *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT((PyObject *)stream->executor);
  Py_VISIT((PyObject *)stream->library);
  Py_VISIT((PyObject *)stream->element);
  Py_VISIT((PyObject *)stream->spare);
  return 0;
}

/* An item that nobody awaited knows its stream. */
static int stream_clear(PyObject *self) {
  SET(((Stream *)self)->spare, NULL);
  return 0;
}

static void stream_dealloc(PyObject *self) {
  Stream *stream = (Stream *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (stream->weak)
    PyObject_ClearWeakRefs(self);
  if (stream->stream) {
    stream_forget(stream);
    executor_enter(stream->executor);
    stream->library->api->tenon_stream_release(stream->stream);
    executor_leave(stream->executor);
  }
  SET(stream->spare, NULL);
  Py_XDECREF((PyObject *)stream->executor);
  Py_XDECREF((PyObject *)stream->library);
  Py_XDECREF((PyObject *)stream->element);
  Py_XDECREF(stream->name);
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
}

static int next_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT((PyObject *)((Next *)self)->stream);
  Py_VISIT((PyObject *)((Next *)self)->wait);
  return 0;
}

static void next_dealloc(PyObject *self) {
  Next *next = (Next *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (next->wait) {
    next->stream->reading = 0;
    call_abandon(next->wait);
    next->wait->state = STATE_CONSUMED;
    Py_DECREF((PyObject *)next->wait);
  }
  Py_XDECREF((PyObject *)next->stream);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyMethodDef stream_methods[] = {
    {"_cancel", stream_cancel, METH_O, NULL},
    {"_end", stream_end, METH_NOARGS, NULL},
    {0},
};
static PyMemberDef stream_members[] = {
    {"__name__", T_OBJECT, offsetof(Stream, name), READONLY, NULL},
    {"_executor", T_OBJECT, offsetof(Stream, executor), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Stream, weak), READONLY, NULL},
    {0},
};
static PyType_Slot stream_slots[] = {
    {Py_tp_doc, "Items of Swift's."},
    {Py_tp_dealloc, stream_dealloc},
    {Py_tp_traverse, stream_traverse},
    {Py_tp_clear, stream_clear},
    {Py_tp_methods, stream_methods},
    {Py_tp_members, stream_members},
    {Py_am_aiter, stream_self},
    {Py_am_anext, stream_anext},
    {0, NULL},
};
PyType_Spec stream_spec = {"tenon._core.Stream", sizeof(Stream), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_BASETYPE |
                               Py_TPFLAGS_DISALLOW_INSTANTIATION,
                           stream_slots};

static PyMethodDef next_methods[] = {
    {"send", next_send_method, METH_O, NULL},
    {"throw", next_throw, METH_VARARGS, NULL},
    {"close", next_close, METH_NOARGS, NULL},
    {0},
};
static PyType_Slot next_slots[] = {
    {Py_tp_dealloc, next_dealloc}, {Py_tp_traverse, next_traverse},
    {Py_tp_methods, next_methods}, {Py_am_await, stream_self},
    {Py_am_send, next_send},       {Py_tp_iter, stream_self},
    {Py_tp_iternext, next_next},   {0, NULL},
};
PyType_Spec next_spec = {
    "tenon._core.Next", sizeof(Next), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, next_slots};
