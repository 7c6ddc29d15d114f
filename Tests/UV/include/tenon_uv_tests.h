/**
 * @file tenon_uv_tests.h
 *
 * What <tenon/uv.h> promises, as a table of tests that run real libuv loops.
 *
 * Each test is named after the promise that it holds. Run each in a process of its own: some fork,
 * some close the default loop, some use up the descriptors. With TENON_TEST_LIGHT in the
 * environment the repetitive ones do less, for sanitizers and slow machines.
 */
#ifndef TENON_UV_TESTS_H
#define TENON_UV_TESTS_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One promise, and the function that tries to break it. */
typedef struct {
  const char *name;
  int (*run)(void); /**< how many checks failed; each has been printed to stderr */
} tenon_uv_test_t;

/** All tests, grouped by subject. */
extern const tenon_uv_test_t tenon_uv_tests[];

/** How many there are. */
extern const size_t tenon_uv_tests_count;

/** The name of an exported function that the tests misuse, by index; NULL past the last one. Each
 * function of the header has to be among them. */
const char *tenon_uv_function(size_t index);

#ifdef __cplusplus
}
#endif

#endif /* TENON_UV_TESTS_H */
