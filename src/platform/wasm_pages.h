// Linear memory of a WebAssembly instance.
//
// Growth is memory.grow and nothing around it: Emscripten's own resize adds a fifth to every request (up to 96 MiB), and
// ends the program where it was built without growth. JavaScript is told afterwards, so that its views are made anew.
#pragma once

#include <cerrno>

#include "base/units.h"

extern "C" {

/// Set by the linker: the end of static data and stack, and the end of the memory that the instance starts with.
extern unsigned char __heap_base;
extern unsigned char __heap_end;

/// Of Emscripten's JavaScript library: makes the views of linear memory anew.
void emscripten_notify_memory_growth(std::size_t memory_index);

/// Of override/sbrk.cpp, where that is linked: the end of what was loaded behind __heap_base before the program started.
[[gnu::weak]] std::size_t tidemark_loaded_end(void);

}  // extern "C"

namespace tidemark {

class WasmPages {
 public:
  Address begin() const {
    const Address base = reinterpret_cast<Address>(&__heap_base);
    const Address loaded_end = tidemark_loaded_end == nullptr ? 0 : tidemark_loaded_end();
    return loaded_end > base ? loaded_end : base;
  }

  Address initial_end() const { return reinterpret_cast<Address>(&__heap_end); }

  /// The last page of a 4 GiB memory stays unused: its end is no 32-bit address.
  Address end() const {
    const std::size_t pages = __builtin_wasm_memory_size(0);
    return (pages > kMaxPages ? kMaxPages : pages) * kPageBytes;
  }

  bool grow(std::size_t n_bytes) {
    const std::size_t pages = n_bytes / kPageBytes;
    if (pages > kMaxPages - end() / kPageBytes) return false;
    if (__builtin_wasm_memory_grow(0, pages) == ~std::size_t{0}) return false;
    emscripten_notify_memory_growth(0);
    return true;
  }

  void exhausted() { errno = ENOMEM; }

 private:
  static constexpr std::size_t kMaxPages = 65535;
};

}  // namespace tidemark
