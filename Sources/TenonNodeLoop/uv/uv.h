/* Node's own libuv, whose functions the node program has: an addon links none. */
#if __has_include(<node/uv.h>)
#include <node/uv.h>
#else
#include_next <uv.h>
#endif
