/* Every kind of value there and back, functions of every kind, objects, streams both ways. */
#include "../support.h"

#include <shapes.h>

#include <math.h>

static tenon_string_t text(const char *text) { return tenon_string(text); }

static void fill(shapes_everything_t *all, const shapes_point_t *point, const shapes_shape_t *shape,
                 const shapes_point_t *const *points, const shapes_shape_t *const *shapes) {
  static const int32_t numbers[] = {INT32_MIN, 0, INT32_MAX};
  static const bool flags[] = {true, false, true};
  static const tenon_string_t texts[] = {{"one", 3}, {NULL, 0}, {"three", 5}};
  static const shapes_color_t colors[] = {SHAPES_COLOR_DARK_BLUE, SHAPES_COLOR_RED};
  static const tenon_optional_int64_t sparse[] = {{true, 5}, {false, 9}};
  static const double row[] = {1, 2, 3};
  static const tenon_double_list_t grid[] = {{row, 3}, {NULL, 0}, {row, 1}};
  static const shapes_int64_entry_t ages[] = {{{"ada", 3}, 36}, {{"bob", 3}, -1}};
  static const tenon_string_list_t list = {texts, 3};
  static shapes_string_list_entry_t lists[] = {{{"k", 1}, {NULL, 0}}};
  static shapes_point_by_int64_entry_t by_number[1];
  lists[0].value = list;
  by_number[0].key = -4;
  by_number[0].value = point;
  *all = shapes_everything_init();
  all->flag = true;
  all->small = -8;
  all->middle = 65535;
  all->word = INT32_MIN;
  all->long_ = INT64_MIN;
  all->unsigned_ = UINT64_MAX;
  all->single = 1.5F;
  all->double_ = -2.25;
  all->text = text("gr\xc3\xbc\xc3\x9f");
  all->bytes.data = (const uint8_t *)"\0\xff";
  all->bytes.size = 2;
  all->wait = 1500000000;
  all->color = SHAPES_COLOR_DARK_BLUE;
  all->maybe_small.is_some = true;
  all->maybe_small.value = -3;
  all->maybe_color.is_some = true;
  all->maybe_color.value = SHAPES_COLOR_GREEN;
  all->maybe_text = text("");
  all->maybe_wait.is_some = true;
  all->maybe_wait.value = -1;
  all->origin = point;
  all->numbers.data = numbers;
  all->numbers.count = 3;
  all->flags.data = flags;
  all->flags.count = 3;
  all->texts = list;
  all->points.data = points;
  all->points.count = 2;
  all->colors.data = colors;
  all->colors.count = 2;
  all->sparse.data = sparse;
  all->sparse.count = 2;
  all->grid.data = grid;
  all->grid.count = 3;
  all->ages.data = ages;
  all->ages.count = 2;
  all->by_number.data = by_number;
  all->by_number.count = 1;
  all->names = list;
  all->lists.data = lists;
  all->lists.count = 1;
  all->shape = shape;
  all->shapes.data = shapes;
  all->shapes.count = 2;
  all->register_ = true;
}

static void check_all(const shapes_everything_t *all) {
  CHECK(all->struct_size == sizeof *all && all->flag && all->small == -8 && all->middle == 65535);
  CHECK(all->word == INT32_MIN && all->long_ == INT64_MIN && all->unsigned_ == UINT64_MAX);
  CHECK(all->single == 1.5F && all->double_ == -2.25 && string_is(all->text, "gr\xc3\xbc\xc3\x9f"));
  CHECK(all->bytes.size == 2 && memcmp(all->bytes.data, "\0\xff", 2) == 0);
  CHECK(all->wait == 1500000000 && all->color == SHAPES_COLOR_DARK_BLUE);
  CHECK(!all->maybe_flag.is_some && !all->maybe_long.is_some);
  CHECK(all->maybe_small.is_some && all->maybe_small.value == -3);
  CHECK(all->maybe_color.is_some && all->maybe_color.value == SHAPES_COLOR_GREEN);
  CHECK(string_is(all->maybe_text, "") && all->maybe_bytes.data == NULL);
  CHECK(all->maybe_wait.is_some && all->maybe_wait.value == -1);
  CHECK(all->origin->x == 3 && all->origin->y == 4 && all->maybe_point == NULL);
  CHECK(all->numbers.count == 3 && all->numbers.data[2] == INT32_MAX);
  CHECK(all->flags.count == 3 && all->flags.data[0] && !all->flags.data[1]);
  CHECK(all->texts.count == 3 && string_is(all->texts.data[1], ""));
  CHECK(all->points.count == 2 && all->points.data[1]->x == 3);
  CHECK(all->colors.count == 2 && all->colors.data[0] == SHAPES_COLOR_DARK_BLUE);
  CHECK(all->maybe_numbers.data == NULL && all->sparse.count == 2);
  CHECK(all->sparse.data[0].is_some && all->sparse.data[0].value == 5);
  CHECK(!all->sparse.data[1].is_some);
  CHECK(all->grid.count == 3 && all->grid.data[0].count == 3 && all->grid.data[0].data[2] == 3);
  CHECK(all->grid.data[1].count == 0);
  CHECK(all->ages.count == 2);
  for (size_t index = 0; index < all->ages.count; index++)
    CHECK(string_is(all->ages.data[index].key, "ada") ? all->ages.data[index].value == 36
                                                      : all->ages.data[index].value == -1);
  CHECK(all->by_number.count == 1 && all->by_number.data[0].key == -4);
  CHECK(all->by_number.data[0].value->y == 4);
  CHECK(all->names.count == 3 && all->lists.count == 1 && all->lists.data[0].value.count == 3);
  CHECK(all->shape->kind == SHAPES_SHAPE_CIRCLE && all->shape->as.circle.center->x == 3);
  CHECK(all->shape->as.circle.radius == 2);
  CHECK(all->shapes.count == 2 && all->shapes.data[1]->kind == SHAPES_SHAPE_NAMED);
  CHECK(string_is(all->shapes.data[1]->as.named.value0, "it"));
  CHECK(!all->shapes.data[1]->as.named.value1.is_some);
  CHECK(all->maybe_shape == NULL && all->register_);
}

static void values(void) {
  shapes_everything_t all;
  shapes_everything_t *back = NULL;
  shapes_point_t point = shapes_point_init();
  point.x = 3;
  point.y = 4;
  shapes_optional_color_t no_color = {false, 0};
  shapes_shape_t circle = shapes_shape_circle(&point, 2);
  shapes_shape_t named = shapes_shape_named(text("it"), no_color);
  const shapes_point_t *points[] = {&point, &point};
  const shapes_shape_t *shapes[] = {&circle, &named};
  fill(&all, &point, &circle, points, shapes);
  OK(shapes_echo(&all, &back));
  check_all(back);
  shapes_everything_t *again = NULL;
  OK(shapes_echo(back, &again));
  shapes_everything_free(back);
  check_all(again);
  shapes_everything_free(again);
  all.origin = NULL;
  back = NULL;
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_echo(&all, &back));
  all.origin = &point;
  all.color = 77;
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_echo(&all, &back));
  all.color = 0;
  point.struct_size = 3;
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_echo(&all, &back));
  CHECK(back == NULL);
  shapes_shape_t *shape = (shapes_shape_t *)1;
  OK(shapes_echo_shape(NULL, &shape));
  CHECK(shape == NULL);
  shapes_shape_t number = shapes_shape_default(5);
  OK(shapes_echo_shape(&number, &shape));
  CHECK(shape->kind == SHAPES_SHAPE_DEFAULT && shape->as.default_ == 5);
  shapes_shape_free(shape);
}

static void later(void) {
  shapes_everything_t all;
  shapes_everything_t *back = NULL;
  tenon_future_t *future = NULL;
  shapes_point_t point = shapes_point_init();
  point.x = 3;
  point.y = 4;
  shapes_optional_color_t no_color = {false, 0};
  shapes_shape_t circle = shapes_shape_circle(&point, 2);
  shapes_shape_t named = shapes_shape_named(text("it"), no_color);
  const shapes_point_t *points[] = {&point, &point};
  const shapes_shape_t *shapes[] = {&circle, &named};
  fill(&all, &point, &circle, points, shapes);
  OK(shapes_echo_later(executor, &all, &future));
  OK(settled(future));
  OK(shapes_everything_take(future, &back));
  check_all(back);
  shapes_everything_free(back);
  OK(tenon_future_release(future));
}

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
  tenon_string_t word = text("w");
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
  options.prefix = text("");
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

static void objects(void) {
  shapes_counter_t *counter = NULL;
  shapes_counter_t *other = NULL;
  tenon_error_t *error = NULL;
  tenon_future_t *future = NULL;
  int64_t result = 0;
  bool flag = false;
  OK(shapes_counter_create(5, &counter));
  OK(shapes_counter_get_value(counter, &result));
  CHECK(result == 5 && SHAPES_COUNTER_MAXIMUM == 1000);
  OK(shapes_counter_set_value(counter, 6));
  OK(shapes_counter_add(counter, counter));
  OK(shapes_counter_add_number(counter, 1, &result));
  CHECK(result == 13);
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_counter_add(counter, NULL));
  OK(shapes_counter_add_or_nil(counter, NULL));
  OK(shapes_counter_is_zero(counter, &flag));
  CHECK(!flag);
  OK(shapes_counter_get_origin(&result));
  CHECK(result == 7);
  CHECK_STATUS(TENON_STATUS_REJECTED, shapes_counter_create_with_parsing("x", &other, &error));
  OK(tenon_error_release(error));
  OK(shapes_counter_create_with_parsing("12", &other, NULL));
  OK(shapes_counter_release(other));
  OK(shapes_counter_create_with_positive(-1, &other));
  CHECK(other == NULL);
  OK(shapes_counter_create_with_positive(1, &other));
  OK(shapes_counter_release(other));
  OK(shapes_counter_zero(&other));
  OK(shapes_counter_release(other));
  OK(shapes_counter_twin(counter, false, &other));
  CHECK(other == NULL);
  OK(shapes_counter_twin(counter, true, &other));
  OK(shapes_counter_release(other));
  OK(shapes_counter_later(counter, executor, &future));
  OK(settled(future));
  OK(shapes_counter_take(future, &other));
  OK(tenon_future_release(future));
  OK(shapes_counter_release(other));
  CHECK_STATUS(TENON_STATUS_STALE, shapes_counter_get_value(other, &result));
  shapes_counter_options_t options = shapes_counter_options_init();
  options.step = 7;
  shapes_counter_step_options_t step = {sizeof step, {true, SHAPES_COUNTER_MODE_DOWN}};
  OK(shapes_counter_step(counter, &options, &step, &result));
  CHECK(result == 6);
  OK(shapes_counter_step(counter, &options, NULL, &result));
  CHECK(result == 13);
  shapes_dog_t *dog = NULL;
  tenon_value_t value = tenon_value_none();
  OK(shapes_dog_create(&dog));
  OK(shapes_dog_bark(dog, &value));
  CHECK(value_is(&value, "woof"));
  OK(shapes_name_of((shapes_animal_t *)dog, &value));
  CHECK(value_is(&value, "dog"));
  OK(shapes_animal_name((shapes_animal_t *)dog, &value));
  CHECK(value_is(&value, "dog"));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_dog_bark((shapes_dog_t *)counter, &value));
  CHECK_STATUS(TENON_STATUS_INVALID, shapes_animal_retain((shapes_animal_t *)counter));
  OK(shapes_animal_retain((shapes_animal_t *)dog));
  OK(shapes_dog_release(dog));
  OK(shapes_dog_release(dog));
  shapes_account_t *account = NULL;
  OK(shapes_account_create("Ada", &account));
  OK(shapes_account_get_owner(account, &value));
  CHECK(value_is(&value, "Ada"));
  OK(shapes_account_describe(account, &value));
  CHECK(value_is(&value, "account of Ada"));
  OK(shapes_account_deposit(account, executor, 50, &future));
  nothing(future);
  OK(shapes_account_get_balance(account, executor, &future));
  CHECK(number(future) == 50);
  OK(shapes_account_release(account));
  OK(shapes_counter_release(counter));
}

int main(void) {
  begin();
  values();
  later();
  functions();
  defaults();
  futures();
  streams();
  objects();
  return end();
}
