/*
 * What the files here share. A module is loaded into each environment by itself: that is an instance.
 */
#ifndef TENON_NODE_INSTANCE_H
#define TENON_NODE_INSTANCE_H

#include "../TenonNodeLoop/environment.h"
#include "../TenonNodeLoop/form.h"
#include "export.h"

#include <stdlib.h>
#include <string.h>

/** Functions in JavaScript. */
typedef enum tool { TOOL_LIST, TOOL_ENTRIES, TOOL_SET, TOOL_MAP, TOOL_EXTEND, TOOL_COUNT } tool_t;

/** How the values of a type cross in this instance. */
typedef struct type_form {
  form_t form; /**< first */
  struct tenon_node_instance *instance;
  const tenon_node_type_t *type;
  struct type_form *next;
} type_form_t;

typedef struct typed_error_form {
  error_form_t form; /**< first */
  struct tenon_node_instance *instance;
  const tenon_node_typed_error_t *error;
  struct typed_error_form *next;
} typed_error_form_t;

/** What Node has as the data of a function. */
typedef struct bound {
  struct tenon_node_instance *instance;
  const tenon_node_function_t *function; /**< of a constructor; or NULL */
  struct bound *next;
} bound_t;

typedef struct tenon_node_instance {
  napi_env env;
  const tenon_node_module_t *module;
  tenon_executor_t *executor;
  environment_t *environment;
  bool is_in_context; /**< a call is being made in what JavaScript says that it carries */
  napi_ref *classes;
  napi_ref tools[TOOL_COUNT];
  bound_t *bound;
  type_form_t *forms;
  typed_error_form_t *errors;
  tenon_object_t *adopted; /**< what the next instance of a class is of */
} instance_t;

typedef tenon_node_memory_t memory_t;
typedef tenon_node_lent_t lent_t;

void tenon_node_memory_init(memory_t *memory);
void tenon_node_memory_end(memory_t *memory);
/** Zeroed; NULL: there is none left. */
void *tenon_node_memory_take(memory_t *memory, size_t size);

/** Where a value stands in an argument, for messages. */
typedef struct path {
  const struct path *outer;
  const char *name; /**< NULL: an index */
  uint32_t index;
} path_t;

typedef struct reading {
  instance_t *instance;
  memory_t *memory;
  lent_t *lent; /**< NULL: there is no call */
} reading_t;

/* read.c: writes what JavaScript has where C finds it, all zero before. False: an exception is pending. */
bool tenon_node_read(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                     const path_t *path, void *out);
/** The same for what is no text, no block and no handle. */
bool tenon_node_read_scalar(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                            const path_t *path, void *out);
/** The same as a value, which is the caller's. */
bool tenon_node_read_value(reading_t *reading, const tenon_node_type_t *type, napi_value js,
                           const path_t *path, tenon_value_t *value_out);
/** Reads the case of an error; false: with an exception pending. */
bool tenon_node_read_cases(reading_t *reading, const tenon_node_cases_t *cases, const char *key,
                           napi_value js, const path_t *path, void *out);
bool tenon_node_is_nothing(napi_env env, napi_value js);

/* write.c: makes what JavaScript gets of what stands there. False: an exception is pending, or none may run. */
bool tenon_node_write(instance_t *instance, const tenon_node_type_t *type, const void *from,
                      napi_value *js_out);
bool tenon_node_write_value(instance_t *instance, const tenon_node_type_t *type,
                            tenon_value_t *value, napi_value *js_out);
/** Sets the fields of a case in an object. */
bool tenon_node_write_case(instance_t *instance, const tenon_node_case_t *one, const void *from,
                           napi_value object);
const tenon_node_case_t *tenon_node_find_case(const tenon_node_cases_t *cases, int32_t number);

/* copy.c */
/** Copies what stands there into other memory; objects get a reference; false: there is no memory. */
bool tenon_node_copy(memory_t *memory, const tenon_node_type_t *type, const void *from, void *to);
void tenon_node_copy_end(const tenon_node_type_t *type, const void *from);

/* classes.c */
bool tenon_node_wrap(instance_t *instance, const tenon_node_class_t *class, tenon_object_t *object,
                     napi_value *js_out);
/** The object behind an instance; NULL: it is none of this class, or has been let go of. */
tenon_object_t *tenon_node_unwrap(instance_t *instance, const tenon_node_class_t *class,
                                  napi_value js);
bool tenon_node_define_class(instance_t *instance, const tenon_node_class_t *class,
                             napi_value exports);

/* callback_context.c */
/** Writes a closure's struct, or a table by pointer; false: with an exception pending. */
bool tenon_node_callback_read(reading_t *reading, const tenon_node_callback_t *callback,
                              napi_value js, const path_t *path, void *out);
void tenon_node_callback_end(void *context);

/* module.c */
bool tenon_node_help(instance_t *instance, tool_t tool, size_t count, const napi_value *arguments,
                     napi_value *result_out);
const form_t *tenon_node_form(instance_t *instance, const tenon_node_type_t *type);
bool tenon_node_bind(instance_t *instance, const tenon_node_function_t *function,
                     napi_value *js_out);
bound_t *tenon_node_make_bound(instance_t *instance, const tenon_node_function_t *function);
napi_value tenon_node_make_constant(instance_t *instance, const tenon_node_constant_t *constant);

/* messages.c */
/** Throws a TypeError about what stands at `path`; always false. */
bool tenon_node_refuse(instance_t *instance, const path_t *path, const char *expected,
                       napi_value js);
bool tenon_node_refuse_range(instance_t *instance, const path_t *path, const char *range,
                             napi_value js);
bool tenon_node_throw_status(napi_env env, tenon_status_t status);

#endif /* TENON_NODE_INSTANCE_H */
