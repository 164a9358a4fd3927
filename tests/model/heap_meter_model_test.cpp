// A heap with a meter against a model: what is in use, what was sampled and is alive, that nothing is told twice.
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <map>
#include <vector>

#include "heap/heap_shrink.h"
#include "heap/heap_slide.h"
#include "monitor/heap_map.h"
#include "monitor/heap_meter.h"
#include "platform/fake_clock.h"
#include "support/arena.h"
#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr std::size_t kArenaBytes = 64 * 1024 * 1024;

class Listener : public HeapListener {
 public:
  void sampled(Address block, std::size_t n_bytes, double mean_bytes) override {
    EXPECT_TRUE(samples.emplace(block, n_bytes).second) << "sampled twice";
    const double chance = mean_bytes == 0 ? 1 : 1 - std::exp(-static_cast<double>(n_bytes) / mean_bytes);
    estimate += static_cast<double>(n_bytes) / chance;
  }
  void sample_freed(Address block, bool is_temporary) override {
    EXPECT_EQ(samples.erase(block), 1u);
    temporary += is_temporary;
  }
  void sample_moved(Address from, Address to) override {
    auto node = samples.extract(from);
    ASSERT_FALSE(node.empty());
    node.key() = to;
    samples.insert(std::move(node));
  }
  bool admits(std::size_t, std::size_t) override { return true; }
  bool make_room(std::size_t) override { return false; }
  void alarm() override { ++alarms; }
  Clock& clock() override { return clock_; }

  std::map<Address, std::size_t> samples;
  double estimate = 0;
  int temporary = 0;
  int alarms = 0;

 private:
  FakeClock clock_{1};
};

class HeapMeterModel : public ::testing::TestWithParam<double> {
 protected:
  using MeteredTestHeap = Heap<ArenaSource, HeapMeter>;

  Arena arena_{kArenaBytes, kPageBytes};
  Listener listener_;
  MeteredTestHeap heap_{ArenaSource(arena_), HeapMeter(listener_)};
  HeapMeter& meter_ = heap_.observer();
};

struct Block {
  void* address;
  std::size_t n_bytes;
};

TEST_P(HeapMeterModel, CountsAndSamplesAreTrueWhateverTheProgramDoes) {
  for (const std::uint64_t seed : {1u, 2u, 3u}) {
    Random random(seed);
    std::vector<Block> blocks;
    meter_.start_sampling(GetParam(), 0, seed);
    const auto some_bytes = [&] { return random.one_in(8) ? random.below(40'000) : random.below(700); };
    for (int step = 0; step < 20'000; ++step) {
      const std::size_t choice = random.below(10);
      if (choice < 4 || blocks.empty()) {
        const std::size_t n_bytes = some_bytes();
        void* const block =
            choice == 0 ? heap_.allocate_aligned(std::size_t{1} << random.below(14), n_bytes) : heap_.allocate(n_bytes);
        if (block != nullptr) blocks.push_back({block, n_bytes});
      } else {
        Block& block = blocks[random.below(blocks.size())];
        if (choice < 6) {
          const std::size_t n_bytes = some_bytes();
          if (void* const moved = heap_.reallocate(block.address, n_bytes)) block = {moved, n_bytes};
        } else {
          heap_.free(block.address);
          block = blocks.back();
          blocks.pop_back();
        }
      }
      if (step % 500 != 0) continue;
      ASSERT_EQ(HeapWalk(heap_).check(), nullptr) << "seed " << seed << ", step " << step;
      ASSERT_EQ(HeapWalk(heap_).stats().live_bytes, meter_.live_bytes()) << "seed " << seed << ", step " << step;
      ASSERT_EQ(HeapWalk(heap_).stats().live_blocks, blocks.size());
      ASSERT_GE(meter_.peak_bytes(), meter_.live_bytes());
      std::size_t watched = 0;
      const HeapWalk walk(heap_);
      walk.for_each_run([&](const tidemark::Run& run) {
        if (run.kind != RunKind::kBlock || !walk.is_watched(run)) return;
        ++watched;
        EXPECT_EQ(listener_.samples.count(run.begin), 1u);
      });
      ASSERT_EQ(watched, listener_.samples.size());
      if (step % 4000 == 0) HeapShrink(heap_).settle();
    }
    for (const Block& block : blocks) heap_.free(block.address);
    ASSERT_EQ(meter_.live_bytes(), 0u);
    ASSERT_TRUE(listener_.samples.empty());
  }
}

INSTANTIATE_TEST_SUITE_P(Means, HeapMeterModel, ::testing::Values(0.0, 2000.0, 512.0 * 1024));

using HeapMeterTest = HeapMeterModel;

TEST_F(HeapMeterTest, EstimatesOfAMixedProgramAreRight) {
  meter_.start_sampling(64 * 1024, 0, 5);
  double truth = 0;
  Random random(5);
  for (int i = 0; i < 400'000; ++i) {
    const std::size_t n_bytes = 8 * random.between(1, 300);  // a size class or, above 2 KiB, nearly so
    heap_.free(heap_.allocate(n_bytes));
    truth += static_cast<double>(n_bytes);
  }
  // 7300 samples: a standard deviation of 1.2 %. Sizes between two classes are taken for a little less than they weigh:
  // the listener of this test knows what was asked for, and not the block.
  EXPECT_NEAR(listener_.estimate / truth, 1.02, 0.05);
  // Freed before anything else was allocated: all of them.
  EXPECT_GT(listener_.temporary, 6500);
}

TEST_F(HeapMeterTest, AnAlarmIsSoundedOnceWhenTheUseRisesToItsMark) {
  meter_.stop_sampling();
  meter_.set_mark(1'000'000);
  std::vector<void*> blocks;
  while (meter_.live_bytes() < 990'000) blocks.push_back(heap_.allocate(1000));
  EXPECT_EQ(listener_.alarms, 0);
  while (meter_.live_bytes() < 1'070'000) blocks.push_back(heap_.allocate(1000));
  EXPECT_EQ(listener_.alarms, 1);
  for (int i = 0; i < 100; ++i) blocks.push_back(heap_.allocate(50'000));
  EXPECT_EQ(listener_.alarms, 1);
  const std::size_t peak = meter_.live_bytes();
  for (void* block : blocks) heap_.free(block);
  EXPECT_EQ(meter_.peak_bytes(), peak);
  meter_.set_mark(500'000);  // below the peak
  heap_.allocate(600'000);
  EXPECT_EQ(listener_.alarms, 2);
  meter_.reset_peak();
  EXPECT_EQ(meter_.peak_bytes(), meter_.live_bytes());
}

TEST_F(HeapMeterTest, WhatCouldNotBeHadIsNotCounted) {
  meter_.start_sampling(0, 0, 1);
  const auto total = meter_.total_bytes();
  EXPECT_EQ(heap_.allocate(kArenaBytes + 1), nullptr);
  EXPECT_EQ(heap_.allocate(~std::size_t{0}), nullptr);
  EXPECT_EQ(heap_.allocate_aligned(4096, kArenaBytes + 1), nullptr);
  void* const block = heap_.allocate(100'000);
  EXPECT_EQ(heap_.reallocate(block, kArenaBytes + 1), nullptr);
  EXPECT_EQ(meter_.live_bytes(), 391u * 256);
  EXPECT_EQ(meter_.total_bytes() - total, 391u * 256);
  EXPECT_EQ(meter_.failures(), 3u);
  EXPECT_EQ(listener_.samples.size(), 1u);
  heap_.free(block);
  EXPECT_EQ(meter_.live_bytes(), 0u);
}

TEST_F(HeapMeterTest, AWatchedBlockThatIsMovedIsToldOf) {
  meter_.start_sampling(0, 0, 1);
  void* const hole = heap_.allocate(10'000);
  void* const block = heap_.allocate(20'000);
  std::memset(block, 7, 20'000);
  heap_.free(hole);
  Address moved_to = 0;
  HeapSlide(heap_).slide([](Address, std::size_t, std::size_t) { return true; },
                         [&](Address, Address to) { moved_to = to; });
  ASSERT_NE(moved_to, 0u);
  ASSERT_EQ(listener_.samples.count(moved_to), 1u);
  heap_.free(reinterpret_cast<void*>(moved_to));
  EXPECT_TRUE(listener_.samples.empty());
}

TEST(HeapMap, EachCellSaysWhatMostOfItIs) {
  std::vector<std::uint8_t> cells(8, 99);
  HeapMap map(cells.data(), cells.size());
  map.add(kMapStatic, 5000);
  map.add(kMapStack, 8192 + 100);
  map.add(kMapLarge, 6 * 4096 + 10);
  map.add(kMapSlab + 3, 7 * 4096 - 10);
  map.add(kMapFree, 100 * 4096);  // more than there is room for
  map.finish();
  EXPECT_EQ(cells, (std::vector<std::uint8_t>{kMapStatic, kMapStack, kMapLarge, kMapLarge, kMapLarge, kMapLarge,
                                              kMapSlab + 3, kMapFree}));
}

}  // namespace
}  // namespace tidemark::testing
