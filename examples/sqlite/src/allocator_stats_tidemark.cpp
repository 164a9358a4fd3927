#include <tidemark/heap_stats.h>

#include <algorithm>
#include <array>

#include "allocator_stats.h"

namespace sqlite_example {

AllocatorStats allocator_stats() {
  tidemark_heap_stats heap;
  tidemark_get_heap_stats(&heap);
  AllocatorStats stats;
  stats.used_bytes = static_cast<double>(heap.live_bytes);
  stats.reserved_bytes = static_cast<double>(heap.heap_bytes - heap.top_bytes);
  stats.peak_reserved_bytes = static_cast<double>(heap.peak_reserved_bytes);
  stats.free_bytes = static_cast<double>(heap.free_bytes);
  stats.largest_free_bytes = static_cast<double>(heap.largest_free_bytes);
  stats.top_free_bytes = static_cast<double>(heap.top_bytes);
  stats.live_blocks = static_cast<double>(heap.live_blocks);
  stats.metadata_bytes = static_cast<double>(heap.metadata_bytes);
  return stats;
}

std::size_t size_class_stats(SizeClassStats* rows, std::size_t capacity) {
  std::array<tidemark_size_class_stats, 64> classes;
  const std::size_t n_classes = std::min(tidemark_get_size_class_stats(classes.data(), classes.size()), classes.size());
  for (std::size_t i = 0; i < std::min(n_classes, capacity); ++i) {
    rows[i] = {static_cast<double>(classes[i].block_bytes), static_cast<double>(classes[i].live_blocks),
               static_cast<double>(classes[i].free_blocks), static_cast<double>(classes[i].slabs)};
  }
  return n_classes;
}

}  // namespace sqlite_example
