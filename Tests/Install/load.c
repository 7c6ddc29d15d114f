/* Prints how long loading a libtenon.so and a first call take, in microseconds: load LIBRARY */
#define _GNU_SOURCE
#include <tenon/tenon.h>

#include <dlfcn.h>
#include <stdio.h>
#include <time.h>

static long long now_us(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000LL + time.tv_nsec / 1000;
}

int main(int count, char **arguments) {
  tenon_status_t (*create)(const tenon_executor_config_t *, tenon_executor_t **);
  tenon_executor_t *executor;
  long long start = now_us(), loaded;
  void *library = count > 1 ? dlopen(arguments[1], RTLD_NOW | RTLD_LOCAL) : NULL;
  loaded = now_us();
  if (!library)
    return fprintf(stderr, "%s\n", dlerror()), 1;
  *(void **)&create = dlsym(library, "tenon_executor_create");
  if (!create || create(NULL, &executor) != TENON_STATUS_OK)
    return 2;
  printf("%lld %lld\n", loaded - start, now_us() - loaded);
  return 0;
}
