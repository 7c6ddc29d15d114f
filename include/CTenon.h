/* What Swift's `import CTenon` sees. C and C++ include <tenon/tenon.h>. */
#include <tenon/packed.h>
#include <tenon/record.h>
#include <tenon/tenon.h>
