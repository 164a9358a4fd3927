// A small request that is refused for want of a slab gives back the run of descriptors that it had taken before.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kLargeBytes = kMaxSmallBytes + kGrainBytes;

/// A heap of one page with `left_bytes` free at the top, and perhaps a few grains elsewhere; what it does with one byte.
/// Returns whether that was refused.
bool allocate_with_room(std::size_t left_bytes) {
  Arena arena(kPageBytes, kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  while (void* block = heap.allocate(kLargeBytes)) blocks.push_back(block);  // so that the map reaches up to the top
  std::sort(blocks.begin(), blocks.end());
  for (int i = 0; i < 3; ++i) {
    heap.free(blocks.back());
    blocks.pop_back();
  }
  heap.trim();
  void* const highest = blocks.back();
  EXPECT_EQ(heap.reallocate(highest, kLargeBytes + stats_of(heap).top_bytes - left_bytes), highest);
  const tidemark_heap_stats before = stats_of(heap);
  EXPECT_EQ(before.top_bytes, left_bytes);
  arena.refuse_from(0);
  if (heap.allocate(1) != nullptr) return false;
  EXPECT_EQ(stats_of(heap).metadata_bytes, before.metadata_bytes);
  EXPECT_EQ(stats_of(heap).free_bytes, before.free_bytes);
  EXPECT_EQ(HeapWalk(heap).check(), nullptr);
  return true;
}

TEST(RefusedSlab, KeepsNoDescriptors) {
  // A run of descriptors takes 4 grains, the least slab one: with 5 and more both have room.
  std::size_t refused = 0;
  for (std::size_t grains = 0; grains < 10; ++grains) refused += allocate_with_room(grains * kGrainBytes);
  EXPECT_GT(refused, 0u);
  EXPECT_LT(refused, 10u);
}

}  // namespace
}  // namespace tidemark::testing
