#include <tenon/logging.h>
