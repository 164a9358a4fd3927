#include "heap/slab.h"

#include <gtest/gtest.h>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

/// The slab that the next block of a class comes from, in a heap of its own.
class OneSlab {
 public:
  explicit OneSlab(SizeClass size_class) {
    run_ = run_around(heap_, address_of(heap_.allocate(block_bytes(size_class))));
  }
  const Slab& slab() const { return *run_.slab; }
  const tidemark::Run& run() const { return run_; }

 private:
  Arena arena_{kPageBytes, kPageBytes};
  TestHeap heap_{ArenaSource(arena_)};
  tidemark::Run run_{};
};

TEST(Slab, EveryAddressInItIsABlocksStartOrRecognisedAsNone) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    const OneSlab one(size_class);
    const std::size_t bytes = block_bytes(size_class);
    for (std::size_t offset = 0; offset < one.run().bytes; ++offset) {
      const std::uint32_t index = one.slab().index_of(one.slab().base + offset);
      if (offset % bytes == 0) {
        ASSERT_EQ(index, offset / bytes);
      } else {
        ASSERT_GE(index, kMaxSlabBlocks) << "offset " << offset << " in blocks of " << bytes;
      }
    }
  }
}

TEST(Slab, ItsBitmapHasABitForEachBlockAndNoOther) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    const OneSlab one(size_class);
    const std::size_t blocks = one.run().bytes / block_bytes(size_class);
    ASSERT_EQ(one.slab().blocks(), blocks);
    ASSERT_EQ(static_cast<std::size_t>(std::popcount(one.slab().all_free())), blocks);
    ASSERT_EQ(one.slab().free_blocks, one.slab().all_free() & ~std::uint64_t{1}) << "the first block is in use";
  }
}

TEST(Slab, SealsOfNeighboursDiffer) {
  Slab slabs[32] = {};  // as many as a run of descriptors holds, at most
  for (std::size_t i = 1; i < std::size(slabs); ++i) EXPECT_NE(seal_of(&slabs[i - 1]), seal_of(&slabs[i]));
}

}  // namespace
}  // namespace tidemark::testing
