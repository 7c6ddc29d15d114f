/* Compiled with the headers of version 1, and run with both versions of the library. */
#include "../support.h"

#include <versions.h>

static void told(void *context, versions_level_t level) {
  CHECK(level == VERSIONS_LEVEL_HIGH);
  ++*(int *)context;
}

static void went(void *context, int64_t steps) { *(int *)context += (int)steps; }

static void done(void *context) { *(int *)context += 10; }

static int64_t level(void *context) { return *(int *)context; }

static void set_name(void *context, int64_t name) { *(int *)context = (int)name; }

static void reset(void *context) { *(int *)context = 50; }

int main(int count, char **arguments) {
  bool is_second = count > 1 && strcmp(arguments[1], "two") == 0;
  tenon_future_t *future = NULL;
  versions_point_t point = versions_point_init();
  versions_shape_t *back = NULL;
  versions_grow_options_t options = {sizeof options, {true, 3}};
  int64_t sum = 0;
  int calls = 0;
  begin();
  OK(versions_check_abi(VERSIONS_ABI));
  point.x = 1;
  point.y = 2;
  OK(versions_sum(&point, &sum));
  CHECK(sum == (is_second ? 3 + 100 + 1000 : 3)); /* Swift's defaults */
  point.struct_size--;
  CHECK_STATUS(TENON_STATUS_INVALID, versions_sum(&point, &sum));
  point.struct_size = sizeof point;
  versions_shape_t shape = versions_shape_line(4);
  OK(versions_grow(executor, &shape, &options, &future));
  OK(settled(future));
  OK(versions_shape_take(future, &back));
  CHECK(back->kind == VERSIONS_SHAPE_LINE && back->as.line.length == 12);
  CHECK(is_second ? back->struct_size > sizeof *back : back->struct_size == sizeof *back);
  versions_shape_free(back);
  OK(tenon_future_release(future));
  shape = versions_shape_dot(&point);
  OK(versions_grow(executor, &shape, NULL, &future));
  OK(settled(future));
  OK(versions_shape_take(future, &back));
  CHECK(back->kind == VERSIONS_SHAPE_DOT && back->as.dot->x == 2);
  versions_shape_free(back);
  OK(tenon_future_release(future));
  shape = versions_shape_line(-1);
  OK(versions_grow(executor, &shape, NULL, &future));
  tenon_error_t *error = failure(future);
  const versions_error_t *details = NULL;
  OK(versions_error_get(error, &details));
  CHECK(details->code == VERSIONS_ERROR_LARGE && string_is(details->as.large, "negative"));
  OK(tenon_error_release(error));
  versions_listener_t listener = versions_listener_init();
  listener.context = &calls;
  listener.done = done;
  listener.tell = told;
  OK(versions_tell(&listener));
  CHECK(calls == 11);
  versions_progress_t progress = {went, &calls, NULL};
  OK(versions_walk(&progress));
  CHECK(calls == (is_second ? 17 : 16));
  versions_gauge_t gauge = versions_gauge_init();
  gauge.context = &calls;
  gauge.get_level = gauge.get_name = level;
  gauge.set_name = set_name;
  gauge.reset = reset;
  OK(versions_measure(&gauge, &sum));
  CHECK(sum == 50); /* this one cannot be set */
  return end();
}
