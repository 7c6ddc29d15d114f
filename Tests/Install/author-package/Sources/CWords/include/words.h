/** Counts words, in Swift. */
#ifndef WORDS_H
#define WORDS_H

#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** Starts to count the words of `text` (copied). Delivers an i64; no text is an error. */
tenon_status_t words_count(tenon_executor_t *executor, const char *text,
                           tenon_future_t **future_out);

/* No function, whatever it looks like. */
#ifndef __cplusplus
_Static_assert(sizeof(int64_t) == 8, "words; are { counted (in) \"64\" bits");
#endif

/** How many counts were started so far. */
int64_t words_started(void);

/** Not in the library: an inline function is the header's own business. */
static inline bool words_is_many(int64_t words) {
  if (words > 100) {
    return true;
  }
  return false;
}

TENON_END_DECLS

#endif
