/*
 * What <tenon/version.h> promises.
 */
#include "check.h"

#include <stdio.h>

CASE(the_library_is_the_one_that_the_headers_describe) {
  char version[64];
  CHECK_COUNT(TENON_ABI_VERSION, tenon_abi_version());
  snprintf(version, sizeof version, "%d.%d.%d", TENON_VERSION_MAJOR, TENON_VERSION_MINOR,
           TENON_VERSION_PATCH);
  CHECK_TEXT(version, tenon_version_string());
  CHECK(tenon_version_string() == tenon_version_string());
}
