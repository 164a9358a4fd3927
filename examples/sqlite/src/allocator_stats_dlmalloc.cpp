#include <malloc.h>

#include "allocator_stats.h"

extern "C" struct mallinfo mallinfo(void);

namespace sqlite_example {

AllocatorStats allocator_stats() {
  const struct mallinfo info = mallinfo();
  AllocatorStats stats;
  stats.used_bytes = info.uordblks;
  stats.reserved_bytes = info.arena;
  stats.peak_reserved_bytes = info.usmblks;
  stats.free_bytes = info.fordblks;
  stats.free_blocks = info.ordblks;
  return stats;
}

std::size_t size_class_stats(SizeClassStats*, std::size_t) { return 0; }

}  // namespace sqlite_example
