// What <malloc.h> of Emscripten declares beside the malloc family, for programs that were written for dlmalloc.
#include <malloc.h>

#include <cstdio>

#include "heap/heap_walk.h"
#include "override/global_heap.h"

using tidemark::global_heap;
using tidemark::HeapWalk;

extern "C" {

/// As dlmalloc has it where the two are alike: what is above the highest block counts as free.
__attribute__((weak)) struct mallinfo mallinfo(void) {
  const HeapWalk walk(global_heap);
  const tidemark_heap_stats stats = walk.stats();
  struct mallinfo info {};
  info.arena = stats.heap_bytes;
  walk.for_each_run([&](const tidemark::Run& run) {
    if (run.kind == tidemark::RunKind::kFree) ++info.ordblks;
    if (run.kind == tidemark::RunKind::kSlab) {
      info.ordblks += static_cast<std::size_t>(std::popcount(run.slab->free_blocks));
    }
  });
  if (stats.top_bytes != 0) ++info.ordblks;
  info.usmblks = stats.peak_reserved_bytes;
  info.uordblks = stats.live_bytes;
  info.fordblks = stats.free_bytes;
  info.keepcost = stats.top_bytes;
  return info;
}

/// Takes what dlmalloc takes; nothing here depends on it.
__attribute__((weak)) int mallopt(int option, int) {
  return static_cast<int>(option == M_TRIM_THRESHOLD || option == M_GRANULARITY || option == M_MMAP_THRESHOLD);
}

__attribute__((weak)) void malloc_stats(void) {
  const struct mallinfo info = mallinfo();
  std::fprintf(stderr, "max system bytes = %10zu\nsystem bytes     = %10zu\nin use bytes     = %10zu\n", info.usmblks,
               info.arena, info.uordblks);
}

}  // extern "C"
