// For mallocs that stand on sbrk.
#pragma once

#include <emscripten/heap.h>
#include <unistd.h>

#include <cstdint>

namespace sqlite_example {

/// Linear memory that the last growth brought and nobody has taken yet.
inline double unclaimed_bytes() {
  return static_cast<double>(emscripten_get_heap_size() - reinterpret_cast<std::uintptr_t>(sbrk(0)));
}

}  // namespace sqlite_example
