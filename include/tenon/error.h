/**
 * @file tenon/error.h
 *
 * Why something failed: a domain, a code within it, a message for people, and perhaps a cause.
 *
 * An error never changes once made, and is reference counted. Domains in use: "tenon" (the code is
 * a tenon_status_t), "errno", "uv", "swift.<Module>.<Type>", "cxx.<type>", "js.<name>". An error
 * that a Swift function throws and that comes back to Swift is the same Swift error again; the
 * payload does the same for other languages.
 */
#ifndef TENON_ERROR_H
#define TENON_ERROR_H

#include <tenon/value.h>

TENON_BEGIN_DECLS

/** An error. Reference counted: what you create, retain or copy, you release. */
typedef struct tenon_error tenon_error_t;

/** An object of the producer's language that travels with an error. */
typedef struct tenon_error_payload {
  size_t struct_size;          /**< sizeof(tenon_error_payload_t) */
  const void *type;            /**< the producer's mark; not NULL */
  void *pointer;               /**< the object */
  void (*drop)(void *pointer); /**< called once, with the last reference; or NULL */
} tenon_error_payload_t;

#define TENON_ERROR_PAYLOAD_INIT                                                                   \
  { sizeof(tenon_error_payload_t), NULL, NULL, NULL }

/**
 * Creates an error.
 *
 * Ownership:  `domain` (not empty) and `message` (may be NULL) are copied. `cause` (may be NULL) is
 *             retained. The caller releases `*error_out`.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if a text is not UTF-8; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_create(const char *domain, int64_t code, const char *message,
                                            tenon_error_t *cause,
                                            tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Creates an error that carries an object, so that it is found again where it came from.
 *
 * Ownership:  as tenon_error_create(); the payload's object becomes the error's on success only.
 * Threading:  any thread. The payload's drop runs on whichever thread releases the error last.
 * Errors:     TENON_STATUS_INVALID if a text is not UTF-8, for a wrong struct_size or a NULL type;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_create_with_payload(const char *domain, int64_t code,
                                                         const char *message, tenon_error_t *cause,
                                                         const tenon_error_payload_t *payload,
                                                         tenon_error_t **error_out) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_retain(tenon_error_t *error) TENON_NOEXCEPT;

/**
 * Gives a reference back.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_release(tenon_error_t *error) TENON_NOEXCEPT;

/**
 * Reads the domain.
 *
 * Ownership:  `*domain_out` is valid until the caller's reference is released.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_get_domain(tenon_error_t *error,
                                                const char **domain_out) TENON_NOEXCEPT;

/**
 * Reads the code.
 *
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_get_code(tenon_error_t *error,
                                              int64_t *code_out) TENON_NOEXCEPT;

/**
 * Reads the message: UTF-8, perhaps empty, never NULL.
 *
 * Ownership:  `*message_out` is valid until the caller's reference is released.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_get_message(tenon_error_t *error,
                                                 const char **message_out) TENON_NOEXCEPT;

/**
 * Reads the error that led to this one.
 *
 * Ownership:  the caller releases `*cause_out`, which is NULL if there is no cause.
 * Threading:  any thread.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_copy_cause(tenon_error_t *error,
                                                tenon_error_t **cause_out) TENON_NOEXCEPT;

/**
 * Reads the object that travels with the error, if it is of this type.
 *
 * Ownership:  `*pointer_out` is valid until the caller's reference is released.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_UNSUPPORTED if there is none, or one of another type.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_error_get_payload(tenon_error_t *error, const void *type,
                                                 void **pointer_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_ERROR_H */
