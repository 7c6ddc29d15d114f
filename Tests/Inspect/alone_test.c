/* <tenon/inspect.h> in a process that has no Tenon. */
#include <tenon/inspect.h>

#include <stdlib.h>

/* Nothing is told. */
static void told(void *context, const tenon_metric_t *metric) {
  (void)context, (void)metric;
  abort();
}

int main(void) {
  tenon_snapshot_t *untouched = (tenon_snapshot_t *)(uintptr_t)7, *snapshot = untouched;
  return tenon_snapshot_take(NULL, &snapshot) != TENON_STATUS_UNSUPPORTED ||
         snapshot != untouched || tenon_metrics_read(told, NULL) != TENON_STATUS_UNSUPPORTED ||
         tenon_metrics_write_prometheus(1) != TENON_STATUS_UNSUPPORTED ||
         tenon_record(TENON_RECORD_JOBS, 0) != TENON_STATUS_UNSUPPORTED ||
         tenon_record_write(1, TENON_RECORD_CHROME) != TENON_STATUS_UNSUPPORTED;
}
