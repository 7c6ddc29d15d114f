/*
 * The executor on Node's loop: the libuv adapter, compiled against Node's libuv.
 *
 * The node program has libuv's functions, so an addon links none, and must not: a second libuv would
 * have threads and signal handlers of its own. Hence a copy of the adapter here, under names of its
 * own, so that it can live in one library with TenonUV.
 */
#define tenon_uv_attach tenon__node_uv_attach
#define tenon_uv_detach tenon__node_uv_detach
#define tenon_uv_get_loop tenon__node_uv_get_loop

#include "../TenonUVLoop/uv.c"

#include "environment.h"

tenon_status_t tenon__node_loop_attach(struct uv_loop_s *loop, const tenon_node_config_t *config,
                                       tenon_executor_t **executor_out) {
  tenon_uv_config_t uv_config = TENON_UV_CONFIG_INIT;
  uv_config.name = config->name;
  uv_config.jobs_max = config->jobs_max;
  return tenon_uv_attach(loop, &uv_config, executor_out);
}

tenon_status_t tenon__node_loop_detach(tenon_executor_t *executor, uint64_t timeout_ns,
                                       void (*fn)(void *context, tenon_status_t status),
                                       void *context) {
  return tenon_uv_detach(executor, timeout_ns, fn, context);
}

void tenon__node_loop_set_referenced(tenon_executor_t *executor, bool referenced) {
  pthread_mutex_lock(&list_mutex);
  attachment_t *attachment = list_find(executor);
  pthread_mutex_unlock(&list_mutex);
  if (!attachment) // it is closed
    return;
  attachment->is_idle = !referenced;
  update_alive(attachment);
}
