/* GNU's additions to <string.h>, which Swift's Glibc module leaves out. */
#ifndef GNU_STRING_H
#define GNU_STRING_H

#include <stddef.h>

extern void *memmem(const void *haystack, size_t haystack_size, const void *needle,
                    size_t needle_size);
extern void *memrchr(const void *memory, int byte, size_t size);

#endif
