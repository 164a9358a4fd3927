// The one heap of a WebAssembly program. Nothing outside override/ and bindings/ knows it.
//
// There are four of it, of which a program has one: the archive of the malloc alone has a heap that nobody observes, the
// runtime's archive is compiled with TIDEMARK_OBSERVED and has one with a meter, the hardened one with TIDEMARK_HARDEN and
// has one that hands blocks out at random, the small one with TIDEMARK_SMALL_HEAP has one of few features. Their names
// differ for the linker, so that a program can't get parts of two.
//
// malloc runs before any constructor: the heap's state is constant-initialised.
#pragma once

#include "heap/heap.h"
#include "platform/wasm_pages.h"
#ifdef TIDEMARK_OBSERVED
#include "monitor/heap_meter.h"
#endif
#ifdef TIDEMARK_HARDEN
#include "heap/random_slots.h"
#endif

namespace tidemark {

#ifdef TIDEMARK_OBSERVED
inline namespace observed {
using ProgramObserver = HeapMeter;
#elif defined(TIDEMARK_HARDEN)
inline namespace hardened {
using ProgramObserver = RandomSlots<NoObserver>;
#elif defined(TIDEMARK_SMALL_HEAP)
inline namespace small {
using ProgramObserver = SizeObserver;
#else
inline namespace unobserved {
using ProgramObserver = NoObserver;
#endif

extern constinit Heap<WasmPages, ProgramObserver> global_heap;

}  // namespace observed, hardened, small or unobserved

}  // namespace tidemark
