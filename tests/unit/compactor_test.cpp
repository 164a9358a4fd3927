// What the passes and slices of a compaction get done, and where they end.
#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

struct CompactorFixture : MovableFixture {
  CompactorFixture() : MovableFixture(32 * 1024 * 1024), model(movable) {}

  Handle allocate(std::size_t n_bytes) {
    EXPECT_EQ(model.allocate(n_bytes, 0), "");
    return model.blocks().rbegin()->first;  // slots are taken in their order, where none was freed
  }
  std::vector<Handle> allocate_many(std::size_t count, std::size_t n_bytes) {
    std::vector<Handle> handles;
    for (std::size_t i = 0; i < count; ++i) handles.push_back(allocate(n_bytes));
    return handles;
  }
  void free(Handle handle) { EXPECT_EQ(model.free(handle), ""); }
  void pin(Handle handle) { EXPECT_EQ(model.pin(handle), ""); }
  void compact_fully() { EXPECT_EQ(model.compact(MovableHeap::kFully, clock), ""); }
  /// How many slices of so long a budget a pass took.
  int pass(std::uint64_t budget_us) {
    int slices = 0;
    for (bool finished = false; !finished; ++slices) {
      EXPECT_EQ(model.compact(budget_us, clock, &finished), "");
      if (slices == 1000) return -1;
    }
    return slices;
  }
  Address where(Handle handle) const { return address_of(movable.resolve(handle)); }

  MovableModel model;
  FakeClock clock{1};
};

TEST(Compactor, APassInSlicesLeavesNoHolesInAChunk) {
  for (const std::size_t count : {100u, 1000u, 5000u}) {
    CompactorFixture fixture;
    const std::vector<Handle> handles = fixture.allocate_many(count, 100);
    for (std::size_t i = 0; i < count; i += 2) fixture.free(handles[i]);
    const std::size_t runs = fixture.movable.stats().runs;
    EXPECT_GT(fixture.pass(0), count == 100 ? 0 : 3);
    const std::size_t each = 104 + kUnitBytes;
    std::vector<Address> addresses;
    for (std::size_t i = 1; i < count; i += 2) addresses.push_back(fixture.where(handles[i]));
    std::sort(addresses.begin(), addresses.end());
    std::size_t gaps = 0;
    for (std::size_t i = 1; i < addresses.size(); ++i) gaps += addresses[i] - addresses[i - 1] != each;
    EXPECT_LT(gaps, fixture.movable.stats().runs) << "between chunks only";
    EXPECT_LE(fixture.movable.stats().runs, runs / 2 + 2) << "what is at the ends of chunks is used";
  }
}

TEST(Compactor, AFullCompactionDoesNotGoOnWithAPassInSlices) {
  CompactorFixture fixture;
  const std::vector<Handle> handles = fixture.allocate_many(1000, 100);
  fixture.free(handles[999]);
  EXPECT_EQ(fixture.movable.compact(0, fixture.clock).finished, 0);
  for (std::size_t i = 0; i < 300; ++i) fixture.free(handles[i]);  // which the pass has gone by
  const std::size_t runs = fixture.movable.stats().runs;
  fixture.compact_fully();
  EXPECT_LT(fixture.movable.stats().runs, runs);
}

TEST(Compactor, WhereThereIsNothingItIsFinishedAtOnce) {
  CompactorFixture fixture;
  for (int round = 0; round < 2; ++round) {
    for (const std::uint64_t budget_us : {std::uint64_t{0}, MovableHeap::kFully}) {
      const tidemark_compaction done = fixture.movable.compact(budget_us, fixture.clock);
      EXPECT_EQ(done.finished, 1);
      EXPECT_EQ(done.moved_blocks, 0u);
      EXPECT_EQ(done.released_bytes, 0u);
    }
    for (const Handle handle : fixture.allocate_many(100, 100)) fixture.free(handle);
    EXPECT_EQ(fixture.movable.compact(MovableHeap::kFully, fixture.clock).finished, 1);
  }
}

// The deadline would be beyond the end of time.
TEST(Compactor, ABudgetMayBeTheLongestThereIs) {
  CompactorFixture fixture;
  const std::vector<Handle> handles = fixture.allocate_many(2000, 100);
  for (std::size_t i = 0; i < 2000; i += 2) fixture.free(handles[i]);
  fixture.clock.advance(1000);
  EXPECT_EQ(fixture.pass(MovableHeap::kFully - 1), 1);
}

TEST(Compactor, HandlesThatAreFreeAtTheEndOfTheirTableGoAfterAPass) {
  CompactorFixture fixture;
  const std::vector<Handle> handles = fixture.allocate_many(5000, 20);
  const std::size_t before = fixture.movable.stats().data_bytes;
  for (std::size_t i = 10; i < 5000; ++i) fixture.free(handles[i]);
  fixture.pass(1000);
  EXPECT_LT(fixture.movable.stats().data_bytes, before / 4);
}

// A slice looks at 512 blocks, and moves 16 KiB, before it reads the clock once more.
TEST(Compactor, ASliceEndsWhereItOnlyLooks) {
  CompactorFixture fixture;
  fixture.allocate_many(4000, 20);
  const int slices = fixture.pass(0);
  EXPECT_GE(slices, 4000 / 512);
  EXPECT_LE(slices, 4000 / 512 + 10);
}

TEST(Compactor, ASliceEndsWithinAChunk) {
  CompactorFixture fixture;
  fixture.allocate(2'000'000);  // a chunk is an eighth of it from now on
  const std::vector<Handle> handles = fixture.allocate_many(2000, 100);
  fixture.free(handles[0]);
  for (int slice = 0; slice < 5; ++slice) {
    const tidemark_compaction done = fixture.movable.compact(0, fixture.clock);
    ASSERT_LE(done.moved_bytes, 16u * 1024 + 112) << slice;
    ASSERT_GE(done.moved_bytes, 12u * 1024) << slice;
  }
  const std::uint64_t reads = fixture.clock.reads();
  const tidemark_compaction done = fixture.movable.compact(MovableHeap::kFully - 1, fixture.clock);
  EXPECT_LT(fixture.clock.reads() - reads, done.moved_bytes / (8 * 1024) + 20);
}

// At 2 KiB for each microsecond, one takes all of the budget.
TEST(Compactor, ASliceThatHasBegunTakesNoLargeBlockThatItHasNoTimeFor) {
  CompactorFixture fixture;
  const Handle first = fixture.allocate(9'000'000);
  fixture.allocate_many(2, 4'000'000);
  fixture.free(first);
  FakeClock clock(100);
  std::size_t moved = 0;
  for (int slice = 0; slice < 10; ++slice) {
    const std::size_t moved_here = fixture.movable.compact(4'000'256 / 2048, clock).moved_blocks;
    EXPECT_LE(moved_here, 1u);
    moved += moved_here;
  }
  EXPECT_EQ(moved, 2u);
  EXPECT_EQ(fixture.model.verify_all(), "");
}

TEST(Compactor, ABlockOfAChunksLengthNeedsNoBudget) {
  CompactorFixture fixture;
  const Handle first = fixture.allocate(300'000);
  const Handle block = fixture.allocate(Chunks::kMaxChunkBytes - 2 * kUnitBytes);
  const Address before = fixture.where(block);
  fixture.free(first);
  fixture.pass(0);
  EXPECT_LT(fixture.where(block), before);
}

TEST(Compactor, ASliceEndsWhereNoRunMoves) {
  CompactorFixture fixture;
  fixture.allocate_many(100, 9000);
  EXPECT_GE(fixture.pass(0), 100 / 8);  // each is looked for room for, which counts as 2 KiB moved
}

TEST(Compactor, TheEndOfAChunkGoesBackButForTheLastOnesInAPassOfSlices) {
  CompactorFixture fixture;
  std::vector<Handle> handles = fixture.allocate_many(36, 100);  // a chunk of 4 KiB
  fixture.allocate(9000);
  for (const Handle handle : fixture.allocate_many(36, 100)) handles.push_back(handle);
  const auto in_chunks = [&] {
    const tidemark_movable_stats stats = fixture.movable.stats();
    return stats.held_bytes - stats.data_bytes - round_up(9016, kGrainBytes);
  };
  ASSERT_EQ(in_chunks(), 2u * 4096);
  for (std::size_t i = 0; i < 10; ++i) fixture.pin(handles[i]);
  for (std::size_t i = 10; i < 36; ++i) fixture.free(handles[i]);
  for (std::size_t i = 36; i < 46; ++i) fixture.pin(handles[i]);
  for (std::size_t i = 46; i < 72; ++i) fixture.free(handles[i]);
  const std::size_t trimmed = round_up(RunSource::kMaxUnmovableBytes + 1, kGrainBytes);
  fixture.pass(0);
  EXPECT_EQ(in_chunks(), trimmed + 4096) << "what comes next has room";
  fixture.compact_fully();
  EXPECT_EQ(in_chunks(), 2 * trimmed);
}

// --- holes in front of pinned blocks

/// Pinned blocks, each with a hole of so many bytes in front of it, in one chunk.
std::vector<Handle> with_holes(CompactorFixture& fixture, const std::vector<std::size_t>& holes) {
  std::vector<Handle> freed;
  for (const std::size_t n_bytes : holes) {
    freed.push_back(fixture.allocate(n_bytes));
    fixture.pin(fixture.allocate(24));
  }
  return freed;
}

TEST(Compactor, AHoleIsFilledByABlockOfItsLengthOrOneThatLeavesABlock) {
  for (const std::size_t n_bytes : {200u, 192u, 176u, 168u, 100u}) {
    CompactorFixture fixture;
    const std::vector<Handle> freed = with_holes(fixture, {200});
    const Handle last = fixture.allocate(n_bytes);
    fixture.free(freed[0]);
    const Address before = fixture.where(last);
    fixture.compact_fully();
    const std::size_t rest = 200 - fixture.movable.bytes(last);
    if (rest == 0 || rest >= BlockHeader::kMinUnits * kUnitBytes) {
      EXPECT_LT(fixture.where(last), before - 200) << n_bytes;
    } else {
      EXPECT_EQ(fixture.where(last), before) << n_bytes;
    }
  }
}

// Eight holes are known at a time: of nine, the shortest is forgotten.
TEST(Compactor, TheLongestHolesAreKnown) {
  for (const std::size_t shortest : {0u, 4u, 8u}) {
    SCOPED_TRACE(shortest);
    CompactorFixture fixture;
    std::vector<std::size_t> holes(9, 200);
    holes[shortest] = 100;
    const std::vector<Handle> freed = with_holes(fixture, holes);
    const std::vector<Handle> last = fixture.allocate_many(8, 200);
    const Address before = fixture.where(last[0]);
    for (const Handle handle : freed) fixture.free(handle);
    fixture.pass(MovableHeap::kFully - 1);
    for (const Handle handle : last) EXPECT_LT(fixture.where(handle), before);
  }
}

TEST(Compactor, ARunSlidesWhereThatGainsAThirtySecondOfIt) {
  for (const std::size_t grains : {64u, 65u}) {
    CompactorFixture fixture;
    const Handle below = fixture.allocate(40 * kGrainBytes - 2 * kUnitBytes);
    const Handle block = fixture.allocate(grains * kGrainBytes - 2 * kUnitBytes);
    fixture.compact_fully();
    const Address before = fixture.where(block);
    EXPECT_EQ(fixture.model.resize(below, 38 * kGrainBytes - 2 * kUnitBytes), "");
    fixture.compact_fully();
    EXPECT_EQ(before - fixture.where(block), grains == 64 ? 2 * kGrainBytes : 0);
  }
}

TEST(Compactor, TheListOfRunsIsAsLongAsItMustBe) {
  CompactorFixture fixture;
  const std::vector<Handle> handles = fixture.allocate_many(1500, 8300);
  const std::size_t before = fixture.movable.stats().data_bytes;
  for (std::size_t i = 0; i < 1500; i += 2) fixture.free(handles[i]);
  fixture.compact_fully();
  EXPECT_LE(fixture.movable.stats().data_bytes, before - 750 * sizeof(RunEntry) + kGrainBytes);
}

// --- what the heap has to settle

TEST(Compactor, SettlingIsDoneInSlicesToo) {
  CompactorFixture fixture;
  fixture.allocate(100);
  for (int i = 0; i < 3000; ++i) ASSERT_NE(fixture.heap.allocate(2400), nullptr);
  EXPECT_GE(fixture.pass(0), 3000 / 512);
}

TEST(Compactor, FreeMemoryIsJoinedBeforeRunsMoveIntoIt) {
  CompactorFixture fixture;
  for (int i = 0; i < 1000; ++i) ASSERT_NE(fixture.heap.allocate(2400), nullptr);
  void* const holes[] = {fixture.heap.allocate(15'000), fixture.heap.allocate(15'000)};
  const Handle block = fixture.allocate(29'000);
  const Address before = fixture.where(block);
  for (void* const hole : holes) fixture.heap.free(hole);
  fixture.pass(0);
  EXPECT_LT(fixture.where(block), before);
}

// What they leave is found before what is below them, until it is joined.
TEST(Compactor, AllRunsForWhichThereIsRoomMoveInOnePass) {
  CompactorFixture fixture;
  std::vector<void*> holes;
  for (int i = 0; i < 150; ++i) {
    holes.push_back(fixture.heap.allocate(10'016));
    ASSERT_NE(fixture.heap.allocate(2400), nullptr);
  }
  const std::vector<Handle> handles = fixture.allocate_many(150, 10'000);
  const Address lowest = fixture.where(handles[0]);
  for (void* const hole : holes) fixture.heap.free(hole);
  for (bool finished = false; !finished;) {
    const tidemark_compaction done = fixture.movable.compact(0, fixture.clock);
    ASSERT_LE(done.moved_bytes, 2u * 16 * 1024);
    finished = done.finished != 0;
  }
  EXPECT_EQ(fixture.model.verify_all(), "");
  for (const Handle handle : handles) EXPECT_LT(fixture.where(handle), lowest);
}

TEST(Compactor, AFullCompactionMayComeBetweenAnyTwoSlices) {
  for (int slices = 0; slices < 12; ++slices) {
    SCOPED_TRACE(slices);
    CompactorFixture fixture;
    const std::vector<Handle> handles = fixture.allocate_many(300, 100);
    for (int i = 0; i < 2000; ++i) ASSERT_NE(fixture.heap.allocate(2400), nullptr);
    for (std::size_t i = 0; i < 300; i += 3) fixture.free(handles[i]);
    for (int slice = 0; slice < slices; ++slice) EXPECT_EQ(fixture.model.compact(0, fixture.clock), "");
    fixture.compact_fully();
    EXPECT_NE(fixture.pass(0), -1);
    EXPECT_STREQ(HeapWalk(fixture.heap).check(), nullptr);
  }
}

}  // namespace
}  // namespace tidemark::testing
