// The C functions that look at the program's heap.
#include "heap/heap_walk.h"
#include "override/global_heap.h"

using tidemark::global_heap;
using tidemark::HeapWalk;

extern "C" {

void tidemark_get_heap_stats(tidemark_heap_stats* out) {
  *out = HeapWalk(global_heap).stats();
  out->memory_bytes = __builtin_wasm_memory_size(0) * tidemark::kPageBytes;
}

std::size_t tidemark_get_size_class_stats(tidemark_size_class_stats* out, std::size_t capacity) {
  return HeapWalk(global_heap).size_classes(out, capacity);
}

const char* tidemark_check_heap(void) { return HeapWalk(global_heap).check(); }

}  // extern "C"
