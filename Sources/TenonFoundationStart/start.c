/* Has Foundation's errors described from the moment that this is loaded: nobody has to call anything. */
#include "start.h"

__attribute__((constructor)) static void start(void) { tenon__foundation_start(); }
