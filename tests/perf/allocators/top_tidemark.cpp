// Tidemark takes whole pages ahead of demand: what it has never reached doesn't count as taken.

#include <tidemark/heap_stats.h>

#include "support/bench.h"

extern "C" unsigned char __heap_base;

extern "C" std::uintptr_t bench_top_of_heap() {
  tidemark_heap_stats stats;
  tidemark_get_heap_stats(&stats);
  const std::uintptr_t reached = reinterpret_cast<std::uintptr_t>(&__heap_base) + stats.peak_reserved_bytes;
  const std::uintptr_t top = stats.memory_bytes - stats.top_bytes;
  return reached > top ? reached : top;
}
