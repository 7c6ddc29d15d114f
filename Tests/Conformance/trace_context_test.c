/*
 * What <tenon/trace_context.h> promises: the rules of W3C's Trace Context.
 */
#include "check.h"

#include <stdio.h>
#include <string.h>

#define TRACE "0af7651916cd43dd8448eb211c80319c"
#define SPAN "b7ad6b7169203331"

/** What comes of the headers, written again; NULL: nothing. */
static const char *read_parent(const char *traceparent) {
  static char written[TENON_TRACEPARENT_SIZE];
  tenon_trace_context_t trace;
  tenon_status_t status = tenon_trace_context_parse(traceparent, NULL, &trace);
  if (status != TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_INVALID, status);
    return NULL;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_format(&trace, written));
  CHECK_COUNT(TENON_TRACEPARENT_SIZE - 1, strlen(written));
  return written;
}

static bool parent_is(const char *traceparent, const char *expected) {
  const char *written = read_parent(traceparent);
  return written && strcmp(written, expected) == 0;
}

CASE(a_traceparent_is_read_as_w3c_says) {
  const char sampled[] = "00-" TRACE "-" SPAN "-01";
  tenon_trace_context_t trace;
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_parse(sampled, NULL, &trace));
  CHECK(trace.trace_id[0] == 0x0a && trace.trace_id[15] == 0x9c);
  CHECK(trace.span_id[0] == 0xb7 && trace.span_id[7] == 0x31);
  CHECK(trace.flags == TENON_TRACE_FLAG_SAMPLED && trace.state[0] == 0);
  CHECK(parent_is(sampled, sampled));
  CHECK(parent_is("\t "
                  "00-" TRACE "-" SPAN "-01 \t",
                  sampled));
  CHECK(parent_is("00-" TRACE "-" SPAN "-00", "00-" TRACE "-" SPAN "-00"));
  CHECK(parent_is("00-" TRACE "-" SPAN "-03", "00-" TRACE "-" SPAN "-03"));
  CHECK(parent_is("00-" TRACE "-" SPAN "-ff", "00-" TRACE "-" SPAN "-03"));
  CHECK(parent_is("00-" TRACE "-" SPAN "-fc", "00-" TRACE "-" SPAN "-00"));

  /* Later versions, as far as they are known. */
  CHECK(parent_is("01-" TRACE "-" SPAN "-01", sampled));
  CHECK(parent_is("cc-" TRACE "-" SPAN "-01-what-comes-later", sampled));
  CHECK(parent_is("fe-" TRACE "-" SPAN "-ff-", sampled));
  CHECK(!read_parent("01-" TRACE "-" SPAN "-01.more"));
  CHECK(!read_parent("01-" TRACE "-" SPAN "-0"));
  CHECK(!read_parent("ff-" TRACE "-" SPAN "-01"));
  CHECK(!read_parent("00-" TRACE "-" SPAN "-01-more"));
  CHECK(!read_parent("00-" TRACE "-" SPAN "-01-"));
  CHECK(!read_parent("00-" TRACE "-" SPAN "-010"));

  static const char *const wrong[] = {
      "",
      " ",
      "00",
      "-",
      "0-" TRACE "-" SPAN "-01",
      "000-" TRACE "-" SPAN "-01",
      "0G-" TRACE "-" SPAN "-01",
      "0A-" TRACE "-" SPAN "-01",
      "00-" TRACE "-" SPAN,
      "00-" TRACE "-" SPAN "-",
      "00-" TRACE "-" SPAN "-1",
      "00-" TRACE "-" SPAN "-0x",
      "00-" TRACE "-" SPAN "-0A",
      "00-00000000000000000000000000000000-" SPAN "-01",
      "00-" TRACE "-0000000000000000-01",
      "00-0AF7651916CD43DD8448EB211C80319C-" SPAN "-01",
      "00-0af7651916cd43dd8448eb211c80319-" SPAN "-01",
      "00-0af7651916cd43dd8448eb211c80319cc-" SPAN "-01",
      "00-0af7651916cd43dd8448eb211c80319.-" SPAN "-01",
      "00-" TRACE "-b7ad6b716920333-01",
      "00-" TRACE "-B7AD6B7169203331-01",
      "00-" TRACE "-b7ad6b716920333 -01",
      "00." TRACE "-" SPAN "-01",
      "00-" TRACE "." SPAN "-01",
      "00-" TRACE "-" SPAN ".01",
      "00- " TRACE "-" SPAN "-01",
      "00-" TRACE "-" SPAN "-01, 00-" TRACE "-" SPAN "-01",
      "00-" TRACE "-" SPAN "-\xc3\xbc",
      "\xff",
  };
  for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++)
    CHECK(!read_parent(wrong[index]));
}

static bool state_is(const char *tracestate, const char *expected) {
  tenon_trace_context_t trace;
  memset(&trace, 'x', sizeof trace);
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_trace_context_parse("00-" TRACE "-" SPAN "-01", tracestate, &trace));
  return strcmp(trace.state, expected) == 0;
}

/** `count` entries of `size` characters each, `a0=xxx,a1=xxx`. */
static const char *entries(char *text, size_t count, size_t size) {
  char *end = text;
  for (size_t index = 0; index < count; index++) {
    char key[8];
    size_t used = (size_t)snprintf(key, sizeof key, "a%zu=", index);
    if (index > 0)
      *end++ = ',';
    memcpy(end, key, used);
    memset(end + used, 'x', size - used);
    end += size;
  }
  *end = 0;
  return text;
}

CASE(a_tracestate_is_read_as_w3c_says) {
  char text[8192], expected[8192];
  CHECK(state_is(NULL, "") && state_is("", "") && state_is(" ", "") && state_is(",", ""));
  CHECK(state_is("congo=t61rcWkgMzE", "congo=t61rcWkgMzE"));
  CHECK(state_is("rojo=00f067aa0ba902b7,congo=t61rcWkgMzE",
                 "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"));
  CHECK(state_is(" a=1 ,\tb=2, ,,c=3\t", "a=1,b=2,c=3"));
  CHECK(state_is("a=1,a=2", "a=1,a=2"));
  CHECK(state_is("a-_*/0=!~ .:;x", "a-_*/0=!~ .:;x"));
  CHECK(state_is("fw529a3039@dt=FfADQq", "fw529a3039@dt=FfADQq"));
  CHECK(state_is("0tenant@v=1", "0tenant@v=1"));

  static const char *const wrong[] = {
      "a",      "a=",         "=1",     "a=1=2",  "A=1",       "a b=1",   "a =1",
      "0a=1",   "@a=1",       "a@=1",   "a@0b=1", "a@@b=1",    "a@b@c=1", "a@bbbbbbbbbbbbbbb=1",
      "a=\x7f", "a=\xc3\xbc", "\xff=1", "a=1,b",  "a=1;b=2=3", "a=1,B=2", "a=1\n",
  };
  for (size_t index = 0; index < sizeof wrong / sizeof *wrong; index++)
    CHECK(state_is(wrong[index], ""));

  /* As many entries as there may be, and as long. */
  CHECK(state_is(entries(text, 32, 6), text));
  CHECK(state_is(entries(text, 33, 6), ""));
  memset(text, 'k', 256);
  strcpy(text + 256, "=1");
  CHECK(state_is(text, text));
  memset(text, 'k', 257);
  strcpy(text + 257, "=1");
  CHECK(state_is(text, ""));
  text[0] = 'k', text[1] = '=';
  memset(text + 2, 'v', 256);
  text[258] = 0;
  CHECK(state_is(text, text));
  memset(text + 2, 'v', 257);
  text[259] = 0;
  CHECK(state_is(text, ""));

  /* What is too long as a whole: 512 are passed on, of more the last entries are not, and the long ones first. */
  CHECK(state_is(entries(text, 19, 26), text) && strlen(text) == 512);
  entries(text, 20, 26);
  CHECK(state_is(text, entries(expected, 19, 26)));
  entries(text, 3, 120);
  entries(expected, 3, 120);
  strcat(text, ",long=");
  memset(text + strlen(expected) + 6, 'x', 200);
  text[strlen(expected) + 206] = 0;
  strcat(text, ",z=1");
  strcat(expected, ",z=1");
  CHECK(state_is(text, expected));
}

CASE(a_span_is_below_its_parent) {
  tenon_trace_context_t parent, child, other;
  const uint8_t none[16] = {0};
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_trace_context_parse("00-" TRACE "-" SPAN "-02", "a=1", &parent));
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(&parent, &child));
  CHECK(memcmp(child.trace_id, parent.trace_id, 16) == 0 && strcmp(child.state, "a=1") == 0);
  CHECK(memcmp(child.span_id, parent.span_id, 8) != 0 && memcmp(child.span_id, none, 8) != 0);
  CHECK(child.flags == TENON_TRACE_FLAG_RANDOM);
  other = child;
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(&other, &other));
  CHECK(memcmp(child.trace_id, other.trace_id, 16) == 0);
  CHECK(memcmp(child.span_id, other.span_id, 8) != 0);

  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(NULL, &other));
  CHECK(memcmp(other.trace_id, none, 16) != 0 && memcmp(other.span_id, none, 8) != 0);
  CHECK(other.flags == TENON_TRACE_FLAG_SAMPLED && other.state[0] == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(NULL, &child));
  CHECK(memcmp(other.trace_id, child.trace_id, 16) != 0);
}

static void get_current(void *argument) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_get_current(argument));
}

static void check_texts(void *argument) {
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_get_value("traceparent", &value));
  CHECK(value.kind == TENON_VALUE_STRING);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_get_value("tracestate", &value));
  CHECK(value.kind == TENON_VALUE_NONE);
  get_current(argument);
}

static void go_on_without_a_state(void *argument) {
  tenon_trace_context_t trace;
  tenon_context_t context = TENON_CONTEXT_INIT;
  get_current(&trace);
  CHECK(strcmp(trace.state, "a=1") == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(&trace, &trace));
  trace.state[0] = 0;
  context.trace = &trace;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, check_texts, argument));
}

static void keep_out(void *argument) {
  const tenon_context_value_t none[] = {{"traceparent", NULL}};
  const tenon_context_value_t wrong[] = {{"traceparent", "00-nothing"}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  context.value_count = 1;
  context.values = none;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, get_current, argument));
  CHECK(((tenon_trace_context_t *)argument)->span_id[7] == 0);
  context.values = wrong;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, get_current, argument));
}

static void go_on_in_another(void *argument) {
  const tenon_context_value_t other[] = {{"traceparent", "00-" TRACE "-" SPAN "-00"}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  context.values = other;
  context.value_count = 1;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, check_texts, argument));
}

CASE(a_trace_context_goes_with_a_context) {
  const tenon_context_value_t texts[] = {{"traceparent", "00-" TRACE "-" SPAN "-01"},
                                         {"tracestate", " a=1 "}};
  tenon_context_t context = TENON_CONTEXT_INIT;
  tenon_trace_context_t seen, parent;
  memset(&seen, 1, sizeof seen);
  get_current(&seen);
  for (size_t index = 0; index < sizeof seen; index++)
    CHECK(((const char *)&seen)[index] == 0);

  context.values = texts;
  context.value_count = 2;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, get_current, &seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_parse(texts[0].text, "a=1", &parent));
  CHECK(memcmp(&seen, &parent, sizeof seen) == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, go_on_without_a_state, &seen));
  CHECK(memcmp(seen.trace_id, parent.trace_id, 16) == 0 && seen.state[0] == 0);
  CHECK(memcmp(seen.span_id, parent.span_id, 8) != 0);

  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, go_on_in_another, &seen));
  CHECK(seen.flags == 0 && seen.state[0] == 0);

  /* A name's text and a trace: the trace. */
  parent.span_id[7] = 1;
  context.trace = &parent;
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, get_current, &seen));
  CHECK(memcmp(&seen, &parent, sizeof seen) == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_context_run(&context, keep_out, &seen));
  CHECK(seen.span_id[7] == 0);
}

static void count_call(void *argument) { ++*(int *)argument; }

CASE(a_trace_context_that_is_wrong_is_refused) {
  tenon_trace_context_t right, wrong, out;
  tenon_context_t context = TENON_CONTEXT_INIT;
  char text[TENON_TRACEPARENT_SIZE];
  int calls = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_trace_context_start(NULL, &right));
  context.trace = &wrong;
  for (int kind = 0; kind < 4; kind++) {
    wrong = right;
    if (kind == 0)
      memset(wrong.trace_id, 0, sizeof wrong.trace_id);
    else if (kind == 1)
      memset(wrong.span_id, 0, sizeof wrong.span_id);
    else if (kind == 2)
      memset(wrong.state, 'x', sizeof wrong.state); /* without an end */
    else
      strcpy(wrong.state, "no entry");
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_trace_context_format(&wrong, text));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_trace_context_start(&wrong, &out));
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_context_run(&context, count_call, &calls));
  }
  CHECK_COUNT(0, calls);
}
