// realloc: where it stays, where it moves, and what it keeps.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <vector>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kKiB = 1024;

class Reallocate : public ::testing::Test {
 protected:
  // A map that reaches far: else it moves in between, and stands between blocks that should be neighbours.
  void make_map_reach_far() {
    void* const large = heap_.allocate(1024 * kKiB);
    void* const above = heap_.allocate(4 * kKiB);
    heap_.free(large);
    heap_.free(above);
    heap_.trim();
  }

  unsigned char* filled(std::size_t n_bytes, unsigned char byte) {
    auto* const block = static_cast<unsigned char*>(heap_.allocate(n_bytes));
    std::memset(block, byte, n_bytes);
    return block;
  }
  unsigned char* reallocate(void* block, std::size_t n_bytes) {
    auto* const result = static_cast<unsigned char*>(heap_.reallocate(block, n_bytes));
    EXPECT_NE(result, nullptr);
    EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
    return result;
  }
  static bool holds(const unsigned char* block, std::size_t n_bytes, unsigned char byte) {
    return std::all_of(block, block + n_bytes, [&](unsigned char each) { return each == byte; });
  }

  Arena arena_{8 * 1024 * kKiB};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Reallocate, NullIsAllocate) { EXPECT_GE(heap_.usable_bytes(reallocate(nullptr, 100)), 100u); }

TEST_F(Reallocate, ToNothingLeavesABlock) {
  for (const std::size_t n_bytes : {8u, 100u, 5000u}) {
    void* const block = reallocate(heap_.allocate(n_bytes), 0);
    EXPECT_EQ(heap_.usable_bytes(block), 8u);
    heap_.free(block);
  }
  EXPECT_EQ(stats_of(heap_).live_blocks, 0u);
}

TEST_F(Reallocate, ABufferThatGrowsAloneNeverMoves) {
  constexpr std::size_t kLeastLargeBytes = kMaxSmallBytes + 1;
  unsigned char* const block = filled(kLeastLargeBytes, 1);
  for (std::size_t n_bytes = kLeastLargeBytes; n_bytes < 6 * 1024 * kKiB; n_bytes = n_bytes * 11 / 10) {
    ASSERT_EQ(reallocate(block, n_bytes), block) << "at " << n_bytes;
  }
  EXPECT_TRUE(holds(block, kLeastLargeBytes, 1));
}

TEST_F(Reallocate, ABufferThatGrowsByteByByteCopiesSeldom) {
  auto* block = static_cast<unsigned char*>(heap_.allocate(1));
  std::size_t moves = 0;
  for (std::size_t n_bytes = 2; n_bytes < 100 * kKiB; ++n_bytes) {
    auto* const next = static_cast<unsigned char*>(heap_.reallocate(block, n_bytes));
    moves += next != block;
    block = next;
  }
  EXPECT_LE(moves, kSizeClassCount + 8);  // once a class; then from one hole to the next until it is above all others
}

TEST_F(Reallocate, GrowsIntoAFreeNeighbour) {
  make_map_reach_far();
  unsigned char* const block = filled(4 * kKiB, 2);
  void* const neighbour = heap_.allocate(8 * kKiB);
  void* const wall = heap_.allocate(4 * kKiB);
  ASSERT_EQ(address_of(neighbour), address_of(block) + 4 * kKiB);
  heap_.free(neighbour);
  EXPECT_EQ(reallocate(block, 7 * kKiB), block);
  EXPECT_EQ(reallocate(block, 12 * kKiB), block);
  EXPECT_TRUE(holds(block, 4 * kKiB, 2));
  EXPECT_NE(reallocate(block, 12 * kKiB + 1), block) << "the wall is there";
  heap_.free(wall);
}

TEST_F(Reallocate, GrowsOverSeveralFreeNeighbours) {
  make_map_reach_far();
  unsigned char* const block = filled(4 * kKiB, 2);
  std::vector<void*> neighbours;
  for (int i = 0; i < 4; ++i) neighbours.push_back(heap_.allocate(4 * kKiB));
  void* const wall = heap_.allocate(4 * kKiB);
  for (const std::size_t i : {2u, 0u, 3u, 1u}) heap_.free(neighbours[i]);
  EXPECT_EQ(reallocate(block, 20 * kKiB), block);
  EXPECT_TRUE(holds(block, 4 * kKiB, 2));
  heap_.free(wall);
}

TEST_F(Reallocate, MovesWhereTheNeighbourIsInUse) {
  unsigned char* const block = filled(4 * kKiB, 3);
  unsigned char* const neighbour = filled(4 * kKiB, 4);
  unsigned char* const moved = reallocate(block, 8 * kKiB);
  EXPECT_NE(moved, block);
  EXPECT_TRUE(holds(moved, 4 * kKiB, 3));
  EXPECT_TRUE(holds(neighbour, 4 * kKiB, 4));
}

TEST_F(Reallocate, ShrinkingALargeBlockGivesItsEndBack) {
  make_map_reach_far();
  unsigned char* const block = filled(64 * kKiB, 5);
  void* const wall = heap_.allocate(4 * kKiB);
  EXPECT_EQ(reallocate(block, 10 * kKiB), block);
  EXPECT_EQ(heap_.usable_bytes(block), 10 * kKiB);
  EXPECT_TRUE(holds(block, 10 * kKiB, 5));
  EXPECT_EQ(address_of(heap_.allocate(54 * kKiB)), address_of(block) + 10 * kKiB);
  heap_.free(wall);
}

TEST_F(Reallocate, ShrinkingABlockAtTheTopLowersTheTop) {
  unsigned char* const block = filled(64 * kKiB, 5);
  const std::size_t top_bytes = stats_of(heap_).top_bytes;
  EXPECT_EQ(reallocate(block, 10 * kKiB), block);
  heap_.trim();
  EXPECT_EQ(stats_of(heap_).top_bytes, top_bytes + 54 * kKiB);
}

TEST_F(Reallocate, FromEverySmallSizeToEveryOtherKeepsTheContent) {
  constexpr std::size_t kStep = 31;  // coprime to the classes' steps, so that all remainders come up
  for (std::size_t from = 1; from < kMaxSmallBytes + kKiB; from += kStep) {
    for (std::size_t to = 1; to < kMaxSmallBytes + kKiB; to += kStep) {
      auto* const block = static_cast<unsigned char*>(heap_.allocate(from));
      std::memset(block, 6, from);
      auto* const moved = static_cast<unsigned char*>(heap_.reallocate(block, to));
      ASSERT_TRUE(holds(moved, std::min(from, to), 6)) << from << " to " << to;
      ASSERT_GE(heap_.usable_bytes(moved), to);
      heap_.free(moved);
    }
  }
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Reallocate, ToTheSameSizeStays) {
  for (std::size_t n_bytes = 4; n_bytes < 5000; n_bytes += 7) {  // below 4 the least block is less than half full
    void* const block = heap_.allocate(n_bytes);
    ASSERT_EQ(heap_.reallocate(block, n_bytes), block) << n_bytes;
  }
}

TEST_F(Reallocate, ASmallBlockStaysDownToHalfOfIt) {
  for (const std::size_t n_bytes : {16u, 64u, 128u, 1024u, 2048u}) {
    void* const block = heap_.allocate(n_bytes);
    EXPECT_EQ(heap_.reallocate(block, n_bytes / 2), block) << n_bytes;
    void* const moved = heap_.reallocate(block, n_bytes / 2 - 1);
    EXPECT_NE(moved, block) << n_bytes;
    EXPECT_EQ(heap_.usable_bytes(moved), heap_.usable_bytes(heap_.allocate(n_bytes / 2 - 1)));
  }
}

TEST_F(Reallocate, ALargeBlockStaysUntilItIsSmall) {
  unsigned char* const block = filled(64 * kKiB, 9);
  EXPECT_EQ(reallocate(block, kMaxSmallBytes + 1), block);
  EXPECT_EQ(heap_.usable_bytes(block), round_up(kMaxSmallBytes + 1, kGrainBytes));
  unsigned char* const moved = reallocate(block, kMaxSmallBytes);
  EXPECT_NE(moved, block);
  EXPECT_EQ(heap_.usable_bytes(moved), kMaxSmallBytes);
  EXPECT_TRUE(holds(moved, kMaxSmallBytes, 9));
}

TEST_F(Reallocate, GrowsIntoWhatIsLeftOfTheRunThatItWasCutFrom) {
  make_map_reach_far();
  void* const hole = heap_.allocate(16 * kKiB);
  void* const wall = heap_.allocate(4 * kKiB);
  heap_.free(hole);
  heap_.trim();
  unsigned char* const block = filled(6 * kKiB, 10);
  ASSERT_EQ(block, hole);
  EXPECT_EQ(reallocate(block, 8 * kKiB), block);
  EXPECT_EQ(reallocate(block, 7 * kKiB), block);
  EXPECT_EQ(reallocate(block, 16 * kKiB), block);
  EXPECT_TRUE(holds(block, 6 * kKiB, 10));
  EXPECT_NE(reallocate(block, 16 * kKiB + 1), block) << "the wall is there";
  heap_.free(wall);
}

TEST_F(Reallocate, SmallerWhereThereIsNoMemoryToMoveToStays) {
  unsigned char* const small = filled(1000, 11);
  unsigned char* const large = filled(8 * kKiB, 12);
  for (const std::size_t n_bytes :
       {100 * kKiB, 4 * kKiB, 2 * kKiB, std::size_t{600}, std::size_t{256}, std::size_t{8}}) {
    while (heap_.allocate(n_bytes) != nullptr) {
    }
  }
  EXPECT_EQ(reallocate(small, 8), small);
  EXPECT_TRUE(holds(small, 8, 11));
  EXPECT_EQ(heap_.reallocate(small, heap_.usable_bytes(small) + 1), nullptr);
  EXPECT_EQ(reallocate(large, 8), large);
  EXPECT_TRUE(holds(large, 8, 12));
  EXPECT_EQ(heap_.usable_bytes(large), 8 * kKiB);
}

TEST_F(Reallocate, UsableBytesAreKeptToo) {
  auto* const block = static_cast<unsigned char*>(heap_.allocate(kMaxSmallBytes + 76));  // the last grain is not full
  const std::size_t usable_bytes = heap_.usable_bytes(block);
  std::memset(block, 8, usable_bytes);
  heap_.allocate(4 * kKiB);
  EXPECT_TRUE(holds(reallocate(block, 100 * kKiB), usable_bytes, 8));
}

}  // namespace
}  // namespace tidemark::testing
