#include <emscripten/emmalloc.h>
#include <mimalloc.h>

#include "allocator_stats.h"

namespace sqlite_example {
namespace {

bool add_area(const mi_heap_t*, const mi_heap_area_t* area, void*, std::size_t, void* sums) {
  auto& stats = *static_cast<AllocatorStats*>(sums);
  stats.used_bytes += static_cast<double>(area->used * area->block_size);
  stats.live_blocks += static_cast<double>(area->used);
  return true;
}

}  // namespace

AllocatorStats allocator_stats() {
  AllocatorStats stats;
  // In Emscripten mimalloc stands on emmalloc, which is asked for whole arenas.
  stats.reserved_bytes = static_cast<double>(emmalloc_dynamic_heap_size());
  stats.used_bytes = 0;
  stats.live_blocks = 0;
  mi_heap_visit_blocks(mi_heap_main(), false, add_area, &stats);
  return stats;
}

std::size_t size_class_stats(SizeClassStats*, std::size_t) { return 0; }

}  // namespace sqlite_example
