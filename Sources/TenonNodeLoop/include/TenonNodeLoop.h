/* What SwiftPM takes for this target's header. C and C++ include <tenon/node.h>. */
#include <CTenonNode.h>
