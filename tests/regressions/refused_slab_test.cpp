// A small request that is refused for want of a slab gives back the run of descriptors that it had taken before.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

TEST(RefusedSlab, KeepsNoDescriptors) {
  Arena arena(kPageBytes, kPageBytes);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  while (void* block = heap.allocate(5 * kGrainBytes)) blocks.push_back(block);  // so that the map reaches up to the top
  std::sort(blocks.begin(), blocks.end());
  for (int i = 0; i < 3; ++i) {
    heap.free(blocks.back());
    blocks.pop_back();
  }
  heap.trim();
  // Room for one run of descriptors (1 KiB) at the top, and for no slab beside it.
  void* const block = blocks.back();
  ASSERT_EQ(heap.reallocate(block, 5 * kGrainBytes + stats_of(heap).top_bytes - 1024), block);
  const tidemark_heap_stats before = stats_of(heap);
  ASSERT_EQ(before.top_bytes, 1024u);
  arena.refuse_from(0);
  ASSERT_EQ(heap.allocate(1), nullptr);
  EXPECT_EQ(stats_of(heap).metadata_bytes, before.metadata_bytes);
  EXPECT_EQ(stats_of(heap).top_bytes, before.top_bytes);
  EXPECT_EQ(HeapWalk(heap).check(), nullptr);
}

}  // namespace
}  // namespace tidemark::testing
