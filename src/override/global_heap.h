// The one heap of a WebAssembly program. Nothing outside override/ knows it.
//
// malloc runs before any constructor: the heap's state is constant-initialised.
#pragma once

#include "heap/heap.h"
#include "platform/wasm_pages.h"

namespace tidemark {

extern constinit Heap<WasmPages> global_heap;

}  // namespace tidemark
