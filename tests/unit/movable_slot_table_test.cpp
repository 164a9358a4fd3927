#include <gtest/gtest.h>

#include <set>

#include "movable/slot_table.h"
#include "support/faulty_runs.h"
#include "support/movable_model.h"

namespace tidemark::testing {
namespace {

constexpr Address kSomewhere = 0x1000;

Handle take_one(SlotTable& table, Address address = kSomewhere) {
  const std::uint32_t index = table.reserve();
  return index == SlotTable::kNoSlot ? 0 : table.take(index, address);
}

TEST(SlotTable, ZeroIsNoHandle) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs);
  EXPECT_EQ(table.resolve(0), 0u);
  EXPECT_NE(take_one(table), 0u);
  EXPECT_EQ(table.resolve(0), 0u);
}

TEST(SlotTable, HandleIsStaleOnceItsSlotWasGivenBackAndForGood) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs);
  std::set<Handle> handles;
  for (int i = 0; i < 100; ++i) {
    const Handle handle = take_one(table, kSomewhere + 8);
    EXPECT_TRUE(handles.insert(handle).second);
    EXPECT_EQ(SlotTable::index_of(handle), 0u) << "the least free slot";
    for (const Handle other : handles) {
      EXPECT_EQ(table.resolve(other), other == handle ? kSomewhere + 8 : 0u);
    }
    table.give(0);
    EXPECT_EQ(table.resolve(handle), 0u);
  }
  EXPECT_EQ(table.check(), nullptr);
}

TEST(SlotTable, HandleBeyondTheTableIsStale) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs);
  EXPECT_EQ(table.resolve(std::uint64_t{1} << 32 | 5), 0u);
  take_one(table);
  EXPECT_EQ(table.resolve(std::uint64_t{1} << 32 | table.count()), 0u);
  EXPECT_EQ(table.resolve(~std::uint64_t{0}), 0u);
}

TEST(SlotTable, SlotsThatWereDroppedComeBackWithNewGenerations) {
  MovableFixture fixture(4 * 1024 * 1024);
  SlotTable table(fixture.runs);
  std::set<Handle> handles;
  for (int round = 0; round < 5; ++round) {
    for (int i = 0; i < 1000; ++i) {
      const Handle handle = take_one(table);
      ASSERT_TRUE(handles.insert(handle).second) << "round " << round << ", handle " << i;
    }
    // Some slots are used more often than others.
    for (int i = 0; i < 50; ++i) {
      const auto index = static_cast<std::uint32_t>(7 * i + round);
      table.give(index);
      handles.insert(take_one(table));
    }
    for (std::uint32_t index = 0; index < 1000; ++index) {
      if (table.address_at(index) != 0) table.give(index);
    }
    table.shrink(true);
    ASSERT_EQ(table.count(), 0u);
    ASSERT_EQ(table.held_bytes(), 0u);
    for (const Handle handle : handles) ASSERT_EQ(table.resolve(handle), 0u);
  }
}

TEST(SlotTable, ShrinkKeepsWhatIsInUse) {
  MovableFixture fixture(4 * 1024 * 1024);
  SlotTable table(fixture.runs);
  std::vector<Handle> handles;
  for (std::size_t i = 0; i < 5000; ++i) handles.push_back(take_one(table, kSomewhere + 8 * i));
  for (std::uint32_t index = 0; index < 5000; ++index) {
    if (index != 17 && index != 640) table.give(index);
  }
  const std::size_t held_before = table.held_bytes();
  table.shrink(true);
  EXPECT_EQ(table.count(), 704u);  // the next multiple of 64
  EXPECT_LT(table.held_bytes() * 6, held_before);
  EXPECT_EQ(table.resolve(handles[17]), kSomewhere + 8 * 17);
  EXPECT_EQ(table.resolve(handles[640]), kSomewhere + 8 * 640);
  EXPECT_EQ(table.resolve(handles[18]), 0u);
  EXPECT_EQ(table.check(), nullptr);
}

TEST(SlotTable, GenerationsThatAreUsedUpRetireTheSlot) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs, 0xffff'fffdu);  // two are left: the last one is in no handle
  const Handle first = take_one(table);
  table.give(0);
  const Handle second = take_one(table);
  EXPECT_EQ(SlotTable::index_of(second), 0u);
  EXPECT_NE(first, second);
  table.give(0);
  EXPECT_EQ(SlotTable::index_of(take_one(table)), 1u);
  EXPECT_EQ(table.resolve(first), 0u);
  EXPECT_EQ(table.resolve(second), 0u);
  EXPECT_EQ(table.resolve(std::uint64_t{0xffff'ffffu} << 32), 0u);
  table.give(1);
  table.shrink(true);
  EXPECT_NE(table.count(), 0u) << "dropped slots would come back with generations that were used";
  EXPECT_EQ(table.check(), nullptr);
}

// What is dropped later may have been used less than what was dropped before.
TEST(SlotTable, GenerationsOfWhatWasDroppedBeforeDoNotComeBack) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs);
  std::set<Handle> handles;
  for (int i = 0; i < 192; ++i) handles.insert(take_one(table));
  for (int i = 0; i < 100; ++i) {
    table.give(191);
    ASSERT_TRUE(handles.insert(take_one(table)).second);
  }
  for (std::uint32_t index = 64; index < 192; ++index) table.give(index);
  table.shrink(true);
  ASSERT_EQ(table.count(), 64u);
  for (std::uint32_t index = 0; index < 64; ++index) table.give(index);
  table.shrink(true);
  ASSERT_EQ(table.count(), 0u);
  for (int i = 0; i < 192; ++i) ASSERT_TRUE(handles.insert(take_one(table)).second) << i;
}

TEST(SlotTable, MoreThanHalfOfItIsDroppedAtOnceAndLessWhenAllIs) {
  MovableFixture fixture(1024 * 1024);
  SlotTable table(fixture.runs);
  while (table.count() < 1152) take_one(table);
  const auto end_at = [&](std::uint32_t end) {
    for (std::uint32_t index = end; index < table.count(); ++index) {
      if (table.address_at(index) != 0) table.give(index);
    }
  };
  ASSERT_EQ(table.count(), 1152u);
  end_at(576);
  table.shrink(false);
  EXPECT_EQ(table.count(), 1152u);
  end_at(512);
  table.shrink(false);
  EXPECT_EQ(table.count(), 512u);
  end_at(300);
  table.shrink(false);
  EXPECT_EQ(table.count(), 512u);
  table.shrink(true);
  EXPECT_EQ(table.count(), 320u);
}

// At least so much that the heap can move it, and whole grains; a 32nd of the set's first level stands for its others.
TEST(SlotTable, HoldsWhatItSaidThatItWouldNeed) {
  for (const std::uint32_t end : {0u, 1u, 64u, 65u, 600u, 20'000u, 30'000u}) {
    SCOPED_TRACE(end);
    MovableFixture fixture(4 * 1024 * 1024);
    SlotTable table(fixture.runs);
    for (std::uint32_t i = 0; i < 30'000; ++i) take_one(table);
    for (std::uint32_t index = end; index < 30'000; ++index) table.give(index);
    const std::size_t needed = table.needed_bytes();
    table.shrink(true);
    EXPECT_LE(table.held_bytes(), needed);
    EXPECT_GE(table.held_bytes() + (end < 10'000 ? 0 : kGrainBytes), needed);
    EXPECT_EQ(end == 0, needed == 0);
  }
}

TEST(SlotTable, GrowsByLittleWhereMuchIsRefused) {
  for (std::size_t call = 0; call < 2; ++call) {
    MovableFixture fixture(1024 * 1024);
    FaultyRuns runs(fixture.runs);
    SlotTable table(runs);
    for (int i = 0; i < 192; ++i) take_one(table);
    runs.refuse_only_after(call);
    EXPECT_NE(take_one(table), 0u);
    EXPECT_EQ(table.count(), 256u);
    EXPECT_EQ(table.check(), nullptr);
    EXPECT_EQ(table.held_bytes(), runs.held_bytes());
  }
}

TEST(SlotTable, RefusedGrowthChangesNothing) {
  MovableFixture fixture(256 * 1024);
  SlotTable table(fixture.runs);
  std::vector<Handle> handles;
  while (const Handle handle = take_one(table)) handles.push_back(handle);
  EXPECT_GT(handles.size(), 256u * 1024 / 3 / sizeof(Slot))
      << "two tables side by side need three times the lesser's room";
  EXPECT_EQ(table.check(), nullptr);
  for (const Handle handle : handles) ASSERT_EQ(table.resolve(handle), kSomewhere);
  table.give(3);
  EXPECT_EQ(SlotTable::index_of(take_one(table)), 3u);
}

}  // namespace
}  // namespace tidemark::testing
