/* The module: what it needs of Python, and when threads of Swift's may come in. */
#include "core.h"

#include <time.h>

struct Hooks hooks;
PyObject *s_set_result, *s_done, *s_blocking, *s_context, *s_handle, *s_copy, *s_run, *s_void;

/* ---- Threads that come from Swift ---- */

static _Atomic int is_ending;
static _Atomic int inside;

int python_enter(PyGILState_STATE *state) {
  inside++;
  if (is_ending) {
    inside--;
    return 0;
  }
  *state = PyGILState_Ensure();
  return 1;
}

void python_exit(PyGILState_STATE state) {
  PyGILState_Release(state);
  inside--;
}

/* Before the interpreter ends: nobody comes in any more, and who is inside has a second to leave. After that CPython ends
 * threads that ask for the GIL, in the middle of Swift. */
static PyObject *module_end(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  is_ending = 1;
  for (int i = 0; inside && i < 1000; i++) {
    Py_BEGIN_ALLOW_THREADS nanosleep(&(struct timespec){0, 1000000}, NULL);
    Py_END_ALLOW_THREADS
  }
  Py_RETURN_NONE;
}

/* ---- What Python code gives ---- */

/* hooks(error, cancelled, closed, forked, executor_for, stream) */
static PyObject *module_hooks(PyObject *module, PyObject *arguments) {
  (void)module;
  PyObject **places[] = {&hooks.error,  &hooks.cancelled,    &hooks.closed,
                         &hooks.forked, &hooks.executor_for, &hooks.stream};
  for (Py_ssize_t i = 0; i < 6; i++) {
    PyObject *given = PyTuple_GetItem(arguments, i);
    if (!given)
      return NULL;
    SET(*places[i], Py_NewRef(given));
  }
  Py_RETURN_NONE;
}

/* trace(fn or None): fn is asked for the place of each call that begins. */
static PyObject *module_trace(PyObject *module, PyObject *fn) {
  (void)module;
  SET(hooks.trace, fn == Py_None ? NULL : Py_NewRef(fn));
  Py_RETURN_NONE;
}

static PyMethodDef module_methods[] = {
    {"trace", module_trace, METH_O, "Has a function asked for the places of calls."},
    {"hooks", module_hooks, METH_VARARGS,
     "Takes the classes and functions that this module needs."},
    {"context_hooks", module_context_hooks, METH_VARARGS,
     "Takes the variable of what calls carry."},
    {"use_contexts", module_use_contexts, METH_NOARGS, "From now on calls look at that."},
    {"start_span", module_start_span, METH_VARARGS, "Starts a span of W3C's Trace Context."},
    {"end", module_end, METH_NOARGS, "Lets no thread of Swift's into Python any more."},
    {0},
};

static PyObject *attribute(const char *module_name, const char *name) {
  PyObject *module = PyImport_ImportModule(module_name);
  PyObject *found = module ? PyObject_GetAttrString(module, name) : NULL;
  Py_XDECREF(module);
  return found;
}

/* 1970 in UTC, which Swift's dates count from. */
static PyObject *epoch(void) {
  PyObject *date = attribute("datetime", "datetime"), *zones = attribute("datetime", "timezone");
  PyObject *utc = zones ? PyObject_GetAttrString(zones, "utc") : NULL, *made = NULL;
  if (date && utc)
    made = PyObject_CallFunction(date, "iiiiiiiO", 1970, 1, 1, 0, 0, 0, 0, utc);
  Py_XDECREF(date);
  Py_XDECREF(zones);
  Py_XDECREF(utc);
  return made;
}

static int module_exec(PyObject *module) {
  static int is_loaded;
  if (PyInterpreterState_GetID(PyInterpreterState_Get()) != 0) {
    PyErr_SetString(PyExc_ImportError, "tenon works in the main interpreter only");
    return -1;
  }
  if (is_loaded) {
    PyErr_SetString(PyExc_ImportError, "tenon._core cannot be loaded twice in one process");
    return -1;
  }
  const struct {
    PyTypeObject **type;
    PyType_Spec *spec;
    const char *name;
  } types[] = {
      {NULL, &library_spec, "Library"},
      {&TypeType, &type_spec, "Type"},
      {&ObjectType, &object_spec, "Object"},
      {&BufferType, &buffer_spec, NULL},
      {&ErrorHandleType, &error_handle_spec, NULL},
      {&ExecutorType, &executor_spec, "Executor"},
      {&CallType, &call_spec, "Call"},
      {NULL, &function_spec, "Function"},
      {&StreamType, &stream_spec, "Stream"},
      {&NextType, &next_spec, NULL},
      {&SinkType, &sink_spec, NULL},
      {&PromiseType, &promise_spec, NULL},
  };
  for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
    PyObject *type = PyType_FromModuleAndSpec(module, types[i].spec, NULL);
    if (!type)
      return -1;
    if (types[i].type)
      *types[i].type = (PyTypeObject *)Py_NewRef(type);
    if (types[i].name && PyModule_AddObjectRef(module, types[i].name, type))
      return -1;
    Py_DECREF(type);
  }
  const struct {
    PyObject **place;
    const char *text;
  } texts[] = {
      {&s_set_result, "set_result"}, {&s_done, "done"}, {&s_blocking, "_asyncio_future_blocking"},
      {&s_context, "context"},       {&s_copy, "copy"}, {&s_run, "run"},
      {&s_handle, "_tenon_error"},   {&s_void, "v"},
  };
  for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
    if (!(*texts[i].place = PyUnicode_InternFromString(texts[i].text)))
      return -1;
  if (!(hooks.cancelled_error = attribute("asyncio", "CancelledError")) ||
      !(hooks.get_running_loop = attribute("asyncio", "_get_running_loop")) ||
      !(hooks.get_attribute = attribute("builtins", "getattr")) ||
      !(hooks.set_attribute = attribute("builtins", "setattr")) ||
      !(hooks.copy_context = attribute("contextvars", "copy_context")) ||
      !(hooks.main_thread = attribute("threading", "main_thread")) ||
      !(hooks.timedelta = attribute("datetime", "timedelta")) ||
      !(hooks.uuid = attribute("uuid", "UUID")) || !(hooks.epoch = epoch()) || types_init())
    return -1;
  is_loaded = 1;
  return 0;
}

static PyModuleDef_Slot module_slots[] = {{Py_mod_exec, module_exec}, {0, NULL}};
static PyModuleDef module_def = {PyModuleDef_HEAD_INIT,
                                 "tenon._core",
                                 "What packages made by tenon-bindgen stand on.",
                                 0,
                                 module_methods,
                                 module_slots,
                                 NULL,
                                 NULL,
                                 NULL};

PyMODINIT_FUNC PyInit__core(void) { return PyModuleDef_Init(&module_def); }
