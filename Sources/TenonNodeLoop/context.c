/*
 * Implements the functions of <tenon/node.h> about what calls carry.
 *
 * JavaScript has it in an AsyncLocalStorage, which all packages of a realm share, and which goes along
 * with promises by itself. So what that has counts, and not what this thread does meanwhile for others.
 * Nothing looks into it before somebody has used it.
 */
#include "context.h"

#include <tenon/context.h>

#include <stdlib.h>
#include <string.h>

/* MARK: To other threads */

struct carried {
  tenon_context_t context;
  tenon_context_value_t values[];
};

/** All in one block: the texts come after the values. */
static void copy(void *argument, const tenon_context_t *context) {
  carried_t **carried_out = argument;
  size_t count = context->value_count,
         size = sizeof **carried_out + count * sizeof *context->values;
  for (size_t index = 0; index < count; index++)
    size += strlen(context->values[index].name) + strlen(context->values[index].text) + 2;
  carried_t *carried = malloc(size);
  if (!carried)
    return;
  char *text = (char *)&carried->values[count];
  carried->context = *context;
  carried->context.values = carried->values;
  for (size_t index = 0; index < count; index++) {
    carried->values[index].name = text;
    text = stpcpy(text, context->values[index].name) + 1;
    carried->values[index].text = text;
    text = stpcpy(text, context->values[index].text) + 1;
  }
  *carried_out = carried;
}

carried_t *tenon__node_carry(void) {
  carried_t *carried = NULL;
  tenon_context_read(copy, &carried);
  return carried;
}

void tenon__node_run_carried(carried_t *carried, void (*fn)(void *argument), void *argument) {
  if (!carried || tenon_context_run(&carried->context, fn, argument) != TENON_STATUS_OK)
    fn(argument);
  free(carried);
}

/* MARK: Into JavaScript */

typedef struct telling {
  environment_t *environment;
  napi_value texts; /**< NULL: there is no context */
  bool has_failed;
} telling_t;

static void tell(void *argument, const tenon_context_t *context) {
  telling_t *telling = argument;
  napi_env env = telling->environment->env;
  napi_value text;
  telling->has_failed = napi_create_object(env, &telling->texts) != napi_ok;
  for (size_t index = 0; !telling->has_failed && index < context->value_count; index++)
    telling->has_failed =
        napi_create_string_utf8(env, context->values[index].text, NAPI_AUTO_LENGTH, &text) !=
            napi_ok ||
        napi_set_named_property(env, telling->texts, context->values[index].name, text) != napi_ok;
}

bool tenon__node_bind_context(environment_t *environment, napi_value *function) {
  telling_t telling = {environment, NULL, false};
  tenon_context_read(tell, &telling);
  if (!telling.texts)
    return !telling.has_failed;
  napi_value arguments[] = {telling.texts, *function};
  return !telling.has_failed &&
         tenon__node_help(environment, HELPER_BIND_CONTEXT, 2, arguments, function);
}

/* MARK: Out of JavaScript */

typedef struct said {
  tenon_context_t context;
  tenon_context_value_t *values;
  char *texts;
} said_t;

/** Reads one text after the others; false: there is no memory, or it is none. */
static bool read_text(napi_env env, napi_value js, said_t *said, size_t *used, size_t *offset_out) {
  size_t size = 0;
  if (napi_get_value_string_utf8(env, js, NULL, 0, &size) != napi_ok)
    return false;
  char *texts = realloc(said->texts, *used + size + 1);
  if (!texts)
    return false;
  said->texts = texts;
  *offset_out = *used;
  *used += size + 1;
  return napi_get_value_string_utf8(env, js, texts + *offset_out, size + 1, NULL) == napi_ok;
}

/** Reads names and texts, in turn. */
static bool read_texts(napi_env env, napi_value list, said_t *said) {
  uint32_t count = 0;
  if (napi_get_array_length(env, list, &count) != napi_ok)
    return false;
  size_t used = 0, *offsets = calloc(count + 1, sizeof *offsets);
  said->values = calloc(count / 2 + 1, sizeof *said->values);
  bool is_read = offsets && said->values;
  for (uint32_t index = 0; is_read && index < count; index++) {
    napi_value js;
    is_read = napi_get_element(env, list, index, &js) == napi_ok &&
              read_text(env, js, said, &used, &offsets[index]);
  }
  for (uint32_t index = 0; is_read && index < count / 2; index++)
    said->values[index] = (tenon_context_value_t){said->texts + offsets[2 * index],
                                                  said->texts + offsets[2 * index + 1]};
  free(offsets);
  said->context.values = said->values;
  said->context.value_count = count / 2;
  return is_read;
}

static void has_any(void *argument, const tenon_context_t *context) {
  (void)context;
  *(bool *)argument = true;
}

tenon_status_t tenon_node_context_run(napi_env env, void (*fn)(void *argument), void *argument) {
  environment_t *environment = tenon__node_find(env);
  said_t said = {TENON_CONTEXT_INIT, NULL, NULL};
  napi_value list;
  napi_valuetype type = napi_undefined;
  bool is_inside = false;
  if (!fn)
    return TENON_STATUS_INVALID;
  if (!environment)
    return TENON_STATUS_CLOSED;
  if (!environment->has_contexts) {
    fn(argument);
    return TENON_STATUS_OK;
  }
  if (!tenon__node_help(environment, HELPER_LIST_CONTEXT, 0, NULL, &list) ||
      napi_typeof(env, list, &type) != napi_ok)
    return tenon__node_failed(environment);
  tenon_status_t status = TENON_STATUS_OK;
  if (type == napi_object && !read_texts(env, list, &said))
    status = TENON_STATUS_NO_RESOURCES;
  tenon_context_read(has_any, &is_inside);
  said.context.flags = TENON_CONTEXT_FLAG_ALONE;
  if (status == TENON_STATUS_OK && (type == napi_object || is_inside))
    status = tenon_context_run(&said.context, fn, argument);
  else if (status == TENON_STATUS_OK)
    fn(argument);
  free(said.values);
  free(said.texts);
  return status;
}

tenon_status_t tenon_node_context_to(napi_env env, napi_value *context_out) {
  environment_t *environment = tenon__node_find(env);
  if (!context_out)
    return TENON_STATUS_INVALID;
  if (!environment)
    return TENON_STATUS_CLOSED;
  return tenon__node_help(environment, HELPER_GET_CONTEXT, 0, NULL, context_out)
             ? TENON_STATUS_OK
             : tenon__node_failed(environment);
}

/* MARK: What the prelude calls */

napi_value tenon__node_native_use_context(napi_env env, napi_callback_info info) {
  environment_t *environment = tenon__node_get_environment(env, info);
  environment->has_contexts = true;
  return NULL;
}

/** startSpan(traceparent, tracestate): the two texts of a span below that, or of a trace of its own. */
napi_value tenon__node_native_start_span(napi_env env, napi_callback_info info) {
  napi_value arguments[2], list = NULL, text;
  size_t count = 2;
  char texts[2][2048] = {"", ""};
  char traceparent[TENON_TRACEPARENT_SIZE];
  tenon_trace_context_t span;
  if (napi_get_cb_info(env, info, &count, arguments, NULL, NULL) != napi_ok)
    return NULL;
  for (size_t index = 0; index < 2; index++)
    if (napi_get_value_string_utf8(env, arguments[index], texts[index], sizeof texts[index],
                                   NULL) != napi_ok)
      texts[index][0] = 0;
  // Of one that is longer the last entries would not be passed on anyway.
  if (strlen(texts[1]) == sizeof texts[1] - 1 && strrchr(texts[1], ','))
    *strrchr(texts[1], ',') = 0;
  bool has_parent = tenon_trace_context_parse(texts[0], texts[1], &span) == TENON_STATUS_OK;
  if (tenon_trace_context_start(has_parent ? &span : NULL, &span) == TENON_STATUS_OK &&
      tenon_trace_context_format(&span, traceparent) == TENON_STATUS_OK &&
      napi_create_array_with_length(env, 2, &list) == napi_ok &&
      napi_create_string_utf8(env, traceparent, NAPI_AUTO_LENGTH, &text) == napi_ok &&
      napi_set_element(env, list, 0, text) == napi_ok &&
      napi_create_string_utf8(env, span.state, NAPI_AUTO_LENGTH, &text) == napi_ok)
    napi_set_element(env, list, 1, text);
  return list;
}
