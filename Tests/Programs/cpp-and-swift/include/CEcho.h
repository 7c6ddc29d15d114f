/* What Swift sees. C++ includes echo.h: with C++20 it would take what a module map lists for a module. */
#include "echo.h"
