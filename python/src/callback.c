/* Functions that Python implements, and Swift calls: closures and protocols. */
#include "core.h"

#include <stdlib.h>

typedef struct Callback {
  tenon_packed_callback_t head; /* first: what a trampoline calls */
  Type *type;
  PyObject *target, *context;
  Executor *executor; /* of the call that brought it; NULL: it answered at once */
  Executor *home;     /* where what is async runs; NULL: nothing is */
} Callback;

static void callback_free(Callback *callback) {
  Py_DECREF((PyObject *)callback->type);
  Py_DECREF(callback->target);
  Py_XDECREF(callback->context);
  Py_XDECREF((PyObject *)callback->executor);
  Py_XDECREF((PyObject *)callback->home);
  free(callback);
}

/* Any thread, without the GIL. */
static void callback_done(void *context) {
  PyGILState_STATE state;
  if (!python_enter(&state))
    return;
  callback_free(context);
  python_exit(state);
}

/* ---- Calling ---- */

/* The arguments of the function that is called: a method, or getattr() or setattr(). Its own place comes first. */
static PyObject *arguments_read(Callback *callback, Method *method, char *words, Py_ssize_t *used) {
  Py_ssize_t first = method->access == 'c' ? 1 : 3, at = 0;
  PyObject *arguments = PyTuple_New(method->parameters.count + first);
  if (arguments && first == 3 &&
      (PyTuple_SetItem(arguments, 1, Py_NewRef(callback->target)) ||
       PyTuple_SetItem(arguments, 2, Py_NewRef(method->name))))
    SET(arguments, NULL);
  for (Py_ssize_t i = 0; arguments && i < method->parameters.count; i++) {
    Type *type = method->parameters.items[i].type;
    PyObject *argument = parameter_read(type, words + 8 * at);
    at += parameter_words(type);
    if (!argument || PyTuple_SetItem(arguments, i + first, argument))
      SET(arguments, NULL);
  }
  *used = at;
  return arguments;
}

static PyObject *function_of(Callback *callback, Method *method) {
  switch (method->access) {
  case 'g':
    return Py_NewRef(hooks.get_attribute);
  case 's':
    return Py_NewRef(hooks.set_attribute);
  default:
    return callback->type->kind == KIND_CLOSURE ? Py_NewRef(callback->target)
                                                : PyObject_GetAttr(callback->target, method->name);
  }
}

static PyObject *copied_context(Callback *callback) {
  PyObject *context = PyObject_CallMethodObjArgs(callback->context, s_copy, NULL);
  if (context && carried_tell(callback->type->library->api, context))
    SET(context, NULL);
  return context;
}

/* In the loop, after what it has now. */
static void call_later(Callback *callback, PyObject *arguments) {
  Executor *executor = callback->executor;
  PyObject *keywords = PyDict_New(), *context = copied_context(callback), *done = NULL;
  if (keywords && context && PyDict_SetItem(keywords, s_context, context) == 0) {
    if (pthread_equal(pthread_self(), executor->thread)) {
      done = PyObject_Call(executor->call_soon, arguments, keywords);
    } else { /* the executor is closed, and took no job: so perhaps is the loop */
      PyObject *soon = PyObject_GetAttrString(executor->loop, "call_soon_threadsafe");
      if (soon)
        done = PyObject_Call(soon, arguments, keywords);
      Py_XDECREF(soon);
    }
  }
  if (!done)
    PyErr_Clear();
  Py_XDECREF(done);
  Py_XDECREF(context);
  Py_XDECREF(keywords);
}

static PyObject *call_now(Callback *callback, PyObject *arguments) {
  PyObject *context = copied_context(callback), *result = NULL;
  PyObject *run = context ? PyObject_GetAttr(context, s_run) : NULL;
  if (run)
    result = PyObject_Call(run, arguments, NULL);
  Py_XDECREF(run);
  Py_XDECREF(context);
  return result;
}

/* What a function that may fail answers; a result goes where Swift wants it. */
static tenon_status_t answer(Callback *callback, Method *method, PyObject *result, char *words) {
  Library *library = callback->type->library;
  tenon_status_t status = TENON_STATUS_OK;
  if (result && method->result->kind != KIND_VOID) {
    char *out = *(char **)words;
    words += 8;
    if (method->result->kind < KIND_STRING) {
      Writer writer;
      PyObject *name = PyUnicode_FromString("result");
      Path path = {NULL, name, 0};
      writer_init(&writer, library, NULL, "callback");
      field_write(&writer, method->result, result, out, &path);
      writer_end(&writer, 1);
      Py_XDECREF(name);
    } else {
      value_write(method->result, library, result, (tenon_value_t *)out);
    }
  } else if (method->result->kind != KIND_VOID) {
    words += 8;
  }
  if (!PyErr_Occurred())
    return status;
  PyObject *exception = take_exception();
  if (is_cancellation(exception)) {
    status = TENON_STATUS_CANCELLED;
  } else {
    status = TENON_STATUS_REJECTED;
    **(tenon_error_t ***)words = error_from(library, exception);
  }
  Py_DECREF(exception);
  return status;
}

/* A number that is returned itself stands in the next word. */
static void answer_number(Callback *callback, Method *method, PyObject *result, char *word) {
  if (result && method->result->kind != KIND_VOID) {
    Writer writer;
    PyObject *name = PyUnicode_FromString("result");
    Path path = {NULL, name, 0};
    writer_init(&writer, callback->type->library, NULL, "callback");
    field_write(&writer, method->result, result, word, &path);
    writer_end(&writer, 1);
    Py_XDECREF(name);
  }
  if (PyErr_Occurred())
    PyErr_WriteUnraisable(callback->target);
}

/* Has the loop run it. Swift is on the loop's thread, unless the callback came in a call that answered at once. */
static PyObject *run_at_home(Executor *home, PyObject *arguments, PyObject *context,
                             PyObject *promise) {
  if (pthread_equal(pthread_self(), home->thread))
    return PyObject_CallMethod(home->host, "run", "OOO", arguments, context, promise);
  if (home->mode != MODE_ASYNCIO)
    return PyErr_Format(PyExc_RuntimeError,
                        "an async callback that another thread calls needs a loop of asyncio's");
  PyObject *run = PyObject_GetAttrString(home->host, "run"), *done = NULL;
  if (run)
    done = PyObject_CallMethod(home->loop, "call_soon_threadsafe", "OOOO", run, arguments, context,
                               promise);
  Py_XDECREF(run);
  return done;
}

static void call_async(Callback *callback, Method *method, PyObject *arguments, char *word) {
  Library *library = callback->type->library;
  PyObject *promise = promise_new(library, method->result, *(tenon_promise_t **)word);
  PyObject *done = NULL;
  if (promise) {
    PyObject *context = copied_context(callback);
    if (context)
      done = run_at_home(callback->home, arguments, context, promise);
    Py_XDECREF(context);
  }
  if (!done && promise) {
    PyObject *exception = take_exception(), *told = NULL;
    if (exception)
      told = PyObject_CallMethod(promise, "reject", "O", exception);
    if (!told)
      PyErr_WriteUnraisable(callback->target);
    Py_XDECREF(told);
    Py_XDECREF(exception);
  }
  Py_XDECREF(done);
  Py_XDECREF(promise);
}

/* Any thread, without the GIL. */
static tenon_status_t callback_call(tenon_packed_callback_t *head, uint32_t index, void *words) {
  Callback *callback = (Callback *)head;
  PyGILState_STATE state;
  if (!python_enter(&state))
    return TENON_STATUS_CANCELLED;
  Method *method = &callback->type->methods[index];
  tenon_status_t status = TENON_STATUS_OK;
  Py_ssize_t used = 0;
  PyObject *arguments = arguments_read(callback, method, words, &used), *target = NULL,
           *result = NULL;
  char *rest = (char *)words + 8 * used;
  if (arguments) {
    target = function_of(callback, method);
    if (target && PyTuple_SetItem(arguments, 0, target))
      target = NULL;
  }
  if (target && method->is_async) {
    call_async(callback, method, arguments, rest);
  } else if (target && method->result->kind == KIND_VOID && !method->is_throwing &&
             method->access == 'c' && callback->executor &&
             callback->executor->mode == MODE_ASYNCIO) {
    call_later(callback, arguments);
  } else {
    if (target)
      result = call_now(callback, arguments);
    if (method->is_throwing)
      status = answer(callback, method, result, rest);
    else
      answer_number(callback, method, result, rest);
  }
  if (PyErr_Occurred())
    PyErr_WriteUnraisable(callback->target);
  Py_XDECREF(result);
  Py_XDECREF(arguments);
  python_exit(state);
  return status;
}

/* ---- Handing out ---- */

static void callback_lent(void *object, int succeeded) {
  if (!succeeded)
    callback_free(object);
}

static int check_target(Writer *writer, Type *type, PyObject *value, const Path *path) {
  if (type->kind == KIND_CLOSURE)
    return PyCallable_Check(value) ? 0 : refuse(writer, path, PyExc_TypeError, value, "callable");
  for (Py_ssize_t i = 0; i < type->count; i++) {
    int is_method = type->methods[i].access == 'c';
    PyObject *member = PyObject_GetAttr(value, type->methods[i].name);
    int is = member ? !is_method || PyCallable_Check(member)
                    : !is_method && !PyErr_ExceptionMatches(PyExc_AttributeError);
    Py_XDECREF(member);
    PyErr_Clear(); /* a property that fails is there */
    if (is)
      continue;
    char wanted[160];
    const char *name = PyUnicode_AsUTF8AndSize(type->methods[i].name, NULL);
    PyOS_snprintf(wanted, sizeof wanted, "an object with a %s %s%s",
                  is_method ? "method" : "property", name ? name : "?", is_method ? "()" : "");
    return refuse(writer, path, PyExc_TypeError, value, wanted);
  }
  return 0;
}

/* The executor of what is async in a callback that `writer` brings: of its call, or of the loop that runs here. */
static int find_home(Writer *writer, Type *type, Callback *callback) {
  int is_async = 0;
  for (Py_ssize_t i = 0; i < type->count; i++)
    is_async |= type->methods[i].is_async;
  if (is_async)
    callback->home = writer->executor ? (Executor *)Py_NewRef((PyObject *)writer->executor)
                                      : executor_current(type->library);
  return is_async && !callback->home ? -1 : 0;
}

/* A closure's struct at `at`, or a pointer to a protocol's table. */
int closure_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path) {
  if (check_target(writer, type, value, path))
    return -1;
  char *table = at;
  if (type->kind == KIND_INTERFACE) {
    size_t size = 24 + 8 * (size_t)type->count;
    if (!(table = writer_take(writer, size)))
      return -1;
    *(char **)at = table;
    *(size_t *)table = size;
    for (Py_ssize_t i = 0; i < type->count; i++)
      ((void **)table)[3 + i] = type->methods[i].trampoline;
  } else {
    *(void **)table = type->methods[0].trampoline;
  }
  Callback *callback = calloc(1, sizeof *callback);
  if (!callback)
    return PyErr_NoMemory(), -1;
  callback->head.call = callback_call;
  callback->type = (Type *)Py_NewRef((PyObject *)type);
  callback->target = Py_NewRef(value);
  callback->context = PyObject_CallNoArgs(hooks.copy_context);
  callback->executor = (Executor *)Py_XNewRef((PyObject *)writer->executor);
  ((void **)table)[1] = callback;
  ((void (**)(void *))table)[2] = callback_done;
  if (writer_lend(writer, callback_lent, callback) || find_home(writer, type, callback))
    return -1;
  return callback->context ? 0 : -1;
}
