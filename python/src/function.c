/* A function of a library: checks and packs what it is given, and calls its entry. */
#include "core.h"

#include <stdlib.h>

#define WORDS_MAX 64

typedef struct Function {
  PyObject_HEAD Library *library;
  PyObject *name;
  tenon_packed_fn entry;
  Fields parameters;
  Type *result;
  Py_ssize_t options_size; /* 0: there are none */
  void (*free_block)(void *);
  int is_method, is_async, is_stream, is_throwing;
} Function;

/* Function(library, name, symbol, flags, ((name, type, offset), ...), options size, result, free or None) */
static PyObject *function_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)keywords;
  PyObject *library, *name, *symbol, *parameters, *result, *release;
  const char *flags;
  Py_ssize_t options_size;
  if (!PyArg_ParseTuple(arguments, "OUUsO!nOO", &library, &name, &symbol, &flags, &PyTuple_Type,
                        &parameters, &options_size, &result, &release))
    return NULL;
  Function *function = (Function *)PyType_GenericAlloc(type, 0);
  if (!function)
    return NULL;
  function->library = (Library *)Py_NewRef(library);
  function->name = Py_NewRef(name);
  function->options_size = options_size;
  function->is_method = strchr(flags, 'm') != NULL;
  function->is_stream = strchr(flags, 's') != NULL;
  function->is_async = function->is_stream || strchr(flags, 'a');
  function->is_throwing = strchr(flags, 't') != NULL;
  *(void **)&function->entry = library_symbol(function->library, symbol);
  if (function->entry && release != Py_None)
    *(void **)&function->free_block = library_symbol(function->library, release);
  if (!PyErr_Occurred())
    function->result = type_from(result);
  if (!PyErr_Occurred() && PyTuple_Size(parameters) > WORDS_MAX / 2 - 4)
    PyErr_SetString(PyExc_SystemError, "too many parameters");
  if (!PyErr_Occurred())
    fields_from(parameters, &function->parameters);
  if (!PyErr_Occurred())
    return (PyObject *)function;
  Py_DECREF((PyObject *)function);
  return NULL;
}

/* Fills in the words; returns how many, or -1. */
static Py_ssize_t pack(Function *function, Writer *writer, PyObject *arguments, uint64_t *words) {
  Py_ssize_t at = 0;
  char *options = NULL;
  if (function->options_size) {
    if (!(options = writer_take(writer, (size_t)function->options_size)))
      return -1;
    *(size_t *)options = (size_t)function->options_size;
  }
  for (Py_ssize_t i = 0; i < function->parameters.count; i++) {
    if (i == function->is_method && function->is_async)
      words[at++] = (uintptr_t)writer->executor->handle;
    const Field *parameter = &function->parameters.items[i];
    PyObject *value = PyTuple_GetItem(arguments, i);
    Path path = {NULL, parameter->name, 0};
    Type *type = parameter->type;
    if (parameter->offset) {
      /* In the options each stands as an optional, and None as none. */
      char *place = options + parameter->offset;
      if (value == Py_None)
        continue;
      if (type->kind < KIND_STRING) {
        *place = 1;
        place += type->alignment;
      }
      if (field_write(writer, type, value, place, &path))
        return -1;
      continue;
    }
    if (parameter_write(writer, type, value, (char *)&words[at], &path))
      return -1;
    at += parameter_words(type);
  }
  if (function->parameters.count == function->is_method && function->is_async)
    words[at++] = (uintptr_t)writer->executor->handle;
  if (function->options_size)
    words[at++] = (uintptr_t)options;
  return at;
}

static PyObject *result_read(Function *function, char *out) {
  Type *type = function->result, *inside = type->kind == KIND_OPTIONAL ? type->of[0] : type;
  switch (inside->kind) {
  case KIND_STRING:
  case KIND_BYTES:
    return value_read(type, function->library, (tenon_value_t *)out);
  case KIND_LIST:
  case KIND_SET:
  case KIND_DICT: {
    /* A block that begins with the field's form. */
    char *block = *(char **)out;
    PyObject *object = block ? field_read(inside, block) : Py_NewRef(Py_None);
    if (block && function->free_block)
      function->free_block(block);
    return object;
  }
  case KIND_RECORD:
  case KIND_VARIANT:
  case KIND_ERROR: {
    char *block = *(char **)out;
    PyObject *object = field_read(type, out);
    if (block && function->free_block)
      function->free_block(block);
    return object;
  }
  case KIND_OBJECT:
    return object_adopt(inside, *(tenon_object_t **)out);
  default:
    return field_read(type, out);
  }
}

static PyObject *call_sync(Function *function, const Carried *carried, uint64_t *words,
                           Py_ssize_t at, int *succeeded) {
  Library *library = function->library;
  char out[sizeof(tenon_value_t)] __attribute__((aligned(16))) = {0};
  tenon_error_t *error = NULL;
  if (function->result->kind != KIND_VOID)
    words[at++] = (uintptr_t)out;
  if (function->is_throwing)
    words[at++] = (uintptr_t)&error;
  tenon_status_t status;
  Py_BEGIN_ALLOW_THREADS /* it may take long, or wait for a thread that wants to call Python */
      status = carried_call(carried, library->api, function->entry, words);
  Py_END_ALLOW_THREADS *succeeded = status == TENON_STATUS_OK;
  if (status == TENON_STATUS_OK)
    return result_read(function, out);
  if (error)
    raise_error(library, error);
  else
    raise_status(library->api, status, PyUnicode_AsUTF8AndSize(function->name, NULL));
  return NULL;
}

static PyObject *call_async(Function *function, const Carried *carried, Executor *executor,
                            uint64_t *words, Py_ssize_t at, int *succeeded) {
  Library *library = function->library;
  void *out = NULL;
  words[at++] = (uintptr_t)&out;
  executor_enter(executor);
  tenon_status_t status = carried_call(carried, library->api, function->entry, words);
  executor_leave(executor);
  *succeeded = status == TENON_STATUS_OK;
  if (status != TENON_STATUS_OK) {
    raise_status(library->api, status, PyUnicode_AsUTF8AndSize(function->name, NULL));
    return NULL;
  }
  if (function->is_stream)
    return stream_new(executor, library, function->result, function->name, out);
  return (PyObject *)call_new(executor, library, function->result, function->name, out);
}

static PyObject *function_call(PyObject *self, PyObject *arguments, PyObject *keywords) {
  Function *function = (Function *)self;
  if (PyTuple_Size(arguments) != function->parameters.count || keywords)
    return PyErr_Format(PyExc_TypeError, "%U() takes %zd positional arguments", function->name,
                        function->parameters.count);
  Executor *executor = function->is_async ? executor_current(function->library) : NULL;
  if (function->is_async && !executor)
    return NULL;
  uint64_t words[WORDS_MAX] = {0};
  Writer writer;
  Carried carried = {TENON_CONTEXT_INIT, NULL, NULL, 0};
  int succeeded = 0;
  writer_init(&writer, function->library, executor, PyUnicode_AsUTF8AndSize(function->name, NULL));
  Py_ssize_t at = pack(function, &writer, arguments, words);
  PyObject *result = NULL;
  if (at >= 0 && carried_begin(&carried, function->library->api) == 0)
    result = function->is_async ? call_async(function, &carried, executor, words, at, &succeeded)
                                : call_sync(function, &carried, words, at, &succeeded);
  PyObject *failure =
      result ? NULL : take_exception(); /* what the end of the call runs sees none */
  carried_end(&carried);
  writer_end(&writer, succeeded);
  if (failure)
    raise_exception(failure);
  Py_XDECREF((PyObject *)executor);
  return result;
}

static PyObject *function_repr(PyObject *self) {
  return PyUnicode_FromFormat("<tenon function %U>", ((Function *)self)->name);
}

static int function_traverse(PyObject *self, visitproc visit, void *arg) {
  Function *function = (Function *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT((PyObject *)function->library);
  Py_VISIT((PyObject *)function->result);
  for (Py_ssize_t i = 0; i < function->parameters.count; i++)
    Py_VISIT((PyObject *)function->parameters.items[i].type);
  return 0;
}

static int function_clear(PyObject *self) {
  Function *function = (Function *)self;
  fields_clear(&function->parameters);
  SET(function->result, NULL);
  SET(function->library, NULL);
  return 0;
}

static void function_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  function_clear(self);
  Py_XDECREF(((Function *)self)->name);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

static PyType_Slot function_slots[] = {
    {Py_tp_doc, "A function of a library."},
    {Py_tp_new, function_new},
    {Py_tp_call, function_call},
    {Py_tp_repr, function_repr},
    {Py_tp_traverse, function_traverse},
    {Py_tp_clear, function_clear},
    {Py_tp_dealloc, function_dealloc},
    {0, NULL},
};
PyType_Spec function_spec = {"tenon._core.Function", sizeof(Function), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, function_slots};
