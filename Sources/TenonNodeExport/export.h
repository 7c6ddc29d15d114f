/*
 * What the code that tenon-bindgen writes for Node stands on: it is the same for all modules. Over
 * <tenon/node.h>; compiled into each addon by packaging/addon.sh.
 *
 * A module describes its types, functions and classes in tables, which say how each stands in C's
 * structs. What stands there is read from JavaScript and written to it by these tables alone.
 */
#ifndef TENON_NODE_EXPORT_H
#define TENON_NODE_EXPORT_H

#include <tenon/node.h>
#include <tenon/object.h>
#include <tenon/record.h>

#include <stddef.h>

/* MARK: Types */

typedef enum tenon_node_type_kind {
  TENON_NODE_TYPE_VOID,
  TENON_NODE_TYPE_BOOL,
  TENON_NODE_TYPE_INT8,
  TENON_NODE_TYPE_INT16,
  TENON_NODE_TYPE_INT32,
  TENON_NODE_TYPE_INT64,
  TENON_NODE_TYPE_UINT8,
  TENON_NODE_TYPE_UINT16,
  TENON_NODE_TYPE_UINT32,
  TENON_NODE_TYPE_UINT64,
  TENON_NODE_TYPE_FLOAT,
  TENON_NODE_TYPE_DOUBLE,
  TENON_NODE_TYPE_STRING,
  TENON_NODE_TYPE_BYTES,
  TENON_NODE_TYPE_DURATION, /**< milliseconds */
  TENON_NODE_TYPE_DATE,     /**< a Date */
  TENON_NODE_TYPE_UUID,     /**< text */
  TENON_NODE_TYPE_OPTIONAL,
  TENON_NODE_TYPE_LIST,
  TENON_NODE_TYPE_SET,
  TENON_NODE_TYPE_DICTIONARY, /**< a plain object if the keys are strings, a Map otherwise */
  TENON_NODE_TYPE_RECORD,
  TENON_NODE_TYPE_ENUMERATION,
  TENON_NODE_TYPE_VARIANT,
  TENON_NODE_TYPE_OBJECT,
  TENON_NODE_TYPE_CALLBACK,
  TENON_NODE_TYPE_STREAM
} tenon_node_type_kind_t;

/** A type, and how it stands in a struct. */
typedef struct tenon_node_type {
  tenon_node_type_kind_t kind;
  bool is_number; /**< of 64 bits, and a number all the same */
  uint32_t size;
  uint32_t alignment;
  const struct tenon_node_type *of;    /**< an element; of a dictionary the key */
  const struct tenon_node_type *value; /**< of a dictionary */
  const void *about;                   /**< the table of a declared type, or of a callback */
  tenon_status_t (*make_value)(const void *block, tenon_value_t *value_out); /**< or NULL */
} tenon_node_type_t;

/** A field of a struct, or of a case's payload. */
typedef struct tenon_node_field {
  const char *name;
  const tenon_node_type_t *type;
  uint32_t offset;
  bool has_default; /**< what `init` has written, if JavaScript has none */
} tenon_node_field_t;

typedef struct tenon_node_record {
  const char *name;
  uint32_t size;
  uint32_t field_count;
  const tenon_node_field_t *fields;
  void (*init)(void *record); /**< writes the author's defaults; or NULL: zero */
} tenon_node_record_t;

/** A case of an enumeration, a variant or an error. */
typedef struct tenon_node_case {
  const char *name;
  int32_t number;
  uint32_t field_count;
  const tenon_node_field_t *fields;
} tenon_node_case_t;

typedef struct tenon_node_cases {
  const char *name;
  uint32_t size; /**< of a variant's or error's struct */
  uint32_t count;
  const tenon_node_case_t *cases;
} tenon_node_cases_t;

/** An error that says what it is: `domain`, `code`, and its fields. */
typedef struct tenon_node_typed_error {
  const char *domain;
  const tenon_node_cases_t *cases;
  tenon_status_t (*get)(tenon_error_t *error, const void **details_out);
  tenon_status_t (*create)(const void *details, tenon_error_t **error_out);
} tenon_node_typed_error_t;

/* MARK: Callbacks */

/** How a function that Swift calls stands in JavaScript: as one, or as a property. */
typedef enum tenon_node_access {
  TENON_NODE_ACCESS_CALL,
  TENON_NODE_ACCESS_GET,
  TENON_NODE_ACCESS_SET
} tenon_node_access_t;

/** A function that JavaScript implements: of a closure or a protocol. */
typedef struct tenon_node_function_type {
  const char *name;
  void (*call)(void); /**< what Swift calls: it makes an array of the arguments */
  uint32_t count;
  const tenon_node_type_t *const *parameters;
  const tenon_node_type_t *result;
  bool is_async;
  bool is_throwing;
  tenon_node_access_t access;
} tenon_node_function_type_t;

/** A closure (one function, in a struct of three words) or a protocol (a table). */
typedef struct tenon_node_callback {
  const char *name;
  bool is_table;
  uint32_t count;
  const tenon_node_function_type_t *const *functions;
} tenon_node_callback_t;

/** Swift calls and does not wait. `arguments` point to what stands there, or are NULL where it is optional. */
void tenon_node_callback_send(void *context, const tenon_node_function_type_t *type,
                              const void *const *arguments);
/** Swift waits for the promise. */
void tenon_node_callback_start(void *context, const tenon_node_function_type_t *type,
                               const void *const *arguments, tenon_promise_t *promise);
/** Swift waits for the answer: a scalar in `result_out`, or a tenon_value_t. What is thrown has nobody to go
 *  to if `error_out` is NULL, and the answer is then zero. */
tenon_status_t tenon_node_callback_ask(void *context, const tenon_node_function_type_t *type,
                                       const void *const *arguments, void *result_out,
                                       tenon_error_t **error_out);

/* MARK: Functions */

typedef struct tenon_node_parameter {
  const char *name;
  const tenon_node_type_t *type;
  bool is_option; /**< JavaScript gives it in the options */
  int32_t offset; /**< in C's options, or -1 */
} tenon_node_parameter_t;

typedef struct tenon_node_function {
  const char *name;
  napi_callback call;
  uint32_t count;
  const tenon_node_parameter_t *parameters;
  uint32_t options_size; /**< of C's options; 0: there are none */
  const tenon_node_type_t *result;
  const struct tenon_node_class *self; /**< NULL: it belongs to no object */
  enum {
    TENON_NODE_FUNCTION,
    TENON_NODE_METHOD,
    TENON_NODE_GETTER,
    TENON_NODE_SETTER,
    TENON_NODE_STATIC,
    TENON_NODE_STATIC_GETTER,
    TENON_NODE_CONSTRUCTOR
  } kind;
  bool is_async;
} tenon_node_function_t;

typedef struct tenon_node_constant {
  const char *name;
  tenon_value_t (*make)(void);
} tenon_node_constant_t;

typedef struct tenon_node_class {
  const char *name;
  uint32_t index; /**< of its constructor among those of the addon */
  const struct tenon_node_class *superclass;
  uint32_t count;
  const tenon_node_function_t *const *functions;
  uint32_t constant_count;
  const tenon_node_constant_t *constants;
  const char *close; /**< the method that ends an object; NULL: to let go of it is enough */
} tenon_node_class_t;

typedef struct tenon_node_module {
  const char *name;
  uint32_t class_count;
  const tenon_node_class_t *const *classes;
  uint32_t function_count;
  const tenon_node_function_t *const *functions;
  uint32_t error_count;
  const tenon_node_typed_error_t *errors;
  uint32_t constant_count;
  const tenon_node_constant_t *constants;
  uint32_t abi;
  tenon_status_t (*check_abi)(uint32_t abi);
  uint32_t other_count; /**< whose types it uses, each after those that it uses itself */
  const struct tenon_node_module *const *others;
} tenon_node_module_t;

/** What napi_register_module_v1() consists of. */
napi_value tenon_node_export(napi_env env, napi_value exports, const tenon_node_module_t *module);

#define TENON_NODE_PARAMETERS_MAX 24

/** Memory for the time of a call. */
typedef struct tenon_node_memory {
  struct memory_chunk *chunks;
  char *at;
  size_t left;
  max_align_t first[64];
} tenon_node_memory_t;

/** What a call has been given to keep, in case that it fails. */
typedef struct tenon_node_lent {
  void *contexts[TENON_NODE_PARAMETERS_MAX];
  size_t context_count;
  tenon_stream_t *streams[TENON_NODE_PARAMETERS_MAX];
  size_t stream_count;
} tenon_node_lent_t;

/** One call, while it is made. */
typedef struct tenon_node_call {
  napi_env env;
  struct tenon_node_instance *instance;
  const tenon_node_function_t *function;
  tenon_executor_t *executor;
  tenon_object_t *self;
  napi_value js_self;
  napi_value
      result; /**< what JavaScript gets if the call does not begin: it was made in there, or is refused */
  napi_value signal;
  void *slots[TENON_NODE_PARAMETERS_MAX]; /**< where each argument stands; NULL: there is none */
  void *options;
  tenon_node_memory_t memory;
  tenon_node_lent_t lent;
} tenon_node_call_t;

/** An optional number in a slot: where it is, or NULL. */
static inline void *tenon_node_optional(void *slot, size_t alignment) {
  return *(const bool *)slot ? (char *)slot + alignment : NULL;
}

/** Reads the arguments; false: `result` is all there is, with an exception pending or not. Ended by one of the following. */
bool tenon_node_call_begin(tenon_node_call_t *call, napi_env env, napi_callback_info info,
                           const tenon_node_function_t *function);
/** Gives the promise of a future, or the iterator of a stream. */
napi_value tenon_node_call_future(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_future_t *future);
napi_value tenon_node_call_stream(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_stream_t *stream);
/** Gives what stands in `result`, or throws. */
napi_value tenon_node_call_result(tenon_node_call_t *call, tenon_status_t status,
                                  const void *result, tenon_error_t *error);
/** The same for text and bytes, which are dropped. */
napi_value tenon_node_call_value(tenon_node_call_t *call, tenon_status_t status,
                                 tenon_value_t *value, tenon_error_t *error);
/** The same for an object, which becomes JavaScript's: a new one of a class, or what a constructor makes. */
napi_value tenon_node_call_object(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_object_t *object, tenon_error_t *error);

#endif /* TENON_NODE_EXPORT_H */
