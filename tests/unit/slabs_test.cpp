// Small blocks, seen from outside: where they stand, and when their memory goes back.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

class Slabs : public ::testing::Test {
 protected:
  std::vector<void*> allocate(std::size_t count, std::size_t n_bytes) {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < count; ++i) blocks.push_back(heap_.allocate(n_bytes));
    EXPECT_EQ(std::count(blocks.begin(), blocks.end(), nullptr), 0);
    return blocks;
  }

  std::vector<Slab> slabs_of(std::size_t bytes) const {
    std::vector<Slab> slabs;
    for (const auto& run : runs_of(heap_)) {
      if (run.kind == RunKind::kSlab && run.slab->block_bytes == bytes) slabs.push_back(*run.slab);
    }
    return slabs;
  }

  Arena arena_{1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Slabs, BlocksStandInARowWithNothingBetween) {
  for (const std::size_t bytes : {8u, 16u, 24u, 72u, 144u, 1024u}) {
    std::vector<void*> blocks = allocate(1, bytes);
    const std::size_t in_a_slab = slabs_of(bytes).front().blocks();
    ASSERT_GE(in_a_slab, usual_blocks(bytes) / 8);
    for (std::size_t i = 1; i < in_a_slab; ++i) {
      blocks.push_back(heap_.allocate(bytes));
      ASSERT_EQ(address_of(blocks[i]), address_of(blocks[0]) + i * bytes) << "blocks of " << bytes;
    }
  }
}

TEST_F(Slabs, TheLowestFreeBlockIsTakenFirst) {
  const std::vector<void*> blocks = allocate(16, 16);
  for (const std::size_t i : {13u, 2u, 7u, 3u, 15u}) heap_.free(blocks[i]);
  for (const std::size_t i : {2u, 3u, 7u, 13u, 15u}) EXPECT_EQ(heap_.allocate(16), blocks[i]);
}

TEST_F(Slabs, AreSmallAgainWhereLargeOnesWereGivenBack) {
  for (void* const block : allocate(16 + 32 + 64 + 64, 16)) heap_.free(block);
  heap_.trim();
  ASSERT_TRUE(slabs_of(16).empty());
  allocate(1, 16);
  EXPECT_EQ(slabs_of(16).front().blocks(), first_blocks(16));
}

TEST_F(Slabs, ARunsFirstBlocksComeFromPartialSlabsNotFromNewOnes) {
  const std::vector<void*> blocks = allocate(1000, 48);
  const std::size_t reserved_bytes = stats_of(heap_).reserved_bytes;
  for (std::size_t i = 0; i < 1000; i += 2) heap_.free(blocks[i]);
  allocate(500, 48);
  EXPECT_EQ(stats_of(heap_).reserved_bytes, reserved_bytes);
}

TEST_F(Slabs, IdleOnesServeOtherSizesBeforeARequestIsRefused) {
  std::vector<void*> blocks;
  while (void* block = heap_.allocate(64)) blocks.push_back(block);
  EXPECT_EQ(heap_.allocate(64 * 1024), nullptr);
  for (void* block : blocks) heap_.free(block);
  // Runs of descriptors stay, one for each 18 slabs of 4 KiB or more; a request that goes between two is served.
  EXPECT_NE(heap_.allocate(64 * 1024), nullptr);
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Slabs, IdleOnesServeOtherSizesBeforeMemoryGrows) {
  std::vector<void*> blocks = allocate(8000, 64);  // 500 KiB
  const std::size_t growths = arena_.asked().size();
  for (void* block : blocks) heap_.free(block);
  allocate(400, 1000);  // 400 KiB
  EXPECT_EQ(arena_.asked().size(), growths);
}

TEST_F(Slabs, ASlabWithOneBlockInUseStays) {
  std::vector<void*> blocks = allocate(500, 32);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i != 250) heap_.free(blocks[i]);
  }
  heap_.trim();
  ASSERT_EQ(slabs_of(32).size(), 1u);
  EXPECT_EQ(heap_.usable_bytes(blocks[250]), 32u);
  heap_.free(blocks[250]);
  heap_.trim();
  EXPECT_EQ(slabs_of(32).size(), 0u);
}

TEST_F(Slabs, EveryBlockOfEveryClassCanBeFreedInAnyOrder) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    std::vector<void*> blocks = allocate(130, block_bytes(size_class));  // two full slabs of the largest kind, and more
    for (std::size_t i = 0; i < 130; ++i) heap_.free(blocks[i * 57 % 130]);  // 57 and 130 have no common divisor
    ASSERT_EQ(HeapWalk(heap_).check(), nullptr);
    ASSERT_EQ(stats_of(heap_).live_blocks, 0u);
  }
}

TEST_F(Slabs, DescriptorsAreUsedAgain) {
  std::size_t metadata_bytes = 0;
  for (int round = 0; round < 50; ++round) {
    std::vector<void*> blocks = allocate(2000, 16);
    if (round == 0) metadata_bytes = stats_of(heap_).metadata_bytes;
    for (void* block : blocks) heap_.free(block);
    heap_.trim();
  }
  EXPECT_LE(stats_of(heap_).metadata_bytes, metadata_bytes);
}

#ifndef TIDEMARK_SMALL_HEAP  // which does without turns, sized_slabs and fitted_classes (heap/features.h)

TEST_F(Slabs, DoubleFromTheFirstToTheMost) {
  for (SizeClass size_class = 1; size_class < kSizeClassCount; ++size_class) {
    const std::size_t bytes = block_bytes(size_class);
    std::vector<std::size_t> expected;
    std::size_t total = 0;
    const std::size_t most = max_blocks(bytes);
    for (std::size_t blocks = first_blocks(bytes); blocks < most; blocks *= 2) {
      expected.push_back(blocks);
      total += blocks;
    }
    for (int i = 0; i < 2; ++i) {
      expected.push_back(most);
      total += most;
    }
    Arena arena(1024 * 1024);  // in which there are no holes
    TestHeap heap{ArenaSource(arena)};
    for (std::size_t i = 0; i < total; ++i) ASSERT_NE(heap.allocate(bytes), nullptr);
    std::vector<std::size_t> found;
    for (const auto& run : runs_of(heap)) {
      if (run.kind == RunKind::kSlab) found.push_back(run.slab->blocks());
    }
    ASSERT_EQ(found, expected) << "blocks of " << bytes;
  }
}

TEST_F(Slabs, ASlabOfOneBlockServesWhereThereIsRoomForNoMore) {
  constexpr std::size_t kHole = kMaxSmallBytes + kGrainBytes;
  heap_.allocate(kMaxSmallBytes);  // there are descriptors
  void* hole = nullptr;
  while (void* const block = heap_.allocate(kHole)) hole = block;
  while (heap_.allocate(kMaxSmallBytes) != nullptr) {
  }
  heap_.free(hole);
  EXPECT_NE(heap_.allocate(kMaxSmallBytes), nullptr);
  EXPECT_EQ(heap_.allocate(kMaxSmallBytes), nullptr);
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Slabs, OfAFittedClassHaveAsManyBlocksAsLeaveTheLeast) {
  allocate(600, 1032);
  const std::vector<Slab> slabs = slabs_of(1032);
  ASSERT_FALSE(slabs.empty());
  std::size_t most = 0;
  for (const Slab& slab : slabs) most = std::max(most, slab.blocks());
  EXPECT_EQ(most, max_blocks(1032));
}

TEST_F(Slabs, OneThatMaySoonBeIdleIsPassedOver) {
  const std::vector<void*> blocks = allocate(16 + 32 + 64 + 64, 16);  // four slabs, all exhausted
  ASSERT_EQ(slabs_of(16).size(), 4u);
  for (std::size_t i = 48; i < 48 + 63; ++i) heap_.free(blocks[i]);
  heap_.free(blocks[20]);
  EXPECT_EQ(heap_.allocate(16), blocks[20]);
  EXPECT_EQ(heap_.allocate(16), blocks[48]) << "and is used all the same before there is a new one";
}

TEST_F(Slabs, TakeTurns) {
  const std::vector<void*> blocks = allocate(16 + 32 + 64 + 64, 16);
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> freed;
    for (std::size_t i = static_cast<std::size_t>(round); i < blocks.size(); i += 4) freed.push_back(blocks[i]);
    for (void* const block : freed) heap_.free(block);
    std::vector<void*> again = allocate(freed.size(), 16);
    std::sort(again.begin(), again.end());
    EXPECT_EQ(again, freed);
    EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  }
  EXPECT_EQ(slabs_of(16).size(), 4u);
}

#endif

}  // namespace
}  // namespace tidemark::testing
