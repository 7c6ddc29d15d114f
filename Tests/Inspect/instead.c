/* What is loaded instead of libtenon_inspect: one that has no memory, or with OLDER one that has not all functions yet. */
#include <tenon/inspect.h>

tenon_status_t tenon_snapshot_take(const tenon_snapshot_config_t *config,
                                   tenon_snapshot_t **snapshot_out) {
  (void)config;
  *snapshot_out = (tenon_snapshot_t *)(uintptr_t)8;
  return TENON_STATUS_OK;
}

#ifndef OLDER
tenon_status_t tenon_snapshot_release(tenon_snapshot_t *snapshot) {
  (void)snapshot;
  return TENON_STATUS_OK;
}

tenon_status_t tenon_snapshot_get_text(tenon_snapshot_t *snapshot, tenon_snapshot_format format,
                                       const char **text_out, size_t *size_out) {
  (void)snapshot, (void)format, (void)text_out, (void)size_out;
  return TENON_STATUS_NO_RESOURCES;
}

tenon_status_t tenon_snapshot_explain(tenon_snapshot_t *snapshot, const void *handle,
                                      tenon_explanation_t *explanation_out) {
  (void)snapshot, (void)handle, (void)explanation_out;
  return TENON_STATUS_NO_RESOURCES;
}
#endif
