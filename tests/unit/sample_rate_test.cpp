#include "monitor/sample_rate.h"

#include <gtest/gtest.h>

#include <cmath>

namespace tidemark::testing {
namespace {

TEST(Random, ExponentialNumbersHaveTheDistributionThatTheyAreNamedFor) {
  tidemark::Random random(1);
  constexpr int kDraws = 200'000;
  double sum = 0, squares = 0;
  int above[4] = {};
  for (int i = 0; i < kDraws; ++i) {
    const double drawn = random.exponential();
    ASSERT_GE(drawn, 0);
    sum += drawn;
    squares += drawn * drawn;
    for (int k = 0; k < 4; ++k) above[k] += drawn > k + 0.5;
  }
  // Four standard deviations: of the mean 1 / sqrt(n), of the mean square sqrt(20 / n), of a share less than 0.5 / sqrt(n).
  const double root = std::sqrt(kDraws);
  EXPECT_NEAR(sum / kDraws, 1, 4 / root);
  EXPECT_NEAR(squares / kDraws, 2, 4 * std::sqrt(20) / root);
  for (int k = 0; k < 4; ++k) EXPECT_NEAR(static_cast<double>(above[k]) / kDraws, std::exp(-k - 0.5), 2 / root);
}

TEST(Random, SmallSeedsBeginAsDifferentlyAsLargeOnes) {
  double sum = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) sum += tidemark::Random(seed).exponential();
  EXPECT_NEAR(sum / 1000, 1, 4 / std::sqrt(1000));
}

TEST(SampleRate, SamplesThatTakeTooMuchOfTheTimeBecomeRarerAndDenserAgain) {
  SampleRate rate;
  rate.configure(1000, 0.01, 0);
  double now_us = 0;
  // Each sample costs 20 us, and the program takes 1 us for 1000 bytes: at the mean that was chosen, 95 % of the time.
  for (int i = 0; i < 2000; ++i) {
    now_us += static_cast<double>(rate.draw()) / 1000;
    rate.sampled(now_us, now_us + 20);
    now_us += 20;
  }
  EXPECT_TRUE(rate.throttled());
  // 20 us are 1 % of 2000 us: 2 million bytes apart. A batch of 16 settles within a factor of two.
  EXPECT_GT(rate.mean_bytes(), 1e6);
  EXPECT_LT(rate.mean_bytes(), 4e6);
  // Then the program stops allocating, and only relax() is called.
  for (int i = 0; i < 100 && rate.throttled(); ++i) {
    now_us += 100'000;
    rate.relax(now_us);
  }
  EXPECT_FALSE(rate.throttled());
  EXPECT_EQ(rate.mean_bytes(), 1000);
}

TEST(SampleRate, TwoSamplesThatTakeVeryLongAreEnough) {
  SampleRate rate;
  rate.configure(1000, 0.01, 0);
  double now_us = 0;
  for (int i = 0; i < 2; ++i) {
    now_us += 1000;
    rate.sampled(now_us, now_us + 1000);
    now_us += 1000;
  }
  // Half of the time was spent, and a hundredth may be.
  EXPECT_EQ(rate.mean_bytes(), 50'000);
}

TEST(SampleRate, SamplesFartherThanAStrideAreAsFarAsTheMeanSays) {
  SampleRate rate;
  constexpr double kMean = 4.0 * SampleRate::kStrideBytes;
  rate.configure(kMean, 0, 0);
  constexpr int kSamples = 20'000;
  double sum = 0, beyond = 0;
  for (int i = 0; i < kSamples; ++i) {
    double distance = 0;
    do {
      const std::size_t drawn = rate.draw();
      ASSERT_LE(drawn, SampleRate::kStrideBytes);
      distance += static_cast<double>(drawn);
    } while (rate.strides());
    sum += distance;
    beyond += distance > kMean ? 1 : 0;
  }
  const double root = std::sqrt(kSamples);
  EXPECT_NEAR(sum / kSamples / kMean, 1, 4 / root);
  EXPECT_NEAR(beyond / kSamples, std::exp(-1), 2 / root);
}

TEST(SampleRate, WhatIsEstimatedStaysRightWhileTheMeanIsMoved) {
  SampleRate rate;
  rate.configure(1000, 0.01, 0);
  double now_us = 0, allocated = 0, estimated = 0, variance = 0;
  for (int i = 0; i < 20'000; ++i) {
    // Samples take from 10 to 70 us, and the program allocates fast and slowly in turn: the mean never rests.
    const double bytes_per_us = (i / 500) % 2 == 0 ? 1000 : 10;
    const auto drawn = static_cast<double>(rate.draw());
    now_us += drawn / bytes_per_us;
    allocated += drawn;
    if (rate.strides()) continue;
    estimated += rate.mean_bytes();  // of a block of few bytes: its weight times its length
    variance += rate.mean_bytes() * rate.mean_bytes();
    const double cost_us = 10 + i % 7 * 10;
    rate.sampled(now_us, now_us + cost_us);
    now_us += cost_us;
  }
  EXPECT_NEAR(estimated, allocated, 4 * std::sqrt(variance));
}

TEST(SampleRate, ExactModeAndAShareOfNothingAreNeverThrottled) {
  for (const double mean : {0.0, 1000.0}) {
    SampleRate rate;
    rate.configure(mean, mean == 0 ? 0.01 : 0, 0);
    for (int i = 0; i < 1000; ++i) rate.sampled(i, i + 1);
    EXPECT_EQ(rate.mean_bytes(), mean);
    EXPECT_FALSE(rate.relax(1e9));
  }
  SampleRate exact;
  exact.configure(0, 0, 0);
  EXPECT_EQ(exact.draw(), 0u);
}

}  // namespace
}  // namespace tidemark::testing
