/*
 * What <tenon/error.h> promises.
 */
#include "check.h"

#include <stdio.h>

CASE(an_error_says_what_it_was_given) {
  static const int64_t codes[] = {0, 1, -1, INT64_MIN, INT64_MAX};
  for (size_t index = 0; index < sizeof codes / sizeof *codes; index++) {
    tenon_error_t *error = NULL;
    const char *text = NULL;
    int64_t code = 99;
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_error_create("test", codes[index], "g\xc3\xa4nzlich", NULL, &error));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_domain(error, &text));
    CHECK_TEXT("test", text);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &text));
    CHECK_TEXT("g\xc3\xa4nzlich", text);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
    CHECK(code == codes[index]);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  }
}

CASE(the_texts_of_an_error_are_copies) {
  char domain[] = "domain";
  char message[] = "a message of more than sixteen bytes";
  tenon_error_t *error = NULL;
  const char *text = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create(domain, 1, message, NULL, &error));
  memset(domain, 'x', sizeof domain - 1);
  memset(message, 'x', sizeof message - 1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_domain(error, &text));
  CHECK_TEXT("domain", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &text));
  CHECK_TEXT("a message of more than sixteen bytes", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(the_texts_of_an_error_stay_where_they_are) {
  tenon_error_t *error = error_create(1);
  const char *first = NULL;
  const char *again = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &first));
  for (int count = 0; count < 1000; count++) {
    tenon_error_t *other = error_create(2);
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(other, &again));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(other));
  }
  CHECK_TEXT("for a test", first);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(a_long_text_of_an_error_comes_back_whole) {
  enum { SIZE = 100000 };
  char *message = malloc(SIZE + 1);
  tenon_error_t *error = NULL;
  const char *text = NULL;
  memset(message, 'm', SIZE);
  message[SIZE] = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 1, message, NULL, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &text));
  CHECK(text && strlen(text) == SIZE && strcmp(text, message) == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  free(message);
}

CASE(an_error_without_a_message_has_an_empty_one) {
  tenon_error_t *error = NULL;
  const char *text = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 1, NULL, NULL, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(error, &text));
  CHECK_TEXT("", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(an_error_needs_a_domain_that_is_not_empty) {
  tenon_error_t *error;
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create(NULL, 1, "text", NULL, &error));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create("", 1, "text", NULL, &error));
  CHECK_UNTOUCHED(error);
}

CASE(the_texts_of_an_error_are_utf8) {
  tenon_error_t *error;
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create("\xff", 1, "text", NULL, &error));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_error_create("test", 1, "\xed\xa0\x80", NULL, &error));
  CHECK_UNTOUCHED(error);
}

CASE(an_error_lives_as_long_as_its_references) {
  tenon_error_t *error = error_create(1);
  int64_t code = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_retain(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_retain(error));
  for (int count = 0; count < 3; count++) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(error, &code));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  }
  pattern_fill(&code, sizeof code);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_get_code(error, &code));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_retain(error));
  CHECK_UNTOUCHED(code);
}

CASE(an_error_keeps_its_cause) {
  tenon_error_t *cause = error_create(5);
  tenon_error_t *error = NULL;
  tenon_error_t *copy = NULL;
  int64_t code = 0;
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 6, NULL, cause, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(cause));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_copy_cause(error, &copy));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(copy, &code));
  CHECK(code == 5);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(copy));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_error_release(copy));
}

CASE(an_error_without_a_cause_gives_null) {
  tenon_error_t *error = error_create(1);
  tenon_error_t *cause;
  pattern_fill(&cause, sizeof cause);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_copy_cause(error, &cause));
  CHECK(cause == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

static void *chain_of_causes(void *context) {
  tenon_error_t *error = error_create(0);
  (void)context;
  for (size_t count = conformance_rounds(100000); count > 0; count--) {
    tenon_error_t *next = NULL;
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 1, NULL, error, &next));
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
    error = next;
  }
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  return NULL;
}

CASE(a_long_chain_of_causes_ends_without_growing_the_stack) {
  uint64_t before = process_statistics().errors_alive;
  on_small_stack(chain_of_causes, NULL);
  CHECK_COUNT(before, process_statistics().errors_alive);
}

/* MARK: Payloads */

static const int type_one;
static const int type_two;

static void drop_payload(void *pointer) { atomic_fetch_add((atomic_int *)pointer, 1); }

static tenon_error_payload_t counted_payload(atomic_int *drops) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  payload.type = &type_one;
  payload.pointer = drops;
  payload.drop = drop_payload;
  return payload;
}

CASE(a_payload_is_found_again_by_its_type) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *error = NULL;
  void *pointer;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, "text", NULL, &payload, &error));
  pattern_fill(&pointer, sizeof pointer);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_error_get_payload(error, &type_two, &pointer));
  CHECK_UNTOUCHED(pointer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_payload(error, &type_one, &pointer));
  CHECK(pointer == &drops);
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(an_error_without_a_payload_has_none_of_any_type) {
  tenon_error_t *error = error_create(1);
  void *pointer;
  pattern_fill(&pointer, sizeof pointer);
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, tenon_error_get_payload(error, &type_one, &pointer));
  CHECK_UNTOUCHED(pointer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(a_payload_may_have_nothing_to_drop) {
  tenon_error_payload_t payload = TENON_ERROR_PAYLOAD_INIT;
  tenon_error_t *error = NULL;
  void *pointer = &payload;
  payload.type = &type_two;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_payload(error, &type_two, &pointer));
  CHECK(pointer == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
}

CASE(a_payload_is_dropped_once_with_the_last_reference) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *error = NULL;
  tenon_error_t *outer = NULL;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_create("test", 2, NULL, error, &outer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_retain(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(outer));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_refused_payload_stays_the_callers) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *error;
  pattern_fill(&error, sizeof error);
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("", 1, NULL, NULL, &payload, &error));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("test", 1, "\x80", NULL, &payload, &error));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, NULL));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("test", 1, NULL, NULL, NULL, &error));
  tenon_error_t *gone = error_create(1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(gone));
  CHECK_STATUS(TENON_STATUS_STALE,
               tenon_error_create_with_payload("test", 1, NULL, gone, &payload, &error));
  payload.type = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  payload = counted_payload(&drops);
  payload.struct_size--;
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  CHECK_UNTOUCHED(error);
  CHECK_COUNT(0, atomic_load(&drops));
}

static pthread_t payload_thread;

static void drop_payload_here(void *pointer) {
  payload_thread = pthread_self();
  atomic_fetch_add((atomic_int *)pointer, 1);
}

static void *release_error(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(context));
  CHECK(pthread_equal(payload_thread, pthread_self()));
  return NULL;
}

CASE(a_payload_is_dropped_on_the_thread_that_releases_last) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *error = NULL;
  payload.drop = drop_payload_here;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  on_other_thread(release_error, error);
  CHECK_COUNT(1, atomic_load(&drops));
}

static void *use_errors(void *context) {
  (void)context;
  tenon_error_t *error = error_create(1);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  return NULL;
}

static void drop_payload_and_use(void *pointer) {
  on_other_thread(use_errors, NULL);
  use_errors(NULL);
  drop_payload(pointer);
}

CASE(a_payload_is_dropped_with_no_lock_held) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *error = NULL;
  payload.drop = drop_payload_and_use;
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 1, NULL, NULL, &payload, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(an_error_crosses_a_future_with_all_it_has) {
  atomic_int drops = 0;
  tenon_error_payload_t payload = counted_payload(&drops);
  tenon_error_t *cause = error_create(5);
  tenon_error_t *error = NULL;
  tenon_error_t *seen = NULL;
  tenon_error_t *seen_cause = NULL;
  const char *text = NULL;
  void *pointer = NULL;
  int64_t code = 0;
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK,
               tenon_error_create_with_payload("test", 6, "text", cause, &payload, &error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_reject(pair.promise, error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(error));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(cause));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_copy_error(pair.future, &seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_domain(seen, &text));
  CHECK_TEXT("test", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_message(seen, &text));
  CHECK_TEXT("text", text);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(seen, &code));
  CHECK(code == 6);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_payload(seen, &type_one, &pointer));
  CHECK(pointer == &drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_copy_cause(seen, &seen_cause));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_get_code(seen_cause, &code));
  CHECK(code == 5);
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(seen_cause));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(seen));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(errors_are_counted_while_they_live) {
  enum { COUNT = 1000 };
  tenon_error_t *errors[COUNT];
  uint64_t before = process_statistics().errors_alive;
  for (int index = 0; index < COUNT; index++)
    errors[index] = error_create(index);
  CHECK_COUNT(before + COUNT, process_statistics().errors_alive);
  for (int index = 0; index < COUNT; index++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_error_release(errors[index]));
  CHECK_COUNT(before, process_statistics().errors_alive);
}
