/* What the loader calls. Not installed. */
#ifndef TENON_FOUNDATION_START_H
#define TENON_FOUNDATION_START_H

/** Implemented in TenonFoundation. */
void tenon__foundation_start(void);

#endif
