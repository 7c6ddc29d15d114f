/* Functions of every kind: with defaults, that answer later, and streams both ways. */
#include "../support.h"

#include <shapes.h>

static void functions(void) {
  int64_t result = 0;
  double real = 0;
  bool flag = false;
  tenon_error_t *error = NULL;
  tenon_value_t value = tenon_value_none();
  const shapes_math_error_t *details = NULL;
  OK(shapes_add(2, 3, &result));
  CHECK(result == 5);
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_add(2, 3, NULL));
  OK(shapes_nothing());
  OK(shapes_divide(7, 2, &result, &error));
  CHECK(result == 3 && error == NULL);
  CHECK_STATUS(TENON_STATUS_REJECTED, shapes_divide(1, 0, &result, NULL));
  CHECK_STATUS(TENON_STATUS_REJECTED, shapes_divide(-1, 1, &result, &error));
  OK(shapes_math_error_get(error, &details));
  CHECK(details->code == SHAPES_MATH_ERROR_NEGATIVE && details->as.negative.value0 == -1);
  CHECK(string_is(details->as.negative.reason, "less than nothing"));
  OK(tenon_error_release(error));
  OK(shapes_check(true, NULL));
  CHECK_STATUS(TENON_STATUS_REJECTED, shapes_check(false, &error));
  OK(tenon_error_release(error));
  OK(shapes_upper("stra\xc3\x9f"
                  "e",
                  &value));
  CHECK(value_is(&value, "STRASSE"));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_upper(NULL, &value));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_upper("\xff", &value));
  OK(shapes_maybe_upper(NULL, &value));
  CHECK(value.kind == TENON_VALUE_NONE);
  OK(shapes_maybe_upper("a much longer text than fits", &value));
  CHECK(value_is(&value, "A MUCH LONGER TEXT THAN FITS"));
  OK(shapes_reversed("abc", 3, &value));
  CHECK(value.kind == TENON_VALUE_BYTES && value_is(&value, "cba"));
  OK(shapes_reversed(NULL, 0, &value));
  CHECK(value_is(&value, ""));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_reversed(NULL, 1, &value));
  const double reals[] = {1, 2, 3.5};
  OK(shapes_sum(reals, 3, &real));
  CHECK(real == 6.5);
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_sum(reals, SIZE_MAX, &real));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_sum(NULL, 1, &real));
  const int64_t numbers[] = {1, 2};
  tenon_int64_list_t *list = NULL;
  OK(shapes_doubled(numbers, 2, &list));
  CHECK(list->count == 2 && list->data[1] == 4);
  shapes_int64_list_free(list);
  OK(shapes_count(NULL, 0, &result));
  CHECK(result == -1);
  OK(shapes_count(numbers, 0, &result));
  CHECK(result == 0);
  shapes_optional_color_t color = {true, 9};
  OK(shapes_next(SHAPES_COLOR_RED, &color));
  CHECK(color.is_some && color.value == SHAPES_COLOR_GREEN);
  OK(shapes_next(SHAPES_COLOR_GREEN, &color));
  CHECK(!color.is_some);
  tenon_optional_int64_t half;
  int64_t nine = 9;
  OK(shapes_half(&nine, &half));
  CHECK(half.is_some && half.value == 4);
  OK(shapes_half(NULL, &half));
  CHECK(!half.is_some);
  const tenon_string_t words[] = {{"a", 1}, {"a", 1}, {"bcd", 3}};
  shapes_int64_map_t *map = NULL;
  OK(shapes_lengths(words, 3, &map));
  CHECK(map->count == 2);
  shapes_int64_map_t *merged = NULL;
  OK(shapes_merged(map->data, map->count, map->data, map->count, &merged));
  CHECK(merged->count == 2);
  shapes_int64_map_free(map);
  shapes_int64_map_free(merged);
  OK(shapes_renamed(&result));
  CHECK(result == 1);
  OK(shapes_plain(&result));
  CHECK(SHAPES_MAXIMUM == 8 && SHAPES_LIMIT == 100 && SHAPES_RATIO == 2.5 && SHAPES_IS_FAST);
  CHECK(strcmp(SHAPES_VENDOR, "Ada \"the\" first") == 0);
  shapes_point_t point = shapes_point_init();
  point.x = 3;
  point.y = 4;
  OK(shapes_point_length(&point, &real));
  CHECK(real == 5);
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_point_length(NULL, &real));
  OK(shapes_point_is_origin(&point, &flag));
  CHECK(!flag);
  shapes_point_t *unit = NULL;
  OK(shapes_point_unit(&unit));
  CHECK(unit->x == 1);
  shapes_point_free(unit);
}

static void defaults(void) {
  tenon_value_t value = tenon_value_none();
  shapes_point_t point = shapes_point_init();
  tenon_string_t word = tenon_string("w");
  shapes_search_options_t options = {0};
  OK(shapes_search("x", NULL, 0, false, NULL, &value));
  CHECK(value_is(&value, "> x 10 green [] 1.0 false"));
  options.struct_size = sizeof options;
  OK(shapes_search("x", &word, 1, true, &options, &value));
  CHECK(value_is(&value, "> x 10 green [\"w\"] 1.0 true"));
  options.limit.is_some = true;
  options.color.is_some = true;
  options.color.value = SHAPES_COLOR_DARK_BLUE;
  point.x = 9;
  options.point = &point;
  options.prefix = tenon_string("");
  OK(shapes_search("x", NULL, 0, false, &options, &value));
  CHECK(value_is(&value, "x 0 dark blue [] 9.0 false"));
  options.color.value = 12;
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_search("x", NULL, 0, false, &options, &value));
  bool is_default = false;
  shapes_preferences_t preferences = shapes_preferences_init();
  OK(shapes_are_default(&preferences, &is_default));
  CHECK(is_default && preferences.timeout == INT64_C(30000000000) && !preferences.corner);
  preferences.corner = &point;
  OK(shapes_are_default(&preferences, &is_default));
  CHECK(!is_default);
}

static void futures(void) {
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_none();
  tenon_error_t *error = NULL;
  OK(shapes_wait(executor, 1234, &future));
  CHECK(number(future) == 1234);
  OK(shapes_fetch_color(executor, &future));
  CHECK(number(future) == SHAPES_COLOR_DARK_BLUE);
  OK(shapes_fetch_text(executor, true, &future));
  OK(settled(future));
  OK(tenon_future_take(future, &value));
  CHECK(value_is(&value, "there"));
  OK(tenon_future_release(future));
  OK(shapes_fetch_text(executor, false, &future));
  nothing(future);
  tenon_int64_list_t *list = NULL;
  OK(shapes_fetch_numbers(executor, 4, &future));
  OK(settled(future));
  OK(shapes_int64_list_take(future, &list));
  CHECK(list->count == 4 && list->data[3] == 3);
  shapes_int64_list_free(list);
  OK(tenon_future_release(future));
  OK(shapes_fetch_numbers(executor, -1, &future));
  error = failure(future);
  const shapes_other_error_t *details = NULL;
  const shapes_math_error_t *other = NULL;
  OK(shapes_other_error_get(error, &details));
  CHECK_STATUS(TENON_STATUS_UNSUPPORTED, shapes_math_error_get(error, &other));
  CHECK(details->code == SHAPES_OTHER_ERROR_ODD);
  OK(tenon_error_release(error));
  tenon_string_list_t *names = NULL;
  OK(shapes_fetch_names(executor, &future));
  OK(settled(future));
  OK(shapes_string_list_take(future, &names));
  CHECK(names->count == 2 && names->data[0].size == 1);
  shapes_string_list_free(names);
  OK(tenon_future_release(future));
  shapes_point_by_int64_map_t *map = NULL;
  OK(shapes_fetch_map(executor, &future));
  OK(settled(future));
  OK(shapes_point_by_int64_map_take(future, &map));
  CHECK(map->count == 2 && map->data[0].value->x == (double)map->data[0].key);
  shapes_point_by_int64_map_free(map);
  OK(tenon_future_release(future));
  OK(shapes_sleep_forever(executor, &future));
  OK(tenon_future_cancel(future));
  CHECK_STATUS(TENON_STATUS_CANCELLED, settled(future));
  OK(tenon_future_release(future));
  OK(shapes_compute(executor, 12, &future));
  CHECK(number(future) == 144);
  OK(shapes_compute(executor, -1, &future));
  OK(tenon_error_release(failure(future)));
}

static void streams(void) {
  tenon_stream_t *stream = NULL;
  tenon_sink_t *sink = NULL;
  tenon_value_t item = tenon_value_none();
  tenon_future_t *future = NULL;
  shapes_point_t *point = NULL;
  tenon_error_t *error = NULL;
  int64_t expected = 1000;
  OK(shapes_countdown(executor, expected, &stream));
  while (next(stream, &item))
    CHECK(item.as.i64 == expected--);
  CHECK(expected == 0);
  OK(tenon_stream_release(stream));
  OK(shapes_points_until_failure(executor, 2, &stream));
  for (int count = 0; count < 2; count++) {
    CHECK(next(stream, &item));
    OK(shapes_point_take_item(&item, &point));
    CHECK(point->x == count);
    shapes_point_free(point);
  }
  OK(tenon_stream_next(stream, &future));
  CHECK_STATUS(TENON_STATUS_REJECTED, settled(future));
  OK(tenon_future_copy_error(future, &error));
  const shapes_math_error_t *details = NULL;
  OK(shapes_math_error_get(error, &details));
  CHECK(details->code == SHAPES_MATH_ERROR_DIVISION_BY_ZERO);
  OK(tenon_error_release(error));
  OK(tenon_future_release(future));
  OK(tenon_stream_release(stream));
  /* From C to Swift. */
  OK(tenon_stream_create(NULL, &sink, &stream));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_total(NULL, stream, &future));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_total(executor, (tenon_stream_t *)sink, &future));
  OK(shapes_total(executor, stream, &future));
  shapes_point_t made = shapes_point_init();
  for (int count = 1; count <= 10; count++) {
    made.x = count;
    OK(shapes_point_make_value(&made, &item));
    OK(tenon_sink_send(sink, &item, NULL));
  }
  OK(tenon_sink_close(sink));
  OK(tenon_sink_release(sink));
  OK(settled(future));
  OK(tenon_future_take(future, &item));
  CHECK(item.kind == TENON_VALUE_F64 && item.as.f64 == 55);
  OK(tenon_future_release(future));
  CHECK_STATUS(TENON_STATUS_STALE, tenon_stream_release(stream));
  made.struct_size = 1;
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_point_make_value(&made, &item));
  /* What is something else is an error, and no crash. */
  OK(tenon_stream_create(NULL, &sink, &stream));
  OK(shapes_total(executor, stream, &future));
  item = tenon_value_i64(3);
  OK(tenon_sink_send(sink, &item, NULL));
  OK(tenon_error_release(failure(future)));
  OK(tenon_sink_release(sink));
  OK(tenon_stream_create(NULL, &sink, &stream));
  OK(shapes_longest(executor, stream, &future));
  OK(tenon_value_copy_string("abc", 3, &item));
  OK(tenon_sink_send(sink, &item, NULL));
  OK(tenon_sink_close(sink));
  OK(tenon_sink_release(sink));
  OK(settled(future));
  OK(tenon_future_take(future, &item));
  CHECK(value_is(&item, "abc"));
  OK(tenon_future_release(future));
}

/* A cancel of a call reaches who writes what it waits for, with its reason. */
static void cancelled_readers(void) {
  tenon_stream_t *stream = NULL;
  tenon_sink_t *sink = NULL;
  tenon_future_t *future = NULL, *room = NULL;
  tenon_error_t *reason = NULL, *found = NULL;
  tenon_stream_config_t config = TENON_STREAM_CONFIG_INIT;
  tenon_value_t item = tenon_value_none();
  int64_t code = 0;
  config.capacity = 0; /* so there is room once Swift waits for an item */
  OK(tenon_stream_create(&config, &sink, &stream));
  OK(shapes_longest(executor, stream, &future));
  CHECK_STATUS(TENON_STATUS_PENDING, tenon_sink_send(sink, &item, &room));
  OK(settled(room));
  OK(tenon_future_release(room));
  OK(tenon_error_create("app", 7, "enough", NULL, &reason));
  OK(tenon_future_cancel_with(future, reason));
  OK(tenon_error_release(reason));
  CHECK_STATUS(TENON_STATUS_CANCELLED, settled(future));
  OK(tenon_sink_copy_reason(sink, &found));
  OK(tenon_error_get_code(found, &code));
  CHECK(code == 7);
  OK(tenon_error_release(found));
  OK(tenon_sink_release(sink));
  OK(tenon_future_release(future));
}

int main(void) {
  begin();
  functions();
  defaults();
  futures();
  streams();
  cancelled_readers();
  return end();
}
