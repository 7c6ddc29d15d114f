/*
 * What <tenon/value.h> promises.
 */
#include "check.h"

static const char *const TEXT = "a text of more than sixteen bytes";

CASE(simple_values_hold_what_they_were_given) {
  static const int type;
  int object = 0;
  CHECK_COUNT(TENON_VALUE_NONE, tenon_value_none().kind);
  CHECK_COUNT(TENON_VALUE_BOOLEAN, tenon_value_boolean(true).kind);
  CHECK(tenon_value_boolean(true).as.boolean);
  CHECK_COUNT(TENON_VALUE_I64, tenon_value_i64(INT64_MIN).kind);
  CHECK(tenon_value_i64(INT64_MIN).as.i64 == INT64_MIN);
  CHECK_COUNT(TENON_VALUE_U64, tenon_value_u64(UINT64_MAX).kind);
  CHECK(tenon_value_u64(UINT64_MAX).as.u64 == UINT64_MAX);
  CHECK_COUNT(TENON_VALUE_F64, tenon_value_f64(0.5).kind);
  CHECK(tenon_value_f64(0.5).as.f64 == 0.5);
  tenon_value_t pointer = tenon_value_pointer(&object, &type, count_drop);
  CHECK_COUNT(TENON_VALUE_POINTER, pointer.kind);
  CHECK(pointer.as.pointer.address == &object && pointer.as.pointer.type == &type);
  CHECK(pointer.drop == count_drop);
}

CASE(simple_values_cross_unchanged) {
  static const int type;
  int object = 0;
  tenon_value_t values[] = {tenon_value_none(),
                            tenon_value_boolean(true),
                            tenon_value_boolean(false),
                            tenon_value_i64(INT64_MIN),
                            tenon_value_u64(UINT64_MAX),
                            tenon_value_f64(-0.0),
                            tenon_value_pointer(&object, &type, NULL),
                            tenon_value_pointer(NULL, NULL, NULL)};
  for (size_t index = 0; index < sizeof values / sizeof *values; index++) {
    tenon_value_t before = values[index];
    tenon_value_t after;
    pair_t pair = pair_create();
    pattern_fill(&after, sizeof after);
    CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &values[index]));
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &after));
    CHECK_COUNT(before.kind, after.kind);
    CHECK_COUNT(before.flags, after.flags);
    if (before.kind == TENON_VALUE_BOOLEAN)
      CHECK(before.as.boolean == after.as.boolean);
    else if (before.kind == TENON_VALUE_POINTER)
      CHECK(memcmp(&before.as.pointer, &after.as.pointer, sizeof before.as.pointer) == 0);
    else if (before.kind != TENON_VALUE_NONE)
      CHECK(before.as.u64 == after.as.u64);
    CHECK(before.drop == after.drop);
    CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  }
}

CASE(up_to_sixteen_bytes_are_stored_in_the_value) {
  for (size_t size = 0; size <= 33; size++) {
    for (int is_text = 0; is_text < 2; is_text++) {
      char source[33];
      tenon_value_t value;
      memcpy(source, TEXT, sizeof source);
      pattern_fill(&value, sizeof value);
      CHECK_STATUS(TENON_STATUS_OK, is_text ? tenon_value_copy_string(source, size, &value)
                                            : tenon_value_copy_bytes(source, size, &value));
      memset(source, '!', sizeof source);
      CHECK_COUNT(is_text ? TENON_VALUE_STRING : TENON_VALUE_BYTES, value.kind);
      CHECK(((value.flags & TENON_VALUE_FLAG_INLINE) != 0) ==
            (size <= TENON_VALUE_INLINE_SIZE_MAX));
      if (value.flags & TENON_VALUE_FLAG_INLINE)
        CHECK_COUNT(size, value.inline_size);
      const void *data = NULL;
      size_t data_size = SIZE_MAX;
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &data_size));
      CHECK_COUNT(size, data_size);
      CHECK(size == 0 || (data && memcmp(data, TEXT, size) == 0));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      CHECK_COUNT(TENON_VALUE_NONE, value.kind);
    }
  }
}

CASE(copied_text_and_bytes_cross_unchanged) {
  for (size_t size = 0; size <= 33; size += 3) {
    for (int is_text = 0; is_text < 2; is_text++) {
      tenon_value_t value = tenon_value_none();
      tenon_value_t seen = tenon_value_none();
      pair_t pair = pair_create();
      const void *data = NULL;
      size_t data_size = SIZE_MAX;
      CHECK_STATUS(TENON_STATUS_OK, is_text ? tenon_value_copy_string(TEXT, size, &value)
                                            : tenon_value_copy_bytes(TEXT, size, &value));
      CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(pair.future, &seen));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&seen, &data, &data_size));
      CHECK(data_size == size && (size == 0 || memcmp(data, TEXT, size) == 0));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&seen));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &seen));
      CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&seen, &data, &data_size));
      CHECK(data_size == size && (size == 0 || memcmp(data, TEXT, size) == 0));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&seen));
    }
  }
}

typedef struct buffer {
  char data[64];
  atomic_int drops;
  size_t size;
} buffer_t;

static buffer_t buffer;

static void drop_buffer(void *pointer, size_t size) {
  CHECK(pointer == buffer.data);
  buffer.size = size;
  atomic_fetch_add(&buffer.drops, 1);
}

static void buffer_reset(void) {
  memset(&buffer, 0, sizeof buffer);
  memcpy(buffer.data, TEXT, strlen(TEXT));
}

CASE(an_adopted_buffer_is_not_copied_and_is_dropped_once) {
  static const size_t sizes[] = {0, 1, 4, 16, 17, 33};
  for (size_t index = 0; index < sizeof sizes / sizeof *sizes; index++) {
    for (int is_text = 0; is_text < 2; is_text++) {
      tenon_value_t value = tenon_value_none();
      const void *data = NULL;
      size_t size = SIZE_MAX;
      buffer_reset();
      CHECK_STATUS(TENON_STATUS_OK,
                   is_text
                       ? tenon_value_adopt_string(buffer.data, sizes[index], drop_buffer, &value)
                       : tenon_value_adopt_bytes(buffer.data, sizes[index], drop_buffer, &value));
      CHECK_COUNT(is_text ? TENON_VALUE_STRING : TENON_VALUE_BYTES, value.kind);
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
      CHECK(data == buffer.data);
      CHECK_COUNT(sizes[index], size);
      CHECK_COUNT(0, atomic_load(&buffer.drops));
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      CHECK_COUNT(1, atomic_load(&buffer.drops));
      CHECK_COUNT(sizes[index], buffer.size);
      CHECK_COUNT(TENON_VALUE_NONE, value.kind);
      CHECK(value.drop == NULL);
      CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
      CHECK_COUNT(1, atomic_load(&buffer.drops));
    }
  }
}

CASE(an_adopted_buffer_crosses_without_a_copy) {
  tenon_value_t value = tenon_value_none();
  tenon_value_t seen = tenon_value_none();
  const void *data = NULL;
  size_t size = 0;
  pair_t pair = pair_create();
  buffer_reset();
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_string(buffer.data, 33, drop_buffer, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(pair.future, &seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&seen, &data, &size));
  CHECK(data == buffer.data && size == 33);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &seen));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&seen, &data, &size));
  CHECK(data == buffer.data && size == 33);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(0, atomic_load(&buffer.drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&seen));
  CHECK_COUNT(1, atomic_load(&buffer.drops));
}

CASE(an_adopted_buffer_without_a_drop_belongs_to_nobody) {
  tenon_value_t value = tenon_value_none();
  buffer_reset();
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_string(buffer.data, 33, NULL, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_bytes(buffer.data, 33, NULL, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK(memcmp(buffer.data, TEXT, 33) == 0);
}

typedef struct text {
  const char *data;
  size_t size;
} text_t;

#define BYTES(literal)                                                                             \
  { literal, sizeof literal - 1 }

CASE(text_is_utf8) {
  static const text_t good[] = {
      BYTES(""),
      BYTES("plain"),
      BYTES("with\0zero"),
      BYTES("\x7f\xc2\x80\xdf\xbf"),
      BYTES("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf"),
      BYTES("\xf0\x90\x80\x80\xf1\x80\x80\x80\xf3\xbf\xbf\xbf\xf4\x8f\xbf\xbf"),
      BYTES("more than sixteen bytes, and then \xf0\x9f\xaa\xb5"),
  };
  static const text_t bad[] = {
      BYTES("\x80"),                       /* a continuation alone */
      BYTES("\xc0\x80"),                   /* zero, too long */
      BYTES("\xc1\xbf"),                   /* DEL, too long */
      BYTES("\xe0\x9f\xbf"),               /* three bytes for two */
      BYTES("\xed\xa0\x80"),               /* a surrogate */
      BYTES("\xed\xbf\xbf"),               /* the last surrogate */
      BYTES("\xf0\x8f\xbf\xbf"),           /* four bytes for three */
      BYTES("\xf4\x90\x80\x80"),           /* beyond U+10FFFF */
      BYTES("\xf5\x80\x80\x80"),           /* no such start */
      BYTES("\xff"),                       /* no such byte */
      BYTES("\xc2"),                       /* cut short */
      BYTES("\xe2\x82"),                   /* cut short */
      BYTES("\xf0\x9f\xaa"),               /* cut short */
      BYTES("\xc2\x41"),                   /* not continued */
      BYTES("\xe2\x82\x41"),               /* not continued */
      BYTES("sixteen and more bytes\x80"), /* bad at the end */
      BYTES("\x80sixteen and more bytes"), /* bad at the start */
  };
  for (size_t index = 0; index < sizeof good / sizeof *good; index++) {
    tenon_value_t value = tenon_value_none();
    CHECK_STATUS(TENON_STATUS_OK,
                 tenon_value_copy_string(good[index].data, good[index].size, &value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  }
  for (size_t index = 0; index < sizeof bad / sizeof *bad; index++) {
    tenon_value_t value;
    char data[64];
    pattern_fill(&value, sizeof value);
    memcpy(data, bad[index].data, bad[index].size);
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_copy_string(data, bad[index].size, &value));
    CHECK_UNTOUCHED(value);
    CHECK_STATUS(TENON_STATUS_INVALID,
                 tenon_value_adopt_string(data, bad[index].size, drop_buffer, &value));
    CHECK_UNTOUCHED(value);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_copy_bytes(data, bad[index].size, &value));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  }
}

CASE(a_refused_buffer_stays_the_callers) {
  tenon_value_t value;
  buffer_reset();
  buffer.data[32] = '\xff';
  pattern_fill(&value, sizeof value);
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_value_adopt_string(buffer.data, 33, drop_buffer, &value));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_value_adopt_bytes(buffer.data, SIZE_MAX, drop_buffer, &value));
  CHECK_STATUS(TENON_STATUS_INVALID,
               tenon_value_adopt_bytes(buffer.data, (size_t)PTRDIFF_MAX + 1, drop_buffer, &value));
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_adopt_bytes(buffer.data, 3, drop_buffer, NULL));
  CHECK_UNTOUCHED(value);
  CHECK_COUNT(0, atomic_load(&buffer.drops));
}

CASE(only_text_and_bytes_have_data) {
  int object = 0;
  tenon_value_t values[] = {tenon_value_none(), tenon_value_boolean(true),
                            tenon_value_i64(1), tenon_value_u64(1),
                            tenon_value_f64(1), tenon_value_pointer(&object, NULL, NULL)};
  for (size_t index = 0; index < sizeof values / sizeof *values; index++) {
    const void *data;
    size_t size;
    pattern_fill(&data, sizeof data);
    pattern_fill(&size, sizeof size);
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_get_data(&values[index], &data, &size));
    CHECK_UNTOUCHED(data);
    CHECK_UNTOUCHED(size);
  }
}

CASE(a_value_filled_by_hand_from_zero_is_a_value) {
  tenon_value_t value;
  const void *data = NULL;
  size_t size = 0;
  memset(&value, 0, sizeof value);
  value.kind = TENON_VALUE_BYTES;
  value.flags = TENON_VALUE_FLAG_INLINE;
  value.inline_size = 3;
  memcpy(value.as.inline_data, "abc", 3);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
  CHECK(size == 3 && memcmp(data, "abc", 3) == 0);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  buffer_reset();
  memset(&value, 0, sizeof value);
  value.kind = TENON_VALUE_STRING;
  value.as.data.pointer = buffer.data;
  value.as.data.size = 33;
  value.drop = drop_buffer;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_get_data(&value, &data, &size));
  CHECK(size == 33 && data == buffer.data);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&buffer.drops));
  CHECK_COUNT(33, buffer.size);
}

CASE(a_pointer_is_dropped_with_its_address_and_zero) {
  atomic_int drops = 0;
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  CHECK(value.drop == NULL);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_borrowed_value_is_only_emptied) {
  atomic_int drops = 0;
  tenon_value_t value = counted_value(&drops);
  tenon_value_t loan = tenon_value_none();
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(pair.future, &loan));
  CHECK(loan.flags & TENON_VALUE_FLAG_BORROWED);
  CHECK(loan.as.pointer.address == &drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&loan));
  CHECK_COUNT(TENON_VALUE_NONE, loan.kind);
  CHECK_COUNT(0, loan.flags);
  CHECK_COUNT(0, atomic_load(&drops));
  /* One that somebody else lends, and that says how it ends. */
  loan = counted_value(&drops);
  loan.flags |= TENON_VALUE_FLAG_BORROWED;
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&loan));
  CHECK_COUNT(0, atomic_load(&drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(what_was_never_a_value_is_left_alone) {
  tenon_value_t value;
  tenon_value_t before;
  pattern_fill(&value, sizeof value);
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_drop(&value));
  CHECK_UNTOUCHED(value);
  atomic_int drops = 0;
  static const uint8_t kinds[] = {9, 10, 100, 127, 128, 255};
  for (size_t index = 0; index < sizeof kinds; index++) {
    value = counted_value(&drops);
    value.kind = kinds[index];
    before = value;
    CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_drop(&value));
    CHECK(memcmp(&before, &value, sizeof value) == 0);
  }
  CHECK_COUNT(0, atomic_load(&drops));
}

/* MARK: Drop executors */

static void *release_future(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(context));
  return NULL;
}

typedef struct dropped {
  atomic_int drops;
  pthread_t thread;
} dropped_t;

static void drop_here(void *pointer, size_t size) {
  dropped_t *dropped = pointer;
  CHECK_COUNT(0, size);
  dropped->thread = pthread_self();
  atomic_fetch_add(&dropped->drops, 1);
}

CASE(a_drop_executor_runs_the_drop_in_its_poll) {
  tenon_executor_t *executor = executor_create();
  dropped_t dropped = {0};
  tenon_value_t value = tenon_value_pointer(&dropped, NULL, drop_here);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(TENON_VALUE_NONE, value.kind);
  CHECK_COUNT(0, atomic_load(&dropped.drops));
  executor_poll(executor);
  CHECK_COUNT(1, atomic_load(&dropped.drops));
  executor_poll(executor);
  executor_end(executor);
  CHECK_COUNT(1, atomic_load(&dropped.drops));
}

static void *drop_value(void *context) {
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(context));
  return NULL;
}

CASE(a_value_is_dropped_on_the_thread_that_lets_go_last) {
  dropped_t dropped = {0};
  tenon_value_t value = tenon_value_pointer(&dropped, NULL, drop_here);
  on_other_thread(drop_value, &value);
  CHECK_COUNT(1, atomic_load(&dropped.drops));
  CHECK(!pthread_equal(dropped.thread, pthread_self()));
  value = tenon_value_pointer(&dropped, NULL, drop_here);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  on_other_thread(release_future, pair.future);
  CHECK_COUNT(1, atomic_load(&dropped.drops));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_COUNT(2, atomic_load(&dropped.drops));
  CHECK(pthread_equal(dropped.thread, pthread_self()));
}

CASE(an_untaken_value_is_dropped_on_its_drop_executor) {
  tenon_executor_t *executor = executor_create();
  dropped_t dropped = {0};
  tenon_value_t value = tenon_value_pointer(&dropped, NULL, drop_here);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  on_other_thread(release_future, pair.future);
  CHECK_COUNT(0, atomic_load(&dropped.drops));
  executor_poll(executor);
  CHECK_COUNT(1, atomic_load(&dropped.drops));
  CHECK(pthread_equal(dropped.thread, pthread_self()));
  executor_end(executor);
}

CASE(a_taken_value_keeps_its_drop_executor) {
  tenon_executor_t *executor = executor_create();
  atomic_int drops = 0;
  tenon_value_t value = counted_value(&drops);
  pair_t pair = pair_create();
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(pair.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_take(pair.future, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(0, atomic_load(&drops));
  executor_poll(executor);
  CHECK_COUNT(1, atomic_load(&drops));
  executor_end(executor);
}

CASE(a_text_is_dropped_on_its_drop_executor) {
  tenon_executor_t *executor = executor_create();
  tenon_value_t value = tenon_value_none();
  buffer_reset();
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_adopt_string(buffer.data, 33, drop_buffer, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(0, atomic_load(&buffer.drops));
  executor_poll(executor);
  CHECK_COUNT(1, atomic_load(&buffer.drops));
  CHECK_COUNT(33, buffer.size);
  executor_end(executor);
}

CASE(a_drop_executor_that_is_closed_leaves_the_drop_where_it_happens) {
  for (int is_released = 0; is_released < 2; is_released++) {
    tenon_executor_t *executor = executor_create();
    dropped_t dropped = {0};
    tenon_value_t value = tenon_value_pointer(&dropped, NULL, drop_here);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
    if (!is_released)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_close(executor, 0));
    else
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
    CHECK_COUNT(1, atomic_load(&dropped.drops));
    CHECK(pthread_equal(dropped.thread, pthread_self()));
    if (!is_released)
      CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  }
}

CASE(a_drop_that_waits_for_its_executor_survives_the_close) {
  tenon_executor_t *executor = executor_create();
  atomic_int drops = 0;
  for (int count = 0; count < 10; count++) {
    tenon_value_t value = counted_value(&drops);
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
    CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  }
  executor_end(executor);
  CHECK_COUNT(10, atomic_load(&drops));
}

CASE(a_drop_executor_keeps_no_reference) {
  told_t told = TOLD_INIT;
  tenon_executor_t *executor = executor_create();
  atomic_int drops = 0;
  tenon_value_t value = counted_value(&drops);
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_set_drop_executor(&value, executor));
  CHECK_STATUS(TENON_STATUS_OK, tenon_timer_start(executor, TENON_FOREVER, tell, &told, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_executor_release(executor));
  CHECK_TOLD(TENON_STATUS_CLOSED, &told);
  CHECK_STATUS(TENON_STATUS_STALE, tenon_executor_poll(executor, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_value_drop(&value));
  CHECK_COUNT(1, atomic_load(&drops));
}

CASE(a_drop_executor_needs_a_drop_function) {
  tenon_executor_t *executor = executor_create();
  atomic_int drops = 0;
  tenon_value_t value = tenon_value_i64(3);
  tenon_value_t before = value;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_set_drop_executor(&value, executor));
  CHECK(memcmp(&before, &value, sizeof value) == 0);
  value = counted_value(&drops);
  value.flags |= TENON_VALUE_FLAG_BORROWED;
  before = value;
  CHECK_STATUS(TENON_STATUS_INVALID, tenon_value_set_drop_executor(&value, executor));
  CHECK(memcmp(&before, &value, sizeof value) == 0);
  executor_end(executor);
  CHECK_COUNT(0, atomic_load(&drops));
}

/* MARK: Locks */

typedef struct unlocked {
  pair_t pair;
  atomic_int drops;
} unlocked_t;

static void *use_the_future(void *context) {
  unlocked_t *unlocked = context;
  tenon_value_t value;
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_poll(unlocked->pair.future));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_peek(unlocked->pair.future, &value));
  CHECK_STATUS(TENON_STATUS_SETTLED,
               tenon_future_on_complete(unlocked->pair.future, NULL, never_completion, NULL, NULL));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(unlocked->pair.future));
  return NULL;
}

static void drop_and_use(void *pointer, size_t size) {
  unlocked_t *unlocked = pointer;
  (void)size;
  on_other_thread(use_the_future, unlocked);
  atomic_fetch_add(&unlocked->drops, 1);
}

CASE(a_drop_runs_with_no_lock_held) {
  unlocked_t unlocked = {{NULL, NULL}, 0};
  unlocked.pair = pair_create();
  /* Lost the race: dropped inside resolve, while the future lives. */
  tenon_value_t value = tenon_value_pointer(&unlocked, NULL, drop_and_use);
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_retain(unlocked.pair.future));
  CHECK_STATUS(TENON_STATUS_OK, settle(unlocked.pair.promise, TENON_STATUS_OK));
  CHECK_STATUS(TENON_STATUS_ALREADY_SETTLED, tenon_promise_resolve(unlocked.pair.promise, &value));
  CHECK_COUNT(1, atomic_load(&unlocked.drops));
  /* Left untaken: dropped inside release, while another future lives. */
  pair_t other = pair_create();
  value = tenon_value_pointer(&unlocked, NULL, drop_and_use);
  CHECK_STATUS(TENON_STATUS_OK, tenon_promise_resolve(other.promise, &value));
  CHECK_STATUS(TENON_STATUS_OK, tenon_future_release(other.future));
  CHECK_COUNT(2, atomic_load(&unlocked.drops));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_future_poll(unlocked.pair.future));
}
