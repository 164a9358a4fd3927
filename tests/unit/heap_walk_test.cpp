// What the walk counts, and that its check sees damage.
#include "heap/heap_walk.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

class Walk : public ::testing::Test {
 protected:
  std::vector<tidemark_size_class_stats> size_classes() const {
    const HeapWalk walk(heap_);
    std::vector<tidemark_size_class_stats> rows(walk.size_classes(nullptr, 0));
    EXPECT_EQ(walk.size_classes(rows.data(), rows.size()), rows.size());
    return rows;
  }

  Arena arena_{1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Walk, AHeapThatHasNotBegunIsEmpty) {
  const tidemark_heap_stats stats = stats_of(heap_);
  EXPECT_EQ(stats.heap_bytes + stats.reserved_bytes + stats.live_bytes + stats.free_bytes + stats.metadata_bytes, 0u);
  EXPECT_TRUE(size_classes().empty());
  EXPECT_TRUE(runs_of(heap_).empty());
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Walk, CountsBlocksWithTheirUsableBytes) {
  heap_.allocate(1);
  heap_.allocate(100);
  heap_.allocate(3000);
  EXPECT_EQ(stats_of(heap_).live_blocks, 3u);
  EXPECT_EQ(stats_of(heap_).live_bytes, 8u + 104u + 3072u);
}

TEST_F(Walk, LiveFreeAndMetadataAreAllThereIs) {
  Random random(7);
  std::vector<void*> blocks(200);
  for (int step = 0; step < 2000; ++step) {
    void*& block = blocks[random.below(blocks.size())];
    heap_.free(block);
    block = random.one_in(3) ? nullptr : heap_.allocate(random.below(random.one_in(4) ? 6000 : 300));
    const tidemark_heap_stats stats = stats_of(heap_);
    ASSERT_EQ(stats.live_bytes + stats.free_bytes + stats.metadata_bytes, stats.heap_bytes);
    ASSERT_LE(stats.live_bytes + stats.metadata_bytes, stats.reserved_bytes);
    ASSERT_LE(stats.reserved_bytes, stats.peak_reserved_bytes);
    ASSERT_LE(stats.peak_reserved_bytes, stats.heap_bytes);
    ASSERT_LE(stats.top_bytes, stats.largest_free_bytes);
    ASSERT_LE(stats.largest_free_bytes, stats.free_bytes);
  }
}

TEST_F(Walk, RowsAddUpToTheWhole) {
  for (std::size_t n_bytes = 1; n_bytes < 3000; n_bytes += 7) heap_.allocate(n_bytes);  // no class is left out
  tidemark_size_class_stats sum{};
  std::size_t last_bytes = 0;
  const auto rows = size_classes();
  for (const auto& row : rows) {
    EXPECT_TRUE(row.block_bytes > last_bytes || (&row == &rows.back() && row.block_bytes == 0));
    EXPECT_TRUE(row.block_bytes == 0 || row.live_bytes == row.live_blocks * row.block_bytes);
    last_bytes = row.block_bytes;
    sum.live_blocks += row.live_blocks;
    sum.live_bytes += row.live_bytes;
  }
  EXPECT_EQ(sum.live_blocks, stats_of(heap_).live_blocks);
  EXPECT_EQ(sum.live_bytes, stats_of(heap_).live_bytes);
  EXPECT_EQ(rows.size(), kSizeClassCount);  // all but class 0, which is none, and the large ones
}

TEST_F(Walk, WritesNoMoreRowsThanThereIsRoomFor) {
  for (const std::size_t n_bytes : {8u, 100u, 1000u, 5000u}) heap_.allocate(n_bytes);
  tidemark_size_class_stats rows[3] = {};
  rows[2].block_bytes = 12345;
  EXPECT_EQ(HeapWalk(heap_).size_classes(rows, 2), 4u);
  EXPECT_EQ(rows[1].block_bytes, 104u);
  EXPECT_EQ(rows[2].block_bytes, 12345u);
}

TEST_F(Walk, RunsFollowEachOtherWithoutGaps) {
  for (std::size_t i = 0; i < 300; ++i) heap_.allocate(i * 37 % 4000);
  const auto runs = runs_of(heap_);
  ASSERT_GT(runs.size(), 100u);
  for (std::size_t i = 1; i < runs.size(); ++i) ASSERT_EQ(runs[i].begin, runs[i - 1].begin + runs[i - 1].bytes);
  const tidemark_heap_stats stats = stats_of(heap_);
  EXPECT_EQ(runs.back().begin + runs.back().bytes, stats.memory_bytes - stats.top_bytes);
}

TEST_F(Walk, ThePeakStaysWhenMemoryIsFreed) {
  void* const block = heap_.allocate(300000);
  const std::size_t peak = stats_of(heap_).peak_reserved_bytes;
  EXPECT_GE(peak, 300000u);
  heap_.free(block);
  heap_.trim();
  EXPECT_EQ(stats_of(heap_).peak_reserved_bytes, peak);
  EXPECT_LT(stats_of(heap_).reserved_bytes, 10000u);
}

TEST_F(Walk, CheckSeesEveryEntryOfTheMapThatIsWrong) {
  std::vector<void*> blocks;
  for (std::size_t i = 0; i < 60; ++i) blocks.push_back(heap_.allocate(i % 3 == 0 ? 40 + i : 1500 + 64 * i));
  for (std::size_t i = 0; i < 60; i += 4) heap_.free(blocks[i]);
  heap_.trim();
  const auto runs = runs_of(heap_);
  auto* const map = reinterpret_cast<MapEntry*>(map_of(heap_).begin);
  ASSERT_NE(map, nullptr);
  // A block at the top may reach beyond the map.
  const Grain top = (runs.back().begin + runs.back().bytes - runs.front().begin) / kGrainBytes + 1;
  const Grain end = std::min(top, Grain{map_of(heap_).bytes / sizeof(MapEntry)});
  for (Grain grain = 0; grain < end; ++grain) {
    const MapEntry entry = map[grain];
    if (entry == make_entry(kNoGrain, kFree)) continue;  // a link to nothing, which 0 is too
    map[grain] = entry == 0 ? make_entry(1, kBlock) : 0;
    ASSERT_NE(HeapWalk(heap_).check(), nullptr) << "entry " << grain << " was " << entry;
    map[grain] = entry;
  }
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Walk, CheckSeesADescriptorThatIsWrong) {
  void* const block = heap_.allocate(64);
  Slab* const slab = const_cast<Slab*>(run_around(heap_, address_of(block)).slab);
  const Slab whole = *slab;
  const auto expect_broken = [&](const char* what) {
    EXPECT_STREQ(HeapWalk(heap_).check(), "H2: a slab's descriptor") << what;
    *slab = whole;
  };
  slab->seal = static_cast<decltype(Slab::seal)>(~slab->seal);
  expect_broken("seal");
  slab->base += kGrainBytes;
  expect_broken("base");
  slab->size_class = kSizeClassCount;
  expect_broken("size_class");
  slab->block_bytes = 72;
  expect_broken("block_bytes");
  slab->free_blocks |= std::uint64_t{1} << 63;
  expect_broken("free_blocks");
  --slab->open_blocks;
  expect_broken("open_blocks");
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

TEST_F(Walk, CheckSeesARingThatIsWrong) {
  std::vector<void*> blocks;
  while (runs_of(heap_).size() < 8) blocks.push_back(heap_.allocate(64));
  const auto slab_of_block = [&](std::size_t i) {
    return const_cast<Slab*>(run_around(heap_, address_of(blocks[i])).slab);
  };
  Slab* const slab = slab_of_block(0);
  ASSERT_EQ(slab->open_blocks, 0) << "exhausted when its turn came";
  slab->free_blocks = 1;
  EXPECT_STREQ(HeapWalk(heap_).check(), "H1: a closed slab with a free block");
  slab->open_blocks = slab->n_blocks;
  EXPECT_STREQ(HeapWalk(heap_).check(), "H1: an open slab that is in no ring");
  slab->free_blocks = 0;
  slab->open_blocks = 0;
  ASSERT_EQ(HeapWalk(heap_).check(), nullptr);
  heap_.free(blocks[0]);
  Slab* const current = slab_of_block(blocks.size() - 1);
  ASSERT_EQ(slab->next, current);
  slab->previous = slab;
  EXPECT_STREQ(HeapWalk(heap_).check(), "H1: a slab in a ring");
  slab->previous = current;
  EXPECT_EQ(HeapWalk(heap_).check(), nullptr);
}

}  // namespace
}  // namespace tidemark::testing
