/* What calls carry: texts by name, in a context variable of Python's. Nobody looks at that before somebody has used it. */
#include "core.h"

#include <stdlib.h>

static PyObject *get_texts, *set_texts; /* of the variable */
static int is_used;

/* ---- Out of Python ---- */

static void has_any(void *argument, const tenon_context_t *context) {
  (void)context;
  *(int *)argument = 1;
}

int carried_begin(Carried *carried, const Api *api) {
  if (!is_used)
    return 0;
  carried->context.flags = TENON_CONTEXT_FLAG_ALONE;
  PyObject *texts = PyObject_CallNoArgs(get_texts), *name, *text;
  if (!texts)
    return -1;
  if (texts == Py_None) {
    Py_DECREF(texts);
    /* This thread may be in a call of somebody else's. */
    api->tenon_context_read(has_any, &carried->is_any);
    return 0;
  }
  carried->texts = texts;
  carried->values = calloc((size_t)PyDict_Size(texts) + 1, sizeof *carried->values);
  if (!carried->values)
    return PyErr_NoMemory(), -1;
  Py_ssize_t at = 0;
  size_t count = 0;
  while (PyDict_Next(texts, &at, &name, &text)) {
    tenon_context_value_t *value = &carried->values[count++];
    if (!(value->name = PyUnicode_AsUTF8AndSize(name, NULL)) ||
        !(value->text = PyUnicode_AsUTF8AndSize(text, NULL)))
      return -1;
  }
  carried->context.values = carried->values;
  carried->context.value_count = count;
  carried->is_any = 1;
  return 0;
}

void carried_end(Carried *carried) {
  free(carried->values);
  SET(carried->texts, NULL);
}

typedef struct Entering {
  tenon_packed_fn entry;
  uint64_t *words;
  tenon_status_t status;
} Entering;

static void enter(void *argument) {
  Entering *entering = argument;
  entering->status = entering->entry(entering->words);
}

tenon_status_t carried_call(const Carried *carried, const Api *api, tenon_packed_fn entry,
                            uint64_t *words) {
  if (!carried->is_any)
    return entry(words);
  Entering entering = {entry, words, TENON_STATUS_OK};
  tenon_status_t status = api->tenon_context_run(&carried->context, enter, &entering);
  return status == TENON_STATUS_OK ? entering.status : status;
}

/* ---- Into Python ---- */

static void tell(void *argument, const tenon_context_t *context) {
  PyObject **texts = argument;
  *texts = PyDict_New();
  for (size_t i = 0; *texts && i < context->value_count; i++) {
    PyObject *text = PyUnicode_FromString(context->values[i].text);
    if (!text || PyDict_SetItemString(*texts, context->values[i].name, text))
      SET(*texts, NULL);
    Py_XDECREF(text);
  }
}

int carried_tell(const Api *api, PyObject *context) {
  PyObject *texts = NULL, *run = NULL, *done = NULL;
  api->tenon_context_read(tell, &texts);
  if (!texts)
    return PyErr_Occurred() ? -1 : 0;
  is_used = 1;
  if (!set_texts) /* what calls carry is loaded with the first one that does */
    Py_XDECREF(PyImport_ImportModule("tenon._context"));
  if (set_texts && (run = PyObject_GetAttr(context, s_run)))
    done = PyObject_CallFunctionObjArgs(run, set_texts, texts, NULL);
  Py_XDECREF(done);
  Py_XDECREF(run);
  Py_DECREF(texts);
  return done ? 0 : -1;
}

/* ---- What tenon/_context.py calls ---- */

/* context_hooks(get, set) */
PyObject *module_context_hooks(PyObject *module, PyObject *arguments) {
  PyObject *get, *set;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "OO", &get, &set))
    return NULL;
  SET(get_texts, Py_NewRef(get));
  SET(set_texts, Py_NewRef(set));
  Py_RETURN_NONE;
}

PyObject *module_use_contexts(PyObject *module, PyObject *unused) {
  (void)module, (void)unused;
  is_used = 1;
  Py_RETURN_NONE;
}

/* start_span(traceparent, tracestate): the same two of a span below that, or of a trace of its own. */
PyObject *module_start_span(PyObject *module, PyObject *arguments) {
  const char *traceparent, *tracestate;
  char text[TENON_TRACEPARENT_SIZE];
  tenon_trace_context_t span;
  (void)module;
  if (!PyArg_ParseTuple(arguments, "ss", &traceparent, &tracestate))
    return NULL;
  const Api *api = any_api();
  if (!api) {
    PyErr_SetString(PyExc_RuntimeError, "no package of Swift's is loaded");
    return NULL;
  }
  int has_parent =
      api->tenon_trace_context_parse(traceparent, tracestate, &span) == TENON_STATUS_OK;
  api->tenon_trace_context_start(has_parent ? &span : NULL, &span);
  api->tenon_trace_context_format(&span, text);
  return Py_BuildValue("ss", text, span.state);
}
