/**
 * @file tenon_conformance.h
 *
 * The conformance suite: what the public headers promise, as a table of cases written in C.
 *
 * Each case is named after the promise that it holds, and looks at the whole process: its memory,
 * its counters, its descriptors. So run one at a time, with no other work of Tenon beside it. With
 * TENON_TEST_LIGHT in the environment the repetitive ones do less, for sanitizers and slow
 * machines.
 */
#ifndef TENON_CONFORMANCE_H
#define TENON_CONFORMANCE_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** One promise, and the function that tries to break it. */
typedef struct {
  const char *name;
  void (*run)(void);
} tenon_conformance_case_t;

/** All cases, grouped by noun. */
extern const tenon_conformance_case_t tenon_conformance_cases[];

/** How many there are. */
extern const size_t tenon_conformance_count;

/** The name of a case, for languages that cannot read the table; NULL past its end. */
const char *tenon_conformance_name(size_t index);

/** The name of an exported function that the cases misuse, by index; NULL past the last one. Each
 * function of the headers has to be among them. */
const char *tenon_conformance_function(size_t index);

/**
 * Runs one case.
 *
 * Ownership:  the text is valid until the next call.
 * Threading:  any thread; a second one waits for its turn.
 * Returns:    NULL if it held, else the first failures, one a line: file:line: expression.
 */
const char *tenon_conformance_run(size_t index);

#ifdef __cplusplus
}
#endif

#endif /* TENON_CONFORMANCE_H */
