/* Objects: classes, those that inherit, and actors. */
#include "../support.h"

#include <shapes.h>

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
  objects();
  return end();
}
