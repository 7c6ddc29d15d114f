/* What the files of tenon._core share.
 *
 * The extension is one binary for CPython 3.11 and later (limited API), and links no Tenon: a package that tenon-bindgen
 * makes brings its own copy inside its library, and its functions are looked up there. A call is a tenon_packed_fn, a
 * callback a tenon_packed_callback: see <tenon/packed.h>.
 *
 * Names of this file's order: api, errors, types, buffers and objects; executors over them; calls, streams, callbacks; on top
 * the module. The GIL is held everywhere but where a comment says otherwise. */
#ifndef TENON_PYTHON_CORE_H
#define TENON_PYTHON_CORE_H

#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <structmember.h>

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include <tenon/packed.h>
#include <tenon/record.h>
#include <tenon/tenon.h>

/* ---- api.c: the functions of one copy of Tenon ------------------------------------------------------------------- */

#define API_FUNCTIONS(X)                                                                           \
  X(tenon_executor_create)                                                                         \
  X(tenon_executor_release)                                                                        \
  X(tenon_executor_poll)                                                                           \
  X(tenon_executor_begin_close)                                                                    \
  X(tenon_executor_close)                                                                          \
  X(tenon_executor_run_until)                                                                      \
  X(tenon_executor_interrupt)                                                                      \
  X(tenon_executor_get_statistics)                                                                 \
  X(tenon_executor_copy_unfinished)                                                                \
  X(tenon_future_on_complete_if_pending)                                                           \
  X(tenon_future_take)                                                                             \
  X(tenon_future_poll)                                                                             \
  X(tenon_future_cancel)                                                                           \
  X(tenon_future_cancel_with)                                                                      \
  X(tenon_future_set_name)                                                                         \
  X(tenon_future_release)                                                                          \
  X(tenon_future_copy_error)                                                                       \
  X(tenon_error_create_with_payload)                                                               \
  X(tenon_error_retain)                                                                            \
  X(tenon_error_release)                                                                           \
  X(tenon_error_get_domain)                                                                        \
  X(tenon_error_get_code)                                                                          \
  X(tenon_error_get_message)                                                                       \
  X(tenon_error_get_payload)                                                                       \
  X(tenon_error_copy_cause)                                                                        \
  X(tenon_object_retain)                                                                           \
  X(tenon_object_release)                                                                          \
  X(tenon_value_copy_string)                                                                       \
  X(tenon_value_copy_bytes)                                                                        \
  X(tenon_value_get_data)                                                                          \
  X(tenon_value_get_object)                                                                        \
  X(tenon_value_drop)                                                                              \
  X(tenon_stream_create)                                                                           \
  X(tenon_stream_next_batch)                                                                       \
  X(tenon_stream_cancel_with)                                                                      \
  X(tenon_stream_copy_end)                                                                         \
  X(tenon_stream_copy_error)                                                                       \
  X(tenon_stream_release)                                                                          \
  X(tenon_sink_send)                                                                               \
  X(tenon_sink_close)                                                                              \
  X(tenon_sink_fail)                                                                               \
  X(tenon_sink_cancel)                                                                             \
  X(tenon_sink_on_cancel)                                                                          \
  X(tenon_sink_copy_reason)                                                                        \
  X(tenon_sink_release)                                                                            \
  X(tenon_promise_resolve)                                                                         \
  X(tenon_promise_reject)                                                                          \
  X(tenon_promise_cancel)                                                                          \
  X(tenon_promise_on_cancel)                                                                       \
  X(tenon_promise_copy_reason)                                                                     \
  X(tenon_promise_release)                                                                         \
  X(tenon_process_get_statistics)                                                                  \
  X(tenon_context_run)                                                                             \
  X(tenon_context_read)                                                                            \
  X(tenon_trace_context_parse)                                                                     \
  X(tenon_trace_context_start)                                                                     \
  X(tenon_trace_context_format)                                                                    \
  X(tenon_status_name)                                                                             \
  X(tenon_status_string)

/* One copy of Tenon in this process: several libraries may share it. Lives as long as the process. */
typedef struct Api {
  struct Api *next;
#define X(name) __typeof__(&name) name;
  API_FUNCTIONS(X)
#undef X
} Api;

/* A library that a package brings. Never unloaded: Swift's threads would not survive that. */
typedef struct Library {
  PyObject_HEAD void *handle;
  const Api *api;
  PyObject *path;
  PyObject *errors; /* domain -> Type of kind ERROR */
} Library;

extern PyType_Spec library_spec;
void *library_symbol(Library *library, PyObject *name);
const Api *any_api(void); /* NULL: no library is loaded */

/* ---- types.c, reading.c, writer.c, writing.c, values.c: what crosses --------------------------------------------------------- */

typedef enum Kind {
  KIND_VOID,
  KIND_BOOL,
  KIND_I8,
  KIND_I16,
  KIND_I32,
  KIND_I64,
  KIND_U8,
  KIND_U16,
  KIND_U32,
  KIND_U64,
  KIND_F32,
  KIND_F64,
  KIND_DURATION,
  KIND_DATE,
  KIND_UUID,
  KIND_ENUMERATION,
  KIND_STRING, /* the first one that is no number */
  KIND_BYTES,
  KIND_OPTIONAL,
  KIND_LIST,
  KIND_SET,
  KIND_DICT,
  KIND_RECORD,
  KIND_VARIANT,
  KIND_ERROR,
  KIND_OBJECT,
  KIND_CLOSURE,
  KIND_INTERFACE,
  KIND_STREAM,
} Kind;

typedef struct Type Type;

/* A field of a record, or a parameter. */
typedef struct Field {
  PyObject *name;
  Type *type;
  Py_ssize_t
      offset; /* in a struct; of a parameter: in the options, or 0: it has a word of its own */
} Field;

typedef struct Fields {
  Py_ssize_t count;
  Field *items;
} Fields;

/* A case of an enum with payload, or of an error. */
typedef struct Case {
  int32_t number;
  PyObject *cls;
  Fields fields;
} Case;

/* A function that Python implements. */
typedef struct Method {
  PyObject *name;
  void *trampoline;
  Fields parameters;
  Type *result;
  int is_async, is_throwing;
  char access; /* 'c': it is called; 'g', 's': a property that Swift gets or sets */
} Method;

struct Type {
  PyObject_HEAD Kind kind;
  Py_ssize_t size, alignment; /* in a struct */
  PyObject *cls;
  Type *of[2];
  Library *library;
  Py_ssize_t record_size; /* of a record, a variant, an error: the struct's */
  Fields fields;
  Case *cases;
  Method *methods;
  Py_ssize_t count; /* of cases, or of methods */
  tenon_status_t (*make_value)(const void *, tenon_value_t *);
  tenon_status_t (*get)(tenon_error_t *, const void **);
  tenon_status_t (*create)(const void *, tenon_error_t **);
};

/* A text, bytes or a collection in a struct. */
typedef struct {
  const void *data;
  size_t count;
} Span;

extern PyType_Spec type_spec;
extern PyTypeObject *TypeType;
Type *type_from(PyObject *object); /* a new reference; takes a code of one letter, too */
int fields_from(PyObject *tuple, Fields *fields);
void fields_clear(Fields *fields);
int types_init(void);
Case *case_of(Type *type, PyObject *object);

/* How many words a parameter has. */
Py_ssize_t parameter_words(Type *type);
PyObject *field_read(Type *type, const char *at);
PyObject *parameter_read(Type *type, const char *words);
PyObject *record_read(Type *type, const char *record);
PyObject *case_read(Type *type, const char *record);
PyObject *value_read(Type *type, Library *library, tenon_value_t *value); /* ends the value */

/* Where a wrong value stands, for the message: a name, or an index, in what `up` names. */
typedef struct Path {
  const struct Path *up;
  PyObject *name;
  Py_ssize_t index;
} Path;

/* What a call is given stays here until it returns: memory, buffers, references. */
typedef struct Writer {
  char first[1024] __attribute__((aligned(16)));
  size_t used;
  struct Chunk *chunks;
  PyObject **kept;
  size_t kept_count, kept_room;
  struct Lent *lent; /* callbacks and streams: the library's if the call succeeds */
  Library *library;
  struct Executor *executor;
  const char *function; /* for messages */
} Writer;

void writer_init(Writer *writer, Library *library, struct Executor *executor, const char *function);
void writer_end(Writer *writer, int succeeded);
void *writer_take(Writer *writer, size_t size);    /* zeroed; NULL: no memory */
int writer_keep(Writer *writer, PyObject *object); /* takes the reference */
typedef void (*lent_fn)(void *object, int succeeded);
int writer_lend(Writer *writer, lent_fn fn, void *object);
int field_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path);
int parameter_write(Writer *writer, Type *type, PyObject *value, char *words, const Path *path);
int record_write(Writer *writer, Type *type, PyObject *value, char *record, const Path *path);
int refuse(Writer *writer, const Path *path, PyObject *exception, PyObject *value,
           const char *wanted);
/* What Swift is given as a value. */
int value_write(Type *type, Library *library, PyObject *object, tenon_value_t *value);

/* ---- objects.c: what Swift owns and Python holds --------------------------------------------------------------------- */

typedef struct Object {
  PyObject_HEAD tenon_object_t *handle;
  const Api *api;
} Object;

extern PyTypeObject *ObjectType;
extern PyType_Spec object_spec, buffer_spec;
PyObject *object_adopt(Type *type,
                       tenon_object_t *handle); /* takes the handle, also when it fails */
PyObject *buffer_adopt(const Api *api,
                       tenon_value_t *value); /* a memoryview; moves out of the value */
extern PyTypeObject *BufferType;

/* ---- errors.c ---------------------------------------------------------------------------------------------------------- */

PyObject *error_object(Library *library, tenon_error_t *error); /* borrows */
void raise_error(Library *library, tenon_error_t *error);       /* takes the reference */
void raise_status(const Api *api, tenon_status_t status, const char *what);
tenon_error_t *error_from(Library *library, PyObject *exception); /* NULL: no memory */
PyObject *take_exception(void);            /* the one that is set, normalized */
void raise_exception(PyObject *exception); /* takes the reference */
int is_cancellation(PyObject *exception);
/* What a reason of Swift's is in `task.cancel(...)`, and the other way; NULL: there is none to give. */
PyObject *reason_object(Library *library, tenon_error_t *reason);
tenon_error_t *reason_from(Library *library, PyObject *exception);
extern PyType_Spec error_handle_spec;
extern PyTypeObject *ErrorHandleType;

/* ---- executor.c: a loop's place for Swift ---------------------------------------------------------------------------- */

typedef enum Mode { MODE_ASYNCIO, MODE_FOREIGN, MODE_BLOCKING } Mode;

typedef struct Executor {
  PyObject_HEAD const Api *api;
  tenon_executor_t *handle;
  Library *library; /* the first one that it was made for */
  Mode mode;
  PyObject *loop, *call_soon, *create_future, *poll, *fire;
  PyObject *host; /* the Python object that looks after it: wake(), arm(), wait(), and so on */
  PyObject *weak, *life;
  int wake_fd;
  int calls;   /* > 0: the loop's thread is inside Tenon, with the GIL */
  int polling; /* the loop's thread is inside a poll, without it */
  int woken;   /* a poll is scheduled */
  int rewake;  /* one is wanted after this poll */
  int closed;
  pthread_t thread;
  uint64_t deadline, armed;
  struct Call *done, **done_end; /* settled, and not yet told: the polling thread's */
  struct Call *waiting;          /* each counts as a reference of the executor's */
} Executor;

extern PyType_Spec executor_spec;
extern PyTypeObject *ExecutorType;
Executor *executor_current(Library *library);             /* a new reference */
int executor_is_here(Executor *executor, PyObject *name); /* 0: an exception is set */
/* Runs what is ready, for so long, and tells what has settled; -1: an exception is set. */
int executor_turn(Executor *executor, uint64_t time_ns);
void executor_drain(Executor *executor);
void executor_arm(Executor *executor);
static inline void executor_enter(Executor *executor) { executor->calls++; }
static inline void executor_leave(Executor *executor) {
  executor->calls--;
  if (executor->deadline != executor->armed)
    executor_arm(executor);
}

/* ---- signals.c: what ends a wait without a loop -------------------------------------------------------------------------- */

/* Has signals end this executor's waits. 1: and then signals_end() with the outer one; 0: not on this thread; -1: an exception is set. */
int signals_begin(Executor *executor, Executor **outer);
void signals_end(Executor *outer);

/* ---- settle.c, call.c ------------------------------------------------------------------------------------------------------------ */

typedef enum State { STATE_WAITING, STATE_SETTLED, STATE_CONSUMED } State;

typedef struct Call {
  PyObject_HEAD Executor *executor;
  Library *library;
  Type *result;
  PyObject *name;
  PyObject *waiter; /* the future that the task waits for, or a foreign loop's coroutine */
  PyObject *value, *error, *cancellation;
  tenon_future_t *future;
  State state;
  tenon_status_t status;
  struct Call *next_done, *previous, *next;
  PyObject *on_done, *weak;
} Call;

extern PyType_Spec call_spec;
extern PyTypeObject *CallType;
/* Waits for a future, whose reference it takes, also when it fails. */
Call *call_new(Executor *executor, Library *library, Type *result, PyObject *name,
               tenon_future_t *future);
void call_settled(Call *call);
PySendResult call_send(PyObject *self, PyObject *argument, PyObject **out);
PyObject *call_throw(PyObject *self, PyObject *arguments);
void call_abandon(Call *call);
PyObject *give_result(PySendResult result, PyObject *value);

/* ---- function.c, stream.c, callback.c, promise.c ------------------------------------------------------------------------------- */

extern PyType_Spec function_spec, stream_spec, next_spec, sink_spec, promise_spec;
extern PyTypeObject *StreamType, *NextType, *SinkType, *PromiseType;
PyObject *stream_new(Executor *executor, Library *library, Type *element, PyObject *name,
                     tenon_stream_t *stream);
int closure_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path);
int stream_write(Writer *writer, Type *type, PyObject *value, char *at, const Path *path);
PyObject *promise_new(Library *library, Type *result, tenon_promise_t *promise);

/* ---- context.c: what calls carry ------------------------------------------------------------------------------------------ */

typedef struct Carried {
  tenon_context_t context;
  PyObject *texts;
  tenon_context_value_t *values;
  int is_any; /* 0: a call is a call */
} Carried;

/* Reads what Python says into one that has nothing; -1: an exception is set. Either way carried_end() follows. */
int carried_begin(Carried *carried, const Api *api);
void carried_end(Carried *carried);
/* Calls Swift with it; without the GIL, too. */
tenon_status_t carried_call(const Carried *carried, const Api *api, tenon_packed_fn entry,
                            uint64_t *words);
/* Swift calls, with a context or without: a copied context of Python's has it. -1: an exception is set. */
int carried_tell(const Api *api, PyObject *context);
PyObject *module_context_hooks(PyObject *module, PyObject *arguments);
PyObject *module_use_contexts(PyObject *module, PyObject *unused);
PyObject *module_start_span(PyObject *module, PyObject *arguments);

/* ---- module.c ----------------------------------------------------------------------------------------------------------- */

/* What Python code gives: see tenon/__init__.py. */
extern struct Hooks {
  PyObject *error, *cancelled, *closed, *forked; /* classes */
  PyObject *executor_for;                        /* (loop or None, library) -> Executor */
  PyObject *stream;                              /* the class of streams */
  PyObject
      *trace; /* name -> (text, file, function, line), of which it keeps the last ones; or NULL */
  PyObject *cancelled_error, *get_running_loop, *copy_context, *main_thread, *get_attribute,
      *set_attribute, *timedelta, *epoch, *uuid;
} hooks;
extern PyObject *s_set_result, *s_done, *s_blocking, *s_context, *s_handle, *s_copy, *s_run,
    *s_void;

/* Whether threads of Swift's may still enter Python: not once the interpreter ends. True: call python_exit() after it. */
int python_enter(PyGILState_STATE *state);
void python_exit(PyGILState_STATE state);

#define SET(place, value)                                                                          \
  do {                                                                                             \
    PyObject *old_ = (PyObject *)(place);                                                          \
    (place) = (value);                                                                             \
    Py_XDECREF(old_);                                                                              \
  } while (0)

#endif
