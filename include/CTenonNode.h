/* What Swift's `import CTenonNode` sees. C and C++ include <tenon/node.h>. */
#include <tenon/node.h>
#include <tenon/tenon.h>
