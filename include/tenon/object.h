/**
 * @file tenon/object.h
 *
 * An object of some language's behind a handle that is checked, so that no other language can follow
 * a pointer that is not good any more.
 *
 * An object has a pointer, which is its owner's business, and a mark of its type. Whoever has the
 * mark gets the pointer; everybody else carries the handle, alone or in a value. A handle that was
 * released, or one of another type, or what never was a handle, is a status.
 */
#ifndef TENON_OBJECT_H
#define TENON_OBJECT_H

#include <tenon/value.h>

TENON_BEGIN_DECLS

/** An object. Reference counted: what you create or retain, you release. */
typedef struct tenon_object tenon_object_t;

/**
 * Creates an object.
 *
 * `type` is the address of anything that stands for the type; not NULL.
 *
 * Ownership:  `pointer` becomes the object's on success only: `drop` (NULL: nobody) is called with it
 *             and 0 when the last reference is gone. The caller releases `*object_out`.
 * Threading:  any thread. The drop runs on whichever thread releases the object last, with no lock
 *             held.
 * Errors:     TENON_STATUS_INVALID; TENON_STATUS_NO_RESOURCES.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_object_create(void *pointer, const void *type, tenon_drop_fn drop,
                                             tenon_object_t **object_out) TENON_NOEXCEPT;

/**
 * Adds a reference.
 *
 * Threading:  any thread.
 * Errors:     TENON_STATUS_NO_RESOURCES: it has 67 million.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_object_retain(tenon_object_t *object) TENON_NOEXCEPT;

/**
 * Gives a reference back.
 *
 * Threading:  any thread.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_object_release(tenon_object_t *object) TENON_NOEXCEPT;

/**
 * Reads the pointer of an object of this type.
 *
 * Ownership:  `*pointer_out` is valid until the caller's reference is released.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID for an object of another type.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_object_get(tenon_object_t *object, const void *type,
                                          void **pointer_out) TENON_NOEXCEPT;

/**
 * Makes a value of an object: dropping it releases the object.
 *
 * To other languages it is a pointer of no type.
 *
 * Ownership:  takes the caller's reference. On an error it stays the caller's.
 * Threading:  any thread.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_value_adopt_object(tenon_object_t *object,
                                                  tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Reads the object in a value.
 *
 * Ownership:  borrows: `*object_out` is the value's reference. Retain it to keep it.
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_INVALID if the value holds none.
 * Since:      0.2.0
 */
TENON_API tenon_status_t tenon_value_get_object(const tenon_value_t *value,
                                                tenon_object_t **object_out) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_OBJECT_H */
