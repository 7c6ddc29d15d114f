/* Objects of Swift's behind handles, and bytes of Swift's behind memoryviews. */
#include "core.h"

PyTypeObject *ObjectType, *BufferType;

static PyObject *object_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
  (void)arguments, (void)keywords;
  PyObject *name = PyType_GetName(type);
  if (name)
    PyErr_Format(PyExc_TypeError, "%U has no constructor: Swift makes its objects", name);
  Py_XDECREF(name);
  return NULL;
}

PyObject *object_adopt(Type *type, tenon_object_t *handle) {
  if (!handle)
    Py_RETURN_NONE;
  allocfunc allocate = (allocfunc)PyType_GetSlot((PyTypeObject *)type->cls, Py_tp_alloc);
  Object *object = (Object *)allocate((PyTypeObject *)type->cls, 0);
  if (!object)
    return type->library->api->tenon_object_release(handle), NULL;
  object->api = type->library->api;
  object->handle = handle;
  return (PyObject *)object;
}

static void object_dealloc(PyObject *self) {
  Object *object = (Object *)self;
  PyTypeObject *type = Py_TYPE(self);
  tenon_object_t *handle = object->handle;
  const Api *api = object->api;
  freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
  release(self);
  Py_DECREF(type);
  if (handle)
    api->tenon_object_release(handle);
}

static PyType_Slot object_slots[] = {
    {Py_tp_doc, "An object of Swift's."},
    {Py_tp_new, object_new},
    {Py_tp_dealloc, object_dealloc},
    {0, NULL},
};
PyType_Spec object_spec = {"tenon.Object", sizeof(Object), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, object_slots};

/* Bytes that a value owns. */
typedef struct Buffer {
  PyObject_HEAD const Api *api;
  tenon_value_t value;
  const void *data;
  size_t size;
} Buffer;

PyObject *buffer_adopt(const Api *api, tenon_value_t *value) {
  Buffer *buffer = PyObject_New(Buffer, BufferType);
  if (!buffer)
    return NULL;
  buffer->api = api;
  buffer->value = *value;
  *value = tenon_value_none();
  api->tenon_value_get_data(&buffer->value, &buffer->data, &buffer->size);
  PyObject *view = PyMemoryView_FromObject((PyObject *)buffer);
  Py_DECREF(buffer);
  return view;
}

static int buffer_get(PyObject *self, Py_buffer *view, int flags) {
  Buffer *buffer = (Buffer *)self;
  return PyBuffer_FillInfo(view, self, (void *)buffer->data, (Py_ssize_t)buffer->size, 1, flags);
}

static void buffer_dealloc(PyObject *self) {
  PyTypeObject *type = Py_TYPE(self);
  ((Buffer *)self)->api->tenon_value_drop(&((Buffer *)self)->value);
  PyObject_Free(self);
  Py_DECREF(type);
}

static PyType_Slot buffer_slots[] = {
    {Py_bf_getbuffer, buffer_get}, {Py_tp_dealloc, buffer_dealloc}, {0, NULL}};
PyType_Spec buffer_spec = {"tenon._core.Buffer", sizeof(Buffer), 0,
                           Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION, buffer_slots};
