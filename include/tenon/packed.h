/**
 * @file tenon/packed.h
 *
 * One shape for every function of a generated library, for runtimes of dynamic languages, which have no
 * compiler at hand to make calls of other shapes.
 *
 * With --packed tenon-bindgen makes a second entry for each function NAME that it declares: NAME_packed.
 * It takes an array of words of 8 bytes, one for each parameter of NAME, in order; each stands in its
 * word as in memory, from the word's first byte on. It answers as NAME does, and all that NAME's header
 * says holds.
 *
 * For callbacks it makes NAME_call_packed, NAME being the struct of a closure or a protocol's method: a
 * function of the type that the struct has, whose context is a tenon_packed_callback_t, and which calls that.
 */
#ifndef TENON_PACKED_H
#define TENON_PACKED_H

#include <tenon/status.h>

TENON_BEGIN_DECLS

/** An entry. */
typedef tenon_status_t (*tenon_packed_fn)(void *words);

/** What the context of such callbacks begins with. */
typedef struct tenon_packed_callback {
  /**
   * Called with a word for each parameter after the context, and, if the function returns a number
   * itself, one for that. `function` is the index of the protocol's function; 0 for a closure. What
   * it answers is what a function that may fail returns; others pay no heed to it.
   */
  tenon_status_t (*call)(struct tenon_packed_callback *callback, uint32_t function, void *words);
} tenon_packed_callback_t;

TENON_END_DECLS

#endif /* TENON_PACKED_H */
