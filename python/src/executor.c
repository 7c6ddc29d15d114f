/* An executor of Tenon's in a loop: it runs on the loop's own thread, in polls that the loop makes. */
#include "core.h"

#include <errno.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

PyTypeObject *ExecutorType;

/* ---- What Tenon asks of its host ---- */

/* Any thread; without the GIL if it is in a poll, or none of Python's. */
static void host_wake(void *context) {
  Executor *executor = context;
  if (pthread_equal(pthread_self(), executor->thread)) {
    if (executor->polling) {
      executor->rewake = 1;
      return;
    }
    if (executor->calls && executor->call_soon) { /* no system call */
      if (executor->woken)
        return;
      PyObject *handle = PyObject_CallFunctionObjArgs(executor->call_soon, executor->poll, NULL);
      if (handle) {
        executor->woken = 1;
        Py_DECREF(handle);
        return;
      }
      PyErr_Clear(); /* the loop is closed: nobody will poll */
    }
  }
  eventfd_write(executor->wake_fd, 1);
}

/* On the loop's thread. */
static void host_timer(void *context, uint64_t deadline) {
  ((Executor *)context)->deadline = deadline;
}

static uint64_t now_ns(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void executor_arm(Executor *executor) {
  executor->armed = executor->deadline;
  if (!executor->host || executor->closed)
    return;
  PyObject *type, *value, *traceback, *delay;
  PyErr_Fetch(&type, &value, &traceback);
  uint64_t now = now_ns();
  if (executor->deadline == TENON_FOREVER)
    delay = Py_NewRef(Py_None);
  else
    delay =
        PyFloat_FromDouble(executor->deadline > now ? (double)(executor->deadline - now) / 1e9 : 0);
  PyObject *done = delay ? PyObject_CallMethod(executor->host, "arm", "O", delay) : NULL;
  if (!done)
    PyErr_WriteUnraisable(executor->host);
  Py_XDECREF(done);
  Py_XDECREF(delay);
  PyErr_Restore(type, value, traceback);
}

/* ---- Polling ---- */

void executor_drain(Executor *executor) {
  executor->calls++;
  while (executor->done) {
    Call *call = executor->done;
    executor->done = call->next_done;
    if (!executor->done)
      executor->done_end = &executor->done;
    call_settled(call);
  }
  executor->calls--;
}

int executor_turn(Executor *executor, uint64_t time_ns) {
  if (executor->closed || executor->polling)
    return 0;
  tenon_poll_result_t result = TENON_POLL_RESULT_INIT;
  tenon_poll_budget_t budget = TENON_POLL_BUDGET_INIT;
  budget.time_ns_max = time_ns;
  executor->thread = pthread_self();
  executor->polling = 1;
  tenon_status_t status;
  Py_BEGIN_ALLOW_THREADS status =
      executor->api->tenon_executor_poll(executor->handle, &budget, &result);
  Py_END_ALLOW_THREADS executor->polling = 0;
  if (result.closed || status == TENON_STATUS_CLOSED || status == TENON_STATUS_FORKED)
    executor->closed = 1;
  executor_drain(executor);
  if (executor->rewake) {
    executor->rewake = 0;
    executor->calls++;
    host_wake(executor);
    executor->calls--;
  }
  if (executor->deadline != executor->armed)
    executor_arm(executor);
  if (executor->closed) {
    PyObject *told = PyObject_CallMethod(executor->host, "closed", NULL);
    if (!told)
      return -1;
    Py_DECREF(told);
  }
  return 0;
}

static PyObject *executor_poll(PyObject *self, PyObject *unused) {
  (void)unused;
  ((Executor *)self)->woken = 0;
  if (executor_turn((Executor *)self, 5000000))
    return NULL;
  Py_RETURN_NONE;
}

/* Only the loop's own thread may use what belongs to it. */
int executor_is_here(Executor *executor, PyObject *name) {
  if (pthread_equal(pthread_self(), executor->thread))
    return 1;
  PyErr_Format(PyExc_RuntimeError, "%U(): this belongs to the loop of another thread", name);
  return 0;
}

/* The descriptor is readable. */
static PyObject *executor_readable(PyObject *self, PyObject *unused) {
  eventfd_t count;
  eventfd_read(((Executor *)self)->wake_fd, &count);
  return executor_poll(self, unused);
}

/* The timer that arm() asked for has fired. */
static PyObject *executor_fire(PyObject *self, PyObject *unused) {
  ((Executor *)self)->armed = TENON_FOREVER;
  return executor_poll(self, unused);
}

/* ---- Life ---- */

/* Executor(library, loop, call_soon, create_future or None); loop None: for blocking. */
static PyObject *executor_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)keywords;
  PyObject *library, *loop, *call_soon, *create_future;
  if (!PyArg_ParseTuple(arguments, "OOOO", &library, &loop, &call_soon, &create_future))
    return NULL;
  Executor *executor = (Executor *)PyType_GenericAlloc(type, 0);
  if (!executor)
    return NULL;
  const Api *api = executor->api = ((Library *)library)->api;
  executor->library = (Library *)Py_NewRef(library);
  executor->mode = loop == Py_None            ? MODE_BLOCKING
                   : create_future == Py_None ? MODE_FOREIGN
                                              : MODE_ASYNCIO;
  executor->thread = pthread_self();
  executor->done_end = &executor->done;
  executor->deadline = executor->armed = TENON_FOREVER;
  executor->wake_fd = -1;
  tenon_executor_config_t config = TENON_EXECUTOR_CONFIG_INIT;
  tenon_executor_host_t host = TENON_EXECUTOR_HOST_INIT;
  config.name = "python";
  /* As far as this file knows them: a package may have an older Tenon than this was built with. */
  config.struct_size = offsetof(tenon_executor_config_t, threads_max);
  host.struct_size = offsetof(tenon_executor_host_t, watch);
  if (executor->mode != MODE_BLOCKING) {
    host.wake = host_wake;
    host.set_timer = host_timer;
    config.host = &host;
    config.host_context = executor;
    if ((executor->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) < 0) {
      Py_DECREF((PyObject *)executor);
      return PyErr_SetFromErrno(PyExc_OSError);
    }
    executor->loop = Py_NewRef(loop);
    executor->call_soon = Py_NewRef(call_soon);
    if (create_future != Py_None)
      executor->create_future = Py_NewRef(create_future);
    executor->poll = PyObject_GetAttrString((PyObject *)executor, "poll");
  }
  tenon_status_t status = api->tenon_executor_create(&config, &executor->handle);
  if (status == TENON_STATUS_OK)
    return (PyObject *)executor;
  raise_status(api, status, "no executor");
  Py_DECREF((PyObject *)executor);
  return NULL;
}

/* Counts executors that have gone, so that a thread knows when what it remembers is old. */
static _Atomic unsigned long generation;

/* Ends it here and now: what waits is told. */
static void executor_shut(Executor *executor) {
  tenon_executor_t *handle = executor->handle;
  if (!handle)
    return;
  generation++;
  executor->handle = NULL;
  executor->calls++;
  if (!executor->closed)
    executor->api->tenon_executor_close(handle, 0);
  executor->closed = 1;
  executor_drain(executor);
  executor->api->tenon_executor_release(handle);
  executor->calls--;
  if (executor->wake_fd >= 0)
    close(executor->wake_fd);
  executor->wake_fd = -1;
}

static PyObject *executor_begin_close(PyObject *self, PyObject *seconds) {
  Executor *executor = (Executor *)self;
  double timeout = PyFloat_AsDouble(seconds);
  if (PyErr_Occurred())
    return NULL;
  executor_enter(executor);
  if (executor->handle)
    executor->api->tenon_executor_begin_close(executor->handle, (uint64_t)(timeout * 1e9));
  executor_leave(executor);
  Py_RETURN_NONE;
}

static PyObject *executor_close(PyObject *self, PyObject *unused) {
  (void)unused;
  executor_shut((Executor *)self);
  Py_RETURN_NONE;
}

/* Those names that are still at work. */
static PyObject *executor_unfinished(PyObject *self, PyObject *unused) {
  Executor *executor = (Executor *)self;
  (void)unused;
  tenon_value_t names = tenon_value_none();
  if (!executor->handle ||
      executor->api->tenon_executor_copy_unfinished(executor->handle, &names) != TENON_STATUS_OK)
    return PyUnicode_FromString("");
  const void *data = NULL;
  size_t size = 0;
  executor->api->tenon_value_get_data(&names, &data, &size);
  PyObject *text = PyUnicode_DecodeUTF8(data, (Py_ssize_t)size, "replace");
  executor->api->tenon_value_drop(&names);
  return text;
}

static PyObject *executor_statistics(PyObject *self, PyObject *unused) {
  Executor *executor = (Executor *)self;
  (void)unused;
  tenon_executor_statistics_t s = TENON_EXECUTOR_STATISTICS_INIT;
  if (executor->handle)
    executor->api->tenon_executor_get_statistics(executor->handle, &s);
  return Py_BuildValue("{s:K,s:K,s:K,s:K,s:K}", "polls", s.polls, "jobs", s.jobs, "wakes", s.wakes,
                       "calls", s.calls, "pending", s.pending);
}

static int executor_traverse(PyObject *self, visitproc visit, void *arg) {
  Executor *executor = (Executor *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT((PyObject *)executor->library);
  Py_VISIT(executor->loop);
  Py_VISIT(executor->call_soon);
  Py_VISIT(executor->create_future);
  Py_VISIT(executor->poll);
  Py_VISIT(executor->host);
  Py_VISIT(executor->life);
  for (Call *call = executor->waiting; call; call = call->next)
    Py_VISIT((PyObject *)call);
  return 0;
}

static int executor_clear(PyObject *self) {
  Executor *executor = (Executor *)self;
  executor_shut(executor);
  SET(executor->loop, NULL);
  SET(executor->call_soon, NULL);
  SET(executor->create_future, NULL);
  SET(executor->poll, NULL);
  SET(executor->host, NULL);
  SET(executor->life, NULL);
  return 0;
}

static void executor_dealloc(PyObject *self) {
  Executor *executor = (Executor *)self;
  PyTypeObject *type = Py_TYPE(self);
  PyObject_GC_UnTrack(self);
  if (executor->weak)
    PyObject_ClearWeakRefs(self);
  executor_clear(self);
  Py_XDECREF((PyObject *)executor->library);
  PyObject_GC_Del(self);
  Py_DECREF(type);
}

/* ---- Which one ---- */

static _Thread_local struct {
  Executor *executor; /* borrowed: good while the generation is */
  PyObject *loop;
  const Api *api;
  unsigned long generation;
} latest;

Executor *executor_current(Library *library) {
  PyObject *loop = PyObject_CallNoArgs(hooks.get_running_loop);
  if (!loop)
    return NULL;
  Executor *executor = latest.executor;
  if (executor && latest.generation == generation && latest.loop == loop &&
      latest.api == library->api && !executor->closed) {
    Py_DECREF(loop);
    return (Executor *)Py_NewRef((PyObject *)executor);
  }
  executor =
      (Executor *)PyObject_CallFunctionObjArgs(hooks.executor_for, loop, (PyObject *)library, NULL);
  if (executor && loop != Py_None) {
    latest.executor = executor;
    latest.loop = loop;
    latest.api = library->api;
    latest.generation = generation;
  }
  Py_DECREF(loop);
  return executor;
}

static PyMethodDef executor_methods[] = {
    {"poll", executor_poll, METH_NOARGS, "Runs what is ready."},
    {"readable", executor_readable, METH_NOARGS, "Polls, as the descriptor is readable."},
    {"fire", executor_fire, METH_NOARGS, "Polls, as the timer has fired."},
    {"begin_close", executor_begin_close, METH_O, "Begins to close; so many seconds are left."},
    {"close", executor_close, METH_NOARGS, "Closes, and waits for nothing."},
    {"unfinished", executor_unfinished, METH_NOARGS, "Names the calls that have not ended."},
    {"statistics", executor_statistics, METH_NOARGS, "What Tenon counts here."},
    {0},
};
static PyMemberDef executor_members[] = {
    {"fd", T_INT, offsetof(Executor, wake_fd), READONLY, NULL},
    {"closed", T_INT, offsetof(Executor, closed), READONLY, NULL},
    {"loop", T_OBJECT, offsetof(Executor, loop), READONLY, NULL},
    {"host", T_OBJECT, offsetof(Executor, host), 0, NULL},
    {"life", T_OBJECT, offsetof(Executor, life), 0, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Executor, weak), READONLY, NULL},
    {0},
};
static PyType_Slot executor_slots[] = {
    {Py_tp_doc, "Where Swift runs in a loop."},
    {Py_tp_new, executor_new},
    {Py_tp_dealloc, executor_dealloc},
    {Py_tp_traverse, executor_traverse},
    {Py_tp_clear, executor_clear},
    {Py_tp_methods, executor_methods},
    {Py_tp_members, executor_members},
    {0, NULL},
};
PyType_Spec executor_spec = {"tenon._core.Executor", sizeof(Executor), 0,
                             Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, executor_slots};
