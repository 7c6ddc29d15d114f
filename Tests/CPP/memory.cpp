// Memory that runs out when a test says so.
#include "support.hpp"

#include <cstdlib>
#include <new>

void *operator new(std::size_t size) {
  if (allocations_left != 0)
    if (void *memory = std::malloc(size)) {
      allocations_left -= allocations_left > 0 ? 1 : 0;
      return memory;
    }
  throw std::bad_alloc();
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, std::size_t) noexcept { std::free(memory); }
