/* What SwiftPM takes for this target's header. C and C++ include <tenon/uv.h>. */
#include <CTenonUV.h>
