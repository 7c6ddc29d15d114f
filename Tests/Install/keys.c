/*
 * Has data of a thread's before any library is initialized, as sanitizers have: loading Tenon leaves
 * it alone, whichever key it has.
 */
#include <tenon/tenon.h>

#include <pthread.h>
#include <stdio.h>

enum { KEYS = 8 };
static pthread_key_t keys[KEYS];
static int data[KEYS];

static void set_all(void) {
  for (int index = 0; index < KEYS; index++)
    if (pthread_key_create(&keys[index], NULL) == 0)
      pthread_setspecific(keys[index], &data[index]);
}

__attribute__((section(".preinit_array"),
               used)) static void (*const before_libraries)(void) = set_all;

int main(void) {
  tenon_executor_t *executor;
  if (tenon_executor_create(NULL, &executor) != TENON_STATUS_OK)
    return 1;
  for (int index = 0; index < KEYS; index++)
    if (pthread_getspecific(keys[index]) != &data[index])
      return fprintf(stderr, "key %d has somebody else's data\n", index), 1;
  return tenon_executor_release(executor) != TENON_STATUS_OK;
}
