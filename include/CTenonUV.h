/* What Swift's `import CTenonUV` sees. C and C++ include <tenon/uv.h>. */
#include <tenon/tenon.h>
#include <tenon/uv.h>
