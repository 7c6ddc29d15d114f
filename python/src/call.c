/* A call that has begun: what `await` waits for. */
#include "core.h"

PyTypeObject *CallType;

/* ---- Awaiting ---- */

static PySendResult call_result(Call *call, PyObject **out) {
  call->state = STATE_CONSUMED;
  PyObject *value = call->value, *error = call->error, *cancellation = call->cancellation;
  call->value = call->error = call->cancellation = NULL;
  if (cancellation) {
    /* It was cancelled, whatever came: the task has been told, and counts on it. */
    Py_XDECREF(value);
    Py_XDECREF(error);
    raise_exception(cancellation);
  } else if (error) {
    raise_exception(error);
  } else {
    *out = value;
    return PYGEN_RETURN;
  }
  return PYGEN_ERROR;
}

/* Gives the task something to wait for. */
static PySendResult call_suspend(Call *call, PyObject **out) {
  PyObject *waiter = PyObject_CallNoArgs(call->executor->create_future);
  if (!waiter || PyObject_SetAttr(waiter, s_blocking, Py_True)) {
    Py_XDECREF(waiter);
    return PYGEN_ERROR;
  }
  SET(call->waiter, Py_NewRef(waiter));
  *out = waiter;
  return PYGEN_NEXT;
}

/* A foreign loop's coroutine, which waits in that loop's own way. */
static PySendResult call_delegate(Call *call, PyObject *argument, PyObject **out) {
  if (!call->waiter) {
    call->waiter = PyObject_CallMethod(call->executor->host, "wait", "O", (PyObject *)call);
    if (!call->waiter)
      return PYGEN_ERROR;
  }
  PyObject *waiter = Py_NewRef(call->waiter);
  PySendResult result = PyIter_Send(waiter, argument, out);
  Py_DECREF(waiter);
  if (result == PYGEN_NEXT)
    return result;
  SET(call->waiter, NULL);
  if (result == PYGEN_ERROR)
    return result;
  SET(*out, NULL);
  return call_result(call, out);
}

PySendResult call_send(PyObject *self, PyObject *argument, PyObject **out) {
  Call *call = (Call *)self;
  *out = NULL;
  if (!executor_is_here(call->executor, call->name))
    return PYGEN_ERROR;
  if (call->state == STATE_SETTLED && !(call->waiter && call->executor->mode == MODE_FOREIGN))
    return call_result(call, out);
  if (call->state == STATE_CONSUMED) {
    PyErr_Format(PyExc_RuntimeError, "%U() has been awaited before", call->name);
    return PYGEN_ERROR;
  }
  if (call->executor->mode == MODE_FOREIGN)
    return call_delegate(call, argument, out);
  if (call->waiter) {
    PyObject *done = PyObject_CallMethodObjArgs(call->waiter, s_done, NULL);
    int is_done = done == Py_True;
    Py_XDECREF(done);
    if (!is_done) {
      if (!PyErr_Occurred())
        PyErr_Format(PyExc_RuntimeError, "%U() is being awaited by another task", call->name);
      return PYGEN_ERROR;
    }
  }
  return call_suspend(call, out);
}

PyObject *give_result(PySendResult result, PyObject *value) {
  if (result == PYGEN_NEXT)
    return value;
  if (result == PYGEN_RETURN) {
    PyObject *stop = PyObject_CallFunctionObjArgs(PyExc_StopIteration, value, NULL);
    Py_DECREF(value);
    raise_exception(stop);
  }
  return NULL;
}

static PyObject *call_next(PyObject *self) {
  PyObject *out;
  PySendResult result = call_send(self, Py_None, &out);
  return give_result(result, out);
}

static PyObject *call_send_method(PyObject *self, PyObject *argument) {
  PyObject *out;
  PySendResult result = call_send(self, argument, &out);
  return give_result(result, out);
}

static PyObject *normalized(PyObject *type, PyObject *value) {
  if (PyExceptionInstance_Check(type))
    return Py_NewRef(type);
  if (value && PyExceptionInstance_Check(value))
    return Py_NewRef(value);
  if (!value || value == Py_None)
    return PyObject_CallNoArgs(type);
  return PyObject_CallFunctionObjArgs(type, value, NULL);
}

/* Asks Swift to end, because of an exception, or NULL. False: it has. */
static int call_request_end(Call *call, PyObject *because) {
  const Api *api = call->library->api;
  tenon_error_t *reason = because ? reason_from(call->library, because) : NULL;
  int is_pending = call->state == STATE_WAITING && call->future;
  if (is_pending) {
    executor_enter(call->executor);
    api->tenon_future_cancel_with(call->future, reason);
    executor_leave(call->executor);
  }
  if (reason)
    api->tenon_error_release(reason);
  return is_pending;
}

static PyObject *call_cancel(PyObject *self, PyObject *unused) {
  (void)unused;
  return PyBool_FromLong(call_request_end((Call *)self, NULL));
}

PyObject *call_throw(PyObject *self, PyObject *arguments) {
  Call *call = (Call *)self;
  PyObject *type, *value = NULL, *traceback = NULL, *out = NULL;
  if (!PyArg_ParseTuple(arguments, "O|OO", &type, &value, &traceback))
    return NULL;
  if (call->executor->mode == MODE_FOREIGN && call->waiter) {
    /* The coroutine decides; when it ends in an error, so does this. */
    PyObject *yielded = PyObject_CallMethod(call->waiter, "throw", "O", value ? value : type);
    if (!yielded)
      call->state = STATE_CONSUMED, call_abandon(call);
    return yielded;
  }
  PyObject *exception = normalized(type, value);
  if (!exception)
    return NULL;
  if (call->state == STATE_WAITING && PyObject_IsInstance(exception, hooks.cancelled_error) == 1) {
    /* asyncio has cancelled what the task waits for. Swift is asked to end, and the task goes on waiting until it has. */
    int is_first = call->cancellation == NULL;
    SET(call->cancellation, exception);
    call_request_end(call, exception);
    if (is_first) {
      PyObject *told = PyObject_CallMethod(call->executor->host, "cancelling", "O", self);
      if (!told)
        PyErr_WriteUnraisable(self);
      Py_XDECREF(told);
    }
    if (call->state == STATE_WAITING)
      return call_suspend(call, &out) == PYGEN_NEXT ? out : NULL;
    return give_result(call_result(call, &out), out);
  }
  call_abandon(call);
  call->state = STATE_CONSUMED;
  SET(call->value, NULL);
  SET(call->error, NULL);
  raise_exception(exception);
  return NULL;
}

static PyObject *call_close(PyObject *self, PyObject *unused) {
  Call *call = (Call *)self;
  (void)unused;
  if (call->waiter && call->executor->mode == MODE_FOREIGN)
    Py_XDECREF(PyObject_CallMethod(call->waiter, "close", NULL));
  if (call->state == STATE_WAITING)
    call_abandon(call);
  call->state = STATE_CONSUMED;
  if (PyErr_Occurred())
    return NULL;
  Py_RETURN_NONE;
}

/* on_done(fn): fn() is called when it has settled; at once, if it has. For the host, which gives one at most. */
static PyObject *call_on_done(PyObject *self, PyObject *fn) {
  Call *call = (Call *)self;
  if (call->state != STATE_WAITING)
    return PyObject_CallNoArgs(fn);
  SET(call->on_done, Py_NewRef(fn));
  Py_RETURN_NONE;
}

static PyObject *call_done(PyObject *self, void *unused) {
  (void)unused;
  return PyBool_FromLong(((Call *)self)->state != STATE_WAITING);
}

static PyObject *call_handle(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromUnsignedLongLong((uintptr_t)((Call *)self)->future);
}

static PyObject *call_repr(PyObject *self) {
  static const char *const states[] = {"waiting", "settled", "awaited"};
  Call *call = (Call *)self;
  return PyUnicode_FromFormat("<tenon call %U() %s>", call->name, states[call->state]);
}

static PyObject *call_self(PyObject *self) { return Py_NewRef(self); }

static int call_traverse(PyObject *self, visitproc visit, void *arg) {
  Call *call = (Call *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT((PyObject *)call->executor);
  Py_VISIT((PyObject *)call->library);
  Py_VISIT((PyObject *)call->result);
  Py_VISIT(call->waiter);
  Py_VISIT(call->value);
  Py_VISIT(call->error);
  Py_VISIT(call->cancellation);
  Py_VISIT(call->on_done);
  return 0;
}

static int call_clear(PyObject *self) {
  Call *call = (Call *)self;
  SET(call->waiter, NULL);
  SET(call->value, NULL);
  SET(call->error, NULL);
  SET(call->cancellation, NULL);
  SET(call->on_done, NULL);
  return 0;
}

static void call_dealloc(PyObject *self) {
  Call *call = (Call *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (call->weak)
    PyObject_ClearWeakRefs(self);
  if (call->future)
    call->library->api->tenon_future_release(call->future);
  call_clear(self);
  Py_XDECREF((PyObject *)call->executor);
  Py_XDECREF((PyObject *)call->library);
  Py_XDECREF((PyObject *)call->result);
  Py_XDECREF(call->name);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyMethodDef call_methods[] = {
    {"send", call_send_method, METH_O, NULL},
    {"throw", call_throw, METH_VARARGS, NULL},
    {"close", call_close, METH_NOARGS, NULL},
    {"cancel", call_cancel, METH_NOARGS, "Asks Swift to end."},
    {"on_done", call_on_done, METH_O, "Tells when it has settled."},
    {0},
};
static PyGetSetDef call_getset[] = {
    {"done", call_done, NULL, "Whether it has settled.", NULL},
    {"handle", call_handle, NULL, "The future's handle, while it is pending; then 0.", NULL},
    {0}};
static PyMemberDef call_members[] = {
    {"__name__", T_OBJECT, offsetof(Call, name), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Call, weak), READONLY, NULL},
    {0}};
static PyType_Slot call_slots[] = {
    {Py_tp_doc, "A call of Swift's that has begun."},
    {Py_tp_dealloc, call_dealloc},
    {Py_tp_traverse, call_traverse},
    {Py_tp_clear, call_clear},
    {Py_tp_repr, call_repr},
    {Py_tp_methods, call_methods},
    {Py_tp_getset, call_getset},
    {Py_tp_members, call_members},
    {Py_am_await, call_self},
    {Py_am_send, call_send},
    {Py_tp_iter, call_self},
    {Py_tp_iternext, call_next},
    {0, NULL},
};
PyType_Spec call_spec = {
    "tenon._core.Call", sizeof(Call), 0,
    Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_DISALLOW_INSTANTIATION, call_slots};
