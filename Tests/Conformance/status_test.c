/*
 * What <tenon/status.h> promises.
 */
#include "check.h"

typedef struct named {
  tenon_status_t status;
  const char *name;
} named_t;

#define NAMED(status)                                                                              \
  { status, #status }

static const named_t all[] = {
    NAMED(TENON_STATUS_OK),
    NAMED(TENON_STATUS_PENDING),
    NAMED(TENON_STATUS_SETTLED),
    NAMED(TENON_STATUS_ENDED),
    NAMED(TENON_STATUS_INVALID),
    NAMED(TENON_STATUS_STALE),
    NAMED(TENON_STATUS_REJECTED),
    NAMED(TENON_STATUS_CANCELLED),
    NAMED(TENON_STATUS_ALREADY_SETTLED),
    NAMED(TENON_STATUS_TAKEN),
    NAMED(TENON_STATUS_DEADLOCK),
    NAMED(TENON_STATUS_TIMEOUT),
    NAMED(TENON_STATUS_BUSY),
    NAMED(TENON_STATUS_CLOSED),
    NAMED(TENON_STATUS_FORKED),
    NAMED(TENON_STATUS_WRONG_THREAD),
    NAMED(TENON_STATUS_NO_RESOURCES),
    NAMED(TENON_STATUS_UNSUPPORTED),
    NAMED(TENON_STATUS_FORGOTTEN),
    NAMED(TENON_STATUS_INTERRUPTED),
};

CASE(every_status_has_its_name) {
  for (size_t index = 0; index < sizeof all / sizeof *all; index++)
    CHECK_TEXT(all[index].name, tenon_status_name(all[index].status));
}

CASE(every_status_has_a_sentence_of_its_own_without_a_full_stop) {
  for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
    const char *text = tenon_status_string(all[index].status);
    if (!CHECK(text && *text))
      continue;
    CHECK(text[strlen(text) - 1] != '.');
    for (size_t other = 0; other < index; other++)
      CHECK(strcmp(text, tenon_status_string(all[other].status)) != 0);
  }
}

CASE(an_unknown_status_has_a_name_and_a_sentence_too) {
  static const tenon_status_t unknown[] = {4, 1000, INT32_MAX, -17, -1000, INT32_MIN};
  for (size_t index = 0; index < sizeof unknown / sizeof *unknown; index++) {
    CHECK_TEXT("TENON_STATUS_UNKNOWN", tenon_status_name(unknown[index]));
    const char *text = tenon_status_string(unknown[index]);
    CHECK(text && *text);
  }
}

CASE(the_texts_of_a_status_are_there_for_ever) {
  for (size_t index = 0; index < sizeof all / sizeof *all; index++) {
    CHECK(tenon_status_name(all[index].status) == tenon_status_name(all[index].status));
    CHECK(tenon_status_string(all[index].status) == tenon_status_string(all[index].status));
  }
}
