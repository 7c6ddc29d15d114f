/*
 * The libuv adapter, compiled against Node's libuv.
 *
 * The node program has libuv's functions, so an addon links none, and must not: a second libuv would
 * have threads and signal handlers of its own. Hence this copy of the adapter.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE // dup3()
#endif

#include "loop.h"

#include "../TenonUVLoop/uv.c"
