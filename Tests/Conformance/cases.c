/*
 * The table of cases.
 */
#include "tenon_conformance.h"

#include "check.h"

const tenon_conformance_case_t tenon_conformance_cases[] = {
#define CONFORMANCE_ENTRY(name) {#name, conformance_case_##name},
    CONFORMANCE_CASES(CONFORMANCE_ENTRY)
#undef CONFORMANCE_ENTRY
};

const size_t tenon_conformance_count = CONFORMANCE_CASE_COUNT;

const char *tenon_conformance_name(size_t index) {
  return index < tenon_conformance_count ? tenon_conformance_cases[index].name : NULL;
}

const char *tenon_conformance_function(size_t index) {
  size_t count = 0;
  while (conformance_functions[count].name)
    count++;
  return index < count ? conformance_functions[index].name : NULL;
}

const char *tenon_conformance_run(size_t index) {
  static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;
  if (index >= tenon_conformance_count)
    return "cases.c: no such case";
  pthread_mutex_lock(&one_at_a_time);
  conformance_begin();
  tenon_conformance_cases[index].run();
  const char *failures = conformance_end();
  pthread_mutex_unlock(&one_at_a_time);
  return failures;
}
