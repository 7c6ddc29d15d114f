/*
 * Classes: instances have a reference to Swift's object, which the collector gives back.
 */
#include "instance.h"

static const napi_type_tag object_tag = {UINT64_C(0x9b1f6d1c7a3e4f20),
                                         UINT64_C(0x8c5ad2e07b914f63)};

static void finalize_object(napi_env env, void *data, void *hint) {
  (void)env, (void)hint;
  tenon_object_release(data);
}

static bool is_instance(instance_t *instance, napi_value js) {
  napi_valuetype type = napi_undefined;
  bool is_tagged = false;
  return napi_typeof(instance->env, js, &type) == napi_ok && type == napi_object &&
         napi_check_object_type_tag(instance->env, js, &object_tag, &is_tagged) == napi_ok &&
         is_tagged;
}

static bool get_class(instance_t *instance, const tenon_node_class_t *class, napi_value *js_out) {
  return napi_get_reference_value(instance->env, instance->classes[class->index], js_out) ==
             napi_ok &&
         *js_out;
}

tenon_object_t *tenon_node_unwrap(instance_t *instance, const tenon_node_class_t *class,
                                  napi_value js) {
  napi_value constructor;
  bool is_it = false;
  void *object = NULL;
  if (!is_instance(instance, js) || !get_class(instance, class, &constructor) ||
      napi_instanceof(instance->env, js, constructor, &is_it) != napi_ok || !is_it ||
      napi_unwrap(instance->env, js, &object) != napi_ok)
    return NULL;
  return object;
}

bool tenon_node_wrap(instance_t *instance, const tenon_node_class_t *class, tenon_object_t *object,
                     napi_value *js_out) {
  napi_value constructor;
  instance->adopted = object;
  bool is_made = get_class(instance, class, &constructor) &&
                 napi_new_instance(instance->env, constructor, 0, NULL, js_out) == napi_ok;
  instance->adopted = NULL;
  return is_made;
}

/** Has the new object stand for Swift's; takes the reference on success. */
static bool adopt(napi_env env, napi_value js, tenon_object_t *object) {
  return napi_type_tag_object(env, js, &object_tag) == napi_ok &&
         napi_wrap(env, js, object, finalize_object, NULL, NULL) == napi_ok;
}

napi_value tenon_node_call_object(tenon_node_call_t *call, tenon_status_t status,
                                  tenon_object_t *object, tenon_error_t *error) {
  napi_env env = call->env;
  napi_value js = NULL;
  if (status != TENON_STATUS_OK || !object || call->function->kind != TENON_NODE_CONSTRUCTOR) {
    // tenon_node_write() takes a reference of its own.
    js = tenon_node_call_result(call, status, &object, error);
    if (status == TENON_STATUS_OK && object)
      tenon_object_release(object);
    return js;
  }
  napi_value self = call->js_self;
  tenon_node_call_result(call, status, NULL, NULL);
  if (adopt(env, self, object))
    return self;
  tenon_object_release(object);
  tenon_node_throw_status(env, TENON_STATUS_NO_RESOURCES);
  return NULL;
}

/** The constructor of what has one, and of what only Swift makes. */
static napi_value construct(napi_env env, napi_callback_info info) {
  void *data;
  napi_value self, target = NULL;
  if (napi_get_cb_info(env, info, NULL, NULL, &self, &data) != napi_ok)
    return NULL;
  bound_t *bound = data;
  instance_t *instance = bound->instance;
  if (instance->adopted) {
    tenon_object_t *object = instance->adopted;
    instance->adopted = NULL;
    if (adopt(env, self, object))
      return self;
    tenon_node_throw_status(env, TENON_STATUS_NO_RESOURCES); // still whoever's wraps it
    return NULL;
  }
  if (bound->function && napi_get_new_target(env, info, &target) == napi_ok && target)
    return bound->function->call(env, info);
  napi_throw_type_error(env, "ERR_ILLEGAL_CONSTRUCTOR", "Illegal constructor");
  return NULL;
}

/** Lets go of the object before the collector does. */
static napi_value dispose(napi_env env, napi_callback_info info) {
  void *data, *object = NULL;
  napi_value self, undefined = NULL, promise = NULL;
  napi_deferred deferred;
  if (napi_get_cb_info(env, info, NULL, NULL, &self, &data) != napi_ok)
    return NULL;
  bound_t *bound = data;
  if (is_instance(bound->instance, self) && napi_remove_wrap(env, self, &object) == napi_ok &&
      object)
    tenon_object_release(object);
  if (napi_get_undefined(env, &undefined) != napi_ok ||
      napi_create_promise(env, &deferred, &promise) != napi_ok)
    return NULL;
  napi_resolve_deferred(env, deferred, undefined);
  return promise;
}

/** [Symbol.asyncDispose]: the method that ends an object, or one that lets go of it. */
static bool define_disposal(instance_t *instance, const tenon_node_class_t *class,
                            napi_value prototype) {
  napi_env env = instance->env;
  napi_value global, constructor, symbol, function;
  napi_valuetype type = napi_undefined;
  if (napi_get_global(env, &global) != napi_ok ||
      napi_get_named_property(env, global, "Symbol", &constructor) != napi_ok ||
      napi_get_named_property(env, constructor, "asyncDispose", &symbol) != napi_ok ||
      napi_typeof(env, symbol, &type) != napi_ok)
    return false;
  if (type != napi_symbol)
    return true; // an older version
  if (class->close) {
    if (napi_get_named_property(env, prototype, class->close, &function) != napi_ok)
      return false;
  } else {
    bound_t *bound = tenon_node_make_bound(instance, NULL);
    if (!bound || napi_create_function(env, "[Symbol.asyncDispose]", NAPI_AUTO_LENGTH, dispose,
                                       bound, &function) != napi_ok)
      return false;
  }
  napi_property_descriptor property = {
      NULL, symbol, NULL, NULL, NULL, function, napi_default_method, NULL};
  return napi_define_properties(env, prototype, 1, &property) == napi_ok;
}

/** Properties of a prototype, or of a constructor: not of a class, as Node-API's are for no others that inherit. */
typedef struct properties {
  size_t count;
  napi_property_descriptor *list;
} properties_t;

static bool add_property(instance_t *instance, const tenon_node_function_t *function,
                         properties_t *properties) {
  napi_property_descriptor *property = properties->list + properties->count;
  bound_t *bound = tenon_node_make_bound(instance, NULL);
  if (!bound)
    return false;
  for (size_t index = 0; function->kind == TENON_NODE_SETTER && index < properties->count; index++)
    if (properties->list[index].getter &&
        strcmp(properties->list[index].utf8name, function->name) == 0) {
      properties->list[index].setter = function->call; // after its getter
      return true;
    }
  memset(property, 0, sizeof *property);
  property->utf8name = function->name;
  property->data = bound;
  if (function->kind == TENON_NODE_GETTER || function->kind == TENON_NODE_STATIC_GETTER) {
    property->getter = function->call;
    property->attributes = napi_configurable;
  } else {
    property->method = function->call;
    property->attributes = napi_default_method;
  }
  properties->count++;
  return true;
}

static bool define_members(instance_t *instance, const tenon_node_class_t *class,
                           napi_value constructor, napi_value prototype) {
  size_t most = (size_t) class->count + class->constant_count + 1;
  properties_t own = {0, calloc(most, sizeof *own.list)};
  properties_t statics = {0, calloc(most, sizeof *statics.list)};
  bool is_defined = own.list && statics.list;
  for (uint32_t index = 0; is_defined && index < class->count; index++) {
    const tenon_node_function_t *function = class->functions[index];
    bool is_static =
        function->kind == TENON_NODE_STATIC || function->kind == TENON_NODE_STATIC_GETTER;
    if (function->kind != TENON_NODE_CONSTRUCTOR)
      is_defined = add_property(instance, function, is_static ? &statics : &own);
  }
  for (uint32_t index = 0; is_defined && index < class->constant_count; index++) {
    napi_property_descriptor *property = statics.list + statics.count++;
    property->utf8name = class->constants[index].name;
    property->value = tenon_node_make_constant(instance, &class->constants[index]);
    property->attributes = napi_enumerable;
    is_defined = property->value != NULL;
  }
  is_defined =
      is_defined &&
      napi_define_properties(instance->env, prototype, own.count, own.list) == napi_ok &&
      napi_define_properties(instance->env, constructor, statics.count, statics.list) == napi_ok;
  free(own.list);
  free(statics.list);
  return is_defined;
}

bool tenon_node_define_class(instance_t *instance, const tenon_node_class_t *class,
                             napi_value exports) {
  napi_env env = instance->env;
  napi_value constructor, prototype, pair[2];
  const tenon_node_function_t *made_by = NULL;
  for (uint32_t index = 0; index < class->count; index++)
    if (class->functions[index]->kind == TENON_NODE_CONSTRUCTOR)
      made_by = class->functions[index];
  bound_t *bound = tenon_node_make_bound(instance, made_by);
  bool is_defined =
      bound &&
      napi_define_class(env, class->name, NAPI_AUTO_LENGTH, construct, bound, 0, NULL,
                        &constructor) == napi_ok &&
      napi_create_reference(env, constructor, 1, &instance->classes[class->index]) == napi_ok &&
      napi_get_named_property(env, constructor, "prototype", &prototype) == napi_ok &&
      define_members(instance, class, constructor, prototype) &&
      define_disposal(instance, class, prototype) &&
      napi_set_named_property(env, exports, class->name, constructor) == napi_ok;
  if (!is_defined || !class->superclass)
    return is_defined;
  pair[0] = constructor;
  return get_class(instance, class->superclass, &pair[1]) &&
         tenon_node_help(instance, TOOL_EXTEND, 2, pair, NULL);
}
