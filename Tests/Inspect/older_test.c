/* <tenon/inspect.h> beside a Tenon of before there was a recorder: its root, and nothing else. */
#include "../../Sources/CTenonRoot/tenon_root.h"

#include <tenon/inspect.h>

tenon__inspect_root_t tenon__inspect_root = {
    .magic = TENON__INSPECT_MAGIC,
    .version = TENON__INSPECT_VERSION,
    .size = offsetof(tenon__inspect_root_t, record),
    .slot_size = 64,
    .table_count = TENON__INSPECT_TABLES_MAX,
};

__asm__(".pushsection .note.tenon, \"a\", %note\n"
        ".balign 4\n"
        ".long 6, 8, 2\n"
        ".asciz \"Tenon\"\n"
        ".balign 4\n"
        "0: .quad tenon__inspect_root - 0b\n"
        ".popsection\n");

int main(void) {
  tenon_snapshot_t *snapshot = NULL;
  return tenon_snapshot_take(NULL, &snapshot) != TENON_STATUS_OK ||
         tenon_snapshot_release(snapshot) != TENON_STATUS_OK ||
         tenon_record(TENON_RECORD_JOBS, 0) != TENON_STATUS_UNSUPPORTED ||
         tenon_record_write(1, TENON_RECORD_CHROME) != TENON_STATUS_ENDED;
}
