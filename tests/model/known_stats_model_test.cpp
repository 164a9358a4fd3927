// Statistics that a heap keeps of itself, against a walk each time.
#include <gtest/gtest.h>

#include <vector>

#include "heap/heap_shrink.h"
#include "heap/heap_slide.h"
#include "heap/heap_tidy.h"
#include "monitor/heap_meter.h"
#include "monitor/known_stats.h"
#include "platform/fake_clock.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

class Deaf : public HeapListener {
 public:
  void sampled(Address, std::size_t, double) override {}
  void sample_freed(Address, bool) override {}
  void sample_moved(Address, Address) override {}
  bool admits(std::size_t, std::size_t) override { return true; }
  bool make_room(std::size_t) override { return false; }
  void alarm() override {}
  Clock& clock() override { return clock_; }

 private:
  FakeClock clock_{1};
};

class KnownStatsModel : public ::testing::Test {
 protected:
  using MeteredTestHeap = Heap<ArenaSource, HeapMeter>;

  tidemark_heap_stats walked() const { return HeapWalk(heap_).stats(); }

  static void expect_same(const tidemark_heap_stats& known, const tidemark_heap_stats& walked, bool exactly = true) {
    EXPECT_EQ(known.memory_bytes, walked.memory_bytes);
    EXPECT_EQ(known.heap_bytes, walked.heap_bytes);
    EXPECT_EQ(known.reserved_bytes, walked.reserved_bytes);
    EXPECT_EQ(known.peak_reserved_bytes, walked.peak_reserved_bytes);
    EXPECT_EQ(known.live_bytes, walked.live_bytes);
    EXPECT_EQ(known.live_blocks, walked.live_blocks);
    EXPECT_EQ(known.free_bytes, walked.free_bytes);
    EXPECT_EQ(known.metadata_bytes, walked.metadata_bytes);
    EXPECT_EQ(known.top_bytes, walked.top_bytes);
    if (exactly) {
      EXPECT_EQ(known.largest_free_bytes, walked.largest_free_bytes);
    } else {
      EXPECT_LE(known.largest_free_bytes, walked.largest_free_bytes);
    }
  }

  Arena arena_{128 * 1024 * 1024, kPageBytes};
  Deaf listener_;
  MeteredTestHeap heap_{ArenaSource(arena_), HeapMeter(listener_)};
  KnownStats<ArenaSource, HeapMeter> known_;
};

// What a program can do to its heap, and what is done to it: each step is followed by a walk.
TEST_F(KnownStatsModel, AreThoseOfAWalkAfterEveryStep) {
  for (const std::uint64_t seed : test_seeds(4)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    heap_.observer().start_sampling(random.one_in(2) ? 4000 : 512 * 1024, 0, seed);
    std::vector<void*> blocks;
    std::size_t below_truth = 0;
    const auto some_bytes = [&] {
      if (random.one_in(200)) return random.below(10'000'000);
      return random.one_in(6) ? random.below(40'000) : random.below(900);
    };
    for (int step = 0; step < 5000; ++step) {
      const std::size_t choice = random.below(blocks.size() < 500 ? 10 : 20);
      if (choice < 5) {
        void* const block = choice == 0 ? heap_.allocate_aligned(std::size_t{1} << random.below(14), some_bytes())
                                        : heap_.allocate(some_bytes());
        if (block != nullptr) blocks.push_back(block);
      } else if (random.one_in(60)) {
        heap_.trim();
      } else if (random.one_in(60)) {
        Grain at = kNoGrain;
        HeapTidy tidy(heap_);
        do {
          at = tidy.run(at, 1 + random.below(100), random.one_in(2) ? Tidying::kRelease : Tidying::kReleaseAndSplit);
        } while (at != kNoGrain && !random.one_in(8));
      } else if (random.one_in(100)) {
        HeapShrink(heap_).settle();
      } else if (random.one_in(100)) {
        EXPECT_TRUE(arena_.pages().grow(kPageBytes));  // a stranger
      } else if (random.one_in(100)) {
        EXPECT_EQ(heap_.allocate(~std::size_t{0} - random.below(300)), nullptr);
      } else if (!blocks.empty()) {
        void*& block = blocks[random.below(blocks.size())];
        if (random.one_in(5)) {
          if (void* const moved = heap_.reallocate(block, some_bytes())) block = moved;
        } else {
          std::swap(block, blocks.back());
          heap_.free(blocks.back());
          blocks.pop_back();
        }
      }
      const bool exactly = random.one_in(3);
      const tidemark_heap_stats walk = walked();
      const tidemark_heap_stats known = known_.of(heap_, exactly);
      expect_same(known, walk, exactly);
      below_truth += known.largest_free_bytes < walk.largest_free_bytes;
      if (HasFailure()) FAIL() << "at step " << step;
    }
    EXPECT_LT(below_truth, 2500u);
    for (void* block : blocks) heap_.free(block);
    expect_same(known_.of(heap_, true), walked());
    EXPECT_EQ(known_.of(heap_, false).live_blocks, 0u);
    heap_.trim();
    expect_same(known_.of(heap_, false), walked());  // of few runs
  }
}

TEST_F(KnownStatsModel, AreThoseOfAWalkWhereBlocksAreMoved) {
  Random random(7);
  std::vector<Address> blocks;
  for (int i = 0; i < 300; ++i) blocks.push_back(reinterpret_cast<Address>(heap_.allocate(3000 + random.below(9000))));
  for (int i = 0; i < 200; ++i) {
    heap_.free(reinterpret_cast<void*>(blocks.back()));
    blocks.pop_back();
    if (i % 20 == 0) std::swap(blocks.front(), blocks.back());
  }
  expect_same(known_.of(heap_, true), walked());
  HeapSlide slide(heap_);
  slide.slide([&](Address, std::size_t, std::size_t) { return random.one_in(2); }, [](Address, Address) {});
  expect_same(known_.of(heap_, false), walked(), false);
  EXPECT_NE(slide.allocate_below(5000, ~Address{0}), nullptr);
  EXPECT_EQ(slide.allocate_lowest(50'000'000, ~Address{0}), nullptr);
  expect_same(known_.of(heap_, false), walked(), false);
}

// What a walk has found goes on to be true while blocks are only freed, or come from slabs that there are.
TEST_F(KnownStatsModel, TheLongestFreeStretchIsKnownUntilSomethingIsTakenOutOfFreeMemory) {
  heap_.observer().stop_sampling();
  std::vector<void*> blocks;
  for (int i = 0; i < 3000; ++i) blocks.push_back(heap_.allocate(4096));
  void* const small = heap_.allocate(100);
  for (std::size_t i = 100; i < 2600; ++i) heap_.free(blocks[i]);  // a stretch of unjoined neighbours
  const std::size_t longest = walked().largest_free_bytes;
  EXPECT_GT(longest, 7u << 20);
  EXPECT_LT(known_.of(heap_, false).largest_free_bytes, longest / 2);
  EXPECT_EQ(known_.of(heap_, true).largest_free_bytes, longest);
  heap_.free(small);
  heap_.free(blocks[0]);
  void* const again = heap_.allocate(100);
  EXPECT_EQ(known_.of(heap_, false).largest_free_bytes, longest);
  EXPECT_NE(heap_.allocate(4096), nullptr);
  expect_same(known_.of(heap_, false), walked(), false);
  heap_.free(again);
}

TEST_F(KnownStatsModel, OfAHeapThatWasNeverUsedAllIsFree) {
  const tidemark_heap_stats stats = known_.of(heap_, false);
  EXPECT_EQ(stats.free_bytes, kPageBytes);
  EXPECT_EQ(stats.largest_free_bytes, kPageBytes);
  EXPECT_EQ(stats.reserved_bytes, 0u);
  expect_same(stats, walked());
}

// More than one word can count, and more than a sample is apart.
TEST_F(KnownStatsModel, CountOfManyBlocksIsExact) {
  heap_.observer().stop_sampling();
  std::vector<void*> blocks;
  for (int i = 0; i < 3'000'000; ++i) blocks.push_back(heap_.allocate(8));
  EXPECT_EQ(known_.of(heap_, false).live_blocks, 3'000'000u);
  for (std::size_t i = 0; i < 2'999'000; ++i) heap_.free(blocks[i]);
  expect_same(known_.of(heap_, true), walked());
  EXPECT_EQ(known_.of(heap_, false).live_blocks, 1000u);
  for (std::size_t round = 0; round < 20; ++round) {
    void* const large = heap_.allocate(30'000'000 - 1'000'000 * round);
    EXPECT_EQ(known_.of(heap_, false).live_blocks, 1001u);
    heap_.free(large);
  }
  expect_same(known_.of(heap_, true), walked());
}

}  // namespace
}  // namespace tidemark::testing
