/*
 * What <tenon/object.h> promises.
 */
#include "race.h"

#include <string.h>

static const int type_of_counters;
static const int another_type;

static tenon_object_t *object_create(atomic_int *drops) {
  tenon_object_t *object = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(drops, &type_of_counters, count_drop, &object));
  return object;
}

CASE(an_object_gives_its_pointer_to_who_has_the_mark) {
  atomic_int drops = 0;
  tenon_object_t *object = object_create(&drops);
  void *pointer = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_get(object, &type_of_counters, &pointer));
  CHECK(pointer == &drops);
  pattern_fill(&pointer, sizeof pointer);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_object_get(object, &another_type, &pointer));
  CHECK_UNTOUCHED(pointer);
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(an_object_may_have_no_pointer_and_no_drop) {
  tenon_object_t *object = NULL;
  void *pointer = &object;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(NULL, &another_type, NULL, &object));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_get(object, &another_type, &pointer));
  CHECK(pointer == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
}

CASE(the_last_release_drops_an_object_once) {
  atomic_int drops = 0;
  tenon_object_t *object = object_create(&drops);
  for (int count = 0; count < 1000; count++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_retain(object));
  for (int count = 0; count < 1000; count++)
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_released_object_is_stale_for_ever) {
  atomic_int drops = 0;
  tenon_object_t *first = object_create(&drops);
  void *pointer;
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(first));
  for (int life = 0; life < 1000; life++) { /* the slot is used again */
    tenon_object_t *next = object_create(&drops);
    pattern_fill(&pointer, sizeof pointer);
    pattern_fill(&value, sizeof value);
    CHECK(next != first);
    CHECK_STATUS(TENON_STATUS_STALE, tenon_object_get(first, &type_of_counters, &pointer));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_object_retain(first));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_object_release(first));
    CHECK_STATUS(TENON_STATUS_STALE, tenon_value_adopt_object(first, &value));
    CHECK_UNTOUCHED(pointer);
    CHECK_UNTOUCHED(value);
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(next));
  }
  CHECK_COUNT(1001, atomic_load(&drops));
}

CASE(an_object_crosses_in_a_value_and_is_found_in_it) {
  atomic_int drops = 0;
  tenon_value_t value;
  tenon_object_t *found = NULL;
  tenon_object_t *object = object_create(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_object(object, &value));
  CHECK_COUNT(TENON_VALUE_POINTER, value.kind);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_object(&value, &found));
  CHECK(found == object);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_object(&value, &found));
  CHECK(found == object);
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_retain(found));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(found));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
}

CASE(a_value_of_something_else_has_no_object) {
  atomic_int drops = 0;
  tenon_object_t *object = object_create(&drops);
  tenon_value_t value = counted_value(&drops);
  tenon_object_t *found;
  pattern_fill(&found, sizeof found);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_object(&value, &found));
  value = tenon_value_pointer(object, &type_of_counters, NULL);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_object(&value, &found));
  value = tenon_value_i64((int64_t)(intptr_t)object);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_object(&value, &found));
  CHECK_UNTOUCHED(found);
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(object));
}

static void release_another(void *pointer, size_t size) {
  (void)size;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(pointer));
}

CASE(a_drop_may_release_other_objects) {
  atomic_int drops = 0;
  tenon_object_t *inner = object_create(&drops);
  tenon_object_t *outer = NULL;
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_create(inner, &another_type, release_another, &outer));
  CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(outer));
  CHECK_COUNT(1, atomic_load(&drops));
}

typedef struct contest {
  tenon_object_t *object;
  atomic_int drops;
  atomic_int refused;
} contest_t;

static void contest_before(void *context, size_t round) {
  contest_t *contest = context;
  (void)round;
  atomic_store(&contest->drops, 0);
  atomic_store(&contest->refused, 0);
  contest->object = object_create(&contest->drops);
}

/** One gives the reference back, while the others look and keep it for a moment. */
static void contest_run(void *context, size_t member, size_t round) {
  contest_t *contest = context;
  void *pointer = NULL;
  (void)round;
  if (member == 0) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(contest->object));
    return;
  }
  tenon_status_t status = tenon_object_retain(contest->object);
  if (status == TENON_STATUS_OK) {
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_get(contest->object, &type_of_counters, &pointer));
    CHECK(pointer == &contest->drops && atomic_load(&contest->drops) == 0);
    CHECK_STATUS(TENON_STATUS_OK, tenon_object_release(contest->object));
  } else {
    CHECK_STATUS(TENON_STATUS_STALE, status);
    atomic_fetch_add(&contest->refused, 1);
  }
}

static void contest_after(void *context, size_t round) {
  contest_t *contest = context;
  (void)round;
  CHECK_COUNT(1, atomic_load(&contest->drops));
}

CASE(an_object_that_is_released_elsewhere_is_there_or_stale) {
  contest_t contest;
  race_t race = {.members = 3,
                 .rounds = conformance_rounds(20000),
                 .context = &contest,
                 .before = contest_before,
                 .run = contest_run,
                 .after = contest_after};
  memset(&contest, 0, sizeof contest);
  race_run(&race);
}
