// What rule 1 calls a leak, and above all what it does not: each healthy shape that memory takes, from seeds.
#include "leaks/rules/growth.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

constexpr double kMiB = 1024 * 1024;

using Shape = std::function<double(double second)>;

/// One sample a second, of a shape and of noise that is evenly spread over +-`noise`.
std::vector<TrendPoint> series(std::size_t n, const Shape& shape, double noise = 0, std::uint64_t seed = 1) {
  Random random(seed);
  std::vector<TrendPoint> samples;
  for (std::size_t i = 0; i < n; ++i) {
    const double second = static_cast<double>(i);
    const double share = static_cast<double>(random.below(2001)) / 1000 - 1;
    samples.push_back({second * 1000, shape(second) + noise * share});
  }
  return samples;
}

GrowthFinding judge(const std::vector<TrendPoint>& samples, const GrowthOptions& options = {}) {
  GrowthRule rule;
  return rule.judge(samples.data(), samples.size(), options);
}

LeakVerdict verdict(const std::vector<TrendPoint>& samples) { return judge(samples).finding.verdict; }
GrowthReason reason(const std::vector<TrendPoint>& samples) {
  return static_cast<GrowthReason>(judge(samples).finding.reason);
}

TEST(Growth, ASteadyRiseIsALeakAtItsRate) {
  const GrowthFinding found = judge(series(61, [](double t) { return 4 * kMiB + 8192 * t; }));
  EXPECT_EQ(found.finding.verdict, LeakVerdict::kLeak);
  EXPECT_DOUBLE_EQ(found.finding.rate_per_second, 8192);
  EXPECT_DOUBLE_EQ(found.finding.bytes, 60 * 8192);
  EXPECT_GT(found.finding.confidence, 0.9);
}

TEST(Growth, NoiseDoesNotHideIt) {
  for (const std::uint64_t seed : test_seeds(20)) {
    SCOPED_TRACE(seed);
    EXPECT_EQ(verdict(series(
                  61, [](double t) { return 8192 * t; }, 20'000, seed)),
              LeakVerdict::kLeak);
  }
}

TEST(Growth, ALeakUnderHeavyChurnShowsInTheValleys) {
  // A sawtooth of 8 MiB every 7 seconds, on a leak of 16 KiB a second.
  const auto shape = [](double t) { return 16384 * t + std::fmod(t, 7) / 7 * 8 * kMiB; };
  const GrowthFinding found = judge(series(120, shape));
  EXPECT_EQ(found.finding.verdict, LeakVerdict::kLeak);
  EXPECT_EQ(static_cast<GrowthReason>(found.finding.reason), GrowthReason::kRisingValleys);
  EXPECT_NEAR(found.finding.rate_per_second, 16384, 1);
}

TEST(Growth, OneBlockEveryFewSecondsIsALeak) {
  EXPECT_EQ(verdict(series(61, [](double t) { return kMiB * std::floor(t / 8); })), LeakVerdict::kLeak);
}

TEST(Growth, AfterASessionThatCameAndWentALeakIsStillFound) {
  const auto shape = [](double t) { return t < 5 ? t * kMiB : 8192 * t; };
  EXPECT_EQ(verdict(series(80, shape)), LeakVerdict::kLeak);
}

TEST(Growth, SawtoothsAreClean) {
  for (const double period : {3.0, 7.0, 13.0, 20.0, 29.0, 45.0}) {
    for (const std::size_t n : {61u, 77u, 100u, 200u}) {
      SCOPED_TRACE(period);
      SCOPED_TRACE(n);
      EXPECT_NE(verdict(series(n, [&](double t) { return std::fmod(t, period) * kMiB; })), LeakVerdict::kLeak);
    }
  }
}

TEST(Growth, NoiseIsClean) {
  for (const std::uint64_t seed : test_seeds(200)) {
    SCOPED_TRACE(seed);
    EXPECT_NE(verdict(series(
                  61, [](double) { return 8 * kMiB; }, kMiB, seed)),
              LeakVerdict::kLeak);
  }
}

TEST(Growth, ARandomWalkIsClean) {
  // What a queue's length does: each second a little up or down, from where it is.
  std::size_t alarms = 0;
  const std::vector<std::uint64_t> seeds = test_seeds(400);
  for (const std::uint64_t seed : seeds) {
    Random random(seed);
    double value = 16 * kMiB;
    const auto step = [&](double) { return value += (static_cast<double>(random.below(2001)) / 1000 - 1) * 100'000; };
    alarms += verdict(series(120, step)) == LeakVerdict::kLeak;
  }
  EXPECT_LE(alarms, 1 + seeds.size() / 40);  // 2.5 %: some walks do rise all the time
}

TEST(Growth, LoadsAndStepsAreClean) {
  EXPECT_EQ(reason(series(61, [](double t) { return t < 30 ? 0.0 : 50 * kMiB; })), GrowthReason::kFewLoads);
  EXPECT_EQ(verdict(series(61, [](double t) { return t < 50 ? 0.0 : 50 * kMiB; })), LeakVerdict::kClean);
  EXPECT_NE(verdict(series(61, [](double t) { return kMiB * std::floor(t / 16); })), LeakVerdict::kLeak);
}

TEST(Growth, AVectorThatDoublesIsClean) {
  // One element a second or sixteen: the capacity doubles.
  for (const double rate : {1.0, 16.0, 1000.0}) {
    const auto shape = [&](double t) { return 4096 * std::exp2(std::ceil(std::log2(1 + rate * t))); };
    EXPECT_EQ(verdict(series(61, shape)), LeakVerdict::kClean);
    EXPECT_EQ(verdict(series(250, shape)), LeakVerdict::kClean);
  }
}

TEST(Growth, WarmUpToAPlateauIsClean) {
  for (const double seconds : {5.0, 10.0, 20.0, 30.0, 40.0, 50.0}) {
    SCOPED_TRACE(seconds);
    EXPECT_EQ(verdict(series(61, [&](double t) { return std::min(t, seconds) * kMiB; })), LeakVerdict::kClean);
  }
}

TEST(Growth, ACacheThatFillsEverMoreSlowlyIsNoLeak) {
  for (const double seconds : {5.0, 10.0, 20.0, 40.0, 60.0, 120.0}) {
    SCOPED_TRACE(seconds);
    EXPECT_NE(verdict(series(61, [&](double t) { return 64 * kMiB * (1 - std::exp(-t / seconds)); })),
              LeakVerdict::kLeak);
  }
  EXPECT_NE(verdict(series(61, [](double t) { return kMiB * std::log(1 + t); })), LeakVerdict::kLeak);
}

TEST(Growth, AProgramThatStartsIsGivenHalfAWindow) {
  EXPECT_EQ(reason(series(20, [](double t) { return t * kMiB; })), GrowthReason::kShort);
  EXPECT_EQ(reason(series(9, [](double t) { return t * kMiB; })), GrowthReason::kTooFew);
  EXPECT_EQ(judge({}).finding.verdict, LeakVerdict::kClean);
}

TEST(Growth, BelowTheThresholdNobodyMinds) {
  EXPECT_EQ(reason(series(61, [](double t) { return 1000 * t; })), GrowthReason::kSlow);
  EXPECT_EQ(verdict(series(61, [](double t) { return 1100 * t; })), LeakVerdict::kLeak);
}

TEST(Growth, WhatFallsOrStandsStillIsFlat) {
  EXPECT_EQ(reason(series(61, [](double) { return kMiB; })), GrowthReason::kFlat);
  EXPECT_EQ(verdict(series(61, [](double t) { return kMiB * (100 - t); })), LeakVerdict::kClean);
}

TEST(Growth, OddInputIsAnsweredToo) {
  EXPECT_EQ(verdict(std::vector<TrendPoint>(300, {5, 7})), LeakVerdict::kClean);
  std::vector<TrendPoint> one_time;
  for (int i = 0; i < 50; ++i) one_time.push_back({0, i * kMiB});
  EXPECT_EQ(verdict(one_time), LeakVerdict::kClean);
  EXPECT_EQ(verdict(series(1000, [](double t) { return 8192 * t; })), LeakVerdict::kLeak);
}

// --- with the past: what the last 256 samples tell, and the floors of all parts of the time before

GrowthFinding judge_all(const std::vector<TrendPoint>& all) {
  std::size_t part = 4;
  while (all.size() > part * GrowthRule::kMaxFloors) part *= 2;
  std::vector<TrendPoint> floors;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (i % part == 0) floors.push_back(all[i]);
    floors.back().value = std::min(floors.back().value, all[i].value);
  }
  const std::size_t n = std::min(all.size(), GrowthRule::kMaxSamples);
  GrowthRule rule;
  return rule.judge(all.data() + all.size() - n, n, floors.data(), floors.size(), {});
}
GrowthReason reason_of(const GrowthFinding& finding) { return static_cast<GrowthReason>(finding.finding.reason); }

TEST(GrowthWithThePast, SawtoothsWithPeriodsFarBeyondTheWindowAreNoLeakOnceOneHasBeenSeen) {
  for (const double period : {240.0, 600.0, 1200.0, 3600.0}) {
    for (const double periods : {1.3, 1.9, 2.5, 3.4, 4.6}) {
      SCOPED_TRACE(period);
      SCOPED_TRACE(periods);
      const auto shape = [&](double t) { return std::fmod(t, period) * 8192; };
      EXPECT_NE(judge_all(series(static_cast<std::size_t>(period * periods), shape)).finding.verdict,
                LeakVerdict::kLeak);
    }
  }
}

TEST(GrowthWithThePast, NorAreWavesOfLoad) {
  for (const std::uint64_t seed : test_seeds(20)) {
    SCOPED_TRACE(seed);
    const auto wave = [](double t) { return (1 - std::cos(t * 6.283185307 / 1800)) * kMiB; };
    EXPECT_NE(judge_all(series(6100, wave, 40'000, seed)).finding.verdict, LeakVerdict::kLeak);
  }
}

TEST(GrowthWithThePast, ALeakOutlastsAnyWave) {
  const auto wave = [](double t) { return (1 - std::cos(t * 6.283185307 / 1800)) * kMiB; };
  // In height, after three of them; in length, after one session of ten minutes.
  const auto higher = [&](double t) { return wave(t) + (t > 5400 ? (t - 5400) * 16384 : 0); };
  EXPECT_EQ(judge_all(series(5900, higher)).finding.verdict, LeakVerdict::kLeak);
  const auto longer = [](double t) { return t < 600 ? 16384 * t : 8192 * (t - 600); };
  EXPECT_EQ(judge_all(series(1900, longer)).finding.verdict, LeakVerdict::kLeak);
  EXPECT_NE(judge_all(series(1100, longer)).finding.verdict, LeakVerdict::kLeak);
}

TEST(GrowthWithThePast, WhatSlowsDownOverManyWindowsIsNoLeak) {
  for (const std::uint64_t seed : test_seeds(20)) {
    SCOPED_TRACE(seed);
    const auto cache = [](double t) { return 8 * kMiB * (1 - std::exp(-t / 140)); };
    EXPECT_NE(judge_all(series(600, cache, 2000, seed)).finding.verdict, LeakVerdict::kLeak);
  }
  // A load at the start, and then a leak that goes on as it began.
  const auto leak = [](double t) { return std::min(t, 60.0) * kMiB + 4096 * t; };
  EXPECT_EQ(judge_all(series(900, leak)).finding.verdict, LeakVerdict::kLeak);
}

TEST(GrowthWithThePast, OneBlockAMinuteIsALeakAfterAWhileAndNoneOnceThereAreNoMore) {
  const auto blocks = [](double t) { return 150'000 * std::floor(t / 60); };
  const GrowthFinding found = judge_all(series(3000, blocks));
  EXPECT_EQ(reason_of(found), GrowthReason::kRisingForLong);
  EXPECT_NEAR(found.finding.rate_per_second, 2500, 100);
  EXPECT_NE(judge_all(series(200, blocks)).finding.verdict, LeakVerdict::kLeak);
  const auto stopped = [&](double t) { return blocks(std::min(t, 3000.0)); };
  EXPECT_NE(judge_all(series(3200, stopped)).finding.verdict, LeakVerdict::kLeak);
  const auto slower_than_the_threshold = [](double t) { return 40'000 * std::floor(t / 60); };
  EXPECT_NE(judge_all(series(3000, slower_than_the_threshold)).finding.verdict, LeakVerdict::kLeak);
  const auto filled = [](double t) { return std::min(t, 800.0) * 8192; };
  for (const std::size_t n : {860u, 900u, 980u, 1500u}) {
    SCOPED_TRACE(n);
    EXPECT_NE(judge_all(series(n, filled)).finding.verdict, LeakVerdict::kLeak);
  }
}

// --- slower than the threshold

bool is_told_as_slow(const GrowthFinding& found) {
  return found.finding.verdict == LeakVerdict::kMaybe && reason_of(found) == GrowthReason::kSlow;
}
bool is_clean(const GrowthFinding& found) { return found.finding.verdict == LeakVerdict::kClean; }

TEST(SlowGrowth, IsToldWithItsRateAfterThreeWindows) {
  for (const double rate : {1.0, 30.0, 300.0, 1000.0}) {
    SCOPED_TRACE(rate);
    const auto shape = [&](double t) { return 4 * kMiB + rate * t; };
    for (const std::size_t seconds : {190u, 260u, 330u, 700u, 5000u}) {
      SCOPED_TRACE(seconds);
      const GrowthFinding found = judge_all(series(seconds, shape, rate / 2));
      EXPECT_TRUE(is_told_as_slow(found));
      EXPECT_NEAR(found.finding.rate_per_second, rate, rate / 50);
    }
    EXPECT_TRUE(is_clean(judge_all(series(120, shape))));
  }
}

TEST(SlowGrowth, IsToldOfPiecesThatComeSeldom) {
  // A chunk of a pool each 38 seconds.
  const auto chunks = [](double t) { return 4100 * std::floor(t / 38); };
  const GrowthFinding found = judge_all(series(600, chunks));
  EXPECT_TRUE(is_told_as_slow(found));
  EXPECT_NEAR(found.finding.rate_per_second, 4100.0 / 38, 20);
  const auto stopped = [&](double t) { return chunks(std::min(t, 600.0)); };
  EXPECT_TRUE(is_clean(judge_all(series(700, stopped))));
}

TEST(SlowGrowth, IsToldOfValleys) {
  const auto shape = [](double t) { return std::fmod(t, 40) * 2500 + 80 * t; };
  const GrowthFinding found = judge_all(series(900, shape));
  EXPECT_TRUE(is_told_as_slow(found));
  EXPECT_NEAR(found.finding.rate_per_second, 80, 5);
}

TEST(SlowGrowth, IsNotToldOfWhatStopsOrSlowsDown) {
  for (const double seconds : {200.0, 400.0, 800.0}) {
    SCOPED_TRACE(seconds);
    const auto filled = [&](double t) { return std::min(t, seconds) * 500; };
    for (const std::size_t pause : {40u, 70u, 300u})
      EXPECT_TRUE(is_clean(judge_all(series(static_cast<std::size_t>(seconds) + pause, filled))));
    const auto cache = [&](double t) { return seconds * 300 * (1 - std::exp(-t / seconds)); };
    EXPECT_TRUE(is_clean(judge_all(series(static_cast<std::size_t>(2.5 * seconds), cache))));
  }
}

TEST(SlowGrowth, IsNotToldOfWavesOnceOneHasBeenSeen) {
  for (const double period : {240.0, 600.0, 1200.0, 3600.0}) {
    for (const double periods : {1.3, 1.9, 2.5, 3.4, 4.6}) {
      SCOPED_TRACE(period);
      SCOPED_TRACE(periods);
      const std::size_t n = static_cast<std::size_t>(period * periods);
      EXPECT_TRUE(is_clean(judge_all(series(n, [&](double t) { return std::fmod(t, period) * 500; }))));
      const auto wave = [&](double t) { return (1 - std::cos(t * 6.283185307 / period)) * period * 100; };
      EXPECT_TRUE(is_clean(judge_all(series(n, wave, period))));
    }
  }
}

TEST(SlowGrowth, IsNotToldOfChance) {
  std::size_t of_noise = 0, of_walks = 0;
  const std::vector<std::uint64_t> seeds = test_seeds(200);
  for (const std::uint64_t seed : seeds) {
    of_noise += is_told_as_slow(judge_all(series(
        600, [](double) { return 8 * kMiB; }, 10'000, seed)));
    Random random(seed);
    double value = kMiB;
    const auto step = [&](double) { return value += (static_cast<double>(random.below(2001)) / 1000 - 1) * 3000; };
    of_walks += is_told_as_slow(judge_all(series(600, step)));
  }
  EXPECT_EQ(of_noise, 0u);
  EXPECT_LE(of_walks, 1 + seeds.size() / 40);  // 2.5 %, as of leaks
}

TEST(Trend, RanksAndMedianSlopesAreWhatTheirDefinitionsSay) {
  TrendRoom room;
  const TrendPoint samples[] = {{0, 1}, {1, 3}, {2, 2}, {3, 2}, {4, 9}};
  const Trend trend = trend_of(samples, 5, room);
  // Rising pairs: 1-3 1-2 1-2 1-9 3-9 2-9 2-9; falling: 3-2 3-2; one tie.
  EXPECT_DOUBLE_EQ(trend.tau, (7.0 - 2) / 10);
  // Slopes: -1 -.5 0 .5 1/3 2 2 3.5 6 7 hence sorted -1 -.5 0 1/3 .5 | 2 2 3.5 6 7
  EXPECT_DOUBLE_EQ(trend.slope_per_ms, (0.5 + 2) / 2);
  EXPECT_DOUBLE_EQ(trend.z, 4 / std::sqrt((5.0 * 4 * 15 - 2 * 1 * 9) / 18));
  EXPECT_EQ(trend_of(samples, 1, room).z, 0);
  EXPECT_EQ(trend_of(samples, 0, room).slope_per_ms, 0);
}

}  // namespace
}  // namespace tidemark::testing
