/* Loads a plugin, uses it, or not, and unloads it, again and again on threads that end: unload PLUGIN */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static int is_used;

static void *load(void *context) {
  void *handle = dlopen(context, RTLD_NOW | RTLD_LOCAL);
  if (!handle)
    return fprintf(stderr, "%s\n", dlerror()), context;
  int (*run)(void) = NULL;
  *(void **)&run = dlsym(handle, "plugin_run");
  int jobs = is_used ? run() : 1;
  if (dlclose(handle) != 0 || jobs != 1)
    return fprintf(stderr, "%d\n", jobs), context;
  return NULL;
}

int main(int count, char **arguments) {
  if (count != 2)
    return 1;
  for (int round = 0; round < 10; round++) {
    pthread_t thread;
    void *result = NULL;
    is_used = round >= 3;
    if (pthread_create(&thread, NULL, load, arguments[1]) != 0 ||
        pthread_join(thread, &result) != 0)
      return 2;
    if (result)
      return 3;
  }
  puts("unloaded");
  return 0;
}
