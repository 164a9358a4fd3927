#include "tester/latency_histogram.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "support/random.h"

namespace tidemark {
namespace {

/// What the histogram stands for: the least recorded value that a share of all values doesn't exceed.
std::uint64_t exact_quantile(std::vector<std::uint64_t> values, double share) {
  std::sort(values.begin(), values.end());
  const auto rank = static_cast<std::size_t>(std::ceil(share * static_cast<double>(values.size())));
  return values[std::max<std::size_t>(rank, 1) - 1];
}

TEST(LatencyHistogram, NothingRecordedIsZero) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  EXPECT_EQ(histogram->quantile(0.5), 0u);
  EXPECT_EQ(histogram->max(), 0u);
}

TEST(LatencyHistogram, SmallValuesAreExact) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  std::vector<std::uint64_t> values;
  for (std::uint64_t value = 0; value < 64; ++value) {
    histogram->record(value, value + 1);
    values.insert(values.end(), static_cast<std::size_t>(value) + 1, value);
  }
  for (int percent = 1; percent <= 100; ++percent) {
    EXPECT_EQ(histogram->quantile(percent / 100.0), exact_quantile(values, percent / 100.0)) << percent;
  }
}

TEST(LatencyHistogram, QuantilesAreAtMostA64thTooHigh) {
  for (const std::uint64_t seed : testing::test_seeds(20)) {
    SCOPED_TRACE(::testing::Message() << "replay with TIDEMARK_TEST_SEED=" << seed);
    testing::Random random(seed);
    const auto histogram = std::make_unique<LatencyHistogram>();
    std::vector<std::uint64_t> values;
    for (int i = 0; i < 2000; ++i) {
      const std::uint64_t value = random.next() >> (30 + random.below(34));  // up to 2^34: the last of the doublings
      histogram->record(value, 1);
      values.push_back(value);
    }
    for (const double share : {0.001, 0.25, 0.5, 0.9, 0.95, 0.99, 0.999, 1.0}) {
      const std::uint64_t exact = exact_quantile(values, share);
      EXPECT_GE(histogram->quantile(share), exact) << share;
      EXPECT_LE(histogram->quantile(share), exact + exact / 64) << share;
    }
    EXPECT_EQ(histogram->max(), exact_quantile(values, 1));
    EXPECT_EQ(histogram->total(), 2000u);
  }
}

TEST(LatencyHistogram, WhatIsOutOfRangeCountsAsTheLongest) {
  const auto histogram = std::make_unique<LatencyHistogram>();
  histogram->record(UINT64_MAX, 3);
  EXPECT_EQ(histogram->total(), 3u);
  EXPECT_EQ(histogram->max(), UINT64_MAX);
  EXPECT_GE(histogram->quantile(0.5), (std::uint64_t{1} << 34) - 1);
}

}  // namespace
}  // namespace tidemark
