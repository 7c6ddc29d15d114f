/* What Python writes for Swift to read: promises of async callbacks, and streams. */
#include "core.h"

#include <stdlib.h>

PyTypeObject *SinkType, *PromiseType;

/* ---- Promises: what an async callback settles ---- */

typedef struct Promise {
  PyObject_HEAD Library *library;
  Type *result;
  tenon_promise_t *promise;
} Promise;

PyObject *promise_new(Library *library, Type *result, tenon_promise_t *handle) {
  Promise *promise = PyObject_New(Promise, PromiseType);
  if (!promise)
    return library->api->tenon_promise_release(handle), NULL;
  promise->library = (Library *)Py_NewRef((PyObject *)library);
  promise->result = (Type *)Py_NewRef((PyObject *)result);
  promise->promise = handle;
  return (PyObject *)promise;
}

static tenon_promise_t *promise_take(PyObject *self) {
  tenon_promise_t *handle = ((Promise *)self)->promise;
  ((Promise *)self)->promise = NULL;
  return handle;
}

static PyObject *promise_resolve(PyObject *self, PyObject *object) {
  Promise *promise = (Promise *)self;
  if (!promise->promise)
    Py_RETURN_NONE;
  tenon_value_t value;
  if (value_write(promise->result, promise->library, object, &value))
    return NULL;
  if (promise->library->api->tenon_promise_resolve(promise_take(self), &value) != TENON_STATUS_OK)
    promise->library->api->tenon_value_drop(&value);
  Py_RETURN_NONE;
}

static PyObject *promise_reject(PyObject *self, PyObject *exception) {
  Promise *promise = (Promise *)self;
  const Api *api = promise->library->api;
  if (!promise->promise)
    Py_RETURN_NONE;
  tenon_error_t *error =
      is_cancellation(exception) ? NULL : error_from(promise->library, exception);
  if (error) {
    api->tenon_promise_reject(promise_take(self), error);
    api->tenon_error_release(error);
  } else {
    api->tenon_promise_cancel(promise_take(self));
  }
  Py_RETURN_NONE;
}

/* Who is told of a cancel, and where it may come: the handles are not ours, and may be stale by then. */
typedef struct Hearing {
  PyObject *fn;
  Library *library;
  tenon_promise_t *promise;
  tenon_sink_t *sink; /* or this */
} Hearing;

/* Whoever looks from outside tells by these what a callback's context is: Survey+Promises.swift. */
_Static_assert(offsetof(Hearing, library) == 8, "the inspector's Hearing.library");
_Static_assert(offsetof(Hearing, promise) == 16, "the inspector's Hearing.promise");

static Hearing *hearing_new(PyObject *fn, Library *library, tenon_promise_t *promise,
                            tenon_sink_t *sink) {
  Hearing *hearing = malloc(sizeof *hearing);
  if (!hearing)
    return (Hearing *)PyErr_NoMemory();
  *hearing = (Hearing){Py_NewRef(fn), (Library *)Py_NewRef((PyObject *)library), promise, sink};
  return hearing;
}

static void hearing_free(Hearing *hearing) {
  Py_DECREF(hearing->fn);
  Py_DECREF((PyObject *)hearing->library);
  free(hearing);
}

/* NULL: there is none. */
static PyObject *reason_of(Hearing *hearing) {
  const Api *api = hearing->library->api;
  tenon_error_t *error = NULL;
  tenon_status_t status = hearing->promise
                              ? api->tenon_promise_copy_reason(hearing->promise, &error)
                              : api->tenon_sink_copy_reason(hearing->sink, &error);
  if (status != TENON_STATUS_OK || !error)
    return NULL;
  PyObject *reason = reason_object(hearing->library, error);
  api->tenon_error_release(error);
  return reason;
}

/* Calls fn(reason), or fn(). In the poll, without the GIL; or where the executor closes. */
static void promise_cancelled(void *context, tenon_status_t status) {
  Hearing *hearing = context;
  PyGILState_STATE state;
  if (!python_enter(&state))
    return;
  if (status == TENON_STATUS_CANCELLED || status == TENON_STATUS_CLOSED) {
    PyObject *reason = reason_of(hearing);
    PyObject *result = PyObject_CallFunctionObjArgs(hearing->fn, reason, NULL);
    if (!result)
      PyErr_WriteUnraisable(hearing->fn);
    Py_XDECREF(result);
    Py_XDECREF(reason);
  }
  hearing_free(hearing);
  python_exit(state);
}

/* on_cancel(executor, fn) */
static PyObject *promise_on_cancel(PyObject *self, PyObject *arguments) {
  Promise *promise = (Promise *)self;
  PyObject *executor, *fn;
  if (!PyArg_ParseTuple(arguments, "O!O", ExecutorType, &executor, &fn))
    return NULL;
  if (!promise->promise || !((Executor *)executor)->handle)
    Py_RETURN_NONE;
  Hearing *hearing = hearing_new(fn, promise->library, promise->promise, NULL);
  if (!hearing)
    return NULL;
  executor_enter((Executor *)executor);
  tenon_status_t status = promise->library->api->tenon_promise_on_cancel(
      promise->promise, ((Executor *)executor)->handle, promise_cancelled, hearing, NULL);
  executor_leave((Executor *)executor);
  if (status != TENON_STATUS_OK)
    hearing_free(hearing);
  Py_RETURN_NONE;
}

static void promise_dealloc(PyObject *self) {
  Promise *promise = (Promise *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (promise->promise)
    promise->library->api->tenon_promise_release(promise->promise);
  Py_DECREF((PyObject *)promise->library);
  Py_DECREF((PyObject *)promise->result);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyMethodDef promise_methods[] = {
    {"resolve", promise_resolve, METH_O, NULL},
    {"reject", promise_reject, METH_O, NULL},
    {"on_cancel", promise_on_cancel, METH_VARARGS, NULL},
    {0},
};
static PyType_Slot promise_slots[] = {
    {Py_tp_dealloc, promise_dealloc}, {Py_tp_methods, promise_methods}, {0, NULL}};
PyType_Spec promise_spec = {"tenon._core.Promise", sizeof(Promise), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, promise_slots};

/* ---- Sinks: where an async iterator of Python's is written to ---- */

typedef struct Sink {
  PyObject_HEAD Executor *executor;
  Type *element;
  Library *library;
  tenon_sink_t *sink;
  tenon_stream_t *stream;
  PyObject *iterator;
} Sink;

static void sink_lent(void *object, int succeeded) {
  Sink *sink = object;
  if (succeeded) {
    PyObject *done =
        PyObject_CallMethod(sink->executor->host, "pump", "OO", sink->iterator, (PyObject *)sink);
    if (!done)
      PyErr_WriteUnraisable((PyObject *)sink);
    Py_XDECREF(done);
  } else {
    sink->library->api->tenon_stream_release(sink->stream);
  }
  SET(sink->iterator, NULL);
  Py_DECREF((PyObject *)sink);
}

int stream_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  const Api *api = writer->library->api;
  PyObject *aiter = PyObject_GetAttrString(value, "__aiter__");
  Py_XDECREF(aiter);
  if (!aiter)
    return refuse(writer, path, PyExc_TypeError, value, "an async iterable");
  if (!writer->executor || writer->executor->mode == MODE_BLOCKING)
    return refuse(writer, path, PyExc_RuntimeError, NULL, "given in a loop");
  Sink *sink = PyObject_New(Sink, SinkType);
  if (!sink)
    return -1;
  sink->executor = (Executor *)Py_NewRef((PyObject *)writer->executor);
  sink->library = (Library *)Py_NewRef((PyObject *)writer->library);
  sink->element = (Type *)Py_NewRef((PyObject *)type->of[0]);
  sink->iterator = Py_NewRef(value);
  sink->sink = NULL;
  tenon_status_t status = api->tenon_stream_create(NULL, &sink->sink, &sink->stream);
  if (status != TENON_STATUS_OK) {
    Py_DECREF((PyObject *)sink);
    return raise_status(api, status, "no stream"), -1;
  }
  *(tenon_stream_t **)at = sink->stream;
  return writer_lend(writer, sink_lent, sink);
}

/* send(item): True: sent. False: the reader wants no more. Else what to await before the next try. */
static PyObject *sink_send(PyObject *self, PyObject *object) {
  Sink *sink = (Sink *)self;
  const Api *api = sink->library->api;
  tenon_value_t value;
  if (value_write(sink->element, sink->library, object, &value))
    return NULL;
  tenon_future_t *room = NULL;
  executor_enter(sink->executor);
  tenon_status_t status = api->tenon_sink_send(sink->sink, &value, &room);
  executor_leave(sink->executor);
  if (status == TENON_STATUS_OK)
    Py_RETURN_TRUE;
  api->tenon_value_drop(&value);
  if (status == TENON_STATUS_CANCELLED || status == TENON_STATUS_CLOSED)
    Py_RETURN_FALSE;
  if (status != TENON_STATUS_PENDING)
    return raise_status(api, status, "send"), NULL;
  PyObject *name = PyUnicode_FromString("send");
  Type *none = type_from(s_void);
  Call *call = call_new(sink->executor, sink->library, none, name, room);
  Py_DECREF((PyObject *)none);
  Py_XDECREF(name);
  return (PyObject *)call;
}

/* end(exception or None): a cancellation ends it as cancelled. */
static PyObject *sink_end(PyObject *self, PyObject *exception) {
  Sink *sink = (Sink *)self;
  const Api *api = sink->library->api;
  executor_enter(sink->executor);
  if (exception == Py_None) {
    api->tenon_sink_close(sink->sink);
  } else if (is_cancellation(exception)) {
    api->tenon_sink_cancel(sink->sink);
  } else {
    tenon_error_t *error = error_from(sink->library, exception);
    if (error)
      api->tenon_sink_fail(sink->sink, error);
    if (error)
      api->tenon_error_release(error);
  }
  executor_leave(sink->executor);
  Py_RETURN_NONE;
}

static PyObject *sink_on_cancel(PyObject *self, PyObject *fn) {
  Sink *sink = (Sink *)self;
  if (!sink->executor->handle)
    Py_RETURN_NONE;
  Hearing *hearing = hearing_new(fn, sink->library, NULL, sink->sink);
  if (!hearing)
    return NULL;
  executor_enter(sink->executor);
  tenon_status_t status = sink->library->api->tenon_sink_on_cancel(
      sink->sink, sink->executor->handle, promise_cancelled, hearing, NULL);
  executor_leave(sink->executor);
  if (status != TENON_STATUS_OK)
    hearing_free(hearing);
  Py_RETURN_NONE;
}

static void sink_dealloc(PyObject *self) {
  Sink *sink = (Sink *)self;
  PyTypeObject *type = Py_TYPE(self);
  if (sink->sink)
    sink->library->api->tenon_sink_release(sink->sink);
  Py_XDECREF(sink->iterator);
  Py_DECREF((PyObject *)sink->executor);
  Py_DECREF((PyObject *)sink->library);
  Py_DECREF((PyObject *)sink->element);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyMethodDef sink_methods[] = {
    {"send", sink_send, METH_O, NULL},
    {"end", sink_end, METH_O, NULL},
    {"on_cancel", sink_on_cancel, METH_O, NULL},
    {0},
};
static PyType_Slot sink_slots[] = {
    {Py_tp_dealloc, sink_dealloc}, {Py_tp_methods, sink_methods}, {0, NULL}};
PyType_Spec sink_spec = {"tenon._core.Sink", sizeof(Sink), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, sink_slots};
