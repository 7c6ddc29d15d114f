/* Errors of Swift's as exceptions, and exceptions as errors. */
#include "core.h"

#include <stdlib.h>

/* Stands for exceptions of Python's that travel with an error. */
static const char python_mark;

/* What an exception that came from Swift keeps, so that Swift gets the very same error back. */
typedef struct ErrorHandle {
  PyObject_HEAD tenon_error_t *error;
  const Api *api;
} ErrorHandle;

PyTypeObject *ErrorHandleType;

static void handle_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  ErrorHandle *handle = (ErrorHandle *)self;
  if (handle->error)
    handle->api->tenon_error_release(handle->error);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot handle_slots[] = {{Py_tp_dealloc, handle_dealloc}, {0, NULL}};
PyType_Spec error_handle_spec = {"tenon._core.ErrorHandle", sizeof(ErrorHandle), 0,
                                 Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION,
                                 handle_slots};

static void keep_handle(PyObject *exception, const Api *api, tenon_error_t *error) {
  ErrorHandle *handle = PyObject_New(ErrorHandle, ErrorHandleType);
  if (handle) {
    handle->api = api;
    handle->error = api->tenon_error_retain(error) == TENON_STATUS_OK ? error : NULL;
    PyObject_SetAttr(exception, s_handle, (PyObject *)handle);
    Py_DECREF(handle);
  }
  PyErr_Clear();
}

static PyObject *plain_error(const char *domain, int64_t code, const char *message) {
  PyObject *cls = hooks.error;
  if (strcmp(domain, "tenon") == 0) {
    if (code == TENON_STATUS_CANCELLED)
      cls = hooks.cancelled;
    if (code == TENON_STATUS_CLOSED)
      cls = hooks.closed;
    if (code == TENON_STATUS_FORKED)
      cls = hooks.forked;
  }
  return PyObject_CallFunction(cls, "sLs", domain, (long long)code, message);
}

/* Whether what a case carries is the message. */
static int has_message(Type *type, PyObject *exception) {
  const Case *one = case_of(type, exception);
  for (Py_ssize_t i = 0; one && i < one->fields.count; i++)
    if (PyUnicode_CompareWithASCIIString(one->fields.items[i].name, "message") == 0)
      return 1;
  return 0;
}

static PyObject *made_error(Library *library, tenon_error_t *error, const char *domain,
                            const char *message) {
  PyObject *found = library->errors ? PyDict_GetItemString(library->errors, domain) : NULL;
  const void *details = NULL;
  if (!found || !((Type *)found)->get || ((Type *)found)->get(error, &details) != TENON_STATUS_OK ||
      !details)
    return NULL;
  PyObject *exception = case_read((Type *)found, details);
  if (!exception || has_message((Type *)found, exception))
    return exception;
  PyObject *text = PyUnicode_DecodeUTF8(message, (Py_ssize_t)strlen(message), "replace");
  if (text)
    PyObject_SetAttrString(exception, "message", text);
  Py_XDECREF(text);
  PyErr_Clear();
  return exception;
}

PyObject *error_object(Library *library, tenon_error_t *error) {
  const Api *api = library->api;
  void *payload = NULL;
  if (api->tenon_error_get_payload(error, &python_mark, &payload) == TENON_STATUS_OK)
    return Py_NewRef((PyObject *)payload);
  const char *domain = "tenon", *message = "";
  int64_t code = TENON_STATUS_INVALID;
  api->tenon_error_get_domain(error, &domain);
  api->tenon_error_get_code(error, &code);
  api->tenon_error_get_message(error, &message);
  PyObject *exception = made_error(library, error, domain, message);
  if (!exception && !PyErr_Occurred())
    exception = plain_error(domain, code, message);
  if (!exception)
    return NULL;
  keep_handle(exception, api, error);
  tenon_error_t *cause = NULL;
  if (api->tenon_error_copy_cause(error, &cause) == TENON_STATUS_OK && cause) {
    PyObject *led = error_object(library, cause);
    api->tenon_error_release(cause);
    if (led)
      PyException_SetCause(exception, led);
    PyErr_Clear();
  }
  return exception;
}

void raise_exception(PyObject *exception) {
  if (!exception)
    return;
  PyErr_SetObject((PyObject *)Py_TYPE(exception), exception);
  Py_DECREF(exception);
}

void raise_error(Library *library, tenon_error_t *error) {
  PyObject *exception = error_object(library, error);
  library->api->tenon_error_release(error);
  raise_exception(exception);
}

void raise_status(const Api *api, tenon_status_t status, const char *what) {
  char message[256];
  PyOS_snprintf(message, sizeof message, "%s%s%s", what, *what ? ": " : "",
                api->tenon_status_string(status));
  PyObject *exception = plain_error("tenon", status, message);
  raise_exception(exception);
}

PyObject *take_exception(void) {
  PyObject *type, *value, *traceback;
  PyErr_Fetch(&type, &value, &traceback);
  if (!type)
    return NULL;
  PyErr_NormalizeException(&type, &value, &traceback);
  if (traceback && value)
    PyException_SetTraceback(value, traceback);
  Py_XDECREF(traceback);
  Py_DECREF(type);
  return value;
}

int is_cancellation(PyObject *exception) {
  int is = PyObject_IsInstance(exception, hooks.cancelled_error);
  if (!is)
    is = PyObject_IsInstance(exception, hooks.cancelled);
  if (is < 0)
    PyErr_Clear();
  return is > 0;
}

/* May run on any thread, without the GIL. */
static void drop_exception(void *exception) {
  PyGILState_STATE state;
  if (!python_enter(&state))
    return;
  Py_DECREF((PyObject *)exception);
  python_exit(state);
}

/* An error of a class that the library declares, which Swift can catch as its own. */
static tenon_error_t *declared_error(Library *library, PyObject *exception) {
  PyObject *domain, *item;
  Py_ssize_t at = 0;
  while (library->errors && PyDict_Next(library->errors, &at, &domain, &item)) {
    Type *type = (Type *)item;
    if (!type->create || !case_of(type, exception))
      continue;
    Writer writer;
    writer_init(&writer, library, NULL, "raise");
    char *details = writer_take(&writer, (size_t)type->record_size);
    tenon_error_t *error = NULL;
    if (details && record_write(&writer, type, exception, details, NULL) == 0)
      type->create(details, &error);
    writer_end(&writer, 1);
    PyErr_Clear();
    return error;
  }
  return NULL;
}

tenon_error_t *error_from(Library *library, PyObject *exception) {
  const Api *api = library->api;
  PyObject *kept = PyObject_GetAttr(exception, s_handle);
  PyErr_Clear();
  if (kept && Py_TYPE(kept) == ErrorHandleType && ((ErrorHandle *)kept)->api == api) {
    tenon_error_t *same = ((ErrorHandle *)kept)->error;
    if (same && api->tenon_error_retain(same) != TENON_STATUS_OK)
      same = NULL;
    Py_DECREF(kept);
    if (same)
      return same;
  } else {
    Py_XDECREF(kept);
  }
  tenon_error_t *error = declared_error(library, exception), *cause = NULL;
  if (error)
    return error;
  PyObject *led = PyException_GetCause(exception);
  if (led)
    cause = error_from(library, led);
  Py_XDECREF(led);
  PyObject *name = PyType_GetName(Py_TYPE(exception)), *text = PyObject_Str(exception);
  PyErr_Clear();
  const char *message = text ? PyUnicode_AsUTF8AndSize(text, NULL) : NULL;
  PyErr_Clear();
  char domain[160];
  PyOS_snprintf(domain, sizeof domain, "python.%s",
                name ? PyUnicode_AsUTF8AndSize(name, NULL) : "Exception");
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &python_mark;
  payload.pointer = Py_NewRef(exception);
  payload.drop = drop_exception;
  if (api->tenon_error_create_with_payload(domain, 1, message ? message : "", cause, &payload,
                                           &error) != TENON_STATUS_OK)
    Py_DECREF(exception);
  if (cause)
    api->tenon_error_release(cause);
  Py_XDECREF(name);
  Py_XDECREF(text);
  return error;
}

/* What task.cancel() was given. NULL: nothing. */
static PyObject *cancel_message(PyObject *cancellation) {
  PyObject *arguments = PyObject_GetAttrString(cancellation, "args"), *message = NULL;
  if (arguments && PyTuple_Check(arguments) && PyTuple_Size(arguments) > 0)
    message = Py_NewRef(PyTuple_GetItem(arguments, 0));
  PyErr_Clear();
  Py_XDECREF(arguments);
  if (message == Py_None)
    SET(message, NULL);
  return message;
}

PyObject *reason_object(Library *library, tenon_error_t *reason) {
  const char *domain = "";
  int64_t code = 0;
  library->api->tenon_error_get_domain(reason, &domain);
  library->api->tenon_error_get_code(reason, &code);
  if (strcmp(domain, "tenon") == 0 && code == TENON_STATUS_CANCELLED)
    return NULL;
  PyObject *exception = error_object(library, reason);
  if (exception && PyObject_IsInstance(exception, hooks.cancelled_error) == 1) {
    PyObject *message = cancel_message(exception);
    SET(exception, message);
  }
  PyErr_Clear();
  return exception;
}

tenon_error_t *reason_from(Library *library, PyObject *exception) {
  if (PyObject_IsInstance(exception, hooks.cancelled_error) == 1) {
    PyObject *message = cancel_message(exception);
    if (!message)
      return NULL;
    tenon_error_t *error =
        error_from(library, PyExceptionInstance_Check(message) ? message : exception);
    Py_DECREF(message);
    return error;
  }
  /* Others that are no Exception only say that somebody leaves. */
  return PyObject_IsInstance(exception, PyExc_Exception) == 1 ? error_from(library, exception)
                                                              : NULL;
}
