#include "base/steps.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace tidemark {
namespace {

// Every number up to here, and the neighbourhood of every power of two above.
constexpr std::size_t kExhaustive = std::size_t{1} << 18;

template <class Check>
void for_each_number(Check&& check) {
  for (std::size_t n = 1; n <= kExhaustive; ++n) check(n);
  for (unsigned power = 19; power < sizeof(std::size_t) * 8 - 1; ++power) {
    for (std::size_t around = 0; around < 9; ++around) check((std::size_t{1} << power) + around - 4);
  }
}

TEST(Steps, I1_ValuesStrictlyIncrease) {
  // Up to the step of the largest power of two there is.
  const unsigned last = step_below(~(~std::size_t{0} >> 1));
  for (unsigned step = 0; step < last; ++step) ASSERT_LT(step_value(step), step_value(step + 1)) << step;
}

TEST(Steps, I2_BelowIsTheGreatestThatIsNotAbove) {
  for_each_number([](std::size_t n) {
    const unsigned step = step_below(n);
    ASSERT_LE(step_value(step), n);
    ASSERT_GT(step_value(step + 1), n);
  });
}

TEST(Steps, I2_AboveIsTheLeastThatIsNotBelow) {
  for_each_number([](std::size_t n) {
    const unsigned step = step_above(n);
    ASSERT_GE(step_value(step), n);
    ASSERT_LT(step_value(step - 1), n);
  });
}

TEST(Steps, I3_RoundingUpAddsLessThanAnEighth) {
  for_each_number([](std::size_t n) {
    const std::size_t added = step_value(step_above(n)) - n;
    ASSERT_TRUE(added == 0 || added < (n + 7) / 8) << n << " becomes " << n + added;
  });
}

TEST(Steps, AreAsTheTableDrawsThem) {
  EXPECT_EQ(step_value(0), 0u);
  EXPECT_EQ(step_value(15), 15u);
  EXPECT_EQ(step_value(17), 18u);
  EXPECT_EQ(step_value(24), 32u);
  EXPECT_EQ(step_value(31), 60u);
  EXPECT_EQ(step_value(33), 72u);
  EXPECT_EQ(step_below(0), 0u);
}

}  // namespace
}  // namespace tidemark
