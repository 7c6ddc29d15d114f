/* Descriptions of what crosses: generated code makes them once, at import. */
#include "core.h"

#include <stdlib.h>

PyTypeObject *TypeType;

static const struct {
  char code;
  Kind kind;
  Py_ssize_t size;
} codes[] = {
    {'v', KIND_VOID, 0},     {'?', KIND_BOOL, 1}, {'b', KIND_I8, 1},    {'h', KIND_I16, 2},
    {'i', KIND_I32, 4},      {'q', KIND_I64, 8},  {'B', KIND_U8, 1},    {'H', KIND_U16, 2},
    {'I', KIND_U32, 4},      {'Q', KIND_U64, 8},  {'f', KIND_F32, 4},   {'d', KIND_F64, 8},
    {'t', KIND_DURATION, 8}, {'D', KIND_DATE, 8}, {'u', KIND_UUID, 16}, {'s', KIND_STRING, 16},
    {'y', KIND_BYTES, 16},
};
#define CODES (sizeof codes / sizeof codes[0])
static Type *plain[CODES];

static const struct {
  const char *name;
  Kind kind;
} names[] = {
    {"enumeration", KIND_ENUMERATION},
    {"optional", KIND_OPTIONAL},
    {"list", KIND_LIST},
    {"set", KIND_SET},
    {"dict", KIND_DICT},
    {"record", KIND_RECORD},
    {"variant", KIND_VARIANT},
    {"error", KIND_ERROR},
    {"object", KIND_OBJECT},
    {"closure", KIND_CLOSURE},
    {"interface", KIND_INTERFACE},
    {"stream", KIND_STREAM},
};

static Type *type_make(PyTypeObject *cls, Kind kind, Py_ssize_t size) {
  Type *type = (Type *)PyType_GenericAlloc(cls, 0);
  if (!type)
    return NULL;
  type->kind = kind;
  type->size = size;
  type->alignment = kind == KIND_UUID ? 1 : size > 8 ? 8 : size;
  return type;
}

int types_init(void) {
  for (size_t i = 0; i < CODES; i++)
    if (!(plain[i] = type_make(TypeType, codes[i].kind, codes[i].size)))
      return -1;
  return 0;
}

Type *type_from(PyObject *object) {
  if (Py_TYPE(object) == TypeType)
    return (Type *)Py_NewRef(object);
  Py_ssize_t size = 0;
  const char *code = PyUnicode_Check(object) ? PyUnicode_AsUTF8AndSize(object, &size) : NULL;
  for (size_t i = 0; code && size == 1 && i < CODES; i++)
    if (codes[i].code == code[0])
      return (Type *)Py_NewRef((PyObject *)plain[i]);
  if (!PyErr_Occurred())
    PyErr_Format(PyExc_SystemError, "not a type of tenon's: %R", object);
  return NULL;
}

/* ((name, type, offset), ...) */
int fields_from(PyObject *tuple, Fields *fields) {
  Py_ssize_t count = PyTuple_Size(tuple);
  if (count < 0)
    return -1;
  fields->items = calloc((size_t)count + 1, sizeof *fields->items);
  if (!fields->items)
    return PyErr_NoMemory(), -1;
  for (Py_ssize_t i = 0; i < count; i++) {
    Field *field = &fields->items[fields->count];
    PyObject *name, *type;
    if (!PyArg_ParseTuple(PyTuple_GetItem(tuple, i), "UOn", &name, &type, &field->offset))
      return -1;
    if (!(field->type = type_from(type)))
      return -1;
    field->name = Py_NewRef(name);
    PyUnicode_InternInPlace(&field->name);
    fields->count++;
  }
  return 0;
}

void fields_clear(Fields *fields) {
  for (Py_ssize_t i = 0; i < fields->count; i++) {
    Py_XDECREF(fields->items[i].name);
    Py_XDECREF((PyObject *)fields->items[i].type);
  }
  free(fields->items);
  fields->items = NULL;
  fields->count = 0;
}

/* Type(library, kind, class or None, (of, ...)) */
static PyObject *type_new(PyTypeObject *cls, PyObject *arguments, PyObject *keywords) {
  (void)keywords;
  const char *name;
  PyObject *library, *python, *of;
  if (!PyArg_ParseTuple(arguments, "OsOO!", &library, &name, &python, &PyTuple_Type, &of))
    return NULL;
  for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
    if (strcmp(names[i].name, name) != 0)
      continue;
    Kind kind = names[i].kind;
    Type *type = type_make(cls, kind, kind == KIND_ENUMERATION ? 4 : 8);
    if (!type)
      return NULL;
    type->library = (Library *)Py_NewRef(library);
    type->cls = Py_NewRef(python);
    for (Py_ssize_t j = 0; j < PyTuple_Size(of) && j < 2; j++)
      if (!(type->of[j] = type_from(PyTuple_GetItem(of, j))))
        return Py_DECREF((PyObject *)type), NULL;
    if (kind == KIND_LIST || kind == KIND_SET || kind == KIND_DICT)
      type->size = 16;
    if (kind == KIND_CLOSURE)
      type->size = 24;
    if (kind == KIND_OPTIONAL) {
      int is_number = type->of[0]->kind < KIND_STRING;
      type->size = type->of[0]->size + (is_number ? type->of[0]->alignment : 0);
      type->alignment = type->of[0]->alignment;
    }
    return (PyObject *)type;
  }
  return PyErr_Format(PyExc_SystemError, "no such kind: %s", name);
}

/* lay(size, fields) */
static PyObject *type_lay(PyObject *self, PyObject *arguments) {
  Type *type = (Type *)self;
  PyObject *fields;
  if (!PyArg_ParseTuple(arguments, "nO!", &type->record_size, &PyTuple_Type, &fields))
    return NULL;
  if (fields_from(fields, &type->fields))
    return NULL;
  Py_RETURN_NONE;
}

/* choose(size, ((number, class, fields), ...)) */
static PyObject *type_choose(PyObject *self, PyObject *arguments) {
  Type *type = (Type *)self;
  PyObject *cases;
  if (!PyArg_ParseTuple(arguments, "nO!", &type->record_size, &PyTuple_Type, &cases))
    return NULL;
  Py_ssize_t count = PyTuple_Size(cases);
  type->cases = calloc((size_t)count + 1, sizeof *type->cases);
  if (!type->cases)
    return PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < count; i++) {
    Case *one = &type->cases[type->count];
    PyObject *python, *fields;
    if (!PyArg_ParseTuple(PyTuple_GetItem(cases, i), "iOO!", &one->number, &python, &PyTuple_Type,
                          &fields))
      return NULL;
    one->cls = Py_NewRef(python);
    type->count++;
    if (fields_from(fields, &one->fields))
      return NULL;
  }
  Py_RETURN_NONE;
}

/* implement(((name, trampoline, ((name, type, 0), ...), result, is_async, is_throwing, access), ...)) */
static PyObject *type_implement(PyObject *self, PyObject *methods) {
  Type *type = (Type *)self;
  Py_ssize_t count = PyTuple_Size(methods);
  if (count < 0)
    return NULL;
  type->methods = calloc((size_t)count + 1, sizeof *type->methods);
  if (!type->methods)
    return PyErr_NoMemory();
  for (Py_ssize_t i = 0; i < count; i++) {
    Method *method = &type->methods[type->count];
    PyObject *name, *symbol, *parameters, *result;
    const char *access;
    if (!PyArg_ParseTuple(PyTuple_GetItem(methods, i), "UUO!Opps", &name, &symbol, &PyTuple_Type,
                          &parameters, &result, &method->is_async, &method->is_throwing, &access))
      return NULL;
    method->access = *access;
    method->name = Py_NewRef(name);
    type->count++;
    if (!(method->trampoline = library_symbol(type->library, symbol)))
      return NULL;
    if (!(method->result = type_from(result)) || fields_from(parameters, &method->parameters))
      return NULL;
  }
  Py_RETURN_NONE;
}

/* made_by(symbol): what makes a value of it */
static PyObject *type_made_by(PyObject *self, PyObject *symbol) {
  Type *type = (Type *)self;
  if (!(*(void **)&type->make_value = library_symbol(type->library, symbol)))
    return NULL;
  Py_RETURN_NONE;
}

/* thrown(domain, getter, maker) */
static PyObject *type_thrown(PyObject *self, PyObject *arguments) {
  Type *type = (Type *)self;
  PyObject *domain, *get, *create;
  if (!PyArg_ParseTuple(arguments, "UUU", &domain, &get, &create))
    return NULL;
  if (!(*(void **)&type->get = library_symbol(type->library, get)))
    return NULL;
  if (!(*(void **)&type->create = library_symbol(type->library, create)))
    return NULL;
  if (PyDict_SetItem(type->library->errors, domain, self))
    return NULL;
  Py_RETURN_NONE;
}

Case *case_of(Type *type, PyObject *object) {
  for (Py_ssize_t i = 0; i < type->count; i++)
    if ((PyObject *)Py_TYPE(object) == type->cases[i].cls)
      return &type->cases[i];
  for (Py_ssize_t i = 0; i < type->count; i++) {
    int is = PyObject_IsInstance(object, type->cases[i].cls);
    if (is < 0)
      PyErr_Clear();
    if (is > 0)
      return &type->cases[i];
  }
  return NULL;
}

static int type_traverse(PyObject *self, visitproc visit, void *arg) {
  Type *type = (Type *)self;
  Py_VISIT(Py_TYPE(self));
  Py_VISIT(type->cls);
  Py_VISIT((PyObject *)type->library);
  Py_VISIT((PyObject *)type->of[0]);
  Py_VISIT((PyObject *)type->of[1]);
  for (Py_ssize_t i = 0; i < type->fields.count; i++)
    Py_VISIT((PyObject *)type->fields.items[i].type);
  for (Py_ssize_t i = 0; type->cases && i < type->count; i++) {
    Py_VISIT(type->cases[i].cls);
    for (Py_ssize_t j = 0; j < type->cases[i].fields.count; j++)
      Py_VISIT((PyObject *)type->cases[i].fields.items[j].type);
  }
  for (Py_ssize_t i = 0; type->methods && i < type->count; i++) {
    Py_VISIT((PyObject *)type->methods[i].result);
    for (Py_ssize_t j = 0; j < type->methods[i].parameters.count; j++)
      Py_VISIT((PyObject *)type->methods[i].parameters.items[j].type);
  }
  return 0;
}

static int type_clear(PyObject *self) {
  Type *type = (Type *)self;
  for (Py_ssize_t i = 0; type->cases && i < type->count; i++) {
    SET(type->cases[i].cls, NULL);
    fields_clear(&type->cases[i].fields);
  }
  for (Py_ssize_t i = 0; type->methods && i < type->count; i++) {
    SET(type->methods[i].name, NULL);
    SET(type->methods[i].result, NULL);
    fields_clear(&type->methods[i].parameters);
  }
  type->count = 0;
  fields_clear(&type->fields);
  SET(type->cls, NULL);
  SET(type->of[0], NULL);
  SET(type->of[1], NULL);
  SET(type->library, NULL);
  return 0;
}

static void type_dealloc(PyObject *self) {
  PyTypeObject *cls = Py_TYPE(self);
  Type *type = (Type *)self;
  PyObject_GC_UnTrack(self);
  type_clear(self);
  free(type->cases);
  free(type->methods);
  PyObject_GC_Del(self);
  Py_DECREF(cls);
}

static PyMethodDef type_methods[] = {
    {"lay", type_lay, METH_VARARGS, "Sets the fields of a record."},
    {"choose", type_choose, METH_VARARGS, "Sets the cases of an enum or an error."},
    {"implement", type_implement, METH_O, "Sets the functions that Python implements."},
    {"made_by", type_made_by, METH_O, "Sets the function that makes a value."},
    {"thrown", type_thrown, METH_VARARGS, "Sets what an error is known by."},
    {0},
};
static PyType_Slot type_slots[] = {
    {Py_tp_doc, "How a Swift type looks in C and in Python."},
    {Py_tp_new, type_new},
    {Py_tp_dealloc, type_dealloc},
    {Py_tp_traverse, type_traverse},
    {Py_tp_clear, type_clear},
    {Py_tp_methods, type_methods},
    {0, NULL},
};
PyType_Spec type_spec = {"tenon._core.Type", sizeof(Type), 0,
                         Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, type_slots};
