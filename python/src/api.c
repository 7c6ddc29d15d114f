/* Looking up the functions of a library, and of the Tenon inside it. */
#include "core.h"

#include <dlfcn.h>
#include <stdlib.h>

static Api *apis;

static const Api *api_of(void *handle) {
  /* Two libraries may be linked to one Tenon: then they share loops and all. */
  void *mark = dlsym(handle, "tenon_executor_create");
  for (Api *api = apis; api; api = api->next)
    if ((void *)api->tenon_executor_create == mark)
      return api;
  Api *api = calloc(1, sizeof *api);
  if (!api)
    return (void)PyErr_NoMemory(), NULL;
#define X(name)                                                                                    \
  if (!(*(void **)&api->name = dlsym(handle, #name))) {                                            \
    PyErr_SetString(PyExc_ImportError,                                                             \
                    "the library has no " #name ": its Tenon is older than this package");         \
    free(api);                                                                                     \
    return NULL;                                                                                   \
  }
  API_FUNCTIONS(X)
#undef X
  api->next = apis;
  return apis = api;
}

const Api *any_api(void) { return apis; }

void *library_symbol(Library *library, PyObject *name) {
  const char *text = PyUnicode_AsUTF8AndSize(name, NULL);
  if (!text)
    return NULL;
  void *symbol = dlsym(library->handle, text);
  if (!symbol)
    PyErr_Format(PyExc_ImportError, "%U has no function %s", library->path, text);
  return symbol;
}

static PyObject *library_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  PyObject *path;
  static char *names[] = {"path", NULL};
  if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "U", names, &path))
    return NULL;
  PyObject *bytes = PyUnicode_EncodeFSDefault(path);
  if (!bytes)
    return NULL;
  char *text = PyBytes_AsString(bytes);
  void *handle = text ? dlopen(text, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE) : NULL;
  Py_DECREF(bytes);
  if (!handle)
    return PyErr_Format(PyExc_ImportError, "%s", dlerror());
  const Api *api = api_of(handle);
  if (!api)
    return NULL;
  Library *library = (Library *)PyType_GenericAlloc(type, 0);
  if (!library)
    return NULL;
  library->handle = handle;
  library->api = api;
  library->path = Py_NewRef(path);
  if ((library->errors = PyDict_New()))
    return (PyObject *)library;
  Py_DECREF((PyObject *)library);
  return NULL;
}

/* check(prefix, abi): whether a module of the library is the one that Python code was made for */
static PyObject *library_check(PyObject *self, PyObject *arguments) {
  Library *library = (Library *)self;
  PyObject *prefix;
  unsigned int abi;
  if (!PyArg_ParseTuple(arguments, "UI", &prefix, &abi))
    return NULL;
  PyObject *name = PyUnicode_FromFormat("%U_check_abi", prefix);
  tenon_status_t (*check)(uint32_t) = NULL;
  if (name)
    *(void **)&check = library_symbol(library, name);
  Py_XDECREF(name);
  if (!check)
    return NULL;
  if (check(abi) != TENON_STATUS_OK)
    return PyErr_Format(PyExc_ImportError,
                        "%U is of another version than the Python code beside it", library->path);
  Py_RETURN_NONE;
}

static PyObject *library_statistics(PyObject *self, PyObject *unused) {
  (void)unused;
  tenon_process_statistics_t s = TENON_PROCESS_STATISTICS_INIT;
  ((Library *)self)->api->tenon_process_get_statistics(&s);
  return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K}", "futures_created", s.futures_created,
                       "futures_pending", s.futures_pending, "registrations_pending",
                       s.registrations_pending, "errors_alive", s.errors_alive, "streams_alive",
                       s.streams_alive);
}

static PyObject *library_key(PyObject *self, void *unused) {
  (void)unused;
  return PyLong_FromVoidPtr((void *)((Library *)self)->api);
}

static int library_traverse(PyObject *self, visitproc visit, void *arg) {
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(((Library *)self)->errors);
  return 0;
}

static int library_clear(PyObject *self) {
  SET(((Library *)self)->errors, NULL);
  return 0;
}

static void library_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  library_clear(self);
  Py_XDECREF(((Library *)self)->path);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyMethodDef library_methods[] = {
    {"check", library_check, METH_VARARGS, "Checks that a module of it is the one that is meant."},
    {"statistics", library_statistics, METH_NOARGS, "What Tenon counts in this process."},
    {0},
};
static PyGetSetDef library_getset[] = {
    {"api", library_key, NULL, "Tells copies of Tenon apart.", NULL}, {0}};
static PyMemberDef library_members[] = {{"path", T_OBJECT, offsetof(Library, path), READONLY, NULL},
                                        {0}};
static PyType_Slot library_slots[] = {
    {Py_tp_doc, "A shared library whose functions tenon-bindgen made."},
    {Py_tp_new, library_new},
    {Py_tp_dealloc, library_dealloc},
    {Py_tp_traverse, library_traverse},
    {Py_tp_clear, library_clear},
    {Py_tp_methods, library_methods},
    {Py_tp_getset, library_getset},
    {Py_tp_members, library_members},
    {0, NULL},
};
PyType_Spec library_spec = {"tenon._core.Library", sizeof(Library), 0,
                            Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, library_slots};
