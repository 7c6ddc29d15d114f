/*
 * Keeps whatever has Tenon inside loaded: a plugin that was linked with libtenon.a, say.
 *
 * Swift's runtime and Dispatch have destructors for the data of threads, and threads, that cannot
 * survive an unload. libtenon.so is linked with -z nodelete, which says the same; who links a plugin
 * need not know.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <link.h>
#include <stddef.h>

__attribute__((constructor)) static void pin(void) {
  Dl_info info;
  struct link_map *here = NULL;
  if (dladdr1((void *)&pin, &info, (void **)&here, RTLD_DL_LINKMAP) == 0 || !here)
    return;
  // The program itself has no name, and stays in any case. The handle is never closed.
  if (here->l_name && *here->l_name)
    dlopen(here->l_name, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);
}
