/* Every kind of value, there and back. */
#include "../support.h"

#include <shapes.h>

/* What it refers to, beside the point, is good until the next one is filled. */
static void fill(shapes_everything_t *all, shapes_point_t *point) {
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
  static const shapes_point_t *points[2];
  static shapes_shape_t circle, named;
  static const shapes_shape_t *const shapes[] = {&circle, &named};
  const shapes_optional_color_t no_color = {false, 0};
  point->x = 3;
  point->y = 4;
  points[0] = points[1] = point;
  circle = shapes_shape_circle(point, 2);
  named = shapes_shape_named(tenon_string("it"), no_color);
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
  all->text = tenon_string("gr\xc3\xbc\xc3\x9f");
  all->bytes.data = (const uint8_t *)"\0\xff";
  all->bytes.size = 2;
  all->wait = 1500000000;
  all->color = SHAPES_COLOR_DARK_BLUE;
  all->maybe_small.is_some = true;
  all->maybe_small.value = -3;
  all->maybe_color.is_some = true;
  all->maybe_color.value = SHAPES_COLOR_GREEN;
  all->maybe_text = tenon_string("");
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
  all->shape = &circle;
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
  fill(&all, &point);
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
  fill(&all, &point);
  OK(shapes_echo_later(executor, &all, &future));
  OK(settled(future));
  OK(shapes_everything_take(future, &back));
  check_all(back);
  shapes_everything_free(back);
  OK(tenon_future_release(future));
}

int main(void) {
  begin();
  values();
  later();
  return end();
}
