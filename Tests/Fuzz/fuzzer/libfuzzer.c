/*
 * The same programs, made by libFuzzer: by what they reach.
 */
#include "../fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size < PROGRAM_MAX)
    fuzz_run(data, size, false);
  return 0;
}
