/* What Swift's `import CTenonInspect` sees. C and C++ include <tenon/inspect.h>. */
#include <tenon/inspect.h>
#include <tenon/tenon.h>
