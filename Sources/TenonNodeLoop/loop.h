/*
 * The executor on Node's loop: the functions of <tenon/uv.h>, against Node's libuv. Not installed.
 */
#ifndef TENON_NODE_LOOP_H
#define TENON_NODE_LOOP_H

// Under names of its own, so that it can live in one library with TenonUV.
#define tenon_uv_attach tenon__node_uv_attach
#define tenon_uv_detach tenon__node_uv_detach
#define tenon_uv_get_loop tenon__node_uv_get_loop
#define tenon_uv_set_referenced tenon__node_uv_set_referenced

#include <tenon/uv.h>

#endif /* TENON_NODE_LOOP_H */
