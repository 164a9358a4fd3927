// A sweep that comes while a slab is made (for its descriptor) passes over the run that the slab is going to stand in.
// It used to find no entry there, and never went on.
#include <gtest/gtest.h>

#include "support/lockstep.h"

namespace tidemark::testing {
namespace {

TEST(SweepDuringANewSlab, PassesOverIt) {
  constexpr std::size_t kBlocks = 40;
  // Each time a new run of descriptors is due, another amount has been freed: one of them makes the sweep due just then.
  for (std::size_t freed = 1; freed < kBlocks; freed += 6) {
    Arena arena(1024 * 1024);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, 2000);
    for (std::size_t slot = 0; slot < kBlocks; ++slot) {
      ASSERT_EQ(lockstep.run({Do::kAllocate, slot, kMaxSmallBytes + kGrainBytes, 8}), "");
    }
    for (std::size_t slot = 0; slot < freed; ++slot) ASSERT_EQ(lockstep.run({Do::kFree, slot, 0, 8}), "");
    for (std::size_t slot = kBlocks; slot < 200; ++slot) {
      ASSERT_EQ(lockstep.run({Do::kAllocate, slot, 1000, 8}), "");
      if (slot % 4 == 0) {
        ASSERT_EQ(lockstep.run({Do::kFree, slot - 2, 0, 8}), "");
      }
    }
    ASSERT_EQ(lockstep.finish(), "");
  }
}

}  // namespace
}  // namespace tidemark::testing
