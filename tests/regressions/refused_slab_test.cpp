// A small request that is refused for want of a slab gives back the run of descriptors that it had taken before.
#include <gtest/gtest.h>

#include "support/lockstep.h"

namespace tidemark::testing {
namespace {

TEST(RefusedSlab, KeepsNoDescriptors) {
  // One page, filled with large blocks but for a rest of every length, in grains; then a block of each class, of which
  // some find room for descriptors (4 grains) and none for a slab beside them. Lockstep looks at each refusal.
  constexpr std::size_t kBlocks = 12, kBlockGrains = 18, kRests = 40;
  std::size_t refused = 0;
  for (std::size_t rest = 0; rest < kRests; ++rest) {
    Arena arena(kPageBytes, kPageBytes);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, kBlocks + 1 + kSizeClassCount);
    for (std::size_t slot = 0; slot < kBlocks; ++slot) {
      ASSERT_EQ(lockstep.run({Do::kAllocate, slot, kBlockGrains * kGrainBytes, 8}), "");
    }
    const std::size_t top_grains = lockstep.stats().top_bytes / kGrainBytes;
    if (top_grains > rest) {
      ASSERT_EQ(lockstep.run({Do::kReallocate, kBlocks - 1, (kBlockGrains + top_grains - rest) * kGrainBytes, 8}), "");
    }
    for (SizeClass size_class = kSizeClassCount - 1; size_class > 0; --size_class) {
      ASSERT_EQ(lockstep.run({Do::kAllocate, kBlocks + size_class, block_bytes(size_class), 8}), "") << "rest " << rest;
      refused += lockstep.failed();
    }
    ASSERT_EQ(lockstep.finish(), "");
  }
  EXPECT_GT(refused, kRests);
}

}  // namespace
}  // namespace tidemark::testing
