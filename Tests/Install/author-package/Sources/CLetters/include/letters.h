/** Counts letters, in Swift. */
#ifndef LETTERS_H
#define LETTERS_H

#include <tenon/tenon.h>

TENON_BEGIN_DECLS

/** How many letters `text` (borrowed) has. */
int64_t letters_count(const char *text);

TENON_END_DECLS

#endif
