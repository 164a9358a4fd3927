// The allocator under test, as three C functions. In WebAssembly each is an entry of the function table, which may hold
// another instance's export: what such functions return is an address in the memory of that instance.
#pragma once

#include <cstddef>

namespace tidemark {

struct AllocatorFunctions {
  void* (*allocate)(std::size_t n_bytes);
  void (*free)(void* block);
  void* (*reallocate)(void* block, std::size_t n_bytes);
};

}  // namespace tidemark
