// The heap's operations at their edges.
#include "heap/heap.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kMostBytes = std::numeric_limits<std::ptrdiff_t>::max();

class HeapEdges : public ::testing::Test {
 protected:
  void expect_refused(void* block, std::size_t times) {
    EXPECT_EQ(block, nullptr);
    EXPECT_EQ(arena_.exhausted_calls(), times);
    EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
  }

  Arena arena_{4 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(HeapEdges, NothingGetsABlockOfItsOwn) {
  void* const one = heap_.allocate(0);
  void* const other = heap_.allocate(0);
  EXPECT_NE(one, nullptr);
  EXPECT_NE(one, other);
  EXPECT_EQ(heap_.usable_bytes(one), 8u);
  EXPECT_NE(heap_.allocate_zeroed(0), nullptr);
  EXPECT_NE(heap_.allocate_aligned(4096, 0), nullptr);
}

TEST_F(HeapEdges, FreeingNullIsNothing) {
  heap_.free(nullptr);
  EXPECT_EQ(stats_of(heap_).heap_bytes, 0u) << "the heap has not even begun";
}

TEST_F(HeapEdges, NullHasNoUsableBytes) { EXPECT_EQ(heap_.usable_bytes(nullptr), 0u); }

TEST_F(HeapEdges, AskingForMoreThanThereCanBeIsRefusedOnce) {
  std::size_t times = 0;
  for (const std::size_t n_bytes : {kMostBytes - 1, kMostBytes, kMostBytes + 1, ~std::size_t{0} - 1, ~std::size_t{0}}) {
    expect_refused(heap_.allocate(n_bytes), ++times);
    expect_refused(heap_.allocate_zeroed(n_bytes), ++times);
    for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
      expect_refused(heap_.allocate_aligned(alignment, n_bytes), ++times);
    }
    expect_refused(heap_.reallocate(nullptr, n_bytes), ++times);
  }
}

TEST_F(HeapEdges, AbsurdAlignmentsAreRefused) {
  std::size_t times = 0;
  for (std::size_t alignment = kMostBytes / 2 + 1; alignment != 0; alignment *= 2) {
    for (const std::size_t n_bytes : {std::size_t{0}, std::size_t{1}, std::size_t{5000}, kMostBytes, ~std::size_t{0}}) {
      expect_refused(heap_.allocate_aligned(alignment, n_bytes), ++times);
    }
  }
}

TEST_F(HeapEdges, ReallocOfABlockToAnAbsurdSizeLeavesIt) {
  for (const std::size_t old_bytes : {16u, 1000u, 5000u, 100000u}) {
    auto* const block = static_cast<unsigned char*>(heap_.allocate(old_bytes));
    std::memset(block, 0x77, old_bytes);
    for (const std::size_t n_bytes : {kMostBytes - 1, kMostBytes, kMostBytes + 1, ~std::size_t{0}}) {
      ASSERT_EQ(heap_.reallocate(block, n_bytes), nullptr);
    }
    EXPECT_EQ(static_cast<std::size_t>(std::count(block, block + old_bytes, 0x77)), old_bytes);
    EXPECT_GE(heap_.usable_bytes(block), old_bytes);
  }
}

TEST_F(HeapEdges, ABlockCostsNoHeader) {
  for (const std::size_t n_bytes : {8u, 16u, 1024u, 4096u}) {
    EXPECT_EQ(heap_.usable_bytes(heap_.allocate(n_bytes)), n_bytes);
  }
}

TEST_F(HeapEdges, UsableBytesOfEverySizeAreAllUsable) {
  // To 4 KiB every size, beyond that a sample.
  for (std::size_t n_bytes = 0; n_bytes < 300000; n_bytes += n_bytes < 4096 ? 1 : n_bytes / 37) {
    void* const block = heap_.allocate(n_bytes);
    ASSERT_NE(block, nullptr);
    const std::size_t usable_bytes = heap_.usable_bytes(block);
    ASSERT_GE(usable_bytes, n_bytes);
    // A step of the size classes, or what is left of the last grain.
    ASSERT_LT(usable_bytes - n_bytes,
              n_bytes > kMaxSmallBytes ? kGrainBytes : std::max(n_bytes / 8, kMinBlockBytes) + 1);
    std::memset(block, 0xee, usable_bytes);
    ASSERT_EQ(heap_.usable_bytes(block), usable_bytes);
    heap_.free(block);
  }
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(HeapEdges, EveryAlignmentUpTo64KiBHoldsForEverySize) {
  for (std::size_t alignment = 1; alignment <= 65536; alignment *= 2) {
    std::vector<void*> blocks;
    for (std::size_t n_bytes = 0; n_bytes < 20000; n_bytes = n_bytes * 5 / 4 + 1) {
      void* const block = heap_.allocate_aligned(alignment, n_bytes);
      ASSERT_NE(block, nullptr);
      ASSERT_EQ(address_of(block) % alignment, 0u) << n_bytes << " at " << alignment;
      ASSERT_GE(heap_.usable_bytes(block), n_bytes);
      std::memset(block, 0xdd, n_bytes);
      blocks.push_back(block);
    }
    ASSERT_EQ(HeapWalk(heap_).check(), nullptr);
    for (void* block : blocks) heap_.free(block);
    heap_.trim();
  }
}

TEST_F(HeapEdges, AlignedBlocksDoNotKeepWhatTheyWereCutFrom) {
  void* const wall = heap_.allocate(1000);
  void* const block = heap_.allocate_aligned(65536, 5000);
  EXPECT_EQ(heap_.usable_bytes(block), grains_for(5000) * kGrainBytes);
  heap_.free(block);
  heap_.free(wall);
  heap_.trim();
  EXPECT_EQ(stats_of(heap_).reserved_bytes, stats_of(heap_).metadata_bytes);
}

TEST_F(HeapEdges, AlignedBlocksCanBeReallocated) {
  auto* const block = static_cast<unsigned char*>(heap_.allocate_aligned(4096, 100));
  std::memset(block, 9, 100);
  auto* const moved = static_cast<unsigned char*>(heap_.reallocate(block, 100000));
  EXPECT_EQ(std::count(moved, moved + 100, 9), 100);
}

TEST_F(HeapEdges, AllOfAnExhaustedHeapComesBack) {
  std::size_t blocks_at_first = 0;
  for (int round = 0; round < 3; ++round) {
    std::vector<void*> blocks;
    while (void* block = heap_.allocate(3000)) blocks.push_back(block);
    if (round == 0) blocks_at_first = blocks.size();
    EXPECT_GE(blocks.size() + 2, blocks_at_first);  // a map that moved may have left a piece that is too short
    for (void* block : blocks) heap_.free(block);
  }
}

}  // namespace
}  // namespace tidemark::testing
