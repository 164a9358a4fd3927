#include "monitor/monitor.h"

#include <gtest/gtest.h>

#include <array>
#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr double kUnknown = __builtin_nan("");

Sample sample_at(double time_ms, double used_bytes) {
  Sample sample{};
  sample.time_ms = time_ms;
  sample.allocated_bytes = 1e6;
  sample.used_bytes = used_bytes;
  sample.reserved_bytes = sample.free_bytes = sample.largest_free_bytes = sample.limit_bytes = kUnknown;
  sample.live_blocks = sample.total_bytes = sample.releasable_bytes = kUnknown;
  return sample;
}

TEST(History, KeepsEveryPeakAndTheLatestQuarterWhateverComes) {
  for (const std::size_t capacity : {4u, 5u, 7u, 64u, 1000u}) {
    std::vector<Sample> memory(capacity);
    History history(memory.data(), capacity);
    Random random(capacity);
    double highest = -1;
    for (int step = 0; step < 10'000; ++step) {
      const auto used = static_cast<double>(random.below(1'000'000));
      if (used > highest) highest = used;
      history.add(sample_at(step, used));
      ASSERT_LE(history.count(), capacity);
      bool highest_found = false;
      for (std::size_t i = 0; i < history.count(); ++i) {
        highest_found |= history[i].used_bytes == highest;
        if (i > 0) {
          ASSERT_LT(history[i - 1].time_ms, history[i].time_ms);
        }
      }
      ASSERT_TRUE(highest_found) << "capacity " << capacity << ", step " << step;
      const std::size_t latest = std::min<std::size_t>(capacity / 4, static_cast<std::size_t>(step) + 1);
      for (std::size_t i = 0; i < latest; ++i) {
        ASSERT_EQ(history[history.count() - 1 - i].time_ms, step - static_cast<double>(i));
      }
    }
    // No gap is a large part of the time: of old ones there are a quarter of the capacity at least, each of which is the
    // highest of as many, so that neighbours are less than two such stretches apart.
    const double widest = 2 * 10'000.0 / (static_cast<double>(capacity) / 4 - 1);
    for (std::size_t i = 1; capacity >= 64 && i < history.count(); ++i) {
      EXPECT_LT(history[i].time_ms - history[i - 1].time_ms, widest);
    }
    if (capacity >= 64) {
      EXPECT_LT(history[0].time_ms, widest);
    }
  }
}

TEST(Thresholds, EachWarnsOnceUntilTheUseHasFallenFivePointsBelowIt) {
  Thresholds thresholds;
  EXPECT_EQ(thresholds.rise_to(59.9), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(60), Level::kLow);
  EXPECT_EQ(thresholds.rise_to(70), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(55), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(61), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(54.9), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(61), Level::kLow);
  EXPECT_EQ(thresholds.rise_to(99), Level::kCritical);
  EXPECT_EQ(thresholds.rise_to(86), Level::kNone);
  EXPECT_EQ(thresholds.rise_to(96), Level::kCritical);
  EXPECT_EQ(thresholds.rise_to(kUnknown), Level::kNone);
}

TEST(Thresholds, ThePressureIsWhatIsReachedAndTheNextWhatIsNotYet) {
  Thresholds thresholds;
  EXPECT_EQ(thresholds.next(), 60);
  thresholds.rise_to(76);
  EXPECT_EQ(thresholds.next(), 85);
  EXPECT_EQ(thresholds.pressure(76), Level::kMedium);
  EXPECT_EQ(thresholds.pressure(59), Level::kNone);
  EXPECT_EQ(thresholds.pressure(kUnknown), Level::kNone);
  EXPECT_EQ(thresholds.percent(Level::kHigh), 85);
  thresholds.rise_to(100);
  EXPECT_EQ(thresholds.next(), __builtin_inf());
}

TEST(Efficiency, OfAHeapWithoutWasteIsAHundredAndEachWasteCostsItsWeight) {
  Sample sample{0, 1000, 800, 800, 0, 0, kUnknown, 10, kUnknown, 0, 0, 0, 0};
  EXPECT_EQ(efficiency_of(sample), 100);
  sample.used_bytes = 400;  // half of what is held
  EXPECT_DOUBLE_EQ(efficiency_of(sample), 75);
  sample.used_bytes = 800;
  sample.free_bytes = 200;  // a fifth of the heap, in crumbs of next to nothing
  EXPECT_DOUBLE_EQ(efficiency_of(sample), 96);
  sample.largest_free_bytes = 200;
  EXPECT_EQ(efficiency_of(sample), 100);
  sample.growth_rate = 800.0 / 120;  // by half in a minute
  EXPECT_DOUBLE_EQ(efficiency_of(sample), 95);
  sample.growth_rate = -1000;
  EXPECT_EQ(efficiency_of(sample), 100);
  sample.releasable_bytes = 500;
  EXPECT_DOUBLE_EQ(efficiency_of(sample), 90);
}

TEST(Efficiency, OfWhatIsNotKnownNothingIsAssumed) {
  // Memory alone: steadiness is all that can be told.
  Sample sample = sample_at(0, kUnknown);
  EXPECT_EQ(efficiency_of(sample), 100);
  sample.growth_rate = 1e6 / 60;
  EXPECT_EQ(efficiency_of(sample), 0);
}

TEST(ThresholdsTest, AWarningThatWasGivenStaysGivenUnlessItsThresholdIsRaised) {
  Thresholds thresholds;
  EXPECT_EQ(thresholds.rise_to(65), Level::kLow);
  thresholds.set({50, 75, 85, 95});
  EXPECT_EQ(thresholds.rise_to(65), Level::kNone);
  thresholds.set({64, 75, 85, 95});
  EXPECT_EQ(thresholds.rise_to(65), Level::kLow);
  EXPECT_EQ(thresholds.next(), 75);
}

class MonitorTest : public ::testing::Test {
 protected:
  std::array<Sample, 100> memory_{};
  Monitor monitor_{memory_.data(), memory_.size()};
};

TEST_F(MonitorTest, GrowthIsTheSlopeOfTheLastTenSeconds) {
  Sample sample{};
  for (int i = 0; i < 60; ++i) {
    // A sawtooth of 5000 bytes over a rise of 300 bytes a second; before that, a leap that must be forgotten.
    sample = sample_at(i * 500, (i < 10 ? 0 : 1e6) + i * 150 + (i % 2) * 5000);
    sample.total_bytes = i * 2000;
    monitor_.take(sample);
  }
  EXPECT_NEAR(sample.growth_rate, 300, 260);  // the sawtooth's own slope within ten seconds: 6 * 5000 / 10^2 / 2
  EXPECT_DOUBLE_EQ(sample.allocation_rate, 4000);
  EXPECT_EQ(monitor_.peak_used_bytes(), 1e6 + 59 * 150 + 5000);
}

TEST_F(MonitorTest, RatesOfTheFirstSampleAreNothingAndThoseOfDistantOnesAreBetweenTheLastTwo) {
  Sample sample = sample_at(1000, 500);
  monitor_.take(sample);
  EXPECT_EQ(sample.growth_rate, 0);
  sample = sample_at(1000 + 60'000, 60'500);
  monitor_.take(sample);
  EXPECT_DOUBLE_EQ(sample.growth_rate, 1000);
  EXPECT_TRUE(std::isnan(sample.allocation_rate));
}

TEST_F(MonitorTest, WhatComesWithinMillisecondsHasNoRate) {
  Sample sample = sample_at(1000, 0);
  sample.total_bytes = 0;
  monitor_.take(sample);
  sample = sample_at(1002, 1e6);
  sample.total_bytes = 1e6;
  monitor_.take(sample);
  EXPECT_EQ(sample.growth_rate, 0);
  EXPECT_TRUE(std::isnan(sample.allocation_rate));
  sample = sample_at(1000 + Monitor::kLeastRateMs, 1e6);
  sample.total_bytes = 2e6;
  monitor_.take(sample);
  EXPECT_DOUBLE_EQ(sample.allocation_rate, 2e7);
  EXPECT_GT(sample.growth_rate, 0);
}

TEST_F(MonitorTest, OfManySamplesTheGrowthIsThatOfSome) {
  Sample sample{};
  for (int i = 0; i < 1000; ++i) {
    sample = sample_at(i * 100, i < 880 ? 1e6 : i * 25);
    monitor_.take(sample);
  }
  EXPECT_NEAR(sample.growth_rate, 250, 1e-6);
}

// The last one within ten seconds is too close: the window goes on to the one before.
TEST_F(MonitorTest, ASampleThatIsTooCloseIsNotTheWholeWindow) {
  for (const double time : {0.0, 59'999.0, 60'000.0}) {
    Sample sample = sample_at(time, time);
    sample.total_bytes = time * 2;
    monitor_.take(sample);
    if (time < 60'000) continue;
    EXPECT_NEAR(sample.growth_rate, 1000, 1e-6);
    EXPECT_DOUBLE_EQ(sample.allocation_rate, 2000);
  }
}

TEST_F(MonitorTest, WhereTheUseBecomesKnownItsGrowthIsNotThatFromTheSizeOfMemory) {
  for (int i = 0; i < 5; ++i) {
    Sample sample = sample_at(i * 1000, kUnknown);
    sample.allocated_bytes = 1e6;
    monitor_.take(sample);
  }
  Sample sample = sample_at(5000, 1000);
  sample.total_bytes = 1000;
  monitor_.take(sample);
  EXPECT_EQ(sample.growth_rate, 0);
  EXPECT_TRUE(std::isnan(sample.allocation_rate));
  sample = sample_at(6000, 1500);
  sample.total_bytes = 2500;
  monitor_.take(sample);
  EXPECT_DOUBLE_EQ(sample.growth_rate, 500);
  EXPECT_DOUBLE_EQ(sample.allocation_rate, 1500);
}

TEST_F(MonitorTest, ATimeThatRunsBackwardsIsTheTimeOfTheLastSample) {
  Sample sample = sample_at(5000, 100);
  monitor_.take(sample);
  sample = sample_at(4000, 100);
  monitor_.take(sample);
  EXPECT_EQ(monitor_.history()[1].time_ms, 5000);
  EXPECT_EQ(sample.growth_rate, 0);
}

TEST_F(MonitorTest, TheNextMarkIsTheNextThresholdInBytes) {
  EXPECT_EQ(monitor_.next_mark(1000), 600);
  EXPECT_TRUE(std::isnan(monitor_.next_mark(kUnknown)));
  Sample sample = sample_at(0, 800);
  sample.limit_bytes = 1000;
  EXPECT_EQ(monitor_.take(sample), Level::kMedium);
  EXPECT_EQ(monitor_.next_mark(1000), 850);
}

}  // namespace
}  // namespace tidemark::testing
