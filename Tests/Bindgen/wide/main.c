/* What authors write in all its breadth: it compiles, and some of it is called. */
#include "../support.h"

#include <wide.h>

int main(void) {
  tenon_future_t *future = NULL;
  tenon_value_t value = tenon_value_none();
  wide_expr_t *back = NULL;
  wide_service_t *service = NULL;
  begin();
  OK(wide_repeat("text", NULL, &value));
  CHECK(value_is(&value, "text"));
  wide_expr_t number = wide_expr_number(1.5);
  const wide_expr_t *parts[] = {&number, &number};
  wide_expr_t sum = wide_expr_sum((wide_expr_list_t){parts, 2});
  OK(wide_eval(executor, &sum, NULL, &future));
  OK(settled(future));
  OK(wide_expr_take(future, &back));
  CHECK(back->kind == WIDE_EXPR_SUM && back->as.sum.data[1]->as.number == 1.5);
  wide_expr_free(back);
  OK(tenon_future_release(future));
  OK(wide_service_create(executor, NULL, 0, NULL, &future));
  OK(settled(future));
  OK(wide_service_take(future, &service));
  OK(tenon_future_release(future));
  OK(wide_service_maybe(service, executor, &future));
  wide_service_t *same = NULL;
  OK(settled(future));
  OK(wide_service_take(future, &same));
  OK(tenon_future_release(future));
  OK(wide_service_release(same));
  OK(wide_service_release(service));
  CHECK(strcmp(WIDE_USER_ANONYMOUS, "nobody") == 0);
  return end();
}
