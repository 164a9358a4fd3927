// What full compaction would make of movable memory, said beforehand: what it then makes of it.
#include <gtest/gtest.h>

#include <vector>

#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

struct OutlookFixture : MovableFixture {
  OutlookFixture() : MovableFixture(32 * 1024 * 1024) {}

  std::vector<Handle> allocate_many(std::size_t count, std::size_t n_bytes) {
    std::vector<Handle> handles;
    for (std::size_t i = 0; i < count; ++i) handles.push_back(movable.allocate(n_bytes));
    return handles;
  }
  void expect_held() {
    const MovableOutlook outlook = movable.outlook();
    movable.compact(MovableHeap::kFully, clock);
    EXPECT_EQ(outlook.packed_bytes, movable.stats().held_bytes);
    EXPECT_EQ(movable.check(), nullptr);
  }

  FakeClock clock{1};
};

constexpr std::size_t kEachOf100 = 104 + kUnitBytes;

TEST(MovableOutlook, OfNothingIsNothing) {
  OutlookFixture fixture;
  fixture.expect_held();
  for (const Handle handle : fixture.allocate_many(300, 100)) fixture.movable.free(handle);
  EXPECT_EQ(fixture.movable.outlook().packed_bytes, 0u);
  fixture.expect_held();
}

// 32 blocks are whole grains: what the chunk itself takes is one more.
TEST(MovableOutlook, OfAChunkIsItsBlocks) {
  for (const std::size_t count : {32u, 33u, 35u}) {
    SCOPED_TRACE(count);
    OutlookFixture fixture;
    const std::vector<Handle> handles = fixture.allocate_many(3 * count, 100);
    for (std::size_t i = 0; i < 3 * count; ++i) {
      if (i % 3 != 0) fixture.movable.free(handles[i]);
    }
    const std::size_t chunk = round_up(count * kEachOf100 + 2 * kUnitBytes, kGrainBytes);
    EXPECT_EQ(fixture.movable.outlook().least_run_bytes, chunk);
    fixture.expect_held();
    EXPECT_EQ(fixture.movable.stats().held_bytes - fixture.movable.stats().data_bytes, chunk);
  }
}

TEST(MovableOutlook, KnowsTheTables) {
  // The list of runs, and both parts of the table of handles, are longer than the least that they take.
  OutlookFixture fixture;
  const std::vector<Handle> large = fixture.allocate_many(700, 8300);
  const std::vector<Handle> small = fixture.allocate_many(40'000, 16);
  for (std::size_t i = 0; i < 39'999; ++i) fixture.movable.free(small[i]);
  fixture.movable.free(large[0]);
  // All slots but for a few are below the highest in use.
  fixture.movable.resize(small[39'999], 8400);  // no chunk is left
  fixture.expect_held();
  // None of them is.
  fixture.movable.free(small[39'999]);
  const std::size_t before = fixture.movable.stats().data_bytes;
  fixture.expect_held();
  EXPECT_LT(fixture.movable.stats().data_bytes, before / 8);
}

TEST(MovableOutlook, TheLeastRunIsTheShortestThatMoves) {
  OutlookFixture fixture;
  const Handle longer = fixture.movable.allocate(50'000), shorter = fixture.movable.allocate(20'000);
  fixture.movable.allocate(30'000);
  const std::size_t all = fixture.movable.outlook().packed_bytes;
  EXPECT_EQ(fixture.movable.outlook().least_run_bytes, round_up(20'016, kGrainBytes));
  fixture.movable.pin(longer);
  EXPECT_EQ(fixture.movable.outlook().packed_bytes, all - round_up(50'016, kGrainBytes));
  fixture.movable.pin(shorter);
  EXPECT_EQ(fixture.movable.outlook().least_run_bytes, round_up(30'016, kGrainBytes));
  const std::vector<Handle> small = fixture.allocate_many(36, 100);
  EXPECT_EQ(fixture.movable.outlook().least_run_bytes, round_up(36 * kEachOf100 + 2 * kUnitBytes, kGrainBytes));
  fixture.movable.pin(small[7]);
  EXPECT_EQ(fixture.movable.outlook().least_run_bytes, round_up(30'016, kGrainBytes));
}

TEST(MovableOutlook, SaysWhichBlocksOfTheHeapItHasAndMoves) {
  OutlookFixture fixture;
  void* const strange = fixture.heap.allocate(5000);
  const Handle pinned = fixture.movable.allocate(20'000), free = fixture.movable.allocate(20'000);
  fixture.allocate_many(10, 100);
  fixture.movable.pin(pinned);
  const std::size_t units = 2 * kUnitBytes;  // in front of a large block's content
  const Address at_pinned = address_of(fixture.movable.resolve(pinned)) - units;
  const Address at_free = address_of(fixture.movable.resolve(free)) - units;
  EXPECT_FALSE(fixture.movable.has(address_of(strange)));
  EXPECT_FALSE(fixture.movable.moves(address_of(strange)));
  EXPECT_TRUE(fixture.movable.has(at_pinned));
  EXPECT_FALSE(fixture.movable.moves(at_pinned));
  EXPECT_TRUE(fixture.movable.has(at_free));
  EXPECT_TRUE(fixture.movable.moves(at_free));
  EXPECT_FALSE(fixture.movable.has(at_free + 8));
  // The two large ones, the chunk, the list of runs, and both parts of the table of handles.
  std::size_t has = 0, moves = 0, bytes = 0;
  for (const auto& run : runs_of(fixture.heap)) {
    if (!fixture.movable.has(run.begin)) continue;
    ++has;
    moves += fixture.movable.moves(run.begin);
    bytes += run.bytes;
  }
  EXPECT_EQ(has, 6u);
  EXPECT_EQ(moves, 5u);
  EXPECT_EQ(bytes, fixture.movable.stats().held_bytes);
}

}  // namespace
}  // namespace tidemark::testing
