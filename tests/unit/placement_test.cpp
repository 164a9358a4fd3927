// Where blocks go: low, into what was freed, and out of pieces that are put together again.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "support/arena.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kKiB = 1024;

/// Bytes of a block that stands between others: a large one, since small ones come from slabs that stand elsewhere.
constexpr std::size_t kWall = kMaxSmallBytes + kKiB;

/// A heap whose map has its final size, and no holes but those that a test makes: what is free is at the top.
class Placement : public ::testing::Test {
 protected:
  Placement() {
    std::vector<void*> blocks;
    while (void* block = heap_.allocate(4 * kKiB)) blocks.push_back(block);
    for (void* block : blocks) heap_.free(block);
    heap_.trim();
    while (const std::size_t bytes = least_hole()) EXPECT_NE(heap_.allocate(bytes), nullptr);
  }

  /// Of those that can hold more than a small block; 0 when there is none.
  std::size_t least_hole() const {
    std::size_t least = kNever;
    for (const auto& run : runs_of(heap_)) {
      if (run.kind == RunKind::kFree && run.bytes > kMaxSmallBytes) least = std::min(least, run.bytes);
    }
    return least == kNever ? 0 : least;
  }

  Address allocate(std::size_t n_bytes) {
    void* const block = heap_.allocate(n_bytes);
    EXPECT_NE(block, nullptr);
    return address_of(block);
  }
  void free(Address block) {
    heap_.free(reinterpret_cast<void*>(block));
    EXPECT_STREQ(HeapWalk(heap_).check(), nullptr);
  }

  Arena arena_{1024 * kKiB, 1024 * kKiB};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Placement, BlocksInARowStandInARow) {
  const Address first = allocate(4 * kKiB);
  EXPECT_EQ(allocate(5 * kKiB), first + 4 * kKiB);
  EXPECT_EQ(allocate(6 * kKiB), first + 9 * kKiB);
}

TEST_F(Placement, TheBestFitIsTakenNotALowerOneThatIsALittleLonger) {
  std::vector<Address> holes;
  for (const std::size_t grains : {63u, 62u, 61u, 60u}) {
    holes.push_back(allocate(grains * kGrainBytes));
    allocate(kWall);
  }
  for (std::size_t i = holes.size(); i-- > 0;) free(holes[i]);
  EXPECT_EQ(allocate(60 * kGrainBytes), holes[3]);
  EXPECT_EQ(allocate(61 * kGrainBytes), holes[2]);
  EXPECT_EQ(allocate(62 * kGrainBytes), holes[1]);
}

TEST_F(Placement, AFreedBlockIsUsedBeforeTheTop) {
  const Address hole = allocate(8 * kKiB);
  allocate(kWall);
  free(hole);
  EXPECT_EQ(allocate(8 * kKiB), hole);
}

TEST_F(Placement, ASmallerBlockGoesIntoALargerHole) {
  const Address hole = allocate(16 * kKiB);
  allocate(kWall);
  free(hole);
  EXPECT_EQ(allocate(5 * kKiB), hole);
  EXPECT_EQ(allocate(11 * kKiB), hole + 5 * kKiB);
}

TEST_F(Placement, WhatIsLeftOfAHoleServesWhereItIsTheBestFit) {
  // Holes of so many grains, one of which 20 are left after the first request.
  for (const std::size_t other : {14u, 30u}) {
    const Address cut = allocate(40 * kGrainBytes);
    const Address wall = allocate(kWall);
    const Address hole = allocate(other * kGrainBytes);
    const Address above = allocate(kWall);
    free(cut);
    ASSERT_EQ(allocate(20 * kGrainBytes), cut);
    free(hole);
    const Address block = allocate(12 * kGrainBytes);
    EXPECT_EQ(block, other < 20 ? hole : cut + 20 * kGrainBytes) << other;
    for (const Address each : {cut, wall, above, block}) free(each);
    heap_.trim();
  }
}

TEST_F(Placement, TheHoleThatFitsIsTakenFirst) {
  const Address large = allocate(40 * kKiB);
  allocate(kWall);
  const Address fitting = allocate(10 * kKiB);
  allocate(kWall);
  free(large);
  free(fitting);
  heap_.trim();
  EXPECT_EQ(allocate(10 * kKiB), fitting);
}

#ifndef TIDEMARK_SMALL_HEAP  // whose sweeps leave the lowest in front, and the others behind it in no order
TEST_F(Placement, OfEqualHolesTheLowestIsTakenFirst) {
  std::array<Address, 4> holes;
  for (Address& hole : holes) {
    hole = allocate(6 * kKiB);
    allocate(kWall);
  }
  for (const Address hole : holes) free(hole);
  heap_.trim();
  for (const Address hole : holes) EXPECT_EQ(allocate(6 * kKiB), hole);
}
#endif

TEST_F(Placement, FreeNeighboursBecomeOneInWhateverOrder) {
  std::array<int, 3> order = {0, 1, 2};
  do {
    std::array<Address, 3> blocks;
    for (Address& block : blocks) block = allocate(8 * kKiB);
    const Address wall = allocate(kWall);
    for (const int i : order) free(blocks[static_cast<std::size_t>(i)]);
    heap_.trim();
    const auto joined = run_around(heap_, blocks[1]);
    EXPECT_EQ(joined.kind, RunKind::kFree);
    EXPECT_LE(joined.begin, blocks[0]);
    EXPECT_EQ(joined.begin + joined.bytes, wall);
    EXPECT_EQ(allocate(24 * kKiB), blocks[0]);
    free(wall);
    free(blocks[0]);
    heap_.trim();
  } while (std::next_permutation(order.begin(), order.end()));
}

TEST_F(Placement, PiecesOfAnySizeAreJoined) {
  // Blocks cut by 0 to 3 grains: what is left is too short for a bin, and has to be found by its neighbours.
  constexpr std::size_t kLeastGrains = kMaxSmallBytes / kGrainBytes + 1;
  std::vector<Address> blocks;
  for (int i = 0; i < 4; ++i) blocks.push_back(allocate((kLeastGrains + 3) * kGrainBytes));
  const Address wall = allocate(kWall);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    void* const block = reinterpret_cast<void*>(blocks[i]);
    ASSERT_EQ(heap_.reallocate(block, (kLeastGrains + i) * kGrainBytes), block);
  }
  for (const Address block : blocks) free(block);
  heap_.trim();
  EXPECT_EQ(run_around(heap_, blocks[0]).bytes, wall - blocks[0]);
}

TEST_F(Placement, FreeMemoryBelowTheTopLowersIt) {
  const Address first = allocate(20 * kKiB);
  const Address second = allocate(20 * kKiB);
  const Address third = allocate(20 * kKiB);
  heap_.trim();
  const std::size_t top_bytes = stats_of(heap_).top_bytes;
  free(second);
  free(third);
  heap_.trim();
  EXPECT_EQ(stats_of(heap_).top_bytes, top_bytes + 40 * kKiB);
  free(first);
  heap_.trim();
  EXPECT_EQ(stats_of(heap_).top_bytes, top_bytes + 60 * kKiB);
}

TEST_F(Placement, PiecesAreJoinedBeforeARequestIsRefused) {
  std::vector<Address> blocks;
  while (void* block = heap_.allocate(4 * kKiB)) blocks.push_back(address_of(block));
  // The first 16 in a row make 64 KiB.
  for (std::size_t i = 1; i < 16; ++i) ASSERT_EQ(blocks[i], blocks[i - 1] + 4 * kKiB);
  for (std::size_t i = 0; i < 16; i += 2) free(blocks[i]);
  EXPECT_EQ(heap_.allocate(64 * kKiB), nullptr);
  for (std::size_t i = 1; i < 16; i += 2) free(blocks[i]);
  EXPECT_EQ(allocate(64 * kKiB), blocks[0]);
}

TEST_F(Placement, WhatWasFreedIsUsedBeforeMemoryGrows) {
  Arena arena(4096 * kKiB);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  for (int i = 0; i < 100; ++i) blocks.push_back(heap.allocate(10 * kKiB));
  const std::size_t growths = arena.asked().size();
  for (void* block : blocks) heap.free(block);
  // Other sizes, less in sum.
  for (int i = 0; i < 10; ++i) ASSERT_NE(heap.allocate(90 * kKiB), nullptr);
  EXPECT_EQ(arena.asked().size(), growths);
}

TEST_F(Placement, AHundredRoundsNeedNoMoreThanOne) {
  Arena arena(4096 * kKiB);
  TestHeap heap{ArenaSource(arena)};
  std::size_t peak_of_first_round = 0;
  for (int round = 0; round < 100; ++round) {
    std::vector<void*> blocks;
    for (std::size_t i = 0; i < 100; ++i) blocks.push_back(heap.allocate(i * 97 % 5000));
    for (std::size_t i = 0; i < 100; ++i) heap.free(blocks[i * 37 % 100]);  // 37 has no divisor in common with 100
    if (round == 0) peak_of_first_round = stats_of(heap).peak_reserved_bytes;
  }
  EXPECT_LE(stats_of(heap).peak_reserved_bytes, peak_of_first_round + peak_of_first_round / 4);
}

}  // namespace
}  // namespace tidemark::testing
