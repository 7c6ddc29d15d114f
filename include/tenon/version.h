/**
 * @file tenon/version.h
 *
 * Which Tenon a program was compiled against, and which one it runs with.
 */
#ifndef TENON_VERSION_H
#define TENON_VERSION_H

#include <tenon/base.h>

TENON_BEGIN_DECLS

#define TENON_VERSION_MAJOR 0
#define TENON_VERSION_MINOR 1
#define TENON_VERSION_PATCH 0

/** The binary interface that these headers describe; the symbol version TENON_1. */
#define TENON_ABI_VERSION 1

/**
 * Returns the binary interface of the library that is loaded: compare it with TENON_ABI_VERSION.
 *
 * Threading:  any thread.
 * Signals:    may be called in a handler.
 * Since:      0.1.0
 */
TENON_API uint32_t tenon_abi_version(void) TENON_NOEXCEPT;

/**
 * Returns the library's version, such as "0.1.0".
 *
 * Ownership:  the text is the library's, for ever.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API const char *tenon_version_string(void) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_VERSION_H */
