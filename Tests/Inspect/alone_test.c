/* <tenon/inspect.h> in a process that has no Tenon. */
#include <tenon/inspect.h>

int main(void) {
  tenon_snapshot_t *untouched = (tenon_snapshot_t *)(uintptr_t)7, *snapshot = untouched;
  return tenon_snapshot_take(NULL, &snapshot) != TENON_STATUS_UNSUPPORTED || snapshot != untouched;
}
