/**
 * @file tenon/value.h
 *
 * What a future delivers: a small tagged struct that is moved, not shared.
 *
 * A value has one owner. Whoever hands it over successfully (tenon_promise_resolve()) has it no
 * more; whoever takes it (tenon_future_take()) ends it with tenon_value_drop(). The drop function
 * runs exactly once, on the thread that lets go last, or on an executor: see
 * tenon_value_set_drop_executor(). A value that a call did not accept still belongs to the caller.
 *
 * Strings are UTF-8 with a length, without a NUL. Strings and bytes of up to 16 bytes are stored
 * in the value itself: read both kinds with tenon_value_get_data(). Larger ones cross by pointer.
 */
#ifndef TENON_VALUE_H
#define TENON_VALUE_H

#include <tenon/status.h>

TENON_BEGIN_DECLS

/** What a value holds. */
TENON_ENUM(int32_t, tenon_value_kind_t){
    TENON_VALUE_NONE = 0,    /**< nothing: what an operation without a result delivers */
    TENON_VALUE_BOOLEAN = 1, /**< as.boolean */
    TENON_VALUE_I64 = 2,     /**< as.i64 */
    TENON_VALUE_U64 = 3,     /**< as.u64 */
    TENON_VALUE_F64 = 4,     /**< as.f64 */
    TENON_VALUE_STRING = 5,  /**< UTF-8: tenon_value_get_data() */
    TENON_VALUE_BYTES = 6,   /**< tenon_value_get_data() */
    TENON_VALUE_POINTER = 7, /**< as.pointer: an object of the producer's */
    TENON_VALUE_END = 8,     /**< the end of a stream: what tenon_stream_next() gives then */
};

/** The data is in as.inline_data, inline_size bytes of it, not behind as.data. */
#define TENON_VALUE_FLAG_INLINE 0x01u
/** A loan: somebody else drops it. tenon_future_peek() gives such values. */
#define TENON_VALUE_FLAG_BORROWED 0x02u

/** How many bytes fit into the value itself. */
#define TENON_VALUE_INLINE_SIZE_MAX 16

/**
 * Ends the life of a value's data: `pointer` and `size` as they stand in the value (`size` is 0
 * for TENON_VALUE_POINTER). Called once, with no lock held.
 */
typedef void (*tenon_drop_fn)(void *pointer, size_t size);

/** A value. Fill it with the functions below, or by hand from zero; then nobody looks whether a
 *  string is UTF-8, and Swift reads what is not as U+FFFD. */
typedef struct tenon_value {
  uint8_t kind;           /**< a tenon_value_kind_t */
  uint8_t flags;          /**< TENON_VALUE_FLAG_... */
  uint8_t inline_size;    /**< with TENON_VALUE_FLAG_INLINE: how many bytes */
  uint8_t reserved;       /**< zero */
  uint32_t drop_executor; /**< zero, or set by tenon_value_set_drop_executor() */
  union {
    bool boolean;
    int64_t i64;
    uint64_t u64;
    double f64;
    struct {
      void *pointer;
      size_t size;
    } data;
    struct {
      void *address;
      const void *type; /**< the producer's mark, so that a reader can tell what it is; or NULL */
    } pointer;
    unsigned char inline_data[TENON_VALUE_INLINE_SIZE_MAX];
  } as;
  tenon_drop_fn drop; /**< NULL: nothing to do at the end */
} tenon_value_t;

/** Makes a value that holds nothing. Since 0.1.0. */
static inline tenon_value_t tenon_value_none(void) {
  tenon_value_t value = {0, 0, 0, 0, 0, {0}, NULL};
  return value;
}

/** Makes a value that holds a boolean. Since 0.1.0. */
static inline tenon_value_t tenon_value_boolean(bool boolean) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_BOOLEAN;
  value.as.boolean = boolean;
  return value;
}

/** Makes a value that holds a signed integer. Since 0.1.0. */
static inline tenon_value_t tenon_value_i64(int64_t i64) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_I64;
  value.as.i64 = i64;
  return value;
}

/** Makes a value that holds an unsigned integer. Since 0.1.0. */
static inline tenon_value_t tenon_value_u64(uint64_t u64) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_U64;
  value.as.u64 = u64;
  return value;
}

/** Makes a value that holds a floating-point number. Since 0.1.0. */
static inline tenon_value_t tenon_value_f64(double f64) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_F64;
  value.as.f64 = f64;
  return value;
}

/**
 * Makes a value that holds a pointer to an object of the caller's.
 *
 * `type` tells readers what it is: the address of any object that stands for the type, or NULL.
 * `drop` is called with `address` and 0. Since 0.1.0.
 */
/* NOLINTNEXTLINE(bugprone-easily-swappable-parameters) */
static inline tenon_value_t tenon_value_pointer(void *address, const void *type,
                                                tenon_drop_fn drop) {
  tenon_value_t value = tenon_value_none();
  value.kind = TENON_VALUE_POINTER;
  value.as.pointer.address = address;
  value.as.pointer.type = type;
  value.drop = drop;
  return value;
}

/**
 * Makes a value with a copy of `size` bytes of UTF-8.
 *
 * Ownership:  borrows `data` for this call. `*value_out` is the caller's, to drop or hand over.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if the text is not UTF-8, or longer than PTRDIFF_MAX;
 *             TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_copy_string(const char *data, size_t size,
                                                 tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Makes a value with a copy of `size` bytes.
 *
 * Ownership:  borrows `data` for this call. `*value_out` is the caller's, to drop or hand over.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if `size` is more than PTRDIFF_MAX; TENON_STATUS_NO_RESOURCES.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_copy_bytes(const void *data, size_t size,
                                                tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Makes a string of memory that the value owns from now on: nothing is copied.
 *
 * Ownership:  takes `data`, which `drop` (NULL: nobody) ends. On an error it stays the caller's.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if the text is not UTF-8, or longer than PTRDIFF_MAX.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_adopt_string(char *data, size_t size, tenon_drop_fn drop,
                                                  tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Makes bytes of memory that the value owns from now on: nothing is copied.
 *
 * Ownership:  takes `data`, which `drop` (NULL: nobody) ends. On an error it stays the caller's.
 * Threading:  any thread.
 * Errors:     TENON_STATUS_INVALID if `size` is more than PTRDIFF_MAX.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_adopt_bytes(void *data, size_t size, tenon_drop_fn drop,
                                                 tenon_value_t *value_out) TENON_NOEXCEPT;

/**
 * Reads a string or bytes, wherever they are stored.
 *
 * Ownership:  borrows; `*data_out` is valid until the value is dropped, moved or overwritten.
 *             Strings have no NUL at their end.
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_INVALID for another kind.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_get_data(const tenon_value_t *value, const void **data_out,
                                              size_t *size_out) TENON_NOEXCEPT;

/**
 * Tells whether other values, or Swift code, have the same object: then read it, and change nothing
 * in it, as they may do so at the same time. It is ended with the last of them.
 *
 * Values that one C caller makes and another takes never are. Swift makes such values, when it gives
 * away an object of another language that it keeps, too.
 *
 * Threading:  the value's owner.
 * Returns:    false also for what is no value.
 * Since:      0.2.0
 */
TENON_API bool tenon_value_is_shared(const tenon_value_t *value) TENON_NOEXCEPT;

/**
 * Has the value dropped on an executor's thread, whoever lets go of it.
 *
 * If that executor is closed by then, the drop runs where the value is let go of.
 *
 * Ownership:  borrows `executor`, and keeps no reference.
 * Threading:  the value's owner.
 * Errors:     TENON_STATUS_INVALID for a borrowed value, or one without a drop function.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_set_drop_executor(tenon_value_t *value,
                                                       tenon_executor_t *executor) TENON_NOEXCEPT;

/**
 * Ends a value, and leaves one that holds nothing.
 *
 * Ownership:  consumes what `value` holds. A borrowed value is only emptied.
 * Threading:  the value's owner; the drop function runs before this returns, unless an executor was
 *             set, or 16 drop functions are running inside one another on this thread: then right
 *             after the innermost, so that values inside values need the stack of a few. It is the
 *             same wherever a value is let go of.
 * Errors:     TENON_STATUS_INVALID if this was never a value; it is then left alone.
 * Since:      0.1.0
 */
TENON_API tenon_status_t tenon_value_drop(tenon_value_t *value) TENON_NOEXCEPT;

TENON_END_DECLS

#endif /* TENON_VALUE_H */
