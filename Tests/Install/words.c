/* Calls the bundled Swift package: one count that succeeds, and one that fails. With an argument, in
 * the owned mode. */
#include <tenon/tenon.h>
#include <words.h>

#include <stdio.h>
#include <string.h>

int main(int count, char **arguments) {
  tenon_executor_t *executor;
  tenon_future_t *future;
  tenon_error_t *error;
  tenon_value_t value;
  const char *domain;
  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK)
    return 1;
  (void)arguments;
  if (count > 1 && tenon_process_own(executor) != TENON_STATUS_OK)
    return 8;
  if (words_count(executor, "one two\nthree", &future) != TENON_STATUS_OK)
    return 2;
  if (tenon_executor_run_until(executor, future, TENON_FOREVER) != TENON_STATUS_OK ||
      tenon_future_take(future, &value) != TENON_STATUS_OK || value.as.i64 != 3)
    return 3;
  tenon_future_release(future);

  if (words_count(executor, "", &future) != TENON_STATUS_OK)
    return 4;
  if (tenon_executor_run_until(executor, future, TENON_FOREVER) != TENON_STATUS_REJECTED ||
      tenon_future_copy_error(future, &error) != TENON_STATUS_OK ||
      tenon_error_get_domain(error, &domain) != TENON_STATUS_OK ||
      strcmp(domain, "swift.Words.NoText") != 0)
    return 5;
  tenon_error_release(error);
  tenon_future_release(future);

  if (words_started() != 2 || words_is_many(words_started()))
    return 6;
  if (tenon_executor_close(executor, TENON_FOREVER) != TENON_STATUS_OK)
    return 7;
  tenon_executor_release(executor);
  puts("words 3");
  return 0;
}
