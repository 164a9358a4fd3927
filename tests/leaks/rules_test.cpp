// The rules that weigh counts: fragmentation on real heaps; reachability and resources by what they are told.
#include <gtest/gtest.h>

#include <vector>

#include "leaks/rules/fragmentation.h"
#include "leaks/rules/reachability.h"
#include "leaks/rules/resources.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

class Fragmentation : public ::testing::Test {
 protected:
  FragmentationFinding judge(double lasting_ms = 60'000) {
    Census census;
    take_census(HeapWalk(heap_), census);
    return judge_fragmentation(census, lasting_ms, 60'000, {});
  }

  Arena arena_{256 * 1024 * 1024};
  TestHeap heap_{ArenaSource(arena_)};
};

TEST_F(Fragmentation, AnEmptyHeapIsClean) { EXPECT_EQ(judge().finding.verdict, LeakVerdict::kClean); }

TEST_F(Fragmentation, TheCensusCountsWhatTheHeapCounts) {
  Random random(5);
  std::vector<void*> blocks;
  for (int i = 0; i < 3000; ++i) blocks.push_back(heap_.allocate(random.below(random.one_in(30) ? 50'000 : 1500)));
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap_.free(blocks[i]);
  Census census;
  take_census(HeapWalk(heap_), census);
  const tidemark_heap_stats stats = stats_of(heap_);
  EXPECT_EQ(census.live_bytes, static_cast<double>(stats.live_bytes));
  EXPECT_EQ(census.live_blocks, static_cast<double>(stats.live_blocks));
  double free_bytes = census.free_run_bytes + census.idle_bytes + census.top_bytes;
  for (const CensusRow& row : census.rows) free_bytes += row.free_bytes;
  EXPECT_EQ(free_bytes, static_cast<double>(stats.free_bytes));
}

TEST_F(Fragmentation, ASlabPinnedByOneBlockEachIsALeakOnceItLasts) {
  std::vector<void*> blocks;
  for (int i = 0; i < 200'000; ++i) blocks.push_back(heap_.allocate(64));
  for (std::size_t i = 0; i < blocks.size(); ++i)
    if (i % 40 != 0) heap_.free(blocks[i]);
  const FragmentationFinding found = judge();
  EXPECT_EQ(found.finding.verdict, LeakVerdict::kLeak);
  EXPECT_GT(found.share, 0.9);
  EXPECT_EQ(block_bytes(found.worst_class), 64u);
  EXPECT_GT(found.finding.bytes, 10e6);
  EXPECT_EQ(judge(10'000).finding.verdict, LeakVerdict::kMaybe);
}

TEST_F(Fragmentation, APeakThatIsOverIsClean) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(heap_.allocate(64));
  std::vector<void*> large;
  for (int i = 0; i < 20; ++i) large.push_back(heap_.allocate(1024 * 1024));
  for (void* block : blocks) heap_.free(block);
  for (void* block : large) heap_.free(block);
  EXPECT_EQ(judge().finding.verdict, LeakVerdict::kClean);
}

TEST_F(Fragmentation, ClassesThatAreHalfFullAreClean) {
  std::vector<void*> blocks;
  for (int i = 0; i < 100'000; ++i) blocks.push_back(heap_.allocate(64));
  for (std::size_t i = 0; i < blocks.size(); i += 2) heap_.free(blocks[i]);
  EXPECT_EQ(judge().finding.verdict, LeakVerdict::kClean);
}

TEST_F(Fragmentation, HolesTooShortForTheUsualLargeBlockAreWasted) {
  // Many short holes between blocks that stay, and one large block that says what is asked for.
  heap_.allocate(64 * 1024 * 1024);
  std::vector<void*> holes;
  for (int i = 0; i < 4000; ++i) {
    holes.push_back(heap_.allocate(16 * 1024));
    heap_.allocate(2049);
  }
  for (void* hole : holes) heap_.free(hole);
  const FragmentationFinding found = judge();
  EXPECT_GE(found.splinter_bytes, 0.0);
  EXPECT_EQ(found.finding.verdict, LeakVerdict::kClean);  // 64 MiB are in use: the share is below the threshold
}

TEST(Reachability, NothingLostIsClean) {
  EXPECT_EQ(judge_reachability({}, {}, 0, ScanKind::kExact).verdict, LeakVerdict::kClean);
}

TEST(Reachability, WhatIsLostIsALeakUnlessALocalMayHoldIt) {
  const LostTotals one{1, 100, 4, 400};
  EXPECT_EQ(judge_reachability(one, {}, 0, ScanKind::kExact).verdict, LeakVerdict::kLeak);
  EXPECT_EQ(judge_reachability(one, {}, 0, ScanKind::kConfirmed).verdict, LeakVerdict::kLeak);
  EXPECT_EQ(judge_reachability(one, {}, 0, ScanKind::kApproximate).verdict, LeakVerdict::kMaybe);
  EXPECT_EQ(judge_reachability(one, one, 1000, ScanKind::kApproximate).verdict, LeakVerdict::kLeak);
  EXPECT_EQ(judge_reachability(one, {}, 0, ScanKind::kExact).bytes, 400);
}

TEST(Reachability, TheRateIsWhatWasLostSinceTheScanBefore) {
  const LostTotals before{1, 100, 1, 100}, now{11, 1100, 11, 1100};
  EXPECT_EQ(judge_reachability(now, before, 2000, ScanKind::kExact).rate_per_second, 500);
  EXPECT_EQ(judge_reachability(now, {}, 0, ScanKind::kExact).rate_per_second, 0);
  EXPECT_EQ(judge_reachability(before, now, 2000, ScanKind::kExact).rate_per_second, 0);
}

TEST(Resources, LostIsALeakAndForgottenMayBe) {
  EXPECT_EQ(judge_resource({}).verdict, LeakVerdict::kClean);
  EXPECT_EQ(judge_resource({.live = 1000}).verdict, LeakVerdict::kClean);
  EXPECT_EQ(judge_resource({.forgotten = 5, .lost = 3, .looked = true}).verdict, LeakVerdict::kLeak);
  EXPECT_EQ(judge_resource({.forgotten = 5, .lost = 3, .looked = true}).blocks, 3);
  EXPECT_EQ(judge_resource({.forgotten = 5}).verdict, LeakVerdict::kMaybe);
  EXPECT_EQ(judge_resource({.forgotten = 5, .looked = true}).verdict, LeakVerdict::kClean);
  EXPECT_EQ(judge_resource({.netted = 5}).verdict, LeakVerdict::kMaybe);
  EXPECT_EQ(judge_resource({.live = 9, .rising = LeakVerdict::kLeak}).verdict, LeakVerdict::kLeak);
}

}  // namespace
}  // namespace tidemark::testing
