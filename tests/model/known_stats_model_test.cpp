// Statistics that are known without a walk, against a walk each time.
#include <gtest/gtest.h>

#include <vector>

#include "heap/heap_shrink.h"
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

  static void expect_same(const tidemark_heap_stats& known, const tidemark_heap_stats& walked) {
    EXPECT_EQ(known.reserved_bytes, walked.reserved_bytes);
    EXPECT_EQ(known.free_bytes, walked.free_bytes);
    EXPECT_EQ(known.largest_free_bytes, walked.largest_free_bytes);
    EXPECT_EQ(known.live_blocks, walked.live_blocks);
    EXPECT_EQ(known.live_bytes, walked.live_bytes);
    EXPECT_EQ(known.top_bytes, walked.top_bytes);
  }

  Arena arena_{64 * 1024 * 1024, kPageBytes};
  Deaf listener_;
  MeteredTestHeap heap_{ArenaSource(arena_), HeapMeter(listener_)};
  KnownStats<ArenaSource, HeapMeter> known_;
};

TEST_F(KnownStatsModel, AreThoseOfAWalkWhateverTheProgramDoes) {
  for (const std::uint64_t seed : test_seeds(4)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    std::vector<void*> blocks;
    expect_same(known_.of(heap_, false), walked());
    for (int step = 0; step < 6000; ++step) {
      const std::size_t choice = random.below(blocks.size() < 400 ? 8 : 16);
      if (choice < 5) {
        blocks.push_back(heap_.allocate(random.one_in(6) ? random.below(40'000) : random.below(900)));
        ASSERT_NE(blocks.back(), nullptr);
      } else if (random.one_in(50)) {
        heap_.trim();
      } else if (random.one_in(100)) {
        HeapShrink(heap_).settle();
      } else if (!blocks.empty()) {
        std::swap(blocks[random.below(blocks.size())], blocks.back());
        heap_.free(blocks.back());
        blocks.pop_back();
      }
      // Not each time: the state in between is one that nobody has looked at.
      if (!random.one_in(3)) continue;
      expect_same(known_.of(heap_, random.one_in(2)), walked());
      if (HasFailure()) return;
    }
    for (void* block : blocks) heap_.free(block);
    heap_.trim();
    expect_same(known_.of(heap_, false), walked());
  }
}

TEST_F(KnownStatsModel, OfManyRunsStandUntilMuchHasChanged) {
  std::vector<void*> blocks;
  for (int i = 0; i < 3000; ++i) blocks.push_back(heap_.allocate(4096));
  const std::size_t live_blocks = known_.of(heap_, false).live_blocks;
  EXPECT_EQ(live_blocks, 3000u);

  void* const more = heap_.allocate(4096);
  EXPECT_EQ(known_.of(heap_, false).live_blocks, 3000u);
  EXPECT_EQ(known_.of(heap_, true).live_blocks, 3001u);
  heap_.free(more);

  for (int i = 0; i < 40; ++i) {  // 160 KiB, of 3000 × 32 bytes
    heap_.free(blocks.back());
    blocks.pop_back();
  }
  EXPECT_EQ(known_.of(heap_, false).live_blocks, 2960u);
  expect_same(known_.of(heap_, false), walked());

  heap_.trim();  // nothing has come or gone
  expect_same(known_.of(heap_, false), walked());
}

}  // namespace
}  // namespace tidemark::testing
