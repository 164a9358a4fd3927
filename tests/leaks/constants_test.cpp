// What of static data is constant, against a copy of it.
#include "leaks/constants.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <vector>

#include "support/random.h"

namespace tidemark::testing {
namespace {

class StaticData : public ::testing::Test {
 protected:
  AddressRange data(std::size_t n_bytes) {
    words_.assign(n_bytes / sizeof(Address) + 64 / sizeof(Address), 0x12345678);
    begin_ = (reinterpret_cast<Address>(words_.data()) + 63) & ~Address{63};
    return {begin_, begin_ + n_bytes};
  }
  static Address& at(Address address) { return *reinterpret_cast<Address*>(address); }

  std::vector<AddressRange> variable(AddressRange data, std::size_t max_ranges = 32) const {
    std::vector<AddressRange> ranges;
    constants_->for_each_variable(data, max_ranges, [&](AddressRange range) { ranges.push_back(range); });
    return ranges;
  }
  static std::size_t bytes(const std::vector<AddressRange>& ranges) {
    std::size_t sum = 0;
    for (const AddressRange& range : ranges) sum += range.end - range.begin;
    return sum;
  }

  std::unique_ptr<Constants> constants_ = std::make_unique<Constants>();
  std::vector<Address> words_;
  Address begin_ = 0;
};

TEST_F(StaticData, IsVariableWhereNothingWasNoted) {
  const AddressRange all = data(10'000);
  const auto ranges = variable(all);
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_EQ(ranges[0].begin, all.begin);
  EXPECT_EQ(ranges[0].end, all.end);
}

TEST_F(StaticData, IsConstantUntilItIsWritten) {
  const AddressRange all = data(4096);
  constants_->note(all);
  EXPECT_TRUE(variable(all).empty());

  at(all.begin + 1000) = 1;
  const auto ranges = variable(all);
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_EQ(ranges[0].begin, all.begin + 1000 / 64 * 64);
  EXPECT_EQ(ranges[0].end, ranges[0].begin + 64);

  at(all.begin + 1000) = 0x12345678;
  EXPECT_TRUE(variable(all).empty());
}

TEST_F(StaticData, IsNotedOnceOnly) {
  const AddressRange all = data(4096);
  constants_->note(all);
  at(all.begin) = 1;
  constants_->note(all);
  EXPECT_EQ(bytes(variable(all)), 64u);
}

TEST_F(StaticData, EveryWordThatWasWrittenIsInARange) {
  for (std::uint64_t seed : test_seeds(2)) {
    SCOPED_TRACE(seed);
    Random random(seed);
    for (std::size_t n_bytes : {64u, 104u, 5000u, 70'000u, 200'000u, 5'000'000u}) {
      const AddressRange all = data(n_bytes);
      *constants_ = Constants();
      constants_->note(all);
      std::vector<Address> written;
      for (int i = 0; i < 60; ++i) {
        written.push_back(all.begin + random.below(n_bytes / sizeof(Address)) * sizeof(Address));
        at(written.back()) = random.below(1 << 20);
        const std::size_t max_ranges = random.between(1, 40);
        const auto ranges = variable(all, max_ranges);
        ASSERT_LE(ranges.size(), max_ranges);
        Address end = 0;
        for (const AddressRange& range : ranges) {
          ASSERT_LT(range.begin, range.end);
          ASSERT_TRUE(range.begin > end || end == 0);
          end = range.end;
        }
        ASSERT_TRUE(std::all_of(written.begin(), written.end(), [&](Address word) {
          return std::any_of(ranges.begin(), ranges.end(),
                             [&](const AddressRange& range) { return word >= range.begin && word < range.end; });
        }));
      }
    }
  }
}

TEST_F(StaticData, LargeArraysOfZerosAreNotRead) {
  const AddressRange all = data(3'000'000);
  std::fill_n(reinterpret_cast<Address*>(all.begin + 100'000), 2'900'000 / sizeof(Address), Address{0});
  constants_->note(all);
  const auto ranges = variable(all);
  ASSERT_EQ(ranges.size(), 1u);
  EXPECT_GE(ranges[0].begin, all.begin + 100'000 + Constants::kEmptyBytes);
  EXPECT_LT(ranges[0].begin, all.begin + 200'000);
  EXPECT_EQ(ranges[0].end, all.end);
}

}  // namespace
}  // namespace tidemark::testing
