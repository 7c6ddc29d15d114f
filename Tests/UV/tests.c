/*
 * The table of tests.
 */
#include "tenon_uv_tests.h"

#include "check.h"

const tenon_uv_test_t tenon_uv_tests[] = {
#define UV_TEST_ENTRY(name) {#name, uv_test_##name},
    UV_TESTS(UV_TEST_ENTRY)
#undef UV_TEST_ENTRY
};

const size_t tenon_uv_tests_count = UV_TEST_COUNT;
