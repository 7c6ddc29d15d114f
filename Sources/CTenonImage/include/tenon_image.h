/*
 * What each copy of Tenon does by itself when it is loaded: it stays loaded, finds other copies, and
 * has a fork's child know its own thread. There is nothing to call.
 */
#ifndef TENON_IMAGE_H
#define TENON_IMAGE_H

#endif
