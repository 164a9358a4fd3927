// What Emscripten's own mallocs take because they ask sbrk() for it: memory that the program has grown beforehand, and
// that which JavaScript has made larger than the module asks for (-sIMPORTED_MEMORY).
#include "heap/heap_growth.h"
#include "override/global_heap.h"

using tidemark::Address;
using tidemark::global_heap;
using Growth = tidemark::HeapGrowth<tidemark::WasmPages, tidemark::ProgramObserver>;

extern "C" {

/// Of <emscripten/heap.h>.
__attribute__((weak)) int emscripten_resize_heap(std::size_t n_bytes) {
  return static_cast<int>(Growth(global_heap).reach(n_bytes));
}

/// Before anything else runs: whatever there is was there from the start (growth.js).
void tidemark_take_memory(void) {
  const tidemark::WasmPages pages;
  if (pages.end() > pages.initial_end()) Growth(global_heap).take_all();
}

}  // extern "C"
