#include <gtest/gtest.h>

#include <set>

#include "movable/index_set.h"
#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

std::uint32_t least_of(const std::set<std::uint32_t>& members) {
  return members.empty() ? IndexSet::kNone : *members.begin();
}

TEST(IndexSet, AgreesWithASetAtEveryStepAndThroughResizes) {
  // 64 and 4096 are where one word, and one word of words, are full; 300,000 needs all four levels.
  for (const std::size_t capacity : {64u, 4096u, 4160u, 300032u}) {
    for (const std::uint64_t seed : test_seeds(3)) {
      SCOPED_TRACE(::testing::Message() << "capacity " << capacity << ", TIDEMARK_TEST_SEED=" << seed);
      MovableFixture fixture(4 * 1024 * 1024);
      IndexSet set(fixture.runs);
      std::set<std::uint32_t> members;
      Random random(seed);
      std::size_t now = capacity;
      ASSERT_TRUE(set.resize(now));
      for (int step = 0; step < 3000; ++step) {
        const auto index = static_cast<std::uint32_t>(random.one_in(2) ? random.below(now) : random.below(64));
        if (random.one_in(500)) {
          now = round_up(random.between(1, capacity), 64);
          ASSERT_TRUE(set.resize(now));
          members.erase(members.lower_bound(static_cast<std::uint32_t>(now)), members.end());
        } else if (index < now && random.one_in(2)) {
          set.insert(index);
          members.insert(index);
        } else if (!members.empty()) {
          const std::uint32_t gone = random.one_in(2) || members.count(index) == 0 ? *members.begin() : index;
          set.erase(gone);
          members.erase(gone);
        }
        ASSERT_EQ(set.least(), least_of(members));
        ASSERT_EQ(set.contains(index), members.count(index) != 0);
        ASSERT_TRUE(set.is_sound());
      }
      ASSERT_TRUE(set.resize(0));
      EXPECT_EQ(set.held_bytes(), 0u);
    }
  }
}

TEST(IndexSet, GivesEveryMemberOnceInOrder) {
  MovableFixture fixture(1024 * 1024);
  IndexSet set(fixture.runs);
  ASSERT_TRUE(set.resize(64 * 64 * 2));
  for (std::uint32_t index = 0; index < 64 * 64 * 2; ++index) set.insert(index);
  for (std::uint32_t index = 0; index < 64 * 64 * 2; ++index) {
    ASSERT_EQ(set.least(), index);
    set.erase(index);
  }
  EXPECT_EQ(set.least(), IndexSet::kNone);
  ASSERT_TRUE(set.resize(0));
}

TEST(IndexSet, HasNothingAtOrAboveItsCapacity) {
  MovableFixture fixture(1024 * 1024);
  IndexSet set(fixture.runs);
  set.lower();
  EXPECT_FALSE(set.contains(0));
  EXPECT_EQ(set.held_bytes(), 0u);
  ASSERT_TRUE(set.resize(64));
  for (std::uint32_t index = 0; index < 64; ++index) set.insert(index);
  EXPECT_TRUE(set.contains(63));
  EXPECT_FALSE(set.contains(64));
  ASSERT_TRUE(set.resize(0));
  EXPECT_FALSE(set.contains(0));
}

TEST(IndexSet, RefusedResizeChangesNothing) {
  MovableFixture fixture(64 * 1024);
  IndexSet set(fixture.runs);
  ASSERT_TRUE(set.resize(128));
  set.insert(100);
  EXPECT_FALSE(set.resize(IndexSet::kMaxCapacity));  // 8 MiB of 64 KiB
  EXPECT_EQ(set.least(), 100u);
  EXPECT_TRUE(set.is_sound());
  ASSERT_TRUE(set.resize(0));
}

}  // namespace
}  // namespace tidemark::testing
