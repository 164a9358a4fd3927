// Tidying in parts between the steps of random programs: the heap is whole after each part, nothing that the program has
// changes, and a tidying that nobody disturbs leaves nothing to join.
//
// A failure prints its seed: TIDEMARK_TEST_SEED replays that one alone, TIDEMARK_TEST_STEPS makes programs longer.
#include <gtest/gtest.h>

#include "heap/heap_tidy.h"
#include "support/lockstep.h"
#include "support/random_program.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kSlots = 80;
constexpr std::size_t kLargestBytes = 16 * 1024;

struct Left {
  std::size_t idle_bytes = 0;
  std::size_t free_neighbours = 0;
  bool top_is_free = false;
};

Left left_in(const TestHeap& heap) {
  Left left;
  bool was_free = false;
  HeapWalk(heap).for_each_run([&](const Run& run) {
    const bool is_free = run.kind == RunKind::kFree;
    if (run.slab != nullptr && run.slab->idle()) left.idle_bytes += run.bytes;
    left.free_neighbours += is_free && was_free;
    was_free = is_free;
  });
  left.top_is_free = was_free;
  return left;
}

class Tidied : public ::testing::TestWithParam<SizeMix> {};

TEST_P(Tidied, HeapsAreWholeAfterEveryPart) {
  const std::size_t steps = test_steps(1500);
  for (const std::uint64_t seed : test_seeds(6)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    Arena arena(2 * 1024 * 1024);
    TestHeap heap{ArenaSource(arena)};
    Lockstep lockstep(heap, arena, kSlots);
    lockstep.check_every(4);
    RandomProgram program(seed, {GetParam(), kSlots, kLargestBytes, seed % 2 == 0});
    Random random(seed + 1000);
    Grain cursor = kNoGrain;
    std::size_t passes = 0;
    for (std::size_t step = 0; step < steps; ++step) {
      const std::string problem = lockstep.run(program.next());
      ASSERT_EQ(problem, "") << "at step " << step;
      if (random.one_in(2)) continue;
      const Grain before = cursor;
      cursor = HeapTidy(heap).run(cursor, random.below(6),
                                  random.one_in(4)   ? Tidying::kCount
                                  : random.one_in(2) ? Tidying::kRelease
                                                     : Tidying::kReleaseAndSplit);
      ASSERT_STREQ(HeapWalk(heap).check(), nullptr) << "at step " << step << ", from grain " << before;
      passes += cursor == kNoGrain;
    }
    EXPECT_GT(passes, 20u);
    // Without anything in between, in parts as without.
    const std::size_t idle_before = left_in(heap).idle_bytes;
    std::size_t released = 0;
    for (cursor = kNoGrain;;) {
      HeapTidy tidy(heap);
      cursor = tidy.run(cursor, 1, Tidying::kRelease);
      released += tidy.idle_bytes();
      ASSERT_STREQ(HeapWalk(heap).check(), nullptr);
      if (cursor == kNoGrain) break;
    }
    EXPECT_EQ(released, idle_before);
    const Left left = left_in(heap);
    EXPECT_EQ(left.idle_bytes, 0u);
    EXPECT_EQ(left.free_neighbours, 0u);
    EXPECT_FALSE(left.top_is_free);
    ASSERT_EQ(lockstep.finish(), "");
  }
}

INSTANTIATE_TEST_SUITE_P(, Tidied, ::testing::ValuesIn(kSizeMixes),
                         [](const auto& test) { return name_of(test.param); });

TEST(Tidy, CountsAndChangesNothing) {
  Arena arena(4 * 1024 * 1024);
  TestHeap heap{ArenaSource(arena)};
  std::vector<void*> blocks;
  for (int i = 0; i < 6400; ++i) blocks.push_back(heap.allocate(64));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i < 3200 || i % 8 != 0) heap.free(blocks[i]);  // the first half of the slabs is idle, the others nearly
  }
  const tidemark_heap_stats before = HeapWalk(heap).stats();
  HeapTidy tidy(heap);
  EXPECT_EQ(tidy.run(kNoGrain, ~std::size_t{0} / 2, Tidying::kCount), kNoGrain);
  const tidemark_heap_stats after = HeapWalk(heap).stats();
  EXPECT_EQ(after.reserved_bytes, before.reserved_bytes);
  EXPECT_GT(tidy.idle_bytes(), 3000u * 64);
  EXPECT_EQ(tidy.spare_bytes() + tidy.idle_bytes(), before.free_bytes - (before.heap_bytes - before.reserved_bytes));
}

TEST(Tidy, SplitsSlabsThatAreNearlyEmpty) {
  Arena arena(4 * 1024 * 1024);
  TestHeap heap{ArenaSource(arena)};
  std::vector<unsigned char*> blocks;
  for (int i = 0; i < 32000; ++i) blocks.push_back(static_cast<unsigned char*>(heap.allocate(64)));
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    if (i % 64 != 5) {
      heap.free(blocks[i]);
    } else {
      *blocks[i] = 7;
    }
  }
  const std::size_t before = HeapWalk(heap).stats().reserved_bytes;
  for (Grain cursor = HeapTidy(heap).run(kNoGrain, 10, Tidying::kReleaseAndSplit); cursor != kNoGrain;) {
    ASSERT_STREQ(HeapWalk(heap).check(), nullptr);
    cursor = HeapTidy(heap).run(cursor, 10, Tidying::kReleaseAndSplit);
  }
  ASSERT_STREQ(HeapWalk(heap).check(), nullptr);
  // A slab of 4 KiB keeps one or two grains.
  EXPECT_LT(HeapWalk(heap).stats().reserved_bytes, before / 4);
  for (std::size_t i = 5; i < blocks.size(); i += 64) {
    EXPECT_EQ(*blocks[i], 7);
    heap.free(blocks[i]);
  }
}

}  // namespace
}  // namespace tidemark::testing
