/* Loads two libraries that each have Tenon inside, and hands a future of one to the other. */
#define _GNU_SOURCE
#include <tenon/tenon.h>

#include <dlfcn.h>
#include <stdio.h>

typedef struct library {
  tenon_status_t (*create)(const tenon_promise_config_t *, tenon_promise_t **, tenon_future_t **);
  tenon_status_t (*resolve)(tenon_promise_t *, tenon_value_t *);
  tenon_status_t (*poll)(tenon_future_t *);
  tenon_promise_t *promise;
  tenon_future_t *future;
} library_t;

static int open_library(const char *path, library_t *library) {
  void *handle = dlopen(path, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fprintf(stderr, "%s\n", dlerror()), 1;
  *(void **)&library->create = dlsym(handle, "tenon_promise_create");
  *(void **)&library->resolve = dlsym(handle, "tenon_promise_resolve");
  *(void **)&library->poll = dlsym(handle, "tenon_future_poll");
  return library->create(NULL, &library->promise, &library->future) != TENON_STATUS_OK;
}

int main(int count, char **arguments) {
  library_t one, other;
  if (count != 3 || open_library(arguments[1], &one) || open_library(arguments[2], &other))
    return 1;
  /* Each works by itself. */
  if (one.resolve(one.promise, NULL) != TENON_STATUS_OK || one.poll(one.future) != TENON_STATUS_OK)
    return 2;
  if (other.poll(other.future) != TENON_STATUS_PENDING)
    return 3;
  /* What a handle of the other copy is to this one. */
  printf("%d\n", one.poll(other.future));
  return 0;
}
