#include "manager/pressure_gauge.h"

#include <gtest/gtest.h>

namespace tidemark {
namespace {

// The defaults of the npm package, in MiB instead of bytes: low at 38.4, and critical at 60.8, rounded as integers are.
constexpr tidemark_limits kLimits{64000, 56000, 48000, 0};

PressureGauge gauge_of(const tidemark_limits& limits) {
  PressureGauge gauge;
  gauge.configure(limits);
  return gauge;
}

TEST(PressureGauge, RisesAtItsMarksAtOnce) {
  PressureGauge gauge = gauge_of(kLimits);
  EXPECT_EQ(gauge.read(0), TIDEMARK_PRESSURE_NONE);
  EXPECT_EQ(gauge.read(38399), TIDEMARK_PRESSURE_NONE);
  EXPECT_EQ(gauge.read(38400), TIDEMARK_PRESSURE_LOW);
  EXPECT_EQ(gauge.read(48000), TIDEMARK_PRESSURE_MEDIUM);
  EXPECT_EQ(gauge.read(56000), TIDEMARK_PRESSURE_HIGH);
  EXPECT_EQ(gauge.read(60800), TIDEMARK_PRESSURE_CRITICAL);
}

TEST(PressureGauge, SkipsLevels) {
  PressureGauge gauge = gauge_of(kLimits);
  EXPECT_EQ(gauge.read(64000), TIDEMARK_PRESSURE_CRITICAL);
  EXPECT_EQ(gauge.read(0), TIDEMARK_PRESSURE_NONE);
}

TEST(PressureGauge, FallsFivePerCentOfTheLimitBelow) {
  PressureGauge gauge = gauge_of(kLimits);
  ASSERT_EQ(gauge.read(48000), TIDEMARK_PRESSURE_MEDIUM);
  EXPECT_EQ(gauge.read(47999), TIDEMARK_PRESSURE_MEDIUM);
  EXPECT_EQ(gauge.read(44800), TIDEMARK_PRESSURE_MEDIUM);  // 48000 - 3200
  EXPECT_EQ(gauge.read(44799), TIDEMARK_PRESSURE_LOW);
  EXPECT_EQ(gauge.read(47999), TIDEMARK_PRESSURE_LOW);
}

TEST(PressureGauge, EveryUseFromEveryLevelIsWhereHysteresisPutsIt) {
  const std::size_t marks[] = {0, 384, 480, 560, 608};
  for (int from = 0; from <= 4; ++from) {
    for (std::size_t use = 0; use <= 700; ++use) {
      PressureGauge gauge = gauge_of({640, 560, 480, 0});
      ASSERT_EQ(gauge.read(marks[from]), from);
      int expected = 0;
      for (int level = 1; level <= 4; ++level) {
        if (use >= marks[level] || (level <= from && use + 32 >= marks[level])) expected = level;
      }
      ASSERT_EQ(gauge.read(use), expected) << "from " << from << " to " << use;
      ASSERT_EQ(gauge.read(use), expected) << "asked twice";
    }
  }
}

TEST(PressureGauge, WithoutLimitsThereIsNoPressure) {
  PressureGauge gauge = gauge_of({0, 0, 0, 0});
  EXPECT_EQ(gauge.read(~std::size_t{0} / 2), TIDEMARK_PRESSURE_NONE);
  EXPECT_EQ(gauge.next_mark(0), ~std::size_t{0});
}

TEST(PressureGauge, AHardLimitAloneIsCriticalNearIt) {
  PressureGauge gauge = gauge_of({1000, 0, 0, 0});
  EXPECT_EQ(gauge.next_mark(0), 950u);
  EXPECT_EQ(gauge.read(949), TIDEMARK_PRESSURE_NONE);
  EXPECT_EQ(gauge.read(950), TIDEMARK_PRESSURE_CRITICAL);
}

TEST(PressureGauge, TheNextMarkIsTheNextLevelUp) {
  PressureGauge gauge = gauge_of(kLimits);
  EXPECT_EQ(gauge.next_mark(0), 38400u);
  static_cast<void>(gauge.read(50000));
  EXPECT_EQ(gauge.next_mark(50000), 56000u);
  static_cast<void>(gauge.read(63000));
  EXPECT_EQ(gauge.next_mark(63000), ~std::size_t{0});
}

}  // namespace
}  // namespace tidemark
