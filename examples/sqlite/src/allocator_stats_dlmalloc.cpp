#include <malloc.h>

#include "allocator_stats.h"
#include "unclaimed_memory.h"

namespace sqlite_example {

AllocatorStats allocator_stats() {
  const struct mallinfo info = mallinfo();
  AllocatorStats stats;
  stats.used_bytes = info.uordblks;
  stats.reserved_bytes = info.arena - info.keepcost;
  stats.peak_reserved_bytes = info.usmblks;
  stats.free_bytes = info.fordblks + unclaimed_bytes();
  stats.top_free_bytes = info.keepcost + unclaimed_bytes();
  stats.free_blocks = info.ordblks;
  return stats;
}

std::size_t size_class_stats(SizeClassStats*, std::size_t) { return 0; }

}  // namespace sqlite_example
