/* What Swift sees. C++ includes search_file.h: with C++20 it would take what a module map lists for a module. */
#include "gnu_string.h"
#include "search_file.h"
