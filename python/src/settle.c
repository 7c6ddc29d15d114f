/* A call from its begin until it has settled. */
#include "core.h"

/* ---- Settling ---- */

/* In the poll, without the GIL, or in a close: notes it for executor_drain(). */
static void call_told(void *context, tenon_status_t status, tenon_future_t *future) {
  Call *call = context;
  (void)future;
  call->status = status;
  call->next_done = NULL;
  *call->executor->done_end = call;
  call->executor->done_end = &call->next_done;
}

static void call_unlink(Call *call) {
  if (call->previous)
    call->previous->next = call->next;
  else
    call->executor->waiting = call->next;
  if (call->next)
    call->next->previous = call->previous;
  call->previous = call->next = NULL;
}

/* Reads how the future ended. */
static void call_read(Call *call, tenon_status_t status) {
  const Api *api = call->library->api;
  tenon_value_t value = tenon_value_none();
  call->state = STATE_SETTLED;
  if (status == TENON_STATUS_OK)
    status = api->tenon_future_take(call->future, &value);
  if (status == TENON_STATUS_OK) {
    call->value = value_read(call->result, call->library, &value);
  } else if (status == TENON_STATUS_REJECTED) {
    tenon_error_t *error = NULL;
    api->tenon_future_copy_error(call->future, &error);
    raise_error(call->library, error);
  } else {
    /* A cancel that nobody here has asked for is an ordinary error, or a TaskGroup would swallow it. */
    const char *name = PyUnicode_AsUTF8AndSize(call->name, NULL);
    raise_status(api, status, name ? name : "");
  }
  if (!call->value)
    call->error = take_exception();
  if (call->future)
    api->tenon_future_release(call->future);
  call->future = NULL;
}

static void wake_waiter(Call *call) {
  if (call->waiter && call->executor->mode == MODE_ASYNCIO) {
    PyObject *waiter = call->waiter;
    call->waiter = NULL;
    PyObject *done = PyObject_CallMethodObjArgs(waiter, s_done, NULL), *set = NULL;
    if (done == Py_False)
      set = PyObject_CallMethodObjArgs(waiter, s_set_result, Py_None, NULL);
    Py_XDECREF(done);
    Py_XDECREF(set);
    PyErr_Clear(); /* the loop is closed: nobody waits any more */
    Py_DECREF(waiter);
  }
  PyObject *told = call->on_done;
  call->on_done = NULL;
  if (told) {
    PyObject *result = PyObject_CallNoArgs(told);
    if (!result)
      PyErr_WriteUnraisable(told);
    Py_XDECREF(result);
    Py_DECREF(told);
  }
}

/* With the GIL; gives the waiting list's reference back. */
void call_settled(Call *call) {
  call_unlink(call);
  if (call->state == STATE_WAITING) {
    call_read(call, call->status);
    wake_waiter(call);
  }
  Py_DECREF((PyObject *)call);
}

/* ---- Beginning ---- */

/* How long a wait is before it pays to have signals end it. */
#define SHORT_NS 1000000

/* Waits here, with the GIL free, until it has settled; Ctrl-C cancels it. */
static int call_block(Call *call) {
  Executor *executor = call->executor, *outer = NULL;
  const Api *api = executor->api;
  PyObject *interrupt = NULL;
  tenon_status_t status;
  int is_first = 0;
  for (uint64_t time = SHORT_NS;; time = TENON_FOREVER) {
    executor->polling = 1;
    Py_BEGIN_ALLOW_THREADS status =
        api->tenon_executor_run_until(executor->handle, call->future, time);
    Py_END_ALLOW_THREADS executor->polling = 0;
    executor_drain(executor);
    if (status != TENON_STATUS_TIMEOUT && status != TENON_STATUS_INTERRUPTED)
      break;
    if (is_first <= 0)
      is_first = signals_begin(executor, &outer);
    if (is_first >= 0 && !PyErr_CheckSignals())
      continue;
    PyObject *again = interrupt;
    interrupt = take_exception();
    api->tenon_future_cancel(call->future);
    if (!again)
      continue;
    Py_DECREF(again); /* the second one does not wait for Swift */
    break;
  }
  if (is_first > 0)
    signals_end(outer);
  if (interrupt) {
    call->state = STATE_CONSUMED;
    raise_exception(interrupt);
    return -1;
  }
  call_read(call, status);
  return 0;
}

/* For who looks into the process: what the hook says of a call. Its texts are bytes that it keeps. */
static void call_note(Library *library, PyObject *name, tenon_future_t *future) {
  PyObject *said = PyObject_CallFunctionObjArgs(hooks.trace, name, NULL);
  const char *text, *file, *function;
  tenon_source_t place = {0};
  if (said && PyArg_ParseTuple(said, "yyyI", &text, &file, &function, &place.line)) {
    place.file = file;
    place.function = function;
    library->api->tenon_future_set_name(future, text, &place);
  } else {
    PyErr_WriteUnraisable(hooks.trace);
  }
  Py_XDECREF(said);
}

Call *call_new(Executor *executor, Library *library, Type *result, PyObject *name,
               tenon_future_t *future) {
  const Api *api = library->api;
  Call *call = (Call *)PyType_GenericAlloc(CallType, 0);
  if (!call)
    return api->tenon_future_release(future), NULL;
  call->executor = (Executor *)Py_NewRef((PyObject *)executor);
  call->library = (Library *)Py_NewRef((PyObject *)library);
  call->result = (Type *)Py_NewRef((PyObject *)result);
  call->name = Py_NewRef(name);
  call->future = future;
  call->state = STATE_WAITING;
  if (hooks.trace)
    call_note(library, name, future);
  if (executor->mode == MODE_BLOCKING) {
    if (call_block(call) == 0)
      return call;
    Py_DECREF((PyObject *)call);
    return NULL;
  }
  executor_enter(executor);
  tenon_status_t status =
      api->tenon_future_on_complete_if_pending(future, executor->handle, call_told, call, NULL);
  executor_leave(executor);
  if (status == TENON_STATUS_OK) {
    Py_INCREF((PyObject *)call);
    call->next = executor->waiting;
    if (call->next)
      call->next->previous = call;
    executor->waiting = call;
  } else {
    call_read(call, status == TENON_STATUS_SETTLED ? api->tenon_future_poll(future) : status);
  }
  return call;
}

/* Nobody waits any more: Swift is asked to end. */
void call_abandon(Call *call) {
  tenon_future_t *future = call->future;
  if (!future)
    return;
  call->future = NULL;
  executor_enter(call->executor);
  call->library->api->tenon_future_cancel(future);
  call->library->api->tenon_future_release(future);
  executor_leave(call->executor);
}
